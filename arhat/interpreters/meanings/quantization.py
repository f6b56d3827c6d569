"""Quantisation."""

from __future__ import annotations

from typing import Any

import numpy as np

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
