"""Meanings of the layers that compute: element by element, sums, products, normalisation; and of plugins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from xdsl.interpreter import InterpreterFunctions, register_impls

from arhat.dialects import trt
from arhat.dialects.arhat.base import ints_of
from arhat.dialects.kernel import tensor_of
from arhat.interpreters import evaluate_op
from arhat.interpreters.meanings import activation
from arhat.interpreters.trt.common import F32, meaning
from arhat.weights import Array, dtype_of


def _same(op: trt.ConstantOp, weights: Array) -> Array:
    return weights


_Function = Callable[[Array, np.float32, np.float32], Array]
_ACTIVATIONS: dict[str, _Function] = {
    "relu": lambda x, a, b: np.maximum(x, x.dtype.type(0)),
    "sigmoid": lambda x, a, b: 1 / (1 + np.exp(-x)),
    "tanh": lambda x, a, b: np.tanh(x),
    "leaky_relu": lambda x, a, b: np.where(x >= 0, x, a * x),
    "elu": lambda x, a, b: np.where(x >= 0, x, a * np.expm1(x)),
    "selu": lambda x, a, b: b * np.where(x > 0, x, a * np.expm1(x)),
    "softsign": lambda x, a, b: x / (1 + np.abs(x)),
    "softplus": lambda x, a, b: a * np.logaddexp(b * x, F32(0)),
    "clip": lambda x, a, b: np.maximum(a, np.minimum(b, x)),
    "hard_sigmoid": lambda x, a, b: np.maximum(0, np.minimum(1, a * x + b)),
    "scaled_tanh": lambda x, a, b: a * np.tanh(b * x),
    "thresholded_relu": lambda x, a, b: np.where(x > a, x, F32(0)),
    "gelu_erf": lambda x, a, b: F32(0.5) * x * (1 + activation.erf(F32(np.sqrt(0.5)) * x)),
    "gelu_tanh": lambda x, a, b: (
        F32(0.5) * x * (1 + np.tanh(F32(np.sqrt(2 / np.pi)) * (F32(0.044715) * x * x * x + x)))
    ),
}


def _activation(op: trt.ActivationOp, x: Array) -> Array:
    alpha, beta = (F32(0 if value is None else value.value.data) for value in (op.alpha, op.beta))
    return _ACTIVATIONS[op.kind.data](x, alpha, beta)


_UNARY: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "recip": lambda x: F32(1) / x,
    "abs": np.abs,
    "neg": np.negative,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "floor": np.floor,
    "erf": activation.erf,
    "not": np.logical_not,
    "sign": np.sign,
    "round": np.rint,
    "isinf": np.isinf,
    "isnan": np.isnan,
}


def _unary(op: trt.UnaryOp, x: Array) -> Array:
    return _UNARY[op.op.data](x)


def _quotient(a: Array, b: Array) -> Array:
    """Integers: towards zero, as in C; 0 where the divisor is 0, which C leaves open."""
    if a.dtype.kind == "f":
        return a / b
    quotient = _floor_quotient(a, b)
    return quotient + ((quotient < 0) & (quotient * b != a)).astype(a.dtype)


def _floor_quotient(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return np.floor(a / b)
    return np.where(b == 0, a.dtype.type(0), a // np.where(b == 0, b.dtype.type(1), b))


def _power(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return np.power(a, b)
    return np.power(a.astype(np.float64), b.astype(np.float64)).astype(a.dtype)


_ELEMENT_WISE: dict[str, Callable[[Array, Array], Array]] = {
    "sum": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
    "sub": np.subtract,
    "div": _quotient,
    "pow": _power,
    "floor_div": _floor_quotient,
    "and": np.logical_and,
    "or": np.logical_or,
    "xor": np.logical_xor,
    "equal": np.equal,
    "greater": np.greater,
    "less": np.less,
}


def _element_wise(op: trt.ElementWiseOp, a: Array, b: Array) -> Array:
    return _ELEMENT_WISE[op.op.data](a, b)


def _parametric_relu(op: trt.ParametricReluOp, x: Array, slopes: Array) -> Array:
    return np.where(x >= 0, x, slopes * x)


def _select(op: trt.SelectOp, condition: Array, then: Array, otherwise: Array) -> Array:
    return np.where(condition, then, otherwise)


def _cast(op: trt.CastOp, x: Array) -> Array:
    """Floats to integers: towards zero, to the nearest integer there is beyond its limits, 0 for NaN, as CUDA does."""
    dtype = dtype_of(tensor_of(op.output).element_type)
    if dtype == np.bool_:
        return x != 0
    if dtype.kind in "iu" and x.dtype.kind == "f":
        info = np.iinfo(dtype)
        whole = np.trunc(np.nan_to_num(x.astype(np.float64), posinf=np.inf, neginf=-np.inf))
        low = np.where(whole <= float(info.min), info.min, 0).astype(dtype)
        inside = (whole > float(info.min)) & (whole < float(info.max))
        high = np.where(whole >= float(info.max), dtype.type(info.max), low)
        return np.where(inside, np.where(inside, whole, 0).astype(dtype), high)
    return x.astype(dtype)


def _scale_of(op: trt.QuantizeOp | trt.DequantizeOp, x: Array, scale: Array) -> Array:
    """The scale along its axis of `x`."""
    if op.axis is None:
        return scale
    return scale.reshape([-1 if axis == op.axis.value.data else 1 for axis in range(x.ndim)])


def _quantize(op: trt.QuantizeOp, x: Array, scale: Array) -> Array:
    return np.clip(np.rint(np.nan_to_num(x / _scale_of(op, x, scale))), -128, 127)


def _dequantize(op: trt.DequantizeOp, x: Array, scale: Array) -> Array:
    return x.astype(F32) * _scale_of(op, x, scale)


def _matrix_multiply(op: trt.MatrixMultiplyOp, a: Array, b: Array) -> Array:
    a = np.swapaxes(a, -1, -2) if op.op_a.data == "transpose" else a
    b = np.swapaxes(b, -1, -2) if op.op_b.data == "transpose" else b
    a = a[..., None, :] if op.op_a.data == "vector" else a
    b = b[..., None] if op.op_b.data == "vector" else b
    y = np.matmul(a, b)
    y = y[..., 0] if op.op_b.data == "vector" else y
    return (y[..., 0] if op.op_b.data == "vector" else y[..., 0, :]) if op.op_a.data == "vector" else y


def _reduce(op: trt.ReduceOp, x: Array) -> Array:
    axes, keep = ints_of(op.axes), bool(op.keep_dims.value.data)
    name = op.op.data
    if name in ("max", "min"):
        info = np.iinfo(x.dtype) if x.dtype.kind in "iu" else None
        first = {"max": info.min if info else -np.inf, "min": info.max if info else np.inf}[name]
        return np.asarray(getattr(np, name)(x, axis=axes, keepdims=keep, initial=first))
    function = {"sum": np.sum, "prod": np.prod, "avg": np.mean}[name]
    return np.asarray(function(x, axis=axes, keepdims=keep, dtype=x.dtype))


def _soft_max(op: trt.SoftMaxOp, x: Array) -> Array:
    axis = op.axis.value.data
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def _normalization(op: trt.NormalizationOp, x: Array, scale: Array, bias: Array) -> Array:
    axes = ints_of(op.axes)
    mean = np.mean(x, axis=axes, keepdims=True)
    variance = np.mean((x - mean) ** 2, axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + F32(op.epsilon.value.data)) * scale + bias


def _cumulative(op: trt.CumulativeOp, x: Array, axis: Array) -> Array:
    along = int(axis)
    y = np.flip(x, along) if op.reverse.value.data else x
    y = np.cumsum(y, axis=along, dtype=x.dtype)
    if op.exclusive.value.data:
        y = np.roll(y, 1, axis=along)
        np.moveaxis(y, along, 0)[:1] = 0
    return np.flip(y, along) if op.reverse.value.data else y


def _plugin(op: trt.PluginOp, *inputs: Array) -> tuple[Array, ...]:
    """The kernel on f32 in place of f16 and bf16, as the plugins compute."""
    return evaluate_op(trt.kernel_op_of(op, widened=True), inputs)


@register_impls
class TrtFunctions(InterpreterFunctions):
    """Meanings of the layers that compute."""

    constant = meaning(trt.ConstantOp, _same)
    activation = meaning(trt.ActivationOp, _activation)
    unary = meaning(trt.UnaryOp, _unary)
    element_wise = meaning(trt.ElementWiseOp, _element_wise)
    parametric_relu = meaning(trt.ParametricReluOp, _parametric_relu)
    select = meaning(trt.SelectOp, _select)
    cast = meaning(trt.CastOp, _cast)
    quantize = meaning(trt.QuantizeOp, _quantize)
    dequantize = meaning(trt.DequantizeOp, _dequantize)
    matrix_multiply = meaning(trt.MatrixMultiplyOp, _matrix_multiply)
    reduce = meaning(trt.ReduceOp, _reduce)
    soft_max = meaning(trt.SoftMaxOp, _soft_max)
    normalization = meaning(trt.NormalizationOp, _normalization)
    cumulative = meaning(trt.CumulativeOp, _cumulative)
    plugin = meaning(trt.PluginOp, _plugin)
