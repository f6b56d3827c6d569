"""Interpolate in all its modes, against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import assume, given
from hypothesis import strategies as st
from oracle import arhat, close, numbers, openvino, reference, sweep

from arhat.dialects.arhat import InterpolateOp

TRANSFORMATIONS = ["half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners"]
NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"]


def check(x: Any, properties: dict[str, Any], by_scales: bool, plugin: bool) -> None:
    """Against OpenVINO's CPU plugin, or else its reference (the plugin leaves antialiasing out)."""
    given_ = {**properties}
    axes = np.array(given_.pop("axes"), np.int64)
    sizes, scales = given_.pop("sizes"), given_.pop("scales")
    given_["coordinate_transformation_mode"] = given_.pop("coordinate_transformation")
    target = np.array(scales, np.float32) if by_scales else np.array(sizes, np.int64)

    def build(a: Any) -> Any:
        return ov.opset11.interpolate(
            a,
            ov.opset11.constant(target),
            shape_calculation_mode="scales" if by_scales else "sizes",
            axes=ov.opset11.constant(axes),
            **given_,
        )

    expected = (
        openvino(build, [x])[0] if plugin else reference(build(ov.opset11.constant(x)), [x, target, axes])
    )
    close(arhat(InterpolateOp, [x], properties), expected, rtol=1e-4, atol=1e-4)


@sweep(140)
@given(
    seed=st.integers(0, 2**31),
    size=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    out=st.tuples(st.integers(1, 17), st.integers(1, 17)),
    mode=st.sampled_from(["nearest", "linear", "linear_onnx", "cubic"]),
    transformation=st.sampled_from(TRANSFORMATIONS),
    nearest=st.sampled_from(NEAREST),
    antialias=st.booleans(),
    coefficient=st.sampled_from([-0.75, -0.5]),
    pads=st.sampled_from([None, None, ([0, 0, 1, 2], [0, 0, 2, 0])]),
    by_scales=st.booleans(),
    plugin=st.booleans(),
)
def test_two_axes(
    seed: int,
    size: tuple[int, int],
    out: tuple[int, int],
    mode: str,
    transformation: str,
    nearest: str,
    antialias: bool,
    coefficient: float,
    pads: tuple[list[int], list[int]] | None,
    by_scales: bool,
    plugin: bool,
) -> None:
    x = numbers(seed, 1, 2, *size)
    begin, end = pads or ([0] * 4, [0] * 4)
    padded = [s + b + e for s, b, e in zip(size, begin[2:], end[2:], strict=True)]
    scales = [np.float32(o) / np.float32(p) for o, p in zip(out, padded, strict=True)]
    if by_scales:
        out_sizes = [int(np.floor(np.float32(p) * s + 1e-5)) for p, s in zip(padded, scales, strict=True)]
        assume(min(out_sizes) >= 1)
    else:
        out_sizes = list(out)
    properties: dict[str, Any] = dict(
        axes=[2, 3],
        sizes=out_sizes,
        scales=[float(s) for s in scales],
        mode=mode,
        coordinate_transformation=transformation,
        nearest_mode=nearest,
        antialias=antialias,
        cube_coeff=coefficient,
        pads_begin=begin,
        pads_end=end,
    )
    check(x, properties, by_scales, plugin and not antialias)


@sweep(40)
@given(
    seed=st.integers(0, 2**31),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    scales=st.tuples(st.floats(0.3125, 3, width=32), st.floats(0.3125, 3, width=32)),
    mode=st.sampled_from(["nearest", "linear", "linear_onnx", "cubic"]),
    transformation=st.sampled_from(TRANSFORMATIONS),
    nearest=st.sampled_from(NEAREST),
)
def test_scales_that_do_not_divide(
    seed: int,
    size: tuple[int, int],
    scales: tuple[float, float],
    mode: str,
    transformation: str,
    nearest: str,
) -> None:
    sizes = [int(np.floor(np.float32(s) * np.float32(f))) for s, f in zip(size, scales, strict=True)]
    assume(min(sizes) >= 1)
    properties: dict[str, Any] = dict(
        axes=[2, 3],
        sizes=sizes,
        scales=list(scales),
        mode=mode,
        coordinate_transformation=transformation,
        nearest_mode=nearest,
        antialias=False,
        cube_coeff=-0.75,
        pads_begin=[0] * 4,
        pads_end=[0] * 4,
    )
    check(numbers(seed, 1, 2, *size), properties, True, True)
