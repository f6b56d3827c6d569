"""Suppression of boxes and values whose length depends on data, compared with OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from sweeps import Case, Sweep, numbers, seeds

Array = np.ndarray[Any, np.dtype[Any]]

sweep = Sweep()


def same_up_to_count(actual: dict[str, Array], expected: Sequence[Array]) -> None:
    """OpenVINO's results have the length that the counts say; behind it stands -1."""
    names = list(actual)
    ours = {name: actual[name] for name in names if not name.endswith(".count")}
    assert names == [*ours, *(name for name in names if name.endswith(".count"))]
    assert len(ours) == len(expected)
    for (name, mine), theirs in zip(ours.items(), expected, strict=True):
        assert mine.dtype == theirs.dtype
        count = actual.get(f"{name}.count")
        if count is not None:
            assert count.dtype == np.int64
            differing = [axis for axis in range(mine.ndim) if mine.shape[axis] != theirs.shape[axis]]
            assert len(differing) <= len(count)
            for axis in differing:
                assert theirs.shape[axis] in count.tolist()
            inside = tuple(slice(0, extent) for extent in theirs.shape)
            rest = np.ones(mine.shape, bool)
            rest[inside] = False
            assert (mine[rest] == (-1 if mine.dtype.kind in "if" else 0)).all()
            mine = mine[inside]
        if mine.dtype.kind == "f":
            np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5, strict=True)
        else:
            np.testing.assert_array_equal(mine, theirs, strict=True)


def _boxes(draw: st.DrawFn, images: int, count: int, center: bool, empty: bool) -> Array:
    """Boxes of which many overlap; some corners are the wrong way round, some boxes are the same or `empty`."""
    random = np.random.default_rng(draw(seeds))
    corner = random.uniform(0, 2, (images, count, 2))
    side = random.uniform(0.3, 1.2, (images, count, 2))
    if draw(st.booleans()):
        corner, side = corner.round(0), side.round(0)  # overlaps that are the same or just at the threshold
        if not empty:
            side = np.maximum(side, 1)
    if center:
        return np.concatenate([corner + side / 2, side], 2).astype(np.float32)
    far = corner + side
    turned = random.uniform(size=(images, count, 1)) < 0.2
    boxes = np.where(turned, np.concatenate([far, corner], 2), np.concatenate([corner, far], 2))
    return boxes.astype(np.float32)


def _suppression(draw: st.DrawFn, version: int) -> Case:
    images, classes, count = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 40))
    center = draw(st.booleans())
    sigma = draw(st.sampled_from([0.0, 0.4])) if version >= 5 else 0.0
    # OpenVINO's soft suppression makes scores of empty boxes that are not numbers.
    boxes = _boxes(draw, images, count, center, empty=sigma == 0)
    scores = numbers(draw(seeds), images, classes, count, low=0, high=1)
    if draw(st.booleans()):
        scores = scores.round(1)  # equal scores
    most = draw(st.sampled_from([1, 3, 100]))
    overlap, score = draw(st.sampled_from([0.0, 0.3, 0.5])), draw(st.sampled_from([0.0, 0.35, 2.0]))
    encoding, sort = "center" if center else "corner", draw(st.booleans())
    index_type = draw(st.sampled_from(["i32", "i64"])) if version > 1 else "i64"

    def build(b: Any, s: Any) -> Any:
        arguments = [b, s, np.int64(most), np.float32(overlap), np.float32(score)]
        if version >= 5:
            arguments.append(np.float32(sigma))
        types = [index_type] if version > 1 else []
        opset = {1: ov.opset1, 3: ov.opset3, 4: ov.opset4, 5: ov.opset5, 9: ov.opset9}[version]
        return opset.non_max_suppression(*arguments, encoding, sort, *types)

    note = f"{most} {overlap} {score} {sigma} {encoding} {sort} {index_type}"
    return Case(build, [boxes, scores], compare=same_up_to_count, note=note)


for _version in (1, 3, 4, 5, 9):
    sweep.operator(f"NonMaxSuppression-{_version}", examples=30, emitted=8)(
        st.composite(lambda draw, version=_version: _suppression(draw, version))
    )


