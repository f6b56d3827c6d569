"""Element-wise functions of one operand, alone and as activations fused into another operation."""

from __future__ import annotations

from collections.abc import Callable
from math import erf as _erf
from typing import Any, Protocol

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


class Activation(Protocol):
    """A fused activation: `#arhat.activation`, or anything else with a kind and constant parameters."""

    @property
    def kind(self) -> str:
        """One of the kinds of `#arhat.activation`."""
        ...

    @property
    def values(self) -> tuple[float, ...]:
        """The constant parameters."""
        ...


def relu(x: Array) -> Array:
    """`max(x, 0)`. Source: ReLU-1."""
    return np.maximum(x, x.dtype.type(0))


def leaky_relu(x: Array, *, alpha: float) -> Array:
    """`x` where it is positive, else `alpha * x`. Source: PReLU-1."""
    return np.where(x > 0, x, x * x.dtype.type(alpha))


def prelu(x: Array, slope: Array) -> Array:
    """`x` where it is positive, else `slope * x`; a rank-1 slope belongs to axis 1. Source: PReLU-1."""
    if slope.ndim == 1 and x.ndim >= 2:
        slope = slope.reshape(-1, *([1] * (x.ndim - 2)))
    return np.where(x > 0, x, x * slope)


def clamp(x: Array, *, min: float, max: float) -> Array:
    """`min(max(x, min), max)`; for integers the bounds round inwards. Source: Clamp-1."""
    if x.dtype.kind in "iu":
        info = np.iinfo(x.dtype)
        low = int(info.min if min <= info.min else np.ceil(min))
        high = int(info.max if max >= info.max else np.floor(max))
        return np.clip(x, low, high)
    return np.clip(x, x.dtype.type(min), x.dtype.type(max))


def sigmoid(x: Array) -> Array:
    """`1 / (1 + exp(-x))`. Source: Sigmoid-1."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def tanh(x: Array) -> Array:
    """The hyperbolic tangent. Source: Tanh-1."""
    return np.tanh(x)


def elu(x: Array, *, alpha: float) -> Array:
    """`x` where it is positive, else `alpha * (exp(x) - 1)`. Source: Elu-1."""
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


def swish(x: Array, *, beta: float = 1.0) -> Array:
    """`x / (1 + exp(-beta * x))`. Source: Swish-4."""
    with np.errstate(over="ignore"):
        return x / (1 + np.exp(-x.dtype.type(beta) * x))


def hsigmoid(x: Array) -> Array:
    """`min(max(x + 3, 0), 6) / 6`. Source: HSigmoid-5."""
    return np.clip(x + 3, 0, 6) / x.dtype.type(6)


def hswish(x: Array) -> Array:
    """`x * min(max(x + 3, 0), 6) / 6`. Source: HSwish-4."""
    return x * np.clip(x + 3, 0, 6) / x.dtype.type(6)


def softplus(x: Array) -> Array:
    """`log(1 + exp(x))`. Source: SoftPlus-4."""
    return np.logaddexp(x, x.dtype.type(0))


def mish(x: Array) -> Array:
    """`x * tanh(log(1 + exp(x)))`. Source: Mish-4."""
    return x * np.tanh(softplus(x))


def gelu(x: Array, *, approximate: str = "erf") -> Array:
    """`x` times the normal distribution function of `x`. Source: Gelu-7."""
    one, half = x.dtype.type(1), x.dtype.type(0.5)
    if approximate == "tanh":
        inner = x.dtype.type(np.sqrt(2 / np.pi)) * (x + x.dtype.type(0.044715) * x * x * x)
        return half * x * (one + np.tanh(inner))
    return half * x * (one + erf(x * x.dtype.type(np.sqrt(0.5))))


def erf(x: Array) -> Array:
    """The error function. Source: Erf-1."""
    flat = [_erf(value) for value in x.ravel().tolist()]
    return np.array(flat, x.dtype).reshape(x.shape)


def exp(x: Array) -> Array:
    """`e` to the power of `x`. Source: Exp-1."""
    with np.errstate(over="ignore"):
        return np.exp(x)


def log(x: Array) -> Array:
    """The natural logarithm: minus infinity of 0, NaN of negative numbers. Source: Log-1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(x)


