"""Numbers that any machine can make again from a seed: large weights are not carried but made where they are used.

Needs NumPy alone. The numbers come from the raw bits of PCG64, which NumPy keeps the same in every version.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

RECIPE = "weights.recipe.json"
INPUTS = "inputs.npz"
RESTS = "rests"
"""The folder, beside the projects, of the weights that are carried; projects with the same ones share a file."""
WEIGHTS = "weights.safetensors"
CHUNK = 1 << 22
SAMPLES = 64
"""Elements of each intermediate value that are kept as its reference."""
LARGE_SAMPLES = 4096
"""The same, of an output that is too large to be kept whole."""


def seed_of(text: str) -> int:
    """A number from a name."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def uniform(seed: int, count: int) -> Array:
    """`count` numbers of f32, evenly spread over [-1, 1)."""
    bits = np.random.PCG64(seed)
    parts = [
        (
            (bits.random_raw(min(CHUNK, count - start)) >> np.uint64(40)).astype(np.float32)
            * np.float32(2**-23)
        )
        for start in range(0, count, CHUNK)
    ]
    return np.concatenate(parts) - np.float32(1) if parts else np.zeros(0, np.float32)


def values(seed: int, count: int, type: str, scale: float) -> Array:
    """`count` elements as they lie in the file: f32, f16, bf16 (its bits), i8; evenly spread over [-scale, scale)."""
    numbers = uniform(seed, count) * np.float32(scale)
    if type == "f32":
        return numbers
    if type == "f16":
        return numbers.astype(np.float16)
    if type == "bf16":
        bits = numbers.view(np.uint32)
        return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
    if type == "i8":
        return np.rint(numbers).astype(np.int8)
    raise ValueError(f"no seeded numbers of type {type}")


def sample(size: int, key: str, count: int) -> Array:
    """Places of the elements that stand for a value of `size` elements, by its name."""
    if size <= count:
        return np.arange(size)
    bits = np.random.PCG64(seed_of(key)).random_raw(count)
    return np.sort((bits % np.uint64(size)).astype(np.int64))


def picture(name: str, shape: Sequence[int]) -> Array:
    """An input of noise, f32 from 0 to 255."""
    return ((uniform(seed_of(name), prod(shape)) + np.float32(1)) * np.float32(127.5)).reshape(shape)


def inputs(project: Path) -> dict[str, Array]:
    """The inputs of a project by name, in order: made again, or as they are carried."""
    notes = json.loads((project / "reference.json").read_text())["inputs"]
    with np.load(project / INPUTS) as given:
        return {
            entry["name"]: picture(entry["name"], entry["made"]) if "made" in entry else given[f"i{n}"]
            for n, entry in enumerate(notes)
        }


def rebuild(project: Path) -> None:
    """Makes `weights.safetensors` of a project from its recipe; raises ValueError where it comes out wrong."""
    recipe = json.loads((project / RECIPE).read_text())
    rest = (project.parent.parent / RESTS / recipe["rest"]).read_bytes()
    digest = hashlib.sha256()
    used = 0
    with (project / WEIGHTS).open("wb") as file:
        for part in recipe["parts"]:
            if "seed" in part:
                data = values(part["seed"], part["count"], part["type"], part["scale"]).tobytes()
            else:
                data = rest[used : used + part["bytes"]]
                used += part["bytes"]
            digest.update(data)
            file.write(data)
    if digest.hexdigest() != recipe["sha256"]:
        raise ValueError(f"{project.name}: the weights came out otherwise than when they were prepared")
