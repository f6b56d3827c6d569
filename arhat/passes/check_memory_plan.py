"""check-memory-plan: an independent proof that a plan never lets two live values overlap."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass
from typing import cast

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import IntegerAttr, ModuleOp
from xdsl.ir import Operation, OpResult, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.cpu import ConvOp
from arhat.dialects.cudnn import CublasLtMatmulOp, GraphOp, LrnOp, SoftmaxOp
from arhat.dialects.kernel import ElementwiseOp, tensor_of
from arhat.dialects.kernel.memory import (
    ARENA_BYTES,
    SCRATCH,
    STATE,
    STATE_BYTES,
    AssignOp,
    BufferAttr,
    ConcatInPlaceOp,
    StateOp,
    ViewOp,
    buffers_of,
    layout_of,
    physical_elements,
    strides_of,
)
from arhat.errors import UserError
from arhat.layers import layers_of
from arhat.passes.check_memory_plan_streams import StreamOrder
from arhat.passes.plan_memory_streams import on_streams
from arhat.passes.support import element_bytes, entry_point

ALIGNMENT = 64
LIBRARY_ALIGNMENT = 16


@dataclass(frozen=True)
class CheckMemoryPlanPass(ModulePass):
    """Refuse a module whose planned values overlap while both are needed.

    Written apart from `plan-memory`, from the attributes alone: it follows every value from the op that writes it to
    the last op that reads it, and compares the bytes of all values that live at the same time. A result may lie on an
    operand that dies at that op only where the op works element by element on the same layout; a part of a
    `kernel.concat_in_place` may lie in the whole, in channels or rows of its own. Variables of the state may not
    overlap at all, have one type each, are read before they are written, and are written once.

    What libraries work on starts at a multiple of 16 bytes. Where ops run on several streams, what an op reads must
    have been made by then, and two values may share bytes only if the order on each stream and the waits between them
    say that all uses of the one have ended when the other is written.

    ```mlir
    %b = kernel.reorder(%a) {kernel.buffers = [#kernel.buffer<arena, 0>]} : ...   // error when %a lies there too
    ```
    """

    name = "check-memory-plan"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Check the module's entry point."""
        check(entry_point(op))


@dataclass(frozen=True)
class Extent:
    """Bytes [start, end) of a space, and the value (or scratch) that has them."""

    space: str
    start: int
    end: int
    owner: SSAValue | Operation

    def meets(self, other: Extent) -> bool:
        """Whether the two share a byte."""
        return self.space == other.space and self.start < other.end and other.start < self.end


def check(function: func.FuncOp) -> None:
    """Check one function.

    Raises:
        UserError: a value has no place, lies outside of the arena, is not aligned, or overlaps another live one.
    """
    ops = [op for op in function.body.block.ops if not isinstance(op, ConstantOp)]
    arena = function.attributes.get(ARENA_BYTES)
    if not isinstance(arena, IntegerAttr):
        raise UserError("the function has no kernel.arena_bytes: run plan-memory first")
    sizes = {"arena": arena.value.data}
    for number, value in enumerate(cast(Operation, function.body.block.last_op).operands):
        type_ = tensor_of(value)
        sizes[f"output {number}"] = physical_elements(type_) * element_bytes(type_.element_type)
    _check_state(function, ops)
    _check_alignment(ops)
    contents = _contents(ops)
    last: dict[SSAValue, int] = {}
    for position, op in enumerate(ops):
        for value in op.operands:
            last[value] = position
            # A reader of a view reads what it shows; a reader of a whole reads its parts.
            for behind in _behind(value):
                last[behind] = position
    if on_streams(ops):
        _check_on_streams(ops, sizes, contents)
        return
    expiring: list[tuple[int, int]] = []
    live: dict[int, tuple[SSAValue, Extent]] = {}
    for position, op in enumerate(ops):
        while expiring and expiring[0][0] < position:
            live.pop(expiring.pop(0)[1], None)
        if isinstance(op, ViewOp | func.ReturnOp):
            continue
        if isinstance(op, ConcatInPlaceOp):
            _check_parts(op)
        written = [_extent(op, i, sizes, contents) for i in range(len(op.results))]
        scratch = _scratch(op, arena.value.data)
        for other, extent in live.values():
            if scratch is not None and scratch.meets(extent):
                _refuse(op, "its scratch memory", cast(Operation, other.owner))
            for result, mine in zip(op.results, written, strict=True):
                if not mine.meets(extent) or _same_contents(contents, result, other):
                    continue
                owners = [other, *_wholes(contents, other)]
                if any(last.get(v, -1) == position and _overwrites(op, result, v) for v in owners):
                    continue
                _refuse(op, "its result", cast(Operation, other.owner))
        if scratch is not None and any(scratch.meets(mine) for mine in written):
            _refuse(op, "its scratch memory", op)
        for result, mine in zip(op.results, written, strict=True):
            until = max(last.get(result, position), position)
            number = id(result)
            live[number] = (result, mine)
            insort(expiring, (until, number))


