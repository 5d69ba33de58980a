"""Compiled monitors of the trend kernel: what the filter's errors say of sensor and machine.

Rules and sources stand in gating.py. Each function is the step of one row for one machine; common
cases (nothing rejected, nothing repeated, nothing beyond) leave by a mask without touching more
memory. Shapes as in kernel_numba.py.
"""

from typing import Any

import numpy as np
from numba import njit

import twin.core.layout as L
import twin.core.statespace as S
from twin.core.statespace import Packed

__all__ = ["judge", "limit", "monitor", "recover", "repeat"]

RAW, BASE, Z, Y, VARIANCE, INVERSE, E, D2 = range(8)
CLIP = 4.0
"""A standardised innovation counts in the CUSUM as at most this."""

inlined = njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)


@inlined
def repeat(p: Packed, par: Any, M: int, state: Any, head: Any, slot: int, scratch: Any) -> None:
    """Count readings that equal the one before; too many in a row: a stuck, hence bad, sensor."""
    equal = 0
    seen = 0
    for i in range(M):
        at = L.HEADER + i + L.LAST * M
        z = scratch[RAW * M + i]
        last = state[slot, at]
        equal |= (1 if z == last else 0) << i
        seen |= (1 if z == z else 0) << i
        state[slot, at] = z if z == z else last
    if (equal | head[slot, L.REPEATING]) & seen == 0:
        return
    for i in range(M):
        if (seen >> i) & 1:
            at = L.HEADER + i + L.SAME * M
            state[slot, at] = state[slot, at] + 1.0 if (equal >> i) & 1 else 0.0
            if state[slot, at] >= par[S.STUCK * M + i] and (head[slot, L.BAD] >> i) & 1 == 0:
                condemn(M, state, head, slot, i)
    head[slot, L.REPEATING] = (head[slot, L.REPEATING] & ~seen) | equal


@inlined
def condemn(M: int, state: Any, head: Any, slot: int, i: int) -> None:
    """Sensor i is bad from now on: predicted, not used."""
    head[slot, L.BAD] |= 1 << i
    head[slot, L.RUNNING] &= ~(1 << i)
    state[slot, L.HEADER + i + L.RUN * M] = 0.0
    state[slot, L.HEADER + i + L.CALM * M] = 0.0
    state[slot, L.HEADER + i + L.BEFORE * M] = np.nan


@inlined
def reopen(p: Packed, par: Any, M: int, state: Any, slot: int, i: int, y: float) -> None:
    """Learn sensor i anew: its level moves by y, its covariance returns to P₀."""
    at = L.HEADER + i
    state[slot, at + L.LEVEL * M] += y
    state[slot, at + L.SLOPE * M] = 0.0
    state[slot, at + L.P11 * M] = par[S.P0_LEVEL * M + i]
    state[slot, at + L.P12 * M] = 0.0
    state[slot, at + L.P22 * M] = par[S.P0_SLOPE * M + i]
    state[slot, at + L.RUN * M] = 0.0


@inlined
def judge(
    p: Packed,
    par: Any,
    M: int,
    state: Any,
    head: Any,
    slot: int,
    seen: int,
    gated: int,
    scratch: Any,
) -> None:
    """Count rejections in a row; at the limit tell a bad sensor from a changed machine."""
    live = seen & ~head[slot, L.BAD]
    n_live = 0
    suspects = 0
    hits = 0
    for i in range(M):
        at = L.HEADER + i + L.RUN * M
        if (live >> i) & 1:
            n_live += 1
            state[slot, at] = state[slot, at] + 1.0 if (gated >> i) & 1 else 0.0
            hits |= (1 if state[slot, at] >= p.rejections else 0) << i
        if (head[slot, L.BAD] >> i) & 1 == 0 and 2.0 * state[slot, at] >= p.rejections:
            suspects += 1
    head[slot, L.RUNNING] = (head[slot, L.RUNNING] & ~live) | (gated & live)
    if hits == 0:
        return
    together = suspects >= 2 and 2 * suspects >= n_live
    for i in range(M):
        if together and (live >> i) & 1:
            reopen(p, par, M, state, slot, i, scratch[Y * M + i] if (gated >> i) & 1 else 0.0)
        elif not together and (hits >> i) & 1:
            condemn(M, state, head, slot, i)
    if together:
        head[slot, L.RUNNING] &= ~live
        head[slot, L.CHANGED] = p.hold


