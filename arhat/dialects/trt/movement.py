"""Layers that move values: concatenation, gather, scatter, shuffle, slice and others."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from xdsl.dialects.builtin import TensorType, i8, i32, i64
from xdsl.ir import Attribute
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    var_operand_def,
)

from arhat.dialects.arhat.base import INT, INTS, check_at_least, check_length, choice, ints_of, require
from arhat.dialects.trt.base import (
    ELEMENTS,
    INTEGERS,
    AnyTensor,
    LayerOp,
    SameTypeOp,
    element_of,
    known_values,
    require_axis,
    require_constant,
    require_element,
    shape_of,
    tensor,
)

SAMPLE_MODES = ("strict_bounds", "wrap", "clamp", "fill", "reflect")


@irdl_op_definition
class ConcatenationOp(LayerOp):
    """Tensors one after the other along `axis`: IConcatenationLayer.

    ```
    %y = trt.concatenation(%a, %b) {axis = 1} : (tensor<1x8x4xf32>, tensor<1x16x4xf32>) -> tensor<1x24x4xf32>
    ```
    """

    name = "trt.concatenation"
    inputs = var_operand_def(TensorType)
    axis = prop_def(INT)
    ELEMENTS: ClassVar = (*ELEMENTS, i8)

    def infer(self) -> Sequence[AnyTensor]:
        """One element type, one shape but for the axis."""
        require(len(self.inputs) >= 1, "a concatenation has an operand")
        element, shape = self.first()
        axis = self.axis.value.data
        require_axis(axis, len(shape))
        rest = (*shape[:axis], *shape[axis + 1 :])
        for value in self.inputs:
            other = shape_of(value)
            require(
                element_of(value) == element,
                f"operands have one element type, got {element} and {element_of(value)}",
            )
            require(
                len(other) == len(shape) and (*other[:axis], *other[axis + 1 :]) == rest,
                f"operands differ along axis {axis} only, got {list(shape)} and {list(other)}",
            )
        total = sum(shape_of(value)[axis] for value in self.inputs)
        return [tensor(element, (*shape[:axis], total, *shape[axis + 1 :]))]


@irdl_op_definition
class GatherOp(LayerOp):
    """Elements of `data` at `indices`, 0 for indices out of bounds: IGatherLayer.

    `default`: slices along `axis`, as NumPy's `take`; `element`: as `take_along_axis`; `nd`: slices that the tuples in
    the last axis of `indices` name. The first `elementwise_dims` axes of both operands go together.

    ```
    %y = trt.gather(%x, %i) {mode = "default", axis = 0, elementwise_dims = 0}
         : (tensor<100x16xf32>, tensor<4xi32>) -> tensor<4x16xf32>
    ```
    """

    name = "trt.gather"
    data = operand_def(TensorType)
    indices = operand_def(TensorType)
    mode = prop_def(choice("default", "element", "nd"))
    axis = prop_def(INT)
    elementwise_dims = prop_def(INT)
    ELEMENTS: ClassVar = ELEMENTS

    def infer(self) -> Sequence[AnyTensor]:
        """The shape by mode."""
        element, data = self.first()
        require_element(self.indices, INTEGERS, "'indices'")
        indices, mode = shape_of(self.indices), self.mode.data
        axis, shared = self.axis.value.data, self.elementwise_dims.value.data
        require(len(data) >= 1, "'data' is not a scalar")
        if mode == "nd":
            require(axis == 0, f"mode 'nd' has no axis: it is 0, got {axis}")
            require(len(indices) >= 1, "'indices' of mode 'nd' is not a scalar")
            require(
                0 <= shared < min(len(data), len(indices)),
                f"'elementwise_dims' {shared} is out of range for ranks {len(data)} and {len(indices)}",
            )
            require(
                data[:shared] == indices[:shared],
                f"the first {shared} extents are the same, got {list(data)} and {list(indices)}",
            )
            depth = indices[-1]
            require(
                1 <= depth <= len(data) - shared,
                f"tuples of {depth} do not index {len(data) - shared} axes",
            )
            return [tensor(element, (*indices[:-1], *data[shared + depth :]))]
        require_axis(axis, len(data))
        if mode == "element":
            require(shared == 0, f"mode 'element' has no shared axes, got {shared}")
            require(len(indices) == len(data), f"ranks are the same, got {len(data)} and {len(indices)}")
            for i, (n, m) in enumerate(zip(data, indices, strict=True)):
                require(i == axis or m <= n, f"'indices' {list(indices)} reach out of 'data' {list(data)}")
            return [tensor(element, indices)]
        require(shared in (0, 1), f"mode 'default' has one shared axis at most, got {shared}")
        require(shared <= len(indices), "'indices' has the shared axis")
        require(shared <= axis, f"'axis' {axis} is one of the shared axes")
        head = list(data[:axis])
        if shared:
            require(
                data[0] == indices[0] or 1 in (data[0], indices[0]),
                f"the shared extents {data[0]} and {indices[0]} do not broadcast",
            )
            head[0] = max(data[0], indices[0])
        return [tensor(element, (*head, *indices[shared:], *data[axis + 1 :]))]


@irdl_op_definition
class ScatterOp(SameTypeOp):
    """`data` with elements replaced by `updates` where `indices` say: IScatterLayer.

    `element`: as `put_along_axis`; `nd`: slices that the tuples in the last axis of `indices` name. Two updates of one
    place have no defined result.

    ```
    %y = trt.scatter(%x, %i, %u) {mode = "nd", axis = 0}
         : (tensor<8x4xf32>, tensor<2x1xi32>, tensor<2x4xf32>) -> tensor<8x4xf32>
    ```
    """

    name = "trt.scatter"
    data = operand_def(TensorType)
    indices = operand_def(TensorType)
    updates = operand_def(TensorType)
    mode = prop_def(choice("element", "nd"))
    axis = prop_def(INT)
    ELEMENTS: ClassVar = ELEMENTS

    def check(self, element: Attribute, shape: tuple[int, ...]) -> None:
        """Shapes of indices and updates by mode."""
        require_element(self.indices, INTEGERS, "'indices'")
        require(
            element_of(self.updates) == element,
            f"'data' and 'updates' have one element type, got {element} and {element_of(self.updates)}",
        )
        indices, updates, axis = shape_of(self.indices), shape_of(self.updates), self.axis.value.data
        if self.mode.data == "element":
            require_axis(axis, len(shape))
            require(len(indices) == len(shape), f"ranks are the same, got {len(shape)} and {len(indices)}")
            require(
                updates == indices,
                f"there is one update for each index, got {list(updates)} and {list(indices)}",
            )
            return
        require(axis == 0, f"mode 'nd' has no axis: it is 0, got {axis}")
        require(len(indices) >= 1, "'indices' of mode 'nd' is not a scalar")
        depth = indices[-1]
        require(1 <= depth <= len(shape), f"tuples of {depth} do not index {len(shape)} axes")
        expected = (*indices[:-1], *shape[depth:])
        require(updates == expected, f"'updates' should be {list(expected)}, not {list(updates)}")


@irdl_op_definition
class OneHotOp(LayerOp):
    """A new axis with `values[1]` where it equals the index, `values[0]` elsewhere: IOneHotLayer.

    `depth` (one constant number) is the extent of the new axis.

    ```
    %y = trt.one_hot(%i, %v, %d) {axis = 1} : (tensor<4xi32>, tensor<2xf32>, tensor<i32>) -> tensor<4x10xf32>
    ```
    """

    name = "trt.one_hot"
    indices = operand_def(TensorType)
    values = operand_def(TensorType)
    depth = operand_def(TensorType)
    axis = prop_def(INT)
    ELEMENTS: ClassVar = (i32,)

    def infer(self) -> Sequence[AnyTensor]:
        """The shape of the indices with the depth put in; where it is not written out, as the result's type says."""
        _, indices = self.first()
        element = require_element(self.values, ELEMENTS, "'values'")
        require(shape_of(self.values) == (2,), f"'values' is [off, on], got {self.values.type}")
        require_element(self.depth, INTEGERS, "'depth'")
        require(shape_of(self.depth) == (), f"'depth' is one number, got {self.depth.type}")
        require_constant(self.depth, "'depth'")
        axis = self.axis.value.data
        require_axis(axis, len(indices) + 1)
        require(len(self.results) == 1, "a one_hot needs its result type")
        result = shape_of(self.output)
        depth = int((*known_values(self.depth), result[axis] if len(result) > axis else 1)[0])
        return [tensor(element, (*indices[:axis], depth, *indices[axis:]))]


