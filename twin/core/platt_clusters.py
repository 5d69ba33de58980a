"""Platt's line through what was said and what came of it, with machines as clusters.

Sources: Platt (1999); Liang & Zeger (1986) (sandwich).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from twin.core.verification import ratio

__all__ = ["PlattFit", "cross_validated_brier", "platt_of_clusters"]

Array = NDArray[np.float64]

RIDGE = 1e-6


class PlattFit(NamedTuple):
    """logit P' = a + b·logit P fits what happened best; (0, 1) where the model is right."""

    a: float
    b: float
    b_lo: float
    """Lower end of the 95 % interval of b, by machine."""
    b_hi: float
    clusters: int


def platt_of_clusters(x: Array, failed: Array, ran: Array) -> PlattFit:
    """Platt's line through outcomes by machine. x (B,) logit of what was said; failed, ran (C, B)
    weighted counts of machine c in bin b.

    Newton on two numbers; the variance is the sandwich by machine with t of C − 1 degrees of
    freedom, because a machine's forecasts repeat each other. Fewer than two machines: no interval.
    """
    a, b = _newton(x, failed.sum(0), ran.sum(0))
    design = np.column_stack([np.ones_like(x), x])
    q = _sigmoid(a + b * x)
    n = failed + ran
    scores = (failed - n * q) @ design
    clusters = int((n.sum(1) > 0).sum())
    if clusters < 2:
        return PlattFit(a, b, -np.inf, np.inf, clusters)
    bread = np.linalg.inv(_information(design, n.sum(0), q))
    cover = bread @ (scores.T @ scores) @ bread * clusters / (clusters - 1)
    half = float(stdtrit(clusters - 1, 0.975) * np.sqrt(cover[1, 1]))
    return PlattFit(a, b, b - half, b + half, clusters)


def cross_validated_brier(
    p: Array, x: Array, failed: Array, ran: Array, folds: int = 5
) -> tuple[float, float]:
    """Brier as said and after recalibration by a line learnt on the other machines' outcomes.

    p, x (B,) mean said and its logit; failed, ran (C, B). Machines go to folds in turn.
    """
    fold = np.arange(len(failed)) % folds
    before = after = total = 0.0
    for k in range(folds):
        held, rest = fold == k, fold != k
        hits, runs = failed[held].sum(0), ran[held].sum(0)
        if not rest.any() or not (hits + runs).any():
            continue
        a, b = _newton(x, failed[rest].sum(0), ran[rest].sum(0))
        again = _sigmoid(a + b * x)
        before += float(hits @ (1 - p) ** 2 + runs @ p**2)
        after += float(hits @ (1 - again) ** 2 + runs @ again**2)
        total += float((hits + runs).sum())
    return ratio(before, total), ratio(after, total)


def _newton(x: Array, failed: Array, ran: Array, steps: int = 60) -> tuple[float, float]:
    """(a, b) by Newton's method, held to (0, 1) by a ridge too weak to be seen once both outcomes
    have occurred. A step that would lose likelihood is halved: rare outcomes overshoot."""
    design = np.column_stack([np.ones_like(x), x])
    n, centre = failed + ran, np.array([0.0, 1.0])

    def loss(ab: Array) -> float:
        eta, away = design @ ab, ab - centre
        fit = failed @ np.logaddexp(0, -eta) + ran @ np.logaddexp(0, eta)
        return float(fit + RIDGE / 2 * away @ away)

    ab, now = centre.copy(), loss(centre)
    for _ in range(steps):
        q = _sigmoid(design @ ab)
        pull = design.T @ (failed - n * q) - RIDGE * (ab - centre)
        step = np.linalg.solve(_information(design, n, q), pull)
        while (then := loss(ab + step)) > now and np.abs(step).max() > 1e-12:
            step = step / 2
        ab, now = ab + step, then
        if np.abs(step).max() < 1e-10:
            break
    return float(ab[0]), float(ab[1])


def _information(design: Array, n: Array, q: Array) -> Array:
    return np.asarray(design.T @ (design * (n * q * (1 - q))[:, None]) + RIDGE * np.eye(2))


def _sigmoid(x: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -40, 40))))
