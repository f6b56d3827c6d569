"""Element-wise arithmetic, activations and matrix products, against OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from openvino.utils.node_factory import NodeFactory
from sweeps import Array, Case, Sweep, reference
from unit.sweeps.operands import (
    FLOATS,
    INTEGERS,
    NUMBERS,
    broadcast_case,
    broadcast_shapes,
    part,
    shapes,
    values,
)

sweep = Sweep()


# Two operands -------------------------------------------------------------------------------------------------


def binary(
    name: str,
    function: Any,
    elements: Sequence[Any] = NUMBERS,
    low: float = -3,
    high: float = 3,
    second: tuple[float, float] | None = None,
) -> None:
    @sweep.operator(name, examples=16, emitted=8)
    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        rule, (left, right) = broadcast_shapes(draw, 2)
        dtype = draw(st.sampled_from(elements))
        a = values(draw, left, dtype, low, high)
        b = values(draw, right, dtype, *(second or (low, high)))
        return broadcast_case(rule, function, [a, b])


# What leaves the range of u8 is left out: the CPU plugin saturates where the reference implementation wraps around.
SIGNED = (*FLOATS, np.int32, np.int64)
binary("Add", ov.opset1.add)
binary("Subtract", ov.opset1.subtract, SIGNED)
binary("Multiply", ov.opset1.multiply)
binary("Maximum", ov.opset1.maximum)
binary("Minimum", ov.opset1.minimum)
binary("SquaredDifference", ov.opset1.squared_difference, SIGNED)
binary("Divide", ov.opset1.divide, FLOATS, second=(0.2, 3))
binary("Divide by negative", ov.opset1.divide, FLOATS, second=(-3, -0.2))
binary("Power", ov.opset1.power, FLOATS, 0.1, 3)
binary("Power integers", ov.opset1.power, (np.int32, np.int64), -4, 4, (0, 4))
binary("FloorMod integers", ov.opset1.floor_mod, INTEGERS, -20, 20, (1, 6))
binary("Mod integers", ov.opset1.mod, INTEGERS, -20, 20, (1, 6))


@sweep.operator("Power of a constant", emitted=10)
@st.composite
def power_of_a_constant(draw: st.DrawFn) -> Case:
    dtype = draw(st.sampled_from(FLOATS))
    exponent = draw(st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 2.5]))
    negative = exponent in (0.0, 1.0, 2.0, 3.0)
    x = values(draw, draw(shapes()), dtype, -3 if negative else 0.2, 3)
    return Case(lambda x: ov.opset1.power(x, ov.opset1.constant(np.array(exponent, dtype))), [x])


@sweep.operator("Divide integers", emitted=12)
@st.composite
def divide_integers(draw: st.DrawFn) -> Case:
    """The CPU plugin rounds towards zero whatever `m_pythondiv` says: the reference implementation does not."""
    first = draw(shapes(1, 4))
    dtype, towards_zero = draw(st.sampled_from(INTEGERS)), draw(st.booleans())
    a, b = values(draw, first, dtype, -20, 20), values(draw, part(draw, first), dtype, 1, 6)

    def build(a: Any, b: Any) -> Any:
        attributes = {"m_pythondiv": not towards_zero, "auto_broadcast": "numpy"}
        return NodeFactory("opset1").create("Divide", [a, b], attributes)

    down = reference(build) if dtype is not np.uint8 and not towards_zero else None
    return Case(build, [a, b], expected=down, note="towards zero" if towards_zero else "down")


def remainder(name: str, function: Any) -> None:
    @sweep.operator(name)
    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        """Multiples of 1/4, whose quotients are exact or far from a whole number."""
        rule, (left, right) = broadcast_shapes(draw, 2)
        dtype = draw(st.sampled_from(FLOATS))
        a = np.asarray(np.round(values(draw, left, dtype, -9, 9) * 4) / 4)
        b = np.asarray(
            2.0 ** np.round(values(draw, right, dtype, -2, 2)) * draw(st.sampled_from([1, -1]))
        ).astype(dtype)
        return broadcast_case(rule, function, [a, b])


remainder("FloorMod", ov.opset1.floor_mod)
remainder("Mod", ov.opset1.mod)


# One operand --------------------------------------------------------------------------------------------------


def unary(
    name: str,
    function: Any,
    low: float = -4,
    high: float = 4,
    elements: Sequence[Any] = FLOATS,
    rtol: float = 1e-5,
    atol: float = 1e-5,
) -> None:
    @sweep.operator(name, examples=10, emitted=4)
    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        x = values(draw, draw(shapes()), draw(st.sampled_from(elements)), low, high)
        return Case(function, [x], rtol=rtol, atol=atol)


unary("ReLU", ov.opset1.relu, elements=(*FLOATS, np.int32, np.int64))
unary("Sigmoid", ov.opset1.sigmoid, -30, 30)
unary("Tanh", ov.opset1.tanh, -10, 10)
unary("Exp", ov.opset1.exp, -20, 5)
unary("Log", ov.opset1.log, 1e-3, 50)
unary("Sqrt", ov.opset1.sqrt, 0, 50)
unary("Abs", ov.opset1.absolute, elements=(*FLOATS, np.int32))
unary("Negative", ov.opset1.negative, elements=(*FLOATS, np.int32))
unary("Sign", ov.opset1.sign, elements=(*FLOATS, np.int32))
unary("Floor", ov.opset1.floor)
unary("Ceiling", ov.opset1.ceiling)
unary("Erf", ov.opset1.erf)
unary("Sin", ov.opset1.sin, -10, 10)
unary("Cos", ov.opset1.cos, -10, 10)
unary("Tan", ov.opset1.tan, -1.4, 1.4)
unary("Asin", ov.opset1.asin, -1, 1)
unary("Acos", ov.opset1.acos, -1, 1)
unary("Atan", ov.opset1.atan, -20, 20)
unary("Sinh", ov.opset1.sinh, -4, 4)
unary("Cosh", ov.opset1.cosh, -4, 4)
unary("Asinh", ov.opset4.asinh, -20, 20)
unary("Acosh", ov.opset4.acosh, 1.01, 20)
unary("Atanh", ov.opset4.atanh, -0.95, 0.95)
unary("SoftSign", ov.opset9.softsign, -20, 20)
unary("SoftPlus", ov.opset4.softplus, -30, 30)
unary("Mish", ov.opset4.mish, -30, 30)
unary("HSwish", ov.opset4.hswish, -6, 6)
unary("HSigmoid", ov.opset5.hsigmoid, -6, 6)
unary("Gelu-2", ov.opset2.gelu, -6, 6)
unary("Gelu erf", lambda x: ov.opset7.gelu(x, "ERF"), -6, 6)
unary("Gelu tanh", lambda x: ov.opset7.gelu(x, "TANH"), -6, 6)


@sweep.operator("Functions of integers", emitted=12)
@st.composite
def functions_of_integers(draw: st.DrawFn) -> Case:
    """The nearest integer, of a half the even one."""
    x = values(draw, draw(shapes()), draw(st.sampled_from([np.int32, np.int64])), 0, 9)
    functions = [
        ov.opset1.exp,
        ov.opset1.sqrt,
        ov.opset1.log,
        ov.opset1.sin,
        ov.opset1.sigmoid,
        ov.opset1.tanh,
    ]
    function = draw(st.sampled_from(functions))
    return Case(function, [x], note=function.__name__)


@sweep.operator("Round")
@st.composite
def round_(draw: st.DrawFn) -> Case:
    mode = draw(st.sampled_from(["half_to_even", "half_away_from_zero"]))
    x = values(draw, draw(shapes()), draw(st.sampled_from([*FLOATS, np.int32])), -6, 6)
    if x.dtype.kind == "f" and draw(st.booleans()):
        x = np.asarray(np.round(x * 2) / 2)
    return Case(lambda x: ov.opset5.round(x, mode), [x], note=mode)


@sweep.operator("Clamp")
@st.composite
def clamp(draw: st.DrawFn) -> Case:
    x = values(draw, draw(shapes()), draw(st.sampled_from(NUMBERS)), -9, 9)
    low = draw(st.sampled_from([-5.0, -1.5, 0.0, 1.0]))
    high = draw(st.sampled_from([1.0, 2.5, 6.0, 1e30]))
    if x.dtype == np.uint8:
        low = max(low, 0.0)
    return Case(lambda x: ov.opset1.clamp(x, low, high), [x], note=f"{low} {high}")


@sweep.operator("Elu")
@st.composite
def elu(draw: st.DrawFn) -> Case:
    alpha = draw(st.sampled_from([0.1, 1.0, 2.0]))
    x = values(draw, draw(shapes()), draw(st.sampled_from(FLOATS)), -8, 4)
    return Case(lambda x: ov.opset1.elu(x, alpha), [x], note=f"alpha {alpha}")


@sweep.operator("Selu")
@st.composite
def selu(draw: st.DrawFn) -> Case:
    dtype = draw(st.sampled_from(FLOATS))
    x = values(draw, draw(shapes()), dtype, -8, 4)
    alpha, scale = draw(st.sampled_from([(1.6732632, 1.0507010), (0.5, 2.0)]))
    shape = draw(st.sampled_from([(), (1,)]))

    def build(x: Any) -> Any:
        constants = [ov.opset1.constant(np.full(shape, v, dtype)) for v in (alpha, scale)]
        return ov.opset1.selu(x, *constants)

    return Case(build, [x], note=f"alpha {alpha} lambda {scale} {shape}")


@sweep.operator("HardSigmoid")
@st.composite
def hard_sigmoid(draw: st.DrawFn) -> Case:
    dtype = draw(st.sampled_from(FLOATS))
    x = values(draw, draw(shapes()), dtype, -8, 8)
    alpha, beta = draw(st.sampled_from([(0.2, 0.5), (0.5, 0.1), (1 / 6, 0.5)]))

    def build(x: Any) -> Any:
        return ov.opset1.hard_sigmoid(x, *(ov.opset1.constant(np.array(v, dtype)) for v in (alpha, beta)))

    return Case(build, [x], note=f"alpha {alpha} beta {beta}")


@sweep.operator("Swish")
@st.composite
def swish(draw: st.DrawFn) -> Case:
    beta = draw(st.sampled_from([None, 0.5, 1.0, 1.7]))
    dtype = np.float32 if beta is None else draw(st.sampled_from(FLOATS))
    x = values(draw, draw(shapes()), dtype, -8, 8)

    def build(x: Any) -> Any:
        return (
            ov.opset4.swish(x)
            if beta is None
            else ov.opset4.swish(x, ov.opset4.constant(np.array(beta, dtype)))
        )

    return Case(build, [x], note=f"beta {beta}")


@sweep.operator("PReLU", emitted=12)
@st.composite
def prelu(draw: st.DrawFn) -> Case:
    dtype = draw(st.sampled_from(FLOATS))
    x = values(draw, draw(shapes(1, 5)), dtype)
    channels = x.shape[1] if x.ndim > 1 else x.shape[0]
    choices = [(1,), (channels,), (x.shape[-1],), (channels, *[1] * (x.ndim - 2)) if x.ndim > 1 else (1,)]
    slope = values(draw, draw(st.sampled_from(choices)), dtype, -1, 1)
    if draw(st.booleans()):
        return Case(ov.opset1.prelu, [x, slope])
    return Case(lambda x: ov.opset1.prelu(x, ov.opset1.constant(slope)), [x], note=f"slope {slope.shape}")


@sweep.operator("Chain", emitted=12)
@st.composite
def chain(draw: st.DrawFn) -> Case:
    """Several operators that become one loop."""
    shape = draw(shapes(1, 4))
    x, y = (values(draw, shape, np.float32) for _ in range(2))
    steps = draw(
        st.lists(
            st.sampled_from(
                [
                    ov.opset1.sigmoid,
                    ov.opset1.tanh,
                    ov.opset1.absolute,
                    ov.opset4.softplus,
                    ov.opset5.hsigmoid,
                ]
            ),
            min_size=1,
            max_size=4,
        )
    )

    def build(x: Any, y: Any) -> Any:
        for step in steps:
            x = ov.opset1.add(step(x), y)
        return x

    return Case(build, [x, y])


# Matrix products ----------------------------------------------------------------------------------------------


@sweep.operator("MatMul", examples=40, emitted=30)
@st.composite
def matmul(draw: st.DrawFn) -> Case:
    return draw(products(FLOATS, -1, 1))


@sweep.operator("MatMul of integers", emitted=12)
@st.composite
def matmul_of_integers(draw: st.DrawFn) -> Case:
    return draw(products((np.int32, np.int64), -5, 5))


@st.composite
def products(draw: st.DrawFn, elements: Sequence[Any], low: float, high: float) -> Case:
    """Matrices, batches of them, vectors; transposed or not."""
    dtype = draw(st.sampled_from(elements))
    sizes = st.sampled_from([1, 2, 3, 5, 8, 17, 33, 70])
    m, n, k = (draw(sizes) for _ in range(3))
    transpose_a, transpose_b = draw(st.booleans()), draw(st.booleans())
    batch = draw(shapes(0, 3)) if m * n * k < 2000 else ()
    while np.prod(batch) > 64:
        batch = batch[1:]
    first = batch[draw(st.integers(0, len(batch))) :] if draw(st.booleans()) else batch
    second = tuple(1 if draw(st.booleans()) else size for size in batch)
    left = (*first, *((k, m) if transpose_a else (m, k)))
    right = (*second, *((n, k) if transpose_b else (k, n)))
    vector = draw(st.sampled_from(["", "", "", "a", "b", "both"]))
    if vector in ("a", "both"):
        left = (k,)
    if vector in ("b", "both"):
        right = (k,)
    a, b = values(draw, left, dtype, low, high), values(draw, right, dtype, low, high)
    note = f"transpose {transpose_a} {transpose_b}"

    def product(a: Any, b: Any) -> Any:
        return ov.opset1.matmul(a, b, transpose_a, transpose_b)

    if draw(st.booleans()):
        return Case(lambda a: product(a, ov.opset1.constant(b)), [a], rtol=1e-4, atol=1e-4, note=note)
    return Case(product, [a, b], rtol=1e-4, atol=1e-4, note=note)


@sweep.operator("MatMul with bias and activation", emitted=10)
@st.composite
def matmul_with_bias(draw: st.DrawFn) -> Case:
    """What becomes a part of the product: also where an operand is a vector."""
    m, n, k = (draw(st.sampled_from([1, 3, 8, 33])) for _ in range(3))
    left, right = draw(
        st.sampled_from([((m, k), (k, n)), ((2, m, k), (k, n)), ((k,), (k, n)), ((m, k), (k,))])
    )
    a, b = (values(draw, shape, np.float32, -1, 1) for shape in (left, right))
    bias: Array = values(draw, (m if right == (k,) else n,), np.float32)

    def build(a: Any) -> Any:
        product = ov.opset1.matmul(a, ov.opset1.constant(b), False, False)
        return ov.opset1.relu(ov.opset1.add(product, ov.opset1.constant(bias)))

    return Case(build, [a], rtol=1e-4, atol=1e-4, note=f"{left} {right}")


test_interpreter, test_emitted = sweep.tests()
