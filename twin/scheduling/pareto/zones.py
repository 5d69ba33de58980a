"""Where a front may still lack a point: the zones that none of its points is as good as.

Each zone is all that is less than one upper bound in every objective; together they hold exactly
what no known point equals or beats. A new point splits the zones it lies in, one part for each
objective. Source: Klamroth, Lacour & Vanderpooten (2015), EJOR 245:767.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.pareto.archive import Box

__all__ = ["Zones"]

Array = NDArray[np.float64]


class Zones:
    """Open zones: those not yet known to be empty."""

    def __init__(self, k: int, step: Sequence[float] | Array) -> None:
        """step (k,): two values of an objective that differ by less are alike."""
        self._uppers = np.full((1, k), np.inf)
        self._closed = np.zeros((0, k))
        self._step = np.asarray(step, float)

    def add(self, values: Array) -> None:
        """A point (k,): what it equals or beats is in no zone any more."""
        hit = np.all(values < self._uppers, axis=1)
        if not hit.any():
            return
        parts = np.repeat(self._uppers[hit], len(values), axis=0)
        each = np.arange(len(parts))
        parts[each, each % len(values)] = np.tile(values, int(hit.sum()))
        self._uppers = _outermost(np.concatenate([self._uppers[~hit], parts]))

    def close(self, upper: Array) -> None:
        """Nothing lies in it."""
        self._closed = np.concatenate([self._closed, upper[None]])

    def caps(self, upper: Array) -> Array:
        """(k,) what a point of the zone may be at most; inf: anything."""
        most: Array = upper - self._step
        return most

    def open(self, box: Box) -> Array:
        """(n, k) upper bounds of the zones that may hold something: what is better in an objective
        than all that is known first, then the roomiest in the box."""
        known = np.any(np.all(self._uppers[:, None] <= self._closed[None], axis=2), axis=1)
        left = self._uppers[~known]
        span = np.maximum(box.nadir - box.ideal, self._step)
        room = np.minimum((self.caps(left) - box.ideal) / span, 1.0)
        size = np.where(np.any(room <= 0.0, axis=1), np.inf, np.prod(room, axis=1))
        rows: Array = left[np.argsort(-size, kind="stable")]
        return rows


def _outermost(uppers: Array) -> Array:
    """Those that lie within no other; of equal ones the first."""
    uppers = np.unique(uppers, axis=0)
    within = np.all(uppers[:, None] <= uppers[None], axis=2)
    np.fill_diagonal(within, False)
    rows: Array = uppers[~within.any(axis=1)]
    return rows
