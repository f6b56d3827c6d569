"""plan-memory: one block of memory for all intermediate values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, ModuleOp, i64
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.cpu import ConvOp, residual_comes_last
from arhat.dialects.cudnn.graph import MATH
from arhat.dialects.kernel import ElementwiseOp, memory, tensor_of
from arhat.dialects.kernel.memory import (
    ARENA_BYTES,
    BUFFERS,
    SCRATCH,
    STATE,
    STATE_BYTES,
    BufferAttr,
    ConcatInPlaceOp,
    ReorderOp,
    StateOp,
    ViewOp,
    layout_of,
    physical_elements,
    strides_of,
)
from arhat.layers import layers_of, set_layers
from arhat.passes.plan_memory_streams import SILENT, ended_before, on_streams
from arhat.passes.support import element_bytes, entry_point

ALIGNMENT = 64
"""Every buffer starts on a cache line."""
DEVICE_ALIGNMENT = 256
"""On a GPU every buffer starts where `cudaMalloc` might have put it."""
GUARD = 64
"""Bytes after every buffer that a kernel may touch: a vector load of the last elements reaches over the end."""


@dataclass
class Buffer:
    """One piece of memory and the span of program positions over which it is needed.

    `users` has a bit for each position that touches it, `writers` the positions that begin to fill it.
    """

    size: int
    first: int
    last: int
    offset: int = -1
    users: int = 0
    writers: list[int] = field(default_factory=list[int])


@dataclass(frozen=True)
class PlanMemoryPass(ModulePass):
    """Give every value of a platform level its place.

    All intermediate values live in one arena. Two values may share memory when no op needs both, and where ops run on
    several streams only if all that touch the one have ended before the other is written, by the order on each stream
    and the waits between them. A residual or an
    element-wise operand that dies gives its place to the result; the parts of a `kernel.concat_in_place` lie inside the
    whole; views have no memory of their own; what the function returns is written straight into the caller's memory
    where it can be. Scratch memory of an op is part of the arena and lives for that op only. State variables lie in
    memory of their own, which is kept from run to run and never shared.

    The result is attributes: `kernel.buffers`, `kernel.scratch` and `kernel.state` on the ops, `kernel.arena_bytes`
    and, where the model has state, `kernel.state_bytes` on the function.

    ```mlir
    %y = kernel.reorder %x : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32, #kernel.nhwc<3>>
    // becomes
    %y = kernel.reorder %x {kernel.buffers = [#kernel.buffer<arena, 0>]} : ...
    ```
    """

    name = "plan-memory"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Plan the module's entry point."""
        function = entry_point(op)
        outputs = place_outputs(function)
        alignment = DEVICE_ALIGNMENT if MATH in function.attributes else ALIGNMENT
        _plan(function, outputs, alignment)
        _plan_state(function, alignment)


def storage(value: SSAValue) -> SSAValue:
    """The value whose memory this one shows: views are followed to what they look at."""
    while isinstance(value.owner, ViewOp):
        value = value.owner.input
    return value


def bytes_of(value: SSAValue) -> int:
    """Bytes of memory that a value takes, its halo and padding between pixels included."""
    type_ = tensor_of(value)
    return physical_elements(type_) * element_bytes(type_.element_type)


def part_offsets(op: ConcatInPlaceOp) -> list[int]:
    """Byte offset of each part inside the memory of the whole."""
    type_ = tensor_of(op.output)
    axis = op.axis.value.data
    step = strides_of(type_)[axis] * element_bytes(type_.element_type)
    offsets: list[int] = []
    start = 0
    for part in op.inputs:
        offsets.append(start * step)
        start += tensor_of(part).get_shape()[axis]
    return offsets


