"""The packing of a column, compiled: a worker that takes 30 million readings a second also has to
seal them. Without the interpreter's lock, so that batches go on meanwhile. Writes exactly what
twin.stores.packing writes.
"""

import numba
import numpy as np

__all__ = ["decimal_column", "pack_column"]

HEAD_BYTES = 30
ASIDE_BITS = 96


@numba.njit(cache=True, nogil=True)
def _put(out, at, value, n_bytes):  # type: ignore[no-untyped-def]
    """The lowest bytes of a 64-bit value, little-endian; the place after them."""
    for i in range(n_bytes):
        out[at + i] = np.uint8((value >> np.uint64(8 * i)) & np.uint64(255))
    return at + n_bytes


@numba.njit(cache=True, nogil=True)
def _bits(value):  # type: ignore[no-untyped-def]
    n = 0
    while value > np.uint64(0):
        value >>= np.uint64(1)
        n += 1
    return n


@numba.njit(cache=True, nogil=True)
def _plan(values, n):  # type: ignore[no-untyped-def]
    """Best width for offsets from the least of the first n values: width, bits in all, least."""
    if n == 0:
        return 0, 0, np.int64(0)
    least = values[0]
    for i in range(n):
        least = min(least, values[i])
    count = np.zeros(64, np.int64)
    for i in range(n):
        count[min(63, _bits(np.uint64(values[i] - least)))] += 1
    wider, best, cost = n, 0, np.int64(1 << 62)
    for width in range(64):
        wider -= count[width]
        bits = width * n + ASIDE_BITS * wider
        if bits < cost:
            best, cost = width, bits
    return best, cost, least


@numba.njit(cache=True, nogil=True)
def pack_column(values, out):  # type: ignore[no-untyped-def]
    """Pack whole numbers (n,) into out, which has room; bytes written. values are overwritten."""
    n = len(values)
    order, firsts = 0, np.zeros(2, np.int64)
    width, cost, least = _plan(values, n)
    work = values.copy()
    size, step = n, 0
    first = np.zeros(2, np.int64)
    while step < min(2, n):
        first[step] = work[0]
        for i in range(size - 1):
            work[i] = work[i + 1] - work[i]
        size -= 1
        step += 1
        w, c, lo = _plan(work, size)
        if c < cost:
            order, width, cost, least = step, w, c, lo
            firsts[:] = first
            values[:size] = work[:size]
    size = n - order
    return _write(values, size, order, width, least, firsts, out)


@numba.njit(cache=True, nogil=True)
def _write(values, size, order, width, least, firsts, out):  # type: ignore[no-untyped-def]
    at = HEAD_BYTES
    buffer, held = np.uint64(0), 0
    n_aside = 0
    limit = np.uint64(1) << np.uint64(width)
    for i in range(size):
        offset = np.uint64(values[i] - least)
        if offset >= limit:
            n_aside += 1
            offset = np.uint64(0)
        left = width
        while left > 0:
            take = min(left, 32)
            low = offset & ((np.uint64(1) << np.uint64(take)) - np.uint64(1))
            buffer |= low << np.uint64(held)
            held += take
            offset >>= np.uint64(take)
            left -= take
            while held >= 8:
                out[at] = np.uint8(buffer & np.uint64(255))
                buffer >>= np.uint64(8)
                held -= 8
                at += 1
    if held > 0:
        out[at] = np.uint8(buffer)
        at += 1
    at = _aside(values, size, least, limit, n_aside, out, at)
    head = _put(out, 0, np.uint64(order), 1)
    head = _put(out, head, np.uint64(width), 1)
    head = _put(out, head, np.uint64(n_aside), 4)
    head = _put(out, head, np.uint64(least), 8)
    head = _put(out, head, np.uint64(firsts[0]), 8)
    _put(out, head, np.uint64(firsts[1]), 8)
    return at


@numba.njit(cache=True, nogil=True)
def _aside(values, size, least, limit, n_aside, out, at):  # type: ignore[no-untyped-def]
    """Places, then values, of what is wider than the rest."""
    if n_aside == 0:
        return at
    place, value = at, at + 4 * n_aside
    for i in range(size):
        offset = np.uint64(values[i] - least)
        if offset >= limit:
            place = _put(out, place, np.uint64(i), 4)
            value = _put(out, value, offset, 8)
    return value


@numba.njit(cache=True, nogil=True)
def decimal_column(values, bits, most, whole):  # type: ignore[no-untyped-def]
    """Fewest decimals, at most `most`, at which whole numbers give back every bit of the values
    (n,); those numbers are in `whole` then. -1: there are none such."""
    back = np.zeros(1, np.float32)
    back_bits = back.view(np.uint32)
    scale = 1.0
    for decimals in range(most + 1):
        good = True
        for i in range(len(values)):
            scaled = np.rint(np.float64(values[i]) * scale)
            if not abs(scaled) < 2.0**40:
                return -1
            back[0] = np.float32(scaled / scale)
            if back_bits[0] != bits[i]:
                good = False
                break
            whole[i] = np.int64(scaled)
        if good:
            return decimals
        scale *= 10.0
    return -1
