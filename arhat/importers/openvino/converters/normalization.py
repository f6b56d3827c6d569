"""Softmax and normalisation."""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from arhat.dialects.arhat.base import element_of, is_float, shape_of
from arhat.dialects.arhat.elementwise import AddOp, DivideOp, ExpOp, LogOp, MultiplyOp, SqrtOp, SubtractOp
from arhat.dialects.arhat.movement import ReshapeOp
from arhat.dialects.arhat.nn import NormalizeL2Op, SoftmaxOp
from arhat.dialects.arhat.normalization import LrnOp, MvnOp
from arhat.dialects.arhat.reduction import ReduceMaxOp, ReduceSumOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter
from arhat.weights import dtype_of


@converter("SoftMax", 1, 8)
def softmax(node: Node) -> SSAValue:
    """Revision 8 allows a negative axis. Source: SoftMax-1 and -8."""
    node.expect_inputs(1)
    axis = node.axis(node.integer("axis", 1), len(node.shape(0)))
    return node.build(SoftmaxOp, [node.input(0)], {"axis": axis})


@converter("LogSoftmax", 5)
def log_softmax(node: Node) -> SSAValue:
    """`x - max - log(sum(exp(x - max)))`: finite where the logarithm of a softmax is not. Source: LogSoftmax-5."""
    node.expect_inputs(1)
    axis = node.axis(node.integer("axis", 1), len(node.shape(0)))
    x = node.input(0)
    if not is_float(element_of(x)):
        raise node.error(f"takes a tensor of floats, not of {element_of(x)}; check the model")
    over = {"axes": [axis], "keep_dims": True}
    shifted = node.build(SubtractOp, [x, node.build(ReduceMaxOp, [x], over)])
    total = node.build(ReduceSumOp, [node.build(ExpOp, [shifted])], over)
    return node.build(SubtractOp, [shifted, node.build(LogOp, [total])])


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


@converter("GRN", 1)
def grn(node: Node) -> SSAValue:
    """`x / sqrt(sum over the channels of x * x + bias)`. Source: GRN-1."""
    node.expect_inputs(1)
    if len(node.shape(0)) < 2:
        raise node.error("the input must have rank 2 or more; check the model")
    properties = {"axes": [1], "eps": node.number("bias"), "eps_mode": "add"}
    return node.build(NormalizeL2Op, [node.input(0)], properties)


@converter("MVN", 1, 2)
def mvn_1(node: Node) -> SSAValue:
    """Over `reduction_axes` where they are given, else over all axes behind the batch or behind the channels.

    Source: MVN-1.
    """
    node.expect_inputs(1)
    rank = len(node.shape(0))
    axes = [node.axis(axis, rank) for axis in node.integers("reduction_axes", ())]
    if len(set(axes)) != len(axes):
        raise node.error("reduction_axes names an axis twice; check the model")
    if not axes:
        axes = list(range(1 if node.boolean("across_channels", True) else 2, rank))
    return _mvn(node, axes, "inside_sqrt")


@converter("MVN", 6)
def mvn_6(node: Node) -> SSAValue:
    """The axes must be constant. Source: MVN-6."""
    node.expect_inputs(2)
    axes = node.constant_axes(1, len(node.shape(0)))
    return _mvn(node, axes, node.choice("eps_mode", ("inside_sqrt", "outside_sqrt"), "inside_sqrt"))


def _mvn(node: Node, axes: list[int], eps_mode: str) -> SSAValue:
    return node.build(
        MvnOp,
        [node.input(0)],
        {
            "axes": sorted(axes),
            "normalize_variance": node.boolean("normalize_variance", True),
            "eps": node.number("eps", 1e-9),
            "eps_mode": eps_mode,
        },
    )


@converter("LRN", 1)
def lrn(node: Node) -> SSAValue:
    """The axes must be constant. Source: LRN-1."""
    node.expect_inputs(2)
    axes = node.constant_axes(1, len(node.shape(0)))
    numbers = {name: node.number(name) for name in ("alpha", "beta", "bias")}
    return node.build(LrnOp, [node.input(0)], {"axes": sorted(axes), **numbers, "size": node.integer("size")})


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
    dtype = dtype_of(element_of(variance))
    epsilon = node.constant_value(np.asarray([node.number("epsilon", node.number("eps", 0.0))], dtype))
    deviation = node.build(SqrtOp, [node.build(AddOp, [variance, epsilon])])
    scale = node.build(DivideOp, [gamma, deviation], {"python_div": False})
    shift = node.build(SubtractOp, [beta, node.build(MultiplyOp, [mean, scale])])
    scaled = node.build(MultiplyOp, [x, along_channels(scale)])
    return node.build(AddOp, [scaled, along_channels(shift)])
