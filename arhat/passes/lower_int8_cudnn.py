"""Part of convert-arhat-to-cudnn: quantised tensors and the operations on them.

cuDNN's int8 convolutions take signed bytes on both sides. A quantised tensor, whose bytes `q` are unsigned, is kept as
`q - 128` on this target: `shift_bytes` gives these values the element type i8, the lowerings give them those numbers.
Maximum and concatenation do not notice.

A convolution sums `(q - 128) * w`; what is missing, 128 times the sum of the filter, becomes part of its bias. That
holds where the padding is summed as well, so it is put around the image first, unless the byte of zero is 128 anyway.
Its epilogue multiplies, adds and rounds as nodes do, each result to f32, where the arhat level rounds each product
together with its sum: a number that lies half-way between two levels, but for less than that, may get the other one.
All else is computed exactly as the arhat level says it, in kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np
from xdsl.dialects import math
from xdsl.dialects.arith import AddfOp, MinimumfOp, SubfOp
from xdsl.dialects.builtin import (
    DenseIntOrFPElementsAttr,
    FloatAttr,
    ModuleOp,
    NoneAttr,
    StringAttr,
    TensorType,
    f32,
    f64,
    i8,
    i32,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.rewriter import Rewriter

from arhat.dialects import arhat, cudnn, kernel
from arhat.dialects.arhat.attributes import ActivationAttr
from arhat.dialects.arhat.base import ints, ints_of, type_of
from arhat.dialects.arhat.quantization import BYTE
from arhat.dialects.kernel import ElementwiseOp, YieldOp, scalar_type, shape_of, tensor_of
from arhat.errors import UserError, UserErrors, quote
from arhat.layers import layers_of
from arhat.passes.fold_constants import Folder
from arhat.passes.form_elementwise import Body, Scalar, apply_rule
from arhat.passes.lower_calls_cudnn import CALL_LOWERINGS
from arhat.passes.lower_kernels import Lowered, Lowering
from arhat.passes.lower_nodes_cudnn import Nodes
from arhat.passes.rewriting import defining_constant
from arhat.passes.support import Unsupported, entry_point
from arhat.weights import Array, constant_value, dense, is_small, module_of

MIDDLE = 128
"""What is taken off a byte to make it signed."""

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "leaky_relu": ("alpha",),
    "clamp": ("min", "max"),
    "elu": ("alpha",),
    "swish": ("beta",),
}
"""Names of the parameters of activations that have any."""

QUANTISED = (arhat.QuantizeOp, arhat.DequantizeOp, arhat.QuantizedConvolutionOp, arhat.QuantizedAddOp)
MOVES = (arhat.MaxPoolOp, arhat.ConcatOp)


# ------------------------------------------------------------------------------------------------- element types


def shift_bytes(module: ModuleOp) -> None:
    """Gives the quantised values of the entry point the element type i8 in place of ui8.

    What `arhat.quantize` and the quantised convolutions and additions make is quantised, and what `max_pool` and
    `concat` make of nothing else.

    Raises:
        UserErrors: other operations use such values; each error names one with its layer.
    """
    shifted: set[SSAValue] = set()
    errors: list[UserError] = []
    for op in entry_point(module).body.block.ops:
        reads = [operand for operand in op.operands if operand in shifted]
        moves = bool(reads) and isinstance(op, MOVES) and len(reads) == len(op.operands)
        if reads and not moves and not isinstance(op, QUANTISED):
            layers = layers_of(op)
            where = quote(layers[-1].layer_name) if layers else "(no name)"
            errors.append(
                UserError(f"the cudnn target cannot run {op.name} (layer {where}) on quantised bytes")
            )
        elif moves or (isinstance(op, QUANTISED) and type_of(op.result).element_type == BYTE):
            type_ = TensorType(i8, shape_of(op.results[0]))
            shifted.add(Rewriter.replace_value_with_new_type(op.results[0], type_))
    if errors:
        raise UserErrors(errors)


# ------------------------------------------------------------------------------------------------------- kernels


class Bytes(Nodes):
    """The steps that take the place of an operation on bytes."""

    def kernel_of(
        self,
        values: Sequence[SSAValue],
        result: Attribute,
        compute: Callable[[Body, list[Scalar]], Scalar],
    ) -> SSAValue:
        """One `kernel.elementwise`: `compute` gives the result's element of those of `values` as f32."""
        body = Body(Block())
        inputs: list[SSAValue] = []
        scalars: list[Scalar] = []
        for value in values:
            element = tensor_of(value).element_type
            number = _number(value)
            if number is not None:
                scalars.append(body.constant(number, f32))
                continue
            inputs.append(value)
            argument = body.block.insert_arg(scalar_type(element), len(body.block.args))
            x = body.convert(Scalar(argument, element), f32)
            scalars.append(body.apply(AddfOp, x, body.constant(MIDDLE, f32)) if element == i8 else x)
        y = compute(body, scalars)
        body.block.add_op(YieldOp(y.value))
        return self.add(ElementwiseOp(inputs, Region(body.block), result))

    def vector(self, value: SSAValue, rank: int) -> SSAValue:
        """One number, or one for each channel, as `kernel_of` takes it: a constant number stays what it is."""
        return value if _number(value) is not None else self.along_channels(value, rank)

    def derived(
        self, what: str, compute: Callable[..., Array], sources: Sequence[arhat.ConstantOp], channels: int
    ) -> SSAValue:
        """Numbers for the channels of images, computed from constants: now where these are few and written out."""
        store = Folder(module_of(self.op)).store
        type_ = arhat.tensor_type(f32, (1, channels, 1, 1))
        layers = layers_of(self.op)[-1:]
        value: Attribute
        if is_small(type_) and all(isinstance(source.value, DenseIntOrFPElementsAttr) for source in sources):
            value = dense(compute(*(store.value(source) for source in sources)))
        else:
            hint = f"{layers[0].layer_name if layers else self.op.name}.{what}.cudnn"
            value = store.derive(hint, type_, compute, sources)
        return self.add(arhat.ConstantOp.get(value, type_, layers))

    def signed(self, value: SSAValue) -> SSAValue:
        """Bytes that come from outside, from an input of the model, as the target has them."""
        if tensor_of(value).element_type != BYTE:
            return value
        type_ = TensorType(i8, shape_of(value))
        return self.kernel_of([value], type_, lambda body, args: _to_byte(body, args[0]))


