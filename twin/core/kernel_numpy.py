"""The trend kernel in numpy: reference of the compiled one, and its stand-in where numba is absent.

A batch is split into rounds in which each machine appears once, in order; a round is structure of
arrays, (m, n) for m sensors of n machines, so that numpy's loops run over machines. Same equations
in the same order as kernel_step.py; only sums over sensors may differ in the last bit.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as lay
import twin.core.statespace as ss
from twin.core.judgement_numpy import commission, judge, limit, recover, repeat
from twin.core.layout import APPLIED, LATE, RESET_DONE, UNKNOWN
from twin.core.rows import HEADER_WORDS, RESET
from twin.core.statespace import Trend, pack
from twin.core.transition import NEAR, near, transition
from twin.core.view import NEVER

__all__ = ["Round", "apply_rounds"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Span = slice | NDArray[np.int64]

CLIP = 4.0
HOT = lay.FROZEN + 1


class Round(NamedTuple):
    """What a round did: rows and slots (n,), arrays (m, n)."""

    rows: NDArray[np.int64]
    slots: NDArray[np.int64]
    raw: Array
    base: Array
    scale: Array
    y: Array
    s: Array
    e: Array
    seen: Mask
    belief: Array
    """Level, slope, p11 after it (3, m, n), model units."""


def apply_rounds(
    trend: Trend,
    state: Array,
    u: NDArray[np.uint32],
    f: NDArray[np.float32],
    partitions: int,
    flags: NDArray[np.uint8],
    gated: NDArray[np.uint32],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], Round | None]]:
    """Apply rows in rounds; after each: its rows, their slots, and what was applied of them."""
    slots = (u[:, 0] & ~RESET).astype(np.int64) // partitions
    flags[slots >= len(state)] = UNKNOWN
    for rows in _rounds(slots, len(state)):
        here = slots[rows]
        head = state.view(np.int64)
        time = u[rows, 2].astype(np.int64) | (u[rows, 3].astype(np.int64) << 32)
        is_reset = (u[rows, 0] & RESET) != 0
        late = np.where(is_reset, time < head[here, lay.BORN], time <= head[here, lay.TIME])
        flags[rows] = np.where(late, LATE, np.where(is_reset, RESET_DONE, APPLIED))
        head[here[late], lay.N_LATE] += 1
        _reset(trend, state, here[is_reset & ~late], time[is_reset & ~late])
        keep = ~is_reset & ~late
        if not keep.any():
            yield rows, here, None
            continue
        done = _apply(trend, state, rows[keep], here[keep], time[keep], f, gated)
        yield rows, here, done


def span_of(index: NDArray[np.int64]) -> Span:
    """A run of numbers as a slice, which spares numpy the gather; else the numbers themselves."""
    if len(index) and index[-1] - index[0] == len(index) - 1 and (np.diff(index) == 1).all():
        return slice(int(index[0]), int(index[-1]) + 1)
    return index


def _rounds(slots: NDArray[np.int64], n: int) -> Iterator[NDArray[np.int64]]:
    """Rows of known slots, split so that each slot is once in a round and keeps its order."""
    known = np.flatnonzero(slots < n)
    order = known[np.argsort(slots[known], kind="stable")]
    ranked = slots[order]
    start = np.r_[True, ranked[1:] != ranked[:-1]] if len(order) else np.zeros(0, bool)
    first = np.flatnonzero(start)
    rank = np.arange(len(order)) - np.repeat(first, np.diff(np.r_[first, len(order)]))
    by_rank = order[np.argsort(rank, kind="stable")]
    yield from np.split(by_rank, np.cumsum(np.bincount(rank))[:-1]) if len(order) else ()


def _reset(trend: Trend, state: Array, slots: NDArray[np.int64], time: NDArray[np.int64]) -> None:
    p, layout = pack(trend), trend.layout
    par = p.par.reshape(ss.PAR_ROWS, -1)
    head = state.view(np.int64)
    blocks = state[slots, lay.HEADER : lay.HEADER + lay.BLOCKS * layout.lanes]
    blocks = blocks.reshape(len(slots), lay.BLOCKS, layout.lanes)
    for block in (
        lay.LEVEL,
        lay.SLOPE,
        lay.P12,
        lay.UP,
        lay.DOWN,
        lay.FROZEN,
        lay.SEEN,
        lay.RUN,
        lay.SAME,
    ):
        blocks[:, block] = 0.0
    blocks[:, lay.P11], blocks[:, lay.P22], blocks[:, lay.LAST] = (
        par[ss.P0_LEVEL],
        par[ss.P0_SLOPE],
        np.nan,
    )
    state[slots, lay.HEADER : lay.HEADER + lay.BLOCKS * layout.lanes] = blocks.reshape(
        len(slots), lay.BLOCKS * layout.lanes
    )
    head[slots, lay.BORN] = time
    head[slots, lay.TIME] = np.maximum(head[slots, lay.TIME], time)
    head[slots, lay.FIRST] = NEVER
    for word in (lay.CHANGED, lay.BAD, lay.RUNNING, lay.REPEATING):
        head[slots, word] = 0
    head[slots, lay.LEARNING] = p.sensors
    state[slots, lay.NIS] = state[slots, lay.HEALTH] = 1.0


def _regimes(trend: Trend, state: Array, slots: Span, u: Array) -> NDArray[np.int64]:
    """Remember the inputs u (n, k) that came; the nearest regime by those that are known."""
    start = lay.HEADER + lay.BLOCKS * trend.layout.lanes
    known = state[slots, start : start + trend.n_inputs]
    known = np.where(np.isnan(u), known, u)
    state[slots, start : start + trend.n_inputs] = known
    if len(trend.centre) == 1:
        return np.zeros(len(u), dtype=np.int64)
    away = np.nan_to_num((known[:, None, :] - trend.centre) * (1.0 / trend.input_scale))
    return np.asarray((away * away).sum(axis=2).argmin(axis=1), dtype=np.int64)


def _base(trend: Trend, state: Array, slots: Span, regime: NDArray[np.int64]) -> Array:
    """What the inputs alone explain of each sensor: offset + gain·u (m, n)."""
    if trend.n_inputs == 0 and len(trend.offset) == 1:
        return trend.offset.T
    base = trend.offset[regime].T.copy()
    start = lay.HEADER + lay.BLOCKS * trend.layout.lanes
    for j in range(trend.n_inputs):
        u = state[slots, start + j]
        u = np.where(np.isnan(u), trend.centre[regime, j], u)
        base += trend.gain[regime, :, j].T * u
    return base


def _scale(trend: Trend, regime: NDArray[np.int64]) -> Array:
    """Plant units in one model unit, (m, n), or (m, 1) where there is one regime."""
    return trend.scale.T if len(trend.scale) == 1 else trend.scale[regime].T.copy()


def _transitions(growth: float, dt: Array) -> Array:
    """(5, n) of `transition` for each Δ, each different one worked out once."""
    different, where = np.unique(dt, return_inverse=True)
    if len(different) * 4 > len(dt) and np.abs(growth * dt).max() <= NEAR:
        return np.array(near(growth, dt))
    table = np.array([transition(growth, float(d)) for d in different]).T
    return np.asarray(table[:, where])


def _apply(
    trend: Trend,
    state: Array,
    rows: NDArray[np.int64],
    slots: NDArray[np.int64],
    time: NDArray[np.int64],
    f: NDArray[np.float32],
    gated: NDArray[np.uint32],
) -> Round:
    p, m, lanes = pack(trend), trend.n_sensors, trend.layout.lanes
    par = p.par.reshape(ss.PAR_ROWS, lanes)[:, :m, None]
    head = state.view(np.int64)
    span = span_of(slots)
    values = f[span_of(rows), HEADER_WORDS:].T.astype(np.float64)
    raw = values[:m]
    regime = _regimes(trend, state, span, values[m:].T)
    base, scale = _base(trend, state, span, regime), _scale(trend, regime)
    before = head[span, lay.TIME]
    head[span, lay.FIRST] = np.where(head[span, lay.FIRST] == NEVER, time, head[span, lay.FIRST])
    gap = time - np.where(before == NEVER, time, before)
    dt = gap / p.step_us
    head[span, lay.TIME], head[span, lay.REGIME] = time, regime
    head[span, lay.N_APPLIED] += 1

    depth = HOT if trend.monitors else lay.P22 + 1
    hot = state[span, lay.HEADER : lay.HEADER + depth * lanes].reshape(-1, depth, lanes)
    block = np.ascontiguousarray(hot.reshape(-1, depth * lanes).T)
    block = block.reshape(depth, lanes, -1)[:, :m]
    e, a, qa, qb, qc = _transitions(p.growth, dt)
    r = par[ss.R]
    level, slope, p11, p12, p22 = block[:5]
    level += a * slope
    slope *= e
    carry = a * p22
    p11 += a * (2.0 * p12 + carry)
    p11 += par[ss.Q_LEVEL] * dt + par[ss.Q_SLOPE] * qa
    p12 += carry
    p12 *= e
    p12 += par[ss.Q_SLOPE] * qb
    p22 *= e
    p22 *= e
    p22 += par[ss.Q_SLOPE] * qc
    lost = p11 > par[ss.LOST]
    if lost.any():
        for x in (level, slope, p12):
            x[lost] = 0.0
        np.copyto(p11, par[ss.P0_LEVEL], where=lost)
        np.copyto(p22, par[ss.P0_SLOPE], where=lost)

    bad = as_mask(head[span, lay.BAD], m)
    z = (raw - base) * (1.0 / scale)
    y = z - level
    s = p11 + r
    inverse = 1.0 / s
    seen = ~np.isnan(y)
    y2 = y * y
    fits = y2 <= p.gate * s
    any_bad = bad.any()
    use = fits & ~bad if any_bad else fits
    counted = seen & ~bad if any_bad else seen
    _ewma(state, span, lay.NIS, np.minimum(y2 * inverse, p.gate), counted, p.nis_weight)
    gain = np.where(use, y * inverse, 0.0)
    keep = np.where(use, r * inverse, 1.0)
    narrow = p11 * p22
    narrow -= p12 * p12
    narrow += p22 * r
    narrow *= inverse
    p22[:] = np.where(use, narrow, p22)
    level += p11 * gain
    slope += p12 * gain
    p11 *= keep
    p12 *= keep
    error = y * np.sqrt(inverse)
    rejected = counted & ~fits
    if rejected.any():
        gated[rows] = as_bits(rejected)
        head[span, lay.N_GATED] += rejected.sum(axis=0)

    if trend.monitors:
        equal = raw == block[lay.LAST]
        block[lay.LAST] = np.where(np.isnan(raw), block[lay.LAST], raw)
        slack = np.clip(error, -CLIP, CLIP) - p.cusum_slack
        block[lay.UP] = np.where(counted, np.maximum(0.0, block[lay.UP] + slack), block[lay.UP])
        slack = -(slack + p.cusum_slack) - p.cusum_slack
        block[lay.DOWN] = np.where(
            counted, np.maximum(0.0, block[lay.DOWN] + slack), block[lay.DOWN]
        )
        drifted = (time - head[span, lay.FIRST]) / p.step_us
        away = z - block[lay.FROZEN]
        away = away * away / (r * (1.0 + 1.0 / p.learn) + par[ss.DRIFT] * drifted)
        away = np.where(fits, away, np.minimum(away, p.gate))
    hot[:, :, :m] = block.transpose(2, 0, 1)
    if not isinstance(span, slice):
        state[slots, lay.HEADER : lay.HEADER + depth * lanes] = hot.reshape(len(slots), -1)
    if trend.monitors:
        learning = as_mask(head[span, lay.LEARNING], m)
        _ewma(state, span, lay.HEALTH, away, counted & ~learning, p.health_weight)
        commission(trend, state, slots, counted & fits & learning, z)
        head[span, lay.CHANGED] -= head[span, lay.CHANGED] > 0
        judge(trend, state, slots, seen, rejected, y)
        repeat(trend, state, slots, seen, equal)
        recover(trend, state, slots, bad & seen, fits, y, z)
        limit(trend, state, slots, raw, time)
    if trend.monitors and (rejected.any() or any_bad):  # a judgement may have moved the belief
        layout = trend.layout
        block = np.stack([layout.block(state, b)[span].T for b in range(3)])
    return Round(rows, slots, raw, base, scale, y, s, error, seen, block[:3])


def _ewma(state: Array, slots: Span, word: int, value: Array, mask: Mask, weight: float) -> None:
    n = mask.sum(axis=0)
    # a product with ones, because numpy's sum down the short axis is eight times slower
    mean = np.ones(len(value)) @ np.where(mask, value, 0.0) / np.maximum(n, 1)
    old = state[slots, word]
    state[slots, word] = np.where(n > 0, old + weight * (mean - old), old)


def as_mask(bits: NDArray[np.int64], m: int) -> Mask:
    """Bit sets (n,) as booleans (m, n)."""
    if not bits.any():
        return np.zeros((m, len(bits)), dtype=bool)
    return np.asarray((bits >> np.arange(m)[:, None]) & 1, dtype=bool)


def as_bits(mask: Mask) -> NDArray[np.int64]:
    """Booleans (m, n) as bit sets (n,)."""
    return np.asarray((mask * (1 << np.arange(len(mask), dtype=np.int64))[:, None]).sum(axis=0))
