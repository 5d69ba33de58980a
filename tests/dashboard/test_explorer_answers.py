"""What the explorer's script is told: never too much, nothing invented, and reproducible."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sealed_history import seal_rows, wandering_rows

from dashboard.data.explorer import EventLog
from dashboard.python_lines import python_lines
from twin.catalogue import Catalogue
from twin.config import Settings
from twin.stores.embedded import EmbeddedStore
from twin.types import Event

MACHINE, SENSOR = "mill-01", "spindle_vib_mms"
PERIOD_S = 60.0
N = 4000
START_US = int(datetime(2026, 2, 25, tzinfo=UTC).timestamp() * 1e6)
GAP_US = 6 * 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rows_with_gap(plant):
    rows = wandering_rows(plant, MACHINE, START_US, N, PERIOD_S)
    rows["time"][N // 2 :] += GAP_US
    return rows


@pytest.fixture
def rows(fake):
    made = rows_with_gap(fake.plant)
    place = fake.catalogue.slot(MACHINE)
    lease = fake.leases[place.slot % fake.store.partitions]
    seal_rows(fake.store, lease, fake.catalogue, fake.plant, MACHINE, made)
    return made


def get(app, path, **query):
    query = {"machine": MACHINE, "sensors": SENSOR} | query
    answer = app.server.test_client().get(path, query_string=query)
    return answer.status_code, answer.get_json()


def utc_iso(time_us):
    return (EPOCH + timedelta(microseconds=int(time_us))).isoformat()


def test_the_whole_past_is_drawn_with_its_extremes_and_its_gap(app, rows):
    status, found = get(app, "/data/history", range="all", zone="utc")
    assert status == 200
    assert found["n"] == N
    [one] = found["sensors"]
    shown = [v for v in one["y"] if v is not None]
    assert len(one["x"]) <= 2000
    assert max(shown) == pytest.approx(rows["value"][:, 0].max(), rel=1e-5)
    assert min(shown) == pytest.approx(rows["value"][:, 0].min(), rel=1e-5)
    breaks = [i for i, v in enumerate(one["y"]) if v is None]
    around = [(one["x"][i - 1], one["x"][i + 1]) for i in breaks]
    sides = tuple(utc_iso(t).removesuffix("+00:00") for t in rows["time"][N // 2 - 1 : N // 2 + 1])
    assert around == [sides]
    assert any(v is None for v in one["level"])


def test_a_narrow_window_is_every_sample_in_it(app, rows):
    start, end = int(rows["time"][100]), int(rows["time"][160])
    window = {"from": utc_iso(start), "to": utc_iso(end)}
    _, found = get(app, "/data/history", zone="utc", **window)
    [one] = found["sensors"]
    assert found["raw"]
    assert found["n"] == 61
    np.testing.assert_allclose(one["y"], rows["value"][100:161, 0], rtol=1e-5)


def test_a_fan_says_what_happened_until_the_machine_was_another_one(app, rows, fake):
    at = int(rows["time"][1000])
    failed = Event(at + 5 * 3_600_000_000, "failure", MACHINE, {})
    fake.store.add_events([failed])
    asked = {"sensor": SENSOR, "at": utc_iso(at), "hours": 8, "zone": "utc"}
    status, fan = get(app, "/data/fan", **asked)
    assert status == 200
    assert fan["outcome"] == {"kind": "failure", "x": utc_iso(failed.time).removesuffix("+00:00")}
    assert fan["n"] == 5 * 60
    assert len(fan["x"]) == len(fan["mean"]) == len(fan["sd"])
    assert all(b >= a for a, b in zip(fan["sd"], fan["sd"][1:], strict=False))


def test_a_machine_without_data_is_an_empty_window_not_a_fault(app):
    status, found = get(app, "/data/history", range="day")
    assert status == 200
    assert found["n"] == 0
    assert found["sensors"][0]["y"] == []
    status, past = get(app, "/data/strip", sensor=SENSOR)
    assert status == 200
    assert past["first"] is None


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/data/history", {"range": "year"}),
        ("/data/history", {"sensors": "a,b,c,d,e", "range": "day"}),
        ("/data/history", {"machine": "nobody", "range": "day"}),
        ("/data/strip", {"sensor": "nothing"}),
        ("/data/fan", {"sensor": SENSOR, "at": "2026-03-01T00:00:00", "hours": 9999}),
    ],
)
def test_what_was_asked_amiss_is_said_in_words(app, path, query):
    status, found = get(app, path, **query)
    assert status == 400
    assert found["error"]


def test_a_moment_before_all_data_is_an_answer_with_its_reason(app):
    asked = {"sensor": SENSOR, "at": "1999-03-01T00:00:00", "hours": 8}
    assert get(app, "/data/fan", **asked) == (200, {"error": "no_sample"})


def test_events_are_read_once_and_only_those_worth_a_line(fake):
    log = EventLog(fake.store)
    kinds = [e.kind for e in log.of("mill-01", 0, 1 << 60)]
    fake.store.add_events([Event(5, "failure", "m", {}), Event(6, "comment", "m", {})])
    assert [e.kind for e in log.of("m", 0, 10)] == ["failure"]
    assert log.of("m", 6, 10) == []
    assert [e.kind for e in log.of("mill-01", 0, 1 << 60)] == kinds


def test_the_python_lines_make_the_numbers_of_the_figure(app, plant, rows, tmp_path, monkeypatch):
    start, end = int(rows["time"][500]), int(rows["time"][3500])
    window = {"from": utc_iso(start), "to": utc_iso(end)}
    _, found = get(app, "/data/history", zone="utc", **window)
    store = EmbeddedStore(tmp_path, partitions=4)
    catalogue = Catalogue().update(plant)
    store.set_catalogue(catalogue.to_json().encode())
    lease = store.lease(catalogue.slot(MACHINE).slot % 4, "test", 60_000)
    seal_rows(store, lease, catalogue, plant, MACHINE, rows)
    for name in Settings().to_env():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TWIN_DATA_DIR", str(tmp_path))
    names: dict = {}
    asked = {"sensor": SENSOR, "at": utc_iso(rows["time"][900]), "hours": 8, "zone": "utc"}
    _, fan = get(app, "/data/fan", **asked)
    lines = found["python"].replace("store.close()", f"fans = [{fan['python']}]\nstore.close()")
    try:
        # As the page shows them.
        exec("from twin.pipeline.history.fan import fan_of\n" + lines, names)
    finally:
        store.close()
    [one] = found["sensors"]
    [series] = names["view"].series
    np.testing.assert_allclose(_floats(one["y"]), series.measured.value, rtol=1e-5)
    np.testing.assert_allclose(_floats(one["level"]), series.estimate.value, rtol=1e-5)
    np.testing.assert_allclose(fan["mean"], names["fans"][0].mean, rtol=1e-5)
    np.testing.assert_allclose(fan["sd"], names["fans"][0].sd, rtol=1e-5)
    measured = next(trace for trace in names["figure"].data if trace.name == "measured")
    assert list(measured.x) == one["x"]


def _floats(values):
    return [np.nan if v is None else v for v in values]


def test_lines_name_their_window_with_its_offset(plant):
    text = python_lines("m-1", ["a", "b"], START_US, START_US + GAP_US, plant.zone)
    compile(text, "lines", "exec")
    assert 'moment("2026-02-25T01:00:00+01:00")' in text
    assert '"m-1", ["a", "b"]' in text
