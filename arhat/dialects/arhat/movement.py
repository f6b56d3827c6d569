"""Operations that move elements and compute none."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType, i64
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def, var_operand_def
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.base import (
    FLOAT,
    INT,
    INTS,
    ArhatOp,
    Tensor,
    broadcast,
    check_at_least,
    check_axes,
    check_length,
    choice,
    element_of,
    elements,
    ints_of,
    is_integer,
    require,
    require_same_element,
    shape_of,
    tensor_type,
)


@irdl_op_definition
class ReshapeOp(ArhatOp):
    """The same elements in row-major order under another shape. Source: Reshape-1, Squeeze-1, Unsqueeze-1.

    ```
    %y = arhat.reshape(%x) {shape = [1, 512]} : (tensor<1x512x1x1xf32>) -> tensor<1x512xf32>
    ```
    """

    name = "arhat.reshape"

    x = operand_def(TensorType)
    shape = prop_def(INTS)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """`shape`, which must have as many elements as the operand."""
        source, shape = shape_of(self.x), ints_of(self.shape)
        check_at_least("shape", shape, 0)
        if elements(source) != elements(shape):
            raise VerifyException(
                f"cannot reshape {list(source)} to {list(shape)}: the element counts differ"
            )
        return [tensor_type(element_of(self.x), shape)]


@irdl_op_definition
class TransposeOp(ArhatOp):
    """Axis `i` of the result is axis `perm[i]` of the operand. Source: Transpose-1.

    ```
    %y = arhat.transpose(%x) {perm = [0, 2, 3, 1]} : (tensor<1x3x4x5xf32>) -> tensor<1x4x5x3xf32>
    ```
    """

    name = "arhat.transpose"

    x = operand_def(TensorType)
    perm = prop_def(INTS)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's shape in the order of `perm`."""
        shape, perm = shape_of(self.x), ints_of(self.perm)
        check_length("perm", perm, len(shape))
        check_axes(perm, len(shape))
        return [tensor_type(element_of(self.x), tuple(shape[p] for p in perm))]


