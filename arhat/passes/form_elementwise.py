"""Turn element-wise `arhat` ops into `kernel.elementwise`: one region of scalar ops for a connected set of them."""

from __future__ import annotations

import math as pymath
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    AnyFloat,
    BFloat16Type,
    DenseIntOrFPElementsAttr,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    Signedness,
    f32,
    i1,
)
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from arhat.dialects import arhat
from arhat.dialects.arhat.base import UniformOp, tensor_type
from arhat.dialects.kernel import (
    AnyInteger,
    ElementwiseOp,
    ReshapeOp,
    YieldOp,
    is_integer,
    scalar_type,
    shape_of,
    tensor_of,
)
from arhat.layers import layers_of, merge_layers, set_layers
from arhat.weights import constant_value, is_small


@dataclass(frozen=True)
class Scalar:
    """A value inside a region and the element type (with its sign) that it stands for."""

    value: SSAValue
    element: Attribute

    @property
    def is_float(self) -> bool:
        """Whether the element type is a floating-point one."""
        return isinstance(self.element, Float16Type | BFloat16Type | Float32Type | Float64Type)

    @property
    def is_low(self) -> bool:
        """Whether the element type is a floating-point one of 16 bits."""
        return isinstance(self.element, LOW)

    @property
    def is_boolean(self) -> bool:
        """Whether the element type is i1."""
        return self.element == i1

    @property
    def is_unsigned(self) -> bool:
        """Whether the element type is an unsigned integer or boolean."""
        element = cast(AnyInteger, self.element)
        return self.is_boolean or element.signedness.data == Signedness.UNSIGNED

    @property
    def width(self) -> int:
        """Bits of the element type."""
        return cast(AnyInteger | AnyFloat, self.element).bitwidth


class Body:
    """Appends scalar ops to a block."""

    def __init__(self, block: Block):
        self.block = block

    def add(self, op: Operation, element: Attribute) -> Scalar:
        """Append `op`, whose one result has `element` as its type."""
        self.block.add_op(op)
        return Scalar(op.results[0], element)

    def constant(self, value: float, like: Attribute) -> Scalar:
        """A constant of the element type `like`."""
        type_ = scalar_type(like)
        attr: FloatAttr[Any] | IntegerAttr[Any]
        if is_integer(type_):
            width = type_.width.data
            bits = int(value) & ((1 << width) - 1)
            attr = IntegerAttr(bits - (1 << width) if width > 1 and bits >> (width - 1) else bits, type_)
        else:
            attr = FloatAttr(value, cast(AnyFloat, type_))
        return self.add(arith.ConstantOp(attr), like)

    def apply(self, op: Callable[..., Operation], *args: Scalar) -> Scalar:
        """Append `op` on scalars of one type, giving that type."""
        return self.add(op(*(a.value for a in args)), args[0].element)

    def select(self, condition: Scalar, a: Scalar, b: Scalar) -> Scalar:
        """`a` where `condition` holds, else `b`."""
        return self.add(arith.SelectOp(condition.value, a.value, b.value), a.element)

    def compare(self, predicate: str, a: Scalar, b: Scalar) -> Scalar:
        """An i1 from `arith.cmpf` (floats) or `arith.cmpi` (integers)."""
        op = arith.CmpfOp if a.is_float else arith.CmpiOp
        return self.add(op(a.value, b.value, predicate), i1)

    def convert(self, x: Scalar, element: Attribute) -> Scalar:
        """`x` as an element of another type."""
        target = Scalar(x.value, element)
        if x.element == element:
            return x
        type_ = scalar_type(element)
        if target.is_boolean:
            return self.compare("une" if x.is_float else "ne", x, self.constant(0, x.element))
        if x.is_float and target.is_float:
            if x.width == target.width:  # f16 and bf16
                return self.convert(self.convert(x, f32), element)
            cast_op = arith.ExtFOp if x.width < target.width else arith.TruncFOp
            return self.add(cast_op(x.value, cast(Any, type_)), element)
        if target.is_float and target.is_low:  # no integer that f32 cannot hold is finite in f16
            to_float = arith.UIToFPOp if x.is_unsigned else arith.SIToFPOp
            return self.convert(self.add(to_float(x.value, f32), f32), element)
        if x.is_float:
            to_integer = arith.FPToUIOp if target.is_unsigned else arith.FPToSIOp
            return self.add(to_integer(x.value, cast(Any, type_)), element)
        if target.is_float:
            to_float = arith.UIToFPOp if x.is_unsigned else arith.SIToFPOp
            return self.add(to_float(x.value, cast(Any, type_)), element)
        if x.width == target.width:
            return Scalar(x.value, element)
        if x.width > target.width:
            return self.add(arith.TruncIOp(x.value, cast(Any, type_)), element)
        extend = arith.ExtUIOp if x.is_unsigned else arith.ExtSIOp
        return self.add(extend(x.value, cast(Any, type_)), element)

    # Functions of floats ------------------------------------------------------------------------------------------

    def raised(self, x: Scalar) -> Scalar:
        """`x` as f32 where it is of 16 bits."""
        return self.convert(x, f32) if x.is_low else x

    def number(self, value: float, x: Scalar) -> Scalar:
        """A constant of the type of `x`."""
        return self.constant(value, x.element)

    def clamp(self, x: Scalar, low: float, high: float) -> Scalar:
        """min(max(x, low), high)."""
        x = self.apply(arith.MaximumfOp, x, self.number(low, x))
        return self.apply(arith.MinimumfOp, x, self.number(high, x))

    def sigmoid(self, x: Scalar) -> Scalar:
        """1 / (1 + exp(-x))."""
        one = self.number(1, x)
        e = self.apply(math.ExpOp, self.apply(arith.NegfOp, x))
        return self.apply(arith.DivfOp, one, self.apply(arith.AddfOp, one, e))

    def where_negative(self, x: Scalar, other: Scalar) -> Scalar:
        """`other` where x < 0, else `x`."""
        return self.select(self.compare("olt", x, self.number(0, x)), other, x)


