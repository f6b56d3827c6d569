"""Pass `fuse-residual-add`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects.arhat import AddOp, ConvolutionOp
from arhat.passes.rewriting import only_user, replace, with_operands


@dataclass(frozen=True)
class FuseResidualAddPass(ModulePass):
    """Makes the other operand of an add the residual operand of the convolution that it adds to.

    The operands must have one type, so that nothing is broadcast. The convolution must have no residual, and the add as
    its only user, which also says that the other operand is not computed from it. Where it has an activation, the
    residual is added to what that gives (`residual_after_activation`, as Darknet networks have it). Where both operands
    are such convolutions, the one that comes later in the program takes the other as its residual. The fused
    convolution stands at the add, where both operands are known.

    It runs twice: before fuse-activation, which then takes what follows the add, and after it.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32> {
      %0 = arhat.convolution(%x, %w)
        {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1}
        : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
      %1 = arhat.add(%0, %x) : (tensor<1x1x4x4xf32>, tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32>
      func.return %1 : tensor<1x1x4x4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x1x4x4xf32>, %w: tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32> {
      %0 = arhat.convolution(%x, %w, residual = %x)
        {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1}
        : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>, tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32>
      func.return %0 : tensor<1x1x4x4xf32>
    }
    ```
    """

    name = "fuse-residual-add"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Fuses in every function of the module."""
        position: dict[Operation, int] = {}
        for index, current in enumerate(list(op.walk())):
            position[current] = index
            if isinstance(current, AddOp):
                fused = _fuse(current, position)
                if fused is not None:
                    position[fused] = index


def _fuse(add: AddOp, position: dict[Operation, int]) -> ConvolutionOp | None:
    candidates: list[tuple[int, ConvolutionOp, SSAValue]] = []
    for value, other in ((add.a, add.b), (add.b, add.a)):
        owner = value.owner
        if (
            isinstance(owner, ConvolutionOp)
            and owner.residual is None
            and only_user(value) is add
            and value.type == other.type
            and owner.parent is add.parent
        ):
            candidates.append((position[owner], owner, other))
    if not candidates:
        return None
    _, convolution, residual = max(candidates, key=lambda candidate: candidate[0])
    last = None if convolution.activation is None else True
    fused = with_operands(convolution, {"residual": residual}, residual_after_activation=last)
    replace(add, fused, [convolution, add])
    return fused
