"""C++ of matrix products of integers."""

from __future__ import annotations

from xdsl.ir import Operation, SSAValue

from arhat.dialects import kernel
from arhat.emit.cpu.fields import braces, shape_of, strides_of
from arhat.emit.cpu.printers import Code, Printer
from arhat.emit.cpu.values import Values


def _matmul(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.MatmulOp)
    shape = shape_of(op.result)

    def batch(value: SSAValue) -> list[int]:
        own, strides = shape_of(value)[:-2], strides_of(value)
        missing = len(shape) - 2 - len(own)
        return [0] * missing + [0 if n == 1 else stride for n, stride in zip(own, strides, strict=False)]

    a, b = strides_of(op.a)[-2:], strides_of(op.b)[-2:]
    row, a_step = reversed(a) if op.transpose_a.value.data else a
    b_step, column = reversed(b) if op.transpose_b.value.data else b
    depth = shape_of(op.a)[-2 if op.transpose_a.value.data else -1]
    fields = [
        len(shape),
        braces(shape),
        braces([*batch(op.a), row, 0]),
        braces([*batch(op.b), 0, column]),
        depth,
        a_step,
        b_step,
    ]
    return Code(
        ("arhat/kernels/product.hpp",),
        [
            "// axes of the result: count, extents, strides of a and b; depth, and distances along it in a and b",
            f"static constexpr ProductParams params{braces(fields)};",
            f"product(f.context, params, {values.pointer(op.a)}, {values.pointer(op.b)}, {values.pointer(op.result)});",
        ],
    )


PRODUCT_PRINTERS: dict[str, Printer] = {kernel.MatmulOp.name: _matmul}
