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
            f"non_max_suppression(f.pool, params, {operands}, {scratch_pointer(op)}, {results});",
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
            f"non_zero(f.pool, params, {values.pointer(op.x)}, {results});",
        ],
    )


NMS_PRINTERS: dict[str, Printer] = {
    kernel.NonMaxSuppressionOp.name: _non_max_suppression,
    kernel.NonZeroOp.name: _non_zero,
}
