"""Meanings of the layers that move values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.interpreter import InterpreterFunctions, register_impls

from arhat.dialects import trt
from arhat.dialects.arhat.base import ints_of
from arhat.interpreters.trt.common import meaning
from arhat.weights import Array


def _concatenation(op: trt.ConcatenationOp, *inputs: Array) -> Array:
    return np.concatenate(inputs, axis=op.axis.value.data)


def _positions(indices: Array, extent: int | Array) -> tuple[Array, Array]:
    """Indices counted from the start, those out of bounds as 0; and which are in bounds. Negative: from the end."""
    whole = indices.astype(np.int64)
    whole = np.where(whole < 0, whole + extent, whole)
    inside = (whole >= 0) & (whole < extent)
    return np.where(inside, whole, 0), inside


def _grid(extents: Sequence[int], rank: int) -> list[Array]:
    """The coordinates along the first axes of an array of `rank` axes, to index with."""
    return [_along(np.arange(n), axis, rank) for axis, n in enumerate(extents)]


def _along(values: Array, axis: int, rank: int) -> Array:
    """One-dimensional `values` along `axis` of `rank` axes."""
    return values.reshape([-1 if axis == i else 1 for i in range(rank)])


def _gather(op: trt.GatherOp, data: Array, indices: Array) -> Array:
    axis, shared = op.axis.value.data, op.elementwise_dims.value.data
    zero = data.dtype.type(0)
    match op.mode.data:
        case "element":
            at, inside = _positions(indices, data.shape[axis])
            places = _grid(at.shape, at.ndim)
            places[axis] = at
            return np.where(inside, data[tuple(places)], zero)
        case "nd":
            depth = indices.shape[-1]
            at, inside = _positions(indices, np.array(data.shape[shared : shared + depth]))
            batch = _grid(data.shape[:shared], indices.ndim - 1)
            taken = data[(*batch, *np.moveaxis(at, -1, 0))]
            kept = inside.all(axis=-1).reshape([*indices.shape[:-1]] + [1] * (taken.ndim - indices.ndim + 1))
            return np.where(kept, taken, zero)
        case _ if shared:
            images = max(data.shape[0], indices.shape[0])
            data = np.broadcast_to(data, (images, *data.shape[1:]))
            indices = np.broadcast_to(indices, (images, *indices.shape[1:]))
            return np.stack([_taken(x, i, axis - 1) for x, i in zip(data, indices, strict=True)])
        case _:
            return _taken(data, indices, axis)


def _taken(data: Array, indices: Array, axis: int) -> Array:
    """Slices of `data` along `axis`, 0 for indices out of bounds."""
    at, inside = _positions(indices, data.shape[axis])
    kept = inside.reshape([1] * axis + [*indices.shape] + [1] * (data.ndim - axis - 1))
    return np.where(kept, np.take(data, at, axis=axis), data.dtype.type(0))


def _scatter(op: trt.ScatterOp, data: Array, indices: Array, updates: Array) -> Array:
    y = data.copy()
    if op.mode.data == "element":
        axis = op.axis.value.data
        at, inside = _positions(indices, data.shape[axis])
        _check_inside(inside)
        touched = tuple(slice(None) if i == axis else slice(n) for i, n in enumerate(at.shape))
        np.put_along_axis(y[touched], at, updates, axis)
        return y
    at, inside = _positions(indices, np.array(data.shape[: indices.shape[-1]]))
    _check_inside(inside)
    y[tuple(np.moveaxis(at, -1, 0))] = updates
    return y


def _check_inside(inside: Array) -> None:
    if not inside.all():
        raise ValueError("an index of the scatter is out of bounds")


def _one_hot(op: trt.OneHotOp, indices: Array, values: Array, depth: Array) -> Array:
    axis = op.axis.value.data
    classes = _along(np.arange(int(depth)), axis, indices.ndim + 1)
    hot: Array = np.expand_dims(indices, axis) == classes
    return np.where(hot, values[1:], values[:1])


def _reverse_sequence(op: trt.ReverseSequenceOp, x: Array, lengths: Array) -> Array:
    batch, sequence = op.batch_axis.value.data, op.sequence_axis.value.data
    y = np.moveaxis(x, (batch, sequence), (0, 1)).copy()
    for row, length in zip(y, lengths.tolist(), strict=True):
        row[:length] = row[:length][::-1].copy()
    return np.moveaxis(y, (0, 1), (batch, sequence))


def _shape(op: trt.ShapeOp, x: Array) -> Array:
    return np.array(x.shape, np.int64)


def _shuffle(op: trt.ShuffleOp, x: Array) -> Array:
    if op.first_transpose is not None:
        x = np.transpose(x, ints_of(op.first_transpose))
    if op.reshape is not None:
        x = np.reshape(x, ints_of(op.reshape))
    if op.second_transpose is not None:
        x = np.transpose(x, ints_of(op.second_transpose))
    return x


def _slice(op: trt.SliceOp, x: Array, *more: Array) -> Array:
    rest = iter(more)
    fill = next(rest) if op.fill is not None else np.zeros((), x.dtype)
    sizes = next(rest).tolist() if op.dynamic_sizes is not None else ints_of(op.sizes)
    mode = op.mode.data
    y, outside = x, np.zeros((1,) * x.ndim, np.bool_)
    for axis, (n, start, size, stride) in enumerate(
        zip(x.shape, ints_of(op.starts), sizes, ints_of(op.strides), strict=True)
    ):
        at = start + np.arange(size) * stride
        beyond = (at < 0) | (at >= n)
        if mode == "strict_bounds" and beyond.any():
            raise ValueError(f"axis {axis}: element {at[beyond][0]} does not lie in {n}")
        if mode == "wrap":
            at = at % max(n, 1)
        elif mode == "reflect":
            period = max(2 * (n - 1), 1)
            at = np.minimum(at % period, period - at % period) if n > 1 else at * 0
        else:
            at = np.clip(at, 0, max(n - 1, 0))
        outside = outside | _along(beyond, axis, x.ndim)
        y = (
            np.take(y, at, axis=axis)
            if n
            else np.zeros((*y.shape[:axis], size, *y.shape[axis + 1 :]), x.dtype)
        )
    return np.where(outside, fill, y) if mode == "fill" else y


def _top_k(op: trt.TopKOp, x: Array) -> tuple[Array, Array]:
    """Of equal elements the first one comes first; TensorRT leaves it open."""
    axis, k = op.axis.value.data, op.k.value.data
    keys = x if op.op.data == "min" else -x if x.dtype.kind == "f" else ~x
    best = np.take(np.argsort(keys, axis=axis, kind="stable"), np.arange(k), axis=axis)
    return np.take_along_axis(x, best, axis), best


@register_impls
class TrtMovementFunctions(InterpreterFunctions):
    """Meanings of the layers that move values."""

    concatenation = meaning(trt.ConcatenationOp, _concatenation)
    gather = meaning(trt.GatherOp, _gather)
    scatter = meaning(trt.ScatterOp, _scatter)
    one_hot = meaning(trt.OneHotOp, _one_hot)
    reverse_sequence = meaning(trt.ReverseSequenceOp, _reverse_sequence)
    shape = meaning(trt.ShapeOp, _shape)
    shuffle = meaning(trt.ShuffleOp, _shuffle)
    slice = meaning(trt.SliceOp, _slice)
    top_k = meaning(trt.TopKOp, _top_k)
