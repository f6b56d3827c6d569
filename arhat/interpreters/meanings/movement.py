"""Moving elements without computing any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def reshape(x: Array, *, shape: Sequence[int]) -> Array:
    """The same elements under another shape. Source: Reshape-1."""
    return x.reshape(shape)


def transpose(x: Array, *, perm: Sequence[int]) -> Array:
    """Axis `i` of the result is axis `perm[i]` of `x`. Source: Transpose-1."""
    return x.transpose(perm)


def concat(*xs: Array, axis: int) -> Array:
    """Joins along `axis`. Source: Concat-1."""
    return np.concatenate(xs, axis=axis)


def slice_(x: Array, *, starts: Sequence[int], sizes: Sequence[int], steps: Sequence[int]) -> Array:
    """`sizes` elements from `starts` on, every `steps`-th, per axis. Source: StridedSlice-1, Slice-8."""
    index: list[slice] = []
    for start, size, step in zip(starts, sizes, steps, strict=True):
        stop: int | None = start + size * step
        if step < 0 and start + size * step < 0:
            stop = None
        index.append(slice(start, stop, step) if size else slice(0, 0))
    return x[tuple(index)]


def gather(x: Array, indices: Array, *, axis: int, batch_dims: int = 0) -> Array:
    """Slices of `x` along `axis`; negative indices count from the end, others out of range give zeros.

    Source: Gather-1, -7 and -8.
    """
    size = x.shape[axis]
    indices = indices.astype(np.int64, copy=False)
    indices = np.where(indices < 0, indices + size, indices)
    inside = (indices >= 0) & (indices < size)
    safe = np.where(inside, indices, 0)
    if size == 0:
        shape = (*x.shape[:axis], *indices.shape[batch_dims:], *x.shape[axis + 1 :])
        return np.zeros(shape, x.dtype)
    if batch_dims == 0:
        result = np.take(x, safe, axis=axis)
    else:
        outer = x.shape[:batch_dims]
        xs = x.reshape(-1, *x.shape[batch_dims:])
        picks = safe.reshape(len(xs), *safe.shape[batch_dims:])
        parts = [np.take(part, pick, axis=axis - batch_dims) for part, pick in zip(xs, picks, strict=True)]
        result = np.stack(parts).reshape(*outer, *parts[0].shape)
    if not inside.all():
        # the indices' axes stand at [axis, axis + rank) of the result, the batch axes in front
        before, after = (1,) * (axis - batch_dims), (1,) * (x.ndim - axis - 1)
        where = inside.reshape((*inside.shape[:batch_dims], *before, *inside.shape[batch_dims:], *after))
        result = np.where(where, result, x.dtype.type(0))
    return result


def pad(
    x: Array, *, pads_begin: Sequence[int], pads_end: Sequence[int], mode: str, value: float = 0.0
) -> Array:
    """Adds (or, where negative, cuts) elements around `x`. Source: Pad-1, -12."""
    amounts = [(max(b, 0), max(e, 0)) for b, e in zip(pads_begin, pads_end, strict=True)]
    if mode == "constant":
        padded = np.pad(x, amounts, constant_values=x.dtype.type(value))
    else:
        padded = np.pad(x, amounts, mode=cast(Literal["edge", "reflect", "symmetric"], mode))
    cut = tuple(
        slice(max(-b, 0), size - max(-e, 0))
        for b, e, size in zip(pads_begin, pads_end, padded.shape, strict=True)
    )
    return padded[cut]


def tile(x: Array, *, repeats: Sequence[int]) -> Array:
    """Repeats `x` along each axis. Source: Tile-1."""
    return np.tile(x, tuple(repeats))


def broadcast(x: Array, *, shape: Sequence[int]) -> Array:
    """Repeats `x` to `shape` by NumPy's rule. Source: Broadcast-3."""
    return np.broadcast_to(x, tuple(shape))


def shape_of(x: Array) -> Array:
    """The shape as i64. Source: ShapeOf-3."""
    return np.array(x.shape, np.int64)
