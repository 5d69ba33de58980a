"""The terms of a schedule by the names of their weights."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from twin.scheduling.problem import Order, Problem, Weights
from twin.scheduling.schedule import Terms

__all__ = ["OBJECTIVES", "first_difference", "leaning", "of_weights", "weighted"]

OBJECTIVES: tuple[str, ...] = Weights._fields
"""Money, but for makespan and idle: hours."""
NOISE = 1e-6
"""Money or hours by which plans that are alike may differ."""


def of_weights(terms: Terms) -> dict[str, float]:
    """Each term as it is before it is weighted."""
    return dict(zip(OBJECTIVES, terms, strict=False))


def leaning(
    problem: Problem, names: Sequence[str], shares: Sequence[float], scale: Sequence[float]
) -> Problem:
    """The same plant, leaning to some objectives: each has a share of what one unit of the scales
    is worth on average. What it costs to leave the plan in force is as it was, if it is not among
    them; the others are worth nothing."""
    money = sum(scale)
    worth = {n: s * money / unit for n, s, unit in zip(names, shares, scale, strict=True)}
    return weighted(problem, {"stability": problem.weights.stability, **worth})


def weighted(problem: Problem, weights: Mapping[str, float]) -> Problem:
    """The same plant, in which only these objectives are worth something."""
    nothing = Weights(*(0.0 for _ in OBJECTIVES))
    return replace(problem, weights=nothing._replace(**weights))


def first_difference(order: Order | None, terms: Terms, held: Terms) -> float:
    """By how much one plan is more than another in the first objective in which they are not
    alike; 0.0: they are alike in all that the order names. Not transitive where there is slack."""
    if order is None:
        return 0.0
    ours, theirs = of_weights(terms), of_weights(held)
    for name in order.names:
        more = ours[name] - theirs[name]
        if abs(more) > order.slack * max(abs(ours[name]), abs(theirs[name])) + NOISE:
            return more
    return 0.0
