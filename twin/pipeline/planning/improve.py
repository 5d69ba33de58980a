"""The annealing of whole plants, in a process of its own, as the planner and screens use it."""

from twin.errors import PlanningError
from twin.pipeline.apart import ApartError, run_apart
from twin.scheduling.anneal import anneal
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Answer, Schedule

__all__ = ["NAME", "anneal_apart", "anneal_soon"]

NAME = "anneal"
GRACE_S = 90.0
"""The first run on a computer compiles before it begins."""
SOON_S = 15.0
"""Whoever waits in front of a screen does not wait for that."""


def anneal_apart(
    problem: Problem,
    start: Schedule | None,
    seconds: float,
    seed: int,
    grace_s: float = GRACE_S,
) -> Answer:
    """The best found in that time, also by a solver that died. Raises PlanningError."""
    try:
        return run_apart(anneal, problem, seconds, seed, start, grace_s=grace_s)
    except ApartError as error:
        if error.best is None:
            raise PlanningError(str(error)) from error
        return error.best


def anneal_soon(problem: Problem, start: Schedule | None, seconds: float, seed: int) -> Answer:
    """The same for what-ifs."""
    return anneal_apart(problem, start, seconds, seed, SOON_S)
