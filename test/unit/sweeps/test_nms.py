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
        lambda x: ov.opset3.non_zero(x, index_type), [x.astype(kind)], compare=same_up_to_count, note=index_type
    )


test_interpreter, test_emitted = sweep.tests()
