"""What the best of planners would cost who knows the wear of every machine, but not the draw.

A machine fails by hazard. Whoever knows the hazard h at every moment, and has a crew at once,
does best to service as soon as (C_fail − C_planned)·h ≥ g, with g the cost an hour of that very
rule, because wear and so h never falls. No forecast can do better: what it costs more than the
clairvoyant is the price of chance. Failures are counted by the integral of the hazard up to the
service or the failure, whose mean is theirs, with less noise than their number. Looked at every
four hours; the best limit is taken on the very lives it is judged on, which is in its favour.
Sources: Aven & Bergman (1986), J. Appl. Prob. 23:621 (optimal where the hazard rises along every
path); Ross (1996), §3.6 (renewal–reward); Brémaud (1981), ch. 2 (compensator of a point process).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.evaluation.plant_lives import EPOCH_H, Lives
from twin.evaluation.plant_risk import cumulative_risk

__all__ = ["LIMITS_H", "Ends", "ends_of", "least_ratio"]

Array = NDArray[np.float64]
LIMITS_H = np.geomspace(3e-5, 5e-3, 41)
"""(G,) hazards an hour at which a machine is serviced."""


class Ends(NamedTuple):
    """How lives end under each limit; add those of several plants element by element."""

    hours: Array
    """(G,) until service or failure, all lives."""
    risk: Array
    """(G,) integral of the hazard until then."""
    full_hours: float
    """Until failure."""
    lives: int

    def plus(self, other: "Ends") -> "Ends":
        return Ends(
            self.hours + other.hours,
            self.risk + other.risk,
            self.full_hours + other.full_hours,
            self.lives + other.lives,
        )


def ends_of(lives: Lives, n_first: int = 0) -> Ends:
    """Of all lives but the first n_first, which had begun before."""
    hazard = lives.hazard_h[:, n_first:].astype(np.float64)
    length = lives.length_h[n_first:]
    look_h = np.arange(len(hazard)) * EPOCH_H
    risk = cumulative_risk(hazard, length)
    alive = look_h[:, None] < length
    reached = (hazard[None] >= LIMITS_H[:, None, None]) & alive
    first = np.where(reached.any(axis=1), reached.argmax(axis=1), len(hazard))
    hours = np.minimum(first * EPOCH_H, length)
    total = np.take_along_axis(risk, first, axis=0).sum(axis=1)
    return Ends(hours.sum(axis=1), total, float(length.sum()), len(length))


def least_ratio(ends: Ends, planned: float, failure: float) -> float:
    """Least cost an hour of all limits, over that of one service in each whole life."""
    cost_h = (planned * ends.lives + (failure - planned) * ends.risk) / ends.hours
    return float(cost_h.min() / (planned * ends.lives / ends.full_hours))
