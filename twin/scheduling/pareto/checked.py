"""What the checker says of the points of an archive, at a cost that is kept in view."""

from collections.abc import Callable, Iterable

from twin.scheduling.check import check
from twin.scheduling.pareto.archive import Point
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Terms

__all__ = ["Checked"]


class Checked:
    """Points with their terms; each goes through the checker once."""

    def __init__(self, problem: Problem, clock: Callable[[], float]) -> None:
        self._problem, self._clock = problem, clock
        self._known: dict[int, tuple[Point, Terms | None]] = {}
        """By identity, with the point itself: as long as it is here no other has its number."""
        self._n = 0
        self.seconds = 0.0
        """What checking has taken so far."""

    def missing(self, points: Iterable[Point]) -> list[Point]:
        """Those not yet checked; what is no longer among the points is forgotten."""
        now = {id(point): point for point in points}
        self._known = {key: known for key, known in self._known.items() if key in now}
        return [point for key, point in now.items() if key not in self._known]

    def expected_s(self, points: Iterable[Point]) -> float:
        """What it will take to check the rest."""
        return len(self.missing(points)) * self.seconds / max(1, self._n)

    def check(self, point: Point) -> None:
        begun = self._clock()
        verdict = check(self._problem, point.schedule)
        self._known[id(point)] = (point, None if verdict.faults else verdict.terms)
        self.seconds, self._n = self.seconds + self._clock() - begun, self._n + 1

    def sound(self, points: Iterable[Point]) -> list[tuple[Point, Terms]]:
        """Those checked and without a fault, by their values."""
        found = [self._known.get(id(point), (point, None)) for point in points]
        sound = [(point, terms) for point, terms in found if terms is not None]
        return sorted(sound, key=lambda pair: tuple(pair[0].values))
