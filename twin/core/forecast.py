"""Where every machine's sensors are going: closed form, all machines and all steps at once.

From the belief (x, P) now, h steps on, with `transition`'s e, a, qa of h:
    mean     = level + a(h)·slope
    variance = p11 + 2a p12 + a² p22 + q_level·h + q_slope·qa(h)       (+ r for a reading)
Source: Durbin & Koopman (2012), §4.11: forecasting is filtering with everything missing.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

import twin.core.layout as lay
from twin.core.statespace import Trend
from twin.core.transition import transition

__all__ = ["Forecast", "forecast"]

Array = NDArray[np.float64]


class Forecast(NamedTuple):
    """Mean and variance of the level (N, s, h), model units, in the dtype asked for."""

    mean: NDArray[np.floating]
    variance: NDArray[np.floating]


def forecast(
    trend: Trend,
    state: Array,
    steps: ArrayLike,
    sensors: ArrayLike | None = None,
    machines: ArrayLike | None = None,
    reading: bool = False,
    dtype: type[np.floating] = np.float32,
) -> Forecast:
    """Levels of machines (N, W) at steps (h,) ahead of their newest sample, in model units.

    sensors, machines: which, by number; all if None. reading: variance of a reading, with noise.
    float32 halves the memory traffic, which is all of the cost; its error is far below the sd.
    """
    at = np.asarray(steps, dtype=np.float64)
    table = np.array([transition(trend.growth, float(h)) for h in at]).T.reshape(5, -1)
    _, a, qa, _, _ = table
    pick = np.arange(trend.n_sensors) if sensors is None else np.atleast_1d(sensors)
    rows = slice(None) if machines is None else np.atleast_1d(machines)
    blocks = (lay.LEVEL, lay.SLOPE, lay.P11, lay.P12, lay.P22)
    level, slope, p11, p12, p22 = (
        trend.layout.block(state, b)[rows][:, pick].astype(dtype)[..., None] for b in blocks
    )
    spread = trend.q_level[pick, None] * at + trend.q_slope[pick, None] * qa
    spread = (spread + (trend.r[pick, None] if reading else 0.0)).astype(dtype)
    a = a.astype(dtype)
    mean = slope * a
    mean += level
    variance = p22 * a
    variance += 2 * p12
    variance *= a
    variance += p11
    variance += spread
    return Forecast(mean, variance)