@inlined
def recover(
    p: Packed,
    par: Any,
    M: int,
    state: Any,
    head: Any,
    slot: int,
    mask: int,
    fits: int,
    scratch: Any,
) -> None:
    """Bring bad sensors back: their readings fit again, or have long agreed with each other."""
    for i in range(M):
        if (mask >> i) & 1 == 0:
            continue
        at = L.HEADER + i
        moving = state[slot, at + L.SAME * M] == 0.0
        z = scratch[Z * M + i]
        away = z - state[slot, at + L.BEFORE * M]
        agrees = away * away <= p.gate * 2.0 * par[S.R * M + i]
        state[slot, at + L.BEFORE * M] = z
        run = state[slot, at + L.RUN * M]
        calm = state[slot, at + L.CALM * M]
        if moving:
            run = run + 1.0 if (fits >> i) & 1 else 0.0
            calm = calm + 1.0 if agrees else 0.0
        state[slot, at + L.RUN * M] = run
        state[slot, at + L.CALM * M] = calm
        if run >= p.returns or calm >= p.settle:
            head[slot, L.BAD] &= ~(1 << i)
            if run < p.returns:
                reopen(p, par, M, state, slot, i, scratch[Y * M + i])
            state[slot, at + L.RUN * M] = 0.0


@inlined
def monitor(
    p: Packed,
    par: Any,
    M: int,
    state: Any,
    head: Any,
    slot: int,
    counted: int,
    fits: int,
    scratch: Any,
    time: int,
) -> None:
    """CUSUM of every sensor, and the frozen twin."""
    if head[slot, L.CHANGED] > 0:
        head[slot, L.CHANGED] -= 1
    for i in range(M):
        at = L.HEADER + i
        e = min(max(scratch[E * M + i], -CLIP), CLIP)
        up = state[slot, at + L.UP * M]
        down = state[slot, at + L.DOWN * M]
        here = (counted >> i) & 1
        state[slot, at + L.UP * M] = max(0.0, up + e - p.cusum_slack) if here else up
        state[slot, at + L.DOWN * M] = max(0.0, down - e - p.cusum_slack) if here else down
    compare = counted & ~head[slot, L.LEARNING]
    learning = counted & fits & head[slot, L.LEARNING]
    if learning:
        commission(p, par, M, state, head, slot, learning, scratch)
    if compare:
        steps = (time - head[slot, L.FIRST]) / p.step_us
        health(p, par, M, state, slot, compare, fits, scratch, steps)


@inlined
def commission(
    p: Packed, par: Any, M: int, state: Any, head: Any, slot: int, learning: int, scratch: Any
) -> None:
    """Average the first readings of a life into the frozen twin's level."""
    for i in range(M):
        if (learning >> i) & 1:
            at = L.HEADER + i
            n = state[slot, at + L.SEEN * M] + 1.0
            state[slot, at + L.SEEN * M] = n
            state[slot, at + L.FROZEN * M] += (
                scratch[Z * M + i] - state[slot, at + L.FROZEN * M]
            ) / n
            if n >= p.learn:
                head[slot, L.LEARNING] &= ~(1 << i)


@inlined
def health(
    p: Packed,
    par: Any,
    M: int,
    state: Any,
    slot: int,
    compare: int,
    fits: int,
    scratch: Any,
    steps: float,
) -> None:
    """EWMA of the squared distance from commissioning, its variance r(1 + 1/n) + drift·steps."""
    wide = 1.0 + 1.0 / p.learn
    for i in range(M):
        away = scratch[Z * M + i] - state[slot, L.HEADER + i + L.FROZEN * M]
        d2 = away * away / (par[S.R * M + i] * wide + par[S.DRIFT * M + i] * steps)
        d2 = d2 if (fits >> i) & 1 else min(d2, p.gate)
        scratch[D2 * M + i] = d2 if (compare >> i) & 1 else 0.0
    total = 0.0
    n = 0
    for i in range(M):
        total += scratch[D2 * M + i]
        n += (compare >> i) & 1
    state[slot, L.HEALTH] += p.health_weight * (total / n - state[slot, L.HEALTH])


@inlined
def limit(
    p: Packed, par: Any, M: int, state: Any, head: Any, slot: int, scratch: Any, time: int
) -> None:
    """Alarm limits on the readings: deadband, and delays that any sample against them restarts.

    Source: ANSI/ISA-18.2 (2016), §10: basic alarm design. A missing reading changes nothing.
    """
    out = 0
    for i in range(M):
        z = scratch[RAW * M + i]
        out |= (1 if z < par[S.LOW * M + i] or z > par[S.HIGH * M + i] else 0) << i
    mask = out | head[slot, L.PENDING] | head[slot, L.BEYOND]
    if mask == 0:
        return
    for i in range(M):
        z = scratch[RAW * M + i]
        if (mask >> i) & 1 == 0 or z != z:
            continue
        bit = 1 << i
        beyond = head[slot, L.BEYOND] & bit != 0
        band = par[S.DEADBAND * M + i]
        inside = z >= par[S.LOW * M + i] + band and z <= par[S.HIGH * M + i] - band
        delay = par[S.OFF * M + i] if beyond else par[S.ON * M + i]
        if not (inside if beyond else (out & bit) != 0):
            head[slot, L.PENDING] &= ~bit
            continue
        at = L.HEADER + i + L.SINCE * M
        if head[slot, L.PENDING] & bit == 0:
            head[slot, L.PENDING] |= bit
            state[slot, at] = np.float64(time)
        if np.float64(time) - state[slot, at] >= delay:
            head[slot, L.PENDING] &= ~bit
            head[slot, L.BEYOND] ^= bit