def _number(value: SSAValue) -> float | None:
    """The number in a small constant of one element; None for any other value."""
    constant = defining_constant(value)
    if constant is None or prod(shape_of(value)) != 1 or not is_small(tensor_of(value)):
        return None
    return constant_value(constant).reshape(-1)[0].item()


def _to_byte(body: Body, x: Scalar) -> Scalar:
    """A level from 0 to 255 as the byte that stands for it."""
    return body.convert(body.apply(SubfOp, x, body.constant(MIDDLE, f32)), i8)


def _level(body: Body, x: Scalar, multiplier: Scalar, shift: Scalar) -> Scalar:
    """`clamp(round(x * multiplier + shift), 0, 255)`, as a byte; NaN gives 0."""
    level, zero = body.apply(math.FmaOp, x, multiplier, shift), body.constant(0, f32)
    level = body.select(body.compare("ogt", level, zero), level, zero)
    level = body.apply(MinimumfOp, level, body.constant(255, f32))
    return _to_byte(body, body.apply(math.RoundEvenOp, level))


def _quantize(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.QuantizeOp)
    steps, rank = Bytes(op), len(shape_of(op.x))
    vectors = [steps.vector(value, rank) for value in (op.multiplier, op.shift)]
    steps.kernel_of([op.x, *vectors], op.result.type, lambda body, args: _level(body, *args))
    return steps.ops


def _dequantize(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.DequantizeOp)
    steps, rank = Bytes(op), len(shape_of(op.x))
    vectors = [steps.vector(value, rank) for value in (op.scale, op.offset)]
    steps.kernel_of([op.x, *vectors], op.result.type, lambda body, args: body.apply(math.FmaOp, *args))
    return steps.ops


def _add(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.QuantizedAddOp)
    steps, rank = Bytes(op), len(shape_of(op.a))
    again = [steps.vector(value, rank) for value in (op.multiplier, op.shift) if value is not None]
    numbers = [value.value.data for value in (op.scale_a, op.offset_a, op.scale_b, op.offset_b)]

    def compute(body: Body, args: list[Scalar]) -> Scalar:
        a, b, *quantisation = args
        scale_a, offset_a, scale_b, offset_b = (body.constant(number, f32) for number in numbers)
        left = body.apply(math.FmaOp, a, scale_a, offset_a)
        right = body.apply(math.FmaOp, b, scale_b, offset_b)
        y = _activated(body, body.apply(AddfOp, left, right), op.activation)
        return _level(body, y, *quantisation) if quantisation else y

    steps.kernel_of([op.a, op.b, *again], op.result.type, compute)
    return steps.ops


def _activated(body: Body, x: Scalar, activation: ActivationAttr | None) -> Scalar:
    if activation is None:
        return x
    parameters = dict(zip(PARAMETERS.get(activation.kind, ()), activation.values, strict=False))
    return apply_rule(f"arhat.{activation.kind}", body, [x], parameters)


