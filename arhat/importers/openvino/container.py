"""The container of OpenVINO IR: the `.xml` graph read into plain records, and the `.bin` beside it.

The file may come from anyone, so nothing in it is trusted: every number and reference is checked here, before
an operator is looked at, and each fault is a `UserError` that names the line. All algorithms are iterative and
linear in the size of the file (the ordering is O(n log n)).
"""

from __future__ import annotations

import heapq
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn, Protocol
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from arhat.errors import UserError, escape, quote

SUPPORTED_VERSIONS = (10, 11)
MAX_DEPTH = 64
"""Nesting of XML elements that is accepted; a real file needs 7, and a few more inside of `rt_info`."""
MAX_BODY_DEPTH = 8
"""Bodies of loops and branches inside of one another that are accepted; a real file has two at most."""
MAX_RANK = 64
"""Dimensions of a tensor: as many as NumPy has."""
MAX_XML_BYTES = 1 << 30
DEFAULT_MEMORY_LIMIT = 16 << 30
"""Bytes that one tensor of the model may take, unless the caller says otherwise."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)
_SEPARATOR = re.compile(r"(?<!\\),")


def parse_integer(text: str) -> int | None:
    """The value of a decimal integer of 64 bits, or None: stricter than `int()`, which accepts `1_0`."""
    text = text.strip()
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if -(1 << 63) <= value < 1 << 63 else None


def parse_integers(text: str) -> tuple[int, ...] | None:
    """The values of `1,2` or `1, 2`; the empty text is the empty list; None if a part is not an integer."""
    if not text.strip():
        return ()
    values = [parse_integer(part) for part in text.split(",")]
    return tuple(value for value in values if value is not None) if None not in values else None


@dataclass(slots=True)
class Port:
    """One port of a layer: its number, and what the file says about the tensor (-1: a dynamic dimension)."""

    id: int
    line: int
    precision: str = ""
    dims: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class Mapping:
    """One entry of a `<port_map>`: which port of the layer belongs to which Parameter or Result of the body.

    `external` is -1 where there is no port: the iteration counter, the condition. With an `axis` the tensor is sliced.
    """

    external: int
    internal: int
    line: int
    axis: int | None = None
    start: int = 0
    end: int = -1
    stride: int = 1
    part_size: int = 1
    purpose: str = ""


@dataclass(slots=True)
class Body:
    """The body of a loop or of a branch: layers of its own, and how its ends are tied to the layer's ports."""

    line: int
    column: int
    depth: int
    layers: list[Layer] = field(default_factory=list["Layer"])
    order: list[Layer] = field(default_factory=list["Layer"])
    """The layers so that each follows what feeds it."""
    by_id: dict[int, Layer] = field(default_factory=dict[int, "Layer"])
    inputs: list[Mapping] = field(default_factory=list[Mapping])
    outputs: list[Mapping] = field(default_factory=list[Mapping])
    back_edges: list[tuple[int, int, int]] = field(default_factory=list[tuple[int, int, int]])
    """From a Result to a Parameter, by their ids, with the line: what an iteration gives to the next."""
    edges: list[Edge] = field(default_factory=list["Edge"])


@dataclass(slots=True, eq=False)
class Layer:
    """One `<layer>`: an operator with its attributes, where it stands in the file, and what feeds it."""

    id: int
    name: str
    type: str
    opset: str
    line: int
    column: int
    index: int
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    inputs: list[Port] = field(default_factory=list[Port])
    outputs: list[Port] = field(default_factory=list[Port])
    sources: list[tuple[Layer, int]] = field(default_factory=list["tuple[Layer, int]"])
    """For each input in order: the layer that feeds it, and which of that layer's outputs it is."""
    bodies: dict[str, Body] = field(default_factory=dict[str, Body])
    """`body` of a loop, `then` and `else` of a branch."""


@dataclass(slots=True)
class Network:
    """A model file: its layers in the order of the file, and an order in which each follows what feeds it."""

    name: str
    version: int
    xml_path: Path
    bin_path: Path | None
    bin_size: int
    layers: list[Layer]
    order: list[Layer]

    def error(self, message: str, layer: Layer | None = None) -> UserError:
        """An error about this file, placed at `layer` if there is one."""
        if layer is None:
            return UserError(message, file=str(self.xml_path))
        return UserError(
            message, file=str(self.xml_path), line=layer.line, column=layer.column, layer=layer.name
        )


