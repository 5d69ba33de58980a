"""The terms of a schedule by the name of their weight."""

from twin.scheduling.problem import Weights
from twin.scheduling.schedule import Terms

__all__ = ["OBJECTIVES", "of_weights"]

OBJECTIVES: tuple[str, ...] = Weights._fields
"""Money, but for makespan and idle: hours."""


def of_weights(terms: Terms) -> dict[str, float]:
    """Each term as it is before it is weighted."""
    return dict(zip(OBJECTIVES, terms, strict=False))
