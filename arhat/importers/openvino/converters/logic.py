"""Comparisons, logic on booleans and bits, choices between two tensors, and tests for special numbers."""

from __future__ import annotations

from xdsl.ir import SSAValue

from arhat.dialects.arhat import logic as ops
from arhat.dialects.arhat.base import shape_of
from arhat.dialects.arhat.movement import ReshapeOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.converters.elementwise import register_binary, register_unary
from arhat.importers.openvino.registry import converter

for _type, _revision, _op in (
    ("Equal", 1, ops.EqualOp),
    ("NotEqual", 1, ops.NotEqualOp),
    ("Less", 1, ops.LessOp),
    ("LessEqual", 1, ops.LessEqualOp),
    ("Greater", 1, ops.GreaterOp),
    ("GreaterEqual", 1, ops.GreaterEqualOp),
    ("LogicalAnd", 1, ops.LogicalAndOp),
    ("LogicalOr", 1, ops.LogicalOrOp),
    ("LogicalXor", 1, ops.LogicalXorOp),
    ("Xor", 1, ops.LogicalXorOp),
    ("BitwiseAnd", 13, ops.BitwiseAndOp),
    ("BitwiseOr", 13, ops.BitwiseOrOp),
    ("BitwiseXor", 13, ops.BitwiseXorOp),
):
    register_binary(_type, _revision, _op)

for _type, _revision, _op in (
    ("LogicalNot", 1, ops.LogicalNotOp),
    ("BitwiseNot", 13, ops.BitwiseNotOp),
    ("IsNaN", 10, ops.IsNanOp),
    ("IsFinite", 10, ops.IsFiniteOp),
):
    register_unary(_type, _revision, _op)


@converter("IsInf", 10)
def is_inf(node: Node) -> SSAValue:
    """Source: IsInf-10."""
    node.expect_inputs(1)
    properties = {name: node.boolean(name, True) for name in ("detect_negative", "detect_positive")}
    return node.build(ops.IsInfOp, node.inputs(), properties)


@converter("Select", 1)
def select(node: Node) -> SSAValue:
    """With `pdpd` the condition and the second choice start at axis 0 of the first. Source: Select-1."""
    node.expect_inputs(3)
    rule = node.choice("auto_broadcast", ("numpy", "none", "pdpd"), "numpy")
    shapes = [node.shape(i) for i in range(3)]
    if rule == "none" and any(shape != shapes[0] for shape in shapes):
        raise node.error(
            f"shapes {', '.join(str(list(shape)) for shape in shapes)} differ and auto_broadcast is 'none'; "
            "check the model"
        )
    condition, then, otherwise = node.inputs()
    if rule == "pdpd":
        condition, otherwise = (_from_axis_0(node, value, then) for value in (condition, otherwise))
    return node.build(ops.SelectOp, [condition, then, otherwise])


def _from_axis_0(node: Node, value: SSAValue, like: SSAValue) -> SSAValue:
    """`value` with axes of size 1 at its end, as many as it has fewer than `like`."""
    shape, missing = shape_of(value), len(shape_of(like)) - len(shape_of(value))
    if missing < 0:
        raise node.error(
            "the first choice must have the highest rank where auto_broadcast is 'pdpd'; check the model"
        )
    return node.build(ReshapeOp, [value], {"shape": (*shape, *[1] * missing)}) if missing else value
