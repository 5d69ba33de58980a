"""Compiled monitors of the trend kernel: what the filter's errors say of sensor and machine.

Rules and sources stand in gating.py. All of it is rare: `step` hands over bit masks, and a mask
that is empty touches no memory. Shapes as in kernel_step.py.
"""

# ruff: noqa: PLR0124 (x == x is how vector code asks for NaN)

from typing import Any

import numpy as np

import twin.core.layout as lay
import twin.core.statespace as ss
from twin.core.kernel_step import AWAY, RAW, Y, Z, inlined, mean_of
from twin.core.kernel_view import belief_again
from twin.core.statespace import Packed

__all__ = ["monitor"]


@inlined
def repeat(par: Any, M: int, state: Any, head: Any, slot: int, seen: int, equal: int) -> None:
    """Count readings that equal the one before; too many in a row: a stuck, hence bad, sensor."""
    for i in range(M):
        if (seen >> i) & 1:
            at = lay.HEADER + i + lay.SAME * M
            state[slot, at] = state[slot, at] + 1.0 if (equal >> i) & 1 else 0.0
            if state[slot, at] >= par[ss.STUCK * M + i] and (head[slot, lay.BAD] >> i) & 1 == 0:
                condemn(M, state, head, slot, i)
    head[slot, lay.REPEATING] = (head[slot, lay.REPEATING] & ~seen) | equal


@inlined
def condemn(M: int, state: Any, head: Any, slot: int, i: int) -> None:
    """Sensor i is bad from now on: predicted, not used."""
    head[slot, lay.BAD] |= 1 << i
    head[slot, lay.RUNNING] &= ~(1 << i)
    state[slot, lay.HEADER + i + lay.RUN * M] = 0.0
    state[slot, lay.HEADER + i + lay.CALM * M] = 0.0
    state[slot, lay.HEADER + i + lay.BEFORE * M] = np.nan


@inlined
def reopen(par: Any, M: int, state: Any, slot: int, i: int, y: float) -> None:
    """Learn sensor i anew: its level moves by y, its covariance returns to P₀."""
    at = lay.HEADER + i
    state[slot, at + lay.LEVEL * M] += y
    state[slot, at + lay.SLOPE * M] = 0.0
    state[slot, at + lay.P11 * M] = par[ss.P0_LEVEL * M + i]
    state[slot, at + lay.P12 * M] = 0.0
    state[slot, at + lay.P22 * M] = par[ss.P0_SLOPE * M + i]
    state[slot, at + lay.RUN * M] = 0.0


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
    live = seen & ~head[slot, lay.BAD]
    n_live = 0
    suspects = 0
    hits = 0
    for i in range(M):
        at = lay.HEADER + i + lay.RUN * M
        if (live >> i) & 1:
            n_live += 1
            state[slot, at] = state[slot, at] + 1.0 if (gated >> i) & 1 else 0.0
            hits |= (1 if state[slot, at] >= p.rejections else 0) << i
        if (head[slot, lay.BAD] >> i) & 1 == 0 and 2.0 * state[slot, at] >= p.rejections:
            suspects += 1
    head[slot, lay.RUNNING] = (head[slot, lay.RUNNING] & ~live) | (gated & live)
    if hits == 0:
        return
    together = suspects >= 2 and 2 * suspects >= n_live
    for i in range(M):
        if together and (live >> i) & 1:
            reopen(par, M, state, slot, i, scratch[Y * M + i] if (gated >> i) & 1 else 0.0)
        elif not together and (hits >> i) & 1:
            condemn(M, state, head, slot, i)
    if together:
        head[slot, lay.RUNNING] &= ~live
        head[slot, lay.CHANGED] = p.hold


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
        at = lay.HEADER + i
        moving = state[slot, at + lay.SAME * M] == 0.0
        z = scratch[Z * M + i]
        away = z - state[slot, at + lay.BEFORE * M]
        agrees = away * away <= p.gate * 2.0 * par[ss.R * M + i]
        state[slot, at + lay.BEFORE * M] = z
        run = state[slot, at + lay.RUN * M]
        calm = state[slot, at + lay.CALM * M]
        if moving:
            run = run + 1.0 if (fits >> i) & 1 else 0.0
            calm = calm + 1.0 if agrees else 0.0
        state[slot, at + lay.RUN * M] = run
        state[slot, at + lay.CALM * M] = calm
        if run >= p.returns or calm >= p.settle:
            head[slot, lay.BAD] &= ~(1 << i)
            if run < p.returns:
                reopen(par, M, state, slot, i, scratch[Y * M + i])
            state[slot, at + lay.RUN * M] = 0.0


@inlined
def commission(
    p: Packed, M: int, state: Any, head: Any, slot: int, learning: int, scratch: Any
) -> None:
    """Average the first readings of a life into the frozen twin's level."""
    for i in range(M):
        if (learning >> i) & 1:
            at = lay.HEADER + i
            n = state[slot, at + lay.SEEN * M] + 1.0
            state[slot, at + lay.SEEN * M] = n
            state[slot, at + lay.FROZEN * M] += (
                scratch[Z * M + i] - state[slot, at + lay.FROZEN * M]
            ) / n
            if n >= p.learn:
                head[slot, lay.LEARNING] &= ~(1 << i)


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
        beyond = head[slot, lay.BEYOND] & bit != 0
        band = par[ss.DEADBAND * M + i]
        inside = z >= par[ss.LOW * M + i] + band and z <= par[ss.HIGH * M + i] - band
        delay = par[ss.OFF * M + i] if beyond else par[ss.ON * M + i]
        if not (inside if beyond else (out & bit) != 0):
            head[slot, lay.PENDING] &= ~bit
            continue
        at = lay.HEADER + i + lay.SINCE * M
        if head[slot, lay.PENDING] & bit == 0:
            head[slot, lay.PENDING] |= bit
            state[slot, at] = np.float64(time)
        if np.float64(time) - state[slot, at] >= delay:
            head[slot, lay.PENDING] &= ~bit
            head[slot, lay.BEYOND] ^= bit


@inlined
def monitor(
    p: Packed,
    par: Any,
    M: int,
    state: Any,
    head: Any,
    slot: int,
    seen: int,
    fits: int,
    equal: int,
    out: int,
    bad: int,
    scratch: Any,
    time: int,
) -> None:
    """Health, and whatever of the rare judgements the masks ask for."""
    counted = seen & ~bad
    gated = counted & ~fits
    learning = head[slot, lay.LEARNING]
    compare = counted & ~learning
    if compare:
        away = mean_of(AWAY, compare, M, scratch)
        state[slot, lay.HEALTH] += p.health_weight * (away - state[slot, lay.HEALTH])
    if counted & fits & learning:
        commission(p, M, state, head, slot, counted & fits & learning, scratch)
    if head[slot, lay.CHANGED] > 0:
        head[slot, lay.CHANGED] -= 1
    if (gated | head[slot, lay.RUNNING]) & seen:
        judge(p, par, M, state, head, slot, seen, gated, scratch)
    if (equal | head[slot, lay.REPEATING]) & seen:
        repeat(par, M, state, head, slot, seen, equal)
    if bad & seen:
        recover(p, par, M, state, head, slot, bad & seen, fits, scratch)
    if gated | (bad & seen):
        belief_again(M, state, slot, scratch)
    mask = out | head[slot, lay.PENDING] | head[slot, lay.BEYOND]
    if mask:
        limit(par, M, state, head, slot, mask, out, scratch, time)
