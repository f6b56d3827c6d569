"""Loops and branches: bodies are unrolled and inlined, as the dialect has no control flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from xdsl.ir import SSAValue

from arhat.dialects.arhat.attributes import LayerAttr
from arhat.dialects.arhat.base import element_of, shape_of
from arhat.dialects.arhat.logic import SelectOp
from arhat.dialects.arhat.movement import ConcatOp, ReshapeOp, SliceOp
from arhat.errors import UserError, quote
from arhat.importers.openvino.container import Body, Layer, Mapping
from arhat.importers.openvino.context import Context, Node
from arhat.importers.openvino.graph import convert_layers, is_type, operators, reachable
from arhat.importers.openvino.registry import converter
from arhat.weights import Array

MAX_BRANCH_LAYERS = 64
"""Operators in both branches together that are computed where only one of them is wanted."""


@converter("TensorIterator", 1)
def tensor_iterator(node: Node) -> Sequence[SSAValue]:
    """As many iterations as the sliced inputs have parts. Source: TensorIterator-1."""
    loop = _Loop(node, _body(node, "body", "TensorIterator"))
    counts = {
        mapping.external: loop.parts(mapping) for mapping in loop.ends.inputs if mapping.axis is not None
    }
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{count} of port {port}" for port, count in counts.items())
        raise node.error(f"its sliced inputs do not have the same number of parts: {shown}; check the model")
    if not counts:
        raise node.error(
            "none of its inputs is sliced, so the number of iterations is not known; export the model again"
        )
    iterations = next(iter(counts.values()))
    loop.announce(iterations)
    return loop.run(range(iterations))


@converter("Loop", 5)
def loop(node: Node) -> Sequence[SSAValue]:
    """The trip count and the conditions must be known when the model is compiled. Source: Loop-5."""
    if node.input_count < 2:
        raise node.error(f"has {node.input_count} inputs, but the operator takes 2 or more; check the model")
    unrolled = _Loop(node, _body(node, "body", "Loop"))
    trips = _one_integer(node, 0, "its trip count")
    entered = _truth(node, node.constant(1, "its execution condition"), "its execution condition")
    if not entered or trips == 0:
        return unrolled.without_iterations()
    if unrolled.ends.condition is None:
        raise node.error('its body has no Result with purpose="execution_condition"; export the model again')
    if trips > 0:
        unrolled.announce(trips)

    def numbers() -> Iterator[int]:
        number = 0
        while trips < 0 or number < trips:
            yield number
            number += 1
            if not unrolled.goes_on(number):
                return

    return unrolled.run(numbers())


@converter("If", 8)
def if_(node: Node) -> Sequence[SSAValue]:
    """The branch that a constant condition chooses; where the condition is not constant, both, and a choice.

    Source: If-8.
    """
    if node.input_count < 1:
        raise node.error("has no inputs, but the operator takes a condition; check the model")
    bodies = {which: _Branch(node, _body(node, which, "If")) for which in ("then", "else")}
    try:
        condition = node.constant(0, "its condition")
    except UserError as reason:
        return _both(node, bodies, reason)
    chosen = "then" if _truth(node, condition, "its condition") else "else"
    return bodies[chosen].run()


def _both(node: Node, bodies: dict[str, _Branch], reason: UserError) -> list[SSAValue]:
    """Both branches, and element by element the result of the one that the condition chooses.

    Branches have no effects, and what is not chosen is not seen.
    """
    size = sum(len(operators(branch.layers)) for branch in bodies.values())
    if size > MAX_BRANCH_LAYERS:
        raise node.error(
            f"its condition is only known at run time, and its branches have {size} operators; to compute both and "
            f"choose is done for up to {MAX_BRANCH_LAYERS}; make the condition a constant in the original model"
        ) from reason
    condition = node.input(0)
    if np.prod(shape_of(condition), dtype=object) != 1:
        raise node.error(
            f"its condition has shape {list(shape_of(condition))}, but must be one value; check the model"
        )
    scalar = condition if not shape_of(condition) else node.build(ReshapeOp, [condition], {"shape": []})
    results: list[SSAValue] = []
    pairs = zip(bodies["then"].run(), bodies["else"].run(), strict=True)
    for port, (a, b) in zip(node.layer.outputs, pairs, strict=True):
        if shape_of(a) != shape_of(b) or element_of(a) != element_of(b):
            raise node.error(
                f"its condition is only known at run time, but its branches give {a.type} and {b.type} at output "
                f"port {port.id}; shapes must be static: make the condition a constant in the original model"
            )
        results.append(node.build(SelectOp, [scalar, a, b]))
    return results


# Values that must be known ----------------------------------------------------------------------------------


def _one_integer(node: Node, index: int, what: str) -> int:
    values = node.constant_ints(index, what)
    if len(values) != 1:
        raise node.error(f"{what} has {len(values)} values, but must be one; check the model")
    return values[0]


def _truth(node: Node, array: Array, what: str) -> bool:
    if array.size != 1:
        raise node.error(f"{what} has {array.size} values, but must be one; check the model")
    return bool(array.reshape(-1)[0])


# Bodies -----------------------------------------------------------------------------------------------------


def _body(node: Node, name: str, kind: str) -> Body:
    body = node.layer.bodies.get(name)
    if body is None or not body.line or not body.layers:
        raise node.error(f"has no {name} body, which a {kind} has; export the model again")
    return body


@dataclass
class _Ends:
    """The port map of a body, checked: Parameters, Results and ports are there, and none is mapped twice."""

    inputs: list[Mapping]
    outputs: list[Mapping]
    counter: Layer | None
    condition: Layer | None


def _check_ends(node: Node, body: Body) -> _Ends:
    inputs: list[Mapping] = []
    outputs: list[Mapping] = []
    special: dict[str, Layer] = {}
    for kind, purpose, ports, mappings, kept in (
        ("Parameter", "current_iteration", node.layer.inputs, body.inputs, inputs),
        ("Result", "execution_condition", node.layer.outputs, body.outputs, outputs),
    ):
        seen: set[int] = set()
        for mapping in mappings:
            inner = body.by_id.get(mapping.internal)
            if inner is None or not is_type(inner, kind):
                raise _at(node, mapping, f"names layer {mapping.internal}, which is no {kind} of the body")
            if mapping.purpose == purpose:
                special[purpose] = inner
                if mapping.external == -1:
                    continue
            if all(port.id != mapping.external for port in ports):
                raise _at(node, mapping, f"names port {mapping.external}, which the layer does not have")
            taken = mapping.internal if kind == "Parameter" else mapping.external
            if taken in seen:
                raise _at(
                    node, mapping, f"is the second for {kind if kind == 'Parameter' else 'port'} {taken}"
                )
            seen.add(taken)
            kept.append(mapping)
    return _Ends(inputs, outputs, special.get("current_iteration"), special.get("execution_condition"))


def _at(node: Node, mapping: Mapping, what: str) -> UserError:
    return node.error(f"the entry of the port map in line {mapping.line} {what}; export the model again")


class _Branch:
    """A body that is run once."""

    def __init__(self, node: Node, body: Body) -> None:
        self.node, self.body = node, body
        self.ends = _check_ends(node, body)
        roots = [layer for layer in body.layers if is_type(layer, "Result")]
        self.layers = reachable(body.order, roots)
        self.used = {(source.id, place) for layer in self.layers for source, place in layer.sources}

    def external(self, mapping: Mapping) -> SSAValue:
        """The layer's input that an entry of the port map names."""
        places = {port.id: place for place, port in enumerate(self.node.layer.inputs)}
        return self.node.raw_input(places[mapping.external])

    def bind(self, context: Context, values: dict[int, SSAValue]) -> None:
        """Gives the Parameters their values; refuses a body in which one has none."""
        for layer in self.layers:
            if not is_type(layer, "Parameter"):
                continue
            if layer.id not in values:
                raise self.node.error(
                    f"nothing is mapped to {quote(layer.name)}, a Parameter of its body; export the model again"
                )
            context.values[layer.id, 0] = values[layer.id]

    def result(self, context: Context, layer: Layer) -> SSAValue:
        """The value of a Result."""
        inner = Node(context, layer, self.node.tag)
        inner.expect_inputs(1)
        return inner.raw_input(0)

    def outputs(self, values: dict[int, SSAValue]) -> list[SSAValue]:
        """The layer's outputs in order, of values by port."""
        for port in self.node.layer.outputs:
            if port.id not in values:
                raise self.node.error(
                    f"nothing of its body is mapped to output port {port.id}; export the model again"
                )
        return [values[port.id] for port in self.node.layer.outputs]

    def run(self) -> list[SSAValue]:
        """Converts the body in place."""
        context = self.node.context.body(self.node, self.used)
        context.spend(self.node, len(operators(self.layers)))
        self.bind(context, {mapping.internal: self.external(mapping) for mapping in self.ends.inputs})
        convert_layers(context, operators(self.layers))
        return self.outputs(
            {
                mapping.external: self.result(context, self.body.by_id[mapping.internal])
                for mapping in self.ends.outputs
            }
        )


