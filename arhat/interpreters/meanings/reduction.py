"""Reductions over axes, and sums along one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]


def reduce_sum(x: Array, *, axes: Sequence[int], keep_dims: bool) -> Array:
    """The sum over `axes`. Source: ReduceSum-1."""
    return np.sum(x, axis=tuple(axes), keepdims=keep_dims, dtype=x.dtype)


def reduce_mean(x: Array, *, axes: Sequence[int], keep_dims: bool) -> Array:
    """The mean over `axes`; that of integers is truncated. Source: ReduceMean-1."""
    if x.dtype.kind in "iu":
        return np.trunc(np.mean(x, axis=tuple(axes), keepdims=keep_dims)).astype(x.dtype)
    return np.mean(x, axis=tuple(axes), keepdims=keep_dims)


def reduce_prod(x: Array, *, axes: Sequence[int], keep_dims: bool) -> Array:
    """The product over `axes`. Source: ReduceProd-1."""
    return np.prod(x, axis=tuple(axes), keepdims=keep_dims, dtype=x.dtype)


def reduce_max(x: Array, *, axes: Sequence[int], keep_dims: bool) -> Array:
    """The maximum over `axes`. Source: ReduceMax-1."""
    return np.max(x, axis=tuple(axes), keepdims=keep_dims)


def reduce_min(x: Array, *, axes: Sequence[int], keep_dims: bool) -> Array:
    """The minimum over `axes`. Source: ReduceMin-1."""
    return np.min(x, axis=tuple(axes), keepdims=keep_dims)


def reduce_logical_and(x: Array, *, axes: Sequence[int], keep_dims: bool) -> Array:
    """Whether all over `axes` are true. Source: ReduceLogicalAnd-1."""
    return np.all(x, axis=tuple(axes), keepdims=keep_dims)


def reduce_logical_or(x: Array, *, axes: Sequence[int], keep_dims: bool) -> Array:
    """Whether any over `axes` is true. Source: ReduceLogicalOr-1."""
    return np.any(x, axis=tuple(axes), keepdims=keep_dims)


def cum_sum(x: Array, *, axis: int, exclusive: bool, reverse: bool) -> Array:
    """Running sums along `axis`; integers wrap around. Source: CumSum-3."""
    ordered = np.flip(x, axis) if reverse else x
    sums = np.cumsum(ordered, axis=axis, dtype=x.dtype)
    if exclusive:
        sums = np.roll(sums, 1, axis)
        sums[(*[slice(None)] * axis, slice(0, 1))] = 0
    return np.flip(sums, axis) if reverse else sums
