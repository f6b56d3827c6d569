"""Records of TensorRT networks: what the stand-in writes and what `ir_network.network_of` makes of a module.

Layers stand under the names of TensorRT's classes (`Convolution`), attributes under the names of the setters
(`pre_padding`), enumerators as words (`leaky_relu`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np

TYPES = {
    "f32": "FLOAT",
    "f16": "HALF",
    "bf16": "BF16",
    "i32": "INT32",
    "i64": "INT64",
    "bool": "BOOL",
    "i8": "INT8",
    "ui8": "UINT8",
}
"""Members of `DataType` by the words of records."""
WORDS = {"u8": "ui8"}
"""Other words for element types."""
PLUGIN = "PluginV3"


@dataclass(frozen=True)
class Tensor:
    """An input of a network or a result of a layer. -1 stands for an extent that is known at run time."""

    id: int
    name: str
    type: str
    dims: tuple[int, ...]


@dataclass(frozen=True)
class Constants:
    """Weights of a layer: `count` elements, as bytes."""

    type: str
    count: int
    data: np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class Layer:
    """One layer; inputs by number of the tensor, None where one is not given."""

    kind: str
    name: str
    inputs: tuple[int | None, ...]
    outputs: tuple[Tensor, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    weights: Mapping[str, Constants] = field(default_factory=dict[str, Constants])


@dataclass(frozen=True)
class Network:
    """Layers in an order in which they can be added."""

    inputs: tuple[Tensor, ...]
    layers: tuple[Layer, ...]
    outputs: tuple[int, ...]
    profile: Mapping[str, tuple[tuple[int, ...], ...]] | None = None
    """Least, usual and largest extents of the inputs, where some are known only at run time."""
    tf32: bool = False


def read_record(path: Path) -> Network:
    """A network as the stand-in has recorded it: JSON, and beside it the weights."""
    text = json.loads(path.read_text())
    data = np.fromfile(f"{path}.weights", np.uint8)

    def tensor(value: Mapping[str, Any]) -> Tensor:
        return Tensor(value["id"], value["name"], element_type(value["type"]), tuple(value["dims"]))

    def constants(value: Mapping[str, Any]) -> Constants:
        type_ = element_type(value["type"])
        size = value["count"] * bytes_of(type_)
        return Constants(type_, value["count"], data[value["offset"] : value["offset"] + size])

    def plugin(layer: Mapping[str, Any]) -> dict[str, Any]:
        found = layer.get("plugin")
        return {"plugin": found["name"], "fields": found["fields"]} if found else {}

    layers = tuple(
        Layer(
            layer["kind"],
            layer["name"],
            tuple(layer["inputs"]),
            tuple(map(tensor, layer["outputs"])),
            {**layer["attributes"], **plugin(layer)},
            {key: constants(value) for key, value in layer["weights"].items() if value["count"]},
        )
        for layer in text["layers"]
    )
    profile = text.get("profile")
    ranges = profile and {name: tuple(map(tuple, _three(extents))) for name, extents in profile.items()}
    return Network(tuple(map(tensor, text["inputs"])), layers, tuple(text["outputs"]), ranges)


def _three(extents: Any) -> Sequence[Sequence[int]]:
    return [extents[key] for key in ("min", "opt", "max")] if isinstance(extents, dict) else extents


def element_type(word: str) -> str:
    """An element type in the words of these records."""
    return WORDS.get(word, word)


def bytes_of(type_: str) -> int:
    """Bytes of an element."""
    return {"f32": 4, "i32": 4, "i64": 8, "f16": 2, "bf16": 2}.get(type_, 1)


# ------------------------------------------------------------------------------------------------ cutting


def constant_ids(network: Network) -> set[int]:
    """The results of layers that follow from constants alone."""
    found: set[int] = set()
    for layer in network.layers:
        if layer.kind != PLUGIN and all(i is None or i in found for i in layer.inputs):
            found |= {tensor.id for tensor in layer.outputs}
    return found


def cut(network: Network, split: bool = False) -> list[Network]:
    """`network` without its plugins: what they take is given, what they give is taken.

    `split`: several networks, each of the layers with as many plugins before them, as TensorRT itself sees them.
    """
    constants = constant_ids(network)
    tensors = {tensor.id: tensor for tensor in network.inputs}
    depth = {tensor.id: 0 for tensor in network.inputs}
    depths: list[int] = []
    for layer in network.layers:
        plugin = layer.kind == PLUGIN
        before = [depth[i] for i in layer.inputs if i is not None and i not in constants]
        depths.append(max(before, default=0) + (plugin and split))
        for tensor in layer.outputs:
            tensors[tensor.id] = tensor
            depth[tensor.id] = depths[-1]
    return [
        piece
        for number in sorted({0, *depths})
        if (piece := _piece(network, constants, depths, tensors, number)) is not None
    ]


def _piece(
    network: Network, constants: set[int], depths: Sequence[int], tensors: Mapping[int, Tensor], number: int
) -> Network | None:
    """The layers of one depth, with what they take and what is wanted of them; None where there are none."""
    own = [
        layer
        for layer, depth in zip(network.layers, depths, strict=True)
        if depth == number and layer.kind != PLUGIN and not _constant(layer, constants)
    ]
    made = {tensor.id for layer in own for tensor in layer.outputs}
    needed = {i for layer in own for i in layer.inputs if i is not None} - made
    wanted = set(network.outputs)
    for layer, depth in zip(network.layers, depths, strict=True):
        if depth != number or layer.kind == PLUGIN:
            wanted |= {i for i in layer.inputs if i is not None}
    first = number == 0
    # The constants that this piece needs, and those that nothing but plugins and the caller want.
    constant_layers: list[Layer] = []
    asked = needed | (wanted if first else set())
    for layer in reversed(network.layers):
        if _constant(layer, constants) and any(tensor.id in asked for tensor in layer.outputs):
            constant_layers.insert(0, layer)
            asked |= {i for i in layer.inputs if i is not None}
    given = [tensor for tensor in network.inputs if first or tensor.id in needed]
    given += [
        tensors[i] for i in sorted(needed - constants) if i not in {tensor.id for tensor in network.inputs}
    ]
    layers = (*constant_layers, *own)
    made |= {tensor.id for layer in constant_layers for tensor in layer.outputs}
    outputs = [i for i in sorted(wanted) if i in made and (first or i not in constants)]
    if not own and not (first and layers):
        return None
    names = _distinct(given, {tensor.id for tensor in network.inputs})
    inputs = tuple(replace(tensor, name=name) for tensor, name in zip(given, names, strict=True))
    return Network(inputs, layers, tuple(outputs), network.profile, network.tf32)


def _constant(layer: Layer, constants: set[int]) -> bool:
    return bool(layer.outputs) and layer.outputs[0].id in constants


def _distinct(tensors: Iterable[Tensor], ports: set[int]) -> Iterator[str]:
    """The names of the network's own inputs; of what plugins give, numbers that no model has."""
    for tensor in tensors:
        yield tensor.name if tensor.id in ports else f"tensor {tensor.id} of {tensor.name}"


