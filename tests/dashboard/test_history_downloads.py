"""Files hold every sample of a window as it was sent, their times with the offset that held."""

import csv
import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow.parquet as pq
import pytest
from sealed_history import seal_rows, wandering_rows

from dashboard.routes import downloads
from twin.pipeline.history.explore import Z95, Explorer

MACHINE, SENSOR = "mill-01", "spindle_vib_mms"
PERIOD_S = 60.0
AUTUMN_US = int(datetime(2026, 10, 24, 22, 0, tzinfo=UTC).timestamp() * 1e6)
N = 600
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def rows(fake):
    made = wandering_rows(fake.plant, MACHINE, AUTUMN_US, N, PERIOD_S)
    made["value"][100:110, 0] = np.nan
    made["quality"][105:110] = 1
    made["quality"][200:203] = 1
    place = fake.catalogue.slot(MACHINE)
    lease = fake.leases[place.slot % fake.store.partitions]
    seal_rows(fake.store, lease, fake.catalogue, fake.plant, MACHINE, made)
    return made


def address(kind, zone="plant", **more):
    query = {"machine": MACHINE, "sensors": SENSOR, "zone": zone}
    query |= {"from": "2026-10-25T00:00:00", "to": "2026-10-25T08:00:00"} | more
    return f"/export/history.{kind}?" + "&".join(f"{k}={v}" for k, v in query.items())


def table_of(app, kind, **more):
    answer = app.server.test_client().get(address(kind, **more))
    assert answer.status_code == 200
    return answer


def test_csv_over_the_hour_that_occurs_twice_is_every_sample_once(app, rows, monkeypatch):
    monkeypatch.setattr(downloads, "PIECE_SAMPLES", 100)
    text = table_of(app, "csv").get_data().decode("utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))
    times = [datetime.fromisoformat(line["time"]) for line in found]
    want = [EPOCH + timedelta(microseconds=int(t)) for t in rows["time"]]
    inside = [t for t in want if t <= datetime(2026, 10, 25, 7, tzinfo=UTC)]
    assert times == inside
    offsets = [t.utcoffset() for t in times]
    assert offsets == [timedelta(hours=2 if t.hour < 1 or t.day < 25 else 1) for t in inside]
    values = [float(line[SENSOR]) if line[SENSOR] else np.nan for line in found]
    np.testing.assert_allclose(values, rows["value"][: len(found), 0], rtol=1e-6)
    assert [line[f"{SENSOR} quality"] for line in found][99:111] == (
        ["good"] + ["missing"] * 5 + ["bad"] * 5 + ["good"]
    )
    assert found[201][f"{SENSOR} quality"] == "uncertain"


@pytest.mark.usefixtures("rows")
def test_parquet_holds_what_the_filter_believed(app, fake, monkeypatch):
    monkeypatch.setattr(downloads, "PIECE_SAMPLES", 100)
    body = table_of(app, "parquet").get_data()
    found = pq.read_table(io.BytesIO(body))
    assert pq.ParquetFile(io.BytesIO(body)).num_row_groups > 2
    explorer = Explorer(fake.store, fake.plant)
    window = explorer.window(explorer.subject(MACHINE), AUTUMN_US, AUTUMN_US + 9 * 3_600_000_000)
    level = window.beliefs.level[:, 0]
    np.testing.assert_allclose(found[f"{SENSOR} estimate"].to_numpy(), level, rtol=1e-12)
    high = level + Z95 * window.beliefs.sd[:, 0]
    np.testing.assert_allclose(found[f"{SENSOR} band high"].to_numpy(), high, rtol=1e-12)
    assert found["time_utc"].to_numpy().astype("M8[us]").astype(np.int64).tolist() == (
        window.samples.start.tolist()
    )


@pytest.mark.usefixtures("rows")
def test_a_file_in_utc_has_no_offset_but_zero(app):
    text = table_of(app, "csv", zone="utc").get_data().decode("utf-8-sig")
    times = [line["time"] for line in csv.DictReader(io.StringIO(text))]
    assert times
    assert all(t.endswith("+00:00") for t in times)


@pytest.mark.usefixtures("rows")
def test_more_than_a_file_may_hold_is_refused_in_words(app, monkeypatch):
    monkeypatch.setattr(downloads, "SAMPLES_MAX", 100)
    answer = app.server.test_client().get(address("csv"))
    assert answer.status_code == 400
    assert "choose less time" in answer.get_json()["error"]


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    "more",
    [{"sensors": "nothing"}, {"machine": "nobody"}, {"from": "x"}, {"to": "2026-10-24T00:00:00"}],
)
def test_what_was_asked_amiss_is_said(app, more):
    answer = app.server.test_client().get(address("csv", **more))
    assert answer.status_code == 400
    assert answer.get_json()["error"]
