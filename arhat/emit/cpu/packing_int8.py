"""Packing of int8 weights (``arhat/runtime/include/arhat/cpu/int8.hpp`` states the layouts)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.int8]

PANEL: Final = 16
"""Output channels of a panel."""
FOUR: Final = 4
"""Input channels whose products are summed by one instruction."""


def _pad(array: Array, axis: int, multiple: int) -> Array:
    missing = -array.shape[axis] % multiple
    return np.pad(array, [(0, missing if i == axis else 0) for i in range(array.ndim)]) if missing else array


def pack_filter(filters: Bytes) -> Bytes:
    """``[O, I, kh, kw]`` to ``[ceil(O/16), kh, kw, ceil(I/4), 16, 4]``."""
    padded = _pad(_pad(filters, 0, PANEL), 1, FOUR)
    o, i, kh, kw = padded.shape
    split = padded.reshape(o // PANEL, PANEL, i // FOUR, FOUR, kh, kw)
    return np.ascontiguousarray(split.transpose(0, 4, 5, 2, 1, 3))


def unpack_filter(packed: Bytes, outputs: int, inputs: int) -> Bytes:
    """The inverse of `pack_filter`."""
    panels, kh, kw, fours, _, _ = packed.shape
    joined = packed.transpose(0, 4, 3, 5, 1, 2).reshape(panels * PANEL, fours * FOUR, kh, kw)
    return np.ascontiguousarray(joined[:outputs, :inputs])


def pack_depthwise(filters: Bytes) -> Bytes:
    """``[C, 1, kh, kw]`` to ``[kh, kw, ceil(C/16)*16]``."""
    return np.ascontiguousarray(_pad(filters[:, 0].transpose(1, 2, 0), 2, PANEL))


def unpack_depthwise(packed: Bytes, channels: int) -> Bytes:
    """The inverse of `pack_depthwise`."""
    return np.ascontiguousarray(packed[:, :, :channels].transpose(2, 0, 1)[:, None])


def pack_channels(values: Array, channels: int) -> Array:
    """One number, or one for each channel, to one for each channel and zeros up to a multiple of 16."""
    return _pad(np.broadcast_to(values.reshape(-1), (channels,)), 0, PANEL)
