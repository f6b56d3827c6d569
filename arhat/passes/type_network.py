"""type-network: the element types that a TensorRT network computes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Literal

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    ModuleOp,
    TensorType,
    UnitAttr,
    bf16,
    f16,
    f32,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects import arhat, trt
from arhat.dialects.arhat.base import ints_of, type_of
from arhat.dialects.kernel import shape_of, tensor_of
from arhat.errors import UserError, quote
from arhat.layers import layers_of, set_layers
from arhat.passes.fold_constants import Folder
from arhat.passes.rewriting import defining_constant, erase_unused, insert_before
from arhat.passes.support import entry_point
from arhat.weights import WeightStore, is_small

LONGEST_MEAN = 4096
"""Elements of which a mean is taken in 16 bits; of more it is taken in f32."""
WIDE_UNARY = ("abs", "neg", "sign", "ceil", "floor", "round", "erf")
"""Functions whose result is no larger and no more sensitive than their operand."""

PLUGINS_IN_16_BITS: Mapping[str, tuple[int, ...]] = {
    "AdaptiveAvgPool": (0,),
    "AdaptiveMaxPool": (0,),
    "DeformableColumns": (0,),
    "Interpolate": (0,),
    "MaxPool": (0,),
    "PSROIPooling": (0,),
    "ROIAlign": (0,),
    "ROIPooling": (0,),
    "RegionYolo": (0,),
    "Resample": (0,),
}
"""The plugins that take 16-bit floats, and which of their operands: feature maps, never boxes, regions or offsets.

Their first result has the same type. (They compute in f32.) All other plugins stay f32."""


@dataclass(frozen=True)
class TypeNetworkPass(ModulePass):
    """Say in which element types the layers of a TensorRT network compute. Types are strict: TensorRT changes none.

    - `f32`: sums and products of f32.
    - `tf32`: the same tensors, but TensorRT may use tensor cores that read 10 bits of the fraction of f32: `@main` gets
      the attribute `trt.tf32`.
    - `f16`, `bf16`: convolutions, deconvolutions and matrix products, and what leads to one of them without leaving
      these types, have 16-bit floats; their constants too, and layers that only move their results. `trt.cast` stands
      where types meet, one for each value and type. What comes after the last of these layers stays f32, as do inputs,
      results and state of the network, and what works on other types.

    Of what would have 16 bits, some layers stay in f32, since their results, or numbers on the way to them, leave the
    range of f16 or lose too much in it. TensorRT's guide names reductions, powers and exponents ("Accuracy
    Considerations"); here these are: sums and products over axes, means of more than 4096 elements, `pow`, `div`,
    squares, LRN, running sums, all functions of `trt.unary` but the simplest, comparisons, layers with a small constant
    that f16 has only as 0 or infinity. Deconvolutions are not for bf16: NVIDIA's builder refuses them (seen in
    TensorRT-RTX 1.7). Softmax, normalisation and activations may have 16 bits: TensorRT's kernels for them compute in
    f32 inside. Plugins compute in f32; those of `PLUGINS_IN_16_BITS` read and write feature maps of 16 bits.

    A convolution on integers, whose filter is dequantised, is f32 whatever is asked for, and so is what lies between
    its result and a quantisation: its sums are whole numbers, and offsets in its bias may be large beside its result.
    TensorRT computes it with int8 all the same. Scales are f32 too.

    Options:

    - `to`: one of these.
    - `keep`: names of layers that stay in f32.

    Raises an error for a name in `keep` that no operation carries.

    Before (with `to=f16`):

    ```mlir
    func.func @main(%x: tensor<1x8xf32>) -> tensor<1x4xf32> {
      %w = arhat.constant() {value = dense<0.5> : tensor<8x4xf32>} : () -> tensor<8x4xf32>
      %0 = trt.constant(%w) : (tensor<8x4xf32>) -> tensor<8x4xf32>
      %1 = trt.matrix_multiply(%x, %0) {op_a = "none", op_b = "none"}
        : (tensor<1x8xf32>, tensor<8x4xf32>) -> tensor<1x4xf32>
      func.return %1 : tensor<1x4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x8xf32>) -> tensor<1x4xf32> {
      %0 = trt.cast(%x) : (tensor<1x8xf32>) -> tensor<1x8xf16>
      %w = arhat.constant() {value = dense<0.5> : tensor<8x4xf16>} : () -> tensor<8x4xf16>
      %1 = trt.constant(%w) : (tensor<8x4xf16>) -> tensor<8x4xf16>
      %2 = trt.matrix_multiply(%0, %1) {op_a = "none", op_b = "none"}
        : (tensor<1x8xf16>, tensor<8x4xf16>) -> tensor<1x4xf16>
      %3 = trt.cast(%2) : (tensor<1x4xf16>) -> tensor<1x4xf32>
      func.return %3 : tensor<1x4xf32>
    }
    ```
    """

    name = "type-network"

    to: Literal["f32", "tf32", "f16", "bf16"] = "f32"
    keep: tuple[str, ...] = ()

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Types the network of the entry point."""
        main = entry_point(op)
        ops = list(main.body.block.ops)
        known = {layer.layer_name for inner in ops for layer in layers_of(inner)}
        for name in self.keep:
            if name not in known:
                raise UserError(f"type-network is to keep layer {quote(name)} in f32, but the model has none")
        main.attributes.pop(trt.TF32, None)
        if self.to == "tf32":
            main.attributes[trt.TF32] = UnitAttr()
        elif self.to != "f32":
            _Typer(ops, f16 if self.to == "f16" else bf16, frozenset(self.keep), Folder(op)).run()


