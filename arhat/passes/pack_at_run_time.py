"""Part of select-algorithms: filters that the model computes are brought into packed form by moving their elements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.base import ints
from arhat.dialects.cpu import PANEL, ConvOp, RecurrentOp, TransposedConvOp
from arhat.dialects.kernel import BroadcastOp, tensor_of
from arhat.dialects.phases import Phase
from arhat.layers import layers_of, set_layers
from arhat.passes.plan_memory import storage
from arhat.passes.steps import Steps

DEPTHWISE = 16
"""Channels of a depthwise filter are padded to a multiple of this."""


def is_constant(value: SSAValue) -> bool:
    """Whether a value is a constant, or a view of one."""
    return isinstance(storage(value).owner, ConstantOp)


def _insert(steps: Steps, user: Operation) -> None:
    for op in steps.ops:
        set_layers(op, layers_of(user))
    Rewriter.insert_op(steps.ops, InsertPoint.before(user))


def pack_filter_at_run_time(op: ConvOp, algorithm: str) -> SSAValue:
    """The filter [O, I / groups, kh, kw] packed as `cpu.conv` has it for `direct`, `grouped` or `depthwise`."""
    steps = Steps()
    packed = _packed(steps, op.filter, op.groups.value.data, algorithm)
    _insert(steps, op)
    return packed


def _packed(steps: Steps, filter: SSAValue, groups: int, algorithm: str) -> SSAValue:
    o, i, kh, kw = tensor_of(filter).get_shape()
    if algorithm == "depthwise":
        padded = steps.pad(steps.view(filter, (o, kh, kw)), 0, 0, -o % DEPTHWISE)
        return steps.transpose(padded, (1, 2, 0))
    split = steps.view(filter, (groups, o // groups, i, kh, kw))
    padded = steps.pad(split, 1, 0, -(o // groups) % PANEL)
    panels = tensor_of(padded).get_shape()[1] // PANEL
    moved = steps.transpose(
        steps.view(padded, (groups, panels, PANEL, i, kh, kw)),
        (0, 1, 4, 5, 3, 2),
    )
    return moved if algorithm == "grouped" else steps.view(moved, (panels, kh, kw, i, PANEL))


def pack_transposed_at_run_time(
    op: TransposedConvOp, algorithm: str, rows: Sequence[Phase], columns: Sequence[Phase]
) -> SSAValue:
    """The filter [I, O / groups, kh, kw] packed as `cpu.transposed_conv` has it."""
    steps = Steps()
    groups = op.groups.value.data
    inputs, outputs, kh, kw = tensor_of(op.filter).get_shape()
    split = steps.view(op.filter, (groups, inputs // groups, outputs, kh, kw))
    ordinary = steps.view(
        steps.transpose(split, (0, 2, 1, 3, 4)), (groups * outputs, inputs // groups, kh, kw)
    )
    parts: list[SSAValue] = []
    for row, column in product(rows, columns):
        if not row.taps or not column.taps:
            continue
        starts, sizes, gaps = [0, 0], list(tensor_of(ordinary).get_shape()[:2]), [1, 1]
        for taps in (row.taps, column.taps):
            starts.append(taps[0])
            sizes.append(len(taps))
            gaps.append(taps[1] - taps[0] if len(taps) > 1 else 1)
        part = _packed(steps, steps.slice(ordinary, starts, sizes, gaps), groups, algorithm)
        parts.append(steps.view(part, (prod(tensor_of(part).get_shape()),)))
    # Where no element of the kernel reaches the result, nothing is read of the filter.
    packed = (
        steps.concat(parts, 0) if parts else steps.view(op.filter, (prod(tensor_of(op.filter).get_shape()),))
    )
    _insert(steps, op)
    return packed


def pack_vector_at_run_time(user: Operation, value: SSAValue, length: int, groups: int) -> SSAValue:
    """A bias or slope, each group extended to whole panels; one slope for all channels is repeated."""
    steps = Steps()
    if tensor_of(value).get_shape() != (length,):
        value = steps.kernel(BroadcastOp, [steps.view(value, (1,))], {"shape": ints((length,))}, (length,))
    padded = steps.pad(steps.view(value, (groups, length // groups)), 1, 0, -(length // groups) % PANEL)
    packed = steps.view(padded, (groups * tensor_of(padded).get_shape()[1],))
    _insert(steps, user)
    return packed


def pack_recurrent_at_run_time(op: RecurrentOp) -> SSAValue:
    """Recurrent weights [D, G*H, H] packed gate by gate: [D, G * ceil(H/32), H, 32]."""
    value = op.operands[1]
    directions, _, hidden = tensor_of(value).get_shape()
    panels = -(-hidden // PANEL)
    steps = Steps()
    split = steps.view(value, (directions * op.GATES, hidden, hidden))
    padded = steps.pad(split, 1, 0, panels * PANEL - hidden)
    turned = steps.transpose(steps.view(padded, (directions * op.GATES * panels, PANEL, hidden)), (0, 2, 1))
    packed = steps.view(turned, (directions, op.GATES * panels, hidden, PANEL))
    _insert(steps, op)
    return packed
