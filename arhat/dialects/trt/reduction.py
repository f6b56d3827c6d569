"""Layers that compute with many elements at once: products, sums, normalisation, sorting, resizing."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from math import floor
from typing import ClassVar

from xdsl.dialects.builtin import TensorType, i32
from xdsl.ir import Attribute
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
)

from arhat.dialects.arhat.base import (
    BOOL,
    FLOAT,
    FLOATS,
    INT,
    INTS,
    check_axes,
    check_length,
    choice,
    floats_of,
    ints_of,
    require,
)
from arhat.dialects.trt.base import (
    INTEGERS,
    NUMBERS,
    AnyTensor,
    LayerOp,
    SameTypeOp,
    TrtOp,
    broadcast,
    element_of,
    known_values,
    require_axis,
    require_constant,
    require_element,
    require_rank,
    shape_of,
    tensor,
)

REDUCTIONS = ("sum", "prod", "max", "min", "avg")
MATRIX_OPERATIONS = ("none", "transpose", "vector")
INTERPOLATIONS = ("nearest", "linear", "cubic")
COORDINATES = ("align_corners", "asymmetric", "half_pixel")
SELECTORS = ("formula", "upper")
ROUNDINGS = ("half_up", "half_down", "floor", "ceil")
LARGEST_K = 3840
"""Elements that a TopK layer keeps at most."""


@irdl_op_definition
class MatrixMultiplyOp(LayerOp):
    """Products of matrices, the last two axes, or of vectors, the last axis: IMatrixMultiplyLayer.

    The axes before are as many in both operands; extents of 1 broadcast.

    ```
    %y = trt.matrix_multiply(%a, %b) {op_a = "none", op_b = "transpose"}
         : (tensor<8x64x32xf32>, tensor<1x16x32xf32>) -> tensor<8x64x16xf32>
    ```
    """

    name = "trt.matrix_multiply"
    a = operand_def(TensorType)
    b = operand_def(TensorType)
    op_a = prop_def(choice(*MATRIX_OPERATIONS))
    op_b = prop_def(choice(*MATRIX_OPERATIONS))

    def infer(self) -> Sequence[AnyTensor]:
        """Batch axes, then rows of `a`, then columns of `b`."""
        element, a = self.first()
        require(
            element_of(self.b) == element,
            f"operands have one element type, got {element} and {element_of(self.b)}",
        )
        batch_a, rows, depth_a = self.sides("a", a, self.op_a.data)
        batch_b, depth_b, columns = self.sides("b", shape_of(self.b), self.op_b.data)
        require(depth_a == depth_b, f"inner extents differ: {depth_a} and {depth_b}")
        require(
            len(batch_a) == len(batch_b),
            f"operands have as many batch axes, got {len(batch_a)} and {len(batch_b)}",
        )
        batch = broadcast(batch_a, batch_b)
        rows = () if self.op_a.data == "vector" else (rows,)
        columns = () if self.op_b.data == "vector" else (columns,)
        return [tensor(element, (*batch, *rows, *columns))]

    def sides(self, name: str, shape: tuple[int, ...], op: str) -> tuple[tuple[int, ...], int, int]:
        """Batch axes, rows and columns of the operand `name`; a vector is a row of `a` or a column of `b`."""
        axes = 1 if op == "vector" else 2
        require(len(shape) >= axes, f"'{name}' with '{op}' has at least {axes} axes, got {len(shape)}")
        if op == "vector":
            return (shape[:-1], 1, shape[-1]) if name == "a" else (shape[:-1], shape[-1], 1)
        rows, columns = shape[-2:] if op == "none" else shape[:-3:-1]
        return shape[:-2], rows, columns


@irdl_op_definition
class ReduceOp(LayerOp):
    """Sum, product, maximum, minimum or mean over `axes`: IReduceLayer.

    ```
    %y = trt.reduce(%x) {op = "avg", axes = [2, 3], keep_dims = true}
         : (tensor<1x2048x7x7xf32>) -> tensor<1x2048x1x1xf32>
    ```
    """

    name = "trt.reduce"
    x = operand_def(TensorType)
    op = prop_def(choice(*REDUCTIONS))
    axes = prop_def(INTS)
    keep_dims = prop_def(BOOL)
    ELEMENTS: ClassVar = NUMBERS

    def infer(self) -> Sequence[AnyTensor]:
        """1 at the axes, or without them."""
        element, x = self.first()
        axes = ints_of(self.axes)
        if self.op.data == "avg":
            require_element(self.x, LayerOp.ELEMENTS, "the operand of 'avg'")
        require(len(axes) > 0, "'axes' names at least one axis")
        check_axes(axes, len(x))
        if self.keep_dims.value.data:
            return [tensor(element, [1 if i in axes else n for i, n in enumerate(x)])]
        return [tensor(element, [n for i, n in enumerate(x) if i not in axes])]


@irdl_op_definition
class SoftMaxOp(SameTypeOp):
    """Softmax along `axis`: ISoftMaxLayer.

    ```
    %y = trt.soft_max(%x) {axis = 1} : (tensor<1x1000xf32>) -> tensor<1x1000xf32>
    ```
    """

    name = "trt.soft_max"
    x = operand_def(TensorType)
    axis = prop_def(INT)

    def check(self, element: Attribute, shape: tuple[int, ...]) -> None:
        """An axis of the operand, which has two or more."""
        require_rank(self.x, 2, "the operand")
        require_axis(self.axis.value.data, len(shape))


@irdl_op_definition
class LrnOp(SameTypeOp):
    """`x / (k + alpha / window * sum of squares) ** beta`, the sum over `window` channels around each: ILRNLayer.

    ```
    %y = trt.lrn(%x) {window = 5, alpha = 0.0001, beta = 0.75, k = 1.0}
         : (tensor<1x64x56x56xf32>) -> tensor<1x64x56x56xf32>
    ```
    """

    name = "trt.lrn"
    x = operand_def(TensorType)
    window = prop_def(INT)
    alpha = prop_def(FLOAT)
    beta = prop_def(FLOAT)
    k = prop_def(FLOAT)

    def check(self, element: Attribute, shape: tuple[int, ...]) -> None:
        """Images, an odd window."""
        require(len(shape) == 4, f"images have rank 4, got {len(shape)}")
        window = self.window.value.data
        require(1 <= window <= 15 and window % 2 == 1, f"'window' is odd and at most 15, got {window}")
        for name, number, (least, most) in (
            ("alpha", self.alpha, (-1e20, 1e20)),
            ("beta", self.beta, (0.01, 1e5)),
            ("k", self.k, (1e-5, 1e10)),
        ):
            value = number.value.data
            require(least <= value <= most, f"'{name}' is from {least} to {most}, got {value}")


@irdl_op_definition
class NormalizationOp(SameTypeOp):
    """`(x - mean) / sqrt(variance + epsilon) * scale + bias`, mean and variance over `axes`: INormalizationLayer.

    The layer has `groups` of channels, too, whose scales have one shape in TensorRT 10 and another one in 11: they are
    written as a reshape, and `groups` is 1.

    ```
    %y = trt.normalization(%x, %s, %b) {axes = [2, 3], epsilon = 1.0e-05, groups = 1}
         : (tensor<1x64x56x56xf32>, tensor<1x64x1x1xf32>, tensor<1x64x1x1xf32>) -> tensor<1x64x56x56xf32>
    ```
    """

    name = "trt.normalization"
    x = operand_def(TensorType)
    scale = operand_def(TensorType)
    bias = operand_def(TensorType)
    axes = prop_def(INTS)
    epsilon = prop_def(FLOAT)
    groups = prop_def(INT)

    def check(self, element: Attribute, shape: tuple[int, ...]) -> None:
        """Axes; a scale and a bias that broadcast to the operand."""
        axes, groups = ints_of(self.axes), self.groups.value.data
        require(len(axes) > 0, "'axes' names at least one axis")
        check_axes(axes, len(shape))
        require(groups == 1, f"TensorRT 10 and 11 take other scales for groups: 'groups' is 1, got {groups}")
        require(
            shape_of(self.scale) == shape_of(self.bias),
            f"'scale' and 'bias' have one shape, got {self.scale.type} and {self.bias.type}",
        )
        for name, value in (("scale", self.scale), ("bias", self.bias)):
            require(
                element_of(value) == element,
                f"'{name}' has the operand's element type {element}, got {element_of(value)}",
            )
            found = shape_of(value)
            require(
                broadcast(shape, found) == shape,
                f"'{name}' {list(found)} does not broadcast to {list(shape)}",
            )


@irdl_op_definition
class CumulativeOp(SameTypeOp):
    """Running sums along an axis: ICumulativeLayer. `axis` is one number, a constant of the network.

    ```
    %y = trt.cumulative(%x, %axis) {op = "sum", exclusive = false, reverse = false}
         : (tensor<1x8xf32>, tensor<i32>) -> tensor<1x8xf32>
    ```
    """

    name = "trt.cumulative"
    x = operand_def(TensorType)
    axis = operand_def(TensorType)
    op = prop_def(choice("sum"))
    exclusive = prop_def(BOOL)
    reverse = prop_def(BOOL)
    ELEMENTS: ClassVar = NUMBERS

    def check(self, element: Attribute, shape: tuple[int, ...]) -> None:
        """One number says the axis."""
        require_element(self.axis, INTEGERS, "'axis'")
        require(shape_of(self.axis) == (), f"'axis' is one number, got {self.axis.type}")
        require_constant(self.axis, "'axis'")
        rank = len(shape)
        for axis in known_values(self.axis):
            require(-rank <= axis < rank, f"axis {axis} is out of range for rank {rank}")


@irdl_op_definition
class TopKOp(TrtOp):
    """The `k` largest or smallest elements along `axis`, best first, and their positions: ITopKLayer.

    ```
    %v, %i = trt.top_k(%x) {op = "max", k = 5, axis = 1}
             : (tensor<1x1000xf32>) -> (tensor<1x5xf32>, tensor<1x5xi32>)
    ```
    """

    name = "trt.top_k"
    x = operand_def(TensorType)
    op = prop_def(choice("max", "min"))
    k = prop_def(INT)
    axis = prop_def(INT)
    values = result_def(TensorType)
    indices = result_def(TensorType)

    def infer(self) -> Sequence[AnyTensor]:
        """`k` along the axis, which is one of the last four."""
        element = require_element(self.x, NUMBERS, "the operand")
        require_rank(self.x, 2, "the operand")
        x, axis, k = shape_of(self.x), self.axis.value.data, self.k.value.data
        require_axis(axis, len(x))
        require(len(x) - axis <= 4, f"'axis' {axis} is not one of the last four of {len(x)}")
        require(1 <= k <= x[axis], f"cannot take {k} of {x[axis]} elements")
        require(k <= LARGEST_K, f"a TopK layer takes at most {LARGEST_K} elements, got {k}")
        shape = (*x[:axis], k, *x[axis + 1 :])
        return [tensor(element, shape), tensor(i32, shape)]


def to_f32(value: float) -> float:
    """`value` rounded to f32."""
    return struct.unpack("<f", struct.pack("<f", value))[0]


@irdl_op_definition
class ResizeOp(LayerOp):
    """`x` at another size, which the result's type says: IResizeLayer.

    An element of the result lies at `o * (n - 1) / (m - 1)` (align_corners), `o * n / m` (asymmetric) or
    `(o + 0.5) * n / m - 0.5` (half_pixel) of an axis that is resized from `n` to `m`. `scales` are `m / n` and say
    no more than the result's type. A single element: by the formula, or the first (`selector`). `rounding` is for
    `nearest`, `cubic_coeff` and `exclude_outside` for `cubic`. `sizes` replaces the result's shape while the engine
    runs.

    ```
    %y = trt.resize(%x) {mode = "linear", coordinate_transformation = "half_pixel", selector = "formula",
           rounding = "half_down"}
         : (tensor<1x64x28x28xf32>) -> tensor<1x64x56x56xf32>
    ```
    """

    name = "trt.resize"
    x = operand_def(TensorType)
    sizes = opt_operand_def(TensorType)
    mode = prop_def(choice(*INTERPOLATIONS))
    coordinate_transformation = prop_def(choice(*COORDINATES))
    selector = prop_def(choice(*SELECTORS))
    rounding = prop_def(choice(*ROUNDINGS))
    cubic_coeff = opt_prop_def(FLOAT)
    exclude_outside = opt_prop_def(BOOL)
    scales = opt_prop_def(FLOATS)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def infer(self) -> Sequence[AnyTensor]:
        """The shape of the result's type; the axes that change are those that the mode can change."""
        element, x = self.first()
        require(len(self.results) == 1, "a resize needs its result type")
        y, mode = shape_of(self.output), self.mode.data
        require(len(y) == len(x), f"a resize keeps the rank, got {len(x)} and {len(y)}")
        require(min((*x, *y), default=1) >= 1, f"a resize has elements, got {list(x)} and {list(y)}")
        resized = [len(x) - i for i, (n, m) in enumerate(zip(x, y, strict=True)) if n != m]
        if mode == "nearest":
            fits, what = len(resized) <= 4, "resizes four axes at most"
        else:
            limit = {"linear": 3, "cubic": 2}[mode]
            fits, what = max(resized, default=0) <= limit, f"resizes the last {limit} axes only"
        require(fits, f"'{mode}' {what}, got {list(x)} and {list(y)}")
        for name, value in (("cubic_coeff", self.cubic_coeff), ("exclude_outside", self.exclude_outside)):
            require(mode == "cubic" or value is None, f"'{mode}' takes no '{name}'")
        if self.scales is not None:
            scales = floats_of(self.scales)
            check_length("scales", scales, len(x))
            for i, (n, m, scale) in enumerate(zip(x, y, scales, strict=True)):
                exact = abs(n * scale - m) < 1e-5 * m and floor(to_f32(n * to_f32(scale))) == m
                require(exact, f"axis {i}: {n} elements times {scale} are not {m}")
        if self.sizes is not None:
            require_element(self.sizes, INTEGERS, "'sizes'")
            require(self.scales is None, "a resize takes 'sizes' or 'scales', not both")
            require(
                shape_of(self.sizes) == (len(x),),
                f"'sizes' has one number for each axis, got {self.sizes.type}",
            )
        return [tensor(element, y)]
