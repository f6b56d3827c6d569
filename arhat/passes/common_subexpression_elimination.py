"""Pass `common-subexpression-elimination`."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, Operation
from xdsl.passes import ModulePass

from arhat.dialects.arhat import ArhatOp, LayerAttr
from arhat.layers import layers_of, set_layers


@dataclass(frozen=True)
class CommonSubexpressionEliminationPass(ModulePass):
    """Computes once what a model computes several times: equal `arhat` operations on equal operands.

    xDSL's `cse` compares all attributes, so that operations from different layers are never equal to it. This pass
    leaves the layers aside when it compares; the first operation stays and carries the layers of all.

    Before:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = arhat.exp(%x) {arhat.layers = [#arhat.layer<"a", 1>]} : (tensor<4xf32>) -> tensor<4xf32>
      %1 = arhat.exp(%x) {arhat.layers = [#arhat.layer<"b", 2>]} : (tensor<4xf32>) -> tensor<4xf32>
      %2 = arhat.add(%0, %1) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      func.return %2 : tensor<4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = arhat.exp(%x) {arhat.layers = [#arhat.layer<"a", 1>, #arhat.layer<"b", 2>]}
        : (tensor<4xf32>) -> tensor<4xf32>
      %2 = arhat.add(%0, %0) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      func.return %2 : tensor<4xf32>
    }
    ```
    """

    name = "common-subexpression-elimination"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Eliminates in each block of the module by itself."""
        for current in op.walk():
            for region in current.regions:
                for block in region.blocks:
                    _eliminate(block)


def _eliminate(block: Block) -> None:
    first: dict[Hashable, Operation] = {}
    layers: dict[Operation, dict[LayerAttr, None]] = {}
    for op in list(block.ops):
        if not isinstance(op, ArhatOp) or op.regions:
            continue
        key = (type(op), op.operands, frozenset(op.properties.items()), op.result_types)
        kept = first.setdefault(key, op)
        if kept is op:
            continue
        merged = layers.setdefault(kept, dict.fromkeys(layers_of(kept)))
        merged.update(dict.fromkeys(layers_of(op)))
        for old, new in zip(op.results, kept.results, strict=True):
            old.replace_all_uses_with(new)
        block.erase_op(op)
    for op, merged in layers.items():
        set_layers(op, merged)
