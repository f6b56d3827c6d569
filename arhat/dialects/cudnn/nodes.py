"""Nodes: what a cuDNN operation graph is made of.

They stand loose in a function until `form-graphs` puts them into `cudnn.graph`. A node computes in f32, a convolution
or product of i8 in i32, and rounds once to the element type of its result: to the nearest, halves to even; to i8 it
saturates. Shapes are logical (NCHW) whatever the layout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, cast

from xdsl.dialects.builtin import DenseArrayBase, TensorType, f32, i8, i32
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure

from arhat.dialects.arhat.base import (
    FLOAT,
    INT,
    INTS,
    SEGMENTS,
    Property,
    UniformOp,
    choice,
    name_properties,
)
from arhat.dialects.kernel.base import AnyTensor, tensor_of

UNARY_MODES = (
    "relu_fwd",
    "sigmoid_fwd",
    "tanh_fwd",
    "elu_fwd",
    "gelu_fwd",
    "gelu_approx_tanh_fwd",
    "softplus_fwd",
    "swish_fwd",
    "identity",
    "abs",
    "neg",
    "exp",
    "log",
    "sqrt",
    "rsqrt",
    "ceil",
    "floor",
    "erf",
)
BINARY_MODES = ("add", "sub", "mul", "div", "max", "min", "pow")
RESAMPLE_MODES = ("max", "avg_include", "avg_exclude")
REDUCTION_MODES = ("add", "avg", "max", "min", "mul")


class CudnnOp(UniformOp):
    """Common part of the ops with one result, `output`."""

    output = result_def(TensorType)
    traits = traits_def(Pure())

    @classmethod
    def make(
        cls,
        operands: Sequence[SSAValue | Operation | None],
        properties: Mapping[str, Property],
        result_type: Attribute,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Self:
        """Build the op: an operand for each declared one (None or left out: absent), properties as attributes or as
        Python values (None: absent).
        """
        definition = cls.get_irdl_definition()
        encoded: dict[str, Attribute] = {}
        for name, value in properties.items():
            if isinstance(value, Attribute):
                encoded[name] = value
            elif value is not None:
                encoded[name] = cast(Any, definition.properties[name].constr).encode(value)
        given = [*operands, *[None] * (len(definition.operands) - len(operands))]
        if definition.options:
            encoded[SEGMENTS] = DenseArrayBase.from_list(i32, [int(value is not None) for value in given])
        return cls.create(
            operands=[SSAValue.get(value) for value in given if value is not None],
            properties=encoded,
            result_types=[result_type],
            attributes=dict(attributes or {}),
        )


class NodeOp(CudnnOp):
    """Common part of the nodes of operation graphs."""


class ConvolutionOp(NodeOp):
    """Common part of the convolutions: `pads` is [begins.., ends..], one of each per spatial axis."""

    x = operand_def(TensorType)
    w = operand_def(TensorType)
    strides = prop_def(INTS)
    pads = prop_def(INTS)
    dilations = prop_def(INTS)
    groups = prop_def(INT)


@irdl_op_definition
class ConvFpropOp(ConvolutionOp):
    """Convolution of `x` [N, C, spatial..] with `w` [K, C / groups, kernel..]; two or three spatial axes.

    ```
    %y = cudnn.conv_fprop(%x, %w) {strides = [2, 2], pads = [3, 3, 3, 3], dilations = [1, 1], groups = 1}
         : (tensor<1x8x224x224xf16>, tensor<64x8x7x7xf16>) -> tensor<1x64x112x112xf32>
    ```
    """

    name = "cudnn.conv_fprop"


@irdl_op_definition
class ConvDgradOp(ConvolutionOp):
    """Transposed convolution of `x` [N, K, spatial..] with `w` [K, C / groups, kernel..], K the channels of `x`.

    It is the gradient of a convolution by its input, `x` the gradient of its result. The result's size is that of its
    type; `pads` is what is cut off.

    ```
    %y = cudnn.conv_dgrad(%x, %w) {strides = [2, 2], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
         : (tensor<1x64x28x28xf16>, tensor<64x32x2x2xf16>) -> tensor<1x32x56x56xf16>
    ```
    """

    name = "cudnn.conv_dgrad"


@irdl_op_definition
class PointwiseOp(NodeOp):
    """One function of every element: `mode` of `x`, or of `x` and `b`, which broadcast (each extent equal or 1).

    `relu_fwd`: `min(max(x, lower_clip), upper_clip)`, and `lower_clip + lower_clip_slope * (x - lower_clip)` below
    `lower_clip`; they are 0, infinity and 0 unless given. `elu_fwd`: `elu_alpha * (exp(x) - 1)` below 0.
    `softplus_fwd`: `log(1 + exp(softplus_beta * x)) / softplus_beta`. `swish_fwd`: `x / (1 + exp(-swish_beta * x))`.
    `identity` only rounds to the element type of the result.

    ```
    %y = cudnn.pointwise(%x, b = %b) {mode = "add"}
         : (tensor<1x64x56x56xf32>, tensor<1x64x1x1xf16>) -> tensor<1x64x56x56xf32>
    ```
    """

    name = "cudnn.pointwise"
    x = operand_def(TensorType)
    b = opt_operand_def(TensorType)
    mode = prop_def(choice(*UNARY_MODES, *BINARY_MODES))
    lower_clip = opt_prop_def(FLOAT)
    upper_clip = opt_prop_def(FLOAT)
    lower_clip_slope = opt_prop_def(FLOAT)
    elu_alpha = opt_prop_def(FLOAT)
    softplus_beta = opt_prop_def(FLOAT)
    swish_beta = opt_prop_def(FLOAT)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)


@irdl_op_definition
class MatmulOp(NodeOp):
    """Product of `a` [B, M, K] and `b` [B, K, N].

    ```
    %y = cudnn.matmul(%a, %b) : (tensor<8x64x32xf16>, tensor<8x32x64xf16>) -> tensor<8x64x64xf32>
    ```
    """

    name = "cudnn.matmul"
    a = operand_def(TensorType)
    b = operand_def(TensorType)


@irdl_op_definition
class ResampleOp(NodeOp):
    """Pooling: maximum (`max`), mean over the window (`avg_include`) or over its part inside (`avg_exclude`).

    `pads` is [begins.., ends..].

    ```
    %y = cudnn.resample(%x) {mode = "max", window = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]}
         : (tensor<1x64x112x112xf16>) -> tensor<1x64x56x56xf16>
    ```
    """

    name = "cudnn.resample"
    x = operand_def(TensorType)
    mode = prop_def(choice(*RESAMPLE_MODES))
    window = prop_def(INTS)
    strides = prop_def(INTS)
    pads = prop_def(INTS)


@irdl_op_definition
class ReductionOp(NodeOp):
    """Sum, mean, maximum, minimum or product over the axes in which the result has extent 1.

    ```
    %y = cudnn.reduction(%x) {mode = "avg"} : (tensor<1x2048x7x7xf16>) -> tensor<1x2048x1x1xf16>
    ```
    """

    name = "cudnn.reduction"
    x = operand_def(TensorType)
    mode = prop_def(choice(*REDUCTION_MODES))


NODE_OPS: tuple[type[NodeOp], ...] = (
    ConvFpropOp,
    ConvDgradOp,
    PointwiseOp,
    MatmulOp,
    ResampleOp,
    ReductionOp,
)
"""All nodes."""
MAIN_OPS: tuple[type[NodeOp], ...] = (ConvFpropOp, ConvDgradOp, MatmulOp, ResampleOp, ReductionOp)
"""Nodes of which a graph has at most one."""
NODE_TYPES = {op.name.removeprefix("cudnn."): op for op in NODE_OPS}
"""The nodes by the names that they have in the text of a graph."""

for _node in NODE_OPS:
    name_properties(_node)


def compute_type(op: NodeOp) -> Attribute:
    """The type in which cuDNN is asked to compute: i32 for convolutions and products of i8, f32 for the rest."""
    if isinstance(op, ConvolutionOp | MatmulOp) and tensor_of(op.operands[0]).element_type == i8:
        return i32
    return f32


def spatial_pads(op: ConvolutionOp | ResampleOp) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The padding before and after along each spatial axis."""
    pads = cast(tuple[int, ...], op.parameters()["pads"])
    half = len(pads) // 2
    return tuple(pads[:half]), tuple(pads[half:])


def pointwise(
    mode: str,
    x: SSAValue | Operation,
    b: SSAValue | Operation | None = None,
    result_type: AnyTensor | None = None,
    attributes: Mapping[str, Attribute] | None = None,
    **parameters: float,
) -> PointwiseOp:
    """A pointwise node; without `result_type` it gives f32 in the shape and the layout of `x`."""
    if result_type is None:
        type_ = tensor_of(SSAValue.get(x))
        result_type = cast(AnyTensor, TensorType(f32, type_.get_shape(), type_.encoding))
    return PointwiseOp.make([x, b], {"mode": mode, **parameters}, result_type, attributes)
