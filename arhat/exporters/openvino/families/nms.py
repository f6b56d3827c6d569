"""Operations whose results have a length that depends on data.

In OpenVINO such a result is as long as it has to be; in the dialect it has room for the most that there can be and is
filled up with -1. So each is padded, by as much as is missing, to the shape that the dialect states.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import i1, i64

from arhat.dialects.arhat import type_of
from arhat.dialects.arhat.base import Tensor, shape_of, tensor_type
from arhat.dialects.arhat.nms import MatrixNmsOp, MulticlassNmsOp, NonMaxSuppressionOp, NonZeroOp
from arhat.exporters.openvino.families.elementwise import NUMPY
from arhat.exporters.openvino.graph import ELEMENT_NAMES, Value, all_outputs
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


def _filled(node: Node, value: Value, count: Value, axis: int, to: Tensor, role: str) -> Value:
    """`value`, of which there are `count` along `axis`, filled up with -1 to the type `to`."""
    shape = to.get_shape()
    one = tensor_type(count.type.element_type, (1,))
    most = node.cast_constant([shape[axis]], one, f"{role}_most")
    missing = node.add("Subtract", 1, [most, count], NUMPY, one, role=f"{role}_missing")
    zero = node.cast_constant([0], one, f"{role}_zero")
    sides = [missing if i == axis else zero for i in range(len(shape))]
    listed = tensor_type(count.type.element_type, (len(shape),))
    end = node.add("Concat", 1, sides, {"axis": 0}, listed, role=f"{role}_end")
    begin = node.cast_constant([0] * len(shape), one, f"{role}_begin")
    fill = node.number(-1, to, f"{role}_fill")
    padded = node.add(
        "Pad", 1, [value, begin, end, fill], {"pad_mode": "constant"}, to, role=f"{role}_padded"
    )
    return node.reshape(padded, shape, role)


@exporter(NonMaxSuppressionOp)
def non_max_suppression(node: Node, op: NonMaxSuppressionOp) -> Sequence[Value]:
    """NonMaxSuppression-9, its first two results filled up."""
    limits = tensor_type(type_of(op.boxes).element_type, ())
    inputs = [
        *node.values(op.operands),
        node.ints(op.max_output_boxes.value.data, "max_output_boxes"),
        node.number(op.iou_threshold.value.data, limits, "iou_threshold"),
        node.number(op.score_threshold.value.data, limits, "score_threshold"),
        node.number(op.soft_nms_sigma.value.data, limits, "soft_nms_sigma"),
    ]
    attributes = {
        "box_encoding": op.box_encoding.data,
        "sort_result_descending": bool(op.sort_result_descending.value.data),
        "output_type": op.index_type.data,
    }
    found, selected, count = all_outputs(
        node.add("NonMaxSuppression", 9, inputs, attributes, role="suppression")
    )
    return [
        _filled(node, found, count, 0, type_of(op.indices), "indices"),
        _filled(node, selected, count, 0, type_of(op.selected), "selected"),
        count,
    ]


def _selected(node: Node, op: MulticlassNmsOp | MatrixNmsOp, type: str) -> Sequence[Value]:
    """Boxes of all images stand one behind the other: there are as many as all counts together."""
    attributes = op.parameters()
    kind = attributes["sort_result_type"]
    attributes["sort_result_type"] = "classid" if kind == "class" else kind
    attributes["output_type"] = attributes.pop("index_type")
    found, indices, counts = all_outputs(
        node.add(type, 8, node.values(op.operands), attributes, role="selection")
    )
    element = counts.type.element_type
    total = node.add(
        "ReduceSum", 1, [counts, node.ints([0], "axis")], {"keep_dims": True}, tensor_type(element, (1,)), role="total"
    )  # fmt: skip
    return [
        _filled(node, found, total, 0, type_of(op.outputs), "outputs"),
        _filled(node, indices, total, 0, type_of(op.indices), "indices"),
        counts,
    ]


@exporter(MulticlassNmsOp)
def multiclass_nms(node: Node, op: MulticlassNmsOp) -> Sequence[Value]:
    """MulticlassNms-8, its first two results filled up."""
    return _selected(node, op, "MulticlassNms")


@exporter(MatrixNmsOp)
def matrix_nms(node: Node, op: MatrixNmsOp) -> Sequence[Value]:
    """MatrixNms-8, its first two results filled up."""
    return _selected(node, op, "MatrixNms")


@exporter(NonZeroOp)
def non_zero(node: Node, op: NonZeroOp) -> Sequence[Value]:
    """NonZero-3, filled up; the count is the length of what it gives."""
    x, positions, count_type = node.value(op.x), type_of(op.positions), type_of(op.count)
    index = count_type.element_type
    if not shape_of(op.x):  # a scalar has no positions, only the count tells
        zero = node.number(0, x.type, "zero")
        differs = node.add("NotEqual", 1, [x, zero], NUMPY, tensor_type(i1, ()), role="differs")
        converted = node.add(
            "Convert", 1, [differs], {"destination_type": ELEMENT_NAMES[index]}, tensor_type(index, ()), role="one"
        )  # fmt: skip
        nothing = node.cast_constant(np.empty(positions.get_shape()), positions, "positions")
        return [nothing, node.reshape(converted, (1,), "count")]
    found = node.add("NonZero", 3, [x], {"output_type": op.index_type.data}, positions, role="found")
    shape = node.add("ShapeOf", 3, [found], {"output_type": "i64"}, tensor_type(i64, (2,)), role="shape")
    place, axis = node.ints([1], "place"), node.ints(0, "axis")
    length = tensor_type(i64, (1,))
    count = node.add("Gather", 8, [shape, place, axis], {"batch_dims": 0}, length, role="length")
    filled = _filled(node, found, count, 1, positions, "positions")
    if index == i64:
        return [filled, count]
    attributes = {"destination_type": ELEMENT_NAMES[index]}
    return [filled, node.add("Convert", 1, [count], attributes, count_type, role="count")]
