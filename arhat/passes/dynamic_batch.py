"""Pass `dynamic-batch`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import FunctionType, ModuleOp, TensorType, i64
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from arhat.dialects import arhat, trt
from arhat.dialects.arhat.base import ints, ints_of
from arhat.dialects.kernel import shape_of, tensor_of
from arhat.errors import UserError, UserErrors, quote
from arhat.interpreters import input_names
from arhat.layers import layers_of, set_layers
from arhat.passes.dynamic_batch_axes import RULES, Refused, needs_sizes
from arhat.passes.support import entry_point
from arhat.weights import Array, dense, store_of


@dataclass(frozen=True)
class DynamicBatchPass(ModulePass):
    """Lets a network for the largest batch run with any from `least` on.

    The network is one for `most` images on the first axis of every input (`set-batch` makes it). The pass follows the
    axis that counts them and marks it in the types, `#trt.dynamic<axis>`: the extent in the type is that of the largest
    batch, and scales with the batch at run time. What states a size (a reshape, a slice, a resize) leaves it open, or
    is given one that is computed from the shape of its operand. Constants that repeat the same for every image become
    one that broadcasts. Where an op would need to know the batch when the network is built it is refused, with its
    layer.

    Options:

    - `least`, `usual`, `most`: the range, and the batch that the engine is made fast for.

    Before (with `least=1 usual=4 most=8`):

    ```mlir
    func.func @main(%x: tensor<8x2x2xf32>) -> tensor<8x4xf32> {
      %0 = trt.shuffle(%x) {reshape = [8, 4]} : (tensor<8x2x2xf32>) -> tensor<8x4xf32>
      func.return %0 : tensor<8x4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<8x2x2xf32, #trt.dynamic<0>>) -> tensor<8x4xf32, #trt.dynamic<0>>
        attributes {trt.batch = array<i64: 1, 4, 8>} {
      %0 = trt.shuffle(%x) {reshape = [-1, 4]}
        : (tensor<8x2x2xf32, #trt.dynamic<0>>) -> tensor<8x4xf32, #trt.dynamic<0>>
      func.return %0 : tensor<8x4xf32, #trt.dynamic<0>>
    }
    ```
    """

    name = "dynamic-batch"

    least: int
    usual: int
    most: int

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Marks the values of `@main`.

        Raises:
            UserError: the range is none, or the network cannot be made to run with it.
        """
        if not 1 <= self.least <= self.usual <= self.most or self.most < 2:
            raise UserError(
                f"a batch from {self.least} by way of {self.usual} to {self.most} is no range: give three numbers from "
                "small to large, the last one 2 or more"
            )
        _Marker(op, self.most).run()
        entry_point(op).attributes[trt.BATCH] = ints([self.least, self.usual, self.most])


