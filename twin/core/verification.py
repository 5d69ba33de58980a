"""How forecasts turned out: sums that add over time, and the scores that are read off them.

A forecast says P of failure within a horizon h. What happened is one of three: the machine failed
after a lead time T ≤ h; it was taken out of the experiment at C < h by a planned service
(censored); it ran through. A tally counts these by what was said, so that tallies of weeks,
machines and model versions add up, and nothing else need be kept:

    tally (B, 2K + 1, 4)   bin of p × (K parts of h for failures, K for services, 1 ran through)
                           × (n, Σp, Σp², Σ log-loss)

A service is no success of the forecast and no failure. Leaving such forecasts out would call every
model too cautious, because failures before the service stay in. Within each bin its weight is
handed on to those that ran longer in that bin (Kaplan-Meier's redistribution to the right), which
is the weighting by inverse probability of censoring of Graf et al., with censoring that may depend
on the risk that was said. Forecasts of one machine overlap: intervals are of machines, or of
windows that do not overlap, never of forecasts.
Sources: Brier (1950); Murphy (1973); Efron (1967) (redistribution); Graf, Schmoor, Sauerbrei &
Schumacher (1999), Stat. Med. 18:2529; Wilson (1927).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

__all__ = [
    "EDGES",
    "N_BINS",
    "N_PARTS",
    "Scores",
    "bin_of",
    "curve_at",
    "new_tally",
    "outcome_of",
    "ratio",
    "scores_of",
    "skill_interval",
    "tally_of",
    "weights_of",
    "wilson",
]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

EDGES = np.array(
    [0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
)
"""Bins of what was said: tenths, and finer where most forecasts are."""
N_BINS = len(EDGES) - 1
N_PARTS = 12
"""Parts of the horizon in which failures and services are counted."""
LEAST_P = 1e-6
"""What was said is scored as at least this far from 0 and 1: the logarithmic score is finite."""
Z95 = 1.959963984540054


class Scores(NamedTuple):
    """What a tally says. NaN where nothing can be said."""

    n: float
    """Forecasts, those cut short by a service included."""
    n_censored: float
    n_failed: float
    base_rate: float
    """Share that failed within the horizon."""
    brier: float
    brier_base: float
    """Of saying the base rate each time, which is known only afterwards: a strict rival."""
    log_score: float
    forecast: Array
    """(B,) mean probability said."""
    observed: Array
    """(B,) share that failed."""
    said: Array
    """(B,) forecasts."""

    @property
    def skill(self) -> float:
        """1 − Brier / Brier of the base rate; 1 is perfect, 0 no better than the base rate."""
        return 1.0 - self.brier / self.brier_base if self.brier_base > 0 else np.nan


def new_tally() -> Array:
    """Nothing counted yet."""
    return np.zeros((N_BINS, 2 * N_PARTS + 1, 4))


def bin_of(p: Array) -> Ints:
    """Bin (N,) of each probability."""
    return np.clip(np.searchsorted(EDGES, p, side="right") - 1, 0, N_BINS - 1).astype(np.int64)


def outcome_of(failed: Array, served: Array, horizon: float) -> Ints:
    """Column of a tally (N,) from lead times to failure and to service (N,), inf: none seen.

    Failure and service at one time: it failed.
    """
    part = horizon / N_PARTS
    column = np.full(len(failed), 2 * N_PARTS, dtype=np.int64)
    fails = (failed <= horizon) & (failed <= served)
    serves = (served < horizon) & ~fails
    column[fails] = np.clip(np.ceil(failed[fails] / part).astype(np.int64) - 1, 0, N_PARTS - 1)
    column[serves] = N_PARTS + np.clip((served[serves] // part).astype(np.int64), 0, N_PARTS - 1)
    return column


def tally_of(p: Array, column: Ints) -> Array:
    """Tally of forecasts (N,) and their outcomes' columns (N,)."""
    out = new_tally()
    said = np.clip(p, LEAST_P, 1 - LEAST_P)
    loss = np.where(column < N_PARTS, -np.log(said), -np.log1p(-said))
    parts = np.column_stack([np.ones(len(p)), p, p**2, loss])
    np.add.at(out, (bin_of(p), column), parts)
    return out


