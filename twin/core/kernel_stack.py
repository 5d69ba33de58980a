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
DOUBLE = (types.float64, ir.DoubleType())


def _stack(_context: Any, width: Any, rows: Any, bits: Any) -> Any:
    """An array of len(width)·rows floats of 32 or 64 bits on the stack; all known at compile time.

    The compiler knows that nothing else points to it. Loops over sensors are too short to be worth
    a check at run time whether arrays overlap, so without that knowledge they would stay scalar
    (three times slower). Valid until the compiled function returns; contents undefined.
    """
    size = len(width) * rows.literal_value
    kind, word = (types.float32, ir.FloatType()) if bits.literal_value == 32 else DOUBLE
    array = types.Array(kind, 1, "C")

    def codegen(context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        room = cgutils.alloca_once(builder, ir.ArrayType(word, size))
        room.align = 64
        made = arrays.make_array(array)(context, builder)
        step = context.get_constant(types.intp, bits.literal_value // 8)
        arrays.populate_array(
            made,
            data=builder.bitcast(room, word.as_pointer()),
            shape=[context.get_constant(types.intp, size)],
            strides=[step],
            itemsize=step,
            meminfo=None,
        )
        return made._getvalue()

    return array(width, rows, bits), codegen


stack: Any = intrinsic(prefer_literal=True)(_stack)