@irdl_op_definition
class ReverseSequenceOp(SameTypeOp):
    """The first `lengths[b]` elements along `sequence_axis` in reverse, for each `b` of `batch_axis`:
    IReverseSequenceLayer.

    ```
    %y = trt.reverse_sequence(%x, %n) {batch_axis = 0, sequence_axis = 1}
         : (tensor<2x8x4xf32>, tensor<2xi32>) -> tensor<2x8x4xf32>
    ```
    """

    name = "trt.reverse_sequence"
    x = operand_def(TensorType)
    lengths = operand_def(TensorType)
    batch_axis = prop_def(INT)
    sequence_axis = prop_def(INT)
    ELEMENTS: ClassVar = ELEMENTS

    def check(self, element: Attribute, shape: tuple[int, ...]) -> None:
        """Two axes, one length for each extent of the first."""
        require_element(self.lengths, INTEGERS, "'lengths'")
        batch, sequence = self.batch_axis.value.data, self.sequence_axis.value.data
        require_axis(batch, len(shape), "batch_axis")
        require_axis(sequence, len(shape), "sequence_axis")
        require(batch != sequence, "'batch_axis' and 'sequence_axis' are two axes")
        require(
            shape_of(self.lengths) == (shape[batch],),
            f"there are {shape[batch]} lengths, got {self.lengths.type}",
        )


