"""Comparisons, logic on booleans and bits, choices between two tensors, and tests for special numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def equal(a: Array, b: Array) -> Array:
    """`a == b`. Source: Equal-1."""
    return np.equal(a, b)


def not_equal(a: Array, b: Array) -> Array:
    """`a != b`. Source: NotEqual-1."""
    return np.not_equal(a, b)


def less(a: Array, b: Array) -> Array:
    """`a < b`. Source: Less-1."""
    return np.less(a, b)


def less_equal(a: Array, b: Array) -> Array:
    """`a <= b`. Source: LessEqual-1."""
    return np.less_equal(a, b)


def greater(a: Array, b: Array) -> Array:
    """`a > b`. Source: Greater-1."""
    return np.greater(a, b)


def greater_equal(a: Array, b: Array) -> Array:
    """`a >= b`. Source: GreaterEqual-1."""
    return np.greater_equal(a, b)


def logical_and(a: Array, b: Array) -> Array:
    """Whether both are true. Source: LogicalAnd-1."""
    return np.logical_and(a, b)


def logical_or(a: Array, b: Array) -> Array:
    """Whether one or both are true. Source: LogicalOr-1."""
    return np.logical_or(a, b)


def logical_xor(a: Array, b: Array) -> Array:
    """Whether one but not both are true. Source: LogicalXor-1."""
    return np.logical_xor(a, b)


def logical_not(x: Array) -> Array:
    """Whether it is false. Source: LogicalNot-1."""
    return np.logical_not(x)


def bitwise_and(a: Array, b: Array) -> Array:
    """The bits that are set in both. Source: BitwiseAnd-13."""
    return np.bitwise_and(a, b)


def bitwise_or(a: Array, b: Array) -> Array:
    """The bits that are set in one or both. Source: BitwiseOr-13."""
    return np.bitwise_or(a, b)


def bitwise_xor(a: Array, b: Array) -> Array:
    """The bits that are set in one but not in both. Source: BitwiseXor-13."""
    return np.bitwise_xor(a, b)


def bitwise_not(x: Array) -> Array:
    """Every bit inverted. Source: BitwiseNot-13."""
    return np.invert(x)


def select(condition: Array, then: Array, otherwise: Array) -> Array:
    """`then` where `condition` holds, else `otherwise`. Source: Select-1."""
    return np.where(condition, then, otherwise)


def is_nan(x: Array) -> Array:
    """Whether it is not a number. Source: IsNaN-10."""
    return np.isnan(x)


def is_inf(x: Array, *, detect_negative: bool, detect_positive: bool) -> Array:
    """Whether it is an infinity of a sign that is asked for. Source: IsInf-10."""
    return (np.isneginf(x) & detect_negative) | (np.isposinf(x) & detect_positive)


def is_finite(x: Array) -> Array:
    """Whether it is a number and finite. Source: IsFinite-10."""
    return np.isfinite(x)
