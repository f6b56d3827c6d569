"""Pass `convert-precision`: 16-bit floats where a network is not sensitive to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import BFloat16Type, Float16Type, ModuleOp, bf16, f16, f32
from xdsl.ir import BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects.arhat import OPERATIONS, ArhatOp, ConvertOp
from arhat.dialects.arhat.base import element_of
from arhat.errors import UserError, quote
from arhat.layers import layers_of, set_layers
from arhat.passes.rewriting import erase_unused, rebuild
from arhat.passes.support import entry_point

FAMILIES = ("elementwise", "movement", "nn", "normalization", "reduction", "resize")
"""Modules of the dialect whose operations may work on 16-bit floats: computed in f32, the result rounded."""
HEAVY = {"arhat.convolution", "arhat.matmul", "arhat.transposed_convolution"}
"""Operations for whose sake the others are converted."""


@dataclass(frozen=True)
class ConvertPrecisionPass(ModulePass):
    """Computes in f16 or bf16 what leads to a convolution or a matrix product.

    Each such operation reads 16-bit floats, computes in f32 and rounds its result to nearest even. What comes after the
    last convolution or matrix product (decoding of boxes, suppression, the last softmax) stays in f32, as do inputs
    and results of the network and whatever works on other types. `arhat.convert` stands where the two meet.

    Options:

    - `to`: `f16` or `bf16`.
    - `keep`: names of layers whose operations stay in f32.

    Raises an error for a name in `keep` that no operation carries.

    Before (with `to=bf16`):

    ```mlir
    func.func @main(%x: tensor<1x8xf32>, %w: tensor<8x4xf32>) -> tensor<1x4xf32> {
      %0 = arhat.relu(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32>
      %1 = arhat.matmul(%0, %w) {transpose_a = false, transpose_b = false}
        : (tensor<1x8xf32>, tensor<8x4xf32>) -> tensor<1x4xf32>
      %2 = arhat.softmax(%1) {axis = 1} : (tensor<1x4xf32>) -> tensor<1x4xf32>
      func.return %2 : tensor<1x4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x8xf32>, %w: tensor<8x4xf32>) -> tensor<1x4xf32> {
      %0 = arhat.convert(%w) {to = bf16} : (tensor<8x4xf32>) -> tensor<8x4xbf16>
      %1 = arhat.convert(%x) {to = bf16} : (tensor<1x8xf32>) -> tensor<1x8xbf16>
      %2 = arhat.relu(%1) : (tensor<1x8xbf16>) -> tensor<1x8xbf16>
      %3 = arhat.matmul(%2, %0) {transpose_a = false, transpose_b = false}
        : (tensor<1x8xbf16>, tensor<8x4xbf16>) -> tensor<1x4xbf16>
      %4 = arhat.convert(%3) {to = f32} : (tensor<1x4xbf16>) -> tensor<1x4xf32>
      %5 = arhat.softmax(%4) {axis = 1} : (tensor<1x4xf32>) -> tensor<1x4xf32>
      func.return %5 : tensor<1x4xf32>
    }
    ```
    """

    name = "convert-precision"

    to: Literal["f16", "bf16"] = "f16"
    keep: tuple[str, ...] = ()

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Converts in the module's entry point."""
        _Converter(list(entry_point(op).body.block.ops), f16 if self.to == "f16" else bf16, self.keep).run()


def _may_be_low(op: Operation) -> bool:
    return (
        isinstance(op, ArhatOp)
        and type(op) in OPERATIONS
        and type(op).__module__.rpartition(".")[2] in FAMILIES
        and len(op.results) == 1
        and element_of(op.results[0]) == f32
        and any(element_of(operand) == f32 for operand in op.operands)
    )


@dataclass
class _Converter:
    ops: list[Operation]
    to: Float16Type | BFloat16Type
    keep: tuple[str, ...]
    low: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """The 16-bit version of values that are f32 in the original."""
    back: list[Operation] = field(default_factory=list[Operation])

    def run(self) -> None:
        chosen = self._choose()
        for op in self.ops:
            if op in chosen:
                self._convert(op)
        erase_unused(reversed(self.back))

    def _choose(self) -> set[Operation]:
        kept = set(self.keep)
        known = {layer.layer_name for op in self.ops for layer in layers_of(op)}
        for name in self.keep:
            if name not in known:
                raise UserError(
                    f"convert-precision is to keep layer {quote(name)} in f32, but the model has none"
                )
        chosen: set[Operation] = set()
        leads: set[Operation] = set()
        for op in reversed(self.ops):
            users = [use.operation for result in op.results for use in result.uses]
            if op.name in HEAVY or any(user in leads for user in users):
                leads.add(op)
                if _may_be_low(op) and not any(layer.layer_name in kept for layer in layers_of(op)):
                    chosen.add(op)
        return chosen

    def _convert(self, op: Operation) -> None:
        assert isinstance(op, ArhatOp)
        new = rebuild(op, self._low)
        back = ConvertOp.build_inferred([new], {"to": f32})
        for made in (new, back):
            set_layers(made, layers_of(op))
        block = op.parent_block()
        assert block is not None
        block.insert_ops_before([new, back], op)
        new.results[0].name_hint = op.results[0].name_hint
        op.results[0].replace_all_uses_with(back.result)
        self.low[back.result] = new.results[0]
        self.back.append(back)
        op.detach()
        op.erase()

    def _low(self, value: SSAValue) -> SSAValue:
        """`value` as 16-bit floats; other types are left as they are."""
        if element_of(value) != f32:
            return value
        if value not in self.low:
            made = ConvertOp.build_inferred([value], {"to": self.to})
            if isinstance(value, BlockArgument):
                first = value.block.first_op
                assert first is not None
                value.block.insert_op_before(made, first)
            else:
                owner = value.owner
                assert isinstance(owner, Operation)
                set_layers(made, layers_of(owner))
                block = owner.parent_block()
                assert block is not None
                block.insert_op_after(made, owner)
            self.low[value] = made.result
        return self.low[value]


def is_low(value: SSAValue) -> bool:
    """Whether the elements of `value` are 16-bit floats."""
    return isinstance(element_of(value), Float16Type | BFloat16Type)
