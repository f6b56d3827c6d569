"""Rules that recognise activations, also where a model spells them out in arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, isclose

from xdsl.ir import Operation, SSAValue

from arhat.canonicalization.rule import Replacement, Rule, absorbed, made_by, uniform_value
from arhat.dialects.arhat import (
    AddOp,
    ClampOp,
    DivideOp,
    HSigmoidOp,
    HSwishOp,
    LeakyReluOp,
    MaximumOp,
    MinimumOp,
    MishOp,
    MultiplyOp,
    PreluOp,
    ReluOp,
    SigmoidOp,
    SoftplusOp,
    SwishOp,
    TanhOp,
)
from arhat.dialects.arhat.base import element_of, is_float

SIXTH = 1e-3
"""How far, relatively, a model's constant may be from 1/6 to stand for it: f16 keeps 11 bits."""


def uniform_prelu(op: PreluOp) -> Replacement | None:
    """A prelu with one slope for everything is a leaky_relu."""
    slope = uniform_value(op.slope)
    return None if slope is None else Replacement(LeakyReluOp.build_inferred([op.x], {"alpha": slope}))


def open_clamp(op: ClampOp) -> Replacement | None:
    """A clamp to [0, inf] is a relu, one to [-inf, inf] nothing."""
    low, high = _bounds(op)
    if high != inf or low not in (0, -inf):
        return None
    return Replacement(ReluOp.build_inferred([op.x]) if low == 0 else op.x)


def clamp_of_clamp(op: ClampOp | ReluOp) -> Replacement | None:
    """A clamp (or relu) of a clamp (or relu) is one clamp, where the two ranges meet."""
    inner = made_by(op.x, ClampOp) or made_by(op.x, ReluOp)
    if inner is None:
        return None
    (low, high), (inner_low, inner_high) = _bounds(op), _bounds(inner)
    if low <= inner_low and inner_high <= high:
        return Replacement(inner.result)
    low, high = max(low, inner_low), min(high, inner_high)
    if low > high:
        return None
    return Replacement(ClampOp.build_inferred([inner.x], {"min": low, "max": high}), absorbed(inner))


def maximum_with_constant(op: MaximumOp | MinimumOp) -> Replacement | None:
    """The maximum or minimum with one constant for everything is a clamp that is open on the other side."""
    for value, other in ((op.a, op.b), (op.b, op.a)):
        bound = uniform_value(other)
        if bound is not None and value.type == op.result.type and is_float(element_of(value)):
            low, high = (bound, inf) if isinstance(op, MaximumOp) else (-inf, bound)
            return Replacement(ClampOp.build_inferred([value], {"min": low, "max": high}))
    return None


def maximum_with_fraction(op: MaximumOp) -> Replacement | None:
    """`max(x, alpha * x)` with alpha in [0, 1] is a leaky_relu."""
    for value, other in ((op.a, op.b), (op.b, op.a)):
        scaled = made_by(other, MultiplyOp)
        alpha = None if scaled is None else _factor(scaled, value)
        if scaled is not None and alpha is not None and 0 <= alpha <= 1 and value.type == op.result.type:
            return Replacement(LeakyReluOp.build_inferred([value], {"alpha": alpha}), absorbed(scaled))
    return None


def spelled_out_hsigmoid(op: MultiplyOp | DivideOp) -> Replacement | None:
    """`clamp(x + 3, 0, 6) / 6` is hsigmoid; the division may be a multiplication by 1/6."""
    ramp = _sixth_of(op)
    x = None if ramp is None else _ramp_of(ramp)
    if ramp is None or x is None or x.type != op.result.type:
        return None
    return Replacement(HSigmoidOp.build_inferred([x]), _ramp_ops(ramp))


def spelled_out_hswish(op: MultiplyOp | DivideOp) -> Replacement | None:
    """`x * clamp(x + 3, 0, 6) / 6` is hswish, divided last."""
    product = _sixth_of(op)
    inner = None if product is None else made_by(product, MultiplyOp)
    if inner is None:
        return None
    for x, ramp in ((inner.a, inner.b), (inner.b, inner.a)):
        if _ramp_of(ramp) is x and x.type == op.result.type:
            removed = absorbed(inner)
            return Replacement(
                HSwishOp.build_inferred([x]), [*(_ramp_ops(ramp) if removed else ()), *removed]
            )
    return None


