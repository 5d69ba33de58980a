"""The hot loop of the trend family, compiled: rows in order, in place on state and view.

`width` is a tuple of as many zeros as a state row has lanes, `monitors` one of length 1 or 0: their
lengths belong to their types, so the compiler knows them and lays out loops over sensors for them.
No fast-math: every result is the same whatever is inlined where, so that `trace` equals `advance`
bit for bit. Nothing here allocates or counts references (`_nrt=False`). Shapes: kernel_step.py.
Numba's cache looks at the date of this file alone: touch it after changing one that it imports.
"""

from typing import Any

import numpy as np

import twin.core.layout as lay
from twin.core.kernel_memory import load, stack, store, words_of
from twin.core.kernel_monitors import commission, judge, limit, recover, repeat
from twin.core.kernel_step import (
    AWAY,
    FIT,
    MOVES,
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
from twin.core.kernel_vector import LANES, bits_of, floats
from twin.core.kernel_view import belief_again, write_judgement, write_prior, write_view
from twin.core.layout import APPLIED, LATE, RESET_DONE, UNKNOWN
from twin.core.statespace import PAR_ROWS, Packed
from twin.core.transition import NEAR, far, near
from twin.core.view import NEVER
from twin.core.view_numpy import ViewAt

__all__ = ["advance_rows", "trace_rows"]

TOP_BIT = np.uint32(1 << 31)
ALL = (1 << LANES) - 1
SLOTS, TIMES = np.uint64(LANES), np.uint64(2 * LANES)
AHEAD = 3 * LANES

near_compiled = inlined(near)
far_compiled = compiled(far)
whole: Any = np.int64


@inlined
def over_gap(p: Packed, gap: int, turn: int, moves: Any) -> None:
    """Δ and F, Q of one row into its column of `moves`."""
    dt = gap / p.step_us
    if abs(p.growth * dt) <= NEAR:
        e, a, qa, qb, qc = near_compiled(p.growth, dt)
    else:
        e, a, qa, qb, qc = far_compiled(p.growth, dt)
    for which, x in enumerate((dt, e, a, qa, qb, qc)):
        moves[np.uint64(which * LANES) + turn] = x


@inlined
def look_ahead(
    p: Packed, head: Any, u: Any, first: int, n: int, partitions: int, ahead: Any, moves: Any
) -> None:
    """Slot, time, Δ, F and Q of the n ≤ 8 rows from `first` on, as if of n different machines.

    A Δ that proves wrong, because the machine had another row or a reset in between, is corrected
    by `over_gap`, to the same bits. All together before the first, for a row would otherwise wait
    a third of its time for the division and the series.
    """
    for turn in range(np.uint64(n)):
        row = np.uint64(first) + turn
        slot = np.int64(u[row, 0] & ~TOP_BIT)
        if partitions != 1:
            slot = slot // partitions
        time = np.int64(u[row, 2]) | (np.int64(u[row, 3]) << 32)
        ahead[SLOTS + turn] = slot
        ahead[TIMES + turn] = time
        if slot < head.shape[0]:
            ahead[turn] = time - head[np.uint64(slot), lay.TIME]
    dt = floats(load(ahead, 0)) / p.step_us
    e, a, qa, qb, qc = near_compiled(p.growth, dt)
    store(moves, 0, dt)
    store(moves, LANES, e)
    store(moves, 2 * LANES, a)
    store(moves, 3 * LANES, qa)
    store(moves, 4 * LANES, qb)
    store(moves, 5 * LANES, qc)
    x = dt * p.growth
    unfit = ~bits_of((x <= NEAR) & (x >= -NEAR)) & ALL
    if unfit:
        for turn in range(LANES):
            if (unfit >> turn) & 1:
                ahead[turn] = -1


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


@inlined
def packed(
    numbers: Any,
    table: Any,
    centre: Any,
    input_weight: Any,
    offset: Any,
    gain: Any,
    scale: Any,
    inv_scale: Any,
) -> Any:
    """Parameters by name. They come as plain arrays: a tuple costs 100 µs a call to unpack."""
    return Packed(
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        numbers[4],
        numbers[5],
        whole(numbers[6]),
        numbers[7],
        numbers[8],
        numbers[9],
        numbers[10],
        whole(numbers[11]),
        whole(numbers[12]),
        table,
        centre,
        input_weight,
        offset,
        gain,
        scale,
        inv_scale,
    )


@inlined
def named(where: Any) -> ViewAt:
    """The places in a view row by name."""
    return ViewAt(
        where[0],
        where[1],
        where[2],
        where[3],
        where[4],
        where[5],
        where[6],
        where[7],
        where[8],
        where[9],
        where[10],
        where[11],
        where[12],
        where[13],
        where[14],
        where[15],
        where[16],
        where[17],
        where[18],
        where[19],
    )


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
