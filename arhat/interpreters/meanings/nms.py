"""Suppression of overlapping boxes, and other results whose length depends on data."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from arhat.dialects.arhat.nms import selected_per_image

Array = np.ndarray[Any, np.dtype[Any]]

_F = np.float32


def corners(boxes: Array, box_encoding: str) -> Array:
    """Boxes [..., 4] of either encoding as y0, x0, y1, x1 with y0 <= y1 and x0 <= x1."""
    a, b, c, d = np.moveaxis(boxes.astype(_F, copy=False), -1, 0)
    if box_encoding == "corner":
        sides = [np.minimum(a, c), np.minimum(b, d), np.maximum(a, c), np.maximum(b, d)]
    else:
        half_w, half_h = c / _F(2), d / _F(2)
        sides = [b - half_h, a - half_w, b + half_h, a + half_w]
    return np.stack(sides, axis=-1)


def overlap(box: Array, others: Array) -> Array:
    """Intersection over union of a box (y0, x0, y1, x1) and others [n, 4]; not a number where both are empty."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        down = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
        across = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
        common = np.maximum(down, _F(0)) * np.maximum(across, _F(0))
        area = (box[2] - box[0]) * (box[3] - box[1])
        areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
        return common / (area + areas - common)


def non_max_suppression(
    boxes: Array,
    scores: Array,
    *,
    max_output_boxes: int,
    iou_threshold: float,
    score_threshold: float,
    soft_nms_sigma: float,
    box_encoding: str,
    sort_result_descending: bool,
    index_type: str,
) -> tuple[Array, Array, Array]:
    """The best boxes of each class that overlap no better one. Source: NonMaxSuppression-9, as OpenVINO's CPU computes.

    Candidates score above `score_threshold`; one whose overlap with a chosen box reaches `iou_threshold` is dropped.
    With `soft_nms_sigma` none is dropped by overlap, but each chosen box lowers the scores of those that overlap it.
    Equal scores go by box, in sorted results by image, class, box. Two empty boxes do not overlap, even where the
    threshold is 0 (OpenVINO divides 0 by 0, which with `soft_nms_sigma` makes scores that are not numbers).
    """
    images, classes, count = scores.shape
    most = min(max_output_boxes, count)
    rows: list[tuple[int, int, int, np.float32]] = []
    for image in range(images):
        sides = corners(boxes[image], box_encoding)
        for label in range(classes):
            score = scores[image, label].astype(_F, copy=False)
            candidates = np.flatnonzero(score > _F(score_threshold))
            if soft_nms_sigma > 0:
                chosen = _soft(sides, score, candidates, most, _F(score_threshold), _F(soft_nms_sigma))
            else:
                order = candidates[np.argsort(-score[candidates], kind="stable")]
                chosen = [(i, score[i]) for i in _hard(sides, order, most, _F(iou_threshold))]
            rows += [(image, label, index, value) for index, value in chosen]
    if sort_result_descending:
        rows.sort(key=lambda row: (-row[3], row[:3]))
    index = np.dtype(index_type.replace("i", "int"))
    indices = np.full((images * classes * most, 3), -1, index)
    selected = np.full((images * classes * most, 3), -1, boxes.dtype)
    if rows:
        indices[: len(rows)] = [row[:3] for row in rows]
        selected[: len(rows)] = [(row[0], row[1], row[3]) for row in rows]
    return indices, selected, np.array([len(rows)], index)


def _hard(sides: Array, order: Array, most: int, threshold: np.float32) -> list[int]:
    alive = np.ones(len(order), np.bool_)
    kept: list[int] = []
    for place, index in enumerate(order.tolist()):
        if not alive[place]:
            continue
        kept.append(index)
        if len(kept) == most:
            break
        alive[place + 1 :] &= ~(overlap(sides[index], sides[order[place + 1 :]]) >= threshold)
    return kept


