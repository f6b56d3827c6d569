"""Prior boxes, DetectionOutput and RegionYolo against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import arhat, close, numbers, openvino, same, sweep
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat import DetectionOutputOp, PriorBoxClusteredOp, PriorBoxOp, RegionYoloOp
from arhat.interpreters.meanings.detection import decode_boxes

Array = np.ndarray[Any, np.dtype[Any]]

DETECTION = dict(
    background_label_id=0,
    top_k=-1,
    keep_top_k=[10],
    code_type="center_size",
    variance_encoded_in_target=False,
    share_location=True,
    nms_threshold=0.45,
    confidence_threshold=0.1,
    clip_before_nms=False,
    clip_after_nms=False,
    decrease_label_id=False,
    normalized=True,
    input_height=1,
    input_width=1,
    objectness_score=0.0,
)
CODES = {
    "corner": "caffe.PriorBoxParameter.CORNER",
    "center_size": "caffe.PriorBoxParameter.CENTER_SIZE",
}


def detect(arrays: list[Array | None], classes: int, **changes: Any) -> tuple[Array, Array]:
    """Arhat's and OpenVINO's result of DetectionOutput-8."""
    properties = {**DETECTION, **changes}
    actual = arhat(DetectionOutputOp, arrays, {**properties, "num_classes": classes})
    attributes = {
        **properties,
        "code_type": CODES[properties["code_type"]],
        "keep_top_k": np.array(properties["keep_top_k"], np.int32),
    }
    for name in ("nms_threshold", "confidence_threshold", "objectness_score"):
        attributes[name] = np.float32(attributes[name])
    inputs = [a for a in arrays if a is not None]
    [expected] = openvino(lambda a, b, c, *d: ov.opset8.detection_output(a, b, c, attributes, *d), inputs)
    return actual, expected


def scene(
    seed: int,
    images: int,
    count: int,
    classes: int,
    *,
    share: bool = True,
    encoded: bool = False,
    normalized: bool = True,
    batched: bool = False,
    levels: int = 0,
    aux: bool = False,
    width: int = 1,
    height: int = 1,
) -> list[Array | None]:
    """Boxes, confidences (`levels` > 0: so many distinct values, hence ties) and priors."""
    rng = np.random.default_rng(seed)
    sets = 1 if share else classes
    loc = rng.normal(0, 0.7, (images, count * sets * 4)).astype(np.float32)
    conf = rng.uniform(0, 1, (images, count * classes)).astype(np.float32)
    if levels:  # not the same value twice for one prior: OpenVINO puts such labels in no particular order
        steps = np.argsort(rng.uniform(0, 1, (images, count, max(levels, classes))), axis=2)[..., :classes]
        conf = (steps.reshape(conf.shape) / np.float32(max(levels, classes))).astype(np.float32)
    batch = images if batched else 1
    start = rng.uniform(0, 0.7, (batch, count, 2))
    corners = np.concatenate([start, start + rng.uniform(0.05, 0.3, (batch, count, 2))], axis=2)
    corners = corners.astype(np.float32)
    size = 4
    if not normalized:
        corners = corners * np.array([width, height, width, height], np.float32)
        corners = np.concatenate([np.zeros((batch, count, 1), np.float32), corners], axis=2)
        size = 5
    rows = [corners.reshape(batch, 1, -1)]
    if not encoded:
        variances = np.zeros((batch, 1, count * size), np.float32)
        variances[:, 0, : count * 4] = rng.uniform(0.05, 0.3, (batch, count * 4))
        rows.append(variances)
    priors = np.concatenate(rows, axis=1)
    if not aux:
        return [loc, conf, priors]
    aux_conf = rng.uniform(0, 1, (images, count * 2)).astype(np.float32)
    aux_loc = rng.normal(0, 0.3, loc.shape).astype(np.float32)
    return [loc, conf, priors, aux_conf, aux_loc]


def same_detections(actual: Array, expected: Array) -> None:
    """Same records in the same order up to the terminator; boxes to f32 rounding (exp, fused products)."""
    assert actual.shape == expected.shape
    a, e = actual[0, 0], expected[0, 0]
    ends = np.flatnonzero(e[:, 0] == -1)
    end = int(ends[0]) if len(ends) else len(e)
    same(a[:end, :3], e[:end, :3])
    close(a[:end, 3:], e[:end, 3:], rtol=2e-5, atol=2e-6)
    if end < len(e):
        assert a[end, 0] == -1
        same(a[end + 1 :], np.zeros_like(a[end + 1 :]))


@sweep(90)
@given(
    seed=st.integers(0, 2**31),
    images=st.integers(1, 3),
    count=st.integers(1, 40),
    classes=st.integers(2, 6),
    share=st.booleans(),
    encoded=st.booleans(),
    normalized=st.booleans(),
    batched=st.booleans(),
    levels=st.sampled_from([0, 3, 8]),
    code_type=st.sampled_from(sorted(CODES)),
    top_k=st.sampled_from([-1, 1, 5, 20, 100]),
    keep_top_k=st.sampled_from([-1, 1, 7, 30, 200]),
    background=st.sampled_from([0, 0, 1, -1]),
    threshold=st.sampled_from([0.0, 0.01, 0.3, 0.5, 0.95]),
    overlap=st.sampled_from([0.0, 0.3, 0.45, 0.7, 1.0]),
    before=st.booleans(),
    after=st.booleans(),
)
def test_detection_output(
    seed: int,
    images: int,
    count: int,
    classes: int,
    share: bool,
    encoded: bool,
    normalized: bool,
    batched: bool,
    levels: int,
    code_type: str,
    top_k: int,
    keep_top_k: int,
    background: int,
    threshold: float,
    overlap: float,
    before: bool,
    after: bool,
) -> None:
    arrays = scene(
        seed,
        images,
        count,
        classes,
        share=share,
        encoded=encoded,
        normalized=normalized,
        batched=batched,
        levels=levels,
        width=320,
        height=200,
    )
    actual, expected = detect(
        arrays,
        classes,
        share_location=share,
        variance_encoded_in_target=encoded,
        normalized=normalized,
        input_width=1 if normalized else 320,
        input_height=1 if normalized else 200,
        code_type=code_type,
        top_k=top_k,
        keep_top_k=[keep_top_k],
        background_label_id=background,
        confidence_threshold=threshold,
        nms_threshold=overlap,
        clip_before_nms=before,
        clip_after_nms=after,
    )
    same_detections(actual, expected)


@sweep(50)
@given(
    seed=st.integers(0, 2**31),
    images=st.integers(1, 2),
    count=st.integers(1, 30),
    classes=st.integers(2, 5),
    share=st.booleans(),
    levels=st.sampled_from([0, 3, 8]),
    top_k=st.sampled_from([-1, 1, 5, 20]),
    keep_top_k=st.sampled_from([-1, 1, 7, 30]),
    threshold=st.sampled_from([0.0, 0.3, 0.5]),
)
def test_detection_output_best_class(
    seed: int,
    images: int,
    count: int,
    classes: int,
    share: bool,
    levels: int,
    top_k: int,
    keep_top_k: int,
    threshold: float,
) -> None:
    arrays = scene(seed, images, count, classes, share=share, levels=levels)
    actual, expected = detect(
        arrays,
        classes,
        share_location=share,
        decrease_label_id=True,
        top_k=top_k,
        keep_top_k=[keep_top_k],
        confidence_threshold=threshold,
    )
    same_detections(actual, expected)


@sweep(50)
@given(
    seed=st.integers(0, 2**31),
    images=st.integers(1, 2),
    count=st.integers(1, 30),
    classes=st.integers(2, 5),
    share=st.booleans(),
    encoded=st.booleans(),
    levels=st.sampled_from([0, 4]),
    objectness=st.sampled_from([0.0, 0.3, 0.6, 1.0]),
    threshold=st.sampled_from([0.0, 0.3]),
    code_type=st.sampled_from(sorted(CODES)),
    before=st.booleans(),
    decrease=st.booleans(),
    normalized=st.booleans(),
)
def test_detection_output_with_objectness(
    seed: int,
    images: int,
    count: int,
    classes: int,
    share: bool,
    encoded: bool,
    levels: int,
    objectness: float,
    threshold: float,
    code_type: str,
    before: bool,
    decrease: bool,
    normalized: bool,
) -> None:
    arrays = scene(
        seed, images, count, classes, share=share, encoded=encoded, levels=levels, aux=True,
        normalized=normalized, width=320, height=200,
    )  # fmt: skip
    actual, expected = detect(
        arrays,
        classes,
        share_location=share,
        variance_encoded_in_target=encoded,
        objectness_score=objectness,
        confidence_threshold=threshold,
        code_type=code_type,
        clip_before_nms=before,
        decrease_label_id=decrease,
        normalized=normalized,
        input_width=320,
        input_height=200,
        keep_top_k=[40],
    )
    same_detections(actual, expected)


@pytest.mark.parametrize("levels", [0, 50])
def test_detection_output_of_a_real_size(levels: int) -> None:
    arrays = scene(7, 1, 8732, 21, levels=levels)
    actual, expected = detect(
        arrays, 21, top_k=400, keep_top_k=[200], confidence_threshold=0.01, nms_threshold=0.45
    )
    same_detections(actual, expected)


@sweep(60)
@given(
    height=st.integers(1, 5),
    width=st.integers(1, 5),
    image=st.tuples(st.integers(20, 90), st.integers(20, 90)),
    sizes=st.lists(st.floats(4, 40, width=32), min_size=1, max_size=3),
    largest=st.integers(0, 3),
    ratios=st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0, 1.0000002, 2.5]), max_size=3, unique=True),
    variance=st.sampled_from([[], [0.2], [0.1, 0.1, 0.2, 0.3]]),
    flip=st.booleans(),
    clip=st.booleans(),
    scale_all=st.booleans(),
    order=st.booleans(),
    step=st.sampled_from([0.0, 8.0, 0.25]),
    offset=st.sampled_from([0.5, 0.0]),
)
def test_prior_box(
    height: int,
    width: int,
    image: tuple[int, int],
    sizes: list[float],
    largest: int,
    ratios: list[float],
    variance: list[float],
    flip: bool,
    clip: bool,
    scale_all: bool,
    order: bool,
    step: float,
    offset: float,
) -> None:
    largest = min(largest, len(sizes)) if scale_all else 0
    properties: dict[str, Any] = dict(
        min_size=sizes if scale_all else [s / 50 for s in sizes],
        max_size=[s * 1.5 for s in sizes[:largest]],
        aspect_ratio=ratios,
        density=[],
        fixed_ratio=[],
        fixed_size=[],
        variance=variance,
        flip=flip,
        clip=clip,
        scale_all_sizes=scale_all,
        min_max_aspect_ratios_order=order,
        step=step,
        offset=offset,
    )
    check_prior_box(properties, (height, width), image)


@sweep(40)
@given(
    image=st.tuples(st.integers(20, 90), st.integers(20, 90)),
    fixed=st.lists(st.tuples(st.integers(4, 33), st.integers(1, 3)), min_size=1, max_size=3),
    fixed_ratio=st.lists(st.sampled_from([1.0, 0.5, 2.0]), max_size=2, unique=True),
    ratios=st.lists(st.sampled_from([2.0, 3.0]), max_size=2, unique=True),
    flip=st.booleans(),
    clip=st.booleans(),
    step=st.sampled_from([0.0, 8.0]),
)
def test_dense_prior_box(
    image: tuple[int, int],
    fixed: list[tuple[int, int]],
    fixed_ratio: list[float],
    ratios: list[float],
    flip: bool,
    clip: bool,
    step: float,
) -> None:
    assume(not fixed_ratio or len(fixed_ratio) == (2 if flip else 1) * len(ratios) + 1)
    properties: dict[str, Any] = dict(
        min_size=[],
        max_size=[],
        aspect_ratio=ratios,
        density=[float(d) for _, d in fixed],
        fixed_ratio=fixed_ratio,
        fixed_size=[float(s) for s, _ in fixed],
        variance=[0.1],
        flip=flip,
        clip=clip,
        scale_all_sizes=True,
        min_max_aspect_ratios_order=True,
        step=step,
        offset=0.5,
    )
    check_prior_box(properties, (2, 3), image)


def check_prior_box(properties: dict[str, Any], feature: tuple[int, int], image: tuple[int, int]) -> None:
    floats = ("min_size", "max_size", "aspect_ratio", "density", "fixed_ratio", "fixed_size", "variance")
    attributes = {k: np.array(v, np.float32) if k in floats else v for k, v in properties.items()}
    for name in ("step", "offset"):
        attributes[name] = np.float32(attributes[name])
    operand = {**properties, "feature": list(feature), "image": list(image)}
    [expected] = openvino(
        lambda: ov.opset8.prior_box(
            ov.opset8.constant(np.array(feature, np.int64)),
            ov.opset8.constant(np.array(image, np.int64)),
            attributes,
        ),
        [],
    )
    close(arhat(PriorBoxOp, [], operand), expected, rtol=1e-6, atol=1e-6)


@sweep(60)
@given(
    feature=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    image=st.tuples(st.integers(20, 90), st.integers(20, 90)),
    sizes=st.lists(st.tuples(st.floats(1, 60, width=32), st.floats(1, 60, width=32)), min_size=1, max_size=4),
    variance=st.sampled_from([[], [0.2], [0.1, 0.1, 0.2, 0.3]]),
    steps=st.sampled_from([(0.0, 0.0), (8.0, 8.0), (4.0, 6.5)]),
    offset=st.sampled_from([0.5, 0.25]),
    clip=st.booleans(),
)
def test_prior_box_clustered(
    feature: tuple[int, int],
    image: tuple[int, int],
    sizes: list[tuple[float, float]],
    variance: list[float],
    steps: tuple[float, float],
    offset: float,
    clip: bool,
) -> None:
    properties: dict[str, Any] = dict(
        width=[w for w, _ in sizes],
        height=[h for _, h in sizes],
        variance=variance,
        step_w=steps[0],
        step_h=steps[1],
        offset=offset,
        clip=clip,
    )
    attributes = {
        k: np.array(v, np.float32) if isinstance(v, list) else v if isinstance(v, bool) else np.float32(v)
        for k, v in properties.items()
    }
    for name, step in zip(("step_widths", "step_heights"), steps, strict=True):
        if step:
            attributes[name] = np.float32(step)
    actual = arhat(PriorBoxClusteredOp, [], {**properties, "feature": list(feature), "image": list(image)})
    [expected] = openvino(
        lambda: ov.opset1.prior_box_clustered(
            ov.opset8.constant(np.array(feature, np.int64)),
            ov.opset8.constant(np.array(image, np.int64)),
            attributes,
        ),
        [],
    )
    close(actual, expected, rtol=1e-6, atol=1e-6)


@sweep(40)
@given(
    images=st.integers(1, 2),
    coords=st.integers(4, 5),
    classes=st.integers(1, 4),
    regions=st.integers(1, 3),
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    softmax=st.booleans(),
    axes=st.sampled_from([(1, 3), (0, 3), (1, 2), (2, 3), (1, 1)]),
)
def test_region_yolo(
    images: int,
    coords: int,
    classes: int,
    regions: int,
    size: tuple[int, int],
    softmax: bool,
    axes: tuple[int, int],
) -> None:
    x = numbers(regions, images, regions * (coords + classes + 1), *size)
    properties: dict[str, Any] = dict(
        coords=coords,
        classes=classes,
        num=regions if softmax else 9,
        do_softmax=softmax,
        mask=list(range(regions)),
        axis=axes[0],
        end_axis=axes[1],
    )
    [expected] = openvino(lambda a: ov.opset1.region_yolo(a, **properties, anchors=[1.0] * 18), [x])
    close(arhat(RegionYoloOp, [x], {**properties, "anchors": [1.0] * 18}), expected)


def test_prior_box_that_writes_more_than_it_counts_is_refused() -> None:
    properties: dict[str, Any] = dict(
        feature=[1, 1], image=[10, 10], min_size=[4.0], max_size=[], aspect_ratio=[], density=[1.0],
        fixed_ratio=[], fixed_size=[4.0], variance=[], flip=False, clip=False, scale_all_sizes=True,
        min_max_aspect_ratios_order=True, step=0.0, offset=0.5,
    )  # fmt: skip
    with pytest.raises(VerifyException, match="boxes per cell"):
        arhat(PriorBoxOp, [], properties)


def test_corner_size_boxes() -> None:
    """OpenVINO has no such code type; this is Caffe's: offsets of the corners, in units of the prior's size."""
    priors = np.array([[0.1, 0.2, 0.5, 1.0]], np.float32)
    loc = np.array([[1, 2, -1, 0.5]], np.float32)
    variances = np.array([[0.1, 0.1, 0.2, 0.2]], np.float32)
    expected = np.array([[0.1 + 0.1 * 0.4, 0.2 + 0.2 * 0.8, 0.5 - 0.2 * 0.4, 1 + 0.1 * 0.8]], np.float32)
    close(decode_boxes(loc, priors, variances, code_type="corner_size"), expected)
    close(
        decode_boxes(loc, priors, None, code_type="corner_size", clip=True),
        np.array([[0.5, 1, 0.1, 1]], np.float32),
    )
