"""Compiled writer of the view: one machine's row, straight from the step that made it."""

from math import sqrt
from typing import Any

import numpy as np

import twin.core.layout as lay
import twin.core.statespace as ss
from twin.core.kernel_memory import load, load_where, put, store_where
from twin.core.kernel_step import BASE, LEVEL, P11, RAW, SCALE, SLOPE, E, inlined
from twin.core.kernel_vector import LANES, bits_of, fill, mask_of, narrow, root, wide
from twin.core.rows import HEADER_WORDS
from twin.core.statespace import Packed
from twin.core.view_numpy import ViewAt

__all__ = ["belief_again", "write_judgement", "write_prior", "write_view"]


ALL = (1 << LANES) - 1


@inlined
def belief_again(M: int, state: Any, slot: int, scratch: Any) -> None:
    """What the view shows of the belief, once a judgement moved it."""
    for i in range(M):
        scratch[LEVEL * M + i] = state[slot, lay.HEADER + lay.LEVEL * M + i]
        scratch[SLOPE * M + i] = state[slot, lay.HEADER + lay.SLOPE * M + i]
        scratch[P11 * M + i] = state[slot, lay.HEADER + lay.P11 * M + i]


@inlined
def write_view(
    p: Packed,
    par: Any,
    M: int,
    head: Any,
    slot: int,
    u: Any,
    f: Any,
    row: int,
    seen: int,
    scratch: Any,
    view: Any,
    vi: Any,
    vf: Any,
    at: ViewAt,
) -> None:
    """The machine's view row, in the plant's units; `seen` and `value` of lanes that came."""
    time = head[slot, lay.TIME]
    put(view, (slot, at.time), time)
    for first in range(0, M, LANES):
        came, real = mask_of(seen >> first), mask_of(p.sensors >> first)
        base, scale = load(scratch, BASE * M + first), load(scratch, SCALE * M + first)
        p11 = load(scratch, P11 * M + first)
        level = load(scratch, LEVEL * M + first) * scale + base
        slope = load(scratch, SLOPE * M + first) * scale
        sd = root(narrow(p11)) * narrow(scale)
        spread = root(narrow(p11 + load(par, ss.R * M + first))) * narrow(scale)
        raw, error = load(scratch, RAW * M + first), load(scratch, E * M + first)
        store_where(view, (slot, at.seen + first), fill(time), came)
        store_where(vf, (slot, at.value + first), narrow(raw), came)
        store_where(vf, (slot, at.level + first), narrow(level), real)
        store_where(vf, (slot, at.slope + first), narrow(slope), real)
        store_where(vf, (slot, at.sd + first), sd, real)
        store_where(vf, (slot, at.spread + first), spread, real)
        store_where(vf, (slot, at.innovation + first), narrow(error), came)
    missing = p.sensors & ~seen
    for first in range(p.n_sensors, at.n_lanes, LANES):
        lanes = ((1 << (at.n_lanes - first)) - 1) & ALL
        value = load_where(f, (row, HEADER_WORDS + first), mask_of(lanes))
        came = bits_of(wide(value) == wide(value))
        store_where(vf, (slot, at.value + first), value, mask_of(came))
        store_where(view, (slot, at.seen + first), fill(time), mask_of(came))
        missing |= (lanes & ~came) << first
    put(vi, (slot, at.n_applied + 3), u[row, 1])
    put(vi, (slot, at.n_applied + 4), missing)


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
    put(view, (slot, at.born), head[slot, lay.BORN])
    put(vi, (slot, at.n_applied), head[slot, lay.N_APPLIED])
    put(vi, (slot, at.n_applied + 1), head[slot, lay.N_LATE])
    put(vi, (slot, at.n_applied + 2), head[slot, lay.N_GATED])
    put(vi, (slot, at.n_applied + 5), head[slot, lay.BAD])
    put(vi, (slot, at.n_applied + 6), 1 if head[slot, lay.CHANGED] > 0 else 0)
    put(vi, (slot, at.n_applied + 7), head[slot, lay.BEYOND])
    put(vf, (slot, at.n_applied + 8), state[slot, lay.NIS])
    put(vf, (slot, at.n_applied + 9), state[slot, lay.HEALTH])
