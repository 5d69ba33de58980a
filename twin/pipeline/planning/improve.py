"""The annealing of whole plants, in a process of its own, as the planner and screens use it; where
nobody waits CP-SAT polishes what it finds."""

import time
from collections.abc import Callable

from twin.errors import PlanningError
from twin.pipeline.apart import ApartError, run_apart
from twin.pipeline.planning.solve import Improve
from twin.scheduling.lexicographic import in_order
from twin.scheduling.problem import Problem
from twin.scheduling.replan import steadily
from twin.scheduling.schedule import Answer, Schedule
from twin.scheduling.windows import cpsat_windows
from twin.stores.base import FIRST_ID, READ_MAX, Store

__all__ = ["NAME", "POLISH_S", "anneal_apart", "anneal_polished", "anneal_soon", "polished_for"]

NAME = "anneal"
GRACE_S = 90.0
"""The first run on a computer compiles before it begins."""
POLISH_S = 5.0
"""Wall seconds for polishing, until a process is there included."""
SOON_S = 15.0
"""Whoever waits in front of a screen does not wait for that."""


def anneal_apart(
    problem: Problem,
    start: Schedule | None,
    seconds: float,
    seed: int,
    grace_s: float = GRACE_S,
) -> Answer:
    """The best found in that time, also by a solver that died; in the order of its objectives,
    where the plant has one. Near the plan in force, if there is one. Raises PlanningError."""
    solver = steadily if problem.order is None else in_order
    try:
        return run_apart(solver, problem, seconds, seed, start, grace_s=grace_s)
    except ApartError as error:
        if error.best is None:
            raise PlanningError(str(error)) from error
        return error.best


def anneal_soon(problem: Problem, start: Schedule | None, seconds: float, seed: int) -> Answer:
    """The same for what-ifs."""
    return anneal_apart(problem, start, seconds, seed, SOON_S)


def anneal_polished(
    problem: Problem,
    start: Schedule | None,
    seconds: float,
    seed: int,
    stop: Callable[[], bool] = lambda: False,
) -> Answer:
    """The same, polished for POLISH_S more; a polish that dies, is late or is stopped changes
    nothing.

    A polish knows nothing but the total: where objectives have an order there is none.
    """
    found = anneal_apart(problem, start, seconds, seed)
    if problem.order is not None or stop():
        return found
    until = time.monotonic() + POLISH_S
    try:
        better = run_apart(
            cpsat_windows,
            problem,
            POLISH_S,
            seed,
            found.schedule,
            stop=lambda: time.monotonic() > until or stop(),
        )
    except PlanningError as error:
        better = getattr(error, "best", None) or found
    return better._replace(bound=found.bound) if better.cost < found.cost else found


def polished_for(store: Store) -> Improve:
    """anneal_polished for a plant whose machines may fail meanwhile: then it is polished no more,
    because people wait for a plan round the breakdown. The answer raises StoreError too."""

    def improve(problem: Problem, start: Schedule | None, seconds: float, seed: int) -> Answer:
        newest = store.last_events(1)
        after = newest[0][0] if newest else FIRST_ID

        def has_failed() -> bool:
            return any(event.kind == "failure" for _, event in store.events(after, READ_MAX))

        return anneal_polished(problem, start, seconds, seed, has_failed)

    return improve
