"""C++ of the kernels that normalise, and of running sums."""

from __future__ import annotations

from math import prod

from xdsl.ir import Operation, SSAValue

from arhat.dialects import kernel
from arhat.dialects.arhat.base import ints_of
from arhat.emit.cpu.fields import (
    GROUP_NOTE,
    braces,
    flag_of,
    groups,
    integer_of,
    memory_order,
    number_of,
    shape_of,
    strides_of,
    word_of,
)
from arhat.emit.cpu.printers import Code, Printer, halo_lines
from arhat.emit.cpu.values import Values, float_literal


def _mvn(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.MvnOp)
    mode = word_of(op, "eps_mode") if op.normalize_variance.value.data else "none"
    return Code(
        ("arhat/kernels/mvn.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, op.result),
            GROUP_NOTE,
            groups(op.x, op.result, ints_of(op.axes), strides_of(op.result)),
            f"mvn(f.context, groups, {number_of(op, 'eps')}, Deviation::{mode}, {values.pointer(op.x)}, "
            f"{values.pointer(op.result)});",
        ],
    )


def _windows(x: SSAValue, result: SSAValue, half: dict[int, int]) -> list[list[int]]:
    """Extents, strides of source and result, and reach of each axis in the order of memory.

    Neighbouring axes that the window does not reach along become one where both tensors walk them as one.
    """
    merged: list[list[int]] = []
    for axis in memory_order(x):
        size, steps = shape_of(x)[axis], (strides_of(x)[axis], strides_of(result)[axis])
        if size == 1:
            continue
        outer = merged[-1] if merged else None
        plain = outer is not None and outer[3] == 0 and axis not in half
        if outer is not None and plain and outer[1:3] == [step * size for step in steps]:
            merged[-1] = [outer[0] * size, *steps, 0]
        else:
            merged.append([size, *steps, half.get(axis, 0)])
    return merged or [[1, 1, 1, 0]]


def _lrn(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.LrnOp)
    size = integer_of(op, "size")
    axes = ints_of(op.axes)
    half = {axis: min((size - 1) // 2, shape_of(op.x)[axis]) for axis in axes}
    space = _windows(op.x, op.result, half)
    scale = op.alpha.value.data / prod([float(size)] * len(axes))
    fields = [
        len(space),
        *(braces(column) for column in zip(*space, strict=True)),
        float_literal(scale),
        number_of(op, "beta"),
        number_of(op, "bias"),
    ]
    return Code(
        ("arhat/kernels/lrn.hpp", "arhat/cpu/reorder.hpp"),
        [
            *halo_lines(values, op.result),
            "// axes: count, extents, strides of source and result, neighbours to either side; scale, beta, bias",
            f"static constexpr LrnParams params{braces(fields)};",
            f"lrn(f.context, params, {values.pointer(op.x)}, {values.pointer(op.result)});",
        ],
    )


def _cum_sum(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.CumSumOp)
    return Code(
        ("arhat/kernels/cumulate.hpp",),
        [
            GROUP_NOTE,
            groups(op.x, op.result, [integer_of(op, "axis")], strides_of(op.result)),
            f"cumulate(f.context, groups, {flag_of(op, 'exclusive')}, {flag_of(op, 'reverse')}, "
            f"{values.pointer(op.x)}, {values.pointer(op.result)});",
        ],
    )


NORMALIZATION_PRINTERS: dict[str, Printer] = {
    kernel.MvnOp.name: _mvn,
    kernel.LrnOp.name: _lrn,
    kernel.CumSumOp.name: _cum_sum,
}
