"""C++ statements for general pooling and deformable convolution."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from xdsl.ir import Operation, SSAValue

from arhat.dialects import kernel
from arhat.emit.cpu.fields import braces, flag_of, integer_of, integers_of, shape_of, strides_of
from arhat.emit.cpu.printers import Code, Printer, halo_lines, join
from arhat.emit.cpu.values import Values, cpp_type

_NOTE = "// channels of all images; extents of operand and result, kernel (0: adaptive), strides, dilations, padding"


def _three(values: Sequence[int], absent: int) -> str:
    """A list with one value for each of three axes."""
    return braces([*[absent] * (3 - len(values)), *values])


def _windows(x: SSAValue, result: SSAValue, op: Operation) -> list[str]:
    shape, made = shape_of(x), shape_of(result)
    if "sizes" in op.properties:
        kernel_, strides, dilations, pads = ([0] * (len(shape) - 2), *[[1] * (len(shape) - 2)] * 2, [])
    else:
        kernel_, strides, dilations, pads = (
            list(integers_of(op, name)) for name in ("kernel", "strides", "dilations", "pads_begin")
        )
    fields = [
        prod(shape[:2]),
        _three(shape[2:], 1),
        _three(made[2:], 1),
        _three(kernel_, 1),
        _three(strides, 1),
        _three(dilations, 1),
        _three(pads, 0),
    ]
    return [_NOTE, f"static constexpr PoolWindows windows{braces(fields)};"]


def _max_pool(op: Operation, values: Values) -> Code:
    x, result = op.operands[0], op.results[0]
    if len(op.results) == 2:
        axis = integer_of(op, "axis") if "axis" in op.properties else 2
        where = f"{values.pointer(op.results[1])}, {prod(shape_of(x)[axis:])}"
    else:
        where = "static_cast<int32_t*>(nullptr), 1"
    line = f"max_pool_windows(f.context, windows, {values.pointer(x)}, {values.pointer(result)}, {where});"
    return Code(("arhat/kernels/pooling.hpp",), [*_windows(x, result, op), line])


def _adaptive_avg_pool(op: Operation, values: Values) -> Code:
    x, result = op.operands[0], op.results[0]
    line = f"average_windows(f.context, windows, {values.pointer(x)}, {values.pointer(result)});"
    return Code(("arhat/kernels/pooling.hpp",), [*_windows(x, result, op), line])


def _deformable_columns(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.DeformableColumnsOp)
    x, offsets, result = op.x, op.offsets, op.result
    n, c, height, width = shape_of(x)
    mask = op.mask[0] if op.mask else None
    fields = [
        n,
        c,
        height,
        width,
        *shape_of(result)[2:],
        *(v for name in ("kernel", "strides", "dilations", "pads_begin") for v in integers_of(op, name)),
        integer_of(op, "deformable_groups"),
        flag_of(op, "interpolate_border"),
        *(
            braces(strides_of(value) if value is not None else [0] * 4)
            for value in (x, offsets, mask, result)
        ),
    ]
    missing = f"static_cast<const {cpp_type(x)}*>(nullptr)"
    pointers = [missing if v is None else values.pointer(v) for v in (x, offsets, mask, result)]
    return Code(
        ("arhat/kernels/deformable.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, result),
            "// images, channels, height, width, height and width of the result, kernel, strides, dilations, padding",
            "// at top and left, deformable groups, interpolate border; strides of operand, offsets, mask, result",
            f"static constexpr DeformableParams params{braces(fields)};",
            f"deformable_columns(f.context, params, {join(pointers)});",
        ],
    )


POOLING_PRINTERS: dict[str, Printer] = {
    kernel.MaxPoolOp.name: _max_pool,
    kernel.MaxPoolWithIndicesOp.name: _max_pool,
    kernel.AdaptiveAvgPoolOp.name: _adaptive_avg_pool,
    kernel.AdaptiveMaxPoolOp.name: _max_pool,
    kernel.DeformableColumnsOp.name: _deformable_columns,
}