class _Marker:
    def __init__(self, module: ModuleOp, most: int) -> None:
        self.module = module
        self.function = entry_point(module)
        self.most = most
        self.axes: dict[SSAValue, int] = {}
        """The axis that counts images, of each value that has one."""

    def run(self) -> None:
        block = self.function.body.block
        names = input_names(self.module)
        for argument, name in zip(block.args, names, strict=True):
            shape = shape_of(argument)
            if shape and shape[0] != self.most:
                raise UserError(
                    f"input {quote(name)} has shape {list(shape)}: its first axis is not a batch of {self.most}"
                )
            if shape:
                self.axes[argument] = 0
        errors: list[UserError] = []
        for op in list(block.ops):
            if isinstance(op, func.ReturnOp | arhat.ConstantOp):
                continue
            try:
                self._follow(op)
            except Refused as reason:
                layers = layers_of(op)
                where = quote(layers[-1].layer_name) if layers else "(no name)"
                errors.append(
                    UserError(
                        f"{op.name} (layer {where}) cannot be run with a batch that changes: {reason}; "
                        "give --batch one number",
                        line=layers[-1].layer_line or None if layers else None,
                    )
                )
        if errors:
            raise UserErrors(errors)
        self._mark(block)

    def _follow(self, op: Operation) -> None:
        if not any(operand in self.axes for operand in op.operands):
            return
        rule = RULES.get(op.name)
        if rule is None:
            raise Refused("it is not known how it treats images")
        while True:
            found = rule(op, [self.axes.get(operand) for operand in op.operands])
            if isinstance(found, Mapping):
                # Constants that have an extent where the others have the batch.
                for index, axis in found.items():
                    op.operands[index] = self._one_row(op, index, axis)
                continue
            break
        for result, axis in zip(op.results, found, strict=True):
            extent = shape_of(result)[axis]
            if extent % self.most:
                raise Refused(
                    f"{extent} of axis {axis} of its result is no multiple of the batch {self.most}"
                )
            self.axes[result] = axis
        if needs_sizes(op):
            self._give_sizes(op)
        if isinstance(op, trt.ShuffleOp) and op.reshape is not None:
            _leave_open(op, self.axes[op.output])

    def _one_row(self, op: Operation, index: int, axis: int) -> SSAValue:
        """A constant that is the same for every image, with an extent of 1 along `axis`."""
        constant = op.operands[index].owner
        array: Array | None = None
        if isinstance(constant, trt.ConstantOp) and isinstance(constant.weights.owner, arhat.ConstantOp):
            array = store_of(self.module).value(constant.weights.owner)
            row = array[(slice(None),) * axis + (slice(0, 1),)]
            if not np.array_equal(np.broadcast_to(row, array.shape), array):
                array = None
        if array is None:
            raise Refused(f"an operand has {shape_of(op.operands[index])[axis]} of its own for the images")
        assert isinstance(constant, trt.ConstantOp)
        kept = np.ascontiguousarray(array[(slice(None),) * axis + (slice(0, 1),)])
        return self._constant(op, kept, tensor_of(constant.output).element_type)

    def _constant(self, before: Operation, array: Array, element: Attribute) -> SSAValue:
        weights = arhat.ConstantOp.get(dense(array, element), arhat.tensor_type(element, array.shape))
        made = trt.ConstantOp.make([weights.result])
        _insert(before, [weights, made])
        return made.output

    def _give_sizes(self, op: Operation) -> None:
        """The sizes of the result as a tensor: the batch from the operand's shape, the rest as it is."""
        source, result = op.operands[0], op.results[0]
        before, after = self.axes[source], self.axes[result]
        shape = np.array(shape_of(result), np.int64)
        taken = np.zeros(len(shape), np.int64)
        taken[after] = 1
        if before != after or shape_of(source)[before] != shape[after]:
            raise Refused("it changes the number of rows that an image has")
        steps = trt.ShapeOp.make([source])
        _insert(op, [steps])
        if len(shape_of(source)) != len(shape):
            raise Refused("it changes the number of axes")
        mask = self._constant(op, taken, i64)
        batch = trt.ElementWiseOp.make([steps.output, mask], {"op": "prod"})
        _insert(op, [batch])
        rest = self._constant(op, shape * (1 - taken), i64)
        sizes = trt.ElementWiseOp.make([batch.output, rest], {"op": "sum"})
        _insert(op, [sizes])
        _with_sizes(op, sizes.output, self.axes)

    def _mark(self, block: Block) -> None:
        """Write the axes into the types, and those into the function's."""
        for value, axis in list(self.axes.items()):
            type_ = tensor_of(value)
            marked = TensorType(type_.element_type, type_.get_shape(), trt.DynamicAttr(axis))
            Rewriter.replace_value_with_new_type(value, marked)
        assert block.last_op is not None
        self.function.properties["function_type"] = FunctionType.from_lists(
            block.arg_types, block.last_op.operand_types
        )


def _leave_open(op: trt.ShuffleOp, axis: int) -> None:
    """The images' extent of a new shape is what is left."""
    if op.second_transpose is not None:
        axis = ints_of(op.second_transpose)[axis]
    assert op.reshape is not None
    shape = list(ints_of(op.reshape))
    if -1 in shape:
        shape[shape.index(-1)] = prod(shape_of(op.x)) // prod(n for n in shape if n != -1)
    shape[axis] = -1
    op.properties["reshape"] = ints(shape)


def _insert(before: Operation, ops: Sequence[Operation]) -> None:
    block = before.parent_block()
    assert block is not None
    for op in ops:
        set_layers(op, layers_of(before))
    block.insert_ops_before(ops, before)


def _with_sizes(op: Operation, sizes: SSAValue, axes: dict[SSAValue, int]) -> None:
    """Put a copy of a slice or a resize in the place of `op` that takes its sizes from a tensor."""
    assert isinstance(op, trt.SliceOp | trt.ResizeOp)
    operands = [op.x, op.fill, sizes] if isinstance(op, trt.SliceOp) else [op.x, sizes]
    properties: dict[str, Attribute | None] = {
        name: attr for name, attr in op.properties.items() if name not in ("operandSegmentSizes", "scales")
    }
    made = type(op).make(operands, properties, op.output.type)
    set_layers(made, layers_of(op))
    axes[made.output] = axes.pop(op.output)
    Rewriter.replace_op(op, made)
