"""Paths whose hazard agrees with the landmark model as long as nothing is changed.

The paths' spread grows with what the filter allows for, so far ahead the hazard read along them is
not the landmark model's. Hence one factor α_j a lead-time bin, the same for all paths, with which
unchanged paths reproduce the landmark curve; a scenario's hazards are multiplied by the same:

    E exp(−Σ_{i ≤ j} α_i c_i) = exp(−Λ₀(e_j))      c_i a path's cumulative hazard in bin i
    Λ(e_j) = −log E exp(−Σ_{i ≤ j} α_i c_i′)       c′ with the change

No change is the landmark curve itself, and a change that raises the hazard on every path can only
raise it. Factors and scenario share their paths, so most of the error of a finite number cancels;
the jackknife says what is left.
Sources: Efron & Stein (1981), Ann. Statist. 9:586 (jackknife); Glasserman (2003), §4.1 (control by
what is known exactly).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.hazard_risk import Z80
from twin.core.path_hazard import population

__all__ = ["Match", "match", "pushed_curve"]

Array = NDArray[np.float64]

N_GROUPS = 8
"""Groups of paths that the jackknife leaves out in turn."""
ROUNDS = 60
NEAR = 1e-10
"""Log survival to which a bin is matched."""


class Match(NamedTuple):
    """Factors (1 + N_GROUPS, J): from all paths, then with each group left out; kept (…, P) says
    which paths each was worked out from."""

    factor: Array
    kept: NDArray[np.bool_]


def match(free: Array, landmark: Array) -> Match:
    """Factors with which cumulative hazards free (P, G) along paths give landmark (G,)."""
    kept = _groups(len(free))
    bins, want = np.diff(free, axis=1), np.diff(landmark)
    weight = kept / kept.sum(axis=1, keepdims=True)
    factor = np.zeros((len(kept), len(want)))
    alpha = np.zeros(len(kept))
    for j, c in enumerate(bins.T):
        alpha = _factor(weight, c, float(want[j]), alpha)
        factor[:, j] = alpha
        weight = weight * np.exp(-alpha[:, None] * (c - c.min()))
        weight /= weight.sum(axis=1, keepdims=True)
    return Match(factor, kept)


def pushed_curve(landmark: Array, matched: Match, moved: Array) -> tuple[Array, Array]:
    """Curve and interval (3, G) under a push, and the sd (G,) of its logarithm from the number of
    paths. moved: cumulative hazards (P, G) along paths with the push."""
    bins = np.diff(moved, axis=1)
    curves = []
    for factor, kept in zip(matched.factor, matched.kept, strict=True):
        total = np.cumsum(bins[kept] * factor, axis=1)
        curves.append(np.concatenate([[0.0], population(total)]))
    log = np.log(np.maximum(np.stack(curves), 1e-300))
    left = log[1:]
    spread = np.square(left - left.mean(axis=0)).sum(axis=0)
    mc_sd = np.sqrt(spread * (len(left) - 1) / len(left))
    return _with_interval(curves[0], landmark, mc_sd), mc_sd


def _factor(weight: Array, c: Array, want: float, guess: Array) -> Array:
    """α (K,) with Σ_p w_p exp(−α c_p) = exp(−want), weight (K, P), c (P,), by Newton's rule.

    The logarithm is convex and falls in α, so from below each step falls short of the root and
    from above the first leads below it.
    """
    alpha, least = guess.copy(), float(c.min())
    away = c - least
    for _ in range(ROUNDS):
        alive = weight * np.exp(-alpha[:, None] * away)
        total = alive.sum(axis=1)
        over = np.log(total) - alpha * least + want
        if np.abs(over).max() < NEAR:
            break
        fall = alive @ away / total + least
        alpha = np.maximum(alpha + over / np.maximum(fall, 1e-300), 0.0)
    return alpha


def _groups(n: int) -> NDArray[np.bool_]:
    """Which of n paths are kept: all, then without each group; mirrored pairs stay together."""
    half = n // 2
    group = np.tile(np.arange(half) % min(N_GROUPS, half), 2)
    names = np.unique(group)
    return np.concatenate([np.ones((1, n), dtype=bool), group != names[:, None]])


def _with_interval(curve: Array, landmark: Array, mc_sd: Array) -> Array:
    """The landmark's interval about the curve, with the paths' own error in it: variances of the
    logarithm add up."""
    out = np.stack([curve, curve, curve])
    known = landmark[0] > 0
    log = np.log(landmark[:, known])
    for side, sign in ((1, -1.0), (2, 1.0)):
        half = np.hypot(log[side] - log[0], Z80 * mc_sd[known])
        out[side, known] = curve[known] * np.exp(sign * half)
    return np.maximum.accumulate(out, axis=1)
