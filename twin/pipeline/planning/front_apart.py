"""The search for a front in a process of its own, and what becomes of it if that dies."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from twin.pipeline.apart import ApartError, run_apart
from twin.scheduling.pareto.front import TRADED, Front, pareto_front
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Limit, Schedule, Solver

__all__ = ["Search", "search_apart", "traded"]

GRACE_S = 90.0
"""The first search on a computer compiles before it begins."""
Shown = Callable[[Front], None]
Names = tuple[str, ...]
Search = Callable[[Problem, Schedule | None, float, Shown, Callable[[], bool], Names], Front]
"""(problem, start, seconds, told every better front, asked whether to stop, objectives) → the last
front."""


def traded(
    problem: Problem,
    limit: Limit,
    start: Schedule | None = None,
    tell: Shown | None = None,
    objectives: Names = TRADED,
) -> Front:
    """The front with the arguments that a process of its own is given."""
    return pareto_front(problem, limit, objectives, start, tell)


def search_apart(
    problem: Problem,
    start: Schedule | None,
    seconds: float,
    tell: Shown,
    stop: Callable[[], bool],
    objectives: Names = TRADED,
) -> Front:
    """The search in a process of its own; as far as it came, if it dies. Raises PlanningError."""
    solver = cast(Solver, partial(traded, objectives=objectives))
    try:
        answer = run_apart(solver, problem, seconds, 1, start, cast(Any, tell), stop, GRACE_S)
    except ApartError as error:  # what it found before it died can be chosen from
        if error.best is None:
            raise
        answer = error.best
    return cast(Front, answer)
