"""Pass `fuse-bias`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from arhat.dialects.arhat import (
    AddOp,
    ConvolutionOp,
    MatmulOp,
    ReshapeOp,
    SubtractOp,
    TransposedConvolutionOp,
)
from arhat.dialects.arhat.base import shape_of
from arhat.passes.channel_wise import Linear, following_steps, shifted_bias
from arhat.passes.fold_constants import Folder
from arhat.passes.rewriting import (
    defining_constant,
    erase_unused,
    insert_before,
    replace,
    walk_once,
    with_operands,
)


@dataclass(frozen=True)
class FuseBiasPass(ModulePass):
    """Makes a constant per output channel, added to a convolution, a transposed one or a matmul, its bias operand.

    Takes `add` and `subtract` of a constant that is uniform or has one value per output channel, on either side of an
    add, where the sum is the only user of the result and the op has no activation. A bias that is there already must
    be constant and is added to. The filter need not be constant.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x4xf32>, %w: tensor<4x2xf32>) -> tensor<1x2xf32> {
      %b = arhat.constant() {value = dense<[[0.5, -1.0]]> : tensor<1x2xf32>} : () -> tensor<1x2xf32>
      %0 = arhat.matmul(%x, %w) {transpose_a = false, transpose_b = false}
        : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
      %1 = arhat.add(%b, %0) : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
      func.return %1 : tensor<1x2xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x4xf32>, %w: tensor<4x2xf32>) -> tensor<1x2xf32> {
      %b = arhat.constant() {value = dense<[0.5, -1.0]> : tensor<2xf32>} : () -> tensor<2xf32>
      %0 = arhat.matmul(%x, %w, bias = %b) {transpose_a = false, transpose_b = false}
        : (tensor<1x4xf32>, tensor<4x2xf32>, tensor<2xf32>) -> tensor<1x2xf32>
      func.return %0 : tensor<1x2xf32>
    }
    ```
    """

    name = "fuse-bias"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Fuses in every function of the module."""
        folder = Folder(op)

        def fuse(op: Linear) -> None:
            _fuse_bias(op, folder)

        walk_once(op, dict.fromkeys((ConvolutionOp, TransposedConvolutionOp, MatmulOp), fuse))


def _fuse_bias(op: Linear, folder: Folder) -> None:
    old = bias = defining_constant(op.bias)
    if op.activation is not None or (op.bias is not None and bias is None):
        return
    outputs = shape_of(op.result)[-1 if isinstance(op, MatmulOp) else 1] if shape_of(op.result) else 0
    if bias is not None and shape_of(bias.result) != (outputs,):
        return
    steps = following_steps(op)
    for count, step in enumerate(steps):
        if step.scales:
            steps = steps[:count]
            break
    if not steps:
        return
    for step in steps:
        shift = folder.make(ReshapeOp, [step.constant], shape=() if step.uniform else (outputs,))
        kind = SubtractOp if isinstance(step.op, SubtractOp) else AddOp
        bias = shifted_bias(folder, bias, outputs, kind, shift)
    assert bias is not None
    last = steps[-1].op
    insert_before(last, bias)
    replace(last, with_operands(op, {"bias": bias.result}), [op, *(step.op for step in steps)])
    erase_unused([old, *(step.constant for step in steps)])
