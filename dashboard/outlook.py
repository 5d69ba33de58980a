"""The risk curve of one machine: probability of failure at every lead time, with its interval."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.numbers import roundeds
from twin.core.hazard import assess
from twin.core.layout import BORN, TIME, header
from twin.core.view import NEVER
from twin.modelfile import ClassModel
from twin.plant import MachineClass

__all__ = ["N_POINTS", "risk_curve"]

N_POINTS = 43
"""Points of the curve: one every eight hours over a fortnight."""


def risk_curve(
    model: ClassModel, machine_class: MachineClass, words: NDArray[np.float64], n: int
) -> dict[str, Any] | None:
    """Hours from now, probability of failure by then and its 80 % interval, as plain lists.

    words: packed states of the class in a partition; n: the machine's row there. None without a
    failure model, without a sample, or where the states were packed for another list of lanes.
    """
    trend, hazard = model.trend(machine_class), model.hazard()
    layout = trend.layout
    if hazard is None or len(words) % layout.width or n >= len(words) // layout.width:
        return None
    state = words.reshape(-1, layout.width)[n : n + 1]
    time = header(state, TIME)
    if time[0] == NEVER:
        return None
    age = (time - header(state, BORN)) / trend.step_us
    steps = np.linspace(0.0, hazard.horizon, N_POINTS)
    risk = assess(hazard, layout.level(state), layout.slope(state), age, list(steps))
    return {
        "hours": roundeds(steps * machine_class.step_s / 3600, 4),
        "p": roundeds(risk.p[0], 4),
        "lo": roundeds(risk.p_lo[0], 4),
        "hi": roundeds(risk.p_hi[0], 4),
    }
