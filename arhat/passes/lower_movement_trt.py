"""Part of convert-arhat-to-trt: operations that move elements, and those whose operands say where they go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np
from xdsl.dialects.builtin import i1, i32
from xdsl.ir import Operation, SSAValue

from arhat.dialects import arhat, kernel, trt
from arhat.dialects.arhat.base import ints_of
from arhat.passes.lower_kernels import KERNEL_LOWERINGS, Lowered, Lowering
from arhat.passes.lower_steps_trt import Layers, element_of, shape_of
from arhat.passes.support import Unsupported
from arhat.weights import Array

# Movements ------------------------------------------------------------------------------------------------------------


def _reshape(op: Operation) -> Lowered:
    assert isinstance(op, arhat.ReshapeOp)
    layers = Layers(op)
    return layers.gives(layers.reshape(op.x, ints_of(op.shape)))


def _transpose(op: Operation) -> Lowered:
    assert isinstance(op, arhat.TransposeOp)
    layers = Layers(op)
    return layers.gives(layers.transpose(op.x, ints_of(op.perm)))


def _concat(op: Operation) -> Lowered:
    assert isinstance(op, arhat.ConcatOp)
    layers = Layers(op)
    return layers.gives(layers.concat(list(op.xs), op.axis.value.data))


def _slice(op: Operation) -> Lowered:
    assert isinstance(op, arhat.SliceOp)
    layers = Layers(op)
    starts, sizes, steps = ints_of(op.starts), ints_of(op.sizes), ints_of(op.steps)
    return layers.gives(layers.slice(op.x, starts, sizes, steps))


def _pad(op: Operation) -> Lowered:
    """First what is added, as a slice that starts before the elements, then what is cut off."""
    assert isinstance(op, arhat.PadOp)
    layers, mode = Layers(op), op.mode.data
    before, after = ints_of(op.pads_begin), ints_of(op.pads_end)
    x, shape = op.x, shape_of(op.x)
    if mode == "constant":
        return layers.gives(layers.pad(x, before, after, op.value.value.data))
    more = [(max(b, 0), max(a, 0)) for b, a in zip(before, after, strict=True)]
    if mode == "symmetric":
        for axis, (n, (b, a)) in enumerate(zip(shape, more, strict=True)):
            x = _mirrored(layers, x, axis, n, b, a)
    elif any(b or a for b, a in more):
        sizes = [n + b + a for n, (b, a) in zip(shape, more, strict=True)]
        x = layers.slice(x, [-b for b, _ in more], sizes, mode="clamp" if mode == "edge" else "reflect")
    starts = [max(-b, 0) for b in before]
    return layers.gives(layers.slice(x, starts, shape_of(op.result)))


def _mirrored(layers: Layers, x: SSAValue, axis: int, n: int, before: int, after: int) -> SSAValue:
    """The first and last elements again outside, in reverse order."""
    parts = [x]
    if before:
        parts.insert(0, layers.part(x, axis, before - 1, before, -1))
    if after:
        parts.append(layers.part(x, axis, n - 1, after, -1))
    return layers.concat(parts, axis)


def _tile(op: Operation) -> Lowered:
    assert isinstance(op, arhat.TileOp)
    layers, shape = Layers(op), shape_of(op.result)
    if all(n == 1 or r == 1 for n, r in zip(shape_of(op.x), ints_of(op.repeats), strict=True)):
        return layers.gives(layers.broadcast(op.x, shape))
    return layers.gives(layers.slice(op.x, [0] * len(shape), shape, mode="wrap"))


def _broadcast(op: Operation) -> Lowered:
    assert isinstance(op, arhat.BroadcastOp)
    layers = Layers(op)
    return layers.gives(layers.broadcast(op.x, ints_of(op.shape)))


# Gathering ------------------------------------------------------------------------------------------------------------


def _gather(op: Operation) -> Lowered:
    assert isinstance(op, arhat.GatherOp)
    layers, axis, batch = Layers(op), op.axis.value.data, op.batch_dims.value.data
    x, shape = op.x, shape_of(op.x)
    indices = layers.positions(op.indices, shape[axis])
    if batch > 1:  # the layer has one axis that both share
        x = layers.reshape(x, (prod(shape[:batch]), *shape[batch:]))
        indices = layers.reshape(indices, (prod(shape[:batch]), *shape_of(indices)[batch:]))
        axis, batch = axis - batch + 1, 1
    return layers.gives(layers.reshape(layers.gather(x, indices, axis, batch), shape_of(op.result)))


def _gather_elements(op: Operation) -> Lowered:
    assert isinstance(op, arhat.GatherElementsOp)
    layers, axis = Layers(op), op.axis.value.data
    indices = layers.positions(op.indices, shape_of(op.x)[axis])
    properties = {"mode": "element", "axis": axis, "elementwise_dims": 0}
    return layers.gives(layers.add(trt.GatherOp.make([op.x, indices], properties)))


def _gather_nd(op: Operation) -> Lowered:
    assert isinstance(op, arhat.GatherNdOp)
    layers, batch = Layers(op), op.batch_dims.value.data
    x, shape, depth = op.x, shape_of(op.x), shape_of(op.indices)[-1]
    if depth == 0:
        raise Unsupported("its indices are empty tuples")
    indices = layers.positions(op.indices, shape[batch : batch + depth])
    if batch >= len(shape) - 1:  # the layer wants more axes than the shared ones and one
        x = layers.reshape(x, (*shape, 1))
    properties = {"mode": "nd", "axis": 0, "elementwise_dims": batch}
    y = layers.add(trt.GatherOp.make([x, indices], properties))
    return layers.gives(layers.reshape(y, shape_of(op.result)))


# Scattering -----------------------------------------------------------------------------------------------------------


def _are_distinct(indices: Array, extents: Sequence[int]) -> bool:
    """Whether tuples of positions (the last axis) name different places, all of them in range."""
    ends = np.array(extents, np.int64)
    at = np.where(indices < 0, indices + ends, indices).reshape(-1, len(extents))
    return bool(((at >= 0) & (at < ends)).all()) and len(np.unique(at, axis=0)) == len(at)


def _scatter_update(op: Operation) -> list[Operation] | Lowered:
    """The layer leaves open what two updates of one place give: known ones, and sums, are the kernel's."""
    assert isinstance(op, arhat.ScatterUpdateOp)
    layers, axis = Layers(op), op.axis.value.data
    shape, indices_shape = shape_of(op.x), shape_of(op.indices)
    depth, rank = indices_shape[-1], len(shape)
    extents, known = shape[axis : axis + depth], layers.known(op.indices)
    unsafe = known is not None and not _are_distinct(known, extents)
    if op.reduction.data != "none" or depth == 0 or unsafe:
        return KERNEL_LOWERINGS[op.name](op)
    indices = layers.cast(layers.positions(op.indices, extents), i32)
    outer = list(range(axis))
    to_front = [*range(axis, axis + depth), *outer, *range(axis + depth, rank)]
    batch = len(indices_shape) - 1
    places = list(range(axis, axis + batch))
    updates_to_front = [*places, *outer, *range(axis + batch, len(shape_of(op.updates)))]
    x, updates = layers.transpose(op.x, to_front), layers.transpose(op.updates, updates_to_front)
    y = layers.add(trt.ScatterOp.make([x, indices, updates], {"mode": "nd", "axis": 0}))
    back = [to_front.index(i) for i in range(rank)]
    return layers.gives(layers.transpose(y, back))


