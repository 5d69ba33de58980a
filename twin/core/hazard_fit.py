"""Fit the hazard of twin.core.hazard: exact Newton on the statistics of its landmarks.

Ridge λ on all but the baseline; no class weights, which would wreck the probabilities.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.features import features, learn_features
from twin.core.hazard import Hazard, lead_bins, spline_basis
from twin.core.hazard_risk import contributions
from twin.core.hazard_statistics import Landmarks, Statistics, at_risk, hits_and_risk, statistics
from twin.errors import ModelError

__all__ = ["fit_coefficients", "fit_hazard", "sandwich"]

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
    hit, seen = hits_and_risk(lived, event, n_bins)
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
