"""Operations that move elements: what is a property in the dialect is a constant input in OpenVINO."""

from __future__ import annotations

from arhat.dialects import arhat
from arhat.dialects.arhat import shape_of
from arhat.dialects.arhat.base import ints_of
from arhat.exporters.openvino.graph import Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


@exporter(arhat.ReshapeOp)
def reshape(node: Node, op: arhat.ReshapeOp) -> Value:
    """Reshape-1."""
    return node.reshape(node.value(op.x), ints_of(op.shape), "reshape")


@exporter(arhat.TransposeOp)
def transpose(node: Node, op: arhat.TransposeOp) -> Value:
    """Transpose-1."""
    return node.add("Transpose", 1, [node.value(op.x), node.ints(ints_of(op.perm), "order")])


@exporter(arhat.ConcatOp)
def concat(node: Node, op: arhat.ConcatOp) -> Value:
    """Concat-1."""
    return node.add("Concat", 1, node.values(op.operands), {"axis": op.axis.value.data})


@exporter(arhat.SliceOp)
def slice_(node: Node, op: arhat.SliceOp) -> Value:
    """Slice-8 over the axes that are not taken whole."""
    shape = shape_of(op.x)
    if not shape:
        return node.reshape(node.value(op.x), (), "slice")
    ranges = list(zip(ints_of(op.starts), ints_of(op.sizes), ints_of(op.steps), strict=True))
    axes = [axis for axis, dim in enumerate(shape) if ranges[axis] != (0, dim, 1)] or [0]
    starts: list[int] = []
    stops: list[int] = []
    steps: list[int] = []
    for axis in axes:
        start, size, step = ranges[axis]
        stop = start + size * step if size else start
        starts.append(start)
        # A negative stop counts from the end; one before the first element lies a whole axis further on.
        stops.append(stop if stop >= 0 else -shape[axis] - 1)
        steps.append(step)
    inputs = [
        node.value(op.x),
        node.ints(starts, "start"),
        node.ints(stops, "stop"),
        node.ints(steps, "step"),
        node.ints(axes, "axes"),
    ]
    return node.add("Slice", 8, inputs)


@exporter(arhat.GatherOp)
def gather(node: Node, op: arhat.GatherOp) -> Value:
    """Gather-8."""
    axis = node.ints(op.axis.value.data, "axis")
    inputs = [node.value(op.x), node.value(op.indices), axis]
    return node.add("Gather", 8, inputs, {"batch_dims": op.batch_dims.value.data})


@exporter(arhat.PadOp)
def pad(node: Node, op: arhat.PadOp) -> Value:
    """Pad-1, or Pad-12 where pads are negative."""
    begin, end = ints_of(op.pads_begin), ints_of(op.pads_end)
    x = node.value(op.x)
    inputs = [x, node.ints(begin, "pads_begin"), node.ints(end, "pads_end")]
    if op.mode.data == "constant":
        inputs.append(node.number(op.value.value.data, x.type, "value"))
    opset = 12 if min((*begin, *end), default=0) < 0 else 1
    return node.add("Pad", opset, inputs, {"pad_mode": op.mode.data})


@exporter(arhat.TileOp)
def tile(node: Node, op: arhat.TileOp) -> Value:
    """Tile-1."""
    return node.add("Tile", 1, [node.value(op.x), node.ints(ints_of(op.repeats), "repeats")])


@exporter(arhat.BroadcastOp)
def broadcast(node: Node, op: arhat.BroadcastOp) -> Value:
    """Broadcast-3."""
    shape = node.ints(ints_of(op.shape), "shape")
    return node.add("Broadcast", 3, [node.value(op.x), shape], {"mode": "numpy"})
