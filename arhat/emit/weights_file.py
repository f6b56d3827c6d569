"""The weights of an emitted project: one safetensors file, planned before any weight is read, written as a stream.

The file is what the `safetensors` package reads: 8 bytes length of the header, the header (JSON), the data. The header
is padded with spaces and entries that are not a multiple of 64 bytes long are followed by a `padding` entry, so that
every tensor starts at a multiple of 64 bytes in the file, and in memory once it is mapped.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector register."""


@dataclass(frozen=True)
class ElementType:
    """How an element type is called and stored."""

    safetensors: str
    numpy: np.dtype[Any]


ELEMENT_TYPES: dict[str, ElementType] = {
    "f32": ElementType("F32", np.dtype("<f4")),
    "f16": ElementType("F16", np.dtype("<f2")),
    "bf16": ElementType("BF16", np.dtype("<u2")),
    "f64": ElementType("F64", np.dtype("<f8")),
    "i8": ElementType("I8", np.dtype("|i1")),
    "u8": ElementType("U8", np.dtype("|u1")),
    "i16": ElementType("I16", np.dtype("<i2")),
    "u16": ElementType("U16", np.dtype("<u2")),
    "i32": ElementType("I32", np.dtype("<i4")),
    "u32": ElementType("U32", np.dtype("<u4")),
    "i64": ElementType("I64", np.dtype("<i8")),
    "u64": ElementType("U64", np.dtype("<u8")),
    "boolean": ElementType("BOOL", np.dtype("|b1")),
}
"""By the name that `arhat::Type` of program.hpp gives them."""


@dataclass(frozen=True)
class Entry:
    """A weight of the program.

    `read` gives an array of that shape; it is called once, when the file is written. A bf16 weight may be an f32 array
    of bf16 numbers (as the weight store gives it) or a u16 array of their bits.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    read: Callable[[], Array]

    @property
    def nbytes(self) -> int:
        """Bytes of the data."""
        return prod(self.shape) * ELEMENT_TYPES[self.type].numpy.itemsize


@dataclass(frozen=True)
class PlacedEntry:
    """A weight and where it lies: `offset` counts from the start of the data section."""

    entry: Entry
    name: str
    offset: int

    @property
    def type(self) -> str:
        """Element type, named as in `arhat::Type`."""
        return self.entry.type

    @property
    def nbytes(self) -> int:
        """Bytes of the data."""
        return self.entry.nbytes


@dataclass(frozen=True)
class WeightsPlan:
    """The whole file but for the numbers in it.

    `entries` are in the order they were given in; their names are made safe (ASCII, no spaces) and unique. `header` is
    the JSON with its padding.
    """

    entries: tuple[PlacedEntry, ...]
    header: bytes
    data_bytes: int
    alignment: int = ALIGNMENT

    @cached_property
    def header_hash(self) -> int:
        """FNV-1a, 64 bits, of the header: by this the program knows its file."""
        return fnv1a(self.header)

    @property
    def file_bytes(self) -> int:
        """Size of the file."""
        return 8 + len(self.header) + self.data_bytes

    def write(self, path: Path) -> str:
        """Write the file, one weight in memory at a time; gives the SHA-256 of its bytes.

        Raises:
            ValueError: a weight is not what its entry says: a mistake in the compiler.
        """
        digest = hashlib.sha256()
        with path.open("xb") as file:

            def put(data: bytes | memoryview) -> None:
                file.write(data)
                digest.update(data)

            put(len(self.header).to_bytes(8, "little"))
            put(self.header)
            for placed in self.entries:
                if placed.nbytes:
                    put(_bytes_of(placed.entry))
                    put(bytes(-placed.nbytes % self.alignment))
        return digest.hexdigest()


def plan_weights(
    entries: Iterable[Entry], metadata: dict[str, str] | None = None, alignment: int = ALIGNMENT
) -> WeightsPlan:
    """Lay out the file, every entry at a multiple of `alignment` bytes from the start of the data.

    No weight is read. Cost is linear in the number of entries.
    """
    placed: list[PlacedEntry] = []
    header: dict[str, Any] = {"__metadata__": {"format": "arhat", **(metadata or {})}}
    paddings: dict[str, Any] = {}
    used: dict[str, int] = {}
    offset = 0
    for entry in entries:
        name = _unique(safe_name(entry.name), used)
        end = offset + entry.nbytes
        placed.append(PlacedEntry(entry, name, offset))
        header[name] = {
            "dtype": ELEMENT_TYPES[entry.type].safetensors,
            "shape": list(entry.shape),
            "data_offsets": [offset, end],
        }
        offset = end + -end % alignment
        if offset != end:
            paddings[f"padding/{len(paddings)}"] = {
                "dtype": "U8",
                "shape": [offset - end],
                "data_offsets": [end, offset],
            }
    text = json.dumps({**header, **paddings}, separators=(",", ":")).encode("ascii")
    header_text = text + b" " * (-(8 + len(text)) % ALIGNMENT)
    return WeightsPlan(tuple(placed), header_text, offset, alignment)


def safe_name(name: str) -> str:
    """`name` with every character but letters, digits and `_ . : / -` of ASCII as `_`; never empty."""
    name = re.sub(r"[^A-Za-z0-9_.:/-]", "_", name) or "_"
    return f"_{name}" if name.startswith(("__metadata__", "padding/")) else name


def _unique(name: str, used: dict[str, int]) -> str:
    """`name`, or `name.1`, `name.2`, ... where it is taken; `used` remembers."""
    candidate = name
    while candidate in used:
        candidate = f"{name}.{used[name]}"
        used[name] += 1
    used[candidate] = 1
    return candidate


def _bytes_of(entry: Entry) -> bytes | memoryview:
    array = entry.read()
    dtype = ELEMENT_TYPES[entry.type].numpy
    if entry.type == "bf16" and array.dtype == np.float32:
        array = (np.ascontiguousarray(array).view(np.uint32) >> np.uint32(16)).astype(np.uint16)
    if array.shape != entry.shape or array.dtype != dtype:
        raise ValueError(
            f"weight {entry.name!r} is {array.dtype}{list(array.shape)}, planned as {dtype}{list(entry.shape)}"
        )
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def fnv1a(data: bytes) -> int:
    """FNV-1a, 64 bits (Fowler, Noll, Vo)."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value
