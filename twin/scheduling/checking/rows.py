"""A schedule's arrays as plain numbers, and what makes them unreadable."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from twin.scheduling.fault import Fault, operation_name
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Schedule

__all__ = ["Rows", "array_said", "rows_of", "schedule_faults"]


class Rows(NamedTuple):
    """What a schedule says, number by number; -1: not placed."""

    machine: list[int]
    start: list[int]
    task_start: list[int]
    task_crew: list[int]


def rows_of(schedule: Schedule) -> Rows:
    """Its numbers; `schedule_faults` must have found none."""
    return Rows(*(np.asarray(row).tolist() for row in schedule))


def schedule_faults(problem: Problem, schedule: Schedule) -> Iterator[Fault]:
    """Arrays of another shape or type (0), no such machine (1) or crew (5), no such time (8)."""
    n, k = problem.n_operations, len(problem.tasks)
    sizes = {
        "machine": (n, len(problem.machines), 1),
        "start": (n, problem.horizon, 8),
        "task_start": (k, problem.horizon, 8),
        "task_crew": (k, len(problem.crews), 5),
    }
    for name, (want, size, rule) in sizes.items():
        values = getattr(schedule, name)
        said = array_said(values, (want,), "iu")
        if said:
            yield Fault(0, f"the schedule's {name} {said}")
            continue
        for i, value in enumerate(np.asarray(values).tolist()):
            if not -1 <= value < size:
                yield _beyond(problem, rule, name, i, f"{value}, want -1 to {size - 1}")


def _beyond(problem: Problem, rule: int, name: str, i: int, said: str) -> Fault:
    if name.startswith("task"):
        return Fault(rule, f"task '{problem.tasks[i].id}': {name} is {said}", tasks=(i,))
    return Fault(rule, f"{operation_name(problem, i)}: {name} is {said}", operations=(i,))


def array_said(values: Any, shape: tuple[int, ...], kinds: str) -> str:
    """What is wrong with an array that should have this shape and one of these kinds of numbers.

    "": nothing. kinds as numpy's dtype.kind: "iu" whole numbers, "iuf" any that are finite.
    """
    try:
        array = np.asarray(values)
    except ValueError:
        return "is ragged, want an array"
    if array.ndim == len(shape) == 1 and array.shape != shape:
        return f"has {len(array)} entries, want {shape[0]}"
    if array.shape != shape:
        return f"has shape {array.shape}, want {shape}"
    if array.size and array.dtype.kind not in kinds:
        return f"is of type {array.dtype}, want {'whole ' if kinds == 'iu' else ''}numbers"
    return "" if not array.size or np.isfinite(array).all() else "has numbers that are not finite"
