"""Compiled step of the trend kernel: one row's readings into one machine's belief.

Shapes: state (N, W) float64 and `head`, the same memory as int64; u and f, the rows as u32 and f32
words (R, 4 + L); `par` and `scratch`, rows of M float64 one after the other, on the stack. M, a
multiple of eight, is a constant to the compiler. Everything that is done for every sensor of every
row stands in `step`, eight sensors at a time without a branch; what is rare is decided afterwards
from bit masks. The model stands in statespace.py, the rules of judgement in gating.py.
"""

# ruff: noqa: PLR0124 (x == x is how vector code asks for NaN)

from typing import Any

import numpy as np
from numba import njit

import twin.core.layout as lay
import twin.core.statespace as ss
from twin.core.kernel_memory import load, load_where, store, store_where
from twin.core.kernel_vector import LANES, bits_of, mask_of, root, select, total, wide
from twin.core.rows import HEADER_WORDS
from twin.core.statespace import Packed
from twin.core.view import NEVER

__all__ = [
    "SCRATCH_ROWS",
    "compiled",
    "inlined",
    "mean_of",
    "read_inputs",
    "reset",
    "step",
]

RAW, BASE, SCALE, Z, Y, VARIANCE, E, FIT, AWAY, LEVEL, SLOPE, P11 = range(12)
SCRATCH_ROWS = 12
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
    for first in range(0, k, LANES):
        lanes = mask_of(((1 << k) - 1) >> first)
        value = wide(load_where(f, (row, HEADER_WORDS + p.n_sensors + first), lanes))
        store_where(state, (slot, at + first), value, value == value)
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
def base_of(p: Packed, M: int, state: Any, slot: int, regime: int, first: int) -> Any:
    """What the inputs alone explain of eight sensors from `first` on: offset + gain·u.

    An input never heard of is taken at its regime's centre.
    """
    k = p.centre.shape[1]
    base = load(p.offset, regime * M + first)
    for j in range(k):
        value = state[slot, lay.HEADER + lay.BLOCKS * M + j]
        if value != value:
            value = p.centre[regime, j]
        base = base + load(p.gain, (regime * k + j) * M + first) * value
    return base


