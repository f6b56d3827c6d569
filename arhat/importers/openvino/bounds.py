"""Sizes that depend on data.

Shapes are static. A value whose length along an axis is known only at run time, the boxes that survive suppression for
example, is a tensor with room for the most that there can be (its capacity) and a count, an i64 tensor of one element.
Along that axis the first `count` elements mean something, and what stands behind them is never looked at.

`Bounds` knows the counts of all values. After a layer is converted, each operation that was made for it and has a
bounded operand is looked up here: a rule says along which axis of the result the count goes on. Where the elements
behind the count would matter (sorting, maxima, joining along the axis) the rule puts operations in that keep them out.
An operation without a rule is refused, with the layer's name.

Shapes that are computed from counts (`ShapeOf`, then arithmetic) stay operations. Where a layer wants such a shape when
the model is compiled, it is evaluated with the capacities in place of the counts, and the axes that turn out to vary
are bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING, cast

import numpy as np
from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, i64
from xdsl.ir import Operation, OpResult, SSAValue

from arhat.dialects.arhat import elementwise, indexing, logic, movement, nn, reduction, roi
from arhat.dialects.arhat.base import ArhatOp, Ints, OperandArg, Property, element_of, ints_of, shape_of
from arhat.dialects.arhat.constant import ConstantOp, ConvertOp
from arhat.importers.openvino.registry import Converter
from arhat.weights import Array, dtype_of, make_constant

if TYPE_CHECKING:
    from arhat.importers.openvino.context import Context, Node

BOUNDED = "arhat.bounded"
"""Attribute of a result: the axes along which its length depends on data."""

COUNT_SUFFIX = ".count"
"""The output that says how long `name` is has the name `name.count`: i64, one number for each bounded axis."""

FILL = -1
"""What stands behind the count in an output; 0 for booleans and types without sign."""

_ADVICE = "end the model before it, or make the size constant in the original model"


@dataclass
class Bounds:
    """What one import knows of sizes that depend on data."""

    axes: dict[SSAValue, dict[int, SSAValue]] = field(default_factory=dict[SSAValue, dict[int, SSAValue]])
    """For bounded values: the count along each bounded axis."""
    capacities: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    """The largest value of each count."""
    counts: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """For values that hold a count: the one that stands for all with this count."""
    made: dict[tuple[object, ...], SSAValue] = field(default_factory=dict[tuple[object, ...], SSAValue])
    """Counts computed from others, by how."""
    sources: dict[SSAValue, str] = field(default_factory=dict[SSAValue, str])
    """What a value is computed from: `constants`, `counts` (and perhaps constants), or `data` too."""
    known: dict[SSAValue, Array] | None = None
    """The values that an evaluation starts from instead of constants."""


# What converters and the importer use ---------------------------------------------------------------------


def bind(node: Node, values: Sequence[SSAValue], axis: int, count: SSAValue) -> None:
    """From now on `values` have `count` (an integer tensor of one element) elements along `axis`."""
    bounds = node.context.bounds
    capacity = shape_of(values[0])[axis]
    whole = count if element_of(count) == i64 else node.build(ConvertOp, [count], {"to": i64})
    for value in (count, whole):
        bounds.capacities[value] = capacity
        bounds.counts[value] = whole
    for value in values:
        bounds.axes.setdefault(value, {})[axis] = whole


def convert_layer(node: Node, convert: Converter) -> Sequence[SSAValue]:
    """The values of a layer by its converter, and what is known of their sizes."""
    bounds = node.context.bounds
    if not bounds.capacities:
        return _values(convert(node))
    kind = node.layer.type.lower()
    if kind == "shapeof" and node.input_count == 1 and bounds.axes.get(node.raw_input(0)):
        return [_shape_of(node)]
    sized = _SIZED.get(kind)
    inputs = [node.raw_input(index) for index in range(node.input_count)]
    sized = sized if any(_is_computed(node.context, value) for value in inputs) else None
    last = node.context.block.last_op
    if sized is None:
        values = list(_values(convert(node)))
    else:
        with _counts_as(node.context, 1.0):
            values = list(_values(convert(node)))
    op = node.context.block.first_op if last is None else last.next_op
    while op is not None:
        following = op.next_op
        if any(bounds.axes.get(operand) for operand in op.operands):
            values = _propagate(node, op, values)
        op = following
    if sized is not None:
        sized(node, values)
    return values


def result_with_count(node: Node, value: SSAValue, axes: Mapping[int, SSAValue]) -> tuple[SSAValue, SSAValue]:
    """A bounded result with `FILL` behind its counts, and the counts in the order of the axes."""
    for axis, count in axes.items():
        dtype = dtype_of(element_of(value))
        value = _masked(_End(node), value, axis, count, FILL if dtype.kind in "if" else 0)
    counts = [axes[axis] for axis in sorted(axes)]
    if len(counts) == 1:
        return value, counts[0]
    return value, node.build(movement.ConcatOp, [counts], {"axis": 0})


def bounded_attribute(axes: Mapping[int, SSAValue]) -> ArrayAttr[IntegerAttr]:
    """The value of `BOUNDED` for these axes."""
    return ArrayAttr([IntegerAttr(axis, i64) for axis in sorted(axes)])


def _values(values: SSAValue | Sequence[SSAValue]) -> Sequence[SSAValue]:
    return [values] if isinstance(values, SSAValue) else values


# Building operations at the end of the model, or before one of its operations -------------------------------


@dataclass
class _End:
    """Appends operations."""

    node: Node

    def build(
        self,
        op: type[ArhatOp],
        operands: Sequence[OperandArg],
        properties: Mapping[str, Property] | None = None,
    ) -> SSAValue:
        made = op.build_inferred(operands, properties, (self.node.tag,))
        for result in made.results:
            self.node.check_size(result)
        self.insert(made)
        return made.results[0]

    def constant(self, array: Array) -> SSAValue:
        node = self.node
        made = make_constant(node.context.store, array, node.layer.name, [node.tag])
        self.insert(made)
        return made.results[0]

    def insert(self, op: Operation) -> None:
        self.node.context.block.add_op(op)


@dataclass
class _Before(_End):
    """Puts operations before one that is there."""

    op: Operation

    def insert(self, op: Operation) -> None:
        self.node.context.block.insert_op_before(op, self.op)


def _masked(at: _End, value: SSAValue, axis: int, count: SSAValue, fill: float) -> SSAValue:
    """`value` with `fill` behind `count` elements along `axis`."""
    shape = shape_of(value)
    line = [1] * len(shape)
    line[axis] = shape[axis]
    places = at.constant(np.arange(shape[axis], dtype=np.int64).reshape(line))
    inside = at.build(
        logic.LessOp, [places, at.build(movement.ReshapeOp, [count], {"shape": [1] * len(shape)})]
    )
    other = at.constant(np.full([1] * len(shape), fill, dtype_of(element_of(value))))
    return at.build(logic.SelectOp, [inside, value, other])


def _count(node: Node, key: tuple[object, ...], capacity: int, make: Callable[[_End], SSAValue]) -> SSAValue:
    """The count that `make` builds, once for all that ask for it by `key`."""
    bounds = node.context.bounds
    if key not in bounds.made:
        count = make(_End(node))
        bounds.made[key] = count
        bounds.capacities[count] = capacity
        bounds.counts[count] = count
    return bounds.made[key]


def _scaled(node: Node, count: SSAValue, times: int, over: int) -> SSAValue:
    """`count * times / over`."""
    if times == over:
        return count
    capacity = node.context.bounds.capacities[count] * times // over

    def make(at: _End) -> SSAValue:
        value = at.build(elementwise.MultiplyOp, [count, at.constant(np.array([times], np.int64))])
        if over == 1:
            return value
        divisor = at.constant(np.array([over], np.int64))
        return at.build(elementwise.DivideOp, [value, divisor], {"python_div": True})

    return _count(node, ("scaled", count, times, over), capacity, make)


def _at_most(node: Node, count: SSAValue, limit: int) -> SSAValue:
    """`min(count, limit)`."""
    if node.context.bounds.capacities[count] <= limit:
        return count

    def make(at: _End) -> SSAValue:
        return at.build(elementwise.MinimumOp, [count, at.constant(np.array([limit], np.int64))])

    return _count(node, ("at most", count, limit), limit, make)


# Shapes computed from counts --------------------------------------------------------------------------------


def _shape_of(node: Node) -> SSAValue:
    """The shape of a bounded value: constants and counts, joined."""
    value = node.raw_input(0)
    axes = node.context.bounds.axes[value]
    parts: list[SSAValue] = []
    for axis, extent in enumerate(shape_of(value)):
        parts.append(axes[axis] if axis in axes else node.constant_value(np.array([extent], np.int64)))
    shape = parts[0] if len(parts) == 1 else node.build(movement.ConcatOp, [parts], {"axis": 0})
    to = node.choice("output_type", ("i64", "i32"), "i64")
    if to == "i64":
        return shape
    from xdsl.dialects.builtin import i32

    return node.build(ConvertOp, [shape], {"to": i32})


def _is_computed(context: Context, value: SSAValue) -> bool:
    """Whether `value` is computed from counts and constants alone, and from at least one count."""
    from arhat.importers.openvino.context import EVALUATED

    memo, capacities = context.bounds.sources, context.bounds.capacities
    stack = [value]
    while stack:
        top = stack[-1]
        op = top.owner
        if top in capacities:
            memo[top] = "counts"
        elif not isinstance(op, Operation) or type(op).__module__ not in EVALUATED:
            memo[top] = "data"
        elif missing := [operand for operand in op.operands if operand not in memo]:
            stack.extend(missing)
            continue
        else:
            known = {memo[operand] for operand in op.operands}
            memo[top] = next((source for source in ("data", "counts") if source in known), "constants")
        stack.pop()
    return memo[value] == "counts"


@contextmanager
def _counts_as(context: Context, part: float) -> Generator[None]:
    """Evaluation takes every count for this part of its capacity."""
    bounds = context.bounds
    bounds.known = {
        count: np.full(shape_of(count), int(capacity * part), dtype_of(element_of(count)))
        for count, capacity in bounds.capacities.items()
    }
    try:
        yield
    finally:
        bounds.known = None


def _element(node: Node, index: int, place: int) -> int | SSAValue:
    """Element `place` of input `index`, a list of sizes: a constant, or a count."""
    value, at = _resolved(node, node.raw_input(index), place)
    bounds = node.context.bounds
    if value in bounds.counts:
        return bounds.counts[value]
    probes: list[int] = []
    for part in (0.0, 0.25, 0.5, 1.0):
        with _counts_as(node.context, part):
            probes.append(int(node.context.evaluate(value, node, "the size").reshape(-1)[at]))
    if min(probes) == max(probes):
        return probes[0]
    if probes != sorted(probes):
        raise node.error(
            f"a size depends on data in a way that has no known limit (it is {probes[0]} for none, {probes[-1]} "
            f"for as many as there can be); {_ADVICE}"
        )

    def make(build: _End) -> SSAValue:
        size = prod(shape_of(value))
        flat = build.build(movement.ReshapeOp, [value], {"shape": [size]})
        one = build.build(movement.SliceOp, [flat], {"starts": [at], "sizes": [1], "steps": [1]})
        return one if element_of(one) == i64 else build.build(ConvertOp, [one], {"to": i64})

    return _count(node, ("element", value, at), probes[-1], make)


def _resolved(node: Node, value: SSAValue, place: int) -> tuple[SSAValue, int]:
    """Where element `place` of `value` comes from, through operations that only move elements."""
    while value not in node.context.bounds.counts and isinstance(value, OpResult):
        op = value.op
        if isinstance(op, movement.ReshapeOp | ConvertOp):
            value = op.operands[0]
        elif isinstance(op, movement.ConcatOp) and len(shape_of(value)) == 1:
            for part in op.operands:
                if place < shape_of(part)[0]:
                    value = part
                    break
                place -= shape_of(part)[0]
        elif isinstance(op, movement.SliceOp) and len(shape_of(value)) == 1:
            place = ints_of(op.starts)[0] + place * ints_of(op.steps)[0]
            value = op.x
        elif (
            isinstance(op, movement.GatherOp)
            and len(shape_of(op.x)) == 1
            and isinstance(op.indices.owner, ConstantOp)
        ):
            index = int(node.context.evaluate(op.indices, node, "the index").reshape(-1)[place])
            place = index + shape_of(op.x)[0] if index < 0 else index
            value = op.x
        else:
            break
    return value, place


def _bind_sized(node: Node, value: SSAValue, axis: int, size: int | SSAValue) -> None:
    axes = node.context.bounds.axes.setdefault(value, {})
    if isinstance(size, SSAValue) and axis not in axes:
        axes[axis] = size


def _sized_nothing(node: Node, values: Sequence[SSAValue]) -> None:
    """The shape only says how the elements are arranged; a bounded input tells which axis is bounded."""
    if node.context.bounds.axes.get(node.raw_input(0)):
        return
    for place in range(prod(node.shape(1))):
        if isinstance(_element(node, 1, place), SSAValue):
            raise node.error(f"the new shape depends on data, but the input does not; {_ADVICE}")


def _sized_broadcast(node: Node, values: Sequence[SSAValue]) -> None:
    if node.input_count != 2:
        raise node.error(f"the new shape depends on data; {_ADVICE}")
    count = prod(node.shape(1))
    for place in range(count):
        axis = len(shape_of(values[0])) - count + place
        _bind_sized(node, values[0], axis, _element(node, 1, place))


def _sized_tile(node: Node, values: Sequence[SSAValue]) -> None:
    count, shape = prod(node.shape(1)), node.shape(0)
    for place in range(count):
        size, axis = _element(node, 1, place), len(shape_of(values[0])) - count + place
        if isinstance(size, SSAValue):
            before = axis - (len(shape_of(values[0])) - len(shape))
            if before >= 0 and shape[before] != 1:
                raise node.error(
                    f"repeats axis {axis} of size {shape[before]} as often as data says; {_ADVICE}"
                )
            _bind_sized(node, values[0], axis, size)


def _sized_topk(node: Node, values: Sequence[SSAValue]) -> None:
    axis = node.axis(node.integer("axis"), len(node.shape(0)))
    size = _element(node, 1, 0)
    if isinstance(size, SSAValue):
        for value in values:
            node.context.bounds.axes.setdefault(value, {})[axis] = size


def _sized_range(node: Node, values: Sequence[SSAValue]) -> None:
    size = _element(node, 1, 0)
    with _counts_as(node.context, 1.0):
        start, step = (node.constant_ints(index, "a bound of the range") for index in (0, 2))
    if (start, step) != ([0], [1]) or any(_is_computed(node.context, node.raw_input(i)) for i in (0, 2)):
        raise node.error(f"the range depends on data, and does not go from 0 in steps of 1; {_ADVICE}")
    _bind_sized(node, values[0], 0, size)


_SIZED: dict[str, Callable[[Node, Sequence[SSAValue]], None]] = {
    "reshape": _sized_nothing,
    "broadcast": _sized_broadcast,
    "tile": _sized_tile,
    "topk": _sized_topk,
    "range": _sized_range,
}
"""The layers that take a size computed from counts, and what it means for their results."""


# Operations with bounded operands ---------------------------------------------------------------------------

_Axes = dict[int, SSAValue]


@dataclass
class _Use:
    """An operation with bounded operands."""

    node: Node
    op: Operation

    def axes(self, place: int) -> _Axes:
        """The counts of operand `place`."""
        return self.node.context.bounds.axes.get(self.op.operands[place], {})

    def refuse(self, why: str) -> Exception:
        return self.node.error(f"the length of an input depends on data, and {why}; {_ADVICE}")

    def only(self, *places: int) -> None:
        """Refuse the operation if another operand is bounded."""
        for place, value in enumerate(self.op.operands):
            if place not in places and self.node.context.bounds.axes.get(value):
                raise self.refuse(f"{self.op.name} does not support that for operand {place}")

    def same(self, counts: Sequence[SSAValue]) -> SSAValue:
        """The one count that all of `counts` are."""
        if any(count is not counts[0] for count in counts):
            raise self.refuse("it is joined with another that may have another length")
        return counts[0]

    def mask(self, place: int, axis: int, fill: float) -> None:
        """Put `fill` behind the count of operand `place` along `axis`."""
        count = self.axes(place)[axis]
        self.op.operands[place] = _masked(
            _Before(self.node, self.op), self.op.operands[place], axis, count, fill
        )


_Rule = Callable[[_Use], Sequence[_Axes]]
"""The counts of each result."""


def _propagate(node: Node, op: Operation, values: list[SSAValue]) -> list[SSAValue]:
    """Bounds the results of an operation; `values` with what takes the place of its results."""
    bounds = node.context.bounds
    use = _Use(node, op)
    if isinstance(op, movement.ConcatOp) and any(
        op.axis.value.data in use.axes(i) for i in range(len(op.operands))
    ):
        joined = _joined(use, op)
        return [joined if value is op.results[0] else value for value in values]
    rule = _RULES.get(type(op)) or _FAMILIES.get(type(op).__module__)
    if rule is None:
        raise use.refuse(f"{op.name} is not known to support that")
    for result, axes in zip(op.results, rule(use), strict=True):
        if axes:
            bounds.axes[result] = {**axes, **bounds.axes.get(result, {})}
    return values


def _broadcasting(use: _Use) -> Sequence[_Axes]:
    """Element by element: the axes line up from the last one; what is not bounded along one is repeated."""
    rank = len(shape_of(use.op.results[0]))
    found: dict[int, list[SSAValue]] = {}
    for place, value in enumerate(use.op.operands):
        for axis, count in use.axes(place).items():
            found.setdefault(rank - len(shape_of(value)) + axis, []).append(count)
    for axis in found:
        for place, value in enumerate(use.op.operands):
            own = axis - (rank - len(shape_of(value)))
            if own >= 0 and own not in use.axes(place) and shape_of(value)[own] != 1:
                raise use.refuse(f"it is joined with one of fixed length {shape_of(value)[own]}")
    return [{axis: use.same(counts) for axis, counts in found.items()}]


def _reshape(use: _Use) -> Sequence[_Axes]:
    before, after = shape_of(use.op.operands[0]), shape_of(use.op.results[0])
    result: _Axes = {}
    for axis, count in use.axes(0).items():
        outer, inner = prod(before[:axis]), prod(before[axis + 1 :])
        fits = [place for place in range(len(after)) if prod(after[:place]) == outer]
        inside = {place: prod(after[place + 1 :]) for place in fits}
        kept = [place for place in fits if inside[place] == inner]
        split = [place for place in fits if inside[place] and inner % inside[place] == 0]
        merged = [place for place in fits if inner and inside[place] % inner == 0 and after[place] > 1]
        if kept:
            result[axis if axis in kept else kept[0]] = count
        elif split:
            result[split[0]] = _scaled(use.node, count, inner // inside[split[0]], 1)
        elif merged:
            result[merged[0]] = _scaled(use.node, count, 1, inside[merged[0]] // inner)
        else:
            raise use.refuse(f"a shape of {list(after)} does not keep axis {axis} of {list(before)}")
    return [result]


def _transpose(use: _Use) -> Sequence[_Axes]:
    perm = ints_of(cast(movement.TransposeOp, use.op).perm)
    return [{perm.index(axis): count for axis, count in use.axes(0).items()}]


def _slice(use: _Use) -> Sequence[_Axes]:
    op = cast(movement.SliceOp, use.op)
    result: _Axes = {}
    for axis, count in use.axes(0).items():
        start, size, step = ints_of(op.starts)[axis], ints_of(op.sizes)[axis], ints_of(op.steps)[axis]
        if start != 0 or (step != 1 and size > 1):
            raise use.refuse(f"a slice of axis {axis} does not begin at its first element or leaves some out")
        result[axis] = _at_most(use.node, count, size)
    return [result]


def _tile(use: _Use) -> Sequence[_Axes]:
    repeats = ints_of(cast(movement.TileOp, use.op).repeats)
    for axis in use.axes(0):
        if repeats[axis] != 1:
            raise use.refuse(f"axis {axis} is repeated")
    return [use.axes(0)]


def _broadcast(use: _Use) -> Sequence[_Axes]:
    before, after = shape_of(use.op.operands[0]), shape_of(use.op.results[0])
    result: _Axes = {}
    for axis, count in use.axes(0).items():
        place = len(after) - len(before) + axis
        if after[place] != before[axis]:
            raise use.refuse(f"axis {axis} is repeated")
        result[place] = count
    return [result]


def _pad(use: _Use) -> Sequence[_Axes]:
    op = cast(movement.PadOp, use.op)
    for axis in use.axes(0):
        if ints_of(op.pads_begin)[axis] or ints_of(op.pads_end)[axis]:
            raise use.refuse(f"axis {axis} is padded")
    return [use.axes(0)]


def _concat(use: _Use) -> Sequence[_Axes]:
    """Along another axis: all parts must have the same count."""
    found: dict[int, list[SSAValue]] = {}
    for place in range(len(use.op.operands)):
        for axis, count in use.axes(place).items():
            found.setdefault(axis, []).append(count)
    for axis, counts in found.items():
        if len(counts) != len(use.op.operands):
            raise use.refuse(f"along axis {axis} it is joined with one of fixed length")
    return [{axis: use.same(counts) for axis, counts in found.items()}]


def _joined(use: _Use, op: movement.ConcatOp) -> SSAValue:
    """Along the bounded axis: a gather moves the parts together."""
    node, axis = use.node, op.axis.value.data
    others: dict[int, list[SSAValue]] = {}
    for place in range(len(op.operands)):
        for other, count in use.axes(place).items():
            if other != axis:
                others.setdefault(other, []).append(count)
    for counts in others.values():
        if len(counts) != len(op.operands):
            raise use.refuse("it is joined with one of fixed length")
    total = shape_of(op.result)[axis]
    at = _End(node)
    rows = at.constant(np.arange(total, dtype=np.int64))
    source, end, offset = rows, at.constant(np.zeros(1, np.int64)), 0
    pieces: list[
        tuple[SSAValue, SSAValue]
    ] = []  # where a part begins, and from where in the joined capacities
    for place, value in enumerate(op.operands):
        extent = shape_of(value)[axis]
        pieces.append((end, at.constant(np.array([offset], np.int64))))
        size = use.axes(place).get(axis)
        length = size if size is not None else at.constant(np.array([extent], np.int64))
        end = at.build(elementwise.AddOp, [end, length])
        offset += extent
    for begin, first in pieces:  # the last part that begins at or before a row is the row's
        inside = at.build(logic.GreaterEqualOp, [rows, begin])
        moved = at.build(elementwise.AddOp, [at.build(elementwise.SubtractOp, [rows, begin]), first])
        source = at.build(logic.SelectOp, [inside, moved, source])
    result = at.build(movement.GatherOp, [op.result, source], {"axis": axis, "batch_dims": 0})
    bounds = node.context.bounds
    bounds.capacities[end] = total
    bounds.counts[end] = end
    bounds.axes[result] = {axis: end, **{other: use.same(counts) for other, counts in others.items()}}
    return result


def _gather(use: _Use) -> Sequence[_Axes]:
    """The axes of the data and of the indices; an index from the end of a bounded axis counts from its last element."""
    op = cast(movement.GatherOp, use.op)
    axis, batch = op.axis.value.data, op.batch_dims.value.data
    rank = len(shape_of(op.indices))
    result: _Axes = {}
    for own, count in use.axes(0).items():
        if own < batch:
            raise use.refuse("it is a batch axis of a gather")
        if own == axis:
            _from_the_end(use, op, count)
        else:
            result[own if own < axis else own + rank - batch - 1] = count
    for own, count in use.axes(1).items():
        if own < batch:
            raise use.refuse("it is a batch axis of a gather")
        result[axis + own - batch] = count
    return [result]


def _from_the_end(use: _Use, op: movement.GatherOp, count: SSAValue) -> None:
    dtype = dtype_of(element_of(op.indices))
    if dtype.kind == "u":
        return
    if isinstance(op.indices.owner, ConstantOp):
        values = use.node.context.evaluate(op.indices, use.node, "the indices")
        if values.size == 0 or values.min() >= 0:
            return
    at = _Before(use.node, op)
    ones = [1] * len(shape_of(op.indices))
    length = at.build(movement.ReshapeOp, [count], {"shape": ones})
    if element_of(op.indices) != i64:
        length = at.build(ConvertOp, [length], {"to": element_of(op.indices)})
    negative = at.build(logic.LessOp, [op.indices, at.constant(np.zeros(ones, dtype))])
    turned = at.build(elementwise.AddOp, [op.indices, length])
    axes = use.axes(1)
    op.operands[1] = at.build(logic.SelectOp, [negative, turned, op.indices])
    use.node.context.bounds.axes[op.operands[1]] = axes


def _like_indices(use: _Use) -> Sequence[_Axes]:
    """`GatherElements`: the result has the shape of the indices."""
    use.only(1)
    return [use.axes(1)]


def _topk(use: _Use) -> Sequence[_Axes]:
    """Elements behind the count come last; so at most `count` of the chosen ones mean something."""
    op = cast(indexing.TopKOp, use.op)
    axis, axes = op.axis.value.data, use.axes(0)
    result = {other: count for other, count in axes.items() if other != axis}
    if axis in axes:
        use.mask(0, axis, _extreme(op.x, lowest=op.mode.data == "max"))
        result[axis] = _at_most(use.node, axes[axis], op.k.value.data)
    return [result, dict(result)]


def _extreme(value: SSAValue, lowest: bool) -> float:
    dtype = dtype_of(element_of(value))
    if dtype.kind == "f":
        return -np.inf if lowest else np.inf
    if dtype.kind == "b":
        return 0 if lowest else 1
    limits = np.iinfo(dtype)
    return int(limits.min if lowest else limits.max)


_NEUTRAL: dict[type[Operation], Callable[[SSAValue], float]] = {
    reduction.ReduceSumOp: lambda _: 0,
    reduction.ReduceProdOp: lambda _: 1,
    reduction.ReduceMaxOp: lambda value: _extreme(value, lowest=True),
    reduction.ReduceMinOp: lambda value: _extreme(value, lowest=False),
}
"""What changes nothing when it is reduced with the other elements."""


def _reduce(use: _Use) -> Sequence[_Axes]:
    op = cast(reduction.ReductionOp, use.op)
    axes, keep = ints_of(op.axes), bool(op.keep_dims.value.data)
    bounded = dict(use.axes(0))
    for axis in [axis for axis in bounded if axis in axes]:
        neutral = _NEUTRAL.get(type(op))
        if neutral is None:
            raise use.refuse(f"{op.name} goes over axis {axis}")
        del bounded[axis]
        count = use.axes(0)[axis]
        op.operands[0] = _masked(_Before(use.node, op), op.operands[0], axis, count, neutral(op.operands[0]))
    return [{axis - (0 if keep else sum(a < axis for a in axes)): count for axis, count in bounded.items()}]


def _along(use: _Use) -> Sequence[_Axes]:
    """Operations that work on some axes, each group of elements by itself."""
    op = use.op
    use.only(0)
    given = op.properties.get("axes", op.properties.get("axis"))
    axes = (given.value.data,) if isinstance(given, IntegerAttr) else ints_of(cast(Ints, given))
    for axis in use.axes(0):
        if axis in axes:
            raise use.refuse(f"{op.name} goes over axis {axis}")
    return [use.axes(0) for _ in op.results]


def _matmul(use: _Use) -> Sequence[_Axes]:
    """Rows of the first operand that are not summed over."""
    op = cast(nn.MatmulOp, use.op)
    use.only(0)
    rank = len(shape_of(op.result))
    own = len(shape_of(op.a))
    summed = own - 2 if op.transpose_a.value.data and own > 1 else own - 1
    result: _Axes = {}
    for axis, count in use.axes(0).items():
        if axis == summed:
            raise use.refuse("a matrix product sums over it")
        result[rank - 2 if axis >= own - 2 else rank - own + axis] = count
    return [result]


def _images(use: _Use) -> Sequence[_Axes]:
    """Each image by itself: the first axis."""
    use.only(0)
    if set(use.axes(0)) != {0}:
        raise use.refuse(f"{use.op.name} supports that for the first axis only")
    return [use.axes(0) for _ in use.op.results]


def _regions(use: _Use) -> Sequence[_Axes]:
    """Each box by itself: the first axis of the operands that say what boxes there are."""
    use.only(1, 2)
    counts = [axes[0] for axes in (use.axes(i) for i in range(1, len(use.op.operands))) if set(axes) == {0}]
    if len(counts) != len(use.op.operands) - 1:
        raise use.refuse("not all that says what boxes there are has that length")
    return [{0: use.same(counts)}]


_RULES: dict[type[Operation], _Rule] = {
    ConvertOp: _broadcasting,
    movement.ReshapeOp: _reshape,
    movement.TransposeOp: _transpose,
    movement.SliceOp: _slice,
    movement.TileOp: _tile,
    movement.BroadcastOp: _broadcast,
    movement.PadOp: _pad,
    movement.ConcatOp: _concat,
    movement.GatherOp: _gather,
    indexing.GatherElementsOp: _like_indices,
    indexing.TopKOp: _topk,
    reduction.CumSumOp: _along,
    nn.SoftmaxOp: _along,
    nn.NormalizeL2Op: _along,
    nn.MatmulOp: _matmul,
    nn.ConvolutionOp: _images,
    nn.MaxPoolOp: _images,
    nn.AvgPoolOp: _images,
    roi.RoiPoolingOp: _regions,
    roi.PsroiPoolingOp: _regions,
    roi.RoiAlignOp: _regions,
}
"""What each operation does with bounded operands."""

_FAMILIES: dict[str, _Rule] = {
    elementwise.__name__: _broadcasting,
    logic.__name__: _broadcasting,
    "arhat.dialects.arhat.quantization": _broadcasting,
    reduction.__name__: _reduce,
}
"""The same by the module that declares the operation."""
