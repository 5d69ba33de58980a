"""Memory of the compiled kernel: room on the stack, rows as words, eight words at a time.

    stack(width, rows, 64)          len(width)·rows words on the stack
    words_of(array, np.float32)     the same rows as words of another kind
    x = load(array, at)             eight words from a flat or a (row, word) index on
    store(array, at, x)             and back; `load_where`, `store_where` touch masked lanes only
    put(array, at, number)          one word

No index is checked, and a negative one does not count from the end.
"""

from typing import Any

import numba.core.cgutils
import numba.np.arrayobj
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic

from twin.core.kernel_vector import F32, F64, I64, LANES, MASK, Vector

__all__ = ["fetch", "load", "load_where", "put", "stack", "store", "store_where", "words_of"]

emitted: Any = intrinsic
cgutils: Any = numba.core.cgutils
arrays: Any = numba.np.arrayobj
I32 = ir.IntType(32)
DOUBLE = (types.float64, ir.DoubleType())


def _stack(_context: Any, width: Any, rows: Any, bits: Any) -> Any:
    """An array of len(width)·rows floats of 32 or 64 bits on the stack; all known at compile time.

    The compiler knows that nothing else points to it. Loops over sensors are too short to be worth
    a check at run time whether arrays overlap, so without that knowledge they would stay scalar
    (three times slower). Valid until the compiled function returns; contents undefined.
    """
    size = len(width) * rows.literal_value
    kind, word = (types.int64, ir.IntType(64)) if bits.literal_value == 0 else DOUBLE
    array = types.Array(kind, 1, "C")

    def codegen(context: Any, builder: Any, _signature: Any, _args: Any) -> Any:
        room = cgutils.alloca_once(builder, ir.ArrayType(word, size))
        room.align = 64
        made = arrays.make_array(array)(context, builder)
        step = context.get_constant(types.intp, 8)
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


@emitted
def words_of(_context: Any, array: Any, word: Any) -> Any:
    """The same memory (N, words) as words of another kind, without counting a reference.

    Made of one array, so that the compiler works out a row's address once for all kinds.
    """
    kind = types.Array(word.dtype, 2, "C", readonly=not array.mutable)

    def codegen(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        whole = arrays.make_array(array)(context, builder, args[0])
        made = arrays.make_array(kind)(context, builder)
        size = context.get_constant(types.intp, word.dtype.bitwidth // 8)
        stride = cgutils.unpack_tuple(builder, whole.strides)[0]
        arrays.populate_array(
            made,
            data=builder.bitcast(whole.data, made.data.type),
            shape=[cgutils.unpack_tuple(builder, whole.shape)[0], builder.sdiv(stride, size)],
            strides=[stride, size],
            itemsize=size,
            meminfo=None,
        )
        return made._getvalue()

    return kind(array, word), codegen


def _address(context: Any, builder: Any, array: Any, value: Any, index: Any, at: Any) -> Any:
    """Address of an array's word; index flat, or (row, word) of an array of two dimensions."""
    made = arrays.make_array(array)(context, builder, value)
    flat = not isinstance(index, types.BaseTuple)
    parts = [at] if flat else cgutils.unpack_tuple(builder, at)
    strides = cgutils.unpack_tuple(builder, made.strides)
    steps = [ir.IntType(64)(array.dtype.bitwidth // 8)]
    steps = steps if flat else [strides[0], *steps]
    offset = ir.IntType(64)(0)
    for part, step in zip(parts, steps, strict=True):
        offset = builder.add(offset, builder.mul(part, step))
    return cgutils.pointer_add(builder, made.data, offset)


def _held(array: Any) -> Vector:
    """What eight words of an array make."""
    return {types.float64: F64, types.float32: F32, types.int64: I64}[array.dtype]


@emitted
def load(_context: Any, array: Any, index: Any) -> Any:
    """Eight words from `index` on."""
    kind = _held(array)

    def codegen(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        at = _address(context, builder, array, args[0], index, args[1])
        at = builder.bitcast(at, kind.llvm.as_pointer())
        return builder.load(at, align=array.dtype.bitwidth // 8)

    return kind(array, index), codegen


@emitted
def store(_context: Any, array: Any, index: Any, x: Any) -> Any:
    """Eight words to `index` and on."""

    def codegen(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        at = _address(context, builder, array, args[0], index, args[1])
        at = builder.bitcast(at, x.llvm.as_pointer())
        builder.store(args[2], at, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(array, index, x), codegen


@emitted
def fetch(_context: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line at `index`, without waiting for it; any address will do."""

    def codegen(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        at = _address(context, builder, array, args[0], index, args[1])
        at = builder.bitcast(at, ir.IntType(8).as_pointer())
        form = ir.FunctionType(ir.VoidType(), [at.type, I32, I32, I32])
        call = cgutils.get_or_insert_function(builder.module, form, "llvm.prefetch.p0")
        builder.call(call, [at, I32(0), I32(3), I32(1)])
        return context.get_dummy_value()

    return types.none(array, index), codegen


@emitted
def put(_context: Any, array: Any, index: Any, number: Any) -> Any:
    """One word at `index`; negative indices do not count from the end, which costs time."""

    def codegen(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        at = _address(context, builder, array, args[0], index, args[1])
        word = context.cast(builder, args[2], number, array.dtype)
        at = builder.bitcast(at, word.type.as_pointer())
        builder.store(word, at, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(array, index, number), codegen


@emitted
def load_where(_context: Any, array: Any, index: Any, mask: Any) -> Any:
    """Eight words from `index` on; NaN, and memory untouched, where the mask is not set."""
    kind = _held(array)

    def codegen(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        at = _address(context, builder, array, args[0], index, args[1])
        at = builder.bitcast(at, kind.llvm.as_pointer())
        form = ir.FunctionType(kind.llvm, [at.type, I32, MASK.llvm, kind.llvm])
        call = cgutils.get_or_insert_function(
            builder.module, form, f"llvm.masked.load.{kind.code}.p0"
        )
        nan = ir.Constant(kind.llvm, [float("nan")] * LANES)
        return builder.call(call, [at, I32(array.dtype.bitwidth // 8), args[2], nan])

    return kind(array, index, mask), codegen


@emitted
def store_where(_context: Any, array: Any, index: Any, x: Any, mask: Any) -> Any:
    """Eight words to `index` and on where the mask is set."""

    def codegen(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        at = _address(context, builder, array, args[0], index, args[1])
        at = builder.bitcast(at, x.llvm.as_pointer())
        form = ir.FunctionType(ir.VoidType(), [x.llvm, at.type, I32, MASK.llvm])
        call = cgutils.get_or_insert_function(
            builder.module, form, f"llvm.masked.store.{x.code}.p0"
        )
        builder.call(call, [args[2], at, I32(array.dtype.bitwidth // 8), args[3]])
        return context.get_dummy_value()

    return types.none(array, index, x, mask), codegen
