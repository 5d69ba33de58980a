"""A rule that a schedule breaks, told in plain words."""

from typing import NamedTuple

from twin.scheduling.problem import Problem

__all__ = ["Fault", "operation_name"]


class Fault(NamedTuple):
    """`rule` is the number of the rule in `problem`; `what` says which, got and want."""

    rule: int
    """0: no rule, but nothing can be reckoned: a number that is none, arrays of another shape."""
    what: str
    operations: tuple[int, ...] = ()
    """Numbers of the operations at fault."""
    tasks: tuple[int, ...] = ()
    """Numbers of the tasks at fault."""


def operation_name(problem: Problem, number: int) -> str:
    """Operation by its number, as people say it: job and step, counted from 1."""
    for job in problem.jobs:
        if number < len(job.operations):
            return f"job '{job.id}' operation {number + 1}"
        number -= len(job.operations)
    raise IndexError(f"operation {number} beyond the last")
