"""NASA's engines through ingest, stream and worker say what the offline evaluation says."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twin.config import Settings
from twin.core.hazard import failure_probability, outlook
from twin.evaluation.cmapss import EVERY_ROW
from twin.evaluation.streamed import (
    cmapss_settings,
    engine_replay,
    engine_views,
    streamed_scores,
)
from twin.modelfile import load_model
from twin.pipeline.feed.replay import stream
from twin.pipeline.learning.engines import engine_class, engine_lives
from twin.pipeline.learning.learn import landmarks
from twin.pipeline.site import prepare
from twin.pipeline.worker.worker import PartitionWorker
from twin.sources.cmapss import Engine, read_engines, read_rul
from twin.stores.memory import MemoryStore

SUBSET = "FD001"
pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def data() -> Path:
    default = Path(__file__).parents[2].parent / "shared" / "data"
    folder = Path(os.environ.get("TWIN_DATA", default)) / "cmapss"
    if not folder.is_dir():
        pytest.skip(f"published data not found at {folder}: set TWIN_DATA")
    return folder


@pytest.fixture(scope="module")
def settings(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    base = replace(Settings(), data_dir=tmp_path_factory.mktemp("var"))
    return cmapss_settings(base, data, SUBSET, read_engines(data, SUBSET, "test"))


def streamed(engines: list[Engine], settings: Settings) -> np.ndarray:
    """View rows (N,) after all samples of these engines have gone through stream and workers."""
    store = MemoryStore(3, clock_s=lambda: 0.0)  # compiling may outlast a lease
    site = prepare(store, settings)
    source = engine_replay(SUBSET, engines, site.plant, site.catalogue, 0.0)
    assert stream(store, site.plant, site.catalogue, source, 0.0, settings, threading.Event())
    for p in range(store.partitions):
        apply_all(PartitionWorker(store, site, p, "test"))
    assert store.counters()[f"accepted:cmapss.{SUBSET}"] == sum(len(e.cycle) for e in engines)
    return engine_views(store, site.plant, site.catalogue)


def apply_all(worker: PartitionWorker) -> None:
    """Everything in the partition's stream."""
    assert worker.open()
    while worker.step(0):
        pass
    worker.close()


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_streamed_probabilities_equal_the_offline_ones(
    data: Path, settings: Settings, share: float
) -> None:
    engines = [
        Engine(e.unit, *(column[: max(2, int(share * len(e.cycle)))] for column in e[1:]))
        for e in read_engines(data, SUBSET, "test")
    ]
    views = streamed(engines, settings)
    assert settings.models is not None
    model = load_model(settings.models / "turbofan.json")
    hazard = model.hazard()
    assert hazard is not None
    marks = landmarks(model.trend(engine_class()), engine_lives(engines, False), EVERY_ROW)
    last = np.append(marks.machine[1:] != marks.machine[:-1], True)
    future = outlook(hazard, marks.level[last], marks.slope[last], marks.age[last])
    horizons = [8.0, 24.0, 168.0]  # a shift, a day, a week: cycles of an hour
    want = failure_probability(future, hazard.edges, horizons)
    np.testing.assert_allclose(views["p"], want, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(views["n_applied"], [len(e.cycle) for e in engines])
    np.testing.assert_array_equal(views["n_late"], 0)


def test_what_the_screens_say_is_as_good_as_the_evaluation(data: Path, settings: Settings) -> None:
    engines, left = read_engines(data, SUBSET, "test"), read_rul(data, SUBSET)
    scores = streamed_scores(streamed(engines, settings), engines, left, settings)
    assert scores["largest_difference_from_offline"] < 1e-4  # cycles: of 100, one in 10^6
    assert scores["rmse_capped"] < 10.5  # the gate of MODELS.md
    assert scores["rmse_capped"] < scores["baseline_rmse_capped"] / 3