def _selection(draw: st.DrawFn, least: float) -> tuple[list[Array], dict[str, Any]]:
    """Boxes with two corners in order, scores above `least`, and the attributes that both operators share."""
    images, classes, count = draw(st.integers(1, 3)), draw(st.integers(1, 4)), draw(st.integers(1, 25))
    random = np.random.default_rng(draw(seeds))
    corner = random.uniform(0, 2, (images, count, 2))
    boxes = np.concatenate([corner, corner + random.uniform(0.2, 1.2, (images, count, 2))], 2)
    attributes: dict[str, Any] = {
        "sort_result_type": draw(st.sampled_from(["none", "score", "classid"])),
        "sort_result_across_batch": draw(st.booleans()),
        "output_type": draw(st.sampled_from(["i32", "i64"])),
        "score_threshold": draw(st.sampled_from([0.0, 0.35, 0.95])),
        "nms_top_k": draw(st.sampled_from([-1, 1, 5, 50])),
        "keep_top_k": draw(st.sampled_from([-1, 1, 7, 60])),
        "background_class": draw(st.sampled_from([-1, 7]))
        if classes == 1
        else draw(st.sampled_from([-1, 0, 1])),
        "normalized": draw(st.booleans()),
    }
    total = images * classes * count
    scores = (random.permutation(total) + 1).reshape(images, classes, count) / (total + 1)
    scores = least + (1 - least) * scores
    return [boxes.astype(np.float32), scores.astype(np.float32)], attributes


@sweep.operator("MulticlassNms", examples=50, emitted=12)
@st.composite
def multiclass_nms(draw: st.DrawFn) -> Case:
    inputs, attributes = _selection(draw, 0.0)
    attributes |= {
        "iou_threshold": draw(st.sampled_from([0.2, 0.5, 0.75])),
        "nms_eta": draw(st.sampled_from([1.0, 0.8])),
    }
    opset = draw(st.sampled_from([ov.opset8, ov.opset9]))
    return Case(
        lambda b, s: opset.multiclass_nms(b, s, **attributes),
        inputs,
        compare=same_up_to_count,
        note=f"{attributes}",
    )


@sweep.operator("MatrixNms", examples=50, emitted=12)
@st.composite
def matrix_nms(draw: st.DrawFn) -> Case:
    inputs, attributes = _selection(draw, 0.4)
    attributes |= {
        # OpenVINO crashes where a class has no candidates.
        "score_threshold": draw(st.sampled_from([0.0, 0.35])),
        "decay_function": draw(st.sampled_from(["linear", "gaussian"])),
        "gaussian_sigma": draw(st.sampled_from([2.0, 0.5])),
        "post_threshold": draw(st.sampled_from([0.0, 0.2])),
    }
    return Case(
        lambda b, s: ov.opset8.matrix_nms(b, s, **attributes),
        inputs,
        compare=same_up_to_count,
        note=f"{attributes}",
    )


@sweep.operator("NonZero")
@st.composite
def non_zero(draw: st.DrawFn) -> Case:
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    x = np.random.default_rng(draw(seeds)).integers(0, 2, shape)
    if draw(st.booleans()):
        x[:] = 0
    kind = draw(st.sampled_from([np.float32, np.int32, np.int64, np.uint8]))
    index_type = draw(st.sampled_from(["i32", "i64"]))
    return Case(
        lambda x: ov.opset3.non_zero(x, index_type),
        [x.astype(kind)],
        compare=same_up_to_count,
        note=index_type,
    )


# Values whose length depends on data ------------------------------------------------------------------------


def _last(value: Any, axis: int) -> Any:
    return ov.opset8.gather(value, np.int64([-1]), np.int64(axis))


def _flat_shape(value: Any) -> Any:
    """[rows * 2, 2] of a value [rows, 4], computed as models do."""
    rows = ov.opset8.gather(ov.opset3.shape_of(value), np.int64([0]), np.int64(0))
    return ov.opset8.concat([rows * np.int64([2]), ov.opset8.constant(np.int64([2]))], 0)


def _topk(value: Any, mode: str, sort: str) -> Any:
    """As many as there are, by the first column."""
    column = ov.opset8.gather(value, np.int64(0), np.int64(1))
    count = ov.opset8.squeeze(ov.opset3.shape_of(column), np.int64([0]))
    best = ov.opset11.topk(column, count, 0, mode, sort, "i64")
    return [best.output(0), best.output(1), ov.opset8.gather(value, best.output(1), np.int64(0)).output(0)]


def _repeated(value: Any) -> Any:
    """One number for each row: broadcast to a shape that is computed."""
    shape = ov.opset8.gather(ov.opset3.shape_of(value), np.int64([0, 1]), np.int64(0))
    return ov.opset3.broadcast(np.float32([[0.5]]), shape)


