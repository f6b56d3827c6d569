"""Neural-network operations: convolution, matrix product, pooling, softmax and normalisation."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import StringAttr, TensorType
from xdsl.ir import SSAValue
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
    BOOL,
    FLOAT,
    INT,
    INTS,
    ArhatOp,
    Ints,
    Tensor,
    broadcast,
    check_at_least,
    check_axes,
    check_length,
    choice,
    element_of,
    ints_of,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
)


def check_activation(activation: ActivationAttr | None, slope: SSAValue | None, channels: int) -> None:
    """A slope operand comes with the activation prelu and with no other; it has one value or one per
    channel.
    """
    if slope is None:
        require(activation is None or activation.kind != "prelu", "activation prelu needs the slope operand")
        return
    require(activation is not None and activation.kind == "prelu", "a slope operand needs activation prelu")
    if shape_of(slope) not in ((1,), (channels,)):
        raise VerifyException(f"slope must have 1 or {channels} values, got {slope.type}")


def window_sizes(
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    rounding: str = "floor",
) -> list[int]:
    """How many window positions fit along each spatial axis.

    Source: Convolution-1, MaxPool-8 and MaxPool-14 (`ceil_torch` drops a last window that starts in the
    end padding).
    """
    result: list[int] = []
    for size, k, stride, dilation, begin, end in zip(
        sizes, kernel, strides, dilations, pads_begin, pads_end, strict=True
    ):
        reach = (k - 1) * dilation + 1
        room = size + begin + end - reach
        if room < 0:
            raise VerifyException(f"a window of {reach} does not fit a padded size of {size + begin + end}")
        count = (room if rounding == "floor" else room + stride - 1) // stride + 1
        if rounding == "ceil_torch" and (count - 1) * stride >= size + begin:
            count -= 1
        result.append(count)
    return result


@irdl_op_definition
class ConvolutionOp(ArhatOp):
    """Convolution over 1 to 3 spatial axes, with groups: `activation(conv(x, filter) + bias + residual)`.

    With `residual_after_activation` it is `activation(conv(x, filter) + bias) + residual`. `x` is [N, C, spatial...],
    `filter` [O, C / groups, kernel...], `bias` [O], `residual` like the result, `slope` [O] or [1] for activation
    prelu. Source: Convolution-1 and GroupConvolution-1.

    ```
    %y = arhat.convolution(%x, %w, bias = %b) {strides = [2, 2], pads_begin = [3, 3], pads_end = [3, 3],
           dilations = [1, 1], groups = 1, activation = #arhat.activation<relu>}
         : (tensor<1x3x224x224xf32>, tensor<64x3x7x7xf32>, tensor<64xf32>) -> tensor<1x64x112x112xf32>
    ```
    """

    name = "arhat.convolution"

    x = operand_def(TensorType)
    filter = operand_def(TensorType)
    bias = opt_operand_def(TensorType)
    residual = opt_operand_def(TensorType)
    slope = opt_operand_def(TensorType)
    strides = prop_def(INTS)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    dilations = prop_def(INTS)
    groups = prop_def(INT)
    activation = opt_prop_def(ActivationAttr)
    residual_after_activation = opt_prop_def(BOOL)
    result = result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def infer(self) -> list[Tensor]:
        """[N, O, positions...]."""
        x, filter = shape_of(self.x), shape_of(self.filter)
        require_float(self.x, "the input")
        element = require_same_element(self.operands)
        require(3 <= len(x) <= 5, f"the input must have rank 3 to 5, got {len(x)}")
        require(len(filter) == len(x), f"the filter must have rank {len(x)}, got {len(filter)}")
        strides, dilations = ints_of(self.strides), ints_of(self.dilations)
        begin, end = ints_of(self.pads_begin), ints_of(self.pads_end)
        for name, values, least in (
            ("strides", strides, 1),
            ("dilations", dilations, 1),
            ("pads_begin", begin, 0),
            ("pads_end", end, 0),
        ):
            check_length(name, values, len(x) - 2)
            check_at_least(name, values, least)
        groups = self.groups.value.data
        require(groups >= 1, f"'groups' must be at least 1, got {groups}")
        if filter[1] * groups != x[1]:
            raise VerifyException(
                f"the input has {x[1]} channels, the filter takes {filter[1]} in each of {groups} groups"
            )
        require(filter[0] % groups == 0, f"{filter[0]} output channels do not divide into {groups} groups")
        require(min(filter[2:]) >= 1, "the filter must not be empty")
        shape = (x[0], filter[0], *window_sizes(x[2:], filter[2:], strides, dilations, begin, end))
        if self.bias is not None and shape_of(self.bias) != (filter[0],):
            raise VerifyException(f"bias must have shape [{filter[0]}], got {self.bias.type}")
        if self.residual is not None and shape_of(self.residual) != shape:
            raise VerifyException(
                f"residual must have the result's shape {list(shape)}, got {self.residual.type}"
            )
        check_activation(self.activation, self.slope, filter[0])
        if self.residual_after_activation is not None and self.residual_after_activation.value.data:
            both = self.residual is not None and self.activation is not None
            require(both, "'residual_after_activation' needs a residual and an activation")
        return [tensor_type(element, shape)]


def _matrix(shape: tuple[int, ...], rows_first: bool) -> tuple[tuple[int, ...], int]:
    """The outer axis, if there is one, and the inner size of a matrix product's operand."""
    if len(shape) == 1:
        return (), shape[0]
    return (shape[-2:-1], shape[-1]) if rows_first else (shape[-1:], shape[-2])


