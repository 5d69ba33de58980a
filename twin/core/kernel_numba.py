"""The hot loop of the trend family, compiled: rows in order, in place on state and view.

`width` is a tuple of as many zeros as a state row has lanes, `monitors` one of length 1 or 0: their
lengths belong to their types, so the compiler knows them and lays out loops over sensors for them.
No fast-math: every result is the same whatever is inlined where, so that `trace` equals `advance`
bit for bit. Nothing here allocates or counts references (`_nrt=False`). Shapes: kernel_step.py.
"""

from typing import Any

import numpy as np

import twin.core.layout as lay
from twin.core.kernel_ahead import (
    AHEAD,
    FAR,
    MOVES,
    SLOTS,
    TIMES,
    TOP_BIT,
    fetch_row,
    look_ahead,
    over_gap,
)
from twin.core.kernel_memory import stack, words_of
from twin.core.kernel_monitors import monitor
from twin.core.kernel_names import named, packed
from twin.core.kernel_step import (
    FIT,
    SCRATCH_ROWS,
    VARIANCE,
    Y,
    bits,
    compiled,
    inlined,
    mean_of,
    read_inputs,
    reset,
    step,
)
from twin.core.kernel_vector import LANES
from twin.core.kernel_view import write_judgement, write_prior, write_view
from twin.core.layout import APPLIED, LATE, RESET_DONE, UNKNOWN
from twin.core.statespace import PAR_ROWS, Packed
from twin.core.view import NEVER

__all__ = ["SOURCES", "advance_rows", "trace_rows"]

SOURCES = "88f168e62712ad1c"
"""Digest of the files that are compiled into this one. Numba's cache looks at this file's date
alone; a test wants this line changed when another file has, and so what was compiled is renewed."""


@inlined
def apply_row(
    p: Packed,
    par: Any,
    M: int,
    watch: bool,
    state: Any,
    head: Any,
    u: Any,
    f: Any,
    row: int,
    slot: int,
    scratch: Any,
    ahead: Any,
    moves: Any,
    turn: int,
) -> tuple[int, int, int]:
    """One row into the state of `slot`: what became of it, its rejected and its seen sensors."""
    time = ahead[TIMES + turn]
    if u[row, 0] & TOP_BIT:
        done = reset(p, par, M, state, head, slot, time)
        return RESET_DONE if done else LATE, 0, 0
    before = head[slot, lay.TIME]
    if time <= before:
        head[slot, lay.N_LATE] += 1
        return LATE, 0, 0
    first = head[slot, lay.FIRST]
    if first == NEVER:
        first = time
        head[slot, lay.FIRST] = time
    gap = 0 if before == NEVER else time - before
    if gap != ahead[turn]:
        over_gap(p, gap, turn, moves)
    regime = read_inputs(p, M, state, slot, f, row)
    head[slot, lay.TIME] = time
    head[slot, lay.REGIME] = regime
    head[slot, lay.N_APPLIED] += 1
    bad = head[slot, lay.BAD]
    drifted = (time - first) / p.step_us
    compare = ~head[slot, lay.LEARNING]
    seen, fits, equal, out = step(
        p, par, M, watch, state, slot, f, row, regime, bad, compare, drifted, scratch, moves, turn
    )
    counted = seen & ~bad
    gated = counted & ~fits
    if gated:
        head[slot, lay.N_GATED] += bits(gated)
    if counted:
        nis = mean_of(FIT, counted, M, scratch)
        state[slot, lay.NIS] += p.nis_weight * (nis - state[slot, lay.NIS])
    if watch:
        monitor(p, par, M, state, head, slot, seen, fits, equal, out, bad, scratch, time)
    return APPLIED, gated, seen


@compiled
def advance_rows(
    numbers: Any,
    table: Any,
    centre: Any,
    input_weight: Any,
    offset: Any,
    gain: Any,
    scale: Any,
    inv_scale: Any,
    width: Any,
    monitors: Any,
    state: Any,
    u: Any,
    partitions: int,
    flags: Any,
    gated: Any,
    view: Any,
    where: Any,
) -> None:
    """Apply rows to state and view."""
    p = packed(numbers, table, centre, input_weight, offset, gain, scale, inv_scale)
    at = named(where)
    vi, vf = words_of(view, np.uint32), words_of(view, np.float32)
    head, f = words_of(state, np.int64), words_of(u, np.float32)
    M = len(width)
    watch = len(monitors) > 0
    scratch = stack(width, SCRATCH_ROWS, 64)
    par = stack(width, PAR_ROWS, 64)
    for i in range(PAR_ROWS * M):
        par[i] = table[i]
    moves = stack((0,), MOVES, 64)
    ahead = stack((0,), AHEAD, 0)
    for first in range(0, u.shape[0], LANES):
        n = min(LANES, u.shape[0] - first)
        look_ahead(p, head, u, first, n, partitions, ahead, moves)
        for turn in range(np.uint64(n)):
            row = np.uint64(first) + turn
            fetch_row(u, row + FAR, partitions, M, watch, state, view)
            slot = np.uint64(ahead[SLOTS + turn])
            if slot >= np.uint64(state.shape[0]):
                flags[row] = UNKNOWN
                continue
            flag, mask, seen = apply_row(
                p, par, M, watch, state, head, u, f, row, slot, scratch, ahead, moves, turn
            )
            flags[row] = flag
            gated[row] = mask
            if flag == APPLIED:
                write_view(p, par, M, head, slot, u, f, row, seen, scratch, view, vi, vf, at)
            elif flag == RESET_DONE:
                write_prior(p, par, M, state, head, slot, vf, at)
            write_judgement(state, head, slot, view, vi, vf, at)


@compiled
def trace_rows(
    numbers: Any,
    table: Any,
    centre: Any,
    input_weight: Any,
    offset: Any,
    gain: Any,
    scale: Any,
    inv_scale: Any,
    width: Any,
    monitors: Any,
    state: Any,
    u: Any,
    partitions: int,
    flags: Any,
    gated: Any,
    out: Any,
) -> None:
    """Apply rows and write (5, R, m): level, slope, p11 after, y and s before each row."""
    p = packed(numbers, table, centre, input_weight, offset, gain, scale, inv_scale)
    head, f = words_of(state, np.int64), words_of(u, np.float32)
    M = len(width)
    watch = len(monitors) > 0
    scratch = stack(width, SCRATCH_ROWS, 64)
    par = stack(width, PAR_ROWS, 64)
    for i in range(PAR_ROWS * M):
        par[i] = table[i]
    moves = stack((0,), MOVES, 64)
    ahead = stack((0,), AHEAD, 0)
    for first in range(0, u.shape[0], LANES):
        n = min(LANES, u.shape[0] - first)
        look_ahead(p, head, u, first, n, partitions, ahead, moves)
        for turn in range(np.uint64(n)):
            row = np.uint64(first) + turn
            slot = np.uint64(ahead[SLOTS + turn])
            if slot >= np.uint64(state.shape[0]):
                flags[row] = UNKNOWN
                continue
            flag, mask, _ = apply_row(
                p, par, M, watch, state, head, u, f, row, slot, scratch, ahead, moves, turn
            )
            flags[row] = flag
            gated[row] = mask
            for i in range(p.n_sensors):
                at = lay.HEADER + i
                out[0, row, i] = state[slot, at + lay.LEVEL * M]
                out[1, row, i] = state[slot, at + lay.SLOPE * M]
                out[2, row, i] = state[slot, at + lay.P11 * M]
                if flag == APPLIED:
                    out[3, row, i] = scratch[Y * M + i]
                    out[4, row, i] = scratch[VARIANCE * M + i]
