"""C++ statements for the ops whose results have a length that depends on data."""

from __future__ import annotations

from math import prod

from xdsl.ir import Operation

from arhat.dialects import kernel
from arhat.emit.cpu.fields import braces, flag_of, integer_of, number_of, shape_of, word_of
from arhat.emit.cpu.printers import Code, Printer, join, scratch_pointer
from arhat.emit.cpu.values import Values


def _non_max_suppression(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.NonMaxSuppressionOp)
    images, classes, boxes = shape_of(op.scores)
    fields = [
        images,
        classes,
        boxes,
        min(boxes, integer_of(op, "max_output_boxes")),
        "true" if word_of(op, "box_encoding") == "center" else "false",
        flag_of(op, "sort_result_descending"),
        *(number_of(op, name) for name in ("iou_threshold", "score_threshold", "soft_nms_sigma")),
    ]
    operands = join([values.pointer(value) for value in op.operands])
    results = join([values.pointer(value) for value in op.results])
    return Code(
        ("arhat/kernels/nms.hpp",),
        [
            "// images, classes, boxes, most of a class, centres, sorted; thresholds of overlap and score, sigma",
            f"static constexpr NmsParams params{braces(fields)};",
            f"static_assert(nms_scratch(params) == {integer_of(op, 'scratch_bytes')});",
            f"non_max_suppression(f.context, params, {operands}, {scratch_pointer(op)}, {results});",
        ],
    )


def _non_zero(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.NonZeroOp)
    shape = shape_of(op.x)
    results = join([values.pointer(value) for value in op.results])
    return Code(
        ("arhat/kernels/nms.hpp",),
        [
            "// elements, rank, extents",
            f"static constexpr NonZeroParams params{braces([prod(shape), len(shape), braces(shape or (1,))])};",
            f"non_zero(f.context, params, {values.pointer(op.x)}, {results});",
        ],
    )


def _select_boxes(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.MulticlassNmsOp | kernel.MatrixNmsOp)
    images, classes, boxes = shape_of(op.scores)
    top_k = integer_of(op, "nms_top_k")
    matrix = isinstance(op, kernel.MatrixNmsOp)
    kind, across = word_of(op, "sort_result_type"), flag_of(op, "sort_result_across_batch") == "true"
    order = "image_score"
    if across and kind != "none":
        order = {"score": "score", "class": "label"}[kind]
    elif kind == "class" and not matrix:
        order = "image_class"
    linear = matrix and word_of(op, "decay_function") == "linear"
    fields = [
        images,
        classes,
        boxes,
        boxes if top_k < 0 else min(top_k, boxes),
        integer_of(op, "keep_top_k"),
        shape_of(op.outputs)[0],
        integer_of(op, "background_class"),
        "true" if matrix else "false",
        "true" if linear else "false",
        flag_of(op, "normalized"),
        f"SelectedOrder::{order}",
        number_of(op, "score_threshold"),
        *(["0.0f", "1.0f"] if matrix else [number_of(op, "iou_threshold"), number_of(op, "nms_eta")]),
        *([number_of(op, "gaussian_sigma"), number_of(op, "post_threshold")] if matrix else ["0.0f", "0.0f"]),
    ]
    operands = join([values.pointer(value) for value in op.operands])
    results = join([values.pointer(value) for value in op.results])
    return Code(
        ("arhat/kernels/multiclass_nms.hpp",),
        [
            "// images, classes, boxes, candidates of a class, kept of an image, rows, background; matrix, linear,",
            "// normalised, order; thresholds of score and overlap, eta, sigma, threshold of lowered scores",
            f"static constexpr SelectedParams params{braces(fields)};",
            f"static_assert(selected_scratch(params) == {integer_of(op, 'scratch_bytes')});",
            f"select_boxes(f.context, params, {operands}, {scratch_pointer(op)}, {results});",
        ],
    )


NMS_PRINTERS: dict[str, Printer] = {
    kernel.NonMaxSuppressionOp.name: _non_max_suppression,
    kernel.NonZeroOp.name: _non_zero,
    kernel.MulticlassNmsOp.name: _select_boxes,
    kernel.MatrixNmsOp.name: _select_boxes,
}
