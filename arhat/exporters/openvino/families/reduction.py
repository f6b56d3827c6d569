"""Reductions."""

from __future__ import annotations

from arhat.dialects import arhat
from arhat.dialects.arhat import ReductionOp
from arhat.dialects.arhat.base import ints_of
from arhat.exporters.openvino.graph import Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


def _register(op: type[ReductionOp], type: str) -> None:
    @exporter(op)
    def export(node: Node, op: ReductionOp) -> Value:  # pyright: ignore[reportUnusedFunction]  # used by its registration
        axes = node.ints(ints_of(op.axes), "axes")
        return node.add(type, 1, [node.value(op.x), axes], {"keep_dims": bool(op.keep_dims.value.data)})


for _op, _type in (
    (arhat.ReduceMeanOp, "ReduceMean"),
    (arhat.ReduceSumOp, "ReduceSum"),
    (arhat.ReduceProdOp, "ReduceProd"),
    (arhat.ReduceMaxOp, "ReduceMax"),
    (arhat.ReduceMinOp, "ReduceMin"),
):
    _register(_op, _type)
