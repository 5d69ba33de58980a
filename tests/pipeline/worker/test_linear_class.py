"""A class of the linear family under the worker: filterpy is the oracle; batches do not matter."""

from dataclasses import replace

import numpy as np
import pytest
from filterpy.kalman import KalmanFilter
from worker_plant import PARTITIONS, T0_US, entries_of, patient_store, settings_in

from twin.core.rows import RESET, row_dtype
from twin.pipeline.site import prepare
from twin.pipeline.worker.lineartwin import linear_of, linear_state
from twin.pipeline.worker.partition import PartitionTwin
from twin.pipeline.worker.worker import PartitionWorker
from twin.stores.codec import Readings

MATRICES = """
[class.press.twin]
family = "linear"
gate = 0.9999999
F = [[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.9]]
H = [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
Q = [[0.01, 0.0, 0.0], [0.0, 0.001, 0.0], [0.0, 0.0, 0.02]]
R = [[1.0, 0.0], [0.0, 0.25]]
[[class.press.sensor]]
id = "force"
"""
STEP_US = 60_000_000


@pytest.fixture
def linear_settings(tmp_path):
    settings = settings_in(tmp_path)
    text = settings.plant.read_text()
    text = text.replace('[[class.press.sensor]]\nid = "force"\n', MATRICES.lstrip(), 1)
    settings.plant.write_text(text)
    return replace(settings)


@pytest.fixture
def site(linear_settings):
    return prepare(patient_store(), linear_settings)


def samples(rng, n, slots):
    """Rows at whole steps, one to three apart, a tenth of the readings missing."""
    rows = np.zeros(n, dtype=row_dtype(2))
    rows["slot"] = rng.choice(slots, n)
    rows["time"] = T0_US + np.cumsum(rng.integers(1, 4, n)) * STEP_US
    rows["value"] = [100.0, 1.5] + rng.normal(size=(n, 2)) * [2.0, 0.3]
    rows["value"][rng.random((n, 2)) < 0.1] = np.nan
    return rows


def textbook(machine_class, rows):
    """One machine by filterpy, one sensor's row of H at a time where the other is missing."""
    linear, first = linear_of(machine_class), linear_state(machine_class, np.zeros(1, np.int64))
    kf = KalmanFilter(dim_x=3, dim_z=2)
    kf.F, kf.Q = linear.F, linear.Q
    kf.x, kf.P = first[0, 16:19], first[0, 19:28].reshape(3, 3)
    last = None
    for row in rows:
        for _ in range(0 if last is None else int((row["time"] - last) // STEP_US)):
            kf.predict()
        last = row["time"]
        seen = np.isfinite(row["value"])
        if seen.any():
            z = row["value"][seen].astype(float)
            kf.dim_z = len(z)
            kf.update(z, R=linear.R[np.ix_(seen, seen)], H=linear.H[seen])
    return kf


def test_beliefs_equal_filterpy(site):
    rows = samples(np.random.default_rng(2), 80, [0, 2])
    twin = PartitionTwin(0, PARTITIONS, site.plant, site.catalogue)
    twin.start({}, None)
    twin.apply(Readings("press", 1, rows))
    own = twin.twins["press"]
    for slot in (0, 2):
        kf = textbook(own.machine_class, rows[rows["slot"] == slot])
        state = own.state[slot // PARTITIONS]
        np.testing.assert_allclose(state[16:19], kf.x, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(state[19:28].reshape(3, 3), kf.P, rtol=1e-8, atol=1e-9)
        view = own.view[slot // PARTITIONS]
        np.testing.assert_allclose(view["level"], linear_of(own.machine_class).H @ kf.x, rtol=1e-6)
        assert view["n_applied"] == (rows["slot"] == slot).sum()


def test_batches_do_not_matter_nor_late_rows_nor_resets_out_of_place(site):
    rng = np.random.default_rng(3)
    rows = samples(rng, 120, [0, 2])
    rows["time"] -= (rng.random(120) < 0.1) * 20 * STEP_US
    rows["slot"] |= np.where(rng.random(120) < 0.03, RESET, np.uint32(0))
    whole, pieces = (PartitionTwin(0, PARTITIONS, site.plant, site.catalogue) for _ in range(2))
    whole.start({}, None)
    pieces.start({}, None)
    whole.apply(Readings("press", 1, rows))
    for part in np.array_split(rows, 37):
        pieces.apply(Readings("press", 1, part))
    assert whole.twins["press"].state.tobytes() == pieces.twins["press"].state.tobytes()
    assert whole.twins["press"].view.tobytes() == pieces.twins["press"].view.tobytes()
    assert whole.twins["press"].view["n_late"].sum() > 0


def test_a_restarted_worker_goes_on_from_the_checkpoint(linear_settings):
    stores = [patient_store() for _ in range(2)]
    for store, stops in zip(stores, ([300], [90, 200, 300]), strict=True):
        site = prepare(store, linear_settings)
        wire, first = entries_of(300), 0
        for stop in stops:
            for at, entry in wire[first:stop]:
                store.append({at: [entry]})
            first = stop
            worker = PartitionWorker(store, site, 0, "w")
            assert worker.open()
            while worker.step(0):
                pass
            worker.close()
    assert stores[0].load_checkpoint(0).state == stores[1].load_checkpoint(0).state
    assert stores[0].load_checkpoint(0).view == stores[1].load_checkpoint(0).view