def _scatter_elements_update(op: Operation) -> list[Operation] | Lowered:
    assert isinstance(op, arhat.ScatterElementsUpdateOp)
    layers, axis = Layers(op), op.axis.value.data
    shape, known = shape_of(op.x), layers.known(op.indices)
    unsafe = False
    if known is not None:
        places: Array = np.stack(np.meshgrid(*map(np.arange, known.shape), indexing="ij"), -1)
        places[..., axis] = known
        unsafe = not _are_distinct(places, shape)
    if op.reduction.data != "none" or unsafe:
        return [kernel.ScatterElementsUpdateOp.make(op.operands, op.properties, op.result.type)]
    indices = layers.cast(layers.positions(op.indices, shape[axis]), i32)
    y = layers.add(trt.ScatterOp.make([op.x, indices, op.updates], {"mode": "element", "axis": axis}))
    return layers.gives(y)


# Others ---------------------------------------------------------------------------------------------------------------


def _one_hot(op: Operation) -> Lowered:
    """Where the index equals the position: the layer leaves open what indices out of range give."""
    assert isinstance(op, arhat.OneHotOp)
    layers, axis, depth = Layers(op), op.axis.value.data, op.depth.value.data
    shape = shape_of(op.indices)
    at = layers.positions(op.indices, depth) if op.normalize.value.data else op.indices
    at = layers.reshape(at, (*shape[:axis], 1, *shape[axis:]))
    every = np.arange(depth).reshape(-1, *[1] * (len(shape) - axis))
    here = layers.binary("equal", at, layers.lift(layers.constant(every, element_of(at)), len(shape) + 1))
    return layers.gives(layers.select(here, op.on, op.off))


