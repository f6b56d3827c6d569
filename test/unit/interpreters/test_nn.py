"""Convolution, matrix product, pooling, softmax and normalisation against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import arhat, close, numbers, openvino, sweep
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat import (
    ActivationAttr,
    AvgPoolOp,
    ConvolutionOp,
    MatmulOp,
    MaxPoolOp,
    NormalizeL2Op,
    SoftmaxOp,
)


@st.composite
def windows(draw: st.DrawFn, *, dilated: bool = True, padded: bool = True) -> dict[str, Any]:
    """Sizes of 1 to 3 spatial axes with a window that fits them."""
    rank = draw(st.integers(1, 3))
    most = {1: 30, 2: 12, 3: 7}[rank]

    def each(low: int, high: int) -> list[int]:
        return [draw(st.integers(low, high)) for _ in range(rank)]

    window = {
        "sizes": each(1, most),
        "kernel": each(1, 4),
        "strides": each(1, 3),
        "dilations": each(1, 3) if dilated else [1] * rank,
        "pads_begin": each(0, 2) if padded else [0] * rank,
        "pads_end": each(0, 2) if padded else [0] * rank,
    }
    for size, k, d, b, e in zip(
        window["sizes"], window["kernel"], window["dilations"], window["pads_begin"], window["pads_end"],
        strict=True,
    ):  # fmt: skip
        assume(size + b + e >= (k - 1) * d + 1)
    return window


@sweep(40)
@given(
    seed=st.integers(0, 2**31),
    window=windows(),
    images=st.integers(1, 2),
    groups=st.sampled_from([1, 1, 2, 3]),
    depth=st.integers(1, 5),
    outputs=st.integers(1, 4),
)
def test_convolution(
    seed: int, window: dict[str, Any], images: int, groups: int, depth: int, outputs: int
) -> None:
    x = numbers(seed, images, groups * depth, *window["sizes"])
    w = numbers(seed + 1, groups * outputs, depth, *window["kernel"])
    spatial = {key: window[key] for key in ("strides", "pads_begin", "pads_end", "dilations")}
    actual = arhat(ConvolutionOp, [x, w], {**spatial, "groups": groups})

    def build(a: Any, b: Any) -> Any:
        if groups == 1:
            return ov.opset8.convolution(a, b, **spatial)
        shape = np.array([groups, outputs, depth, *window["kernel"]])
        return ov.opset8.group_convolution(a, ov.opset8.reshape(b, shape, False), **spatial)

    [expected] = openvino(build, [x, w])
    close(actual, expected, rtol=1e-4, atol=1e-4)


def test_convolution_fused() -> None:
    x, w = numbers(1, 2, 4, 6, 5), numbers(2, 6, 4, 3, 3)
    bias, slope = numbers(3, 6), numbers(4, 6)
    spatial = {"strides": [1, 1], "pads_begin": [1, 1], "pads_end": [1, 1], "dilations": [1, 1], "groups": 1}
    plain = arhat(ConvolutionOp, [x, w], spatial) + bias.reshape(6, 1, 1)
    residual = numbers(5, *plain.shape)
    clamp = ActivationAttr.get("clamp", 0, 6)
    actual = arhat(ConvolutionOp, [x, w, bias, residual], {**spatial, "activation": clamp})
    close(actual, np.clip(plain + residual, 0, 6))
    prelu = ActivationAttr.get("prelu")
    actual = arhat(ConvolutionOp, [x, w, bias, None, slope], {**spatial, "activation": prelu})
    close(actual, np.where(plain > 0, plain, plain * slope.reshape(6, 1, 1)))


def test_convolution_in_chunks() -> None:
    """More columns than fit one chunk of unrolled input."""
    x, w = numbers(1, 1, 48, 150, 160), numbers(2, 8, 48, 3, 3)
    spatial = {"strides": [2, 1], "pads_begin": [1, 0], "pads_end": [1, 2], "dilations": [1, 2]}
    actual = arhat(ConvolutionOp, [x, w], {**spatial, "groups": 1})
    [expected] = openvino(lambda a, b: ov.opset8.convolution(a, b, **spatial), [x, w])
    close(actual, expected, rtol=1e-4, atol=2e-4)


@sweep(40)
@given(
    seed=st.integers(0, 2**31),
    sizes=st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
    batch=st.sampled_from([((), ()), ((3,), (3,)), ((3,), ()), ((), (3,)), ((2, 1), (3,)), ((1, 3), (2, 1))]),
    transposed=st.tuples(st.booleans(), st.booleans()),
    vectors=st.sampled_from([(False, False), (False, False), (True, False), (False, True), (True, True)]),
)
def test_matmul(
    seed: int,
    sizes: tuple[int, int, int],
    batch: tuple[tuple[int, ...], tuple[int, ...]],
    transposed: tuple[bool, bool],
    vectors: tuple[bool, bool],
) -> None:
    rows, depth, columns = sizes
    a_matrix = (depth, rows) if transposed[0] else (rows, depth)
    b_matrix = (columns, depth) if transposed[1] else (depth, columns)
    a = numbers(seed, *((depth,) if vectors[0] else (*batch[0], *a_matrix)))
    b = numbers(seed + 1, *((depth,) if vectors[1] else (*batch[1], *b_matrix)))
    actual = arhat(MatmulOp, [a, b], {"transpose_a": transposed[0], "transpose_b": transposed[1]})
    [expected] = openvino(lambda x, y: ov.opset8.matmul(x, y, *transposed), [a, b])
    close(actual, expected)


def test_matmul_fused() -> None:
    a, b, bias = numbers(1, 2, 3), numbers(2, 3, 4), numbers(3, 4)
    properties = {"transpose_a": False, "transpose_b": False, "activation": ActivationAttr.get("relu")}
    close(arhat(MatmulOp, [a, b, bias], properties), np.maximum(a @ b + bias, 0))


ROUNDINGS = {"floor": "floor", "ceil": "ceil", "ceil_torch": "ceil_torch"}


@sweep(40)
@given(
    seed=st.integers(0, 2**31),
    window=windows(),
    rounding=st.sampled_from(sorted(ROUNDINGS)),
    element=st.sampled_from([np.float32, np.float32, np.int32]),
)
def test_max_pool(seed: int, window: dict[str, Any], rounding: str, element: type[Any]) -> None:
    assume(element is np.float32 or len(window["sizes"]) < 3)
    x = numbers(seed, 2, 3, *window.pop("sizes"), low=-9, high=9).astype(element)
    assume(all(p < k for k, p in zip(window["kernel"], window["pads_begin"], strict=True)))
    assume(all(p < k for k, p in zip(window["kernel"], window["pads_end"], strict=True)))
    actual = arhat(MaxPoolOp, [x], {**window, "rounding": rounding})

    def build(a: Any) -> Any:
        kernel = window["kernel"]
        others = {key: window[key] for key in ("strides", "dilations", "pads_begin", "pads_end")}
        return ov.opset14.max_pool(a, **others, kernel_shape=kernel, rounding_type=ROUNDINGS[rounding])

    expected = openvino(build, [x])[0]
    close(actual, expected)


@sweep(40)
@given(
    seed=st.integers(0, 2**31),
    window=windows(dilated=False),
    rounding=st.sampled_from(sorted(ROUNDINGS)),
    exclude=st.booleans(),
)
def test_avg_pool(seed: int, window: dict[str, Any], rounding: str, exclude: bool) -> None:
    x = numbers(seed, 2, 3, *window.pop("sizes"))
    del window["dilations"]
    assume(all(p < k for k, p in zip(window["kernel"], window["pads_begin"], strict=True)))
    assume(all(p < k for k, p in zip(window["kernel"], window["pads_end"], strict=True)))
    inside = exclude or not any(window["pads_begin"] + window["pads_end"])
    actual = arhat(AvgPoolOp, [x], {**window, "rounding": rounding, "exclude_pad": inside})

    def build(a: Any) -> Any:
        others = {key: window[key] for key in ("strides", "pads_begin", "pads_end")}
        return ov.opset14.avg_pool(
            a, **others, kernel_shape=window["kernel"], exclude_pad=exclude, rounding_type=ROUNDINGS[rounding]
        )

    [expected] = openvino(build, [x])
    # For a window that lies entirely outside OpenVINO gives 0 or NaN, depending on the padding.
    close(actual, np.nan_to_num(expected, nan=0.0))


@sweep(30)
@given(seed=st.integers(0, 2**31), shape=st.lists(st.integers(1, 5), min_size=1, max_size=4), data=st.data())
def test_softmax(seed: int, shape: list[int], data: st.DataObject) -> None:
    x = numbers(seed, *shape, low=-30, high=30)
    axis = data.draw(st.integers(0, len(shape) - 1))
    [expected] = openvino(lambda a: ov.opset8.softmax(a, axis), [x])
    close(arhat(SoftmaxOp, [x], {"axis": axis}), expected)


@sweep(40)
@given(
    seed=st.integers(0, 2**31),
    shape=st.lists(st.integers(1, 5), min_size=2, max_size=4),
    eps=st.sampled_from([1e-10, 1e-3, 1.0]),
    mode=st.sampled_from(["add", "max"]),
    data=st.data(),
)
def test_normalize_l2(seed: int, shape: list[int], eps: float, mode: str, data: st.DataObject) -> None:
    x = numbers(seed, *shape)
    axes = data.draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, max_size=len(shape), unique=True))
    actual = arhat(NormalizeL2Op, [x], {"axes": sorted(axes), "eps": eps, "eps_mode": mode})

    def build(a: Any) -> Any:
        node = ov.opset8.normalize_l2(a, ov.opset8.constant(np.array(sorted(axes), np.int64)), eps, mode)
        node.set_attribute("eps_mode", mode)  # the Python function drops it
        return node

    [expected] = openvino(build, [x])
    close(actual, expected)


def test_window_that_does_not_fit() -> None:
    with pytest.raises(VerifyException, match="a window of 5 does not fit a padded size of 3"):
        arhat(
            MaxPoolOp,
            [numbers(1, 1, 1, 3)],
            {"kernel": [3], "strides": [1], "pads_begin": [0], "pads_end": [0], "dilations": [2],
             "rounding": "floor"},
        )  # fmt: skip


def test_normalize_l2_over_no_axes() -> None:
    """Source: NormalizeL2-1: each element by itself."""
    x = numbers(1, 2, 3)
    actual = arhat(NormalizeL2Op, [x], {"axes": [], "eps": 0.01, "eps_mode": "add"})
    close(actual, x / np.sqrt(x * x + np.float32(0.01)))
