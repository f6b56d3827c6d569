"""Normalisation by mean and variance, and by what stands around an element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def mvn(x: Array, *, axes: Sequence[int], normalize_variance: bool, eps: float, eps_mode: str) -> Array:
    """The difference from the mean over `axes`, divided by the standard deviation. Source: MVN-1 and -6.

    Sums are of f64.
    """
    over = tuple(axes)
    y = x - np.mean(x, axis=over, keepdims=True, dtype=np.float64)
    if normalize_variance:
        variance = np.mean(y * y, axis=over, keepdims=True)
        y = y / (np.sqrt(variance + eps) if eps_mode == "inside_sqrt" else np.sqrt(variance) + eps)
    return y.astype(x.dtype)


def lrn(x: Array, *, axes: Sequence[int], alpha: float, beta: float, bias: float, size: int) -> Array:
    """`x / (bias + alpha / size^k * s)^beta`, `s` the sum of the squares around it along the `k` axes. Source: LRN-1.

    `size` 4 takes in as many neighbours as 3, and divides by 4, as OpenVINO's reference implementation does.
    """
    squares = x.astype(np.float64) ** 2
    for axis in axes:
        n = x.shape[axis]
        half = min((size - 1) // 2, n)
        sums = np.zeros([*x.shape[:axis], n + 1, *x.shape[axis + 1 :]])
        np.cumsum(squares, axis=axis, out=sums[(*[slice(None)] * axis, slice(1, None))])
        place = np.arange(n, dtype=np.int64)
        high = np.take(sums, np.minimum(place + half + 1, n), axis)
        squares = high - np.take(sums, np.maximum(place - half, 0), axis)
    return (x / (bias + alpha / float(size) ** len(axes) * squares) ** beta).astype(x.dtype)
