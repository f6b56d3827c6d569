"""C++ statements for each op of the `kernel` dialect: calls of the single-source kernel library."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import cast

from xdsl.dialects.builtin import BoolAttr, FloatAttr, IntegerAttr, StringAttr
from xdsl.ir import Operation, SSAValue

from arhat.dialects import kernel
from arhat.dialects.arhat.base import Floats, Ints, floats_of, ints_of
from arhat.dialects.cpu import layout_of, strides_of, tensor_of
from arhat.emit.cpu.elementwise import ELEMENTWISE_PRINTERS
from arhat.emit.cpu.printers import Code, Printer, halo_lines, join, scratch_pointer
from arhat.emit.cpu.priors import PRIOR_PRINTERS
from arhat.emit.cpu.values import Values, cpp_type, float_literal
from arhat.errors import UserError

NHWC_ORDER = (0, 2, 3, 1)


def memory_order(value: SSAValue) -> tuple[int, ...]:
    """Logical axes from the outermost to the innermost in memory."""
    type_ = tensor_of(value)
    return NHWC_ORDER if layout_of(type_) is not None else tuple(range(len(type_.get_shape())))


def braces(values: Sequence[object]) -> str:
    """A brace-enclosed list."""
    return f"{{{join(values)}}}"


def _shape(value: SSAValue) -> tuple[int, ...]:
    return tensor_of(value).get_shape()


def _strides(value: SSAValue) -> tuple[int, ...]:
    return strides_of(tensor_of(value))


def _integer(op: Operation, name: str) -> int:
    return cast(IntegerAttr, op.properties[name]).value.data


def _flag(op: Operation, name: str) -> str:
    return "true" if cast(BoolAttr, op.properties[name]).value.data else "false"


def _number(op: Operation, name: str) -> str:
    return float_literal(cast(FloatAttr, op.properties[name]).value.data)


def _word(op: Operation, name: str) -> str:
    return cast(StringAttr, op.properties[name]).data


def _integers(op: Operation, name: str) -> tuple[int, ...]:
    return ints_of(cast(Ints, op.properties[name]))


def _numbers(op: Operation, name: str) -> tuple[float, ...]:
    return floats_of(cast(Floats, op.properties[name]))


def _ordered(order: Sequence[int], values: Sequence[int]) -> str:
    return braces([values[axis] for axis in order] or [1])


def _plus(pointer: str, elements: int) -> str:
    return f"{pointer} + {elements}" if elements > 0 else f"{pointer} - {-elements}" if elements else pointer


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
        f"static constexpr CopyParams {name}{{{rank}, {_ordered(order, sizes)}, {_ordered(order, in_strides)}, "
        f"{_ordered(order, _strides(result))}}};",
        f"strided_copy(f.pool, {name}, {_plus(values.pointer(source), in_offset)}, "
        f"{_plus(values.pointer(result), out_offset)});",
    ]


_COPY_HEADERS = ("arhat/kernels/copy.hpp", "arhat/cpu/reorder.hpp")
_COPY_NOTE = "// rank, extents, strides of the source, strides of the result; axes as they lie in the result"


def _moved(values: Values, op: Operation, lines: list[str]) -> Code:
    return Code(_COPY_HEADERS, [*halo_lines(values, op.results[0]), _COPY_NOTE, *lines])


def _transpose(op: Operation, values: Values) -> Code:
    perm = _integers(op, "perm")
    strides = _strides(op.operands[0])
    result = op.results[0]
    return _moved(
        values, op, _copy(values, op.operands[0], [strides[axis] for axis in perm], 0, result, _shape(result))
    )


def _same_order(op: Operation, values: Values) -> Code:
    """A change of layout: every element keeps its coordinates."""
    x, result = op.operands[0], op.results[0]
    return _moved(values, op, _copy(values, x, _strides(x), 0, result, _shape(result)))


def _reshape(op: Operation, values: Values) -> Code:
    x, result = op.operands[0], op.results[0]
    if layout_of(tensor_of(x)) is not None or layout_of(tensor_of(result)) is not None:
        raise UserError("kernel.reshape of a value that is not dense cannot be emitted: reorder it first")
    lines = [
        f"static constexpr CopyParams copy{{1, {{{prod(_shape(x))}}}, {{1}}, {{1}}}};",
        f"strided_copy(f.pool, copy, {values.pointer(x)}, {values.pointer(result)});",
    ]
    return _moved(values, op, lines)


def _slice(op: Operation, values: Values) -> Code:
    starts, steps = _integers(op, "starts"), _integers(op, "steps")
    strides = _strides(op.operands[0])
    offset = sum(start * stride for start, stride in zip(starts, strides, strict=True))
    moved = [step * stride for step, stride in zip(steps, strides, strict=True)]
    result = op.results[0]
    return _moved(values, op, _copy(values, op.operands[0], moved, offset, result, _shape(result)))


def _concat(op: Operation, values: Values) -> Code:
    axis = _integer(op, "axis")
    result = op.results[0]
    lines: list[str] = []
    start = 0
    for number, part in enumerate(op.operands):
        offset = start * _strides(result)[axis]
        lines += _copy(values, part, _strides(part), 0, result, _shape(part), offset, f"part_{number}")
        start += _shape(part)[axis]
    return _moved(values, op, lines)


def _broadcast_strides(value: SSAValue, shape: Sequence[int]) -> list[int]:
    """Strides of an operand along the axes of a shape it broadcasts to: 0 where it is repeated."""
    own, strides = _shape(value), _strides(value)
    missing = len(shape) - len(own)
    return [0] * missing + [0 if extent == 1 else stride for extent, stride in zip(own, strides, strict=True)]


def _broadcast(op: Operation, values: Values) -> Code:
    result = op.results[0]
    strides = _broadcast_strides(op.operands[0], _shape(result))
    return _moved(values, op, _copy(values, op.operands[0], strides, 0, result, _shape(result)))


def _tile(op: Operation, values: Values) -> Code:
    repeats = _integers(op, "repeats")
    x, result = op.operands[0], op.results[0]
    own, strides, out = _shape(x), _strides(x), _strides(result)
    # Each axis splits into (repeat, extent): the repeats read the same elements again.
    sizes = [v for pair in zip(repeats, own, strict=True) for v in pair]
    in_strides = [v for stride in strides for v in (0, stride)]
    out_strides = [v for stride, extent in zip(out, own, strict=True) for v in (stride * extent, stride)]
    keep = [i for i, size in enumerate(sizes) if size != 1] or [0]
    lines = [
        f"static constexpr CopyParams copy{{{len(keep)}, {_ordered(keep, sizes)}, {_ordered(keep, in_strides)}, "
        f"{_ordered(keep, out_strides)}}};",
        f"strided_copy(f.pool, copy, {values.pointer(x)}, {values.pointer(result)});",
    ]
    return _moved(values, op, lines)


def _pad(op: Operation, values: Values) -> Code:
    x, result = op.operands[0], op.results[0]
    order = memory_order(result)
    fields = [
        f"PadMode::{_word(op, 'mode')}",
        max(len(order), 1),
        _ordered(order, _shape(x)),
        _ordered(order, _shape(result)),
        _ordered(order, _integers(op, "pads_begin")),
        _ordered(order, _strides(x)),
        _ordered(order, _strides(result)),
    ]
    value = f"static_cast<{cpp_type(result)}>({_number(op, 'value')})"
    return Code(
        _COPY_HEADERS,
        [
            *halo_lines(values, result),
            "// mode, rank, extents of source and result, pads before, strides of source and result",
            f"static constexpr PadParams pads{braces(fields)};",
            f"pad(f.pool, pads, {value}, {values.pointer(x)}, {values.pointer(result)});",
        ],
    )


# ------------------------------------------------------------------------------------------------ detection tail


def _detection_output(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.DetectionOutputOp)
    loc, conf, priors = op.operands[:3]
    classes = _integer(op, "num_classes")
    images = _shape(conf)[0]
    aux = [values.pointer(v) for v in op.operands[3:]] or ["nullptr", "nullptr"]
    size = 4 if _flag(op, "normalized") == "true" else 5
    count = _shape(priors)[2] // size
    keep = _integers(op, "keep_top_k")
    fields = [
        images,
        count,
        classes,
        _shape(priors)[0],
        f"BoxCode::{_word(op, 'code_type')}",
        *(
            _flag(op, name)
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
        _integer(op, "background_label_id"),
        _integer(op, "top_k"),
        keep[0],
        _shape(op.results[0])[2],
        _number(op, "nms_threshold"),
        _number(op, "confidence_threshold"),
        _number(op, "objectness_score"),
        _integer(op, "input_height"),
        _integer(op, "input_width"),
    ]
    lines = [
        "// images, priors, classes, images of priors, code; variance in target, shared location, clip before and",
        "// after suppression, decrease label, normalised, logits; background, top_k, keep_top_k, rows; thresholds of",
        "// overlap, confidence and objectness; height and width of the image",
        f"static constexpr DetectionOutputParams params{braces(fields)};",
        f"detection_output(f.pool, params, {values.pointer(loc)}, {values.pointer(conf)}, {values.pointer(priors)}, "
        f"{aux[0]}, {aux[1]}, {scratch_pointer(op)}, {values.pointer(op.results[0])});",
    ]
    return Code(("arhat/kernels/detection_output.hpp",), lines)


def _region_yolo(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.RegionYoloOp)
    x = op.x
    n, channels, height, width = _shape(x)
    softmax = _flag(op, "do_softmax") == "true"
    coords, classes = _integer(op, "coords"), _integer(op, "classes")
    regions = _integer(op, "num") if softmax else len(_integers(op, "mask"))
    assert regions * (coords + 1 + classes) == channels
    fields = [n, regions, coords, classes, height, width, _flag(op, "do_softmax"), *_strides(x)]
    return Code(
        ("arhat/kernels/region_yolo.hpp",),
        [
            "// images, regions, coordinates, classes, height, width, softmax; strides of image, channel, row, pixel",
            f"static constexpr RegionYoloParams params{braces(fields)};",
            f"region_yolo(f.pool, params, {values.pointer(x)}, {values.pointer(op.result)});",
        ],
    )


# ------------------------------------------------------------------------------------------- resize, reductions


def _interpolate(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.InterpolateOp)
    rank = len(_shape(op.x))
    axes = ints_of(op.axes)

    def per_axis(pads: Sequence[int]) -> str:
        return braces([*pads, *([0] * (rank - len(pads)))])

    fields = [
        f"InterpolateMode::{_word(op, 'mode')}",
        f"CoordinateTransform::{_word(op, 'coordinate_transformation')}",
        f"NearestMode::{_word(op, 'nearest_mode')}",
        _flag(op, "antialias"),
        _number(op, "cube_coeff"),
        rank,
        braces(_shape(op.x)),
        braces(_shape(op.result)),
        per_axis(ints_of(op.pads_begin)),
        per_axis(ints_of(op.pads_end)),
        braces(_strides(op.x)),
        braces(_strides(op.result)),
        len(axes),
        braces(axes),
        braces([float_literal(v) for v in _numbers(op, "scales")]),
    ]
    return Code(
        ("arhat/kernels/interpolate.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, op.result),
            "// mode, coordinates, rounding, antialias, cubic coefficient; rank, extents of source and result, pads,",
            "// strides of source and result; resized axes and their scales",
            f"static constexpr InterpolateParams params{braces(fields)};",
            f"interpolate(f.pool, params, {values.pointer(op.x)}, {values.pointer(op.result)}, {scratch_pointer(op)});",
        ],
    )


def _groups(x: SSAValue, result: SSAValue, axes: Sequence[int], out: Sequence[int | None]) -> str:
    """Fields of `GroupParams`: kept axes in the order of memory, then the reduced ones.

    `out` is the result's stride along each axis of the operand; None where a reduction has none.
    """
    order = memory_order(x)
    kept = [axis for axis in order if axis not in axes]
    reduced = [axis for axis in order if axis in axes]
    shape, strides = _shape(x), _strides(x)
    out_strides = [0 if stride is None else stride for stride in out]
    fields = [
        len(kept),
        _ordered(kept, shape),
        _ordered(kept, strides),
        _ordered(kept, out_strides),
        len(reduced),
        _ordered(reduced, shape),
        _ordered(reduced, strides),
        _ordered(reduced, out_strides),
    ]
    return f"static constexpr GroupParams groups{braces(fields)};"


_GROUP_NOTE = "// kept axes: count, extents, strides of source and result; reduced axes: the same"


def _softmax(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.SoftmaxOp)
    return Code(
        ("arhat/kernels/softmax.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, op.result),
            _GROUP_NOTE,
            _groups(op.x, op.result, [_integer(op, "axis")], _strides(op.result)),
            f"softmax(f.pool, groups, {values.pointer(op.x)}, {values.pointer(op.result)});",
        ],
    )


def _normalize_l2(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.NormalizeL2Op)
    return Code(
        ("arhat/kernels/normalize_l2.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, op.result),
            _GROUP_NOTE,
            _groups(op.x, op.result, ints_of(op.axes), _strides(op.result)),
            f"normalize_l2(f.pool, groups, {_number(op, 'eps')}, EpsMode::{_word(op, 'eps_mode')}, "
            f"{values.pointer(op.x)}, {values.pointer(op.result)});",
        ],
    )


def _reduce(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.ReduceOp)
    axes = ints_of(op.axes)
    strides = iter(_strides(op.result))
    keep = _flag(op, "keep_dims") == "true"
    out: list[int | None] = []
    for axis in range(len(_shape(op.x))):
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
            _GROUP_NOTE,
            _groups(op.x, op.result, axes, out),
            f"reduce<Reduction::{_word(op, 'kind')}>(f.pool, groups, {values.pointer(op.x)}, "
            f"{values.pointer(op.result)});",
        ],
    )


def _gather(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.GatherOp)
    axis, batch = _integer(op, "axis"), _integer(op, "batch_dims")
    shape, indices = _shape(op.x), _shape(op.indices)
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
            f"gather(f.pool, params, {values.pointer(op.x)}, {values.pointer(op.indices)}, "
            f"{values.pointer(op.result)});",
        ],
    )


KERNEL_PRINTERS: dict[str, Printer] = {
    **ELEMENTWISE_PRINTERS,
    **PRIOR_PRINTERS,
    kernel.TransposeOp.name: _transpose,
    kernel.ReorderOp.name: _same_order,
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
