"""Scratch memory of the kernel library: the same formulas as in its headers, which tests compare."""

from __future__ import annotations

from math import ceil, prod
from typing import cast

import numpy as np
from xdsl.ir import Attribute

from arhat.dialects.arhat.base import python_value
from arhat.dialects.cpu import PANEL, RecurrentOp
from arhat.dialects.kernel import (
    DetectionOutputOp,
    InterpolateOp,
    MatrixNmsOp,
    MulticlassNmsOp,
    NonMaxSuppressionOp,
    ProposalOp,
    ResampleOp,
    ScatterElementsUpdateOp,
    shape_of,
)

DETECTION = 12
"""Bytes of the kernel's `Detection`: score, prior, label."""
TAP = 8
"""Bytes of the kernel's `Tap`: index and weight."""


def _rounded(size: int) -> int:
    return -(-size // 64) * 64


def _number(attr: Attribute | None) -> int:
    return cast(int, python_value(cast(Attribute, attr)))


def detection_output_scratch(op: DetectionOutputOp) -> int:
    """Bytes of scratch memory of `detection_output` (`kernels/detection_output.hpp`)."""
    images = shape_of(op.conf)[0]
    classes = _number(op.num_classes)
    priors = shape_of(op.priors)[-1] // (4 if _number(op.normalized) else 5)
    top_k = _number(op.top_k)
    keep_top_k = int(op.keep_top_k.get_values()[0])
    per_class = priors if top_k < 0 else min(top_k, priors)
    items = images * classes * per_class
    keep = 0 if keep_top_k < 0 else min(keep_top_k, classes * per_class)
    decrease = images if _number(op.decrease_label_id) else 0
    parts = (
        items * DETECTION,
        images * classes * 4 * -(-per_class // 16) * 16 * 4,
        images * classes * 4,
        images * classes * 4,
        images * keep * DETECTION,
        decrease * priors * DETECTION,
        decrease * per_class * DETECTION,
    )
    return sum(_rounded(part) for part in parts)


def scatter_elements_scratch(op: ScatterElementsUpdateOp) -> int:
    """Bytes of scratch memory of `scatter_elements` for a mean (`kernels/scatter.hpp`)."""
    return _rounded(prod(shape_of(op.x)) * 4)


def proposal_scratch(op: ProposalOp) -> int:
    """Bytes of scratch memory of `proposal` (`kernels/proposal.hpp`)."""
    images, channels, rows, columns = shape_of(op.scores)
    boxes = channels // 2 * rows * columns
    kept = -(-min(_number(op.post_nms_topn), boxes) // 16) * 16
    return _rounded(4 * images * (6 * boxes + 4 * kept))


CANDIDATE = 12
"""Bytes of the kernel's `NmsCandidate`: score, box, begin."""


def nms_scratch(op: NonMaxSuppressionOp) -> int:
    """Bytes of scratch memory of `non_max_suppression` (`kernels/nms.hpp`)."""
    images, classes, boxes = shape_of(op.scores)
    groups, most = images * classes, min(_number(op.max_output_boxes), boxes)
    parts = (
        groups * boxes * CANDIDATE,
        groups * most * CANDIDATE,
        groups * 4 * -(-most // 16) * 16 * 4,
        groups * 4,
        groups * most * 4,
    )
    return sum(_rounded(part) for part in parts)


def resample_scratch(op: ResampleOp) -> int:
    """Bytes of scratch memory of `resample` (`kernels/resample.hpp`)."""
    size = _number(op.size)
    scale = shape_of(op.x)[_number(op.axis)] / size
    support = (1.0 if op.filter.data == "bilinear" else 2.0) * max(scale, 1.0)
    return _rounded(size * (2 * ceil(support) + 2) * 8)


def selected_scratch(op: MulticlassNmsOp | MatrixNmsOp) -> int:
    """Bytes of scratch memory of `select_boxes` (`kernels/multiclass_nms.hpp`)."""
    images, classes, boxes = shape_of(op.scores)
    groups, top_k = images * classes, _number(op.nms_top_k)
    most = boxes if top_k < 0 else min(top_k, boxes)
    parts = (
        groups * boxes * CANDIDATE,
        groups * most * CANDIDATE,
        groups * most * 4,
        groups * 4,
        groups * most * 4,
    )
    return sum(_rounded(part) for part in parts)


def interpolate_scratch(op: InterpolateOp) -> int:
    """Bytes of scratch memory of `interpolate` (`kernels/interpolate.hpp`)."""
    scales = [np.float32(scale) for scale in op.scales.get_values()]
    mode = op.mode.data
    shrinks = _number(op.antialias) != 0 and any(scale < 1 for scale in scales)
    taps = 0
    for scale, size in zip(scales, op.sizes.get_values(), strict=True):
        if mode == "linear":
            radius = 2 if scale > 1 else ceil(np.float32(2) / (scale if shrinks else np.float32(1)))
            count = 2 * radius + 1
        else:
            count = {"nearest": 1, "linear_onnx": 2, "cubic": 4}[mode]
        taps += int(size) * count
    return _rounded(taps * TAP)


def recurrent_scratch(op: RecurrentOp) -> int:
    """Bytes of scratch memory of a recurrence (`cpu/recurrent.hpp`): the sums of one step."""
    rows, _, _, hidden = shape_of(op.results[0])
    return _rounded(rows * op.GATES * -(-hidden // PANEL) * PANEL * 4)
