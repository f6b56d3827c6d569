"""The program that runs plugins through TensorRT's interface, and requests to it."""

from __future__ import annotations

import shutil
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from cudnn.emulator import emulator
from trt import standin
from xdsl.ir import Attribute

from arhat.dialects.arhat.base import python_value
from arhat.weights import Array

HERE = Path(__file__).parent
INCLUDE = HERE.parents[3] / "arhat" / "runtime" / "include"

QUICK = [*standin.SANITIZE, "-O0", "-g1"]
"""Checks of addresses and undefined behaviour; optimised, the plugins would compile for minutes."""

FLOAT, HALF, INT32, BF16, INT64 = 0, 1, 3, 7, 8
"""Numbers of TensorRT's element types."""
FIELD_FLOAT32, FIELD_INT32, FIELD_CHAR = 1, 5, 6
"""Numbers of TensorRT's types of fields."""
_DTYPES: Mapping[int, Any] = {
    FLOAT: np.float32,
    HALF: np.float16,
    INT32: np.int32,
    BF16: np.uint16,
    INT64: np.int64,
}
_TYPES = {np.dtype(dtype): number for number, dtype in _DTYPES.items()}


@dataclass
class Input:
    """A tensor; `least` and `most` are its extents at the ends of the profile. Elements of uint16 are bf16."""

    data: Array
    least: Sequence[int] = ()
    most: Sequence[int] = ()


@dataclass
class Field:
    """A field of a plugin: type, number of values, bytes."""

    type: int
    length: int
    data: bytes


@dataclass
class Answer:
    """What became of a request: outputs and the plugin's description, or an error."""

    outputs: list[Array] = field(default_factory=list[Array])
    text: str = ""
    error: str = ""


def field_of(value: Any) -> Field:
    """The field for a property of a kernel: whole numbers as INT32, others as FLOAT32, words as CHAR."""
    if isinstance(value, Attribute):
        value = python_value(value)
    if isinstance(value, str):
        return Field(FIELD_CHAR, len(value), value.encode())
    values = list(value) if isinstance(value, tuple | list) else [value]
    if any(isinstance(one, float) for one in values):
        return Field(FIELD_FLOAT32, len(values), np.array(values, np.float32).tobytes())
    return Field(FIELD_INT32, len(values), np.array(values, np.int32).tobytes())


def build(folder: Path, major: int = standin.MAJORS[-1]) -> Path:
    """The program of all plugins, kernels as loops, linked with stand-ins for TensorRT and CUDA.

    Addresses and undefined behaviour are checked. Raises RuntimeError with the compiler's words.
    """
    sources = folder / "source"
    shutil.copytree(INCLUDE, sources)
    return _linked(plugin_objects(sources, [HERE / "driver.cpp"], major), folder, major)


def build_one(folder: Path, plugin: str, major: int = standin.MAJORS[-1]) -> Path:
    """A program of one plugin, named as its unit, and without the unit that sorts in memory."""
    sources = folder / "source"
    shutil.copytree(INCLUDE, sources)
    standin.replace_launches(sources)
    units = [sources / f"arhat/trt/plugins/{plugin}.cu", HERE / "driver.cpp"]
    return _linked(standin.compile_units(units, standin.includes(sources), major, QUICK), folder, major)


def _linked(objects: Sequence[Path], folder: Path, major: int) -> Path:
    standin.link(objects, folder / "plugins", major, standin.SANITIZE)
    return folder / "plugins"


def plugin_objects(sources: Path, units: Sequence[Path], major: int) -> list[Path]:
    """Objects of all plugins in a copy of the runtime, whose launches are replaced, and of other units."""
    standin.replace_launches(sources)
    whole = sources / "all_plugins.cu"
    whole.write_text(one_unit())
    units = [whole, emulator.HERE / "sort.cpp", *units]
    return standin.compile_units(units, standin.includes(sources), major, QUICK)


def one_unit() -> str:
    """A unit of all plugins, so that headers are read once. Each has a variable `registered`."""
    names = sorted(path.name for path in (INCLUDE / "arhat/trt/plugins").glob("*.cu"))
    return "".join(
        f'#define registered registered_{n}\n#include "arhat/trt/plugins/{name}"\n#undef registered\n'
        for n, name in enumerate(names)
    )


class PluginProgram:
    """The running program."""

    def __init__(self, path: Path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def plugins(self) -> dict[str, dict[str, int]]:
        """All plugins, and the types of their fields by name."""
        self._send(0)
        return {
            self._bytes().decode(): {self._bytes().decode(): self._number() for _ in range(self._number())}
            for _ in range(self._number())
        }

    def run(
        self,
        plugin: str,
        fields: Mapping[str, Field] | Sequence[tuple[str, Field]],
        inputs: Sequence[Input],
        outputs: int,
    ) -> Answer:
        """Build a network of one plugin, keep it as a plan, and run it."""
        named = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        self._send(1, plugin, len(named))
        for name, one in named:
            self._send(name, one.type, one.length, one.data)
        self._send(len(inputs))
        for one in inputs:
            self._send(_TYPES[one.data.dtype])
            for extents in (one.data.shape, one.least or one.data.shape, one.most or one.data.shape):
                self._send(len(extents), *extents)
            self._send(np.ascontiguousarray(one.data).tobytes())
        self._send(outputs)
        if not self._number():
            return Answer(error=self._bytes().decode())
        text = self._bytes().decode()
        results: list[Array] = []
        for _ in range(outputs):
            dtype = _DTYPES[self._number()]
            shape = [self._number() for _ in range(self._number())]
            results.append(np.frombuffer(self._bytes(), dtype).reshape(shape))
        return Answer(results, text)

    def close(self) -> None:
        """End the program."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait() == 0

    def _send(self, *values: int | str | bytes) -> None:
        assert self.process.stdin is not None
        for value in values:
            data = value.encode() if isinstance(value, str) else value
            head = struct.pack("<q", data) if isinstance(data, int) else struct.pack("<q", len(data)) + data
            self.process.stdin.write(head)

    def _number(self) -> int:
        return struct.unpack("<q", self._read(8))[0]

    def _bytes(self) -> bytes:
        return self._read(self._number())

    def _read(self, size: int) -> bytes:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.flush()
        data = self.process.stdout.read(size)
        assert len(data) == size, "the program died"
        return data
