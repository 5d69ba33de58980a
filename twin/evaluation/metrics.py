"""Scores that published results are told in."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["bootstrap_interval", "nasa_point", "nasa_score", "pr_auc", "rmse", "roc_auc"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def rmse(error: Array) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(error * error)))


def nasa_score(error: Array) -> float:
    """Sum of exp(−e/13) − 1 for early, exp(e/10) − 1 for late predictions, e = predicted − true.

    Source: Saxena et al. (2008), PHM challenge.
    """
    return float(_nasa(error).sum())


def nasa_point(survival: Array, candidates: Array) -> Array:
    """The prediction (N,) of least expected NASA score under P(T > d), d = 0, 1, …, cap: (N, D).

    A life beyond the cap counts as the cap, as the truth does.
    """
    mass = -np.diff(survival, axis=1, append=0.0)
    mass[:, 0] += 1.0 - survival[:, 0]
    truth = np.minimum(np.arange(survival.shape[1]) + 1.0, survival.shape[1] - 1.0)
    expected = mass @ _nasa(candidates[None, :] - truth[:, None])
    return np.asarray(candidates[expected.argmin(1)])


def _nasa(error: Array) -> Array:
    return np.where(error < 0, np.expm1(-error / 13.0), np.expm1(np.minimum(error, 500.0) / 10.0))


def roc_auc(score: Array, positive: Flags) -> float:
    """Probability that a positive scores above a negative, ties one half (Mann–Whitney)."""
    order = np.sort(score)
    rank = (np.searchsorted(order, score, "left") + np.searchsorted(order, score, "right") + 1) / 2
    n_pos = int(positive.sum())
    n_neg = len(score) - n_pos
    return float((rank[positive].sum() - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))


def pr_auc(score: Array, positive: Flags) -> float:
    """Average precision: Σ (recall_i − recall_{i−1}) · precision_i over distinct thresholds."""
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(positive[order])
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    precision = hits[last] / (last + 1)
    recall = hits[last] / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def bootstrap_interval(
    score: Callable[[NDArray[np.int64]], float], n: int, seed: int = 0, rounds: int = 2000
) -> list[float]:
    """95 % percentile interval of a score of n independent units: score(indices drawn)."""
    rng = np.random.default_rng(seed)
    draws = [score(rng.integers(n, size=n)) for _ in range(rounds)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return [float(low), float(high)]
