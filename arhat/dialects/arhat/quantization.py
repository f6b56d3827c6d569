"""Quantisation: values that lie on the grid of a few integers, and operations on these integers.

A quantised tensor has elements `ui8`: the byte `q` stands for `scale * q + offset`. Scale and offset are not part of
its type; every operation that reads it knows them. The byte that stands for zero is its zero point, `-offset / scale`.
"""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import Float32Type, IntegerType, Signedness, TensorType, f32
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
)
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.attributes import ActivationAttr
from arhat.dialects.arhat.base import (
    FLOAT,
    INT,
    INTS,
    ArhatOp,
    Tensor,
    broadcast,
    check_at_least,
    check_length,
    element_of,
    ints_of,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
)
from arhat.dialects.arhat.nn import check_activation, window_sizes

BYTE = IntegerType(8, Signedness.UNSIGNED)
"""The element type of quantised activations."""


@irdl_op_definition
class FakeQuantizeOp(ArhatOp):
    """Rounds to one of `levels` values, evenly spaced between `output_low` and `output_high`.

    An element up to the lower of `input_low` and `input_high` gives `output_low`, one above the higher of them
    `output_high`; between them it is
    `round((x - input_low) / (input_high - input_low) * (levels - 1)) / (levels - 1) * (output_high - output_low) +
    output_low`, with halves rounded to even. All operands have one float type and broadcast by NumPy's rule; the
    result has the shape that they broadcast to. Source: FakeQuantize-1.

    ```
    %y = arhat.fake_quantize(%x, %il, %ih, %ol, %oh) {levels = 256}
         : (tensor<1x8x4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8x4x4xf32>
    ```
    """

    name = "arhat.fake_quantize"

    x = operand_def(TensorType)
    input_low = operand_def(TensorType)
    input_high = operand_def(TensorType)
    output_low = operand_def(TensorType)
    output_high = operand_def(TensorType)
    levels = prop_def(INT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The shape that the operands broadcast to."""
        require_float(self.x, "the input")
        element = require_same_element(self.operands)
        levels = self.levels.value.data
        require(2 <= levels <= 1 << 24, f"'levels' must be from 2 to {1 << 24}, got {levels}")
        shape = shape_of(self.x)
        for operand in self.operands[1:]:
            shape = broadcast(shape, shape_of(operand))
        return [tensor_type(element, shape)]


def _require_bytes(value: SSAValue, what: str) -> tuple[int, ...]:
    require(element_of(value) == BYTE, f"{what} must have element type ui8, got {element_of(value)}")
    return shape_of(value)


def _check_channel_values(values: Sequence[tuple[str, SSAValue | None]], channels: int) -> None:
    """Each must be one f32, or one for each channel."""
    for name, value in values:
        if value is not None and (
            not isinstance(element_of(value), Float32Type) or shape_of(value) not in ((1,), (channels,))
        ):
            raise VerifyException(f"'{name}' must be f32 of shape [1] or [{channels}], got {value.type}")


def _channels(shape: tuple[int, ...]) -> int:
    require(len(shape) >= 2, f"a quantised tensor must have rank 2 or more, got {len(shape)}")
    return shape[1]


def _result_element(multiplier: SSAValue | None, shift: SSAValue | None) -> Attribute:
    require((multiplier is None) == (shift is None), "'multiplier' and 'shift' go together")
    return f32 if multiplier is None else BYTE


@irdl_op_definition
class QuantizeOp(ArhatOp):
    """`clamp(round(x * multiplier + shift), 0, 255)` as bytes; the product and its sum are rounded once.

    Halves round to even. `multiplier` is the reciprocal of the scale, `shift` the zero point: one for all, or one for
    each channel (axis 1). Source: the first half of FakeQuantize-1 with 256 levels.

    ```
    %q = arhat.quantize(%x, %m, %s) : (tensor<1x8x4x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x8x4x4xui8>
    ```
    """

    name = "arhat.quantize"

    x = operand_def(TensorType)
    multiplier = operand_def(TensorType)
    shift = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's shape, in bytes."""
        shape = shape_of(self.x)
        require(
            isinstance(element_of(self.x), Float32Type), f"the input must be f32, got {element_of(self.x)}"
        )
        _check_channel_values([("multiplier", self.multiplier), ("shift", self.shift)], _channels(shape))
        return [tensor_type(BYTE, shape)]


@irdl_op_definition
class DequantizeOp(ArhatOp):
    """`q * scale + offset`, rounded once: what the bytes stand for.

    One scale and offset for all, or one for each channel (axis 1). Source: the second half of FakeQuantize-1.

    ```
    %y = arhat.dequantize(%q, %s, %o) : (tensor<1x8x4x4xui8>, tensor<8xf32>, tensor<8xf32>) -> tensor<1x8x4x4xf32>
    ```
    """

    name = "arhat.dequantize"

    x = operand_def(TensorType)
    scale = operand_def(TensorType)
    offset = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's shape, in f32."""
        shape = _require_bytes(self.x, "the input")
        _check_channel_values([("scale", self.scale), ("offset", self.offset)], _channels(shape))
        return [tensor_type(f32, shape)]


@irdl_op_definition
class QuantizedConvolutionOp(ArhatOp):
    """Convolution of bytes with an int8 filter: `activation(sum * scale + bias)`, quantised again or not.

    The sum is an exact integer. Padding reads the byte `padding`, the zero point of `x`. `scale` and `bias` are f32,
    one for each output channel; they account for the scales and the offsets of input and filter. With `multiplier` and
    `shift` (as in `arhat.quantize`) the result is bytes, without them f32. `groups` is 1, or the number of input and
    output channels (depthwise). Source: Convolution-1 and GroupConvolution-1 between FakeQuantize-1.

    ```
    %y = arhat.quantized_convolution(%x, %w, %scale, %bias, multiplier = %m, shift = %s) {strides = [1, 1],
           pads_begin = [1, 1], pads_end = [1, 1], dilations = [1, 1], groups = 1, padding = 128,
           activation = #arhat.activation<relu>}
         : (tensor<1x8x4x4xui8>, tensor<16x8x3x3xi8>, tensor<16xf32>, tensor<16xf32>, tensor<1xf32>, tensor<1xf32>)
           -> tensor<1x16x4x4xui8>
    ```
    """

    name = "arhat.quantized_convolution"

    x = operand_def(TensorType)
    filter = operand_def(TensorType)
    scale = operand_def(TensorType)
    bias = operand_def(TensorType)
    slope = opt_operand_def(TensorType)
    multiplier = opt_operand_def(TensorType)
    shift = opt_operand_def(TensorType)
    strides = prop_def(INTS)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    dilations = prop_def(INTS)
    groups = prop_def(INT)
    padding = prop_def(INT)
    activation = opt_prop_def(ActivationAttr)
    result = result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def infer(self) -> list[Tensor]:
        """[N, O, height, width]."""
        x, filter = _require_bytes(self.x, "the input"), shape_of(self.filter)
        require(
            element_of(self.filter) == IntegerType(8), f"the filter must be i8, got {element_of(self.filter)}"
        )
        require(len(x) == 4 and len(filter) == 4, "input and filter must have rank 4")
        strides, dilations = ints_of(self.strides), ints_of(self.dilations)
        begin, end = ints_of(self.pads_begin), ints_of(self.pads_end)
        for name, values, least in (
            ("strides", strides, 1),
            ("dilations", dilations, 1),
            ("pads_begin", begin, 0),
            ("pads_end", end, 0),
        ):
            check_length(name, values, 2)
            check_at_least(name, values, least)
        groups, padding = self.groups.value.data, self.padding.value.data
        require(groups in (1, x[1]), f"'groups' must be 1 or {x[1]}, got {groups}")
        require(
            groups == 1 or filter[0] == groups, f"a depthwise filter for {groups} channels has {filter[0]}"
        )
        require(
            filter[1] * groups == x[1],
            f"the input has {x[1]} channels, the filter takes {filter[1] * groups}",
        )
        require(0 <= padding <= 255, f"'padding' must be a byte, got {padding}")
        require(min(filter[2:]) >= 1, "the filter must not be empty")
        channels = filter[0]
        for name, value in (("scale", self.scale), ("bias", self.bias)):
            require(
                shape_of(value) == (channels,) and isinstance(element_of(value), Float32Type),
                f"'{name}' must be f32 of shape [{channels}], got {value.type}",
            )
        check_activation(self.activation, self.slope, channels)
        _check_channel_values([("multiplier", self.multiplier), ("shift", self.shift)], channels)
        sizes = window_sizes(x[2:], filter[2:], strides, dilations, begin, end)
        element = _result_element(self.multiplier, self.shift)
        return [tensor_type(element, (x[0], channels, *sizes))]


@irdl_op_definition
class QuantizedAddOp(ArhatOp):
    """`activation((a * scale_a + offset_a) + (b * scale_b + offset_b))` of bytes, quantised again or not.

    Each product is rounded together with its sum. With `multiplier` and `shift` (as in `arhat.quantize`) the result is
    bytes, without them f32. Source: Add-1 between FakeQuantize-1.

    ```
    %y = arhat.quantized_add(%a, %b) {scale_a = 0.5, offset_a = 0.0, scale_b = 0.25, offset_b = -32.0}
         : (tensor<1x8x4x4xui8>, tensor<1x8x4x4xui8>) -> tensor<1x8x4x4xf32>
    ```
    """

    name = "arhat.quantized_add"

    a = operand_def(TensorType)
    b = operand_def(TensorType)
    multiplier = opt_operand_def(TensorType)
    shift = opt_operand_def(TensorType)
    scale_a = prop_def(FLOAT)
    offset_a = prop_def(FLOAT)
    scale_b = prop_def(FLOAT)
    offset_b = prop_def(FLOAT)
    activation = opt_prop_def(ActivationAttr)
    result = result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def infer(self) -> list[Tensor]:
        """The shape of both operands."""
        a, b = _require_bytes(self.a, "the first operand"), _require_bytes(self.b, "the second operand")
        require(a == b, f"the operands must have one shape, got {list(a)} and {list(b)}")
        _check_channel_values([("multiplier", self.multiplier), ("shift", self.shift)], _channels(a))
        check_activation(self.activation, None, a[1])
        return [tensor_type(_result_element(self.multiplier, self.shift), a)]