LOW = (Float16Type, BFloat16Type)
"""Floats that are stored in 16 bits and computed with in f32."""

Parameters = dict[str, Any]
Rule = Callable[[Body, list[Scalar], Parameters], Scalar]


def _binary(
    floats: Callable[..., Operation],
    signed: Callable[..., Operation],
    unsigned: Callable[..., Operation],
    boolean: Callable[..., Operation],
) -> Rule:
    def rule(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
        x = args[0]
        op = floats if x.is_float else boolean if x.is_boolean else unsigned if x.is_unsigned else signed
        return body.apply(op, *args)

    return rule


def _divide(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    a, b = args
    if a.is_float:
        return body.apply(arith.DivfOp, a, b)
    if a.is_unsigned:
        return body.apply(arith.DivUIOp, a, b)
    return body.apply(arith.FloorDivSIOp if parameters["python_div"] else arith.DivSIOp, a, b)


def _power(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    a, b = args
    if not a.is_float:
        return body.apply(math.IPowIOp, a, b)
    exponent = b.value.owner.value if isinstance(b.value.owner, arith.ConstantOp) else None
    known = exponent.value.data if isinstance(exponent, FloatAttr) else None
    if known == 2:
        return body.apply(arith.MulfOp, a, a)
    if known == 0.5:
        return body.apply(math.SqrtOp, a)
    if known == 1:
        return a
    if known == -1:
        return body.apply(arith.DivfOp, body.number(1, a), a)
    return body.apply(math.PowFOp, a, b)


def _squared_difference(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    float_, boolean = args[0].is_float, args[0].is_boolean
    difference = arith.SubfOp if float_ else arith.XOrIOp if boolean else arith.SubiOp
    d = body.apply(difference, *args)
    return d if boolean else body.apply(arith.MulfOp if float_ else arith.MuliOp, d, d)


def _modulus(body: Body, args: list[Scalar], floor: bool) -> Scalar:
    a, b = args
    if a.is_float:
        quotient = body.apply(math.FloorOp if floor else math.TruncOp, body.apply(arith.DivfOp, a, b))
        return body.apply(arith.SubfOp, a, body.apply(arith.MulfOp, quotient, b))
    if a.is_unsigned:
        return body.apply(arith.RemUIOp, a, b)
    if not floor:
        return body.apply(arith.RemSIOp, a, b)
    return body.apply(arith.SubiOp, a, body.apply(arith.MuliOp, body.apply(arith.FloorDivSIOp, a, b), b))


def _relu(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    if x.is_float:
        return body.apply(arith.MaximumfOp, x, body.number(0, x))
    return x if x.is_unsigned else body.apply(arith.MaxSIOp, x, body.number(0, x))


def _abs(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    if x.is_float:
        return body.apply(math.AbsFOp, x)
    return x if x.is_unsigned else body.apply(math.AbsIOp, x)


def _negative(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    return body.apply(arith.NegfOp, x) if x.is_float else body.apply(arith.SubiOp, body.number(0, x), x)


def _clamp(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    low, high = parameters["min"], parameters["max"]
    if x.is_float:
        return body.clamp(x, low, high)
    least, most = (
        (0, (1 << x.width) - 1) if x.is_unsigned else (-(1 << (x.width - 1)), (1 << (x.width - 1)) - 1)
    )
    low_i = min(max(pymath.ceil(max(low, -(2.0**64))), least), most) if low > -pymath.inf else least
    high_i = min(max(pymath.floor(min(high, 2.0**64)), least), most) if high < pymath.inf else most
    at_least, at_most = (arith.MaxUIOp, arith.MinUIOp) if x.is_unsigned else (arith.MaxSIOp, arith.MinSIOp)
    x = body.apply(at_least, x, body.number(low_i, x))
    return body.apply(at_most, x, body.number(high_i, x))


def _rounding(op: Callable[..., Operation]) -> Rule:
    def rule(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
        return body.apply(op, *args) if args[0].is_float else args[0]

    return rule


def _same(op: Callable[..., Operation]) -> Rule:
    return lambda body, args, parameters: body.apply(op, *args)


def _sigmoid(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    return body.sigmoid(args[0])


def _elu(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    below = body.apply(arith.MulfOp, body.apply(math.ExpM1Op, x), body.number(parameters["alpha"], x))
    return body.where_negative(x, below)


def _leaky_relu(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    return body.where_negative(x, body.apply(arith.MulfOp, x, body.number(parameters["alpha"], x)))


def _prelu(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    x, slope = args
    return body.where_negative(x, body.apply(arith.MulfOp, x, slope))


def _hsigmoid(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    inside = body.clamp(body.apply(arith.AddfOp, x, body.number(3, x)), 0, 6)
    return body.apply(arith.MulfOp, inside, body.number(1 / 6, x))


def _hswish(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    return body.apply(arith.MulfOp, args[0], _hsigmoid(body, args, parameters))


def _mish(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    # tanh(log(1 + e)) = n / (n + 2) with n = e (e + 2): one exponential. From x = 20 on the factor is 1 in f32.
    (x,) = args
    two = body.number(2, x)
    e = body.apply(math.ExpOp, body.apply(arith.MinimumfOp, x, body.number(20, x)))
    n = body.apply(arith.MulfOp, e, body.apply(arith.AddfOp, e, two))
    factor = body.apply(arith.DivfOp, n, body.apply(arith.AddfOp, n, two))
    return body.apply(arith.MulfOp, x, factor)


def _softplus(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    # log(1 + exp(x)) without overflow.
    (x,) = args
    e = body.apply(math.ExpOp, body.apply(arith.NegfOp, body.apply(math.AbsFOp, x)))
    positive = body.apply(arith.MaximumfOp, x, body.number(0, x))
    return body.apply(arith.AddfOp, positive, body.apply(math.Log1pOp, e))


def _swish(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    beta = parameters.get("beta")
    inner = x if beta is None or beta == 1 else body.apply(arith.MulfOp, x, body.number(beta, x))
    return body.apply(arith.MulfOp, x, body.sigmoid(inner))


def _gelu(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    half, one = body.number(0.5, x), body.number(1, x)
    if parameters["approximate"] == "erf":
        inner = body.apply(math.ErfOp, body.apply(arith.MulfOp, x, body.number(pymath.sqrt(0.5), x)))
    else:
        cube = body.apply(arith.MulfOp, body.apply(arith.MulfOp, x, x), x)
        sum_ = body.apply(arith.AddfOp, x, body.apply(arith.MulfOp, cube, body.number(0.044715, x)))
        scaled = body.apply(arith.MulfOp, sum_, body.number(pymath.sqrt(2 / pymath.pi), x))
        inner = body.apply(math.TanhOp, scaled)
    return body.apply(arith.MulfOp, body.apply(arith.MulfOp, x, half), body.apply(arith.AddfOp, one, inner))


def _fake_quantize(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    # Scales instead of quotients, and each product rounded together with its sum: the results of OpenVINO's CPU plugin.
    x, input_low, input_high, output_low, output_high = args
    steps = parameters["levels"] - 1
    known = [_constant_float32(arg) for arg in args[1:]]
    if any(value is None for value in known):
        all_steps = body.number(steps, x)
        reach = body.apply(arith.SubfOp, input_high, input_low)
        scale = body.apply(arith.DivfOp, all_steps, reach)
        shift = body.apply(arith.NegfOp, body.apply(arith.MulfOp, input_low, scale))
        step = body.apply(arith.DivfOp, body.apply(arith.SubfOp, output_high, output_low), all_steps)
    else:
        low, high, out_low, out_high = (np.float32(cast(float, value)) for value in known)
        reach = np.float32(high - low) or np.float32(1)  # no element lies between equal bounds
        scale = body.number(float(np.float32(steps) / reach), x)
        shift = body.number(float(-low * np.float32(steps) / reach), x)
        step = body.number(float((out_high - out_low) / np.float32(steps)), x)
        if low < high:
            clamped = body.apply(arith.MinimumfOp, body.apply(arith.MaximumfOp, x, input_low), input_high)
            level = body.apply(math.RoundEvenOp, body.apply(math.FmaOp, clamped, scale, shift))
            return body.apply(math.FmaOp, level, step, output_low)
    level = body.apply(math.RoundEvenOp, body.apply(math.FmaOp, x, scale, shift))
    inside = body.apply(math.FmaOp, level, step, output_low)
    lowest = body.apply(arith.MinimumfOp, input_low, input_high)
    highest = body.apply(arith.MaximumfOp, input_low, input_high)
    result = body.select(body.compare("ogt", x, highest), output_high, inside)
    return body.select(body.compare("ole", x, lowest), output_low, result)


def _constant_float32(x: Scalar) -> float | None:
    """The number that an f32 scalar of the region is known to be."""
    owner = x.value.owner
    if x.element != f32 or not isinstance(owner, arith.ConstantOp) or not isinstance(owner.value, FloatAttr):
        return None
    return float(owner.value.value.data)


def _compare(floats: str, signed: str, unsigned: str) -> Rule:
    def rule(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
        x = args[0]
        return body.compare(floats if x.is_float else unsigned if x.is_unsigned else signed, *args)

    return rule


def _not(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    return body.apply(arith.XOrIOp, x, body.number(1 if x.is_boolean else -1, x))


def _select(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    return body.select(*args)


def _is_nan(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    return body.compare("une", args[0], args[0])


def _is_inf(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    negative, positive = parameters["detect_negative"], parameters["detect_positive"]
    if not negative and not positive:
        return body.constant(0, i1)
    if negative and positive:
        x = body.apply(math.AbsFOp, x)
    return body.compare("oeq", x, body.number(pymath.inf if positive else -pymath.inf, x))


def _is_finite(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    return body.compare("olt", body.apply(math.AbsFOp, x), body.number(pymath.inf, x))


def _sign(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    zero, one = body.number(0, x), body.number(1, x)
    greater = body.compare("ogt" if x.is_float else "ugt" if x.is_unsigned else "sgt", x, zero)
    if not x.is_float and x.is_unsigned:
        return body.select(greater, one, zero)
    less = body.compare("olt" if x.is_float else "slt", x, zero)
    return body.select(greater, one, body.select(less, body.number(-1, x), zero))


def _round(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    if not x.is_float:
        return x
    return body.apply(math.RoundEvenOp if parameters["mode"] == "half_to_even" else math.RoundOp, x)


_RULES: dict[str, Rule] = {
    "arhat.add": _binary(arith.AddfOp, arith.AddiOp, arith.AddiOp, arith.OrIOp),
    "arhat.subtract": _binary(arith.SubfOp, arith.SubiOp, arith.SubiOp, arith.XOrIOp),
    "arhat.multiply": _binary(arith.MulfOp, arith.MuliOp, arith.MuliOp, arith.AndIOp),
    "arhat.divide": _divide,
    "arhat.maximum": _binary(arith.MaximumfOp, arith.MaxSIOp, arith.MaxUIOp, arith.OrIOp),
    "arhat.minimum": _binary(arith.MinimumfOp, arith.MinSIOp, arith.MinUIOp, arith.AndIOp),
    "arhat.power": _power,
    "arhat.squared_difference": _squared_difference,
    "arhat.floor_mod": lambda body, args, parameters: _modulus(body, args, True),
    "arhat.mod": lambda body, args, parameters: _modulus(body, args, False),
    "arhat.relu": _relu,
    "arhat.sigmoid": _sigmoid,
    "arhat.tanh": _same(math.TanhOp),
    "arhat.exp": _same(math.ExpOp),
    "arhat.log": _same(math.LogOp),
    "arhat.sqrt": _same(math.SqrtOp),
    "arhat.abs": _abs,
    "arhat.negative": _negative,
    "arhat.floor": _rounding(math.FloorOp),
    "arhat.ceiling": _rounding(math.CeilOp),
    "arhat.erf": _same(math.ErfOp),
    "arhat.elu": _elu,
    "arhat.clamp": _clamp,
    "arhat.leaky_relu": _leaky_relu,
    "arhat.prelu": _prelu,
    "arhat.hswish": _hswish,
    "arhat.hsigmoid": _hsigmoid,
    "arhat.mish": _mish,
    "arhat.swish": _swish,
    "arhat.softplus": _softplus,
    "arhat.gelu": _gelu,
    "arhat.sign": _sign,
    "arhat.round": _round,
    "arhat.sin": _same(math.SinOp),
    "arhat.cos": _same(math.CosOp),
    "arhat.tan": _same(math.TanOp),
    "arhat.asin": _same(math.AsinOp),
    "arhat.acos": _same(math.AcosOp),
    "arhat.atan": _same(math.AtanOp),
    "arhat.sinh": _same(math.SinhOp),
    "arhat.cosh": _same(math.CoshOp),
    "arhat.asinh": _same(math.AsinhOp),
    "arhat.acosh": _same(math.AcoshOp),
    "arhat.atanh": _same(math.AtanhOp),
    "arhat.equal": _compare("oeq", "eq", "eq"),
    "arhat.not_equal": _compare("une", "ne", "ne"),
    "arhat.less": _compare("olt", "slt", "ult"),
    "arhat.less_equal": _compare("ole", "sle", "ule"),
    "arhat.greater": _compare("ogt", "sgt", "ugt"),
    "arhat.greater_equal": _compare("oge", "sge", "uge"),
    "arhat.logical_and": _same(arith.AndIOp),
    "arhat.logical_or": _same(arith.OrIOp),
    "arhat.logical_xor": _same(arith.XOrIOp),
    "arhat.logical_not": _not,
    "arhat.bitwise_and": _same(arith.AndIOp),
    "arhat.bitwise_or": _same(arith.OrIOp),
    "arhat.bitwise_xor": _same(arith.XOrIOp),
    "arhat.bitwise_not": _not,
    "arhat.select": _select,
    "arhat.is_nan": _is_nan,
    "arhat.is_inf": _is_inf,
    "arhat.is_finite": _is_finite,
    "arhat.fake_quantize": _fake_quantize,
}
"""How one element of each op is computed."""


def apply_rule(name: str, body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    """What the `arhat` op of that name computes of scalars of one type, appended to `body`."""
    return _RULES[name](body, args, parameters)


def is_elementwise(op: Operation) -> bool:
    """Whether `build_elementwise` takes this op."""
    return op.name in _RULES or isinstance(op, arhat.ConvertOp)


def build_elementwise(ops: Sequence[Operation]) -> ElementwiseOp:
    """One `kernel.elementwise` for a connected set of element-wise `arhat` ops.

    `ops` stand in the order of execution; the last one gives the result, and it alone may have uses outside of the
    set. The new op is not inserted and `ops` are left as they are; it carries the layers of all of them. Constants of
    one element become constants of the region. Floats of 16 bits are computed with in f32, and each op's result is
    rounded. A slope that belongs to the channels gets its shape from an op that
    is inserted before the last of `ops`.
    """
    result = ops[-1].results[0]
    block = Block()
    body = Body(block)
    inside: dict[SSAValue, Scalar] = {}
    inputs: list[SSAValue] = []

    def scalar(value: SSAValue) -> Scalar:
        known = inside.get(value)
        if known is None:
            element = tensor_of(value).element_type
            constant = _one_element(value)
            if constant is not None:
                known = body.constant(constant, f32 if isinstance(element, LOW) else element)
            else:
                argument = block.insert_arg(scalar_type(element), len(block.args))
                inputs.append(value)
                known = body.raised(Scalar(argument, element))
            inside[value] = known
        return known

    for op in ops:
        operands = list(op.operands)
        if isinstance(op, arhat.PreluOp):
            operands[1] = _channel_slope(op, ops[-1])
        args = [scalar(value) for value in operands]
        target = tensor_of(op.results[0]).element_type
        if isinstance(op, arhat.ConvertOp):
            made = body.convert(args[0], target)
        else:
            assert isinstance(op, UniformOp)
            made = _RULES[op.name](body, args, op.parameters())
            if isinstance(target, LOW):
                made = body.convert(made, target)
        inside[op.results[0]] = made if op is ops[-1] else body.raised(made)
    block.add_op(YieldOp(inside[result].value))
    new = ElementwiseOp(inputs, Region(block), result.type)
    set_layers(new, merge_layers(ops))
    return new


def _one_element(value: SSAValue) -> float | None:
    """The number in a small constant of one element; None for any other value."""
    owner = value.owner
    if not isinstance(owner, arhat.ConstantOp) or pymath.prod(shape_of(value)) != 1:
        return None
    if not is_small(tensor_of(value)):
        return None
    return constant_value(owner).reshape(-1)[0].item()


def _channel_slope(op: arhat.PreluOp, before: Operation) -> SSAValue:
    """The slope in a shape that broadcasts: one number per channel belongs to axis 1."""
    slope, rank = op.slope, len(shape_of(op.x))
    shape = shape_of(slope)
    if len(shape) != 1 or rank <= 2 or shape == (1,):
        return slope
    type_ = tensor_of(slope)
    column = tensor_type(type_.element_type, (shape[0], *([1] * (rank - 2))))
    new: Operation
    if isinstance(slope.owner, arhat.ConstantOp):
        value = slope.owner.value
        if isinstance(value, DenseIntOrFPElementsAttr):
            value = DenseIntOrFPElementsAttr(cast(Any, column), cast(Any, value).data)
        new = arhat.ConstantOp.get(value, column, layers_of(slope.owner))
    else:
        new = ReshapeOp.make([slope], {}, column)
    Rewriter.insert_op(new, InsertPoint.before(before))
    return new.results[0]
