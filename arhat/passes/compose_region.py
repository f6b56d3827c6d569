"""Pass `compose-region`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, i1
from xdsl.passes import ModulePass

from arhat.dialects.arhat import ConstantOp, RegionYoloOp, SelectOp, SigmoidOp
from arhat.dialects.arhat.base import tensor_type
from arhat.layers import layers_of, set_layers
from arhat.passes.rewriting import insert_before, replace, walk_once
from arhat.weights import dense


@dataclass(frozen=True)
class ComposeRegionPass(ModulePass):
    """Composes `region_yolo` of element-wise operations where that is all that it is.

    Without softmax (YOLO v3 and later) a region is a sigmoid of every channel but a box's width and height: a sigmoid
    of all and a choice between the two by a constant mask of the channels, which a compiler of networks makes one
    kernel of, together with what stands before and behind. With softmax (v2) the classes would have to be cut out and
    joined again, two more passes over memory than the kernel of a `region_yolo` takes: that stays.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x6x2x2xf32>) -> tensor<1x6x2x2xf32> {
      %0 = arhat.region_yolo(%x) {coords = 4, classes = 1, num = 3, mask = [0], anchors = [], axis = 1, end_axis = 3,
        do_softmax = false} : (tensor<1x6x2x2xf32>) -> tensor<1x6x2x2xf32>
      func.return %0 : tensor<1x6x2x2xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x6x2x2xf32>) -> tensor<1x6x2x2xf32> {
      %0 = arhat.constant() {value = dense<[[[[true]], [[true]], [[false]], [[false]], [[true]], [[true]]]]>
        : tensor<1x6x1x1xi1>} : () -> tensor<1x6x1x1xi1>
      %1 = arhat.sigmoid(%x) : (tensor<1x6x2x2xf32>) -> tensor<1x6x2x2xf32>
      %2 = arhat.select(%0, %1, %x)
        : (tensor<1x6x1x1xi1>, tensor<1x6x2x2xf32>, tensor<1x6x2x2xf32>) -> tensor<1x6x2x2xf32>
      func.return %2 : tensor<1x6x2x2xf32>
    }
    ```
    """

    name = "compose-region"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Rewrites every function of the module."""
        walk_once(op, {RegionYoloOp: _compose})


def _compose(op: RegionYoloOp) -> None:
    if op.do_softmax.value.data:
        return
    coords = op.coords.value.data
    one = np.ones(coords + 1 + op.classes.value.data, np.bool_)
    one[2:coords] = False
    mask = np.tile(one, len(op.mask)).reshape(1, -1, 1, 1)
    chosen = ConstantOp.get(dense(mask, i1), tensor_type(i1, mask.shape))
    sigmoid = SigmoidOp.build_inferred([op.x], {})
    for made in (chosen, sigmoid):
        insert_before(op, made)
        set_layers(made, layers_of(op))
    replace(op, SelectOp.build_inferred([chosen, sigmoid, op.x], {}), [op])
