"""The terms of a schedule by the names of their weights."""

from collections.abc import Mapping
from dataclasses import replace

from twin.scheduling.problem import Problem, Weights
from twin.scheduling.schedule import Terms

__all__ = ["OBJECTIVES", "of_weights", "weighted"]

OBJECTIVES: tuple[str, ...] = Weights._fields
"""Money, but for makespan and idle: hours."""


def of_weights(terms: Terms) -> dict[str, float]:
    """Each term as it is before it is weighted."""
    return dict(zip(OBJECTIVES, terms, strict=False))


def weighted(problem: Problem, weights: Mapping[str, float]) -> Problem:
    """The same plant, in which only these objectives are worth something."""
    nothing = Weights(*(0.0 for _ in OBJECTIVES))
    return replace(problem, weights=nothing._replace(**weights))
