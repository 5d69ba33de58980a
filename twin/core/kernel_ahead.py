"""What the compiled kernel does for rows before their turn: times of eight at once, and memory.

A row of its own would wait for the division and the series of its Δ, and for main memory, longer
than it then takes: rows come in any order, and a fleet's beliefs do not fit a cache. A guess never
decides a result: where it is wrong it is worked out again, to the same bits.
"""

from typing import Any

import numpy as np

import twin.core.layout as lay
from twin.core.kernel_memory import fetch, load, store
from twin.core.kernel_step import compiled, inlined
from twin.core.kernel_vector import LANES, bits_of, floats
from twin.core.statespace import Packed
from twin.core.transition import NEAR, far, near

__all__ = [
    "AHEAD",
    "FAR",
    "MOVES",
    "SLOTS",
    "TIMES",
    "TOP_BIT",
    "fetch_row",
    "look_ahead",
    "over_gap",
]

TOP_BIT = np.uint32(1 << 31)
ALL = (1 << LANES) - 1
AHEAD, MOVES = 3 * LANES, 6 * LANES
"""Words of `ahead`: gap in µs, slot, and time of eight rows; of `moves`: Δ, e, a, qa, qb, qc."""
SLOTS, TIMES = np.uint64(LANES), np.uint64(2 * LANES)
FAR = np.uint64(6)
"""Rows between a machine's memory being asked for and its turn: 200 ns, about main memory's."""

near_compiled = inlined(near)
far_compiled = compiled(far)


@inlined
def slot_of(u: Any, row: int, partitions: int) -> Any:
    """Local slot of a row: slot within the class // number of partitions."""
    slot = np.uint64(u[row, 0] & ~TOP_BIT)
    return slot if partitions == 1 else slot // np.uint64(partitions)


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
        slot = slot_of(u, row, partitions)
        time = np.int64(u[row, 2]) | (np.int64(u[row, 3]) << 32)
        ahead[SLOTS + turn] = slot
        ahead[TIMES + turn] = time
        if slot < np.uint64(head.shape[0]):
            ahead[turn] = time - head[slot, lay.TIME]
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
def fetch_row(
    u: Any, row: int, partitions: int, M: int, watch: bool, state: Any, view: Any
) -> None:
    """Ask for the memory of a row's machine before its turn, for rows come in any order."""
    if row < np.uint64(u.shape[0]):
        slot = slot_of(u, row, partitions)
        hot = lay.FROZEN if watch else lay.P22
        for word in range(0, lay.HEADER + (hot + 1) * M, LANES):
            fetch(state, (slot, word))
        for word in range(0, view.shape[1], LANES):
            fetch(view, (slot, word))
