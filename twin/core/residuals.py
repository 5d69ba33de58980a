"""Residual diagnostics: are a twin's innovations what they ought to be, white and standard normal?

If F, Q, H and R fit, the standardised innovations e_t = y_t/√s_t are independent N(0, 1). Each
statistic here tests one part of that; a verdict names the part that fails and what may cause it.
Readings that the gate rejected are left out and counted. Lags are counted in samples.
Sources: Durbin & Koopman (2012), §2.12 (Ljung–Box, skewness, kurtosis, H, heteroskedasticity);
Ljung & Box (1978), Biometrika 65:297; Bowman & Shenton (1975), Biometrika 62:243;
Bar-Shalom, Li & Kirubarajan (2001), §5.4 (NIS); Dawid (1984) (probability integral transform).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, chdtrc, chdtri, fdtrc, ndtr, ndtri

__all__ = [
    "BINS",
    "LAGS",
    "Moments",
    "Nis",
    "Qq",
    "Residuals",
    "autocorrelation",
    "ljung_box",
    "moments",
    "nis_windows",
    "pit_counts",
    "qq_points",
    "residuals",
]

Array = NDArray[np.float64]

LAGS = 40
BINS = 20
WINDOW = 50
"""Readings averaged into one NIS of the chart."""
QQ_POINTS = 61
Z95 = 1.959963984540054
ALPHA = 0.05


class Moments(NamedTuple):
    """Of n residuals; kurtosis is 3 for a normal; h = n(S²/6 + (K − 3)²/24), p of χ² with 2."""

    n: int
    mean: float
    variance: float
    skewness: float
    kurtosis: float
    h: float
    h_p: float
    unequal: float
    """Sum of squares of the last third over that of the first."""
    unequal_p: float
    """Two-sided, of F."""


class Nis(NamedTuple):
    """Mean of e² over windows of `window` readings, W of them, and where it ought to lie."""

    ends: NDArray[np.int64]
    """(W,) place among all samples of each window's last reading."""
    mean: Array
    low: float
    high: float
    """95 % bounds of χ²."""
    outside: float
    """Share of windows outside."""
    window: int


class Qq(NamedTuple):
    """Quantiles (Q,) of the normal and of the residuals, with the 95 % band of order statistics."""

    normal: Array
    found: Array
    low: Array
    high: Array
    outside: float


class Residuals(NamedTuple):
    """All of one sensor."""

    n: int
    gated: int
    acf: Array
    """(L,) autocorrelation at lags 1 … L."""
    bound: float
    """±bound holds 95 of 100 lags of white innovations."""
    q: float
    q_p: float
    """Ljung–Box Q over all lags, and its p-value."""
    moments: Moments
    nis: Nis
    qq: Qq
    pit: NDArray[np.int64]
    """(B,) counts of Φ(e) in equal bins."""
    pit_low: float
    pit_high: float


def residuals(e: Array, rejected: NDArray[np.bool_], lags: int = LAGS) -> Residuals:
    """Diagnostics of standardised innovations e (R,), NaN where missing; rejected (R,) by gate."""
    kept = np.where(rejected, np.nan, e)
    seen = kept[np.isfinite(kept)]
    n = len(seen)
    acf = autocorrelation(kept, lags)
    q, q_p = ljung_box(acf, n)
    counts, low, high = pit_counts(seen)
    return Residuals(
        n=n,
        gated=int(np.sum(rejected & np.isfinite(e))),
        acf=acf,
        bound=Z95 / np.sqrt(max(n, 1)),
        q=q,
        q_p=q_p,
        moments=moments(seen),
        nis=nis_windows(kept),
        qq=qq_points(seen),
        pit=counts,
        pit_low=low,
        pit_high=high,
    )


