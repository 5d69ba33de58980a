"""Where everything of a schedule lies: setups, ends, who is next on each machine.

A schedule says only where operations and tasks start; the rest follows from the problem's rules.
For solvers, for drawing and for exports; the checker has its own (`checking.layout`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.problem import Alternative, Operation, Problem
from twin.scheduling.schedule import Schedule
from twin.scheduling.working_time import WorkingTime

__all__ = ["Layout", "alternative_on", "lay_out", "machine_orders", "numbered"]

Ints = NDArray[np.int64]


class Layout(NamedTuple):
    """When each block and each task begins and ends, numbered as the problem numbers them.

    -1: not placed, or there is no such time (the calendar ends before the work does; before the
    operation there is no room for its setup).
    """

    setup_start: Ints
    """(n_operations,) the block's first tick: the operation's start where it needs no setup."""
    start: Ints
    end: Ints
    setup: Ints
    """(n_operations,) ticks of setup work."""
    task_end: Ints
    """(n_tasks,)."""


def lay_out(problem: Problem, schedule: Schedule) -> Layout:
    """Every operation's block and every task's end; each machine must be one of the problem's."""
    times = [WorkingTime(calendar) for calendar in problem.calendars]
    operations = [operation for _, _, operation in numbered(problem)]
    n = len(operations)
    setup_start, end, setup = [-1] * n, [-1] * n, [0] * n
    start = schedule.start.tolist()
    for m, order in enumerate(machine_orders(problem, schedule)):
        machine = problem.machines[m]
        time, family = times[machine.calendar], machine.family
        for i in order:
            alternative = alternative_on(operations[i], m)
            after = operations[i].family
            setup[i] = 0 if family < 0 else int(problem.setups[machine.setup][family, after])
            setup_start[i] = _known(time.begin(start[i], setup[i]))
            if alternative is not None:
                end[i] = _known(time.end(start[i], alternative.duration))
            family = after
    task_end = [
        begun + task.duration if begun >= 0 else -1
        for begun, task in zip(schedule.task_start.tolist(), problem.tasks, strict=True)
    ]
    rows = [np.array(row, np.int64) for row in (setup_start, start, end, setup, task_end)]
    return Layout(*rows)


def numbered(problem: Problem) -> list[tuple[int, int, Operation]]:
    """(job, step, operation) of each operation, in the order of their numbers."""
    return [
        (j, step, operation)
        for j, job in enumerate(problem.jobs)
        for step, operation in enumerate(job.operations)
    ]


def alternative_on(operation: Operation, machine: int) -> Alternative | None:
    """The alternative on this machine, the shortest if it has several; None if it has none."""
    return min(
        (a for a in operation.alternatives if a.machine == machine),
        key=lambda a: a.duration,
        default=None,
    )


def machine_orders(problem: Problem, schedule: Schedule) -> list[list[int]]:
    """For each machine its operations in order of their starts."""
    orders: list[list[int]] = [[] for _ in problem.machines]
    for i, m in enumerate(schedule.machine.tolist()):
        if m >= 0:
            orders[m].append(i)
    start = schedule.start.tolist()
    return [sorted(order, key=lambda i: (start[i], i)) for order in orders]


def _known(tick: int | None) -> int:
    return -1 if tick is None else tick
