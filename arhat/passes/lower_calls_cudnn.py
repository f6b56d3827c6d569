"""Part of convert-arhat-to-cudnn: pooling, softmax and local response normalisation."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from xdsl.dialects.builtin import Float32Type, NoneAttr, TensorType, f32
from xdsl.ir import Operation

from arhat.dialects import arhat, cudnn, kernel
from arhat.dialects.arhat.base import Property, ints_of
from arhat.dialects.cudnn.calls import LRN_LARGEST
from arhat.dialects.kernel import tensor_of
from arhat.passes.lower_kernels import KERNEL_LOWERINGS, Lowered, Lowering
from arhat.passes.lower_nodes_cudnn import LOW, shape_of
from arhat.passes.steps import Steps

LEAST_BETA, LEAST_BIAS = 0.01, 1e-5
"""cuDNN's LRN takes no smaller ones. Source: cudnn_ops.h, CUDNN_LRN_MIN_BETA and CUDNN_LRN_MIN_K."""


def is_resample(op: arhat.MaxPoolOp | arhat.AvgPoolOp) -> bool:
    """Whether cuDNN has such a pooling: of floats, without dilations, no window sees padding alone."""
    if isinstance(op, arhat.AvgPoolOp):
        return True
    if not isinstance(tensor_of(op.x).element_type, (Float32Type, *LOW)):
        return False
    window = ints_of(op.kernel)
    pads = (*ints_of(op.pads_begin), *_end(op))
    narrow = all(pad < size for pad, size in zip(pads, (*window, *window), strict=True))
    return narrow and all(d == 1 or k == 1 for d, k in zip(ints_of(op.dilations), window, strict=True))


def _end(op: arhat.MaxPoolOp | arhat.AvgPoolOp) -> tuple[int, ...]:
    """The padding at the end that the result's size needs, however it was rounded."""
    window, strides, begin = (ints_of(p) for p in (op.kernel, op.strides, op.pads_begin))
    sizes, counts = shape_of(op.x)[2:], shape_of(op.result)[2:]
    return tuple(
        max(0, (n - 1) * s + k - size - b)
        for n, s, k, size, b in zip(counts, strides, window, sizes, begin, strict=True)
    )


def _pool(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.MaxPoolOp | arhat.AvgPoolOp)
    if isinstance(op, arhat.MaxPoolOp) and not is_resample(op):
        return [kernel.MaxPoolOp.make([op.x], op.properties, op.result.type)]
    declared = tensor_of(op.result).element_type
    steps = Steps()
    element = declared if isinstance(declared, LOW) else f32
    x = steps.convert(op.x, element)
    lists = [*(ints_of(p) for p in (op.kernel, op.strides, op.pads_begin)), _end(op)]
    shape = shape_of(op.result)
    if len(shape) == 3:
        x = steps.view(x, (*shape_of(x)[:2], 1, shape_of(x)[2]))
        shape = (*shape[:2], 1, shape[2])
        lists = [(absent, *values) for absent, values in zip((1, 1, 0, 0), lists, strict=True)]
    window, strides, begin, end = lists
    mode = "max"
    if isinstance(op, arhat.AvgPoolOp):
        mode = "avg_exclude" if op.exclude_pad.value.data else "avg_include"
    properties: dict[str, Property] = {
        "mode": mode,
        "window": window,
        "strides": strides,
        "pads": (*begin, *end),
    }
    y = steps.add(cudnn.ResampleOp.make([x], properties, TensorType(element, shape, NoneAttr())))
    steps.view(steps.convert(y, declared), shape_of(op.result))
    return steps.ops


def is_global_pool(op: arhat.ReduceMeanOp | arhat.ReduceMaxOp) -> bool:
    """Whether a reduction is a pooling with one window: over height and width of images of floats."""
    typed = isinstance(tensor_of(op.x).element_type, (Float32Type, *LOW))
    return typed and len(shape_of(op.x)) == 4 and sorted(ints_of(op.axes)) == [2, 3]


def _global_pool(op: Operation) -> list[Operation] | Lowered:
    assert isinstance(op, arhat.ReduceMeanOp | arhat.ReduceMaxOp)
    if not is_global_pool(op):
        return KERNEL_LOWERINGS[op.name](op)
    steps = Steps()
    n, c, *sizes = shape_of(op.x)
    mode = "max" if isinstance(op, arhat.ReduceMaxOp) else "avg_include"
    properties: dict[str, Property] = {"mode": mode, "window": sizes, "strides": (1, 1), "pads": (0, 0, 0, 0)}
    type_ = TensorType(tensor_of(op.result).element_type, (n, c, 1, 1), NoneAttr())
    y = steps.add(cudnn.ResampleOp.make([op.x], properties, type_))
    steps.view(y, shape_of(op.result))
    return steps.ops


def _softmax(op: Operation) -> list[Operation] | Lowered:
    assert isinstance(op, arhat.SoftmaxOp)
    if not isinstance(tensor_of(op.x).element_type, (Float32Type, *LOW)):
        return KERNEL_LOWERINGS[op.name](op)
    return [cudnn.SoftmaxOp.make([op.x], {"axis": op.axis}, tensor_of(op.result))]


def is_cudnn_lrn(op: arhat.LrnOp) -> bool:
    """Whether cuDNN has such a normalisation: across an odd number of channels, its parameters not too small."""
    size, beta, bias = op.size.value.data, op.beta.value.data, op.bias.value.data
    across = ints_of(op.axes) == (1,) and size % 2 == 1 and size <= LRN_LARGEST
    typed = isinstance(tensor_of(op.x).element_type, (Float32Type, *LOW))
    return across and typed and beta >= LEAST_BETA and bias >= LEAST_BIAS


def _lrn(op: Operation) -> list[Operation] | Lowered:
    assert isinstance(op, arhat.LrnOp)
    if not is_cudnn_lrn(op):
        return KERNEL_LOWERINGS[op.name](op)
    steps = Steps()
    shape = shape_of(op.x)
    x = op.x if len(shape) == 4 else steps.view(op.x, (*shape[:2], 1, prod(shape[2:])))
    properties: dict[str, Property] = {"size": op.size, "alpha": op.alpha, "beta": op.beta, "bias": op.bias}
    y = steps.add(cudnn.LrnOp.make([x], properties, tensor_of(x)))
    steps.view(y, shape)
    return steps.ops


CALL_LOWERINGS: Mapping[str, Lowering] = {
    "arhat.max_pool": _pool,
    "arhat.avg_pool": _pool,
    "arhat.reduce_mean": _global_pool,
    "arhat.reduce_max": _global_pool,
    "arhat.softmax": _softmax,
    "arhat.lrn": _lrn,
}
"""The lowerings of this file by name of the op."""
