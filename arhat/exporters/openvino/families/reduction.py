"""Reductions over axes, and sums along one."""

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
    (arhat.ReduceLogicalAndOp, "ReduceLogicalAnd"),
    (arhat.ReduceLogicalOrOp, "ReduceLogicalOr"),
):
    _register(_op, _type)


@exporter(arhat.CumSumOp)
def cum_sum(node: Node, op: arhat.CumSumOp) -> Value:
    """CumSum-3."""
    attributes = op.parameters()
    axis = node.ints(attributes.pop("axis"), "axis")
    return node.add("CumSum", 3, [node.value(op.x), axis], attributes)
