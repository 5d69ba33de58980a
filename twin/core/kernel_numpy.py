"""The trend kernel in numpy: reference of the compiled one, and its stand-in where numba is absent.

A batch is split into rounds in which each machine appears once, in order, and a round into chunks
whose arrays stay in the cache; a chunk is stepped at once by step_numpy.py. A machine's arithmetic
is the same in any chunk, so that results do not depend on batches.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as lay
import twin.core.statespace as ss
from twin.core.layout import APPLIED, LATE, RESET_DONE, UNKNOWN
from twin.core.monitors_numpy import flat_bits, judge_all, smooth, watch
from twin.core.readings_numpy import Span, clock, readings, span_of, tile_of
from twin.core.rows import HEADER_WORDS, RESET
from twin.core.statespace import Trend, pack
from twin.core.step_numpy import (
    NIS,
    SCRATCH,
    S,
    Tiles,
    Y,
    cells,
    chunk_of,
    condition,
    innovate,
    predict,
    row_sums,
)
from twin.core.view import NEVER

__all__ = ["Round", "apply_rounds"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]

HOT = lay.FROZEN + 1


class Round(NamedTuple):
    """What a chunk of a round did to n machines; flat arrays (n·lanes,), good until the next."""

    rows: Span
    slots: Index
    time: Index
    machine: Index
    """Of the n, and `sensor`: readings that are missing, one by one."""
    sensor: Index
    tile: Tiles
    innovation: Array
    """0 where missing."""
    variance: Array
    belief: Array
    """Level, slope, p11 after it (3, n·lanes), model units."""
    n_sensors: int

    @property
    def y(self) -> Array:
        """Innovations (m, n), NaN where missing."""
        y = self.innovation.reshape(len(self.slots), -1)[:, : self.n_sensors].copy()
        y[self.machine, self.sensor] = np.nan
        return y.T

    @property
    def s(self) -> Array:
        """Their variances (m, n)."""
        return self.variance.reshape(len(self.slots), -1)[:, : self.n_sensors].T


def apply_rounds(
    trend: Trend,
    state: Array,
    u: NDArray[np.uint32],
    f: NDArray[np.float32],
    partitions: int,
    flags: NDArray[np.uint8],
    gated: NDArray[np.uint32],
) -> Iterator[tuple[Span, Index, Round | None]]:
    """Apply rows in rounds; after each: its rows, their slots, and what was applied of them."""
    slots = u[:, 0].astype(np.int64)
    resets = bool(len(slots)) and bool(slots.max() >= RESET)
    if resets:
        slots &= int(RESET) - 1
    if partitions > 1:
        slots //= partitions
    head = state.view(np.int64)
    times = cells(u, 2, 2)[:, 0].view(np.int64)
    n, lanes = chunk_of(trend.layout.lanes), trend.layout.lanes
    depth = HOT if trend.monitors else lay.P22 + 1
    work = np.empty((SCRATCH + depth) * min(n, len(slots)) * lanes)
    flags[:] = APPLIED
    if len(slots) and slots.max() >= len(state):
        flags[slots >= len(state)] = UNKNOWN
    for rows in _rounds(slots, len(state), n):
        here, time = slots[rows], np.ascontiguousarray(times[rows])
        span = span_of(here)
        late = time <= head[span, lay.TIME]
        if not resets and not late.any():
            yield rows, here, _apply(trend, state, rows, here, time, f, gated, work)
            continue
        some = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        is_reset = u[some, 0] >= RESET
        late = np.where(is_reset, time < head[span, lay.BORN], late)
        flags[some] = np.where(late, LATE, np.where(is_reset, RESET_DONE, APPLIED))
        head[here[late], lay.N_LATE] += 1
        _reset(trend, state, here[is_reset & ~late], time[is_reset & ~late])
        keep = ~is_reset & ~late
        done = None
        if keep.any():
            done = _apply(trend, state, some[keep], here[keep], time[keep], f, gated, work)
        yield some, here, done


def _rounds(slots: Index, n: int, chunk: int) -> Iterator[Span]:
    """Rows of known slots, so that slots rise within a round and rows of one keep their order."""
    if len(slots) and slots[-1] < n and (slots[1:] > slots[:-1]).all():
        yield from (slice(i, min(i + chunk, len(slots))) for i in range(0, len(slots), chunk))
        return
    known = np.flatnonzero(slots < n)
    order = known[np.argsort(slots[known], kind="stable")]
    ranked = slots[order]
    start = np.r_[True, ranked[1:] != ranked[:-1]] if len(order) else np.zeros(0, bool)
    first = np.flatnonzero(start)
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    by_rank = order[np.argsort(rank, kind="stable")]
    ends = np.cumsum(np.bincount(rank)) if len(order) else ()
    begin = 0
    for end in ends:
        yield from (by_rank[i : min(i + chunk, end)] for i in range(begin, end, chunk))
        begin = end


def _reset(trend: Trend, state: Array, slots: Index, time: Index) -> None:
    p, layout = pack(trend), trend.layout
    par = p.par.reshape(ss.PAR_ROWS, -1)
    head = state.view(np.int64)
    words = slice(lay.HEADER, lay.HEADER + lay.BLOCKS * layout.lanes)
    blocks = state[slots, words].reshape(len(slots), lay.BLOCKS, layout.lanes)
    zero = (lay.LEVEL, lay.SLOPE, lay.P12, lay.UP, lay.DOWN, lay.FROZEN, lay.SEEN)
    for block in (*zero, lay.RUN, lay.SAME):
        blocks[:, block] = 0.0
    blocks[:, lay.P11], blocks[:, lay.P22] = par[ss.P0_LEVEL], par[ss.P0_SLOPE]
    blocks[:, lay.LAST] = np.nan
    state[slots, words] = blocks.reshape(len(slots), lay.BLOCKS * layout.lanes)
    head[slots, lay.BORN] = time
    head[slots, lay.TIME] = np.maximum(head[slots, lay.TIME], time)
    head[slots, lay.FIRST] = NEVER
    for word in (lay.CHANGED, lay.BAD, lay.RUNNING, lay.REPEATING):
        head[slots, word] = 0
    head[slots, lay.LEARNING] = p.sensors
    state[slots, lay.NIS] = state[slots, lay.HEALTH] = 1.0


def _apply(
    trend: Trend,
    state: Array,
    rows: Span,
    slots: Index,
    time: Index,
    f: NDArray[np.float32],
    gated: NDArray[np.uint32],
    work: Array,
) -> Round:
    p, m, lanes = pack(trend), trend.n_sensors, trend.layout.lanes
    head, span = state.view(np.int64), span_of(slots)
    depth, size = HOT if trend.monitors else lay.P22 + 1, len(slots) * lanes
    work = work[: (SCRATCH + depth) * size].reshape(-1, size)
    work, block = work[:SCRATCH], work[SCRATCH:]
    tile, regime = tile_of(trend, state, span, f[rows, HEADER_WORDS + m :])
    dt = clock(trend, head, span, time, regime)
    raw, machine, sensor = readings(f, rows, m, lanes)
    hot = cells(state, lay.HEADER, lanes, len(block))
    held = cells(block, 0, lanes, len(slots))
    np.copyto(held, hot[span].T)
    predict(trend, dt, tile, block, work)
    absent = machine * lanes + sensor
    rejected = innovate(p.gate, tile, block, raw, absent, work)
    bad = flat_bits(head[span, lay.BAD], lanes)
    uncounted = absent if bad is None else np.union1d(absent, np.flatnonzero(bad))
    unused = uncounted
    believable = rejected
    if len(rejected):
        if bad is not None:
            rejected = rejected[~bad[rejected]]
        unused = np.concatenate([uncounted, rejected])
        _count_gated(head, slots, rows, rejected, lanes, gated)
    condition(tile, block, unused, work)
    work[NIS][uncounted] = 0.0
    work[NIS][rejected] = p.gate
    owner = machine if bad is None else uncounted // lanes
    n_counted = m - np.bincount(owner, minlength=len(slots))
    smooth(state, span, lay.NIS, row_sums(work[NIS], lanes), n_counted, p.nis_weight)
    done = Round(
        rows, slots, time, machine, sensor, tile, work[Y], work[S], block[: lay.P11 + 1], m
    )
    if not trend.monitors:
        hot[span] = held.T
        return done
    seen, fits = np.ones(raw.shape, bool), np.ones(raw.shape, bool)
    seen.reshape(-1, lanes)[:, m:] = False
    seen[absent] = False
    fits &= seen
    fits[believable] = False
    watched = watch(trend, head[span, lay.FIRST], time, block, raw, seen, fits, bad, tile, work)
    hot[span] = held.T
    if judge_all(trend, state, span, slots, time, raw, watched, work):
        np.copyto(held[: lay.P11 + 1], hot[span].T[: lay.P11 + 1])
    return done


def _count_gated(
    head: Index, slots: Index, rows: Span, rejected: Index, lanes: int, gated: NDArray[np.uint32]
) -> None:
    owner = rejected // lanes
    where = owner + rows.start if isinstance(rows, slice) else rows[owner]
    np.bitwise_or.at(gated, where, (1 << (rejected - owner * lanes)).astype(np.uint32))
    np.add.at(head[:, lay.N_GATED], slots[owner], 1)