@irdl_op_definition
class ShapeOp(LayerOp):
    """The shape of `x`, as i64: IShapeLayer.

    ```
    %n = trt.shape(%x) : (tensor<8x3x224x224xf32>) -> tensor<4xi64>
    ```
    """

    name = "trt.shape"
    x = operand_def(TensorType)
    ELEMENTS: ClassVar = (*ELEMENTS, i8)

    def infer(self) -> Sequence[AnyTensor]:
        """One number for each axis."""
        _, shape = self.first()
        return [tensor(i64, (len(shape),))]


@irdl_op_definition
class ShuffleOp(LayerOp):
    """A transposition, a new shape, a second transposition, each optional: IShuffleLayer.

    Axis `i` of a transposed tensor is axis `transpose[i]` of what went in. A 0 in `reshape` is an extent of 0, never a
    placeholder; one extent may be -1: what is left.

    ```
    %y = trt.shuffle(%x) {first_transpose = [0, 2, 3, 1], reshape = [1, 49, 2048]}
         : (tensor<1x2048x7x7xf32>) -> tensor<1x49x2048xf32>
    ```
    """

    name = "trt.shuffle"
    x = operand_def(TensorType)
    first_transpose = opt_prop_def(INTS)
    reshape = opt_prop_def(INTS)
    second_transpose = opt_prop_def(INTS)
    ELEMENTS: ClassVar = (*ELEMENTS, i8)

    def infer(self) -> Sequence[AnyTensor]:
        """The shape after the three steps."""
        element, shape = self.first()
        if self.first_transpose is not None:
            shape = permuted("first_transpose", ints_of(self.first_transpose), shape)
        shape = self.reshaped(shape)
        if self.second_transpose is not None:
            shape = permuted("second_transpose", ints_of(self.second_transpose), shape)
        return [tensor(element, shape)]

    def reshaped(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """`shape` (after the first transposition) after `reshape`."""
        if self.reshape is None:
            return shape
        asked = ints_of(self.reshape)
        check_at_least("reshape", asked, -1)
        count, rest = prod(shape), prod(n for n in asked if n >= 0)
        if -1 in asked:
            require(asked.count(-1) == 1, f"'reshape' leaves one extent open at most, got {list(asked)}")
            require(rest > 0 and count % rest == 0, f"{list(shape)} does not go into {list(asked)}")
            asked = tuple(count // rest if n == -1 else n for n in asked)
        require(prod(asked) == count, f"{list(shape)} has {count} elements, {list(asked)} {prod(asked)}")
        return asked


def permuted(name: str, order: Sequence[int], shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` with its axes in `order`, the property `name`."""
    require(
        sorted(order) == list(range(len(shape))),
        f"'{name}' {list(order)} is no permutation of {len(shape)} axes",
    )
    return tuple(shape[axis] for axis in order)


@irdl_op_definition
class SliceOp(LayerOp):
    """Elements `starts + i * strides`, `sizes` of them along each axis: ISliceLayer.

    What lies outside is, by mode: an error (`strict_bounds`), periodic (`wrap`), the nearest element (`clamp`), `fill`
    (`fill`), mirrored (`reflect`). Padding is a slice that starts below 0. `dynamic_sizes` replaces `sizes` while the
    engine runs (they are then those of the largest batch).

    ```
    %y = trt.slice(%x, fill = %z) {starts = [0, 0, -1, -1], sizes = [1, 3, 10, 10], strides = [1, 1, 1, 1],
           mode = "fill"}
         : (tensor<1x3x8x8xf32>, tensor<f32>) -> tensor<1x3x10x10xf32>
    ```
    """

    name = "trt.slice"
    x = operand_def(TensorType)
    fill = opt_operand_def(TensorType)
    dynamic_sizes = opt_operand_def(TensorType)
    starts = prop_def(INTS)
    sizes = prop_def(INTS)
    strides = prop_def(INTS)
    mode = prop_def(choice(*SAMPLE_MODES))
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    ELEMENTS: ClassVar = (*ELEMENTS, i8)

    def infer(self) -> Sequence[AnyTensor]:
        """`sizes`; in bounds where the mode asks for it."""
        element, shape = self.first()
        starts, sizes, strides = ints_of(self.starts), ints_of(self.sizes), ints_of(self.strides)
        for name, values in (("starts", starts), ("sizes", sizes), ("strides", strides)):
            check_length(name, values, len(shape))
        check_at_least("sizes", sizes, 0)
        mode = self.mode.data
        require(mode == "fill" or self.fill is None, f"mode '{mode}' takes no 'fill'")
        if self.fill is not None:
            require(
                element_of(self.fill) == element and shape_of(self.fill) == (),
                f"'fill' is one {element}, got {self.fill.type}",
            )
        if self.dynamic_sizes is not None:
            require_element(self.dynamic_sizes, INTEGERS, "'dynamic_sizes'")
            require(
                shape_of(self.dynamic_sizes) == (len(shape),),
                f"'dynamic_sizes' has one number for each axis, got {self.dynamic_sizes.type}",
            )
        for axis, (n, start, size, stride) in enumerate(zip(shape, starts, sizes, strides, strict=True)):
            last = start + (size - 1) * stride
            inside = size == 0 or (0 <= start < n and 0 <= last < n)
            if mode == "strict_bounds":
                require(inside, f"axis {axis}: elements {start} to {last} do not lie in {n}")
            elif mode != "fill":
                require(inside or n > 0, f"axis {axis} of extent 0 has nothing to repeat")
        return [tensor(element, sizes)]
