"""Softmax and normalisation."""

from __future__ import annotations

from arhat.dialects.arhat import LrnOp, MvnOp, NormalizeL2Op, SoftmaxOp
from arhat.dialects.arhat.base import ints_of
from arhat.exporters.openvino.graph import Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


@exporter(SoftmaxOp)
def softmax(node: Node, op: SoftmaxOp) -> Value:
    """SoftMax-8."""
    return node.add("SoftMax", 8, [node.value(op.x)], {"axis": op.axis.value.data})


@exporter(NormalizeL2Op)
def normalize_l2(node: Node, op: NormalizeL2Op) -> Value:
    """NormalizeL2-1."""
    attributes = {"eps": op.eps.value.data, "eps_mode": op.eps_mode.data}
    axes = node.ints(ints_of(op.axes), "axes")
    return node.add("NormalizeL2", 1, [node.value(op.x), axes], attributes)


@exporter(MvnOp)
def mvn(node: Node, op: MvnOp) -> Value:
    """MVN-6."""
    attributes = op.parameters()
    axes = node.ints(attributes.pop("axes"), "axes")
    return node.add("MVN", 6, [node.value(op.x), axes], attributes)


@exporter(LrnOp)
def lrn(node: Node, op: LrnOp) -> Value:
    """LRN-1."""
    attributes = op.parameters()
    axes = node.ints(attributes.pop("axes"), "axes")
    return node.add("LRN", 1, [node.value(op.x), axes], attributes)
