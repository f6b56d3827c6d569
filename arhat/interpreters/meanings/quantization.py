"""Quantisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from arhat.interpreters.meanings import nn
from arhat.interpreters.meanings.activation import Activation, activate

Array = np.ndarray[Any, np.dtype[Any]]


def fake_quantize(
    x: Array, input_low: Array, input_high: Array, output_low: Array, output_high: Array, *, levels: int
) -> Array:
    """Rounds to one of `levels` values between `output_low` and `output_high`. Source: FakeQuantize-1.

    The steps and their order are those of OpenVINO's reference implementation, so that the results are the same bit
    for bit. Its CPU plugin multiplies by a precomputed scale instead: results may differ by one unit in the last
    place, and a value half-way between two levels may fall on the other one. Where `input_low > input_high` the
    plugin gives `output_low` everywhere, against the specification.
    """
    dtype = x.dtype
    steps = dtype.type(levels - 1)
    with np.errstate(all="ignore"):
        level = np.rint((x - input_low) / (input_high - input_low) * steps)
        inside = level / steps * (output_high - output_low) + output_low
    result = np.where(x > np.maximum(input_low, input_high), output_high, inside)
    return np.where(x <= np.minimum(input_low, input_high), output_low, result).astype(dtype, copy=False)


def _of_channels(values: Array, rank: int) -> Array:
    """One number, or one for each channel, so that it broadcasts to a tensor of `rank`."""
    return values.reshape(1, -1, *[1] * (rank - 2))


def _fma(a: Array, b: Array | float, c: Array | float) -> Array:
    """`a * b + c` in f32, rounded once: a product of two f32 numbers is exact in f64."""
    return (a.astype(np.float64) * b + c).astype(np.float32)


def quantize(x: Array, multiplier: Array, shift: Array) -> Array:
    """`clamp(round(x * multiplier + shift), 0, 255)` as bytes; NaN gives 0."""
    level = _fma(x, _of_channels(multiplier, x.ndim), _of_channels(shift, x.ndim))
    return np.rint(np.clip(np.nan_to_num(level, nan=0.0), 0, 255)).astype(np.uint8)


def dequantize(x: Array, scale: Array, offset: Array) -> Array:
    """`x * scale + offset`."""
    return _fma(x, _of_channels(scale, x.ndim), _of_channels(offset, x.ndim))


def _again(y: Array, multiplier: Array | None, shift: Array | None) -> Array:
    return y if multiplier is None or shift is None else quantize(y, multiplier, shift)


def quantized_convolution(
    x: Array,
    filter: Array,
    scale: Array,
    bias: Array,
    slope: Array | None,
    multiplier: Array | None,
    shift: Array | None,
    *,
    strides: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    dilations: Sequence[int],
    groups: int,
    padding: int,
    activation: Activation | None = None,
) -> Array:
    """The sums are exact: f64 holds every integer that occurs."""
    pads = [(0, 0), (0, 0), *zip(pads_begin, pads_end, strict=True)]
    padded = np.pad(x, pads, constant_values=padding).astype(np.float64)
    none = [0] * len(strides)
    total = nn.convolution(
        padded,
        filter.astype(np.float64),
        None,
        None,
        None,
        strides=strides,
        pads_begin=none,
        pads_end=none,
        dilations=dilations,
        groups=groups,
    )
    y = _fma(total.astype(np.float32), _of_channels(scale, x.ndim), _of_channels(bias, x.ndim))
    return _again(activate(y, activation, slope), multiplier, shift)


def quantized_add(
    a: Array,
    b: Array,
    multiplier: Array | None,
    shift: Array | None,
    *,
    scale_a: float,
    offset_a: float,
    scale_b: float,
    offset_b: float,
    activation: Activation | None = None,
) -> Array:
    """The constants are f32 numbers, as are the two products and their sum."""
    numbers = [float(np.float32(value)) for value in (scale_a, offset_a, scale_b, offset_b)]
    y = _fma(a, numbers[0], numbers[1]) + _fma(b, numbers[2], numbers[3])
    return _again(activate(y, activation, None), multiplier, shift)
