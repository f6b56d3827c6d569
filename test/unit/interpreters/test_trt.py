"""Meanings of the layers of the trt dialect that compute, against plain NumPy."""

from __future__ import annotations

from itertools import product
from math import erf
from typing import Any

import numpy as np
import pytest
from trt_programs import drawn, parse, run, tensor

from arhat.interpreters import evaluate
from arhat.weights import array_type, round_to_bf16

_erf = np.vectorize(erf)
ACTIVATIONS: dict[str, Any] = {
    'kind = "relu"': lambda x: np.maximum(x, 0),
    'kind = "sigmoid"': lambda x: 1 / (1 + np.exp(-x)),
    'kind = "tanh"': np.tanh,
    'kind = "leaky_relu", alpha = 0.25': lambda x: np.where(x >= 0, x, 0.25 * x),
    'kind = "elu", alpha = 2.0': lambda x: np.where(x >= 0, x, 2 * (np.exp(x) - 1)),
    'kind = "selu", alpha = 1.5, beta = 2.0': lambda x: 2 * np.where(x > 0, x, 1.5 * np.exp(x) - 1.5),
    'kind = "softsign"': lambda x: x / (1 + np.abs(x)),
    'kind = "softplus", alpha = 0.5, beta = 2.0': lambda x: 0.5 * np.log(np.exp(2 * x) + 1),
    'kind = "clip", alpha = -0.5, beta = 0.75': lambda x: np.clip(x, -0.5, 0.75),
    'kind = "clip", alpha = 1.0, beta = -1.0': lambda x: np.ones_like(x),
    'kind = "hard_sigmoid", alpha = 0.5, beta = 0.25': lambda x: np.clip(0.5 * x + 0.25, 0, 1),
    'kind = "scaled_tanh", alpha = 2.0, beta = 0.5': lambda x: 2 * np.tanh(0.5 * x),
    'kind = "thresholded_relu", alpha = 0.5': lambda x: np.where(x > 0.5, x, 0),
    'kind = "gelu_erf"': lambda x: 0.5 * x * (1 + _erf(np.sqrt(0.5) * x)),
    'kind = "gelu_tanh"': lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (0.044715 * x**3 + x))),
}


@pytest.mark.parametrize("options", ACTIVATIONS)
def test_activation(options: str) -> None:
    x = np.append(drawn(39) * 2, np.float32(0))
    y = run(f"trt.activation(%0) {{{options}}}", x, result="tensor<40xf32>")
    np.testing.assert_allclose(y, ACTIVATIONS[options](x.astype(np.float64)), rtol=1e-5, atol=1e-6)


UNARY: dict[str, Any] = {
    **{
        name: getattr(np, name) for name in ("exp", "log", "sqrt", "abs", "sin", "cos", "tan", "sinh", "cosh")
    },
    **{name: getattr(np, f"arc{name[1:]}") for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh")},
    **{name: getattr(np, name) for name in ("ceil", "floor", "sign")},
    "recip": np.reciprocal,
    "neg": np.negative,
    "erf": _erf,
    "round": np.rint,
    "isinf": np.isinf,
    "isnan": np.isnan,
}


@pytest.mark.parametrize("op", UNARY)
def test_unary(op: str) -> None:
    x = np.array([0.1, 0.5, -0.5, 1.5, 2.5, -0.9, 3.25, np.inf, np.nan, -0.0], np.float32)
    element = "i1" if op in ("isinf", "isnan") else "f32"
    x = x[:7] if op == "erf" else x
    y = run(f'trt.unary(%0) {{op = "{op}"}}', x, result=f"tensor<{x.size}x{element}>")
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(y, UNARY[op](x.astype(np.float64)), rtol=1e-5, atol=1e-7)


def test_integers_and_booleans_of_one_operand() -> None:
    x = np.array([-3, 0, 4], np.int64)
    for op, expected in (("abs", [3, 0, 4]), ("neg", [3, 0, -4]), ("sign", [-1, 0, 1])):
        y = run(f'trt.unary(%0) {{op = "{op}"}}', x, result="tensor<3xi64>")
        assert y.dtype == np.int64 and y.tolist() == expected
    assert run('trt.unary(%0) {op = "not"}', x == 0, result="tensor<3xi1>").tolist() == [True, False, True]
    assert run('trt.activation(%0) {kind = "relu"}', x, result="tensor<3xi64>").tolist() == [0, 0, 4]


A, B = [-7, 7, -7, 7, 6, 5], [2, 2, -2, -2, 3, 0]
ELEMENT_WISE: dict[str, list[float]] = {
    "sum": [-5, 9, -9, 5, 9, 5],
    "prod": [-14, 14, 14, -14, 18, 0],
    "max": [2, 7, -2, 7, 6, 5],
    "min": [-7, 2, -7, -2, 3, 0],
    "sub": [-9, 5, -5, 9, 3, 5],
    "equal": [0, 0, 0, 0, 0, 0],
    "greater": [0, 1, 0, 1, 1, 1],
    "less": [1, 0, 1, 0, 0, 0],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int32, np.int64])
