"""Proposals and pooling of regions of interest, compared with OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from openvino.utils.node_factory import NodeFactory
from sweeps import Case, Sweep, numbers, seeds

from arhat.interpreters.meanings.roi import proposal as meaning

Array = np.ndarray[Any, np.dtype[Any]]

sweep = Sweep()


def _scores(seed: int, *shape: int) -> Array:
    """Different numbers between 0 and 1 in no particular order: the order of equal ones is not OpenVINO's."""
    count = int(np.prod(shape))
    values = np.random.default_rng(seed).permutation(count).reshape(shape)
    return ((values + 1) / (count + 1)).astype(np.float32)


def _same_proposals(actual: dict[str, Array], expected: Any) -> None:
    """Boxes and scores up to those of boxes that are too small: these all score 0, in no particular order.

    OpenVINO leaves the scores behind the last box as they were in memory.
    """
    ours, theirs = list(actual.values()), list(expected)
    assert len(ours) == len(theirs)
    assert all(a.dtype == b.dtype and a.shape == b.shape for a, b in zip(ours, theirs, strict=True))
    if len(ours) == 2:
        listed = np.cumprod(theirs[0][:, 0] >= 0).astype(bool)
        count = int(np.cumprod((theirs[1] > 0) & listed).sum())
        assert int(np.cumprod(ours[1] > 0).sum()) == count
        np.testing.assert_allclose(ours[1][:count], theirs[1][:count], rtol=1e-6)
    else:
        count = len(theirs[0])
    np.testing.assert_allclose(ours[0][:count], theirs[0][:count], rtol=1e-4, atol=1e-3)


def _typed(value: Any) -> Any:
    """A number of the type that OpenVINO's function checks for."""
    if isinstance(value, bool | str | np.ndarray):
        return value
    return np.uint32(value) if isinstance(value, int) else np.float32(value)


def _proposal(draw: st.DrawFn, version: int) -> Case:
    ratios = draw(st.lists(st.sampled_from([0.5, 1.0, 2.0, 1.7]), min_size=1, max_size=3, unique=True))
    scales = draw(st.lists(st.sampled_from([0.25, 0.5, 1.0, 4.0]), min_size=1, max_size=3, unique=True))
    anchors = len(ratios) * len(scales)
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(8, 12))
    images = draw(st.integers(1, 2)) if version == 4 else 1
    seed = draw(seeds)
    tensorflow = draw(st.booleans())
    # OpenVINO's CPU plugin crashes on fewer than 8 boxes.
    before = draw(st.sampled_from([9, 50, 2147483647]))
    post = draw(st.sampled_from([1, 7, 40]))
    attributes = {
        "base_size": draw(st.sampled_from([4, 16, 30])),
        "pre_nms_topn": before,
        "post_nms_topn": post,
        "nms_thresh": draw(st.sampled_from([0.3, 0.5, 0.7])),
        "feat_stride": draw(st.sampled_from([1, 8, 16])),
        "min_size": draw(st.sampled_from([1, 8])),
        "ratio": np.array(ratios, np.float32),
        "scale": np.array(scales, np.float32),
        "clip_before_nms": draw(st.booleans()),
        "clip_after_nms": draw(st.booleans()),
        "normalize": draw(st.booleans()),
        "box_size_scale": draw(st.sampled_from([1.0, 5.0])),
        "box_coordinate_scale": draw(st.sampled_from([1.0, 10.0])),
        "framework": "tensorflow" if tensorflow else "",
    }
    typed = {name: _typed(value) for name, value in attributes.items()}
    info = [draw(st.sampled_from([60.0, 100.5])), draw(st.sampled_from([50.0, 120.0])), 1.0, 1.5]
    if version == 1:  # without scores it cannot be told which boxes are too small: none shall be
        info[2:] = [0.0, 0.0]
    info = info[: draw(st.sampled_from([3, 4]))]
    opset = ov.opset4 if version == 4 else ov.opset1
    return Case(
        lambda s, d, i: opset.proposal(s, d, i, typed),
        [
            _scores(seed, images, 2 * anchors, rows, columns),
            numbers(seed + 1, images, 4 * anchors, rows, columns, low=-1, high=1),
            np.array(info, np.float32),
        ],
        compare=_same_proposals,
        note=f"v{version} {attributes}",
    )


@sweep.operator("Proposal-1")
@st.composite
def proposal(draw: st.DrawFn) -> Case:
    return _proposal(draw, 1)


@sweep.operator("Proposal-4", examples=40, emitted=10)
@st.composite
def proposal_with_scores(draw: st.DrawFn) -> Case:
    return _proposal(draw, 4)


