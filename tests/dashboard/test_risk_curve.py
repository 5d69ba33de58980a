"""The curve beside the charts and the probabilities of the view are one and the same risk."""

from pathlib import Path

import numpy as np
import pytest

from dashboard.states.machine.outlook import Belief, belief_of, crossing, risk_curve, sensor_fan
from twin.config import Settings
from twin.core.rows import row_dtype
from twin.core.trend import new_state, new_view
from twin.modelfile import ClassModel, default_model, load_model
from twin.pipeline.worker.classtwin import ClassTwin
from twin.plant import MachineClass, load_plant

HOUR_US = 3_600_000_000


def demo() -> tuple[MachineClass, ClassModel]:
    plant_file = Path(Settings().plant)
    path = plant_file.parent / "models" / "pump.json"
    if not path.exists():
        pytest.skip(f"{path} is not there: twin fit writes it")
    return load_plant(plant_file).classes["pump"], load_model(path)


def worn(machine_class: MachineClass, n: int) -> np.ndarray:
    """Samples of a machine that leaves its normal ranges at the upper end, an hour apart."""
    low, high = np.array([s.normal for s in machine_class.sensors]).T
    rows = np.zeros(n, row_dtype(len(machine_class.lane_ids)))
    rows["time"] = np.arange(1, n + 1) * HOUR_US
    share = np.linspace(0.4, 0.9, n)[:, None]
    rows["value"][:, : len(low)] = low + share * (high - low)
    rows["value"][:, len(low) :] = [0.6 * u.range[1] for u in machine_class.inputs]
    return rows


def test_curve_passes_through_the_probabilities_of_the_view() -> None:
    machine_class, model = demo()
    trend = model.trend(machine_class)
    state, view = new_state(trend, np.zeros(1, np.int64)), new_view(trend, 1)
    twin = ClassTwin("pump", machine_class, model, (8.0, 24.0, 168.0), state, view)
    twin.apply(worn(machine_class, 200), 1)
    curve = risk_curve(known(model, machine_class, twin.state))
    assert curve is not None
    at = [curve["hours"].index(h) for h in (8.0, 24.0, 168.0)]
    for name in ("p", "lo", "hi"):
        wanted = twin.view[0]["p" if name == "p" else f"p_{name}"]
        np.testing.assert_allclose([curve[name][n] for n in at], wanted, rtol=1e-3)
    assert curve["p"] == sorted(curve["p"])


def known(model: ClassModel, machine_class: MachineClass, state: np.ndarray) -> Belief:
    belief = belief_of(model, machine_class, state.ravel(), 0)
    assert belief is not None
    return belief


def run_worn(n: int = 200) -> tuple[MachineClass, ClassModel, ClassTwin]:
    machine_class, model = demo()
    trend = model.trend(machine_class)
    state, view = new_state(trend, np.zeros(1, np.int64)), new_view(trend, 1)
    twin = ClassTwin("pump", machine_class, model, (8.0, 24.0, 168.0), state, view)
    twin.apply(worn(machine_class, n), 1)
    return machine_class, model, twin


def test_modes_share_the_risk_as_the_view_says_and_sum_to_it() -> None:
    machine_class, model, twin = run_worn()
    curve = risk_curve(known(model, machine_class, twin.state))
    assert curve is not None
    parts = np.array([mode["p"] for mode in curve["modes"].values()])
    np.testing.assert_allclose(parts.sum(axis=0), curve["p"], atol=2e-4)
    assert np.all(np.diff(parts, axis=1) >= -1e-4)
    week = curve["hours"].index(168.0)
    shares = parts[:, week] / parts[:, week].sum()
    places = [[m.id for m in machine_class.modes].index(m) for m in curve["modes"]]
    np.testing.assert_allclose(shares, twin.view[0]["mode_p"][places], atol=0.02)


def test_fan_begins_at_the_level_of_the_view_and_widens() -> None:
    machine_class, model, twin = run_worn()
    sensor = machine_class.sensors[1]
    hours = np.linspace(0, 96, 25)
    fan = sensor_fan(known(model, machine_class, twin.state), sensor, 1, hours)
    assert fan["mean"][0] == pytest.approx(float(twin.view[0]["level"][1]), rel=1e-4)
    assert fan["half"]["95"][0] == pytest.approx(1.96 * float(twin.view[0]["sd"][1]), rel=1e-3)
    assert np.all(np.diff(fan["half"]["80"]) > 0)
    assert np.all(np.array(fan["half"]["50"]) < fan["half"]["80"])


def test_crossing_is_where_the_quantiles_of_a_straight_fan_meet_the_limit() -> None:
    """Closed form: mean 2 + t/10, sd 1: passes 5 at 30; ±1.2816 sd is 12.816 hours either way."""
    hours = np.linspace(0, 100, 401)
    found = crossing(hours, 2 + hours / 10, np.ones_like(hours), 5.0, is_upper=True)
    assert found["beyond"] is False
    assert found["mid_h"] == pytest.approx(30, abs=0.01)
    assert found["lo_h"] == pytest.approx(30 - 12.816, abs=0.01)
    assert found["hi_h"] == pytest.approx(30 + 12.816, abs=0.01)


def test_a_limit_below_is_crossed_from_above_and_a_far_one_never() -> None:
    hours = np.linspace(0, 100, 401)
    falling, sd = 9 - hours / 20, np.ones_like(hours)
    assert crossing(hours, falling, sd, 6.0, is_upper=False)["mid_h"] == pytest.approx(60, abs=0.01)
    assert crossing(hours, falling, sd, 9.5, is_upper=False)["beyond"] is True
    never = crossing(hours, falling, sd, 20.0, is_upper=True)
    assert never == {"beyond": False, "lo_h": None, "mid_h": None, "hi_h": None}


def test_without_failure_model_sample_or_row_there_is_no_curve() -> None:
    machine_class = load_plant(Path(Settings().plant)).classes["pump"]
    model = default_model("pump", machine_class)
    trend = model.trend(machine_class)
    state, view = new_state(trend, np.zeros(2, np.int64)), new_view(trend, 2)
    assert belief_of(model, machine_class, state.ravel(), 0) is None
    ClassTwin("pump", machine_class, model, (8.0, 24.0, 168.0), state, view).apply(
        worn(machine_class, 3), 1
    )
    assert risk_curve(known(model, machine_class, state)) is None
    assert belief_of(model, machine_class, state.ravel(), 5) is None
    assert belief_of(model, machine_class, state.ravel()[:-1], 0) is None
