"""When a plan is made anew: on a clock, and when the plant is another than it was planned for."""

from collections.abc import Mapping
from typing import Any

from twin.pipeline.planning.signs import Signs, Waiting
from twin.pipeline.planning.situation import Situation

__all__ = ["Occasion", "version_of"]

QUIET_S, LONGEST_S = 2.0, 6.0
"""Wall seconds for which nothing must have come, and which waiting takes at the most."""
CALM, CALM_S = frozenset({"order", "risk"}), 10.0
"""What can wait until so many seconds on the wall have passed since the last plan."""
CLOCK_PLANT_S = 3600.0
CLOCK_S = (60.0, 600.0)
"""A plan is made anew after an hour of the plant, but not sooner or later than this on the wall."""

AGAIN_S = 4.0, 60.0
"""What failed is tried again after so many seconds; each time after twice as many, up to these."""


class Occasion:
    """Asked about once a second; times are wall seconds."""

    def __init__(self) -> None:
        self._waiting = Waiting(QUIET_S, LONGEST_S)
        self._planned: Signs | None = None
        """The plant as the newest plan was made for it."""
        self._beside: int | None = None
        """Version of the plan in force then."""
        self._planned_at = float("-inf")
        self._failed, self._not_before = 0, float("-inf")
        """Rounds in a row that came to nothing, and when the next is tried."""
        self._in_force: int | None = None
        """Version of the plan in force when it was looked at last."""

    def why(
        self, signs: Signs, situation: Situation, proposed: Mapping[str, Any] | None, wall_s: float
    ) -> str | None:
        """Why to plan now; None: there is no reason to."""
        if wall_s < self._not_before:
            return None
        version, before = version_of(situation.in_force), self._in_force
        self._in_force = version
        if self._planned is None:
            return "clock" if situation.in_force else "first"
        if not (situation.machines or situation.orders):
            return None
        if version is None and before is not None:
            return "first"  # it has gone, or cannot be read any more
        if version not in {self._beside, version_of(proposed)}:
            return "adopted"  # one of the front, or an older one again: all is held against it
        why = self._waiting.look(self._planned, signs, wall_s)
        if why is not None and (why not in CALM or wall_s - self._planned_at >= CALM_S):
            return why
        pace = max(situation.speed, 1e-3)
        every = min(max(CLOCK_PLANT_S / pace, CLOCK_S[0]), CLOCK_S[1])
        return "clock" if wall_s - self._planned_at >= every else None

    def planned(self, signs: Signs, situation: Situation, wall_s: float) -> None:
        """A plan is made for this."""
        self._planned, self._planned_at = signs, wall_s
        self._beside = version_of(situation.in_force)
        self._failed, self._not_before = 0, float("-inf")

    def waits(self, signs: Signs, situation: Situation) -> None:
        """What the clock asked for is to be made later; what comes from now on still asks for a
        plan at once."""
        if self._planned is None:
            self._planned, self._beside = signs, version_of(situation.in_force)

    def failed(self, wall_s: float) -> None:
        """No plan could be made: what asked for one still does, a while later."""
        self._not_before = wall_s + min(AGAIN_S[0] * 2.0**self._failed, AGAIN_S[1])
        self._failed += 1

    def again(self) -> None:
        """And a better one is to be made at once."""
        self._planned = None


def version_of(plan: Mapping[str, Any] | None) -> int | None:
    """A plan's version; None: there is no plan."""
    return None if plan is None else int(plan["version"])
