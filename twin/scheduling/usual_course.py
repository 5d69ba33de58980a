"""A machine's risk by all that its forecast says: the usual course of its class, at its own level.

A forecast gives the chance of failing within several horizons. Machines of a class wear in much the
same way and differ by how far they are, so that their cumulative hazards are nearly one curve,

    log Λ_i(t) = course(t) + level_i

and each horizon tells the level once more, with an error of its own: the chance of the next hours
rests on the few failures that were seen so near, that of a week says little of tomorrow. The level
is the mean of them all, which errs less than any. A curve that met each of them would take their
errors for wear, and have the machine serviced by it.
Sources: Cox (1972), J. R. Stat. Soc. B 34:187 (proportional hazards); Bates & Granger (1969), Oper.
Res. Q. 20:451 (the mean of forecasts).
"""

import numpy as np
from numpy.typing import NDArray

from twin.scheduling.maintenance import cumulative_at

__all__ = ["COURSE_H", "cumulative_of", "level_of", "usual_course"]

Array = NDArray[np.float64]

COURSE_H = np.array([8.0, 24.0, 168.0])
"""(K,) hours at which a course is known: a shift, a day, a week."""
DAY = 1
"""Which of them is the day."""
NEAR_P = (0.002, 0.05)
"""Of failing within a day, of machines whose service is worth thinking about."""
ENOUGH = 20
"""Forecasts of such machines that tell a course."""
TELLING = 3.0
"""Usual cumulative hazard beyond which a horizon, within which nearly all fail, tells no level."""
LEAST, MOST_P = 1e-12, 1.0 - 1e-9
"""Cumulative hazards below, chances above are taken as these, for their logarithm's sake."""


def usual_course(p: Array) -> Array | None:
    """Course (K,): mean log cumulative hazard by COURSE_H of those of n forecasts p (n, K) that are
    of machines near their service; None: there are too few."""
    near = p[(p[:, DAY] > NEAR_P[0]) & (p[:, DAY] < NEAR_P[1])]
    if len(near) < ENOUGH:
        return None
    return np.asarray(np.maximum.accumulate(_log_cumulative(near).mean(axis=0)))


def level_of(p: Array, course: Array, times: Array = COURSE_H) -> Array:
    """How far machines are along the course (…,), from P of failing (…, T) within `times` (T,)."""
    usual = np.log(np.maximum(_course_at(course, times), LEAST))
    tells = usual <= max(np.log(TELLING), usual.min())
    return np.asarray((_log_cumulative(p) - usual)[..., tells].mean(axis=-1))


def cumulative_of(level: Array | float, course: Array, at: Array) -> Array:
    """Cumulative hazard (…, S) by the times `at` (S,) in hours from now; after the last hour that
    the course knows nothing is added."""
    return np.asarray(np.exp(np.asarray(level))[..., None] * _course_at(course, at))


def _course_at(course: Array, at: Array) -> Array:
    return cumulative_at(np.append(0.0, COURSE_H), np.append(0.0, -np.expm1(-np.exp(course))), at)


def _log_cumulative(p: Array) -> Array:
    return np.asarray(np.log(np.maximum(-np.log1p(-np.minimum(p, MOST_P)), LEAST)))
