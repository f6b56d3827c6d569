"""Weights made of a seed: the same for the same name, so that a network can be written twice and be the same."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Seeded:
    """`weights("conv1", 8, 3, 3, 3)` is an array of that shape, of a size that keeps values in bounds."""

    seed: int = 0

    def __call__(self, name: str, *shape: int, gain: float = 1.4, mean: float = 0.0) -> NDArray[np.float32]:
        """Normal numbers around `mean`; with two axes or more, `gain` over the root of what one output sums up."""
        random = np.random.default_rng([self.seed, zlib.crc32(name.encode())])
        inputs = int(np.prod(shape[1:])) if len(shape) > 1 else 1
        deviation = gain / np.sqrt(inputs) if len(shape) > 1 else 0.1
        return (mean + deviation * random.standard_normal(shape)).astype(np.float32)
