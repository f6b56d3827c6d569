"""Quantisation.

OpenVINO has no operators on bytes; it recognises what stands for them: conversions around operators on f32. So that is
what is written. Sums are rounded to f32 and a product and its sum each, where the dialect rounds once: a value half-way
between two levels may fall on the other one.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from arhat.dialects.arhat import ActivationAttr, FakeQuantizeOp, shape_of, tensor_type
from arhat.dialects.arhat.base import Tensor, ints_of
from arhat.dialects.arhat.quantization import (
    BYTE,
    DequantizeOp,
    QuantizedAddOp,
    QuantizedConvolutionOp,
    QuantizeOp,
)
from arhat.exporters.openvino.families.elementwise import NUMPY, activate
from arhat.exporters.openvino.graph import LayerAttribute, Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


@exporter(FakeQuantizeOp)
def fake_quantize(node: Node, op: FakeQuantizeOp) -> Value:
    """FakeQuantize-1."""
    attributes = {**NUMPY, "levels": op.levels.value.data}
    return node.add("FakeQuantize", 1, node.values(op.operands), attributes)


def _floats(shape: Sequence[int]) -> Tensor:
    return tensor_type(f32, tuple(shape))


def _binary(node: Node, type: str, a: Value, b: Value, role: str) -> Value:
    shape = a.shape if len(a.shape) >= len(b.shape) else b.shape
    return node.add(type, 1, [a, b], NUMPY, _floats(shape), role=role)


def _along(node: Node, value: SSAValue, rank: int, role: str) -> Value:
    """One number, or one for each channel, as a tensor that broadcasts to one of `rank`."""
    return node.reshaped(value, (1, *shape_of(value), *[1] * (rank - 2)), role)


def _scaled(node: Node, x: Value, scale: Value, offset: Value, role: str) -> Value:
    product = _binary(node, "Multiply", x, scale, f"{role}_product")
    return _binary(node, "Add", product, offset, role)


def _to_floats(node: Node, x: Value, role: str) -> Value:
    return node.add("Convert", 1, [x], {"destination_type": "f32"}, _floats(x.shape), role=role)


def _to_bytes(node: Node, x: Value, multiplier: SSAValue, shift: SSAValue) -> Value:
    rank, type = len(x.shape), _floats(x.shape)
    factors = [
        _along(node, value, rank, role) for value, role in ((multiplier, "multiplier"), (shift, "shift"))
    ]
    scaled = _scaled(node, x, factors[0], factors[1], "levels")
    rounded = node.add("Round", 5, [scaled], {"mode": "half_to_even"}, type, role="rounded")
    clipped = node.add("Clamp", 1, [rounded], {"min": 0.0, "max": 255.0}, type, role="clipped")
    bytes = tensor_type(BYTE, x.shape)
    return node.add("Convert", 1, [clipped], {"destination_type": "u8"}, bytes, role="bytes")


def _finish(
    node: Node,
    x: Value,
    activation: ActivationAttr | None,
    slope: SSAValue | None,
    multiplier: SSAValue | None,
    shift: SSAValue | None,
) -> Value:
    value = activate(node, x, activation, slope)
    return value if multiplier is None or shift is None else _to_bytes(node, value, multiplier, shift)


@exporter(QuantizeOp)
def quantize(node: Node, op: QuantizeOp) -> Value:
    """Multiply, Add, Round, Clamp and Convert."""
    return _to_bytes(node, node.value(op.x), op.multiplier, op.shift)


@exporter(DequantizeOp)
def dequantize(node: Node, op: DequantizeOp) -> Value:
    """Convert, Multiply and Add."""
    x = _to_floats(node, node.value(op.x), "floats")
    rank = len(x.shape)
    return _scaled(
        node, x, _along(node, op.scale, rank, "scale"), _along(node, op.offset, rank, "offset"), "sum"
    )


@exporter(QuantizedConvolutionOp)
def quantized_convolution(node: Node, op: QuantizedConvolutionOp) -> Value:
    """Convolution of the differences from the zero point, which padding is; what that takes away is added to the bias.

    `sum(x * w)` is `sum((x - zero) * w) + zero * sum(w)`.
    """
    groups, zero = op.groups.value.data, float(op.padding.value.data)
    x = _to_floats(node, node.value(op.x), "floats")
    centred = _binary(node, "Subtract", x, node.number(zero, x.type, "zero"), "centred")
    shape = shape_of(op.filter)
    grouped = shape if groups == 1 else (groups, shape[0] // groups, *shape[1:])
    filter = _to_floats(node, node.reshaped(op.filter, grouped, "bytes"), "filter")
    attributes: dict[str, LayerAttribute] = {
        "strides": ints_of(op.strides),
        "dilations": ints_of(op.dilations),
        "pads_begin": ints_of(op.pads_begin),
        "pads_end": ints_of(op.pads_end),
        "auto_pad": "explicit",
    }
    type = "Convolution" if groups == 1 else "GroupConvolution"
    result = _floats(shape_of(op.result))
    value = node.add(type, 1, [centred, filter], attributes, result, role="convolution")
    if zero:
        axes = node.ints(list(range(len(grouped) - 3, len(grouped))), "axes")
        sums = node.add(
            "ReduceSum", 1, [filter, axes], {"keep_dims": False}, _floats(grouped[:-3]), role="sums"
        )
        sums = node.reshape(sums, (1, shape[0], 1, 1), "channel_sums")
        lost = _binary(node, "Multiply", sums, node.number(zero, x.type, "zero"), "lost")
        value = _binary(node, "Add", value, lost, "whole")
    scale, bias = _along(node, op.scale, 4, "scale"), _along(node, op.bias, 4, "bias")
    value = _scaled(node, value, scale, bias, "scaled")
    return _finish(node, value, op.activation, op.slope, op.multiplier, op.shift)


@exporter(QuantizedAddOp)
def quantized_add(node: Node, op: QuantizedAddOp) -> Value:
    """Both operands as floats, added."""
    terms: list[Value] = []
    for role, operand, scale, offset in (
        ("a", op.a, op.scale_a, op.offset_a),
        ("b", op.b, op.scale_b, op.offset_b),
    ):
        x = _to_floats(node, node.value(operand), f"{role}_floats")
        factor = node.number(scale.value.data, x.type, f"{role}_scale")
        shift = node.number(offset.value.data, x.type, f"{role}_offset")
        terms.append(_scaled(node, x, factor, shift, role))
    value = _binary(node, "Add", terms[0], terms[1], "sum")
    return _finish(node, value, op.activation, None, op.multiplier, op.shift)