class _Position(Protocol):
    CurrentLineNumber: int
    CurrentColumnNumber: int


# Which elements mean something, by what they are inside of; everything else is skipped with all that it contains.
_ROLES: dict[tuple[str, str], str] = {
    ("", "net"): "net",
    ("net", "layers"): "layers",
    ("layers", "layer"): "layer",
    ("layer", "data"): "data",
    ("layer", "input"): "input",
    ("layer", "output"): "output",
    ("input", "port"): "port",
    ("output", "port"): "port",
    ("port", "dim"): "dim",
    ("net", "edges"): "edges",
    ("edges", "edge"): "edge",
    **{
        entry: role
        for prefix in ("", "then_", "else_")
        for entry, role in {
            ("layer", f"{prefix}body"): f"{prefix}body",
            (f"{prefix}body", "layers"): "layers",
            (f"{prefix}body", "edges"): "edges",
            ("layer", f"{prefix}port_map"): f"{prefix}port_map",
            (f"{prefix}port_map", "input"): f"{prefix}map_input",
            (f"{prefix}port_map", "output"): f"{prefix}map_output",
        }.items()
    },
    ("layer", "back_edges"): "back_edges",
    ("back_edges", "edge"): "back_edge",
}
_BODIES = {"body": "body", "then_body": "then", "else_body": "else"}


@dataclass(slots=True)
class Edge:
    """One `<edge>` between two layers of the same graph."""

    from_layer: int
    from_port: int
    to_layer: int
    to_port: int
    line: int
    column: int