class _Loop(_Branch):
    """A body that is run again and again; what is the same in all iterations is converted once."""

    def __init__(self, node: Node, body: Body) -> None:
        super().__init__(node, body)
        self.back: dict[int, Layer] = {}
        initial = {mapping.internal for mapping in self.ends.inputs if mapping.axis is None}
        for source, target, line in body.back_edges:
            result, parameter = body.by_id.get(source), body.by_id.get(target)
            if result is None or parameter is None or not is_type(result, "Result") or target not in initial:
                raise node.error(
                    f"the back edge in line {line} does not lead from a Result to a Parameter that has an initial "
                    "value; export the model again"
                )
            if target in self.back:
                raise node.error(
                    f"the back edge in line {line} is the second to its Parameter; export the model again"
                )
            self.back[target] = result
        changing = {mapping.internal for mapping in self.ends.inputs if mapping.axis is not None} | set(
            self.back
        )
        if self.ends.counter is not None:
            changing.add(self.ends.counter.id)
        varying: set[Layer] = set()
        for layer in self.layers:
            if (layer.id in changing and is_type(layer, "Parameter")) or any(
                source in varying for source, _ in layer.sources
            ):
                varying.add(layer)
        self.shared = operators([layer for layer in self.layers if layer not in varying])
        self.repeated = operators([layer for layer in self.layers if layer in varying])
        self.last: Context | None = None

    # Slices.

    def _slices(self, mapping: Mapping) -> tuple[int, int, int]:
        """Axis, first element of the first part, and number of parts of a sliced input.

        `start` and `end` count from 0, or from behind where negative, and both belong to the range.
        """
        assert mapping.axis is not None
        shape = shape_of(self.external(mapping))
        axis = self.node.axis(mapping.axis, len(shape))
        size, part, stride = shape[axis], mapping.part_size, mapping.stride
        start, end = (value + size if value < 0 else value for value in (mapping.start, mapping.end))
        forward = stride > 0
        span = (end - start if forward else start - end) + 1
        if stride == 0 or part < 1 or not 0 <= start < size or not 0 <= end < size or span < part:
            raise _at(
                self.node,
                mapping,
                f"slices axis {axis} of {size} elements from {mapping.start} to {mapping.end} by {stride} into parts "
                f"of {part}, which is not possible",
            )
        return axis, start, (span - part) // abs(stride) + 1

    def parts(self, mapping: Mapping) -> int:
        """Into how many parts an input is sliced."""
        return self._slices(mapping)[2]

    def _part(self, mapping: Mapping, iteration: int, layer: Node) -> SSAValue:
        axis, start, parts = self._slices(mapping)
        if iteration >= parts:
            raise _at(self.node, mapping, f"gives {parts} parts, but there are more iterations")
        value = self.external(mapping)
        starts, sizes = [0] * len(shape_of(value)), list(shape_of(value))
        begin = start + iteration * mapping.stride
        starts[axis] = begin if mapping.stride > 0 else begin - mapping.part_size + 1
        sizes[axis] = mapping.part_size
        return layer.build(SliceOp, [value], {"starts": starts, "sizes": sizes, "steps": [1] * len(starts)})

    def _joined(self, mapping: Mapping, parts: list[SSAValue]) -> SSAValue:
        """The parts of all iterations, one behind the other; a negative stride begins at the end."""
        assert mapping.axis is not None
        axis = self.node.axis(mapping.axis, len(shape_of(parts[0])))
        ends = (mapping.start, mapping.end)
        size = sum(shape_of(part)[axis] for part in parts)
        if mapping.stride < 0:
            parts, ends = parts[::-1], ends[::-1]
        if ends[0] not in (0, -size) or ends[1] not in (-1, size - 1):
            raise _at(self.node, mapping, "leaves elements of the output undefined")
        return parts[0] if len(parts) == 1 else self.node.build(ConcatOp, [parts], {"axis": axis})

    # Iterations.

    def announce(self, iterations: int) -> None:
        """Refuses too many iterations before the first is converted."""
        budget = self.node.context.budget
        before = budget.unrolled
        self.node.context.spend(self.node, iterations * max(len(self.repeated), 1))
        budget.unrolled = before

    def goes_on(self, number: int) -> bool:
        """Whether the condition that iteration `number - 1` computed lets the next one run."""
        assert self.last is not None and self.ends.condition is not None
        what = f"the condition after {number} iterations"
        value = self.result(self.last, self.ends.condition)
        return _truth(self.node, self.node.context.evaluate(value, self.node, what), what)

    def run(self, iterations: Iterator[int] | range = range(1)) -> list[SSAValue]:
        """Converts the body once for each iteration."""
        node, outer = self.node, self.node.context
        common = outer.body(node, self.used)
        outer.spend(node, len(self.shared))
        values = {m.internal: self.external(m) for m in self.ends.inputs if m.axis is None}
        varying = set(self.back)
        for parameter, value in values.items():
            if parameter not in varying:
                common.values[parameter, 0] = value
        convert_layers(common, self.shared)
        parts: dict[int, list[SSAValue]] = {m.external: [] for m in self.ends.outputs if m.axis is not None}
        for number in iterations:
            context = outer.body(node, self.used, number)
            context.values.update(common.values)
            outer.spend(node, max(len(self.repeated), 1))
            for mapping in self.ends.inputs:
                if mapping.axis is not None:
                    layer = self.body.by_id[mapping.internal]
                    values[mapping.internal] = self._part(mapping, number, _inner(node, context, layer))
            if self.ends.counter is not None:
                values[self.ends.counter.id] = self._counter(context, self.ends.counter, number)
            self.bind(context, values)
            convert_layers(context, self.repeated)
            for mapping in self.ends.outputs:
                if mapping.axis is not None:
                    parts[mapping.external].append(self.result(context, self.body.by_id[mapping.internal]))
            values |= {target: self.result(context, result) for target, result in self.back.items()}
            self.last = context
        assert self.last is not None
        results: dict[int, SSAValue] = {}
        for mapping in self.ends.outputs:
            if mapping.axis is not None:
                results[mapping.external] = self._joined(mapping, parts[mapping.external])
            else:
                results[mapping.external] = self.result(self.last, self.body.by_id[mapping.internal])
        return self.outputs(results)

    def without_iterations(self) -> list[SSAValue]:
        """A loop that is not entered gives what went in; what its iterations would have made is not defined."""
        initial = {mapping.internal: mapping for mapping in self.ends.inputs if mapping.axis is None}
        targets = {result.id: target for target, result in self.back.items()}
        results: dict[int, SSAValue] = {}
        for mapping in self.ends.outputs:
            if mapping.axis is not None or mapping.internal not in targets:
                raise self.node.error(
                    f"it has no iterations, so nothing gives output port {mapping.external} a value; "
                    "remove the loop from the original model"
                )
            results[mapping.external] = self.external(initial[targets[mapping.internal]])
        return self.outputs(results)

    def _counter(self, context: Context, layer: Layer, number: int) -> SSAValue:
        """The number of the iteration in the shape and the type that the Parameter states."""
        inner = _inner(self.node, context, layer)
        narrow = inner.choice("element_type", ("i32", "i64"), "i64") == "i32"
        shape = inner.integers("shape", ())
        if shape not in ((), (1,)):
            raise self.node.error(f"its iteration counter has shape {list(shape)}, but must be one value")
        return inner.constant_value(np.full(shape, number, np.int32 if narrow else np.int64))


def _inner(node: Node, context: Context, layer: Layer) -> Node:
    """A layer of the body."""
    return Node(context, layer, LayerAttr.get(context.name_of(layer), layer.line))