@sweep.operator("Proposal at the edges", examples=10, emitted=10)
@st.composite
def proposal_at_the_edges(draw: st.DrawFn) -> Case:
    """What OpenVINO leaves open or crashes on, against the meaning: few boxes, equal scores, scores that are none."""
    images, rows, columns = draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    scores = numbers(draw(seeds), images, 2, rows, columns, low=0, high=1).round(1)
    scores[:, 1, 0, 0] = draw(st.sampled_from([np.nan, 0.5, -np.inf]))
    attributes: dict[str, Any] = {
        "base_size": 16,
        "pre_nms_topn": draw(st.sampled_from([1, 3, 1000])),
        "post_nms_topn": draw(st.sampled_from([1, 20])),
        "nms_thresh": 0.7,
        "feat_stride": 8,
        "min_size": draw(st.sampled_from([1, 12])),
        "ratio": np.array([1.0], np.float32),
        "scale": np.array([1.0], np.float32),
        "clip_before_nms": draw(st.booleans()),
        "clip_after_nms": draw(st.booleans()),
        "normalize": draw(st.booleans()),
        "box_size_scale": 1.0,
        "box_coordinate_scale": 1.0,
        "framework": draw(st.sampled_from(["", "tensorflow"])),
    }
    typed = {name: _typed(value) for name, value in attributes.items()}
    deltas = numbers(draw(seeds), images, 4, rows, columns, low=-1, high=1)
    return Case(
        lambda s, d, i: ov.opset4.proposal(s, d, i, typed),
        [scores, deltas, np.array([60, 50, 1], np.float32)],
        expected=lambda s, d, i: meaning(s, d, i, **attributes),
        atol=1e-4,
        note=f"{attributes}",
    )


def _boxes(draw: st.DrawFn, images: int, width: float, height: float, ended: bool = True) -> Array:
    """[R, 5]: some boxes inside, some outside, some inside out; the list may end early."""
    count = draw(st.integers(1, 6))
    random = np.random.default_rng(draw(seeds))
    corner = random.uniform(-0.2, 0.9, (count, 2))
    far = corner + random.uniform(-0.1, 0.9, (count, 2))
    boxes = np.concatenate([corner, far], 1) * [width, height, width, height]
    image = random.integers(0, images, (count, 1))
    result = np.concatenate([image, boxes], 1).astype(np.float32)
    if ended and draw(st.booleans()):
        result[random.integers(1, count + 1) :, 0] = -1
    return result


def _features(draw: st.DrawFn, channels: int) -> Array:
    return numbers(
        draw(seeds), draw(st.integers(1, 2)), channels, draw(st.integers(1, 9)), draw(st.integers(1, 12))
    )


@sweep.operator("ROIPooling", examples=40, emitted=10)
@st.composite
def roi_pooling(draw: st.DrawFn) -> Case:
    x = _features(draw, draw(st.sampled_from([1, 3, 16, 21])))
    pooled = [draw(st.integers(1, 7)), draw(st.integers(1, 7))]
    method = draw(st.sampled_from(["max", "bilinear"]))
    scale = draw(st.sampled_from([1.0, 0.25])) if method == "max" else 1.0
    extent = (x.shape[3] / scale, x.shape[2] / scale) if method == "max" else (1.0, 1.0)
    rois = _boxes(draw, x.shape[0], *extent)
    return Case(
        lambda x, r: ov.opset2.roi_pooling(x, r, pooled, scale, method),
        [x, rois],
        note=f"{pooled} {scale} {method} {rois.tolist()}",
    )


@sweep.operator("PSROIPooling", examples=40, emitted=10)
@st.composite
def psroi_pooling(draw: st.DrawFn) -> Case:
    mode = draw(st.sampled_from(["average", "bilinear"]))
    channels, group = draw(st.sampled_from([1, 3, 8])), draw(st.integers(1, 4))
    bins = [draw(st.integers(1, 3)), draw(st.integers(1, 3))]
    x = _features(draw, channels * (group * group if mode == "average" else bins[0] * bins[1]))
    scale = draw(st.sampled_from([1.0, 0.25]))
    extent = (x.shape[3] / scale, x.shape[2] / scale) if mode == "average" else (1 / scale, 1 / scale)
    rois = _boxes(draw, x.shape[0], *extent)
    return Case(
        lambda x, r: ov.opset1.psroi_pooling(x, r, channels, group, scale, bins[1], bins[0], mode),
        [x, rois],
        note=f"{channels} {group} {scale} {bins} {mode} {rois.tolist()}",
    )


