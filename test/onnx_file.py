"""A writer of small ONNX files, protobuf by protobuf: the `onnx` package is not needed for tests."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

TYPES = {"float32": 1, "int32": 6, "int64": 7}


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _attribute(name: str, value: int | float | str | Sequence[int]) -> bytes:
    text = _bytes(1, name)
    if isinstance(value, int):
        return text + _number(3, value) + _number(20, 2)
    if isinstance(value, float):
        return text + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, str):
        return text + _bytes(4, value) + _number(20, 3)
    return text + b"".join(_number(8, one) for one in value) + _number(20, 7)


def node(
    kind: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: int | float | str | Sequence[int]
) -> bytes:
    """One operation, named after its first output."""
    parts = [*(_bytes(1, one) for one in inputs), *(_bytes(2, one) for one in outputs)]
    parts += [_bytes(3, outputs[0]), _bytes(4, kind)]
    return b"".join([*parts, *(_bytes(5, _attribute(name, value)) for name, value in attributes.items())])


def _tensor(name: str, array: Array) -> bytes:
    dims = b"".join(_number(1, dim) for dim in array.shape)
    return dims + _number(2, TYPES[str(array.dtype)]) + _bytes(8, name) + _bytes(9, array.tobytes())


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    dims = b"".join(_bytes(1, _bytes(2, d) if isinstance(d, str) else _number(1, d)) for d in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, TYPES["float32"]) + _bytes(2, dims)))


def write(
    path: Path,
    nodes: Sequence[bytes],
    inputs: Mapping[str, Sequence[int | str]],
    outputs: Mapping[str, Sequence[int | str]],
    constants: Mapping[str, Array],
) -> Path:
    """Write a model of opset 13; a dimension that is a text is dynamic."""
    graph = b"".join(_bytes(1, one) for one in nodes) + _bytes(2, "graph")
    graph += b"".join(_bytes(5, _tensor(name, array)) for name, array in constants.items())
    graph += b"".join(_bytes(11, _value(name, shape)) for name, shape in inputs.items())
    graph += b"".join(_bytes(12, _value(name, shape)) for name, shape in outputs.items())
    opset = _bytes(1, "") + _number(2, 13)
    path.write_bytes(_number(1, 8) + _bytes(2, "test") + _bytes(7, graph) + _bytes(8, opset))
    return path


def classifier(path: Path, batch: int | str = 1) -> Path:
    """A picture [batch,3,16,16] through a convolution, a mean and a matrix product to 20 classes."""
    rng = np.random.default_rng(1)
    constants = {
        "weights": rng.standard_normal((8, 3, 3, 3)).astype(np.float32),
        "bias": rng.standard_normal(8).astype(np.float32),
        "matrix": (rng.standard_normal((8, 20)) / 100).astype(np.float32),
    }
    nodes = [
        node("Conv", ["image", "weights", "bias"], ["conv"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", ["conv"], ["relu"]),
        node("GlobalAveragePool", ["relu"], ["pool"]),
        node("Flatten", ["pool"], ["flat"], axis=1),
        node("MatMul", ["flat", "matrix"], ["dense"]),
        node("Softmax", ["dense"], ["prob"], axis=1),
    ]
    return write(path, nodes, {"image": [batch, 3, 16, 16]}, {"prob": [batch, 20]}, constants)
