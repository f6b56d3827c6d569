"""The layers of a model on their way into a file, and the writing of `.xml` and `.bin`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import BinaryIO

from xdsl.ir import Attribute

from arhat.dialects.arhat import Tensor
from arhat.errors import UserError
from arhat.importers.openvino.types import ELEMENT_TYPES
from arhat.weights import Array, to_bytes

IR_VERSION = 11
ALIGNMENT = 64
"""Constants start at multiples of this in the `.bin`, so that they can be used where they are mapped."""

ELEMENT_NAMES: Mapping[Attribute, str] = {element: name for name, element in ELEMENT_TYPES.items()}
"""The name that IR uses for each element type."""

_PRECISIONS = {"f16": "FP16", "f32": "FP32", "f64": "FP64", "boolean": "BOOL"}

LayerAttribute = bool | int | float | str | Sequence[int] | Sequence[float]
"""An attribute of a layer as a plain value."""


@dataclass(slots=True, eq=False)
class Layer:
    """One layer: its operator, what feeds it, and the types of its outputs."""

    type: str
    opset: str
    inputs: list[Value]
    attributes: dict[str, str]
    outputs: list[Tensor]
    role: str
    """What the layer is to the operation that it was made for: part of its name if it is not the main one."""
    name: str = ""
    tensor_names: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    """Names of outputs that have some, by position."""
    data: Data | None = None
    """The contents of a Const."""


@dataclass(frozen=True, slots=True)
class Value:
    """One output of a layer."""

    layer: Layer
    place: int = 0

    @property
    def type(self) -> Tensor:
        """Shape and element type."""
        return self.layer.outputs[self.place]

    @property
    def shape(self) -> tuple[int, ...]:
        """The static shape."""
        return self.type.get_shape()


def all_outputs(value: Value) -> list[Value]:
    """All outputs of the layer that `value` is one of."""
    return [Value(value.layer, place) for place in range(len(value.layer.outputs))]


@dataclass(frozen=True, slots=True)
class Data:
    """The contents of a constant, read when they are written; equal keys have equal contents."""

    key: object
    type: Tensor
    read: Callable[[], Array]


@dataclass(slots=True)
class Graph:
    """Layers in an order in which each follows what feeds it; those that feed no sink are not written."""

    layers: list[Layer] = field(default_factory=list[Layer])
    sinks: list[Layer] = field(default_factory=list[Layer])

    def add(
        self,
        type: str,
        opset: str,
        inputs: Iterable[Value],
        attributes: Mapping[str, LayerAttribute],
        outputs: Iterable[Tensor],
        role: str,
    ) -> Layer:
        """Append a layer."""
        written = {name: attribute_text(value) for name, value in attributes.items()}
        layer = Layer(type, opset, list(inputs), written, list(outputs), role)
        self.layers.append(layer)
        return layer

    def live(self) -> list[Layer]:
        """The parameters, and what sinks need."""
        needed = set(self.sinks)
        needed.update(layer for layer in self.layers if layer.type == "Parameter")
        stack = list(needed)
        while stack:
            for value in stack.pop().inputs:
                if value.layer not in needed:
                    needed.add(value.layer)
                    stack.append(value.layer)
        return [layer for layer in self.layers if layer in needed]


def attribute_text(value: LayerAttribute) -> str:
    """An attribute as IR writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if isfinite(value) else ("inf" if value > 0 else "-inf")
    return ",".join(attribute_text(part) for part in value)


def _xml(text: str) -> str:
    """`text` inside of double quotes; what XML cannot say stands as a backslash escape."""
    parts: list[str] = []
    for char in text:
        code = ord(char)
        if char in _ESCAPES:
            parts.append(_ESCAPES[char])
        elif code < 0x20 or 0xD800 <= code < 0xE000 or code in (0xFFFE, 0xFFFF):
            parts.append(f"\\x{code:02x}")
        else:
            parts.append(char)
    return "".join(parts)


_ESCAPES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "\t": "&#9;",
    "\n": "&#10;",
    "\r": "&#13;",
}