def weights_of(tally: Array) -> tuple[Array, Array]:
    """Weights of failures (B, K) and of those that ran through (B,): 1/P(not serviced until then).

    In each bin they add up to all its forecasts, unless the longest-running were serviced.
    """
    n = tally[..., 0]
    failed, served = n[:, :N_PARTS], n[:, N_PARTS : 2 * N_PARTS]
    ended = np.cumsum(failed + served, axis=1)
    at_risk = n.sum(1)[:, None] - np.column_stack([np.zeros(len(n)), ended[:, :-1]])
    after = at_risk - failed
    stays = np.divide(after - served, after, out=np.ones_like(after), where=after > 0)
    still = np.cumprod(stays, axis=1)
    before = np.column_stack([np.ones(len(n)), still[:, :-1]])
    return _inverse(before), _inverse(still[:, -1])


def scores_of(tally: Array) -> Scores:
    """Scores of a tally; see Scores."""
    w_failed, w_ran = weights_of(tally)
    n, p, p2, loss = np.moveaxis(tally, -1, 0)
    failed, ran = slice(0, N_PARTS), 2 * N_PARTS
    hits = (w_failed * n[:, failed]).sum(1)
    mass = hits + w_ran * n[:, ran]
    missed = n[:, failed] - 2 * p[:, failed] + p2[:, failed]
    square = (w_failed * missed).sum(1) + w_ran * p2[:, ran]
    logs = (w_failed * loss[:, failed]).sum(1) + w_ran * loss[:, ran]
    total, count = mass.sum(), n.sum(1)
    base = ratio(hits.sum(), total)
    return Scores(
        n=float(n.sum()),
        n_censored=float(n[:, N_PARTS:ran].sum()),
        n_failed=float(n[:, failed].sum()),
        base_rate=base,
        brier=ratio(square.sum(), total),
        brier_base=base * (1 - base),
        log_score=ratio(logs.sum(), total),
        forecast=np.divide(p.sum(1), count, out=np.full(N_BINS, np.nan), where=count > 0),
        observed=np.divide(hits, mass, out=np.full(N_BINS, np.nan), where=mass > 0),
        said=count,
    )


def wilson(share: Array, n: Array) -> tuple[Array, Array]:
    """95 % interval of a share seen in n independent trials, (B,) each; NaN where n is 0.

    Source: Wilson (1927), J. Am. Stat. Assoc. 22:209. n need not be whole.
    """
    n = np.where(n > 0, n, np.nan)
    z2 = Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def skill_interval(p: Array, failed: Array, ran: Array) -> tuple[float, float]:
    """95 % interval of the Brier skill by leaving out one machine at a time (jackknife).

    p (B,) mean said in each bin; failed, ran (C, B). (NaN, NaN) with fewer than three machines.
    Source: Efron & Tibshirani (1993), ch. 11.
    """
    seen = (failed + ran).sum(1) > 0
    failed, ran = failed[seen], ran[seen]
    clusters = len(failed)
    if clusters < 3:
        return np.nan, np.nan
    square = failed @ (1 - p) ** 2 + ran @ p**2
    hits, n = failed.sum(1), (failed + ran).sum(1)
    left = _skill(square.sum() - square, hits.sum() - hits, n.sum() - n)
    whole = float(_skill(square.sum(), hits.sum(), n.sum()))
    sd = np.sqrt((clusters - 1) / clusters * ((left - left.mean()) ** 2).sum())
    half = float(stdtrit(clusters - 1, 0.975) * sd)
    return whole - half, min(1.0, whole + half)


def curve_at(times: Array, p: Array, lead: float) -> float:
    """P of failure by `lead` from points (n,) of one forecast's curve, between which the
    cumulative hazard is linear; beyond the last point that of the last point."""
    order = np.lexsort((p, times))
    rising = np.minimum(np.maximum.accumulate(p[order]), 1 - 1e-9)
    cumulative = np.interp(lead, np.r_[0.0, times[order]], np.r_[0.0, -np.log1p(-rising)])
    return float(-np.expm1(-cumulative))


def _skill(square: Array, hits: Array, n: Array) -> Array:
    base = hits / n
    spread = n * base * (1 - base)
    return np.asarray(1 - np.divide(square, spread, out=np.ones_like(base), where=spread > 0))


def _inverse(g: Array) -> Array:
    return np.divide(1.0, g, out=np.zeros_like(g), where=g > 1e-12)


def ratio(part: float, whole: float) -> float:
    """NaN of nothing."""
    return float(part / whole) if whole > 0 else np.nan
