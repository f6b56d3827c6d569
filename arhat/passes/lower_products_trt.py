"""Part of convert-arhat-to-trt: reductions, what is made of them, and matrix products."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
from xdsl.dialects.builtin import i1, i32, i64
from xdsl.ir import Operation, SSAValue

from arhat.dialects import arhat, trt
from arhat.dialects.arhat.base import ints_of
from arhat.passes.lower_elementwise_trt import fused
from arhat.passes.lower_kernels import Lowered, Lowering
from arhat.passes.lower_steps_trt import Layers, element_of, is_float, shape_of
from arhat.passes.support import Unsupported

MOST_TERMS = 1 << 26
"""Of all sums of a product of integers, which are all in memory at once."""


def _reduce(op: Operation) -> Lowered:
    assert isinstance(op, arhat.ReductionOp)
    layers, x = Layers(op), op.x
    kind = op.name.removeprefix("arhat.reduce_")
    axes, keep = ints_of(op.axes), bool(op.keep_dims.value.data)
    if not axes:
        return layers.gives(x)
    if kind in ("logical_and", "logical_or"):
        name = "min" if kind == "logical_and" else "max"
        return layers.gives(layers.cast(layers.reduce(name, layers.cast(x, i32), axes, keep), i1))
    if kind == "mean" and not is_float(x):  # the layer has no mean of integers: a sum in i64, truncated
        total = layers.reduce("sum", layers.cast(x, i64), axes, keep)
        count = prod(shape_of(x)[axis] for axis in axes)
        return layers.gives(layers.cast(layers.binary("div", total, count), element_of(x)))
    return layers.gives(layers.reduce("avg" if kind == "mean" else kind, x, axes, keep))


def _softmax(op: Operation) -> Lowered:
    assert isinstance(op, arhat.SoftmaxOp)
    layers, axis, shape = Layers(op), op.axis.value.data, shape_of(op.x)
    x = op.x
    if len(shape) == 1:  # the layer takes no vectors
        x, axis = layers.lift(x, 2), 1
    return layers.gives(layers.reshape(layers.add(trt.SoftMaxOp.make([x], {"axis": axis})), shape))


def _normalize_l2(op: Operation) -> Lowered:
    assert isinstance(op, arhat.NormalizeL2Op)
    layers, eps = Layers(op), op.eps.value.data

    def compute(x: SSAValue) -> SSAValue:
        total = layers.reduce("sum", layers.binary("prod", x, x), ints_of(op.axes))
        bounded = layers.binary("sum" if op.eps_mode.data == "add" else "max", total, eps)
        return layers.binary("div", x, layers.unary("sqrt", bounded))

    return layers.gives(layers.in_f32(op.x, compute))


def _mvn(op: Operation) -> Lowered:
    """The normalisation layer where it has the formula; its sums are of f32 whatever the tensors are."""
    assert isinstance(op, arhat.MvnOp)
    layers, axes, eps = Layers(op), ints_of(op.axes), op.eps.value.data
    divides, inside = bool(op.normalize_variance.value.data), op.eps_mode.data == "inside_sqrt"
    if divides and inside and axes and eps > 0 and len(shape_of(op.x)) > 1:
        ones, zeros = layers.number(1, op.x), layers.number(0, op.x)
        properties = {"axes": tuple(sorted(axes)), "epsilon": eps, "groups": 1}
        return layers.gives(layers.add(trt.NormalizationOp.make([op.x, ones, zeros], properties)))

    def compute(x: SSAValue) -> SSAValue:
        y = layers.binary("sub", x, layers.reduce("avg", x, axes))
        if not divides:
            return y
        variance = layers.reduce("avg", layers.binary("prod", y, y), axes)
        if inside:
            return layers.binary("div", y, layers.unary("sqrt", layers.binary("sum", variance, eps)))
        return layers.binary("div", y, layers.binary("sum", layers.unary("sqrt", variance), eps))

    return layers.gives(layers.in_f32(op.x, compute))


def product(
    layers: Layers, a: SSAValue, b: SSAValue, transpose_a: bool = False, transpose_b: bool = False
) -> SSAValue:
    """`trt.matrix_multiply` of matrices with as many axes; integers as sums of their products."""
    if is_float(a):
        names = ["transpose" if transposed else "none" for transposed in (transpose_a, transpose_b)]
        return layers.add(trt.MatrixMultiplyOp.make([a, b], {"op_a": names[0], "op_b": names[1]}))
    rank = len(shape_of(a))
    swapped = [*range(rank - 2), rank - 1, rank - 2]
    a = layers.transpose(a, swapped) if transpose_a else a
    b = b if transpose_b else layers.transpose(b, swapped)
    *batch_a, rows, depth = shape_of(a)
    *batch_b, columns, _ = shape_of(b)
    batch = np.broadcast_shapes(tuple(batch_a), tuple(batch_b))
    if prod((*batch, rows, columns, depth)) > MOST_TERMS:
        raise Unsupported(f"products of integers are sums of no more than {MOST_TERMS} terms")
    terms = layers.binary(
        "prod",
        layers.reshape(a, (*batch_a, rows, 1, depth)),
        layers.reshape(b, (*batch_b, 1, columns, depth)),
    )
    return layers.reduce("sum", terms, [rank], keep_dims=False)


def _matmul(op: Operation) -> Lowered:
    """Vectors become matrices of one row or column, batch axes of 1 are put in front."""
    assert isinstance(op, arhat.MatmulOp)
    layers, a, b = Layers(op), op.a, op.b
    transpose_a, transpose_b = bool(op.transpose_a.value.data), bool(op.transpose_b.value.data)
    if len(shape_of(a)) == 1:
        a, transpose_a = layers.reshape(a, (1, *shape_of(a))), False
    if len(shape_of(b)) == 1:
        b, transpose_b = layers.reshape(b, (1, *shape_of(b))), True
    rank = max(len(shape_of(a)), len(shape_of(b)))
    y = product(layers, layers.lift(a, rank), layers.lift(b, rank), transpose_a, transpose_b)
    y = layers.reshape(y, shape_of(op.result))
    if op.bias is not None:
        y = layers.binary("sum", y, op.bias)
    return layers.gives(fused(layers, y, op.activation, None))


PRODUCT_TRT_LOWERINGS: Mapping[str, Lowering] = {
    **{
        f"arhat.reduce_{kind}": _reduce
        for kind in ("mean", "sum", "prod", "max", "min", "logical_and", "logical_or")
    },
    "arhat.softmax": _softmax,
    "arhat.normalize_l2": _normalize_l2,
    "arhat.mvn": _mvn,
    "arhat.matmul": _matmul,
}
"""The lowerings of this file by name of the op."""
