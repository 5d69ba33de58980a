"""Exact trade-offs on small problems: objectives one after the other, and a front of two.

Each step is solved to proof by CP-SAT with caps on the terms of the steps before: the ε-constraint
method. Source: Haimes, Lasdon & Wismer (1971), IEEE Trans. SMC 1:296; the step after each point:
Laumanns, Thiele & Zitzler (2006), EJOR 169:932.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from twin.errors import PlanningError
from twin.scheduling.check import check
from twin.scheduling.cpsat.solver import NoScheduleError, cpsat
from twin.scheduling.objectives import of_weights
from twin.scheduling.problem import Problem, Weights
from twin.scheduling.schedule import Limit, Schedule

__all__ = ["exact_front", "exact_order"]

NOTHING = Weights(*(0.0 for _ in Weights._fields))
PROVEN = 1e-6


def exact_order(
    problem: Problem,
    order: Sequence[str],
    limit: Limit,
    caps: Mapping[str, float] | None = None,
) -> Schedule:
    """The schedule that is best in the first objective, of those in the second, and so on.

    Objectives by the names of their weights. Raises PlanningError where a step is not proven
    within its share of the time, NoScheduleError where nothing keeps the rules and `caps`.
    """
    known = dict(caps or {})
    schedule: Schedule | None = None
    share = limit._replace(seconds=limit.seconds / len(order))
    for term in order:
        alone = replace(problem, weights=NOTHING._replace(**{term: 1.0}))
        answer = cpsat(alone, share, schedule, caps=known)
        if answer.bound is None or answer.cost - answer.bound > PROVEN * max(1.0, abs(answer.cost)):
            raise PlanningError(f"{term} was not proven in {share.seconds:g} s")
        schedule = answer.schedule
        known[term] = answer.cost
    assert schedule is not None
    return schedule


def exact_front(
    problem: Problem, first: str, second: str, limit: Limit, step: float = 1.0
) -> list[Schedule]:
    """A schedule for every pair of values that no other schedule beats in both, the best in
    `first` first.

    `step`: two values of `second` that differ do so by at least as much; `limit` is for a point.
    """
    front: list[Schedule] = []
    caps: dict[str, float] = {}
    while True:
        try:
            best = exact_order(problem, (first, second), limit, caps)
        except NoScheduleError:
            if not front:
                raise
            return front
        front.append(best)
        terms = check(problem, best).terms
        assert terms is not None
        caps[second] = of_weights(terms)[second] - step