@irdl_op_definition
class MatmulOp(ArhatOp):
    """Matrix product with NumPy batch broadcasting, `activation(a @ b + bias)`. Source: MatMul-1.

    `transpose_a` and `transpose_b` swap the last two axes of an operand of rank 2 or more. A rank-1 `a` is
    a row, a rank-1 `b` a column, and the added axis is dropped from the result. `bias` broadcasts to the
    result.

    ```
    %y = arhat.matmul(%a, %b, bias = %c) {transpose_a = false, transpose_b = true}
         : (tensor<1x512xf32>, tensor<10x512xf32>, tensor<10xf32>) -> tensor<1x10xf32>
    ```
    """

    name = "arhat.matmul"

    a = operand_def(TensorType)
    b = operand_def(TensorType)
    bias = opt_operand_def(TensorType)
    transpose_a = prop_def(BOOL)
    transpose_b = prop_def(BOOL)
    activation = opt_prop_def(ActivationAttr)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """Broadcast batch axes, then rows of `a` and columns of `b`."""
        element = require_same_element(self.operands)
        a, b = shape_of(self.a), shape_of(self.b)
        require(len(a) >= 1 and len(b) >= 1, "matmul operands must not be scalars")
        rows, depth_a = _matrix(a, not self.transpose_a.value.data)
        columns, depth_b = _matrix(b, bool(self.transpose_b.value.data))
        if depth_a != depth_b:
            raise VerifyException(f"inner sizes differ: {depth_a} and {depth_b}")
        shape = (*broadcast(a[:-2], b[:-2]), *rows, *columns)
        if self.bias is not None and broadcast(shape, shape_of(self.bias)) != shape:
            raise VerifyException(f"bias must broadcast to {list(shape)}, got {self.bias.type}")
        check_activation(self.activation, None, 0)
        return [tensor_type(element, shape)]


def pooled_shape(
    x: Sequence[int],
    kernel: Ints,
    strides: Ints,
    dilations: Ints | None,
    pads_begin: Ints,
    pads_end: Ints,
    rounding: StringAttr,
) -> tuple[int, ...]:
    """The shape that pooling (without dilations: 1) makes of an input of shape `x`; checks the lists."""
    require(3 <= len(x) <= 5, f"the input must have rank 3 to 5, got {len(x)}")
    spatial = len(x) - 2
    lists = (
        ints_of(kernel),
        ints_of(strides),
        (1,) * spatial if dilations is None else ints_of(dilations),
        ints_of(pads_begin),
        ints_of(pads_end),
    )
    names = ("kernel", "strides", "dilations", "pads_begin", "pads_end")
    for name, values, least in zip(names, lists, (1, 1, 1, 0, 0), strict=True):
        check_length(name, values, spatial)
        check_at_least(name, values, least)
    size, step, apart, begin, end = lists
    return (*x[:2], *window_sizes(x[2:], size, step, apart, begin, end, rounding.data))


