"""Residual diagnostics as the numbers that a screen draws."""

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from dashboard.numbers import rounded, roundeds, thinned
from dashboard.times import isos_local
from twin.core.residuals import Residuals

__all__ = ["detail_numbers", "summary_numbers"]

WINDOWS_MAX = 200


def summary_numbers(found: Residuals, codes: list[str]) -> dict[str, Any]:
    """A line of the overview: nominal is variance 1, r_1 0, 5 % outside."""
    m = found.moments
    beyond = np.abs(found.acf[np.isfinite(found.acf)]) > found.bound
    return {
        "n": found.n,
        "gated": found.gated,
        "mean": rounded(m.mean, 3),
        "variance": rounded(m.variance, 3),
        "lag1": rounded(found.acf[0], 2),
        "lags_outside": rounded(beyond.mean() if len(beyond) else np.nan, 3),
        "q": rounded(found.q, 4),
        "q_p": rounded(found.q_p, 3),
        "nis_outside": rounded(found.nis.outside, 3),
        "skewness": rounded(m.skewness, 3),
        "kurtosis": rounded(m.kurtosis, 3),
        "h": rounded(m.h, 4),
        "h_p": rounded(m.h_p, 3),
        "unequal": rounded(m.unequal, 3),
        "unequal_p": rounded(m.unequal_p, 3),
        "qq_outside": rounded(found.qq.outside, 3),
        "codes": codes,
    }


def detail_numbers(
    found: Residuals, times: NDArray[np.int64], zone: ZoneInfo
) -> dict[str, dict[str, Any]]:
    """The four charts of one sensor: autocorrelation, NIS, quantiles, PIT."""
    shown = thinned(range(len(found.nis.mean)), WINDOWS_MAX)
    return {
        "acf": {"r": roundeds(found.acf, 3), "bound": rounded(found.bound, 4)},
        "nis": {
            "times": isos_local([times[found.nis.ends[i]] for i in shown], zone),
            "mean": roundeds(found.nis.mean[shown], 4),
            "bounds": [rounded(found.nis.low, 4), rounded(found.nis.high, 4)],
            "window": found.nis.window,
        },
        "qq": {
            "normal": roundeds(found.qq.normal, 4),
            "found": roundeds(found.qq.found, 4),
            "low": roundeds(found.qq.low, 4),
            "high": roundeds(found.qq.high, 4),
        },
        "pit": {
            "counts": found.pit.tolist(),
            "bounds": [rounded(found.pit_low, 5), rounded(found.pit_high, 5)],
        },
    }
