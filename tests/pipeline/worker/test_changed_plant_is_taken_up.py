"""A changed plant file: new machines and lanes appear, what was believed of the others stays."""

import numpy as np
import pytest
from worker_plant import PARTITIONS, T0_US, entries_of, patient_store, settings_in

from twin.core.rows import row_dtype
from twin.errors import StoreError
from twin.pipeline.history.history import history
from twin.pipeline.site import prepare
from twin.pipeline.worker.partition import PartitionTwin
from twin.pipeline.worker.worker import PartitionWorker
from twin.stores.base import FIRST_ID
from twin.stores.codec import Readings, readings_entry

ALWAYS = -(1 << 62), 1 << 62
LATER_US = T0_US + 10_000_000_000


@pytest.fixture
def plant(tmp_path):
    settings, store = settings_in(tmp_path), patient_store()
    return settings, store, prepare(store, settings)


def opened(store, settings, p=0):
    worker = PartitionWorker(store, prepare(store, settings), p, "w")
    assert worker.open()
    return worker


def drained(worker):
    while worker.step(0):
        pass
    return worker


def change(settings, *edits):
    text = settings.plant.read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    settings.plant.write_text(text)


def row(class_lanes, slot, values, time=LATER_US):
    rows = np.zeros(1, dtype=row_dtype(class_lanes))
    rows["slot"], rows["time"], rows["value"] = slot, time, values
    return rows


NEW_SENSOR = (
    '[[class.mill.sensor]]\nid = "noise"',
    '[[class.mill.sensor]]\nid = "amps"\nnormal = [10.0, 20.0]\n'
    '[[class.mill.sensor]]\nid = "noise"',
)
NEW_MACHINE = ('[[machine]]\nid = "mill-1"', '[[machine]]\nid = "mill-new"\nclass = "mill"\n'
               'line = "one"\n[[machine]]\nid = "mill-1"')  # fmt: skip


def test_a_new_lane_and_a_new_machine_appear_and_beliefs_stay(plant):
    settings, store, _ = plant
    for at, entry in entries_of(200):
        store.append({at: [entry]})
    worker = drained(opened(store, settings, p=1))
    before = worker.twin.twins["mill"].view.copy()
    old_history = history(store, worker.site.catalogue, "mill-1", *ALWAYS)
    change(settings, NEW_SENSOR, NEW_MACHINE)
    prepare(store, settings)
    with pytest.raises(StoreError, match="catalogue 2"):
        drained(worker)
    assert store.entries(1, FIRST_ID, None, 10) == []
    worker.close()
    worker = opened(store, settings, p=1)
    twin = worker.twin.twins["mill"]
    assert twin.machine_class.sensor_ids == ["temp", "pressure", "amps", "noise"]
    assert len(twin.view) == len(before) + 1
    kept = [0, 1, 3]
    np.testing.assert_allclose(twin.view["level"][:2, kept], before["level"], rtol=1e-5)
    assert np.isnan(twin.view["level"][:2, 2]).all()
    assert twin.view["n_applied"][:2].tolist() == before["n_applied"].tolist()
    assert twin.view["n_applied"][2] == 0
    seen = history(store, worker.site.catalogue, "mill-1", *ALWAYS)
    assert seen["value"][:, [0, 1, 3, 4]].tobytes() == old_history["value"].tobytes()


def test_entries_of_the_old_lane_list_still_find_their_places(plant):
    settings, store, _ = plant
    change(settings, NEW_SENSOR)
    worker = opened(store, settings)
    store.append({0: [readings_entry("mill", 1, row(4, 0, [70.0, 5.0, 0.5, 50.0]))]})
    drained(worker)
    view = worker.twin.twins["mill"].view[0]
    np.testing.assert_allclose(view["value"], [70.0, 5.0, np.nan, 0.5, 50.0])
    assert view["missing"] == 0b00100


def test_a_machine_that_left_is_kept_readable_and_keeps_its_slot(plant):
    settings, store, _ = plant
    for at, entry in entries_of(120):
        store.append({at: [entry]})
    worker = drained(opened(store, settings))
    n = len(history(store, worker.site.catalogue, "mill-2", *ALWAYS))
    change(settings, ('[[machine]]\nid = "mill-2"\nclass = "mill"\nline = "one"\n', ""))
    site = prepare(store, settings)
    with pytest.raises(StoreError):
        drained(worker)
    worker.close()
    worker = opened(store, settings)
    assert site.catalogue.is_retired("mill-2")
    assert len(history(store, site.catalogue, "mill-2", *ALWAYS)) == n
    assert worker.twin.twins["mill"].view["n_applied"][1] > 0


def test_rows_that_are_not_this_partitions_move_nobody(plant):
    _, _, site = plant
    twin = PartitionTwin(0, PARTITIONS, site.plant, site.catalogue)
    twin.start({}, None)
    before = twin.twins["mill"].state.copy()
    for slot, time in ((1, LATER_US), (900, LATER_US), (0, -5), (0, 1 << 60)):
        twin.apply(Readings("mill", 1, row(4, slot, 70.0, time)))
    assert twin.twins["mill"].state.tobytes() == before.tobytes()
    assert twin.effects().counters == {"rejected:worker:misplaced": 4}


def test_a_changed_limit_alone_is_taken_up_and_moves_no_belief(plant):
    settings, store, _ = plant
    for at, entry in entries_of(200):
        store.append({at: [entry]})
    worker = drained(opened(store, settings))
    before = worker.twin.twins["mill"].state.copy()
    change(settings, ("high = 78.0", "high = 40.0"))
    prepare(store, settings)
    with pytest.raises(StoreError, match="catalogue 2"):
        drained(worker)
    worker.close()
    worker = opened(store, settings)
    twin = worker.twin.twins["mill"]
    np.testing.assert_array_equal(twin.state, before)
    hot = readings_entry("mill", 1, row(4, 0, [50.0, np.nan, np.nan, np.nan]))
    store.append({0: [hot]})
    drained(worker)
    assert twin.view["beyond"][0] == 1
