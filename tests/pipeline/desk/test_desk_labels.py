"""What people report is what the next fit learns from."""

from dataclasses import replace

import numpy as np
import pytest
from desk_bench import HOUR_US, T0_US, Bench
from worker_plant import LANES, MIDDLE, PARTITIONS, patient_store, settings_in

from twin.catalogue import Catalogue
from twin.core.rows import RESET, row_dtype
from twin.errors import DataError
from twin.modelfile import load_model
from twin.pipeline.learning import fit
from twin.pipeline.learning.kept import kept_history, labels_of
from twin.pipeline.learning.lives import HistoryEvent, cut_lives
from twin.pipeline.site import prepare
from twin.pipeline.worker.worker import PartitionWorker
from twin.stores.codec import readings_entry
from twin.types import Event

MINUTE_US = 60_000_000


@pytest.fixture
def bench(tmp_path):
    store = patient_store()
    return Bench(store, prepare(store, settings_in(tmp_path)))


def send(bench, n_minutes):
    """A sample a minute of mill-0 and mill-1 after T0."""
    rng = np.random.default_rng(1)
    for slot in (0, 1):
        rows = np.zeros(n_minutes, row_dtype(LANES["mill"]))
        rows["slot"] = slot
        rows["time"] = T0_US + np.arange(n_minutes) * MINUTE_US
        rows["value"] = MIDDLE["mill"] + 0.1 * rng.normal(size=(n_minutes, 4))
        bench.store.append({slot % PARTITIONS: [readings_entry("mill", 1, rows)]})


def work(bench):
    for p in range(PARTITIONS):
        worker = PartitionWorker(bench.store, bench.site, p, "w")
        assert worker.open()
        while worker.step(0):
            pass
        worker.close()


def test_a_reported_failure_and_repair_cut_the_machines_life(bench):
    send(bench, 120)
    bench.set_clock(T0_US + HOUR_US)
    bench.do("failure.report", {}, machine="mill-0")
    bench.step()
    bench.set_clock(T0_US + HOUR_US + 10 * MINUTE_US)
    bench.do("repair.report", {}, machine="mill-0")
    bench.step()
    work(bench)
    found = kept_history(bench.store, bench.site.plant, Catalogue().update(bench.site.plant))
    rows = found.rows["mill"]
    mine = rows[(rows["slot"] & ~RESET) == 0]
    assert int(((mine["slot"] & RESET) > 0).sum()) == 1
    events = [HistoryEvent("mill-0", e.time, "failure", "x") for e in found.events[:1]]
    first, second = cut_lives({"mill-0": mine}, events, ["x"])
    assert (first.end_us, first.cause) == (T0_US + HOUR_US, 0)
    assert second.born_us == T0_US + HOUR_US + 10 * MINUTE_US + 1
    assert second.cause == -1


def test_a_failure_taken_back_is_no_label(bench):
    reported = bench.do("failure.report", {}, machine="mill-0")
    bench.step()
    bench.do("action.undo", {"action": reported})
    bench.event("failure", "mill-1", mode=None)
    bench.step()
    labels = labels_of(e for _, e in bench.store.events(b"0-0", 100))
    assert [(e.kind, e.machine_id) for e in labels] == [("failure", "mill-1")]


def test_labels_are_in_the_order_of_their_times():
    early, late = Event(1, "failure", "a", {}), Event(2, "repair", "a", {})
    assert labels_of([late, Event(3, "comment", "a", {}), early]) == [early, late]


def test_without_readings_there_is_nothing_to_learn_from(bench):
    with pytest.raises(DataError, match="no readings"):
        kept_history(bench.store, bench.site.plant, bench.site.catalogue)


def test_a_plant_is_fitted_on_what_it_has_kept(bench, tmp_path, monkeypatch):
    send(bench, 600)
    bench.set_clock(T0_US + 5 * HOUR_US)
    bench.do("failure.report", {}, machine="mill-0")  # of no named mode
    bench.step()
    work(bench)
    monkeypatch.setattr(fit, "open_store", lambda _: bench.store)
    settings = replace(settings_in(tmp_path), models=tmp_path / "models")
    report = fit.run_fit_kept(settings, None)
    model = load_model(tmp_path / "models" / "mill.json")
    assert (model.version, model.fitted["command"]) == (1, "twin fit --kept")
    assert report["mill"]["samples"] > 1000
