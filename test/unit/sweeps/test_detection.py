"""Prior boxes, detection output and YOLO regions, compared with OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from sweeps import Case, Sweep, numbers, seeds

Array = np.ndarray[Any, np.dtype[Any]]

CODES = {"corner": "caffe.PriorBoxParameter.CORNER", "center_size": "caffe.PriorBoxParameter.CENTER_SIZE"}

sweep = Sweep()


def _floats(attributes: dict[str, Any]) -> dict[str, Any]:
    """Attributes as OpenVINO's functions want them: numbers and lists of numbers in f32."""
    return {
        name: np.array(value, np.float32)
        if isinstance(value, list)
        else np.float32(value)
        if isinstance(value, float)
        else value
        for name, value in attributes.items()
    }


# Detection output -----------------------------------------------------------------------------------------


def _scene(
    draw: st.DrawFn,
    images: int,
    count: int,
    classes: int,
    share: bool,
    encoded: bool,
    normalized: bool,
    aux: bool,
) -> list[Array]:
    """Boxes, confidences (often of a few values only, hence ties) and priors, with or without those of refinement."""
    rng = np.random.default_rng(draw(seeds))
    sets = 1 if share else classes
    loc = rng.normal(0, 0.7, (images, count * sets * 4))
    conf = rng.uniform(0, 1, (images, count, classes))
    levels = draw(st.sampled_from([0, 3, 8]))
    if levels:  # not the same value twice for one prior: OpenVINO puts such labels in no particular order
        most = max(levels, classes)
        conf = np.argsort(rng.uniform(0, 1, (images, count, most)), axis=2)[..., :classes] / most
    batch = images if draw(st.booleans()) else 1
    start = rng.uniform(0, 0.7, (batch, count, 2))
    corners = np.concatenate([start, start + rng.uniform(0.05, 0.3, (batch, count, 2))], axis=2)
    if not normalized:
        corners = corners.astype(np.float32) * np.array([320, 200, 320, 200], np.float32)
        corners = np.concatenate([np.zeros((batch, count, 1)), corners], axis=2)
        if draw(st.booleans()):
            corners[:, rng.integers(1, count + 1) :, 0] = -1  # the list ends
    rows = [corners.reshape(batch, 1, -1)]
    if not encoded:
        variances = np.zeros((batch, 1, corners.shape[2] * count))
        variances[:, 0, : count * 4] = rng.uniform(0.05, 0.3, (batch, count * 4))
        rows.append(variances)
    arrays = [loc, conf.reshape(images, -1), np.concatenate(rows, axis=1)]
    if aux:
        arrays += [rng.uniform(0, 1, (images, count * 2)), rng.normal(0, 0.3, loc.shape)]
    return [array.astype(np.float32) for array in arrays]


def _same_detections(actual: dict[str, Array], expected: Sequence[Array]) -> None:
    """The same records in the same order up to the end mark; boxes to the rounding of exp and of fused products."""
    [ours], [theirs] = actual.values(), expected
    assert ours.shape == theirs.shape
    a, e = ours[0, 0], theirs[0, 0]
    ends = np.flatnonzero(e[:, 0] == -1)
    end = int(ends[0]) if len(ends) else len(e)
    np.testing.assert_array_equal(a[:end, :3], e[:end, :3])
    np.testing.assert_allclose(a[:end, 3:], e[:end, 3:], rtol=2e-5, atol=2e-6)
    if end < len(e):
        assert a[end, 0] == -1
        assert not a[end + 1 :].any()