def _check_alignment(ops: list[Operation]) -> None:
    """What cuDNN and cuBLASLt read and write starts at a multiple of 16 bytes: their plans count on it."""
    for op in ops:
        if not isinstance(op, GraphOp | CublasLtMatmulOp | SoftmaxOp | LrnOp):
            continue
        for value in (*op.operands, *op.results):
            while isinstance(value.owner, ViewOp):
                value = value.owner.input
            maker = value.owner
            if isinstance(maker, ConstantOp) or not isinstance(maker, Operation):
                continue
            if _place(maker, value).offset.data % LIBRARY_ALIGNMENT:
                raise UserError(
                    f"memory plan: {_name(op)} needs the result of {_name(maker)} at a multiple of "
                    f"{LIBRARY_ALIGNMENT} bytes"
                )


def _check_on_streams(
    ops: list[Operation], sizes: dict[str, int], contents: dict[SSAValue, tuple[SSAValue, int, int]]
) -> None:
    """Every two values that share bytes must be ordered by streams and waits."""
    order = StreamOrder(ops)
    users: dict[SSAValue, set[int]] = {}
    variables: dict[str, Operation] = {}
    for position, op in enumerate(ops):
        if isinstance(op, ConcatInPlaceOp):
            _check_parts(op)
        if isinstance(op, StateOp):
            before = variables.get(op.variable.data)
            if before is not None and not order.has_ended(before, position):
                raise UserError(
                    f"schedule: {_name(op)} does not wait for {_name(before)}, which has the same variable"
                )
            variables[op.variable.data] = op
        if isinstance(op, ViewOp | ConcatInPlaceOp):
            continue
        for value in op.operands:
            for shown in (value, *_behind(value)):
                users.setdefault(shown, set()).add(position)
                if isinstance(shown.owner, Operation) and not order.has_ended(shown.owner, position):
                    raise UserError(
                        f"schedule: {_name(op)} does not wait for {_name(shown.owner)}, which it reads"
                    )
    extents: list[tuple[int, Extent]] = []
    for position, op in enumerate(ops):
        if isinstance(op, ViewOp | ConcatInPlaceOp | func.ReturnOp):
            continue
        extents += [(position, _extent(op, i, sizes, contents)) for i in range(len(op.results))]
        scratch = _scratch(op, sizes["arena"])
        extents += [] if scratch is None else [(position, scratch)]
    extents.sort(key=lambda entry: (entry[1].space, entry[1].start))
    reaching: list[tuple[int, Extent]] = []
    for position, extent in extents:
        reaching = [entry for entry in reaching if entry[1].meets(extent)]
        for other_position, other in reaching:
            first, second = sorted(((other_position, other), (position, extent)), key=lambda entry: entry[0])
            _check_pair(ops, order, users, contents, first, second)
        reaching.append((position, extent))


