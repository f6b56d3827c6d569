"""Pooling with indices, and pooling to a given size."""

from __future__ import annotations

from math import prod

from xdsl.dialects.builtin import StringAttr, TensorType
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.base import (
    INT,
    INTS,
    ArhatOp,
    Ints,
    Tensor,
    check_at_least,
    check_length,
    element_of,
    ints_of,
    require,
    require_float,
    shape_of,
    tensor_type,
)
from arhat.dialects.arhat.indexing import INTEGERS, integer_type
from arhat.dialects.arhat.nn import ROUNDING, pooled_shape


def _index_type(kind: StringAttr, count: int) -> Attribute:
    """The element type of indices that count `count` elements."""
    if kind.data == "i32" and count > 1 << 31:
        raise VerifyException(f"i32 cannot count {count} elements")
    return integer_type(kind)


@irdl_op_definition
class MaxPoolWithIndicesOp(ArhatOp):
    """The largest value of each window, and where it was found; of equal ones the first.

    The index counts the elements of the input from dimension `axis` on: with 0 those of the whole tensor, with 2 those
    of one channel. A window that lies in padding alone gives the lowest finite value and the index of its channel's
    first element. Source: MaxPool-8 and -14.

    ```
    %y, %i = arhat.max_pool_with_indices(%x) {kernel = [2, 2], strides = [2, 2], pads_begin = [0, 0],
               pads_end = [0, 0], dilations = [1, 1], rounding = "floor", axis = 0, index_type = "i64"}
             : (tensor<1x8x16x16xf32>) -> (tensor<1x8x8x8xf32>, tensor<1x8x8x8xi64>)
    ```
    """

    name = "arhat.max_pool_with_indices"

    x = operand_def(TensorType)
    kernel = prop_def(INTS)
    strides = prop_def(INTS)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    dilations = prop_def(INTS)
    rounding = prop_def(ROUNDING)
    axis = prop_def(INT)
    index_type = prop_def(INTEGERS)
    result = result_def(TensorType)
    indices = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, C, positions...], twice."""
        x = shape_of(self.x)
        shape = pooled_shape(
            x, self.kernel, self.strides, self.dilations, self.pads_begin, self.pads_end, self.rounding
        )
        axis = self.axis.value.data
        require(0 <= axis < len(x), f"'axis' must be from 0 to {len(x) - 1}, got {axis}")
        index = _index_type(self.index_type, prod(x[axis:]))
        return [tensor_type(element_of(self.x), shape), tensor_type(index, shape)]


def _adaptive(value: SSAValue, sizes: Ints) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shapes of the input and of the result of pooling to `sizes`."""
    x, given = shape_of(value), ints_of(sizes)
    require(3 <= len(x) <= 5, f"the input must have rank 3 to 5, got {len(x)}")
    check_length("sizes", given, len(x) - 2)
    check_at_least("sizes", given, 1)
    if min(x[2:]) < 1:
        raise VerifyException("the input must not be empty")
    return x, (*x[:2], *given)


@irdl_op_definition
class AdaptiveAvgPoolOp(ArhatOp):
    """The mean of each window, where the windows are cut so that `sizes` of them cover the input.

    Window `i` of `n` along an axis of size `s` reaches from `floor(i * s / n)` to `ceil((i + 1) * s / n)`. Source:
    AdaptiveAvgPool-8.

    ```
    %y = arhat.adaptive_avg_pool(%x) {sizes = [3, 3]} : (tensor<1x8x7x7xf32>) -> tensor<1x8x3x3xf32>
    ```
    """

    name = "arhat.adaptive_avg_pool"

    x = operand_def(TensorType)
    sizes = prop_def(INTS)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, C, sizes...]."""
        require_float(self.x, "the input")
        return [tensor_type(element_of(self.x), _adaptive(self.x, self.sizes)[1])]


@irdl_op_definition
class AdaptiveMaxPoolOp(ArhatOp):
    """The largest value of each window of `arhat.adaptive_avg_pool`, and its place in its channel; of equal ones the
    first. Source: AdaptiveMaxPool-8.

    ```
    %y, %i = arhat.adaptive_max_pool(%x) {sizes = [3, 3], index_type = "i64"}
             : (tensor<1x8x7x7xf32>) -> (tensor<1x8x3x3xf32>, tensor<1x8x3x3xi64>)
    ```
    """

    name = "arhat.adaptive_max_pool"

    x = operand_def(TensorType)
    sizes = prop_def(INTS)
    index_type = prop_def(INTEGERS)
    result = result_def(TensorType)
    indices = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, C, sizes...], twice."""
        x, shape = _adaptive(self.x, self.sizes)
        index = _index_type(self.index_type, prod(x[2:]))
        return [tensor_type(element_of(self.x), shape), tensor_type(index, shape)]
