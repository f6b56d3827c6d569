"""Part of convert-arhat-to-trt: functions of one element, arithmetic, comparisons, logic, conversions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil, floor, inf

import numpy as np
from xdsl.dialects.builtin import IntegerType, f32, i1, i32
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects import arhat, trt
from arhat.dialects.arhat.attributes import ActivationAttr
from arhat.dialects.arhat.quantization import BYTE
from arhat.passes.lower_kernels import Lowered, Lowering
from arhat.passes.lower_steps_trt import Layers, element_of, is_float, shape_of
from arhat.passes.support import Unsupported

_Binary = Callable[[Layers, SSAValue, SSAValue], SSAValue]
_Unary = Callable[[Layers, SSAValue], SSAValue]


def is_boolean(value: SSAValue) -> bool:
    """Whether a value's elements are booleans."""
    return element_of(value) == i1


# Activations ----------------------------------------------------------------------------------------------------------


def activate(layers: Layers, x: SSAValue, kind: str, *values: float) -> SSAValue:
    """An activation by the name that `#arhat.activation` has for it, other than prelu."""
    match kind:
        case "relu":
            return layers.function("relu", x) if is_float(x) else layers.binary("max", x, 0)
        case "sigmoid" | "tanh":
            return layers.function(kind, x)
        case "leaky_relu" | "elu":
            return layers.function(kind, x, values[0])
        case "clamp":
            return _clamp(layers, x, *values)
        case "swish":
            beta = values[0] if values else 1.0
            inner = x if beta == 1 else layers.binary("prod", x, beta)
            return layers.binary("prod", x, layers.function("sigmoid", inner))
        case "hsigmoid":
            return layers.function("hard_sigmoid", x, 1 / 6, 0.5)
        case "hswish":
            return layers.binary("prod", x, layers.function("hard_sigmoid", x, 1 / 6, 0.5))
        case "softplus":
            return layers.function("softplus", x, 1.0, 1.0)
        case _:
            assert kind == "mish"
            inner = layers.function("softplus", x, 1.0, 1.0)
            return layers.binary("prod", x, layers.function("tanh", inner))


def _clamp(layers: Layers, x: SSAValue, low: float, high: float) -> SSAValue:
    if is_float(x):
        if low > -inf and high < inf:
            return layers.function("clip", x, low, high)
    else:
        element = element_of(x)
        assert isinstance(element, IntegerType)
        least, most = -(1 << (element.bitwidth - 1)), (1 << (element.bitwidth - 1)) - 1
        low = min(max(ceil(max(low, least)), least), most)
        high = min(max(floor(min(high, most)), least), most)
        low, high = (-inf if low == least else low), (inf if high == most else high)
    if low > -inf:
        x = layers.binary("max", x, low)
    return layers.binary("min", x, high) if high < inf else x


def fused(layers: Layers, x: SSAValue, activation: ActivationAttr | None, slope: SSAValue | None) -> SSAValue:
    """What an activation that is part of another op makes of `x`."""
    if activation is None:
        return x
    if activation.kind == "prelu":
        assert slope is not None
        return prelu(layers, x, slope)
    return activate(layers, x, activation.kind, *activation.values)


def prelu(layers: Layers, x: SSAValue, slope: SSAValue) -> SSAValue:
    """`trt.parametric_relu`; a slope of rank 1 belongs to the channels."""
    rank = len(shape_of(x))
    if len(shape_of(slope)) == 1 and rank >= 2:
        slope = layers.reshape(slope, (*shape_of(slope), *[1] * (rank - 2)))
    return layers.add(trt.ParametricReluOp.make([x, layers.lift(slope, rank)]))


def _activation(kind: str) -> Lowering:
    def lower(op: Operation) -> Lowered:
        layers = Layers(op)
        names = {"leaky_relu": ("alpha",), "elu": ("alpha",), "clamp": ("min", "max"), "swish": ("beta",)}
        assert isinstance(op, arhat.ArhatOp)
        given = op.parameters()
        numbers = [float(given[name]) for name in names.get(kind, ()) if name in given]
        return layers.gives(activate(layers, op.operands[0], kind, *numbers))

    return lower


