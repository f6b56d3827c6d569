"""Packing of weights for the CPU kernels (``arhat/runtime/include/arhat/cpu/types.hpp`` states the layouts).

Output channels go in panels of 32, padded with zeros, so that one packing serves every vector width. All functions
take and return float32 arrays; ``unpack_*`` is the inverse of ``pack_*``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import product
from math import prod
from typing import Final

import numpy as np
import numpy.typing as npt

from arhat.dialects.phases import Phase

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

PANEL: Final = 32

# Filter transforms G of F(m x m, 3 x 3): Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
WINOGRAD_G: Final[dict[int, npt.NDArray[np.float64]]] = {
    2: np.array([[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]]),
    4: np.array(
        [
            [1 / 4, 0, 0],
            [-1 / 6, -1 / 6, -1 / 6],
            [-1 / 6, 1 / 6, -1 / 6],
            [1 / 24, 1 / 12, 1 / 6],
            [1 / 24, -1 / 12, 1 / 6],
            [0, 0, 1],
        ]
    ),
}


def _pad(array: npt.NDArray[np.floating], axis: int, multiple: int) -> npt.NDArray[np.floating]:
    """Zeros after the end of an axis, up to a multiple."""
    missing = -array.shape[axis] % multiple
    if missing == 0:
        return array
    return np.pad(array, [(0, missing if i == axis else 0) for i in range(array.ndim)])


def _panels(array: npt.NDArray[np.floating], axis: int) -> Floats:
    """Splits the output channels: the axis becomes the first (panels) and the last (channels of a panel)."""
    padded = np.moveaxis(_pad(array, axis, PANEL), axis, 0)
    split = padded.reshape(-1, PANEL, *padded.shape[1:])
    return np.ascontiguousarray(np.moveaxis(split, 1, -1), dtype=np.float32)


def _unpanels(array: Floats, channels: int) -> Floats:
    """The inverse: panels first and channels of a panel last become one first axis."""
    joined = np.moveaxis(array, -1, 1)
    return np.ascontiguousarray(joined.reshape(-1, *joined.shape[2:])[:channels])


def pack_channels(values: Floats, groups: int = 1) -> Floats:
    """Bias or slope ``[O]`` to ``[groups * ceil(O/groups/32)*32]``."""
    return np.ascontiguousarray(_pad(values.reshape(groups, -1), 1, PANEL), dtype=np.float32).reshape(-1)


def pack_direct(filters: Floats) -> Floats:
    """``[O, I, kh, kw]`` to ``[ceil(O/32), kh, kw, I, 32]``."""
    return _panels(filters.transpose(0, 2, 3, 1), 0)


def unpack_direct(packed: Floats, channels: int) -> Floats:
    """``[ceil(O/32), kh, kw, I, 32]`` to ``[O, I, kh, kw]``."""
    return np.ascontiguousarray(_unpanels(packed, channels).transpose(0, 3, 1, 2))


def pack_grouped(filters: Floats, groups: int) -> Floats:
    """``[O, I/groups, kh, kw]`` to ``[groups, ceil(O/groups/32), kh, kw, I/groups, 32]``."""
    return np.stack([pack_direct(group) for group in np.split(filters, groups)])


def unpack_grouped(packed: Floats, channels: int) -> Floats:
    """The inverse of `pack_grouped`; ``channels`` counts all groups."""
    return np.concatenate([unpack_direct(group, channels // len(packed)) for group in packed])


def pack_winograd(filters: Floats, m: int) -> Floats:
    """``[O, I, 3, 3]`` to ``[A*A, ceil(O/32), I, 32]`` with ``A = m + 2``, transformed in double precision.

    G g G^T is G along the columns, then along the rows, written out: few multiplications, no library that starts
    threads, and one panel of doubles in memory at a time.
    """
    channels, inputs = filters.shape[:2]
    tiles = m + 2
    panels = -(-channels // PANEL)
    packed = np.zeros((tiles * tiles, panels, inputs, PANEL), np.float32)
    for panel in range(panels):
        block = filters[panel * PANEL : (panel + 1) * PANEL]
        count = len(block)
        columns = np.ascontiguousarray(block.reshape(count, inputs * 9).T).reshape(inputs, 9, count)
        taps = np.ascontiguousarray(columns.transpose(1, 0, 2), np.float64)  # [9, I, O of the panel]
        rows = [_winograd_1d(taps[column::3], m) for column in range(3)]
        for i in range(tiles):
            for j, value in enumerate(_winograd_1d([row[i] for row in rows], m)):
                packed[i * tiles + j, panel, :, :count] = value
    return packed


def _winograd_1d(g: Sequence[Doubles] | Doubles, m: int) -> tuple[Doubles, ...]:
    """``WINOGRAD_G[m]`` times three taps, each an array."""
    ends = g[0] + g[2]
    if m == 2:
        half, middle = ends * 0.5, g[1] * 0.5
        return (g[0], half + middle, half - middle, g[2])
    even, odd = g[0] * (1 / 24) + g[2] * (1 / 6), g[1] * (1 / 12)
    return (g[0] * 0.25, (ends + g[1]) * (-1 / 6), (ends - g[1]) * (-1 / 6), even + odd, even - odd, g[2])


def unpack_winograd(packed: Floats, m: int, channels: int) -> Floats:
    """The inverse of `pack_winograd`, up to rounding."""
    inverse = np.linalg.pinv(WINOGRAD_G[m])
    a = m + 2
    joined = _unpanels(np.ascontiguousarray(packed.transpose(1, 0, 2, 3)), channels)  # [O, A*A, I]
    matrices = joined.transpose(0, 2, 1).reshape(channels, -1, a, a).astype(np.float64)
    return np.einsum("kr,oirs,ls->oikl", inverse, matrices, inverse, optimize=True).astype(np.float32)


def pack_depthwise(filters: Floats) -> Floats:
    """``[C, 1, kh, kw]`` to ``[kh, kw, ceil(C/16)*16]``."""
    return np.ascontiguousarray(_pad(filters[:, 0].transpose(1, 2, 0), 2, 16), dtype=np.float32)


def unpack_depthwise(packed: Floats, channels: int) -> Floats:
    """``[kh, kw, ceil(C/16)*16]`` to ``[C, 1, kh, kw]``."""
    return np.ascontiguousarray(packed[:, :, :channels].transpose(2, 0, 1)[:, None])


def pack_transposed(
    filters: Floats, groups: int, algorithm: str, rows: Sequence[Phase], columns: Sequence[Phase]
) -> Floats:
    """``[I, O/groups, kh, kw]`` to one row: for each phase its part of the filter, packed by ``algorithm``."""
    ordinary = ordinary_filter(filters, groups)
    parts: list[Floats] = []
    for row, column in product(rows, columns):
        if not row.taps or not column.taps:
            continue
        part = ordinary[:, :, list(row.taps)][:, :, :, list(column.taps)]
        packed = {
            "direct": pack_direct,
            "grouped": partial(pack_grouped, groups=groups),
            "depthwise": pack_depthwise,
        }[algorithm](part)
        parts.append(packed.reshape(-1))
    return np.concatenate(parts) if parts else np.zeros(1, np.float32)  # no element reaches the result


def unpack_transposed(
    packed: Floats,
    shape: tuple[int, ...],
    groups: int,
    algorithm: str,
    rows: Sequence[Phase],
    columns: Sequence[Phase],
) -> Floats:
    """The inverse of `pack_transposed` for a filter of ``shape``; elements that no phase has are zero."""
    inputs, outputs = shape[0] // groups, shape[1]
    panels = -(-outputs // PANEL)
    ordinary = np.zeros((groups * outputs, inputs, *shape[2:]), np.float32)
    start = 0
    for row, column in product(rows, columns):
        taps = (len(row.taps), len(column.taps))
        if algorithm == "depthwise":
            part_shape = (*taps, -(-groups // 16) * 16)
        else:
            part_shape = (groups, panels, *taps, inputs, PANEL)
        size = prod(part_shape)
        part = packed[start : start + size].reshape(part_shape)
        start += size
        if not size:
            continue
        grouped = algorithm != "depthwise"
        unpacked = unpack_grouped(part, groups * outputs) if grouped else unpack_depthwise(part, groups)
        for (i, k), (j, m) in product(enumerate(row.taps), enumerate(column.taps)):
            ordinary[:, :, k, m] = unpacked[:, :, i, j]
    return ordinary_filter(ordinary, groups)


def ordinary_filter(filters: Floats, groups: int) -> Floats:
    """``[I, O/groups, kh, kw]`` to ``[O, I/groups, kh, kw]``, and back."""
    split = filters.reshape(groups, -1, *filters.shape[1:])
    return np.swapaxes(split, 1, 2).reshape(-1, split.shape[1], *filters.shape[2:])


def pack_matmul(b: Floats) -> Floats:
    """``[K, N]`` to ``[ceil(N/32), K, 32]``."""
    return _panels(b, 1)


def unpack_matmul(packed: Floats, columns: int) -> Floats:
    """``[ceil(N/32), K, 32]`` to ``[K, N]``."""
    return np.ascontiguousarray(_unpanels(packed, columns).T)


def pack_recurrent(r: Floats, gates: int) -> Floats:
    """``[D, G*H, H]`` to ``[D, G * ceil(H/32), H, 32]``: each gate by itself in whole panels."""
    directions, _, hidden = r.shape
    split = r.reshape(directions * gates, hidden, hidden)
    return np.stack([_panels(gate, 0) for gate in split]).reshape(directions, -1, hidden, PANEL)


def unpack_recurrent(packed: Floats, gates: int, hidden: int) -> Floats:
    """The inverse of `pack_recurrent`."""
    directions = packed.shape[0]
    split = packed.reshape(directions * gates, -1, hidden, PANEL)
    return np.stack([_unpanels(gate, hidden) for gate in split]).reshape(directions, gates * hidden, hidden)
