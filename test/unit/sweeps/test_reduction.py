"""Reductions and running sums, against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from sweeps import Array, Case, Sweep, openvino_results
from unit.sweeps.operands import FLOATS, INTEGERS, axes_constant, axes_of, shapes, values

sweep = Sweep()

NUMBERS = (*FLOATS, *INTEGERS)


def keeping(build: Any) -> Any:
    """The same with `keep_dims`, which means nothing without axes: the CPU plugin cannot run it otherwise."""

    def expected(x: Array) -> list[Array]:
        return openvino_results(Case(lambda x: build(x, True), [x]))

    return expected


def reduction(
    name: str, function: Any, elements: Any = NUMBERS, low: float = -3, high: float = 3, most: int = 5
) -> None:
    @sweep.operator(name, emitted=10)
    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        x = values(draw, draw(shapes(0, most)), draw(st.sampled_from(elements)), low, high)
        if x.dtype == np.uint8 and x.size:  # OpenVINO's CPU saturates sums of bytes; its reference wraps
            x = np.minimum(x, 255 // x.size).astype(np.uint8)
        axes, keep = axes_of(draw, x.ndim), draw(st.booleans())
        scalar = len(axes) == 1 and draw(st.booleans())
        kind = draw(st.sampled_from([np.int32, np.int64]))

        def build(x: Any, keep: bool = keep) -> Any:
            return function(x, axes_constant(axes[0] if scalar else axes, kind), keep)

        expected = None if axes or keep else keeping(build)
        return Case(
            build,
            [x],
            expected=expected,
            rtol=2e-5,
            atol=2e-5 * max(1.0, x.size**0.5),
            note=f"axes {axes} keep {keep}",
        )


reduction("ReduceMean", ov.opset1.reduce_mean)
reduction("ReduceSum", ov.opset1.reduce_sum, low=0, high=1.99)
reduction("ReduceMax", ov.opset1.reduce_max)
reduction("ReduceMin", ov.opset1.reduce_min)
reduction("ReduceL1", ov.opset4.reduce_l1, low=-1.99, high=1.99)
reduction("ReduceL2", ov.opset4.reduce_l2, FLOATS)
reduction("ReduceLogicalAnd", ov.opset1.reduce_logical_and, (np.bool_,))
reduction("ReduceLogicalOr", ov.opset1.reduce_logical_or, (np.bool_,))


@sweep.operator("ReduceProd", emitted=10)
@st.composite
def reduce_prod(draw: st.DrawFn) -> Case:
    """Near 1, that products of many stay in range."""
    x = values(draw, draw(shapes(0, 4)), draw(st.sampled_from(FLOATS)), 0.99, 1.01)
    if draw(st.booleans()):
        x = values(draw, (2, 3), draw(st.sampled_from(NUMBERS)), -2, 2)
    axes, keep = axes_of(draw, x.ndim), draw(st.booleans())

    def build(x: Any, keep: bool = keep) -> Any:
        return ov.opset1.reduce_prod(x, axes_constant(axes), keep)

    expected = None if axes or keep else keeping(build)
    return Case(build, [x], expected=expected, rtol=1e-4, note=f"axes {axes} keep {keep}")


@sweep.operator("CumSum", emitted=12)
@st.composite
def cum_sum(draw: st.DrawFn) -> Case:
    x = values(draw, draw(shapes(1, 5)), draw(st.sampled_from([*FLOATS, np.int32, np.int64])))
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    exclusive, reverse = draw(st.booleans()), draw(st.booleans())
    kind = draw(st.sampled_from([np.int32, np.int64]))

    def build(x: Any) -> Any:
        return ov.opset3.cum_sum(x, ov.opset3.constant(np.array(axis, kind)), exclusive, reverse)

    return Case(build, [x], rtol=1e-4, atol=1e-3, note=f"axis {axis} exclusive {exclusive} reverse {reverse}")


test_interpreter, test_emitted = sweep.tests()
