"""A person recalibrates a model, takes it back, and a later fit replaces it."""

import numpy as np
import pytest
from desk_bench import Bench
from worker_plant import PARTITIONS, settings_in

from twin.core.features import learn_features
from twin.core.hazard import Hazard, lead_bins, spline_basis
from twin.errors import StoreError
from twin.modelfile import default_model, model_of, parse_model, save_model
from twin.pipeline.learning.fit_class import hazard_model
from twin.pipeline.site import models_folder, prepare
from twin.stores.base import FIRST_ID
from twin.stores.codec import Control, decode
from twin.stores.memory import MemoryStore


def fitted(site, version):
    """A model with a failure model, as a fit would leave it."""
    rng, machine_class = np.random.default_rng(0), site.plant.classes["mill"]
    level, slope, age = rng.normal(size=(50, 3)), rng.normal(size=(50, 3)), rng.random(50) * 90
    map_ = learn_features(level, slope, age, np.array([0, 2]), 2, 2)
    basis = spline_basis(lead_bins(336.0))
    coef = rng.normal(0, 0.2, (1, basis.shape[1], map_.size))
    factor, reference = np.zeros((1, 1, basis.shape[1], map_.size)), np.zeros((1, 3))
    hazard = Hazard(("failure",), map_, lead_bins(336.0), basis, coef, factor, reference)
    trend = default_model("mill", machine_class).trend_model
    written = hazard_model(hazard, machine_class.sensor_ids, [9], None)
    return model_of("mill", machine_class, trend, written, version=version)


@pytest.fixture
def bench(tmp_path):
    settings = settings_in(tmp_path)
    store = MemoryStore(PARTITIONS)
    site = prepare(store, settings)
    save_model(fitted(site, 4), models_folder(settings) / "mill.json")
    bench = Bench(store, prepare(store, settings))
    bench.settings = settings
    return bench


def held(bench):
    return parse_model(bench.store.model("mill"))


def ask(bench, version=4, a=0.2, b=0.5, role="engineer"):
    detail = {"class_id": "mill", "version": version, "a": a, "b": b}
    action = bench.do("model.recalibrate", detail, role=role)
    bench.step()
    return action


def told(bench, p):
    """Versions of models that a partition's stream was told of."""
    batch = decode(bench.store.entries(p, FIRST_ID, None, 100), lambda *_: None)
    return [part.version for part in batch.parts if isinstance(part, Control)]


def test_a_line_becomes_another_version_that_every_partition_is_told_of(bench):
    action = ask(bench)
    assert bench.line(action)["note"] == {"class_id": "mill", "version": 5}
    assert held(bench).version == 5
    assert held(bench).hazard().recalibration == (0.2, 0.5)
    assert [told(bench, p)[-1] for p in range(PARTITIONS)] == [5] * PARTITIONS


def test_a_second_line_is_of_what_the_first_one_says(bench):
    """a₂ + b₂(a₁ + b₁x) = (a₂ + b₂a₁) + (b₂b₁)x"""
    ask(bench)
    ask(bench, version=5, a=0.1, b=3.0)
    assert held(bench).hazard().recalibration == pytest.approx((0.1 + 3.0 * 0.2, 3.0 * 0.5))


def test_taken_back_the_numbers_of_before_are_a_newer_version(bench):
    action = ask(bench)
    bench.do("action.undo", {"action": action}, who="Late", role="engineer")
    bench.step()
    assert held(bench).version == 6
    assert held(bench).hazard().recalibration is None
    assert bench.line(action)["undone"]


def test_a_proposal_for_an_older_version_is_refused(bench):
    ask(bench)
    stale = ask(bench, version=4)
    assert bench.line(stale)["reason"] == "model_moved_on"
    assert held(bench).version == 5


def test_it_needs_an_engineer_and_a_rising_line(bench):
    assert bench.line(ask(bench, role="manager"))["reason"] == "role"
    assert bench.line(ask(bench, b=-1.0))["reason"] == "malformed"
    assert held(bench).version == 4


def test_a_desk_that_dies_after_the_model_was_written_writes_no_second_one(bench):
    class Dying(MemoryStore):
        def commit_desk(self, _commit):
            raise StoreError("gone")

    bench.do("model.recalibrate", {"class_id": "mill", "version": 4, "a": 0.2, "b": 0.5})
    kind = type(bench.store)
    bench.store.__class__ = Dying
    with pytest.raises(StoreError):
        bench.desk.step()
    bench.store.__class__ = kind
    assert held(bench).version == 5
    again = Bench.__new__(Bench)
    again.__dict__ = bench.__dict__ | {"desk": type(bench.desk)(bench.store, bench.site)}
    again.step()
    assert held(again).version == 5
    assert [told(again, p).count(5) for p in range(PARTITIONS)] == [1] * PARTITIONS


def test_the_file_that_was_recalibrated_does_not_come_back_but_a_later_fit_does(bench):
    ask(bench)
    prepare(bench.store, bench.settings)
    assert held(bench).version == 5
    save_model(fitted(bench.site, 5), models_folder(bench.settings) / "mill.json")
    prepare(bench.store, bench.settings)
    assert held(bench).version == 6
    assert held(bench).hazard().recalibration is None
    prepare(bench.store, bench.settings)
    assert held(bench).version == 6
