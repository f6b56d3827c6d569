"""Suppression of overlapping boxes. Its results have a length that depends on data: see `bounds`."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from arhat.dialects.arhat.nms import NonMaxSuppressionOp
from arhat.importers.openvino import bounds
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter


def _suppress(node: Node, inputs: int, index_type: str) -> Sequence[SSAValue]:
    """All results; thresholds that are not there are 0, and without a limit no box would be selected."""
    node.expect_inputs(2, inputs)

    def number(index: int, what: str) -> float:
        if node.input_count <= index:
            return 0.0
        values = node.constant(index, what).reshape(-1).tolist()
        if len(values) != 1 or values[0] != values[0]:
            raise node.error(f"{what} must be one number; check the model")
        return float(values[0])

    boxes = node.shape(0)
    most = number(2, "the number of boxes per class")
    if most < 1 or most != most // 1:
        raise node.error(
            f"selects at most {most:g} boxes per class; it must be at least one, check the model"
        )
    results = node.build_all(
        NonMaxSuppressionOp,
        [node.input(0), node.input(1)],
        {
            "max_output_boxes": int(min(most, max(boxes[1], 1) if len(boxes) == 3 else 1)),
            "iou_threshold": number(3, "the threshold of overlap"),
            "score_threshold": number(4, "the threshold of scores"),
            "soft_nms_sigma": number(5, "the spread of soft suppression"),
            "box_encoding": node.choice("box_encoding", ("corner", "center"), "corner"),
            "sort_result_descending": node.boolean("sort_result_descending", True),
            "index_type": index_type,
        },
    )
    bounds.bind(node, results[:2], 0, results[2])
    return results


@converter("NonMaxSuppression", 1)
def non_max_suppression(node: Node) -> SSAValue:
    """The selected indices, i64. As in OpenVINO they are as many as there are, though the file states a fixed number.

    Source: NonMaxSuppression-1.
    """
    return _suppress(node, 5, "i64")[0]


@converter("NonMaxSuppression", 3, 4)
def non_max_suppression_typed(node: Node) -> SSAValue:
    """`output_type` is new; revision 4 only states another shape. Source: NonMaxSuppression-3 and -4."""
    return _suppress(node, 5, node.choice("output_type", ("i64", "i32"), "i64"))[0]


@converter("NonMaxSuppression", 5, 9)
def soft_non_max_suppression(node: Node) -> Sequence[SSAValue]:
    """Adds the spread of soft suppression, scores and count. Source: NonMaxSuppression-5 and -9."""
    return _suppress(node, 6, node.choice("output_type", ("i64", "i32"), "i64"))
