"""A module, or a written project, as a plain graph of nodes with their costs; made for `arhat show`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from arhat.errors import UserError

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp
    from xdsl.ir import Operation, SSAValue


@dataclass
class Node:
    """One operation: what it is called, its layers, shapes in text, and what it costs."""

    op: str
    layers: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    sources: list[int] = field(default_factory=list[int])
    parameters: int = 0
    macs: int = 0
    operations: int = 0
    details: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def layer(self) -> str:
        """The layer whose output the node computes."""
        return self.layers[-1] if self.layers else ""


@dataclass
class Graph:
    """All nodes in execution order; `sources` of a node are indices of nodes before it."""

    name: str
    nodes: list[Node]

    @property
    def steps(self) -> list[Node]:
        """The nodes that compute: neither inputs nor outputs."""
        return [node for node in self.nodes if node.op not in ("input", "output")]

    def counts(self) -> dict[str, int]:
        """How often each operation occurs, most frequent first."""
        counts: dict[str, int] = {}
        for node in self.steps:
            counts[node.op] = counts.get(node.op, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def shape_text(value: SSAValue) -> str:
    """The type of a tensor in short: `1x3x224x224 f32`."""
    from xdsl.dialects.builtin import TensorType

    type_ = value.type
    if not isinstance(type_, TensorType):
        return str(type_)
    dims = "x".join(str(d) for d in cast("TensorType[Any]", type_).get_shape())
    return f"{dims or 'scalar'} {cast(Any, type_).element_type}"


def dims_of(value: SSAValue) -> tuple[int, ...]:
    """The shape of a tensor value, () for anything else."""
    from xdsl.dialects.builtin import TensorType

    type_: Any = value.type
    return tuple(type_.get_shape()) if isinstance(type_, TensorType) else ()


# Element-wise work per output element; anything that only moves data costs nothing.
_MOVES = {
    *("constant", "reshape", "view", "transpose", "concat", "concat_in_place", "slice", "gather", "pad"),
    *(
        "reorder",
        "tile",
        "broadcast",
        "shape_of",
        "convert",
        "transform",
        "prior_box",
        "prior_box_clustered",
        "read_value",
    ),
}

_GATES = {"lstm_sequence": 4, "lstm": 4, "gru_sequence": 3, "gru": 3, "rnn_sequence": 1, "rnn": 1}


def cost_of(op: Operation) -> tuple[int, int]:
    """Multiply-accumulates and arithmetic operations of one op (a multiply-accumulate is two operations).

    Convolutions and matrix products by their defining loops, whatever algorithm computes them; pooling one
    operation per element of the window; reductions one per input element; other arithmetic one per output
    element.
    """
    kind = op.name.partition(".")[2]
    if kind in _MOVES or not op.results:
        return 0, 0
    if op.name == "cudnn.graph":
        costs = [cost_of(node) for node in op.regions[0].block.ops]
        return sum(macs for macs, _ in costs), sum(operations for _, operations in costs)
    out = prod(dims_of(op.results[0]))
    if kind in ("convolution", "conv", "conv_fprop"):
        channels = dims_of(op.operands[0])[1]
        groups = _integer(op, "groups", 1)
        kernel = _integers(op, "kernel") or dims_of(op.operands[1])[2:]
        macs = out * channels // groups * prod(kernel)
    elif kind in ("transposed_convolution", "transposed_conv", "conv_dgrad"):
        kernel = _integers(op, "kernel") or dims_of(op.operands[1])[2:]
        outputs = dims_of(op.results[0])[1] // _integer(op, "groups", 1)
        macs = prod(dims_of(op.operands[0])) * outputs * prod(kernel)
    elif kind in ("matmul", "cublaslt_matmul"):
        shape = dims_of(op.operands[0])
        macs = out * shape[-2 if _integer(op, "transpose_a", 0) and len(shape) > 1 else -1]
    elif kind in _GATES:
        inputs = dims_of(op.operands[0])[-1] if op.name.startswith("arhat.") else 0
        macs = out * _GATES[kind] * (inputs + dims_of(op.results[0])[-1])
    elif kind in ("max_pool", "avg_pool"):
        return 0, out * prod(_integers(op, "kernel"))
    elif kind == "resample" and op.name.startswith("cudnn."):
        return 0, out * prod(_integers(op, "window"))
    elif kind.startswith("reduce_"):
        return 0, prod(dims_of(op.operands[0]))
    else:
        return 0, out
    extra = sum(1 for name in ("activation",) if name in op.properties) + max(len(op.operands) - 2, 0)
    return macs, 2 * macs + extra * out


def _integer(op: Operation, name: str, default: int) -> int:
    attr: Any = op.properties.get(name)
    return default if attr is None else int(attr.value.data)


def _integers(op: Operation, name: str) -> tuple[int, ...]:
    attr: Any = op.properties.get(name)
    return () if attr is None else tuple(int(v) for v in attr.get_values())


def _names(attributes: Any, prefix: str, count: int) -> list[str]:
    """The names of arguments or results from their attribute dictionaries, numbered where there are none."""
    names = [f"{prefix} {index}" for index in range(count)]
    for index, entry in enumerate(attributes.data if attributes is not None else ()):
        name: Any = entry.data.get("arhat.name")
        if name is not None:
            names[index] = str(name.data)
    return names


def graph_of_module(module: ModuleOp, name: str) -> Graph:
    """The graph of `@main`. Constants, and conversions of constants, count as parameters of what first uses
    them.
    """
    from xdsl.dialects.func import FuncOp, ReturnOp

    from arhat.layers import layers_of

    functions = [op for op in module.walk() if isinstance(op, FuncOp)]
    main = next((op for op in functions if op.sym_name.data == "main"), functions[0] if functions else None)
    if main is None or not main.body.blocks:
        raise UserError("the module has no function @main to show")
    model: Any = module.attributes.get("arhat.name")
    graph = Graph(str(model.data) if model is not None else name, [])
    node_of: dict[SSAValue, int] = {}
    weights: dict[SSAValue, int] = {}  # elements of a constant that nothing has used yet
    constant: set[SSAValue] = set()
    names = _names(main.arg_attrs, "input", len(main.args))
    for argument, label in zip(main.args, names, strict=True):
        node_of[argument] = len(graph.nodes)
        graph.nodes.append(Node("input", (label,), (), (shape_text(argument),)))
    for op in main.body.block.ops:
        if isinstance(op, ReturnOp):
            names = _names(main.res_attrs, "output", len(op.operands))
            for value, label in zip(op.operands, names, strict=True):
                sources = [node_of[value]] if value in node_of else []
                graph.nodes.append(Node("output", (label,), (shape_text(value),), (), sources))
            continue
        kind = op.name.partition(".")[2]
        if kind == "constant" or (op.operands and all(value in constant for value in op.operands)):
            constant.update(op.results)
            count = sum(prod(dims_of(result)) for result in op.results)
            if op.operands:
                count = sum(weights.pop(value, 0) for value in op.operands)
            weights[op.results[0]] = count
            continue
        macs, operations = cost_of(op)
        node = Node(
            op.name,
            tuple(layer.layer_name for layer in layers_of(op)),
            tuple(shape_text(value) for value in op.operands if value not in constant),
            tuple(shape_text(value) for value in op.results),
            list(dict.fromkeys(node_of[value] for value in op.operands if value in node_of)),
            sum(weights.pop(value, 0) for value in op.operands),
            macs,
            operations,
            dict(_details(op)),
        )
        for result in op.results:
            node_of[result] = len(graph.nodes)
        graph.nodes.append(node)
    return graph


def _details(op: Operation) -> Iterable[tuple[str, str]]:
    for key, attr in op.properties.items():
        if key != "operandSegmentSizes":
            text = str(attr)
            yield key, text if len(text) <= 120 else text[:117] + "..."


def graph_of_project(folder: Path) -> Graph:
    """The graph of a written project, from the op table of its manifest; edges are not in there."""
    from arhat.runtime.build import read_manifest

    manifest = read_manifest(folder)
    nodes: list[Node] = []
    for entry in cast("list[dict[str, Any]]", manifest.get("inputs", [])):
        nodes.append(Node("input", (str(entry["name"]),), (), (_entry_shape(entry),)))
    for entry in cast("list[dict[str, Any]]", manifest.get("ops", [])):
        layers = entry.get("layers", [])
        operations = int(entry.get("flops", 0))
        nodes.append(
            Node(str(entry.get("name", "")), tuple(str(one) for one in layers), operations=operations)
        )
    for entry in cast("list[dict[str, Any]]", manifest.get("outputs", [])):
        nodes.append(Node("output", (str(entry["name"]),), (_entry_shape(entry),)))
    return Graph(str(manifest.get("name", folder.name)), nodes)


def _entry_shape(entry: dict[str, Any]) -> str:
    dims = "x".join(str(d) for d in entry.get("shape", []))
    return f"{dims or 'scalar'} {entry.get('type', '')}".strip()
