"""Export, backup, restore and the doctor's findings."""

import time

import numpy as np
import orjson
import pandas as pd
import pytest
from worker_plant import PARTITIONS, entries_of, settings_in

from twin.errors import DataError, StoreError
from twin.pipeline.history.history import history
from twin.pipeline.maintain import backup_store, examine, export_history, restore_store
from twin.pipeline.site import prepare
from twin.pipeline.worker.run import warm_up
from twin.pipeline.worker.worker import PartitionWorker
from twin.stores.embedded import EmbeddedStore

ALWAYS = -(1 << 62), 1 << 62


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """A store after some work: chunks, a tail in the streams, checkpoints."""
    settings = settings_in(tmp_path_factory.mktemp("worked"))
    store = EmbeddedStore(settings.data_dir, PARTITIONS)
    site = prepare(store, settings)
    warm_up(site)  # as a worker does: compiling may outlast a lease
    for p in range(PARTITIONS):
        worker = PartitionWorker(store, site, p, "w")
        assert worker.open()
        own = [entry for at, entry in entries_of(300) if at == p]
        for n, entry in enumerate(own):
            store.append({p: [entry]})
            if n in {60, len(own) - 1}:
                while worker.step(0):
                    pass
                if n == 60:
                    worker.sealer.seal_now(worker.last_id, lambda: None)
        worker.close()
    yield settings, store, site
    store.close()


def test_a_backup_restored_elsewhere_is_the_same_store(worked, tmp_path):
    settings, store, site = worked
    backup_store(settings, tmp_path / "all.backup")
    other = settings_in(tmp_path)
    restore_store(other, tmp_path / "all.backup")
    copy = EmbeddedStore(other.data_dir, PARTITIONS)
    for p in range(PARTITIONS):
        assert copy.load_checkpoint(p) == store.load_checkpoint(p)
        assert copy.load_seal(p) == store.load_seal(p)
    got = history(copy, site.catalogue, "mill-0", *ALWAYS)
    assert len(got) > 50
    assert got.tobytes() == history(store, site.catalogue, "mill-0", *ALWAYS).tobytes()
    assert copy.counters() == store.counters()
    worker = PartitionWorker(copy, site, 0, "w")
    assert worker.open()
    assert worker.step(0) == 0
    worker.close()
    copy.close()


def test_a_store_that_holds_a_plant_is_not_overwritten(worked, tmp_path):
    settings, _, _ = worked
    backup_store(settings, tmp_path / "all.backup")
    with pytest.raises(StoreError, match="holds a plant already"):
        restore_store(settings, tmp_path / "all.backup")


@pytest.mark.parametrize("content", [b"", b"junk", None])
def test_what_is_no_backup_is_refused(tmp_path, content):
    settings = settings_in(tmp_path)
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    with pytest.raises(DataError, match="file"):
        restore_store(settings, tmp_path / "file")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_an_export_holds_what_history_holds(worked, tmp_path, suffix):
    settings, store, site = worked
    path = tmp_path / f"mill-0{suffix}"
    n = export_history(settings, "mill-0", None, None, path)
    rows = history(store, site.catalogue, "mill-0", *ALWAYS)
    table = pd.read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
    assert n == len(table) == len(rows)
    assert list(table.columns) == ["time", "temp", "pressure", "noise", "load", "quality"]
    np.testing.assert_allclose(table["temp"], rows["value"][:, 0], rtol=1e-6)
    times = pd.to_datetime(table["time"], format="ISO8601", utc=True).astype("int64")
    scale = 1000 if pd.to_datetime(table["time"], format="ISO8601", utc=True).dt.unit == "ns" else 1
    assert (times.to_numpy() // scale == rows["time"]).all()


def test_an_export_can_be_cut_out_and_refuses_what_it_cannot_do(worked, tmp_path):
    settings, store, site = worked
    rows = history(store, site.catalogue, "mill-0", *ALWAYS)
    moment = pd.Timestamp(int(rows["time"][10]), unit="us").isoformat()
    n = export_history(settings, "mill-0", moment, None, tmp_path / "a.csv")
    assert n == (rows["time"] >= rows["time"][10]).sum()
    with pytest.raises(DataError, match="nobody"):
        export_history(settings, "nobody", None, None, tmp_path / "a.csv")
    with pytest.raises(DataError, match=r"\.xls"):
        export_history(settings, "mill-0", None, None, tmp_path / "a.xls")
    with pytest.raises(DataError, match="ISO 8601"):
        export_history(settings, "mill-0", "yesterday", None, tmp_path / "a.csv")


def test_the_doctor_finds_nothing_wrong_with_a_sound_store(worked):
    settings, store, _ = worked
    store.heartbeat("worker", orjson.dumps({"time": time.time_ns() // 1000}))
    findings = examine(settings)
    assert [f for f in findings if not f.ok] == []
    assert {"plant file", "store", "persistence", "memory", "clock", "partition 0", "worker"} <= {
        f.subject for f in findings
    }


def test_the_doctor_names_a_silent_part(worked):
    settings, store, _ = worked
    store.heartbeat("feed", orjson.dumps({"time": time.time_ns() // 1000 - 60_000_000}))
    assert [(f.ok, f.subject) for f in examine(settings, "feed")] == [(False, "feed")]
    assert [(f.ok, f.subject) for f in examine(settings, "planner")] == [(False, "planner")]
    store.heartbeat("feed", orjson.dumps({"time": time.time_ns() // 1000}))
    assert [f.ok for f in examine(settings, "feed")] == [True]


def test_the_doctor_starts_nothing(tmp_path):
    settings = settings_in(tmp_path)
    assert [f.ok for f in examine(settings)] == [True, False]
    assert not settings.data_dir.exists()
