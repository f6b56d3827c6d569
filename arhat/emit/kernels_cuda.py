"""Scratch memory of the kernel library on a GPU: the same formulas as in its headers, which tests compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, cast

from xdsl.ir import Attribute, Operation

from arhat.dialects.arhat.base import python_value
from arhat.dialects.kernel import (
    DetectionOutputOp,
    MatrixNmsOp,
    MulticlassNmsOp,
    NonMaxSuppressionOp,
    ProposalOp,
    TopKOp,
    shape_of,
)
from arhat.dialects.kernel.base import tensor_of
from arhat.passes.support import element_bytes

BLOCK_KEYS = 4096
"""Most keys that a block of threads sorts; more are sorted in scratch memory (`kernels/sort.hpp`)."""
KEY = 8
"""Bytes of a key: order and place."""
DETECTION_ITEM = 32
"""Bytes of the kernel's `DetectionItem`: box, key, label."""
NMS_ITEM = 24
"""Bytes of the kernel's `NmsItem`: box and key."""
SELECTED_ITEM = 24
"""Bytes of the kernel's `SelectedItem`: box and key."""
CANDIDATE = 12
"""Bytes of the kernel's `NmsCandidate`: score, box, begin."""
PROPOSAL_ITEM = 20
"""Bytes of the kernel's `ProposalItem`: box and place."""

BLOCK_HEADERS = {
    "arhat/kernels/ctc.hpp": "arhat/kernels/ctc_blocks.hpp",
    "arhat/kernels/detection_output.hpp": "arhat/kernels/detection_blocks.hpp",
    "arhat/kernels/multiclass_nms.hpp": "arhat/kernels/multiclass_blocks.hpp",
    "arhat/kernels/nms.hpp": "arhat/kernels/nms_blocks.hpp",
    "arhat/kernels/proposal.hpp": "arhat/kernels/proposal_blocks.hpp",
    "arhat/kernels/topk.hpp": "arhat/kernels/topk_blocks.hpp",
    **{
        f"arhat/kernels/{name}.hpp": "arhat/kernels/group_blocks.hpp"
        for name in ("cumulate", "mvn", "normalize_l2", "reduce", "softmax")
    },
}
"""Headers of kernels that a GPU runs in another way than a CPU, and those that take their place there. The functions
have the same names and arguments, but for what they say of scratch memory."""
SORT_SOURCE = "arhat/cuda/sort.cu"
"""The unit that a program needs, beside its own, where `sorts_in_memory` says so of one of its kernels."""


