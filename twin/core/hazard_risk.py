"""A machine's risk: probabilities with their intervals, the life left, and what drives it.

The 80 % interval is of P as the fit could have come out with other machines of the fleet (sandwich
variance by machine, on the scale of the log cumulative hazard); the machine's own chance is P.
Source: Liang & Zeger (1986) (sandwich).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.features import base_features
from twin.core.hazard import (
    Hazard,
    Outlook,
    design_of,
    interpolation,
    outlook_of,
    rul_mean,
    rul_quantile,
)

__all__ = ["Risk", "assess", "contributions"]

Array = NDArray[np.float64]

Z80 = 1.2815515655446004
"""Standard normal quantile at .9: both sides of an 80 % interval."""
BLOCK = 512
"""Machines assessed together: their intermediate arrays stay in the processor's cache."""


class Risk(NamedTuple):
    """What is shown of N machines at H horizons."""

    p: Array
    """(N, H) probability of failure within each horizon."""
    p_lo: Array
    """(N, H) lower end of its 80 % interval."""
    p_hi: Array
    mode_p: Array
    """(N, M) each mode's share of the risk within the last horizon, sums to 1."""
    rul_mean: Array
    """(N,) steps; no more than the horizon."""
    rul_q: Array
    """(N, 3) 10, 50, 90 % quantiles in steps, inf beyond the horizon."""
    driver: NDArray[np.int64]
    """(N, 3) sensors that push the risk up most, -1 where fewer do."""
    driver_logit: Array
    """(N, 3) by how much, log-odds against the fleet's mean; 0 where none."""


def contributions(hazard: Hazard, level: Array, slope: Array, age: Array) -> Array:
    """Log-odds by sensor and age against the fleet's mean, (M, N, a + 1), age last.

    Averaged over lead times. Level and slope of a sensor count together; a product of components
    is shared among the sensors that make it up, so the parts add up to the whole.
    """
    z = base_features(hazard.map_, level, slope, age)
    return _scaled(hazard, _contributions(hazard, z) - hazard.reference[:, None, :])