def autocorrelation(e: Array, lags: int = LAGS) -> Array:
    """r_k, k = 1 … lags, of e (R,) about its mean; pairs with a NaN are left out.

    r_k = Σ (e_t − ē)(e_{t+k} − ē) / Σ (e_t − ē)², scaled up for pairs that are missing.
    NaN: too short.
    """
    seen = np.isfinite(e)
    n = int(seen.sum())
    if n < 2:
        return np.full(lags, np.nan)
    away = np.where(seen, e - e[seen].mean(), 0.0)
    square = float(away @ away)
    out = np.full(lags, np.nan)
    for k in range(1, min(lags, len(e) - 1) + 1):
        pairs = int((seen[k:] & seen[:-k]).sum())
        if pairs and square > 0:
            full = (n - k) / pairs if n > k else 1.0
            out[k - 1] = float(away[k:] @ away[:-k]) / square * full
    return out


def ljung_box(acf: Array, n: int) -> tuple[float, float]:
    """Q = n(n + 2) Σ r_k²/(n − k) over the lags of acf (L,), and its p-value, χ² with L."""
    lag = np.arange(1, len(acf) + 1)
    known = np.isfinite(acf) & (n > lag)
    if not known.any():
        return np.nan, np.nan
    q = float(n * (n + 2) * (acf[known] ** 2 / (n - lag[known])).sum())
    return q, float(chdtrc(known.sum(), q))


def moments(e: Array) -> Moments:
    """Moments of e (n,), finite, and what they say of normality and of a spread that changes."""
    n = len(e)
    if n < 3 or np.ptp(e) == 0:
        return Moments(n, *([np.nan] * 8))
    mean, away = float(e.mean()), e - e.mean()
    m2, m3, m4 = (float((away**p).mean()) for p in (2, 3, 4))
    skewness, kurtosis = m3 / m2**1.5, m4 / m2**2
    h = n * (skewness**2 / 6 + (kurtosis - 3) ** 2 / 24)
    third = n // 3
    early, late = float((e[:third] ** 2).sum()), float((e[-third:] ** 2).sum())
    unequal = late / early if early > 0 else np.inf
    tail = float(fdtrc(third, third, max(unequal, 1 / unequal) if unequal > 0 else np.inf))
    return Moments(
        n, mean, m2, skewness, kurtosis, h, float(np.exp(-h / 2)), unequal, min(1.0, 2 * tail)
    )


def nis_windows(e: Array, window: int = WINDOW) -> Nis:
    """Windowed mean of e² over e (R,), NaN where missing; whole windows only."""
    places = np.flatnonzero(np.isfinite(e))
    count = len(places) // window
    squares = e[places[: count * window]] ** 2
    mean = squares.reshape(count, window).mean(1)
    low, high = chdtri(window, [1 - ALPHA / 2, ALPHA / 2]) / window
    outside = float(((mean < low) | (mean > high)).mean()) if count else np.nan
    ends = places[window - 1 : count * window : window]
    return Nis(ends, mean, float(low), float(high), outside, window)


def qq_points(e: Array, n_points: int = QQ_POINTS) -> Qq:
    """Order statistics of e (n,) at evenly spread ranks, against those of n standard normals.

    The i-th of n uniforms is Beta(i, n + 1 − i): the band holds each point with 95 %.
    """
    n = len(e)
    if n < 3:
        nothing = np.zeros(0)
        return Qq(nothing, nothing, nothing, nothing, np.nan)
    rank = np.unique(np.linspace(1, n, min(n, n_points)).round())
    found = np.sort(e)[rank.astype(np.int64) - 1]
    normal = ndtri((rank - 0.375) / (n + 0.25))
    low, high = (
        np.asarray(ndtri(betaincinv(rank, n + 1 - rank, a)), dtype=np.float64)
        for a in (ALPHA / 2, 1 - ALPHA / 2)
    )
    outside = float(((found < low) | (found > high)).mean())
    return Qq(normal, found, low, high, outside)


def pit_counts(e: Array, bins: int = BINS) -> tuple[NDArray[np.int64], float, float]:
    """Counts (B,) of Φ(e) in equal bins, and the 95 % band of each (binomial, about normal)."""
    n = len(e)
    counts = np.histogram(ndtr(e), bins, (0.0, 1.0))[0].astype(np.int64)
    half = Z95 * np.sqrt(n / bins * (1 - 1 / bins))
    return counts, max(0.0, n / bins - half), n / bins + half