def gated_by_itself(op: MultiplyOp) -> Replacement | None:
    """`x * sigmoid(x)` is swish, `x * sigmoid(beta * x)` swish of beta, `x * hsigmoid(x)` hswish.

    `x * tanh(softplus(x))` is mish.
    """
    for x, gate in ((op.a, op.b), (op.b, op.a)):
        if (sigmoid := made_by(gate, SigmoidOp)) is not None:
            if sigmoid.x is x:
                return Replacement(SwishOp.build_inferred([x]), absorbed(sigmoid))
            scaled = made_by(sigmoid.x, MultiplyOp)
            beta = None if scaled is None else _factor(scaled, x)
            if scaled is not None and beta is not None and x.type == sigmoid.result.type:
                return Replacement(SwishOp.build_inferred([x], {"beta": beta}), absorbed(scaled, sigmoid))
        elif (hsigmoid := made_by(gate, HSigmoidOp)) is not None and hsigmoid.x is x:
            return Replacement(HSwishOp.build_inferred([x]), absorbed(hsigmoid))
        elif (tanh := made_by(gate, TanhOp)) is not None:
            softplus = made_by(tanh.x, SoftplusOp)
            if softplus is not None and softplus.x is x:
                return Replacement(MishOp.build_inferred([x]), absorbed(softplus, tanh))
    return None


def _bounds(op: ClampOp | ReluOp) -> tuple[float, float]:
    return (0.0, inf) if isinstance(op, ReluOp) else (op.min.value.data, op.max.value.data)


def _factor(op: MultiplyOp, x: SSAValue) -> float | None:
    """The constant by which `op` multiplies `x`, if that is all it does."""
    if op.a is x:
        return uniform_value(op.b)
    return uniform_value(op.a) if op.b is x else None


def _sixth_of(op: MultiplyOp | DivideOp) -> SSAValue | None:
    """What `op` takes a sixth of, if it does."""
    if not is_float(element_of(op.a)):
        return None
    if isinstance(op, DivideOp):
        return op.a if uniform_value(op.b) == 6 else None
    for value, other in ((op.a, op.b), (op.b, op.a)):
        factor = uniform_value(other)
        if factor is not None and isclose(factor, 1 / 6, rel_tol=SIXTH):
            return value
    return None


def _ramp_of(value: SSAValue) -> SSAValue | None:
    """`x` where `value` is `clamp(x + 3, 0, 6)`."""
    clamp = made_by(value, ClampOp)
    shifted = None if clamp is None or _bounds(clamp) != (0, 6) else made_by(clamp.x, AddOp)
    if shifted is None:
        return None
    for x, other in ((shifted.a, shifted.b), (shifted.b, shifted.a)):
        if uniform_value(other) == 3:
            return x
    return None


def _ramp_ops(ramp: SSAValue) -> tuple[Operation, ...]:
    """The add and clamp of `_ramp_of`, as far as they go away with the only use of `ramp`."""
    clamp = made_by(ramp, ClampOp)
    if clamp is None or not clamp.result.has_one_use():
        return ()
    add = made_by(clamp.x, AddOp)
    return (*(absorbed(add) if add is not None else ()), clamp)


_HARD: tuple[Rule, ...] = (spelled_out_hsigmoid, spelled_out_hswish)

RULES: Mapping[type[Operation], tuple[Rule, ...]] = {
    PreluOp: (uniform_prelu,),
    ClampOp: (open_clamp, clamp_of_clamp),
    ReluOp: (clamp_of_clamp,),
    MaximumOp: (maximum_with_constant, maximum_with_fraction),
    MinimumOp: (maximum_with_constant,),
    MultiplyOp: (*_HARD, gated_by_itself),
    DivideOp: _HARD,
}
"""The rules of this file by class of operation."""
