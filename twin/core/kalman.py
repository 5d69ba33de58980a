"""The linear family: any F, B, H, Q, R, for N machines at once.

Belief x (N, n), P (N, n, n); readings z (N, m), NaN = missing. Machines of a class share a model;
F and Q may be (N, n, n) where machines step by different times.
Sources: Durbin & Koopman (2012), §4.3 and §6.4; Särkkä (2013), §4.3.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.statespace import Linear

__all__ = ["Belief", "Filtered", "Update", "filter_series", "forecast_linear", "predict", "update"]

Array = NDArray[np.float64]


class Belief(NamedTuple):
    """Mean x (N, n) and covariance P (N, n, n)."""

    x: Array
    P: Array


class Update(NamedTuple):
    """Posterior, and what the readings said of the prior."""

    belief: Belief
    y: Array
    """Innovation z − H x (N, m) of the prior, NaN where missing."""
    S: Array
    """Its covariance H P Hᵀ + R (N, m, m)."""
    nis: Array
    """yᵀ S⁻¹ y over the readings used (N,): χ² with `dof` degrees of freedom."""
    dof: NDArray[np.int64]
    log_likelihood: Array


class Filtered(NamedTuple):
    """A series: priors and posteriors (T, N, …), and each step's NIS and likelihood (T, N)."""

    prior: Belief
    posterior: Belief
    y: Array
    S: Array
    nis: Array
    dof: NDArray[np.int64]
    log_likelihood: Array


def predict(
    belief: Belief,
    F: Array,
    Q: Array,
    B: Array | None = None,
    u: Array | None = None,
) -> Belief:
    """x' = F x + B u, P' = F P Fᵀ + Q; u (k,) or (N, k)."""
    x = (F @ belief.x[..., None])[..., 0]
    if B is not None and u is not None:
        x = x + (B @ np.asarray(u)[..., None])[..., 0]
    return Belief(x, _symmetric(F @ belief.P @ np.swapaxes(F, -1, -2) + Q))


def update(belief: Belief, z: Array, H: Array, R: Array, gate: float = np.inf) -> Update:
    """Condition every machine on its readings: one sensor at a time if R is diagonal, else jointly.

    One sensor at a time (univariate treatment), h a row of H, v = P hᵀ:
        s = h v + r,  K = v/s,  x += K y,  P = (I − K h) P (I − K h)ᵀ + K r Kᵀ   (Joseph)
    The gate applies a sensor (y² ≤ gate·s); for correlated noise to the sample (NIS ≤ gate·dof).
    """
    H, R = np.atleast_2d(H), np.atleast_2d(R)
    y = z - (H @ belief.x[..., None])[..., 0]
    S = _symmetric(H @ belief.P @ H.T + R)
    diagonal = np.count_nonzero(R - np.diag(np.diagonal(R))) == 0
    step = _sequential if diagonal else _joint
    posterior, nis, dof, logdet = step(belief, z, H, R, gate)
    loglik = -0.5 * (dof * np.log(2.0 * np.pi) + logdet + nis)
    return Update(posterior, y, S, nis, dof, loglik)


def _sequential(
    belief: Belief, z: Array, H: Array, R: Array, gate: float
) -> tuple[Belief, Array, NDArray[np.int64], Array]:
    x, P = belief.x.copy(), belief.P.copy()
    nis, logdet = np.zeros(len(x)), np.zeros(len(x))
    dof = np.zeros(len(x), dtype=np.int64)
    identity = np.eye(x.shape[1])
    for j, h in enumerate(H):
        v = P @ h
        s = v @ h + R[j, j]
        y = z[:, j] - x @ h
        use = y * y <= gate * s
        if np.isinf(gate):
            use = ~np.isnan(y)
        K = np.where(use[:, None], v / s[:, None], 0.0)
        x += K * np.where(use, y, 0.0)[:, None]
        left = identity - K[:, :, None] * h
        P = _symmetric(left @ P @ np.swapaxes(left, 1, 2) + R[j, j] * K[:, :, None] * K[:, None, :])
        nis += np.where(use, y * y / s, 0.0)
        logdet += np.where(use, np.log(s), 0.0)
        dof += use
    return Belief(x, P), nis, dof, logdet


def _joint(
    belief: Belief, z: Array, H: Array, R: Array, gate: float
) -> tuple[Belief, Array, NDArray[np.int64], Array]:
    """All sensors at once. A missing one gets a zero row in H and 1 in R: no gain, no log det."""
    seen = ~np.isnan(z)
    both = seen[:, :, None] & seen[:, None, :]
    missing = np.eye(len(R)) * ~seen[:, :, None]
    Hs = np.where(seen[:, :, None], H, 0.0)
    Rs = np.where(both, R, 0.0) + missing
    y = np.where(seen, z - belief.x @ H.T, 0.0)
    PHt = belief.P @ np.swapaxes(Hs, 1, 2)
    S = _symmetric(Hs @ PHt + Rs)
    weighted = np.linalg.solve(S, y[..., None])[..., 0]
    nis, dof = (y * weighted).sum(axis=1), seen.sum(axis=1)
    use = (nis <= gate * np.maximum(dof, 1)) & (dof > 0)
    K = np.swapaxes(np.linalg.solve(S, np.swapaxes(PHt, 1, 2)), 1, 2) * use[:, None, None]
    left = np.eye(belief.x.shape[1]) - K @ Hs
    P = left @ belief.P @ np.swapaxes(left, 1, 2) + K @ Rs @ np.swapaxes(K, 1, 2)
    x = belief.x + (K @ y[..., None])[..., 0]
    logdet = np.where(use, np.linalg.slogdet(S)[1], 0.0)
    return Belief(x, _symmetric(P)), nis * use, dof * use, logdet


def filter_series(
    model: Linear,
    prior: Belief,
    z: Array,
    u: Array | None = None,
    gate: float = np.inf,
) -> Filtered:
    """Filter series z (T, N, m) with inputs u (T, N, k); prior is the belief at z[0], before it."""
    steps: list[tuple[Belief, Update]] = []
    belief = prior
    for t in range(len(z)):
        done = update(belief, z[t], model.H, model.R, gate)
        steps.append((belief, done))
        belief = predict(done.belief, model.F, model.Q, model.B, None if u is None else u[t])
    priors, updates = zip(*steps, strict=True)
    beliefs = [
        Belief(*map(np.array, zip(*b, strict=True))) for b in (priors, [d.belief for d in updates])
    ]
    rest = [np.array([getattr(d, name) for d in updates]) for name in Update._fields[1:]]
    return Filtered(beliefs[0], beliefs[1], *rest)


def forecast_linear(
    model: Linear, belief: Belief, n_steps: int, u: Array | None = None
) -> tuple[Array, Array]:
    """Readings n_steps ahead: mean (h, N, m) and covariance (h, N, m, m), noise included."""
    means, covariances = [], []
    for t in range(n_steps):
        belief = predict(belief, model.F, model.Q, model.B, None if u is None else u[t])
        means.append(belief.x @ model.H.T)
        covariances.append(model.H @ belief.P @ model.H.T + model.R)
    return np.array(means), np.array(covariances)


def _symmetric(P: Array) -> Array:
    return 0.5 * (P + np.swapaxes(P, -1, -2))
