"""List scheduling: whenever a machine comes free, the waiting operation with the highest index.

What is pinned and all services are there first; production goes around them. Non-delay: a machine
never waits for an operation that has not arrived while another that fits has.
Source: Pinedo (2016), Scheduling, ch. 14 (dispatching rules).
"""

from bisect import bisect_right
from collections.abc import Callable
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from twin.errors import PlanningError
from twin.scheduling.layout import alternative_on, numbered
from twin.scheduling.machine_gaps import Block, Floor
from twin.scheduling.problem import Alternative, Problem
from twin.scheduling.schedule import Schedule, empty_schedule
from twin.scheduling.service_rule import Displaced, place_services

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

    Raises PlanningError.
    """
    left_out: set[int] = set()
    while True:
        run = _Run(problem, index, left_out)
        unplaced = run.go(displaced)
        if not unplaced:
            return run.schedule
        for j in unplaced:
            job = problem.jobs[j]
            if job.left_out_cost == float("inf") or any(o.pin for o in job.operations):
                raise PlanningError(f"job '{job.id}' fits nowhere, want it placed")
        left_out |= unplaced


class _Run:
    """One pass over the plant's time."""

    def __init__(self, problem: Problem, index: Index, left_out: set[int]) -> None:
        self.problem, self.index, self.left_out = problem, index, left_out
        self.floor = Floor(problem)
        self.schedule = empty_schedule(problem)
        self.operations = [operation for _, _, operation in numbered(problem)]
        self.job = [j for j, _, _ in numbered(problem)]
        self.first = np.cumsum([0, *(len(job.operations) for job in problem.jobs)]).tolist()
        self.end = [-1] * len(self.operations)
        self.on = [-1] * len(self.operations)
        self.arrival: list[dict[int, int]] = [{} for _ in problem.machines]
        """Of each machine the operations waiting for it, and when they are there."""
        self.events: list[tuple[int, int]] = []
        self.due: list[int] = [-1] * len(problem.machines)
        """When each machine is looked at next, -1: nothing to look for."""

    def go(self, displaced: Displaced | None) -> set[int]:
        """Place everything; returns the jobs that found no place."""
        pinned = [i for i, operation in enumerate(self.operations) if operation.pin is not None]
        for i in pinned:
            self._fix(i)
        self._services(displaced)
        for i in sorted((i for i in pinned if self.end[i] >= 0), key=lambda i: self.end[i]):
            self._insert_before(i)
        for j in range(len(self.problem.jobs)):
            if j not in self.left_out:
                self._wait(j)
        self._dispatch_all()
        return self._insert_rest()

    def _fix(self, i: int) -> None:
        """An operation pinned to a start."""
        operation = self.operations[i]
        pin = operation.pin
        alternative = None if pin is None else alternative_on(operation, pin.machine)
        if pin is None or pin.start is None or alternative is None:
            return
        end = self.floor.machines[pin.machine].time.end(pin.start, alternative.duration)
        if end is None:
            raise PlanningError(f"operation {i} never ends where it is pinned")
        self._place(i, pin.machine, Block(pin.start, end, operation.family))

    def _services(self, displaced: Displaced | None) -> None:
        taken = []
        for gaps in self.floor.machines:
            held, family = [], gaps.family
            for block in gaps.blocks:
                after = family if block.family is None else block.family
                begin = gaps.time.begin(block.start, gaps.setup(family, after))
                held.append((block.start if begin is None else begin, block.end))
                family = after
            taken.append(held)
        for service in place_services(self.problem, taken, displaced):
            task = self.problem.tasks[service.task]
            self.schedule.task_start[service.task] = service.start
            self.schedule.task_crew[service.task] = service.crew
            block = Block(service.start, service.start + task.duration)
            self.floor.machines[task.machine].add(block)

    def _insert_before(self, i: int) -> None:
        """What comes before a pinned operation in its job, as soon as there is room."""
        for k in range(self.first[self.job[i]], i):
            if self.end[k] < 0 and not self._insert(k):
                raise PlanningError(f"operation {k} finds no place before pinned operation {i}")

    def _insert(self, i: int) -> bool:
        """In the gap where it ends first, of all its machines."""
        ready, before = self._ready(i)
        places = []
        for a in self._alternatives(i):
            there = ready + self.floor.travel(before, a.machine)
            gaps = self.floor.machines[a.machine]
            block = gaps.earliest(there, self.operations[i].family, a.duration)
            if block is not None:
                places.append((block.end, a.machine, block))
        if places:
            _, m, block = min(places)
            self._place(i, m, block)
        return bool(places)

    def _place(self, i: int, m: int, block: Block) -> None:
        self.floor.machines[m].add(block)
        self.schedule.machine[i], self.schedule.start[i] = m, block.start
        self.end[i], self.on[i] = block.end, m

    def _alternatives(self, i: int) -> list[Alternative]:
        pin = self.operations[i].pin
        return [
            a for a in self.operations[i].alternatives if pin is None or a.machine == pin.machine
        ]

    def _ready(self, i: int) -> tuple[int, int]:
        """When the job is there for operation i, transport not counted, and from which machine."""
        if i == self.first[self.job[i]]:
            return self.problem.jobs[self.job[i]].release, -1
        return self.end[i - 1], self.on[i - 1]

    def _wait(self, j: int) -> None:
        """The job's next operation waits for its machines."""
        left = [i for i in range(self.first[j], self.first[j + 1]) if self.end[i] < 0]
        if not left:
            return
        ready, before = self._ready(left[0])
        for a in self._alternatives(left[0]):
            there = ready + self.floor.travel(before, a.machine)
            self.arrival[a.machine][left[0]] = there
            self._look(a.machine, there)

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
        ranks = {c: self.index(c) for c in waiting}
        for c in sorted(waiting, key=lambda c: -ranks[c]):
            if c.machine in free and self.end[c.operation] < 0:
                block = self._block(c)
                if block is not None:
                    self._place(c.operation, c.machine, block)
                    free.remove(c.machine)
                    self._look(c.machine, block.end)
                    self._wait(c.job)
        for m in free:
            self._look_again(m, tick)

    def _is_free(self, m: int, tick: int) -> bool:
        """Open and with no block; otherwise it is looked at again when it is."""
        gaps = self.floor.machines[m]
        k = bisect_right(gaps.blocks, (tick, self.problem.horizon + 1))
        free = max(tick, gaps.blocks[k - 1].end if k else 0)
        begin = gaps.time.next_open(free)
        if begin is not None and begin > tick:
            self._look(m, begin)
        return begin == tick

    def _candidates(self, m: int, tick: int) -> list[Candidate]:
        waiting = self.arrival[m]
        for i in [i for i in waiting if self.end[i] >= 0]:
            del waiting[i]
        gaps = self.floor.machines[m]
        before = gaps.family_at(bisect_right(gaps.blocks, (tick, self.problem.horizon + 1)))
        found = []
        for i, there in waiting.items():
            if there <= tick:
                a = alternative_on(self.operations[i], m)
                setup = gaps.setup(before, self.operations[i].family)
                duration = 0 if a is None else a.duration
                found.append(Candidate(i, self.job[i], m, duration, setup, tick))
        return found

    def _block(self, c: Candidate) -> Block | None:
        gaps = self.floor.machines[c.machine]
        k = bisect_right(gaps.blocks, (c.now, self.problem.horizon + 1))
        free = gaps.blocks[k - 1].end if k else 0
        return gaps.in_gap(k, c.now, free, self.operations[c.operation].family, c.duration)

    def _look_again(self, m: int, tick: int) -> None:
        """When another operation arrives; if any waits, when the next block has passed."""
        arrivals = [there for i, there in self.arrival[m].items() if self.end[i] < 0]
        times = [there for there in arrivals if there > tick]
        if len(times) < len(arrivals):
            times += [block.end for block in self.floor.machines[m].blocks if block.start > tick][
                :1
            ]
        if times:
            self._look(m, min(times))

    def _insert_rest(self) -> set[int]:
        """What found no place is tried in every gap; the jobs for which that fails."""
        failed: set[int] = set()
        for i in range(len(self.operations)):
            j = self.job[i]
            if self.end[i] < 0 and j not in self.left_out | failed and not self._insert(i):
                failed.add(j)
        return failed
