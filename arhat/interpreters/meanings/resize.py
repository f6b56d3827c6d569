"""Resampling. Source: Interpolate-4, its reference calculation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def interpolate(
    x: Array,
    *,
    axes: Sequence[int],
    sizes: Sequence[int],
    scales: Sequence[float],
    mode: str,
    coordinate_transformation: str,
    nearest_mode: str = "round_prefer_floor",
    antialias: bool = False,
    cube_coeff: float = -0.75,
    pads_begin: Sequence[int] | None = None,
    pads_end: Sequence[int] | None = None,
) -> Array:
    """Pads `x` with zeros, then resizes `axes` to `sizes`.

    All modes are separable: each axis is a small weighted sum of picked elements. Coordinates are f32.
    """
    if pads_begin is not None and pads_end is not None and (any(pads_begin) or any(pads_end)):
        x = np.pad(x, list(zip(pads_begin, pads_end, strict=True)))
    dtype = x.dtype
    downsample = any(scale < 1 for scale in scales)
    y = x
    if mode != "nearest":
        y = y.astype(np.result_type(dtype, np.float32), copy=False)
    for axis, size, scale in zip(axes, sizes, scales, strict=True):
        length = x.shape[axis]
        at = _coordinates(coordinate_transformation, size, length, np.float32(scale))
        if mode == "nearest":
            picks = np.clip(_nearest(nearest_mode, at, scale < 1), 0, length - 1)
            y = np.take(y, picks, axis=axis)
            continue
        if mode == "linear_onnx":
            picks, weights = _linear_onnx(at, length)
        elif mode == "cubic":
            picks, weights = _cubic(at, length, np.float32(cube_coeff))
        else:
            shrink = np.float32(scale) if antialias and downsample else np.float32(1)
            picks, weights = _linear(at, length, shrink, scale)
        y = _weighted(y, axis, picks, weights)
    if dtype.kind in "iu" and mode != "nearest":
        info = np.iinfo(dtype)
        return np.clip(np.rint(y), info.min, info.max).astype(dtype)
    return y.astype(dtype, copy=False)


def _coordinates(transformation: str, size: int, length: int, scale: np.float32) -> Array:
    """Where each of `size` results lies on an axis of `length`, before rounding or clipping."""
    out = np.arange(size, dtype=np.float32)
    half = np.float32(0.5)
    if size == length or scale == 1:  # as in OpenVINO: an axis that keeps its length stays as it is
        return out
    match transformation:
        case "half_pixel":
            return (out + half) / scale - half
        case "pytorch_half_pixel":
            return (out + half) / scale - half if size > 1 else np.zeros(size, np.float32)
        case "asymmetric":
            return out / scale
        case "tf_half_pixel_for_nn":
            return (out + half) / scale
        case "align_corners":
            return out * np.float32(length - 1) / np.float32(size - 1) if size > 1 else out * 0
        case _:
            raise ValueError(transformation)


def _nearest(mode: str, at: Array, downsample: bool) -> Array:
    match mode:
        case "round_prefer_floor":
            rounded = np.where(at == np.trunc(at) + np.float32(0.5), np.floor(at), _round(at))
        case "round_prefer_ceil":
            rounded = _round(at)
        case "floor":
            rounded = np.floor(at)
        case "ceil":
            rounded = np.ceil(at)
        case "simple":
            rounded = np.ceil(at) if downsample else np.trunc(at)
        case _:
            raise ValueError(mode)
    return rounded.astype(np.int64)


def _round(at: Array) -> Array:
    """To the nearest integer, halves away from zero, as C's `round`."""
    return np.copysign(np.floor(np.abs(at) + np.float32(0.5)), at)


def _linear_onnx(at: Array, length: int) -> tuple[Array, Array]:
    at = np.clip(at, 0, length - 1)
    low = np.minimum(at.astype(np.int64), length - 1)
    high = np.minimum(low + 1, length - 1)
    to_low, to_high = np.abs(at - low.astype(np.float32)), np.abs(at - high.astype(np.float32))
    same = low == high
    half = np.float32(0.5)
    weights = np.stack([np.where(same, half, to_high), np.where(same, half, to_low)], axis=1)
    return np.stack([low, high], axis=1), weights


