"""What the data page says of sources, refused readings, sensors and parts."""

import csv
import io
import json

import numpy as np
import pytest
from fake_plant import FakePlant
from flask import Response

from dashboard.app import PlantTwin
from dashboard.data import read_snapshot
from dashboard.data.intake import Intakes
from dashboard.i18n import translator
from dashboard.snapshot import Snapshot, row_of
from dashboard.states.data_known import Known
from dashboard.states.data_lists import parts_csv, sensors_csv, sources_csv
from dashboard.states.data_state import data_state
from dashboard.states.machine.sensor_quality import STATES, faulty_sensors, quality_counts
from dashboard.states.machine.verdict import verdict
from twin.core.view import NEVER
from twin.pipeline.gateway.senders import last_sent, note_sent
from twin.stores.base import Info, Lag
from twin.stores.memory import MemoryStore

GOOD = Info("redis", "7.4", 10**8, 10**9, persistent=True, time_us=0)
INGEST = {
    "minutes": [0] * 57 + [600, 1200, 300],
    "seconds": 15.0,
    "skew": {"median_s": 60.0, "least_s": -120.0, "most_s": 600.0},
}


def known(snapshot: Snapshot, **changes: object) -> Known:
    quiet = Known(snapshot.wall_us, {0: Lag(0, 5, 0), 1: Lag(0, 7, 0)}, GOOD, [], None)
    return quiet._replace(**changes)  # type: ignore[arg-type]


def beating(fake: FakePlant, **ingest: object) -> Snapshot:
    """All machines heard and every sensor good; the feed and its source speak."""
    report = {"ingest": INGEST | ingest}
    beat = {"time": fake.wall_us, "rss_bytes": 5 * 10**7, "sources": {"simulator": report}}
    fake.store.heartbeat("feed", json.dumps(beat).encode())
    at = read_snapshot(fake.store, fake.plant, 2, fake.wall_us)
    views = {c: np.array(rows) for c, rows in at.views.items()}
    for rows in views.values():
        rows["time"] = at.plant_us
        rows["seen"] = at.plant_us
        rows["bad"] = rows["missing"] = rows["quality"] = 0
    return at._replace(views=views)


def codes(snapshot: Snapshot, **changes: object) -> list[str]:
    return [p["code"] for p in data_state(snapshot, known(snapshot, **changes))["verdict"]]


def test_quiet_plant_says_that_everything_arrives(fake: FakePlant) -> None:
    assert codes(beating(fake, skew=None)) == []


def test_rate_is_that_of_the_minute_before_and_of_this_one(fake: FakePlant) -> None:
    """1,200 + 300 samples in 75 seconds; the hour's trend ends with the last whole minute."""
    snapshot = beating(fake)
    source = data_state(snapshot, known(snapshot))["sources"]["simulator"]
    assert source["rate"] == 20.0
    assert source["trend"][-3:] == [0.0, 10.0, 20.0]
    assert len(source["trend"]) == 59


def test_delay_is_what_a_reader_waits(fake: FakePlant) -> None:
    """The demo's clock runs at × 60: a minute of the plant is a second of the wall."""
    snapshot = beating(fake)
    source = data_state(snapshot, known(snapshot))["sources"]["simulator"]
    assert [source[k] for k in ("median_s", "least_s", "most_s")] == [1.0, -2.0, 10.0]


@pytest.mark.parametrize(
    ("skew", "want"),
    [((29, 0, 29), []), ((31, 0, 99), ["source_behind"]), ((0, -6, 0), ["source_ahead"])],
)
def test_clock_that_is_wrong_is_named(
    fake: FakePlant, skew: tuple[float, float, float], want: list[str]
) -> None:
    names = ("median_s", "least_s", "most_s")
    told = dict(zip(names, (60.0 * s for s in skew), strict=True))
    assert codes(beating(fake, skew=told)) == want


