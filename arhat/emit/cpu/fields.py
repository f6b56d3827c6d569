"""What printers read off an op, as C++ text or as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from xdsl.dialects.builtin import BoolAttr, FloatAttr, IntegerAttr, StringAttr
from xdsl.ir import Operation, SSAValue

from arhat.dialects.arhat.base import Floats, Ints, floats_of, ints_of
from arhat.dialects.kernel import memory, tensor_of
from arhat.dialects.kernel.memory import layout_of
from arhat.emit.cpu.printers import join
from arhat.emit.cpu.values import float_literal

GROUP_NOTE = "// kept axes: count, extents, strides of source and result; reduced axes: the same"

NHWC_ORDER = (0, 2, 3, 1)


def memory_order(value: SSAValue) -> tuple[int, ...]:
    """Logical axes from the outermost to the innermost in memory."""
    type_ = tensor_of(value)
    return NHWC_ORDER if layout_of(type_) is not None else tuple(range(len(type_.get_shape())))


def braces(values: Sequence[object]) -> str:
    """A brace-enclosed list."""
    return f"{{{join(values)}}}"


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """The logical shape of a value."""
    return tensor_of(value).get_shape()


def strides_of(value: SSAValue) -> tuple[int, ...]:
    """Distances in elements along the logical axes."""
    return memory.strides_of(tensor_of(value))


def integer_of(op: Operation, name: str) -> int:
    """An integer property."""
    return cast(IntegerAttr, op.properties[name]).value.data


def flag_of(op: Operation, name: str) -> str:
    """A boolean property as C++."""
    return "true" if cast(BoolAttr, op.properties[name]).value.data else "false"


def number_of(op: Operation, name: str) -> str:
    """A float property as C++."""
    return float_literal(cast(FloatAttr, op.properties[name]).value.data)


def word_of(op: Operation, name: str) -> str:
    """A string property."""
    return cast(StringAttr, op.properties[name]).data


def integers_of(op: Operation, name: str) -> tuple[int, ...]:
    """A property of integers."""
    return ints_of(cast(Ints, op.properties[name]))


def numbers_of(op: Operation, name: str) -> tuple[float, ...]:
    """A property of floats."""
    return floats_of(cast(Floats, op.properties[name]))


def ordered(order: Sequence[int], values: Sequence[int]) -> str:
    """`values` in the given order of axes, in braces; one 1 where there is no axis."""
    return braces([values[axis] for axis in order] or [1])


def plus(pointer: str, elements: int) -> str:
    """A pointer some elements further."""
    return f"{pointer} + {elements}" if elements > 0 else f"{pointer} - {-elements}" if elements else pointer


def groups(x: SSAValue, result: SSAValue, axes: Sequence[int], out: Sequence[int | None]) -> str:
    """Fields of `GroupParams`: kept axes in the order of memory, then the reduced ones.

    `out` is the result's stride along each axis of the operand; None where a reduction has none.
    """
    order = memory_order(x)
    kept = [axis for axis in order if axis not in axes]
    reduced = [axis for axis in order if axis in axes]
    shape, strides = shape_of(x), strides_of(x)
    out_strides = [0 if stride is None else stride for stride in out]
    fields = [
        len(kept),
        ordered(kept, shape),
        ordered(kept, strides),
        ordered(kept, out_strides),
        len(reduced),
        ordered(reduced, shape),
        ordered(reduced, strides),
        ordered(reduced, out_strides),
    ]
    return f"static constexpr GroupParams groups{braces(fields)};"
