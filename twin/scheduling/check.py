"""The one independent checker: every rule and every cost of a schedule from the schedule alone.

No solver in it and nothing shared with one: it reads the problem's records window by window. What
has a fault is never shown to anyone. Rules are those of `problem`, by number.
"""

from collections.abc import Iterator
from typing import NamedTuple

from twin.scheduling.check_costs import terms_of
from twin.scheduling.check_jobs import order_faults, placing_faults
from twin.scheduling.check_machines import machine_faults
from twin.scheduling.check_tasks import part_faults, task_faults
from twin.scheduling.fault import Fault, operation_name
from twin.scheduling.layout import Layout, lay_out, numbered
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Schedule, Terms

__all__ = ["Fault", "Layout", "Verdict", "check", "lay_out"]


class Verdict(NamedTuple):
    """What is wrong with a schedule, and what it costs."""

    faults: tuple[Fault, ...]
    terms: Terms | None
    """None where it makes no sense to reckon: something that must be placed is not, lies where it
    cannot, or never ends. An overlap, a late part or a broken pin still has its costs."""

    @property
    def valid(self) -> bool:
        return not self.faults


def check(problem: Problem, schedule: Schedule) -> Verdict:
    """Recompute every rule and every cost term."""
    broken = tuple(_unreadable(problem, schedule)) or tuple(placing_faults(problem, schedule))
    if broken:
        return Verdict(broken, None)
    layout = lay_out(problem, schedule)
    faults = (
        *machine_faults(problem, schedule, layout),
        *order_faults(problem, schedule, layout),
        *task_faults(problem, schedule),
        *part_faults(problem, schedule),
        *_pin_faults(problem, schedule),
        *_horizon_faults(problem, schedule, layout),
    )
    whole = _reckonable(problem, schedule, layout)
    return Verdict(faults, terms_of(problem, schedule, layout) if whole else None)


def _unreadable(problem: Problem, schedule: Schedule) -> Iterator[Fault]:
    """Arrays of another length, numbers of no machine or crew, times beyond the horizon."""
    n, k = problem.n_operations, len(problem.tasks)
    sizes = {
        "machine": (n, len(problem.machines), 1),
        "start": (n, problem.horizon, 8),
        "task_start": (k, problem.horizon, 8),
        "task_crew": (k, len(problem.crews), 5),
    }
    for name, (want, size, rule) in sizes.items():
        values = getattr(schedule, name).tolist()
        if len(values) != want:
            said = f"the schedule's {name} has {len(values)} entries, want {want}"
            yield Fault(5 if name.startswith("task") else 1, said)
            continue
        for i, value in enumerate(values):
            if not -1 <= value < size:
                yield _beyond(problem, rule, name, i, f"{value}, want -1 to {size - 1}")


def _beyond(problem: Problem, rule: int, name: str, i: int, said: str) -> Fault:
    if name.startswith("task"):
        return Fault(rule, f"task '{problem.tasks[i].id}': {name} is {said}", tasks=(i,))
    return Fault(rule, f"{operation_name(problem, i)}: {name} is {said}", operations=(i,))


def _pin_faults(problem: Problem, schedule: Schedule) -> Iterator[Fault]:
    """Rule 7."""
    machine, start = schedule.machine.tolist(), schedule.start.tolist()
    for i, (_, _, operation) in enumerate(numbered(problem)):
        pin = operation.pin
        if pin is not None and (
            machine[i] != pin.machine or (pin.start is not None and start[i] != pin.start)
        ):
            when = "any time" if pin.start is None else pin.start
            want = f"pinned to machine {pin.machine} at {when}"
            said = f"{operation_name(problem, i)}: is on machine {machine[i]} at {start[i]}, {want}"
            yield Fault(7, said, operations=(i,))
    rows = zip(schedule.task_start.tolist(), schedule.task_crew.tolist(), strict=True)
    for t, (task, (begun, crew)) in enumerate(zip(problem.tasks, rows, strict=True)):
        if task.pin is not None and (begun != task.pin.start or task.pin.crew not in (None, crew)):
            who = "any crew" if task.pin.crew is None else f"crew {task.pin.crew}"
            said = f"is at {begun} with crew {crew}, pinned to {task.pin.start} with {who}"
            yield Fault(7, f"task '{task.id}': {said}", tasks=(t,))


def _horizon_faults(problem: Problem, schedule: Schedule, layout: Layout) -> Iterator[Fault]:
    """Rule 8."""
    for i, (m, end) in enumerate(zip(schedule.machine.tolist(), layout.end.tolist(), strict=True)):
        if m >= 0 and not 0 < end <= problem.horizon:
            got = "never ends in its machine's calendar" if end < 0 else f"ends at {end}"
            said = f"{operation_name(problem, i)}: {got}, want {problem.horizon} or sooner"
            yield Fault(8, said, operations=(i,))
    for t, end in enumerate(layout.task_end.tolist()):
        if end > problem.horizon:
            said = f"task '{problem.tasks[t].id}': ends at {end}, want {problem.horizon} or sooner"
            yield Fault(8, said, tasks=(t,))


def _reckonable(problem: Problem, schedule: Schedule, layout: Layout) -> bool:
    """Whether all that is placed ends and all that must be placed is."""
    placed = schedule.machine >= 0
    ends = bool(((layout.end >= 0) & (layout.setup_start >= 0))[placed].all())
    skipped = [
        task.skip_cost
        for task, start in zip(problem.tasks, schedule.task_start.tolist(), strict=True)
        if start < 0
    ]
    return ends and float("inf") not in skipped
