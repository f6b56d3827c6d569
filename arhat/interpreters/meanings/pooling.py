"""Pooling with indices, and pooling to a given size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from arhat.interpreters.meanings.nn import pool_geometry, window_slices

Array = np.ndarray[Any, np.dtype[Any]]


def _lowest(dtype: np.dtype[Any]) -> Any:
    return (np.iinfo(dtype) if dtype.kind in "iu" else np.finfo(dtype)).min


def max_pool_with_indices(
    x: Array,
    *,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    rounding: str,
    axis: int,
    index_type: str,
) -> tuple[Array, Array]:
    """The largest value of each window and its index among the elements from dimension `axis` on.

    Of equal ones the first; a window in padding alone gives the lowest finite value and the index of its channel's
    first element, as OpenVINO does. Source: MaxPool-8 and -14.
    """
    counts, ends = pool_geometry(x, kernel, strides, pads_begin, pads_end, dilations, rounding)
    padding = [(0, 0), (0, 0), *zip(pads_begin, ends, strict=True)]
    padded = np.pad(x, padding, constant_values=_lowest(x.dtype))
    shape = (*x.shape[:2], *counts)
    y = np.full(shape, _lowest(x.dtype), x.dtype)
    numbers: Array = np.reshape(np.arange(x.size) % max(prod(x.shape[axis:]), 1), x.shape)
    first: Array = numbers[(slice(None), slice(None), *(slice(0, 1) for _ in kernel))]
    found: Array = np.broadcast_to(first, shape)
    places: Array = np.pad(numbers, padding)
    for tap in product(*(range(k) for k in kernel)):
        window = window_slices(tap, strides, dilations, counts)
        better = padded[window] > y
        y = np.where(better, padded[window], y)
        found = np.where(better, places[window], found)
    return y, found.astype(np.dtype(index_type.replace("i", "int")))


def _borders(size: int, count: int) -> list[tuple[int, int]]:
    """The windows of adaptive pooling along an axis."""
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


def adaptive_avg_pool(x: Array, *, sizes: Sequence[int]) -> Array:
    """The mean of each of `sizes` windows that cover the input. Source: AdaptiveAvgPool-8."""
    compute = np.result_type(x.dtype, np.float32)
    y = x.astype(compute, copy=False)
    for axis, count in enumerate(sizes, 2):  # the mean over a box is the mean of means
        parts = [
            y.take(range(begin, end), axis=axis).mean(axis=axis, keepdims=True, dtype=compute)
            for begin, end in _borders(x.shape[axis], count)
        ]
        y = np.concatenate(parts, axis=axis)
    return y.astype(x.dtype, copy=False)


def adaptive_max_pool(x: Array, *, sizes: Sequence[int], index_type: str) -> tuple[Array, Array]:
    """The largest value of each of `sizes` windows and its index in its channel. Source: AdaptiveMaxPool-8."""
    y = np.empty((*x.shape[:2], *sizes), x.dtype)
    found = np.empty(y.shape, np.dtype(index_type.replace("i", "int")))
    numbers: Array = np.reshape(np.arange(prod(x.shape[2:])), x.shape[2:])
    borders = [_borders(size, count) for size, count in zip(x.shape[2:], sizes, strict=True)]
    for place in product(*(range(count) for count in sizes)):
        window = tuple(slice(*borders[axis][i]) for axis, i in enumerate(place))
        seen = x[(slice(None), slice(None), *window)].reshape(*x.shape[:2], -1)
        where = seen.argmax(axis=2)
        y[(slice(None), slice(None), *place)] = np.take_along_axis(seen, where[:, :, None], axis=2)[:, :, 0]
        found[(slice(None), slice(None), *place)] = numbers[window].reshape(-1)[where]
    return y, found
