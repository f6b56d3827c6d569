"""C++ statements for the operations on bytes."""

from __future__ import annotations

from xdsl.ir import Operation, SSAValue

from arhat.dialects.arhat import ActivationAttr
from arhat.dialects.arhat.base import ints_of, shape_of
from arhat.dialects.arhat.quantization import BYTE
from arhat.dialects.cpu import MaxPoolOp
from arhat.dialects.cpu_int8 import DequantizeOp, Int8Op, QuantizedAddOp, QuantizedConvOp, QuantizeOp
from arhat.dialects.kernel import tensor_of
from arhat.emit.cpu.printers import Code, Printer, activation_arguments, halo_lines, join
from arhat.emit.cpu.values import Values, float_literal
from arhat.errors import UserError
from arhat.passes.pack_int8 import per_channel


def image(values: Values, value: SSAValue, name: str, *, const: bool) -> str:
    """The declaration of a view of an image of bytes or floats."""
    kind = "BytesImage" if tensor_of(value).element_type == BYTE else "Image"
    return f"const {'Const' if const else ''}{kind} {name}{values.image(value)};"


def _packed(op: Int8Op) -> None:
    if op.algorithm is None:
        raise UserError(f"{op.name} has no algorithm: run select-algorithms before emitting")


def _requantize(
    values: Values,
    op: Int8Op,
    scale: SSAValue | None,
    bias: SSAValue | None,
    activation: ActivationAttr | None,
    slope: SSAValue | None,
    multiplier: SSAValue | None,
    shift: SSAValue | None,
) -> str:
    vectors = join([values.optional(multiplier), values.optional(shift)])
    return (
        f"const Requantize e{{{values.optional(scale)}, {values.optional(bias)}, {activation_arguments(activation)}, "
        f"{values.optional(slope)}, {vectors}, {'true' if per_channel(op) else 'false'}}};"
    )


def _extents(value: SSAValue) -> str:
    n, c, height, width = shape_of(value)
    return f"{n}, {height}, {width}, {c}"


def _halo(values: Values, value: SSAValue) -> list[str]:
    return [line.replace(values.image(value), "y") for line in halo_lines(values, value)]


def _quantize(op: Operation, values: Values) -> Code:
    assert isinstance(op, QuantizeOp)
    _packed(op)
    lines = [
        image(values, op.input, "x", const=True),
        image(values, op.output, "y", const=False),
        _requantize(values, op, None, None, None, None, op.multiplier, op.shift),
        f"quantize_image(f.context, {_extents(op.output)}, x, y, e);",
    ]
    return Code(("arhat/cpu/int8_pointwise.hpp",), lines)


def _dequantize(op: Operation, values: Values) -> Code:
    assert isinstance(op, DequantizeOp)
    _packed(op)
    lines = [
        image(values, op.input, "x", const=True),
        image(values, op.output, "y", const=False),
        *_halo(values, op.output),
        _requantize(values, op, op.scale, op.offset, None, None, None, None),
        f"dequantize_image(f.context, {_extents(op.output)}, x, y, e);",
    ]
    return Code(("arhat/cpu/int8_pointwise.hpp", "arhat/cpu/reorder.hpp"), lines)


def _add(op: Operation, values: Values) -> Code:
    assert isinstance(op, QuantizedAddOp)
    _packed(op)
    numbers = [float_literal(v.value.data) for v in (op.scale_a, op.offset_a, op.scale_b, op.offset_b)]
    lines = [
        image(values, op.a, "a", const=True),
        image(values, op.b, "b", const=True),
        image(values, op.output, "y", const=False),
        *_halo(values, op.output),
        f"static constexpr BytesSum sum{{{join(numbers)}}};",
        _requantize(values, op, None, None, op.activation, None, op.multiplier, op.shift),
        f"add_int8(f.context, {_extents(op.output)}, a, b, sum, y, e);",
    ]
    return Code(("arhat/cpu/int8_pointwise.hpp", "arhat/cpu/reorder.hpp"), lines)


def _conv(op: Operation, values: Values) -> Code:
    assert isinstance(op, QuantizedConvOp)
    _packed(op)
    n, ic, ih, iw = shape_of(op.input)
    _, oc, oh, ow = shape_of(op.output)
    top, left, _, _ = ints_of(op.pads)
    windows = [*ints_of(op.kernel), *ints_of(op.strides), *ints_of(op.dilations)]
    depthwise = op.algorithm is not None and op.algorithm.data == "int8_depthwise"
    lines = [
        "// images, input h w c, output h w c, kernel, strides, dilations, padding at top and left",
        f"static constexpr ConvShape shape{{{join([n, ih, iw, ic, oh, ow, oc, *windows, top, left])}}};",
        image(values, op.input, "x", const=True),
        image(values, op.output, "y", const=False),
        *_halo(values, op.output),
        _requantize(values, op, op.scale, op.bias, op.activation, op.slope, op.multiplier, op.shift),
        f"{'depthwise' if depthwise else 'conv'}_int8(f.context, shape, x, {op.padding.value.data}, "
        f"{values.pointer(op.filter)}, y, e);",
    ]
    header = "int8_depthwise" if depthwise else "int8_conv"
    return Code((f"arhat/cpu/{header}.hpp", "arhat/cpu/reorder.hpp"), lines)


def max_pool_bytes(op: MaxPoolOp, values: Values, shape: str) -> Code:
    """`cpu.max_pool` of bytes; `shape` declares its `PoolShape`."""
    lines = [
        shape,
        image(values, op.input, "x", const=True),
        image(values, op.output, "y", const=False),
        "max_pool_bytes(f.context, shape, x, y);",
    ]
    return Code(("arhat/cpu/int8_pointwise.hpp",), lines)


INT8_PRINTERS: dict[str, Printer] = {
    QuantizeOp.name: _quantize,
    DequantizeOp.name: _dequantize,
    QuantizedConvOp.name: _conv,
    QuantizedAddOp.name: _add,
}
