"""Pass `fold-priors`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from arhat.dialects.arhat import (
    ArhatOp,
    ConcatOp,
    ConstantOp,
    PriorBoxClusteredOp,
    PriorBoxOp,
    ReshapeOp,
    TransposeOp,
)
from arhat.layers import merge_layers, set_layers
from arhat.passes.fold_constants import Folder
from arhat.passes.rewriting import defining_constant, erase_unused, replace, walk_once


@dataclass(frozen=True)
class FoldPriorsPass(ModulePass):
    """Makes constants of prior boxes, and of their concatenations.

    Prior boxes depend on nothing but the sizes of a feature map and of the image, which are known. What reshapes,
    transposes or joins constant boxes is folded as well, so that what reads them reads one constant. `fold-constants`
    does this among other things; this pass is for pipelines to targets that have no prior boxes and want nothing
    else folded.

    Before:

    ```mlir
    func.func @main() -> tensor<1x2x8xf32> {
      %0 = arhat.prior_box_clustered() {feature = [1, 2], image = [8, 16], width = [8.0], height = [8.0],
        variance = [0.5], step_w = 8.0, step_h = 8.0, offset = 0.5, clip = false} : () -> tensor<2x8xf32>
      %1 = arhat.reshape(%0) {shape = [1, 2, 8]} : (tensor<2x8xf32>) -> tensor<1x2x8xf32>
      func.return %1 : tensor<1x2x8xf32>
    }
    ```

    After:

    ```mlir
    func.func @main() -> tensor<1x2x8xf32> {
      %0 = arhat.constant() {value = dense<[[[0.0, 0.0, 0.5, 1.0, 0.5, 0.0, 1.0, 1.0],
        [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]]]> : tensor<1x2x8xf32>} : () -> tensor<1x2x8xf32>
      func.return %0 : tensor<1x2x8xf32>
    }
    ```
    """

    name = "fold-priors"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Folds in every function of the module."""
        folder = Folder(op)
        boxes: set[ConstantOp] = set()

        def fold(op: ArhatOp) -> None:
            operands = [constant for value in op.operands if (constant := defining_constant(value))]
            if len(operands) < len(op.operands) or not boxes.issuperset(operands):
                return
            constant = folder.fold(op)
            boxes.add(constant)
            layers = merge_layers([*operands, op])
            replace(op, constant, [op])
            set_layers(constant, layers)
            boxes.difference_update(unused := [c for c in operands if c.result.first_use is None])
            erase_unused(unused)

        kinds = (PriorBoxOp, PriorBoxClusteredOp, ConcatOp, ReshapeOp, TransposeOp)
        walk_once(op, dict.fromkeys(kinds, fold))