def _infer_pool(op: MaxPoolOp | AvgPoolOp, dilations: Ints | None) -> list[Tensor]:
    x = shape_of(op.x)
    shape = pooled_shape(x, op.kernel, op.strides, dilations, op.pads_begin, op.pads_end, op.rounding)
    return [tensor_type(element_of(op.x), shape)]


ROUNDING = choice("floor", "ceil", "ceil_torch")


@irdl_op_definition
class MaxPoolOp(ArhatOp):
    """The largest value of each window; padding does not count. Source: MaxPool-1, -8 and -14 (first output).

    ```
    %y = arhat.max_pool(%x) {kernel = [3, 3], strides = [2, 2], pads_begin = [0, 0], pads_end = [1, 1],
           dilations = [1, 1], rounding = "floor"} : (tensor<1x8x16x16xf32>) -> tensor<1x8x8x8xf32>
    ```
    """

    name = "arhat.max_pool"

    x = operand_def(TensorType)
    kernel = prop_def(INTS)
    strides = prop_def(INTS)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    dilations = prop_def(INTS)
    rounding = prop_def(ROUNDING)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, C, positions...]."""
        return _infer_pool(self, self.dilations)


@irdl_op_definition
class AvgPoolOp(ArhatOp):
    """The mean of each window; the divisor is the window's size, with `exclude_pad` that of its part inside the input.

    Where a model states no padding at all, OpenVINO excludes what rounding up lets a window reach: the importer sets
    `exclude_pad` then. Source: AvgPool-1 and -14.

    ```
    %y = arhat.avg_pool(%x) {kernel = [7, 7], strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0],
           rounding = "floor", exclude_pad = true} : (tensor<1x8x7x7xf32>) -> tensor<1x8x1x1xf32>
    ```
    """

    name = "arhat.avg_pool"

    x = operand_def(TensorType)
    kernel = prop_def(INTS)
    strides = prop_def(INTS)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    rounding = prop_def(ROUNDING)
    exclude_pad = prop_def(BOOL)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, C, positions...]."""
        require_float(self.x, "the input")
        return _infer_pool(self, None)


@irdl_op_definition
class SoftmaxOp(ArhatOp):
    """Softmax along `axis`. Source: SoftMax-1 and -8.

    ```
    %y = arhat.softmax(%x) {axis = 1} : (tensor<1x1000xf32>) -> tensor<1x1000xf32>
    ```
    """

    name = "arhat.softmax"

    x = operand_def(TensorType)
    axis = prop_def(INT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's type."""
        shape = shape_of(self.x)
        check_axes([self.axis.value.data], len(shape))
        return [tensor_type(require_float(self.x, "the input"), shape)]


@irdl_op_definition
class NormalizeL2Op(ArhatOp):
    """Divides by the L2 norm over `axes`: `x / sqrt(sum(x * x) (+ or max) eps)`. Source: NormalizeL2-1.

    Without axes each element is divided by its own magnitude, as the specification says.

    ```
    %y = arhat.normalize_l2(%x) {axes = [1], eps = 1.0e-10, eps_mode = "add"}
         : (tensor<1x512x38x38xf32>) -> tensor<1x512x38x38xf32>
    ```
    """

    name = "arhat.normalize_l2"

    x = operand_def(TensorType)
    axes = prop_def(INTS)
    eps = prop_def(FLOAT)
    eps_mode = prop_def(choice("add", "max"))
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's type."""
        shape = shape_of(self.x)
        check_axes(ints_of(self.axes), len(shape))
        return [tensor_type(require_float(self.x, "the input"), shape)]
