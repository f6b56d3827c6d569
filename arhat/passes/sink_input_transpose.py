"""Pass `sink-input-transpose`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import BlockArgument, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects.arhat import (
    AddOp,
    ConvertOp,
    DivideOp,
    MultiplyOp,
    ReshapeOp,
    SubtractOp,
    TransposeOp,
    UnaryOp,
)
from arhat.dialects.arhat.base import shape_of
from arhat.layers import merge_layers, set_layers
from arhat.passes.channel_wise import channel_step
from arhat.passes.fold_constants import Folder
from arhat.passes.rewriting import (
    defining_constant,
    erase_unused,
    insert_before,
    only_user,
    walk_once,
    with_operands,
)


@dataclass(frozen=True)
class SinkInputTransposePass(ModulePass):
    """Moves the transposition of an input behind the element-wise steps that follow it.

    Conversion and steps are then one loop over the picture as it is fed, and the transposition stands before the
    convolution, to which the layout it asks for may cost nothing.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32> {
      %c = arhat.constant() {value = dense<[[[[1.0]], [[2.0]]]]> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
      %0 = arhat.transpose(%x) {perm = [0, 3, 1, 2]} : (tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32>
      %1 = arhat.subtract(%0, %c) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
      func.return %1 : tensor<1x2x4x4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32> {
      %c = arhat.constant() {value = dense<[[[[1.0, 2.0]]]]> : tensor<1x1x1x2xf32>} : () -> tensor<1x1x1x2xf32>
      %0 = arhat.subtract(%x, %c) : (tensor<1x4x4x2xf32>, tensor<1x1x1x2xf32>) -> tensor<1x4x4x2xf32>
      %1 = arhat.transpose(%0) {perm = [0, 3, 1, 2]} : (tensor<1x4x4x2xf32>) -> tensor<1x2x4x4xf32>
      func.return %1 : tensor<1x2x4x4xf32>
    }
    ```
    """

    name = "sink-input-transpose"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Moves in every function of the module."""
        folder = Folder(op)

        def sink(op: TransposeOp) -> None:
            if not _is_input(op.x):
                return
            following: TransposeOp | None = op
            while following is not None:
                following = _sink(following, folder)

        walk_once(op, {TransposeOp: sink})


def _is_input(value: SSAValue) -> bool:
    owner = value.owner
    return isinstance(value, BlockArgument) or (isinstance(owner, ConvertOp) and _is_input(owner.x))


def _sink(op: TransposeOp, folder: Folder) -> TransposeOp | None:
    """The transposition behind what alone uses `op`, if that is element-wise; it is before it then."""
    user = only_user(op.result)
    axes = [axis for axis in range(len(shape_of(op.result))) if channel_step(user, axis) is not None]
    if isinstance(user, UnaryOp):
        step = with_operands(user, {"x": op.x})
    elif axes and isinstance(user, AddOp | SubtractOp | MultiplyOp | DivideOp):
        known = channel_step(user, axes[0])
        assert known is not None
        constant = known.constant
        if not known.uniform:
            rank = len(shape_of(op.result))
            shape = shape_of(constant.result)
            full = folder.make(ReshapeOp, [constant], shape=(*[1] * (rank - len(shape)), *shape))
            perm = op.perm.get_values()
            back = [perm.index(axis) for axis in range(rank)]
            constant = folder.make(TransposeOp, [full], perm=back)
            insert_before(op, constant)
        elif constant.parent is not None and shape_of(constant.result):
            constant = folder.make(ReshapeOp, [constant], shape=())
            insert_before(op, constant)
        else:
            constant.detach()
            insert_before(op, constant)
        operands = (constant.result, op.x) if known.constant_first else (op.x, constant.result)
        step = with_operands(user, {"a": operands[0], "b": operands[1]})
    else:
        return None
    set_layers(step, merge_layers([user]))
    insert_before(op, step)
    moved = with_operands(op, {"x": step.results[0]})
    set_layers(moved, merge_layers([op, user]))
    insert_before(user, moved)
    user.results[0].replace_all_uses_with(moved.result)
    old = [defining_constant(operand) for operand in user.operands]
    erase_unused([user, op, *old])
    return moved
