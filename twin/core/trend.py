"""The trend twin of a class of machines: N beliefs in one array, advanced by rows in order.

    state = new_state(trend, born_us)          (N, W) float64, see layout.py
    view = new_view(trend, N)                  (N,) of view_dtype
    applied = advance(trend, state, view, rows)

Everything a twin remembers is in its state row, and a result depends only on the order of the
rows of that machine: not on batches, not on what other machines send.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as lay
from twin.core.kernel_numpy import apply_rounds
from twin.core.layout import APPLIED, LATE, RESET_DONE, UNKNOWN
from twin.core.rows import words
from twin.core.statespace import P0_LEVEL, P0_SLOPE, Trend, pack
from twin.core.view import NEVER
from twin.core.view_numpy import new_view, view_at, write_judgement, write_prior, write_round

try:
    from twin.core import kernel_numba
except ImportError:  # no numba for this interpreter: numpy does the same, four times slower
    COMPILED = False
else:
    COMPILED = True

__all__ = [
    "APPLIED",
    "COMPILED",
    "LATE",
    "RESET_DONE",
    "UNKNOWN",
    "Applied",
    "Trace",
    "advance",
    "new_state",
    "new_view",
    "trace",
]

Array = NDArray[np.float64]
NARROW, WIDE = np.dtype(np.uint32), np.dtype(np.int64)


class Applied(NamedTuple):
    """What became of each row (R,)."""

    flags: NDArray[np.uint8]
    """APPLIED, LATE, RESET_DONE or UNKNOWN (a slot that the state does not have)."""
    gated: NDArray[np.uint32]
    """Sensors whose reading was rejected, a sensor a bit."""

    def count(self, flag: int) -> int:
        """How many rows have this flag."""
        return int(np.count_nonzero(self.flags == flag))


class Trace(NamedTuple):
    """The filter at each row, (R, m) in model units; rows that were not applied hold the belief
    as it stood, with y and s NaN."""

    level: Array
    slope: Array
    p11: Array
    y: Array
    """Innovation: reading − prediction, NaN where missing."""
    s: Array
    """Its variance."""
    flags: NDArray[np.uint8]
    gated: NDArray[np.uint32]

    @property
    def sd(self) -> Array:
        """Standard deviation of the level."""
        return np.sqrt(self.p11)

    @property
    def spread(self) -> Array:
        """Standard deviation of the reading predicted: level and noise."""
        return np.sqrt(self.s)

    @property
    def innovation(self) -> Array:
        """Standardised innovation."""
        return self.y / np.sqrt(self.s)

    @property
    def nis(self) -> Array:
        """y²/s: χ² with one degree of freedom each when the twin fits."""
        return self.y * self.y / self.s


def new_state(trend: Trend, born_us: NDArray[np.int64]) -> Array:
    """Beliefs of machines born at born_us (N,), µs UTC, before their first sample: (N, W)."""
    layout, p = trend.layout, pack(trend)
    born = np.asarray(born_us, dtype=np.int64)
    state = _aligned(len(born), layout.width)
    blocks = state[:, lay.HEADER : lay.HEADER + lay.BLOCKS * layout.lanes]
    blocks = blocks.reshape(len(born), lay.BLOCKS, layout.lanes)
    par = p.par.reshape(-1, layout.lanes)
    blocks[:, lay.P11], blocks[:, lay.P22] = par[P0_LEVEL], par[P0_SLOPE]
    blocks[:, lay.LAST] = np.nan
    state[:, lay.HEADER + lay.BLOCKS * layout.lanes :] = np.nan
    head = state.view(np.int64)
    head[:, lay.TIME] = head[:, lay.FIRST] = NEVER
    head[:, lay.BORN], head[:, lay.REGIME], head[:, lay.LEARNING] = born, -1, p.sensors
    state[:, lay.NIS] = state[:, lay.HEALTH] = 1.0
    return state


def advance(
    trend: Trend,
    state: Array,
    view: NDArray[np.void],
    rows: NDArray[np.void],
    partitions: int = 1,
    compiled: bool = COMPILED,
) -> Applied:
    """Apply rows (R,) in order, in place on state (N, W) and view (N,).

    A row's machine is slot // partitions. NaN: the sensor is predicted only. A row not newer than
    the machine's newest is counted as late and changes nothing else; a RESET row returns the
    machine to its prior, unless it is older than its last reset.
    """
    applied = _blank(len(rows))
    if compiled:
        model, where = _arguments(trend)
        u, wide = _row_words(rows), _words(view, WIDE)
        kernel_numba.advance_rows(*model, state, u, partitions, *applied, wide, where)
        return applied
    u, f = words(rows)
    for batch, slots, done in apply_rounds(trend, state, u, f, partitions, *applied):
        if done is not None:
            write_round(trend, view, done, u, f)
        write_prior(trend, state, view, slots[applied.flags[batch] == RESET_DONE])
        write_judgement(state, view, slots)
    return applied


def trace(
    trend: Trend,
    state: Array,
    rows: NDArray[np.void],
    partitions: int = 1,
    compiled: bool = COMPILED,
) -> Trace:
    """`advance` without a view, in place on state, keeping the filter at every row."""
    applied = _blank(len(rows))
    out = np.full((5, len(rows), trend.n_sensors), np.nan)
    if compiled:
        model, _ = _arguments(trend)
        kernel_numba.trace_rows(*model, state, _row_words(rows), partitions, *applied, out)
    else:
        u, f = words(rows)
        for batch, slots, done in apply_rounds(trend, state, u, f, partitions, *applied):
            for k, block in enumerate((lay.LEVEL, lay.SLOPE, lay.P11)):
                out[k, batch] = trend.layout.block(state, block)[slots]
            if done is not None:
                out[3, done.rows], out[4, done.rows] = done.y.T, done.s.T
    return Trace(out[0], out[1], out[2], out[3], out[4], *applied)


def _aligned(n: int, width: int) -> Array:
    """Zeros (n, width) that start on a cache line, as each block of a row then does."""
    room = np.zeros(n * width + 8)
    skip = -(room.ctypes.data // 8) % 8
    return room[skip : skip + n * width].reshape(n, width)


def _blank(n: int) -> Applied:
    return Applied(np.zeros(n, np.uint8), np.zeros(n, np.uint32))


def _words(rows: NDArray[np.void], word: np.dtype[Any]) -> NDArray[Any]:
    """Rows (R,) as words (R, n), no copy; in one step, for each takes a tenth of a small call."""
    shape = len(rows), rows.dtype.itemsize // word.itemsize
    return np.ndarray(shape, word, np.ascontiguousarray(rows))


def _row_words(rows: NDArray[np.void]) -> NDArray[np.uint32]:
    """Words of the rows, always read-only: the kernel is compiled for one kind of array."""
    u = _words(rows, NARROW)
    u.setflags(write=False)
    return u


@lru_cache(maxsize=64)
def _arguments(trend: Trend) -> tuple[tuple[Any, ...], NDArray[np.int64]]:
    """What the kernels want to know of a trend, as plain arrays, and of its view rows.

    The packed numbers in one array, then its arrays; then what the kernel is compiled for, told by
    the lengths of tuples: lanes, and whether there are monitors.
    """
    p = pack(trend)
    numbers = np.array([value for value in p if not isinstance(value, np.ndarray)], dtype=float)
    arrays = [value for value in p if isinstance(value, np.ndarray)]
    compiled_for = (0,) * trend.layout.lanes, (True,) * trend.monitors
    return (numbers, *arrays, *compiled_for), view_at(trend.n_sensors, trend.n_inputs)