def sqrt(x: Array) -> Array:
    """The square root, NaN of negative numbers. Source: Sqrt-1."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(x)


def abs(x: Array) -> Array:
    """The magnitude. Source: Abs-1."""
    return np.abs(x)


def negative(x: Array) -> Array:
    """`-x`. Source: Negative-1."""
    return -x


def floor(x: Array) -> Array:
    """Rounds down. Source: Floor-1."""
    return np.floor(x)


def ceiling(x: Array) -> Array:
    """Rounds up. Source: Ceiling-1."""
    return np.ceil(x)


def sin(x: Array) -> Array:
    """The sine. Source: Sin-1."""
    with np.errstate(all="ignore"):
        return np.sin(x)


def cos(x: Array) -> Array:
    """The cosine. Source: Cos-1."""
    with np.errstate(all="ignore"):
        return np.cos(x)


def tan(x: Array) -> Array:
    """The tangent. Source: Tan-1."""
    with np.errstate(all="ignore"):
        return np.tan(x)


def asin(x: Array) -> Array:
    """The arc sine. Source: Asin-1."""
    with np.errstate(all="ignore"):
        return np.arcsin(x)


def acos(x: Array) -> Array:
    """The arc cosine. Source: Acos-1."""
    with np.errstate(all="ignore"):
        return np.arccos(x)


def atan(x: Array) -> Array:
    """The arc tangent. Source: Atan-1."""
    with np.errstate(all="ignore"):
        return np.arctan(x)


def sinh(x: Array) -> Array:
    """The hyperbolic sine. Source: Sinh-1."""
    with np.errstate(all="ignore"):
        return np.sinh(x)


def cosh(x: Array) -> Array:
    """The hyperbolic cosine. Source: Cosh-1."""
    with np.errstate(all="ignore"):
        return np.cosh(x)


def asinh(x: Array) -> Array:
    """The inverse hyperbolic sine. Source: Asinh-3."""
    with np.errstate(all="ignore"):
        return np.arcsinh(x)


def acosh(x: Array) -> Array:
    """The inverse hyperbolic cosine. Source: Acosh-3."""
    with np.errstate(all="ignore"):
        return np.arccosh(x)


def atanh(x: Array) -> Array:
    """The inverse hyperbolic tangent. Source: Atanh-3."""
    with np.errstate(all="ignore"):
        return np.arctanh(x)


def sign(x: Array) -> Array:
    """-1, 0 or 1 by the sign; 0 of what is not a number. Source: Sign-1."""
    return (x > 0).astype(x.dtype) - (x < 0).astype(x.dtype)


def round(x: Array, *, mode: str) -> Array:
    """The nearest integer, halves to the even one or away from zero. Source: Round-5."""
    if x.dtype.kind != "f":
        return x
    if mode == "half_to_even":
        return np.rint(x)
    whole = np.trunc(x)
    return np.where(np.abs(x - whole) >= 0.5, whole + np.sign(x), whole)


_FUSED: dict[str, tuple[Callable[..., Array], tuple[str, ...]]] = {
    "relu": (relu, ()),
    "leaky_relu": (leaky_relu, ("alpha",)),
    "clamp": (clamp, ("min", "max")),
    "sigmoid": (sigmoid, ()),
    "elu": (elu, ("alpha",)),
    "tanh": (tanh, ()),
    "swish": (swish, ("beta",)),
    "hswish": (hswish, ()),
    "mish": (mish, ()),
}


def activate(x: Array, activation: Activation | None, slope: Array | None = None) -> Array:
    """`x` after the fused `activation`, unchanged when there is none.

    `slope` is what `prelu` takes: of rank 1 (one value, or one per channel, axis 1), or broadcast to `x`.
    """
    if activation is None:
        return x
    if activation.kind == "prelu":
        assert slope is not None
        return prelu(x, slope)
    function, names = _FUSED[activation.kind]
    return function(x, **dict(zip(names, activation.values, strict=False)))
