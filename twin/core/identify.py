"""Learn the trend twin of a class of machines from its history: φ, q and R by maximum likelihood.

The innovations e_t of the filter have variance R s_t, with s_t free of the data, so R drops out:

    R̂ = mean e²/s,   −2 ℓ = n log R̂ + Σ log s + n              (concentrated likelihood)

and what is left is one number a sensor, q/R on a log grid, pooled over machines, and one growth
factor φ = e^g for the whole fleet, by the sum of the best. A random walk of the level itself is
added where the likelihood asks for it clearly. Then innovations should be white with variance 1:
`whiteness` says how far they are. Source: Harvey (1989), §3.4 and §4.2.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.transition import transition

__all__ = [
    "GROWTHS",
    "Identified",
    "Series",
    "identify",
    "log_likelihood",
    "wear_effects",
    "whiteness",
]

Array = NDArray[np.float64]

P0 = (10.0, 1e-3)
RATIOS = np.geomspace(1e-9, 1e-1, 17)
"""q_slope/R tried, per step."""
WALKS = np.geomspace(1e-4, 1.0, 9)
"""q_level/R tried."""
WALK_GAIN = 10.0
"""Log-likelihood that a sensor's random walk must win to be kept."""
CLEAR = 4.0
"""Standard errors from zero at which an input's effect on wear is believed."""
GROWTHS = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
"""Growth over a typical life, ln φ · life, that is tried: φ = 1 … 1.03 for lives of 200 steps."""


class Series(NamedTuple):
    """N lives side by side, padded: z (N, T, m) in model units, NaN missing; dt (N, T) steps
    since the sample before, dt[:, 0] unused."""

    z: Array
    dt: Array

    @property
    def regular(self) -> bool:
        """Every life has the same clock and gaps only at its end: one covariance serves all."""
        same = bool(np.all(self.dt[:, 1:] == self.dt[:1, 1:]))
        missing = np.isnan(self.z)
        return same and not bool(np.any(missing[:, :-1] & ~missing[:, 1:]))


class Identified(NamedTuple):
    """Learnt trend of m sensors; q_* and r in model units² per step, growth per step."""

    growth: float
    q_level: Array
    q_slope: Array
    r: Array
    loglik: float
    gain: float
    """Log-likelihood won over φ = 1."""


def log_likelihood(
    series: Series, growth: float, q_level: Array, q_slope: Array
) -> tuple[Array, Array]:
    """Concentrated log-likelihood (Q, m) and R̂ (Q, m) at ratios to R: q_level, q_slope, each
    (Q, m) or (Q, 1). Exact for irregular Δ and missing values; without the gate."""
    n_lives, steps, m = series.z.shape
    shared = series.regular
    rows = 1 if shared else n_lives
    shape = (rows, len(q_slope), m)
    p11, p12, p22 = np.full(shape, P0[0]), np.zeros(shape), np.full(shape, P0[1])
    level = np.zeros((n_lives, len(q_slope), m))
    slope = np.zeros_like(level)
    square, logs = np.zeros(shape[1:]), np.zeros(shape[1:])
    moves = _transitions(growth, series.dt[:rows, 1:])
    for t in range(steps):
        z = series.z[:, t, None, :]
        if t:
            e, a, qa, qb, qc = moves[:, :, t - 1, None, None]
            level += a * slope
            slope *= e
            wander = q_level * series.dt[:rows, t, None, None]
            p11 = p11 + a * (2 * p12 + a * p22) + wander + q_slope * qa
            p12 = e * (p12 + a * p22) + q_slope * qb
            p22 = e * e * p22 + q_slope * qc
        s = p11 + 1.0
        seen = ~np.isnan(z)
        y = np.where(seen, z - level, 0.0)
        square += np.einsum("nqm,nqm->qm", y, y) / s[0] if shared else (y * y / s).sum(0)
        logs += np.log(s[0]) * seen.sum(0) if shared else np.where(seen, np.log(s), 0.0).sum(0)
        k1, k2 = p11 / s, p12 / s
        level += k1 * y
        slope += k2 * y
        if not shared:
            k1, k2 = np.where(seen, k1, 0.0), np.where(seen, k2, 0.0)
        p22 = p22 - k2 * p12
        p12 = p12 - k1 * p12
        p11 = p11 - k1 * p11
    count = (~np.isnan(series.z)).sum((0, 1))
    r = square / np.maximum(count, 1)
    tiny = np.maximum(r, 1e-12)
    return -0.5 * (count * np.log(tiny) + logs + count), tiny


