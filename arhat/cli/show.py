"""`arhat show`: what a model, a module or a written project consists of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arhat.cli.graph import Graph, Node, graph_of_module, graph_of_project
from arhat.errors import UserError, escape
from arhat.options import NO_OPTIONS, CompileOptions

if TYPE_CHECKING:
    from rich.table import Table

HEAD = ("#", "operation", "layer", "inputs", "output", "parameters", "MACs", "operations")


def load_graph(path: Path, options: CompileOptions = NO_OPTIONS) -> Graph:
    """The graph of a .xml model, a textual module or a project folder. Raises UserError where it is none."""
    from arhat.compiler import import_model, is_convertible, read_module

    if is_convertible(path):
        return graph_of_module(import_model(path, options), path.stem)
    if path.is_dir():
        return graph_of_project(path)
    if path.suffix.lower() == ".xml":
        return graph_of_module(import_model(path, options), path.stem)
    return graph_of_module(read_module(path), path.stem)


def cells(number: int, node: Node) -> tuple[str, ...]:
    """One row of the table."""
    layer = escape(node.layer)
    more = len(node.layers) - 1
    return (
        str(number),
        node.op,
        f"{layer} (+{more})" if more > 0 else layer,
        ", ".join(node.inputs),
        ", ".join(node.outputs),
        f"{node.parameters:,}" if node.parameters else "",
        f"{node.macs:,}" if node.macs else "",
        f"{node.operations:,}" if node.operations else "",
    )


def rows(graph: Graph) -> list[tuple[str, ...]]:
    """The table's rows, one for each node that computes."""
    return [cells(number, node) for number, node in enumerate(graph.steps)]


def scaled(count: int) -> str:
    """A count in thousands, millions or billions, with the letter that a unit can follow."""
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= factor:
            return f"{count / factor:.2f} {letter}"
    return f"{count} "


def summary(graph: Graph) -> list[str]:
    """Inputs, outputs, sums and the number of each operation, as lines."""
    ends = [
        f"{node.op} {escape(node.layer)}: {(node.outputs or node.inputs)[0]}"
        for node in graph.nodes
        if node.op in ("input", "output")
    ]
    parameters = sum(node.parameters for node in graph.steps)
    macs = sum(node.macs for node in graph.steps)
    operations = sum(node.operations for node in graph.steps)
    sums = [f"{len(graph.steps)} operations"]
    sums += [f"{parameters:,} parameters"] if parameters else []
    sums += [f"{scaled(macs)}MACs"] if macs else []
    sums += [f"{scaled(operations)}FLOPs"] if operations else []
    counts = ", ".join(f"{name} {count}" for name, count in graph.counts().items())
    return [*ends, ", ".join(sums), counts]


def to_json(graph: Graph) -> str:
    """The whole graph, numbers as numbers."""
    nodes: list[dict[str, Any]] = [
        {
            "id": number,
            "op": node.op,
            "layers": list(node.layers),
            "inputs": list(node.inputs),
            "outputs": list(node.outputs),
            "sources": node.sources,
            "parameters": node.parameters,
            "macs": node.macs,
            "operations": node.operations,
            "attributes": node.details,
        }
        for number, node in enumerate(graph.nodes)
    ]
    totals = {
        "operations": len(graph.steps),
        "parameters": sum(node.parameters for node in graph.steps),
        "macs": sum(node.macs for node in graph.steps),
        "flops": sum(node.operations for node in graph.steps),
        "counts": graph.counts(),
    }
    return json.dumps({"name": graph.name, "totals": totals, "nodes": nodes}, indent=1)


def to_table(graph: Graph) -> Table:
    """The rows for people; columns that no row fills are left out."""
    from rich.table import Table
    from rich.text import Text

    body = rows(graph)
    kept = [i for i in range(len(HEAD)) if any(row[i] for row in body)]
    table = Table(pad_edge=False, box=None)
    for i in kept:
        number = HEAD[i] in ("#", "parameters", "MACs", "operations")
        table.add_column(HEAD[i], justify="right" if number else "left", overflow="fold")
    for row in body:
        table.add_row(*(Text(row[i]) for i in kept))
    return table


def show(
    source: Path, svg: Path | None, html: Path | None, options: CompileOptions, json_wanted: bool
) -> str:
    """Write the pictures that are asked for, and give back the table or JSON."""
    from arhat.cli.picture import to_html, to_svg
    from arhat.cli.run import replacing
    from arhat.compiler import is_convertible

    if not source.exists():
        raise UserError("no such file", file=source)
    graph = load_graph(source, options)
    if (svg or html) and source.is_dir() and not is_convertible(source):
        raise UserError("a manifest has no edges to draw: show the model's .xml or a .mlir", file=source)
    if svg is not None:
        with replacing(svg) as temporary:
            temporary.write_text(to_svg(graph), encoding="utf-8")
    if html is not None:
        with replacing(html) as temporary:
            temporary.write_text(to_html(graph, HEAD, rows(graph), summary(graph)), encoding="utf-8")
    if json_wanted:
        return to_json(graph)
    import io

    from rich.console import Console

    out = io.StringIO()
    terminal = Console()
    width = terminal.width if terminal.is_terminal else 200
    Console(file=out, width=width, markup=False, highlight=False).print(to_table(graph))
    return out.getvalue() + "\n".join(summary(graph))
