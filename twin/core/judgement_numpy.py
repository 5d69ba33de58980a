"""The rare judgements of the trend kernel in numpy, step for step those of kernel_monitors.py.

Masks and values are (m, n): m sensors of the n different machines in `slots`. Each function touches
only the machines that its mask concerns.
"""

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as lay
import twin.core.statespace as ss
from twin.core.statespace import Trend, pack

__all__ = ["commission", "judge", "limit", "recover", "repeat"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Slots = NDArray[np.int64]


def _sensors(mask: Mask, slots: Slots) -> tuple[Slots, Slots, Slots]:
    """Sensor, column and slot of every True."""
    i, n = np.nonzero(mask)
    return i, n, slots[n]


def _at(trend: Trend, block: int, i: Slots) -> Slots:
    return lay.HEADER + block * trend.layout.lanes + i


def _flag(state: Array, word: int, slots: Slots, i: Slots, on: Mask) -> None:
    """Set or clear the bits of sensors i in a header word; a slot may come several times."""
    head = state.view(np.int64)[:, word]
    bits = np.int64(1) << i
    np.bitwise_or.at(head, slots[on], bits[on])
    np.bitwise_and.at(head, slots[~on], ~bits[~on])


def _all(i: Slots, value: bool) -> Mask:
    return np.full(len(i), value)


def commission(trend: Trend, state: Array, slots: Slots, learning: Mask, z: Array) -> None:
    """Average the first readings of a life into the frozen twin's level."""
    i, n, slot = _sensors(learning, slots)
    seen = state[slot, _at(trend, lay.SEEN, i)] + 1.0
    state[slot, _at(trend, lay.SEEN, i)] = seen
    mean = state[slot, _at(trend, lay.FROZEN, i)]
    state[slot, _at(trend, lay.FROZEN, i)] = mean + (z[i, n] - mean) / seen
    done = seen >= trend.learn
    _flag(state, lay.LEARNING, slot[done], i[done], _all(i[done], False))


def _condemn(trend: Trend, state: Array, slot: Slots, i: Slots) -> None:
    _flag(state, lay.BAD, slot, i, _all(i, True))
    _flag(state, lay.RUNNING, slot, i, _all(i, False))
    state[slot, _at(trend, lay.RUN, i)] = 0.0
    state[slot, _at(trend, lay.CALM, i)] = 0.0
    state[slot, _at(trend, lay.BEFORE, i)] = np.nan


def _reopen(trend: Trend, state: Array, slot: Slots, i: Slots, y: Array) -> None:
    par = pack(trend).par.reshape(ss.PAR_ROWS, -1)
    state[slot, _at(trend, lay.LEVEL, i)] += y
    state[slot, _at(trend, lay.SLOPE, i)] = 0.0
    state[slot, _at(trend, lay.P11, i)] = par[ss.P0_LEVEL, i]
    state[slot, _at(trend, lay.P12, i)] = 0.0
    state[slot, _at(trend, lay.P22, i)] = par[ss.P0_SLOPE, i]
    state[slot, _at(trend, lay.RUN, i)] = 0.0


def _bits_of(state: Array, word: int, slots: Slots, m: int) -> Mask:
    bits = state.view(np.int64)[slots, word]
    return np.asarray((bits >> np.arange(m)[:, None]) & 1, dtype=bool)


def judge(trend: Trend, state: Array, slots: Slots, seen: Mask, gated: Mask, y: Array) -> None:
    """Count rejections in a row; at the limit tell a bad sensor from a changed machine."""
    m = trend.n_sensors
    running = _bits_of(state, lay.RUNNING, slots, m)
    some = ((gated | running) & seen).any(axis=0)
    if not some.any():
        return
    slots, seen, gated, y = slots[some], seen[:, some], gated[:, some], y[:, some]
    bad = _bits_of(state, lay.BAD, slots, m)
    live = seen & ~bad
    i, n, slot = _sensors(live, slots)
    run = np.where(gated[i, n], state[slot, _at(trend, lay.RUN, i)] + 1.0, 0.0)
    state[slot, _at(trend, lay.RUN, i)] = run
    _flag(state, lay.RUNNING, slot, i, gated[i, n])
    start = lay.HEADER + lay.RUN * trend.layout.lanes
    runs = state[slots, start : start + m].T
    hits = live & (runs >= trend.rejections)
    suspects = (~bad & (2.0 * runs >= trend.rejections)).sum(axis=0)
    together = hits.any(axis=0) & (suspects >= 2) & (2 * suspects >= live.sum(axis=0))
    i, n, slot = _sensors(hits & ~together, slots)
    _condemn(trend, state, slot, i)
    i, n, slot = _sensors(live & together, slots)
    _reopen(trend, state, slot, i, np.where(gated[i, n], y[i, n], 0.0))
    _flag(state, lay.RUNNING, slot, i, _all(i, False))
    state.view(np.int64)[slots[together], lay.CHANGED] = trend.hold


def repeat(trend: Trend, state: Array, slots: Slots, seen: Mask, equal: Mask) -> None:
    """Count readings that equal the one before; too many in a row: a stuck, bad sensor."""
    m = trend.n_sensors
    some = ((equal | _bits_of(state, lay.REPEATING, slots, m)) & seen).any(axis=0)
    if not some.any():
        return
    i, n, slot = _sensors(seen & some, slots)
    same = np.where(equal[i, n], state[slot, _at(trend, lay.SAME, i)] + 1.0, 0.0)
    state[slot, _at(trend, lay.SAME, i)] = same
    healthy = (state.view(np.int64)[slot, lay.BAD] >> i) & 1 == 0
    stuck = (same >= trend.stuck[i]) & healthy
    _condemn(trend, state, slot[stuck], i[stuck])
    _flag(state, lay.REPEATING, slot, i, equal[i, n])


def recover(
    trend: Trend, state: Array, slots: Slots, mask: Mask, fits: Mask, y: Array, z: Array
) -> None:
    """Bring bad sensors back: their readings fit again, or have long agreed."""
    i, n, slot = _sensors(mask, slots)
    moving = state[slot, _at(trend, lay.SAME, i)] == 0.0
    away = z[i, n] - state[slot, _at(trend, lay.BEFORE, i)]
    agrees = away * away <= trend.gate * 2.0 * trend.r[i]
    state[slot, _at(trend, lay.BEFORE, i)] = z[i, n]
    run, calm = state[slot, _at(trend, lay.RUN, i)], state[slot, _at(trend, lay.CALM, i)]
    run = np.where(moving, np.where(fits[i, n], run + 1.0, 0.0), run)
    calm = np.where(moving, np.where(agrees, calm + 1.0, 0.0), calm)
    state[slot, _at(trend, lay.RUN, i)], state[slot, _at(trend, lay.CALM, i)] = run, calm
    anew = (calm >= trend.settle) & (run < trend.returns)
    back = anew | (run >= trend.returns)
    _flag(state, lay.BAD, slot[back], i[back], _all(i[back], False))
    state[slot[back], _at(trend, lay.RUN, i[back])] = 0.0
    _reopen(trend, state, slot[anew], i[anew], y[i, n][anew])


def limit(trend: Trend, state: Array, slots: Slots, raw: Array, time: NDArray[np.int64]) -> None:
    """Alarm limits on the readings, with deadband and delays."""
    par = pack(trend).par.reshape(ss.PAR_ROWS, -1)[:, : trend.n_sensors, None]
    out = (raw < par[ss.LOW]) | (raw > par[ss.HIGH])
    head = state.view(np.int64)
    some = out.any(axis=0) | (head[slots, lay.PENDING] != 0) | (head[slots, lay.BEYOND] != 0)
    if not some.any():
        return
    slots, raw, out, when = slots[some], raw[:, some], out[:, some], time[some].astype(np.float64)
    pending = _bits_of(state, lay.PENDING, slots, trend.n_sensors)
    beyond = _bits_of(state, lay.BEYOND, slots, trend.n_sensors)
    mask = (out | pending | beyond) & ~np.isnan(raw)
    band = par[ss.DEADBAND]
    inside = (raw >= par[ss.LOW] + band) & (raw <= par[ss.HIGH] - band)
    flip = np.where(beyond, inside, out)
    i, n, slot = _sensors(mask & flip & ~pending, slots)
    state[slot, _at(trend, lay.SINCE, i)] = when[n]
    start = lay.HEADER + lay.SINCE * trend.layout.lanes
    since = state[slots, start : start + trend.n_sensors].T
    turn = mask & flip & (when - since >= np.where(beyond, par[ss.OFF], par[ss.ON]))
    i, n, slot = _sensors(mask, slots)
    _flag(state, lay.PENDING, slot, i, (flip & ~turn)[i, n])
    i, n, slot = _sensors(turn, slots)
    _flag(state, lay.BEYOND, slot, i, ~beyond[i, n])
