"""Part of dynamic-batch: where the images of a result are, of layers that treat images apart from each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TypeAlias

from xdsl.ir import Operation

from arhat.dialects import trt
from arhat.dialects.arhat.base import ints_of, python_value
from arhat.dialects.kernel import shape_of

Axes: TypeAlias = "Sequence[int | None]"
Found: TypeAlias = "Sequence[int] | Mapping[int, int]"


class Refused(Exception):
    """Why an op cannot be run with a batch that changes."""


def _along(op: Operation, axes: Axes) -> Found:
    """Of operands of one rank that broadcast: all that have images have them on one axis."""
    found = {axis for axis in axes if axis is not None}
    if len(found) > 1:
        raise Refused("its operands have the images on different axes")
    (axis,) = found
    fixed = {
        index: axis
        for index, (value, own) in enumerate(zip(op.operands, axes, strict=True))
        if own is None and shape_of(value)[axis] != 1
    }
    return fixed or [axis] * len(op.results)


def _first(op: Operation, axes: Axes) -> Found:
    """Of the first operand; the others are for all images."""
    if axes[0] is None or any(axis is not None for axis in axes[1:]):
        raise Refused("an operand for all images depends on them")
    return [axes[0]] * len(op.results)


def _images(op: Operation, axes: Axes) -> Found:
    """As `_first`, where images can only be on the first axis."""
    if axes[0] not in (0, None):
        raise Refused("the images are not on its first axis")
    return _first(op, axes)


def _apart(*names: str) -> Callable[[Operation, Axes], Found]:
    """As `_first`; the properties `names` say along which axes elements depend on each other."""

    def rule(op: Operation, axes: Axes) -> Found:
        taken: set[int] = set()
        for name in names:
            value = python_value(op.properties[name])
            taken.update([value] if isinstance(value, int) else value)
        if axes[0] in taken:
            raise Refused("it computes across the images")
        return _first(op, axes)

    return rule


def _concatenation(op: Operation, axes: Axes) -> Found:
    assert isinstance(op, trt.ConcatenationOp)
    if any(axis is None for axis in axes):
        raise Refused("it joins what depends on the images with what does not")
    if op.axis.value.data in axes:
        raise Refused("it joins along the images")
    return _along(op, axes)


def _matrix_multiply(op: Operation, axes: Axes) -> Found:
    assert isinstance(op, trt.MatrixMultiplyOp)
    results: set[int] = set()
    fixed: dict[int, int] = {}
    for index, (value, axis) in enumerate(zip(op.operands, axes, strict=True)):
        if axis is None:
            continue
        rank = len(shape_of(value))
        kind = (op.op_a if index == 0 else op.op_b).data
        matrix = 1 if kind == "vector" else 2
        if axis < rank - matrix:
            results.add(axis)
            other = op.operands[1 - index]
            if axes[1 - index] is None and shape_of(other)[axis] != 1:
                fixed[1 - index] = axis
        elif kind == ("none" if index == 0 else "transpose") and axis == rank - 2:
            results.add(
                rank - 2 if index == 0 else rank - 1
            )  # rows of the left matrix, columns of the right one
        elif kind == ("transpose" if index == 0 else "none") and axis == rank - 1:
            results.add(rank - 2 if index == 0 else rank - 1)
        else:
            raise Refused("it computes across the images")
    if len(results) > 1:
        raise Refused("its operands have the images on different axes")
    return fixed or [results.pop()]


def _reduce(op: Operation, axes: Axes) -> Found:
    assert isinstance(op, trt.ReduceOp) and axes[0] is not None
    taken = ints_of(op.axes)
    if axes[0] in taken:
        raise Refused("it computes across the images")
    kept = bool(op.keep_dims.value.data)
    return [axes[0] if kept else axes[0] - sum(axis < axes[0] for axis in taken)]


def _gather(op: Operation, axes: Axes) -> Found:
    assert isinstance(op, trt.GatherOp)
    mode, shared = op.mode.data, op.elementwise_dims.value.data
    data, indices = axes
    if mode == "element":
        return _along(op, axes)
    if mode == "nd":
        if data is None or data != indices or data >= shared:
            raise Refused("it gathers across the images")
        return [data]
    axis = op.axis.value.data
    if data is not None and indices is not None:
        if data != indices or data >= shared:
            raise Refused("it gathers across the images")
        return [data]
    if data is None:
        assert indices is not None
        return [indices if indices < shared else axis + indices - shared]
    if data == axis or data < shared:
        raise Refused("it gathers across the images")
    return [data if data < axis else data + len(shape_of(op.indices)) - shared - 1]


def _one_hot(op: Operation, axes: Axes) -> Found:
    assert isinstance(op, trt.OneHotOp)
    (found,) = _first(op, axes)
    axis = op.axis.value.data
    return [found if found < (axis if axis >= 0 else axis + len(shape_of(op.output))) else found + 1]


def _scatter(op: Operation, axes: Axes) -> Found:
    assert isinstance(op, trt.ScatterOp)
    if op.mode.data != "element" or None in axes or op.axis.value.data in axes:
        raise Refused("it writes across the images")
    return _along(op, axes)


def _shuffle(op: Operation, axes: Axes) -> Found:
    assert isinstance(op, trt.ShuffleOp) and axes[0] is not None
    axis, shape = axes[0], shape_of(op.x)
    if op.first_transpose is not None:
        perm = ints_of(op.first_transpose)
        axis, shape = perm.index(axis), tuple(shape[i] for i in perm)
    if op.reshape is not None:
        target = list(ints_of(op.reshape))
        if -1 in target:
            target[target.index(-1)] = prod(shape) // prod(n for n in target if n != -1)
        ahead, images = prod(shape[:axis]), shape[axis]
        places = [
            place
            for place, extent in enumerate(target)
            if prod(target[:place]) == ahead and extent and (images % extent == 0 or extent % images == 0)
        ]
        # Extents of 1 before the axis of images may stand for it, too: it is the first that is larger.
        places = [place for place in places if target[place] != 1] or places
        if not places:
            raise Refused("its new shape joins the images with what lies before them")
        axis = places[0]
    if op.second_transpose is not None:
        axis = ints_of(op.second_transpose).index(axis)
    return [axis]


def _slice(op: Operation, axes: Axes) -> Found:
    assert isinstance(op, trt.SliceOp)
    axis = axes[0]
    if axis is None or any(other is not None for other in axes[1:]):
        raise Refused("an operand for all images depends on them")
    starts, sizes, strides = ints_of(op.starts), ints_of(op.sizes), ints_of(op.strides)
    if starts[axis] or strides[axis] != 1 or sizes[axis] != shape_of(op.x)[axis]:
        raise Refused("it takes some of the images")
    return [axis]


def _resize(op: Operation, axes: Axes) -> Found:
    assert isinstance(op, trt.ResizeOp)
    if axes[0] is not None and shape_of(op.x)[axes[0]] != shape_of(op.output)[axes[0]]:
        raise Refused("it resizes along the images")
    return _first(op, axes)


PLUGINS: Mapping[str, int | None] = {
    "DetectionOutput": 2,
    "DeformableColumns": 0,
    "Interpolate": 0,
    "AdaptiveAvgPool": 0,
    "LRN": 0,
    "MVN": 0,
    "RegionYolo": 0,
    "Resample": 0,
}
"""Plugins that treat images apart from each other: the axis of the result where they are, one after the other."""


def _plugin(op: Operation, axes: Axes) -> Found:
    assert isinstance(op, trt.PluginOp)
    place = PLUGINS.get(name := op.plugin.data)
    if place is None:
        raise Refused(f"the plugin {name} is not known to treat images apart from each other")
    if any(axis not in (0, None) for axis in axes):
        raise Refused("the images are not on the first axis of an operand")
    return [place] * len(op.results)


RULES: Mapping[str, Callable[[Operation, Axes], Found]] = {
    "trt.activation": _first,
    "trt.cast": _first,
    "trt.concatenation": _concatenation,
    "trt.convolution": _images,
    "trt.cumulative": _first,
    "trt.deconvolution": _images,
    "trt.dequantize": _first,
    "trt.element_wise": _along,
    "trt.gather": _gather,
    "trt.lrn": _images,
    "trt.matrix_multiply": _matrix_multiply,
    "trt.normalization": _apart("axes"),
    "trt.one_hot": _one_hot,
    "trt.parametric_relu": _along,
    "trt.plugin": _plugin,
    "trt.pooling": _images,
    "trt.quantize": _first,
    "trt.reduce": _reduce,
    "trt.resize": _resize,
    "trt.scatter": _scatter,
    "trt.select": _along,
    "trt.shuffle": _shuffle,
    "trt.slice": _slice,
    "trt.soft_max": _apart("axis"),
    "trt.top_k": _apart("axis"),
    "trt.unary": _first,
}
"""By name of a layer: the axes of its results, given those of its operands (None: for all images); or, by number of an
operand, the axis along which this constant has to become one row. Raises Refused."""


def needs_sizes(op: Operation) -> bool:
    """Whether a layer states the sizes of its result, which then have to be computed at run time."""
    return isinstance(op, trt.SliceOp | trt.ResizeOp)


__all__ = ["RULES", "Axes", "Found", "Refused", "needs_sizes"]
