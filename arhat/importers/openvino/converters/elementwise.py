"""Element-wise operators of one and two inputs, and activations."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.ir import SSAValue

from arhat.dialects.arhat import elementwise as ops
from arhat.dialects.arhat.base import ArhatOp, Property, broadcast, element_of, is_float
from arhat.dialects.arhat.movement import ReshapeOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter


def _binary(node: Node, op: type[ArhatOp], properties: Mapping[str, Property] | None = None) -> SSAValue:
    """Source: the broadcast rules of the specification; with `pdpd` the second input starts at axis 0."""
    node.expect_inputs(2)
    rule = node.choice("auto_broadcast", ("numpy", "none", "pdpd"), "numpy")
    (a, b), first, second = node.inputs(), node.shape(0), node.shape(1)
    if rule == "none" and first != second:
        raise node.error(
            f"shapes {list(first)} and {list(second)} differ and auto_broadcast is 'none'; check the model"
        )
    if rule == "pdpd" and len(second) < len(first):
        b = node.build(ReshapeOp, [b], {"shape": (*second, *[1] * (len(first) - len(second)))})
    return node.build(op, [a, b], properties)


def _register_binary(type: str, op: type[ArhatOp]) -> None:
    @converter(type, 1)
    def convert(node: Node) -> SSAValue:  # pyright: ignore[reportUnusedFunction]  # used by its registration
        return _binary(node, op)


def _register_unary(type: str, revision: int, op: type[ArhatOp]) -> None:
    @converter(type, revision)
    def convert(node: Node) -> SSAValue:  # pyright: ignore[reportUnusedFunction]  # used by its registration
        node.expect_inputs(1)
        return node.build(op, node.inputs())


for _type, _op in (
    ("Add", ops.AddOp),
    ("Subtract", ops.SubtractOp),
    ("Multiply", ops.MultiplyOp),
    ("Maximum", ops.MaximumOp),
    ("Minimum", ops.MinimumOp),
    ("Power", ops.PowerOp),
    ("SquaredDifference", ops.SquaredDifferenceOp),
    ("FloorMod", ops.FloorModOp),
    ("Mod", ops.ModOp),
):
    _register_binary(_type, _op)

for _type, _revision, _op in (
    ("ReLU", 1, ops.ReluOp),
    ("Sigmoid", 1, ops.SigmoidOp),
    ("Tanh", 1, ops.TanhOp),
    ("Exp", 1, ops.ExpOp),
    ("Log", 1, ops.LogOp),
    ("Sqrt", 1, ops.SqrtOp),
    ("Abs", 1, ops.AbsOp),
    ("Negative", 1, ops.NegativeOp),
    ("Floor", 1, ops.FloorOp),
    ("Ceiling", 1, ops.CeilingOp),
    ("Erf", 1, ops.ErfOp),
    ("HSwish", 4, ops.HSwishOp),
    ("HSigmoid", 5, ops.HSigmoidOp),
    ("Mish", 4, ops.MishOp),
    ("SoftPlus", 4, ops.SoftplusOp),
):
    _register_unary(_type, _revision, _op)


@converter("Divide", 1)
def divide(node: Node) -> SSAValue:
    """`m_pythondiv` says how integers round. Source: Divide-1."""
    return _binary(node, ops.DivideOp, {"python_div": node.boolean("m_pythondiv", True)})


@converter("Clamp", 1)
def clamp(node: Node) -> SSAValue:
    """Source: Clamp-1."""
    node.expect_inputs(1)
    limits = {"min": node.number("min", infinite=True), "max": node.number("max", infinite=True)}
    return node.build(ops.ClampOp, node.inputs(), limits)


@converter("Elu", 1)
def elu(node: Node) -> SSAValue:
    """Source: Elu-1."""
    node.expect_inputs(1)
    return node.build(ops.EluOp, node.inputs(), {"alpha": node.number("alpha")})


@converter("PReLU", 1)
def prelu(node: Node) -> SSAValue:
    """The slope is one value, one per channel, or anything that broadcasts. Source: PReLU-1."""
    node.expect_inputs(2)
    return node.build(ops.PreluOp, node.inputs())


@converter("Swish", 4)
def swish(node: Node) -> SSAValue:
    """The optional second input, beta, must be constant. Source: Swish-4."""
    node.expect_inputs(1, 2)
    beta = None
    if node.input_count == 2:
        values = node.constant(1, "beta").reshape(-1).tolist()
        if len(values) != 1:
            raise node.error(f"beta has {len(values)} values, but must have one; check the model")
        beta = float(values[0])
    return node.build(ops.SwishOp, [node.input(0)], {"beta": beta})


@converter("Gelu", 2, 7)
def gelu(node: Node) -> SSAValue:
    """Revision 2 has no `approximation_mode` and means the exact function. Source: Gelu-2 and -7."""
    node.expect_inputs(1)
    mode = node.choice("approximation_mode", ("erf", "tanh"), "erf")
    return node.build(ops.GeluOp, node.inputs(), {"approximate": mode})


@converter("HardSigmoid", 1)
def hard_sigmoid(node: Node) -> SSAValue:
    """`clamp(alpha * x + beta, 0, 1)`. Source: HardSigmoid-1."""
    node.expect_inputs(3)
    x, alpha, beta = node.inputs()
    scaled = node.build(ops.MultiplyOp, [x, alpha])
    shifted = node.build(ops.AddOp, [scaled, beta])
    if not is_float(element_of(x)) or broadcast(node.shape(0), node.shape(1)) != node.shape(0):
        raise node.error("takes a float tensor and two scalars; check the model")
    return node.build(ops.ClampOp, [shifted], {"min": 0.0, "max": 1.0})
