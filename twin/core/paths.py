"""Paths of one machine's state into the future, and what pushes on its slopes add to them.

    x(t + Δ) = F(Δ) x(t) + w,  w ~ N(0, Q(Δ))      level and slope of each sensor, exact over any Δ

The model is linear, so a push moves every path by the same: paths are drawn once, and all
scenarios share them (common random numbers). Half of the paths mirror the other half (antithetic).
Source: Glasserman (2003), Monte Carlo Methods in Financial Engineering, §4.2 and §7.1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.layout import (
    BORN,
    FIRST,
    FROZEN,
    LEARNING,
    LEVEL,
    P11,
    P12,
    P22,
    SLOPE,
    TIME,
    header,
)
from twin.core.statespace import Trend
from twin.core.transition import transition
from twin.core.view import NEVER

__all__ = ["Paths", "Start", "as_new", "drift", "free_paths", "spread_at", "start_of"]

Array = NDArray[np.float64]

FLEET = 1.0
"""Variance of levels over a class, in model units: what the unit is made of."""
NEW_LEAST = 3
"""Machines seen new that it takes to speak of what new machines are like."""
NEW_STEPS = 48.0
"""A machine whose first sample came so soon after its birth was seen new."""


class Start(NamedTuple):
    """Belief (m,) from which paths begin, model units, and the machine's age in steps."""

    level: Array
    slope: Array
    p11: Array
    p12: Array
    p22: Array
    age: float


class Paths(NamedTuple):
    """Levels and slopes (P, G, m) at times `at` (G,) in steps, and ages (G,)."""

    at: Array
    level: Array
    slope: Array
    age: Array


def start_of(trend: Trend, state: Array) -> Start:
    """The belief of the machine whose state row is state (W,), as of its newest sample."""
    row = state.reshape(1, -1)
    level, slope, p11, p12, p22 = (
        trend.layout.block(row, b)[0].copy() for b in (LEVEL, SLOPE, P11, P12, P22)
    )
    age = float(header(row, TIME)[0] - header(row, BORN)[0]) / trend.step_us
    return Start(level, slope, p11, p12, p22, age)


def as_new(trend: Trend, states: Array) -> tuple[Start, int]:
    """What a machine is like after a service, and from how many machines of states (N, W) that is
    known: mean and variance of their levels when new. 0: too few were; the class's mean."""
    head = states.view(np.int64)
    first, born = head[:, FIRST], head[:, BORN]
    seen = (first != NEVER) & (head[:, LEARNING] == 0)
    seen &= (first - born) / trend.step_us <= NEW_STEPS
    zero, wide = np.zeros(trend.n_sensors), trend.r * trend.p0[:, None]
    if int(seen.sum()) < NEW_LEAST:
        return Start(zero, zero, np.minimum(wide[0], FLEET), zero, wide[1], 0.0), 0
    levels = trend.layout.block(states, FROZEN)[seen]
    mean, variance = levels.mean(0), levels.var(0, ddof=1)
    return Start(mean, zero, variance, zero, wide[1], 0.0), int(seen.sum())


def spread_at(trend: Trend, start: Start, at: Array) -> tuple[Array, Array]:
    """Mean and variance (G, m) of the levels at times `at` (G,) in steps, without push."""
    table = np.array([transition(trend.growth, float(t)) for t in at]).reshape(len(at), 5)
    a, qa = table[:, 1, None], table[:, 2, None]
    mean = start.level + a * start.slope
    variance = start.p11 + a * (2 * start.p12 + a * start.p22)
    return mean, variance + trend.q_level * at[:, None] + trend.q_slope * qa


def free_paths(trend: Trend, start: Start, at: Array, n: int, seed: int) -> Paths:
    """n paths (even) without push at times `at` (G,), rising from 0."""
    m = trend.n_sensors
    half = np.random.default_rng(seed).standard_normal((n // 2, len(at), 2, m))
    noise = np.concatenate([half, -half])
    level, slope = np.empty((2, n, len(at), m))
    move = _root(start.p11, start.p12, start.p22)
    level[:, 0] = start.level + move[0] * noise[:, 0, 0]
    slope[:, 0] = start.slope + move[1] * noise[:, 0, 0] + move[2] * noise[:, 0, 1]
    for g in range(1, len(at)):
        dt = float(at[g] - at[g - 1])
        e, a, qa, qb, qc = transition(trend.growth, dt)
        wander = trend.q_slope * qa + trend.q_level * dt
        move = _root(wander, trend.q_slope * qb, trend.q_slope * qc)
        level[:, g] = level[:, g - 1] + a * slope[:, g - 1] + move[0] * noise[:, g, 0]
        slope[:, g] = e * slope[:, g - 1] + move[1] * noise[:, g, 0] + move[2] * noise[:, g, 1]
    return Paths(at, level, slope, start.age + at)


def drift(growth: float, push: Array) -> tuple[Array, Array]:
    """What pushes add: level and slope (H + 1, m) at 0, 1, …, H steps.

    push (H, m): slope added at the end of each step, x[t+1] = F x[t] + [0, push[t]].
    """
    e, a, _, _, _ = transition(growth, 1.0)
    level, slope = np.zeros((2, len(push) + 1, push.shape[1]))
    for t, added in enumerate(push):
        level[t + 1] = level[t] + a * slope[t]
        slope[t + 1] = e * slope[t] + added
    return level, slope


def _root(p11: Array, p12: Array, p22: Array) -> tuple[Array, Array, Array]:
    """Lower triangle (l11, l21, l22) of the Cholesky root of 2 × 2 covariances, nought allowed."""
    l11 = np.sqrt(np.maximum(p11, 0.0))
    l21 = np.divide(p12, l11, out=np.zeros_like(p12), where=l11 > 0)
    return l11, l21, np.sqrt(np.maximum(p22 - l21 * l21, 0.0))
