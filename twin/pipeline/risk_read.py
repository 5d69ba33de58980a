"""A machine's chance of failing by any time, from what its view row holds.

Shown is the forecast's own, which is met wherever it speaks; between, the cumulative hazard is a
smooth curve that never falls (twin.scheduling.maintenance). When to service the machine goes by
all horizons together, where its class's usual course was learnt (twin.scheduling.usual_course).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.maintenance import cumulative_at
from twin.scheduling.usual_course import cumulative_of, level_of

__all__ = ["RiskRead", "failure_curve"]

Array = NDArray[np.float64]


class RiskRead(NamedTuple):
    """How a machine's row is read."""

    row: np.void
    horizons_h: list[float]
    """Of its P."""
    step_h: float
    course: tuple[float, ...] | None
    """None: not learnt."""

    def shown(self, hours: Array) -> Array:
        """P of failing (S,) before each time; beyond what is known the last hazard holds."""
        times, p = failure_curve(self.row, self.horizons_h, self.step_h)
        return _held(cumulative_at(times, p, hours), -np.log1p(-p[-1]), hours, times[-1])

    def acted_on(self, hours: Array) -> Array:
        """The same by which it is decided when to service it."""
        if self.course is None:
            return self.shown(hours)
        times, course = np.array(self.horizons_h), np.array(self.course)
        level = level_of(self.row["p"].astype(np.float64), course, times)
        last = cumulative_of(level, course, times[-1:])[0]
        return _held(cumulative_of(level, course, hours), last, hours, times[-1])


def failure_curve(row: np.void, horizons_h: list[float], step_h: float) -> tuple[Array, Array]:
    """Lead times in hours and P of failure by then, rising, from what a view row holds."""
    times = [0.0, *horizons_h]
    p = [0.0, *(float(x) for x in row["p"])]
    for name, q in (("rul_q10", 0.1), ("rul_q50", 0.5), ("rul_q90", 0.9)):
        hours = float(row[name]) * step_h
        if np.isfinite(hours):
            times.append(hours)
            p.append(q)
    order = np.argsort(times, kind="stable")
    rising = np.maximum.accumulate(np.array(p)[order])
    return np.array(times)[order], np.minimum(rising, 1.0 - 1e-9)


def _held(known: Array, last: Any, hours: Array, until: Any) -> Array:
    slope = last / until if until > 0 else 0.0
    return np.asarray(-np.expm1(-(known + np.maximum(0.0, hours - until) * slope)))
