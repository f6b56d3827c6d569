"""The tail of detection networks."""

from __future__ import annotations

from typing import Any

from arhat.dialects.arhat import DetectionOutputOp, PriorBoxClusteredOp, PriorBoxOp, RegionYoloOp
from arhat.dialects.arhat.base import ints_of
from arhat.exporters.openvino.graph import Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


def _grid(node: Node, op: PriorBoxOp | PriorBoxClusteredOp) -> tuple[list[Value], dict[str, Any]]:
    """The two inputs of a prior box layer, and the other properties."""
    attributes = op.parameters()
    feature, image = attributes.pop("feature"), attributes.pop("image")
    return [node.ints(feature, "feature"), node.ints(image, "image")], attributes


@exporter(PriorBoxOp)
def prior_box(node: Node, op: PriorBoxOp) -> Value:
    """PriorBox-8."""
    inputs, attributes = _grid(node, op)
    return node.add("PriorBox", 8, inputs, attributes)


@exporter(PriorBoxClusteredOp)
def prior_box_clustered(node: Node, op: PriorBoxClusteredOp) -> Value:
    """PriorBoxClustered-1."""
    inputs, attributes = _grid(node, op)
    return node.add("PriorBoxClustered", 1, inputs, {**attributes, "step": 0.0})


@exporter(DetectionOutputOp)
def detection_output(node: Node, op: DetectionOutputOp) -> Value:
    """DetectionOutput-1, which states the number of classes."""
    attributes = op.parameters()
    attributes["code_type"] = f"caffe.PriorBoxParameter.{attributes['code_type'].upper()}"
    attributes["keep_top_k"] = ints_of(op.keep_top_k)
    return node.add("DetectionOutput", 1, node.values(op.operands), attributes)


@exporter(RegionYoloOp)
def region_yolo(node: Node, op: RegionYoloOp) -> Value:
    """RegionYolo-1."""
    return node.add("RegionYolo", 1, [node.value(op.x)], op.parameters())
