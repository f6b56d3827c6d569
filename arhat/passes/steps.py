"""What the lowerings to all targets share: the ops that take the place of one, among them movements of elements."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import FloatAttr, IntegerAttr, NoneAttr, StringAttr, TensorType, f64, i64
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects import kernel
from arhat.dialects.arhat.base import ints
from arhat.dialects.kernel import memory, tensor_of


class Steps:
    """The ops that take the place of one, in order."""

    def __init__(self) -> None:
        self.ops: list[Operation] = []

    def add(self, op: Operation) -> SSAValue:
        """Append an op; its first result."""
        self.ops.append(op)
        return op.results[0]

    def view(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        """The same elements under another shape."""
        type_ = tensor_of(value)
        if type_.get_shape() == tuple(shape):
            return value
        return self.add(
            memory.ViewOp.create(
                operands=[value], result_types=[TensorType(type_.element_type, shape, NoneAttr())]
            )
        )

    def convert(self, value: SSAValue, element: Attribute) -> SSAValue:
        """The same numbers as elements of another type."""
        type_ = tensor_of(value)
        if type_.element_type == element:
            return value
        return self.add(
            kernel.ConvertOp.make([value], {}, TensorType(element, type_.get_shape(), NoneAttr()))
        )

    def transpose(self, value: SSAValue, perm: Sequence[int]) -> SSAValue:
        """The axes in another order; a view where only axes of size 1 move."""
        shape = tensor_of(value).get_shape()
        result = [shape[axis] for axis in perm]
        kept = [axis for axis in perm if shape[axis] != 1]
        if kept == sorted(kept):
            return self.view(value, result)
        return self.kernel(kernel.TransposeOp, [value], {"perm": ints(perm)}, result)

    def slice(
        self, value: SSAValue, starts: Sequence[int], sizes: Sequence[int], steps: Sequence[int]
    ) -> SSAValue:
        """`sizes` elements from `starts` on, every `steps`-th."""
        if tuple(sizes) == tensor_of(value).get_shape() and all(step == 1 for step in steps):
            return value
        properties: dict[str, Attribute] = {
            "starts": ints(starts),
            "sizes": ints(sizes),
            "steps": ints(steps),
        }
        return self.kernel(kernel.SliceOp, [value], properties, sizes)

    def pad(self, value: SSAValue, axis: int, before: int, after: int) -> SSAValue:
        """Zeros at both ends of an axis; where negative, elements are cut off."""
        shape = list(tensor_of(value).get_shape())
        rank = len(shape)
        if before < 0 or after < 0:
            starts = [max(-before, 0) if i == axis else 0 for i in range(rank)]
            shape[axis] += min(before, 0) + min(after, 0)
            value = self.slice(value, starts, shape, [1] * rank)
            before, after = max(before, 0), max(after, 0)
        if not before and not after:
            return value
        shape[axis] += before + after
        properties: dict[str, Attribute] = {
            "pads_begin": ints([before if i == axis else 0 for i in range(rank)]),
            "pads_end": ints([after if i == axis else 0 for i in range(rank)]),
            "mode": StringAttr("constant"),
            "value": FloatAttr(0.0, f64),
        }
        return self.kernel(kernel.PadOp, [value], properties, shape)

    def concat(self, values: Sequence[SSAValue], axis: int) -> SSAValue:
        """The values one after the other along an axis."""
        if len(values) == 1:
            return values[0]
        shape = list(tensor_of(values[0]).get_shape())
        shape[axis] = sum(tensor_of(value).get_shape()[axis] for value in values)
        return self.kernel(kernel.ConcatOp, values, {"axis": IntegerAttr(axis, i64)}, shape)

    def kernel(
        self,
        kind: type[kernel.KernelOp],
        operands: Sequence[SSAValue],
        properties: dict[str, Attribute],
        shape: Sequence[int],
    ) -> SSAValue:
        """A kernel whose result has the element type of its first operand."""
        type_ = TensorType(tensor_of(operands[0]).element_type, shape, NoneAttr())
        return self.add(kind.make(operands, properties, type_))
