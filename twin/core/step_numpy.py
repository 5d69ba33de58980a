"""Filter step of the trend kernel in numpy: many machines' readings into their beliefs at once.

Everything is flat, (n·lanes,): the lanes of n machines one machine after the other, as the state
has them. Only so are all of numpy's loops long, contiguous and vectorised; an array a machine wide
is repeated to that length, a parameter that all sensors share is a number. Equations are those of
kernel_step.py; what a sensor without a reading must not change is set by its index, as they are
few. Lanes without a sensor read 0 and, certain of level 0, never move.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import twin.core.layout as lay
import twin.core.statespace as ss
from twin.core.rows import MAX_LANES
from twin.core.statespace import Trend, pack
from twin.core.transition import NEAR, A, C, far

__all__ = [
    "SCRATCH",
    "Tiles",
    "bit_sets",
    "cells",
    "chunk_of",
    "condition",
    "predict",
    "row_sums",
    "tiles",
    "transitions",
]

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Tile = float | Array

CHUNK_WORDS = 16384
"""Words of a flat array: 64 KiB, so that the dozen in use stay in the second-level cache."""
SCRATCH = 9
Y, S, INVERSE, NIS, GAIN, KEEP, NARROW, SPARE, Z = range(SCRATCH)

POWERS = 2.0 ** np.arange(MAX_LANES)


def chunk_of(lanes: int) -> int:
    """Machines that are stepped at once."""
    return max(1, CHUNK_WORDS // lanes)


class Tiles(NamedTuple):
    """Parameters along a flat array: an array, or a number where all sensors share it."""

    r: Tile
    q_level: Tile
    q_slope: Tile
    base: Tile
    scale: Tile
    unscale: Tile
    lost: Tile
    low: Tile
    high: Tile
    drift: Tile

    def cut(self, size: int) -> "Tiles":
        """The same for flat arrays of this length."""
        return Tiles(*[x[:size] if isinstance(x, np.ndarray) else x for x in self])


@lru_cache(maxsize=64)
def tiles(trend: Trend) -> Tiles:
    """Tiles for a whole chunk; base and scale are those of the first regime."""
    lanes, p = trend.layout.lanes, pack(trend)
    par = p.par.reshape(ss.PAR_ROWS, lanes)
    rows = [par[ss.R], par[ss.Q_LEVEL], par[ss.Q_SLOPE]]
    rows += [p.offset[:lanes], p.scale[:lanes], p.inv_scale[:lanes], par[ss.LOST]]
    rows += [par[ss.LOW], par[ss.HIGH], par[ss.DRIFT]]
    return Tiles(*[_tile(row, chunk_of(lanes)) for row in rows])


def _tile(row: Array, n: int) -> Tile:
    return float(row[0]) if (row == row[0]).all() else np.tile(row, n)


def cells(rows: NDArray[np.generic], first: int, length: int, count: int = 1) -> NDArray[np.void]:
    """Runs of `length` words from word `first` of each row (N, W), as void (N, count), a view.

    `rows` is contiguous. Copied as one thing each, runs take numpy a quarter of the time that their
    words would.
    """
    size = rows.itemsize
    run, shape = length * size, (len(rows), count)
    return np.ndarray(shape, f"V{run}", rows.data, first * size, (rows.strides[0], run))


def transitions(growth: float, dt: Array) -> tuple[Array, Array, Array, Array, Array]:
    """(n,) of e, a, qa, qb, qc of `transition` for each Δ ≥ 0."""
    x = growth * dt
    ratio, area = _polynomial(A[:7], x), _polynomial(C[:7], x)
    e = x * ratio
    e += 1.0
    a = np.multiply(dt, ratio, out=ratio)
    area *= dt * dt * dt
    half = 0.5 * a
    out = (e, a, area, half * a, half * (e + 1.0))
    if abs(growth) * float(dt.max()) > NEAR:
        beyond = np.abs(x) > NEAR
        different, where = np.unique(dt[beyond], return_inverse=True)
        table = np.array([far(growth, float(d)) for d in different]).T
        for values, known in zip(out, table, strict=True):
            values[beyond] = known[where]
    return out


def _polynomial(coefficients: Sequence[float], x: Array) -> Array:
    """By Horner's scheme; seven terms of `near` are exact to the last bit at |x| ≤ NEAR."""
    value = x * coefficients[-1]
    for c in coefficients[-2:0:-1]:
        value += c
        value *= x
    value += coefficients[0]
    return value


