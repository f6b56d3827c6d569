"""Convolutions and matrix products, taken apart from what is fused into them."""

from __future__ import annotations

from xdsl.ir import SSAValue

from arhat.dialects.arhat import ConvolutionOp, MatmulOp, shape_of
from arhat.dialects.arhat.base import ints_of
from arhat.exporters.openvino.families.elementwise import activate, add_bias
from arhat.exporters.openvino.graph import LayerAttribute, Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


def along_channels(node: Node, bias: SSAValue, rank: int) -> Value:
    """`bias`, one value per channel, as a tensor that broadcasts to a result of `rank`."""
    return node.reshaped(bias, (1, *shape_of(bias), *[1] * (rank - 2)), "bias_values")


@exporter(ConvolutionOp)
def convolution(node: Node, op: ConvolutionOp) -> Value:
    """Convolution-1 or GroupConvolution-1, then Add for the bias and the residual, then the activation."""
    attributes: dict[str, LayerAttribute] = {
        "strides": ints_of(op.strides),
        "dilations": ints_of(op.dilations),
        "pads_begin": ints_of(op.pads_begin),
        "pads_end": ints_of(op.pads_end),
        "auto_pad": "explicit",
    }
    groups = op.groups.value.data
    x = node.value(op.x)
    if groups == 1:
        value = node.add("Convolution", 1, [x, node.value(op.filter)], attributes, role="convolution")
    else:
        shape = shape_of(op.filter)
        filter = node.reshaped(op.filter, (groups, shape[0] // groups, *shape[1:]), "filter")
        value = node.add("GroupConvolution", 1, [x, filter], attributes, role="convolution")
    if op.bias is not None:
        value = add_bias(node, value, along_channels(node, op.bias, len(x.shape)))
    if op.residual is not None:
        value = add_bias(node, value, node.value(op.residual), "residual")
    return activate(node, value, op.activation, op.slope)


@exporter(MatmulOp)
def matmul(node: Node, op: MatmulOp) -> Value:
    """MatMul-1, then Add for the bias, then the activation."""
    attributes = {
        "transpose_a": bool(op.transpose_a.value.data),
        "transpose_b": bool(op.transpose_b.value.data),
    }
    value = node.add("MatMul", 1, [node.value(op.a), node.value(op.b)], attributes)
    if op.bias is not None:
        value = add_bias(node, value, node.value(op.bias))
    return activate(node, value, op.activation)