def _reverse_sequence(op: Operation) -> Lowered:
    assert isinstance(op, arhat.ReverseSequenceOp)
    layers, batch, sequence = Layers(op), op.batch_axis.value.data, op.seq_axis.value.data
    size = shape_of(op.x)[sequence]
    lengths, known = op.lengths, layers.known(op.lengths)
    if known is None or (known < 0).any() or (known > size).any():
        lengths = layers.binary("min", layers.binary("max", lengths, 0), size)
    properties = {"batch_axis": batch, "sequence_axis": sequence}
    return layers.gives(layers.add(trt.ReverseSequenceOp.make([op.x, lengths], properties)))


def _topk(op: Operation) -> list[Operation] | Lowered:
    """The layer sorts by value and keeps 3840 elements at most. Which of equal ones it prefers it leaves open."""
    assert isinstance(op, arhat.TopKOp)
    axis, k = op.axis.value.data, op.k.value.data
    if op.sort.data != "value" or not 1 <= k <= trt.LARGEST_K or element_of(op.x) == i1:
        return [kernel.TopKOp.make_all(op.operands, op.properties, [result.type for result in op.results])]
    layers, shape = Layers(op), shape_of(op.x)
    x = op.x
    if len(shape) == 1 or len(shape) - axis > 4:  # the layer takes one of the last four axes, and no vector
        x = layers.reshape(x, (prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])))
    at = axis if x is op.x else 1
    made = trt.TopKOp.make([x], {"op": op.mode.data, "k": k, "axis": at})
    layers.add(made)
    values, indices = (layers.reshape(v, shape_of(op.values)) for v in made.results)
    return layers.gives(values, layers.cast(indices, element_of(op.positions)))


def _cum_sum(op: Operation) -> Lowered:
    assert isinstance(op, arhat.CumSumOp)
    layers = Layers(op)
    axis = layers.add(trt.ConstantOp.make([layers.constant(np.asarray(op.axis.value.data), i32)]))
    properties = {"op": "sum", "exclusive": op.exclusive, "reverse": op.reverse}
    return layers.gives(layers.add(trt.CumulativeOp.make([op.x, axis], properties)))


MOVEMENT_TRT_LOWERINGS: Mapping[str, Lowering] = {
    "arhat.reshape": _reshape,
    "arhat.transpose": _transpose,
    "arhat.concat": _concat,
    "arhat.slice": _slice,
    "arhat.pad": _pad,
    "arhat.tile": _tile,
    "arhat.broadcast": _broadcast,
    "arhat.gather": _gather,
    "arhat.gather_elements": _gather_elements,
    "arhat.gather_nd": _gather_nd,
    "arhat.scatter_update": _scatter_update,
    "arhat.scatter_elements_update": _scatter_elements_update,
    "arhat.one_hot": _one_hot,
    "arhat.reverse_sequence": _reverse_sequence,
    "arhat.topk": _topk,
    "arhat.cum_sum": _cum_sum,
}
"""The lowerings of this file by name of the op."""