def _soft(
    sides: Array, score: Array, candidates: Array, most: int, threshold: np.float32, sigma: np.float32
) -> list[tuple[int, np.float32]]:
    """A candidate whose score was lowered since it was put in line is put in line again."""
    scale = _F(-0.5) / sigma
    line = [(-score[i], int(i), 0) for i in candidates]
    heapq.heapify(line)
    kept: list[tuple[int, np.float32]] = []
    while line and len(kept) < most:
        negative, index, begin = heapq.heappop(line)
        value = before = -negative
        for other, _ in reversed(kept[begin:]):
            ratio = overlap(sides[index], sides[other : other + 1])[0]
            if not np.isnan(ratio):
                value = value * np.exp(scale * ratio * ratio)
            if value <= threshold:
                break
        if value <= threshold:
            continue
        if value == before:
            kept.append((index, _F(value)))
        else:
            heapq.heappush(line, (-value, index, len(kept)))
    return kept


def non_zero(x: Array, *, index_type: str) -> tuple[Array, Array]:
    """Positions [rank, elements of x] of what is not zero, then -1, and how many there are. Source: NonZero-3."""
    index = np.dtype(index_type.replace("i", "int"))
    found = np.stack(np.nonzero(x)) if x.ndim else np.zeros((0, int(x != 0)), index)
    positions = np.full((x.ndim, x.size), -1, index)
    positions[:, : found.shape[1]] = found
    return positions, np.array([found.shape[1]], index)


_Row = tuple[int, int, int, float]
"""Image, class, box, score."""


def _ordered(rows: list[_Row], sort_result_type: str, across: bool) -> list[_Row]:
    """Rows in the order of the results; equal scores go by image, class, box."""
    if across and sort_result_type == "score":
        return sorted(rows, key=lambda row: (-row[3], *row[:3]))
    if across and sort_result_type == "class":
        return sorted(rows, key=lambda row: (row[1], row[0], -row[3], row[2]))
    if sort_result_type == "class":
        return sorted(rows, key=lambda row: (row[0], row[1], -row[3], row[2]))
    return rows


def _selected(
    rows: list[list[_Row]],
    boxes: Array,
    capacity: int,
    *,
    sort_result_type: str,
    sort_result_across_batch: bool,
    keep_top_k: int,
    index_type: str,
) -> tuple[Array, Array, Array]:
    """The results of what was found in each image."""
    best = [sorted(found, key=lambda row: (-row[3], *row[:3])) for found in rows]
    best = [found if keep_top_k < 0 else found[:keep_top_k] for found in best]
    index = np.dtype(index_type.replace("i", "int"))
    outputs = np.full((capacity, 6), -1, boxes.dtype)
    indices = np.full((capacity, 1), -1, index)
    ordered = _ordered([row for found in best for row in found], sort_result_type, sort_result_across_batch)
    for place, (image, label, box, score) in enumerate(ordered):
        outputs[place] = [label, score, *boxes[image, box]]
        indices[place] = image * boxes.shape[1] + box
    return outputs, indices, np.array([len(found) for found in best], index)


def multiclass_nms(
    boxes: Array,
    scores: Array,
    *,
    sort_result_type: str,
    sort_result_across_batch: bool,
    score_threshold: float,
    nms_top_k: int,
    keep_top_k: int,
    background_class: int,
    normalized: bool,
    index_type: str,
    iou_threshold: float,
    nms_eta: float,
) -> tuple[Array, Array, Array]:
    """The best boxes of all classes that overlap no better one of theirs. Source: MulticlassNms-9, as OpenVINO's CPU.

    Of the `nms_top_k` best candidates of a class, with a score of at least `score_threshold`, those are kept whose
    overlap with all kept ones is below the threshold; then the `keep_top_k` best of an image.
    """
    images, classes, count = scores.shape
    most = count if nms_top_k < 0 else min(nms_top_k, count)
    rows: list[list[_Row]] = [[] for _ in range(images)]
    sides = boxes.astype(_F, copy=False)
    for image in range(images):
        for label in range(classes):
            if label == background_class:
                continue
            score = scores[image, label].astype(_F, copy=False)
            candidates = np.flatnonzero(score >= _F(score_threshold))
            order = candidates[np.argsort(-score[candidates], kind="stable")][:most]
            limit, kept = _F(iou_threshold), list[int]()
            for index in order.tolist():
                ratio = _inclusive(sides[image, index], sides[image, kept], normalized)
                if (ratio >= limit).any():
                    continue
                if 0 <= nms_eta < 1 and limit > _F(0.5):
                    limit = limit * _F(nms_eta)
                kept.append(index)
            rows[image] += [(image, label, index, float(score[index])) for index in kept]
    capacity = images * selected_per_image(classes, count, nms_top_k, keep_top_k, background_class)
    return _selected(
        rows,
        boxes,
        capacity,
        sort_result_type=sort_result_type,
        sort_result_across_batch=sort_result_across_batch,
        keep_top_k=keep_top_k,
        index_type=index_type,
    )


