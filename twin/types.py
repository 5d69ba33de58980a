"""Records that cross rooms."""

from typing import Any, NamedTuple

__all__ = ["Clock", "Event"]


class Clock(NamedTuple):
    """The plant's clock as a line through one pair of moments, both µs UTC.

    Real plant: Clock(0, 0, 1.0). A simulation or replay runs from plant_us at wall_us, `speed`
    seconds of plant time in a second.
    """

    wall_us: int
    plant_us: int
    speed: float
    simulated: bool = False

    def plant_now(self, wall_us: int) -> int:
        """Plant time, µs UTC, when the wall clock shows wall_us."""
        return self.plant_us + int((wall_us - self.wall_us) * self.speed)


class Event(NamedTuple):
    """Something that happened and is worth a line in the list: alarm, repair, rejection, …"""

    time: int
    """µs UTC of the plant."""
    kind: str
    machine_id: str
    detail: dict[str, Any]
