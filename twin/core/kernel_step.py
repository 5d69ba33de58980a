"""Compiled step of the trend kernel: one row's readings into one machine's belief.

Shapes: state (N, W) float64 and `head`, the same memory as int64; u and f, the rows as u32 and f32
words (R, 4 + L); `par` and `scratch`, rows of M float64 one after the other, on the stack. M is a
constant to the compiler. Everything that is done for every sensor of every row stands in one loop,
`step`, which becomes one run of vector instructions; what is rare is decided afterwards from bit
masks. The model stands in statespace.py, the rules of judgement in gating.py.
"""

# ruff: noqa: PLR0124 (x == x is how vector code asks for NaN)

from math import sqrt
from typing import Any

import numpy as np
from numba import njit

import twin.core.layout as lay
import twin.core.statespace as ss
from twin.core.rows import HEADER_WORDS
from twin.core.statespace import Packed
from twin.core.view import NEVER

__all__ = [
    "SCRATCH_ROWS",
    "compiled",
    "inlined",
    "mean_of",
    "read_inputs",
    "read_sensors",
    "reset",
    "step",
]

RAW, BASE, SCALE, UNSCALE, Z, Y, VARIANCE, E, FIT, AWAY = range(10)
SCRATCH_ROWS = 10
SHOWN_LEVEL, SHOWN_SLOPE, SHOWN_SD, SHOWN_SPREAD, OLD = range(5)
SHOWN_ROWS = 5
CLIP = 4.0
"""A standardised innovation counts in the CUSUM as at most this."""

OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
compiled: Any = njit(**OPTIONS)
inlined: Any = njit(forceinline=True, **OPTIONS)


@inlined
def start_belief(par: Any, M: int, state: Any, slot: int) -> None:
    """Return every sensor to the prior: level 0, P₀ = r·diag(p0)."""
    for i in range(M):
        at = lay.HEADER + i
        state[slot, at + lay.LEVEL * M] = 0.0
        state[slot, at + lay.SLOPE * M] = 0.0
        state[slot, at + lay.P11 * M] = par[ss.P0_LEVEL * M + i]
        state[slot, at + lay.P12 * M] = 0.0
        state[slot, at + lay.P22 * M] = par[ss.P0_SLOPE * M + i]


@inlined
def start_monitors(p: Packed, M: int, state: Any, head: Any, slot: int) -> None:
    """Forget every judgement of the machine's old life; limits and counts stay."""
    for i in range(M):
        at = lay.HEADER + i
        state[slot, at + lay.UP * M] = 0.0
        state[slot, at + lay.DOWN * M] = 0.0
        state[slot, at + lay.FROZEN * M] = 0.0
        state[slot, at + lay.SEEN * M] = 0.0
        state[slot, at + lay.RUN * M] = 0.0
        state[slot, at + lay.SAME * M] = 0.0
        state[slot, at + lay.LAST * M] = np.nan
    head[slot, lay.FIRST] = NEVER
    head[slot, lay.CHANGED] = 0
    head[slot, lay.BAD] = 0
    head[slot, lay.RUNNING] = 0
    head[slot, lay.REPEATING] = 0
    head[slot, lay.LEARNING] = p.sensors
    state[slot, lay.NIS] = 1.0
    state[slot, lay.HEALTH] = 1.0


@inlined
def reset(p: Packed, par: Any, M: int, state: Any, head: Any, slot: int, time: int) -> bool:
    """Repaired or replaced at `time`: back to the prior. Older than the last reset: late."""
    if time < head[slot, lay.BORN]:
        head[slot, lay.N_LATE] += 1
        return False
    head[slot, lay.BORN] = time
    head[slot, lay.TIME] = max(head[slot, lay.TIME], time)
    start_belief(par, M, state, slot)
    start_monitors(p, M, state, head, slot)
    return True


