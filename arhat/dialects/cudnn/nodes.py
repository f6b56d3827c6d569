"""Nodes: what a cuDNN operation graph is made of.

They stand loose in a function until `form-graphs` puts them into `cudnn.graph`. A node computes in f32, a convolution
or product of i8 in i32, and rounds once to the element type of its result: to the nearest, halves to even; to i8 it
saturates. Shapes are logical (NCHW) whatever the layout.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, Self, cast

from xdsl.dialects.builtin import DenseArrayBase, TensorType, bf16, f16, f32, i8, i32
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
    check_at_least,
    check_length,
    choice,
    ints_of,
    name_properties,
    require,
)
from arhat.dialects.arhat.nn import window_sizes
from arhat.dialects.kernel.base import AnyTensor, shape_of, tensor_of
from arhat.dialects.kernel.memory import layout_of

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
PARAMETER_MODES = {
    "lower_clip": "relu_fwd",
    "upper_clip": "relu_fwd",
    "lower_clip_slope": "relu_fwd",
    "elu_alpha": "elu_fwd",
    "softplus_beta": "softplus_fwd",
    "swish_beta": "swish_fwd",
}
"""The mode that each constant belongs to."""
LARGEST_RANK = 5
"""Axes of a tensor in a graph at most."""


def check_tensor(type_: AnyTensor) -> None:
    """A tensor of a graph: an element type, a rank and a layout that cuDNN has."""
    require(
        type_.element_type in (f32, f16, bf16, i8, i32),
        f"graphs hold f32, f16, bf16, i8 and i32, got {type_.element_type}",
    )
    rank = len(type_.get_shape())
    require(1 <= rank <= LARGEST_RANK, f"graphs hold tensors of 1 to {LARGEST_RANK} axes, got {rank}")
    require(min(type_.get_shape()) >= 1, f"a tensor of a graph has elements, got {list(type_.get_shape())}")
    layout = layout_of(type_)
    if layout is not None:
        require(rank == 4, f"only images of rank 4 lie in NHWC, got rank {rank}")
        require(not any(layout.halo), f"cuDNN has no border around images, got {list(layout.halo)}")
        channels = type_.get_shape()[1]
        require(layout.pixel >= channels, f"{channels} channels do not fit into a pixel of {layout.pixel}")


def check_windows(axes: int, **properties: Sequence[int]) -> None:
    """Each has one number of 1 or more for each of the spatial `axes`."""
    for name, values in properties.items():
        check_length(name, values, axes)
        check_at_least(name, values, 1)


def check_pads(axes: int, pads: Sequence[int]) -> None:
    """`pads` has two numbers of 0 or more for each of the spatial `axes`."""
    check_length("pads", pads, 2 * axes)
    check_at_least("pads", pads, 0)


def expect_shape(op: CudnnOp, expected: tuple[int, ...]) -> None:
    """The result of `op` has this shape."""
    shape = shape_of(op.output)
    require(shape == expected, f"the result should be {list(expected)}, not {list(shape)}")


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

    def verify_(self) -> None:
        """Check element types and layouts, then what `check` knows."""
        for value in (*self.operands, self.output):
            check_tensor(tensor_of(value))
        self.check()

    @abstractmethod
    def check(self) -> None:
        """Check shapes and properties against each other."""


class ConvolutionOp(NodeOp):
    """Common part of the convolutions: `pads` is [begins.., ends..], one of each per spatial axis."""

    x = operand_def(TensorType)
    w = operand_def(TensorType)
    strides = prop_def(INTS)
    pads = prop_def(INTS)
    dilations = prop_def(INTS)
    groups = prop_def(INT)

    def check_window(self) -> None:
        """Check ranks, element types and the properties."""
        x, w, y = (tensor_of(value) for value in (self.x, self.w, self.output))
        rank = len(x.get_shape())
        require(rank in (4, 5), f"images have two or three spatial axes, got rank {rank}")
        require(
            len(w.get_shape()) == rank and len(y.get_shape()) == rank,
            f"input, filter and output have one rank, got {rank}, {len(w.get_shape())} and {len(y.get_shape())}",
        )
        require(
            x.element_type in (f32, f16, bf16, i8) and w.element_type == x.element_type,
            f"input and filter are both f32, f16, bf16 or i8, got {x.element_type} and {w.element_type}",
        )
        results = (f32, x.element_type, compute_type(self))
        require(
            y.element_type in results,
            f"a convolution of {x.element_type} gives {' or '.join(map(str, dict.fromkeys(results)))}, "
            f"got {y.element_type}",
        )
        check_windows(rank - 2, strides=ints_of(self.strides), dilations=ints_of(self.dilations))
        check_pads(rank - 2, ints_of(self.pads))
        require(self.groups.value.data >= 1, f"'groups' must be at least 1, got {self.groups.value.data}")


@irdl_op_definition
class ConvFpropOp(ConvolutionOp):
    """Convolution of `x` [N, C, spatial..] with `w` [K, C / groups, kernel..]; two or three spatial axes.

    ```
    %y = cudnn.conv_fprop(%x, %w) {strides = [2, 2], pads = [3, 3, 3, 3], dilations = [1, 1], groups = 1}
         : (tensor<1x8x224x224xf16>, tensor<64x8x7x7xf16>) -> tensor<1x64x112x112xf32>
    ```
    """

    name = "cudnn.conv_fprop"

    def check(self) -> None:
        """The filter and the result follow from the input and the properties."""
        self.check_window()
        x, w, groups = shape_of(self.x), shape_of(self.w), self.groups.value.data
        require(
            x[1] == w[1] * groups and w[0] % groups == 0,
            f"a filter {list(w)} in {groups} groups does not fit {x[1]} input channels",
        )
        begin, end = spatial_pads(self)
        sizes = window_sizes(x[2:], w[2:], ints_of(self.strides), ints_of(self.dilations), begin, end)
        expect_shape(self, (x[0], w[0], *sizes))


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

    def check(self) -> None:
        """The convolution whose gradient this is takes the result to the input."""
        self.check_window()
        x, w, y = shape_of(self.x), shape_of(self.w), shape_of(self.output)
        groups = self.groups.value.data
        require(
            x[1] == w[0] and w[0] % groups == 0,
            f"a filter {list(w)} in {groups} groups does not fit {x[1]} input channels",
        )
        require(
            y[:2] == (x[0], w[1] * groups),
            f"the result should have {x[0]} images and {w[1] * groups} channels, got {y[0]} and {y[1]}",
        )
        begin, end = spatial_pads(self)
        sizes = window_sizes(y[2:], w[2:], ints_of(self.strides), ints_of(self.dilations), begin, end)
        require(
            tuple(sizes) == x[2:],
            f"a convolution of the result {list(y[2:])} gives {sizes}, not the input's {list(x[2:])}",
        )


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

    def check(self) -> None:
        """Operands by mode, constants by mode, shapes that broadcast."""
        mode, y = self.mode.data, shape_of(self.output)
        binary = mode in BINARY_MODES
        require(
            binary == (self.b is not None), f"'{mode}' takes {'two operands' if binary else 'one operand'}"
        )
        parameters = self.parameters()
        for name in parameters:
            allowed = mode if name == "mode" else PARAMETER_MODES[name]
            require(mode == allowed, f"'{name}' belongs to '{PARAMETER_MODES.get(name)}', not to '{mode}'")
        low, high = parameters.get("lower_clip", 0.0), parameters.get("upper_clip", inf)
        require(low <= high, f"'lower_clip' {low} is above 'upper_clip' {high}")
        require(
            low == 0 or not parameters.get("lower_clip_slope"),
            "a slope below a 'lower_clip' other than 0 is not the same for all engines of cuDNN",
        )
        for value in self.operands:
            x = shape_of(value)
            require(
                len(x) == len(y) and all(n in (1, m) for n, m in zip(x, y, strict=True)),
                f"an operand {list(x)} does not broadcast to {list(y)}",
            )
        shapes = zip(*(shape_of(value) for value in self.operands), strict=True)
        expect_shape(self, tuple(max(extents) for extents in shapes))


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

    def check(self) -> None:
        """Ranks, batches and inner extents."""
        a, b = tensor_of(self.a), tensor_of(self.b)
        n, k = a.get_shape(), b.get_shape()
        require(len(n) == 3 and len(k) == 3, f"operands have rank 3, got {len(n)} and {len(k)}")
        require(
            a.element_type in (f32, f16, bf16, i8) and b.element_type == a.element_type,
            f"both operands are f32, f16, bf16 or i8, got {a.element_type} and {b.element_type}",
        )
        require(n[2] == k[1] and n[0] == k[0], f"{list(n)} and {list(k)} cannot be multiplied")
        expect_shape(self, (n[0], n[1], k[2]))


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

    def check(self) -> None:
        """The result's size follows from the input's; no window lies in the padding alone."""
        x = shape_of(self.x)
        require(len(x) in (4, 5), f"images have two or three spatial axes, got rank {len(x)}")
        for value in (self.x, self.output):
            layout = layout_of(tensor_of(value))
            require(
                layout is None or layout.pixel == x[1],
                f"pixels of pooled images are packed: {x[1]} channels, got {value.type}",
            )
        window, pads = ints_of(self.window), ints_of(self.pads)
        check_windows(len(x) - 2, window=window, strides=ints_of(self.strides))
        check_pads(len(x) - 2, pads)
        begin, end = spatial_pads(self)
        for k, *around in zip(window, begin, end, strict=True):
            require(
                max(around) < k,
                f"padding {list(pads)} holds whole windows {list(window)}, which have no value",
            )
        ones = [1] * len(window)
        sizes = window_sizes(x[2:], window, ints_of(self.strides), ones, begin, end)
        expect_shape(self, (*x[:2], *sizes))


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

    def check(self) -> None:
        """Each extent is the operand's or 1."""
        x, y = shape_of(self.x), shape_of(self.output)
        require(
            len(x) == len(y) and all(m in (1, n) for n, m in zip(x, y, strict=True)),
            f"the result {list(y)} should have the operand's rank, each extent 1 or that of {list(x)}",
        )


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
