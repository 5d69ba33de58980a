"""The hazard read along paths, and what a push makes of the landmark model's curve.

    C(t)  = Σ_j Σ_modes −log(1 − h_1(x(t_j)))     along a path: the first lead bin's hazard
    Λ*(t) = −log E exp(−C(t))                     over paths, because E∏(1 − h) ≠ ∏(1 − Eh)
    Λ(t)  = Λ₀(t) · Λ*_moved(t)/Λ*_free(t)        Λ₀ the landmark model's

Without push the curve is the landmark model's own, and its calibration is kept; a push that raises
the hazard on every path can only raise it. Numerator and denominator share their paths, so the
error of a finite number is that of their ratio, which the jackknife says.
Source: Efron & Stein (1981), Ann. Statist. 9:586 (jackknife); Glasserman (2003), §4.1.
"""

import numpy as np
from numpy.typing import NDArray

from twin.core.features import FeatureMap, base_features
from twin.core.hazard import ETA_MAX, Z80, Hazard, assess
from twin.core.paths import Paths, Start

__all__ = ["landmark_curve", "path_hazard", "population", "pushed_curve"]

Array = NDArray[np.float64]

N_GROUPS = 16
"""Groups of paths that the jackknife leaves out in turn."""
CERTAIN = 1.0 - 1e-15
"""Probability whose logarithm is still a number."""


def landmark_curve(hazard: Hazard | None, start: Start, at: Array) -> Array:
    """Cumulative hazard and both ends of its 80 % interval, (3, G)."""
    if hazard is None:
        return np.full((3, len(at)), np.nan)
    risk = assess(hazard, start.level[None], start.slope[None], np.array([start.age]), list(at))
    p = np.stack([risk.p[0], risk.p_lo[0], risk.p_hi[0]])
    return np.asarray(-np.log1p(-np.minimum(p, CERTAIN)))


def path_hazard(
    hazard: Hazard, paths: Paths, level: Array | float = 0.0, slope: Array | float = 0.0
) -> Array:
    """Cumulative hazard (P, G) along paths moved by level and slope (G, m): in each bin the first
    lead bin's hazard of the state at its beginning."""
    n, steps, m = paths.level.shape
    begins = slice(0, steps - 1)
    shape = (n * (steps - 1), m)
    z = base_features(
        hazard.map_,
        (paths.level + level)[:, begins].reshape(shape),
        (paths.slope + slope)[:, begins].reshape(shape),
        np.tile(paths.age[begins], n),
    )
    total = np.zeros((n, steps))
    width = np.log(np.diff(paths.at))
    for coef in hazard.coef:
        eta = _log_odds(hazard.map_, hazard.basis[0] @ coef, z).reshape(n, steps - 1) + width
        total[:, 1:] += np.log1p(np.exp(np.clip(eta, -ETA_MAX, ETA_MAX)))
    return np.asarray(np.cumsum(total, axis=1))


def _log_odds(map_: FeatureMap, theta: Array, z: Array) -> Array:
    """θ · features (R,) of base features z (R, 2a + 1): the products as one quadratic form, which
    is several times quicker than a column for each."""
    b, c = z.shape[1], map_.components.shape[1]
    linear = theta[0] + z @ theta[1 : 1 + b]
    if c == 0:
        return np.asarray(linear)
    weight = theta[1 + b :] / map_.product_scale
    bend = np.zeros((c, c))
    bend[np.triu_indices(c)] = weight
    scores = z @ map_.components
    return np.asarray(
        linear + np.einsum("ri,ri->r", scores @ bend, scores) - weight @ map_.product_centre
    )


def population(cumulative: Array) -> Array:
    """−log E exp(−C) (G,) of C (P, G), without underflow."""
    least = cumulative.min(0)
    return np.asarray(least - np.log(np.exp(least - cumulative).mean(0)))


def pushed_curve(landmark: Array, moved: Array, free: Array) -> tuple[Array, Array]:
    """Landmark curve and interval (3, G) as the push makes them, and the sd (G,) of their logarithm
    from the number of paths. moved, free: hazards (P, G) along paths with and without push."""
    log_ratio, mc_sd = _log_ratio(moved, free)
    scaled = _widened(landmark, mc_sd) * np.exp(log_ratio)
    return np.maximum.accumulate(scaled, axis=1), mc_sd


def _widened(landmark: Array, mc_sd: Array) -> Array:
    """The interval with the paths' own error in it: variances of the logarithm add up."""
    out = landmark.copy()
    known = landmark[0] > 0
    log = np.log(landmark[:, known])
    for side, sign in ((1, -1.0), (2, 1.0)):
        half = np.hypot(log[side] - log[0], Z80 * mc_sd[known])
        out[side, known] = np.exp(log[0] + sign * half)
    return out


def _log_ratio(moved: Array, free: Array) -> tuple[Array, Array]:
    """log Λ*_moved/Λ*_free (G,) and its jackknife sd over groups of paths; mirrored pairs stay
    together."""
    n, half = len(free), len(free) // 2
    groups = np.tile(np.arange(half) % min(N_GROUPS, half), 2)[:n]
    whole = _log_of(moved) - _log_of(free)
    names = np.unique(groups)
    left = [_log_of(moved[groups != g]) - _log_of(free[groups != g]) for g in names]
    spread = np.square(np.stack(left) - np.mean(left, axis=0)).sum(0)
    return whole, np.sqrt(spread * (len(names) - 1) / len(names))


def _log_of(cumulative: Array) -> Array:
    return np.asarray(np.log(np.maximum(population(cumulative), 1e-300)))
