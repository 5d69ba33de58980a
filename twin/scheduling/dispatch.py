"""List scheduling: whenever a machine comes free, the waiting operation with the highest index.

What is pinned and all services are there first; production goes around them. Non-delay: a machine
never waits for an operation that has not arrived while another that fits has.
Source: Pinedo (2016), Scheduling, ch. 14 (dispatching rules).
"""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import NamedTuple

from twin.errors import PlanningError
from twin.scheduling.machine_gaps import Block
from twin.scheduling.placing import Placing
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Schedule
from twin.scheduling.service_rule import Displaced

__all__ = ["Candidate", "Index", "dispatch"]


class Candidate(NamedTuple):
    """An operation that may begin on a machine now."""

    operation: int
    job: int
    machine: int
    duration: int
    setup: int
    now: int


Index = Callable[[Candidate], float]
"""The higher the sooner."""


def dispatch(problem: Problem, index: Index, displaced: Displaced | None = None) -> Schedule:
    """A schedule that keeps every rule. Jobs that find no place are left out where they may be.

    What must be placed and found no place is placed first in another pass. Raises PlanningError.
    """
    left_out: set[int] = set()
    ahead: list[int] = []
    while True:
        run = _Run(problem, index)
        unplaced = run.go(displaced, ahead, left_out)
        if not unplaced:
            return run.schedule
        for j in sorted(unplaced):
            job = problem.jobs[j]
            must = job.left_out_cost == float("inf") or any(o.pin for o in job.operations)
            if must and j in ahead:
                raise PlanningError(f"job '{job.id}' fits nowhere, want it placed")
            if must:
                ahead.append(j)
            else:
                left_out.add(j)


class _Run(Placing):
    """One pass over the plant's time."""

    def __init__(self, problem: Problem, index: Index) -> None:
        super().__init__(problem)
        self.index = index
        self.arrival: list[dict[int, int]] = [{} for _ in problem.machines]
        """Of each machine the operations waiting for it, and when they are there."""
        self.events: list[tuple[int, int]] = []
        self.due: list[int] = [-1] * len(problem.machines)
        """When each machine is looked at next, -1: nothing to look for."""

    def go(self, displaced: Displaced | None, ahead: list[int], left_out: set[int]) -> set[int]:
        """Place everything but the jobs left out; returns those that found no place."""
        self.prepare(displaced)
        failed = self._insert_jobs(ahead)
        jobs = [j for j in range(len(self.problem.jobs)) if j not in left_out | failed]
        for j in jobs:
            self._wait(j)
        self._dispatch_all()
        return failed | self._insert_jobs(jobs)

    def _wait(self, j: int) -> None:
        """The job's next operation waits for its machines."""
        i = next((i for i in range(self.first[j], self.first[j + 1]) if self.end[i] < 0), None)
        if i is None:
            return
        ready, before = self.ready_from(i)
        for m in self.choices(i):
            there = ready + self.floor.travel(before, m)
            self.arrival[m][i] = there
            self._look(m, there)

    def _look(self, m: int, tick: int) -> None:
        """Look at machine m at this tick, or sooner if that is planned."""
        if self.due[m] < 0 or tick < self.due[m]:
            self.due[m] = tick
            heappush(self.events, (tick, m))

    def _dispatch_all(self) -> None:
        while self.events:
            tick = self.events[0][0]
            machines = []
            while self.events and self.events[0][0] == tick:
                m = heappop(self.events)[1]
                if self.due[m] == tick:
                    self.due[m] = -1
                    machines.append(m)
            self._at(tick, machines)

    def _at(self, tick: int, machines: list[int]) -> None:
        """Give these machines what waits for them, the highest index first."""
        free = {m for m in machines if self._is_free(m, tick)}
        waiting = [c for m in sorted(free) for c in self._candidates(m, tick)]
        for c in sorted(waiting, key=self.index, reverse=True):
            if c.machine in free and self.end[c.operation] < 0:
                block = self._block(c)
                if block is not None:
                    self._give(c, block)
                    free.remove(c.machine)
        for m in free:
            self._look_again(m, tick)

    def _give(self, c: Candidate, block: Block) -> None:
        self.place(c.operation, c.machine, block)
        for m in self.choices(c.operation):
            del self.arrival[m][c.operation]
        self._look(c.machine, block.end)
        self._wait(c.job)

    def _is_free(self, m: int, tick: int) -> bool:
        """Open and with no block; otherwise it is looked at again when it is."""
        gaps = self.floor.machines[m]
        begin = gaps.time.next_open(max(tick, self._free_from(m, tick)))
        if begin is not None and begin > tick:
            self._look(m, begin)
        return begin == tick

    def _free_from(self, m: int, tick: int) -> int:
        """When the last block begun by this tick ends."""
        gaps = self.floor.machines[m]
        k = gaps.after(tick)
        return gaps.blocks[k - 1].end if k else 0

    def _candidates(self, m: int, tick: int) -> list[Candidate]:
        gaps = self.floor.machines[m]
        before = gaps.family_at(gaps.after(tick))
        return [
            Candidate(
                i,
                self.job[i],
                m,
                self.durations[i][m],
                gaps.setup(before, self.operations[i].family),
                tick,
            )
            for i, there in self.arrival[m].items()
            if there <= tick
        ]

    def _block(self, c: Candidate) -> Block | None:
        gaps, free = self.floor.machines[c.machine], self._free_from(c.machine, c.now)
        family = self.operations[c.operation].family
        return gaps.in_gap(gaps.after(c.now), c.now, free, family, c.duration)

    def _look_again(self, m: int, tick: int) -> None:
        """When another operation arrives; if any waits, when the next block has passed."""
        arrivals, gaps = self.arrival[m].values(), self.floor.machines[m]
        times = [there for there in arrivals if there > tick]
        k = gaps.after(tick)
        if len(times) < len(arrivals) and k < len(gaps.blocks):
            times.append(gaps.blocks[k].end)
        if times:
            self._look(m, min(times))

    def _insert_jobs(self, jobs: list[int]) -> set[int]:
        """What of these jobs has no place yet, in any gap; the jobs for which that fails."""
        return {
            j
            for j in jobs
            if not all(
                self.end[i] >= 0 or self.insert(i) for i in range(self.first[j], self.first[j + 1])
            )
        }