def test_element_wise(dtype: Any) -> None:
    """Quotients of integers go towards zero, floor_div goes down."""
    a, b = np.array([A], dtype), np.array([B], dtype)
    exact = dtype in (np.int32, np.int64)
    quotients = {"div": [-3, 3, 3, -3, 2, 0] if exact else [-3.5, 3.5, 3.5, -3.5, 2, np.inf]}
    floors = {"floor_div": [-4, 3, 3, -4, 2, 0 if exact else np.inf]}
    for op, expected in (ELEMENT_WISE | quotients | floors).items():
        element = "i1" if op in ("equal", "greater", "less") else str(array_type(a).element_type)
        y = run(f'trt.element_wise(%0, %1) {{op = "{op}"}}', a, b, result=f"tensor<1x6x{element}>")
        np.testing.assert_array_equal(y, np.array([expected]), err_msg=op)


def test_element_wise_broadcasts() -> None:
    a, b = np.abs(drawn(2, 1, 4)), drawn(1, 3, 1)
    y = run('trt.element_wise(%0, %1) {op = "pow"}', a, b, result="tensor<2x3x4xf32>")
    np.testing.assert_allclose(y, a.astype(np.float64) ** b, rtol=1e-5)


def test_logic() -> None:
    a, b = np.array([0, 0, 1, 1], np.bool_), np.array([0, 1, 0, 1], np.bool_)
    for op, expected in (("and", a & b), ("or", a | b), ("xor", a ^ b)):
        y = run(f'trt.element_wise(%0, %1) {{op = "{op}"}}', a, b, result="tensor<4xi1>")
        np.testing.assert_array_equal(y, expected)
    y = run("trt.select(%0, %1, %2)", a, drawn(4) * 0 + 1, np.zeros(1, np.float32), result="tensor<4xf32>")
    np.testing.assert_array_equal(y, a.astype(np.float32))


def test_parametric_relu() -> None:
    x, s = drawn(2, 3, 4), drawn(1, 3, 1)
    y = run("trt.parametric_relu(%0, %1)", x, s, result=tensor(x))
    np.testing.assert_array_equal(y, np.where(x >= 0, x, x * s))


def test_halves_are_rounded_once() -> None:
    """1 + 2^-11 lies half-way between two numbers of f16; the sum of both products of 300 is infinite in f16 only."""
    one, small = np.array([1, 3], np.float16), np.array([2.0**-11, 2.0**-11], np.float16)
    y = run('trt.element_wise(%0, %1) {op = "sum"}', one, small, result="tensor<2xf16>")
    np.testing.assert_array_equal(y, np.array([1, 3], np.float16))
    a, b = np.array([[300, 300]], np.float16), np.array([[300], [-300]], np.float16)
    y = run('trt.matrix_multiply(%0, %1) {op_a = "none", op_b = "none"}', a, b, result="tensor<1x1xf16>")
    assert y.dtype == np.float16 and y[0, 0] == 0


