"""Monitors of the trend kernel in numpy: what every reading moves, flat as in step_numpy.py.

The rare judgements that follow from it are those of judgement_numpy.py.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as lay
from twin.core.judgement_numpy import commission, judge, limit, recover, repeat
from twin.core.statespace import Trend, pack
from twin.core.step_numpy import SPARE, S, Tiles, Y, Z, row_sums

__all__ = ["Watched", "flat_bits", "judge_all", "smooth", "watch"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Slots = NDArray[np.int64]
Span = slice | Slots

CLIP = 4.0


class Watched(NamedTuple):
    """What judgement needs of the readings of n machines, flat (n·lanes,)."""

    seen: Mask
    fits: Mask
    equal: Mask
    """As the reading before it."""
    bad: Mask | None
    away: Array
    """Squared distance from commissioning, in its variances."""
    outside: bool
    """Some reading is beyond an alarm limit."""


def flat_bits(bits: Slots, lanes: int) -> Mask | None:
    """Bit sets (n,) as booleans (n·lanes,), None where none is set."""
    if bits.max() == 0:
        return None
    return np.asarray((bits[:, None] >> np.arange(lanes)) & 1, dtype=bool).ravel()


def smooth(state: Array, span: Span, word: int, sums: Array, n: Slots, weight: float) -> None:
    """Move an exponentially weighted mean (n,) towards that of n values with these sums."""
    old = state[span, word]
    step = sums / np.maximum(n, 1)
    step -= old
    step *= weight
    step *= n > 0
    state[span, word] = old + step


def watch(
    trend: Trend,
    first: Slots,
    time: Slots,
    block: Array,
    raw: Array,
    seen: Mask,
    fits: Mask,
    bad: Mask | None,
    tile: Tiles,
    work: Array,
) -> Watched:
    """Move CUSUMs and newest readings in `block`; compare with the frozen twin."""
    p, lanes = pack(trend), trend.layout.lanes
    counted = seen if bad is None else seen & ~bad
    equal = raw == block[lay.LAST]
    np.copyto(block[lay.LAST], raw, where=seen)
    error, moved = np.sqrt(work[S]), work[SPARE]
    np.divide(work[Y], error, out=error)
    np.clip(error, -CLIP, CLIP, out=error)
    for k, sign in ((lay.UP, np.add), (lay.DOWN, np.subtract)):
        sign(block[k], error, out=moved)
        moved -= p.cusum_slack
        np.copyto(block[k], np.maximum(moved, 0.0), where=counted)
    variance = np.repeat((time - first) / p.step_us, lanes)
    variance *= tile.drift
    variance += np.multiply(tile.r, 1.0 + 1.0 / p.learn)
    away = work[Z] - block[lay.FROZEN]
    away *= away
    away /= variance
    outside = bool(((raw < tile.low) | (raw > tile.high)).any())
    np.copyto(away, np.minimum(away, p.gate), where=~fits)
    return Watched(seen, fits, equal, bad, away, outside)


def judge_all(
    trend: Trend,
    state: Array,
    span: Span,
    slots: Slots,
    time: Slots,
    raw: Array,
    watched: Watched,
    work: Array,
) -> bool:
    """Health and every judgement, in order; whether a belief may have moved."""
    p, m, lanes = pack(trend), trend.n_sensors, trend.layout.lanes
    seen, fits, equal, bad, away, outside = watched
    head = state.view(np.int64)

    def by_sensor(flat: NDArray[Any]) -> NDArray[Any]:
        return flat.reshape(-1, lanes)[:, :m].T

    counted = seen if bad is None else seen & ~bad
    learning = flat_bits(head[span, lay.LEARNING], lanes)
    compared = counted if learning is None else counted & ~learning
    left_out = np.flatnonzero(~compared)
    away[left_out] = 0.0
    n_compared = lanes - np.bincount(left_out // lanes, minlength=len(slots))
    smooth(state, span, lay.HEALTH, row_sums(away, lanes), n_compared, p.health_weight)
    y, z, readings, here = (by_sensor(x) for x in (work[Y], work[Z], raw, seen))
    believed = by_sensor(fits)
    if learning is not None:
        commission(trend, state, slots, by_sensor(counted & fits & learning), z)
    head[span, lay.CHANGED] -= head[span, lay.CHANGED] > 0
    rejected = counted & ~fits
    pick = _machines(rejected, head[span, lay.RUNNING], lanes)
    if len(pick):
        judge(trend, state, slots[pick], here[:, pick], by_sensor(rejected)[:, pick], y[:, pick])
    same = _machines(equal, head[span, lay.REPEATING], lanes)
    if len(same):
        repeat(trend, state, slots[same], here[:, same], by_sensor(equal)[:, same])
    if bad is not None:
        recover(trend, state, slots, by_sensor(bad & seen), believed, y, z)
    if outside or head[span, lay.PENDING].max() or head[span, lay.BEYOND].max():
        limit(trend, state, slots, readings, time)
    return len(pick) > 0 or bad is not None


def _machines(flat: Mask, bits: Slots, lanes: int) -> Slots:
    """Which of n machines have a True, or a bit set."""
    some = bits != 0
    some[np.flatnonzero(flat) // lanes] = True
    return np.flatnonzero(some)
