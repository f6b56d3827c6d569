"""C++ statements for the ops over regions of interest."""

from __future__ import annotations

from xdsl.ir import Operation, SSAValue

from arhat.dialects import kernel
from arhat.dialects.arhat.base import ints_of
from arhat.emit.cpu.fields import (
    braces,
    flag_of,
    integer_of,
    number_of,
    numbers_of,
    shape_of,
    strides_of,
    word_of,
)
from arhat.emit.cpu.printers import Code, Printer, halo_lines, join, scratch_pointer
from arhat.emit.cpu.values import Values, float_literal
from arhat.interpreters.meanings.roi import proposal_anchors

_SHAPE_NOTES = (
    "// images, channels, height and width of the features; boxes, channels, rows and columns of cells;",
    "// strides of both",
)


def _proposal(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.ProposalOp)
    anchors = proposal_anchors(
        base_size=integer_of(op, "base_size"),
        ratio=numbers_of(op, "ratio"),
        scale=numbers_of(op, "scale"),
        framework=word_of(op, "framework"),
    )
    images, _, rows, columns = shape_of(op.scores)
    fields = [
        images,
        len(anchors),
        rows,
        columns,
        shape_of(op.image_info)[0],
        integer_of(op, "pre_nms_topn"),
        integer_of(op, "post_nms_topn"),
        "true" if word_of(op, "framework") == "tensorflow" else "false",
        *(flag_of(op, name) for name in ("clip_before_nms", "clip_after_nms", "normalize")),
        *(float_literal(integer_of(op, name)) for name in ("feat_stride", "min_size")),
        *(number_of(op, name) for name in ("nms_thresh", "box_size_scale", "box_coordinate_scale")),
    ]
    boxes = join([braces([float_literal(side) for side in anchor.tolist()]) for anchor in anchors])
    operands = join([values.pointer(value) for value in op.operands])
    results = join([values.pointer(value) for value in op.results])
    return Code(
        ("arhat/kernels/proposal.hpp",),
        [
            f"static constexpr ProposalAnchor anchors[] = {{{boxes}}};",
            "// images, anchors, rows, columns, values of the image; boxes before and after suppression;",
            "// TensorFlow, clip before and after, normalise; stride, least size, threshold, scales of sizes and",
            "// of coordinates",
            f"static constexpr ProposalParams params{braces(fields)};",
            f"static_assert(proposal_scratch(params) == {integer_of(op, 'scratch_bytes')});",
            f"proposal(f.context, params, anchors, {operands}, {scratch_pointer(op)}, {results});",
        ],
    )


def _shape(x: SSAValue, result: SSAValue) -> str:
    return braces([*shape_of(x), *shape_of(result), braces(strides_of(x)), braces(strides_of(result))])


def _call(values: Values, op: Operation, name: str, params: str, fields: list[object], note: str) -> Code:
    result = op.results[0]
    operands = join([values.pointer(value) for value in op.operands])
    return Code(
        (f"arhat/kernels/{name}.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, result),
            *_SHAPE_NOTES,
            f"// {note}",
            f"static constexpr {params} params{braces([_shape(op.operands[0], result), *fields])};",
            f"{name}(f.context, params, {operands}, {values.pointer(result)});",
        ],
    )


def _is(op: Operation, name: str, word: str) -> str:
    return "true" if word_of(op, name) == word else "false"


def _roi_pooling(op: Operation, values: Values) -> Code:
    fields: list[object] = [_is(op, "method", "bilinear"), number_of(op, "spatial_scale")]
    return _call(values, op, "roi_pooling", "RoiPoolingParams", fields, "bilinear, scale of the boxes")


def _psroi_pooling(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.PsroiPoolingOp)
    fields: list[object] = [_is(op, "mode", "bilinear"), *ints_of(op.bins), number_of(op, "spatial_scale")]
    note = "bilinear, samples down and across, scale of the boxes"
    return _call(values, op, "psroi_pooling", "PsroiPoolingParams", fields, note)


def _roi_align(op: Operation, values: Values) -> Code:
    fields: list[object] = [
        _is(op, "mode", "max"),
        f"RoiAligned::{word_of(op, 'aligned_mode')}",
        integer_of(op, "sampling_ratio"),
        number_of(op, "spatial_scale"),
    ]
    note = "maximum, how boxes are aligned to pixels, samples, scale of the boxes"
    return _call(values, op, "roi_align", "RoiAlignParams", fields, note)


ROI_PRINTERS: dict[str, Printer] = {
    kernel.ProposalOp.name: _proposal,
    kernel.RoiPoolingOp.name: _roi_pooling,
    kernel.PsroiPoolingOp.name: _psroi_pooling,
    kernel.RoiAlignOp.name: _roi_align,
}
