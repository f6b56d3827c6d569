"""What a compiled program tells of its inputs, outputs and values, and NumPy's view of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from arhat.runtime.interface import DTYPES, text

Array = np.ndarray[Any, np.dtype[Any]]
"""A NumPy array of any element type and shape."""


@dataclass(frozen=True)
class Batch:
    """How many images a run of a program may have: the least, the usual and the largest number."""

    least: int
    usual: int
    largest: int


@dataclass(frozen=True)
class TensorInfo:
    """An input, an output or an intermediate value: name, element type (`f32`, ...), extents.

    `layers` are the source layers of an intermediate value; it is the output of the last one. Where the batch may vary,
    `shape` is that of the largest one, and the extent along `batch_axis` scales with it.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    layers: tuple[str, ...] = ()
    batch_axis: int | None = None
    batch: Batch | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's element type; f32 for bf16, which NumPy lacks."""
        return DTYPES[self.type]

    @property
    def storage(self) -> np.dtype[Any]:
        """Element type in the program's memory."""
        return np.dtype("<u2") if self.type == "bf16" else self.dtype

    def shape_of(self, batch: int | None) -> tuple[int, ...]:
        """The shape with a batch; None for the largest one."""
        if batch is None or self.batch is None or self.batch_axis is None:
            return self.shape
        axis = self.batch_axis
        return (*self.shape[:axis], self.shape[axis] // self.batch.largest * batch, *self.shape[axis + 1 :])

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether an array of this shape is for some batch. Which batches there are is the program's to say."""
        if len(shape) != len(self.shape):
            return False
        axes = [axis for axis in range(len(shape)) if shape[axis] != self.shape[axis]]
        return not axes or (self.batch is not None and axes == [self.batch_axis])

    def batch_in(self, nbytes: int) -> int | None:
        """The batch of an array of so many bytes; None where they tell none."""
        if self.batch is None or self.batch_axis is None:
            return None
        one = prod(self.shape) * self.storage.itemsize // self.batch.largest
        return nbytes // one if one else None

    def __str__(self) -> str:
        extents = [str(extent) for extent in self.shape]
        if self.batch is not None and self.batch_axis is not None:
            axis = self.batch_axis
            ends = [self.shape_of(batch)[axis] for batch in (self.batch.least, self.batch.largest)]
            extents[axis] = f"{ends[0]}..{ends[1]}"
        return f"{self.type}[{','.join(extents)}]"


@dataclass(frozen=True)
class ProfileRow:
    """Times of one operation, in execution order. `flops` and `bytes` are of one run."""

    operation: str
    layers: tuple[str, ...]
    runs: int
    mean_ms: float
    min_ms: float
    flops: float
    bytes: float


def layers_in(value: bytes | None) -> tuple[str, ...]:
    """The names in a list of layers."""
    return tuple(layer for layer in text(value).split("\n") if layer)


def widen(info: TensorInfo, array: Array) -> Array:
    """bf16 bits as f32; anything else as it is."""
    if info.type != "bf16":
        return array
    return (array.astype(np.uint32) << np.uint32(16)).view(np.float32)


def name_values(values: tuple[TensorInfo, ...]) -> tuple[TensorInfo, ...]:
    """Name each value after its layer, with #1, #2, ... where a layer has several."""
    seen: dict[str, int] = {}
    named: list[TensorInfo] = []
    for value in values:
        layer = value.layers[-1] if value.layers else ""
        earlier = seen.get(layer, 0)
        seen[layer] = earlier + 1
        name = f"{layer}#{earlier}" if earlier else layer
        named.append(TensorInfo(name, value.type, value.shape, value.layers, value.batch_axis, value.batch))
    return tuple(named)