class Weights:
    """The `.bin` being written: equal contents are stored once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = 0
        self._by_key: dict[object, tuple[int, int]] = {}
        self._by_content: dict[tuple[int, bytes], int] = {}

    def place(self, data: Data) -> tuple[int, int]:
        """Offset and size of `data`, which is written unless it is there already."""
        known = self._by_key.get(data.key)
        if known is None:
            known = self._write(to_bytes(data.read(), data.type))
            self._by_key[data.key] = known
        return known

    def _write(self, data: bytes) -> tuple[int, int]:
        data = data or b"\0"  # OpenVINO has no memory for a constant without a byte
        content = (len(data), hashlib.blake2b(data, digest_size=32).digest())
        offset = self._by_content.get(content)
        if offset is None:
            offset = -(-self._end // ALIGNMENT) * ALIGNMENT
            self._file.write(b"\0" * (offset - self._end))
            self._file.write(data)
            self._end = offset + len(data)
            self._by_content[content] = offset
        return offset, len(data)


def _output_port(value: Value) -> int:
    """Ports are numbered through: inputs first."""
    return len(value.layer.inputs) + value.place


def _port(out: StringIO, indent: str, number: int, type: Tensor, names: Sequence[str] = ()) -> None:
    element = ELEMENT_NAMES[type.element_type]
    precision = _PRECISIONS.get(element, element.upper())
    # The reader takes a comma for a separator unless a backslash is before it.
    listed = ",".join(name.replace(",", "\\,") for name in names)
    head = f'{indent}<port id="{number}" precision="{precision}"' + (
        f' names="{_xml(listed)}"' if listed else ""
    )
    shape = type.get_shape()
    if not shape:
        out.write(f"{head} />\n")
        return
    out.write(f"{head}>\n")
    for dim in shape:
        out.write(f"{indent}\t<dim>{dim}</dim>\n")
    out.write(f"{indent}</port>\n")


def _layer(out: StringIO, indent: str, number: int, layer: Layer, weights: Weights) -> None:
    attributes = dict(layer.attributes)
    if layer.data is not None:
        offset, size = weights.place(layer.data)
        attributes |= {"offset": str(offset), "size": str(size)}
    out.write(
        f'{indent}<layer id="{number}" name="{_xml(layer.name)}" type="{layer.type}" version="{layer.opset}">\n'
    )
    if attributes:
        written = " ".join(f'{name}="{_xml(value)}"' for name, value in attributes.items())
        out.write(f"{indent}\t<data {written} />\n")
    if layer.inputs:
        out.write(f"{indent}\t<input>\n")
        for place, value in enumerate(layer.inputs):
            _port(out, f"{indent}\t\t", place, value.type)
        out.write(f"{indent}\t</input>\n")
    if layer.outputs:
        out.write(f"{indent}\t<output>\n")
        for place, type in enumerate(layer.outputs):
            number = len(layer.inputs) + place
            _port(out, f"{indent}\t\t", number, type, layer.tensor_names.get(place, ()))
        out.write(f"{indent}\t</output>\n")
    out.write(f"{indent}</layer>\n")


def _layers(out: StringIO, indent: str, layers: Sequence[Layer], weights: Weights) -> None:
    numbers = {layer: number for number, layer in enumerate(layers)}
    out.write(f"{indent}<layers>\n")
    for layer, number in numbers.items():
        _layer(out, f"{indent}\t", number, layer, weights)
    out.write(f"{indent}</layers>\n{indent}<edges>\n")
    for layer, number in numbers.items():
        for place, value in enumerate(layer.inputs):
            out.write(
                f'{indent}\t<edge from-layer="{numbers[value.layer]}" from-port="{_output_port(value)}" '
                f'to-layer="{number}" to-port="{place}" />\n'
            )
    out.write(f"{indent}</edges>\n")


def write_graph(graph: Graph, name: str, xml_path: Path, bin_path: Path, info: Mapping[str, str]) -> None:
    """Write the two files; each appears complete or not at all, and the `.xml` last.

    Raises UserError where they cannot be written.
    """
    temporary = bin_path.with_name(f".{bin_path.name}.{os.getpid()}.part")
    temporary_xml = xml_path.with_name(f".{xml_path.name}.{os.getpid()}.part")
    out = StringIO()
    try:
        with temporary.open("wb") as file:
            out.write(f'<?xml version="1.0"?>\n<net name="{_xml(name)}" version="{IR_VERSION}">\n')
            _layers(out, "\t", graph.live(), Weights(file))
        out.write("\t<rt_info>\n")
        for key, value in info.items():
            out.write(f'\t\t<{key} value="{_xml(value)}" />\n')
        out.write("\t</rt_info>\n</net>\n")
        temporary_xml.write_text(out.getvalue(), encoding="utf-8")
        temporary.replace(bin_path)
        temporary_xml.replace(xml_path)
    except OSError as error:
        raise UserError(f"cannot write the model: {error.strerror}", file=xml_path) from error
    finally:
        temporary.unlink(missing_ok=True)
        temporary_xml.unlink(missing_ok=True)