def _check_pair(
    ops: list[Operation],
    order: StreamOrder,
    users: dict[SSAValue, set[int]],
    contents: dict[SSAValue, tuple[SSAValue, int, int]],
    first: tuple[int, Extent],
    second: tuple[int, Extent],
) -> None:
    """Refuse two extents that share bytes unless all uses of the first have ended when the second is written."""
    op, (old, new) = ops[second[0]], (first[1].owner, second[1].owner)
    uses: set[int] = {first[0]}
    if isinstance(old, SSAValue):
        uses |= users.get(old, set())
    late = {use for use in uses if not order.has_ended(ops[use], second[0])}
    if not late:
        return
    if isinstance(old, SSAValue) and isinstance(new, SSAValue):
        if _same_contents(contents, new, old):
            return
        if late == {second[0]} and any(_overwrites(op, new, v) for v in (old, *_wholes(contents, old))):
            return
    what = "its result" if isinstance(new, SSAValue) else "its scratch memory"
    _refuse(op, what, ops[first[0]])


def _check_state(function: func.FuncOp, ops: list[Operation]) -> None:
    """Each variable has memory of its own, of the size of its value, and is read before it is written."""
    size = function.attributes.get(STATE_BYTES)
    total = size.value.data if isinstance(size, IntegerAttr) else 0
    extents: dict[str, Extent] = {}
    types: dict[str, object] = {}
    written: set[str] = set()
    for op in ops:
        if not isinstance(op, StateOp):
            continue
        name, value = op.variable.data, op.operands[0]
        place, type_ = op.attributes.get(STATE), tensor_of(value)
        if not isinstance(place, BufferAttr) or place.space.data != "state":
            raise UserError(f"{_name(op)} has no place for its variable: run plan-memory first")
        if layout_of(type_) is not None or types.setdefault(name, type_) != type_:
            raise UserError(f"the variable of {_name(op)} is {type_} here and {types[name]} elsewhere")
        start = place.offset.data
        extent = Extent(
            "state", start, start + physical_elements(type_) * element_bytes(type_.element_type), op
        )
        if extent.end > total or start % ALIGNMENT:
            raise UserError(
                f"the variable of {_name(op)} is not aligned or reaches over the end of the state"
            )
        for other, taken in extents.items():
            if other != name and taken.meets(extent):
                raise UserError(f"memory plan: the variable of {_name(op)} lies on another one")
        if extents.setdefault(name, extent).start != start:
            raise UserError(f"memory plan: the variable of {_name(op)} has two places")
        if name in written:
            raise UserError(f"{_name(op)} comes after its variable was assigned")
        if isinstance(op, AssignOp):
            written.add(name)


def _check_parts(op: ConcatInPlaceOp) -> None:
    """The parts of a concatenation in place must lie where the whole has them."""
    whole = _place(op, op.output)
    type_ = tensor_of(op.output)
    axis = op.axis.value.data
    step = strides_of(type_)[axis] * element_bytes(type_.element_type)
    start = 0
    for part in op.inputs:
        size = tensor_of(part).get_shape()[axis]
        while isinstance(part.owner, ViewOp):
            part = part.owner.input
        place = _place(cast(Operation, part.owner), part)
        expected = (whole.space, whole.index, whole.offset.data + start * step)
        if (place.space, place.index, place.offset.data) != expected:
            raise UserError(f"memory plan: a part of {_name(op)} does not lie in its place in the whole")
        start += size


def _behind(value: SSAValue) -> list[SSAValue]:
    """The values whose memory a value shows: through views, and the parts of a concatenation in place."""
    found: list[SSAValue] = []
    work = [value]
    while work:
        owner = work.pop().owner
        if isinstance(owner, ViewOp | ConcatInPlaceOp):
            found += owner.operands
            work += owner.operands
    return found


def _contents(ops: list[Operation]) -> dict[SSAValue, tuple[SSAValue, int, int]]:
    """For each part of a concatenation: the whole, and the range along the axis that the part has of it."""
    parts: dict[SSAValue, tuple[SSAValue, int, int]] = {}
    for op in ops:
        if isinstance(op, ConcatInPlaceOp):
            start = 0
            axis = op.axis.value.data
            for part in op.inputs:
                size = tensor_of(part).get_shape()[axis]
                root = part
                while isinstance(root.owner, ViewOp):
                    root = root.owner.input
                parts[root] = (op.output, start, start + size)
                start += size
    return parts


