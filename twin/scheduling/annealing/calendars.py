"""Calendars tick by tick: open ticks before each, the k-th open one, what a kW has cost by then."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.problem import Calendar, Problem

__all__ = ["Calendars", "dense_calendars"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Calendars(NamedTuple):
    """Different calendars only: equal ones share a row."""

    number: Ints
    """Row of each calendar of the problem."""
    worked: NDArray[np.int32]
    open_at: NDArray[np.int32]
    total: Ints
    spent: Array


def dense_calendars(problem: Problem) -> Calendars:
    """Rows cut at the horizon; shapes as in Timeline."""
    rows: dict[Calendar, int] = {}
    number = [rows.setdefault(calendar, len(rows)) for calendar in problem.calendars]
    H, n = problem.horizon, max(1, len(rows))
    worked, open_at = np.zeros((n, H + 1), np.int32), np.zeros((n, H), np.int32)
    total, spent = np.zeros(n, np.int64), np.zeros((n, H + 1))
    price = _price(problem)
    for c, calendar in enumerate(rows):
        is_open = _open(calendar, H)
        np.cumsum(is_open, out=worked[c, 1:])
        np.cumsum(np.where(is_open, price, 0.0), out=spent[c, 1:])
        ticks = np.flatnonzero(is_open)
        open_at[c, : len(ticks)], total[c] = ticks, len(ticks)
    return Calendars(np.array(number, np.int64), worked, open_at, total, spent)


def _open(calendar: Calendar, horizon: int) -> NDArray[np.bool_]:
    is_open = np.zeros(horizon, np.bool_)
    for start, end in calendar:
        is_open[max(0, start) : end] = True
    return is_open


def _price(problem: Problem) -> Array:
    """Price in each tick of the horizon."""
    bucket = np.arange(problem.horizon) // problem.bucket
    price: Array = np.asarray(problem.price, np.float64)[np.minimum(bucket, len(problem.price) - 1)]
    return price