class _Reader:
    """The receiver of the parser's events: keeps the layers and edges, and no tree."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position: _Position | None = None
        self.roles: list[str] = [""]
        self.name = ""
        self.version: int | None = None
        self.graph = Body(0, 0, 0)
        self.graphs: list[Body] = [self.graph]
        """The graph of the model, and that of each body, in the order in which they begin."""
        self.around: list[Body] = []
        """The graphs that the current one is inside of."""
        self.text: list[str] = []
        self.dims: list[int] = []
        self.ports: list[Port] = []
        self.begin: dict[str, Callable[[dict[str, str]], None]] = {
            "net": self._net,
            "layer": self._layer,
            "data": self._data,
            "port": self._port,
            "edge": self._edge,
            "back_edge": self._back_edge,
        }
        for role, name in _BODIES.items():
            prefix = role.removesuffix("body")
            self.begin[role] = partial(self._body, name)
            self.begin[f"{prefix}map_input"] = partial(self._mapping, name, True)
            self.begin[f"{prefix}map_output"] = partial(self._mapping, name, False)

    # What the parser calls.

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        roles = self.roles
        if len(roles) > MAX_DEPTH:
            self.fail(f"elements are nested deeper than {MAX_DEPTH}, no model needs that; check the file")
        role = _ROLES.get((roles[-1], tag), "skip")
        if role == "skip" and len(roles) == 1:
            self.fail(
                f"the root element is <{escape(tag)}>, not <net>: this is not OpenVINO IR; give a model's .xml"
            )
        roles.append(role)
        self.text.clear()
        begin = self.begin.get(role)
        if begin is not None:
            begin(attributes)
        elif role in ("input", "output"):
            self.ports = self.graph.layers[-1].inputs if role == "input" else self.graph.layers[-1].outputs

    def data(self, text: str) -> None:
        """Characters between elements."""
        if self.roles[-1] == "dim":
            self.text.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        role = self.roles.pop()
        if role == "dim":
            self._dim("".join(self.text))
        elif role == "port":
            self.ports[-1].dims = tuple(self.dims)
        elif role in _BODIES:
            self.graph = self.around.pop()

    def close(self) -> None:
        """The document ends."""

    # Errors.

    def where(self) -> tuple[int, int]:
        """Line and column of the element that the parser is at, both from 1."""
        assert self.position is not None
        return self.position.CurrentLineNumber, self.position.CurrentColumnNumber + 1

    def fail(self, message: str, layer: Layer | None = None) -> NoReturn:
        """Raise an error at the place where the parser is."""
        line, column = self.where()
        raise UserError(
            message, file=str(self.path), line=line, column=column, layer=layer.name if layer else None
        )

    def integer(self, attributes: dict[str, str], name: str, what: str, layer: Layer | None = None) -> int:
        """The attribute `name` of an element as a non-negative integer."""
        text = attributes.get(name)
        if text is None:
            self.fail(f"{what} has no '{name}'; the file is damaged, export the model again", layer)
        value = parse_integer(text)
        if value is None or value < 0:
            self.fail(
                f'{what} has {name}="{quote(text)}", which is not a non-negative integer of 64 bits; '
                "the file is damaged, export the model again",
                layer,
            )
        return value

    # One method for each element.

    def _net(self, attributes: dict[str, str]) -> None:
        self.name = attributes.get("name", "")
        text = attributes.get("version")
        if text is None:
            self.fail("<net> has no 'version': this is not OpenVINO IR; give a model's .xml")
        version = parse_integer(text)
        if version not in SUPPORTED_VERSIONS:
            old = version is not None and 0 < version < SUPPORTED_VERSIONS[0]
            advice = (
                "convert the original model again with OpenVINO 2022.1 or newer"
                if old
                else "versions 10 and 11 are supported"
            )
            self.fail(f"IR version {quote(text)} is {'too old' if old else 'unknown'}; {advice}")
        self.version = version

    def _layer(self, attributes: dict[str, str]) -> None:
        number = self.integer(attributes, "id", "the layer")
        values: list[str] = []
        for name in ("name", "type", "version"):
            value = attributes.get(name)
            if value is None:
                self.fail(f"layer {number} has no '{name}'; the file is damaged, export the model again")
            values.append(value)
        line, column = self.where()
        layer = Layer(number, values[0], values[1], values[2], line, column, len(self.graph.layers))
        if number in self.graph.by_id:
            self.fail(
                f"id {number} is also the id of the layer in line {self.graph.by_id[number].line}; "
                "ids must differ, export the model again",
                layer,
            )
        self.graph.layers.append(layer)
        self.graph.by_id[number] = layer

    def _data(self, attributes: dict[str, str]) -> None:
        self.graph.layers[-1].attributes.update(attributes)

    def _port(self, attributes: dict[str, str]) -> None:
        layer = self.graph.layers[-1]
        number = self.integer(attributes, "id", "a port", layer)
        names = attributes.get("names", "")
        port = Port(number, self.where()[0], attributes.get("precision", ""))
        if names:
            port.names = tuple(part.replace("\\,", ",") for part in _SEPARATOR.split(names) if part)
        self.ports.append(port)
        self.dims = []

    def _dim(self, text: str) -> None:
        value = parse_integer(text)
        if value is None or value < -1:
            self.fail(
                f"{quote(text)} is not a dimension; it must be a non-negative integer, or -1 if dynamic",
                self.graph.layers[-1],
            )
        if len(self.dims) >= MAX_RANK:
            self.fail(
                f"a port has more than {MAX_RANK} dimensions; the file is damaged", self.graph.layers[-1]
            )
        self.dims.append(value)

    def _edge(self, attributes: dict[str, str]) -> None:
        a, b, c, d = (
            self.integer(attributes, name, "the edge")
            for name in ("from-layer", "from-port", "to-layer", "to-port")
        )
        self.graph.edges.append(Edge(a, b, c, d, *self.where()))

    def _body(self, name: str, attributes: dict[str, str]) -> None:
        body = self._body_of(name)
        if body.line:
            self.fail(
                f"a second <{name}> body; the file is damaged, export the model again", self.graph.layers[-1]
            )
        body.line, body.column = self.where()
        if body.depth > MAX_BODY_DEPTH:
            self.fail(
                f"bodies are nested deeper than {MAX_BODY_DEPTH}, no model needs that; check the file",
                self.graph.layers[-1],
            )
        self.graphs.append(body)
        self.around.append(self.graph)
        self.graph = body

    def _body_of(self, name: str) -> Body:
        """A body of the current layer; its port map may come before it."""
        return self.graph.layers[-1].bodies.setdefault(name, Body(0, 0, len(self.around) + 1))

    def _mapping(self, name: str, is_input: bool, attributes: dict[str, str]) -> None:
        layer = self.graph.layers[-1]

        def number(key: str, default: int | None = None) -> int:
            text = attributes.get(key)
            value = default if text is None else parse_integer(text)
            if value is None:
                self.fail(
                    f'an entry of the port map has {key}="{quote(text or "")}", which is not an integer; '
                    "the file is damaged, export the model again",
                    layer,
                )
            return value

        mapping = Mapping(number("external_port_id"), number("internal_layer_id"), self.where()[0])
        if "axis" in attributes:
            mapping.axis = number("axis")
            mapping.start, mapping.end = number("start", 0), number("end", -1)
            mapping.stride, mapping.part_size = number("stride", 1), number("part_size", 1)
        mapping.purpose = attributes.get("purpose", "")
        body = self._body_of(name)
        (body.inputs if is_input else body.outputs).append(mapping)

    def _back_edge(self, attributes: dict[str, str]) -> None:
        layer = self.graph.layers[-1]
        source, target = (
            self.integer(attributes, name, "the back edge", layer) for name in ("from-layer", "to-layer")
        )
        self._body_of("body").back_edges.append((source, target, self.where()[0]))


def _parse(path: Path) -> _Reader:
    reader = _Reader(path)
    parser = DefusedXMLParser(target=reader, forbid_dtd=True)
    position: _Position = parser.parser  # the expat parser, which knows the line
    reader.position = position
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 16):
                parser.feed(chunk)
        parser.close()
    except DefusedXmlException:
        reader.fail("the file declares a document type or entities; OpenVINO IR has none, so it is refused")
    except ParseError as error:
        line, column = error.position
        what = str(error).split(":")[0]
        raise UserError(
            f"not well-formed XML ({escape(what)}); is this the model's .xml, and is it complete?",
            file=str(path),
            line=line,
            column=column + 1,
        ) from None
    except (LookupError, UnicodeError, ValueError) as error:
        reader.fail(f"the text cannot be decoded ({escape(str(error))}); the file must be XML in UTF-8")
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", file=str(path)) from None
    return reader


def _connect(graph: Body, path: str) -> None:
    """Fill `Layer.sources` from the edges."""
    by_id = graph.by_id
    inputs: dict[int, dict[int, int]] = {}
    outputs: dict[int, dict[int, int]] = {}
    for layer in graph.layers:
        for ports, table in ((layer.inputs, inputs), (layer.outputs, outputs)):
            places = {port.id: place for place, port in enumerate(ports)}
            if len(places) != len(ports):
                raise UserError(
                    "two ports have the same id; the file is damaged, export the model again",
                    file=path,
                    line=layer.line,
                    column=layer.column,
                    layer=layer.name,
                )
            table[layer.id] = places
    found: dict[Layer, list[tuple[Layer, int] | None]] = {
        layer: [None] * len(layer.inputs) for layer in graph.layers
    }
    for edge in graph.edges:

        def fail(message: str, edge: Edge = edge, layer: Layer | None = None) -> NoReturn:
            raise UserError(
                f"{message}; the file is damaged, export the model again",
                file=path,
                line=edge.line,
                column=edge.column,
                layer=layer.name if layer else None,
            )

        source, target = by_id.get(edge.from_layer), by_id.get(edge.to_layer)
        if source is None or target is None:
            missing = edge.from_layer if source is None else edge.to_layer
            fail(f"the edge names layer {missing}, which does not exist")
        place = outputs[source.id].get(edge.from_port)
        if place is None:
            fail(f"the edge starts at port {edge.from_port}, not an output of the layer", layer=source)
        slot = inputs[target.id].get(edge.to_port)
        if slot is None:
            fail(f"the edge ends at port {edge.to_port}, not an input of the layer", layer=target)
        if found[target][slot] is not None:
            fail(f"a second edge ends at port {edge.to_port}", layer=target)
        found[target][slot] = (source, place)
    for layer, sources in found.items():
        for slot, entry in enumerate(sources):
            if entry is None:
                raise UserError(
                    f"no edge ends at input port {layer.inputs[slot].id}; export the model again",
                    file=path,
                    line=layer.inputs[slot].line,
                    column=1,
                    layer=layer.name,
                )
            layer.sources.append(entry)


def _sort(graph: Body, path: str) -> list[Layer]:
    """An order in which every layer follows what feeds it: that of the file where it is one."""
    layers = graph.layers
    waiting = [len({source.index for source, _ in layer.sources}) for layer in layers]
    users: list[list[int]] = [[] for _ in layers]
    for layer in layers:
        for index in {source.index for source, _ in layer.sources}:
            users[index].append(layer.index)
    ready = [index for index, count in enumerate(waiting) if count == 0]
    order: list[Layer] = []
    while ready:
        index = heapq.heappop(ready)
        order.append(layers[index])
        for user in users[index]:
            waiting[user] -= 1
            if waiting[user] == 0:
                heapq.heappush(ready, user)
    if len(order) == len(layers):
        return order
    # Each layer that is left waits for another that is left: walking back must come to one seen before.
    layer = next(layer for layer in layers if waiting[layer.index])
    trail: dict[Layer, int] = {}
    while layer not in trail:
        trail[layer] = len(trail)
        layer = next(source for source, _ in layer.sources if waiting[source.index])
    cycle = list(trail)[trail[layer] :]
    names = [quote(member.name) for member in reversed(cycle)]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    raise UserError(
        f"the edges form a cycle through {shown}; a model must be acyclic, export it again",
        file=path,
        line=layer.line,
        column=layer.column,
        layer=layer.name,
    )


def _regular_file(path: Path, what: str) -> int:
    """The size of the regular file `path`, which may be a link to one.

    Asked before the file is opened, because to open a FIFO would wait for ever.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "the path has a null character"
        raise UserError(f"{what} cannot be opened: {reason}; check the path", file=str(path)) from None
    if not stat.S_ISREG(status.st_mode):
        kind = "a directory" if stat.S_ISDIR(status.st_mode) else "a device, FIFO or socket"
        raise UserError(f"{what} must be a regular file, but the path is {kind}", file=str(path))
    return status.st_size


