"""What all rivals are given: a fleet of 8-sensor machines, irregular steps, gaps and outliers."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.rows import row_dtype
from twin.core.statespace import Trend, trend_of

__all__ = ["N_SENSORS", "Scenario", "scenario", "trend"]

N_SENSORS = 8
STEP_US = 1_000_000
MISSING = 0.05
OUTLIERS = 0.001


class Scenario(NamedTuple):
    """Samples of each machine: rows[i] (N,) is the i-th of all; rows[i + 1] comes
    dt_steps[i % period] (N,) after it."""

    trend: Trend
    rows: list[NDArray[np.void]]
    dt_steps: NDArray[np.float64]


def trend(monitors: bool = False) -> Trend:
    """The model: a slightly growing trend, so that F and Q are not those of the plain one."""
    return trend_of(
        N_SENSORS,
        growth=0.001,
        step_us=float(STEP_US),
        q_level=1e-4,
        q_slope=1e-6,
        r=1.0,
        monitors=monitors,
    )


def scenario(
    n_machines: int, rounds: int, period: int = 5, seed: int = 1, monitors: bool = False
) -> Scenario:
    """Random-walk machines sampled every 0.7 to 1.3 steps, 5 % missing, 0.1 % outliers.

    The steps of all machines repeat after `period`, which bounds what rivals have made for them.
    """
    rng = np.random.default_rng(seed)
    shape = (rounds, n_machines, N_SENSORS)
    dt_us = rng.integers(700_000, 1_300_000, (period, n_machines))
    since = np.cumsum(np.resize(dt_us, (rounds - 1, n_machines)), axis=0)
    level = np.cumsum(rng.normal(0.0, 0.01, shape), axis=0)
    z = (level + rng.normal(size=shape)).astype(np.float32)
    z[rng.random(shape) < OUTLIERS] += 50.0
    z[rng.random(shape) < MISSING] = np.nan
    rows = np.empty((rounds, n_machines), row_dtype(N_SENSORS))
    rows["slot"] = np.arange(n_machines)
    rows["quality"] = 0
    rows["time"] = STEP_US
    rows["time"][1:] += since
    rows["value"] = z
    return Scenario(trend(monitors), list(rows), dt_us / STEP_US)
