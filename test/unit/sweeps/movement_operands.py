"""Operands that the sweeps of data movement and indexing share."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from sweeps import Array

ELEMENTS = [np.float32, np.float64, np.float16, np.int32, np.int64, np.uint8, np.int8, np.bool_]
SIZES = st.sampled_from([1, 1, 2, 3, 5, 8, 17])


def filled(draw: st.DrawFn, shape: tuple[int, ...], dtype: Any) -> Array:
    """Seeded elements, small enough that sums of a few stay exact or in range."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    if np.dtype(dtype) == np.bool_:
        return rng.integers(0, 2, shape).astype(dtype)
    if np.dtype(dtype).kind in "iu":
        return rng.integers(0 if np.dtype(dtype).kind == "u" else -9, 10, shape).astype(dtype)
    return rng.uniform(-3, 3, shape).astype(dtype)


@st.composite
def shapes(draw: st.DrawFn, least: int = 1, most: int = 5) -> tuple[int, ...]:
    """A shape whose tensor stays small."""
    shape: list[int] = []
    for _ in range(draw(st.integers(least, most))):
        shape.append(draw(SIZES))
        if np.prod(shape) > 2000:
            shape[-1] = 1
    return tuple(shape)
