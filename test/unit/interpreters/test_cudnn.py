"""Meanings of the cudnn dialect, against the arhat ops they stand for and against plain NumPy."""

from __future__ import annotations

from math import erf
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from arhat.dialects.arhat import type_of
from arhat.driver.registry import make_context
from arhat.interpreters import evaluate, main_of
from arhat.weights import dtype_of, round_to_bf16

Array = np.ndarray[Any, np.dtype[Any]]

RNG = np.random.default_rng(7)


def parse(text: str) -> ModuleOp:
    """The module of a program; its verifiers have passed."""
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def program(op: str, operands: list[str], result: str) -> ModuleOp:
    """A function of one op, `cudnn.OP`; its operands are %0, %1, ..."""
    arguments = ", ".join(f"%{i}: {type_}" for i, type_ in enumerate(operands))
    return parse(
        f"func.func @main({arguments}) -> {result} {{\n"
        f"  %y = {op} : ({', '.join(operands)}) -> {result}\n"
        f"  func.return %y : {result}\n}}"
    )


def run(op: str, operands: list[str], result: str, *arrays: Array) -> Array:
    """What a program of one op gives."""
    (value,) = evaluate(program(op, operands, result), list(arrays)).values()
    return value


def drawn(*shape: int, dtype: Any = np.float32) -> Array:
    """Normally distributed numbers; integers from the whole range."""
    if np.dtype(dtype).kind == "i":
        info = np.iinfo(dtype)
        return RNG.integers(info.min, info.max + 1, shape, dtype=dtype)
    return RNG.standard_normal(shape).astype(dtype)


def images(module: ModuleOp) -> list[Array]:
    """Drawn arguments for a module."""
    arguments = [type_of(argument) for argument in main_of(module).body.block.args]
    return [drawn(*type_.get_shape(), dtype=dtype_of(type_.element_type)) for type_ in arguments]


def same(left: str, right: str, operands: list[str], result: str) -> None:
    """Two ops give the same bits."""
    first, second = program(left, operands, result), program(right, operands, result)
    given = images(first)
    (a,), (b,) = evaluate(first, given).values(), evaluate(second, given).values()
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("element", ["f32", "f16"])
@pytest.mark.parametrize("groups", [1, 2])
def test_convolution_is_that_of_the_arhat_level(element: str, groups: int) -> None:
    operands = [f"tensor<2x4x9x8x{element}>", f"tensor<6x{4 // groups}x3x2x{element}>"]
    same(
        f"cudnn.conv_fprop(%0, %1) {{strides = [2, 1], pads = [1, 0, 2, 3], dilations = [2, 1], groups = {groups}}}",
        "arhat.convolution(%0, %1) {strides = [2, 1], pads_begin = [1, 0], pads_end = [2, 3], "
        f"dilations = [2, 1], groups = {groups}}}",
        operands,
        f"tensor<2x6x4x10x{element}>",
    )


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("groups", [1, 2])
def test_gradient_is_the_transposed_convolution(extra: int, groups: int) -> None:
    """The size of the result says how much is added at its end."""
    result = f"tensor<1x{4 * groups}x{7 + extra}x{9 + extra}xf32>"
    same(
        f"cudnn.conv_dgrad(%0, %1) {{strides = [2, 2], pads = [1, 0, 1, 1], dilations = [1, 1], groups = {groups}}}",
        "arhat.transposed_convolution(%0, %1) {strides = [2, 2], pads_begin = [1, 0], pads_end = [1, 1], "
        f"dilations = [1, 1], output_padding = [{extra}, {extra}], groups = {groups}}}",
        ["tensor<1x6x4x4xf32>", "tensor<6x4x3x4xf32>"],
        result,
    )


