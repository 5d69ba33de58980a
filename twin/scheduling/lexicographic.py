"""Objectives one after the other, at any size: the annealer, with what came first held dear.

On small problems `epsilon.exact_order` proves it.
"""

from collections.abc import Mapping, Sequence

from twin.errors import PlanningError
from twin.scheduling.annealing.anneal import anneal
from twin.scheduling.check import check
from twin.scheduling.objectives import first_difference, of_weights, weighted
from twin.scheduling.problem import Order, Problem
from twin.scheduling.replan import MOST_CHANGED, steadily
from twin.scheduling.schedule import Answer, Limit, Schedule, Solver, Tell, Terms

__all__ = ["in_order", "lexicographic"]

DEAR = 1e3
"""What a unit of an objective that comes earlier is worth in one that comes later."""
CHEAP = 1e-3
"""What one that comes later is worth already."""


def in_order(
    problem: Problem, limit: Limit, start: Schedule | None = None, tell: Tell | None = None
) -> Answer:
    """The problem's own order obeyed, then its total as low as it goes; for who runs solvers.

    From a plan in force (`start`, and the problem's reference) every objective is planned steadily:
    drawn to that plan, few operations on another machine than in it. Cost is the total. Nothing is
    told before the end: half an order obeyed is no answer. Raises PlanningError.
    """
    if problem.order is None:
        raise PlanningError("no objective is named: there is no order")
    begun, (names, slack) = limit.clock(), problem.order
    share = limit.seconds / (len(names) + 1)
    first = limit._replace(seconds=len(names) * share)
    plan = lexicographic(problem, names, first, start, steadily, slack, rest=CHEAP)
    plan = _cheapened(problem, names, limit._replace(seconds=share), plan)
    total = _verdict_terms(problem, plan).total
    answer = Answer(plan, total, None, limit.clock() - begun)
    if tell is not None:
        tell(answer)
    return answer


def _cheapened(problem: Problem, names: Sequence[str], limit: Limit, plan: Schedule) -> Schedule:
    """A cheaper plan that gives up nothing of what the order names, or the same."""
    dear = {name: DEAR ** (len(names) - i) for i, name in enumerate(names)}
    held = weighted(problem, problem.weights._asdict() | dear)
    found = anneal(held, limit, plan, most_changed=MOST_CHANGED).schedule
    ours, theirs = _verdict_terms(problem, found), _verdict_terms(problem, plan)
    more = first_difference(Order(tuple(names)), ours, theirs)
    return found if more < 0.0 or (more == 0.0 and ours.total < theirs.total) else plan


def lexicographic(
    problem: Problem,
    order: Sequence[str],
    limit: Limit,
    start: Schedule | None = None,
    solver: Solver = anneal,
    slack: float = 0.0,
    rest: float = 0.0,
) -> Schedule:
    """The best found in the first objective (names of weights), then in the second, and so on.

    Each gets an equal share of the time, and what it reaches is given up by later ones by no more
    than a share `slack`. `rest`: share of their weights that those not in the order count.
    Raises PlanningError where no plan is found.
    """
    plan, caps = start, dict[str, float]()
    others = {name: rest * worth for name, worth in problem.weights._asdict().items()}
    share = limit._replace(seconds=limit.seconds / len(order))
    for k, term in enumerate(order):
        worth = {name: DEAR ** (k - i) if i < k else CHEAP for i, name in enumerate(order)}
        found = solver(weighted(problem, {**others, **worth, term: 1.0}), share, plan).schedule
        terms = _terms(problem, found)
        if all(terms[name] <= cap for name, cap in caps.items()) or plan is None:
            plan = found
        least = _terms(problem, plan)[term]
        caps[term] = least + slack * abs(least) + 1e-9 * abs(least)
    if plan is None:
        raise PlanningError("no objective is named: there is no order")
    return plan


def _terms(problem: Problem, plan: Schedule) -> Mapping[str, float]:
    return of_weights(_verdict_terms(problem, plan))


def _verdict_terms(problem: Problem, plan: Schedule) -> Terms:
    verdict = check(problem, plan)
    if verdict.terms is None or verdict.faults:
        raise PlanningError(f"the plan breaks a rule: {verdict.faults[0].what}")
    return verdict.terms
