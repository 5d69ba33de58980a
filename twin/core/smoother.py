"""Rauch–Tung–Striebel: what is now known of the past, for both families.

    G = P_t Fᵀ (P'_{t+1})⁻¹
    xˢ_t = x_t + G (xˢ_{t+1} − x'_{t+1}),  Pˢ_t = P_t + G (Pˢ_{t+1} − P'_{t+1}) Gᵀ
with ' the prediction from t. Source: Rauch, Tung & Striebel (1965); Särkkä (2013), §8.2.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.kalman import Belief, Filtered
from twin.core.statespace import Linear, Trend
from twin.core.transition import transition

__all__ = ["Smoothed", "filter_trend", "smooth_linear", "smooth_trend"]

Array = NDArray[np.float64]


class Smoothed(NamedTuple):
    """Level and slope with their covariance, each (T, m), model units."""

    level: Array
    slope: Array
    p11: Array
    p12: Array
    p22: Array


def filter_trend(trend: Trend, time_us: NDArray[np.int64], z: Array) -> Smoothed:
    """Posteriors of one machine's series z (T, m) at time_us (T,): no gate, no judgement.

    The filter of the kernel in its simplest form, with all five numbers kept, for the smoother.
    """
    m = trend.n_sensors
    level, slope = np.zeros(m), np.zeros(m)
    p11, p12, p22 = trend.r * trend.p0[0], np.zeros(m), trend.r * trend.p0[1]
    out = np.empty((5, len(z), m))
    for t, (e, a, qa, qb, qc, dt) in enumerate(_steps(trend, time_us)):
        level, slope = level + a * slope, e * slope
        p11 = p11 + a * (2.0 * p12 + a * p22) + (trend.q_level * dt + trend.q_slope * qa)
        p12, p22 = e * (p12 + a * p22) + trend.q_slope * qb, e * e * p22 + trend.q_slope * qc
        s = p11 + trend.r
        y = np.where(np.isnan(z[t]), 0.0, z[t] - level)
        seen = ~np.isnan(z[t])
        level, slope = level + p11 * y / s, slope + p12 * y / s
        narrow = (p22 * trend.r + (p11 * p22 - p12 * p12)) / s
        p11, p12 = np.where(seen, p11 * trend.r / s, p11), np.where(seen, p12 * trend.r / s, p12)
        p22 = np.where(seen, narrow, p22)
        out[:, t] = level, slope, p11, p12, p22
    return Smoothed(*out)


def smooth_trend(trend: Trend, time_us: NDArray[np.int64], z: Array) -> Smoothed:
    """Smoothed level and slope of one machine's series z (T, m), model units, NaN = missing.

    Backwards, a 2 × 2 closed form a sensor; time_us rises, at any steps.
    """
    post = filter_trend(trend, time_us, z)
    out = [x.copy() for x in post]
    steps = list(_steps(trend, time_us))
    for t in range(len(z) - 2, -1, -1):
        e, a, qa, qb, qc, dt = steps[t + 1]
        level, slope, p11, p12, p22 = (x[t] for x in post)
        ahead = [level + a * slope, e * slope]
        f11 = p11 + a * (2.0 * p12 + a * p22) + (trend.q_level * dt + trend.q_slope * qa)
        f12, f22 = e * (p12 + a * p22) + trend.q_slope * qb, e * e * p22 + trend.q_slope * qc
        det = f11 * f22 - f12 * f12
        # G = P Fᵀ (P')⁻¹, with P Fᵀ = [[p11 + a p12, e p12], [p12 + a p22, e p22]]
        c11, c12, c21, c22 = p11 + a * p12, e * p12, p12 + a * p22, e * p22
        g11, g12 = (c11 * f22 - c12 * f12) / det, (c12 * f11 - c11 * f12) / det
        g21, g22 = (c21 * f22 - c22 * f12) / det, (c22 * f11 - c21 * f12) / det
        dl, ds = out[0][t + 1] - ahead[0], out[1][t + 1] - ahead[1]
        d11, d12, d22 = out[2][t + 1] - f11, out[3][t + 1] - f12, out[4][t + 1] - f22
        out[0][t], out[1][t] = level + g11 * dl + g12 * ds, slope + g21 * dl + g22 * ds
        out[2][t] = p11 + g11 * g11 * d11 + 2.0 * g11 * g12 * d12 + g12 * g12 * d22
        out[3][t] = p12 + g11 * g21 * d11 + (g11 * g22 + g12 * g21) * d12 + g12 * g22 * d22
        out[4][t] = p22 + g21 * g21 * d11 + 2.0 * g21 * g22 * d12 + g22 * g22 * d22
    return Smoothed(*out)


def smooth_linear(model: Linear, filtered: Filtered) -> Belief:
    """Smoothed beliefs (T, N, …) of a filtered series. P' must be invertible."""
    x, P = filtered.posterior.x.copy(), filtered.posterior.P.copy()
    for t in range(len(x) - 2, -1, -1):
        ahead = Belief(filtered.prior.x[t + 1], filtered.prior.P[t + 1])
        G = np.swapaxes(np.linalg.solve(ahead.P, model.F @ P[t]), -1, -2)
        x[t] += (G @ (x[t + 1] - ahead.x)[..., None])[..., 0]
        P[t] += G @ (P[t + 1] - ahead.P) @ np.swapaxes(G, -1, -2)
    return Belief(x, P)


def _steps(
    trend: Trend, time_us: NDArray[np.int64]
) -> list[tuple[float, float, float, float, float, float]]:
    """(e, a, qa, qb, qc, Δ) before each sample; Δ = 0 before the first."""
    gaps = np.diff(time_us, prepend=time_us[:1]) / trend.step_us
    return [(*transition(trend.growth, float(dt)), float(dt)) for dt in gaps]
