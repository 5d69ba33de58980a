"""Working room of the compiled kernel, on the stack."""

from typing import Any

import numba.core.cgutils
import numba.np.arrayobj
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

__all__ = ["stack"]

cgutils: Any = numba.core.cgutils
arrays: Any = numba.np.arrayobj


def _stack(_context: Any, width: Any, rows: Any) -> Any:
    """An array of len(width)·rows float64 on the stack; both must be known at compile time.

    The compiler knows that nothing else points to it. Loops over sensors are too short to be worth
    a check at run time whether arrays overlap, so without that knowledge they would stay scalar
    (three times slower). Valid until the compiled function returns; contents undefined.
    """
    size = len(width) * rows.literal_value
    array = types.Array(types.float64, 1, "C")

    def codegen(context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        room = cgutils.alloca_once(builder, ir.ArrayType(ir.DoubleType(), size))
        room.align = 64
        made = arrays.make_array(array)(context, builder)
        word = context.get_constant(types.intp, 8)
        arrays.populate_array(
            made,
            data=builder.bitcast(room, ir.DoubleType().as_pointer()),
            shape=[context.get_constant(types.intp, size)],
            strides=[word],
            itemsize=word,
            meminfo=None,
        )
        return made._getvalue()

    return array(width, rows), codegen


stack: Any = intrinsic(prefer_literal=True)(_stack)
