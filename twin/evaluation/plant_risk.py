"""How many failures a policy had to expect: what chance did on the lives it had is taken out.

Machines fail by hazard, so the number of failures less the hazard that the machines lived through
has mean 0 whatever a policy does that does not know the draw. A few failures more or less on some
months of plant would else decide between neighbouring limits and intervals.
Source: Brémaud (1981), Point Processes and Queues, ch. 2 (compensator of a point process).
"""

import numpy as np
from numpy.typing import NDArray

from twin.evaluation.plant_lives import EPOCH_H
from twin.evaluation.plant_months import Months

__all__ = ["cumulative_risk", "expected_failures"]

Array = NDArray[np.float64]


def cumulative_risk(hazard_h: Array, length_h: Array) -> Array:
    """(E + 1, n) integral of the hazards an hour (E, n) up to each look, or to the life's end (n,).

    Within a life the hazard is linear between looks; in the last stretch it is that of its begin.
    """
    look_h = np.arange(len(hazard_h))[:, None] * EPOCH_H
    after = np.where(look_h + EPOCH_H <= length_h, np.roll(hazard_h, -1, axis=0), hazard_h)
    risk = (hazard_h + after) / 2 * np.clip(length_h - look_h, 0.0, EPOCH_H)
    return np.append(np.zeros((1, len(length_h))), np.cumsum(risk, axis=0), axis=0)


def expected_failures(months: Months) -> Array:
    """(N,) hazard that each machine lived through in months that have passed."""
    risk = [
        cumulative_risk(lives.hazard_h.astype(np.float64), lives.length_h) for lives in months.lives
    ]
    n = len(months.machines)
    begun_h, life, found = np.zeros(n), np.zeros(n, np.int64), np.zeros(n)
    ends = [(i, months.hours, months.hours) for i in range(n)]
    for i, start_h, end_h in [*months.down, *ends]:
        c, number = months.class_of[i], months.numbers(life)[i]
        own, length_h = risk[c][:, number], months.lives[c].length_h[number]
        lived = max(0.0, start_h - begun_h[i])
        found[i] += np.interp(lived, np.minimum(np.arange(len(own)) * EPOCH_H, length_h), own)
        begun_h[i], life[i] = end_h, life[i] + 1
    return found
