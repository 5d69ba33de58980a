"""From residual diagnostics to findings: what is wrong, in codes that a screen puts into words."""

import numpy as np

from twin.core.residuals import Residuals

__all__ = ["FEW", "findings"]

FEW = 200
"""Readings below which nothing is judged."""
CLEAR = 0.1
"""Autocorrelation that matters: below, a longer record finds significance, not harm."""
ANY_LAG = 1.7
"""Bounds (1.96 standard errors each) that the largest of forty white lags passes once in thirty."""
SURE = 0.01
"""p-value below which a test is believed."""
WIDE, NARROW = 1.25, 0.8
"""Variance of innovations beyond which bands are too narrow, or too wide."""
LASTS = 0.5
"""Part of the first lags' correlation that is left at lag 10 where the estimate lags behind."""
TAILS = 1.0
"""Excess kurtosis that matters."""
LOPSIDED = 0.5
REJECTS = 0.01
"""Share of rejected readings that matters: the gate expects one in ten thousand."""
CHANGING = 2.0
"""Ratio of the spreads of last and first third that matters."""


def findings(found: Residuals) -> list[str]:
    """Codes, gravest first; ["white"] where nothing was found, ["few"] where nothing is judged.

    lagging     correlated for long: the estimate lags behind, process noise q too small
    coloured    correlated for a few samples: the sensor's own noise lasts
    repeating   correlated at a longer lag: something comes back that no input explains
    restless    negatively correlated: q too large, the estimate follows noise
    narrow      variance above 1: bands too narrow, R or q too small
    wide        variance below 1: bands too wide, R or q too large
    biased      mean away from 0: the level is missed on one side
    changing    spread of the last third differs from that of the first
    tails, lopsided   not normal: outliers; a one-sided disturbance
    rejects     the gate rejects more than it should
    """
    if found.n < FEW:
        return ["few"]
    m = found.moments
    if not np.isfinite(m.variance):
        return ["few"]
    out = _correlation(found)
    out += ["narrow"] if m.variance > WIDE else ["wide"] if m.variance < NARROW else []
    out += ["biased"] if abs(m.mean) > max(CLEAR, 3 * found.bound) else []
    ratio = max(m.unequal, 1 / m.unequal) if m.unequal > 0 else np.inf
    out += ["changing"] if m.unequal_p < SURE and ratio > CHANGING else []
    out += ["tails"] if m.h_p < SURE and m.kurtosis - 3 > TAILS else []
    out += ["lopsided"] if m.h_p < SURE and abs(m.skewness) > LOPSIDED else []
    out += ["rejects"] if found.gated > REJECTS * (found.n + found.gated) else []
    return out or ["white"]


def _correlation(found: Residuals) -> list[str]:
    first = float(np.nanmean(found.acf[:2]))
    if not found.q_p < SURE:
        return []
    if abs(first) < CLEAR:
        most = float(np.nanmax(np.abs(found.acf[2:])))
        return ["repeating"] if most > max(CLEAR, ANY_LAG * found.bound) else []
    if first < 0:
        return ["restless"]
    later = float(np.nanmean(found.acf[8:12]))
    return ["lagging"] if later > LASTS * first else ["coloured"]
