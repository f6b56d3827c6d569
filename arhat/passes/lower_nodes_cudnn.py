"""Part of convert-arhat-to-cudnn: convolutions and matrix products with what follows them, node by node.

A node's result is f32 as long as another node follows; the last one rounds to the element type of the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from xdsl.dialects import func
from xdsl.dialects.builtin import (
    BFloat16Type,
    BoolAttr,
    Float16Type,
    Float64Type,
    NoneAttr,
    StringAttr,
    TensorType,
    f32,
)
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects import arhat, cudnn, kernel
from arhat.dialects.arhat.attributes import ActivationAttr
from arhat.dialects.arhat.base import Property, ints_of, is_integer
from arhat.dialects.kernel import tensor_of
from arhat.passes.fold_constants import Folder
from arhat.passes.lower_kernels import Lowering
from arhat.passes.steps import Steps
from arhat.weights import dense, module_of

LOW = (Float16Type, BFloat16Type)
"""Floats that are stored in 16 bits and computed with in f32."""


def math_of(op: Operation) -> str:
    """What may be done to the numbers of `op`: anything where they are of 16 bits, else as its function says."""
    if isinstance(tensor_of(op.operands[0]).element_type, LOW):
        return "any"
    function = op.parent_op()
    asked = function.attributes.get(cudnn.MATH) if isinstance(function, func.FuncOp) else None
    return "tf32" if asked == StringAttr("tf32") else "strict"


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """The shape of a tensor value."""
    return tensor_of(value).get_shape()


class Nodes(Steps):
    """The steps that take the place of `op`: nodes, and what they need."""

    def __init__(self, op: Operation) -> None:
        super().__init__()
        self.op = op

    def reshaped(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        """The same elements under another shape; a constant becomes another constant."""
        if shape_of(value) == tuple(shape) or not isinstance(value.owner, arhat.ConstantOp):
            return self.view(value, shape)
        return self.add(Folder(module_of(self.op)).make(arhat.ReshapeOp, [value.owner], shape=tuple(shape)))

    def number(self, value: float, rank: int) -> SSAValue:
        """A constant that broadcasts to every shape of that rank."""
        array = np.full((1,) * rank, value, np.float32)
        return self.add(arhat.ConstantOp.get(dense(array), arhat.tensor_type(f32, array.shape)))

    def pointwise(
        self, mode: str, x: SSAValue, b: SSAValue | None = None, **parameters: float | None
    ) -> SSAValue:
        """A pointwise node with a result in f32."""
        type_ = TensorType(f32, shape_of(x), NoneAttr())
        return self.add(cudnn.PointwiseOp.make([x, b], {"mode": mode, **parameters}, type_))

    def along_channels(self, value: SSAValue, rank: int) -> SSAValue:
        """One number, or one for each channel, in a shape that broadcasts to `rank` axes."""
        return self.reshaped(value, (1, *shape_of(value), *[1] * (rank - 2)))

    def round_last(self, element: Attribute) -> SSAValue:
        """Lets the last node round to `element`."""
        last = self.ops.pop()
        result = tensor_of(last.results[0])
        new = type(last).create(
            operands=last.operands,
            properties=last.properties,
            result_types=[TensorType(element, result.get_shape(), NoneAttr())],
        )
        last.erase()
        return self.add(new)

    def activation(self, x: SSAValue, activation: ActivationAttr | None, slope: SSAValue | None) -> SSAValue:
        """The nodes of a fused activation."""
        if activation is None:
            return x
        values, rank = activation.values, len(shape_of(x))
        match activation.kind:
            case "relu":
                return self.pointwise("relu_fwd", x)
            case "leaky_relu":
                return self.pointwise("relu_fwd", x, lower_clip_slope=values[0])
            case "clamp":
                low = values[0] or None  # 0 is what the node takes unless told otherwise
                return self.pointwise("relu_fwd", x, lower_clip=low, upper_clip=values[1])
            case "sigmoid" | "tanh":
                return self.pointwise(f"{activation.kind}_fwd", x)
            case "elu":
                return self.pointwise("elu_fwd", x, elu_alpha=values[0])
            case "swish":
                return self.pointwise("swish_fwd", x, swish_beta=values[0] if values else 1.0)
            case "hswish":
                inside = self.pointwise("add", x, self.number(3.0, rank))
                inside = self.pointwise("relu_fwd", inside, upper_clip=6.0)
                return self.pointwise("mul", x, self.pointwise("mul", inside, self.number(1 / 6, rank)))
            case "mish":
                return self.pointwise("mul", x, self.pointwise("tanh_fwd", self.pointwise("softplus_fwd", x)))
            case _:
                assert activation.kind == "prelu" and slope is not None
                below = self.pointwise("min", x, self.number(0.0, rank))
                below = self.pointwise("mul", below, self.along_channels(slope, rank))
                return self.pointwise("add", self.pointwise("relu_fwd", x), below)


def _convolution(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.ConvolutionOp | arhat.TransposedConvolutionOp)
    steps = Nodes(op)
    declared = tensor_of(op.result).element_type
    element = f32 if isinstance(declared, Float64Type) else declared
    x, filter = steps.convert(op.x, element), steps.convert(op.filter, element)
    residual, at_end = None, False
    if isinstance(op, arhat.ConvolutionOp) and op.residual is not None:
        residual = steps.convert(op.residual, element)
        at_end = op.residual_after_activation is not None and bool(op.residual_after_activation.value.data)
    shape = shape_of(op.result)
    lists = [ints_of(p) for p in (op.strides, op.dilations, op.pads_begin, op.pads_end)]
    lists.append(ints_of(op.output_padding) if isinstance(op, arhat.TransposedConvolutionOp) else ())
    if len(shape) == 3:  # one-dimensional data are images of height 1
        shape = _flat_image(shape)
        x, filter = (steps.reshaped(v, _flat_image(shape_of(v))) for v in (x, filter))
        residual = None if residual is None else steps.view(residual, shape)
        lists = [(absent, *values) for absent, values in zip((1, 1, 0, 0, 0), lists, strict=True)]
    strides, dilations, begin, end, more = lists
    beyond: list[int] = []
    if isinstance(op, arhat.TransposedConvolutionOp):
        # Output padding gives back what is cut off the end. Where it reaches a stride further than the input, nothing
        # but zeros is there.
        beyond = [max(0, m - e - s + 1) for m, e, s in zip(more, end, strides, strict=True)]
        end = tuple(max(0, e - m) for e, m in zip(end, more, strict=True))
    properties: dict[str, Property] = {
        "strides": strides,
        "pads": (*begin, *end),
        "dilations": dilations,
        "groups": op.groups,
    }
    if isinstance(op, arhat.ConvolutionOp):
        y = steps.add(cudnn.ConvFpropOp.make([x, filter], properties, TensorType(f32, shape, NoneAttr())))
    else:
        reached = (*shape[:2], *(n - b for n, b in zip(shape[2:], beyond, strict=True)))
        y = steps.add(cudnn.ConvDgradOp.make([x, filter], properties, TensorType(f32, reached, NoneAttr())))
        for axis, count in enumerate(beyond, 2):
            y = steps.pad(y, axis, 0, count)
    if op.bias is not None:
        y = steps.pointwise("add", y, steps.along_channels(steps.convert(op.bias, element), len(shape)))
    if residual is not None and not at_end:
        y = steps.pointwise("add", y, residual)
    slope = None if op.slope is None else steps.convert(op.slope, element)
    y = steps.activation(y, op.activation, slope)
    if residual is not None and at_end:
        y = steps.pointwise("add", y, residual)
    y = steps.round_last(element) if isinstance(y.owner, cudnn.NodeOp) else steps.convert(y, element)
    y = steps.convert(y, declared)
    steps.view(y, shape_of(op.result))
    return steps.ops


def _flat_image(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of one-dimensional data as images of height 1."""
    return (*shape[:2], 1, shape[2])


