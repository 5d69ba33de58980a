"""History is what was sent, whatever was sealed when; the recomputed estimate is the live one."""

import numpy as np
import pytest
from worker_plant import (
    ALWAYS,
    LANES,
    MACHINES,
    N_ENTRIES,
    PARTITIONS,
    entries_of,
    patient_store,
    settings_in,
    work,
)

from twin.core.rows import RESET
from twin.pipeline.history.history import estimate, history
from twin.pipeline.site import prepare
from twin.pipeline.worker.worker import PartitionWorker
from twin.stores.base import FIRST_ID
from twin.stores.codec import Readings, decode, model_entry


@pytest.fixture
def plant(tmp_path):
    store = patient_store()
    return store, prepare(store, settings_in(tmp_path))


def sent_rows(wire, class_id, slot):
    """A machine's rows by time, resets left out, straight from the entries."""
    entries = [(b"%d-0" % n, list(e)) for n, (_, e) in enumerate(wire)]
    parts = decode(entries, lambda c, v: LANES.get(c) if v == 1 else None).parts
    own = [p.rows for p in parts if isinstance(p, Readings) and p.class_id == class_id]
    rows = np.concatenate(own)
    rows = rows[rows["slot"] == slot]
    return rows[np.argsort(rows["time"], kind="stable")]


@pytest.mark.parametrize("seal_every", [0, 37, 150])
def test_history_is_what_was_sent(plant, seal_every):
    store, site = plant
    wire = entries_of(N_ENTRIES)
    for p in range(PARTITIONS):
        work(store, site, p, [(at, e) for at, e in wire if at == p], seal_every)
    for class_id, n in MACHINES.items():
        for slot in range(n):
            got = history(store, site.catalogue, f"{class_id}-{slot}", *ALWAYS)
            assert got.tobytes() == sent_rows(wire, class_id, slot).tobytes()


def test_history_of_a_span_is_that_part_of_all(plant):
    store, site = plant
    work(store, site, 0, [w for w in entries_of(N_ENTRIES) if w[0] == 0], 60)
    every = history(store, site.catalogue, "mill-0", *ALWAYS)
    start, end = every["time"][20], every["time"][-20]
    got = history(store, site.catalogue, "mill-0", int(start), int(end))
    inside = (every["time"] >= start) & (every["time"] <= end)
    assert got.tobytes() == every[inside].tobytes()


def test_trimming_removes_only_what_is_sealed(plant):
    store, site = plant
    wire = [w for w in entries_of(N_ENTRIES) if w[0] == 0]
    worker = work(store, site, 0, wire[:150], 0)
    worker.sealer.seal_now(worker.last_id, lambda: None)
    assert store.entries(0, FIRST_ID, None, N_ENTRIES) == []
    for at, entry in wire[150:]:
        store.append({at: [entry]})
    assert worker.step(0) == len(wire) - 150
    assert len(store.entries(0, FIRST_ID, None, N_ENTRIES)) == len(wire) - 150


@pytest.mark.parametrize("seal_every", [0, 41, 113])
@pytest.mark.parametrize("machine", ["mill-2", "press-0"])
def test_the_recomputed_estimate_is_the_live_one_bit_for_bit(plant, machine, seal_every):
    store, site = plant
    worker = work(store, site, 0, [w for w in entries_of(N_ENTRIES) if w[0] == 0], seal_every)
    class_id, slot = machine.split("-")
    twin = worker.twin.twins[class_id]
    found = estimate(store, site.catalogue, twin.trend, 0, machine, *ALWAYS)
    local, layout = int(slot) // PARTITIONS, twin.trend.layout
    assert found.rows["time"].max() == twin.view["time"][local]
    newest = int(np.argmax(found.rows["time"]))
    live = twin.state[local : local + 1]
    assert found.trace.level[newest].tobytes() == layout.level(live).tobytes()
    assert found.trace.slope[newest].tobytes() == layout.slope(live).tobytes()


def test_a_restarted_worker_seals_what_the_dead_one_had_applied(plant):
    store, site = plant
    wire = [w for w in entries_of(N_ENTRIES) if w[0] == 0]
    dead = work(store, site, 0, wire[:120], 50)
    dead.abandon()
    store._p[0].lease = None
    worker = work(store, site, 0, wire[120:], 0)
    worker.sealer.seal_now(worker.last_id, lambda: None)
    assert store.entries(0, FIRST_ID, None, N_ENTRIES) == []
    got = history(store, site.catalogue, "mill-0", *ALWAYS)
    assert got.tobytes() == sent_rows(wire, "mill", 0).tobytes()


def test_a_new_model_takes_over_at_its_place_and_leaves_the_level_where_it_was(plant):
    store, site = plant
    wire = [w for w in entries_of(N_ENTRIES) if w[0] == 0]
    worker = work(store, site, 0, wire, 0)
    before = worker.twin.twins["press"].view.copy()
    old = worker.twin.twins["press"].model
    trend = old.trend_model.model_copy(
        update={"scale": [[0.5, 0.1]], "offset": [[90.0, 1.0]], "r": [2.0, 2.0]}
    )
    new = old.model_copy(update={"version": 3, "trend_model": trend})
    text = new.model_dump_json(by_alias=True).encode()
    store.set_model("press", text, model_entry("press", 3))
    while worker.step(0):
        pass
    twin = worker.twin.twins["press"]
    assert twin.model.version == 3
    plant_level = twin.trend.layout.level(twin.state) * [0.5, 0.1] + [90.0, 1.0]
    np.testing.assert_allclose(plant_level, before["level"], rtol=1e-6)
    assert store.entries(0, FIRST_ID, None, 10) == []
    assert [e.kind for _, e in store.last_events(1)] == ["model"]
    got = history(store, site.catalogue, "press-0", *ALWAYS)
    assert got.tobytes() == sent_rows(wire, "press", 0).tobytes()
    worker.close()
    again = PartitionWorker(store, site._replace(models={}), 0, "w")
    assert again.open()
    assert again.twin.twins["press"].model == new
    assert again.twin.twins["press"].state.tobytes() == twin.state.tobytes()


def test_resets_are_kept_in_order_but_not_shown(plant):
    store, site = plant
    wire = [w for w in entries_of(N_ENTRIES, seed=5) if w[0] == 0]
    resets = sum(
        int(((p.rows["slot"] & RESET) > 0).sum())
        for p in decode(
            [(b"%d-0" % n, list(e)) for n, (_, e) in enumerate(wire)],
            lambda c, v: LANES.get(c) if v == 1 else None,
        ).parts
    )
    assert resets > 0
    work(store, site, 0, wire, 60)
    for slot in range(0, MACHINES["mill"], PARTITIONS):
        rows = history(store, site.catalogue, f"mill-{slot}", *ALWAYS)
        assert ((rows["slot"] & RESET) == 0).all()
