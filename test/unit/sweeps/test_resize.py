"""Interpolate in all its revisions and modes, against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from openvino.utils.node_factory import NodeFactory
from sweeps import Array, Case, Sweep
from unit.sweeps.movement_operands import filled

sweep = Sweep()

op = ov.opset11

MODES = ["nearest", "nearest", "linear", "linear_onnx", "cubic"]
TRANSFORMATIONS = ["half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners"]
NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"]


def by_reference(build: Any, target: Array, axes: Array) -> Any:
    """For `Case.expected`: OpenVINO's reference implementation, whose inputs are the constants too."""

    def run(x: Array) -> list[Array]:
        node = build(op.constant(x))
        output = ov.Tensor(node.output(0).element_type, node.output(0).shape)
        rest = [ov.Tensor(np.ascontiguousarray(a)) for a in (target, axes)]
        assert node.evaluate([output], [ov.Tensor(x), *rest])
        return [np.array(output.data)]

    return run


def tolerance(x: Array) -> dict[str, float]:
    """Coordinates and weights are f32, and a sum of many products in another order."""
    return {"rtol": 1e-4, "atol": 1e-4} if x.dtype.kind == "f" else {}


@st.composite
def extents(draw: st.DrawFn, padded: list[int], axes: list[int]) -> tuple[bool, list[int], list[float]]:
    """Whether scales are given, output sizes, and scales."""
    by_scales = draw(st.booleans())
    if not by_scales:
        sizes = [draw(st.one_of(st.integers(1, 17), st.just(padded[a]))) for a in axes]
        return False, sizes, [0.0] * len(axes)
    scales: list[float] = []
    for axis in axes:
        scale = draw(st.sampled_from([0.3, 0.5, 0.75, 1.0, 1.3, 2.0, 2.5, 3.0]))
        scales.append(scale if padded[axis] * scale >= 1 else 1.0)
    return True, [0] * len(axes), scales


def interpolate(draw: st.DrawFn, shape: list[int], axes: list[int], mode: str, plugin: bool) -> Case:
    """A case of revision 4 or 11."""
    dtype = np.float32
    begin, end = [0] * len(shape), [0] * len(shape)
    if draw(st.integers(0, 2)) == 0:
        for axis in axes:
            begin[axis], end[axis] = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    padded = [s + b + e for s, b, e in zip(shape, begin, end, strict=True)]
    by_scales, sizes, scales = draw(extents(padded, axes))
    antialias = draw(st.booleans()) and not plugin
    attributes: dict[str, Any] = {
        "mode": mode,
        "shape_calculation_mode": "scales" if by_scales else "sizes",
        "coordinate_transformation_mode": draw(st.sampled_from(TRANSFORMATIONS)),
        "nearest_mode": draw(st.sampled_from(NEAREST)),
        "antialias": antialias,
        "cube_coeff": draw(st.sampled_from([-0.75, -0.5])),
        "pads_begin": begin,
        "pads_end": end,
    }
    target = np.array(scales, np.float32) if by_scales else np.array(sizes, np.int64)
    where = np.array(axes, np.int64)
    revision = draw(st.sampled_from([4, 11]))
    x = filled(draw, tuple(shape), dtype)

    def newer(x: Any) -> Any:
        return op.interpolate(x, op.constant(target), axes=op.constant(where), **attributes)

    def older(x: Any) -> Any:
        made = [int(np.floor(padded[a] * s + 1e-5)) for a, s in zip(axes, scales, strict=True)]
        given = np.array(made, np.int64) if by_scales else target
        ratios = target if by_scales else np.ones(len(axes), np.float32)
        inputs = [x.output(0), *(op.constant(a).output(0) for a in (given, ratios, where))]
        return NodeFactory("opset4").create("Interpolate", inputs, attributes)

    note = f"revision {revision} {target} {axes} {attributes}"
    expected = None if plugin else by_reference(newer, target, where)
    return Case(newer if revision == 11 else older, [x], note=note, expected=expected, **tolerance(x))


@sweep.operator("Interpolate of two axes", examples=80, emitted=25)
@st.composite
def two_axes(draw: st.DrawFn) -> Case:
    shape = [
        draw(st.integers(1, 2)),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 9)),
        draw(st.integers(1, 9)),
    ]
    return interpolate(draw, shape, [2, 3], draw(st.sampled_from(MODES)), draw(st.booleans()))