def _rounded(size: int) -> int:
    return -(-size // 64) * 64


def _number(attr: Attribute | None) -> int:
    return cast(int, python_value(cast(Attribute, attr)))


def sort_scratch(segments: int, stride: int, most: int) -> int:
    """Bytes of scratch memory that sorting segments for their first `most` keys takes (`kernels/sort.hpp`)."""
    return 0 if min(most, stride) <= BLOCK_KEYS else _rounded(segments * stride * KEY) + 256


def detection_output_scratch(op: DetectionOutputOp) -> int:
    """Bytes of scratch memory of `detection_output` (`kernels/detection_blocks.hpp`)."""
    images = shape_of(op.conf)[0]
    classes, top_k = _number(op.num_classes), _number(op.top_k)
    priors = shape_of(op.priors)[-1] // (4 if _number(op.normalized) else 5)
    groups = images * classes
    decrease = _number(op.decrease_label_id) != 0
    lists = images if decrease else groups
    per_class = priors if top_k < 0 else min(top_k, priors)
    handed = groups * per_class if decrease else 0
    parts = (
        lists * priors * KEY,
        lists * per_class * DETECTION_ITEM,
        handed * KEY,
        handed * DETECTION_ITEM,
        images * 4,
        (lists + 3 * groups + 1) * 4,
    )
    return sum(_rounded(part) for part in parts) + sort_scratch(*_sorted_detections(op))


def nms_scratch(op: NonMaxSuppressionOp) -> int:
    """Bytes of scratch memory of `non_max_suppression` (`kernels/nms_blocks.hpp`)."""
    images, classes, boxes = shape_of(op.scores)
    groups, most = images * classes, min(_number(op.max_output_boxes), boxes)
    soft = _number(op.soft_nms_sigma) > 0
    parts = (
        groups * boxes * KEY,
        groups * most * NMS_ITEM,
        groups * boxes * CANDIDATE if soft else 0,
        (3 * groups + 1) * 4,
    )
    return sum(_rounded(part) for part in parts) + sort_scratch(*_sorted_boxes(op))


def selected_scratch(op: MulticlassNmsOp | MatrixNmsOp) -> int:
    """Bytes of scratch memory of `select_boxes` (`kernels/multiclass_blocks.hpp`)."""
    images, classes, boxes = shape_of(op.scores)
    groups, top_k = images * classes, _number(op.nms_top_k)
    most = boxes if top_k < 0 else min(top_k, boxes)
    matrix = isinstance(op, MatrixNmsOp)
    parts = (
        groups * boxes * KEY,
        0 if matrix else groups * most * SELECTED_ITEM,
        groups * most * 4 if matrix else 0,
        groups * most * KEY if matrix else 0,
        (4 * groups + 1) * 4,
    )
    return sum(_rounded(part) for part in parts) + sort_scratch(*_sorted_selection(op))


def proposal_scratch(op: ProposalOp) -> int:
    """Bytes of scratch memory of `proposal` (`kernels/proposal_blocks.hpp`)."""
    images, channels, rows, columns = shape_of(op.scores)
    boxes = channels // 2 * rows * columns
    parts = (
        5 * images * boxes * 4,
        images * boxes * KEY,
        images * _number(op.post_nms_topn) * PROPOSAL_ITEM,
        images * 4,
    )
    return sum(_rounded(part) for part in parts) + sort_scratch(*_sorted_proposals(op))


def topk_scratch(op: TopKOp) -> int:
    """Bytes of scratch memory of `topk` (`kernels/topk_blocks.hpp`)."""
    rows, extent, k = _sorted_rows(op)
    if k == 0:
        return 0
    return _rounded(rows * extent * KEY) + _rounded(rows * 4) + sort_scratch(rows, extent, k)


# What is sorted: lists, places for keys in each, and how many keys come first in order ----------------------------

Sizes = tuple[int, int, int]


def _sorted_detections(op: DetectionOutputOp) -> Sizes:
    images, classes, top_k = shape_of(op.conf)[0], _number(op.num_classes), _number(op.top_k)
    priors = shape_of(op.priors)[-1] // (4 if _number(op.normalized) else 5)
    lists = images if _number(op.decrease_label_id) else images * classes
    return lists, priors, priors if top_k < 0 else min(top_k, priors)


def _sorted_boxes(op: NonMaxSuppressionOp) -> Sizes:
    images, classes, boxes = shape_of(op.scores)
    soft = _number(op.soft_nms_sigma) > 0
    return images * classes, boxes, min(_number(op.max_output_boxes), boxes) if soft else boxes


def _sorted_selection(op: MulticlassNmsOp | MatrixNmsOp) -> Sizes:
    images, classes, boxes = shape_of(op.scores)
    top_k = _number(op.nms_top_k)
    return images * classes, boxes, boxes if top_k < 0 else min(top_k, boxes)


def _sorted_proposals(op: ProposalOp) -> Sizes:
    images, channels, rows, columns = shape_of(op.scores)
    return images, channels // 2 * rows * columns, _number(op.pre_nms_topn)


def _sorted_rows(op: TopKOp) -> Sizes:
    """No keys where a block selects what is wanted, or where a key cannot hold an element."""
    shape, axis, k = shape_of(op.x), _number(op.axis), _number(op.k)
    rows = prod(shape[:axis] + shape[axis + 1 :])
    selected = k <= BLOCK_KEYS or element_bytes(tensor_of(op.x).element_type) > 4
    return rows, shape[axis], 0 if selected else shape[axis]


_SORTED: Mapping[type[Operation], Callable[[Any], Sizes]] = {
    DetectionOutputOp: _sorted_detections,
    MatrixNmsOp: _sorted_selection,
    MulticlassNmsOp: _sorted_selection,
    NonMaxSuppressionOp: _sorted_boxes,
    ProposalOp: _sorted_proposals,
    TopKOp: _sorted_rows,
}


def sorts_in_memory(op: Operation) -> bool:
    """Whether a kernel wants more keys in order than a block of threads sorts."""
    sizes = _SORTED.get(type(op))
    return sizes is not None and sort_scratch(*sizes(op)) > 0
