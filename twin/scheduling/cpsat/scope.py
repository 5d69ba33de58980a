"""What of a problem a CP-SAT model holds: all of it, or a window of a schedule with its rim.

A window's model has the operations to be placed anew, and round them, fixed, whatever they could
collide with or depend on. The rest of the plant is not in it at all.
"""

from collections.abc import Iterable
from typing import NamedTuple

from twin.scheduling.layout import Layout, lay_out, machine_orders, numbered
from twin.scheduling.problem import Operation, Pin, Problem
from twin.scheduling.schedule import Schedule

__all__ = ["Row", "Scope", "Window", "whole", "within"]


class Window(NamedTuple):
    """What is to be placed anew: what lies in these ticks, on these machines (None: on all)."""

    start: int
    end: int
    machines: frozenset[int] | None = None


class Row(NamedTuple):
    """A machine's part of the model: its operations, and what lies before and after them."""

    rim: tuple[int, ...] = ()
    """Operations that stay, in their order."""
    opened: int | None = None
    """The operation that is first whatever happens, its setup already decided; None: any may be,
    set up from the machine's family."""
    closed: int | None = None
    """The operation that is last whatever happens."""
    begins: int | None = None
    """When its first block begins, if that is not in the model."""
    ends: int | None = None


class Scope(NamedTuple):
    operations: tuple[int, ...]
    """Those in the model, in order of their numbers."""
    fixed: dict[int, Pin]
    """Those of them that stay where they are."""
    span: tuple[int, int]
    """Ticks between which the others lie, setups included."""
    tasks: dict[int, tuple[int, int] | None]
    """Every task: its start and crew if they stay (start -1: not placed), None if it is free."""
    rows: dict[int, Row]
    """Machines in the model."""
    ended: int
    """The last end of what is not in the model."""
    window: Schedule | None
    """The schedule of which this is a window; None: all is free."""


def whole(problem: Problem) -> Scope:
    """Everything is free but what the problem pins."""
    operations = tuple(range(problem.n_operations))
    tasks = _unplaced(problem)
    rows = {m: Row() for m in range(len(problem.machines))}
    return Scope(operations, {}, (0, problem.horizon), tasks, rows, 0, None)


def _unplaced(problem: Problem) -> dict[int, tuple[int, int] | None]:
    return dict.fromkeys(range(len(problem.tasks)))


def within(problem: Problem, schedule: Schedule, window: Window) -> Scope:
    """The window's operations and tasks are free, the rest stays. The schedule keeps all rules."""
    layout = lay_out(problem, schedule)
    operations = [operation for _, _, operation in numbered(problem)]
    free = _free(operations, schedule, layout, window)
    tasks = _tasks(problem, schedule, layout, window)
    reached = {a.machine for i in free for a in operations[i].alternatives}
    reached |= {problem.tasks[t].machine for t, place in tasks.items() if place is None}
    orders = machine_orders(problem, schedule)
    rows = {m: _row(orders[m], layout, window, free) for m in sorted(reached)}
    held = free.union(*(row.rim for row in rows.values()))
    held.update(_neighbours(problem, free))
    rest = [i for i in range(problem.n_operations) if i not in held]
    return Scope(
        tuple(sorted(held)),
        {i: _where(schedule, i) for i in sorted(held - free)},
        (window.start, min(window.end, problem.horizon)),
        tasks,
        rows,
        max([0, *layout.end[rest].tolist()]),
        schedule,
    )


def _where(schedule: Schedule, i: int) -> Pin:
    return Pin(int(schedule.machine[i]), int(schedule.start[i]))


def _free(
    operations: list[Operation], schedule: Schedule, layout: Layout, window: Window
) -> set[int]:
    """What is placed wholly within the window, on its machines, and not pinned to a time."""
    return {
        i
        for i, operation in enumerate(operations)
        if schedule.machine[i] >= 0
        and window.start <= layout.setup_start[i]
        and layout.end[i] <= window.end
        and (window.machines is None or int(schedule.machine[i]) in window.machines)
        and (operation.pin is None or operation.pin.start is None)
    }


def _row(order: list[int], layout: Layout, window: Window, free: set[int]) -> Row:
    """What of a machine's operations the window touches, with one more at each side."""
    inside = [
        k
        for k, i in enumerate(order)
        if layout.end[i] > window.start and layout.setup_start[i] < window.end
    ]
    before = [k for k, i in enumerate(order) if layout.end[i] <= window.start]
    low = inside[0] if inside else len(before)
    high = inside[-1] + 1 if inside else low
    low, high = max(0, low - 1), min(len(order), high + 1)
    rim = order[low:high]
    return Row(
        rim=tuple(i for i in rim if i not in free),
        opened=order[low] if low > 0 else None,
        closed=order[high - 1] if high < len(order) and rim else None,
        begins=int(layout.setup_start[order[0]]) if low > 0 else None,
        ends=int(layout.end[order[-1]]) if high < len(order) else None,
    )


def _neighbours(problem: Problem, free: Iterable[int]) -> set[int]:
    """The operations before and after each, within its job."""
    rows = numbered(problem)
    steps = [(i, rows[i][1], len(problem.jobs[rows[i][0]].operations)) for i in free]
    return {i - 1 for i, step, _ in steps if step > 0} | {
        i + 1 for i, step, n in steps if step + 1 < n
    }


def _tasks(
    problem: Problem, schedule: Schedule, layout: Layout, window: Window
) -> dict[int, tuple[int, int] | None]:
    """A task is free that lies within the window, on its machines, and is not pinned."""
    tasks: dict[int, tuple[int, int] | None] = {}
    for t, task in enumerate(problem.tasks):
        start, crew = int(schedule.task_start[t]), int(schedule.task_crew[t])
        inside = window.start <= start and layout.task_end[t] <= window.end
        mine = window.machines is None or task.machine in window.machines
        tasks[t] = None if inside and mine and task.pin is None else (start, crew)
    return tasks
