"""Runs of several images taken apart and put together."""

from __future__ import annotations

import numpy as np
import pytest

from arhat.cli.batches import images_of, join_batch, split_batch
from arhat.errors import UserError


@pytest.mark.parametrize("shape", [(1, 5), (3, 1, 2), (7, 4)])
def test_what_is_split_can_be_joined(shape: tuple[int, ...]) -> None:
    axis = {(1, 5): 0, (3, 1, 2): 1, (7, 4): 0}[shape]
    rng = np.random.default_rng(0)
    parts = [rng.random(shape) for _ in range(3)]
    whole = np.concatenate(parts, axis=axis)
    np.testing.assert_array_equal(join_batch(parts, whole.shape), whole)
    for part, split in zip(parts, split_batch(whole, shape, 3), strict=True):
        np.testing.assert_array_equal(split, part)


def test_what_is_the_same_for_all_stays() -> None:
    array = np.arange(4.0)
    assert all(part is array for part in split_batch(array, (4,), 3))
    assert join_batch([array, array], (4,)) is array


def test_detections_keep_their_image_and_their_order() -> None:
    def listed(*rows: tuple[int, float], capacity: int) -> np.ndarray:
        array = np.zeros((capacity, 7), np.float32)
        for place, (image, score) in enumerate(rows):
            array[place, :3] = image, 1, score
        if len(rows) < capacity:
            array[len(rows), 0] = -1
        return array.reshape(1, 1, capacity, 7)

    parts = [listed((0, 0.5), capacity=2), listed(capacity=2), listed((0, 0.9), (0, 0.8), capacity=2)]
    whole = listed((0, 0.5), (2, 0.9), (2, 0.8), capacity=6)
    np.testing.assert_array_equal(join_batch(parts, whole.shape), whole)
    for part, split in zip(parts, split_batch(whole, (1, 1, 2, 7), 3), strict=True):
        np.testing.assert_array_equal(split, part)


def test_other_shapes_are_refused() -> None:
    with pytest.raises(UserError, match="does not hold 2 of"):
        split_batch(np.zeros((3, 4)), (1, 4), 2)
    with pytest.raises(UserError, match="does not hold several of"):
        join_batch([np.zeros((1, 1))], (2, 2))


def test_scalars_are_shared() -> None:
    rows = images_of({"x": np.arange(6.0).reshape(2, 3), "s": np.array(5.0)}, 2)
    assert [row["x"].tolist() for row in rows] == [[[0, 1, 2]], [[3, 4, 5]]]
    assert all(row["s"] == 5 for row in rows)
