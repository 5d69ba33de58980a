"""The checker's own reckoning of working time: walk from window to window and count.

Nothing here is shared with `working_time`, which counts open ticks from 0 and is what solvers use.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from twin.scheduling.problem import Calendar

__all__ = ["OpenTime"]


class OpenTime:
    """When a calendar is open. A bisection finds the window to start at, no sum is kept."""

    def __init__(self, calendar: Calendar) -> None:
        self._windows = calendar
        self._starts = [start for start, _ in calendar]
        self._ends = [end for _, end in calendar]

    def parts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The open stretches within [start, end), in order; none if it is empty."""
        for k in range(bisect_right(self._ends, start), len(self._windows)):
            begun, until = self._windows[k]
            if begun >= end or start >= end:
                return
            yield max(begun, start), min(until, end)

    def ticks(self, start: int, end: int) -> int:
        """How many ticks of [start, end) are open."""
        return sum(until - begun for begun, until in self.parts(start, end))

    def is_open(self, tick: int) -> bool:
        k = bisect_right(self._ends, tick)
        return k < len(self._windows) and self._starts[k] <= tick

    def done(self, start: int, work: int) -> int | None:
        """The first tick by which `work` open ticks have passed from `start` on; None: never."""
        if work == 0:
            return start
        for k in range(bisect_right(self._ends, start), len(self._windows)):
            begun = max(start, self._starts[k])
            if begun + work <= self._ends[k]:
                return begun + work
            work -= self._ends[k] - begun
        return None

    def begun(self, end: int, work: int) -> int | None:
        """The last tick from which `work` open ticks pass by `end`; None: there are not so many."""
        if work == 0:
            return end
        for k in range(bisect_left(self._starts, end) - 1, -1, -1):
            until = min(end, self._ends[k])
            if until - work >= self._starts[k]:
                return until - work
            work -= until - self._starts[k]
        return None