@sweep.operator("ROIAlign", examples=40, emitted=10)
@st.composite
def roi_align(draw: st.DrawFn) -> Case:
    x = _features(draw, draw(st.sampled_from([1, 3, 16, 21])))
    pooled = [draw(st.integers(1, 5)), draw(st.integers(1, 5))]
    ratio, scale = draw(st.integers(0, 3)), draw(st.sampled_from([1.0, 0.25]))
    mode = draw(st.sampled_from(["avg", "max"]))
    aligned = draw(st.sampled_from([None, "asymmetric", "half_pixel_for_nn", "half_pixel"]))
    # OpenVINO leaves what stands behind the end of the list as it was in memory.
    boxes = _boxes(draw, x.shape[0], x.shape[3] / scale, x.shape[2] / scale, ended=False)
    if aligned in (
        "half_pixel_for_nn",
        "half_pixel",
    ):  # a negative number of samples is OpenVINO's to interpret
        boxes[:, 3:] = np.maximum(boxes[:, 3:], boxes[:, 1:3] + 0.5)
    batch = boxes[:, 0].astype(draw(st.sampled_from([np.int32, np.int64])))

    def build(x: Any, r: Any, b: Any) -> Any:
        if aligned is None:
            return ov.opset3.roi_align(x, r, b, *pooled, ratio, scale, mode)
        return ov.opset9.roi_align(x, r, b, *pooled, ratio, scale, mode, aligned)

    return Case(
        build,
        [x, boxes[:, 1:].copy(), batch],
        note=f"{pooled} {ratio} {scale} {mode} {aligned} {boxes.tolist()}",
    )


def _detectron(kind: str, values: Any, attributes: dict[str, Any]) -> Any:
    """One of the operators that OpenVINO's Python package has no function for."""
    return NodeFactory("opset6").create(
        f"ExperimentalDetectron{kind}", [value.output(0) for value in values], attributes
    )


@sweep.operator("ExperimentalDetectronTopKROIs", examples=15, emitted=4)
@st.composite
def top_k_rois(draw: st.DrawFn) -> Case:
    count = draw(st.integers(1, 30))
    most = draw(st.integers(1, count))
    return Case(
        lambda r, s: _detectron("TopKROIs", [r, s], {"max_rois": most}),
        [numbers(draw(seeds), count, 4), _scores(draw(seeds), count)],
        note=f"{most}",
    )


@sweep.operator("ExperimentalDetectronPriorGridGenerator", examples=20, emitted=6)
@st.composite
def prior_grid_generator(draw: st.DrawFn) -> Case:
    shape = st.integers(1, 6)
    feature = np.zeros((1, 2, draw(shape), draw(shape)), np.float32)
    image = np.zeros((1, 3, draw(st.integers(10, 60)), draw(st.integers(10, 60))), np.float32)
    sizes = draw(st.sampled_from([(0, 0), (feature.shape[2], feature.shape[3])]))
    strides = draw(st.sampled_from([(0.0, 0.0), (4.0, 8.5)]))
    attributes = {
        "flatten": draw(st.booleans()),
        "h": sizes[0],
        "w": sizes[1],
        "stride_x": strides[0],
        "stride_y": strides[1],
    }
    return Case(
        lambda *values: _detectron("PriorGridGenerator", values, attributes),
        [numbers(draw(seeds), draw(st.integers(1, 4)), 4), feature, image],
        note=f"{attributes}",
    )


@sweep.operator("ExperimentalDetectronROIFeatureExtractor", examples=20, emitted=6)
@st.composite
def roi_feature_extractor(draw: st.DrawFn) -> Case:
    levels, channels = draw(st.integers(1, 4)), draw(st.sampled_from([1, 5, 16]))
    features = [numbers(draw(seeds), 1, channels, 32 >> level, 48 >> level) for level in range(levels)]
    random = np.random.default_rng(draw(seeds))
    corner = random.uniform(0, 150, (draw(st.integers(1, 8)), 2))
    # Of all sizes; some have no area.
    far = corner + random.choice([-3, 0.5, 30, 120, 300, 700], corner.shape) * random.uniform(
        0.8, 1.2, corner.shape
    )
    attributes = {
        "output_size": draw(st.integers(1, 4)),
        "sampling_ratio": draw(st.integers(0, 2)),
        "pyramid_scales": [4 << level for level in range(levels)],
        "aligned": draw(st.booleans()),
    }
    return Case(
        lambda *values: _detectron("ROIFeatureExtractor", values, attributes),
        [np.concatenate([corner, far], 1).astype(np.float32), *features],
        rtol=1e-4,
        atol=1e-4,
        note=f"{attributes}",
    )


test_interpreter, test_emitted = sweep.tests()