# -------------------------------------------------------------------------------------------------- convolutions


def _convolution(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.QuantizedConvolutionOp)
    steps = Bytes(op)
    filter, scale, bias = (defining_constant(value) for value in (op.filter, op.scale, op.bias))
    if filter is None or scale is None or bias is None:
        raise Unsupported("filter, scale and bias have to be constants")
    begin, end = ints_of(op.pads_begin), ints_of(op.pads_end)
    x, zero = steps.signed(op.x), op.padding.value.data - MIDDLE
    if zero and any((*begin, *end)):
        x, begin, end = _padded(steps, x, begin, end, zero), (0, 0), (0, 0)
    shape, channels = shape_of(op.result), shape_of(op.result)[1]
    y = steps.add(
        cudnn.ConvFpropOp.make(
            [x, op.filter],
            {"strides": op.strides, "pads": (*begin, *end), "dilations": op.dilations, "groups": op.groups},
            TensorType(i32, shape),
        )
    )
    y = steps.pointwise("mul", y, steps.along_channels(op.scale, 4))
    y = steps.pointwise("add", y, steps.derived("bias", _whole_bias, [filter, scale, bias], channels))
    y = steps.activation(y, op.activation, op.slope)
    if op.multiplier is not None and op.shift is not None:
        shift = defining_constant(op.shift)
        if shift is None:
            raise Unsupported("the shift has to be a constant")
        y = steps.pointwise("mul", y, steps.along_channels(op.multiplier, 4))
        less = steps.derived("shift", _signed_shift, [shift], prod(shape_of(op.shift)))
        y = steps.pointwise("add", y, less)
    steps.round_last(tensor_of(op.result).element_type)
    return steps.ops


def _padded(steps: Bytes, x: SSAValue, begin: Sequence[int], end: Sequence[int], value: int) -> SSAValue:
    n, c, *sizes = shape_of(x)
    padded = [size + before + after for size, before, after in zip(sizes, begin, end, strict=True)]
    properties: dict[str, Attribute] = {
        "pads_begin": ints([0, 0, *begin]),
        "pads_end": ints([0, 0, *end]),
        "mode": StringAttr("constant"),
        "value": FloatAttr(float(value), f64),
    }
    return steps.kernel(kernel.PadOp, [x], properties, (n, c, *padded))


def _whole_bias(filter: Array, scale: Array, bias: Array) -> Array:
    """The bias with what the sums of signed bytes lack."""
    missing = MIDDLE * filter.reshape(filter.shape[0], -1).astype(np.int64).sum(axis=1)
    whole = bias.astype(np.float64) + missing * scale.astype(np.float64)
    return whole.astype(np.float32).reshape(1, -1, 1, 1)


def _signed_shift(shift: Array) -> Array:
    """The shift of a quantisation to signed bytes."""
    return (shift.astype(np.float64) - MIDDLE).astype(np.float32).reshape(1, -1, 1, 1)


# ------------------------------------------------------------------------------------------------------- pooling


def _max_pool(op: Operation) -> list[Operation] | Lowered:
    assert isinstance(op, arhat.MaxPoolOp)
    x, y = tensor_of(op.x), tensor_of(op.result)
    if x.element_type != i8 or y.element_type != i8:
        return CALL_LOWERINGS[op.name](op)
    window, strides, begin = (ints_of(values) for values in (op.kernel, op.strides, op.pads_begin))
    end = [
        max(0, (count - 1) * stride + size - extent - before)
        for count, stride, size, extent, before in zip(
            y.get_shape()[2:], strides, window, x.get_shape()[2:], begin, strict=True
        )
    ]
    # No window of cuDNN's may see padding alone, and it has no dilations.
    inside = all(pad < size for pad, size in zip((*begin, *end), (*window, *window), strict=True))
    if not inside or any(dilation != 1 for dilation in ints_of(op.dilations)):
        return [kernel.MaxPoolOp.make([op.x], op.properties, op.result.type)]
    properties = {"mode": "max", "window": window, "strides": strides, "pads": (*begin, *end)}
    return [cudnn.ResampleOp.make([op.x], properties, TensorType(i8, y.get_shape(), NoneAttr()))]


INT8_CUDNN_LOWERINGS: Mapping[str, Lowering] = {
    "arhat.quantize": _quantize,
    "arhat.dequantize": _dequantize,
    "arhat.quantized_convolution": _convolution,
    "arhat.quantized_add": _add,
    "arhat.max_pool": _max_pool,
}
"""The lowerings of this file by name of the op; `shift_bytes` goes first."""
