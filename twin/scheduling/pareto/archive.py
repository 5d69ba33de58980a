"""Points that no other beats, kept outside of any population, and no more than can be looked at."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.schedule import Schedule

__all__ = ["Archive", "Box", "Point", "box_of"]

Array = NDArray[np.float64]

EQUAL = 1e-9
"""Values closer than this share of the larger are the same."""


class Point(NamedTuple):
    """A plan and what it means in the objectives that are traded."""

    values: Array
    schedule: Schedule


class Box(NamedTuple):
    """What values are seen against: (k,) the best and the worst of each objective."""

    ideal: Array
    nadir: Array

    def scaled(self, values: Array) -> Array:
        """0 at the best, 1 at the worst; an objective that does not vary stays at 0."""
        span = self.nadir - self.ideal
        return (values - self.ideal) / np.where(span > 0, span, 1.0)


def box_of(values: Array) -> Box:
    """The least box that holds (n, k) values."""
    return Box(values.min(axis=0), values.max(axis=0))


class Archive:
    """Non-dominated points; beyond `capacity` one of the two closest goes, but no extreme one, nor
    the one that costs least by `worth`: (k,) money for a unit of each objective."""

    def __init__(self, capacity: int, worth: Array | None = None) -> None:
        self._capacity, self._worth = capacity, worth
        self.points: list[Point] = []
        self.has_lost = False
        """Whether a point had to go that nothing beats."""

    @property
    def values(self) -> Array:
        """(n, k)."""
        return np.array([point.values for point in self.points])

    def offer(self, point: Point) -> bool:
        """Whether it is in now: nothing in the archive is at least as good everywhere."""
        if not self.points:
            self.points.append(point)
            return True
        known, slack = self.values, EQUAL * (1.0 + np.abs(point.values))
        if np.any(np.all(known <= point.values + slack, axis=1)):
            return False
        beaten = np.all(known >= point.values - slack, axis=1)
        self.points = [p for p, out in zip(self.points, beaten, strict=True) if not out]
        self.points.append(point)
        if len(self.points) > self._capacity:
            gone, self.has_lost = self._crowded(), True
            self.points.pop(gone)
            return gone != len(self.points)
        return True

    def _crowded(self) -> int:
        """Of the two points nearest to each other the one that is nearer to a third."""
        values = self.values
        scaled = box_of(values).scaled(values)
        apart = np.linalg.norm(scaled[:, None] - scaled[None], axis=2)
        np.fill_diagonal(apart, np.inf)
        extreme = values.argmin(axis=0)
        cheapest = [] if self._worth is None else [(values @ self._worth).argmin()]
        apart[[*extreme, *cheapest]] = np.inf
        nearest = np.sort(apart, axis=1)[:, :2]
        return int(np.lexsort((nearest[:, -1], nearest[:, 0]))[0])
