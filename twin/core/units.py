"""From a model's units to the plant's: the sensors' answer to the inputs is put back.

z = offset + gain·u + scale·level          one set of numbers an operating regime
"""

import numpy as np
from numpy.typing import NDArray

from twin.core.statespace import Trend

__all__ = ["carried", "nearest_regime", "to_plant_units"]

Array = NDArray[np.float64]


def to_plant_units(trend: Trend, u: Array, level: Array, sd: Array) -> tuple[Array, Array]:
    """Levels and standard deviations (R, m) of the model in the plant's units, under inputs u."""
    k = nearest_regime(trend, u)
    known = np.nan_to_num(u)
    mean = trend.offset[k] + np.einsum("rmk,rk->rm", trend.gain[k], known)
    return mean + trend.scale[k] * level, trend.scale[k] * sd


def nearest_regime(trend: Trend, u: Array) -> NDArray[np.intp]:
    """Operating regime (R,) of inputs u (R, k); an unknown input is near to all."""
    away = (u[:, None, :] - trend.centre[None]) / trend.input_scale
    return np.asarray(np.argmin(np.nan_to_num(away**2).sum(axis=2), axis=1))


def carried(u: Array) -> Array:
    """Inputs (R, k) with each gap filled by the value last known."""
    known = np.where(np.isfinite(u), np.arange(len(u))[:, None], 0)
    last = np.maximum.accumulate(known, axis=0) if len(u) else known
    return np.take_along_axis(u, last, axis=0)
