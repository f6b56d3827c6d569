"""From a module of the `arhat` dialect to a model file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from arhat.dialects.arhat import OPERATIONS, Tensor, shape_of, type_of
from arhat.errors import UserError, escape, quote
from arhat.exporters.openvino import families
from arhat.exporters.openvino.graph import ELEMENT_NAMES, Graph, Layer, Value, write_graph
from arhat.exporters.openvino.node import Context, Names, Node
from arhat.exporters.openvino.registry import Exporter, lookup
from arhat.importers.openvino.importer import NAME, TENSOR_NAMES
from arhat.interpreters import input_names, main_of, output_names
from arhat.layers import layers_of
from arhat.weights import store_of

_ = families  # importing the package registers the exporters


def export_openvino(
    module: ModuleOp, xml_path: str | Path, bin_path: str | Path | None = None, *, compress: bool = False
) -> Path:
    """Write a module of the `arhat` dialect as OpenVINO IR of version 11; gives the path of the `.xml` back.

    `bin_path` defaults to the file beside the `.xml` with the ending `.bin`. The model's inputs and results keep their
    order and names; a layer is called after the last layer of the source model that its operation stands for. What is
    fused in the module becomes layers of its own again, and constants with equal contents are stored once. With
    `compress` weights in f32 that are all numbers of f16 are stored as f16: nothing is lost.

    Raises `UserError` for an operation that cannot be exported, and one that lists all operations without an exporter.
    """
    main = _main(module)
    xml_path = Path(xml_path)
    if xml_path.suffix.lower() != ".xml":
        raise UserError("an OpenVINO model needs the ending .xml", file=xml_path)
    bin_path = xml_path.with_suffix(".bin") if bin_path is None else Path(bin_path)
    block = main.body.block
    _check_known(block)
    graph = Graph()
    context = Context(graph, store_of(module), Names(), compress)
    arguments = [
        _parameter(context, name, argument, entry)
        for name, argument, entry in zip(
            input_names(module), block.args, _entries(main.arg_attrs, len(block.args)), strict=True
        )
    ]
    context.values.update(zip(block.args, arguments, strict=True))
    returned = _export_block(context, block)
    names = output_names(module)
    taken = {name for value in arguments for name in value.layer.tensor_names.get(0, ())}
    for value, name, entry in zip(returned, names, _entries(main.res_attrs, len(names)), strict=True):
        _result(context, _name_result(context, value, name, entry, taken))
    name = module.attributes.get(NAME)
    write_graph(
        graph,
        name.data if isinstance(name, StringAttr) else "arhat",
        xml_path,
        bin_path,
        {"arhat_version": version("arhat")},
    )
    return xml_path


def without_exporter() -> list[str]:
    """The operations of the dialect that cannot be exported, for documentation and tests."""
    return sorted(operation.name for operation in OPERATIONS if lookup(operation.name) is None)


def _main(module: ModuleOp) -> FuncOp:
    try:
        return main_of(module)
    except ValueError as error:
        raise UserError(f"cannot be exported to OpenVINO: {error}") from None


def _check_known(block: Block) -> None:
    """One error that lists all operations without an exporter."""
    missing = [op for op in block.walk() if not isinstance(op, ReturnOp) and lookup(op.name) is None]
    if not missing:
        return
    kinds = Counter(op.name for op in missing)
    lower = any(not op.name.startswith("arhat.") for op in missing)
    advice = (
        "export a module of the arhat dialect, before it is lowered"
        if lower
        else "remove them from the model"
    )
    raise UserError(
        f"{len(missing)} operation{'s' if len(missing) > 1 else ''} cannot be exported to OpenVINO: "
        f"{escape(', '.join(sorted(kinds)))}; {advice}",
        notes=[_missing_note(name, count, missing) for name, count in sorted(kinds.items())],
    )


def _missing_note(name: str, count: int, missing: Sequence[Operation]) -> str:
    layers = [layers_of(op)[-1].layer_name for op in missing if op.name == name and layers_of(op)]
    first = f", first in layer {quote(layers[0])}" if layers else ""
    return f"{escape(name)}: {count}{first}"


def _export_block(context: Context, block: Block) -> list[Value]:
    """The layers of a block whose arguments have their values already; gives what it returns."""
    last: dict[str, Operation] = {}
    for op in block.ops:
        if layers := layers_of(op):
            last[layers[-1].layer_name] = op
    for op in block.ops:
        if op is block.last_op:
            return [context.values[operand] for operand in op.operands]
        found = lookup(op.name)
        assert found is not None
        layers = layers_of(op)
        kind = op.name.partition(".")[2]
        if not layers:
            name = kind
        else:
            name = layers[-1].layer_name
            if last[name] is not op:  # a layer that several operations stand for names the last of them
                name = f"{name}/{kind}"
        _export(Node(context, op, name), found)
    raise ValueError("the block has no end")


def _export(node: Node, export: Exporter) -> None:
    given = export(node, node.op)
    values = [given] if isinstance(given, Value) else list(given)
    for result, value in zip(node.op.results, values, strict=True):
        if value.type != type_of(result):
            raise AssertionError(f"{node.op.name}: made {value.type} for {result.type}")
        node.context.values[result] = value
    main = values[0].layer if values else node.made[-1]
    names = node.context.names
    if main in node.made:
        main.name = names.unique(node.name)
    for layer in node.made:
        if layer is not main:
            layer.name = names.unique(f"{node.name}/{layer.role}")


def _entries(attributes: ArrayAttr[DictionaryAttr] | None, count: int) -> list[Mapping[str, Any]]:
    return [entry.data for entry in attributes] if attributes is not None else [{}] * count


def _tensor_names(entry: Mapping[str, Any]) -> list[str]:
    names = entry.get(TENSOR_NAMES)
    if not isinstance(names, ArrayAttr):
        return []
    return [name.data for name in cast("ArrayAttr[Attribute]", names) if isinstance(name, StringAttr)]


def _parameter(context: Context, name: str, argument: SSAValue, entry: Mapping[str, Any]) -> Value:
    type: Tensor = type_of(argument)
    element = ELEMENT_NAMES.get(type.element_type)
    if element is None:
        raise UserError(f"input {quote(name)} cannot be exported to OpenVINO: it has no type {type}")
    attributes = {"shape": shape_of(argument), "element_type": element}
    layer = context.graph.add("Parameter", "opset1", [], attributes, [type], "parameter")
    layer.name = context.names.unique(name)
    layer.tensor_names[0] = _tensor_names(entry)
    return Value(layer)


def _name_result(
    context: Context, value: Value, name: str, entry: Mapping[str, Any], taken: set[str]
) -> Value:
    """The output that feeds a result, with the result's names on it; a name stands at one output only.

    An input, or what is another result already, has names of its own: a conversion to the type that it has takes the
    new ones.
    """
    wanted = _tensor_names(entry)
    if not wanted:
        layer = value.layer
        own = layer.name if len(layer.outputs) == 1 else f"{layer.name}.{value.place}"
        wanted = [name] if name != own else []
    known = value.layer.tensor_names.get(value.place)
    if known is not None and wanted and wanted != known:
        element = ELEMENT_NAMES[value.type.element_type]
        layer = context.graph.add(
            "Convert", "opset1", [value], {"destination_type": element}, [value.type], ""
        )
        layer.name = context.names.unique(name)
        value, known = Value(layer), None
    if known is None:
        value.layer.tensor_names[value.place] = [new for new in wanted if new not in taken]
        taken.update(wanted)
    return value


def _result(context: Context, value: Value) -> Layer:
    layer = context.graph.add("Result", "opset1", [value], {}, [], "result")
    layer.name = context.names.unique(f"{value.layer.name}/sink_port_{value.place}")
    context.graph.sinks.append(layer)
    return layer