def test_bf16() -> None:
    module = parse(
        "func.func @main(%x: tensor<3xf32>) -> tensor<3xbf16> {\n"
        "  %0 = trt.cast(%x) : (tensor<3xf32>) -> tensor<3xbf16>\n"
        '  %1 = trt.unary(%0) {op = "exp"} : (tensor<3xbf16>) -> tensor<3xbf16>\n'
        "  func.return %1 : tensor<3xbf16>\n}"
    )
    x = drawn(3)
    (y,) = evaluate(module, [x]).values()
    np.testing.assert_array_equal(y, round_to_bf16(np.exp(round_to_bf16(x))))


def test_cast() -> None:
    x = np.array([1.9, -1.9, 3e9, -3e9, np.nan, 0.0], np.float32)
    assert run("trt.cast(%0)", x, result="tensor<6xi32>").tolist() == [1, -1, 2**31 - 1, -(2**31), 0, 0]
    assert run("trt.cast(%0)", x, result="tensor<6xi1>").tolist() == [True, True, True, True, True, False]
    whole = np.array([2**24 + 1, -1, 2**32 + 5], np.int64)
    assert run("trt.cast(%0)", whole, result="tensor<3xf32>").tolist() == [2**24, -1, 2**32]
    assert run("trt.cast(%0)", whole, result="tensor<3xi32>").tolist() == [2**24 + 1, -1, 5]
    assert run("trt.cast(%0)", np.array([0, 255], np.uint8), result="tensor<2xf16>").tolist() == [0, 255]


def test_quantize_and_dequantize() -> None:
    """Halves go to the even number; what is too large saturates."""
    x = np.array([0.25, 0.75, 1.25, -0.25, 63.5, 64, -64, -65, 1e9], np.float32)
    scale = np.array(0.5, np.float32)
    q = run("trt.quantize(%0, %1)", x, scale, result="tensor<9xi8>", constants={1: "0.5"})
    assert q.dtype == np.int8 and q.tolist() == [0, 2, 2, 0, 127, 127, -128, -128, 127]
    y = run("trt.dequantize(%0, %1)", q, scale, result="tensor<9xf16>", constants={1: "0.5"})
    np.testing.assert_array_equal(y, (q * 0.5).astype(np.float16))
    rows = np.array([[1, 2], [3, 4]], np.int8)
    y = run(
        "trt.dequantize(%0, %1) {axis = 1}",
        rows,
        np.array([0.5, 10], np.float32),
        result="tensor<2x2xf32>",
        constants={0: "[[1, 2], [3, 4]]", 1: "[0.5, 10.0]"},
    )
    np.testing.assert_array_equal(y, [[0.5, 20], [1.5, 40]])


# Products, sums, order -------------------------------------------------------------------------------------


@pytest.mark.parametrize("op_a", ["none", "transpose", "vector"])
@pytest.mark.parametrize("op_b", ["none", "transpose", "vector"])
def test_matrix_multiply(op_a: str, op_b: str) -> None:
    """A vector is a row on the left, a column on the right; batches broadcast."""
    shapes = {"none": (3, 5), "transpose": (5, 3), "vector": (5,)}
    a = drawn(2, 1, *shapes[op_a])
    b = drawn(1, 4, *{"none": (5, 6), "transpose": (6, 5), "vector": (5,)}[op_b])
    letters = (
        {"none": "ij", "transpose": "ji", "vector": "j"}[op_a],
        {"none": "jk", "transpose": "kj", "vector": "j"}[op_b],
    )
    kept = "".join(c for c in "ik" if c in letters[0] + letters[1])
    expected = np.einsum(f"xy{letters[0]},zw{letters[1]}->xw{kept}", a.astype(np.float64), b)
    y = run(
        f'trt.matrix_multiply(%0, %1) {{op_a = "{op_a}", op_b = "{op_b}"}}',
        a,
        b,
        result=tensor(expected.astype(np.float32)),
    )
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("op", "dtype"), [*product(["sum", "prod", "max", "min"], [np.float32, np.int32]), ("avg", np.float32)]
)
def test_reduce(op: str, dtype: Any) -> None:
    x = drawn(2, 3, 4, dtype=dtype)
    expected = getattr(np, "mean" if op == "avg" else op)(x.astype(np.float64), axis=(0, 2), keepdims=True)
    for keep, shape in (("true", (1, 3, 1)), ("false", (3,))):
        element = array_type(x).element_type
        y = run(
            f'trt.reduce(%0) {{op = "{op}", axes = [0, 2], keep_dims = {keep}}}',
            x,
            result=f"tensor<{'x'.join(map(str, shape))}x{element}>",
        )
        np.testing.assert_allclose(y, expected.reshape(shape), rtol=1e-5)