@inlined
def step(
    p: Packed,
    par: Any,
    M: int,
    watch: bool,
    state: Any,
    slot: int,
    f: Any,
    row: int,
    regime: int,
    bad: int,
    compare: int,
    drifted: float,
    scratch: Any,
    moves: Any,
    turn: int,
) -> tuple[int, int, int, int]:
    """Predict every sensor over the cached Δ, then condition it on its reading if believed.

    y = z' − level, s = p11 + r, believed: y² ≤ gate·s (false for NaN) and not a bad sensor.
    P·r/s in place of P − KHP: p11 r/s, p12 r/s, (p22 r + det P)/s stay positive in any number of
    steps. CUSUM and distance from commissioning (variance r(1 + 1/n) + drift·steps) go along.
    Returns bit masks: sensors seen, those whose reading fits, equals the last, is beyond a limit.
    Source: Durbin & Koopman (2012), §6.4, one univariate update a sensor; Page (1954).
    """
    dt, e, a = moves[turn], moves[np.uint64(LANES) + turn], moves[np.uint64(2 * LANES) + turn]
    qa, qb = moves[np.uint64(3 * LANES) + turn], moves[np.uint64(4 * LANES) + turn]
    qc = moves[np.uint64(5 * LANES) + turn]
    seen, fits, equal, out = 0, 0, 0, 0
    for first in range(0, M, LANES):
        at = lay.HEADER + first
        r = load(par, ss.R * M + first)
        q_slope = load(par, ss.Q_SLOPE * M + first)
        slope = load(state, (slot, at + lay.SLOPE * M))
        p12 = load(state, (slot, at + lay.P12 * M))
        p22 = load(state, (slot, at + lay.P22 * M))
        level = load(state, (slot, at + lay.LEVEL * M)) + slope * a
        slope = slope * e
        p11 = load(state, (slot, at + lay.P11 * M)) + (p12 * 2.0 + p22 * a) * a
        p11 = p11 + (load(par, ss.Q_LEVEL * M + first) * dt + q_slope * qa)
        p12 = (p12 + p22 * a) * e + q_slope * qb
        p22 = p22 * e * e + q_slope * qc
        lost = p11 > load(par, ss.LOST * M + first)
        if bits_of(lost):
            level = select(lost, 0.0, level)
            slope = select(lost, 0.0, slope)
            p11 = select(lost, load(par, ss.P0_LEVEL * M + first), p11)
            p12 = select(lost, 0.0, p12)
            p22 = select(lost, load(par, ss.P0_SLOPE * M + first), p22)

        raw = wide(load_where(f, (row, HEADER_WORDS + first), mask_of(p.sensors >> first)))
        base = base_of(p, M, state, slot, regime, first)
        z = (raw - base) * load(p.inv_scale, regime * M + first)
        came = z == z
        y = z - level
        s = p11 + r
        inverse = 1.0 / s
        nis = y * y * inverse
        fit = y * y <= s * p.gate
        healthy = mask_of(~bad >> first)
        use = fit & healthy
        counted = came & healthy
        gain = select(use, y * inverse, 0.0)
        keep = select(use, r * inverse, 1.0)
        narrowed = (p22 * r + (p11 * p22 - p12 * p12)) * inverse
        error = y * root(inverse)
        level = level + p11 * gain
        slope = slope + p12 * gain
        p11 = p11 * keep
        store(state, (slot, at + lay.LEVEL * M), level)
        store(state, (slot, at + lay.SLOPE * M), slope)
        store(state, (slot, at + lay.P11 * M), p11)
        store(state, (slot, at + lay.P12 * M), p12 * keep)
        store(state, (slot, at + lay.P22 * M), select(use, narrowed, p22))

        seen |= bits_of(came) << first
        fits |= bits_of(fit) << first
        store(scratch, RAW * M + first, raw)
        store(scratch, BASE * M + first, base)
        store(scratch, SCALE * M + first, load(p.scale, regime * M + first))
        store(scratch, Z * M + first, z)
        store(scratch, Y * M + first, y)
        store(scratch, VARIANCE * M + first, s)
        store(scratch, E * M + first, error)
        store(scratch, FIT * M + first, select(counted, select(nis < p.gate, nis, p.gate), 0.0))
        store(scratch, LEVEL * M + first, level)
        store(scratch, SLOPE * M + first, slope)
        store(scratch, P11 * M + first, p11)
        if watch:
            last = load(state, (slot, at + lay.LAST * M))
            equal |= bits_of(raw == last) << first
            store(state, (slot, at + lay.LAST * M), select(raw == raw, raw, last))
            below, above = load(par, ss.LOW * M + first), load(par, ss.HIGH * M + first)
            out |= bits_of((raw < below) | (raw > above)) << first
            error = select(error > -CLIP, select(error < CLIP, error, CLIP), -CLIP)
            sums(p, M, state, slot, first, error, counted)
            away = z - load(state, (slot, at + lay.FROZEN * M))
            spread = r * (1.0 + 1.0 / p.learn) + load(par, ss.DRIFT * M + first) * drifted
            away = away * away / spread
            away = select(fit | (away < p.gate), away, p.gate)
            away = select(counted & mask_of(compare >> first), away, 0.0)
            store(scratch, AWAY * M + first, away)
    return seen, fits, equal, out


@inlined
def sums(p: Packed, M: int, state: Any, slot: int, first: int, error: Any, counted: Any) -> None:
    """Eight CUSUMs up and down from `first` on."""
    error = error - p.cusum_slack
    up = load(state, (slot, lay.HEADER + first + lay.UP * M))
    more = select(up + error > 0.0, up + error, 0.0)
    store(state, (slot, lay.HEADER + first + lay.UP * M), select(counted, more, up))
    error = (0.0 - (error + p.cusum_slack)) - p.cusum_slack
    down = load(state, (slot, lay.HEADER + first + lay.DOWN * M))
    more = select(down + error > 0.0, down + error, 0.0)
    store(state, (slot, lay.HEADER + first + lay.DOWN * M), select(counted, more, down))


@inlined
def mean_of(which: int, mask: int, M: int, scratch: Any) -> Any:
    """Mean over the sensors in a mask of a scratch row that is 0 outside it."""
    together = load(scratch, which * M)
    for first in range(LANES, M, LANES):
        together = together + load(scratch, which * M + first)
    return total(together) * (1.0 / bits(mask))


@inlined
def bits(mask: int) -> Any:
    """How many bits are set: in this form the compiler knows it for one instruction."""
    x = np.uint64(mask)
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))
