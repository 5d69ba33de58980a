"""Fit the hazard of twin.core.hazard: exact Newton on statistics that add over landmarks.

A landmark is a machine at a moment: its features x, the lead time until it failed (or until it was
last seen, serviced or reset: censored), and the failure mode. With h_j = logistic(b_jᵀ A x + o_j)

    ∂ℓ/∂A   = Σ_j b_j ⊗ X_jᵀ (y_j − h_j)                X_j: landmarks at risk in bin j
    −∂²ℓ/∂A² = Σ_j b_j b_jᵀ ⊗ X_jᵀ W_j X_j,  W_j = diag(h_j (1 − h_j))

so many machines, cores or sites give the same fit by summing small matrices. Ridge λ on all but
the baseline; no class weights, which would wreck the probabilities.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.features import features, learn_features
from twin.core.hazard import Hazard, contributions, lead_bins, spline_basis
from twin.errors import ModelError

__all__ = [
    "Landmarks",
    "Statistics",
    "at_risk",
    "fit_coefficients",
    "fit_hazard",
    "sandwich",
    "statistics",
]

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

RIDGE = 10.0
PLENTY = 100
"""Failures of a mode from which RIDGE is enough; with n fewer it is RIDGE · PLENTY / n."""
FEW_FAILURES = 20
"""A class without a mode with as many has only linear terms; with fewer in all, its intervals are
provisional."""
RANK = 24
ANCHOR = 1e-3
"""Pull of the baseline to the raw rates: only felt where no failure was seen."""
MAX_NEWTON = 40
AT_ONCE = 512
"""Landmarks whose statistics are worked out together."""


class Landmarks(NamedTuple):
    """Moments to learn from; n of them, each of one machine's one life."""

    level: Array
    """(n, m) model units."""
    slope: Array
    age: Array
    """(n,) steps."""
    lead: Array
    """(n,) steps to the failure or to the end of observation, > 0."""
    cause: Ints
    """(n,) index of the failure mode, -1: censored."""
    machine: Ints
    """(n,) whose landmarks belong together."""


class Statistics(NamedTuple):
    """Sums over landmarks at given coefficients; add them with +."""

    loglik: float
    gradient: Array
    """(K, f)"""
    hessian: Array
    """(K f, K f), negative second derivative."""

    def plus(self, other: "Statistics") -> "Statistics":
        """The statistics of both sets of landmarks together."""
        return Statistics(
            self.loglik + other.loglik,
            self.gradient + other.gradient,
            self.hessian + other.hessian,
        )


def at_risk(edges: Array, lead: Array, cause: Ints, mode: int) -> tuple[Ints, NDArray[np.bool_]]:
    """Bins lived through (n,) and whether the next one holds a failure of this mode (n,).

    A bin counts as lived through when it ended before the lead time; the bin of a censoring or of
    another mode's failure is left out.
    """
    beyond = lead > edges[-1]
    event = (cause == mode) & ~beyond
    inside = np.searchsorted(edges, lead, side="left") - 1
    whole = np.searchsorted(edges, lead, side="right") - 1
    lived = np.where((cause >= 0) & ~beyond, inside, np.minimum(whole, len(edges) - 1))
    return np.maximum(lived, 0), event