@irdl_op_definition
class ConcatOp(ArhatOp):
    """Joins tensors along `axis`. Source: Concat-1.

    ```
    %y = arhat.concat(%a, %b) {axis = 1} : (tensor<1x2x4xf32>, tensor<1x3x4xf32>) -> tensor<1x5x4xf32>
    ```
    """

    name = "arhat.concat"

    xs = var_operand_def(TensorType)
    axis = prop_def(INT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The common shape with the sizes along `axis` added up."""
        operands = tuple(self.operands)
        require(len(operands) > 0, "concat needs at least one operand")
        element = require_same_element(operands)
        axis = self.axis.value.data
        first = shape_of(operands[0])
        check_axes([axis], len(first))
        total = 0
        for operand in operands:
            shape = shape_of(operand)
            if (
                len(shape) != len(first)
                or shape[:axis] != first[:axis]
                or shape[axis + 1 :] != first[axis + 1 :]
            ):
                raise VerifyException(f"cannot join {list(first)} and {list(shape)} along axis {axis}")
            total += shape[axis]
        return [tensor_type(element, (*first[:axis], total, *first[axis + 1 :]))]


@irdl_op_definition
class SliceOp(ArhatOp):
    """Takes `sizes[i]` elements of axis `i`, from `starts[i]` on, every `steps[i]`-th. Source:
    StridedSlice-1, Slice-8.

    ```
    %y = arhat.slice(%x) {starts = [0, 1], sizes = [2, 2], steps = [1, 2]} : (tensor<2x4xf32>) ->
         tensor<2x2xf32>
    ```
    """

    name = "arhat.slice"

    x = operand_def(TensorType)
    starts = prop_def(INTS)
    sizes = prop_def(INTS)
    steps = prop_def(INTS)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """`sizes`; every element taken must lie inside the operand. Steps may be negative, not zero."""
        shape = shape_of(self.x)
        starts, sizes, steps = ints_of(self.starts), ints_of(self.sizes), ints_of(self.steps)
        for name, values in (("starts", starts), ("sizes", sizes), ("steps", steps)):
            check_length(name, values, len(shape))
        check_at_least("sizes", sizes, 0)
        for axis, (dim, start, size, step) in enumerate(zip(shape, starts, sizes, steps, strict=True)):
            require(step != 0, f"the step of axis {axis} is zero")
            last = start + (size - 1) * step
            if size and not (0 <= start < dim and 0 <= last < dim):
                raise VerifyException(f"axis {axis} of size {dim} is sliced from {start} to {last}")
        return [tensor_type(element_of(self.x), sizes)]


@irdl_op_definition
class GatherOp(ArhatOp):
    """Picks slices of `x` along `axis` by `indices`. Source: Gather-1, -7 and -8.

    A negative index counts from the end. The first `batch_dims` axes of both operands go together. The
    importer refuses or folds indices out of range; the meaning of one is zeros, as OpenVINO's Gather-8 has
    it.

    ```
    %y = arhat.gather(%x, %i) {axis = 1, batch_dims = 0} : (tensor<2x4xf32>, tensor<3xi64>) -> tensor<2x3xf32>
    ```
    """

    name = "arhat.gather"

    x = operand_def(TensorType)
    indices = operand_def(TensorType)
    axis = prop_def(INT)
    batch_dims = prop_def(INT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """`x[:axis] + indices[batch_dims:] + x[axis + 1:]`."""
        x, indices = shape_of(self.x), shape_of(self.indices)
        require(is_integer(element_of(self.indices)), f"indices must be integers, got {self.indices.type}")
        axis, batch = self.axis.value.data, self.batch_dims.value.data
        check_axes([axis], len(x))
        require(0 <= batch <= min(axis, len(indices)), f"'batch_dims' {batch} is out of range")
        if x[:batch] != indices[:batch]:
            raise VerifyException(f"batch axes differ: {list(x[:batch])} and {list(indices[:batch])}")
        return [tensor_type(element_of(self.x), (*x[:axis], *indices[batch:], *x[axis + 1 :]))]


@irdl_op_definition
class PadOp(ArhatOp):
    """Puts elements around the operand: a constant, the edge or a mirror image. Source: Pad-1 and -12.

    Negative pads cut elements away.

    ```
    %y = arhat.pad(%x) {pads_begin = [0, 1], pads_end = [0, 2], mode = "constant", value = 0.0}
         : (tensor<2x4xf32>) -> tensor<2x7xf32>
    ```
    """

    name = "arhat.pad"

    x = operand_def(TensorType)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    mode = prop_def(choice("constant", "edge", "reflect", "symmetric"))
    value = prop_def(FLOAT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's shape with the pads added."""
        shape = shape_of(self.x)
        begin, end = ints_of(self.pads_begin), ints_of(self.pads_end)
        check_length("pads_begin", begin, len(shape))
        check_length("pads_end", end, len(shape))
        mode = self.mode.data
        for dim, before, after in zip(shape, begin, end, strict=True):
            require(dim + before + after >= 0, f"pads {before} and {after} cut more than the size {dim}")
            if mode == "edge":
                require(dim > 0 or max(before, after) <= 0, "cannot repeat the edge of an empty axis")
            elif mode != "constant":
                most = dim if mode == "symmetric" else dim - 1
                if max(before, after) > max(most, 0):
                    raise VerifyException(f"mode {mode} can add at most {most} to a size of {dim}")
        padded = tuple(d + b + e for d, b, e in zip(shape, begin, end, strict=True))
        return [tensor_type(element_of(self.x), padded)]


@irdl_op_definition
class TileOp(ArhatOp):
    """Repeats the operand `repeats[i]` times along axis `i`. Source: Tile-1.

    ```
    %y = arhat.tile(%x) {repeats = [2, 1]} : (tensor<2x3xf32>) -> tensor<4x3xf32>
    ```
    """

    name = "arhat.tile"

    x = operand_def(TensorType)
    repeats = prop_def(INTS)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's shape times `repeats`."""
        shape, repeats = shape_of(self.x), ints_of(self.repeats)
        check_length("repeats", repeats, len(shape))
        check_at_least("repeats", repeats, 0)
        return [tensor_type(element_of(self.x), tuple(d * r for d, r in zip(shape, repeats, strict=True)))]


@irdl_op_definition
class BroadcastOp(ArhatOp):
    """Repeats the operand to `shape` by NumPy's rule. Source: Broadcast-3.

    ```
    %y = arhat.broadcast(%x) {shape = [2, 3]} : (tensor<1x3xf32>) -> tensor<2x3xf32>
    ```
    """

    name = "arhat.broadcast"

    x = operand_def(TensorType)
    shape = prop_def(INTS)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """`shape`, to which the operand must broadcast."""
        source, shape = shape_of(self.x), ints_of(self.shape)
        check_at_least("shape", shape, 0)
        if broadcast(source, shape) != shape:
            raise VerifyException(f"cannot broadcast {list(source)} to {list(shape)}")
        return [tensor_type(element_of(self.x), shape)]


@irdl_op_definition
class ShapeOfOp(ArhatOp):
    """The operand's shape as i64 values. Source: ShapeOf-3."""

    name = "arhat.shape_of"

    x = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """One i64 per axis."""
        return [tensor_type(i64, (len(shape_of(self.x)),))]
