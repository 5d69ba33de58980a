"""A fan of the past is the forecast that was live then: nothing that came later is in it."""

import numpy as np
import pytest
from worker_plant import N_ENTRIES, PARTITIONS, entries_of, settings_in, work

from twin.core.forecast import forecast
from twin.core.layout import TIME, header
from twin.core.units import to_plant_units
from twin.errors import DataError
from twin.modelfile import default_model
from twin.pipeline.history.explore import Explorer
from twin.pipeline.history.fan import fan_of
from twin.pipeline.history.history import history
from twin.pipeline.history.past_belief import belief_at
from twin.pipeline.site import load_site, prepare
from twin.stores.memory import MemoryStore

RESET_SEED = 1
HORIZON_H = 2.0


@pytest.fixture
def wire():
    return [w for w in entries_of(N_ENTRIES, RESET_SEED) if w[0] == 0]


def live_state(folder, wire, machine_id):
    """The state row of a machine after these entries, in a worker of its own."""
    store = MemoryStore(PARTITIONS)
    site = prepare(store, settings_in(folder))
    worker = work(store, site, 0, wire, 0)
    class_id, slot = machine_id.split("-")
    local = int(slot) // PARTITIONS
    return worker.twin.twins[class_id].state[local : local + 1].copy()


@pytest.mark.parametrize("n", [60, 111, 150])
@pytest.mark.parametrize("machine_id", ["mill-0", "press-2"])
def test_the_belief_of_then_is_the_one_that_was_live(tmp_path, wire, machine_id, n):
    store = MemoryStore(PARTITIONS)
    site = prepare(store, settings_in(tmp_path))
    work(store, site, 0, wire, 37)
    explorer = Explorer(store, site.plant)
    live = live_state(tmp_path, wire[:n], machine_id)
    at = int(header(live, TIME)[0])
    state, from_prior = belief_at(explorer, explorer.subject(machine_id), at)
    assert not from_prior
    layout = explorer.subject(machine_id).trend.layout
    for block in range(5):
        assert layout.block(state, block).tobytes() == layout.block(live, block).tobytes()


def test_a_fan_is_the_forecast_from_that_belief_in_the_plants_unit(tmp_path, wire):
    store = MemoryStore(PARTITIONS)
    site = prepare(store, settings_in(tmp_path))
    work(store, site, 0, wire, 37)
    explorer = Explorer(store, site.plant)
    trend = explorer.subject("mill-0").trend
    live = live_state(tmp_path, wire[:111], "mill-0")
    at = int(header(live, TIME)[0])
    fan = fan_of(explorer, "mill-0", "pressure", at, HORIZON_H)
    steps = (fan.time - at) / trend.step_us
    ahead = forecast(trend, live, steps, reading=True, dtype=np.float64)
    u = np.repeat(trend.layout.inputs(live), len(steps), axis=0)
    mean, sd = to_plant_units(trend, u, ahead.mean[0].T, np.sqrt(ahead.variance[0].T))
    np.testing.assert_allclose(fan.mean, mean[:, 1])
    np.testing.assert_allclose(fan.sd, sd[:, 1])
    assert fan.as_of == at
    assert fan.time[-1] == at + int(HORIZON_H * 3.6e9)


def test_what_happened_counts_the_readings_after_it_and_no_others(tmp_path, wire):
    store = MemoryStore(PARTITIONS)
    site = prepare(store, settings_in(tmp_path))
    work(store, site, 0, wire, 37)
    explorer = Explorer(store, site.plant)
    rows = history(store, site.catalogue, "mill-0", -(1 << 62), 1 << 62)
    at = int(rows["time"][40])
    fan = fan_of(explorer, "mill-0", "temp", at, HORIZON_H)
    z = rows["value"][(rows["time"] > at) & (rows["time"] <= fan.time[-1]), 0]
    assert fan.happened.n_readings == np.isfinite(z).sum()
    assert 0 < fan.happened.inside <= fan.happened.n_readings


def test_as_driven_the_mean_follows_the_inputs_that_came(tmp_path, wire):
    store = MemoryStore(PARTITIONS)
    site = prepare(store, settings_in(tmp_path))
    model = default_model("mill", site.plant.classes["mill"])
    learnt = model.trend_model.model_copy(update={"gain": [[[0.5], [0.0], [0.0]]]})
    model = model.model_copy(update={"version": 1, "trend_model": learnt})
    store.set_model("mill", model.model_dump_json(by_alias=True).encode())
    site = load_site(store, site.plant)
    work(store, site, 0, wire, 37)
    explorer = Explorer(store, site.plant)
    rows = history(store, site.catalogue, "mill-0", -(1 << 62), 1 << 62)
    at = int(rows["time"][40])
    then, came = (
        fan_of(explorer, "mill-0", "temp", at, 0.05, as_driven=driven) for driven in (False, True)
    )
    load = [rows["value"][rows["time"] <= t, 3] for t in came.time]
    known = np.array([own[np.isfinite(own)][-1] for own in load], np.float64)
    np.testing.assert_allclose(came.mean - then.mean, 0.5 * (known - known[0]), atol=1e-9)
    assert np.ptp(known) > 0


def test_a_moment_before_all_data_has_no_fan(tmp_path, wire):
    store = MemoryStore(PARTITIONS)
    site = prepare(store, settings_in(tmp_path))
    work(store, site, 0, wire, 37)
    with pytest.raises(DataError, match="before the first sample"):
        fan_of(Explorer(store, site.plant), "mill-0", "temp", 0, HORIZON_H)
