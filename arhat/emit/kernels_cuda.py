"""Scratch memory of the kernel library on a GPU: the same formulas as in its headers, which tests compare."""

from __future__ import annotations

from typing import cast

from xdsl.ir import Attribute

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
"""The unit that a program needs, beside its own, whose kernels include `kernels/sort.hpp`."""


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
    return sum(_rounded(part) for part in parts) + sort_scratch(lists, priors, per_class)


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
    return sum(_rounded(part) for part in parts) + sort_scratch(groups, boxes, most if soft else boxes)


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
    return sum(_rounded(part) for part in parts) + sort_scratch(groups, boxes, most)


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
    return sum(_rounded(part) for part in parts) + sort_scratch(images, boxes, _number(op.pre_nms_topn))


def topk_scratch(op: TopKOp) -> int:
    """Bytes of scratch memory of `topk` (`kernels/topk_blocks.hpp`)."""
    shape, axis, k = shape_of(op.x), _number(op.axis), _number(op.k)
    if k <= BLOCK_KEYS or element_bytes(tensor_of(op.x).element_type) > 4:
        return 0
    extent = shape[axis]
    rows = 1
    for number, size in enumerate(shape):
        rows *= 1 if number == axis else size
    return _rounded(rows * extent * KEY) + _rounded(rows * 4) + sort_scratch(rows, extent, extent)
