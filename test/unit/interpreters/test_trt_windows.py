"""Meanings of the layers of the trt dialect that look at images, against loops and examples worked out by hand."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import onnx_file
import pytest
from trt_programs import Array, drawn, run, tensor

from arhat.weights import array_type


@pytest.mark.parametrize("groups", [1, 2])
def test_convolution(groups: int) -> None:
    """Padding before and after differ, and so do strides and dilations of both axes."""
    x, w, b = drawn(2, 4, 7, 8), drawn(6, 4 // groups, 3, 2), drawn(6)
    padded = np.pad(x.astype(np.float64), [(0, 0), (0, 0), (2, 1), (0, 1)])
    expected = np.zeros((2, 6, 4, 7))
    for k, i, j in product(range(6), range(4), range(7)):
        first = k // (6 // groups) * (4 // groups)
        seen = padded[:, first : first + 4 // groups, i * 2 : i * 2 + 3, j : j + 3 : 2]
        expected[:, k, i, j] = np.einsum("ncrs,crs->n", seen, w[k]) + b[k]
    y = run(
        "trt.convolution(%0, %1, bias = %2) {strides = [2, 1], pre_padding = [2, 0], post_padding = [1, 1], "
        f"dilations = [1, 2], groups = {groups}}}",
        x,
        w,
        b,
        result="tensor<2x6x4x7xf32>",
    )
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("groups", [1, 2])
def test_deconvolution(groups: int) -> None:
    """Every element of the operand puts the kernel down at its place; the borders are cut off."""
    x, w = drawn(1, 4, 3, 4), drawn(4, 3, 3, 2)
    whole = np.zeros((1, 3 * groups, 7, 8))
    for c, i, j in product(range(4), range(3), range(4)):
        first = c // (4 // groups) * 3
        whole[0, first : first + 3, i * 2 : i * 2 + 3, j * 2 : j * 2 + 2] += w[c] * x[0, c, i, j]
    y = run(
        "trt.deconvolution(%0, %1) {strides = [2, 2], pre_padding = [1, 0], post_padding = [0, 2], "
        f"dilations = [1, 1], groups = {groups}}}",
        x,
        w,
        result=f"tensor<1x{3 * groups}x6x6xf32>",
    )
    np.testing.assert_allclose(y, whole[:, :, 1:, :-2], rtol=1e-5, atol=1e-5)


def pooled(x: Array, options: str, size: int) -> Array:
    """A row of elements after a pooling of 1 x 3 windows."""
    y = run(
        f"trt.pooling(%0) {{{options}}}",
        x.reshape(1, 1, 1, -1),
        result=f"tensor<1x1x1x{size}x{array_type(x).element_type}>",
    )
    return y.reshape(-1)


def pads(before: int, after: int, mode: str, stride: int) -> str:
    """Properties of a pooling of 1 x 3 windows."""
    return (
        f"window = [1, 3], strides = [1, {stride}], pre_padding = [0, {before}], post_padding = [0, {after}], "
        f'padding_mode = "{mode}"'
    )


ROW = np.array([-1, -2, -3, -4, -5, -6], np.float32)


def test_maxima_do_not_see_the_padding() -> None:
    np.testing.assert_array_equal(
        pooled(ROW, 'kind = "max", ' + pads(1, 2, "explicit_round_down", 2), 4), [-1, -2, -4, -6]
    )
    alone = pooled(ROW, 'kind = "max", ' + pads(3, 0, "explicit_round_down", 3), 3)
    np.testing.assert_array_equal(alone, [-np.inf, -1, -4])


@pytest.mark.parametrize(
    ("mode", "excluded", "expected"),
    [
        # 0 -1 -2 | -2 -3 -4 | -4 -5 -6 | -6 0 and what a rounded size reaches beyond the padding
        ("explicit_round_down", "false", [-1, -3, -5]),
        ("explicit_round_up", "false", [-1, -3, -5, -3]),
        ("explicit_round_up", "true", [-1.5, -3, -5, -6]),
        # -1 -2 -3 | -3 -4 -5 | -5 -6 0
        ("same_upper", "false", [-2, -4, -11 / 3]),
        ("same_upper", "true", [-2, -4, -5.5]),
        # 0 -1 -2 | -2 -3 -4 | -4 -5 -6
        ("same_lower", "true", [-1.5, -3, -5]),
    ],
)
def test_means_and_the_padding(mode: str, excluded: str, expected: list[float]) -> None:
    options = f'kind = "average", count_excludes_padding = {excluded}, ' + pads(1, 1, mode, 2)
    np.testing.assert_allclose(pooled(ROW, options, len(expected)), expected, rtol=1e-6)


def test_means_of_halves_are_of_f32_sums() -> None:
    x = np.array([2048, 1, 1], np.float16)
    options = 'kind = "average", count_excludes_padding = true, ' + pads(0, 0, "explicit_round_down", 1)
    assert pooled(x, options, 1)[0] == np.float16(2050 / 3)


def test_lrn() -> None:
    x = drawn(1, 6, 2, 2)
    y = run("trt.lrn(%0) {window = 3, alpha = 0.5, beta = 0.75, k = 2.0}", x, result=tensor(x))
    for c in range(6):
        around = x[:, max(0, c - 1) : c + 2].astype(np.float64)
        expected = x[:, c] / (2 + 0.5 / 3 * (around**2).sum(axis=1)) ** 0.75
        np.testing.assert_allclose(y[:, c], expected, rtol=1e-5)


def resized(x: list[float], size: int, options: str) -> Array:
    """A row after a resize."""
    array = np.array(x, np.float32).reshape(1, 1, 1, -1)
    defaults = {"selector": '"formula"', "rounding": '"half_down"'}
    more = "".join(f", {name} = {value}" for name, value in defaults.items() if name not in options)
    return run(f"trt.resize(%0) {{{options}{more}}}", array, result=f"tensor<1x1x1x{size}xf32>").reshape(-1)


@pytest.mark.parametrize(
    ("transformation", "expected"),
    [
        ("align_corners", [0, 1, 2, 3]),
        ("asymmetric", [0, 1.5, 3, 3]),
        ("half_pixel", [0, 0.75, 2.25, 3]),
    ],
)
def test_linear_resize_by_coordinates(transformation: str, expected: list[float]) -> None:
    """From 2 elements to 4. Asymmetric: at 0, 0.5, 1, 1.5; half_pixel: at -0.25, 0.25, 0.75, 1.25."""
    y = resized([0, 3], 4, f'mode = "linear", coordinate_transformation = "{transformation}"')
    np.testing.assert_allclose(y, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [("half_up", [0, 1, 3, 4]), ("half_down", [0, 1, 2, 4]), ("floor", [0, 1, 2, 3]), ("ceil", [0, 2, 3, 4])],
)
def test_nearest_resize_by_rounding(rounding: str, expected: list[int]) -> None:
    """Asymmetric, from 5 elements to 4: at 0, 1.25, 2.5, 3.75."""
    y = resized(
        [0, 1, 2, 3, 4],
        4,
        f'mode = "nearest", coordinate_transformation = "asymmetric", rounding = "{rounding}"',
    )
    np.testing.assert_array_equal(y, expected)


def test_resize_to_a_single_element() -> None:
    """The middle by the formula of half pixels, or the first."""
    options = 'mode = "linear", coordinate_transformation = "half_pixel", selector = "%s"'
    assert resized([1, 2, 3, 6], 1, options % "formula")[0] == 2.5
    assert resized([1, 2, 3, 6], 1, options % "upper")[0] == 1
    assert resized([1, 2, 3, 6], 1, 'mode = "linear", coordinate_transformation = "align_corners"')[0] == 1


@pytest.mark.parametrize("outside", ["false", "true"])
def test_cubic_resize(outside: str) -> None:
    """Elements outside are those at the border, or do not count."""
    x = [1.0, 4.0, 6.0, 8.0]
    options = 'mode = "cubic", coordinate_transformation = "half_pixel", cubic_coeff = -0.75, '
    options += f"exclude_outside = {outside}"
    y = resized(x, 8, options)
    for place, value in enumerate(y):
        at = (place + 0.5) / 2 - 0.5
        taps = [int(np.floor(at)) + k for k in (-1, 0, 1, 2)]
        distances = np.abs(at - np.array(taps))
        a = -0.75
        weights = np.where(
            distances <= 1,
            (a + 2) * distances**3 - (a + 3) * distances**2 + 1,
            a * distances**3 - 5 * a * distances**2 + 8 * a * distances - 4 * a,
        )
        if outside == "true":
            weights = weights * [0 <= tap < 4 for tap in taps]
            weights = weights / weights.sum()
        known = sum(w * x[min(max(tap, 0), 3)] for w, tap in zip(weights, taps, strict=True))
        assert value == pytest.approx(known, rel=1e-5)


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("transformation", ["align_corners", "asymmetric", "half_pixel"])
@pytest.mark.parametrize(("n", "m"), [(5, 8), (8, 5), (3, 10)])
def test_resize_is_that_of_onnx(tmp_path: Path, mode: str, transformation: str, n: int, m: int) -> None:
    """TensorRT's formulas are those of ONNX; ONNX Runtime wrote them independently."""
    runtime: Any = pytest.importorskip("onnxruntime")
    x, sizes = drawn(1, 1, n, n + 1), [1, 1, m, m + 2]
    words = {
        "half_up": "round_prefer_ceil",
        "half_down": "round_prefer_floor",
        "floor": "floor",
        "ceil": "ceil",
    }
    for rounding, outside in product(
        words if mode == "nearest" else ["floor"], [0, 1] if mode == "cubic" else [0]
    ):
        attributes: dict[str, Any] = {"mode": mode, "coordinate_transformation_mode": transformation}
        attributes |= {"nearest_mode": words[rounding], "cubic_coeff_a": -0.5, "exclude_outside": outside}
        node = onnx_file.node("Resize", ["x", "", "", "sizes"], ["y"], **attributes)
        constants = {"sizes": np.array(sizes, np.int64)}
        path = onnx_file.write(tmp_path / "resize.onnx", [node], {"x": x.shape}, {"y": sizes}, constants)
        (expected,) = runtime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": x})
        more = (
            f", cubic_coeff = -0.5, exclude_outside = {('false', 'true')[outside]}" if mode == "cubic" else ""
        )
        y = run(
            f'trt.resize(%0) {{mode = "{mode}", coordinate_transformation = "{transformation}", '
            f'selector = "formula", rounding = "{rounding}"{more}}}',
            x,
            result=tensor(expected),
        )
        np.testing.assert_allclose(y, expected, atol=1e-5, err_msg=rounding)
