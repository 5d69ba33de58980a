"""Columns of numbers in few bytes, and back exactly. Vectorised; used by history chunks.

Whole numbers are stored as offsets from their least, or as differences of first or second order,
whichever is narrowest, bit-packed; the few that do not fit the width that suits the rest stand
aside with their places. Float32 columns that are decimals, as transmitters send them, become whole
numbers; any other is stored as its bytes, shuffled and deflated. Little-endian throughout.
Source of the idea: Zukowski et al. (2006), Super-scalar RAM-CPU cache compression (PFOR).
"""

import struct
import zlib
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import WireError

compiled: ModuleType | None
try:
    from twin.stores import packing_numba as compiled
except ImportError:  # numba is not there for this platform
    compiled = None

__all__ = ["pack_floats", "pack_whole", "pack_whole_numpy", "unpack_floats", "unpack_whole"]

Ints = NDArray[np.int64]

_HEAD = struct.Struct("<BBIqqq")
"""Order of differences, width in bits, exceptions, least, first value, first difference."""
MAX_DECIMALS = 6
RAW = 255
_WIDTHS = np.arange(64)
CANONICAL_NAN = 0x7FC00000


def pack_whole(values: Ints) -> bytes:
    """Whole numbers (n,), |v| < 2⁶⁰; the narrowest of three orders of difference."""
    if compiled is None:
        return pack_whole_numpy(values)
    out = np.empty(_HEAD.size + 20 * len(values) + 8, dtype=np.uint8)
    return out[: compiled.pack_column(values.copy(), out)].tobytes()


def pack_whole_numpy(values: Ints) -> bytes:
    """As pack_whole: its reference, and its stand-in where numba is absent."""
    plans = [_plan(values, order) for order in range(3)]
    return _pack_plan(min(plans, key=lambda plan: plan.n_bits))


def unpack_whole(blob: memoryview, n: int) -> tuple[Ints, memoryview]:
    """The n numbers at the head of blob, and what follows them."""
    order, width, n_aside, least, first, second = _HEAD.unpack_from(blob)
    rest = blob[_HEAD.size :]
    size = max(0, n - order)
    n_bytes = (size * width + 7) // 8
    offsets = _unpack_bits(rest[:n_bytes], size, width)
    rest = rest[n_bytes:]
    if n_aside:
        places = np.frombuffer(rest[: 4 * n_aside], "<u4")
        offsets[places] = np.frombuffer(rest[4 * n_aside : 12 * n_aside], "<u8")
        rest = rest[12 * n_aside :]
    values = offsets.view(np.int64) + least
    for start in (second, first)[2 - order :]:
        values = np.cumsum(np.concatenate([[start], values]))
    return values[:n], rest


def pack_floats(values: NDArray[np.float32]) -> bytes:
    """A float32 column (n,); every bit comes back, NaN payloads and signed zeros too."""
    bits = values.view(np.uint32)
    missing = np.isnan(values)
    if (bits[missing] == CANONICAL_NAN).all():
        found = _decimals(values[~missing])
        if found is not None:
            mask = np.packbits(missing).tobytes() if missing.any() else b""
            return struct.pack("<BB", found[0], bool(mask)) + mask + pack_whole(found[1])
    deflated = zlib.compress(values.view(np.uint8).reshape(-1, 4).T.tobytes(), 6)
    return struct.pack("<BI", RAW, len(deflated)) + deflated


def unpack_floats(blob: memoryview, n: int) -> tuple[NDArray[np.float32], memoryview]:
    """The n values at the head of blob, and what follows them."""
    if blob[0] == RAW:
        (size,) = struct.unpack_from("<I", blob, 1)
        shuffled = np.frombuffer(zlib.decompress(blob[5 : 5 + size]), np.uint8)
        raw = np.ascontiguousarray(shuffled.reshape(4, n).T).view("<f4").ravel()
        return raw, blob[5 + size :]
    decimals, has_mask = blob[0], blob[1]
    rest = blob[2:]
    missing = np.zeros(n, dtype=bool)
    if has_mask:
        n_bytes = (n + 7) // 8
        missing = np.unpackbits(np.frombuffer(rest[:n_bytes], np.uint8), count=n).astype(bool)
        rest = rest[n_bytes:]
    whole, rest = unpack_whole(rest, n - int(missing.sum()))
    values = np.full(n, np.nan, dtype=np.float32)
    values[~missing] = (whole / 10.0**decimals).astype(np.float32)
    return values, rest