def test_volumes() -> None:
    same(
        "cudnn.conv_fprop(%0, %1) {strides = [1, 1, 1], pads = [1, 1, 1, 1, 1, 1], dilations = [1, 1, 1], groups = 1}",
        "arhat.convolution(%0, %1) {strides = [1, 1, 1], pads_begin = [1, 1, 1], pads_end = [1, 1, 1], "
        "dilations = [1, 1, 1], groups = 1}",
        ["tensor<1x2x4x5x6xf32>", "tensor<3x2x3x3x3xf32>"],
        "tensor<1x3x4x5x6xf32>",
    )


def test_convolution_of_bytes_is_exact() -> None:
    """The largest sums, which f32 cannot hold."""
    x = np.full((1, 2048, 2, 2), -128, np.int8)
    w = np.full((1, 2048, 1, 1), -128, np.int8)
    w[0, 0] = 127
    exact = (x.astype(np.int64) * w.astype(np.int64)[0]).sum(axis=1, keepdims=True)
    assert exact[0, 0, 0, 0] % 2 == 0 and float(np.float32(exact[0, 0, 0, 0] - 1)) != exact[0, 0, 0, 0] - 1
    options = "{strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}"
    types = ["tensor<1x2048x2x2xi8>", "tensor<1x2048x1x1xi8>"]
    for element, dtype in (("i32", np.int32), ("f32", np.float32), ("i8", np.int8)):
        y = run(f"cudnn.conv_fprop(%0, %1) {options}", types, f"tensor<1x1x2x2x{element}>", x, w)
        limits = (-128, 127) if element == "i8" else (-(2**31), 2**31 - 1)
        np.testing.assert_array_equal(y, np.clip(exact, *limits).astype(dtype))


HALF = [0.5, 1.5, 2.5, -0.5, -1.5, 126.5, 127.5, 1e9, -1e9, np.inf, -np.inf, np.nan]


def test_identity_to_bytes_rounds_halves_to_even_and_saturates() -> None:
    x = np.array([HALF], np.float32)
    y = run('cudnn.pointwise(%0) {mode = "identity"}', ["tensor<1x12xf32>"], "tensor<1x12xi8>", x)
    np.testing.assert_array_equal(y, [[0, 2, 2, 0, -2, 126, 127, 127, -128, 127, -128, 0]])


def test_a_node_computes_in_f32_and_rounds_to_its_result() -> None:
    """1 + 2^-11 + 2^-24 is 1 + 2^-11 in f32, which lies half-way between two numbers of f16: the even one is taken."""
    one, small = np.full((1, 1), 1, np.float32), np.full((1, 1), 2.0**-11 + 2.0**-24, np.float32)
    types = ["tensor<1x1xf32>", "tensor<1x1xf32>"]
    add = 'cudnn.pointwise(%0, b = %1) {mode = "add"}'
    assert run(add, types, "tensor<1x1xf32>", one, small) == np.float32(1 + 2.0**-11)
    assert run(add, types, "tensor<1x1xf16>", one, small) == np.float16(1)
    bits = np.array([[1 + 2.0**-8, 1 + 3 * 2.0**-8]], np.float32)
    rounded = run('cudnn.pointwise(%0) {mode = "identity"}', ["tensor<1x2xf32>"], "tensor<1x2xbf16>", bits)
    np.testing.assert_array_equal(rounded, [[1, 1 + 2.0**-6]])


def test_16_bit_operands_are_computed_with_in_f32() -> None:
    """In f16 the sum 2048 + 1 is 2048; the product of 300 and 300 is infinite."""
    types = ["tensor<1x2xf16>", "tensor<1x2xf16>"]
    a, b = np.array([[2048, 300]], np.float16), np.array([[1, 300]], np.float16)
    for mode, expected in (("add", [[2049, 600]]), ("mul", [[2048, 90000]])):
        y = run(f'cudnn.pointwise(%0, b = %1) {{mode = "{mode}"}}', types, "tensor<1x2xf32>", a, b)
        np.testing.assert_array_equal(y, np.array(expected, np.float32))