@inlined
def read_inputs(p: Packed, M: int, state: Any, slot: int, f: Any, row: int) -> int:
    """Remember the inputs that came; the nearest regime by those that are known."""
    k = p.centre.shape[1]
    at = lay.HEADER + lay.BLOCKS * M
    lane = HEADER_WORDS + p.n_sensors
    for j in range(k):
        value = np.float64(f[row, lane + j])
        if value == value:
            state[slot, at + j] = value
    nearest = 0
    if p.centre.shape[0] > 1:
        best = np.inf
        for regime in range(p.centre.shape[0]):
            distance = 0.0
            for j in range(k):
                away = (state[slot, at + j] - p.centre[regime, j]) * p.input_weight[j]
                if away == away:
                    distance += away * away
            if distance < best:
                best = distance
                nearest = regime
    return nearest


@inlined
def read_sensors(
    p: Packed, M: int, state: Any, slot: int, f: Any, row: int, regime: int, scratch: Any
) -> None:
    """Raw readings, and what the inputs alone explain: offset + gain·u.

    An input never heard of is taken at its regime's centre.
    """
    first = np.uint64(regime * M)
    for i in range(M):
        scratch[UNSCALE * M + i] = p.inv_scale[first + np.uint64(i)]
        scratch[SCALE * M + i] = p.scale[first + np.uint64(i)]
        scratch[BASE * M + i] = p.offset[first + np.uint64(i)]
    if p.n_sensors == M:
        for i in range(M):
            scratch[RAW * M + i] = np.float64(f[row, HEADER_WORDS + i])
    else:
        for i in range(M):
            scratch[RAW * M + i] = np.nan
        for i in range(p.n_sensors):
            scratch[RAW * M + i] = np.float64(f[row, HEADER_WORDS + i])
    at = lay.HEADER + lay.BLOCKS * M
    for j in range(p.centre.shape[1]):
        value = state[slot, at + j]
        if value != value:
            value = p.centre[regime, j]
        first = np.uint64((regime * p.centre.shape[1] + j) * M)
        for i in range(M):
            scratch[BASE * M + i] += p.gain[first + np.uint64(i)] * value


