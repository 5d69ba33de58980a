"""What is placed before anything is dispatched: pins, services, and whatever must find a gap.

The floor's state while a dispatch rule fills it.
"""

import numpy as np

from twin.errors import PlanningError
from twin.scheduling.layout import numbered
from twin.scheduling.machine_gaps import Block, Floor
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import empty_schedule
from twin.scheduling.service_rule import Displaced, place_services

__all__ = ["Placing"]


class Placing:
    """A schedule that grows, and the gaps that are left."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.floor = Floor(problem)
        self.schedule = empty_schedule(problem)
        self.operations = [operation for _, _, operation in numbered(problem)]
        self.job = [j for j, job in enumerate(problem.jobs) for _ in job.operations]
        self.durations = [{a.machine: a.duration for a in o.alternatives} for o in self.operations]
        """Of each operation, by machine: all alternatives, whatever is pinned."""
        self.first = np.cumsum([0, *(len(job.operations) for job in problem.jobs)]).tolist()
        self.end = [-1] * len(self.operations)
        """Of each operation, -1: not placed."""
        self.on = [-1] * len(self.operations)

    def prepare(self, displaced: Displaced | None) -> None:
        """Pinned operations, services, and what comes before the pinned in their jobs.

        Raises PlanningError.
        """
        pinned = [i for i, operation in enumerate(self.operations) if operation.pin is not None]
        for i in pinned:
            self._fix(i)
        self._services(displaced)
        for i in sorted((i for i in pinned if self.end[i] >= 0), key=lambda i: self.end[i]):
            self._insert_before(i)

    def _fix(self, i: int) -> None:
        """An operation pinned to a start."""
        operation = self.operations[i]
        pin = operation.pin
        if pin is None or pin.start is None or pin.machine not in self.durations[i]:
            return
        duration = self.durations[i][pin.machine]
        end = self.floor.machines[pin.machine].time.end(pin.start, duration)
        if end is None:
            raise PlanningError(f"operation {i} never ends where it is pinned")
        self.place(i, pin.machine, Block(pin.start, end, operation.family))

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
            if self.end[k] < 0 and not self.insert(k):
                raise PlanningError(f"operation {k} finds no place before pinned operation {i}")

    def insert(self, i: int) -> bool:
        """In the gap where it ends first, of all its machines."""
        ready, before = self.ready_from(i)
        places = []
        for m in self.choices(i):
            there = ready + self.floor.travel(before, m)
            gaps = self.floor.machines[m]
            block = gaps.earliest(there, self.operations[i].family, self.durations[i][m])
            if block is not None:
                places.append((block.end, m, block))
        if places:
            _, m, block = min(places)
            self.place(i, m, block)
        return bool(places)

    def place(self, i: int, m: int, block: Block) -> None:
        self.floor.machines[m].add(block)
        self.schedule.machine[i], self.schedule.start[i] = m, block.start
        self.end[i], self.on[i] = block.end, m

    def choices(self, i: int) -> list[int]:
        """The machines that operation i may go to."""
        pin = self.operations[i].pin
        return [m for m in self.durations[i] if pin is None or m == pin.machine]

    def ready_from(self, i: int) -> tuple[int, int]:
        """When the job is there for operation i, transport not counted, and from which machine."""
        if i == self.first[self.job[i]]:
            return self.problem.jobs[self.job[i]].release, -1
        return self.end[i - 1], self.on[i - 1]
