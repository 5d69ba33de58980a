"""When a sensor's forecast passes its limits."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.passage import passage_by, passage_quantile
from twin.plant import Sensor

__all__ = ["Crossing", "crossings_of"]

Array = NDArray[np.float64]


class Crossing(NamedTuple):
    """When a limit is passed: 10, 50 and 90 % quantiles, µs UTC, None beyond the fan."""

    limit: str
    value: float
    early: int | None
    middle: int | None
    late: int | None
    chance: float
    """That it is passed before the fan ends."""


def crossings_of(sensor: Sensor, time: NDArray[np.int64], mean: Array, sd: Array) -> list[Crossing]:
    """The next limit on each side."""
    alarm = sensor.alarm
    sides = [
        ("high", alarm.high, True),
        ("high_high", alarm.high_high, True),
        ("low", alarm.low, False),
        ("low_low", alarm.low_low, False),
    ]
    lead = (time - time[0]).astype(np.float64)
    out = []
    for name, value, is_upper in sides:
        if value is None:
            continue
        chance = passage_by(mean, sd, value, is_upper)
        when = [passage_quantile(lead, chance, q) for q in (0.1, 0.5, 0.9)]
        early, middle, late = (int(time[0] + w) if np.isfinite(w) else None for w in when)
        out.append(Crossing(name, value, early, middle, late, float(chance[-1])))
    return out