def test_source_that_stopped_is_named_once_its_minutes_are_empty(fake: FakePlant) -> None:
    assert codes(beating(fake, minutes=[5] * 58 + [0, 0], skew=None)) == ["source_silent"]


def test_source_that_sends_only_orders_is_not_silent_and_says_so(fake: FakePlant) -> None:
    store, now = fake.store, fake.wall_us
    note_sent(store, "simulator", "orders", 3, now - 90_000_000)
    note_sent(store, "simulator", "orders", 2, now - 60_000_000)
    note_sent(store, "erp", "operations", 7, now)
    quiet, sent = beating(fake, minutes=[0] * 60, skew=None), last_sent(store)
    never = {k: n for k, n in quiet.counters.items() if not k.startswith("accepted:")}
    found = data_state(quiet._replace(counters=never), known(quiet, sent=sent))
    assert found["verdict"] == []
    assert found["sources"]["simulator"]["sends"] == {"orders": {"n": 5, "age_s": 60}}
    assert found["sources"]["erp"]["sends"] == {"operations": {"n": 7, "age_s": 0}}
    assert codes(quiet, sent=sent) == ["readings_silent"]  # it used to send readings


@pytest.mark.parametrize(
    ("change", "want"),
    [
        ({"lags": {0: Lag(3, 9, 11_000), 1: Lag(0, 0, 0)}}, "worker_behind"),
        ({"lags": {0: Lag(1001, 2000, 10), 1: Lag(0, 0, 0)}}, "worker_behind"),
        ({"info": GOOD._replace(memory_bytes=9 * 10**8)}, "store_full"),
    ],
)
def test_backlog_and_memory_are_told(fake: FakePlant, change: dict[str, object], want: str) -> None:
    assert codes(beating(fake, skew=None), **change) == [want]


def test_store_without_a_limit_is_never_full(fake: FakePlant) -> None:
    info = GOOD._replace(memory_max_bytes=0, memory_bytes=10**12)
    assert codes(beating(fake, skew=None), info=info) == []


def test_part_that_fell_silent_heads_the_verdict(fake: FakePlant) -> None:
    snapshot = beating(fake, skew=None)
    parts = {"planner": {"time": snapshot.wall_us - 60_000_000}, **snapshot.parts}
    found = data_state(snapshot._replace(parts=parts), known(snapshot))
    assert found["verdict"][0] == {"code": "part_silent", "part": "planner", "age_s": 60}
    assert found["parts"]["planner"]["age_s"] == 60


def test_supervised_part_without_a_voice_is_listed_with_its_memory(fake: FakePlant) -> None:
    snapshot = beating(fake)
    up = {"time": snapshot.wall_us, "parts": {"dashboard": {"restarts": 2, "rss_bytes": 9}}}
    parts = data_state(snapshot._replace(parts={"up": up}), known(snapshot))["parts"]
    assert (parts["dashboard"]["restarts"], parts["dashboard"]["rss"]) == (2, 9)


def test_commonest_reason_of_late_rejects_is_named() -> None:
    state = {
        "parts": {}, "sources": {}, "partitions": [], "memory": {"max": None, "used": 0},
        "quality": dict.fromkeys((*STATES, "silent_machines"), 0),
        "refused": [{"reason": r} for r in ("not_json", "unknown_key", "not_json", "misplaced")],
    }  # fmt: skip
    assert verdict(state, 5, 3) == [{"code": "refused", "n": 3, "reason": "not_json"}]
    assert verdict(state, 5, 0) == []


@pytest.mark.parametrize(
    ("age_s", "want"), [(0.1, "machines_silent"), (5.0, "worker_behind"), (30.0, "worker_behind")]
)
def test_machines_whose_samples_wait_unread_are_not_called_silent(age_s: float, want: str) -> None:
    state = {
        "parts": {},
        "sources": {},
        "partitions": [{"age_s": age_s, "entries": 9}, {"age_s": 0.0, "entries": 0}],
        "memory": {"max": 0, "used": 1},
        "quality": dict.fromkeys(("bad", "refused", "missing", "silent"), 0)
        | {"silent_machines": 5, "of": 10},
        "refused": [],
    }
    assert [x["code"] for x in verdict(state, 5, 0)] == [want]


