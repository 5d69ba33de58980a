"""A plan kept up with its plant: everything as late as it must be, nothing on another machine.

The right-shift repair: each machine keeps the order of its operations, and each operation starts as
early as it can but not before it was planned to. What is pinned stays where it is; services stay
where they are unless nobody can do them then, and operations go round them. So a plan that falls
behind is told truly without being replaced.
Source: Abumaizar & Svestka (1997), Int. J. Prod. Res. 35:2065 (right shift against rescheduling).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.pipeline.planning.free_slot import slot
from twin.pipeline.planning.retime_tasks import kept_tasks
from twin.scheduling.layout import alternative_on, numbered
from twin.scheduling.problem import Alternative, Operation, Problem
from twin.scheduling.schedule import Schedule
from twin.scheduling.working_time import WorkingTime

__all__ = ["Retimed", "retime"]

Ints = NDArray[np.int64]
ROUNDS_MAX = 200
"""Jobs that may turn out not to fit, one a round."""


class Retimed(NamedTuple):
    """What became of a plan."""

    schedule: Schedule
    dropped: tuple[int, ...]
    """Jobs that were in the plan and no longer fit into the horizon."""
    unpinned: tuple[int, ...]
    """Operations that cannot be where they are pinned; they come right after."""


def retime(
    problem: Problem,
    wanted: Schedule,
    frozen: frozenset[int] = frozenset(),
    floor: Sequence[int] | None = None,
) -> Retimed:
    """The schedule that keeps `wanted`'s machines and orders, and the problem's rules.

    wanted: as the problem numbers operations; its starts, negative ones too where the machine is
    not −1, say the order and the earliest that may be. Jobs with a pinned operation that it does
    not place are placed in their turn; others stay left out. frozen: tasks that keep their start
    whoever else wants their crew. floor: the earliest that may be, where it is not the start.
    """
    tasks = kept_tasks(problem, wanted, frozen)
    left_out: set[int] = set()
    for _ in range(ROUNDS_MAX):
        run = _Run(problem, wanted, tasks, left_out, floor)
        failed = run.place()
        if failed is None:
            was = _placed_jobs(problem, wanted)
            schedule = Schedule(run.machine, run.start, *tasks)
            return Retimed(schedule, tuple(sorted(left_out & was)), tuple(run.unpinned))
        left_out.add(failed)
    return Retimed(Schedule(run.machine, run.start, *tasks), tuple(sorted(left_out)), ())


class _Run:
    """One pass in the order of planned starts; `place` names a job that does not fit."""

    def __init__(
        self,
        problem: Problem,
        wanted: Schedule,
        tasks: tuple[Ints, Ints],
        left_out: set[int],
        floor: Sequence[int] | None = None,
    ) -> None:
        self.problem, self.left_out = problem, left_out
        self.rows = numbered(problem)
        self.times = [WorkingTime(calendar) for calendar in problem.calendars]
        n = len(self.rows)
        self.machine, self.start = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
        self.end = [0] * n
        self.unpinned: list[int] = []
        self.wanted_machine, self.wanted_start = wanted.machine.tolist(), wanted.start.tolist()
        self.floor = self.wanted_start if floor is None else floor
        self.free = [0] * len(problem.machines)
        self.family = [machine.family for machine in problem.machines]
        self.held: list[list[tuple[int, int]]] = [[] for _ in problem.machines]
        for task, begun in zip(problem.tasks, tasks[0].tolist(), strict=True):
            if begun >= 0:
                self.held[task.machine].append((begun, begun + task.duration))
        for spans in self.held:
            spans.sort()

    def place(self) -> int | None:
        """Place all; the number of a job that does not fit, None if all do."""
        for i in self._turns():
            job, step, operation = self.rows[i]
            if job in self.left_out:
                continue
            after = self._ready(i, job, step)
            if not self._place_one(i, operation, after):
                return job
        return None

    def _turns(self) -> list[int]:
        """Operations of placed jobs by planned start; steps of a job in their order."""
        pinned = self._pinned_jobs()
        turn: list[tuple[int, bool, int, int]] = []
        first, last = 0, -1
        for i, (job, step, operation) in enumerate(self.rows):
            if step == 0:
                first = i
            size = len(self.problem.jobs[job].operations)
            is_placed = min(self.wanted_machine[first : first + size]) >= 0
            if not is_placed and job not in pinned:
                continue
            begin = self.wanted_start[i] if is_placed else self._due_turn(i, step, last)
            is_pinned = operation.pin is not None and operation.pin.start is not None
            if operation.pin is not None and operation.pin.start is not None:
                begin = operation.pin.start
            is_pinned = is_pinned and (step == 0 or begin > last)
            last = begin if step == 0 else max(last, begin)
            # What was to begin before now still comes after work in progress.
            turn.append((max(0, last), not is_pinned, last, i))
        return [i for *_, i in sorted(turn)]

    def _due_turn(self, i: int, step: int, last: int) -> int:
        """When the next operation of an order that runs outside the plan would come about."""
        if step == 0:
            return 0
        return max(0, last) + min(a.duration for a in self.rows[i - 1][2].alternatives)

    def _pinned_jobs(self) -> set[int]:
        return {job for job, _, operation in self.rows if operation.pin is not None}

    def _ready(self, i: int, job: int, step: int) -> int:
        """When it may start at the earliest, transport left to each alternative."""
        ready = self.problem.jobs[job].release if step == 0 else self.end[i - 1]
        wanted = self.floor[i] if self.wanted_machine[i] >= 0 else 0
        return max(ready, wanted)

    def _place_one(self, i: int, operation: Operation, after: int) -> bool:
        """On its machine; where it has none, on the one on which it ends first."""
        found = [
            (end, start, alternative)
            for alternative in self._machines_for(i, operation)
            if (place := self._slot(i, operation, alternative, after)) is not None
            for start, end in [place]
        ]
        if not found:
            return False
        end, start, alternative = min(found, key=lambda place: place[:2])
        m = alternative.machine
        self.machine[i], self.start[i], self.end[i] = m, start, end
        self.free[m], self.family[m] = max(self.free[m], end), operation.family
        if operation.pin is not None and operation.pin.start not in {None, start}:
            self.unpinned.append(i)
        return end <= self.problem.horizon

    def _machines_for(self, i: int, operation: Operation) -> Sequence[Alternative]:
        wanted = operation.pin.machine if operation.pin is not None else self.wanted_machine[i]
        own = alternative_on(operation, wanted) if wanted >= 0 else None
        return [own] if own is not None else operation.alternatives

    def _slot(
        self, i: int, operation: Operation, alternative: Alternative, after: int
    ) -> tuple[int, int] | None:
        """First start and end on a machine after all that is there, setup included."""
        problem, m = self.problem, alternative.machine
        machine = problem.machines[m]
        time, before = self.times[machine.calendar], self.family[m]
        setup = 0 if before < 0 else int(problem.setups[machine.setup][before, operation.family])
        if self.rows[i][1] > 0:
            site = problem.machines[int(self.machine[i - 1])].site
            after = max(after, self.end[i - 1] + int(problem.transport[site, machine.site]))
        pin = operation.pin
        if pin is not None and pin.start is not None:
            after = max(after, pin.start)
        return slot(time, self.held[m], self.free[m], setup, after, alternative.duration)


def _placed_jobs(problem: Problem, wanted: Schedule) -> set[int]:
    return {job for i, (job, _, _) in enumerate(numbered(problem)) if wanted.machine[i] >= 0}