CHAINS: dict[str, Any] = {
    "elementwise": lambda x: ov.opset8.exp(ov.opset8.relu(x) * np.float32([1, 2, 3, 4]) - np.float32([[1]])),
    "same rows": lambda x: x + ov.opset8.sqrt(ov.opset8.relu(x)),
    "compare": lambda x: ov.opset8.select(ov.opset8.greater(x, np.float32(0)), x, np.float32([[7]])),
    "convert": lambda x: ov.opset8.convert(x, "i32"),
    "to bytes": lambda x: ov.opset8.convert(ov.opset8.relu(x), "u8"),
    "unsqueeze": lambda x: ov.opset8.unsqueeze(x, np.int64([0, 2])),
    "flatten": lambda x: ov.opset8.reshape(x, np.int64([-1]), False),
    "flatten and back": lambda x: ov.opset8.reshape(
        ov.opset8.reshape(x, np.int64([-1]), False) * np.float32([2]), np.int64([-1, 4]), False
    ),
    "split rows": lambda x: ov.opset8.reshape(x, np.int64([-1, 2]), False),
    "computed shape": lambda x: ov.opset8.reshape(x, _flat_shape(x), False),
    "keep": lambda x: ov.opset8.reshape(x, np.int64([0, 2, 2]), True),
    "transpose": lambda x: ov.opset8.transpose(x, np.int64([1, 0])),
    "columns": lambda x: ov.opset8.strided_slice(x, [0, 1], [0, 3], [1, 1], [1, 0], [1, 0]),
    "column": lambda x: ov.opset8.strided_slice(x, [0, 1], [0, 2], [1, 1], [1, 0], [1, 0], [], [0, 1]),
    "first rows": lambda x: ov.opset8.strided_slice(x, [0, 0], [3, 0], [1, 1], [1, 1], [0, 1]),
    "split": lambda x: list(ov.opset8.split(x, np.int64(1), 2).outputs()),
    "tile": lambda x: ov.opset8.tile(x, np.int64([1, 3])),
    "join columns": lambda x: ov.opset8.concat([x, ov.opset8.negative(x)], 1),
    "join rows": lambda x: ov.opset8.concat([x, ov.opset8.constant(np.ones((2, 4), np.float32)), x], 0),
    "join before": lambda x: ov.opset8.concat([ov.opset8.constant(np.ones((1, 4), np.float32)), x], 0),
    "last": lambda x: _last(x, 0),
    "last column": lambda x: _last(x, 1),
    "best": lambda x: _topk(x, "max", "value"),
    "worst": lambda x: _topk(x, "min", "index"),
    "maximum": lambda x: ov.opset8.reduce_max(x, np.int64([0]), False),
    "minimum": lambda x: ov.opset8.reduce_min(x, np.int64([0, 1]), True),
    "sum": lambda x: ov.opset8.reduce_sum(x, np.int64([0]), True),
    "mean of rows": lambda x: ov.opset8.reduce_mean(x, np.int64([1]), False),
    "softmax": lambda x: ov.opset8.softmax(x, 1),
    "product": lambda x: ov.opset8.matmul(x, np.arange(12, dtype=np.float32).reshape(4, 3), False, False),
    "broadcast": lambda x: x * _repeated(x),
    "shape": lambda x: ov.opset3.shape_of(ov.opset8.concat([x, x], 0)),
    "range": lambda x: ov.opset4.range(
        np.int64(0), ov.opset8.gather(ov.opset3.shape_of(x), np.int64(0), np.int64(0)), np.int64(1), "i64"
    ),
}


@sweep.operator("lengths that depend on data", examples=120, emitted=60)
@st.composite
def bounded(draw: st.DrawFn) -> Case:
    """Rows of a matrix that a mask chooses, and what may come then."""
    name = draw(st.sampled_from(sorted(CHAINS)))
    rows = draw(st.integers(1, 9))
    mask = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)), np.float32)
    mask[draw(st.integers(0, rows - 1))] = 1

    def build(x: Any, mask: Any) -> Any:
        places = ov.opset8.squeeze(ov.opset3.non_zero(mask, "i64"), np.int64([0]))
        return CHAINS[name](ov.opset8.gather(x, places, np.int64(0)))

    return Case(build, [numbers(draw(seeds), rows, 4), mask], compare=same_up_to_count, note=f"{name} {mask}")


test_interpreter, test_emitted = sweep.tests()