def _transitions(growth: float, dt: Array) -> Array:
    """Transition numbers (5, rows, T) of every step of each life; equal Δ computed once."""
    values, where = np.unique(dt, return_inverse=True)
    table = np.array([transition(growth, float(v)) for v in values])
    return np.moveaxis(table[where.reshape(dt.shape)], -1, 0)


def identify(series: Series, typical_life: float) -> Identified:
    """Maximum likelihood over φ (fleet), q_slope and q_level (sensor), R concentrated.

    typical_life in steps sets which growth factors are tried; φ = 1 wins ties.
    """
    ratios, still = RATIOS[:, None], np.zeros((1, 1))
    plain = best = log_likelihood(series, 0.0, still, ratios)[0]
    growth = 0.0
    for g in GROWTHS[1:] / max(typical_life, 1.0):
        loglik = log_likelihood(series, float(g), still, ratios)[0]
        if loglik.max(0).sum() <= best.max(0).sum():
            break
        best, growth = loglik, float(g)
    q_level, q_slope = _with_walk(series, growth, RATIOS[best.argmax(0)], best.max(0))
    loglik, r = log_likelihood(series, growth, q_level[None], q_slope[None])
    won = float(best.max(0).sum() - plain.max(0).sum())
    return Identified(growth, q_level * r[0], q_slope * r[0], r[0], float(loglik.sum()), won)


def _with_walk(series: Series, growth: float, q_slope: Array, loglik: Array) -> tuple[Array, Array]:
    """Ratios (m,), (m,) after each sensor was offered a random walk of its level as well."""
    factors = np.array([1.0, 0.1, 0.01])
    walks = np.repeat(WALKS, len(factors))[:, None]
    slopes = np.tile(factors, len(WALKS))[:, None] * q_slope
    tried, _ = log_likelihood(series, growth, walks, slopes)
    best = tried.argmax(0)
    keep = tried.max(0) > loglik + WALK_GAIN
    lanes = np.arange(len(q_slope))
    return np.where(keep, walks[best, 0], 0.0), np.where(keep, slopes[best, lanes], q_slope)


def whiteness(innovation: Array, life: NDArray[np.int64]) -> tuple[Array, Array]:
    """Variance (m,) and lag-one autocorrelation (m,) of standardised innovations (R, m), NaN where
    missing, over samples of one life (R,). 1 and 0 when the model is right."""
    variance = np.nanmean(innovation * innovation, axis=0)
    same = life[1:] == life[:-1]
    lagged = np.nanmean((innovation[1:] * innovation[:-1])[same], axis=0)
    return variance, lagged / variance


def wear_effects(before: Array, after: Array, u: Array, growth: float, gap: float) -> Array:
    """B (m, k): what one unit of an input adds to the slopes in a step, for what-ifs.

    before, after (n, m): slopes the filter believed `gap` steps apart, u (n, k): inputs' mean in
    between. Least squares of the increments beyond growth on u; effects that do not stand out
    from their standard error are 0, so are those of inputs that do not move, and those whose sign
    turns once the other inputs are left out: inputs that move together share effects at random.
    """
    increments = (after - np.exp(growth * gap) * before) / gap
    away = u - u.mean(0)
    moving = away.std(0) > 1e-9 * (1.0 + np.abs(u.mean(0)))
    out = np.zeros((before.shape[1], u.shape[1]))
    n, k = len(u), int(moving.sum())
    if k == 0 or n < 10 * (k + 1):
        return out
    x, y = away[:, moving], increments - increments.mean(0)
    out[:, moving] = [_believed(x, column) for column in y.T]
    return out


def _believed(x: Array, y: Array) -> Array:
    """Effects (k,) of x (n, k) on y (n,), both about their means, that can be believed."""
    out, kept, alone = np.zeros(x.shape[1]), np.ones(x.shape[1], dtype=bool), x.T @ y
    while kept.any():
        part = x[:, kept]
        inverse = np.linalg.pinv(part.T @ part)
        effect = inverse @ part.T @ y
        rest = y - part @ effect
        error = np.sqrt(np.diag(inverse) * (rest @ rest) / (len(y) - part.shape[1] - 1))
        clear = np.abs(effect) > CLEAR * error
        turned = clear & (effect * alone[kept] < 0)
        if not turned.any():
            out[kept] = np.where(clear, effect, 0.0)
            break
        kept[np.flatnonzero(kept)[turned]] = False
    return out