def _cubic(at: Array, length: int, a: np.float32) -> tuple[Array, Array]:
    base = np.floor(at)
    t = at - base
    t2, t3 = t * t, t * t * t
    weights = np.stack(
        [
            a * (t3 - 2 * t2 + t),
            (a + 2) * t3 - (3 + a) * t2 + 1,
            (-a - 2) * t3 + (2 * a + 3) * t2 - a * t,
            -a * t3 + a * t2,
        ],
        axis=1,
    )
    picks = base.astype(np.int64)[:, None] + np.arange(-1, 3)
    return np.clip(picks, 0, length - 1), weights.astype(np.float32)


def _linear(at: Array, length: int, shrink: np.float32, scale: float) -> tuple[Array, Array]:
    reach = 2 if scale > 1 else int(np.ceil(np.float32(2) / shrink))
    center = _round(at).astype(np.int64)
    picks = center[:, None] + np.arange(-reach, reach + 1)
    distance = at[:, None] - picks.astype(np.float32)
    weights = shrink * np.maximum(np.float32(0), 1 - np.abs(shrink * distance))
    weights = np.where((picks >= 0) & (picks < length), weights, np.float32(0))
    total = weights.sum(axis=1, keepdims=True)
    weights = np.divide(weights, total, out=np.zeros_like(weights), where=total != 0)
    return np.clip(picks, 0, length - 1), weights


def _weighted(x: Array, axis: int, picks: Array, weights: Array) -> Array:
    """`sum(weights[:, k] * take(x, picks[:, k]))` along `axis`."""
    shape = [1] * x.ndim
    shape[axis] = -1
    y: Array | None = None
    for k in range(picks.shape[1]):
        if not weights[:, k].any():
            continue
        term = np.take(x, picks[:, k], axis=axis) * weights[:, k].reshape(shape).astype(x.dtype, copy=False)
        y = term if y is None else np.add(y, term, out=y)
    if y is None:
        y = np.zeros_like(np.take(x, picks[:, 0], axis=axis))
    return y


def resample(x: Array, *, axis: int, size: int, filter: str, cube_coeff: float) -> Array:
    """Resizes `axis` to `size` with Pillow's filters, in f64 and in the order of the reference.

    Source: Interpolate-11 (`bilinear_pillow`, `bicubic_pillow`), OpenVINO's reference implementation.
    """
    length = x.shape[axis]
    scale = length / size
    widened = max(scale, 1.0)
    support = (1.0 if filter == "bilinear" else 2.0) * widened
    moved = np.moveaxis(x, axis, 0).astype(np.float64)
    y = np.zeros((size, *moved.shape[1:]))
    for at in range(size):
        center = (at + 0.5) * scale
        first = max(int(center - support + 0.5), 0)
        last = min(int(center + support + 0.5), length)
        distance = np.abs((np.arange(first, last) - center + 0.5) * (1.0 / widened))
        if filter == "bilinear":
            weights = np.maximum(1.0 - distance, 0.0)
        else:
            near = ((cube_coeff + 2.0) * distance - (cube_coeff + 3.0)) * distance * distance + 1
            far = (((distance - 5) * distance + 8) * distance - 4) * cube_coeff
            weights = np.where(distance < 1, near, np.where(distance < 2, far, 0.0))
        total = weights.sum()
        for pixel, weight in zip(moved[first:last], weights / total if total else weights, strict=True):
            y[at] += pixel * weight  # in the reference's order: a half must not become less than one
    y = np.moveaxis(y, 0, axis)
    if x.dtype.kind in "iu":
        info = np.iinfo(x.dtype)
        return np.clip(np.trunc(y + np.copysign(0.5, y)), info.min, info.max).astype(x.dtype)
    return y.astype(x.dtype)