_erf = np.vectorize(erf)
UNARY: dict[str, Any] = {
    'mode = "relu_fwd"': lambda x: np.maximum(x, 0),
    'mode = "relu_fwd", lower_clip = -0.5, upper_clip = 1.5': lambda x: np.clip(x, -0.5, 1.5),
    'mode = "relu_fwd", lower_clip_slope = 0.25': lambda x: np.where(x > 0, x, 0.25 * x),
    'mode = "sigmoid_fwd"': lambda x: 1 / (1 + np.exp(-x)),
    'mode = "tanh_fwd"': np.tanh,
    'mode = "elu_fwd"': lambda x: np.where(x > 0, x, np.expm1(x)),
    'mode = "elu_fwd", elu_alpha = 2.0': lambda x: np.where(x > 0, x, 2 * np.expm1(x)),
    'mode = "gelu_fwd"': lambda x: x / 2 * (1 + _erf(x / np.sqrt(2))),
    'mode = "gelu_approx_tanh_fwd"': (
        lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    ),
    'mode = "softplus_fwd"': lambda x: np.log1p(np.exp(x)),
    'mode = "softplus_fwd", softplus_beta = 2.0': lambda x: np.log1p(np.exp(2 * x)) / 2,
    'mode = "swish_fwd"': lambda x: x / (1 + np.exp(-x)),
    'mode = "swish_fwd", swish_beta = 1.5': lambda x: x / (1 + np.exp(-1.5 * x)),
    'mode = "identity"': lambda x: x,
    'mode = "abs"': np.abs,
    'mode = "neg"': np.negative,
    'mode = "exp"': np.exp,
    'mode = "ceil"': np.ceil,
    'mode = "floor"': np.floor,
    'mode = "erf"': _erf,
}
POSITIVE: dict[str, Any] = {
    'mode = "log"': np.log,
    'mode = "sqrt"': np.sqrt,
    'mode = "rsqrt"': lambda x: x**-0.5,
}


@pytest.mark.parametrize("options", [*UNARY, *POSITIVE])
def test_functions_of_one_operand(options: str) -> None:
    x = drawn(3, 40)
    if options in POSITIVE:
        x = np.abs(x) + np.float32(0.1)
    y = run(f"cudnn.pointwise(%0) {{{options}}}", ["tensor<3x40xf32>"], "tensor<3x40xf32>", x)
    expected = {**UNARY, **POSITIVE}[options](x.astype(np.float64))
    np.testing.assert_allclose(y, expected, rtol=1e-6, atol=1e-6)


BINARY: dict[str, Any] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": np.maximum,
    "min": np.minimum,
    "pow": lambda a, b: np.abs(a) ** b,
}


@pytest.mark.parametrize("mode", BINARY)
def test_functions_of_two_operands_broadcast(mode: str) -> None:
    a, b = drawn(2, 5, 3, 4), drawn(1, 5, 1, 1)
    if mode == "pow":
        a = np.abs(a)
    y = run(
        f'cudnn.pointwise(%0, b = %1) {{mode = "{mode}"}}',
        ["tensor<2x5x3x4xf32>", "tensor<1x5x1x1xf32>"],
        "tensor<2x5x3x4xf32>",
        a,
        b,
    )
    np.testing.assert_allclose(y, BINARY[mode](a.astype(np.float64), b), rtol=1e-6)


def test_sums_of_bytes_become_floats() -> None:
    """i32 is rounded to f32 where the product begins."""
    x = np.array([[[[2**24 + 1]], [[-7]]]], np.int32)
    scale = np.array([[[[1]], [[0.5]]]], np.float32)
    y = run(
        'cudnn.pointwise(%0, b = %1) {mode = "mul"}',
        ["tensor<1x2x1x1xi32>", "tensor<1x2x1x1xf32>"],
        "tensor<1x2x1x1xf32>",
        x,
        scale,
    )
    np.testing.assert_array_equal(y.ravel(), [2**24, -3.5])