def _prelu(op: Operation) -> Lowered:
    assert isinstance(op, arhat.PreluOp)
    layers = Layers(op)
    return layers.gives(prelu(layers, op.x, op.slope))


def _gelu(op: Operation) -> Lowered:
    assert isinstance(op, arhat.GeluOp)
    layers = Layers(op)
    return layers.gives(layers.function(f"gelu_{op.approximate.data}", op.x))


# Functions of one operand ---------------------------------------------------------------------------------------------


def truncated(layers: Layers, x: SSAValue) -> SSAValue:
    """`x` rounded towards zero."""
    return layers.binary("prod", layers.unary("sign", x), layers.unary("floor", layers.unary("abs", x)))


def _abs(layers: Layers, x: SSAValue) -> SSAValue:
    return x if is_boolean(x) else layers.unary("abs", x)


def _sign(layers: Layers, x: SSAValue) -> SSAValue:
    if not is_float(x):
        return layers.unary("sign", x)
    # Not unary sign, which leaves open what it makes of NaN: 0.
    above, below = layers.binary("greater", x, 0), layers.binary("less", x, 0)
    element = element_of(x)
    return layers.binary("sub", layers.cast(above, element), layers.cast(below, element))


def _rounding(name: str) -> _Unary:
    return lambda layers, x: layers.unary(name, x) if is_float(x) else x


def _simple(name: str) -> _Unary:
    return lambda layers, x: layers.unary(name, x)


def _round(op: Operation) -> Lowered:
    assert isinstance(op, arhat.RoundOp)
    layers, x = Layers(op), op.x
    if not is_float(x):
        return layers.gives(x)
    if op.mode.data == "half_to_even":
        return layers.gives(layers.unary("round", x))
    size = layers.unary("abs", x)
    whole = layers.unary("floor", size)
    below = layers.binary("less", layers.binary("sub", size, whole), 0.5)
    up = layers.select(below, whole, layers.binary("sum", whole, 1.0))
    return layers.gives(layers.binary("prod", layers.unary("sign", x), up))


def _not(layers: Layers, x: SSAValue) -> SSAValue:
    return layers.unary("not", x) if is_boolean(x) else layers.binary("sub", layers.number(-1, x), x)


def _is_finite(layers: Layers, x: SSAValue) -> SSAValue:
    return layers.binary("less", layers.unary("abs", x), inf)


def _is_inf(op: Operation) -> Lowered:
    assert isinstance(op, arhat.IsInfOp)
    layers, x = Layers(op), op.x
    negative, positive = bool(op.detect_negative.value.data), bool(op.detect_positive.value.data)
    if negative and positive:
        return layers.gives(layers.unary("isinf", x))
    if not negative and not positive:
        return layers.gives(layers.binary("less", x, x))
    return layers.gives(layers.binary("equal", x, inf if positive else -inf))


def _of_one(function: _Unary) -> Lowering:
    def lower(op: Operation) -> Lowered:
        layers = Layers(op)
        return layers.gives(function(layers, op.operands[0]))

    return lower


# Functions of two operands --------------------------------------------------------------------------------------------


def _arithmetic(name: str, boolean: str | None = None) -> _Binary:
    """`trt.element_wise` of numbers; of booleans by another name."""

    def compute(layers: Layers, a: SSAValue, b: SSAValue) -> SSAValue:
        if not is_boolean(a):
            return layers.binary(name, a, b)
        if boolean is None:
            raise Unsupported("it has no meaning for booleans")
        return layers.binary(boolean, a, b)

    return compute


def _power(layers: Layers, a: SSAValue, b: SSAValue) -> SSAValue:
    known = layers.known(b)
    exponent = (
        float(known.flat[0]) if known is not None and known.size and (known == known.flat[0]).all() else None
    )
    if exponent is not None and exponent == int(exponent) and 1 <= exponent <= (3 if is_float(a) else 64):
        y, times = a, int(exponent) - 1
        for _ in range(times):
            y = layers.binary("prod", y, a)
        shape = np.broadcast_shapes(shape_of(a), shape_of(b))
        return layers.broadcast(y, shape)
    if not is_float(a):
        raise Unsupported("integers are raised to constant powers from 1 to 64 only")
    return layers.binary("pow", a, b)