@sweep.operator("Interpolate of any axes", examples=60, emitted=20)
@st.composite
def any_axes(draw: st.DrawFn) -> Case:
    rank = draw(st.integers(1, 5))
    shape = [draw(st.integers(1, 6)) for _ in range(rank)]
    mode = draw(st.sampled_from(["nearest", "linear", "linear_onnx", "cubic"]))
    if mode == "linear_onnx":
        rank = draw(st.sampled_from([2, 4, 5]))
        shape = [draw(st.integers(1, 6)) for _ in range(rank)]
        # The reference takes the coordinates of volumes from the wrong axes where the first one keeps its length.
        return interpolate(draw, shape, list(range(0 if rank == 2 else 2, rank)), mode, rank > 2)
    axes = sorted(draw(st.permutations(range(rank)))[: draw(st.integers(1, min(rank, 3)))])
    return interpolate(draw, shape, axes, mode, False)


@sweep.operator("Interpolate of integers", examples=30, emitted=10)
@st.composite
def integers(draw: st.DrawFn) -> Case:
    x = filled(
        draw,
        (1, 2, draw(st.integers(1, 6)), draw(st.integers(1, 6))),
        draw(st.sampled_from([np.uint8, np.int8])),
    )
    sizes = np.array([draw(st.integers(1, 9)), draw(st.integers(1, 9))], np.int64)
    mode = draw(st.sampled_from(MODES))
    transformation = draw(st.sampled_from(TRANSFORMATIONS))
    where = np.array([2, 3], np.int64)

    def build(x: Any) -> Any:
        return op.interpolate(
            x,
            op.constant(sizes),
            mode=mode,
            shape_calculation_mode="sizes",
            coordinate_transformation_mode=transformation,
            axes=op.constant(where),
        )

    def compare(actual: dict[str, Array], expected: Any) -> None:
        """Equal, but for halves: which way they are rounded hangs on the last bit of an f32 sum."""
        (ours,) = actual.values()
        assert ours.dtype == expected[0].dtype and ours.shape == expected[0].shape
        exact = by_reference(build, sizes, where)(x.astype(np.float32))[0]
        half = np.abs(exact - np.floor(exact) - 0.5) < 1e-4
        difference = np.abs(ours.astype(np.int64) - expected[0].astype(np.int64))
        assert not (difference > half).any(), f"{ours.tolist()} instead of {expected[0].tolist()}"

    return Case(build, [x], note=f"{mode} {sizes} {transformation}", compare=compare)


@sweep.operator("Interpolate of Pillow", examples=40, emitted=15)
@st.composite
def pillow(draw: st.DrawFn) -> Case:
    rank = draw(st.integers(2, 4))
    shape = tuple(draw(st.integers(1, 9)) for _ in range(rank))
    axes = sorted(draw(st.permutations(range(rank)))[:2])
    x = filled(draw, shape, draw(st.sampled_from([np.float32, np.float32, np.uint8, np.int8])))
    if x.dtype == np.uint8:
        x = (x * 25).astype(np.uint8)
    sizes = np.array([draw(st.integers(1, 17)) for _ in axes], np.int64)
    mode = draw(st.sampled_from(["bilinear_pillow", "bicubic_pillow"]))
    coefficient = draw(st.sampled_from([-0.5, -0.75]))
    where = np.array(axes, np.int64)

    def build(x: Any) -> Any:
        return op.interpolate(
            x,
            op.constant(sizes),
            mode=mode,
            shape_calculation_mode="sizes",
            axes=op.constant(where),
            cube_coeff=coefficient,
        )

    note = f"{mode} {sizes} {axes} {coefficient}"
    return Case(build, [x], note=note, expected=by_reference(build, sizes, where), **tolerance(x))


@sweep.operator("Interpolate-1", examples=40, emitted=15)
@st.composite
def first_revision(draw: st.DrawFn) -> Case:
    rank = draw(st.sampled_from([3, 4, 4, 4, 5]))
    shape = [
        draw(st.integers(1, 2)),
        draw(st.integers(1, 6)),
        *(draw(st.integers(1, 7)) for _ in range(rank - 2)),
    ]
    axes = list(range(2, rank))
    mode = draw(st.sampled_from(["nearest", "linear", "cubic"]))
    if mode == "cubic" and rank == 5:
        mode = "nearest"
    sizes = np.array([draw(st.integers(1, 12)) for _ in axes], np.int64)
    attributes = {
        "axes": axes,
        "mode": mode,
        "align_corners": draw(st.booleans()),
        "antialias": False,
        "pads_begin": [0],
        "pads_end": [0],
    }
    x = filled(draw, tuple(shape), np.float32)

    def build(x: Any) -> Any:
        return NodeFactory("opset1").create(
            "Interpolate", [x.output(0), op.constant(sizes).output(0)], attributes
        )

    return Case(build, [x], note=f"{sizes} {attributes}", **tolerance(x))


test_interpreter, test_emitted = sweep.tests()
