"""What a front is: plans of which none is at least as good as another in all that is traded."""

from collections.abc import Callable
from typing import NamedTuple

from twin.scheduling.pareto.archive import Box
from twin.scheduling.schedule import Schedule, Terms

__all__ = ["TRADED", "Front", "TellFront", "Traded"]

TRADED = ("tardiness", "risk", "energy", "changeover")
"""What is traded if nothing else is said: all that is money."""


class Traded(NamedTuple):
    """One point that the planner can pick."""

    schedule: Schedule
    terms: Terms


class Front(NamedTuple):
    """Plans of which none is at least as good as another in all of `objectives`."""

    objectives: tuple[str, ...]
    points: tuple[Traded, ...]
    """By the first objective, rising."""
    box: Box
    """The best and the worst of each objective among rules' plans and anchors, with a margin."""
    hypervolume: float
    """Share of the box that the points beat, 0 to 1."""
    seconds: float
    growing: bool
    proven: bool = False
    """No plan lies beyond the points by more than a thousandth of what each objective varies."""


TellFront = Callable[[Front], None]
