"""The curve beside the charts and the probabilities of the view are one and the same risk."""

from pathlib import Path

import numpy as np
import pytest

from dashboard.outlook import risk_curve
from twin.config import Settings
from twin.core.rows import row_dtype
from twin.core.trend import new_state, new_view
from twin.modelfile import ClassModel, default_model, load_model
from twin.pipeline.classtwin import ClassTwin
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
    curve = risk_curve(model, machine_class, twin.state.ravel(), 0)
    assert curve is not None
    at = [curve["hours"].index(h) for h in (8.0, 24.0, 168.0)]
    for name in ("p", "lo", "hi"):
        wanted = twin.view[0]["p" if name == "p" else f"p_{name}"]
        np.testing.assert_allclose([curve[name][n] for n in at], wanted, rtol=1e-3)
    assert curve["p"] == sorted(curve["p"])


def test_without_failure_model_sample_or_row_there_is_no_curve() -> None:
    machine_class = load_plant(Path(Settings().plant)).classes["pump"]
    model = default_model("pump", machine_class)
    state = new_state(model.trend(machine_class), np.zeros(2, np.int64))
    assert risk_curve(model, machine_class, state.ravel(), 0) is None
    fitted_class, fitted = demo()
    empty = new_state(fitted.trend(fitted_class), np.zeros(1, np.int64)).ravel()
    assert risk_curve(fitted, fitted_class, empty, 0) is None
    assert risk_curve(fitted, fitted_class, empty, 5) is None
    assert risk_curve(fitted, fitted_class, empty[:-1], 0) is None