@pytest.mark.parametrize("element", ["f32", "f16", "bf16", "i8"])
def test_matmul(element: str) -> None:
    dtype = {"f16": np.float16, "i8": np.int8}.get(element, np.float32)
    a, b = drawn(2, 3, 50, dtype=dtype), drawn(2, 50, 4, dtype=dtype)
    if element == "bf16":
        a, b = round_to_bf16(a), round_to_bf16(b)
    y = run(
        "cudnn.matmul(%0, %1)",
        [f"tensor<2x3x50x{element}>", f"tensor<2x50x4x{element}>"],
        "tensor<2x3x4xf32>",
        a,
        b,
    )
    np.testing.assert_allclose(y, a.astype(np.float64) @ b.astype(np.float64), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("mode", "op"),
    [
        ("max", "arhat.max_pool(%0) {kernel = [3, 2], "),
        ("avg_include", "arhat.avg_pool(%0) {exclude_pad = false, kernel = [3, 2], "),
        ("avg_exclude", "arhat.avg_pool(%0) {exclude_pad = true, kernel = [3, 2], "),
    ],
)
@pytest.mark.parametrize("element", ["f32", "f16"])
def test_pooling_is_that_of_the_arhat_level(mode: str, op: str, element: str) -> None:
    dilations = "dilations = [1, 1], " if mode == "max" else ""
    same(
        f'cudnn.resample(%0) {{mode = "{mode}", window = [3, 2], strides = [2, 1], pads = [1, 0, 2, 1]}}',
        f'{op}strides = [2, 1], pads_begin = [1, 0], pads_end = [2, 1], {dilations}rounding = "floor"}}',
        [f"tensor<2x3x8x7x{element}>"],
        f"tensor<2x3x5x7x{element}>",
    )


def test_pooling_of_bytes() -> None:
    x = drawn(1, 2, 4, 4, dtype=np.int8)
    windows = x.reshape(1, 2, 2, 2, 2, 2).transpose(0, 1, 2, 4, 3, 5).reshape(1, 2, 2, 2, 4)
    options = "window = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0]"
    for mode, expected in (("max", windows.max(-1)), ("avg_include", np.rint(windows.mean(-1)))):
        y = run(
            f'cudnn.resample(%0) {{mode = "{mode}", {options}}}',
            ["tensor<1x2x4x4xi8>"],
            "tensor<1x2x2x2xi8>",
            x,
        )
        np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize(
    ("mode", "function"),
    [("add", np.sum), ("avg", np.mean), ("max", np.max), ("min", np.min), ("mul", np.prod)],
)
def test_reduction(mode: str, function: Any) -> None:
    x = drawn(2, 3, 4, 5)
    y = run(f'cudnn.reduction(%0) {{mode = "{mode}"}}', ["tensor<2x3x4x5xf32>"], "tensor<2x3x1x1xf32>", x)
    np.testing.assert_allclose(y, function(x.astype(np.float64), axis=(2, 3), keepdims=True), rtol=1e-5)


def test_transform_adds_channels_of_zeros() -> None:
    x = drawn(1, 3, 2, 2)
    y = run("cudnn.transform(%0)", ["tensor<1x3x2x2xf32>"], "tensor<1x8x2x2xf16, #kernel.nhwc<8>>", x)
    assert y.dtype == np.float16
    np.testing.assert_array_equal(y[:, :3], x.astype(np.float16))
    assert y.shape == (1, 8, 2, 2) and not y[:, 3:].any()


def test_softmax_and_lrn_are_those_of_the_arhat_level() -> None:
    same(
        "cudnn.softmax(%0) {axis = 1}", "arhat.softmax(%0) {axis = 1}", ["tensor<4x9xf16>"], "tensor<4x9xf16>"
    )
    numbers = "size = 5, alpha = 0.1, beta = 0.75, bias = 2.0"
    types = ["tensor<1x8x3x3xf32>"]
    same(f"cudnn.lrn(%0) {{{numbers}}}", f"arhat.lrn(%0) {{axes = [1], {numbers}}}", types, types[0])