def predict(trend: Trend, dt: Array, tile: Tiles, block: Array, work: Array) -> None:
    """Carry every belief over its machine's Δ (n,); `block` holds level, slope, p11, p12, p22."""
    lanes, (carried, wider) = trend.layout.lanes, work[:2]
    level, slope, p11, p12, p22 = block[: lay.P22 + 1]
    e, a, qa, qb, qc = transitions(trend.growth, dt)
    reach, decay = np.repeat(a, lanes), np.repeat(e, lanes)
    np.multiply(reach, slope, out=wider)
    level += wider
    slope *= decay
    np.multiply(reach, p22, out=carried)
    np.multiply(p12, 2.0, out=wider)
    wider += carried
    wider *= reach
    p11 += wider
    p11 += _noise([(dt, tile.q_level), (qa, tile.q_slope)], lanes)
    p12 += carried
    p12 *= decay
    p12 += _noise([(qb, tile.q_slope)], lanes)
    p22 *= decay
    p22 *= decay
    p22 += _noise([(qc, tile.q_slope)], lanes)
    if (p11 > tile.lost).any():
        _forget(trend, block)


def _noise(terms: list[tuple[Array, Tile]], lanes: int) -> Array:
    """Sum of products of a machine's number (n,) and a sensor's, flat."""
    if all(isinstance(tile, float) for _, tile in terms):
        products = [x * tile for x, tile in terms]
        return np.repeat(sum(products[1:], start=products[0]), lanes)
    products = [np.repeat(x, lanes) * tile for x, tile in terms]
    return np.asarray(sum(products[1:], start=products[0]))


def _forget(trend: Trend, block: Array) -> None:
    """Return beliefs that have become less certain than any use to the prior."""
    par = pack(trend).par.reshape(ss.PAR_ROWS, -1)
    lost = np.flatnonzero(block[lay.P11].reshape(-1, trend.layout.lanes) > par[ss.LOST])
    lane = lost % trend.layout.lanes
    for k in (lay.LEVEL, lay.SLOPE, lay.P12):
        block[k][lost] = 0.0
    block[lay.P11][lost], block[lay.P22][lost] = par[ss.P0_LEVEL, lane], par[ss.P0_SLOPE, lane]


def innovate(
    gate: float, tile: Tiles, block: Array, raw: Array, absent: Index, work: Array
) -> Index:
    """Innovation, 0 where absent, its variance, gain and NIS into `work`; indices rejected."""
    y, s, inverse, nis, gain, z = (work[k] for k in (Y, S, INVERSE, NIS, GAIN, Z))
    np.subtract(raw, tile.base, out=z)
    z *= tile.unscale
    np.subtract(z, block[lay.LEVEL], out=y)
    y[absent] = 0.0
    np.add(block[lay.P11], tile.r, out=s)
    np.divide(1.0, s, out=inverse)
    np.multiply(y, inverse, out=gain)
    np.multiply(gain, y, out=nis)
    return np.flatnonzero(nis > gate)


def condition(tile: Tiles, block: Array, unused: Index, work: Array) -> None:
    """Condition every belief on its reading, except those unused, which stay as predicted."""
    level, slope, p11, p12, p22 = block[: lay.P22 + 1]
    inverse, gain, keep, spare, narrow = (work[k] for k in (INVERSE, GAIN, KEEP, SPARE, NARROW))
    np.multiply(inverse, tile.r, out=keep)
    keep[unused] = 1.0
    gain[unused] = 0.0
    np.multiply(p11, p22, out=narrow)
    np.multiply(p12, p12, out=spare)
    narrow -= spare
    unchanged = p22[unused]
    p22 *= tile.r
    p22 += narrow
    p22 *= inverse
    p22[unused] = unchanged
    np.multiply(p11, gain, out=spare)
    level += spare
    np.multiply(p12, gain, out=spare)
    slope += spare
    p11 *= keep
    p12 *= keep


def row_sums(flat: Array, lanes: int) -> Array:
    """Sums over the lanes of each machine (n,), the same whatever n is, as BLAS's are not."""
    while lanes % 2 == 0:
        flat = flat[::2] + flat[1::2]
        lanes //= 2
    return sum((flat[i::lanes] for i in range(1, lanes)), start=flat[::lanes])


def bit_sets(owner: Index, bit: Index, n: int) -> Index:
    """Bit sets (n,) of which each owner has these different bits."""
    return np.bincount(owner, POWERS[bit], n).astype(np.int64)
