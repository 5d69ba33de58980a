"""Rows: one sample of one machine, in the same memory on the wire and in the filter.

A row is a slot (u32), quality bits (u32), a source time (i64, µs UTC) and one f32 a lane.
Lanes are the sensors of the class in plant-file order, then its inputs. One quality bit a lane
tells four cases apart:

    finite, bit clear   good
    finite, bit set     uncertain: used, and shown as such
    NaN, bit set        bad: the source says the value must not be used
    NaN, bit clear      missing

The top bit of the slot marks a reset: the machine was repaired or replaced at that time, its
belief returns to the prior; the row's values are ignored. So a repair has its place in the same
total order as the readings, and a rebuilt twin meets it at the same point.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["HEADER_WORDS", "MAX_LANES", "RESET", "row_dtype", "words"]

MAX_LANES = 32
RESET = np.uint32(1 << 31)
HEADER_WORDS = 4
"""32-bit words before the first lane: slot, quality, time (two words, little end first)."""


def row_dtype(n_lanes: int) -> np.dtype[np.void]:
    """Layout of one row of a class with n_lanes lanes: 16 + 4·n_lanes bytes, little-endian."""
    return np.dtype(
        [("slot", "<u4"), ("quality", "<u4"), ("time", "<i8"), ("value", "<f4", (n_lanes,))]
    )


def words(rows: NDArray[np.void]) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
    """The same rows (R,) as u32 and as f32 words, both (R, HEADER_WORDS + n_lanes), no copy."""
    width = rows.dtype.itemsize // 4
    flat = np.ascontiguousarray(rows)
    return flat.view("<u4").reshape(-1, width), flat.view("<f4").reshape(-1, width)
