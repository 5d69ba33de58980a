"""What of a machine's time is taken, and where a block still fits between.

Kept by the dispatch rules; reckoned window by window, see `working_time`.
"""

from bisect import bisect_right, insort
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.problem import Problem
from twin.scheduling.working_time import WorkingTime

__all__ = ["Block", "Floor", "Gaps"]

Ints = NDArray[np.int64]


class Block(NamedTuple):
    """A stretch that is taken, setup not counted: an operation's has a family, a task's none."""

    start: int
    end: int
    family: int | None = None


class Gaps:
    """One machine: its blocks in order of time, and what fits between them."""

    def __init__(
        self, time: WorkingTime, setups: list[list[int]], family: int, horizon: int
    ) -> None:
        self.time, self.family = time, family
        self.blocks: list[Block] = []
        self._setups, self._horizon = setups, horizon

    def add(self, block: Block) -> None:
        insort(self.blocks, block, key=lambda each: each.start)

    def after(self, tick: int) -> int:
        """Which block is the first to start later than this."""
        return bisect_right(self.blocks, (tick, self._horizon + 1))

    def setup(self, before: int, after: int) -> int:
        return 0 if before < 0 else self._setups[before][after]

    def family_at(self, k: int) -> int:
        """What it is set up for before the k-th block."""
        while k > 0:
            k -= 1
            family = self.blocks[k].family
            if family is not None:
                return family
        return self.family

    def in_gap(self, k: int, ready: int, free: int, family: int, duration: int) -> Block | None:
        """The soonest block of this family before the k-th, ready and free from then on."""
        setup = self.setup(self.family_at(k), family)
        begin = self.time.next_open(free)
        if begin is None:
            return None
        after_setup = begin if setup == 0 else self.time.end(begin, setup)
        start = None if after_setup is None else self.time.next_open(max(after_setup, ready))
        end = None if start is None else self.time.end(start, duration)
        if start is None or end is None or not self._fits(k, end, family):
            return None
        return Block(start, end, family)

    def earliest(self, ready: int, family: int, duration: int) -> Block | None:
        """The first gap in which it fits, from `ready` on."""
        for k in range(len(self.blocks) + 1):
            free = self.blocks[k - 1].end if k else 0
            if k < len(self.blocks) and self.blocks[k].start <= max(free, ready):
                continue
            block = self.in_gap(k, ready, free, family, duration)
            if block is not None:
                return block
        return None

    def _fits(self, k: int, end: int, family: int) -> bool:
        """Whether what follows still can: the next block, the next operation's new setup."""
        if end > (self.blocks[k].start if k < len(self.blocks) else self._horizon):
            return False
        for j in range(k, len(self.blocks)):
            after = self.blocks[j].family
            if after is not None:
                begin = self.time.begin(self.blocks[j].start, self.setup(family, after))
                return begin is not None and begin >= (end if j == k else self.blocks[j - 1].end)
        return True


class Floor:
    """All machines of a problem."""

    def __init__(self, problem: Problem) -> None:
        times = [WorkingTime(calendar) for calendar in problem.calendars]
        setups = [matrix.tolist() for matrix in problem.setups]
        self.machines = [
            Gaps(times[m.calendar], setups[m.setup], m.family, problem.horizon)
            for m in problem.machines
        ]
        self.way = problem.transport.tolist()
        self.site = [m.site for m in problem.machines]

    def travel(self, before: int, after: int) -> int:
        """Ticks from machine to machine; -1 before a job's first operation."""
        return 0 if before < 0 else self.way[self.site[before]][self.site[after]]
