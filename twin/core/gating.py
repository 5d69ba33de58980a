"""Does the twin still fit? Tests on innovations and errors, and the rules by which it is judged.

Rules of the kernel (kernel_step.py, kernel_monitors.py; numbers are fields of Trend):
- A reading with y² > gate·s is rejected and counted. `rejections` (8) in a row of one sensor: a
  bad sensor, which is predicted and no longer used. If by then at least two sensors, and at least
  half of those seen, have half as many rejections in a row, it is the machine that changed: its
  beliefs are opened again at the readings, and it is `changed` for `hold` samples.
- `stuck` equal readings in a row: a bad sensor too. How many are impossible depends on the
  sensor's resolution, see `stuck_limit`.
- A bad sensor returns when `returns` (8) moving readings in a row fit the prediction, or when
  `settle` (64) in a row agree with one another within the noise (y² ≤ gate·2r): then it was moved
  or recalibrated and is learnt anew at its reading. Readings that repeat count for neither.
- The frozen twin is the mean of the first `learn` accepted readings of a life. Health is an EWMA of
  (z' − mean)²/(r(1 + 1/learn) + drift·steps), one as new. The adaptive filter never touches it.
- EWMA of NIS a degree of freedom; a rejected reading counts as the gate, so that one wild value
  does not show for hours.
- CUSUM up and down of standardised innovations, clipped at ±4, slack ½ (Page, 1954).
- Alarm limits act on readings: on after a delay beyond without break, off after a delay back
  inside by the deadband (ANSI/ISA-18.2). A missing reading changes nothing.

Sources: Bar-Shalom, Li & Kirubarajan (2001), §5.4 (NIS, NEES, whiteness); Page (1954), Biometrika
41:100.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

__all__ = ["Band", "chi2_band", "cusum", "gate_of", "nees", "nis_of", "stuck_limit", "whiteness"]

Array = NDArray[np.float64]


class Band(NamedTuple):
    """Interval for a mean, both ends included."""

    low: float
    high: float


def gate_of(probability: float) -> float:
    """χ² quantile, one degree of freedom, under which a reading is believed."""
    return float(chdtri(1, 1.0 - probability))


def chi2_band(dof: float, n: int, probability: float = 0.95) -> Band:
    """Where the mean of n independent χ²(dof) values lies with this probability."""
    tail = 0.5 * (1.0 - probability)
    return Band(float(chdtri(n * dof, 1.0 - tail)) / n, float(chdtri(n * dof, tail)) / n)


def nis_of(y: Array, S: Array) -> Array:
    """Normalised innovation squared yᵀ S⁻¹ y: y (…, m), S (…, m, m) → (…)."""
    return np.asarray((y * np.linalg.solve(S, y[..., None])[..., 0]).sum(axis=-1))


def nees(error: Array, P: Array) -> Array:
    """Normalised estimation error squared eᵀ P⁻¹ e, for simulations where the truth is known."""
    return nis_of(error, P)


def whiteness(innovation: Array) -> Array:
    """Lag-1 autocorrelation (m,) of standardised innovations (T, m), pairs with NaN left out.

    White: normal about 0 with sd 1/√pairs.
    """
    before, after = innovation[:-1], innovation[1:]
    return np.asarray(np.nanmean(before * after, axis=0) / np.nanmean(innovation**2, axis=0))


def cusum(innovation: Array, slack: float = 0.5) -> tuple[Array, Array, NDArray[np.int64]]:
    """CUSUM up and down (T, m) of standardised innovations (T, m), and samples since onset (T, m).

    up_t = max(0, up_{t−1} + e_t − slack). NaN changes nothing. Onset is where the larger of the two
    last left zero: the best guess of when a change began (0 while both are zero).
    """
    up, down = np.zeros_like(innovation), np.zeros_like(innovation)
    onset = np.zeros(innovation.shape, dtype=np.int64)
    u, d = np.zeros(innovation.shape[1]), np.zeros(innovation.shape[1])
    since_u, since_d = np.zeros(len(u), np.int64), np.zeros(len(u), np.int64)
    for t, row in enumerate(innovation):
        e = np.where(np.isnan(row), 0.0, row)
        moved = np.where(np.isnan(row), 0.0, slack)
        u, d = np.maximum(0.0, u + e - moved), np.maximum(0.0, d - e - moved)
        since_u, since_d = np.where(u > 0, since_u + 1, 0), np.where(d > 0, since_d + 1, 0)
        up[t], down[t], onset[t] = u, d, np.where(u >= d, since_u, since_d)
    return up, down, onset


def stuck_limit(values: Array, chance: float = 1e-9) -> Array:
    """Equal readings in a row (m,) that a healthy sensor shows with less than `chance`.

    values (T, m) of healthy machines: a fine sensor never repeats, a coarse one often, a constant
    one always (inf: never called stuck). From the share ρ of repeats: ln(chance)/ln ρ, at least 8.
    """
    before, after = values[:-1], values[1:]
    known = ~np.isnan(before) & ~np.isnan(after)
    n = np.maximum(known.sum(axis=0), 1)
    share = ((before == after).sum(axis=0) + 1.0) / (n + 1.0)
    with np.errstate(divide="ignore"):
        limit = np.log(chance) / np.log(share)
    return np.where(share > 0.98, np.inf, np.maximum(np.ceil(limit), 8.0))
