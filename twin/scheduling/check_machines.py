"""Rules of machines: work starts in open time and gets it (2), nothing overlaps (3)."""

from collections.abc import Iterator
from typing import NamedTuple

from twin.scheduling.fault import Fault, operation_name
from twin.scheduling.layout import Layout, machine_orders
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Schedule
from twin.scheduling.working_time import WorkingTime

__all__ = ["machine_faults"]


class _Held(NamedTuple):
    """A stretch of time that a machine is taken for."""

    start: int
    end: int
    operations: tuple[int, ...] = ()
    tasks: tuple[int, ...] = ()


def machine_faults(problem: Problem, schedule: Schedule, layout: Layout) -> Iterator[Fault]:
    """Rules 2 and 3, machine by machine."""
    times = [WorkingTime(calendar) for calendar in problem.calendars]
    task_start, task_end = schedule.task_start.tolist(), layout.task_end.tolist()
    tasks: list[list[_Held]] = [[] for _ in problem.machines]
    for t, task in enumerate(problem.tasks):
        if task_start[t] >= 0:
            held = _Held(task_start[t], task_end[t], tasks=(t,))
            tasks[task.machine].append(held)
    for m, order in enumerate(machine_orders(problem, schedule)):
        time = times[problem.machines[m].calendar]
        yield from _closed_faults(problem, layout, order, time)
        yield from _setup_faults(problem, layout, order)
        blocks = [_block(problem, layout, i) for i in order]
        yield from _overlaps(problem, problem.machines[m].id, blocks + tasks[m])


def _closed_faults(
    problem: Problem, layout: Layout, order: list[int], time: WorkingTime
) -> Iterator[Fault]:
    for i in order:
        start = int(layout.start[i])
        if not time.is_open(start):
            said = f"starts at {start}, want an open tick of its machine's calendar"
            yield Fault(2, f"{operation_name(problem, i)}: {said}", operations=(i,))


def _setup_faults(problem: Problem, layout: Layout, order: list[int]) -> Iterator[Fault]:
    for i in order:
        if layout.setup_start[i] < 0:
            said = f"want {int(layout.setup[i])} open ticks of setup before {int(layout.start[i])}"
            yield Fault(3, f"{operation_name(problem, i)}: {said}, got fewer", operations=(i,))


def _block(problem: Problem, layout: Layout, i: int) -> _Held:
    """Setup and operation; as far as they are known where one has no room."""
    start, setup_start, end = (
        int(row[i]) for row in (layout.start, layout.setup_start, layout.end)
    )
    begun = start if setup_start < 0 else setup_start
    until = problem.horizon if end < 0 else end
    return _Held(begun, max(until, start + 1), operations=(i,))


def _name(problem: Problem, held: _Held) -> str:
    """What it is taken for, as people say it."""
    if held.tasks:
        return f"task '{problem.tasks[held.tasks[0]].id}'"
    return operation_name(problem, held.operations[0])


def _overlaps(problem: Problem, machine: str, held: list[_Held]) -> Iterator[Fault]:
    """Of what a machine is taken for, each that begins before an earlier one has ended."""
    before: _Held | None = None
    for now in sorted(held):
        if before is not None and now.start < before.end:
            want = (
                f"{before.end} or later: machine '{machine}' is taken by {_name(problem, before)}"
            )
            said = f"{_name(problem, now)}: begins (setup included) at {now.start}, want {want}"
            yield Fault(3, said, before.operations + now.operations, before.tasks + now.tasks)
        if before is None or now.end > before.end:
            before = now