@pytest.mark.parametrize("activation", ["", 'activation = "relu", ', 'activation = "gelu", '])
def test_cublaslt(activation: str) -> None:
    """cuBLASLt's GELU is the approximation by tanh."""
    a, b, bias = drawn(3, 1, 8, 4), drawn(2, 6, 8), drawn(6)
    y = run(
        f"cudnn.cublaslt_matmul(%0, %1, bias = %2) {{transpose_a = true, transpose_b = true, {activation}"
        'math = "strict"}',
        ["tensor<3x1x8x4xf32>", "tensor<2x6x8xf32>", "tensor<6xf32>"],
        "tensor<3x2x4x6xf32>",
        a,
        b,
        bias,
    )
    expected = np.swapaxes(a, -1, -2).astype(np.float64) @ np.swapaxes(b, -1, -2) + bias
    if "relu" in activation:
        expected = np.maximum(expected, 0)
    if "gelu" in activation:
        expected = UNARY['mode = "gelu_approx_tanh_fwd"'](expected)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


GRAPH = """
func.func @main(%x: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %w: tensor<8x8x3x3xf16, #kernel.nhwc<8>>,
                %b: tensor<1x8x1x1xf32>, %r: tensor<1x8x4x4xf16, #kernel.nhwc<8>>)
    -> (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>) {
  %y, %s = cudnn.graph(%x, %w, %b, %r) {math = "any"} ({
  ^bb0(%0: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %1: tensor<8x8x3x3xf16, #kernel.nhwc<8>>,
       %2: tensor<1x8x1x1xf32>, %3: tensor<1x8x4x4xf16, #kernel.nhwc<8>>):
    %4 = cudnn.conv_fprop(%0, %1) {strides = [1, 1], pads = [1, 1, 1, 1], dilations = [1, 1], groups = 1}
       : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x3x3xf16, #kernel.nhwc<8>>)
         -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
    %5 = cudnn.pointwise(%4, b = %2) {mode = "add"}
       : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x1x1xf32>) -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
    %6 = cudnn.pointwise(%5, b = %3) {mode = "add"}
       : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x4x4xf16, #kernel.nhwc<8>>)
         -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
    %7 = cudnn.pointwise(%6) {mode = "relu_fwd"}
       : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
    cudnn.yield %7, %6 : tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>
  }) : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x3x3xf16, #kernel.nhwc<8>>, tensor<1x8x1x1xf32>,
        tensor<1x8x4x4xf16, #kernel.nhwc<8>>)
       -> (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>)
  func.return %y, %s : tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<1x8x4x4xf32, #kernel.nhwc<8>>
}
"""


def test_graph_is_the_fused_convolution_of_the_arhat_level() -> None:
    """Convolution, bias, residual and activation are rounded to f16 once, at the end."""
    module = parse(GRAPH)
    given = images(module)
    y, total = evaluate(module, given).values()
    fused = parse("""
func.func @main(%x: tensor<1x8x4x4xf16>, %w: tensor<8x8x3x3xf16>, %b: tensor<8xf16>, %r: tensor<1x8x4x4xf16>)
    -> tensor<1x8x4x4xf16> {
  %y = arhat.convolution(%x, %w, bias = %b, residual = %r) {strides = [1, 1], pads_begin = [1, 1], pads_end = [1, 1],
         dilations = [1, 1], groups = 1, activation = #arhat.activation<relu>}
     : (tensor<1x8x4x4xf16>, tensor<8x8x3x3xf16>, tensor<8xf16>, tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
  func.return %y : tensor<1x8x4x4xf16>
}
""")
    x, w, bias, residual = given
    half = bias.astype(np.float16)
    (expected,) = evaluate(fused, [x, w, half.ravel(), residual]).values()
    y, total = evaluate(module, [x, w, half.astype(np.float32), residual]).values()
    np.testing.assert_array_equal(y, expected)
    assert y.dtype == np.float16 and total.dtype == np.float32
    np.testing.assert_array_equal(np.maximum(total, 0).astype(np.float16), y)
