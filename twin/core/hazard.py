"""When a machine will fail, from what its twin believes now: a landmark discrete-time hazard.

    logit h_mj(x) = b_jᵀ A_m x + log w_j    mode m, lead-time bin j of w_j steps, features x
    S(e_j) = ∏_{i ≤ j} ∏_m (1 − h_mi)   survival at the bin's end; log S is linear within a bin

b_j is a cubic B-spline in log lead time, so one small matrix A_m (K, f) a failure mode answers
every horizon at once, and P(T ≤ t) = 1 − S(t) cannot fall as t grows.
Sources: van Houwelingen & Putter (2012), Dynamic Prediction, ch. 7 (landmark models); Singer &
Willett (1993), J. Educ. Stat. 18:155 (discrete time).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.features import FeatureMap, base_features, products

__all__ = [
    "Hazard",
    "Outlook",
    "cumulative_between",
    "design_of",
    "failure_probability",
    "interpolation",
    "lead_bins",
    "outlook",
    "outlook_of",
    "rul_mean",
    "rul_quantile",
    "spline_basis",
]

Array = NDArray[np.float64]
ETA_MAX = 30.0


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
    x, _ = design_of(hazard, level, slope, age)
    return outlook_of(hazard, x)


def failure_probability(future: Outlook, edges: Array, lead: Array | Sequence[float]) -> Array:
    """P(T ≤ lead) as (N, H) for lead times (H,) in steps; beyond the horizon that of the horizon,
    which is then a lower bound."""
    return np.asarray(-np.expm1(-(future.cumulative @ interpolation(edges, lead))))


def cumulative_between(future: Outlook, edges: Array, begin: float, end: float) -> Array:
    """Cumulative hazard (N,) between two lead times in steps."""
    at = interpolation(edges, [begin, end])
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


def design_of(hazard: Hazard, level: Array, slope: Array, age: Array) -> tuple[Array, Array]:
    """Features of machines (N, f), products among them, and those before the products (N, a)."""
    z = base_features(hazard.map_, level, slope, age)
    x = np.concatenate([np.ones((len(z), 1)), z, products(hazard.map_, z)], axis=1)
    return x, z


def outlook_of(hazard: Hazard, x: Array) -> Outlook:
    """Of machines with features x (N, f)."""
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


def interpolation(edges: Array, lead: Array | Sequence[float]) -> Array:
    """Weights (J + 1, H) that read a quantity linear between edges at the lead times."""
    t = np.clip(np.asarray(lead, dtype=np.float64), edges[0], edges[-1])
    j = np.clip(np.searchsorted(edges, t, side="left"), 1, len(edges) - 1)
    part = (t - edges[j - 1]) / (edges[j] - edges[j - 1])
    out = np.zeros((len(edges), len(t)))
    out[j - 1, np.arange(len(t))] = 1.0 - part
    out[j, np.arange(len(t))] = part
    return out
