"""The operations on bytes of the `cpu` dialect for xDSL's interpreter, in terms of the `arhat` meanings."""

from __future__ import annotations

from typing import Any, cast

from xdsl.interpreter import Interpreter, InterpreterFunctions, PythonValues, impl, register_impls

from arhat.dialects.arhat.base import ints_of, shape_of
from arhat.dialects.cpu_int8 import DequantizeOp, Int8Op, QuantizedAddOp, QuantizedConvOp, QuantizeOp
from arhat.emit.cpu import packing_int8 as packing
from arhat.interpreters.meanings import quantization
from arhat.weights import Array


def _given(op: Int8Op, args: tuple[Any, ...]) -> dict[str, Array | None]:
    """Arguments by name, those of the channels without the padding of their panels; None for an absent one."""
    channels = shape_of(op.output)[1]
    rest = list(args)
    given: dict[str, Array | None] = {}
    for (name, _), group in zip(op.get_irdl_definition().operands, op.operand_groups(), strict=True):
        value = cast(Array, rest.pop(0)) if group else None
        given[name] = (
            value[:channels] if value is not None and value.ndim == 1 and value.size > channels else value
        )
    return given


@register_impls
class CpuInt8Functions(InterpreterFunctions):
    """Meanings of the operations on bytes."""

    @impl(QuantizeOp)
    def quantize(self, interpreter: Interpreter, op: QuantizeOp, args: tuple[Any, ...]) -> PythonValues:
        """As `arhat.quantize`."""
        x, multiplier, shift = _given(op, args).values()
        return (quantization.quantize(cast(Array, x), cast(Array, multiplier), cast(Array, shift)),)

    @impl(DequantizeOp)
    def dequantize(self, interpreter: Interpreter, op: DequantizeOp, args: tuple[Any, ...]) -> PythonValues:
        """As `arhat.dequantize`."""
        x, scale, offset = _given(op, args).values()
        return (quantization.dequantize(cast(Array, x), cast(Array, scale), cast(Array, offset)),)

    @impl(QuantizedConvOp)
    def conv(self, interpreter: Interpreter, op: QuantizedConvOp, args: tuple[Any, ...]) -> PythonValues:
        """As `arhat.quantized_convolution`."""
        x, filter, scale, bias, slope, multiplier, shift = _given(op, args).values()
        assert x is not None and filter is not None and scale is not None and bias is not None
        channels, pads = shape_of(op.output)[1], ints_of(op.pads)
        if op.algorithm is not None:
            depthwise = op.algorithm.data == "int8_depthwise"
            filter = (
                packing.unpack_depthwise(filter, channels)
                if depthwise
                else packing.unpack_filter(filter, channels, x.shape[1])
            )
        y = quantization.quantized_convolution(
            x,
            filter,
            scale,
            bias,
            slope,
            multiplier,
            shift,
            strides=ints_of(op.strides),
            pads_begin=pads[:2],
            pads_end=pads[2:],
            dilations=ints_of(op.dilations),
            groups=op.groups.value.data,
            padding=op.padding.value.data,
            activation=op.activation,
        )
        return (y,)

    @impl(QuantizedAddOp)
    def add(self, interpreter: Interpreter, op: QuantizedAddOp, args: tuple[Any, ...]) -> PythonValues:
        """As `arhat.quantized_add`."""
        a, b, multiplier, shift = _given(op, args).values()
        y = quantization.quantized_add(
            cast(Array, a),
            cast(Array, b),
            multiplier,
            shift,
            scale_a=op.scale_a.value.data,
            offset_a=op.offset_a.value.data,
            scale_b=op.scale_b.value.data,
            offset_b=op.offset_b.value.data,
            activation=op.activation,
        )
        return (y,)
