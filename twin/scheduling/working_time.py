"""How much of a stretch of time is working time, and when work that was begun is done.

The plain route, window by window with a bisection: for the dispatch rules, layouts and the planner,
apart from the dense arrays that compiled solvers keep. The checker has its own (`checking.time`).
"""

from bisect import bisect_right

from twin.scheduling.problem import Calendar

__all__ = ["WorkingTime"]


class WorkingTime:
    """A calendar's open ticks, counted from 0: the k-th open tick and how many there were by t."""

    def __init__(self, calendar: Calendar) -> None:
        self._starts = [int(start) for start, _ in calendar]
        self._ends = [int(end) for _, end in calendar]
        self._before = [0]
        """Open ticks before each window, and in the end all."""
        for start, end in zip(self._starts, self._ends, strict=True):
            self._before.append(self._before[-1] + end - start)

    @property
    def total(self) -> int:
        """Open ticks in all."""
        return self._before[-1]

    def worked(self, tick: int) -> int:
        """Open ticks in [0, tick)."""
        i = bisect_right(self._starts, tick) - 1
        if i < 0:
            return 0
        return self._before[i] + min(tick, self._ends[i]) - self._starts[i]

    def open_tick(self, k: int) -> int | None:
        """The k-th open tick, from 0; None where the calendar has no such."""
        if not 0 <= k < self.total:
            return None
        i = bisect_right(self._before, k) - 1
        return self._starts[i] + k - self._before[i]

    def is_open(self, tick: int) -> bool:
        i = bisect_right(self._starts, tick) - 1
        return i >= 0 and tick < self._ends[i]

    def next_open(self, tick: int) -> int | None:
        """The first open tick at or after this one."""
        i = bisect_right(self._ends, tick)
        return max(tick, self._starts[i]) if i < len(self._starts) else None

    def end(self, start: int, duration: int) -> int | None:
        """The first tick by which work begun at `start` had `duration` open ticks; None: never."""
        if duration == 0:
            return start
        i = bisect_right(self._starts, start) - 1
        if i >= 0 and start + duration <= self._ends[i]:
            return start + duration
        last = self.open_tick(self.worked(start) + duration - 1)
        return None if last is None else last + 1

    def begin(self, end: int, duration: int) -> int | None:
        """The last open tick at which work begins that needs `duration` and is done by `end`.

        None: there are not so many open ticks before it. No work at all begins at its end.
        """
        return end if duration == 0 else self.open_tick(self.worked(end) - duration)

    def covers(self, start: int, end: int) -> bool:
        """Whether it is open throughout [start, end)."""
        i = bisect_right(self._starts, start) - 1
        return i >= 0 and end <= self._ends[i]