def _find_bin(xml_path: Path, bin_path: Path | None, needed: bool) -> tuple[Path | None, int]:
    if bin_path is not None:
        return bin_path, _regular_file(bin_path, "the weights")
    beside = xml_path.with_suffix(".bin")
    if not needed and not beside.exists():
        return None, 0
    if beside.is_symlink():
        folder = xml_path.parent.resolve()
        try:
            inside = beside.resolve(strict=True).is_relative_to(folder)
        except (OSError, RuntimeError):
            inside = True  # a dangling link or a loop: the check below says what is wrong
        if not inside:
            raise UserError(
                "the weights are a link that leads out of the model's folder; name the file if it is meant",
                file=str(beside),
            )
    return beside, _regular_file(beside, "the weights")


def read_network(xml_path: str | Path, bin_path: str | Path | None = None) -> Network:
    """Read and check the container of an IR model of version 10 or 11.

    `bin_path` defaults to the file beside the `.xml` with the ending `.bin`, which may be missing if no layer is
    a Const.
    Raises `UserError` for each fault of the file, placed at its line.
    """
    path = Path(xml_path)
    size = _regular_file(path, "the model")
    if size > MAX_XML_BYTES:
        raise UserError(
            f"the file has {size} bytes; no model's .xml has more than {MAX_XML_BYTES}", file=str(path)
        )
    reader = _parse(path)
    model = reader.graphs[0]
    if reader.version is None or not model.layers:
        raise UserError("the model has no layers; export the model again", file=str(path))
    for graph in reader.graphs:
        _connect(graph, str(path))
        graph.order = _sort(graph, str(path))
    needed = any(layer.type == "Const" for graph in reader.graphs for layer in graph.layers)
    found, size = _find_bin(path, Path(bin_path) if bin_path is not None else None, needed)
    return Network(reader.name, reader.version, path, found, size, model.layers, model.order)
