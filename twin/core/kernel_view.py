"""Compiled writer of the view: one machine's row, straight from the step that made it."""

# ruff: noqa: PLR0124 (x == x is how vector code asks for NaN)

from math import sqrt
from typing import Any

import numpy as np

import twin.core.layout as lay
import twin.core.statespace as ss
from twin.core.kernel_step import (
    BASE,
    OLD,
    RAW,
    SCALE,
    SHOWN_LEVEL,
    SHOWN_SD,
    SHOWN_SLOPE,
    SHOWN_SPREAD,
    E,
    inlined,
)
from twin.core.rows import HEADER_WORDS
from twin.core.statespace import Packed
from twin.core.view_numpy import ViewAt

__all__ = ["plant_units", "write_judgement", "write_prior", "write_view"]


@inlined
def plant_units(par: Any, M: int, state: Any, slot: int, scratch: Any, shown: Any) -> None:
    """What the view shows of each sensor, in the plant's unit, once a judgement moved a belief."""
    for i in range(M):
        at = lay.HEADER + i
        scale = scratch[SCALE * M + i]
        p11 = state[slot, at + lay.P11 * M]
        shown[SHOWN_LEVEL * M + i] = state[slot, at + lay.LEVEL * M] * scale + scratch[BASE * M + i]
        shown[SHOWN_SLOPE * M + i] = state[slot, at + lay.SLOPE * M] * scale
        shown[SHOWN_SD * M + i] = sqrt(np.float32(p11)) * scale
        shown[SHOWN_SPREAD * M + i] = sqrt(np.float32(p11 + par[ss.R * M + i])) * scale


@inlined
def write_view(
    p: Packed,
    M: int,
    head: Any,
    slot: int,
    u: Any,
    f: Any,
    row: int,
    seen: int,
    scratch: Any,
    shown: Any,
    view: Any,
    vi: Any,
    vf: Any,
    at: ViewAt,
) -> None:
    """The machine's view row, in the plant's units; `seen` and `value` of lanes that came."""
    time = head[slot, lay.TIME]
    view[slot, at.time] = time
    if p.n_sensors == M:
        write_sensors(M, M, slot, time, scratch, shown, view, vf, at)
    else:
        write_sensors(p.n_sensors, M, slot, time, scratch, shown, view, vf, at)
    missing = p.sensors & ~seen
    for lane in range(p.n_sensors, at.n_lanes):
        z = f[row, HEADER_WORDS + lane]
        if z == z:
            vf[slot, at.value + lane] = z
            view[slot, at.seen + lane] = time
        else:
            missing |= 1 << lane
    vi[slot, at.quality] = u[row, 1]
    vi[slot, at.missing] = missing


@inlined
def write_sensors(
    m: int, M: int, slot: int, time: int, scratch: Any, shown: Any, view: Any, vf: Any, at: ViewAt
) -> None:
    """Fields of each sensor, a loop a field: stores of one loop then follow each other."""
    for i in range(m):
        shown[OLD * M + i] = vf[slot, np.uint64(at.value) + np.uint64(i)]
    for i in range(m):
        z = np.float32(scratch[RAW * M + i])
        old = shown[OLD * M + i]
        shown[OLD * M + i] = z if z == z else old
    for i in range(m):
        vf[slot, np.uint64(at.value) + np.uint64(i)] = shown[OLD * M + i]
    for i in range(m):
        shown[OLD * M + i] = vf[slot, np.uint64(at.innovation) + np.uint64(i)]
    for i in range(m):
        e = np.float32(scratch[E * M + i])
        old = shown[OLD * M + i]
        shown[OLD * M + i] = e if e == e else old
    for i in range(m):
        vf[slot, np.uint64(at.innovation) + np.uint64(i)] = shown[OLD * M + i]
    for i in range(m):
        z = scratch[RAW * M + i]
        before = view[slot, np.uint64(at.seen) + np.uint64(i)]
        view[slot, np.uint64(at.seen) + np.uint64(i)] = time if z == z else before
    for i in range(m):
        vf[slot, np.uint64(at.level) + np.uint64(i)] = shown[SHOWN_LEVEL * M + i]
    for i in range(m):
        vf[slot, np.uint64(at.slope) + np.uint64(i)] = shown[SHOWN_SLOPE * M + i]
    for i in range(m):
        vf[slot, np.uint64(at.sd) + np.uint64(i)] = shown[SHOWN_SD * M + i]
    for i in range(m):
        vf[slot, np.uint64(at.spread) + np.uint64(i)] = shown[SHOWN_SPREAD * M + i]


@inlined
def write_prior(
    p: Packed, par: Any, M: int, state: Any, head: Any, slot: int, vf: Any, at: ViewAt
) -> None:
    """After a reset: the prior in the view, without an innovation."""
    regime = max(head[slot, lay.REGIME], 0)
    for i in range(p.n_sensors):
        scale = p.scale[np.uint64(regime * M) + np.uint64(i)]
        p11 = state[slot, lay.HEADER + i + lay.P11 * M]
        vf[slot, at.level + i] = p.offset[np.uint64(regime * M) + np.uint64(i)]
        vf[slot, at.slope + i] = 0.0
        vf[slot, at.sd + i] = sqrt(np.float32(p11)) * scale
        vf[slot, at.spread + i] = sqrt(np.float32(p11 + par[ss.R * M + i])) * scale
        vf[slot, at.innovation + i] = np.nan


@inlined
def write_judgement(
    state: Any, head: Any, slot: int, view: Any, vi: Any, vf: Any, at: ViewAt
) -> None:
    """Counts, judgements and health of the machine into its view row."""
    view[slot, at.born] = head[slot, lay.BORN]
    vi[slot, at.n_applied] = head[slot, lay.N_APPLIED]
    vi[slot, at.n_late] = head[slot, lay.N_LATE]
    vi[slot, at.n_gated] = head[slot, lay.N_GATED]
    vi[slot, at.bad] = head[slot, lay.BAD]
    vi[slot, at.changed] = 1 if head[slot, lay.CHANGED] > 0 else 0
    vi[slot, at.beyond] = head[slot, lay.BEYOND]
    vf[slot, at.nis] = state[slot, lay.NIS]
    vf[slot, at.health] = state[slot, lay.HEALTH]
