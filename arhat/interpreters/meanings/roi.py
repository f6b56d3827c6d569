"""Proposals of boxes, and pooling of the features inside boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

_F = np.float32

MAX_SAMPLES = 4096
"""Samples along one side of a cell of `roi_align`; only a box of absurd size would want more."""


def proposal_anchors(
    *, base_size: int, ratio: Sequence[float], scale: Sequence[float], framework: str
) -> Array:
    """The boxes around each cell, f32 [ratios * scales, 4]: x0, y0, x1, y1. Source: Proposal-4, as OpenVINO rounds.

    `tensorflow` centres them on the cell's corner and leaves the sides fractional; otherwise sides are whole pixels,
    counted inclusively.
    """
    tensorflow = framework == "tensorflow"
    offset, half = _F(0.0 if tensorflow else 1.0), _F(0.5)
    base = _F(base_size)
    area, center = _F(base_size * base_size), half * (base - offset)
    boxes: list[list[np.float32]] = []
    for value in map(_F, ratio):
        width = np.sqrt(area / value)
        if not tensorflow:
            width = np.floor(width + half)
        height = width * value
        if not tensorflow:
            height = np.floor(height + half)
        for size in map(_F, scale):
            x, y = half * (width * size - offset), half * (height * size - offset)
            box = [center - x, center - y, center + x, center + y]
            boxes.append([side - base * half for side in box] if tensorflow else box)
    return np.array(boxes, _F)


def proposal(
    scores: Array,
    deltas: Array,
    image_info: Array,
    *,
    base_size: int,
    pre_nms_topn: int,
    post_nms_topn: int,
    nms_thresh: float,
    feat_stride: int,
    min_size: int,
    ratio: Sequence[float],
    scale: Sequence[float],
    clip_before_nms: bool,
    clip_after_nms: bool,
    normalize: bool,
    box_size_scale: float,
    box_coordinate_scale: float,
    framework: str,
) -> tuple[Array, Array]:
    """The best boxes [N * post_nms_topn, 5] and their scores. Source: Proposal-1 and -4, as OpenVINO's CPU computes.

    Equal scores go by cell (row, then column) and then by anchor; OpenVINO sorts them in no particular order. A score
    that is not a number counts as the lowest. Boxes smaller than `min_size` score 0. Rows behind the last box: -1 and
    zeros in the first free one, zeros in the others; scores there are zero. All arithmetic is f32.
    """
    tensorflow = framework == "tensorflow"
    anchors = proposal_anchors(base_size=base_size, ratio=ratio, scale=scale, framework=framework)
    images, _, rows, columns = scores.shape
    count, half, offset = len(anchors), _F(0.5), _F(0.0 if tensorflow else 1.0)
    info = image_info.astype(_F, copy=False)
    height, width = (info[1], info[0]) if tensorflow else (info[0], info[1])
    scale_h, scale_w = info[2], info[3 if len(info) == 4 else 2]
    least_h, least_w = _F(min_size) * scale_h, _F(min_size) * scale_w
    limit = np.array([width, height, width, height], _F)[:, None, None, None]
    down = np.arange(rows, dtype=_F)[:, None] * _F(feat_stride)
    across = np.arange(columns, dtype=_F)[None, :] * _F(feat_stride)
    x, y = np.broadcast_arrays(*((down, across) if tensorflow else (across, down)))
    cells = np.stack([x, y, x, y])[..., None] + anchors.T[:, None, None, :]  # [4, rows, columns, anchors]
    if tensorflow:
        cells = _clip(cells, limit)
    result = np.zeros((images, post_nms_topn, 5), _F)
    probabilities = np.zeros((images, post_nms_topn), _F)
    for image in range(images):
        # [rows, columns, anchors], the order that equal scores are taken in
        score: Array = scores[image, count:].astype(_F, copy=False).transpose(1, 2, 0)
        delta: Array = deltas[image].astype(_F, copy=False).reshape(count, 4, rows, columns)
        delta = delta.transpose(1, 2, 3, 0)
        with np.errstate(over="ignore", invalid="ignore"):
            side = cells[2:] - cells[:2] + offset  # width and height
            center = delta[:2] / _F(box_coordinate_scale) * side + (cells[:2] + half * side)
            side = np.exp(delta[2:] / _F(box_size_scale)) * side
            boxes = np.concatenate([center - half * side, center + half * side])
            if clip_before_nms:
                boxes = _clip(boxes, limit - offset)
            large = boxes[2:] - boxes[:2] + offset >= np.array([least_w, least_h], _F)[:, None, None, None]
            score = np.where(large.all(axis=0), score, score * _F(0)).reshape(-1)
        boxes = boxes.reshape(4, -1)
        order = np.argsort(-np.where(np.isnan(score), _F(-np.inf), score), kind="stable")[:pre_nms_topn]
        kept = _suppress(boxes[:, order], _F(nms_thresh), post_nms_topn, offset)
        chosen = boxes[:, order[kept]]
        if clip_after_nms:
            chosen = _clip(chosen, limit[:, :, 0, 0])
        if normalize:
            with np.errstate(divide="ignore", invalid="ignore"):
                chosen = chosen / limit[:, :, 0, 0]
        result[image, : len(kept), 0] = image
        result[image, : len(kept), 1:] = chosen.T
        probabilities[image, : len(kept)] = score[order[kept]]
        if len(kept) < post_nms_topn:
            result[image, len(kept), 0] = -1
    element = scores.dtype
    return result.reshape(-1, 5).astype(element, copy=False), probabilities.reshape(-1).astype(
        element, copy=False
    )


def _clip(boxes: Array, limit: Array) -> Array:
    return np.maximum(_F(0), np.minimum(boxes, limit))


def _suppress(boxes: Array, threshold: np.float32, most: int, offset: np.float32) -> list[int]:
    """Of boxes [4, n], best first, those that overlap no better one by more than `threshold`; at most `most`."""
    x0, y0, x1, y1 = boxes
    with np.errstate(over="ignore", invalid="ignore"):
        area = (x1 - x0 + offset) * (y1 - y0 + offset)
    dead = np.zeros(boxes.shape[1], np.bool_)
    kept: list[int] = []
    for index in range(boxes.shape[1]):
        if dead[index]:
            continue
        kept.append(index)
        if len(kept) == most:
            break
        rest = slice(index + 1, None)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            across = np.minimum(x1[index], x1[rest]) - np.maximum(x0[index], x0[rest]) + offset
            down = np.minimum(y1[index], y1[rest]) - np.maximum(y0[index], y0[rest]) + offset
            common = np.maximum(_F(0), across) * np.maximum(_F(0), down)
            ratio = common / (area[index] + area[rest] - common)
        meet = (x0[index] <= x1[rest]) & (y0[index] <= y1[rest])
        meet &= (x0[rest] <= x1[index]) & (y0[rest] <= y1[index])
        dead[rest] |= meet & (threshold < ratio)
    return kept


def _listed(batch: Array, images: int) -> Iterator[tuple[int, int]]:
    """Place and image of each box up to the first of image -1; those of an image that is not there are left out."""
    for place, value in enumerate(batch.tolist()):
        image = int(value) if math.isfinite(value) else images
        if image == -1:
            return
        if 0 <= image < images:
            yield place, image


def _bilinear(x: Array, ys: Array, xs: Array) -> Array:
    """Samples [C, *] of `x` [C, H, W] at positions that lie inside it, rows interpolated before columns."""
    top, left = np.floor(ys).astype(np.int64), np.floor(xs).astype(np.int64)
    bottom = np.minimum(np.ceil(ys).astype(np.int64), x.shape[1] - 1)
    right = np.minimum(np.ceil(xs).astype(np.int64), x.shape[2] - 1)
    across, down = (xs - left).astype(_F), (ys - top).astype(_F)
    upper = x[:, top, left] + (x[:, top, right] - x[:, top, left]) * across
    lower = x[:, bottom, left] + (x[:, bottom, right] - x[:, bottom, left]) * across
    return upper + (lower - upper) * down


def _rounded(value: np.float32) -> int:
    """Half away from zero; what is not a number counts as 0, and what is large as 2^30."""
    if math.isnan(value):
        return 0
    size = min(abs(float(value)), float(1 << 30))
    return int(math.copysign(math.floor(size) + (size % 1 >= 0.5), value))


def roi_pooling(x: Array, rois: Array, *, pooled: Sequence[int], spatial_scale: float, method: str) -> Array:
    """Boxes of `x` [N, C, H, W] in `pooled` cells: [R, C, *pooled]. Source: ROIPooling-2, as OpenVINO's CPU computes.

    Zero for boxes from the first of image -1 on, for those of an image that is not there, for cells without pixels
    (`max`) and for samples outside of the features (`bilinear`).
    """
    images, channels, height, width = x.shape
    rows, columns = pooled
    result = np.zeros((len(rois), channels, rows, columns), x.dtype)
    rois = rois.astype(_F, copy=False)
    for place, image in _listed(rois[:, 0], images):
        x0, y0, x1, y1 = rois[place, 1:]
        if method == "max":
            scale = _F(spatial_scale)
            left, top, right, bottom = (_rounded(side * scale) for side in (x0, y0, x1, y1))
            down, across = max(bottom - top + 1, 1), max(right - left + 1, 1)
            for row in range(rows):
                first = min(max(row * down // rows + top, 0), height)
                last = min(max(-(-(row + 1) * down // rows) + top, 0), height)
                for column in range(columns):
                    start = min(max(column * across // columns + left, 0), width)
                    stop = min(max(-(-(column + 1) * across // columns) + left, 0), width)
                    if last > first and stop > start:
                        result[place, :, row, column] = x[image, :, first:last, start:stop].max(axis=(1, 2))
            continue
        ys, xs = _spread(y0, y1, rows, height), _spread(x0, x1, columns, width)
        with np.errstate(invalid="ignore"):
            inside = ((ys >= 0) & (ys <= height - 1))[:, None] & ((xs >= 0) & (xs <= width - 1))[None, :]
        at_rows, at_columns = np.nonzero(inside)
        result[place, :, at_rows, at_columns] = _bilinear(x[image], ys[at_rows], xs[at_columns]).T
    return result


def _spread(start: np.float32, end: np.float32, count: int, size: int) -> Array:
    """`count` positions from `start` to `end`, which are fractions of an axis of `size`; one stands in the middle."""
    last = _F(size - 1)
    if count == 1:
        return np.array([_F(0.5) * (start + end) * last], _F)
    step = (end - start) * last / _F(count - 1)
    with np.errstate(invalid="ignore", over="ignore"):
        positions = np.arange(count, dtype=_F) * step + start * last
    positions[-1] = end * last
    return positions


def psroi_pooling(
    x: Array,
    rois: Array,
    *,
    output_dim: int,
    group_size: int,
    spatial_scale: float,
    mode: str,
    bins: Sequence[int],
) -> Array:
    """Boxes of `x` in `group_size` x `group_size` cells. Source: PSROIPooling-1, as OpenVINO's CPU computes.

    Zero where `roi_pooling` is. `bilinear` divides by all samples, those outside of the features included.
    """
    images, _, height, width = x.shape
    result = np.zeros((len(rois), output_dim, group_size, group_size), x.dtype)
    rois = rois.astype(_F, copy=False)
    scale, cells = _F(spatial_scale), np.arange(group_size, dtype=_F)
    for place, image in _listed(rois[:, 0], images):
        x0, y0, x1, y1 = rois[place, 1:]
        if mode == "average":
            grouped = x[image].reshape(output_dim, group_size, group_size, height, width)
            left, top = _F(_rounded(x0)) * scale, _F(_rounded(y0)) * scale
            right, bottom = _F(_rounded(x1 + _F(1))) * scale, _F(_rounded(y1 + _F(1))) * scale
            across = max(right - left, _F(0.1)) / _F(group_size)
            down = max(bottom - top, _F(0.1)) / _F(group_size)
            first, last = np.floor(cells * down + top), np.ceil((cells + _F(1)) * down + top)
            start, stop = np.floor(cells * across + left), np.ceil((cells + _F(1)) * across + left)
            rows = np.clip(np.stack([first, last], 1), 0, height).astype(np.int64)
            columns = np.clip(np.stack([start, stop], 1), 0, width).astype(np.int64)
            for row, (a, b) in enumerate(rows):
                for column, (c, d) in enumerate(columns):
                    if b > a and d > c:
                        area = grouped[:, row, column, a:b, c:d]
                        result[place, :, row, column] = area.sum(axis=(1, 2)) / _F((b - a) * (d - c))
            continue
        left, top, right, bottom = x0 * scale, y0 * scale, x1 * scale, y1 * scale
        total = np.zeros((output_dim, group_size, group_size), _F)
        binned = x[image].reshape(*bins, output_dim, height, width)
        for down in range(bins[0]):
            ys = _bin_positions(top, bottom - top, down, bins[0], group_size, height)
            for across in range(bins[1]):
                xs = _bin_positions(left, right - left, across, bins[1], group_size, width)
                with np.errstate(invalid="ignore"):
                    inside = ((ys >= 0) & (ys <= height - 1))[:, None]
                    inside = inside & ((xs >= 0) & (xs <= width - 1))[None, :]
                at_rows, at_columns = np.nonzero(inside)
                samples = _bilinear(binned[down, across], ys[at_rows], xs[at_columns])
                total[:, at_rows, at_columns] += samples
        result[place] = total / _F(bins[0] * bins[1])
    return result


def _bin_positions(start: np.float32, side: np.float32, bin: int, bins: int, count: int, size: int) -> Array:
    """Where the cells of one spatial bin are sampled along an axis of `size`."""
    low = start + _F(bin) * (side / _F(bins))
    high = start + _F(bin + 1) * (side / _F(bins))
    last = _F(size - 1)
    if count == 1:
        return np.array([_F(0.5) * (low + high) * last], _F)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.arange(count, dtype=_F) * ((high - low) * last / _F(count - 1)) + low * last


def roi_align(
    x: Array,
    rois: Array,
    batch: Array,
    *,
    pooled: Sequence[int],
    sampling_ratio: int,
    spatial_scale: float,
    mode: str,
    aligned_mode: str,
) -> Array:
    """Mean or maximum of bilinear samples in the cells of boxes. Source: ROIAlign-9, as OpenVINO's CPU computes.

    A sample more than one pixel outside of the features counts as 0; nearer ones take the value of the edge. As in
    OpenVINO, a maximum is never below 0. Without samples (a box of negative size) the result is 0.
    """
    images, channels, height, width = x.shape
    rows, columns = pooled
    result = np.zeros((len(rois), channels, rows, columns), x.dtype)
    rois = rois.astype(_F, copy=False)
    before = _F(0.5 if aligned_mode == "half_pixel" else 0.0)
    after = _F(0.0 if aligned_mode == "asymmetric" else -0.5)
    for place, image in _listed(batch, images):
        x0, y0, x1, y1 = (rois[place] + before) * _F(spatial_scale) + after
        across, down = x1 - x0, y1 - y0
        if aligned_mode == "asymmetric":
            across, down = max(across, _F(1)), max(down, _F(1))
        ys, row_pairs, row_weights = _align(y0, down, rows, sampling_ratio, height)
        xs, column_pairs, column_weights = _align(x0, across, columns, sampling_ratio, width)
        if ys == 0 or xs == 0:
            continue
        samples = np.zeros((channels, rows * ys, columns * xs), _F)
        for i in range(2):
            for k in range(2):
                weights = row_weights[i][:, None] * column_weights[k][None, :]
                samples += x[image][:, row_pairs[i][:, None], column_pairs[k][None, :]] * weights
        cells = samples.reshape(channels, rows, ys, columns, xs)
        if mode == "max":
            result[place] = np.maximum(cells.max(axis=(2, 4)), _F(0))
        else:
            result[place] = cells.sum(axis=(2, 4)) * (_F(1) / _F(ys * xs))
    return result


def _align(
    start: np.float32, side: np.float32, count: int, ratio: int, size: int
) -> tuple[int, tuple[Array, Array], tuple[Array, Array]]:
    """Samples of each cell along one axis; for all samples, the two pixels they lie between and their weights."""
    cell = side / _F(count)
    samples = ratio or (int(np.clip(np.ceil(cell), 0, MAX_SAMPLES)) if math.isfinite(cell) else 0)
    if samples == 0:
        return 0, (np.empty(0), np.empty(0)), (np.empty(0), np.empty(0))
    step = cell / _F(samples)
    cells, inner = np.arange(count, dtype=_F)[:, None], np.arange(samples, dtype=_F)[None, :]
    at = (start + cells * cell + step * (_F(0.5) + inner)).reshape(-1)
    outside = ~((at >= -1) & (at <= size))
    at = np.maximum(np.where(outside, _F(0), at), _F(0))
    low = np.minimum(at.astype(np.int64), size - 1)
    high = np.minimum(low + 1, size - 1)
    part = np.where(low == size - 1, _F(0), at - low.astype(_F)).astype(_F)
    zero = _F(0)
    weights = np.where(outside, zero, _F(1) - part), np.where(outside, zero, part)
    return samples, (low, high), weights