def _detection_output(draw: st.DrawFn, version: int, aux: bool) -> Case:
    images, count, classes = draw(st.integers(1, 3)), draw(st.integers(1, 40)), draw(st.integers(2, 6))
    share, encoded, normalized = draw(st.booleans()), draw(st.booleans()), draw(st.booleans())
    decrease = draw(st.integers(0, 3)) == 0
    attributes: dict[str, Any] = {
        "background_label_id": 0 if decrease else draw(st.sampled_from([0, 0, 1, -1])),
        "top_k": draw(st.sampled_from([-1, 1, 5, 20, 100])),
        "keep_top_k": np.array([draw(st.sampled_from([-1, 1, 7, 30, 200]))], np.int32),
        "code_type": CODES[draw(st.sampled_from(sorted(CODES)))],
        "variance_encoded_in_target": encoded,
        "share_location": share,
        "nms_threshold": draw(st.sampled_from([0.0, 0.3, 0.45, 0.7, 1.0])),
        "confidence_threshold": draw(st.sampled_from([0.0, 0.01, 0.3, 0.5, 0.95])),
        "clip_before_nms": draw(st.booleans()),
        "clip_after_nms": draw(st.booleans()),
        "decrease_label_id": decrease,
        "normalized": normalized,
        "input_height": 1 if normalized else 200,
        "input_width": 1 if normalized else 320,
        "objectness_score": draw(st.sampled_from([0.0, 0.3, 0.6, 1.0])) if aux else 0.0,
    }
    typed = _floats(attributes)

    def build(loc: Any, conf: Any, priors: Any, *rest: Any) -> Any:
        if version == 1:
            return ov.opset1.detection_output(loc, conf, priors, {"num_classes": classes, **typed}, *rest)
        return ov.opset8.detection_output(loc, conf, priors, typed, *rest)

    inputs = _scene(draw, images, count, classes, share, encoded, normalized, aux)
    return Case(build, inputs, compare=_same_detections, note=f"v{version} {classes} {attributes}")


@sweep.operator("DetectionOutput-1", examples=40, emitted=10)
@st.composite
def detection_output(draw: st.DrawFn) -> Case:
    return _detection_output(draw, 1, aux=False)


@sweep.operator("DetectionOutput-8", examples=60, emitted=15)
@st.composite
def detection_output_8(draw: st.DrawFn) -> Case:
    return _detection_output(draw, 8, aux=False)


@sweep.operator("DetectionOutput with objectness", examples=60, emitted=15)
@st.composite
def detection_output_with_objectness(draw: st.DrawFn) -> Case:
    return _detection_output(draw, draw(st.sampled_from([1, 8])), aux=True)


# Prior boxes ----------------------------------------------------------------------------------------------


def _sizes(draw: st.DrawFn) -> list[Array]:
    """A feature map and an image; only their shapes matter."""
    feature, image = (st.tuples(st.integers(1, 5), st.integers(1, 5)), st.tuples(*[st.integers(20, 90)] * 2))
    return [np.zeros((1, 1, *draw(size)), np.float32) for size in (feature, image)]


def _size_of(image: Any) -> Any:
    """Height and width, as models ask for them."""
    return ov.opset8.strided_slice(ov.opset8.shape_of(image), [2], [4], [1], [0], [0])


def _prior_box(version: int, attributes: dict[str, Any], inputs: list[Array]) -> Case:
    opset = ov.opset8 if version == 8 else ov.opset1
    typed = _floats(attributes)
    return Case(
        lambda feature, image: opset.prior_box(_size_of(feature), _size_of(image), typed),
        inputs,
        note=f"v{version} {attributes}",
    )


@sweep.operator("PriorBox", examples=40, emitted=10)
@st.composite
def prior_box(draw: st.DrawFn) -> Case:
    version = draw(st.sampled_from([1, 8]))
    sizes = draw(st.lists(st.floats(4, 40, width=32), min_size=1, max_size=3))
    scale_all = draw(st.booleans())
    largest = draw(st.integers(0, len(sizes))) if scale_all else 0
    ratios = st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0, 1.0000002, 2.5]), max_size=3, unique=True)
    attributes: dict[str, Any] = {
        "min_size": sizes if scale_all else [size / 50 for size in sizes],
        "max_size": [size * 1.5 for size in sizes[:largest]],
        "aspect_ratio": draw(ratios),
        "density": [],
        "fixed_ratio": [],
        "fixed_size": [],
        "variance": draw(st.sampled_from([[], [0.2], [0.1, 0.1, 0.2, 0.3]])),
        "flip": draw(st.booleans()),
        "clip": draw(st.booleans()),
        "scale_all_sizes": scale_all,
        "step": draw(st.sampled_from([0.0, 8.0, 0.25])),
        "offset": draw(st.sampled_from([0.5, 0.0])),
    }
    if version == 8:
        attributes["min_max_aspect_ratios_order"] = draw(st.booleans())
    return _prior_box(version, attributes, _sizes(draw))


