"""When a machine will fail, from what its twin believes now: a landmark discrete-time hazard.

    logit h_mj(x) = b_jᵀ A_m x + log w_j    mode m, lead-time bin j of w_j steps, features x
    S(e_j) = ∏_{i ≤ j} ∏_m (1 − h_mi)   survival at the bin's end; log S is linear within a bin

b_j is a cubic B-spline in log lead time, so one small matrix A_m (K, f) a failure mode answers
every horizon at once, and P(T ≤ t) = 1 − S(t) cannot fall as t grows.
The 80 % interval is of P as the fit could have come out with other machines of the fleet (sandwich
variance by machine, on the scale of the log cumulative hazard); the machine's own chance is P.
Sources: van Houwelingen & Putter (2012), Dynamic Prediction, ch. 7 (landmark models); Singer &
Willett (1993), J. Educ. Stat. 18:155 (discrete time); Liang & Zeger (1986) (sandwich).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.features import FeatureMap, base_features, products

__all__ = [
    "Hazard",
    "Outlook",
    "Risk",
    "assess",
    "contributions",
    "cumulative_between",
    "failure_probability",
    "lead_bins",
    "outlook",
    "rul_mean",
    "rul_quantile",
    "spline_basis",
]

Array = NDArray[np.float64]

Z80 = 1.2815515655446004
"""Standard normal quantile at .9: both sides of an 80 % interval."""
ETA_MAX = 30.0
BLOCK = 512
"""Machines assessed together: their intermediate arrays stay in the processor's cache."""


class Hazard(NamedTuple):
    """A fitted failure model: M modes, K spline functions, f features, J bins, rank-r variance."""

    modes: tuple[str, ...]
    map_: FeatureMap
    edges: Array
    """(J + 1,) lead times in steps; the last is the horizon."""
    basis: Array
    """(J, K)"""
    coef: Array
    """(M, K, f)"""
    factor: Array
    """(M, r, K, f): covariance of vec(A_m) is the sum over r of outer products."""
    reference: Array
    """(M, a + 1) the fleet's mean log-odds by sensor, age last."""
    provisional: bool = False
    """Too few failures for the intervals to be trusted."""
    recalibration: tuple[float, float] | None = None
    """(a, b), b > 0, of matured outcomes: logit P' = a + b·logit P, with P = P(T ≤ e_j), at the end
    of every bin. Source: Platt (1999)."""

    @property
    def horizon(self) -> float:
        """Longest lead time spoken about, steps."""
        return float(self.edges[-1])


class Outlook(NamedTuple):
    """The future of N machines, at the bins' edges."""

    hazard: Array
    """(M, N, J) per bin and mode."""
    cumulative: Array
    """(N, J + 1) cumulative hazard −log S, 0 at lead 0."""
    features: Array
    """(N, f)"""
    raw: Array | None = None
    """(N, J + 1) cumulative hazard before it was recalibrated; None: it was not."""

    @property
    def survival(self) -> Array:
        """(N, J + 1), 1 at lead 0."""
        return np.exp(-self.cumulative)


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


def lead_bins(horizon: float) -> Array:
    """Edges 0, 2, …, 10, 13, …, horizon in steps: fine where decisions are near. A last bin
    shorter than two steps is joined to the one before."""
    if horizon <= 10:
        return np.linspace(0.0, horizon, 6)
    edges = np.concatenate([np.arange(0.0, 10.0, 2.0), np.arange(10.0, horizon, 3.0), [horizon]])
    return np.asarray(np.delete(edges, -2) if edges[-1] - edges[-2] < 2.0 else edges)


def spline_basis(edges: Array, df: int = 5) -> Array:
    """Cubic B-splines (J, df) in the log lead time of the bins' middles; rows sum to 1.

    Source: de Boor (1978), recurrence of Cox and de Boor; df ≥ 4, knots evenly spaced.
    """
    x = np.log1p((edges[1:] + edges[:-1]) / 2)
    low, high = x[0], x[-1]
    inner = np.linspace(low, high, df - 2)
    knots = np.concatenate([[low] * 3, inner, [high] * 3])
    x = np.minimum(x, high - 1e-9 * (high - low))
    b = ((x[:, None] >= knots[:-1]) & (x[:, None] < knots[1:])).astype(np.float64)
    for degree in range(1, 4):
        left = knots[degree:-1] - knots[: -degree - 1]
        right = knots[degree + 1 :] - knots[1:-degree]
        rise = np.divide(
            x[:, None] - knots[: -degree - 1],
            left,
            where=left > 0,
            out=np.zeros((len(x), len(left))),
        )
        fall = np.divide(
            knots[degree + 1 :] - x[:, None],
            right,
            where=right > 0,
            out=np.zeros((len(x), len(right))),
        )
        b = rise * b[:, :-1] + fall * b[:, 1:]
    return np.asarray(b)


