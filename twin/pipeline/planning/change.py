"""One thing of a schedule put elsewhere, all else moved as little as must be: what it costs."""

from collections.abc import Iterator
from typing import NamedTuple

from twin.pipeline.planning.horizon import BUCKET
from twin.pipeline.planning.problem_of import Stated, pinned
from twin.pipeline.planning.retime import retime
from twin.pipeline.planning.retime_tasks import crews_free, has_part
from twin.scheduling.check import Verdict, check
from twin.scheduling.layout import lay_out
from twin.scheduling.problem import Pin, TaskPin
from twin.scheduling.schedule import Schedule

__all__ = ["Tried", "as_is", "delays", "first_start", "try_operation", "try_task"]

LEAST_DELAY_H = 0.05


class Tried(NamedTuple):
    """A schedule with the change, and what the checker says of it."""

    stated: Stated
    schedule: Schedule
    verdict: Verdict
    ends: tuple[int, ...]
    """Of each job the tick at which it ends; −1: it is left out."""
    is_exact: bool = True
    """Whether what was moved is where it was put."""

    @property
    def total(self) -> float:
        """Cost but for that of moving things; inf where the schedule breaks a rule."""
        terms = self.verdict.terms
        if self.verdict.faults or terms is None:
            return float("inf")
        return terms.total - self.stated.problem.weights.stability * terms.stability


def try_operation(stated: Stated, schedule: Schedule, i: int, machine: int, start: int) -> Tried:
    """Operation i on a machine at a tick; what comes after it there moves on."""
    moved = pinned(stated, {i: Pin(machine, start)})
    wanted = schedule._replace(machine=schedule.machine.copy(), start=schedule.start.copy())
    wanted.machine[i], wanted.start[i] = machine, start
    repaired = retime(moved.problem, wanted)
    if i in repaired.unpinned:  # it comes as soon as it can
        moved = pinned(stated, {i: Pin(machine, int(repaired.schedule.start[i]))})
    verdict = check(moved.problem, repaired.schedule)
    ends = _ends(moved, repaired.schedule)
    return Tried(moved, repaired.schedule, verdict, ends, i not in repaired.unpinned)


def try_task(
    stated: Stated, schedule: Schedule, t: int, start: int | None, crew: int | None = None
) -> Tried:
    """Task t at a tick, by a crew or by any that is free; None: not at all, and what only waits for
    it comes earlier. Operations go round it; a task of the same crew that cannot be there any more
    is dropped."""
    floor = _floor(stated, schedule) if start is None else None
    task = stated.problem.tasks[t]
    if crew is None and start is not None:
        crew = next(iter(crews_free(stated.problem, schedule, t, start)), None)
    wanted = schedule._replace(
        task_start=schedule.task_start.copy(), task_crew=schedule.task_crew.copy()
    )
    wanted.task_start[t] = -1 if start is None else start
    wanted.task_crew[t] = -1 if crew is None or start is None else crew
    if task.pin is not None:
        free = task._replace(
            pin=None if start is None else TaskPin(start, crew),
            earliest=0 if start is None else start,
            latest=task.latest if start is None else start,
            skip_cost=task.risk[-1] if start is None else task.skip_cost,
        )
        stated = pinned(stated, {}, {t: free})
    repaired = retime(stated.problem, wanted, frozenset({t}), floor)
    verdict = check(stated.problem, repaired.schedule)
    is_there = int(repaired.schedule.task_start[t]) == (-1 if start is None else start)
    return Tried(stated, repaired.schedule, verdict, _ends(stated, repaired.schedule), is_there)


def _floor(stated: Stated, schedule: Schedule) -> list[int]:
    """From when on each operation may begin: from 0 on where it begins as soon as its turn allows,
    so that only what comes before holds it back; else where it is, on purpose."""
    problem, start = stated.problem, schedule.start.tolist()
    tasks = frozenset(range(len(problem.tasks)))
    soonest = retime(problem, schedule, tasks, [0] * len(start)).schedule.start.tolist()
    return [0 if first == at else at for first, at in zip(soonest, start, strict=True)]


def first_start(
    stated: Stated, schedule: Schedule, t: int, after: int, crew: int | None = None
) -> int | None:
    """The first tick ≥ after, by quarters of an hour, at which task t can be done beside the other
    tasks and the pinned operations of its machine; None: there is none."""
    problem, task = stated.problem, stated.problem.tasks[t]
    others = schedule._replace(task_start=schedule.task_start.copy())
    others.task_start[t] = -1
    held = list(_held(stated, others, task.machine))
    for start in _starts(max(after, task.earliest), task.latest):
        end = start + task.duration
        if any(a < end and start < b for a, b in held):
            continue
        able = crews_free(problem, others, t, start)
        if able and (crew is None or crew in able) and has_part(problem, others, t, start):
            return start
    return None


def delays(before: Tried, after: Tried) -> list[dict[str, object]]:
    """Orders that end later after than before, the longest delay first, hours."""
    problem = before.stated.problem
    found = [
        ((is_ - was) * problem.tick_h, job.id)
        for job, was, is_ in zip(problem.jobs, before.ends, after.ends, strict=True)
        if was >= 0 and is_ >= 0
    ]
    late = sorted((x for x in found if x[0] >= LEAST_DELAY_H), reverse=True)
    return [{"order": order, "hours": round(hours, 2)} for hours, order in late]


def _starts(first: int, latest: int) -> Iterator[int]:
    """The first tick itself, then whole buckets."""
    if first <= latest:
        yield first
    yield from range((first // BUCKET + 1) * BUCKET, latest + 1, BUCKET)


def _held(stated: Stated, schedule: Schedule, machine: int) -> Iterator[tuple[int, int]]:
    """What a task cannot displace on its machine: pinned operations, other tasks."""
    layout, first = lay_out(stated.problem, schedule), 0
    for job in stated.problem.jobs:
        for i, operation in enumerate(job.operations, first):
            pin = operation.pin
            if int(schedule.machine[i]) == machine and pin is not None and pin.start is not None:
                yield int(layout.setup_start[i]), int(layout.end[i])
        first += len(job.operations)
    for task, start in zip(stated.problem.tasks, schedule.task_start.tolist(), strict=True):
        if task.machine == machine and start >= 0:
            yield start, start + task.duration


def as_is(stated: Stated, schedule: Schedule) -> Tried:
    """A schedule as it stands."""
    return Tried(stated, schedule, check(stated.problem, schedule), _ends(stated, schedule))


def _ends(stated: Stated, schedule: Schedule) -> tuple[int, ...]:
    end, last, found = lay_out(stated.problem, schedule).end.tolist(), -1, []
    for job in stated.problem.jobs:
        last += len(job.operations)
        found.append(end[last])
    return tuple(found)