# ------------------------------------------------------------------------------------------------ comparing

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "Activation": {"alpha": 0, "beta": 0},
    "Convolution": {"padding_mode": "explicit_round_down"},
    "Deconvolution": {"padding_mode": "explicit_round_down"},
    "Dequantize": {"axis": -1},
    "Gather": {"nb_element_wise_dims": 0},
    "Pooling": {"blend_factor": 0, "average_count_excludes_padding": 1},
    "Quantize": {"axis": -1},
    "Resize": {"selector_for_single_pixel": "formula", "cubic_coeff": -0.75, "exclude_outside": 0},
    "TopK": {"indices_type": "i32"},
}
"""What a layer has where nothing is said, as far as records differ in saying it."""


def differences(a: Network, b: Network) -> list[str]:
    """In what two networks are not the same; names of layers and of tensors inside are not looked at."""
    found: list[str] = []

    def same(what: str, x: Any, y: Any) -> None:
        if x != y:
            found.append(f"{what}: {x} and {y}")

    same("layers", len(a.layers), len(b.layers))
    same("profile", a.profile, b.profile)
    places = [_places(network) for network in (a, b)]
    for x, y in zip_longest(a.inputs, b.inputs):
        same("input", x and (x.name, x.type, x.dims), y and (y.name, y.type, y.dims))
    for x, y in zip(a.layers, b.layers, strict=False):
        what = f"{x.kind} {x.name!r}"
        same(f"{what}: kind", x.kind, y.kind)
        same(f"{what}: attributes", settings(x), settings(y))
        taken = [_taken(layer, place) for layer, place in zip((x, y), places, strict=True)]
        same(f"{what}: inputs", *taken)
        made = [[(tensor.type, tensor.dims) for tensor in layer.outputs] for layer in (x, y)]
        same(f"{what}: results", *made)
        same(f"{what}: weights", sorted(x.weights), sorted(y.weights))
        for key in x.weights.keys() & y.weights.keys():
            p, q = x.weights[key], y.weights[key]
            if (p.type, p.count, p.data.tobytes()) != (q.type, q.count, q.data.tobytes()):
                found.append(f"{what}: the elements of {key} differ")
    same(
        "outputs",
        *([place[i] for i in network.outputs] for network, place in zip((a, b), places, strict=True)),
    )
    return found


def _places(network: Network) -> dict[int, tuple[int, int]]:
    """Where each tensor comes from: layer (-1: none) and number among its results."""
    places = {tensor.id: (-1, i) for i, tensor in enumerate(network.inputs)}
    for number, layer in enumerate(network.layers):
        places |= {tensor.id: (number, i) for i, tensor in enumerate(layer.outputs)}
    return places


def _taken(layer: Layer, places: Mapping[int, tuple[int, int]]) -> list[tuple[int, int] | None]:
    taken = [None if id is None else places[id] for id in layer.inputs]
    while taken and taken[-1] is None:
        taken.pop()
    return taken


def settings(layer: Layer) -> dict[str, Any]:
    """The attributes of a layer that matter, in one form: without what is so anyway, numbers as f32."""
    result = {key: _plain(value) for key, value in layer.attributes.items()}
    for key, value in DEFAULTS.get(layer.kind, {}).items():
        if result.get(key) == value:
            del result[key]
    if layer.kind == "Shuffle":
        for key in ("first_transpose", "second_transpose"):
            if key in result and result[key] == sorted(result[key]):
                del result[key]
        if 0 not in result.get("reshape_dimensions", []):
            result.pop("zero_is_placeholder", None)
    if result.get("resize_mode", "nearest") != "nearest":
        result.pop("nearest_rounding", None)
    if result.get("mode") == "nd":  # gathers and scatters along the first axes
        for key in ("axis", "gather_axis"):
            result.pop(key, None)
    if "fields" in result:
        result["fields"] = {
            key: value if isinstance(value, list | str) else [value]
            for key, value in result["fields"].items()
        }
    return result


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return (
        float(np.float32(value))
        if isinstance(value, float)
        else int(value)
        if isinstance(value, bool)
        else value
    )