@sweep.operator("PriorBox with density", examples=30, emitted=8)
@st.composite
def dense_prior_box(draw: st.DrawFn) -> Case:
    fixed = draw(st.lists(st.tuples(st.integers(4, 33), st.integers(1, 3)), min_size=1, max_size=3))
    flip = draw(st.booleans())
    ratios = draw(st.lists(st.sampled_from([2.0, 3.0]), max_size=2, unique=True))
    # As many as the layer's own formula counts: it has no other way to say how many boxes there are.
    count = (2 if flip else 1) * len(ratios) + 1
    fixed_ratio = [1.0, 0.5, 2.0, 0.3, 3.0][:count] if draw(st.booleans()) else []
    attributes: dict[str, Any] = {
        "min_size": [],
        "max_size": [],
        "aspect_ratio": ratios,
        "density": [float(density) for _, density in fixed],
        "fixed_ratio": fixed_ratio,
        "fixed_size": [float(size) for size, _ in fixed],
        "variance": [0.1],
        "flip": flip,
        "clip": draw(st.booleans()),
        "scale_all_sizes": True,
        "step": draw(st.sampled_from([0.0, 8.0])),
        "offset": 0.5,
    }
    return _prior_box(draw(st.sampled_from([1, 8])), attributes, _sizes(draw))


@sweep.operator("PriorBoxClustered", examples=40, emitted=10)
@st.composite
def prior_box_clustered(draw: st.DrawFn) -> Case:
    side = st.floats(1, 60, width=32)
    sizes = draw(st.lists(st.tuples(side, side), min_size=1, max_size=4))
    steps = draw(st.sampled_from([(0.0, 0.0), (8.0, 8.0), (4.0, 6.5)]))
    attributes: dict[str, Any] = {
        "width": [width for width, _ in sizes],
        "height": [height for _, height in sizes],
        "variance": draw(st.sampled_from([[], [0.2], [0.1, 0.1, 0.2, 0.3]])),
        "offset": draw(st.sampled_from([0.5, 0.25])),
        "clip": draw(st.booleans()),
    }
    for name, step in zip(("step_widths", "step_heights"), steps, strict=True):
        if step:
            attributes[name] = step
    typed = _floats(attributes)
    return Case(
        lambda feature, image: ov.opset1.prior_box_clustered(_size_of(feature), _size_of(image), typed),
        _sizes(draw),
        note=f"{attributes}",
    )


# YOLO -----------------------------------------------------------------------------------------------------


@sweep.operator("RegionYolo", examples=40, emitted=12)
@st.composite
def region_yolo(draw: st.DrawFn) -> Case:
    coords, classes, regions = draw(st.integers(4, 5)), draw(st.integers(1, 20)), draw(st.integers(1, 3))
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    softmax = draw(st.booleans())
    axis, end_axis = draw(st.sampled_from([(1, 3), (0, 3), (1, 2), (2, 3), (1, 1)]))
    x = numbers(draw(seeds), draw(st.integers(1, 2)), regions * (coords + classes + 1), height, width)
    attributes: dict[str, Any] = {
        "coords": coords,
        "classes": classes,
        "num": regions if softmax else 9,
        "do_softmax": softmax,
        "mask": list(range(regions)),
        "axis": axis,
        "end_axis": end_axis,
        "anchors": [1.0] * 18,
    }
    return Case(lambda x: ov.opset1.region_yolo(x, **attributes), [x], note=f"{attributes}")


test_interpreter, test_emitted = sweep.tests()
