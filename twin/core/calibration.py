"""Is a probability of .2 right one time in five? Scores of probabilities and of intervals.

Sources: Brier (1950); Naeini, Cooper & Hauskrecht (2015) (ECE); Dawid (1984) (PIT); Platt (1999).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Reliability",
    "brier",
    "coverage",
    "expected_calibration_error",
    "pit",
    "platt",
    "recalibrated",
    "reliability",
]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

SLOPES = (0.8, 1.25)


class Reliability(NamedTuple):
    """Bins of equal width over forecast probability; empty bins are NaN."""

    forecast: Array
    """(B,) mean probability said."""
    observed: Array
    """(B,) share that happened."""
    n: NDArray[np.int64]
    """(B,) forecasts."""


def brier(p: Array, happened: Flags) -> float:
    """Mean squared error of probabilities (N,); 0 is perfect."""
    return float(np.mean((p - happened) ** 2))


def reliability(p: Array, happened: Flags, bins: int = 10) -> Reliability:
    """What was said against what happened, in bins of equal width."""
    place = np.clip((p * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        said = np.bincount(place, p, bins) / count
        seen = np.bincount(place, happened.astype(np.float64), bins) / count
    return Reliability(said, seen, count)


def expected_calibration_error(p: Array, happened: Flags, bins: int = 10) -> float:
    """Mean distance of forecast and observed frequency, weighted by bin."""
    r = reliability(p, happened, bins)
    used = r.n > 0
    gap = np.abs(r.forecast[used] - r.observed[used])
    return float(gap @ r.n[used] / r.n.sum())


def coverage(low: Array, high: Array, truth: Array) -> float:
    """Share of truths within [low, high]."""
    return float(np.mean((low <= truth) & (truth <= high)))


def pit(cdf: Array, cdf_before: Array, u: Array) -> Array:
    """Randomised probability integral transform (N,): uniform when the forecasts are right.

    cdf = P(T ≤ t), cdf_before = P(T < t) at the outcome t, u uniform on [0, 1].
    """
    return np.asarray(cdf_before + u * (cdf - cdf_before))


def platt(p: Array, happened: Flags, steps: int = 50) -> tuple[float, float]:
    """(a, b) with logit P' = a + b·logit p that fit matured outcomes best; (0, 1) when p is right.

    Newton on two parameters with a prior of one pseudo-outcome each way (Platt's targets).
    """
    x = _logit(p)
    hits = float(happened.sum())
    target = np.where(happened, (hits + 1) / (hits + 2), 1 / (len(p) - hits + 2))
    design = np.column_stack([np.ones_like(x), x])
    ab = np.array([0.0, 1.0])
    for _ in range(steps):
        q = 1.0 / (1.0 + np.exp(-np.clip(design @ ab, -30, 30)))
        hessian = design.T @ (design * (q * (1 - q))[:, None]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, design.T @ (target - q))
        ab = ab + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < 1e-9:
            break
    return float(ab[0]), float(ab[1])


def recalibrated(p: Array, a: float, b: float) -> Array:
    """P' with logit P' = a + b·logit p; keeps the order of horizons as long as b > 0."""
    return np.asarray(1.0 / (1.0 + np.exp(-(a + b * _logit(p)))))


def _logit(p: Array) -> Array:
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(inside) - np.log1p(-inside))
