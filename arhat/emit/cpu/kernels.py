"""C++ statements for each op of the `kernel` dialect: calls of the single-source kernel library."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, prod

import numpy as np
from xdsl.dialects.builtin import Float64Type
from xdsl.ir import Operation, SSAValue

from arhat.dialects import kernel
from arhat.dialects.arhat.base import ints_of, is_float, python_value
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import layout_of
from arhat.emit.cpu.elementwise import ELEMENTWISE_PRINTERS
from arhat.emit.cpu.fields import (
    GROUP_NOTE,
    braces,
    flag_of,
    groups,
    integer_of,
    integers_of,
    memory_order,
    number_of,
    numbers_of,
    ordered,
    plus,
    shape_of,
    strides_of,
    word_of,
)
from arhat.emit.cpu.indexing import INDEXING_PRINTERS
from arhat.emit.cpu.nms import NMS_PRINTERS
from arhat.emit.cpu.normalization import NORMALIZATION_PRINTERS
from arhat.emit.cpu.pooling import POOLING_PRINTERS
from arhat.emit.cpu.printers import Code, Printer, halo_lines, scratch_pointer
from arhat.emit.cpu.priors import PRIOR_PRINTERS
from arhat.emit.cpu.product import PRODUCT_PRINTERS
from arhat.emit.cpu.resize import RESIZE_PRINTERS
from arhat.emit.cpu.roi import ROI_PRINTERS
from arhat.emit.cpu.values import Values, cpp_type, element_type, float_literal
from arhat.errors import UserError

# ------------------------------------------------------------------------------------------------ data movement


def _copy(
    values: Values,
    source: SSAValue,
    in_strides: Sequence[int],
    in_offset: int,
    result: SSAValue,
    sizes: Sequence[int],
    out_offset: int = 0,
    name: str = "copy",
) -> list[str]:
    """One strided copy: strides of the source along the axes of the result."""
    order = memory_order(result)
    rank = max(len(order), 1)
    return [
        f"static constexpr CopyParams {name}{{{rank}, {ordered(order, sizes)}, {ordered(order, in_strides)}, "
        f"{ordered(order, strides_of(result))}}};",
        f"strided_copy(f.context, {name}, {plus(values.pointer(source), in_offset)}, "
        f"{plus(values.pointer(result), out_offset)});",
    ]


_COPY_HEADERS = ("arhat/kernels/copy.hpp", "arhat/cpu/reorder.hpp")
_COPY_NOTE = "// rank, extents, strides of the source, strides of the result; axes as they lie in the result"


def _moved(values: Values, op: Operation, lines: list[str]) -> Code:
    return Code(_COPY_HEADERS, [*halo_lines(values, op.results[0]), _COPY_NOTE, *lines])


def _transpose(op: Operation, values: Values) -> Code:
    perm = integers_of(op, "perm")
    strides = strides_of(op.operands[0])
    result = op.results[0]
    return _moved(
        values,
        op,
        _copy(values, op.operands[0], [strides[axis] for axis in perm], 0, result, shape_of(result)),
    )


def _reshape(op: Operation, values: Values) -> Code:
    x, result = op.operands[0], op.results[0]
    if layout_of(tensor_of(x)) is not None or layout_of(tensor_of(result)) is not None:
        raise UserError("kernel.reshape of a value that is not dense cannot be emitted: reorder it first")
    lines = [
        f"static constexpr CopyParams copy{{1, {{{prod(shape_of(x))}}}, {{1}}, {{1}}}};",
        f"strided_copy(f.context, copy, {values.pointer(x)}, {values.pointer(result)});",
    ]
    return _moved(values, op, lines)


def _slice(op: Operation, values: Values) -> Code:
    starts, steps = integers_of(op, "starts"), integers_of(op, "steps")
    strides = strides_of(op.operands[0])
    offset = sum(start * stride for start, stride in zip(starts, strides, strict=True))
    moved = [step * stride for step, stride in zip(steps, strides, strict=True)]
    result = op.results[0]
    return _moved(values, op, _copy(values, op.operands[0], moved, offset, result, shape_of(result)))


def _concat(op: Operation, values: Values) -> Code:
    axis = integer_of(op, "axis")
    result = op.results[0]
    lines: list[str] = []
    start = 0
    for number, part in enumerate(op.operands):
        offset = start * strides_of(result)[axis]
        lines += _copy(values, part, strides_of(part), 0, result, shape_of(part), offset, f"part_{number}")
        start += shape_of(part)[axis]
    return _moved(values, op, lines)


def _broadcast_strides(value: SSAValue, shape: Sequence[int]) -> list[int]:
    """Strides of an operand along the axes of a shape it broadcasts to: 0 where it is repeated."""
    own, strides = shape_of(value), strides_of(value)
    missing = len(shape) - len(own)
    return [0] * missing + [0 if extent == 1 else stride for extent, stride in zip(own, strides, strict=True)]


def _broadcast(op: Operation, values: Values) -> Code:
    result = op.results[0]
    strides = _broadcast_strides(op.operands[0], shape_of(result))
    return _moved(values, op, _copy(values, op.operands[0], strides, 0, result, shape_of(result)))


def _tile(op: Operation, values: Values) -> Code:
    repeats = integers_of(op, "repeats")
    x, result = op.operands[0], op.results[0]
    own, strides, out = shape_of(x), strides_of(x), strides_of(result)
    # Each axis splits into (repeat, extent): the repeats read the same elements again.
    sizes = [v for pair in zip(repeats, own, strict=True) for v in pair]
    in_strides = [v for stride in strides for v in (0, stride)]
    out_strides = [v for stride, extent in zip(out, own, strict=True) for v in (stride * extent, stride)]
    keep = [i for i, size in enumerate(sizes) if size != 1] or [0]
    lines = [
        f"static constexpr CopyParams copy{{{len(keep)}, {ordered(keep, sizes)}, {ordered(keep, in_strides)}, "
        f"{ordered(keep, out_strides)}}};",
        f"strided_copy(f.context, copy, {values.pointer(x)}, {values.pointer(result)});",
    ]
    return _moved(values, op, lines)


def _pad_value(op: Operation) -> str:
    """The padding in C++, exactly; properties are f64."""
    value = float(python_value(op.properties["value"]))
    element = tensor_of(op.results[0]).element_type
    if is_float(element):
        return repr(value) if isinstance(element, Float64Type) and isfinite(value) else float_literal(value)
    with np.errstate(invalid="ignore"):
        whole = int(np.float64(value).astype(element_type(element).numpy))
    return f"{whole}u" if whole >= 1 << 63 else f"({whole + 1} - 1)" if whole == -(1 << 63) else str(whole)


def _pad(op: Operation, values: Values) -> Code:
    x, result = op.operands[0], op.results[0]
    order = memory_order(result)
    fields = [
        f"PadMode::{word_of(op, 'mode')}",
        max(len(order), 1),
        ordered(order, shape_of(x)),
        ordered(order, shape_of(result)),
        ordered(order, integers_of(op, "pads_begin")),
        ordered(order, strides_of(x)),
        ordered(order, strides_of(result)),
    ]
    value = f"static_cast<{cpp_type(result)}>({_pad_value(op)})"
    return Code(
        _COPY_HEADERS,
        [
            *halo_lines(values, result),
            "// mode, rank, extents of source and result, pads before, strides of source and result",
            f"static constexpr PadParams pads{braces(fields)};",
            f"pad(f.context, pads, {value}, {values.pointer(x)}, {values.pointer(result)});",
        ],
    )


# ------------------------------------------------------------------------------------------------ detection tail


def _detection_output(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.DetectionOutputOp)
    loc, conf, priors = op.operands[:3]
    classes = integer_of(op, "num_classes")
    images = shape_of(conf)[0]
    aux = [values.pointer(v) for v in op.operands[3:]] or ["nullptr", "nullptr"]
    size = 4 if flag_of(op, "normalized") == "true" else 5
    count = shape_of(priors)[2] // size
    keep = integers_of(op, "keep_top_k")
    fields = [
        images,
        count,
        classes,
        shape_of(priors)[0],
        f"BoxCode::{word_of(op, 'code_type')}",
        *(
            flag_of(op, name)
            for name in (
                "variance_encoded_in_target",
                "share_location",
                "clip_before_nms",
                "clip_after_nms",
                "decrease_label_id",
                "normalized",
                "input_is_logits",
            )
        ),
        integer_of(op, "background_label_id"),
        integer_of(op, "top_k"),
        keep[0],
        shape_of(op.results[0])[2],
        number_of(op, "nms_threshold"),
        number_of(op, "confidence_threshold"),
        number_of(op, "objectness_score"),
        integer_of(op, "input_height"),
        integer_of(op, "input_width"),
    ]
    lines = [
        "// images, priors, classes, images of priors, code; variance in target, shared location, clip before and",
        "// after suppression, decrease label, normalised, logits; background, top_k, keep_top_k, rows; thresholds of",
        "// overlap, confidence and objectness; height and width of the image",
        f"static constexpr DetectionOutputParams params{braces(fields)};",
        f"detection_output(f.context, params, {values.pointer(loc)}, {values.pointer(conf)}, {values.pointer(priors)}, "
        f"{aux[0]}, {aux[1]}, {scratch_pointer(op)}, {values.pointer(op.results[0])});",
    ]
    return Code(("arhat/kernels/detection_output.hpp",), lines)


def _region_yolo(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.RegionYoloOp)
    x = op.x
    n, channels, height, width = shape_of(x)
    softmax = flag_of(op, "do_softmax") == "true"
    coords, classes = integer_of(op, "coords"), integer_of(op, "classes")
    regions = integer_of(op, "num") if softmax else len(integers_of(op, "mask"))
    assert regions * (coords + 1 + classes) == channels
    fields = [n, regions, coords, classes, height, width, flag_of(op, "do_softmax"), *strides_of(x)]
    return Code(
        ("arhat/kernels/region_yolo.hpp",),
        [
            "// images, regions, coordinates, classes, height, width, softmax; strides of image, channel, row, pixel",
            f"static constexpr RegionYoloParams params{braces(fields)};",
            f"region_yolo(f.context, params, {values.pointer(x)}, {values.pointer(op.result)});",
        ],
    )


# ------------------------------------------------------------------------------------------- resize, reductions


def _interpolate(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.InterpolateOp)
    rank = len(shape_of(op.x))
    axes = ints_of(op.axes)

    def per_axis(pads: Sequence[int]) -> str:
        return braces([*pads, *([0] * (rank - len(pads)))])

    fields = [
        f"InterpolateMode::{word_of(op, 'mode')}",
        f"CoordinateTransform::{word_of(op, 'coordinate_transformation')}",
        f"NearestMode::{word_of(op, 'nearest_mode')}",
        flag_of(op, "antialias"),
        number_of(op, "cube_coeff"),
        rank,
        braces(shape_of(op.x)),
        braces(shape_of(op.result)),
        per_axis(ints_of(op.pads_begin)),
        per_axis(ints_of(op.pads_end)),
        braces(strides_of(op.x)),
        braces(strides_of(op.result)),
        len(axes),
        braces(axes),
        braces([float_literal(v) for v in numbers_of(op, "scales")]),
    ]
    return Code(
        ("arhat/kernels/interpolate.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, op.result),
            "// mode, coordinates, rounding, antialias, cubic coefficient; rank, extents of source and result, pads,",
            "// strides of source and result; resized axes and their scales",
            f"static constexpr InterpolateParams params{braces(fields)};",
            f"interpolate(f.context, params, {values.pointer(op.x)}, {values.pointer(op.result)}, "
            f"{scratch_pointer(op)});",
        ],
    )


def _softmax(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.SoftmaxOp)
    return Code(
        ("arhat/kernels/softmax.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, op.result),
            GROUP_NOTE,
            groups(op.x, op.result, [integer_of(op, "axis")], strides_of(op.result)),
            f"softmax(f.context, groups, {values.pointer(op.x)}, {values.pointer(op.result)});",
        ],
    )


def _normalize_l2(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.NormalizeL2Op)
    return Code(
        ("arhat/kernels/normalize_l2.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, op.result),
            GROUP_NOTE,
            groups(op.x, op.result, ints_of(op.axes), strides_of(op.result)),
            f"normalize_l2(f.context, groups, {number_of(op, 'eps')}, EpsMode::{word_of(op, 'eps_mode')}, "
            f"{values.pointer(op.x)}, {values.pointer(op.result)});",
        ],
    )


def _reduce(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.ReduceOp)
    axes = ints_of(op.axes)
    strides = iter(strides_of(op.result))
    keep = flag_of(op, "keep_dims") == "true"
    out: list[int | None] = []
    for axis in range(len(shape_of(op.x))):
        if axis in axes:
            if keep:
                next(strides)
            out.append(None)
        else:
            out.append(next(strides))
    return Code(
        ("arhat/kernels/reduce.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, op.result),
            GROUP_NOTE,
            groups(op.x, op.result, axes, out),
            f"reduce<Reduction::{word_of(op, 'kind')}>(f.context, groups, {values.pointer(op.x)}, "
            f"{values.pointer(op.result)});",
        ],
    )


def _gather(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.GatherOp)
    axis, batch = integer_of(op, "axis"), integer_of(op, "batch_dims")
    shape, indices = shape_of(op.x), shape_of(op.indices)
    fields = [
        prod(shape[:batch]),
        prod(shape[batch:axis]),
        shape[axis],
        prod(shape[axis + 1 :]),
        prod(indices[batch:]),
    ]
    return Code(
        ("arhat/kernels/gather.hpp",),
        [
            "// batches, outer extent, extent of the axis, inner extent, indices",
            f"static constexpr GatherParams params{braces(fields)};",
            f"gather(f.context, params, {values.pointer(op.x)}, {values.pointer(op.indices)}, "
            f"{values.pointer(op.result)});",
        ],
    )


KERNEL_PRINTERS: dict[str, Printer] = {
    **ELEMENTWISE_PRINTERS,
    **NORMALIZATION_PRINTERS,
    **POOLING_PRINTERS,
    **PRIOR_PRINTERS,
    **PRODUCT_PRINTERS,
    **ROI_PRINTERS,
    **NMS_PRINTERS,
    **INDEXING_PRINTERS,
    **RESIZE_PRINTERS,
    kernel.TransposeOp.name: _transpose,
    kernel.ReshapeOp.name: _reshape,
    kernel.SliceOp.name: _slice,
    kernel.ConcatOp.name: _concat,
    kernel.BroadcastOp.name: _broadcast,
    kernel.TileOp.name: _tile,
    kernel.PadOp.name: _pad,
    kernel.DetectionOutputOp.name: _detection_output,
    kernel.RegionYoloOp.name: _region_yolo,
    kernel.InterpolateOp.name: _interpolate,
    kernel.SoftmaxOp.name: _softmax,
    kernel.NormalizeL2Op.name: _normalize_l2,
    kernel.ReduceOp.name: _reduce,
    kernel.GatherOp.name: _gather,
}
