"""Comparisons, logic on booleans and bits, choices between two tensors, and tests for special numbers."""

from __future__ import annotations

from arhat.dialects import arhat
from arhat.dialects.arhat import ArhatOp
from arhat.exporters.openvino.families.elementwise import NUMPY, register_unary
from arhat.exporters.openvino.graph import Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


def _register_binary(op: type[ArhatOp], type: str, opset: int) -> None:
    @exporter(op)
    def export(node: Node, op: ArhatOp) -> Value:  # pyright: ignore[reportUnusedFunction]  # used by its registration
        return node.add(type, opset, node.values(op.operands), NUMPY)


for _op, _type, _opset in (
    (arhat.EqualOp, "Equal", 1),
    (arhat.NotEqualOp, "NotEqual", 1),
    (arhat.LessOp, "Less", 1),
    (arhat.LessEqualOp, "LessEqual", 1),
    (arhat.GreaterOp, "Greater", 1),
    (arhat.GreaterEqualOp, "GreaterEqual", 1),
    (arhat.LogicalAndOp, "LogicalAnd", 1),
    (arhat.LogicalOrOp, "LogicalOr", 1),
    (arhat.LogicalXorOp, "LogicalXor", 1),
    (arhat.BitwiseAndOp, "BitwiseAnd", 13),
    (arhat.BitwiseOrOp, "BitwiseOr", 13),
    (arhat.BitwiseXorOp, "BitwiseXor", 13),
    (arhat.SelectOp, "Select", 1),
):
    _register_binary(_op, _type, _opset)

for _op, _type, _opset in (
    (arhat.LogicalNotOp, "LogicalNot", 1),
    (arhat.BitwiseNotOp, "BitwiseNot", 13),
    (arhat.IsNanOp, "IsNaN", 10),
    (arhat.IsFiniteOp, "IsFinite", 10),
):
    register_unary(_op, _type, _opset)


@exporter(arhat.IsInfOp)
def is_inf(node: Node, op: arhat.IsInfOp) -> Value:
    """IsInf-10."""
    return node.add("IsInf", 10, [node.value(op.x)], op.parameters())