def test_reduction_of_nothing() -> None:
    x = np.zeros((2, 0), np.float32)
    for op, expected in (("sum", 0), ("prod", 1), ("max", -np.inf), ("min", np.inf)):
        y = run(f'trt.reduce(%0) {{op = "{op}", axes = [1], keep_dims = false}}', x, result="tensor<2xf32>")
        np.testing.assert_array_equal(y, [expected, expected])


def test_soft_max() -> None:
    x = drawn(2, 5, 3) * 50
    powers = np.exp(x.astype(np.float64))
    y = run("trt.soft_max(%0) {axis = 1}", x, result=tensor(x))
    np.testing.assert_allclose(y, powers / powers.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-30)


@pytest.mark.parametrize("axes", [[2, 3], [1, 2, 3], [3]])
def test_normalization(axes: list[int]) -> None:
    x, s, b = drawn(2, 4, 3, 5) + 2, drawn(1, 4, 1, 1), drawn(1, 4, 1, 1)
    options = f"axes = {axes}, epsilon = 0.5, groups = 1"
    y = run(f"trt.normalization(%0, %1, %2) {{{options}}}", x, s, b, result=tensor(x))
    wide, over = x.astype(np.float64), tuple(axes)
    normal = (wide - wide.mean(over, keepdims=True)) / np.sqrt(wide.var(over, keepdims=True) + 0.5)
    np.testing.assert_allclose(y, normal * s + b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("exclusive = false, reverse = false", [1, 3, 6, 10]),
        ("exclusive = true, reverse = false", [0, 1, 3, 6]),
        ("exclusive = false, reverse = true", [10, 9, 7, 4]),
        ("exclusive = true, reverse = true", [9, 7, 4, 0]),
    ],
)
def test_cumulative(options: str, expected: list[int]) -> None:
    x = np.array([[1, 2, 3, 4], [2, 4, 6, 8]], np.int32)
    for axis in ("1", "-1"):
        y = run(
            f'trt.cumulative(%0, %1) {{op = "sum", {options}}}',
            x,
            np.array(int(axis), np.int32),
            result="tensor<2x4xi32>",
            constants={1: axis},
        )
        np.testing.assert_array_equal(y, [expected, [2 * n for n in expected]])


def test_top_k() -> None:
    x = np.array([[3, 1, 3, -2, 5]], np.float32)
    types = ["tensor<1x3xf32>", "tensor<1x3xi32>"]
    best, at = run('trt.top_k(%0) {op = "max", k = 3, axis = 1}', x, result=types)
    assert (best.tolist(), at.tolist(), at.dtype) == ([[5, 3, 3]], [[4, 0, 2]], np.int32)
    best, at = run('trt.top_k(%0) {op = "min", k = 3, axis = 1}', x, result=types)
    assert (best.tolist(), at.tolist()) == ([[-2, 1, 3]], [[3, 1, 0]])
    least = np.array([[-(2**31), 7, 2**31 - 1]], np.int32)
    best, _ = run('trt.top_k(%0) {op = "max", k = 3, axis = 1}', least, result=["tensor<1x3xi32>"] * 2)
    assert best.tolist() == [[2**31 - 1, 7, -(2**31)]]