def _squared_difference(layers: Layers, a: SSAValue, b: SSAValue) -> SSAValue:
    difference = layers.binary("sub", a, b)
    return layers.binary("prod", difference, difference)


def _floor_mod(layers: Layers, a: SSAValue, b: SSAValue) -> SSAValue:
    return layers.binary("sub", a, layers.binary("prod", layers.binary("floor_div", a, b), b))


def _mod(layers: Layers, a: SSAValue, b: SSAValue) -> SSAValue:
    quotient = layers.binary("div", a, b)
    whole = truncated(layers, quotient) if is_float(a) else quotient
    return layers.binary("sub", a, layers.binary("prod", whole, b))


def _compared(compute: _Binary) -> _Binary:
    """A comparison, of booleans as 0 and 1."""

    def compare(layers: Layers, a: SSAValue, b: SSAValue) -> SSAValue:
        return compute(layers, *(layers.cast(v, i32) if is_boolean(v) else v for v in (a, b)))

    return compare


def _or_equal(name: str) -> _Binary:
    """Not the opposite of the other comparison, which is true of NaN."""
    return lambda layers, a, b: layers.binary("or", layers.binary(name, a, b), layers.binary("equal", a, b))


def _not_equal(layers: Layers, a: SSAValue, b: SSAValue) -> SSAValue:
    return layers.unary("not", layers.binary("equal", a, b))


def _bitwise(name: str) -> _Binary:
    def compute(layers: Layers, a: SSAValue, b: SSAValue) -> SSAValue:
        if not is_boolean(a):
            raise Unsupported("TensorRT has no bitwise operations on integers")
        return layers.binary(name, a, b)

    return compute


def _of_two(function: _Binary) -> Lowering:
    def lower(op: Operation) -> Lowered:
        layers = Layers(op)
        return layers.gives(function(layers, op.operands[0], op.operands[1]))

    return lower


def _divide(op: Operation) -> Lowered:
    assert isinstance(op, arhat.DivideOp)
    layers = Layers(op)
    down = not is_float(op.a) and bool(op.python_div.value.data)
    return layers.gives(layers.binary("floor_div" if down else "div", op.a, op.b))


# Others ---------------------------------------------------------------------------------------------------------------


def converted(layers: Layers, x: SSAValue, element: Attribute) -> SSAValue:
    """`x` with elements of another type, as `arhat.convert` has it: booleans are `x != 0`."""
    source = element_of(x)
    if source == element:
        return x
    if BYTE in (source, element) and not (is_float(x) or element == f32):
        x, source = layers.cast(x, f32), f32  # TensorRT has bytes at the border only, and floats beside them
    if element == i1:
        return layers.unary("not", layers.binary("equal", x, 0))
    return layers.cast(x, element)


def _convert(op: Operation) -> Lowered:
    assert isinstance(op, arhat.ConvertOp)
    layers = Layers(op)
    return layers.gives(converted(layers, op.x, op.to))


def _select(op: Operation) -> Lowered:
    assert isinstance(op, arhat.SelectOp)
    layers = Layers(op)
    return layers.gives(layers.select(op.condition, op.then, op.otherwise))


def _fake_quantize(op: Operation) -> Lowered:
    """The formula of the op, step by step; what lies outside of known bounds is brought to them first."""
    assert isinstance(op, arhat.FakeQuantizeOp)
    layers, x = Layers(op), op.x
    low, high, out_low, out_high = op.input_low, op.input_high, op.output_low, op.output_high
    least, most = layers.known(low), layers.known(high)
    bounded = least is not None and most is not None and bool((least < most).all())
    inner = _bounded(layers, x, low, high) if bounded else x
    steps = op.levels.value.data - 1
    level = layers.binary("div", _without(layers, "sub", inner, low), layers.binary("sub", high, low))
    level = layers.unary("round", layers.binary("prod", level, steps))
    inside = layers.binary(
        "prod", layers.binary("div", level, steps), layers.binary("sub", out_high, out_low)
    )
    inside = _without(layers, "sum", inside, out_low)
    if bounded:
        return layers.gives(layers.broadcast(inside, shape_of(op.result)))
    above = layers.binary("greater", x, layers.binary("max", low, high))
    result = layers.select(above, out_high, inside)
    end = layers.binary("min", low, high)
    below = layers.binary("or", layers.binary("less", x, end), layers.binary("equal", x, end))
    return layers.gives(layers.select(below, out_low, result))


