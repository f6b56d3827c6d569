"""Prior boxes, detection output and YOLO regions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from arhat.dialects.arhat.detection import distinct_ratios
from arhat.interpreters.meanings.activation import sigmoid
from arhat.interpreters.meanings.nn import softmax

Array = np.ndarray[Any, np.dtype[Any]]

_F = np.float32


def _floats(values: Sequence[float]) -> list[np.float32]:
    return [_F(value) for value in values]


def prior_box(
    *,
    feature: Sequence[int],
    image: Sequence[int],
    min_size: Sequence[float],
    max_size: Sequence[float],
    aspect_ratio: Sequence[float],
    density: Sequence[float],
    fixed_ratio: Sequence[float],
    fixed_size: Sequence[float],
    variance: Sequence[float],
    flip: bool,
    clip: bool,
    scale_all_sizes: bool,
    min_max_aspect_ratios_order: bool,
    step: float,
    offset: float,
) -> Array:
    """The prior boxes of a feature map and their variances, f32 [2, 4 * boxes]. Source: PriorBox-1, -8."""
    rows, columns = feature
    height, width = image
    half, one = _F(0.5), _F(1)
    ratios = _floats(distinct_ratios(tuple(aspect_ratio), flip))
    minimum, maximum = _floats(min_size), _floats(max_size)
    step_ = _F(step)
    if not scale_all_sizes:  # sizes and step are fractions of the image
        step_ = _F(height) / _F(rows) if step_ == -1 else step_ * _F(height)
        minimum = [size * _F(height) for size in minimum]
    w, h = np.arange(columns, dtype=_F), np.arange(rows, dtype=_F)
    if step_ == 0:
        center_x, center_y = (w + half) * (_F(width) / _F(columns)), (h + half) * (_F(height) / _F(rows))
    else:
        center_x, center_y = (_F(offset) + w) * step_, (_F(offset) + h) * step_
    inverse_w, inverse_h = one / _F(width), one / _F(height)

    boxes: list[Array] = []

    def put(x: Array, y: Array, half_w: np.float32, half_h: np.float32, limit: bool) -> None:
        box = np.empty((rows, columns, 4), _F)
        box[..., 0] = (x - half_w) * inverse_w
        box[..., 1] = ((y - half_h) * inverse_h)[:, None]
        box[..., 2] = (x + half_w) * inverse_w
        box[..., 3] = ((y + half_h) * inverse_h)[:, None]
        if limit:
            box[..., :2] = np.maximum(box[..., :2], 0)
            box[..., 2:] = np.minimum(box[..., 2:], 1)
        boxes.append(box)

    def put_dense(size: np.float32, count: int, half_w: np.float32, half_h: np.float32) -> None:
        shift = int(size) // count
        for r in range(count):
            for c in range(count):
                start = _F(int(size) // 2)
                x = center_x - start + _F(shift) / _F(2) + _F(c * shift)
                y = center_y - start + _F(shift) / _F(2) + _F(r * shift)
                put(x, y, half_w, half_h, True)

    def put_ratios(size: np.float32) -> None:
        for ratio in ratios:
            if abs(ratio - one) >= 1e-6:
                root = np.sqrt(ratio)
                put(center_x, center_y, size * half * root, size * half / root, False)

    for index, size in enumerate(_floats(fixed_size)):
        count = int(density[index])
        if fixed_ratio:
            for ratio in _floats(fixed_ratio):
                root = np.sqrt(ratio)
                put_dense(size, count, size * half * root, size * half / root)
        else:
            put_dense(size, count, _F(int(size)) * half, _F(int(size)) * half)
            for ratio in ratios:
                if abs(ratio - one) >= 1e-6:
                    root = np.sqrt(ratio)
                    put_dense(size, count, size * half * root, size * half / root)

    for index, size in enumerate(minimum):
        put(center_x, center_y, size * half, size * half, False)
        with_ratios = scale_all_sizes or index == len(minimum) - 1
        ratio_size = size if scale_all_sizes else minimum[0]
        if with_ratios and not min_max_aspect_ratios_order:
            put_ratios(ratio_size)
        if index < len(maximum):
            side = np.sqrt(size * maximum[index]) * half
            put(center_x, center_y, side, side, False)
        if with_ratios and min_max_aspect_ratios_order:
            put_ratios(ratio_size)

    result = np.stack(boxes, axis=2).reshape(-1)
    if clip:
        result = np.clip(result, 0, 1)
    return np.stack([result, _variances(variance, result.size)])


def _variances(variance: Sequence[float], size: int) -> Array:
    values = np.array(variance if len(variance) else [0.1], _F)
    return np.full(size, values[0]) if len(values) == 1 else np.tile(values, size // 4)


def prior_box_clustered(
    *,
    feature: Sequence[int],
    image: Sequence[int],
    width: Sequence[float],
    height: Sequence[float],
    variance: Sequence[float],
    step_w: float,
    step_h: float,
    offset: float,
    clip: bool,
) -> Array:
    """Prior boxes of given sizes and their variances, f32 [2, 4 * boxes]. Source: PriorBoxClustered-1."""
    rows, columns = feature
    image_h, image_w = _F(image[0]), _F(image[1])
    across, down = _F(step_w), _F(step_h)
    if across == 0 and down == 0:
        across, down = image_w / _F(columns), image_h / _F(rows)
    center_x = ((np.arange(columns, dtype=_F) + _F(offset)) * across)[None, :, None]
    center_y = ((np.arange(rows, dtype=_F) + _F(offset)) * down)[:, None, None]
    half_w, half_h = np.array(width, _F) / _F(2), np.array(height, _F) / _F(2)
    box = np.empty((rows, columns, len(half_w), 4), _F)
    box[..., 0] = (center_x - half_w) / image_w
    box[..., 1] = (center_y - half_h) / image_h
    box[..., 2] = (center_x + half_w) / image_w
    box[..., 3] = (center_y + half_h) / image_h
    result = box.reshape(-1)
    if clip:
        result = np.clip(result, 0, 1)
    return np.stack([result, _variances(variance, result.size)])


def decode_boxes(
    loc: Array, priors: Array, variances: Array | None, *, code_type: str, clip: bool = False
) -> Array:
    """Boxes [..., 4] (x0, y0, x1, y1) from their encoding `loc`, relative to `priors`; None: variances are in `loc`.

    Source: DetectionOutput-1, `code_type`.
    """
    delta = loc if variances is None else variances * loc
    if code_type == "corner":
        box = priors + delta
    else:
        size = priors[..., 2:] - priors[..., :2]
        if code_type == "corner_size":
            box = priors + delta * np.concatenate([size, size], axis=-1)
        else:
            center = (priors[..., :2] + priors[..., 2:]) / _F(2)
            middle = delta[..., :2] * size + center
            with np.errstate(over="ignore"):
                half = np.exp(delta[..., 2:]) * size / _F(2)
            box = np.concatenate([middle - half, middle + half], axis=-1)
    return np.clip(box, 0, 1) if clip else box


def suppress(boxes: Array, order: Array, threshold: np.float32) -> Array:
    """The part of `order` that greedy non-maximum suppression keeps: each box that overlaps no kept one too much.

    `boxes` f32 [P, 4], `order` box numbers, best first. Overlap is intersection over union; up to `threshold` is kept.
    """
    kept: list[int] = []
    sides = boxes[order]
    areas = (sides[:, 2] - sides[:, 0]) * (sides[:, 3] - sides[:, 1])
    rest = np.arange(len(order))
    while len(rest):
        first, rest = int(rest[0]), rest[1:]
        kept.append(first)
        if not len(rest):
            break
        best, others = sides[first], sides[rest]
        w = np.minimum(best[2], others[:, 2]) - np.maximum(best[0], others[:, 0])
        h = np.minimum(best[3], others[:, 3]) - np.maximum(best[1], others[:, 1])
        common = w * h
        with np.errstate(divide="ignore", invalid="ignore"):
            overlap = common / (areas[first] + areas[rest] - common)
        overlap = np.where((w > 0) & (h > 0), overlap, _F(0))
        rest = rest[overlap <= threshold]
    return order[kept]


def detection_output(
    loc: Array,
    conf: Array,
    priors: Array,
    aux_conf: Array | None = None,
    aux_loc: Array | None = None,
    *,
    num_classes: int,
    background_label_id: int,
    top_k: int,
    keep_top_k: Sequence[int],
    code_type: str,
    variance_encoded_in_target: bool,
    share_location: bool,
    nms_threshold: float,
    confidence_threshold: float,
    clip_before_nms: bool,
    clip_after_nms: bool,
    decrease_label_id: bool,
    normalized: bool,
    input_height: int,
    input_width: int,
    objectness_score: float,
) -> Array:
    """Detections [1, 1, K, 7]: image, label, confidence, x0, y0, x1, y1. Source: DetectionOutput-1 and -8.

    Equal confidences go by prior within a class (with `decrease_label_id` by label, then prior); where
    `keep_top_k` cuts, by prior and then by label (OpenVINO leaves the labels of one prior in no particular
    order). All arithmetic is f32.
    """
    images, size = loc.shape[0], 4 if normalized else 5
    count = priors.shape[2] // size
    sets = 1 if share_location else num_classes
    boxes_of = loc.astype(_F, copy=False).reshape(images, count, sets, 4)
    scores_of = conf.astype(_F, copy=False).reshape(images, count, num_classes)
    priors = priors.astype(_F, copy=False)
    threshold, overlap = _F(confidence_threshold), _F(nms_threshold)
    limit = num_classes * (top_k if top_k > 0 else count)
    capacity = images * (keep_top_k[0] if keep_top_k[0] > 0 else limit)
    found: list[Array] = []
    for image in range(images):
        row = priors[image if len(priors) > 1 else 0]
        prior = row[0].reshape(count, size)[:, size - 4 :]
        scale = np.array([input_width, input_height, input_width, input_height], _F)
        if not normalized:
            prior = prior / scale
        variances = None if variance_encoded_in_target else row[1, : count * 4].reshape(count, 1, 4)
        prior = prior[:, None, :]
        scores = scores_of[image]
        if aux_conf is not None and aux_loc is not None:
            objectness = aux_conf[image].astype(_F, copy=False).reshape(count, 2)[:, 1]
            refined = aux_loc[image].astype(_F, copy=False).reshape(count, sets, 4)
            prior = decode_boxes(refined, prior, variances, code_type=code_type, clip=clip_before_nms)
            if not normalized:  # as OpenVINO does, which normalises refined priors like given ones
                prior = prior / scale
            scores = scores.copy()
            weak = objectness < _F(objectness_score)
            scores[weak] = 0
            if background_label_id >= 0:
                scores[weak, background_label_id] = 1
        if not normalized:  # a prior of image -1 ends the list
            listed = row[0].reshape(count, size)[:, 0] != -1
            scores = np.where(np.logical_and.accumulate(listed)[:, None], scores, _F(-np.inf))
        boxes = decode_boxes(boxes_of[image], prior, variances, code_type=code_type, clip=clip_before_nms)
        pick = _best_class_nms if decrease_label_id else _class_nms
        labels, members = pick(boxes, scores, background_label_id, top_k, threshold, overlap)
        confidences = scores[members, labels]
        if keep_top_k[0] > -1 and len(members) > keep_top_k[0]:
            best = np.lexsort((labels, members, -confidences))[: keep_top_k[0]]
            best = best[np.argsort(labels[best], kind="stable")]
            labels, members, confidences = labels[best], members[best], confidences[best]
        chosen = boxes[members, np.zeros_like(labels) if share_location else labels]
        if clip_after_nms:
            chosen = np.clip(chosen, 0, 1)
        rows = np.empty((len(members), 7), _F)
        rows[:, 0] = image
        rows[:, 1] = labels - 1 if decrease_label_id else labels
        rows[:, 2] = confidences
        rows[:, 3:] = chosen
        found.append(rows)
    detections = np.concatenate(found)[:capacity]
    result = np.zeros((capacity, 7), _F)
    result[: len(detections)] = detections
    if len(detections) < capacity:
        result[len(detections), 0] = -1
    return result.reshape(1, 1, capacity, 7).astype(loc.dtype, copy=False)


def _class_nms(
    boxes: Array, scores: Array, background: int, top_k: int, threshold: np.float32, overlap: np.float32
) -> tuple[Array, Array]:
    """Suppression within each class, over all boxes whose score of that class is high enough."""
    labels: list[Array] = []
    members: list[Array] = []
    for label in range(scores.shape[1]):
        if label == background:
            continue
        score = scores[:, label]
        candidates = np.flatnonzero(score > threshold)
        order = candidates[np.argsort(-score[candidates], kind="stable")]
        order = order[:top_k] if top_k > -1 else order
        if len(order):
            kept = suppress(boxes[:, label if boxes.shape[1] > 1 else 0], order, overlap)
            labels.append(np.full(len(kept), label, np.int64))
            members.append(kept)
    empty = np.empty(0, np.int64)
    return np.concatenate([empty, *labels]), np.concatenate([empty, *members])


def _best_class_nms(
    boxes: Array, scores: Array, _background: int, top_k: int, threshold: np.float32, overlap: np.float32
) -> tuple[Array, Array]:
    """Each box stands for its best class only, if that reaches the threshold; the best `top_k` are suppressed."""
    empty = np.empty(0, np.int64)
    if scores.shape[1] == 1:
        return empty, empty
    best = 1 + np.argmax(scores[:, 1:], axis=1)
    score = scores[np.arange(len(best)), best]
    candidates = np.flatnonzero(score >= threshold)
    order = candidates[np.lexsort((candidates, best[candidates], -score[candidates]))]
    order = order[:top_k] if top_k > -1 else order
    labels: list[Array] = []
    members: list[Array] = []
    for label in np.unique(best[order]):
        within = order[best[order] == label]
        kept = suppress(boxes[:, label if boxes.shape[1] > 1 else 0], within, overlap)
        labels.append(np.full(len(kept), label, np.int64))
        members.append(kept)
    return np.concatenate([empty, *labels]), np.concatenate([empty, *members])


def region_yolo(
    x: Array,
    *,
    coords: int,
    classes: int,
    num: int,
    do_softmax: bool,
    mask: Sequence[int],
    anchors: Sequence[float] = (),
    axis: int,
    end_axis: int,
) -> Array:
    """Sigmoid of positions and objectness, sigmoid or softmax of classes. Source: RegionYolo-1.

    `x` [N, regions * (coords + 1 + classes), H, W]; anchors do not enter the values.
    """
    images, _, height, width = x.shape
    regions = num if do_softmax else len(mask)
    y = x.reshape(images, regions, coords + 1 + classes, height, width).copy()
    y[:, :, :2] = sigmoid(y[:, :, :2])
    if do_softmax:
        y[:, :, coords] = sigmoid(y[:, :, coords])
        y[:, :, coords + 1 :] = softmax(y[:, :, coords + 1 :], axis=2)
        return y.reshape(*x.shape[:axis], -1, *x.shape[end_axis + 1 :])
    y[:, :, coords:] = sigmoid(y[:, :, coords:])
    return y.reshape(x.shape)
