"""Shapes and values that the sweeps of element-wise operators, reductions and normalisation share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from sweeps import Array, Case, openvino_results

FLOATS = (np.float32, np.float32, np.float32, np.float64)
INTEGERS = (np.int32, np.int64, np.uint8)
NUMBERS = (*FLOATS, *INTEGERS)
SIZES = st.sampled_from([1, 1, 2, 3, 4, 7, 8, 16, 17, 31])
LARGE = st.sampled_from([33, 64, 129, 1000, 4099])
MOST = 20_000
"""Elements of a tensor."""


@st.composite
def shapes(draw: st.DrawFn, least: int = 0, most: int = 5) -> tuple[int, ...]:
    """A shape of small, odd, unit and sometimes one large size."""
    rank = draw(st.integers(least, most))
    large = draw(st.integers(0, 3 * max(rank, 1)))
    shape: list[int] = []
    for axis in range(rank):
        shape.append(draw(LARGE if axis == large else SIZES))
        if np.prod(shape) > MOST:
            shape[-1] = draw(st.sampled_from([1, 2, 3])) if np.prod(shape[:-1]) * 3 <= MOST else 1
    return tuple(shape)


def part(draw: st.DrawFn, shape: Sequence[int]) -> tuple[int, ...]:
    """A shape that broadcasts to `shape` by NumPy's rule."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return tuple(shape)
    first = draw(st.integers(0, len(shape))) if kind > 1 else 0
    return tuple(1 if draw(st.booleans()) else n for n in shape[first:])


def broadcast_shapes(draw: st.DrawFn, count: int) -> tuple[str, list[tuple[int, ...]]]:
    """A broadcast rule and shapes of so many operands that go together by it."""
    rule = draw(st.sampled_from(["numpy", "numpy", "numpy", "none", "pdpd"]))
    shape = draw(shapes(1 if rule == "pdpd" else 0, 5))
    if rule == "none":
        return rule, [shape] * count
    if rule == "pdpd":
        return rule, [
            shape,
            *(shape[: draw(st.integers(1, len(shape)))] for _ in range(count - 1)),
        ]
    return rule, [part(draw, shape) for _ in range(count)]


def broadcast_case(rule: str, function: Callable[..., Any], inputs: Sequence[Array], **rest: Any) -> Case:
    """`function(*inputs)` by a broadcast rule.

    With pdpd OpenVINO is asked for NumPy's rule with operands that have their axes in place: its CPU plugin puts
    them at the wrong end.
    """

    def build(*operands: Any) -> Any:
        return function(*operands, auto_broadcast=rule.upper())

    def expected(*arrays: Array) -> list[Array]:
        rank = max(array.ndim for array in arrays)
        placed = [array.reshape(*array.shape, *[1] * (rank - array.ndim)) for array in arrays]
        return openvino_results(Case(function, placed))

    return Case(build, inputs, expected=expected if rule == "pdpd" else None, note=rule, **rest)


def values(
    draw: st.DrawFn,
    shape: Sequence[int],
    dtype: Any,
    low: float = -3,
    high: float = 3,
    *,
    special: bool = False,
) -> Array:
    """Seeded elements from `low` to `high`; those of unsigned types from 0, those of floats are all f32 numbers.

    `special` puts infinities and NaN among those of f32.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    if np.dtype(dtype) == np.bool_:
        return rng.integers(0, 2, shape).astype(np.bool_)
    if np.dtype(dtype).kind in "iu":
        least = max(low, 0) if np.dtype(dtype).kind == "u" else low
        return rng.integers(int(np.ceil(least)), int(high) + 1, shape).astype(dtype)
    array = rng.uniform(low, high, shape).astype(np.float32)
    if special and array.size and dtype is np.float32:  # OpenVINO makes finite numbers of infinite f64
        chosen = rng.integers(0, 8, shape)
        for number, value in ((0, np.nan), (1, np.inf), (2, -np.inf), (3, 0.0)):
            array = np.where(chosen == number, np.float32(value), array)
    return array.astype(dtype)


def between_convolutions(draw: st.DrawFn, operate: Callable[[Any], Any], **rest: Any) -> Case:
    """`operate` where its operand and its result lie with their channels innermost, as convolutions want them."""
    channels = draw(st.sampled_from([1, 3, 8, 17, 33]))
    x = values(draw, (draw(st.sampled_from([1, 2])), 3, *draw(st.tuples(SIZES, SIZES))), np.float32)
    first = values(draw, (channels, 3, 1, 1), np.float32, -1, 1)
    last = values(draw, (4, channels, 3, 3), np.float32, -0.3, 0.3)

    def convolve(x: Any, filter: Array, pad: int) -> Any:
        pads = [pad, pad]
        return ov.opset1.convolution(x, ov.opset1.constant(filter), [1, 1], pads, pads, [1, 1])

    return Case(
        lambda x: convolve(operate(convolve(x, first, 0)), last, 1), [x], rtol=1e-4, atol=1e-4, **rest
    )


def axes_constant(axes: int | list[int], dtype: Any = np.int64) -> Any:
    """A constant of axes, which may be none."""
    element = ov.Type.i64 if dtype is np.int64 else ov.Type.i32
    return ov.op.Constant(element, ov.Shape(np.shape(axes)), np.atleast_1d(np.array(axes, dtype)).tolist())


def axes_of(draw: st.DrawFn, rank: int, least: int = 0) -> list[int]:
    """Distinct axes of a tensor of `rank` in any order, some counted from the end."""
    count = draw(st.integers(min(least, rank), rank))
    axes = draw(st.permutations(range(rank)))[:count]
    return [axis - rank if draw(st.booleans()) else axis for axis in axes]
