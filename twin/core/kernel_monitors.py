"""Compiled monitors of the trend kernel: what the filter's errors say of sensor and machine.

Rules and sources stand in gating.py. All of it is rare: `step` hands over bit masks, and a mask
that is empty touches no memory. Shapes as in kernel_step.py.
"""

from typing import Any

import numpy as np

import twin.core.layout as L
import twin.core.statespace as S
from twin.core.kernel_step import RAW, Y, Z, inlined
from twin.core.statespace import Packed

__all__ = ["commission", "judge", "limit", "recover", "repeat"]


@inlined
def repeat(par: Any, M: int, state: Any, head: Any, slot: int, seen: int, equal: int) -> None:
    """Count readings that equal the one before; too many in a row: a stuck, hence bad, sensor."""
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
def reopen(par: Any, M: int, state: Any, slot: int, i: int, y: float) -> None:
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
            reopen(par, M, state, slot, i, scratch[Y * M + i] if (gated >> i) & 1 else 0.0)
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
                reopen(par, M, state, slot, i, scratch[Y * M + i])
            state[slot, at + L.RUN * M] = 0.0


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
def limit(
    par: Any,
    M: int,
    state: Any,
    head: Any,
    slot: int,
    mask: int,
    out: int,
    scratch: Any,
    time: int,
) -> None:
    """Alarm limits on the readings: deadband, and delays that any sample against them restarts.

    Source: ANSI/ISA-18.2 (2016), §10: basic alarm design. A missing reading changes nothing.
    """
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
