"""A writer of small OpenVINO IR models, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

ELEMENTS = {
    np.dtype(np.float32): "f32",
    np.dtype(np.float16): "f16",
    np.dtype(np.float64): "f64",
    np.dtype(np.int64): "i64",
    np.dtype(np.int32): "i32",
    np.dtype(np.int16): "i16",
    np.dtype(np.int8): "i8",
    np.dtype(np.uint64): "u64",
    np.dtype(np.uint32): "u32",
    np.dtype(np.uint8): "u8",
    np.dtype(np.bool_): "boolean",
}
PRECISIONS = {"f32": "FP32", "f16": "FP16", "f64": "FP64", "boolean": "BOOL"}


@dataclass(frozen=True)
class Output:
    """One output of a layer."""

    layer: int
    port: int


@dataclass
class Ir:
    """Collects layers; `text` is the `.xml`, `weights` the `.bin`."""

    version: int = 11
    name: str = "test"
    layers: list[str] = field(default_factory=list)
    edges: list[str] = field(default_factory=list)
    weights: bytearray = field(default_factory=bytearray)

    def _layer(
        self,
        type: str,
        opset: str,
        name: str | None,
        attributes: Mapping[str, object],
        inputs: Sequence[Output],
        outputs: Sequence[tuple[str, str]],
        inner: str = "",
    ) -> list[Output]:
        number = len(self.layers)
        data = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
        ports = "".join(f'<port id="{i}"/>' for i in range(len(inputs)))
        first = len(inputs)
        made = "".join(
            f'<port id="{first + i}" precision="{PRECISIONS.get(element, element.upper())}"'
            + (f" names={quoteattr(names)}" if names else "")
            + "/>"
            for i, (element, names) in enumerate(outputs)
        )
        self.layers.append(
            f'<layer id="{number}" name={quoteattr(name or f"layer{number}")} '
            f"type={quoteattr(type)} version={quoteattr(opset)}><data{data}/>{inner}"
            + (f"<input>{ports}</input>" if inputs else "")
            + (f"<output>{made}</output>" if outputs else "")
            + "</layer>"
        )
        for i, source in enumerate(inputs):
            self.edges.append(
                f'<edge from-layer="{source.layer}" from-port="{source.port}" to-layer="{number}" to-port="{i}"/>'
            )
        return [Output(number, first + i) for i in range(len(outputs))]

    def parameter(
        self, shape: Sequence[int] | str, element: str = "f32", *, name: str | None = None, names: str = ""
    ) -> Output:
        """An input of the model."""
        text = shape if isinstance(shape, str) else ",".join(map(str, shape))
        attributes = {"shape": text, "element_type": element}
        return self._layer("Parameter", "opset1", name, attributes, [], [(element, names)])[0]

    def const(self, array: Any, element: str | None = None, *, name: str | None = None) -> Output:
        """A constant; lists of Python integers are i64, of floats f32."""
        if not isinstance(array, np.ndarray | np.generic):
            array = np.asarray(array)
            array = array.astype(np.int64 if array.dtype.kind in "iu" else np.float32)
        element = element or ELEMENTS[array.dtype]
        attributes = {
            "element_type": element,
            "shape": ",".join(map(str, array.shape)),
            "offset": len(self.weights),
            "size": array.nbytes,
        }
        self.weights += array.tobytes()
        return self._layer("Const", "opset1", name, attributes, [], [(element, "")])[0]

    def ops(
        self,
        kind: str,
        inputs: Sequence[Output],
        attributes: Mapping[str, object] | None = None,
        *,
        count: int = 1,
        element: str = "f32",
        name: str | None = None,
        names: str = "",
        inner: str = "",
    ) -> list[Output]:
        """A layer of `kind`, like `Split@opset1`, with `count` outputs; `inner` is further XML inside of it."""
        type, _, opset = kind.partition("@")
        return self._layer(
            type, opset or "opset1", name, attributes or {}, inputs, [(element, names)] * count, inner
        )

    def op(self, kind: str, inputs: Sequence[Output], **options: Any) -> Output:
        """A layer with one output; attributes of the layer by keyword `attributes`."""
        return self.ops(kind, inputs, **options)[0]

    def result(self, value: Output, *, name: str | None = None) -> None:
        """An output of the model."""
        self._layer("Result", "opset1", name, {}, [value], [])

    def inside(self) -> Ir:
        """A writer for a body inside of this model; both have the same weights."""
        return Ir(weights=self.weights)

    def body(self, tag: str = "body") -> str:
        """The layers as the body of a loop or a branch."""
        lines = "\n".join(self.layers), "\n".join(self.edges)
        return f"<{tag}><layers>\n{lines[0]}\n</layers><edges>\n{lines[1]}\n</edges></{tag}>"

    @property
    def text(self) -> str:
        """The `.xml`, one layer and one edge a line: layer `i` is in line `i + 4`."""
        lines = "\n".join(self.layers), "\n".join(self.edges)
        return (
            f'<?xml version="1.0"?>\n<net name={quoteattr(self.name)} version="{self.version}">\n<layers>\n'
            f"{lines[0]}\n</layers>\n<edges>\n{lines[1]}\n</edges>\n</net>\n"
        )

    def write(self, folder: Path, name: str = "model") -> Path:
        """Writes both files and returns the path of the `.xml`."""
        path = folder / f"{name}.xml"
        path.write_text(self.text, encoding="utf-8")
        path.with_suffix(".bin").write_bytes(bytes(self.weights))
        return path