def _decimals(values: NDArray[np.float32]) -> tuple[int, Ints] | None:
    """Fewest decimals at which whole numbers give back every bit, and those numbers."""
    if compiled is not None:
        whole = np.empty(len(values), dtype=np.int64)
        decimals = compiled.decimal_column(values, values.view(np.uint32), MAX_DECIMALS, whole)
        return None if decimals < 0 else (decimals, whole)
    for decimals in range(MAX_DECIMALS + 1):
        found = _whole(values, decimals)
        if found is not None:
            return decimals, found
    return None


def _whole(values: NDArray[np.float32], decimals: int) -> Ints | None:
    """values·10^decimals if those whole numbers give back every bit of the values."""
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = np.rint(values.astype(np.float64) * 10.0**decimals)
        if not (np.abs(scaled) < 2.0**40).all():
            return None
        back = (scaled / 10.0**decimals).astype(np.float32)
    same = (back.view(np.uint32) == values.view(np.uint32)).all()
    return scaled.astype(np.int64) if same else None


class _Plan(NamedTuple):
    """Differences of one order as offsets from their least, and the best width for them."""

    order: int
    firsts: tuple[int, int]
    least: int
    offsets: NDArray[np.uint64]
    width: int
    n_bits: int


def _plan(values: Ints, order: int) -> _Plan:
    order = min(order, len(values))
    firsts = [0, 0]
    for i in range(order):
        firsts[i] = int(values[0])
        values = np.diff(values)
    least = int(values.min()) if len(values) else 0
    offsets = (values - least).view(np.uint64)
    width, n_bits = _best_width(offsets)
    return _Plan(order, (firsts[0], firsts[1]), least, offsets, width, n_bits)


def _pack_plan(plan: _Plan) -> bytes:
    offsets, width = plan.offsets, plan.width
    beyond = (offsets >> np.uint64(width)) > 0
    aside = np.flatnonzero(beyond)
    packed = _pack_bits(np.where(beyond, np.uint64(0), offsets) if len(aside) else offsets, width)
    head = _HEAD.pack(plan.order, plan.width, len(aside), plan.least, *plan.firsts)
    return head + packed + aside.astype("<u4").tobytes() + offsets[aside].astype("<u8").tobytes()


def _best_width(offsets: NDArray[np.uint64]) -> tuple[int, int]:
    """Bits an offset for the fewest bits in all, exceptions at twelve bytes each; both counts."""
    if not len(offsets):
        return 0, 0
    exponent = np.frexp(offsets.astype(np.float64))[1]
    wider = len(offsets) - np.cumsum(np.bincount(np.minimum(exponent, 63), minlength=64))
    cost = _WIDTHS * len(offsets) + 96 * wider
    best = int(np.argmin(cost))
    return best, int(cost[best])


def _pack_bits(offsets: NDArray[np.uint64], width: int) -> bytes:
    if not width:
        return b""
    octets = offsets.astype("<u8").view(np.uint8).reshape(-1, 8)[:, : (width + 7) // 8]
    bits = np.unpackbits(octets, axis=1, bitorder="little")[:, :width]
    return bytes(np.packbits(bits.ravel(), bitorder="little"))


def _unpack_bits(blob: memoryview, n: int, width: int) -> NDArray[np.uint64]:
    out = np.zeros((n, 8), np.uint8)
    if width and n:
        raw = np.frombuffer(blob, np.uint8)
        if len(raw) * 8 < n * width:
            raise WireError(f"column: got {len(raw)} bytes, want {n} values of {width} bits")
        bits = np.unpackbits(raw, count=n * width, bitorder="little").reshape(n, width)
        octets = np.packbits(bits, axis=1, bitorder="little")
        out[:, : octets.shape[1]] = octets
    return out.view("<u8").ravel()
