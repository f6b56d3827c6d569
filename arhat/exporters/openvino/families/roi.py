"""Proposals of boxes, and pooling of the features inside boxes."""

from __future__ import annotations

from collections.abc import Sequence

from arhat.dialects.arhat import ProposalOp, PsroiPoolingOp, RoiAlignOp, RoiPoolingOp
from arhat.exporters.openvino.graph import Value, all_outputs
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


@exporter(ProposalOp)
def proposal(node: Node, op: ProposalOp) -> Sequence[Value]:
    """Proposal-4."""
    return all_outputs(node.add("Proposal", 4, node.values(op.operands), op.parameters()))


@exporter(RoiPoolingOp)
def roi_pooling(node: Node, op: RoiPoolingOp) -> Value:
    """ROIPooling-2."""
    attributes = op.parameters()
    attributes["pooled_h"], attributes["pooled_w"] = attributes.pop("pooled")
    return node.add("ROIPooling", 2, node.values(op.operands), attributes)


@exporter(PsroiPoolingOp)
def psroi_pooling(node: Node, op: PsroiPoolingOp) -> Value:
    """PSROIPooling-1."""
    attributes = op.parameters()
    attributes["spatial_bins_y"], attributes["spatial_bins_x"] = attributes.pop("bins")
    return node.add("PSROIPooling", 1, node.values(op.operands), attributes)


@exporter(RoiAlignOp)
def roi_align(node: Node, op: RoiAlignOp) -> Value:
    """ROIAlign-9."""
    attributes = op.parameters()
    attributes["pooled_h"], attributes["pooled_w"] = attributes.pop("pooled")
    return node.add("ROIAlign", 9, node.values(op.operands), attributes)
