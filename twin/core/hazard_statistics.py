"""What landmarks of lives say about a hazard's coefficients: sums that add.

A landmark is a machine at a moment: its features x, the lead time until it failed (or until it was
last seen, serviced or reset: censored), and the failure mode. With h_j = logistic(b_jᵀ A x + o_j)

    ∂ℓ/∂A   = Σ_j b_j ⊗ X_jᵀ (y_j − h_j)                X_j: landmarks at risk in bin j
    −∂²ℓ/∂A² = Σ_j b_j b_jᵀ ⊗ X_jᵀ W_j X_j,  W_j = diag(h_j (1 − h_j))

so many machines, cores or sites give the same fit by summing small matrices.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Landmarks", "Statistics", "at_risk", "hits_and_risk", "statistics"]

Array = NDArray[np.float64]

Ints = NDArray[np.int64]

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
        part, (hit, seen) = x[some], hits_and_risk(lived[some], event[some], n_bins)
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


def hits_and_risk(
    lived: Ints, event: NDArray[np.bool_], n_bins: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of each landmark and bin (n, J): failed in it, was at risk in it."""
    bins = np.arange(n_bins)
    hit = event[:, None] & (lived[:, None] == bins)
    return hit, (bins < lived[:, None]) | hit
