"""Pass `legalize-precision`: 16-bit floats for targets that compute in f32."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, f32
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects.arhat import (
    ArhatOp,
    BroadcastOp,
    ConcatOp,
    ConstantOp,
    ConvertOp,
    GatherOp,
    MaximumOp,
    MaxPoolOp,
    MinimumOp,
    NegativeOp,
    PadOp,
    ReluOp,
    ReshapeOp,
    SliceOp,
    TileOp,
    TransposeOp,
)
from arhat.dialects.arhat.base import element_of, tensor_type, type_of
from arhat.layers import layers_of, set_layers
from arhat.passes.convert_precision import is_low
from arhat.passes.rewriting import erase_unused, rebuild
from arhat.passes.support import entry_point

EXACT = (
    BroadcastOp,
    ConcatOp,
    GatherOp,
    MaxPoolOp,
    MaximumOp,
    MinimumOp,
    NegativeOp,
    ReluOp,
    ReshapeOp,
    SliceOp,
    TileOp,
    TransposeOp,
)
"""Operations whose results are among the values of their operands, so that nothing is left to round."""


@dataclass(frozen=True)
class LegalizePrecisionPass(ModulePass):
    """Writes operations on f16 and bf16 as operations on f32 whose results are rounded.

    An operation on 16-bit floats means: computed in f32, the result rounded. That is what a target without 16-bit
    arithmetic then does, step by step; a rounding is a pair of `arhat.convert`. Operations that only choose among their
    operands' values (data movement, maxima) need none. Inputs, results and constants of 16 bits are converted where
    they are used.

    Before:

    ```mlir
    func.func @main(%x: tensor<4xbf16>) -> tensor<4xbf16> {
      %0 = arhat.relu(%x) : (tensor<4xbf16>) -> tensor<4xbf16>
      %1 = arhat.exp(%0) : (tensor<4xbf16>) -> tensor<4xbf16>
      func.return %1 : tensor<4xbf16>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<4xbf16>) -> tensor<4xbf16> {
      %0 = arhat.convert(%x) {to = f32} : (tensor<4xbf16>) -> tensor<4xf32>
      %1 = arhat.relu(%0) : (tensor<4xf32>) -> tensor<4xf32>
      %2 = arhat.exp(%1) : (tensor<4xf32>) -> tensor<4xf32>
      %3 = arhat.convert(%2) {to = bf16} : (tensor<4xf32>) -> tensor<4xbf16>
      func.return %3 : tensor<4xbf16>
    }
    ```
    """

    name = "legalize-precision"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Rewrites the module's entry point."""
        legalize(op, lambda inner: False)


def legalize(module: ModuleOp, native: Callable[[ArhatOp], bool]) -> None:
    """The rewriting of `legalize-precision` for a target that has the operations that are `native`."""
    _Legalizer(native).run(list(entry_point(module).body.block.ops))


@dataclass
class _Legalizer:
    native: Callable[[ArhatOp], bool]
    raised: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """The f32 version of values of 16 bits."""
    made: list[Operation] = field(default_factory=list[Operation])
    """Operations that were put in, some of which nothing may use in the end."""

    def run(self, ops: list[Operation]) -> None:
        for op in ops:
            if isinstance(op, ConstantOp) or not isinstance(op, ArhatOp):
                continue
            if isinstance(op, ConvertOp):
                self._convert(op)
            elif any(is_low(value) for value in (*op.operands, *op.results)) and not self.native(op):
                self._rewrite(op)
        made = (op for op in (*reversed(ops), *reversed(self.made)) if isinstance(op, ArhatOp))
        erase_unused(op for op in made if op.results)  # one without results is there for its effect

    def _convert(self, op: ConvertOp) -> None:
        """A conversion from 16 bits to f32 is the f32 version itself; others stay, from f32."""
        if not is_low(op.x):
            return
        if element_of(op.result) == f32:
            op.result.replace_all_uses_with(self._raise(op, op.x))
        elif not is_low(op.result):
            op.operands[0] = self._raise(op, op.x)

    def _rewrite(self, op: ArhatOp) -> None:
        new = rebuild(op, lambda value: self._raise(op, value))
        self._insert(op, new)
        exact = isinstance(op, EXACT) or (isinstance(op, PadOp) and op.value.value.data == 0)
        for old, result in zip(op.results, new.results, strict=True):
            result.name_hint = old.name_hint
            if not is_low(old):
                old.replace_all_uses_with(result)
                continue
            rounded = self._to(op, result, element_of(old))
            old.replace_all_uses_with(rounded)
            self.raised[rounded] = result if exact else self._to(op, rounded, f32)

    def _raise(self, op: Operation, value: SSAValue) -> SSAValue:
        if not is_low(value):
            return value
        if value not in self.raised:
            made = ConvertOp.build_inferred([value], {"to": f32})
            owner = value.owner
            if isinstance(owner, Operation):
                set_layers(made, layers_of(owner))
                block = owner.parent_block()
                assert block is not None
                block.insert_op_after(made, owner)
            else:
                first = owner.first_op
                assert first is not None
                owner.insert_op_before(made, first)
            self.raised[value] = made.result
        return self.raised[value]

    def _to(self, op: Operation, value: SSAValue, element: Attribute) -> SSAValue:
        assert type_of(value) != tensor_type(element, type_of(value).get_shape())
        made = ConvertOp.build_inferred([value], {"to": element})
        self._insert(op, made)
        return made.result

    def _insert(self, op: Operation, new: ArhatOp) -> None:
        self.made.append(new)
        set_layers(new, layers_of(op))
        block = op.parent_block()
        assert block is not None
        block.insert_op_before(new, op)
