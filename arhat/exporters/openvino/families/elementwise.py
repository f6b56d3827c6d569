"""Element-wise operations, and activations on their own or fused into other operations."""

from __future__ import annotations

from xdsl.ir import SSAValue

from arhat.dialects import arhat
from arhat.dialects.arhat import ActivationAttr, ArhatOp, BinaryOp, Tensor
from arhat.exporters.openvino.graph import Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter

NUMPY = {"auto_broadcast": "numpy"}


def _register_binary(op: type[BinaryOp], type: str, opset: int = 1) -> None:
    @exporter(op)
    def export(node: Node, op: BinaryOp) -> Value:  # pyright: ignore[reportUnusedFunction]  # used by its registration
        return node.add(type, opset, node.values(op.operands), NUMPY)


def register_unary(op: type[ArhatOp], type: str, opset: int = 1) -> None:
    """Registers the exporter of an operation with one operand and no properties."""

    @exporter(op)
    def export(node: Node, op: ArhatOp) -> Value:  # pyright: ignore[reportUnusedFunction]  # used by its registration
        return node.add(type, opset, node.values(op.operands))


for _op, _type in (
    (arhat.AddOp, "Add"),
    (arhat.SubtractOp, "Subtract"),
    (arhat.MultiplyOp, "Multiply"),
    (arhat.MaximumOp, "Maximum"),
    (arhat.MinimumOp, "Minimum"),
    (arhat.PowerOp, "Power"),
    (arhat.SquaredDifferenceOp, "SquaredDifference"),
    (arhat.FloorModOp, "FloorMod"),
    (arhat.ModOp, "Mod"),
):
    _register_binary(_op, _type)

for _op, _type, _opset in (
    (arhat.ReluOp, "ReLU", 1),
    (arhat.SigmoidOp, "Sigmoid", 1),
    (arhat.TanhOp, "Tanh", 1),
    (arhat.ExpOp, "Exp", 1),
    (arhat.LogOp, "Log", 1),
    (arhat.SqrtOp, "Sqrt", 1),
    (arhat.AbsOp, "Abs", 1),
    (arhat.NegativeOp, "Negative", 1),
    (arhat.FloorOp, "Floor", 1),
    (arhat.CeilingOp, "Ceiling", 1),
    (arhat.ErfOp, "Erf", 1),
    (arhat.SignOp, "Sign", 1),
    (arhat.SinOp, "Sin", 1),
    (arhat.CosOp, "Cos", 1),
    (arhat.TanOp, "Tan", 1),
    (arhat.AsinOp, "Asin", 1),
    (arhat.AcosOp, "Acos", 1),
    (arhat.AtanOp, "Atan", 1),
    (arhat.SinhOp, "Sinh", 1),
    (arhat.CoshOp, "Cosh", 1),
    (arhat.AsinhOp, "Asinh", 4),
    (arhat.AcoshOp, "Acosh", 4),
    (arhat.AtanhOp, "Atanh", 4),
    (arhat.HSwishOp, "HSwish", 4),
    (arhat.HSigmoidOp, "HSigmoid", 5),
    (arhat.MishOp, "Mish", 4),
    (arhat.SoftplusOp, "SoftPlus", 4),
):
    register_unary(_op, _type, _opset)


@exporter(arhat.DivideOp)
def divide(node: Node, op: arhat.DivideOp) -> Value:
    """Divide-1."""
    attributes = {**NUMPY, "m_pythondiv": bool(op.python_div.value.data)}
    return node.add("Divide", 1, node.values(op.operands), attributes)


@exporter(arhat.RoundOp)
def round_(node: Node, op: arhat.RoundOp) -> Value:
    """Round-5."""
    return node.add("Round", 5, [node.value(op.x)], {"mode": op.mode.data})


# Activations: the same function serves an operation of its own and one that is fused ------------------------


def _leaky_relu(node: Node, x: Value, alpha: float, role: str) -> Value:
    slope = node.number(alpha, x.type, f"{role}_slope", (1,))
    return node.add("PReLU", 1, [x, slope], {}, x.type, role=role)


def _clamp(node: Node, x: Value, low: float, high: float, role: str) -> Value:
    return node.add("Clamp", 1, [x], {"min": low, "max": high}, x.type, role=role)


def _elu(node: Node, x: Value, alpha: float, role: str) -> Value:
    return node.add("Elu", 1, [x], {"alpha": alpha}, x.type, role=role)


def _swish(node: Node, x: Value, beta: float | None, role: str) -> Value:
    inputs = [x] if beta is None else [x, node.number(beta, x.type, f"{role}_beta")]
    return node.add("Swish", 4, inputs, {}, x.type, role=role)


_PLAIN = {
    "relu": ("ReLU", 1),
    "sigmoid": ("Sigmoid", 1),
    "tanh": ("Tanh", 1),
    "hswish": ("HSwish", 4),
    "mish": ("Mish", 4),
}


def activate(node: Node, x: Value, activation: ActivationAttr | None, slope: SSAValue | None = None) -> Value:
    """A layer for an activation that is fused into an operation; `x` itself if there is none."""
    if activation is None:
        return x
    role, values = activation.kind, activation.values
    if role in _PLAIN:
        type, opset = _PLAIN[role]
        return node.add(type, opset, [x], {}, x.type, role=role)
    if role == "prelu":
        assert slope is not None
        return node.add("PReLU", 1, [x, node.value(slope)], {}, x.type, role=role)
    if role == "leaky_relu":
        return _leaky_relu(node, x, values[0], role)
    if role == "clamp":
        return _clamp(node, x, values[0], values[1], role)
    if role == "elu":
        return _elu(node, x, values[0], role)
    assert role == "swish", role
    return _swish(node, x, values[0] if values else None, role)


def add_bias(node: Node, x: Value, bias: Value, role: str = "bias") -> Value:
    """A layer that adds to a result in the making."""
    type: Tensor = x.type
    return node.add("Add", 1, [x, bias], NUMPY, type, role=role)


@exporter(arhat.LeakyReluOp)
def leaky_relu(node: Node, op: arhat.LeakyReluOp) -> Value:
    """PReLU-1 with one slope."""
    return _leaky_relu(node, node.value(op.x), op.alpha.value.data, "leaky_relu")


@exporter(arhat.PreluOp)
def prelu(node: Node, op: arhat.PreluOp) -> Value:
    """PReLU-1."""
    return node.add("PReLU", 1, node.values(op.operands))


@exporter(arhat.ClampOp)
def clamp(node: Node, op: arhat.ClampOp) -> Value:
    """Clamp-1."""
    return _clamp(node, node.value(op.x), op.min.value.data, op.max.value.data, "clamp")


@exporter(arhat.EluOp)
def elu(node: Node, op: arhat.EluOp) -> Value:
    """Elu-1."""
    return _elu(node, node.value(op.x), op.alpha.value.data, "elu")


@exporter(arhat.SwishOp)
def swish(node: Node, op: arhat.SwishOp) -> Value:
    """Swish-4."""
    beta = None if op.beta is None else op.beta.value.data
    return _swish(node, node.value(op.x), beta, "swish")


@exporter(arhat.GeluOp)
def gelu(node: Node, op: arhat.GeluOp) -> Value:
    """Gelu-7."""
    mode = {"erf": "ERF", "tanh": "TANH"}[op.approximate.data]
    return node.add("Gelu", 7, [node.value(op.x)], {"approximation_mode": mode})
