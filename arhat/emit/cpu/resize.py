"""C++ statements for the kernels that resample."""

from __future__ import annotations

from math import prod

from xdsl.ir import Operation

from arhat.dialects import kernel
from arhat.dialects.arhat.base import python_value
from arhat.emit.cpu.fields import braces, integer_of, shape_of, word_of
from arhat.emit.cpu.printers import Code, Printer, scratch_pointer
from arhat.emit.cpu.values import Values


def _resample(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.ResampleOp)
    x, axis = shape_of(op.x), integer_of(op, "axis")
    fields = [
        prod(x[:axis]),
        x[axis],
        integer_of(op, "size"),
        prod(x[axis + 1 :]),
        "true" if word_of(op, "filter") == "bicubic" else "false",
        repr(float(python_value(op.cube_coeff))),
    ]
    return Code(
        ("arhat/kernels/resample.hpp",),
        [
            "// outer extent, extents of the axis before and after, inner extent; bicubic, its coefficient",
            f"static constexpr ResampleParams params{braces(fields)};",
            f"resample(f.context, params, {values.pointer(op.x)}, {values.pointer(op.result)}, {scratch_pointer(op)});",
        ],
    )


RESIZE_PRINTERS: dict[str, Printer] = {kernel.ResampleOp.name: _resample}
