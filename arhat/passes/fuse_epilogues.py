"""fuse-epilogues: padding before, additions and activations after, become part of a convolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from xdsl.context import Context
from xdsl.dialects import arith
from xdsl.dialects.builtin import BoolAttr, FloatAttr, ModuleOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from arhat.dialects.arhat import ActivationAttr
from arhat.dialects.arhat.base import ints, ints_of
from arhat.dialects.cpu import AvgPoolOp, ConvOp, MatmulOp, TransposedConvOp
from arhat.dialects.kernel import ElementwiseOp, PadOp, tensor_of
from arhat.layers import merge_layers, set_layers
from arhat.passes.support import entry_point


@dataclass(frozen=True)
class FuseEpiloguesPass(ModulePass):
    """Let `cpu` ops do what their kernels do at no cost while they read their input or store their result.

    - A `kernel.pad` with zeros around images goes into the convolution, or the average pooling that counts padding,
      that reads it.
    - A `kernel.elementwise` that adds another tensor of the same shape to the result of a convolution, and maybe takes
      the maximum with 0 or clamps, becomes its residual and activation; one that only does the latter, of a
      convolution or matrix product, becomes its activation. The result must have no other use.

    Most of this has been done by the `arhat` passes already; here it catches what came apart in lowering.

    ```mlir
    %0 = kernel.pad(%x) {pads_begin = [0, 0, 1, 1], pads_end = [0, 0, 1, 1], mode = "constant", value = 0.0} : ...
    %y = cpu.conv(%0, %w) {pads = [0, 0, 0, 0], ...} : ...
    // becomes
    %y = cpu.conv(%x, %w) {pads = [1, 1, 1, 1], ...} : ...
    ```
    """

    name = "fuse-epilogues"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Fuse in the module's entry point."""
        for inner in list(entry_point(op).body.block.ops):
            if isinstance(inner, ConvOp | AvgPoolOp):
                _take_padding(inner)
            elif isinstance(inner, ElementwiseOp):
                _give_to_producer(inner)


def _take_padding(op: ConvOp | AvgPoolOp) -> None:
    pad = op.input.owner
    if not isinstance(pad, PadOp) or pad.mode.data != "constant" or pad.value.value.data != 0:
        return
    if isinstance(op, AvgPoolOp) and op.exclude_pad.value.data and any(ints_of(op.pads)):
        return
    begin, end = ints_of(pad.pads_begin), ints_of(pad.pads_end)
    if len(begin) != 4 or any(begin[:2]) or any(end[:2]):
        return
    pads = [a + b for a, b in zip(ints_of(op.pads), begin[2:] + end[2:], strict=True)]
    op.properties["pads"] = ints(pads)
    if isinstance(op, AvgPoolOp):
        op.properties["exclude_pad"] = BoolAttr.from_bool(False)
    op.operands[0] = pad.x
    set_layers(op, merge_layers([pad, op]))
    if not pad.result.uses:
        Rewriter.erase_op(pad)


def _give_to_producer(op: ElementwiseOp) -> None:
    """Fold an element-wise op into the convolution or matrix product that makes its operand."""
    for operand in op.inputs:
        producer = operand.owner
        if (
            isinstance(producer, ConvOp | TransposedConvOp | MatmulOp)
            and producer.activation is None
            and operand.has_one_use()
            and operand.type == op.result.type
        ):
            found = _recognise(op, operand)
            if found is None:
                continue
            residual, activation = found
            if residual is not None and not (isinstance(producer, ConvOp) and producer.residual is None):
                continue
            _fuse(producer, op, residual, activation)
            return


def _fuse(
    producer: ConvOp | TransposedConvOp | MatmulOp,
    op: ElementwiseOp,
    residual: SSAValue | None,
    activation: ActivationAttr | None,
) -> None:
    properties = {k: v for k, v in producer.properties.items() if k != "operandSegmentSizes"}
    if activation is not None:
        properties["activation"] = activation
    operands: list[list[SSAValue]] = []
    for name, _ in producer.get_irdl_definition().operands:
        value = cast("SSAValue | None", getattr(producer, name))
        if name == "residual" and residual is not None:
            value = residual
        operands.append([value] if value is not None else [])
    new = type(producer).build(operands=operands, properties=properties, result_types=[op.result.type])
    set_layers(new, merge_layers([producer, op]))
    Rewriter.replace_op(op, new)
    Rewriter.erase_op(producer)


def _recognise(op: ElementwiseOp, operand: SSAValue) -> tuple[SSAValue | None, ActivationAttr | None] | None:
    """What the region adds to the operand and which activation follows; None where it does anything else."""
    arguments: dict[SSAValue, SSAValue] = dict(zip(op.block.args, op.inputs, strict=True))
    activation, inner = _activation(op.yielded)
    if arguments.get(inner) is operand:
        return (None, activation) if activation is not None else None
    owner = inner.owner
    if not isinstance(owner, arith.AddfOp) or len(op.inputs) != 2:
        return None
    terms = [arguments.get(owner.lhs), arguments.get(owner.rhs)]
    if operand not in terms or None in terms:
        return None
    other = cast(SSAValue, terms[1 - terms.index(operand)])
    if other is operand or tensor_of(other) != tensor_of(operand):
        return None
    return other, activation


def _activation(value: SSAValue) -> tuple[ActivationAttr | None, SSAValue]:
    """Peel max(x, 0) or min(max(x, low), high) off a scalar."""
    owner = value.owner
    high = _bound(owner, arith.MinimumfOp)
    if high is not None:
        inner = cast(arith.MinimumfOp, owner).lhs
        low = _bound(inner.owner, arith.MaximumfOp)
        if low is not None and low <= high:
            return ActivationAttr.get("clamp", low, high), cast(arith.MaximumfOp, inner.owner).lhs
    if _bound(owner, arith.MaximumfOp) == 0:
        return ActivationAttr.get("relu"), cast(arith.MaximumfOp, owner).lhs
    return None, value


def _bound(owner: object, kind: type[arith.MaximumfOp] | type[arith.MinimumfOp]) -> float | None:
    """The constant on the right of a maximum or minimum."""
    if not isinstance(owner, kind):
        return None
    constant = owner.rhs.owner
    if not isinstance(constant, arith.ConstantOp) or not isinstance(constant.value, FloatAttr):
        return None
    return float(constant.value.value.data)
