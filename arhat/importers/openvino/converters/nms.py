"""Suppression of overlapping boxes. Its results have a length that depends on data: see `bounds`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.ir import SSAValue

from arhat.dialects.arhat.base import ArhatOp, Property
from arhat.dialects.arhat.nms import MatrixNmsOp, MulticlassNmsOp, NonMaxSuppressionOp
from arhat.dialects.arhat.reduction import ReduceSumOp
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


def _selected(node: Node, op: type[ArhatOp], properties: Mapping[str, Property]) -> Sequence[SSAValue]:
    node.expect_inputs(2, 3)
    if node.input_count == 3 or len(node.shape(1)) != 3:
        raise node.error(
            "takes boxes and scores of its own for each class (with 'roisnum'), which is not supported; give it boxes "
            "that all classes share"
        )
    kind = node.choice("sort_result_type", ("none", "score", "classid"), "none")
    results = node.build_all(
        op,
        [node.input(0), node.input(1)],
        {
            "sort_result_type": "class" if kind == "classid" else kind,
            "sort_result_across_batch": node.boolean("sort_result_across_batch", False),
            "score_threshold": node.number("score_threshold", 0.0),
            "nms_top_k": max(node.integer("nms_top_k", -1), -1),
            "keep_top_k": max(node.integer("keep_top_k", -1), -1),
            "background_class": node.integer("background_class", -1),
            "normalized": node.boolean("normalized", True),
            "index_type": node.choice("output_type", ("i64", "i32"), "i64"),
            **properties,
        },
    )
    total = node.build(ReduceSumOp, [results[2]], {"axes": [0], "keep_dims": True})
    bounds.bind(node, results[:2], 0, total)
    return results


@converter("MulticlassNms", 8, 9)
def multiclass_nms(node: Node) -> Sequence[SSAValue]:
    """Boxes that all classes share; revision 9 adds boxes of each class, which are refused.

    Source: MulticlassNms-8 and -9.
    """
    return _selected(
        node,
        MulticlassNmsOp,
        {"iou_threshold": node.number("iou_threshold", 0.0), "nms_eta": node.number("nms_eta", 1.0)},
    )


@converter("MatrixNms", 8)
def matrix_nms(node: Node) -> Sequence[SSAValue]:
    """Source: MatrixNms-8."""
    return _selected(
        node,
        MatrixNmsOp,
        {
            "decay_function": node.choice("decay_function", ("linear", "gaussian"), "linear"),
            "gaussian_sigma": node.number("gaussian_sigma", 2.0),
            "post_threshold": node.number("post_threshold", 0.0),
        },
    )