# ------------------------------------------------------------------------------------------------- what is possible


def _always(op: Operation) -> bool:
    return True


def _unary(op: Operation) -> bool:
    return isinstance(op, trt.UnaryOp) and op.op.data in WIDE_UNARY


def _element_wise(op: Operation) -> bool:
    assert isinstance(op, trt.ElementWiseOp)
    return op.op.data in ("sum", "sub", "max", "min") or (op.op.data == "prod" and op.a is not op.b)


def _reduce(op: Operation) -> bool:
    assert isinstance(op, trt.ReduceOp)
    elements = prod(shape_of(op.x)[axis] for axis in ints_of(op.axes))
    return op.op.data in ("max", "min") or (op.op.data == "avg" and elements <= LONGEST_MEAN)


def _on_floats(op: Operation) -> bool:
    """A convolution that is not one on integers."""
    assert isinstance(op, trt.ConvolutionOp | trt.DeconvolutionOp)
    return not isinstance(op.kernel.owner, trt.DequantizeOp)


def _plugin(op: Operation) -> bool:
    return isinstance(op, trt.PluginOp) and op.plugin.data in PLUGINS_IN_16_BITS


_KINDS: Mapping[type[Operation], Callable[[Operation], bool]] = {
    trt.ActivationOp: _always,
    trt.ConcatenationOp: _always,
    trt.ConvolutionOp: _on_floats,
    trt.DeconvolutionOp: _on_floats,
    trt.DequantizeOp: _always,
    trt.ElementWiseOp: _element_wise,
    trt.GatherOp: _always,
    trt.MatrixMultiplyOp: _always,
    trt.NormalizationOp: _always,
    trt.ParametricReluOp: _always,
    trt.PluginOp: _plugin,
    trt.PoolingOp: _always,
    trt.ReduceOp: _reduce,
    trt.ResizeOp: _always,
    trt.ReverseSequenceOp: _always,
    trt.SelectOp: _always,
    trt.ShuffleOp: _always,
    trt.SliceOp: _always,
    trt.SoftMaxOp: _always,
    trt.UnaryOp: _unary,
}
"""The layers that may have 16 bits, and which of them."""

_HEAVY = (trt.ConvolutionOp, trt.DeconvolutionOp, trt.MatrixMultiplyOp)
"""Layers for whose sake the others are converted."""

_MOVES = (trt.ConcatenationOp, trt.ShuffleOp, trt.SliceOp)
"""Layers that give what they read, bit for bit."""


def _slots(op: Operation) -> list[int]:
    """The operands that have the element type of the layer, where that is f32."""
    if isinstance(op, trt.DequantizeOp):
        return []
    own = (
        PLUGINS_IN_16_BITS.get(op.plugin.data, ())
        if isinstance(op, trt.PluginOp)
        else range(len(op.operands))
    )
    return [i for i in own if tensor_of(op.operands[i]).element_type == f32]


def _constant_of(value: SSAValue) -> arhat.ConstantOp | None:
    """The constant of the model that `value` is, itself or as a tensor of the network."""
    owner = value.owner
    return defining_constant(owner.weights if isinstance(owner, trt.ConstantOp) else value)


def _fits_f16(value: SSAValue, store: WeightStore) -> bool:
    """Whether no number of a small constant becomes 0 or infinite in f16."""
    constant = _constant_of(value)
    if constant is None or not is_small(type_of(constant.result)):
        return True
    numbers = store.value(constant)
    with np.errstate(over="ignore", under="ignore"):
        low = numbers.astype(np.float16)
    return bool(np.all(np.isfinite(low) == np.isfinite(numbers)) and np.all((low == 0) == (numbers == 0)))


# ---------------------------------------------------------------------------------------------------- the rewriting


