"""Convolution, matrix product, pooling, softmax and normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from arhat.interpreters.meanings.activation import Activation, activate

Array = np.ndarray[Any, np.dtype[Any]]

_CHUNK = 32 << 20  # bytes of unrolled input at a time: stays in reach of the caches, bounds memory


def convolution(
    x: Array,
    filter: Array,
    bias: Array | None = None,
    residual: Array | None = None,
    slope: Array | None = None,
    *,
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    groups: int = 1,
    activation: Activation | None = None,
    residual_after_activation: bool = False,
) -> Array:
    """`activation(conv(x, filter) + bias + residual)`, or `activation(conv(x, filter) + bias) + residual`.

    Source: Convolution-1, GroupConvolution-1.

    `x` [N, C, spatial...], `filter` [O, C / groups, kernel...]; 1 to 3 spatial axes. Half precision accumulates in f32.
    """
    compute = np.result_type(x.dtype, np.float32)
    y = _convolve(
        x.astype(compute, copy=False),
        filter.astype(compute, copy=False),
        tuple(strides),
        tuple(pads_begin),
        tuple(pads_end),
        tuple(dilations),
        groups,
    )
    if bias is not None:
        y += bias.reshape(-1, *([1] * (x.ndim - 2))).astype(compute, copy=False)
    if residual is not None and not residual_after_activation:
        y += residual
    y = activate(y, activation, slope)
    if residual is not None and residual_after_activation:
        y = y + residual
    return y.astype(x.dtype, copy=False)


def _convolve(
    x: Array,
    filter: Array,
    strides: tuple[int, ...],
    pads_begin: tuple[int, ...],
    pads_end: tuple[int, ...],
    dilations: tuple[int, ...],
    groups: int,
) -> Array:
    images, channels = x.shape[:2]
    outputs, depth, *kernel = filter.shape
    if any(pads_begin) or any(pads_end):
        x = np.pad(x, [(0, 0), (0, 0), *zip(pads_begin, pads_end, strict=True)])
    counts = tuple(
        (size - (k - 1) * d - 1) // s + 1
        for size, k, s, d in zip(x.shape[2:], kernel, strides, dilations, strict=True)
    )
    y = np.empty((images, outputs, *counts), x.dtype)
    if y.size == 0 or x.size == 0:
        return np.zeros_like(y)
    taps = list(product(*(range(k) for k in kernel)))
    if depth == 1 and outputs == groups:
        y[:] = 0
        for tap in taps:
            weights = filter[(slice(None), 0, *tap)].reshape(-1, *([1] * len(kernel)))
            y += x[window_slices(tap, strides, dilations, counts)] * weights
        return y
    weights = np.ascontiguousarray(filter.reshape(groups, outputs // groups, depth * prod(kernel)))
    row = channels * prod(kernel) * prod(counts[1:]) * x.itemsize
    rows = max(1, min(counts[0], _CHUNK // max(row, 1)))
    for image, first in product(range(images), range(0, counts[0], rows)):
        part = (min(rows, counts[0] - first), *counts[1:])
        source = x[image : image + 1, :, first * strides[0] :]
        if len(taps) == 1:
            columns = source[window_slices(taps[0], strides, dilations, part)][0]
        else:
            columns = np.empty((channels, len(taps), *part), x.dtype)
            for index, tap in enumerate(taps):
                columns[:, index] = source[window_slices(tap, strides, dilations, part)][0]
        columns = columns.reshape(groups, depth * len(taps), prod(part))
        y[image, :, first : first + part[0]] = np.matmul(weights, columns).reshape(outputs, *part)
    return y


def window_slices(
    tap: Sequence[int], strides: Sequence[int], dilations: Sequence[int], counts: Sequence[int]
) -> tuple[slice, ...]:
    """What element `tap` of the kernel sees at all window positions, as an index into a padded [N, C, spatial...]."""
    return (
        slice(None),
        slice(None),
        *(
            slice(t * d, t * d + (n - 1) * s + 1, s)
            for t, s, d, n in zip(tap, strides, dilations, counts, strict=True)
        ),
    )


def matmul(
    a: Array,
    b: Array,
    bias: Array | None = None,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    activation: Activation | None = None,
) -> Array:
    """`activation(a @ b + bias)` with NumPy broadcasting; the flags do not concern rank 1. Source: MatMul-1."""
    if transpose_a and a.ndim > 1:
        a = np.swapaxes(a, -1, -2)
    if transpose_b and b.ndim > 1:
        b = np.swapaxes(b, -1, -2)
    dtype = a.dtype
    if dtype == np.float16:
        a, b = a.astype(np.float32), b.astype(np.float32)
    y = np.asarray(np.matmul(a, b))
    if bias is not None:
        y = y + bias
    return np.asarray(activate(y, activation)).astype(dtype, copy=False)


def pool_geometry(
    x: Array,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    rounding: str,
) -> tuple[list[int], list[int]]:
    """Window positions per axis, and how much to pad at the end so that the last window lies inside.

    `pads_end` may be negative where windows end before the input does.
    """
    from arhat.dialects.arhat.nn import window_sizes

    counts = window_sizes(x.shape[2:], kernel, strides, dilations, pads_begin, pads_end, rounding)
    ends = [
        max(0, e, (n - 1) * s + (k - 1) * d + 1 - size - b)
        for size, n, k, s, d, b, e in zip(
            x.shape[2:], counts, kernel, strides, dilations, pads_begin, pads_end, strict=True
        )
    ]
    return counts, ends


def max_pool(
    x: Array,
    *,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int] | None = None,
    rounding: str = "floor",
) -> Array:
    """The largest value of each window, over `x` [N, C, spatial...]. Source: MaxPool-1, -8, -14.

    A window that lies entirely in padding gives the lowest finite value of the element type.
    """
    dilations = [1] * len(kernel) if dilations is None else dilations
    counts, ends = pool_geometry(x, kernel, strides, pads_begin, pads_end, dilations, rounding)
    info = np.iinfo(x.dtype) if x.dtype.kind in "iu" else np.finfo(x.dtype)
    padding = [(0, 0), (0, 0), *zip(pads_begin, ends, strict=True)]
    padded = np.pad(x, padding, constant_values=info.min)
    y: Array | None = None
    for tap in product(*(range(k) for k in kernel)):
        seen = padded[window_slices(tap, strides, dilations, counts)]
        y = seen.copy() if y is None else np.maximum(y, seen, out=y)
    assert y is not None
    return y


def avg_pool(
    x: Array,
    *,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    rounding: str = "floor",
    exclude_pad: bool,
) -> Array:
    """The mean of each window, over `x` [N, C, spatial...]. Source: AvgPool-1, -14.

    The divisor is the size of the window, or with `exclude_pad` the number of its elements that lie inside `x`; a
    window that lies entirely outside then gives 0.
    """
    ones = [1] * len(kernel)
    counts, ends = pool_geometry(x, kernel, strides, pads_begin, pads_end, ones, rounding)
    compute = np.result_type(x.dtype, np.float32)
    padded = np.pad(x.astype(compute, copy=False), [(0, 0), (0, 0), *zip(pads_begin, ends, strict=True)])
    y = np.zeros((*x.shape[:2], *counts), compute)
    for tap in product(*(range(k) for k in kernel)):
        y += padded[window_slices(tap, strides, ones, counts)]
    divisor = np.ones((), np.int64) if exclude_pad else np.array(prod(kernel))
    if exclude_pad:
        for axis, (size, n, k, s, b) in enumerate(
            zip(x.shape[2:], counts, kernel, strides, pads_begin, strict=True)
        ):
            starts = np.arange(n, dtype=np.int64) * s - b
            inside = np.maximum(np.minimum(starts + k, size) - np.maximum(starts, 0), 0)
            divisor = divisor * inside.reshape(-1, *([1] * (len(kernel) - 1 - axis)))
    y = y / np.maximum(divisor, 1).astype(compute)
    return y.astype(x.dtype, copy=False)


def softmax(x: Array, *, axis: int) -> Array:
    """Softmax along `axis`. Source: SoftMax-1, -8."""
    shifted = np.exp(x - np.max(x, axis=axis, keepdims=True)) if x.size else x
    return shifted / np.sum(shifted, axis=axis, keepdims=True)


def normalize_l2(x: Array, *, axes: Sequence[int], eps: float, eps_mode: str) -> Array:
    """`x / sqrt(sum(x * x) (+ or max) eps)` over `axes`; without axes, of each element. Source: NormalizeL2-1."""
    square = x * x
    total = np.sum(square, axis=tuple(axes), keepdims=True) if axes else square
    bound = x.dtype.type(eps)
    return x / np.sqrt(total + bound if eps_mode == "add" else np.maximum(total, bound))
