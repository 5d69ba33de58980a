"""Eight sensors at a time: vectors of eight numbers for compiled code.

    x + y, x * 2.0, x <= y          lane by lane; a comparison makes a mask; masks know & | ~
    select(mask, x, y)              x where the mask is set, else y; no branch
    bits_of(mask), mask_of(bits)    a mask as a whole number, sensor 0 in the lowest bit, and back
    wide(x), narrow(x), fill(n)     f32 to f64, f64 to f32, one whole number in all lanes
    root(x), total(x)               square roots; the sum of the lanes, in halves

The compiler makes vector code out of a loop only when it can show that arrays do not overlap, and
trip counts as small as the number of sensors are not worth a check to it. Here nothing is left to
show. On a processor with shorter vectors the compiler splits the eight. There is no fused or
reordered arithmetic: each lane is what the same scalar lines would give.
"""

import operator
from typing import Any

import numba.core.cgutils
import numba.core.typing.templates
import numba.extending
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic, models, register_model

__all__ = [
    "F32",
    "F64",
    "I64",
    "LANES",
    "MASK",
    "Vector",
    "bits_of",
    "fill",
    "mask_of",
    "narrow",
    "root",
    "select",
    "total",
    "wide",
]

LANES = 8

emitted: Any = intrinsic
cgutils: Any = numba.core.cgutils
Type: Any = types.Type
templates: Any = numba.core.typing.templates
lower_builtin: Any = numba.extending.lower_builtin
I32 = ir.IntType(32)


class Vector(Type):  # type: ignore[misc]
    """Eight f64, f32, i64, or truth values (i1)."""

    def __init__(self, word: ir.Type) -> None:
        self.word = word
        self.llvm = ir.VectorType(word, LANES)
        self.code = f"v{LANES}{word.intrinsic_name}"
        super().__init__(name=f"vector of {LANES} {word}")


@register_model(Vector)
class VectorModel(models.PrimitiveModel):  # type: ignore[misc]
    """A vector is one value to the compiler."""

    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, kind.llvm)  # type: ignore[no-untyped-call]


F64, F32 = Vector(ir.DoubleType()), Vector(ir.FloatType())
I64, MASK = Vector(ir.IntType(64)), Vector(ir.IntType(1))


def _spread(builder: Any, value: Any, kind: Vector) -> Any:
    """A number in all lanes; a vector as it is."""
    if isinstance(value.type, ir.VectorType):
        return value
    one = builder.insert_element(ir.Constant(kind.llvm, ir.Undefined), value, I32(0))
    order = ir.Constant(ir.VectorType(I32, LANES), [0] * LANES)
    return builder.shuffle_vector(one, ir.Constant(kind.llvm, ir.Undefined), order)


def _define(function: Any, made: Vector | None, emit: Any, takes: tuple[Vector, ...]) -> None:
    """Teach the compiler an operator between two vectors, or a vector and a number."""

    class Lanewise(templates.AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: Any, kws: Any) -> Any:
            given = [a for a in args if isinstance(a, Vector)]
            fit = all(a in takes or a == types.float64 for a in args)
            if kws or not given or not fit or len(set(given)) > 1:
                return None
            return templates.signature(made or given[0], *args)

    templates.infer_global(function)(Lanewise)

    def lower(_context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = next(a for a in sig.args if isinstance(a, Vector))
        return emit(builder, *[_spread(builder, a, kind) for a in args])

    for pair in ((Vector, Vector), (Vector, types.Float), (types.Float, Vector)):
        lower_builtin(function, *pair)(lower)


def _comparison(sign: str) -> Any:
    return lambda builder, x, y: builder.fcmp_ordered(sign, x, y)


_define(operator.add, None, lambda b, x, y: b.fadd(x, y), (F64,))
_define(operator.sub, None, lambda b, x, y: b.fsub(x, y), (F64,))
_define(operator.mul, None, lambda b, x, y: b.fmul(x, y), (F64, F32))
_define(operator.truediv, None, lambda b, x, y: b.fdiv(x, y), (F64,))
_define(operator.and_, None, lambda b, x, y: b.and_(x, y), (MASK,))
_define(operator.or_, None, lambda b, x, y: b.or_(x, y), (MASK,))
for function, sign in (
    (operator.lt, "<"),
    (operator.le, "<="),
    (operator.gt, ">"),
    (operator.ge, ">="),
):
    _define(function, MASK, _comparison(sign), (F64,))
_define(operator.eq, MASK, _comparison("=="), (F64,))


@emitted
def select(_context: Any, mask: Any, x: Any, y: Any) -> Any:
    """x where the mask is set, else y; either may be a number."""
    kind = x if isinstance(x, Vector) else y

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.select(args[0], *[_spread(builder, a, kind) for a in args[1:]])

    return kind(mask, x, y), codegen


@emitted
def bits_of(_context: Any, mask: Any) -> Any:
    """A mask as a whole number."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.zext(builder.bitcast(args[0], ir.IntType(LANES)), ir.IntType(64))

    return types.int64(mask), codegen


@emitted
def mask_of(_context: Any, bits: Any) -> Any:
    """The lowest eight bits of a whole number as a mask."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.bitcast(builder.trunc(args[0], ir.IntType(LANES)), MASK.llvm)

    return MASK(bits), codegen


@emitted
def fill(_context: Any, number: Any) -> Any:
    """A whole number in all lanes."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return _spread(builder, args[0], I64)

    return I64(number), codegen


@emitted
def floats(_context: Any, x: Any) -> Any:
    """Whole numbers to f64."""
    return F64(x), lambda _c, builder, _s, args: builder.sitofp(args[0], F64.llvm)


@emitted
def wide(_context: Any, x: Any) -> Any:
    """f32 to f64."""
    return F64(x), lambda _c, builder, _s, args: builder.fpext(args[0], F64.llvm)


@emitted
def narrow(_context: Any, x: Any) -> Any:
    """f64 to the nearest f32."""
    return F32(x), lambda _c, builder, _s, args: builder.fptrunc(args[0], F32.llvm)


@emitted
def root(_context: Any, x: Any) -> Any:
    """Square roots, correctly rounded."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        form = ir.FunctionType(x.llvm, [x.llvm])
        call = cgutils.get_or_insert_function(builder.module, form, f"llvm.sqrt.{x.code}")
        return builder.call(call, args)

    return x(x), codegen


@emitted
def total(_context: Any, x: Any) -> Any:
    """Sum of the lanes: the two halves, their halves, the last two, the same in every build."""

    def codegen(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        values = args[0]
        half = LANES // 2
        while half:
            places = ir.VectorType(I32, half)
            low = ir.Constant(places, list(range(half)))
            high = ir.Constant(places, list(range(half, 2 * half)))
            values = builder.fadd(
                builder.shuffle_vector(values, values, low),
                builder.shuffle_vector(values, values, high),
            )
            half //= 2
        return builder.extract_element(values, I32(0))

    return types.float64(x), codegen