def _bounded(layers: Layers, x: SSAValue, low: SSAValue, high: SSAValue) -> SSAValue:
    least, most = layers.known(low), layers.known(high)
    assert least is not None and most is not None
    if least.size == most.size == 1 and len(shape_of(x)) >= max(least.ndim, most.ndim):
        return layers.function("clip", x, float(least.flat[0]), float(most.flat[0]))
    return layers.binary("min", layers.binary("max", x, low), high)


def _without(layers: Layers, op: str, x: SSAValue, offset: SSAValue) -> SSAValue:
    """A sum or a difference; the value itself where the offset is 0 and does not broadcast it."""
    known = layers.known(offset)
    alike = np.broadcast_shapes(shape_of(x), shape_of(offset)) == shape_of(x)
    return x if known is not None and alike and not known.any() else layers.binary(op, x, offset)


_UNARY: Mapping[str, _Unary] = {
    **{
        name: _simple(name)
        for name in (
            "exp",
            "log",
            "sqrt",
            "sin",
            "cos",
            "tan",
            "asin",
            "acos",
            "atan",
            "sinh",
            "cosh",
            "asinh",
        )
    },
    **{name: _simple(name) for name in ("acosh", "atanh", "erf")},
    "abs": _abs,
    "negative": _simple("neg"),
    "floor": _rounding("floor"),
    "ceiling": _rounding("ceil"),
    "sign": _sign,
    "is_nan": _simple("isnan"),
    "is_finite": _is_finite,
    "logical_not": _not,
    "bitwise_not": _not,
}

_BINARY: Mapping[str, _Binary] = {
    "add": _arithmetic("sum", "or"),
    "subtract": _arithmetic("sub"),
    "multiply": _arithmetic("prod", "and"),
    "maximum": _arithmetic("max", "or"),
    "minimum": _arithmetic("min", "and"),
    "power": _power,
    "squared_difference": _squared_difference,
    "floor_mod": _floor_mod,
    "mod": _mod,
    "equal": _compared(lambda layers, a, b: layers.binary("equal", a, b)),
    "not_equal": _compared(_not_equal),
    "less": _compared(lambda layers, a, b: layers.binary("less", a, b)),
    "less_equal": _compared(_or_equal("less")),
    "greater": _compared(lambda layers, a, b: layers.binary("greater", a, b)),
    "greater_equal": _compared(_or_equal("greater")),
    "logical_and": _arithmetic("prod", "and"),
    "logical_or": _arithmetic("sum", "or"),
    "logical_xor": _arithmetic("sub", "xor"),
    "bitwise_and": _bitwise("and"),
    "bitwise_or": _bitwise("or"),
    "bitwise_xor": _bitwise("xor"),
}

_ACTIVATIONS = (
    "relu",
    "sigmoid",
    "tanh",
    "leaky_relu",
    "elu",
    "clamp",
    "swish",
    "hsigmoid",
    "hswish",
    "softplus",
    "mish",
)

ELEMENTWISE_TRT_LOWERINGS: Mapping[str, Lowering] = {
    **{f"arhat.{name}": _of_one(function) for name, function in _UNARY.items()},
    **{f"arhat.{name}": _of_two(function) for name, function in _BINARY.items()},
    **{f"arhat.{name}": _activation(name) for name in _ACTIVATIONS},
    "arhat.divide": _divide,
    "arhat.prelu": _prelu,
    "arhat.gelu": _gelu,
    "arhat.round": _round,
    "arhat.is_inf": _is_inf,
    "arhat.convert": _convert,
    "arhat.select": _select,
    "arhat.fake_quantize": _fake_quantize,
}
"""The lowerings of this file by name of the op."""
