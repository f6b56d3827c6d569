"""Operations whose operands say where elements come from or go to; selection and decoding."""

from __future__ import annotations

from xdsl.dialects.builtin import StringAttr, TensorType, i1, i32, i64
from xdsl.ir import Attribute
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import (
    BOOL,
    INT,
    ArhatOp,
    Tensor,
    check_axes,
    choice,
    element_of,
    is_integer,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
)

INTEGERS = choice("i32", "i64")
"""The element type of results that are positions or counts."""


def integer_type(name: StringAttr) -> Attribute:
    """The element type that a property of kind `INTEGERS` names."""
    return i64 if name.data == "i64" else i32


def _require_reducible(element: Attribute, reduction: StringAttr) -> None:
    known = reduction.data in ("none", "min", "max")
    require(element != i1 or known, f"reduction {reduction.data} has no meaning for booleans")


def _require_integers(op: ArhatOp, index: int, what: str) -> None:
    value = op.operands[index]
    require(is_integer(element_of(value)), f"{what} must be integers, got {value.type}")


@irdl_op_definition
class ScatterUpdateOp(ArhatOp):
    """`x` with slices replaced by, or reduced with, `updates`. Source: ScatterUpdate-3, ScatterNDUpdate-4 and -15.

    The last axis of `indices` holds tuples; one names a slice by its positions along the axes of `x` from `axis` on.
    Negative positions count from the end; a slice out of range is not updated. Updates apply in their order, so that
    of several for one slice the last stays, unless `reduction` is another than `none`.

    ```
    %y = arhat.scatter_update(%x, %i, %u) {axis = 1, reduction = "none"}
         : (tensor<2x4x5xf32>, tensor<3x1xi64>, tensor<2x3x5xf32>) -> tensor<2x4x5xf32>
    ```
    """

    name = "arhat.scatter_update"

    x = operand_def(TensorType)
    indices = operand_def(TensorType)
    updates = operand_def(TensorType)
    axis = prop_def(INT)
    reduction = prop_def(choice("none", "sum", "sub", "prod", "min", "max"))
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The type of `x`; updates are `x[:axis] + indices[:-1] + x[axis + tuple size:]`."""
        x, indices, updates = (shape_of(operand) for operand in self.operands)
        element = require_same_element([self.x, self.updates])
        _require_reducible(element, self.reduction)
        _require_integers(self, 1, "indices")
        require(len(indices) > 0, "indices need an axis of tuples")
        axis, depth = self.axis.value.data, indices[-1]
        require(0 <= axis <= len(x), f"axis {axis} is out of range for rank {len(x)}")
        require(
            axis + depth <= len(x),
            f"tuples of {depth} positions do not fit the axes of {list(x)} from {axis} on",
        )
        expected = (*x[:axis], *indices[:-1], *x[axis + depth :])
        require(updates == expected, f"updates must have shape {list(expected)}, got {list(updates)}")
        return [tensor_type(element, x)]


@irdl_op_definition
class ScatterElementsUpdateOp(ArhatOp):
    """`x` with single elements replaced by, or reduced with, `updates`. Source: ScatterElementsUpdate-3 and -12.

    An update goes to its own coordinates, but for that of `axis`, which `indices` gives. Negative positions count from
    the end; one out of range updates nothing. With `use_init_val` the element of `x` takes part in the reduction. The
    mean of integers is rounded down.

    ```
    %y = arhat.scatter_elements_update(%x, %i, %u) {axis = 0, reduction = "sum", use_init_val = true}
         : (tensor<4x3xf32>, tensor<2x3xi64>, tensor<2x3xf32>) -> tensor<4x3xf32>
    ```
    """

    name = "arhat.scatter_elements_update"

    x = operand_def(TensorType)
    indices = operand_def(TensorType)
    updates = operand_def(TensorType)
    axis = prop_def(INT)
    reduction = prop_def(choice("none", "sum", "prod", "min", "max", "mean"))
    use_init_val = prop_def(BOOL)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The type of `x`; indices and updates have one shape, no larger than that of `x` off the axis."""
        x, indices, updates = (shape_of(operand) for operand in self.operands)
        element = require_same_element([self.x, self.updates])
        _require_reducible(element, self.reduction)
        _require_integers(self, 1, "indices")
        axis = self.axis.value.data
        check_axes([axis], len(x))
        require(indices == updates, f"indices {list(indices)} and updates {list(updates)} differ in shape")
        fits = len(indices) == len(x) and all(
            i == axis or a <= b for i, (a, b) in enumerate(zip(indices, x, strict=True))
        )
        require(fits, f"indices {list(indices)} do not fit {list(x)} along axis {axis}")
        return [tensor_type(element, x)]


