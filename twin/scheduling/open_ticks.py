"""A calendar tick by tick: when it is open, and what work begun at each open tick costs."""

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.problem import Calendar, Problem

__all__ = ["energy_at", "open_ticks", "price_per_kwh"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


def open_ticks(calendar: Calendar, horizon: int) -> Ints:
    """Every open tick within the horizon, in order."""
    parts = [np.arange(max(0, a), min(b, horizon)) for a, b in calendar if b > 0 and a < horizon]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


def price_per_kwh(problem: Problem) -> Array:
    """(horizon,) the price in force at each tick."""
    bucket = np.arange(problem.horizon) // problem.bucket
    price: Array = problem.price[np.minimum(bucket, len(problem.price) - 1)]
    return price


def energy_at(ticks: Ints, duration: int, price: Array) -> Array:
    """Σ price over the ticks worked, for a start at each open tick from which work ends."""
    spent = np.concatenate([[0.0], np.cumsum(price[ticks])])
    n = max(0, len(ticks) - max(duration, 1) + 1)
    energy: Array = spent[duration : duration + n] - spent[:n]
    return energy