@inlined
def step(
    p: Packed,
    par: Any,
    M: int,
    watch: bool,
    state: Any,
    slot: int,
    bad: int,
    compare: int,
    drifted: float,
    scratch: Any,
    shown: Any,
    cache: Any,
) -> tuple[int, int, int, int]:
    """Predict every sensor over the cached Δ, then condition it on its reading if believed.

    y = z' − level, s = p11 + r, believed: y² ≤ gate·s (false for NaN) and not a bad sensor.
    P·r/s in place of P − KHP: p11 r/s, p12 r/s, (p22 r + det P)/s stay positive in any number of
    steps. CUSUM and distance from commissioning (variance r(1 + 1/n) + drift·steps) go along.
    Returns bit masks: sensors seen, those whose reading fits, equals the last, is beyond a limit.
    Source: Durbin & Koopman (2012), §6.4, one univariate update a sensor; Page (1954).
    """
    dt, e, a, qa, qb, qc = cache[0], cache[1], cache[2], cache[3], cache[4], cache[5]
    seen, fits, equal, out = 0, 0, 0, 0
    wide = 1.0 + 1.0 / p.learn
    for i in range(M):
        at = lay.HEADER + i
        r = par[ss.R * M + i]
        q_slope = par[ss.Q_SLOPE * M + i]
        slope = state[slot, at + lay.SLOPE * M]
        p12 = state[slot, at + lay.P12 * M]
        p22 = state[slot, at + lay.P22 * M]
        level = state[slot, at + lay.LEVEL * M] + a * slope
        slope = e * slope
        p11 = state[slot, at + lay.P11 * M] + a * (2.0 * p12 + a * p22)
        p11 = p11 + (par[ss.Q_LEVEL * M + i] * dt + q_slope * qa)
        p12 = e * (p12 + a * p22) + q_slope * qb
        p22 = e * (e * p22) + q_slope * qc
        lost = p11 > par[ss.LOST * M + i]
        level = 0.0 if lost else level
        slope = 0.0 if lost else slope
        p11 = par[ss.P0_LEVEL * M + i] if lost else p11
        p12 = 0.0 if lost else p12
        p22 = par[ss.P0_SLOPE * M + i] if lost else p22

        raw = scratch[RAW * M + i]
        z = (raw - scratch[BASE * M + i]) * scratch[UNSCALE * M + i]
        y = z - level
        s = p11 + r
        inverse = 1.0 / s
        nis = y * y * inverse
        fit = y * y <= p.gate * s
        healthy = ((bad >> i) & 1) == 0
        use = fit & healthy
        counted = (y == y) & healthy
        seen |= (1 if y == y else 0) << i
        fits |= (1 if fit else 0) << i
        gain = y * inverse
        gain = gain if use else 0.0
        keep = r * inverse if use else 1.0
        narrow = (p22 * r + (p11 * p22 - p12 * p12)) * inverse
        level = level + p11 * gain
        slope = slope + p12 * gain
        p11 = p11 * keep
        state[slot, at + lay.LEVEL * M] = level
        state[slot, at + lay.SLOPE * M] = slope
        state[slot, at + lay.P11 * M] = p11
        state[slot, at + lay.P12 * M] = p12 * keep
        state[slot, at + lay.P22 * M] = narrow if use else p22

        error = y * sqrt(inverse)
        scratch[Z * M + i] = z
        scratch[Y * M + i] = y
        scratch[VARIANCE * M + i] = s
        scratch[E * M + i] = error
        scratch[FIT * M + i] = min(nis, p.gate) if counted else 0.0
        scale = scratch[SCALE * M + i]
        shown[SHOWN_LEVEL * M + i] = level * scale + scratch[BASE * M + i]
        shown[SHOWN_SLOPE * M + i] = slope * scale
        shown[SHOWN_SD * M + i] = sqrt(np.float32(p11)) * scale
        shown[SHOWN_SPREAD * M + i] = sqrt(np.float32(p11 + r)) * scale
        if watch:
            last = state[slot, at + lay.LAST * M]
            equal |= (1 if raw == last else 0) << i
            state[slot, at + lay.LAST * M] = raw if raw == raw else last
            out |= (1 if (raw < par[ss.LOW * M + i]) | (raw > par[ss.HIGH * M + i]) else 0) << i
            error = min(max(error, -CLIP), CLIP) - p.cusum_slack
            up = state[slot, at + lay.UP * M]
            state[slot, at + lay.UP * M] = max(0.0, up + error) if counted else up
            error = -(error + p.cusum_slack) - p.cusum_slack
            down = state[slot, at + lay.DOWN * M]
            state[slot, at + lay.DOWN * M] = max(0.0, down + error) if counted else down
            away = z - state[slot, at + lay.FROZEN * M]
            away = away * away / (r * wide + par[ss.DRIFT * M + i] * drifted)
            away = away if fit else min(away, p.gate)
            scratch[AWAY * M + i] = away if ((compare >> i) & 1) & counted else 0.0
    return seen, fits, equal, out


@inlined
def mean_of(which: int, mask: int, M: int, scratch: Any) -> Any:
    """Mean over the sensors in a mask of a scratch row that is 0 outside it.

    Four sums at a time, the same in every build, because a chain of additions is slow.
    """
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for i in range(0, M, 4):
        at = which * M + i
        a += scratch[at]
        b += scratch[at + 1]
        c += scratch[at + 2]
        d += scratch[at + 3]
    return ((a + b) + (c + d)) / bits(mask)


@inlined
def bits(mask: int) -> Any:
    """How many bits are set: in this form the compiler knows it for one instruction."""
    x = np.uint64(mask)
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))
