"""What a chunk of rows brings to the numpy kernel: readings, the time since the last, inputs."""

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as lay
from twin.core.rows import HEADER_WORDS
from twin.core.statespace import Trend, pack
from twin.core.step_numpy import Tiles, cells, tiles
from twin.core.view import NEVER

__all__ = ["Span", "clock", "readings", "span_of", "tile_of"]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Span = slice | Index
"""Rows or slots: a slice where they follow each other, which spares numpy the gather."""


def span_of(rising: Index) -> Span:
    """Slots that rise by one as a slice, which spares numpy the gather; else as they are."""
    if len(rising) and rising[-1] - rising[0] == len(rising) - 1:
        return slice(int(rising[0]), int(rising[-1]) + 1)
    return rising


def _regimes(trend: Trend, state: Array, span: Span, u: Array) -> Index:
    """Remember the inputs u (n, k) that came; the nearest regime by those that are known."""
    start = lay.HEADER + lay.BLOCKS * trend.layout.lanes
    known = state[span, start : start + trend.n_inputs]
    known = np.where(np.isnan(u), known, u)
    state[span, start : start + trend.n_inputs] = known
    if len(trend.centre) == 1:
        return np.zeros(len(u), dtype=np.int64)
    away = np.nan_to_num((known[:, None, :] - trend.centre) * (1.0 / trend.input_scale))
    return np.asarray((away * away).sum(axis=2).argmin(axis=1), dtype=np.int64)


def tile_of(
    trend: Trend, state: Array, span: Span, u: NDArray[np.float32]
) -> tuple[Tiles, int | Index]:
    """Tiles of n machines, base being what their inputs alone explain: offset + gain·u; regimes."""
    p, lanes, k = pack(trend), trend.layout.lanes, trend.n_inputs
    tile = tiles(trend).cut(len(u) * lanes)
    if k == 0 and len(trend.centre) == 1:
        return tile, 0
    regime = _regimes(trend, state, span, u.astype(np.float64))
    base = p.offset.reshape(-1, lanes)[regime]
    start = lay.HEADER + lay.BLOCKS * lanes
    for j in range(k):
        known = state[span, start + j]
        known = np.where(np.isnan(known), trend.centre[regime, j], known)
        base += p.gain.reshape(-1, k, lanes)[regime, j] * known[:, None]
    scale, unscale = (x.reshape(-1, lanes)[regime].ravel() for x in (p.scale, p.inv_scale))
    return tile._replace(base=base.ravel(), scale=scale, unscale=unscale), regime


def readings(f: NDArray[np.float32], rows: Span, m: int, lanes: int) -> tuple[Array, Index, Index]:
    """Readings flat, lanes without a sensor 0; machine and sensor of those that are missing."""
    came = cells(f, HEADER_WORDS, m)[rows]
    narrow = np.zeros((len(came), lanes), dtype=np.float32)
    cells(narrow, 0, m)[:] = came
    absent = np.flatnonzero(np.isnan(narrow.ravel()))
    machine = absent // lanes
    return narrow.ravel().astype(np.float64), machine, absent - machine * lanes


def clock(trend: Trend, head: Index, span: Span, time: Index, regime: int | Index) -> Array:
    """Steps (n,) since each machine's newest sample, which is now the one at `time`."""
    before = head[span, lay.TIME].copy()
    if before.min() == NEVER:
        before = np.where(before == NEVER, time, before)
    first = head[span, lay.FIRST]
    if first.min() == NEVER:
        head[span, lay.FIRST] = np.where(first == NEVER, time, first)
    head[span, lay.TIME], head[span, lay.REGIME] = time, regime
    head[span, lay.N_APPLIED] += 1
    return np.asarray((time - before) / trend.step_us)