def _same_contents(contents: dict[SSAValue, tuple[SSAValue, int, int]], a: SSAValue, b: SSAValue) -> bool:
    """Whether two overlapping values belong together: a whole and its part, or two parts apart from each other."""
    wholes_a, wholes_b = _wholes(contents, a), _wholes(contents, b)
    if b in wholes_a or a in wholes_b:
        return True
    for whole in wholes_a:
        if whole in wholes_b:
            (start_a, end_a), (start_b, end_b) = wholes_a[whole], wholes_b[whole]
            return end_a <= start_b or end_b <= start_a
    return False


def _wholes(
    contents: dict[SSAValue, tuple[SSAValue, int, int]], value: SSAValue
) -> dict[SSAValue, tuple[int, int]]:
    found: dict[SSAValue, tuple[int, int]] = {}
    while value in contents:
        whole, start, end = contents[value]
        found[whole] = (start, end)
        value = whole
        while isinstance(value.owner, ViewOp):
            value = value.owner.input
    return found


def _overwrites(op: Operation, result: SSAValue, operand: SSAValue) -> bool:
    """Whether an op may write its result over this operand: each element is read before it is written."""
    if tensor_of(result) != tensor_of(operand) or _extent_of(result) != _extent_of(operand):
        return False
    if isinstance(op, ConvOp):
        return op.residual is operand and op.input is not operand
    return isinstance(op, ElementwiseOp) and operand in op.operands


def _extent_of(value: SSAValue) -> tuple[str, int]:
    place = _place(cast(Operation, value.owner), value)
    return place.space.data, place.offset.data


def _place(op: Operation, value: SSAValue) -> BufferAttr:
    places = buffers_of(op)
    if places is None or len(places) != len(op.results):
        raise UserError(f"{_name(op)} has no place for its result: run plan-memory first")
    assert isinstance(value, OpResult)
    return places[value.index]


def _extent(
    op: Operation,
    index: int,
    sizes: dict[str, int],
    contents: dict[SSAValue, tuple[SSAValue, int, int]],
) -> Extent:
    value = op.results[index]
    type_ = tensor_of(value)
    place = _place(op, value)
    elements = physical_elements(type_)
    layout = layout_of(type_)
    if layout is not None and value in contents:
        elements -= layout.pixel - type_.get_shape()[1]  # behind the last pixel lies another part
    size = elements * element_bytes(type_.element_type)
    space = place.space.data
    if space == "output":
        space = f"output {place.index.data}"
    if place.offset.data + size > sizes.get(space, 0):
        raise UserError(f"{_name(op)} reaches over the end of the {space}")
    if layout_of(type_) is None and place.offset.data % element_bytes(type_.element_type):
        raise UserError(f"{_name(op)} is not aligned to its elements")
    return Extent(space, place.offset.data, place.offset.data + size, value)


def _scratch(op: Operation, arena: int) -> Extent | None:
    need = op.properties.get("scratch_bytes")
    if not isinstance(need, IntegerAttr) or need.value.data == 0:
        return None
    place = op.attributes.get(SCRATCH)
    if not isinstance(place, BufferAttr):
        raise UserError(f"{_name(op)} has no place for its scratch memory: run plan-memory first")
    if place.offset.data + need.value.data > arena:
        raise UserError(f"the scratch memory of {_name(op)} reaches over the end of the arena")
    if place.offset.data % ALIGNMENT:
        raise UserError(f"the scratch memory of {_name(op)} is not aligned to {ALIGNMENT} bytes")
    return Extent("arena", place.offset.data, place.offset.data + need.value.data, op)


def _name(op: Operation) -> str:
    layers = layers_of(op)
    return f"{op.name} (layer '{layers[-1].layer_name}')" if layers else op.name


def _refuse(op: Operation, what: str, other: Operation) -> None:
    raise UserError(
        f"memory plan: {_name(op)} writes {what} over that of {_name(other)}, which is still needed"
    )