@dataclass
class _Typer:
    ops: Sequence[Operation]
    to: Float16Type | BFloat16Type
    keep: frozenset[str]
    folder: Folder
    chosen: set[Operation] = field(default_factory=set[Operation])
    """The layers that get 16 bits."""
    low: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """By value of the network as it was, f32, the same one of 16 bits."""
    high: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """By value that is now made of 16 bits, the same one as f32."""

    def run(self) -> None:
        for op in reversed(self.ops):
            if self._may_be_low(op) and (isinstance(op, _HEAVY) or self._leads(op)):
                self.chosen.add(op)
        for op in self.ops:
            if self._only_moves(op) and self._may_be_low(op):
                self.chosen.add(op)
        for op in self.ops:
            if op in self.chosen:
                self._convert(op)
            elif not isinstance(op, trt.ConstantOp):
                self._connect(op)
        constants = (trt.ConstantOp, arhat.ConstantOp)
        erase_unused(op for op in reversed(self.ops) if op in self.chosen or isinstance(op, constants))

    # ---- which

    def _may_be_low(self, op: Operation) -> bool:
        possible = _KINDS.get(type(op))
        if possible is None or not possible(op) or tensor_of(op.results[0]).element_type != f32:
            return False
        if any(layer.layer_name in self.keep for layer in layers_of(op)):
            return False
        if isinstance(op, trt.DeconvolutionOp) and self.to == bf16:
            return False
        return (
            self.to != f16
            or isinstance(op, _HEAVY)
            or all(_fits_f16(op.operands[i], self.folder.store) for i in _slots(op))
        )

    def _leads(self, op: Operation) -> bool:
        """Whether a layer that gets 16 bits reads the result; of what is dequantised, whether only such do."""
        reads = [
            use.operation in self.chosen and use.index in _slots(use.operation) for use in op.results[0].uses
        ]
        return bool(reads) and (all if isinstance(op, trt.DequantizeOp) else any)(reads)

    def _only_moves(self, op: Operation) -> bool:
        """Whether `op` moves 16-bit floats that nothing else reads in f32: the cast comes after it, then."""
        slots = _slots(op) if isinstance(op, _MOVES) else []
        values = [op.operands[i] for i in slots]
        return bool(slots) and all(
            self._made_low(value)
            and all(use.operation is op or use.operation in self.chosen for use in value.uses)
            for value in values
        )

    # ---- how

    def _convert(self, op: Operation) -> None:
        """A layer of 16 bits beside `op`."""
        slots = _slots(op)
        operands = [
            self._low(value, op) if i in slots else self._high(value, op)
            for i, value in enumerate(op.operands)
        ]
        types: list[Attribute] = [result.type for result in op.results]
        first = tensor_of(op.results[0])
        types[0] = TensorType(self.to, first.get_shape(), first.encoding)
        new = type(op).create(
            operands=operands, result_types=types, properties=op.properties, attributes=op.attributes
        )
        insert_before(op, new)
        for old, made in zip(op.results, new.results, strict=True):
            made.name_hint = old.name_hint
            if old is not op.results[0]:
                old.replace_all_uses_with(made)
        self.low[op.results[0]] = new.results[0]

    def _connect(self, op: Operation) -> None:
        """Give a layer that stays as it is the f32 values that it reads; a quantisation reads any."""
        for i, value in enumerate(op.operands):
            if isinstance(op, trt.QuantizeOp) and self._made_low(value):
                op.operands[i] = self.low[value]
            else:
                op.operands[i] = self._high(value, op)

    def _made_low(self, value: SSAValue) -> bool:
        return isinstance(value.owner, Operation) and value.owner in self.chosen

    def _low(self, value: SSAValue, user: Operation) -> SSAValue:
        """`value` as 16-bit floats, made before its first user."""
        if value not in self.low:
            constant = _constant_of(value)
            made: Operation
            if constant is None:
                made = self._cast(value, self.to, user)
            else:
                made = self.folder.make(arhat.ConvertOp, [constant], to=self.to)
                set_layers(made, layers_of(constant))
                insert_before(user, made)
                if isinstance(value.owner, trt.ConstantOp):
                    made = trt.ConstantOp.make([made], attributes=value.owner.attributes)
                    insert_before(user, made)
            made.results[0].name_hint = value.name_hint
            self.low[value] = made.results[0]
        return self.low[value]

    def _high(self, value: SSAValue, user: Operation) -> SSAValue:
        """`value` as it was."""
        if not self._made_low(value) or value not in self.low:
            return value
        if value not in self.high:
            self.high[value] = self._cast(self.low[value], f32, user).output
        return self.high[value]

    def _cast(self, value: SSAValue, element: Attribute, user: Operation) -> trt.CastOp:
        """A cast before `user`, a step on the way to its layer."""
        type_ = tensor_of(value)
        made = trt.CastOp.make([value], {}, TensorType(element, type_.get_shape(), type_.encoding))
        set_layers(made, layers_of(user)[-1:])
        insert_before(user, made)
        return made