def test_worst_word_is_said_of_a_sensor(fake: FakePlant) -> None:
    """Bits by hand: lane 0 broken and missing, 1 bad by its source, 2 absent, 3 marked, 4 old."""
    snapshot = beating(fake)
    row = row_of(snapshot, "mill-01")
    assert row is not None
    row["bad"], row["missing"], row["quality"] = 0b1, 0b111, 0b1011
    row["seen"][4] = snapshot.plant_us - 181_000_000
    row["seen"][5] = snapshot.plant_us - 179_000_000
    row["seen"][1] = NEVER
    found = {f.lane: f.state for f in faulty_sensors(snapshot)}
    assert found == {0: "bad", 1: "refused", 2: "missing", 3: "uncertain", 4: "silent"}
    worst = [f.state for f in faulty_sensors(snapshot)]
    assert worst == list(STATES)
    counts = quality_counts(snapshot, faulty_sensors(snapshot))
    assert [counts[s] for s in STATES] == [1] * 5


def test_sensors_of_a_silent_machine_are_not_counted_one_by_one(fake: FakePlant) -> None:
    at = read_snapshot(fake.store, fake.plant, 2, fake.wall_us + 60_000_000)
    assert faulty_sensors(at) == []
    assert quality_counts(at, [])["silent_machines"] == len(fake.plant.machines)


class Counting(MemoryStore):
    n_lags = 0

    def lag(self, p: int) -> Lag:
        self.n_lags += 1
        return super().lag(p)


def test_store_is_asked_at_most_once_in_two_seconds(snapshot: Snapshot) -> None:
    store = Counting(4)
    intakes = Intakes(store)
    for ms in (0, 500, 1000, 1500, 2000, 2500):
        intakes.read(snapshot._replace(wall_us=snapshot.wall_us + 1000 * ms))
    assert store.n_lags == 2 * 4


def test_nobody_reading_costs_the_store_nothing(app: PlantTwin, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(app.reader.store, "lag", asked.append)
    app.reader.tick()
    app.reader.tick()
    assert asked == []


def test_rejects_leave_with_their_payload_in_full(app: PlantTwin) -> None:
    app.reader.tick()
    long = {"source": b"gateway", "reason": b"not_json", "detail": b"d", "payload": b"=" * 4000}
    app.reader.store.append({}, None, {"rejected:gateway:not_json": 1}, [long])
    client = app.server.test_client()
    text = client.get("/export/rejects.csv?source=gateway").get_data().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    assert header[0].startswith("Received (Europe/Berlin, UTC+")
    assert [row[1:] for row in rows] == [["gateway", "not_json", "d", "'" + "=" * 4000]]
    everything = client.get("/export/rejects.csv").get_data().decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(everything)))) == 1 + 12 + 1


def test_sources_parts_and_sensors_leave_as_they_are_shown(
    fake: FakePlant, snapshot: Snapshot
) -> None:
    def rows(response: Response) -> list[list[str]]:
        return list(csv.reader(io.StringIO(response.get_data().decode("utf-8-sig"))))[1:]

    t, quiet = translator("en"), beating(fake)
    sent = {"simulator": {"orders": quiet.wall_us - 5_000_000}}
    assert rows(sources_csv(quiet, sent, t)) == [
        [*("simulator", "20.0", "120000", "12", "0", "0", "1.0", "-2.0", "10.0", "0", "5", "", "")]
    ]
    assert rows(parts_csv(quiet, t)) == [["feed", "0", "50000000", "0"]]
    assert rows(sensors_csv(quiet, t, "en")) == []
    found = [row[4].split(":")[0] for row in rows(sensors_csv(snapshot, t, "en"))]
    assert found == [f.machine.id for f in faulty_sensors(snapshot)]
