"""Objectives one after the other, at any size: the annealer, with what came first held dear.

On small problems `epsilon.exact_order` proves it.
"""

from collections.abc import Mapping, Sequence

from twin.errors import PlanningError
from twin.scheduling.anneal import anneal
from twin.scheduling.check import check
from twin.scheduling.objectives import of_weights, weighted
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Limit, Schedule, Solver

__all__ = ["lexicographic"]

DEAR = 1e3
"""What a unit of an objective that comes earlier is worth in one that comes later."""
CHEAP = 1e-3
"""What one that comes later is worth already."""


def lexicographic(
    problem: Problem,
    order: Sequence[str],
    limit: Limit,
    start: Schedule | None = None,
    solver: Solver = anneal,
    slack: float = 0.0,
) -> Schedule:
    """The best found in the first objective (names of weights), then in the second, and so on.

    Each gets an equal share of the time, and what it reaches is given up by later ones by no more
    than a share `slack`. Raises PlanningError where no plan is found.
    """
    plan, caps = start, dict[str, float]()
    share = limit._replace(seconds=limit.seconds / len(order))
    for k, term in enumerate(order):
        worth = {name: DEAR ** (k - i) if i < k else CHEAP for i, name in enumerate(order)}
        found = solver(weighted(problem, {**worth, term: 1.0}), share, plan).schedule
        terms = _terms(problem, found)
        if all(terms[name] <= cap for name, cap in caps.items()) or plan is None:
            plan = found
        least = _terms(problem, plan)[term]
        caps[term] = least + slack * abs(least) + 1e-9 * abs(least)
    if plan is None:
        raise PlanningError("no objective is named: there is no order")
    return plan


def _terms(problem: Problem, plan: Schedule) -> Mapping[str, float]:
    verdict = check(problem, plan)
    if verdict.terms is None or verdict.faults:
        raise PlanningError(f"the plan breaks a rule: {verdict.faults[0].what}")
    return of_weights(verdict.terms)
