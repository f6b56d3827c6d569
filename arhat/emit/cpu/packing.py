"""Packing of weights for the CPU kernels (``arhat/runtime/include/arhat/cpu/types.hpp`` states the layouts).

Output channels go in panels of 32, padded with zeros, so that one packing serves every vector width. All functions
take and return float32 arrays; ``unpack_*`` is the inverse of ``pack_*``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

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

    The transform G g G^T of each filter is one matrix, the Kronecker product of G with itself, times its nine taps:
    a matrix product per panel, which keeps the doubles of one panel in memory at a time.
    """
    transform = np.kron(WINOGRAD_G[m], WINOGRAD_G[m])  # [A*A, 9]
    channels, inputs = filters.shape[:2]
    panels = -(-channels // PANEL)
    packed = np.zeros((len(transform), panels, inputs, PANEL), np.float32)
    for panel in range(panels):
        block = filters[panel * PANEL : (panel + 1) * PANEL].reshape(-1, inputs, 9).transpose(2, 1, 0)
        taps = np.ascontiguousarray(block, np.float64)
        packed[:, panel, :, : taps.shape[2]] = (transform @ taps.reshape(9, -1)).reshape(
            -1, inputs, taps.shape[2]
        )
    return packed


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


def pack_matmul(b: Floats) -> Floats:
    """``[K, N]`` to ``[ceil(N/32), K, 32]``."""
    return _panels(b, 1)


def unpack_matmul(packed: Floats, columns: int) -> Floats:
    """``[ceil(N/32), K, 32]`` to ``[K, N]``."""
    return np.ascontiguousarray(_unpanels(packed, columns).T)
