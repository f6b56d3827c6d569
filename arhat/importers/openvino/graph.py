"""Layers of a graph, that of the model or that of a body: which are needed, and their conversion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from arhat.dialects.arhat.attributes import LayerAttr
from arhat.errors import UserError, escape, quote
from arhat.importers.openvino.bounds import convert_layer
from arhat.importers.openvino.container import Layer, Network
from arhat.importers.openvino.context import Context, Node
from arhat.importers.openvino.registry import Converter, lookup


def is_type(layer: Layer, *types: str) -> bool:
    """Whether the layer is of one of the types, in any case."""
    return layer.type.lower() in [type.lower() for type in types]


def reachable(layers: Sequence[Layer], roots: Sequence[Layer]) -> list[Layer]:
    """Those of `layers` that `roots` need, the roots included, in the same order."""
    needed = set(roots)
    stack = list(roots)
    while stack:
        for source, _place in stack.pop().sources:
            if source not in needed:
                needed.add(source)
                stack.append(source)
    return [layer for layer in layers if layer in needed]


def operators(layers: Sequence[Layer]) -> list[Layer]:
    """The layers that are converted: all but the ends of the graph."""
    return [layer for layer in layers if not is_type(layer, "Parameter", "Result")]


def check_supported(network: Network, layers: Sequence[Layer]) -> None:
    """Refuses the model where a layer, or one in a body, has no converter; one error lists them all."""
    missing = [layer for layer in _with_bodies(layers) if lookup(layer.type, layer.opset) is None]
    if not missing:
        return
    missing.sort(key=lambda layer: layer.line)
    kinds = sorted({f"{layer.type}@{layer.opset}" for layer in missing})
    first = missing[0]
    raise UserError(
        f"{len(missing)} layer{'s are' if len(missing) > 1 else ' is'} of operators that are not supported: "
        f"{escape(', '.join(kinds))}; remove them from the model or convert it without them",
        file=str(network.xml_path),
        line=first.line,
        column=first.column,
        notes=[
            f"line {layer.line}: {quote(layer.name)} is {escape(f'{layer.type}@{layer.opset}')}"
            for layer in missing
        ],
    )


def _with_bodies(layers: Sequence[Layer]) -> Iterator[Layer]:
    """The operators among `layers`, and those that bodies inside of them need."""
    for layer in operators(layers):
        yield layer
        for body in layer.bodies.values():
            yield from _with_bodies(
                reachable(body.order, [inner for inner in body.layers if is_type(inner, "Result")])
            )


def convert_layers(context: Context, layers: Sequence[Layer]) -> None:
    """Converts layers in order; what feeds them is in `context.values`."""
    for layer in layers:
        convert = lookup(layer.type, layer.opset)
        assert convert is not None, f"{layer.type} has been checked"
        _convert(Node(context, layer, LayerAttr.get(context.name_of(layer), layer.line)), convert)


def _convert(node: Node, convert: Converter) -> None:
    values = convert_layer(node, convert)
    for place, value in enumerate(values):
        node.context.values[node.layer.id, place] = value
    for place, port in enumerate(node.layer.outputs[len(values) :], len(values)):
        if node.is_used(place):
            raise node.error(f"output port {port.id} is used, but the operator has {len(values)} outputs")
