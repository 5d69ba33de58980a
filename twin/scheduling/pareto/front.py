"""The Pareto front of a plant: plans that trade tardiness, risk, energy and changeover, or others.

First anchors: the annealer, once for the plan as its weights have it, once for each objective
nearly alone, and for each pair, each from the best so far in its direction. They and the dispatch
rules' plans seed NSGA-III, whose offspring are walks of the annealer (`breed`). All that is seen is
offered to an external archive, which is the front: nothing good is lost with the population. On
small problems CP-SAT then closes what gaps there are, and proves that there is no more (`proof`).
Shown as it grows.
"""

from collections.abc import Iterator, Sequence

from twin.errors import PlanningError
from twin.scheduling.pareto.hunt import Hunt
from twin.scheduling.pareto.record import TRADED, Front, TellFront, Traded
from twin.scheduling.problem import Problem
from twin.scheduling.rules import RULES
from twin.scheduling.schedule import Limit, Schedule

__all__ = ["PROOF_SHARE", "SMALL", "TRADED", "Front", "Traded", "pareto_front"]

ANCHOR_SHARE = 0.35
"""Of the time, for anchors."""
PROOF_SHARE = {1: 0.8, 2: 0.8, 3: 0.5}
"""Of the time, for CP-SAT on small problems, by objectives; what it does not need is not taken."""
PROOF_SHARE_OF_MANY = 0.25
"""Zones are too many there to be closed in a minute: evolution finds more."""
SMALL = 30
"""Operations up to which it proves more than it costs."""


def pareto_front(
    problem: Problem,
    limit: Limit,
    objectives: Sequence[str] = TRADED,
    start: Schedule | None = None,
    tell: TellFront | None = None,
    seeded: bool = True,
    small: int = SMALL,
) -> Front:
    """Trade objectives (names of weights) against each other until the time is over.

    `start`: a plan to take along and to begin at. Unseeded it has dispatch rules instead of
    anchors, to compare. Up to `small` operations CP-SAT has its share; it does not repeat by a seed
    as the rest does.
    Every point has gone through the checker. Raises PlanningError where there is no plan at all.
    """
    hunt = Hunt(problem, limit, tuple(objectives), tell)
    for plan in _rule_plans(problem):
        hunt.offer(plan)
    if start is not None:
        hunt.offer(start, begins=True)
    proves = problem.n_operations <= small
    share = PROOF_SHARE.get(len(objectives), PROOF_SHARE_OF_MANY) if proves else 0.0
    until_s = (1.0 - share) * limit.seconds
    if seeded:
        hunt.anchor(ANCHOR_SHARE * until_s)
    hunt.evolve(until_s)
    if proves:
        hunt.prove()
    return hunt.done()


def _rule_plans(problem: Problem) -> Iterator[Schedule]:
    for rule in RULES.values():
        try:
            yield rule(problem)
        except PlanningError:
            continue
