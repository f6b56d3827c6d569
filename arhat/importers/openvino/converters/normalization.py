"""Softmax and normalisation."""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from arhat.dialects.arhat.base import shape_of
from arhat.dialects.arhat.elementwise import AddOp, DivideOp, LogOp, MultiplyOp, SqrtOp, SubtractOp
from arhat.dialects.arhat.movement import ReshapeOp
from arhat.dialects.arhat.nn import NormalizeL2Op, SoftmaxOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter


@converter("SoftMax", 1, 8)
def softmax(node: Node) -> SSAValue:
    """Revision 8 allows a negative axis. Source: SoftMax-1 and -8."""
    node.expect_inputs(1)
    axis = node.axis(node.integer("axis", 1), len(node.shape(0)))
    return node.build(SoftmaxOp, [node.input(0)], {"axis": axis})


@converter("LogSoftmax", 5)
def log_softmax(node: Node) -> SSAValue:
    """`log(softmax(x))`. Source: LogSoftmax-5."""
    node.expect_inputs(1)
    axis = node.axis(node.integer("axis", 1), len(node.shape(0)))
    return node.build(LogOp, [node.build(SoftmaxOp, [node.input(0)], {"axis": axis})])


@converter("NormalizeL2", 1)
def normalize_l2(node: Node) -> SSAValue:
    """The axes must be constant. Source: NormalizeL2-1."""
    node.expect_inputs(2)
    axes = node.constant_axes(1, len(node.shape(0)))
    return node.build(
        NormalizeL2Op,
        [node.input(0)],
        {
            "axes": sorted(axes),
            "eps": node.number("eps"),
            "eps_mode": node.choice("eps_mode", ("add", "max")),
        },
    )


@converter("BatchNormInference", 1, 5)
def batch_norm_inference(node: Node) -> SSAValue:
    """`(x - mean) / sqrt(variance + epsilon) * gamma + beta` along axis 1.

    Revision 1 takes gamma, beta, x, mean, variance; revision 5 takes x first. Source: BatchNormInference-1 and -5.
    """
    node.expect_inputs(5)
    inputs = node.inputs()
    if node.layer.opset in ("opset1", "opset2", "opset3", "opset4"):
        inputs = [inputs[2], inputs[0], inputs[1], inputs[3], inputs[4]]
        rank = len(node.shape(2))
    else:
        rank = len(node.shape(0))
    if rank < 2:
        raise node.error("the input must have rank 2 or more; check the model")

    def along_channels(value: SSAValue) -> SSAValue:
        return node.build(ReshapeOp, [value], {"shape": (*shape_of(value), *[1] * (rank - 2))})

    x, gamma, beta, mean, variance = inputs
    epsilon = node.constant_value(np.asarray([node.number("epsilon", node.number("eps", 0.0))], np.float32))
    deviation = node.build(SqrtOp, [node.build(AddOp, [variance, epsilon])])
    scale = node.build(DivideOp, [gamma, deviation], {"python_div": False})
    shift = node.build(SubtractOp, [beta, node.build(MultiplyOp, [mean, scale])])
    scaled = node.build(MultiplyOp, [x, along_channels(scale)])
    return node.build(AddOp, [scaled, along_channels(shift)])