def _matmul(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.MatmulOp)
    steps = Nodes(op)
    a, b = shape_of(op.a), shape_of(op.b)
    transposed = {
        "transpose_a": bool(op.transpose_a.value.data),
        "transpose_b": bool(op.transpose_b.value.data),
    }
    declared = tensor_of(op.result).element_type
    result = shape = shape_of(op.result)
    left, right = op.a, op.b
    if len(b) == 1:  # a column: its product is the transposed one of it as a row
        left, right = steps.reshaped(right, (1, *b)), left if len(a) > 1 else steps.reshaped(left, (1, *a))
        transposed = {"transpose_a": False, "transpose_b": not transposed["transpose_a"] or len(a) == 1}
    elif len(a) == 1:
        left, transposed["transpose_a"] = steps.reshaped(left, (1, *a)), False
    if len(a) == 1 or len(b) == 1:
        shape = (*shape[:-1], 1, *shape[-1:]) if shape else (1, 1)
    if is_integer(declared):
        flags = {name: BoolAttr.from_bool(value) for name, value in transposed.items()}
        y = steps.add(kernel.MatmulOp.make([left, right], flags, TensorType(declared, shape, NoneAttr())))
        steps.view(y, result)
        return steps.ops
    element = f32 if isinstance(declared, Float64Type) else declared
    left, right, bias = (None if v is None else steps.convert(v, element) for v in (left, right, op.bias))
    activation, math = op.activation, math_of(op)
    row = bias is not None and prod(shape_of(bias)) == shape[-1] == shape_of(bias)[-1]
    call: dict[str, Property] = {**transposed, "math": math}
    if row and (activation is None or activation.kind == "relu"):
        assert bias is not None
        call["activation"] = None if activation is None else "relu"
        type_ = TensorType(element, shape, NoneAttr())
        y = steps.add(
            cudnn.CublasLtMatmulOp.make([left, right, steps.reshaped(bias, shape[-1:])], call, type_)
        )
    else:
        plain = bias is None and activation is None
        type_ = TensorType(element if plain else f32, shape, NoneAttr())
        y = steps.add(cudnn.CublasLtMatmulOp.make([left, right], call, type_))
        if bias is not None:
            aligned = [1] * (len(result) - len(shape_of(bias))) + list(shape_of(bias))
            if len(shape) > len(result):
                aligned = [*aligned[:-1], 1, *aligned[-1:]] if result else [1, 1]
            y = steps.pointwise("add", y, steps.reshaped(bias, aligned))
        steps.activation(y, activation, None)
        y = steps.ops[-1].results[0] if plain else steps.round_last(element)
    y = steps.convert(y, declared)
    steps.view(y, result)
    return steps.ops


NODE_LOWERINGS: Mapping[str, Lowering] = {
    "arhat.convolution": _convolution,
    "arhat.transposed_convolution": _convolution,
    "arhat.matmul": _matmul,
}
"""The lowerings of this file by name of the op."""
