"""Constants, conversions of element types, and shapes."""

from __future__ import annotations

from arhat.dialects.arhat import ConstantOp, ConvertOp, ShapeOfOp
from arhat.exporters.openvino.graph import ELEMENT_NAMES, Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


@exporter(ConstantOp)
def constant(node: Node, op: ConstantOp) -> Value:
    """Const; its contents are read when the file is written."""
    return node.weight(op)


@exporter(ConvertOp)
def convert(node: Node, op: ConvertOp) -> Value:
    """Convert-1."""
    element = ELEMENT_NAMES.get(op.to)
    if element is None:
        raise node.error(f"OpenVINO has no element type {op.to}")
    return node.add("Convert", 1, [node.value(op.x)], {"destination_type": element})


@exporter(ShapeOfOp)
def shape_of(node: Node, op: ShapeOfOp) -> Value:
    """ShapeOf-3."""
    return node.add("ShapeOf", 3, [node.value(op.x)], {"output_type": "i64"})
