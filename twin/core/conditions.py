"""Operating conditions: what the inputs explain of the sensors, so that the twin sees only wear.

    z' = (z − offset_c − gain_c u) / scale_c        c: the regime nearest to u

Inputs that take a few settings make regimes (k-means), one mean and spread each. Inputs that vary
smoothly make one regime and a linear answer. One rule decides for every plant: settings are
discrete when at most MAX_REGIMES centres come within TIGHT of every sample, measured in the
input's declared range; an input that moves less than that is a constant.
Source of the start: Gonzalez (1985), farthest-first; then Lloyd's iterations.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Conditions", "learn_conditions", "nearest", "normalise", "regimes"]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_REGIMES = 12
TIGHT = 0.02
"""Distance from its centre, in parts of the input's range, at which a sample still belongs."""
REPEATED = 0.95
"""A sensor of whose samples the commonest value of each regime makes up this part tells nothing."""
RESOLUTION = 1e-6
"""Relative spread below which a float32 sensor is constant."""
LLOYD_STEPS = 20


class Conditions(NamedTuple):
    """K regimes of k inputs, m sensors; plant units."""

    centre: Array
    """(K, k)"""
    input_scale: Array
    """(k,)"""
    offset: Array
    """(K, m)"""
    gain: Array
    """(K, m, k)"""
    scale: Array
    """(K, m)"""
    constant: NDArray[np.bool_]
    """(m,) sensors that carry no information."""


def nearest(centre: Array, input_scale: Array, u: Array) -> Ints:
    """Index (R,) of the nearest regime of each sample's inputs u (R, k)."""
    if len(centre) == 1:
        return np.zeros(len(u), dtype=np.int64)
    gaps = ((u - c) / input_scale for c in centre)
    away = [np.einsum("rk,rk->r", gap, gap) for gap in gaps]
    return np.asarray(np.argmin(np.stack(away), axis=0), dtype=np.int64)


def regimes(u: Array, input_scale: Array) -> Array:
    """Centres (K, k) of discrete settings, or one centre where u (R, k) varies smoothly.

    Deterministic: starts from the mean, then from the sample farthest from all centres.
    """
    if u.shape[1] == 0:
        return np.zeros((1, 0))
    w = u / input_scale
    centre = w.mean(0, keepdims=True)
    for _ in range(MAX_REGIMES):
        centre = _lloyd(w, centre)
        gap = np.abs(w - centre[nearest(centre, np.ones(w.shape[1]), w)]).max(1)
        if gap.max() < TIGHT:
            return np.asarray(centre[np.lexsort(centre.T[::-1])] * input_scale)
        centre = np.vstack([centre, w[gap.argmax()]])
    return np.asarray(u.mean(0, keepdims=True))


def _lloyd(w: Array, centre: Array) -> Array:
    for _ in range(LLOYD_STEPS):
        label = nearest(centre, np.ones(w.shape[1]), w)
        held = np.unique(label)
        moved = np.stack([w[label == k].mean(0) for k in held])
        if moved.shape == centre.shape and np.allclose(moved, centre, rtol=0, atol=1e-12):
            break
        centre = moved
    return centre


def learn_conditions(z: Array, u: Array, life: Ints, ranges: Array, window: int) -> Conditions:
    """From training samples z (R, m), NaN missing, u (R, k), life (R,) whose samples belong
    together in order; ranges (k, 2) of the inputs; window: samples over which wear stands still.
    """
    k, m = u.shape[1], z.shape[1]
    known = ~np.isnan(u).any(1)
    z, u, life = z[known], u[known], life[known]
    input_scale = np.where(np.ptp(ranges, axis=1) > 0, np.ptp(ranges, axis=1), 1.0)
    centre = regimes(u, input_scale)
    label = nearest(centre, input_scale, u)
    gain = np.zeros((len(centre), m, k))
    if len(centre) == 1 and k:
        gain[0] = _linear_answer(z, u, life, window, input_scale)
    rest = z - np.einsum("rmk,rk->rm", gain[label], u)
    groups = [label == c for c in range(len(centre))]
    offset = np.stack([_mean(rest[g]) for g in groups])
    scale = np.stack([_spread(rest[g]) for g in groups])
    constant = np.array([_tells_nothing([z[g, i] for g in groups], offset[:, i]) for i in range(m)])
    scale = np.where(scale > RESOLUTION * np.abs(offset), scale, 0.0)
    typical = np.where(
        scale.max(0) > 0, scale.max(0), np.maximum(1e-3 * np.abs(offset).max(0), 1e-3)
    )
    return Conditions(
        centre, input_scale, offset, gain, np.where(scale > 0, scale, typical), constant
    )


def normalise(conditions: Conditions, z: Array, u: Array) -> Array:
    """z' (R, m) in model units, as the filter sees it."""
    c = nearest(conditions.centre, conditions.input_scale, u)
    explained = conditions.offset[c]
    if conditions.gain.any():
        explained = explained + np.einsum("rmk,rk->rm", conditions.gain[c], u)
    return np.asarray((z - explained) / conditions.scale[c])


def _linear_answer(z: Array, u: Array, life: Ints, window: int, input_scale: Array) -> Array:
    """Gain (m, k) by least squares on departures from a window's mean: wear, which is slower than
    the window, drops out."""
    starts = np.flatnonzero(np.concatenate([[True], life[1:] != life[:-1]]))
    place = np.arange(len(life)) - np.repeat(starts, np.diff(np.append(starts, len(life))))
    _, block = np.unique(np.stack([life, place // window], axis=1), axis=0, return_inverse=True)
    du = _departures(u, block.ravel())
    moving = (du / input_scale).std(0) > TIGHT / 10
    gain = np.zeros((z.shape[1], u.shape[1]))
    for i in range(z.shape[1] if moving.any() else 0):
        seen = ~np.isnan(z[:, i])
        dz = _departures(z[seen, i : i + 1], block.ravel()[seen])
        gain[i, moving] = np.linalg.lstsq(du[seen][:, moving], dz[:, 0], rcond=None)[0]
    return gain


def _departures(x: Array, block: Ints) -> Array:
    count = np.maximum(np.bincount(block), 1)
    mean = np.stack([np.bincount(block, c, len(count)) / count for c in x.T], axis=1)
    return np.asarray(x - mean[block])


def _mean(x: Array) -> Array:
    seen = ~np.isnan(x)
    return np.asarray(np.where(seen, x, 0.0).sum(0) / np.maximum(seen.sum(0), 1))


def _spread(x: Array) -> Array:
    away = x - _mean(x)
    return np.asarray(np.sqrt(_mean(away * away)))


def _tells_nothing(groups: list[Array], offset: Array) -> bool:
    """Whether a sensor repeats one value in its regimes, on the whole (or was never seen)."""
    repeats, count = 0, 0
    for values, mean in zip(groups, offset, strict=True):
        seen = values[~np.isnan(values)]
        if len(seen) == 0:
            continue
        common = int(np.unique(seen, return_counts=True)[1].max())
        repeats += len(seen) if seen.std() <= RESOLUTION * abs(mean) else common
        count += len(seen)
    return repeats >= REPEATED * count
