"""From a container to a module of the `arhat` dialect."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from xdsl.dialects.builtin import (
    ArrayAttr,
    DictionaryAttr,
    Float16Type,
    FunctionType,
    IntegerType,
    ModuleOp,
    StringAttr,
    f16,
    f32,
    i32,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region, SSAValue

from arhat.dialects.arhat.attributes import LayerAttr
from arhat.dialects.arhat.base import element_of, tensor_type
from arhat.dialects.arhat.constant import ConvertOp
from arhat.dialects.arhat.state import AssignOp
from arhat.errors import UserError, escape, quote
from arhat.importers.openvino import converters
from arhat.importers.openvino.bounds import BOUNDED, COUNT_SUFFIX, bounded_attribute, result_with_count
from arhat.importers.openvino.container import (
    DEFAULT_MEMORY_LIMIT,
    Layer,
    Network,
    parse_integer,
    read_network,
)
from arhat.importers.openvino.context import Context, Node
from arhat.importers.openvino.converters.data import SCOPE
from arhat.importers.openvino.graph import check_supported, convert_layers, is_type, operators, reachable
from arhat.importers.openvino.types import element_type
from arhat.weights import WEIGHTS, WeightStore, attach

NAME = "arhat.name"
TENSOR_NAMES = "arhat.tensor_names"
_ = converters  # importing the package registers the converters

_RANGE = re.compile(r"[0-9]*\.\.[0-9]*", re.ASCII)
_INPUT_SHAPE = re.compile(r"\s*(?:(?P<name>[^\[\]]*?)\s*=\s*)?\[(?P<dims>[^\[\]]*)\]\s*(?:,|$)")


def parse_input_shapes(text: str | Sequence[str]) -> dict[str, list[int]]:
    """The shapes in `name=[1,3,224,224],other=[1,2]`, or in a list of such texts.

    `[1,3,224,224]` without a name, which stands for the only input, has the name "".
    """
    result: dict[str, list[int]] = {}
    for part in [text] if isinstance(text, str) else text:
        place = 0
        while place < len(part):
            match = _INPUT_SHAPE.match(part, place)
            dims = (
                [parse_integer(dim) for dim in match["dims"].split(",")]
                if match and match["dims"].strip()
                else []
            )
            if match is None or any(dim is None or dim < 1 for dim in dims):
                raise UserError(f"{quote(part[place:])} is not an input shape; write name=[1,3,224,224]")
            name = (match["name"] or "").strip()
            if name in result:
                raise UserError(f"the shape of input {quote(name)} is given twice")
            result[name] = [dim for dim in dims if dim is not None]
            place = match.end()
    return result


def import_openvino(
    xml_path: str | Path,
    bin_path: str | Path | None = None,
    *,
    input_shapes: Mapping[str, Sequence[int]] | None = None,
    free_batch: int | None = None,
    memory_limit: int = DEFAULT_MEMORY_LIMIT,
) -> ModuleOp:
    """Import OpenVINO IR of version 10 or 11 as a module of the `arhat` dialect.

    `bin_path` defaults to the file beside the `.xml`. `input_shapes` gives shapes by name of an input (its layer or
    one of its tensor names); those with dynamic dimensions need one, unless it is their first alone that is dynamic and
    `free_batch` is given, which then is its size. No tensor may take more than `memory_limit`
    bytes. The module's weight store has the `.bin` as scope "model"; it is memory-mapped, not read.

    Raises `UserError` for every fault of the files, and one that lists all operators that are not supported.
    """
    network = read_network(xml_path, bin_path)
    layers = _needed(network)
    check_supported(network, layers)
    shapes = dict(input_shapes or {})

    store = WeightStore()
    if network.bin_path is not None:
        store.open(SCOPE, network.bin_path)
    block = Block()
    module = ModuleOp([function := FuncOp("main", ((), ()), Region(block))])
    attach(module, store)
    module.attributes[NAME] = StringAttr(network.name)
    if network.bin_path is not None:
        module.attributes[WEIGHTS] = DictionaryAttr({SCOPE: StringAttr(str(network.bin_path))})

    used = {(source.id, place) for layer in layers for source, place in layer.sources}
    context = Context(network, block, store, memory_limit, used)
    parameters = [layer for layer in layers if is_type(layer, "Parameter")]
    inputs = _parameters(context, parameters, shapes, free_batch)
    convert_layers(context, operators(layers))
    outputs, results = _results(context, [layer for layer in layers if is_type(layer, "Result")])
    _assign_state(context)
    block.add_op(ReturnOp(*results))
    _remove_dead(block)

    function.properties["function_type"] = FunctionType.from_lists(
        [argument.type for argument in block.args], [value.type for value in results]
    )
    function.properties["arg_attrs"] = ArrayAttr(inputs)
    function.properties["res_attrs"] = ArrayAttr(outputs)
    return module


def _needed(network: Network) -> list[Layer]:
    """The layers that results and state need, and all parameters, in an order for building; OpenVINO drops the others
    too.
    """
    if not any(is_type(layer, "Result") for layer in network.layers):
        raise network.error("the model has no Result layer, so it computes nothing; export the model again")
    roots = [layer for layer in network.layers if is_type(layer, "Result", "Assign", "Parameter")]
    return reachable(network.order, roots)


def _assign_state(context: Context) -> None:
    """State changes at the end of the inference, so that no layer sees the new value."""
    for name, node, value in context.assigned:
        known = context.variables.get(name)
        if known is None:
            continue  # nothing reads it
        if value.type != known:
            raise node.error(
                f"variable {quote(name)} is {known}, but is assigned {value.type}; check the model"
            )
        op = AssignOp.build_inferred([value], {"variable": StringAttr(name)}, (node.tag,))
        context.block.add_op(op)


def _parameters(
    context: Context, layers: Sequence[Layer], shapes: dict[str, Sequence[int]], free_batch: int | None
) -> list[DictionaryAttr]:
    """Makes the arguments of the function, in the order of the file."""
    network = context.network
    layers = sorted(layers, key=lambda layer: layer.index)
    attributes: list[DictionaryAttr] = []
    names: dict[str, int] = {}
    wanted = dict(shapes)
    for layer in layers:
        node = Node(context, layer, LayerAttr.get(layer.name, layer.line))
        node.expect_inputs(0)
        if len(layer.outputs) != 1:
            raise node.error(f"has {len(layer.outputs)} outputs, but a Parameter has one; check the model")
        element = element_type(node, "element_type")
        if network.version == 10 and element == f16:
            element = f32
        tensor_names = layer.outputs[0].names
        given = [
            name
            for name in dict.fromkeys((layer.name, *tensor_names, *([""] if len(layers) == 1 else ())))
            if name in wanted
        ]
        override = wanted.pop(given[0]) if given else None
        value = context.block.insert_arg(
            tensor_type(element, _parameter_shape(node, override, free_batch)), len(context.block.args)
        )
        node.check_size(value)
        context.values[layer.id, 0] = value
        attributes.append(_names(_unique(layer.name, names), tensor_names))
    if wanted:
        known = ", ".join(quote(layer.name) for layer in layers)
        raise network.error(
            f"there is no input {quote(next(iter(wanted)))} to give a shape to; the model's inputs are {known}"
        )
    return attributes


def _parameter_shape(node: Node, override: Sequence[int] | None, free_batch: int | None) -> tuple[int, ...]:
    text = node.layer.attributes.get("shape")
    if text is None:
        raise node.error("the attribute 'shape' is missing; export the model again")
    rank_unknown = text.strip() == "..."
    dims: list[int | None] = []
    for part in text.split(",") if text.strip() and not rank_unknown else []:
        part = part.strip()
        value = parse_integer(part)
        if part == "?" or value == -1 or _RANGE.fullmatch(part):
            dims.append(None)
        elif value is None or value < 0:
            raise node.error(f"shape={quote(text)} is not a list of sizes; export the model again")
        else:
            dims.append(value)
    if dims[:1] == [None] and free_batch is not None:
        dims[0] = free_batch
    if override is not None:
        if any(dim < 1 for dim in override):
            raise node.error(f"the shape given, {list(override)}, must have positive sizes only")
        if len(override) != len(dims) and not rank_unknown:
            raise node.error(
                f"the input has rank {len(dims)}, but the shape given, {list(override)}, has another"
            )
        return tuple(override)
    if None in dims or rank_unknown:
        example = [1 if axis == 0 else 224 for axis in range(4)] if rank_unknown else dims
        sizes = ",".join(
            str((1 if axis == 0 else 224) if dim is None else dim) for axis, dim in enumerate(example)
        )
        raise node.error(
            f"the input has dynamic sizes (shape={quote(text)}); give the sizes that you need, "
            f"like --input-shape '{escape(node.layer.name)}=[{sizes}]'"
        )
    return tuple(dim for dim in dims if dim is not None)


def _results(context: Context, layers: Sequence[Layer]) -> tuple[list[DictionaryAttr], list[SSAValue]]:
    """The values that the function returns, in the order of the file, with the attributes that name them.

    Behind them come the counts of those whose length depends on data.
    """
    attributes: list[DictionaryAttr] = []
    values: list[SSAValue] = []
    counts: list[tuple[str, SSAValue]] = []
    names: dict[str, int] = {}
    for layer in sorted(layers, key=lambda layer: layer.index):
        node = Node(context, layer, LayerAttr.get(layer.name, layer.line))
        node.expect_inputs(1)
        source, place = layer.sources[0]
        port = source.outputs[place]
        name = source.name if len(source.outputs) == 1 else f"{source.name}.{place}"
        value = node.input(0)
        element = _result_element(context.network.version, node.raw_input(0), value, port.precision)
        if element_of(value) != element:
            value = node.build(ConvertOp, [value], {"to": element})
        name = _unique(port.names[0] if port.names else name, names)
        named = _names(name, port.names)
        axes = context.bounds.axes.get(node.raw_input(0))
        if axes:
            value, count = result_with_count(node, value, axes)
            counts.append((name, count))
            named = DictionaryAttr({**named.data, BOUNDED: bounded_attribute(axes)})
        values.append(value)
        attributes.append(named)
    for name, count in counts:
        values.append(count)
        attributes.append(_names(_unique(f"{name}{COUNT_SUFFIX}", names), ()))
    return attributes, values


def _result_element(version: int, raw: SSAValue, value: SSAValue, precision: str) -> Attribute:
    """The element type of a result.

    Version 10 knows only f32 and i32 there, as OpenVINO reads it; version 11 keeps what the file says, also where the
    importer computes in f32 what the file states in f16.
    """
    if version == 10:
        element = element_of(value)
        wide = isinstance(element, IntegerType) and element.bitwidth in (32, 64)
        return i32 if wide else f32
    if isinstance(element_of(raw), Float16Type) or (element_of(value) == f32 and precision == "FP16"):
        return f16
    return element_of(raw)


def _unique(name: str, taken: dict[str, int]) -> str:
    """`name`, or `name_1`, `name_2`, ... if it is taken."""
    unique = name
    while unique in taken:
        unique = f"{name}_{taken[name]}"
        taken[name] += 1
    taken[unique] = 1
    return unique


def _names(name: str, tensor_names: Sequence[str]) -> DictionaryAttr:
    attributes: dict[str, Attribute] = {NAME: StringAttr(name)}
    if tensor_names:
        attributes[TENSOR_NAMES] = ArrayAttr(map(StringAttr, tensor_names))
    return DictionaryAttr(attributes)


def _remove_dead(block: Block) -> None:
    """Remove what only told shapes and axes: users come last, so one walk from the end finds all."""
    op = block.last_op
    while op is not None:
        previous = op.prev_op
        if op.results and not any(result.uses for result in op.results):
            block.erase_op(op)
        op = previous