def statistics(
    x: Array,
    lived: Ints,
    event: NDArray[np.bool_],
    basis: Array,
    coef: Array,
    offset: Array | None = None,
) -> Statistics:
    """Log-likelihood, gradient and Hessian of x (n, f) at coef (K, f); offset (J,) by bin.

    The Hessian's block of splines k and l is Xᵀ diag(Σ_j b_jk b_jl w_j) X: fewer products than
    one of each bin, and of few landmarks at a time, which stay in the cache.
    """
    (n_bins, k), f = basis.shape, x.shape[1]
    o = np.zeros(n_bins) if offset is None else offset
    first, second = np.nonzero(np.triu(np.abs(basis).T @ np.abs(basis)))
    pairs = basis[:, first] * basis[:, second]
    loglik, gradient, halves = 0.0, np.zeros((k, f)), np.zeros((len(first), f, f))
    for at in range(0, len(x), AT_ONCE):
        some = slice(at, at + AT_ONCE)
        part, (hit, seen) = x[some], _bins(lived[some], event[some], n_bins)
        eta = np.clip(part @ coef.T @ basis.T + o, -30.0, 30.0)
        odds = np.exp(eta)
        h = seen * odds / (1.0 + odds)
        loglik += float(eta[hit].sum() - np.log1p(odds)[seen].sum())
        gradient += ((hit - h) @ basis).T @ part
        weights = (h / (1.0 + odds)) @ pairs
        for pair in range(len(first)):
            halves[pair] += part.T @ (part * weights[:, pair, None])
    blocks = np.zeros((k, k, f, f))
    blocks[first, second] = blocks[second, first] = halves
    return Statistics(loglik, gradient, blocks.transpose(0, 2, 1, 3).reshape(k * f, k * f))


