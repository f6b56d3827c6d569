"""Relatives of the convolution: transposed, deformable."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from arhat.interpreters.meanings.activation import Activation, activate

Array = np.ndarray[Any, np.dtype[Any]]


def transposed_convolution(
    x: Array,
    filter: Array,
    bias: Array | None = None,
    slope: Array | None = None,
    *,
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    output_padding: Sequence[int],
    groups: int = 1,
    activation: Activation | None = None,
) -> Array:
    """`activation(conv_t(x, filter) + bias)`. Source: ConvolutionBackpropData-1, GroupConvolutionBackpropData-1.

    `x` [N, C, spatial...], `filter` [C, O / groups, kernel...]; 1 to 3 spatial axes. Half precision accumulates in f32.
    """
    compute = np.result_type(x.dtype, np.float32)
    images, channels, *sizes = x.shape
    _, depth, *kernel = filter.shape
    result = [
        (size - 1) * s + (k - 1) * d + 1 + more - begin - end
        for size, s, k, d, more, begin, end in zip(
            sizes, strides, kernel, dilations, output_padding, pads_begin, pads_end, strict=True
        )
    ]
    y = np.zeros((images, groups * depth, *result), compute)
    grouped = x.astype(compute, copy=False).reshape(images, groups, channels // groups, *sizes)
    weights = filter.astype(compute, copy=False).reshape(groups, channels // groups, depth, *kernel)
    for tap in product(*(range(k) for k in kernel)):
        taken: list[slice] = []
        place: list[slice] = []
        for t, d, n, s, b, count in zip(tap, dilations, sizes, strides, pads_begin, result, strict=True):
            # Input elements whose products lie in the result.
            first, last = max(0, -((t * d - b) // s)), min(n - 1, (count - 1 - t * d + b) // s)
            taken.append(slice(first, max(last + 1, first)))
            start = first * s + t * d - b
            place.append(slice(start, start + max(last - first + 1, 0) * s, s))
        seen = grouped[(..., *taken)]
        if not seen.size:
            continue
        columns = seen.reshape(images, groups, channels // groups, -1)
        part = np.matmul(np.swapaxes(weights[(..., *tap)], 1, 2), columns)
        y[(slice(None), slice(None), *place)] += part.reshape(images, groups * depth, *seen.shape[3:])
    if bias is not None:
        y = y + bias.reshape(-1, *([1] * len(kernel))).astype(compute, copy=False)
    return activate(y, activation, slope).astype(x.dtype, copy=False)


def deformable_columns(
    x: Array,
    offsets: Array,
    mask: Array | None = None,
    *,
    kernel: Sequence[int],
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    deformable_groups: int,
    interpolate_border: bool,
) -> Array:
    """What each element of a deformable kernel sees, [N, C * kh * kw, OH, OW]. Source: DeformableConvolution-1, -8."""
    compute = np.result_type(x.dtype, np.float32)
    images, channels, *sizes = x.shape
    *_, oh, ow = offsets.shape
    groups, taps = deformable_groups, kernel[0] * kernel[1]
    moved = offsets.astype(compute, copy=False).reshape(images, groups, taps, 2, oh, ow)
    places: list[Array] = []
    for axis, count in enumerate((oh, ow)):
        steps = np.array([i * dilations[axis] for i in range(kernel[axis])])
        by_tap: Array = np.repeat(steps, kernel[1]) if axis == 0 else np.tile(steps, kernel[0])
        starts = np.array([i * strides[axis] - pads_begin[axis] for i in range(count)])
        grid: Array = np.add.outer(by_tap, starts)
        grid = grid[:, :, None] if axis == 0 else grid[:, None, :]
        places.append(grid.astype(compute) + moved[:, :, :, axis])
    inside = np.ones(places[0].shape, bool)
    for place, size in zip(places, sizes, strict=True):
        inside &= (place > -1 if interpolate_border else place >= 0) & (place < size)
    pixels = x.astype(compute, copy=False).reshape(images, groups, channels // groups, -1)
    result = np.zeros((images, groups, channels // groups, taps, oh, ow), compute)
    # Places outside may be anything, NaN too: they are taken for the corner and not counted.
    rows, columns = (np.where(inside, place, compute.type(0)) for place in places)
    for y_side, x_side in product((0, 1), (0, 1)):
        weight = inside.astype(compute)
        index = np.zeros(inside.shape, np.int64)
        for place, side, size in ((rows, y_side, sizes[0]), (columns, x_side, sizes[1])):
            low = np.floor(place)
            share = place - low
            weight = weight * (share if side else 1 - share)
            corner = low.astype(np.int64) + side
            if interpolate_border:
                weight = weight * ((corner >= 0) & (corner < size))
            index = index * size + np.clip(corner, 0, size - 1)
        seen = np.take_along_axis(pixels, index.reshape(images, groups, 1, -1), axis=3)
        result += seen.reshape(result.shape) * weight[:, :, None]
    if mask is not None:
        result *= mask.reshape(images, groups, 1, taps, oh, ow)
    return result.reshape(images, channels * taps, oh, ow).astype(x.dtype, copy=False)