@irdl_op_definition
class GatherElementsOp(ArhatOp):
    """Picks single elements: the coordinate of `axis` is that of `indices`, the others stay. Source: GatherElements-6.

    Negative positions count from the end; one out of range gives zero.

    ```
    %y = arhat.gather_elements(%x, %i) {axis = 1} : (tensor<2x4xf32>, tensor<2x3xi64>) -> tensor<2x3xf32>
    ```
    """

    name = "arhat.gather_elements"

    x = operand_def(TensorType)
    indices = operand_def(TensorType)
    axis = prop_def(INT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The shape of `indices`, which is that of `x` but along the axis."""
        x, indices = shape_of(self.x), shape_of(self.indices)
        _require_integers(self, 1, "indices")
        axis = self.axis.value.data
        check_axes([axis], len(x))
        fits = len(indices) == len(x) and all(
            i == axis or a == b for i, (a, b) in enumerate(zip(indices, x, strict=True))
        )
        require(fits, f"indices {list(indices)} do not fit {list(x)} along axis {axis}")
        return [tensor_type(element_of(self.x), indices)]


@irdl_op_definition
class GatherNdOp(ArhatOp):
    """Picks slices by tuples of positions. Source: GatherND-5 and -8.

    The last axis of `indices` holds the tuples; the first `batch_dims` axes of both operands go together. Negative
    positions count from the end; a slice out of range is zeros.

    ```
    %y = arhat.gather_nd(%x, %i) {batch_dims = 0} : (tensor<2x4x5xf32>, tensor<3x2xi64>) -> tensor<3x5xf32>
    ```
    """

    name = "arhat.gather_nd"

    x = operand_def(TensorType)
    indices = operand_def(TensorType)
    batch_dims = prop_def(INT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """`indices[:-1] + x[batch_dims + tuple size:]`."""
        x, indices = shape_of(self.x), shape_of(self.indices)
        _require_integers(self, 1, "indices")
        batch = self.batch_dims.value.data
        require(0 <= batch < len(indices), f"'batch_dims' {batch} is out of range")
        require(
            x[:batch] == indices[:batch], f"batch axes differ: {list(x[:batch])} and {list(indices[:batch])}"
        )
        depth = indices[-1]
        require(
            batch + depth <= len(x),
            f"tuples of {depth} positions do not fit the axes of {list(x)} from {batch} on",
        )
        return [tensor_type(element_of(self.x), (*indices[:-1], *x[batch + depth :]))]


@irdl_op_definition
class TopKOp(ArhatOp):
    """The `k` largest or smallest elements along `axis`, and where they are. Source: TopK-1, -3 and -11.

    Of equal elements that with the lower position comes first and is preferred, whether or not a stable order is asked
    for. `sort` orders the chosen ones by value (best first) or by position.

    ```
    %v, %i = arhat.topk(%x) {axis = 1, k = 2, mode = "max", sort = "value", index_type = "i32"}
             : (tensor<1x9xf32>) -> (tensor<1x2xf32>, tensor<1x2xi32>)
    ```
    """

    name = "arhat.topk"

    x = operand_def(TensorType)
    axis = prop_def(INT)
    k = prop_def(INT)
    mode = prop_def(choice("max", "min"))
    sort = prop_def(choice("value", "index"))
    index_type = prop_def(INTEGERS)
    values = result_def(TensorType)
    positions = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """Twice the operand's shape with `k` along the axis: values and positions."""
        x, axis, k = shape_of(self.x), self.axis.value.data, self.k.value.data
        check_axes([axis], len(x))
        require(0 <= k <= x[axis], f"cannot take {k} of the {x[axis]} elements of axis {axis}")
        shape = (*x[:axis], k, *x[axis + 1 :])
        return [tensor_type(element_of(self.x), shape), tensor_type(integer_type(self.index_type), shape)]


@irdl_op_definition
class OneHotOp(ArhatOp):
    """A new axis of size `depth`: `on` at the position that `indices` gives, `off` elsewhere. Source: OneHot-1, -16.

    A position out of range gives `off` alone; `normalize` lets negative ones count from the end.

    ```
    %y = arhat.one_hot(%i, %on, %off) {axis = 1, depth = 4, normalize = false}
         : (tensor<3xi64>, tensor<f32>, tensor<f32>) -> tensor<3x4xf32>
    ```
    """

    name = "arhat.one_hot"

    indices = operand_def(TensorType)
    on = operand_def(TensorType)
    off = operand_def(TensorType)
    axis = prop_def(INT)
    depth = prop_def(INT)
    normalize = prop_def(BOOL)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The shape of `indices` with `depth` put in at the axis."""
        indices, axis, depth = shape_of(self.indices), self.axis.value.data, self.depth.value.data
        _require_integers(self, 0, "indices")
        element = require_same_element([self.on, self.off])
        require(shape_of(self.on) == shape_of(self.off) == (), "'on' and 'off' must be scalars")
        check_axes([axis], len(indices) + 1)
        require(depth >= 0, f"'depth' must not be negative, got {depth}")
        return [tensor_type(element, (*indices[:axis], depth, *indices[axis:]))]


@irdl_op_definition
class BucketizeOp(ArhatOp):
    """The number of the interval between `buckets`, in ascending order, that each element lies in. Source: Bucketize-3.

    `right_bound`: an interval holds its right end, else its left.

    ```
    %y = arhat.bucketize(%x, %b) {right_bound = true, index_type = "i64"}
         : (tensor<2x3xf32>, tensor<4xf32>) -> tensor<2x3xi64>
    ```
    """

    name = "arhat.bucketize"

    x = operand_def(TensorType)
    buckets = operand_def(TensorType)
    right_bound = prop_def(BOOL)
    index_type = prop_def(INTEGERS)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's shape."""
        require(len(shape_of(self.buckets)) == 1, f"buckets must be a list, got {self.buckets.type}")
        require_same_element([self.x, self.buckets])
        return [tensor_type(integer_type(self.index_type), shape_of(self.x))]


@irdl_op_definition
class ReverseSequenceOp(ArhatOp):
    """Reverses the first `lengths[b]` elements along `seq_axis` of each slice `b` of `batch_axis`. Source:
    ReverseSequence-1.

    ```
    %y = arhat.reverse_sequence(%x, %n) {batch_axis = 0, seq_axis = 1}
         : (tensor<2x9x3xf32>, tensor<2xi32>) -> tensor<2x9x3xf32>
    ```
    """

    name = "arhat.reverse_sequence"

    x = operand_def(TensorType)
    lengths = operand_def(TensorType)
    batch_axis = prop_def(INT)
    seq_axis = prop_def(INT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's type. A length beyond the axis is taken for all of it."""
        x = shape_of(self.x)
        batch, sequence = self.batch_axis.value.data, self.seq_axis.value.data
        check_axes([batch, sequence], len(x))
        _require_integers(self, 1, "lengths")
        lengths = shape_of(self.lengths)
        require(lengths == (x[batch],), f"lengths must have shape {[x[batch]]}, got {list(lengths)}")
        return [tensor_type(element_of(self.x), x)]


@irdl_op_definition
class CtcGreedyDecoderOp(ArhatOp):
    """The best class of each step, repetitions (with `merge_repeated`) and blanks left out. Source: CTCGreedyDecoder-1.

    `x` is [T, N, C], `mask` [T, N]: a sequence ends at its first zero. The last class is the blank. What is left of a
    row of the result is -1. Of equal scores the first class counts.

    ```
    %y = arhat.ctc_greedy_decoder(%x, %m) {merge_repeated = true}
         : (tensor<88x1x71xf32>, tensor<88x1xf32>) -> tensor<1x88x1x1xf32>
    ```
    """

    name = "arhat.ctc_greedy_decoder"

    x = operand_def(TensorType)
    mask = operand_def(TensorType)
    merge_repeated = prop_def(BOOL)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, T, 1, 1] of the operand's element type."""
        x, mask = shape_of(self.x), shape_of(self.mask)
        element = require_float(self.x, "the input")
        require_same_element([self.x, self.mask])
        require(len(x) == 3 and x[2] > 0, f"the input must be [T, N, C] with classes, got {list(x)}")
        require(mask == x[:2], f"the mask must have shape {list(x[:2])}, got {list(mask)}")
        return [tensor_type(element, (x[1], x[0], 1, 1))]


@irdl_op_definition
class CtcGreedyDecoderSeqLenOp(ArhatOp):
    """As `arhat.ctc_greedy_decoder`, for sequences of given lengths. Source: CTCGreedyDecoderSeqLen-6.

    `x` is [N, T, C], `lengths` [N]; `blank` is the class of the blank. The second result counts each row's classes.

    ```
    %y, %n = arhat.ctc_greedy_decoder_seq_len(%x, %l) {blank = 70, merge_repeated = true, class_type = "i32",
               length_type = "i32"} : (tensor<1x88x71xf32>, tensor<1xi32>) -> (tensor<1x88xi32>, tensor<1xi32>)
    ```
    """

    name = "arhat.ctc_greedy_decoder_seq_len"

    x = operand_def(TensorType)
    lengths = operand_def(TensorType)
    blank = prop_def(INT)
    merge_repeated = prop_def(BOOL)
    class_type = prop_def(INTEGERS)
    length_type = prop_def(INTEGERS)
    classes = result_def(TensorType)
    counts = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, T] and [N]. A length beyond T is taken for T."""
        x, lengths = shape_of(self.x), shape_of(self.lengths)
        require_float(self.x, "the input")
        _require_integers(self, 1, "lengths")
        require(len(x) == 3 and x[2] > 0, f"the input must be [N, T, C] with classes, got {list(x)}")
        require(lengths == x[:1], f"lengths must have shape {[x[0]]}, got {list(lengths)}")
        return [
            tensor_type(integer_type(self.class_type), x[:2]),
            tensor_type(integer_type(self.length_type), x[:1]),
        ]
