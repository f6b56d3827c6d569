"""Where operands say where elements come from or go to; selection and decoding."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

_REDUCTIONS: dict[str, Any] = {
    "sum": np.add,
    "sub": np.subtract,
    "prod": np.multiply,
    "min": np.minimum,
    "max": np.maximum,
    "mean": np.add,
}


def _positions(indices: Array, size: int | Array) -> tuple[Array, Array]:
    """Positions with negative ones counted from the end, and which of them are in range."""
    at: Array = indices.astype(np.int64)
    at = np.where(at < 0, at + size, at)
    inside: Array = np.logical_and(at >= 0, at < size)
    return at, inside


def _slices(indices: Array, extents: tuple[int, ...]) -> tuple[Array, Array]:
    """The row-major number of the slice that each tuple (last axis) names, and which tuples are in range."""
    at, inside = _positions(indices, np.array(extents, np.int64))
    strides = [prod(extents[i + 1 :]) for i in range(len(extents))]
    every: Array = np.asarray(inside.all(axis=-1))
    return at @ np.array(strides, np.int64), every


def _last_of_each(values: Array) -> Array:
    """Where each value occurs last: only the last update of a place counts, and NumPy promises no order."""
    _, first = np.unique(values[::-1], return_index=True)
    return len(values) - 1 - np.asarray(first)


def scatter_update(x: Array, indices: Array, updates: Array, *, axis: int, reduction: str = "none") -> Array:
    """`x` with the slices that the tuples in `indices` name replaced by or reduced with `updates`, in order.

    Source: ScatterUpdate-3, ScatterNDUpdate-4 and -15.
    """
    depth = indices.shape[-1]
    extents = x.shape[axis : axis + depth]
    outer, inner = prod(x.shape[:axis]), prod(x.shape[axis + depth :])
    slices, inside = _slices(indices.reshape(prod(indices.shape[:-1]), depth), extents)
    y: Array = x.reshape(outer, prod(extents), inner).copy()
    new = updates.reshape(outer, len(slices), inner)[:, inside]
    slices = slices[inside]
    if reduction != "none":
        _REDUCTIONS[reduction].at(y, (slice(None), slices), new)
    elif len(slices):
        last = _last_of_each(slices)
        y[:, slices[last]] = new[:, last]
    return y.reshape(x.shape)


def scatter_elements_update(
    x: Array, indices: Array, updates: Array, *, axis: int, reduction: str = "none", use_init_val: bool = True
) -> Array:
    """`x` with the elements that `indices` names along `axis` replaced by or reduced with `updates`, in order.

    Source: ScatterElementsUpdate-3 and -12.
    """
    at, inside = _positions(indices, x.shape[axis])
    where: list[Array] = list(np.nonzero(inside))
    where[axis] = at[inside]
    flat: Array = np.zeros(0, np.int64)
    if x.size:
        flat = np.asarray(np.ravel_multi_index(where, x.shape))
    new = updates[inside] if x.size else updates.reshape(-1)[:0]
    y: Array = x.copy().reshape(-1)
    if reduction == "none":
        last = _last_of_each(flat)
        y[flat[last]] = new[last]
        return y.reshape(x.shape)
    if not use_init_val:
        y[flat] = _neutral(reduction, x.dtype)
    _REDUCTIONS[reduction].at(y, flat, new)
    if reduction == "mean":
        count: Array = np.zeros(y.shape, np.int32)
        np.add.at(count, flat, 1)
        mean = count > 0
        count[mean] += int(use_init_val)
        y[mean] = y[mean] // count[mean] if x.dtype.kind in "iu" else y[mean] / count[mean].astype(x.dtype)
    return y.reshape(x.shape)


def _neutral(reduction: str, dtype: np.dtype[Any]) -> Any:
    """What a reduction starts from when the element itself takes no part."""
    if reduction in ("sum", "mean"):
        return dtype.type(0)
    if reduction == "prod":
        return dtype.type(1)
    if dtype.kind == "b":
        return dtype.type(reduction == "min")
    if dtype.kind == "f":
        return dtype.type(np.inf if reduction == "min" else -np.inf)
    info = np.iinfo(dtype)
    return dtype.type(info.max if reduction == "min" else info.min)


def gather_elements(x: Array, indices: Array, *, axis: int) -> Array:
    """Elements of `x` along `axis`; one out of range is zero. Source: GatherElements-6."""
    at, inside = _positions(indices, x.shape[axis])
    if not x.shape[axis]:
        return np.zeros(indices.shape, x.dtype)
    return np.where(inside, np.take_along_axis(x, np.where(inside, at, 0), axis), x.dtype.type(0))


def gather_nd(x: Array, indices: Array, *, batch_dims: int) -> Array:
    """Slices of `x` by tuples; one out of range is zeros. Source: GatherND-5 and -8."""
    depth = indices.shape[-1]
    extents = x.shape[batch_dims : batch_dims + depth]
    batches, inner = prod(x.shape[:batch_dims]), x.shape[batch_dims + depth :]
    count = prod(indices.shape[batch_dims:-1])
    slices, inside = _slices(indices.reshape(batches, count, depth), extents)
    shape = (*indices.shape[:-1], *inner)
    if not prod(extents):
        return np.zeros(shape, x.dtype)
    picked = x.reshape(batches, prod(extents), prod(inner))[
        np.arange(batches)[:, None], np.where(inside, slices, 0)
    ]
    return np.where(inside[..., None], picked, x.dtype.type(0)).reshape(shape)


def topk(x: Array, *, axis: int, k: int, mode: str, sort: str, index_type: str) -> tuple[Array, Array]:
    """The `k` best elements along `axis` and their positions; of equal ones the first is better.

    OpenVINO's reference implementation does the same for every `sort`; its CPU plugin keeps to this order of equal
    values only where they are sorted by value and `stable` is set. Source: TopK-1, -3 and -11.
    """
    if mode == "min":
        order = np.argsort(x, axis=axis, kind="stable")
    else:  # descending and stable: ascending from the back
        order = x.shape[axis] - 1 - np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
    best = np.take(order, range(k), axis=axis)
    if sort == "index":
        best = np.sort(best, axis=axis)
    return np.take_along_axis(x, best, axis), best.astype(index_type.replace("i", "int"))


def one_hot(indices: Array, on: Array, off: Array, *, axis: int, depth: int, normalize: bool) -> Array:
    """A new axis with `on` at the position that `indices` gives, `off` elsewhere. Source: OneHot-1 and -16."""
    at = indices.astype(np.int64)
    if normalize:
        at = np.where(at < 0, at + depth, at)
    shape = [1] * (indices.ndim + 1)
    shape[axis] = depth
    return np.where(np.expand_dims(at, axis) == np.arange(depth).reshape(shape), on, off)


def bucketize(x: Array, buckets: Array, *, right_bound: bool, index_type: str) -> Array:
    """The number of the interval that each element lies in. Source: Bucketize-3."""
    found = np.searchsorted(buckets, x, side="left" if right_bound else "right")
    return found.astype(index_type.replace("i", "int"))


def reverse_sequence(x: Array, lengths: Array, *, batch_axis: int, seq_axis: int) -> Array:
    """The first `lengths[b]` elements along `seq_axis` reversed in each slice `b`. Source: ReverseSequence-1."""
    size = x.shape[seq_axis]
    others = [axis for axis in range(x.ndim) if axis != batch_axis]
    given: Array = lengths.astype(np.int64)
    length: Array = np.expand_dims(np.minimum(np.maximum(given, 0), size), others)
    at: Array = np.expand_dims(
        np.arange(size, dtype=np.int64), [axis for axis in range(x.ndim) if axis != seq_axis]
    )
    source: Array = np.where(at < length, length - 1 - at, at)
    return np.take_along_axis(x, source, seq_axis)


def ctc_greedy_decoder(x: Array, mask: Array, *, merge_repeated: bool) -> Array:
    """The best classes of [T, N, C], each sequence until the first zero of its mask. Source: CTCGreedyDecoder-1."""
    going: Array = np.logical_and.accumulate(mask != 0, axis=0)
    lengths = going.sum(axis=0, dtype=np.int64)
    classes, _ = _decode(x.transpose(1, 0, 2), lengths, x.shape[2] - 1, merge_repeated)
    return classes.astype(x.dtype)[..., None, None]


def ctc_greedy_decoder_seq_len(
    x: Array, lengths: Array, *, blank: int, merge_repeated: bool, class_type: str, length_type: str
) -> tuple[Array, Array]:
    """The best classes of [N, T, C] and how many they are. Source: CTCGreedyDecoderSeqLen-6."""
    classes, counts = _decode(x, lengths, blank, merge_repeated)
    return classes.astype(class_type.replace("i", "int")), counts.astype(length_type.replace("i", "int"))


def _decode(x: Array, lengths: Array, blank: int, merge_repeated: bool) -> tuple[Array, Array]:
    best = np.argmax(x, axis=2)
    classes = np.full(best.shape, -1, np.int64)
    counts = np.zeros(len(x), np.int64)
    for row, length in enumerate(lengths.tolist()):
        steps = best[row, : max(length, 0)]
        keep = steps != blank
        if merge_repeated:
            keep[1:] &= steps[1:] != steps[:-1]
        chosen = steps[keep]
        classes[row, : len(chosen)] = chosen
        counts[row] = len(chosen)
    return classes, counts
