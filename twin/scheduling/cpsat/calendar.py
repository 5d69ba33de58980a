"""How long an operation takes, and what its electricity costs, as pieces over its start.

On one machine both follow from the start alone. Between two moments at which the calendar opens,
an end of work crosses a break, or a price changes, what it takes is constant and what it costs is
linear: exact, with a handful of pieces where there is a shift pattern and a tariff.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.open_ticks import energy_at, open_ticks, price_per_kwh
from twin.scheduling.problem import Problem

__all__ = ["Piece", "Pieces"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]


class Piece(NamedTuple):
    """Starts first … last, all open and all alike."""

    first: int
    last: int
    worked: int
    """Open ticks before `first`: a start s here has worked + s - first before it."""
    elapsed: int
    """From start to end, breaks included."""
    energy: float
    """Σ price over the ticks that an operation begun at `first` works."""
    slope: float
    """How much that grows with each tick of start."""


class Pieces:
    """The pieces of every calendar, duration and range of starts, made once."""

    def __init__(self, problem: Problem, priced: bool) -> None:
        self._horizon = problem.horizon
        self._open = [open_ticks(calendar, problem.horizon) for calendar in problem.calendars]
        self._price = price_per_kwh(problem) if priced else np.zeros(problem.horizon)
        self._made: dict[tuple[int, int], tuple[Piece, ...]] = {}

    def of(self, calendar: int, duration: int, first: int, last: int) -> tuple[Piece, ...]:
        """Those with a start in first … last, cut to it; an end is within the horizon."""
        key = (calendar, duration)
        if key not in self._made:
            self._made[key] = _pieces(self._open[calendar], duration, self._price)
        return tuple(
            _cut(piece, first, last)
            for piece in self._made[key]
            if piece.first <= last and piece.last >= first
        )

    def windows(self, calendar: int) -> tuple[Piece, ...]:
        """The calendar's open times themselves: pieces of work that takes a tick and no power."""
        key = (calendar, -1)
        if key not in self._made:
            nothing = np.zeros_like(self._price)
            self._made[key] = _pieces(self._open[calendar], 1, nothing)
        return self._made[key]


def _pieces(ticks: Ints, duration: int, price: Array) -> tuple[Piece, ...]:
    """A new piece begins where start, elapsed time or the two prices at the ends jump.

    Moving a start by a tick drops the first tick worked and adds the one after the last, so that
    the cost's slope is the difference of their prices: it is linear while neither changes.
    """
    n = len(ticks) - max(duration, 1) + 1
    if n <= 0:
        return ()
    start = ticks[:n]
    elapsed = ticks[duration - 1 : duration - 1 + n] + 1 - start if duration else 0 * start
    energy = energy_at(ticks, duration, price)
    here, there = price[start], price[np.minimum(start + elapsed, len(price) - 1)]
    jumps = np.zeros(n, bool)
    jumps[0] = True
    jumps[1:] = (np.diff(start) != 1) | (np.diff(elapsed) != 0)
    jumps[1:] |= (np.diff(here) != 0) | (np.diff(there) != 0)
    first = np.flatnonzero(jumps)
    last = np.append(first[1:], n) - 1
    slope = np.where(last > first, there[first] - here[first], 0.0)
    rows = zip(
        start[first].tolist(),
        start[last].tolist(),
        first.tolist(),
        elapsed[first].tolist(),
        energy[first].tolist(),
        slope.tolist(),
        strict=True,
    )
    return tuple(Piece(*row) for row in rows)


def _cut(piece: Piece, first: int, last: int) -> Piece:
    """The part with starts in first … last."""
    skipped = max(0, first - piece.first)
    return piece._replace(
        first=piece.first + skipped,
        last=min(piece.last, last),
        worked=piece.worked + skipped,
        energy=piece.energy + piece.slope * skipped,
    )
