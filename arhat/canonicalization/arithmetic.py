"""Rules for element-wise arithmetic with constants. They apply to floating-point tensors unless they say otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.ir import Operation, SSAValue
from xdsl.utils.exceptions import VerifyException

from arhat.canonicalization.rule import Replacement, Rule, absorbed, is_constant, made_by, uniform_value
from arhat.dialects.arhat import AddOp, ConstantOp, DivideOp, MultiplyOp, NegativeOp, SubtractOp
from arhat.dialects.arhat.base import broadcast, element_of, elements, is_float, shape_of, tensor_type
from arhat.layers import layers_of, merge_layers, set_layers
from arhat.weights import dense, dtype_of


def constant_to_the_right(op: AddOp | MultiplyOp) -> Replacement | None:
    """`c + x` is `x + c`, `c * x` is `x * c`; of integers too."""
    if not is_constant(op.a) or is_constant(op.b):
        return None
    return Replacement(type(op).build_inferred([op.b, op.a]))


def neutral_constant(op: AddOp | SubtractOp | MultiplyOp | DivideOp) -> Replacement | None:
    """`x + 0`, `x - 0`, `x * 1` and `x / 1` are `x`; of integers too."""
    neutral = 0 if isinstance(op, AddOp | SubtractOp) else 1
    return Replacement(op.a) if op.a.type == op.result.type and uniform_value(op.b) == neutral else None


def subtracted_constant(op: SubtractOp) -> Replacement | None:
    """`x - c` is `x + (-c)`, to the last bit."""
    if not _is_step(op):
        return None
    negative = NegativeOp.build_inferred([op.b], layers=_layers(op.b))
    return Replacement(AddOp.build_inferred([op.a, negative]), helpers=[negative])


def constant_divisor(op: DivideOp) -> Replacement | None:
    """`x / c` is `x * (1 / c)`, to the rounding of the reciprocal."""
    if not _is_step(op):
        return None
    one = _scalar(1.0, op.b)
    reciprocal = DivideOp.build_inferred([one, op.b], {"python_div": op.python_div}, layers=_layers(op.b))
    set_layers(one, layers_of(reciprocal))
    return Replacement(MultiplyOp.build_inferred([op.a, reciprocal]), helpers=[one, reciprocal])


def constants_in_a_row(op: AddOp | MultiplyOp) -> Replacement | None:
    """`(x + a) + b` is `x + (a + b)`, `(x * a) * b` is `x * (a * b)`, to the rounding of the constant.

    The inner result must have no other use, and the constants must not broadcast each other to something larger.
    """
    inner = made_by(op.a, type(op))
    if inner is None or not _is_step(op) or not _is_step(inner) or not inner.result.has_one_use():
        return None
    first, second = shape_of(inner.b), shape_of(op.b)
    try:
        shape = broadcast(first, second)
    except VerifyException:
        return None
    if elements(shape) > max(elements(first), elements(second)):
        return None
    constant = type(op).build_inferred([inner.b, op.b], layers=_layers(inner.b, op.b))
    return Replacement(type(op).build_inferred([inner.a, constant]), absorbed(inner), [constant])


def _is_step(op: AddOp | SubtractOp | MultiplyOp | DivideOp) -> bool:
    """Whether the right operand alone is a constant, and the type is floating-point."""
    return is_constant(op.b) and not is_constant(op.a) and is_float(element_of(op.a))


def _scalar(number: float, like: SSAValue) -> ConstantOp:
    """A constant of rank 0 with the element type of `like`."""
    import numpy as np

    element = element_of(like)
    return ConstantOp.get(dense(np.array(number, dtype_of(element)), element), tensor_type(element, ()))


def _layers(*constants: SSAValue):
    return merge_layers(constant.owner for constant in constants if isinstance(constant.owner, Operation))


RULES: Mapping[type[Operation], tuple[Rule, ...]] = {
    AddOp: (constant_to_the_right, neutral_constant, constants_in_a_row),
    SubtractOp: (neutral_constant, subtracted_constant),
    MultiplyOp: (constant_to_the_right, neutral_constant, constants_in_a_row),
    DivideOp: (neutral_constant, constant_divisor),
}
"""The rules of this file by class of operation."""