def _inclusive(box: Array, others: Array, normalized: bool) -> Array:
    """Intersection over union; sides of boxes that are not normalised are one longer. 0 where a box is empty."""
    one, zero = _F(0 if normalized else 1), _F(0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        first = np.maximum(np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0]) + one, zero)
        second = np.maximum(np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1]) + one, zero)
        area = (box[2] - box[0] + one) * (box[3] - box[1] + one)
        areas = (others[:, 2] - others[:, 0] + one) * (others[:, 3] - others[:, 1] + one)
        ratio = first * second / (area + areas - first * second)
    return np.where((area > 0) & (areas > 0), ratio, zero)


def matrix_nms(
    boxes: Array,
    scores: Array,
    *,
    sort_result_type: str,
    sort_result_across_batch: bool,
    score_threshold: float,
    nms_top_k: int,
    keep_top_k: int,
    background_class: int,
    normalized: bool,
    index_type: str,
    decay_function: str,
    gaussian_sigma: float,
    post_threshold: float,
) -> tuple[Array, Array, Array]:
    """Lowers scores by the overlap with better boxes. Source: MatrixNms-8, as OpenVINO's CPU computes.

    Candidates score above `score_threshold`, equal scores go by box. A box is judged by each better one, in relation to
    how much that one is overlapped itself. By class, results are sorted across images only, as in OpenVINO.
    """
    images, classes, count = scores.shape
    most = count if nms_top_k < 0 else min(nms_top_k, count)
    rows: list[list[_Row]] = [[] for _ in range(images)]
    for image in range(images):
        for label in range(classes):
            if label == background_class:
                continue
            score = scores[image, label].astype(_F, copy=False)
            candidates = np.flatnonzero(score > _F(score_threshold))
            order = candidates[np.argsort(-score[candidates], kind="stable")][:most]
            sides = boxes[image, order].astype(_F, copy=False)
            largest = np.zeros(len(order), _F)
            for place, index in enumerate(order.tolist()):
                ratio = _touching(sides[place], sides[:place], normalized)
                largest[place] = max(ratio.max(initial=0), 0)
                before = largest[:place]
                with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
                    if decay_function == "linear":
                        decay = (
                            (1.0 - ratio.astype(np.float64)) / (1.0 - before + np.float64(_F(1e-10)))
                        ).astype(_F)
                    else:
                        decay = np.exp((before * before - ratio * ratio) * _F(gaussian_sigma))
                    value = min(_F(1), decay.min(initial=_F(1))) * score[index]
                if value > _F(post_threshold):
                    rows[image].append((image, label, index, float(value)))
    capacity = images * selected_per_image(classes, count, nms_top_k, keep_top_k, background_class)
    return _selected(
        rows,
        boxes,
        capacity,
        sort_result_type=sort_result_type if sort_result_across_batch else "none",
        sort_result_across_batch=sort_result_across_batch,
        keep_top_k=keep_top_k,
        index_type=index_type,
    )


def _touching(box: Array, others: Array, normalized: bool) -> Array:
    """Intersection over union of boxes that touch, else 0; sides of boxes that are not normalised are one longer."""
    one = _F(0 if normalized else 1)

    def area(b: Array) -> Array:
        size = (b[..., 2] - b[..., 0] + one) * (b[..., 3] - b[..., 1] + one)
        return np.where((b[..., 2] < b[..., 0]) | (b[..., 3] < b[..., 1]), _F(0), size)

    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        first = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0]) + one
        second = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1]) + one
        ratio = first * second / (area(box) + area(others) - first * second)
    apart = (
        (others[:, 0] > box[2]) | (others[:, 2] < box[0]) | (others[:, 1] > box[3]) | (others[:, 3] < box[1])
    )
    return np.where(apart, _F(0), ratio)
