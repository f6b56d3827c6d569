"""simplify-for-trt: fewer layers, the same values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, bf16, f16, f32, i1, i32, i64
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects import arhat, trt
from arhat.dialects.arhat.base import ints_of
from arhat.dialects.kernel import shape_of, tensor_of
from arhat.dialects.trt import LARGEST_RANK, ui8
from arhat.layers import layers_of, set_layers
from arhat.passes.rewriting import erase_unused, insert_before
from arhat.passes.support import entry_point

_EXACT: Mapping[Attribute, tuple[Attribute, ...]] = {
    f16: (f32,),
    bf16: (f32,),
    ui8: (f32, f16, bf16, i32, i64),
    i1: (f32, f16, bf16, i32, i64, ui8),
    i32: (i64,),
}
"""By element type the other ones that hold all its values."""


@dataclass(frozen=True)
class SimplifyForTrtPass(ModulePass):
    """Leave out layers of a TensorRT network that do nothing, and make one of two where one is enough.

    - Shuffles in a chain become one where a transposition, a new shape and another transposition do what they do
      together.
    - Casts in a chain become one where the type in between holds all values of the first.
    - Shuffles, casts and slices that change nothing go; so does a `trt.quantize` of what was dequantised to f32 with
      the same scale: that gives the same bytes.
    - Equal constants become one.

    Values are the same bit for bit, and no layer moves to another place. A layer that gives a result of the network
    stays where the result would otherwise be an input of the network, or another result of it.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x2x3x4xf32>) -> tensor<1x24xf32> {
      %0 = trt.shuffle(%x) {first_transpose = [0, 2, 3, 1]} : (tensor<1x2x3x4xf32>) -> tensor<1x3x4x2xf32>
      %1 = trt.shuffle(%0) {reshape = [1, 24]} : (tensor<1x3x4x2xf32>) -> tensor<1x24xf32>
      func.return %1 : tensor<1x24xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x2x3x4xf32>) -> tensor<1x24xf32> {
      %0 = trt.shuffle(%x) {first_transpose = [0, 2, 3, 1], reshape = [1, 24]}
        : (tensor<1x2x3x4xf32>) -> tensor<1x24xf32>
      func.return %0 : tensor<1x24xf32>
    }
    ```
    """

    name = "simplify-for-trt"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Simplifies the network of the entry point."""
        simplifier = _Simplifier()
        for inner in list(entry_point(op).body.block.ops):
            simplifier.visit(inner)


@dataclass
class _Simplifier:
    """Visits each op once, in program order: what it reads is simple already."""

    made: dict[tuple[Any, ...], Operation] = field(default_factory=dict[tuple[Any, ...], Operation])
    """The first constant of each value, by class and what makes it what it is."""

    def visit(self, op: Operation) -> None:
        match op:
            case arhat.ConstantOp():
                self._share(op, (op.value, op.result.type))
            case trt.ConstantOp():
                self._share(op, (op.weights,))
            case trt.ShuffleOp():
                _shuffle(op)
            case trt.CastOp():
                _cast(op)
            case trt.SliceOp() if _takes_all(op):
                _leave_out(op, op.x)
            case trt.QuantizeOp():
                _quantize(op)
            case _:
                pass

    def _share(self, op: Operation, key: tuple[Any, ...]) -> None:
        first = self.made.setdefault((type(op), *key), op)
        if first is not op:
            _leave_out(op, first.results[0])


def _leave_out(op: Operation, value: SSAValue) -> bool:
    """Puts `value` in the place of the result of `op`; False where the result has to be a tensor of its own."""
    (result,) = op.results
    if _is_returned(result) and (isinstance(value.owner, Block) or _is_returned(value)):
        return False
    result.replace_all_uses_with(value)
    _erase(op)
    return True


def _is_returned(value: SSAValue) -> bool:
    return any(isinstance(use.operation, func.ReturnOp) for use in value.uses)


def _erase(op: Operation) -> None:
    """Erases an op without uses, and what only it has used."""
    operands = [operand.owner for operand in op.operands]
    erase_unused([op])
    for owner in operands:
        if not isinstance(owner, trt.TrtOp | arhat.ConstantOp) or owner.parent is None:
            continue
        if all(result.first_use is None for result in owner.results):
            _erase(owner)


def _become(op: Operation, new: Operation) -> None:
    """Puts `new` in the place of `op`, under its layers."""
    set_layers(new, layers_of(op))
    insert_before(op, new)
    new.results[0].name_hint = op.results[0].name_hint
    op.results[0].replace_all_uses_with(new.results[0])
    _erase(op)


# ----------------------------------------------------------------------------------------------------------- shuffles

_Step = tuple[Literal["transpose", "reshape"], tuple[int, ...]]
"""A transposition by the order of axes, or a new shape."""


def _steps(op: trt.ShuffleOp) -> list[_Step]:
    """What a shuffle does, new shapes without open extents."""
    shape, steps = shape_of(op.x), list[_Step]()
    if op.first_transpose is not None:
        order = ints_of(op.first_transpose)
        steps.append(("transpose", order))
        shape = tuple(shape[axis] for axis in order)
    if op.reshape is not None:
        steps.append(("reshape", op.reshaped(shape)))
    if op.second_transpose is not None:
        steps.append(("transpose", ints_of(op.second_transpose)))
    return steps


def _simple(steps: list[_Step], shape: tuple[int, ...]) -> list[_Step]:
    """The same without steps that change nothing or that can be one; `shape` is what they begin with."""
    result: list[_Step] = []
    for kind, values in steps:
        if result and result[-1][0] == kind:
            _, before = result.pop()
            values = tuple(before[axis] for axis in values) if kind == "transpose" else values
        now = _shape_after(result, shape)
        same = tuple(range(len(now))) if kind == "transpose" else now
        if values != same:
            result.append((kind, values))
    return result if result == steps else _simple(result, shape)


def _shape_after(steps: list[_Step], shape: tuple[int, ...]) -> tuple[int, ...]:
    for kind, values in steps:
        shape = tuple(shape[axis] for axis in values) if kind == "transpose" else values
    return shape


def _shuffle(op: trt.ShuffleOp) -> None:
    source, steps = op.x, _simple(_steps(op), shape_of(op.x))
    owner = source.owner
    if isinstance(owner, trt.ShuffleOp):
        both = _simple([*_steps(owner), *steps], shape_of(owner.x))
        if _properties(both) is not None:
            source, steps = owner.x, both
    if not steps and source.type == op.output.type and _leave_out(op, source):
        return
    properties = _properties(steps)
    if properties is None or (source is op.x and properties == _given(op)):
        return
    new = trt.ShuffleOp.make([source], properties, op.output.type)
    _become(op, new)


def _properties(steps: list[_Step]) -> dict[str, tuple[int, ...]] | None:
    """The properties of one shuffle that does `steps`; None where one cannot."""
    names = iter(("first_transpose", "reshape", "second_transpose"))
    properties: dict[str, tuple[int, ...]] = {}
    for kind, values in steps:
        name = next((name for name in names if name.endswith(kind)), None)
        if name is None or len(values) > LARGEST_RANK:
            return None
        properties[name] = values
    return properties


def _given(op: trt.ShuffleOp) -> dict[str, tuple[int, ...]]:
    names = ("first_transpose", "reshape", "second_transpose")
    return {name: ints_of(value) for name in names if (value := getattr(op, name)) is not None}


# --------------------------------------------------------------------------------------- casts, slices, quantisations


def _cast(op: trt.CastOp) -> None:
    target = tensor_of(op.output).element_type
    source, inner = op.x, op.x.owner
    if isinstance(inner, trt.CastOp):
        first, middle = (tensor_of(value).element_type for value in (inner.x, inner.output))
        if middle in _EXACT.get(first, ()) and _can_cast(first, target):
            source = inner.x
    if source.type == op.output.type:
        _leave_out(op, source)
    elif source is not op.x:
        _become(op, trt.CastOp.make([source], {}, op.output.type))


def _can_cast(source: Attribute, target: Attribute) -> bool:
    """Whether one cast, or none, leads from one type to the other."""
    if source == target or ui8 not in (source, target):
        return True
    return (target if source == ui8 else source) in (f32, f16)


def _takes_all(op: trt.SliceOp) -> bool:
    sizes, strides = ints_of(op.sizes), ints_of(op.strides)
    return (
        op.dynamic_sizes is None
        and sizes == shape_of(op.x)
        and not any(ints_of(op.starts))
        and all(stride == 1 or size <= 1 for size, stride in zip(sizes, strides, strict=True))
    )


def _quantize(op: trt.QuantizeOp) -> None:
    made = op.x.owner
    if (
        isinstance(made, trt.DequantizeOp)
        and made.scale is op.scale
        and made.axis == op.axis
        and tensor_of(made.output).element_type == f32
    ):
        _leave_out(op, made.x)
