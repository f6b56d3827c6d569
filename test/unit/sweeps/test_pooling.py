"""Pooling of every kind against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import assume
from hypothesis import strategies as st
from sweeps import Array, Case, Sweep, integers, numbers, openvino_results, seeds
from unit.sweeps.lowered import check_lowered

sweep = Sweep()

AUTO_PAD = ("explicit", "explicit", "same_upper", "same_lower", "valid")
ROUNDING = ("floor", "ceil", "ceil_torch")


def image(draw: st.DrawFn, sizes: list[int]) -> Array:
    """Numbers with ties among them."""
    channels = draw(st.sampled_from([1, 2, 3, 5, 8, 16, 17, 33]))
    x = numbers(draw(seeds), draw(st.sampled_from([1, 1, 2])), channels, *sizes)
    return np.round(x) if draw(st.booleans()) else x


def window(draw: st.DrawFn, dilated: bool) -> tuple[list[int], dict[str, Any]]:
    """Input sizes and the attributes of a pooling."""
    spatial = draw(st.sampled_from([1, 2, 2, 2, 3]))
    kernel = [draw(st.integers(1, 5 if spatial < 3 else 3)) for _ in range(spatial)]
    strides = [draw(st.integers(1, 3)) for _ in range(spatial)]
    dilations = [draw(st.sampled_from([1, 1, 2, 3])) if dilated else 1 for _ in range(spatial)]
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    sizes = [r + draw(st.integers(0, 8 if spatial < 3 else 4)) for r in reach]
    # OpenVINO refuses windows that lie in padding alone, where a mean would have no elements.
    pads = [[draw(st.integers(0, min(2, r - 1))) for r in reach] for _ in range(2)]
    return sizes, {
        "strides": strides,
        **({"dilations": dilations} if dilated else {}),
        "pads_begin": pads[0],
        "pads_end": pads[1],
        "kernel_shape": kernel,
        "auto_pad": draw(st.sampled_from(AUTO_PAD)),
    }


@sweep.operator("MaxPool-1", examples=30, emitted=10)
@st.composite
def max_pool_1(draw: st.DrawFn) -> Case:
    sizes, attributes = window(draw, False)
    attributes["rounding_type"] = draw(st.sampled_from(ROUNDING[:2]))
    x = image(draw, sizes)
    return Case(lambda x: ov.opset1.max_pool(x, **attributes), [x], note=str(attributes))


@sweep.operator("MaxPool-8", examples=50, emitted=20)
@st.composite
def max_pool(draw: st.DrawFn) -> Case:
    """Both outputs or the first alone, in every element type that OpenVINO pools."""
    sizes, attributes = window(draw, True)
    newest = draw(st.booleans())
    attributes["rounding_type"] = draw(st.sampled_from(ROUNDING if newest else ROUNDING[:2]))
    x = image(draw, sizes)
    kind = draw(st.sampled_from([np.float32, np.float32, np.float32, np.int32, np.int8, np.uint8]))
    if kind is not np.float32:
        x = integers(draw(seeds), *x.shape, low=0 if kind is np.uint8 else -9, high=9, dtype=kind)
    indices = draw(st.booleans())
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    index_type = draw(st.sampled_from(["i32", "i64"]))

    def build(x: Any) -> Any:
        make = ov.opset14.max_pool if newest else ov.opset8.max_pool
        node = make(x, **attributes, index_element_type=index_type, axis=axis)
        return list(node.outputs()) if indices else [node.output(0)]

    return Case(build, [x], note=f"{attributes} {axis=} {index_type} {indices=} {newest=}")


@sweep.operator("AvgPool", examples=50, emitted=20)
@st.composite
def avg_pool(draw: st.DrawFn) -> Case:
    sizes, attributes = window(draw, False)
    newest, exclude = draw(st.booleans()), draw(st.booleans())
    attributes["rounding_type"] = draw(st.sampled_from(ROUNDING if newest else ROUNDING[:2]))
    x = image(draw, sizes)
    make = ov.opset14.avg_pool if newest else ov.opset1.avg_pool

    def build(x: Any) -> Any:
        return make(x, exclude_pad=exclude, **attributes)

    if exclude and attributes["rounding_type"] == "ceil":
        # OpenVINO divides 0 by 0 where rounding up makes a window that lies outside.
        node = build(ov.opset1.parameter(x.shape, np.float32))
        begin = node.get_attributes()["pads_begin"]
        last = [
            (n - 1) * s - b
            for n, s, b in zip(list(node.shape)[2:], attributes["strides"], begin, strict=True)
        ]
        assume(all(start < size for start, size in zip(last, sizes, strict=True)))
    return Case(build, [x], note=f"{attributes} {exclude=} {newest=}")


def adaptive(draw: st.DrawFn) -> tuple[Array, Array]:
    spatial = draw(st.sampled_from([1, 2, 2, 3]))
    x = image(draw, [draw(st.integers(1, 12 if spatial < 3 else 6)) for _ in range(spatial)])
    even = draw(st.booleans())
    sizes = [
        draw(st.sampled_from([d for d in range(1, n + 1) if n % d == 0]) if even else st.integers(1, n))
        for n in x.shape[2:]
    ]
    return x, np.array(sizes, np.int64)


@sweep.operator("AdaptiveAvgPool", examples=30, emitted=12)
@st.composite
def adaptive_avg_pool(draw: st.DrawFn) -> Case:
    x, sizes = adaptive(draw)
    return Case(lambda x: ov.opset8.adaptive_avg_pool(x, sizes), [x], note=str(sizes))


@sweep.operator("AdaptiveMaxPool", examples=30, emitted=12)
@st.composite
def adaptive_max_pool(draw: st.DrawFn) -> Case:
    x, sizes = adaptive(draw)
    index_type, indices = draw(st.sampled_from(["i32", "i64"])), draw(st.booleans())

    def build(x: Any, index_type: str = index_type) -> Any:
        node = ov.opset8.adaptive_max_pool(x, sizes, index_type)
        return list(node.outputs()) if indices else [node.output(0)]

    def expected(x: Array) -> list[Array]:
        """OpenVINO's CPU refuses i64 indices in many networks."""
        narrow = openvino_results(Case(lambda x: build(x, "i32"), [x]))
        return [narrow[0], *(a.astype(np.dtype(index_type.replace("i", "int"))) for a in narrow[1:])]

    return Case(build, [x], note=f"{sizes} {index_type} {indices=}", expected=expected)


test_interpreter, test_emitted = sweep.tests()


def test_lowered() -> None:
    check_lowered(sweep, 4)
