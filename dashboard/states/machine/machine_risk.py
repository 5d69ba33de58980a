"""How likely a machine fails, by when, why and how, from its view row: numbers and codes."""

from typing import Any

import numpy as np

from dashboard.numbers import rounded
from dashboard.states.machine.outlook import LEAST_LOGIT
from twin.core.view import N_DRIVERS
from twin.plant import MachineClass

__all__ = ["drivers_of", "hours", "life_of", "modes_of", "risk_of"]


def risk_of(row: np.void, n: int) -> list[float | None]:
    """Probability within the nth horizon and its 80 % interval."""
    return [rounded(row[name][n], 3) for name in ("p", "p_lo", "p_hi")]


def hours(steps: Any, step_s: float) -> float | None:
    """Steps of the model in hours; None where it is beyond the horizon or unknown."""
    return rounded(float(steps) * step_s / 3600, 3)


def life_of(row: np.void, step_s: float) -> dict[str, Any]:
    """Remaining life in hours, mean and quantiles; known: whether there is a failure model."""
    names = {"mean_h": "rul_mean", "lo_h": "rul_q10", "mid_h": "rul_q50", "hi_h": "rul_q90"}
    life: dict[str, Any] = {key: hours(row[name], step_s) for key, name in names.items()}
    return life | {"known": bool(np.isfinite(row["p"]).all())}


def drivers_of(machine_class: MachineClass, row: np.void) -> list[dict[str, Any]]:
    """Sensors that push the risk up most, with their share of the log-odds."""
    found = []
    for n in range(N_DRIVERS):
        index, logit = int(row["driver"][n]), float(row["driver_logit"][n])
        if 0 <= index < len(machine_class.sensors) and logit > LEAST_LOGIT:
            sensor = machine_class.sensors[index]
            name = sensor.name or sensor.id
            found.append({"sensor": sensor.id, "name": name, "logit": rounded(logit, 3)})
    return found


def modes_of(machine_class: MachineClass, row: np.void) -> list[dict[str, Any]]:
    """Failure modes, the likeliest first: share of the week's risk, consequence and response."""
    modes = [
        {
            "id": mode.id,
            "name": mode.name or mode.id,
            "share": rounded(row["mode_p"][n], 2),
            "consequence": mode.consequence,
            "response": mode.response,
        }
        for n, mode in enumerate(machine_class.modes)
    ]
    return sorted(modes, key=lambda mode: -(mode["share"] or 0))
