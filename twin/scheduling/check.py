"""The one independent checker: every rule and every cost of a schedule from the schedule alone.

No solver in it and nothing shared with one but the records: it has its own reckoning of working
time (`checking.time`) and its own layout (`checking.layout`), and nobody else uses them. What has
a fault is never shown to anyone. Rules are those of `problem`, by number.
"""

from collections.abc import Iterator
from math import inf, isfinite
from typing import NamedTuple

from twin.scheduling.checking.costs import terms_of
from twin.scheduling.checking.jobs import order_faults, placing_faults
from twin.scheduling.checking.layout import Laid, laid_out
from twin.scheduling.checking.machines import machine_faults
from twin.scheduling.checking.records import record_faults
from twin.scheduling.checking.rows import Rows, rows_of, schedule_faults
from twin.scheduling.checking.tasks import part_faults, task_faults
from twin.scheduling.fault import Fault, operation_name
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Schedule, Terms

__all__ = ["Fault", "Verdict", "check"]


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
    unreadable = record_faults(problem) or tuple(schedule_faults(problem, schedule))
    if unreadable:
        return Verdict(unreadable, None)
    rows = rows_of(schedule)
    misplaced = tuple(placing_faults(problem, rows))
    if misplaced:
        return Verdict(misplaced, None)
    laid = laid_out(problem, rows)
    faults = (
        *machine_faults(problem, laid),
        *order_faults(problem, laid),
        *task_faults(problem, rows, laid),
        *part_faults(problem, laid),
        *_pin_faults(problem, rows),
        *_horizon_faults(problem, laid),
    )
    if not _reckonable(problem, rows, laid):
        return Verdict(faults, None)
    return _priced(faults, terms_of(problem, rows, laid))


def _priced(faults: tuple[Fault, ...], terms: Terms) -> Verdict:
    """No cost that is none: finite numbers too can add up to more than a float holds."""
    if all(isfinite(cost) for cost in terms):
        return Verdict(faults, terms)
    return Verdict((*faults, Fault(0, f"the costs are {terms}, want finite numbers")), None)


def _pin_faults(problem: Problem, rows: Rows) -> Iterator[Fault]:
    """Rule 7."""
    pins = [operation.pin for job in problem.jobs for operation in job.operations]
    for i, (pin, m, start) in enumerate(zip(pins, rows.machine, rows.start, strict=True)):
        if pin is not None and (m != pin.machine or pin.start not in (None, start)):
            when = "any time" if pin.start is None else pin.start
            want = f"pinned to machine {pin.machine} at {when}"
            said = f"{operation_name(problem, i)}: is on machine {m} at {start}, {want}"
            yield Fault(7, said, operations=(i,))
    tasks = zip(problem.tasks, rows.task_start, rows.task_crew, strict=True)
    for t, (task, begun, crew) in enumerate(tasks):
        if task.pin is not None and (begun != task.pin.start or task.pin.crew not in (None, crew)):
            who = "any crew" if task.pin.crew is None else f"crew {task.pin.crew}"
            said = f"is at {begun} with crew {crew}, pinned to {task.pin.start} with {who}"
            yield Fault(7, f"task '{task.id}': {said}", tasks=(t,))


def _horizon_faults(problem: Problem, laid: Laid) -> Iterator[Fault]:
    """Rule 8."""
    for placed in laid.operations:
        if placed is not None and (placed.end is None or placed.end > problem.horizon):
            never = "never ends in its machine's calendar"
            got = never if placed.end is None else f"ends at {placed.end}"
            name = operation_name(problem, placed.number)
            said = f"{name}: {got}, want {problem.horizon} or sooner"
            yield Fault(8, said, operations=(placed.number,))
    for t, _, end, _ in laid.visits:
        if end > problem.horizon:
            said = f"task '{problem.tasks[t].id}': ends at {end}, want {problem.horizon} or sooner"
            yield Fault(8, said, tasks=(t,))


def _reckonable(problem: Problem, rows: Rows, laid: Laid) -> bool:
    """Whether all that is placed ends and all that must be placed is."""
    blocks = (placed for placed in laid.operations if placed is not None)
    tasks = zip(problem.tasks, rows.task_start, strict=True)
    return all(block.end is not None and block.setup_start is not None for block in blocks) and all(
        start >= 0 or task.skip_cost < inf for task, start in tasks
    )
