"""Element-wise functions of two operands, and conversions."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def add(a: Array, b: Array) -> Array:
    """`a + b`. Source: Add-1."""
    return a + b


def subtract(a: Array, b: Array) -> Array:
    """`a - b`. Source: Subtract-1."""
    return a - b


def multiply(a: Array, b: Array) -> Array:
    """`a * b`. Source: Multiply-1."""
    return a * b


def divide(a: Array, b: Array, *, python_div: bool = True) -> Array:
    """`a / b`; integers round down with `python_div`, else towards zero. Source: Divide-1."""
    if a.dtype.kind == "f":
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return a / b
    if python_div:
        return a // b
    quotient = a // b
    return quotient + ((quotient < 0) & (quotient * b != a)).astype(a.dtype)


def maximum(a: Array, b: Array) -> Array:
    """The larger of `a` and `b`. Source: Maximum-1."""
    return np.maximum(a, b)


def minimum(a: Array, b: Array) -> Array:
    """The smaller of `a` and `b`. Source: Minimum-1."""
    return np.minimum(a, b)


def power(a: Array, b: Array) -> Array:
    """`a` to the power of `b`. Source: Power-1."""
    if a.dtype.kind == "f":
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.power(a, b)
    return np.power(a.astype(np.float64), b.astype(np.float64)).astype(a.dtype)


def squared_difference(a: Array, b: Array) -> Array:
    """`(a - b) * (a - b)`. Source: SquaredDifference-1."""
    difference = a - b
    return difference * difference


def floor_mod(a: Array, b: Array) -> Array:
    """The remainder with the sign of `b`. Source: FloorMod-1."""
    return np.mod(a, b)


def mod(a: Array, b: Array) -> Array:
    """The remainder with the sign of `a`. Source: Mod-1."""
    return np.fmod(a, b)


def convert(x: Array, dtype: np.dtype[Any]) -> Array:
    """`x` with elements of `dtype`: floats truncate towards zero, booleans are `x != 0`. Source: Convert-1."""
    if dtype == np.bool_:
        return x != 0
    with np.errstate(over="ignore", invalid="ignore"):
        return x.astype(dtype)
