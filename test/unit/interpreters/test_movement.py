"""Operations that move elements, against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import arhat, numbers, openvino, reference, same, sweep

from arhat.dialects.arhat import (
    BroadcastOp,
    ConcatOp,
    GatherOp,
    PadOp,
    ReshapeOp,
    ShapeOfOp,
    SliceOp,
    TileOp,
    TransposeOp,
)


def const(values: Any) -> Any:
    return ov.opset8.constant(np.array(values, np.int64))


SHAPE = st.lists(st.integers(1, 5), min_size=1, max_size=4)


@sweep(30)
@given(shape=SHAPE, data=st.data())
def test_transpose(shape: list[int], data: st.DataObject) -> None:
    x = numbers(1, *shape)
    perm = data.draw(st.permutations(range(len(shape))))
    [expected] = openvino(lambda a: ov.opset8.transpose(a, const(perm)), [x])
    same(arhat(TransposeOp, [x], {"perm": perm}), expected)


@sweep(20)
@given(shape=SHAPE)
def test_reshape_and_shape_of(shape: list[int]) -> None:
    x = numbers(1, *shape)
    same(arhat(ReshapeOp, [x], {"shape": [x.size, 1]}), x.reshape(-1, 1))
    same(arhat(ShapeOfOp, [x]), np.array(shape, np.int64))


@sweep(30)
@given(shape=SHAPE, sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4), data=st.data())
def test_concat(shape: list[int], sizes: list[int], data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    xs = [numbers(i, *shape[:axis], size, *shape[axis + 1 :]) for i, size in enumerate(sizes)]
    [expected] = openvino(lambda *a: ov.opset8.concat(list(a), axis), xs)
    same(arhat(ConcatOp, [xs], {"axis": axis}), expected)


@sweep(60)
@given(shape=SHAPE, data=st.data())
def test_slice(shape: list[int], data: st.DataObject) -> None:
    x = numbers(1, *shape)
    starts, sizes, steps, stops = [], [], [], []
    for dim in shape:
        start = data.draw(st.integers(0, dim - 1))
        step = data.draw(st.sampled_from([1, 1, 2, 3, -1, -2]))
        most = (dim - 1 - start) // step + 1 if step > 0 else start // -step + 1
        size = data.draw(st.integers(1, most))
        stop = start + (size - 1) * step + (1 if step > 0 else -1)
        starts.append(start)
        sizes.append(size)
        steps.append(step)
        stops.append(stop if stop >= 0 else -dim - 1)
    actual = arhat(SliceOp, [x], {"starts": starts, "sizes": sizes, "steps": steps})
    [expected] = openvino(lambda a: ov.opset8.slice(a, const(starts), const(stops), const(steps)), [x])
    same(actual, expected)


def test_empty_slice() -> None:
    x = numbers(1, 3, 4)
    same(arhat(SliceOp, [x], {"starts": [0, 4], "sizes": [3, 0], "steps": [1, 1]}), x[:, :0])


@sweep(50)
@given(
    shape=SHAPE,
    indices=st.lists(st.integers(1, 3), max_size=3),
    element=st.sampled_from([np.int32, np.int64]),
    seed=st.integers(0, 2**31),
    data=st.data(),
)
def test_gather(
    shape: list[int], indices: list[int], element: type[Any], seed: int, data: st.DataObject
) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    batch = data.draw(st.integers(0, min(axis, len(indices))))
    indices = [*shape[:batch], *indices[batch:]]
    x = numbers(seed, *shape)
    i = np.asarray(np.random.default_rng(seed).integers(-shape[axis], shape[axis], indices), element)
    actual = arhat(GatherOp, [x, i], {"axis": axis, "batch_dims": batch})
    # OpenVINO's reference: its CPU plugin crashes on some small gathers with batch axes.
    node = ov.opset8.gather(ov.opset8.constant(x), ov.opset8.constant(i), const(axis), batch)
    same(actual, reference(node, [x, i, np.array(axis, np.int64)]))


@pytest.mark.parametrize("batch", [0, 1])
def test_gather_outside_gives_zeros(batch: int) -> None:
    """Not compared with OpenVINO, which may read outside of the tensor then."""
    x = numbers(1, 2, 3, 4)
    indices = np.array([[0, 3, -4], [-3, 2, 99]], np.int64)
    actual = arhat(GatherOp, [x, indices], {"axis": 1, "batch_dims": batch})
    padded = np.concatenate([x, np.zeros((2, 1, 4), np.float32)], axis=1)
    picks = np.array([[0, 3, 3], [0, 2, 3]])
    if batch:
        same(actual, np.stack([padded[i, picks[i]] for i in range(2)]))
    else:
        same(actual, padded[:, picks])


@sweep(50)
@given(
    shape=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    mode=st.sampled_from(["constant", "edge", "reflect", "symmetric"]),
    data=st.data(),
)
def test_pad(shape: list[int], mode: str, data: st.DataObject) -> None:
    x = numbers(1, *shape)
    begin, end = [], []
    for dim in shape:
        most = {"reflect": dim - 1, "symmetric": dim}.get(mode, 3)
        begin.append(data.draw(st.integers(-min(dim - 1, 2), most)))
        end.append(data.draw(st.integers(-min(dim - 1, 2), most)))
        assume(dim + begin[-1] + end[-1] > 0)
        assume(dim + min(begin[-1], 0) + min(end[-1], 0) > 0)
    properties = {"pads_begin": begin, "pads_end": end, "mode": mode, "value": 0.5}
    value = ov.opset8.constant(np.float32(0.5)) if mode == "constant" else None
    [expected] = openvino(lambda a: ov.opset12.pad(a, const(begin), const(end), mode, value), [x])
    same(arhat(PadOp, [x], properties), expected)


@sweep(30)
@given(shape=SHAPE, data=st.data())
def test_tile_and_broadcast(shape: list[int], data: st.DataObject) -> None:
    x = numbers(1, *shape)
    repeats = [data.draw(st.integers(1, 3)) for _ in shape]
    [expected] = openvino(lambda a: ov.opset8.tile(a, const(repeats)), [x])
    same(arhat(TileOp, [x], {"repeats": repeats}), expected)
    target = [r if d == 1 else d for d, r in zip(shape, repeats, strict=True)]
    [expected] = openvino(lambda a: ov.opset8.broadcast(a, const([2, *target])), [x])
    same(arhat(BroadcastOp, [x], {"shape": [2, *target]}), expected)