def outlook(hazard: Hazard, level: Array, slope: Array, age: Array) -> Outlook:
    """Hazards and survival of N machines. level, slope (N, m) in model units, age (N,) steps."""
    x, _ = _design(hazard, level, slope, age)
    return _outlook(hazard, x)


def failure_probability(future: Outlook, edges: Array, lead: Array | Sequence[float]) -> Array:
    """P(T ≤ lead) as (N, H) for lead times (H,) in steps; beyond the horizon that of the horizon,
    which is then a lower bound."""
    return np.asarray(-np.expm1(-(future.cumulative @ _interpolation(edges, lead))))


def cumulative_between(future: Outlook, edges: Array, begin: float, end: float) -> Array:
    """Cumulative hazard (N,) between two lead times in steps."""
    at = _interpolation(edges, [begin, end])
    return np.asarray(future.cumulative @ (at[:, 1] - at[:, 0]))


def rul_mean(future: Outlook, edges: Array) -> Array:
    """Σ_{d=1}^{horizon} P(T ≥ d) in steps (N,): the mean of min(T, horizon), T a whole number.

    ∫ S by trapezia between edges, and half a step because T counts the step in which it falls.
    """
    s = future.survival
    weight = np.zeros(len(edges))
    weight[:-1] += np.diff(edges) / 2
    weight[1:] += np.diff(edges) / 2
    return np.asarray(s @ weight + (1.0 - s[:, -1]) / 2)


def rul_quantile(future: Outlook, edges: Array, q: float) -> Array:
    """Lead time (N,) by which the machine has failed with probability q; inf beyond horizon."""
    target = -np.log1p(-q)
    c = future.cumulative
    after = (c < target).sum(1)
    j = np.clip(after, 1, len(edges) - 1)
    n = np.arange(len(c))
    low, high = c[n, j - 1], c[n, j]
    part = (target - low) / np.maximum(high - low, 1e-300)
    return np.where(after >= len(edges), np.inf, edges[j - 1] + part * (edges[j] - edges[j - 1]))


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
    x, z = _design(hazard, level, slope, age)
    future = _outlook(hazard, x)
    at = _interpolation(hazard.edges, horizons)
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


def _design(hazard: Hazard, level: Array, slope: Array, age: Array) -> tuple[Array, Array]:
    z = base_features(hazard.map_, level, slope, age)
    x = np.concatenate([np.ones((len(z), 1)), z, products(hazard.map_, z)], axis=1)
    return x, z


def _outlook(hazard: Hazard, x: Array) -> Outlook:
    n, bins = len(x), len(hazard.basis)
    h = np.empty((len(hazard.coef), n, bins))
    total = np.zeros((n, bins + 1))
    width = np.log(np.diff(hazard.edges))
    for mode, coef in enumerate(hazard.coef):
        eta = x @ (hazard.basis @ coef).T + width
        odds = np.exp(np.clip(eta, -ETA_MAX, ETA_MAX))
        total[:, 1:] += np.log1p(odds)
        h[mode] = odds / (1.0 + odds)
    np.cumsum(total, axis=1, out=total)
    if hazard.recalibration is None:
        return Outlook(h, total, x)
    return Outlook(h, _recalibrated(total, *hazard.recalibration), x, total)


def _recalibrated(cumulative: Array, a: float, b: float) -> Array:
    """Cumulative hazard with logit P' = a + b·logit P: log(1 + e^a·(e^Λ − 1)^b); 0 stays 0."""
    with np.errstate(divide="ignore"):
        logit = cumulative + np.log(-np.expm1(-cumulative))
    return np.asarray(np.logaddexp(0.0, a + b * logit))


def _elasticity(b: float, raw: Array, cumulative: Array) -> Array:
    """d log Λ' / d log Λ = b·(P'/P)·(Λ/Λ'), by which the sd of a log cumulative hazard changes."""
    share = np.expm1(-cumulative) / np.minimum(np.expm1(-raw), -1e-300)
    return np.asarray(b * share * raw / np.maximum(cumulative, 1e-300))


def _scaled(hazard: Hazard, parts: Array) -> Array:
    """Log-odds as they move P', b times those that move P."""
    return parts if hazard.recalibration is None else parts * hazard.recalibration[1]


def _interpolation(edges: Array, lead: Array | Sequence[float]) -> Array:
    """Weights (J + 1, H) that read a quantity linear between edges at the lead times."""
    t = np.clip(np.asarray(lead, dtype=np.float64), edges[0], edges[-1])
    j = np.clip(np.searchsorted(edges, t, side="left"), 1, len(edges) - 1)
    part = (t - edges[j - 1]) / (edges[j] - edges[j - 1])
    out = np.zeros((len(edges), len(t)))
    out[j - 1, np.arange(len(t))] = 1.0 - part
    out[j, np.arange(len(t))] = part
    return out


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
