"""A history chunk: some hundred rows of one machine, column by column, and its belief before them.

With the belief, `twin.core.trend.trace` over the rows recomputes the estimate that was live, bit
for bit. Rows keep the order in which they were applied, late ones and resets among them.
"""

import struct
import zlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.core.rows import RESET, row_dtype
from twin.errors import WireError
from twin.stores.packing import pack_floats, pack_whole, unpack_floats, unpack_whole

__all__ = ["ChunkData", "decode_chunk", "encode_chunk"]

MAGIC = 0x5431
ROWS_MAX = 1 << 22
"""A damaged header must not ask for all the memory there is."""
_HEAD = struct.Struct("<HHIIIII")
"""Magic, lanes, rows, slot, version of the lanes, version of the model, bytes of the belief."""


class ChunkData(NamedTuple):
    """Rows (R,) of row_dtype(lanes), all of one machine, and its state row (W,) before them."""

    lane_version: int
    model_version: int
    belief: NDArray[np.float64]
    rows: NDArray[np.void]


def encode_chunk(chunk: ChunkData) -> bytes:
    """About 1.3 bytes a reading for decimals of two places or so; every bit comes back."""
    rows = chunk.rows
    n, lanes = len(rows), rows["value"].shape[1]
    belief = zlib.compress(chunk.belief.view(np.uint8).reshape(-1, 8).T.tobytes(), 6)
    slot = int(rows["slot"][0] & ~RESET) if n else 0
    versions = chunk.lane_version, chunk.model_version
    head = _HEAD.pack(MAGIC, lanes, n, slot, *versions, len(belief))
    is_reset = (rows["slot"] & RESET) > 0
    bits = rows["quality"].astype(np.int64) | (is_reset.astype(np.int64) << 32)
    values = np.ascontiguousarray(rows["value"].T)
    columns = [pack_whole(rows["time"]), pack_whole(bits), *(pack_floats(v) for v in values)]
    return b"".join([head, belief, *columns])


def decode_chunk(blob: bytes) -> ChunkData:
    """What encode_chunk made. Raises WireError."""
    try:
        return _decode(memoryview(blob))
    except (struct.error, zlib.error, ValueError, IndexError) as error:
        raise WireError(f"history chunk of {len(blob)} bytes: {error}") from error


def _decode(blob: memoryview) -> ChunkData:
    magic, lanes, n, slot, lane_version, model_version, n_belief = _HEAD.unpack_from(blob)
    if magic != MAGIC:
        raise WireError(f"history chunk: got magic {magic:#x}, want {MAGIC:#x}")
    if n > ROWS_MAX:
        raise WireError(f"history chunk: got {n} rows, want at most {ROWS_MAX}")
    rest = blob[_HEAD.size :]
    shuffled = np.frombuffer(zlib.decompress(rest[:n_belief]), np.uint8)
    belief = np.ascontiguousarray(shuffled.reshape(8, -1).T).view("<f8").ravel()
    rest = rest[n_belief:]
    rows = np.zeros(n, dtype=row_dtype(lanes))
    rows["time"], rest = unpack_whole(rest, n)
    bits, rest = unpack_whole(rest, n)
    rows["quality"] = bits & 0xFFFFFFFF
    rows["slot"] = np.uint32(slot) | (RESET * (bits >> 32).astype(np.uint32))
    for lane in range(lanes):
        rows["value"][:, lane], rest = unpack_floats(rest, n)
    return ChunkData(lane_version, model_version, belief, rows)
