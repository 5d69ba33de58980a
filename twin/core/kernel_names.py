"""Arguments of the compiled kernel by name: they come as plain arrays, for speed of the call."""

from typing import Any

import numpy as np

from twin.core.kernel_step import inlined
from twin.core.statespace import Packed
from twin.core.view_numpy import ViewAt

__all__ = ["named", "packed"]

whole: Any = np.int64


@inlined
def packed(
    numbers: Any,
    table: Any,
    centre: Any,
    input_weight: Any,
    offset: Any,
    gain: Any,
    scale: Any,
    inv_scale: Any,
) -> Any:
    """Parameters by name. They come as plain arrays: a tuple costs 100 µs a call to unpack."""
    return Packed(
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        numbers[4],
        numbers[5],
        whole(numbers[6]),
        numbers[7],
        numbers[8],
        numbers[9],
        numbers[10],
        whole(numbers[11]),
        whole(numbers[12]),
        table,
        centre,
        input_weight,
        offset,
        gain,
        scale,
        inv_scale,
    )


@inlined
def named(where: Any) -> ViewAt:
    """The places in a view row by name."""
    return ViewAt(
        where[0],
        where[1],
        where[2],
        where[3],
        where[4],
        where[5],
        where[6],
        where[7],
        where[8],
        where[9],
        where[10],
        where[11],
        where[12],
        where[13],
        where[14],
        where[15],
        where[16],
        where[17],
        where[18],
        where[19],
    )
