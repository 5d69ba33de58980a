"""From belief to features: what the failure model sees of a machine.

    base      levels, slopes, log(1 + age), each standardised over the fleet that was learnt from
    products  z_i z_j, i ≤ j, of six factors: two leading principal components of the levels, three
              of the slopes, and log-age

Levels and slopes are the twin's, in model units and model units per step; a rolling window would
only repeat them. Products let the risk bend and let sensors interact at the cost of a few columns.
Base features are limited to the range met in training, give or take: a logit extrapolates without
bound, and a twin that has lost its machine must not shout louder than any failure ever seen.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FeatureMap", "base_features", "features", "learn_features", "products"]

Array = NDArray[np.float64]

MARGIN = 0.25
"""How far beyond the training range, in parts of that range, a base feature is followed."""


class FeatureMap(NamedTuple):
    """Recipe for f = 1 + (2a + 1) + c(c + 1)/2 features from a of a class's sensors."""

    lanes: NDArray[np.int64]
    """(a,) sensors that carry information; the rest are left out."""
    centre: Array
    """(2a + 1,) fleet mean of levels, slopes, log(1 + age)."""
    scale: Array
    """(2a + 1,) their standard deviation."""
    low: Array
    """(2a + 1,) standardised limits."""
    high: Array
    components: Array
    """(2a + 1, c) loadings of the factors, each of variance 1."""
    product_centre: Array
    """(c(c + 1)/2,)"""
    product_scale: Array

    @property
    def size(self) -> int:
        """Number of features, the constant 1 included."""
        return 1 + len(self.centre) + len(self.product_centre)


def base_features(map_: FeatureMap, level: Array, slope: Array, age: Array) -> Array:
    """Standardised levels, slopes and log-age (N, 2a + 1) of level, slope (N, m), age (N,) steps.

    NaN (a sensor never seen) counts as the fleet's mean.
    """
    lanes = map_.lanes
    raw = np.column_stack([level[:, lanes], slope[:, lanes], np.log1p(np.maximum(age, 0.0))])
    z = np.clip((raw - map_.centre) / map_.scale, map_.low, map_.high)
    return np.nan_to_num(z, copy=False, nan=0.0)


def features(map_: FeatureMap, level: Array, slope: Array, age: Array) -> Array:
    """Feature matrix (N, f), column 0 the constant 1. level, slope (N, m), age (N,) in steps."""
    z = base_features(map_, level, slope, age)
    out = np.empty((len(z), map_.size))
    out[:, 0] = 1.0
    out[:, 1 : 1 + z.shape[1]] = z
    out[:, 1 + z.shape[1] :] = products(map_, z)
    return out


def products(map_: FeatureMap, z: Array) -> Array:
    """Standardised products (N, c(c + 1)/2) of the components of base features z (N, 2a + 1)."""
    i, j = np.triu_indices(map_.components.shape[1])
    scores = z @ map_.components
    return (scores[:, i] * scores[:, j] - map_.product_centre) / map_.product_scale


def learn_features(
    level: Array,
    slope: Array,
    age: Array,
    lanes: NDArray[np.int64],
    n_level: int = 2,
    n_slope: int = 3,
) -> FeatureMap:
    """The recipe from training landmarks: level, slope (N, m), age (N,) steps.

    n_level = n_slope = 0 leaves the products out (few failures: linear terms only).
    """
    raw = np.column_stack([level[:, lanes], slope[:, lanes], np.log1p(np.maximum(age, 0.0))])
    centre, scale = raw.mean(0), raw.std(0)
    scale = np.where(scale > 1e-12 * (1.0 + np.abs(centre)), scale, 1.0)
    z = (raw - centre) / scale
    low, high = z.min(0), z.max(0)
    margin = MARGIN * (high - low)
    components = _factors(z, len(lanes), n_level, n_slope)
    pairs = components.shape[1] * (components.shape[1] + 1) // 2
    blank = FeatureMap(
        lanes,
        centre,
        scale,
        low - margin,
        high + margin,
        components,
        np.zeros(pairs),
        np.ones(pairs),
    )
    pairwise = products(blank, z)
    spread = np.maximum(pairwise.std(0), 1e-9)
    return blank._replace(product_centre=pairwise.mean(0), product_scale=spread)


def _factors(z: Array, n_lanes: int, n_level: int, n_slope: int) -> Array:
    """Loadings (2a + 1, c) of the factors whose products are features: leading components of the
    levels, of the slopes, and age by itself. Taken apart, because age decides what a level means
    and would otherwise have to win a place among components by its variance alone."""
    levels = _leading(z[:, :n_lanes], n_level)
    slopes = _leading(z[:, n_lanes : 2 * n_lanes], n_slope)
    a, b = levels.shape[1], slopes.shape[1]
    out = np.zeros((z.shape[1], a + b + 1 if a + b else 0))
    out[:n_lanes, :a] = levels
    out[n_lanes : 2 * n_lanes, a : a + b] = slopes
    if a + b:
        out[-1, -1] = 1.0
    return out


def _leading(z: Array, n_components: int) -> Array:
    """Loadings (p, c) of the leading components of z (N, p), scaled to scores of variance 1."""
    variance, vectors = np.linalg.eigh(z.T @ z / len(z))
    order = np.argsort(variance)[::-1][: min(n_components, z.shape[1])]
    order = order[variance[order] > 1e-9]
    signs = np.sign(vectors[np.abs(vectors[:, order]).argmax(0), order])
    loadings: Array = vectors[:, order] * signs / np.sqrt(variance[order])
    return loadings
