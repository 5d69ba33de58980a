"""What happens to a plant that is planned: a machine breaks down, jobs come in, time goes on.

Pure: each returns another problem. Jobs and tasks keep their numbers where they stay.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.problem import Calendar, Job, Pin, Problem, Reference
from twin.scheduling.schedule import Schedule

Ints = NDArray[np.int64]

__all__ = ["breakdown", "extended", "with_jobs"]


def breakdown(problem: Problem, machine: int, until: int) -> Problem:
    """A machine that does not work before a tick.

    What was pinned to a start there stays on the machine and goes on when it can.
    """
    ours = problem.machines[machine]
    closed = _from(problem.calendars[ours.calendar], until)
    machines = list(problem.machines)
    machines[machine] = ours._replace(calendar=len(problem.calendars))
    return replace(
        problem,
        machines=tuple(machines),
        calendars=(*problem.calendars, closed),
        jobs=tuple(_unpinned(job, machine, until) for job in problem.jobs),
    )


def _from(calendar: Calendar, tick: int) -> Calendar:
    return tuple((max(start, tick), end) for start, end in calendar if end > tick)


def _unpinned(job: Job, machine: int, until: int) -> Job:
    operations = tuple(
        operation._replace(pin=Pin(machine))
        if operation.pin and operation.pin.machine == machine and (operation.pin.start or 0) < until
        else operation
        for operation in job.operations
    )
    return job._replace(operations=operations)


def with_jobs(problem: Problem, jobs: tuple[Job, ...]) -> Problem:
    """More jobs, numbered after those there are; they are in no plan in force."""
    more = replace(problem, jobs=problem.jobs + jobs)
    if problem.reference is None:
        return more
    was = problem.reference
    plan = extended(more, Schedule(was.machine, was.start, was.task_start, was.task_start))
    reference: Reference = was._replace(machine=plan.machine, start=plan.start)
    return replace(more, reference=reference)


def extended(problem: Problem, plan: Schedule) -> Schedule:
    """A plan made before the last jobs and tasks came in: they are not placed in it."""
    n, k = problem.n_operations, len(problem.tasks)
    sizes = (n, n, k, k)
    rows = (_padded(row, size) for row, size in zip(plan, sizes, strict=True))
    return Schedule(*rows)


def _padded(row: Ints, size: int) -> Ints:
    return np.concatenate([row, np.full(size - len(row), -1, np.int64)])
