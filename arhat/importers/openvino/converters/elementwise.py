"""Element-wise operators of one and two inputs, and activations."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import SSAValue

from arhat.dialects.arhat import elementwise as ops
from arhat.dialects.arhat.base import ArhatOp, Property, broadcast, element_of, is_float, is_integer
from arhat.dialects.arhat.constant import ConvertOp
from arhat.dialects.arhat.movement import ReshapeOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter
from arhat.weights import dtype_of


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


def register_binary(type: str, revision: int, op: type[ArhatOp]) -> None:
    """Registers a converter of an operator with two inputs, `auto_broadcast` and no other attribute."""

    @converter(type, revision)
    def convert(node: Node) -> SSAValue:  # pyright: ignore[reportUnusedFunction]  # used by its registration
        return _binary(node, op)


def register_unary(type: str, revision: int, op: type[ArhatOp]) -> None:
    """Registers a converter of an operator with one input and no attributes."""

    @converter(type, revision)
    def convert(node: Node) -> SSAValue:  # pyright: ignore[reportUnusedFunction]  # used by its registration
        node.expect_inputs(1)
        x = node.input(0)
        if not (issubclass(op, ops.FloatUnaryOp) and is_integer(element_of(x))):
            return node.build(op, [x])
        # Functions of real numbers give integers the nearest integer, as OpenVINO's CPU does.
        y = node.build(op, [node.build(ConvertOp, [x], {"to": f32})])
        rounded = node.build(ops.RoundOp, [y], {"mode": "half_to_even"})
        return node.build(ConvertOp, [rounded], {"to": element_of(x)})


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
    register_binary(_type, 1, _op)

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
    ("Sign", 1, ops.SignOp),
    ("Sin", 1, ops.SinOp),
    ("Cos", 1, ops.CosOp),
    ("Tan", 1, ops.TanOp),
    ("Asin", 1, ops.AsinOp),
    ("Acos", 1, ops.AcosOp),
    ("Atan", 1, ops.AtanOp),
    ("Sinh", 1, ops.SinhOp),
    ("Cosh", 1, ops.CoshOp),
    ("Asinh", 4, ops.AsinhOp),
    ("Acosh", 4, ops.AcoshOp),
    ("Atanh", 4, ops.AtanhOp),
    ("HSwish", 4, ops.HSwishOp),
    ("HSigmoid", 5, ops.HSigmoidOp),
    ("Mish", 4, ops.MishOp),
    ("SoftPlus", 4, ops.SoftplusOp),
):
    register_unary(_type, _revision, _op)


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
    x, slope = node.inputs()
    shape, own = node.shape(0), node.shape(1)
    if (
        len(own) == 1 and len(shape) > 2 and own[0] not in (1, shape[1])
    ):  # not one per channel: along the last axis
        slope = node.build(ReshapeOp, [slope], {"shape": (*[1] * (len(shape) - 1), *own)})
    return node.build(ops.PreluOp, [x, slope])


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


@converter("Round", 5)
def round_(node: Node) -> SSAValue:
    """Source: Round-5."""
    node.expect_inputs(1)
    modes = ("half_to_even", "half_away_from_zero")
    return node.build(ops.RoundOp, node.inputs(), {"mode": node.choice("mode", modes, "half_to_even")})


@converter("SoftSign", 9)
def soft_sign(node: Node) -> SSAValue:
    """`x / (1 + |x|)`. Source: SoftSign-9."""
    node.expect_inputs(1)
    x = _float_input(node)
    size = node.build(ops.AbsOp, [x])
    return node.build(ops.DivideOp, [x, node.build(ops.AddOp, [size, _one(node, x)])], {"python_div": False})


@converter("Selu", 1)
def selu(node: Node) -> SSAValue:
    """`lambda * (x > 0 ? x : alpha * (exp(x) - 1))`. Source: Selu-1."""
    node.expect_inputs(3)
    x = _float_input(node)
    for index, what in ((1, "alpha"), (2, "lambda")):
        if math.prod(node.shape(index)) != 1:
            raise node.error(
                f"{what} must have one value, not the shape {list(node.shape(index))}; check the model"
            )
    alpha, scale = (
        node.build(ReshapeOp, [node.input(index)], {"shape": ()}) if node.shape(index) else node.input(index)
        for index in (1, 2)
    )
    zero = node.constant_value(np.zeros((), dtype_of(element_of(x))))
    below = node.build(ops.EluOp, [node.build(ops.MinimumOp, [x, zero])], {"alpha": 1.0})
    above = node.build(ops.ReluOp, [x])
    whole = node.build(ops.AddOp, [above, node.build(ops.MultiplyOp, [below, alpha])])
    return node.build(ops.MultiplyOp, [whole, scale])


def _float_input(node: Node) -> SSAValue:
    x = node.input(0)
    if not is_float(element_of(x)):
        raise node.error(f"takes a tensor of floats, not of {element_of(x)}; check the model")
    return x


def _one(node: Node, like: SSAValue) -> SSAValue:
    return node.constant_value(np.ones((), dtype_of(element_of(like))))


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