def place_outputs(function: func.FuncOp) -> dict[SSAValue, int]:
    """Choose which results are written into the caller's memory; copy the others there at the end.

    Returns the number of the output for each value that is one. A second call finds nothing left to copy.
    """
    terminator = function.body.block.last_op
    assert isinstance(terminator, func.ReturnOp)
    parts = {
        storage(part)
        for op in function.body.block.ops
        if isinstance(op, ConcatInPlaceOp)
        for part in op.inputs
    }
    placed: dict[SSAValue, int] = {}
    for number, value in enumerate(terminator.operands):
        root = storage(value)
        made_here = isinstance(root.owner, Operation) and not isinstance(root.owner, ConstantOp)
        dense = layout_of(tensor_of(root)) is None
        if made_here and dense and root not in placed and root not in parts:
            placed[root] = number
            continue
        copy = ReorderOp.create(operands=[value], result_types=[memory.with_layout(tensor_of(value), None)])
        if isinstance(value.owner, Operation):
            set_layers(copy, layers_of(value.owner))
        Rewriter.insert_op(copy, InsertPoint.before(terminator))
        terminator.operands[number] = copy.output
        placed[copy.output] = number
    return placed


def _inplace_candidates(op: Operation) -> list[SSAValue]:
    """Operands that the op may overwrite with its result, element by element."""
    if isinstance(op, ConvOp):
        # The depthwise kernel may pass over its result again before it adds a residual that comes last.
        depthwise = op.algorithm is not None and op.algorithm.data == "depthwise"
        kept = op.residual is None or (depthwise and residual_comes_last(op))
        return [] if kept or op.residual is None else [op.residual]
    if isinstance(op, ElementwiseOp):
        return [v for v in op.operands if tensor_of(v) == tensor_of(op.results[0])]
    return []


def _plan(function: func.FuncOp, outputs: dict[SSAValue, int], alignment: int) -> None:
    ops = [op for op in function.body.block.ops if not isinstance(op, func.ReturnOp)]
    inside: dict[SSAValue, tuple[ConcatInPlaceOp, int]] = {}
    for op in ops:
        if isinstance(op, ConcatInPlaceOp):
            for part, offset in zip(op.inputs, part_offsets(op), strict=True):
                inside[storage(part)] = (op, offset)

    def home(value: SSAValue) -> tuple[SSAValue, int]:
        """The value that owns the memory in which this one lies, and the byte offset in it."""
        value, offset = storage(value), 0
        while value in inside:
            whole, start = inside[value]
            value, offset = storage(whole.output), offset + start
        return value, offset

    ended = ended_before(ops)
    users: dict[SSAValue, int] = {}
    for position, op in enumerate(ops):
        if not isinstance(op, SILENT):
            for value in (*op.operands, *op.results):
                root = home(value)[0]
                users[root] = users.get(root, 0) | 1 << position

    buffers: list[Buffer] = []
    owner: dict[SSAValue, Buffer] = {}
    scratch: dict[Operation, Buffer] = {}
    for position, op in enumerate(ops):
        if isinstance(op, SILENT):
            continue
        for result in op.results:
            root, _ = home(result)
            if root in outputs:
                continue
            if root in owner:
                owner[root].writers.append(position)
                continue
            last = users[root].bit_length() - 1
            reused = _reusable(op, result, ended[position] | 1 << position, users, owner, home)
            if reused is not None:
                owner[root] = reused
                reused.last = max(reused.last, last)
                reused.users |= users[root]
                continue
            owner[root] = Buffer(
                bytes_of(root) + GUARD, position, last, users=users[root], writers=[position]
            )
            buffers.append(owner[root])
        need = op.properties.get("scratch_bytes")
        if isinstance(need, IntegerAttr) and need.value.data > 0:
            scratch[op] = Buffer(need.value.data, position, position, users=1 << position, writers=[position])
            buffers.append(scratch[op])

    meets = meeting_on_streams(buffers, ended) if on_streams(ops) else meeting(buffers)
    arena = assign_offsets(buffers, meets, alignment)
    for op in ops:
        if isinstance(op, ConstantOp | ViewOp) or not op.results:
            continue
        places: list[BufferAttr] = []
        for result in op.results:
            root, offset = home(result)
            if root in outputs:
                places.append(BufferAttr("output", offset, outputs[root]))
            else:
                places.append(BufferAttr("arena", owner[root].offset + offset))
        op.attributes[BUFFERS] = ArrayAttr(places)
        if op in scratch:
            op.attributes[SCRATCH] = BufferAttr("arena", scratch[op].offset)
    function.attributes[ARENA_BYTES] = IntegerAttr(arena, i64)


