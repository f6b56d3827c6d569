"""Suppression of overlapping boxes, and other results whose length depends on data."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

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