def _bins(
    lived: Ints, event: NDArray[np.bool_], n_bins: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each landmark and bin (n, J): failed in it, was at risk in it."""
    bins = np.arange(n_bins)
    hit = event[:, None] & (lived[:, None] == bins)
    return hit, (bins < lived[:, None]) | hit


def fit_coefficients(
    compute: Callable[[Array], Statistics], start: Array, ridge: float
) -> tuple[Array, Array]:
    """Newton's maximum of the penalised likelihood: coefficients (K, f), inverse Hessian (Kf, Kf).

    compute gives the statistics of all landmarks at some coefficients, from wherever they are.
    Raises ModelError when it does not converge.
    """
    penalty = np.full(start.shape, ridge)
    penalty[:, 0] = ANCHOR
    centre = np.where(np.arange(start.shape[1]) == 0, start, 0.0)
    coef, now = start, compute(start)

    def objective(at: Array, found: Statistics) -> float:
        return found.loglik - 0.5 * float((penalty * (at - centre) ** 2).sum())

    for _ in range(MAX_NEWTON):
        gradient = now.gradient - penalty * (coef - centre)
        hessian = now.hessian + np.diag(penalty.ravel())
        step = np.linalg.solve(hessian, gradient.ravel()).reshape(coef.shape)
        promise = float((gradient * step).sum())
        value, part = objective(coef, now), 1.0
        trial, found = coef + step, compute(coef + step)
        while objective(trial, found) < value - 1e-9 * abs(value) and part > 1e-4:
            part /= 2
            trial = coef + part * step
            found = compute(trial)
        coef, now = trial, found
        if promise < 1e-3:
            return coef, np.asarray(np.linalg.inv(now.hessian + np.diag(penalty.ravel())))
    raise ModelError(f"hazard: Newton did not converge in {MAX_NEWTON} steps; more failures needed")


def sandwich(
    x: Array,
    lived: Ints,
    event: NDArray[np.bool_],
    basis: Array,
    coef: Array,
    offset: Array,
    inverse: Array,
    machine: Ints,
) -> Array:
    """What each machine moves the coefficients by, (machines, K, f): the sum over machines of
    outer products is their covariance, landmarks of one machine being anything but independent."""
    n_bins = len(basis)
    eta = np.clip(x @ (basis @ coef).T + offset, -30.0, 30.0)
    hit, seen = _bins(lived, event, n_bins)
    residual = (hit - seen / (1.0 + np.exp(-eta))) @ basis
    _, owner = np.unique(machine, return_inverse=True)
    scores = np.zeros((owner.max() + 1, coef.size))
    for one in range(len(scores)):
        mine = owner == one
        scores[one] = (residual[mine].T @ x[mine]).ravel()
    moved: Array = (scores @ inverse).reshape(-1, *coef.shape)
    return moved


def _low_rank(moved: Array, x: Array, rank: int) -> Array:
    """The r directions (r, K, f) that matter most for predictions on x, scaled to keep their
    total variance."""
    machines, k, f = moved.shape
    root = np.linalg.cholesky(x.T @ x / len(x) + 1e-6 * np.eye(f))
    felt = (moved @ root).reshape(machines, k * f)
    u, s, _ = np.linalg.svd(felt, full_matrices=False)
    keep = min(rank, len(s))
    total, kept = float((s**2).sum()), float((s[:keep] ** 2).sum())
    scale = np.sqrt(total / kept) if kept > 0 else 1.0
    return np.asarray(scale * np.einsum("nr,nkf->rkf", u[:, :keep], moved))


def fit_hazard(
    landmarks: Landmarks,
    modes: tuple[str, ...],
    lanes: Ints,
    horizon: float,
    ridge: float | None = None,
    intervals: bool = True,
    failures: Sequence[int] | None = None,
) -> Hazard:
    """Learn the failure model of a class. lanes (a,): sensors that carry information.

    intervals=False leaves the variance out. failures: of each mode, where machines have several
    lives; default: machines that failed. Raises ModelError without a single failure.
    """
    use = landmarks.lead > 0
    landmarks = Landmarks(
        landmarks.level[use],
        landmarks.slope[use],
        landmarks.age[use],
        landmarks.lead[use],
        landmarks.cause[use],
        landmarks.machine[use],
    )
    counts = _count_failures(landmarks, len(modes)) if failures is None else list(failures)
    if sum(counts) == 0:
        raise ModelError("hazard: no failure in the history, want at least one")
    terms = (0, 0) if max(counts) < FEW_FAILURES else (2, 3)
    map_ = learn_features(landmarks.level, landmarks.slope, landmarks.age, lanes, *terms)
    x = features(map_, landmarks.level, landmarks.slope, landmarks.age)
    edges = lead_bins(horizon)
    basis, offset = spline_basis(edges), np.log(np.diff(edges))
    coefs, factors = [], []
    for mode in range(len(modes)):
        lived, event = at_risk(edges, landmarks.lead, landmarks.cause, mode)
        first = _start(basis, offset, lived, event, x.shape[1])
        coef, inverse = fit_coefficients(
            lambda at, lived=lived, event=event: statistics(x, lived, event, basis, at, offset),  # type: ignore[misc]
            first,
            ridge or RIDGE * max(1.0, PLENTY / max(counts[mode], 1)),
        )
        coefs.append(coef)
        if intervals:
            moved = sandwich(x, lived, event, basis, coef, offset, inverse, landmarks.machine)
            factors.append(_low_rank(moved, x, RANK))
    factor = np.stack(factors) if intervals else np.zeros((len(modes), 0, *coefs[0].shape))
    blank, few = np.zeros((len(modes), len(lanes) + 1)), sum(counts) < FEW_FAILURES
    hazard = Hazard(modes, map_, edges, basis, np.stack(coefs), factor, blank, few)
    parts = contributions(hazard, landmarks.level, landmarks.slope, landmarks.age)
    return hazard._replace(reference=parts.mean(1))


def _count_failures(landmarks: Landmarks, n_modes: int) -> list[int]:
    """Machines that failed by each mode."""
    return [len(np.unique(landmarks.machine[landmarks.cause == m])) for m in range(n_modes)]


def _start(
    basis: Array, offset: Array, lived: Ints, event: NDArray[np.bool_], n_features: int
) -> Array:
    """Coefficients of the raw failure rate of each bin, by least squares; features zero."""
    bins = np.arange(len(basis))
    risk = np.array([(lived + event > j).sum() for j in bins], dtype=np.float64)
    hits = np.bincount(lived[event], minlength=len(bins))[: len(bins)]
    rate = (hits + 0.5) / (risk + 1.0)
    weight = np.sqrt(hits + 0.5)
    logit = np.log(rate / (1.0 - np.minimum(rate, 0.999))) - offset
    out = np.zeros((basis.shape[1], n_features))
    out[:, 0] = np.linalg.lstsq(basis * weight[:, None], logit * weight, rcond=None)[0]
    return out
