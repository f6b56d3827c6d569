"""Runs of several images, taken apart into those of one image each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arhat.cli.detections import is_detections
from arhat.errors import UserError

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]


def split_batch(output: Array, shape: Sequence[int], count: int) -> list[Array]:
    """What an output of a run of `count` images holds for each, where `shape` is that for one.

    Images lie one after the other along the one axis that is `count` times as long; an output of the same shape is the
    same for all. Detections are told apart by their image, which becomes 0. Raises UserError for any other shape.
    """
    if tuple(output.shape) == tuple(shape):
        return [output] * count
    if is_detections(shape) and output.shape == (1, 1, count * shape[2], 7):
        return [_detections(output, image, shape[2]) for image in range(count)]
    longer = [axis for axis, (all, one) in enumerate(zip(output.shape, shape, strict=False)) if all != one]
    if output.ndim != len(shape) or len(longer) != 1 or output.shape[longer[0]] != count * shape[longer[0]]:
        raise UserError(f"an output of shape {list(output.shape)} does not hold {count} of {list(shape)}")
    return np.split(output, count, axis=longer[0])


def _detections(output: Array, image: int, capacity: int) -> Array:
    rows = output.reshape(-1, 7)
    ends = np.flatnonzero(rows[:, 0] < 0)
    rows = rows[: ends[0] if len(ends) else None]
    mine = rows[rows[:, 0] == image]
    result = np.zeros((capacity, 7), output.dtype)
    result[: len(mine)] = mine
    result[: len(mine), 0] = 0
    if len(mine) < capacity:
        result[len(mine), 0] = -1
    return result.reshape(1, 1, capacity, 7)


def join_batch(outputs: Sequence[Array], shape: Sequence[int]) -> Array:
    """The reverse of `split_batch`: one output of `shape` from those of each image."""
    first = outputs[0]
    if tuple(first.shape) == tuple(shape):
        return first
    if is_detections(first.shape):
        result = np.zeros((int(np.prod(shape)) // 7, 7), first.dtype)
        filled = 0
        for image, output in enumerate(outputs):
            rows = output.reshape(-1, 7)
            ends = np.flatnonzero(rows[:, 0] < 0)
            rows = rows[: ends[0] if len(ends) else None].copy()
            rows[:, 0] = image
            result[filled : filled + len(rows)] = rows
            filled += len(rows)
        if filled < len(result):
            result[filled, 0] = -1
        return result.reshape(shape)
    longer = [axis for axis, (all, one) in enumerate(zip(shape, first.shape, strict=False)) if all != one]
    if first.ndim != len(shape) or len(longer) != 1:
        raise UserError(f"an output of shape {list(shape)} does not hold several of {list(first.shape)}")
    return np.concatenate(outputs, axis=longer[0])


def images_of(inputs: Mapping[str, Array], count: int) -> list[dict[str, Array]]:
    """The inputs of each image of a run of `count`; scalars are shared."""
    return [
        {name: array[image : image + 1] if array.ndim else array for name, array in inputs.items()}
        for image in range(count)
    ]
