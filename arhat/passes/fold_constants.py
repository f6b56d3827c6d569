"""Pass `fold-constants`, and the folding of single operations that other passes use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.test_value import create_ssa_value

from arhat.dialects.arhat import OPERATIONS, ArhatOp, BroadcastOp, ConstantOp, ReshapeOp, ShapeOfOp
from arhat.dialects.arhat.base import Property, elements, shape_of, type_of
from arhat.layers import layers_of, merge_layers, set_layers
from arhat.passes.rewriting import defining_constant, erase_unused, insert_before, replace, walk_once
from arhat.weights import Array, WeightStore, dense, is_small, store_of

SMALL_RESULT = 1024
"""Constants of up to this many elements may be larger than what they are computed from."""


@dataclass(frozen=True)
class FoldConstantsPass(ModulePass):
    """Replaces operations on constants by constants.

    A small result of written-out operands is computed now and written out. Any other becomes a derived entry of the
    weight store, which computes the operation's NumPy meaning when it is asked for: the pass itself reads no weight
    and computes no large array. Entries may be derived from derived entries. `shape_of` folds whatever its operand is,
    and operations without operands (prior boxes) always fold.

    An operation that enlarges its operands (broadcast, tile, an outer sum) is left alone where the result has more
    than 1024 elements and more than `growth` times those of all operands.

    The constant carries the layers of the operation and of its operands.

    Options:

    - `growth`: how many times larger than its operands a result may be.

    Before:

    ```mlir
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %a = arhat.constant() {value = dense<[1.0, 2.0]> : tensor<2xf16>} : () -> tensor<2xf16>
      %0 = arhat.convert(%a) {to = f32} : (tensor<2xf16>) -> tensor<2xf32>
      %1 = arhat.negative(%0) : (tensor<2xf32>) -> tensor<2xf32>
      %2 = arhat.add(%x, %1) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      func.return %2 : tensor<2xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = arhat.constant() {value = dense<[-1.0, -2.0]> : tensor<2xf32>} : () -> tensor<2xf32>
      %1 = arhat.add(%x, %0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      func.return %1 : tensor<2xf32>
    }
    ```
    """

    name = "fold-constants"

    growth: float = 4.0

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Folds in every function of the module."""
        folder = Folder(op)

        def fold(op: ArhatOp) -> None:
            operands = [defining_constant(operand) for operand in op.operands]
            if not isinstance(op, ShapeOfOp) and (None in operands or self._grows(op)):
                return
            layers = merge_layers([*(c for c in operands if c is not None), op])
            for index, result in list(enumerate(op.results))[1:]:
                other = folder.fold(op, index)
                insert_before(op, other)
                result.replace_all_uses_with(other.result)
                set_layers(other, layers)
            constant = folder.fold(op)
            replace(op, constant, [op])
            set_layers(constant, layers)
            erase_unused(operands)

        walk_once(op, {kind: fold for kind in OPERATIONS if kind is not ConstantOp})

    def _grows(self, op: ArhatOp) -> bool:
        size = sum(elements(shape_of(result)) for result in op.results)
        given = sum(elements(shape_of(operand)) for operand in op.operands)
        return bool(op.operands) and size > max(SMALL_RESULT, self.growth * given)


class Folder:
    """Makes constants of operations whose operands are constants; the weight store keeps what is not small."""

    def __init__(self, module: ModuleOp) -> None:
        self._module = module
        self._store: WeightStore | None = None

    @property
    def store(self) -> WeightStore:
        """The weight store of the module, opened when first needed."""
        if self._store is None:
            self._store = store_of(self._module)
        return self._store

    def make(self, kind: type[ArhatOp], operands: Sequence[ConstantOp], **properties: Property) -> ConstantOp:
        """The constant that an operation of class `kind` makes of constant `operands`, not inserted yet.

        It carries the layers of the operands. Where the operation would change nothing it is the operand itself.
        """
        op = kind.build_inferred(operands, properties)
        if kind in (ReshapeOp, BroadcastOp) and op.results[0].type == operands[0].result.type:
            constant = operands[0]
        else:
            constant = self.fold(op)
            set_layers(constant, merge_layers(operands))
            constant.result.name_hint = operands[0].result.name_hint
        op.erase()
        return constant

    def fold(self, op: ArhatOp, index: int = 0) -> ConstantOp:
        """The constant that result `index` of `op`, all of whose operands are constants, is.

        It is not inserted yet and has no layers.
        """
        type = type_of(op.results[index])
        if isinstance(op, ShapeOfOp):
            return ConstantOp.get(dense(np.array(shape_of(op.x), np.int64)), type)
        template = _without_context(op)
        constants = [constant for operand in op.operands if (constant := defining_constant(operand))]
        values = [constant.value for constant in constants]
        if is_small(type) and all(isinstance(value, DenseIntOrFPElementsAttr) for value in values):
            arrays = [self.store.value(constant) for constant in constants]
            return ConstantOp.get(dense(_evaluate(template, arrays, index), type.element_type), type)
        layers = layers_of(op)[-1:] or merge_layers(constants)[:1]
        hint = layers[0].layer_name if layers else op.name.partition(".")[2]
        return ConstantOp.get(
            self.store.derive(hint, type, lambda *arrays: _evaluate(template, arrays, index), constants), type
        )


def _without_context(op: ArhatOp) -> ArhatOp:
    """A copy of `op` on operands of its own, to be evaluated later without keeping the module alive."""
    operands = [create_ssa_value(operand.type) for operand in op.operands]
    return type(op).create(operands=operands, result_types=op.result_types, properties=op.properties)


def _evaluate(op: ArhatOp, arguments: Sequence[Array], index: int = 0) -> Array:
    from arhat.interpreters import evaluate_op

    return evaluate_op(op, arguments)[index]
