"""Quantisation."""

from __future__ import annotations

from arhat.dialects.arhat import FakeQuantizeOp
from arhat.exporters.openvino.families.elementwise import NUMPY
from arhat.exporters.openvino.graph import Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


@exporter(FakeQuantizeOp)
def fake_quantize(node: Node, op: FakeQuantizeOp) -> Value:
    """FakeQuantize-1."""
    attributes = {**NUMPY, "levels": op.levels.value.data}
    return node.add("FakeQuantize", 1, node.values(op.operands), attributes)
