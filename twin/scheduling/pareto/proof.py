"""What a front of a small problem still lacks, and the proof that it lacks nothing.

Zone by zone, CP-SAT is asked for a plan that beats all points round the zone: there is one, and the
front has grown; or there is proven to be none, and the zone is closed. When all are closed, the
front is exact. This is the ε-constraint method begun from a front that is nearly there: where
nothing is missing one proof for each gap is all it takes. Sources: Haimes, Lasdon & Wismer (1971),
IEEE Trans. SMC 1:296; Klamroth, Lacour & Vanderpooten (2015), EJOR 245:767 (zones).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.errors import PlanningError
from twin.scheduling.cpsat.solver import NoScheduleError, cpsat
from twin.scheduling.objectives import leaning
from twin.scheduling.pareto.archive import Box, Point, box_of
from twin.scheduling.pareto.zones import Zones
from twin.scheduling.problem import Problem
from twin.scheduling.schedule import Limit, Schedule

__all__ = ["Proof"]

Array = NDArray[np.float64]

GRAIN = 1e-3
"""Of what an objective varies on the front: closer than this, plans are alike."""
LEAST = 1e-6
"""And never less than this share of the objective itself: floats must be able to tell."""
ASK_S = 2.0
"""For a zone, the first time; twice as long each time that it stays undecided."""
MAX_ASKED = 8
"""Times, for one zone."""


class Proof:
    """The zones of a front, and what CP-SAT has said of them."""

    def __init__(self, problem: Problem, names: Sequence[str], points: Sequence[Point]) -> None:
        """points: at least one; each keeps the rules."""
        values = np.array([point.values for point in points])
        self._problem, self._names = problem, tuple(names)
        self._box = box_of(values)
        self._scale = _scale(self._box)
        self._zones = Zones(len(self._names), GRAIN * self._scale)
        self._tried: dict[tuple[float, ...], int] = {}
        for row in values:
            self._zones.add(row)

    def add(self, point: Point) -> None:
        """The front has grown."""
        self._zones.add(point.values)

    @property
    def is_done(self) -> bool:
        """Nothing is missing."""
        return len(self._zones.open(self._box)) == 0

    def next_zone(self) -> Array | None:
        """(k,) the upper bound of the zone to ask for next, of those least often asked in vain;
        None: there is no more to ask."""
        zones = self._zones.open(self._box)
        tried = [self._tried.get(tuple(zone), 0) for zone in zones.tolist()]
        return zones[int(np.argmin(tried))] if min(tried, default=MAX_ASKED) < MAX_ASKED else None

    def ask(self, zone: Array, limit: Limit) -> Schedule | None:
        """A plan in the zone; None: there is none, or the time was too short to know."""
        key = tuple(zone.tolist())
        tried = self._tried.get(key, 0)
        self._tried[key] = tried + 1
        limit = limit._replace(seconds=min(limit.seconds, ASK_S * 2.0**tried))
        caps = dict(zip(self._names, self._zones.caps(zone).tolist(), strict=True))
        caps = {name: cap for name, cap in caps.items() if np.isfinite(cap)}
        alike = np.ones(len(self._names)).tolist()
        leant = leaning(self._problem, self._names, alike, self._scale.tolist())
        try:
            return cpsat(leant, limit, caps=caps).schedule
        except NoScheduleError:
            self._zones.close(zone)
        except PlanningError:
            pass
        return None


def _scale(box: Box) -> Array:
    """How far each objective varies, or what floats can tell of it."""
    scale: Array = np.maximum(box.nadir - box.ideal, LEAST / GRAIN * (1.0 + np.abs(box.nadir)))
    return scale