def _plan_state(function: func.FuncOp, alignment: int) -> None:
    """Give every state variable a place for good, in the order in which they are met."""
    places: dict[str, BufferAttr] = {}
    total = 0
    for op in function.body.block.ops:
        if not isinstance(op, StateOp):
            continue
        name = op.variable.data
        if name not in places:
            places[name] = BufferAttr("state", total)
            total += -(-bytes_of(op.operands[0]) // alignment) * alignment
        op.attributes[STATE] = places[name]
    if places:
        function.attributes[STATE_BYTES] = IntegerAttr(total, i64)


def _reusable(
    op: Operation,
    result: SSAValue,
    ended: int,
    users: dict[SSAValue, int],
    owner: dict[SSAValue, Buffer],
    home: Callable[[SSAValue], tuple[SSAValue, int]],
) -> Buffer | None:
    """The buffer of an operand that dies here and may be overwritten, if there is one.

    `ended` has a bit for each position that has ended when the op has.
    """
    if home(result)[0] is not result:
        return None
    for operand in _inplace_candidates(op):
        others = [v for v in op.operands if v is not operand]
        if (
            operand in owner
            and not users[operand] & ~ended
            and tensor_of(operand) == tensor_of(result)
            and all(home(v)[0] is not operand for v in others)
        ):
            return owner[operand]
    return None


def meeting(buffers: list[Buffer]) -> list[list[int]]:
    """For each buffer, by number: those that are needed at the same time, where ops run one after the other."""
    meets: list[list[int]] = [[] for _ in buffers]
    active: list[int] = []
    for i in sorted(range(len(buffers)), key=lambda i: buffers[i].first):
        active = [j for j in active if buffers[j].last >= buffers[i].first]
        for j in active:
            meets[i].append(j)
            meets[j].append(i)
        active.append(i)
    return meets


def meeting_on_streams(buffers: list[Buffer], ended: list[int]) -> list[list[int]]:
    """The same where ops run on streams: two meet unless all users of one have ended before the other is written."""
    meets: list[list[int]] = [[] for _ in buffers]
    before: list[int] = []
    for buffer in buffers:
        before.append(ended[buffer.writers[0]])
        for writer in buffer.writers[1:]:
            before[-1] &= ended[writer]
    for i, buffer in enumerate(buffers):
        for j in range(i):
            if buffers[j].users & ~before[i] and buffer.users & ~before[j]:
                meets[i].append(j)
                meets[j].append(i)
    return meets


def assign_offsets(
    buffers: list[Buffer], meets: list[list[int]] | None = None, alignment: int = ALIGNMENT
) -> int:
    """Give each buffer an offset so that no two that are needed at once overlap; return the bytes in all.

    Largest first, each at the lowest free place among the buffers that it meets in time.
    """
    meets = meeting(buffers) if meets is None else meets
    total = 0
    for i in sorted(range(len(buffers)), key=lambda i: (-buffers[i].size, buffers[i].first)):
        size = -(-buffers[i].size // alignment) * alignment
        taken = sorted(
            (buffers[j].offset, buffers[j].offset + buffers[j].size)
            for j in meets[i]
            if buffers[j].offset >= 0
        )
        offset = 0
        for start, end in taken:
            if offset + size <= start:
                break
            offset = max(offset, -(-end // alignment) * alignment)
        buffers[i].offset = offset
        total = max(total, offset + size)
    return total
