"""The hazard of a state read along paths, and the landmark model's curve from a belief.

C(t)  = Σ_j Σ_modes −log(1 − h_1(x(t_j)))     along a path: the first lead bin's hazard
Λ*(t) = −log E exp(−C(t))                     over paths, because E∏(1 − h) ≠ ∏(1 − Eh)
"""

import numpy as np
from numpy.typing import NDArray

from twin.core.features import FeatureMap, base_features
from twin.core.hazard import ETA_MAX, Hazard
from twin.core.hazard_risk import assess
from twin.core.paths import Paths, Start

__all__ = ["landmark_curve", "path_hazard", "population"]

Array = NDArray[np.float64]

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