def assess(
    hazard: Hazard,
    level: Array,
    slope: Array,
    age: Array,
    horizons: Sequence[float] = (8.0, 24.0, 168.0),
) -> Risk:
    """Everything a screen shows of the risk of N machines.

    level, slope (N, m) in model units, age (N,) in steps, horizons in steps.
    """
    if len(age) <= BLOCK:
        return _assess(hazard, level, slope, age, horizons)
    blocks = [slice(i, i + BLOCK) for i in range(0, len(age), BLOCK)]
    parts = [_assess(hazard, level[b], slope[b], age[b], horizons) for b in blocks]
    return Risk(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _assess(
    hazard: Hazard, level: Array, slope: Array, age: Array, horizons: Sequence[float]
) -> Risk:
    x, z = design_of(hazard, level, slope, age)
    future = outlook_of(hazard, x)
    at = interpolation(hazard.edges, horizons)
    cumulative = future.cumulative @ at
    if hazard.recalibration is None or future.raw is None:
        sd = _sd_log_cumulative(hazard, future, at[1:], cumulative)
    else:
        raw = future.raw @ at
        sd = _sd_log_cumulative(hazard, future, at[1:], raw)
        sd *= _elasticity(hazard.recalibration[1], raw, cumulative)
    share = _mode_share(future, at[1:, -1])
    parts = _scaled(hazard, _contributions(hazard, z) - hazard.reference[:, None, :])
    driver, logit = _drivers(hazard.map_.lanes, np.einsum("nm,mna->na", share, parts)[:, :-1])
    return Risk(
        p=-np.expm1(-cumulative),
        p_lo=-np.expm1(-cumulative * np.exp(-Z80 * sd)),
        p_hi=-np.expm1(-cumulative * np.exp(Z80 * sd)),
        mode_p=share,
        rul_mean=rul_mean(future, hazard.edges),
        rul_q=np.column_stack([rul_quantile(future, hazard.edges, q) for q in (0.1, 0.5, 0.9)]),
        driver=driver,
        driver_logit=logit,
    )


def _elasticity(b: float, raw: Array, cumulative: Array) -> Array:
    """d log Λ' / d log Λ = b·(P'/P)·(Λ/Λ'), by which the sd of a log cumulative hazard changes."""
    share = np.expm1(-cumulative) / np.minimum(np.expm1(-raw), -1e-300)
    return np.asarray(b * share * raw / np.maximum(cumulative, 1e-300))


def _scaled(hazard: Hazard, parts: Array) -> Array:
    """Log-odds as they move P', b times those that move P."""
    return parts if hazard.recalibration is None else parts * hazard.recalibration[1]


def _sd_log_cumulative(hazard: Hazard, future: Outlook, at: Array, cumulative: Array) -> Array:
    """Sd (N, H) of the log cumulative hazard from the coefficients' variance (delta method).

    ∂Λ(t)/∂A_m = Σ_j w_j(t) h_mj b_j xᵀ, with w_j(t) the part of bin j that lies before t.
    """
    n, horizons = cumulative.shape
    weight = _bin_weights(at)
    variance = np.zeros((n, horizons))
    for h, factor in zip(future.hazard, hazard.factor, strict=True):
        rank, k, f = factor.shape
        push = future.features @ factor.reshape(rank * k, f).T
        pull = (weight[:, :, None] * hazard.basis[:, None, :]).reshape(len(weight), -1)
        slopes = (h @ pull).reshape(n, horizons, k)
        moved = slopes @ push.reshape(n, rank, k).transpose(0, 2, 1)
        variance += np.einsum("nhr,nhr->nh", moved, moved)
    return np.sqrt(variance) / np.maximum(cumulative, 1e-300)


def _bin_weights(at: Array) -> Array:
    """Part of each bin (J, H) before each horizon, from weights on cumulative values (J, H)."""
    return np.asarray(np.cumsum(at[::-1], axis=0)[::-1])


def _mode_share(future: Outlook, at: Array) -> Array:
    """Each mode's part (N, M) of the failures expected before the horizon."""
    alive = future.survival[:, :-1] * _bin_weights(at[:, None])[:, 0]
    fails = np.stack([(alive * h).sum(1) for h in future.hazard], axis=1)
    return np.asarray(fails / np.maximum(fails.sum(1, keepdims=True), 1e-300))


def _contributions(hazard: Hazard, z: Array) -> Array:
    """Log-odds (M, N, a + 1) by sensor, age last, averaged over lead times; not yet centred."""
    map_, width = hazard.map_, np.diff(hazard.edges)
    a, c = len(map_.lanes), map_.components.shape[1]
    average = (width @ hazard.basis) / width.sum()
    i, j = np.triu_indices(c)
    out = np.empty((len(hazard.coef), len(z), a + 1))
    for mode, coef in enumerate(hazard.coef):
        theta = average @ coef
        bend = np.zeros((c, c))
        bend[i, j] = theta[1 + z.shape[1] :] / map_.product_scale
        bend = (bend + bend.T) / 2
        parts = z * (theta[1 : 1 + z.shape[1]] + z @ (map_.components @ bend @ map_.components.T))
        out[mode, :, :a] = parts[:, :a] + parts[:, a : 2 * a]
        out[mode, :, a] = parts[:, -1]
    return out


def _drivers(lanes: NDArray[np.int64], parts: Array) -> tuple[NDArray[np.int64], Array]:
    """The three largest positive parts (N, a) and the sensors they belong to."""
    a = parts.shape[1]
    order = np.argsort(-parts, axis=1, kind="stable")[:, :3]
    logit = np.take_along_axis(parts, order, axis=1)
    driver = np.where(logit > 0, lanes[order], -1)
    short = 3 - min(a, 3)
    return (
        np.pad(driver, ((0, 0), (0, short)), constant_values=-1),
        np.pad(np.maximum(logit, 0.0), ((0, 0), (0, short))),
    )
