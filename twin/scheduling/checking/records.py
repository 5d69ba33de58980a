"""What of a problem the checker cannot reckon with: numbers that are none, indices of nothing.

Only what would make a verdict meaningless; `problem_faults` says more, to whoever makes a problem.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from twin.scheduling.checking.rows import array_said
from twin.scheduling.fault import Fault
from twin.scheduling.problem import Machine, Operation, Problem

__all__ = ["record_faults"]


def _is_whole(value: Any) -> bool:
    return type(value) is int or isinstance(value, Integral)


def _is_finite(value: Any) -> bool:
    return (type(value) is float or isinstance(value, Real)) and isfinite(value)


class _Kind(NamedTuple):
    """What a number must be."""

    want: str
    holds: Callable[[Any], bool]


WHOLE = _Kind("a whole number", _is_whole)
WORK = _Kind("a whole number, 0 or more", lambda v: _is_whole(v) and v >= 0)
SIZE = _Kind("a whole number above 0", lambda v: _is_whole(v) and v > 0)
MAYBE = _Kind("a whole number or None", lambda v: v is None or _is_whole(v))
MONEY = _Kind("a finite number", _is_finite)
ABOVE_0 = _Kind("a finite number above 0", lambda v: _is_finite(v) and v > 0)
COST = _Kind("a number or inf", lambda v: _is_finite(v) or (isinstance(v, Real) and v == inf))

Fields = tuple[tuple[str, _Kind], ...]
PROBLEM: Fields = (("horizon", SIZE), ("bucket", SIZE), ("tick_s", ABOVE_0))
JOB: Fields = (("release", WHOLE), ("due", MAYBE), ("late_cost_h", MONEY), ("left_out_cost", COST))
TASK: Fields = (("duration", WORK), ("earliest", WHOLE), ("latest", WHOLE), ("skip_cost", COST))
REFERENCE: Fields = (
    ("machine_cost", MONEY),
    ("time_cost", MONEY),
    ("cap", ABOVE_0),
    ("fade", ABOVE_0),
)


def record_faults(problem: Problem) -> tuple[Fault, ...]:
    """All by rule 0. What is told of jobs and tasks rests on the plant: it comes when that is
    readable."""
    said = [*_of_numbers(problem), *_of_plant(problem)]
    return tuple(Fault(0, each) for each in said or [*_of_jobs(problem), *_of_tasks(problem)])


def _of_numbers(problem: Problem) -> Iterator[str]:
    yield from _fields("the problem", problem, PROBLEM)
    weights = tuple((name, MONEY) for name in problem.weights._fields)
    yield from _fields("weights", problem.weights, weights)
    price = array_said(problem.price, (max(1, np.size(problem.price)),), "iuf")
    if price:
        yield f"price {price}"
    for c, calendar in enumerate(problem.calendars):
        ticks = [tick for window in calendar for tick in window]
        if not all(map(_is_whole, ticks)) or any(a > b for a, b in pairwise(ticks)):
            yield f"calendar {c} is open {calendar}, want whole ticks in order"
    for p, arrivals in enumerate(problem.parts):
        if not all(map(_is_whole, arrivals)):
            yield f"part {p} arrives at {arrivals}, want whole ticks"
    yield from _of_reference(problem)


def _of_reference(problem: Problem) -> Iterator[str]:
    plan, n = problem.reference, problem.n_operations
    if plan is None:
        return
    yield from _fields("reference", plan, REFERENCE)
    for name, size in (("machine", n), ("start", n), ("task_start", len(problem.tasks))):
        said = array_said(getattr(plan, name), (size,), "iu")
        if said:
            yield f"reference: {name} {said}"


def _of_plant(problem: Problem) -> Iterator[str]:
    matrices = [("setups", matrix) for matrix in problem.setups]
    for name, matrix in [*matrices, ("transport", problem.transport)]:
        size = len(matrix) if np.ndim(matrix) else 0
        said = array_said(matrix, (size, size), "iu")
        if said:
            yield f"{name}: a matrix {said}"
        elif size and np.min(matrix) < 0:
            yield f"{name}: a matrix has {np.min(matrix)} in it, want 0 or more"
    for machine in problem.machines:
        name = f"machine '{machine.id}'"
        yield from _fields(name, machine, (("setup_cost_h", MONEY),))
        yield from _index(f"{name}: calendar", machine.calendar, len(problem.calendars))
        yield from _index(f"{name}: site", machine.site, len(problem.transport))
        yield from _index(f"{name}: setup", machine.setup, len(problem.setups))
        families = _families(problem, machine)
        if families:
            yield from _index(f"{name}: family", machine.family, families, -1)
    for crew in problem.crews:
        yield from _index(f"crew '{crew.id}': calendar", crew.calendar, len(problem.calendars))


def _families(problem: Problem, machine: Machine) -> int:
    """How many families its setup matrix knows; 0 where it has none."""
    known = _is_whole(machine.setup) and 0 <= machine.setup < len(problem.setups)
    return len(problem.setups[machine.setup]) if known else 0


def _of_jobs(problem: Problem) -> Iterator[str]:
    families = [_families(problem, machine) for machine in problem.machines]
    for job in problem.jobs:
        name = f"job '{job.id}'"
        yield from _fields(name, job, JOB)
        if not job.operations:
            yield f"{name} has no operations, want at least one"
        for step, operation in enumerate(job.operations):
            for said in _of_operation(operation, families):
                yield f"{name} operation {step + 1}: {said}"


def _of_operation(operation: Operation, families: list[int]) -> Iterator[str]:
    machines = [a.machine for a in operation.alternatives]
    if len(set(machines)) < len(machines):
        yield f"alternatives are on machines {machines}, want each once"
    for m, duration, power_kw in operation.alternatives:
        if not _is_whole(duration) or duration < 0:
            yield f"duration is {duration}, want {WORK.want}"
        if not _is_finite(power_kw):
            yield f"power_kw is {power_kw}, want {MONEY.want}"
        if not _is_whole(m) or not 0 <= m < len(families):
            yield from _index("machine", m, len(families))
        elif not _is_whole(operation.family) or not 0 <= operation.family < families[m]:
            yield from _index("family", operation.family, families[m])


def _of_tasks(problem: Problem) -> Iterator[str]:
    for task in problem.tasks:
        name = f"task '{task.id}'"
        yield from _fields(name, task, TASK)
        yield from _index(f"{name}: machine", task.machine, len(problem.machines))
        yield from _index(f"{name}: part", task.part, len(problem.parts), -1)
        risk = array_said(task.risk, (max(1, len(task.risk)),), "iuf")
        if risk:
            yield f"{name}: risk {risk}"


def _fields(name: str, record: object, fields: Fields) -> Iterator[str]:
    for field, kind in fields:
        value = getattr(record, field)
        if not kind.holds(value):
            yield f"{name}: {field} is {value}, want {kind.want}"


def _index(name: str, got: Any, size: int, least: int = 0) -> Iterator[str]:
    if not _is_whole(got) or not least <= got < size:
        want = f"{least} to {size - 1}" if size > least else "nothing: there is none"
        yield f"{name} is {got}, want {want}"
