"""Interpolate in its three revisions."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from xdsl.ir import SSAValue

from arhat.dialects.arhat.base import shape_of
from arhat.dialects.arhat.movement import PadOp
from arhat.dialects.arhat.resize import InterpolateOp, ResampleOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter

MODES = ("nearest", "linear", "linear_onnx", "cubic")
PILLOW = {"bilinear_pillow": "bilinear", "bicubic_pillow": "bicubic"}
COORDINATES = ("half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners")
NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple")
MAX_SIZE = 1 << 31


def _pads(node: Node, name: str, rank: int) -> list[int]:
    """The list is cut or filled up with zeros to the rank, as OpenVINO's `correct_pads_attr` does."""
    pads = [*node.integers(name, ())[:rank]]
    if any(not 0 <= pad < MAX_SIZE for pad in pads):
        raise node.error(f"'{name}' is {pads}, but must be non-negative; check the model")
    return pads + [0] * (rank - len(pads))


def _sizes(node: Node, index: int, axes: Sequence[int]) -> list[int]:
    sizes = node.constant_ints(index, "the list of output sizes")
    if len(sizes) != len(axes) or any(not 1 <= size < MAX_SIZE for size in sizes):
        raise node.error(f"the output sizes {sizes} do not fit the axes {list(axes)}; check the model")
    return sizes


def _scales(node: Node, index: int, axes: Sequence[int]) -> list[float]:
    scales = [float(scale) for scale in node.constant(index, "the list of scales").reshape(-1).tolist()]
    if len(scales) != len(axes) or any(not math.isfinite(scale) or scale <= 0 for scale in scales):
        raise node.error(f"the scales {scales[:8]} do not fit the axes {list(axes)}; check the model")
    return scales


def _pillow(
    node: Node,
    axes: Sequence[int],
    sizes: Sequence[int],
    begin: Sequence[int],
    end: Sequence[int],
    filter: str,
) -> SSAValue:
    """The last axis first, as Pillow resizes rows before columns; integers are rounded in between."""
    if len(axes) != 2:
        raise node.error(f"the modes of Pillow resize two axes, not {len(axes)}; check the model")
    value = node.input(0)
    if any(begin) or any(end):
        pads = {"pads_begin": begin, "pads_end": end, "mode": "constant", "value": 0.0}
        value = node.build(PadOp, [value], pads)
    coefficient = node.number("cube_coeff", -0.75)
    for axis, size in reversed(list(zip(axes, sizes, strict=True))):
        if shape_of(value)[axis] != size:
            properties = {"axis": axis, "size": size, "filter": filter, "cube_coeff": coefficient}
            value = node.build(ResampleOp, [value], properties)
    return value


def _interpolate(node: Node, axes: Sequence[int], sizes_at: int, scales_at: int) -> SSAValue:
    """What revisions 4 and 11 share. Source: Interpolate-4 and -11."""
    rank = len(node.shape(0))
    begin, end = _pads(node, "pads_begin", rank), _pads(node, "pads_end", rank)
    padded = [dim + begin[i] + end[i] for i, dim in enumerate(node.shape(0))]
    if any(padded[axis] == 0 for axis in axes):
        raise node.error(f"resizes an empty axis of {node.shape(0)}; check the model")
    if node.choice("shape_calculation_mode", ("sizes", "scales")) == "sizes":
        sizes = _sizes(node, sizes_at, axes)
        # OpenVINO computes the ratio in f32, and positions with it.
        scales = [
            float(np.float32(size) / np.float32(padded[axis])) for size, axis in zip(sizes, axes, strict=True)
        ]
    else:
        scales = _scales(node, scales_at, axes)
        exact = [padded[axis] * scale + 1e-6 for axis, scale in zip(axes, scales, strict=True)]
        if any(not 1 <= size < MAX_SIZE for size in exact):
            raise node.error(
                f"the scales {scales} give sizes {exact}, which are not positive 31-bit integers"
            )
        sizes = [math.floor(size) for size in exact]
    mode = node.choice("mode", (*MODES, *PILLOW))
    if mode in PILLOW:
        return _pillow(node, axes, sizes, begin, end, PILLOW[mode])
    return node.build(
        InterpolateOp,
        [node.input(0)],
        {
            "axes": axes,
            "sizes": sizes,
            "scales": scales,
            "mode": mode,
            "coordinate_transformation": node.choice(
                "coordinate_transformation_mode", COORDINATES, "half_pixel"
            ),
            "nearest_mode": node.choice("nearest_mode", NEAREST, "round_prefer_floor"),
            "antialias": node.boolean("antialias", False),
            "cube_coeff": node.number("cube_coeff", -0.75),
            "pads_begin": begin,
            "pads_end": end,
        },
    )


def _axes(node: Node, index: int) -> list[int]:
    rank = len(node.shape(0))
    return node.constant_axes(index, rank) if node.input_count > index else list(range(rank))


@converter("Interpolate", 4)
def interpolate_4(node: Node) -> SSAValue:
    """Inputs: data, sizes, scales, axes. Source: Interpolate-4."""
    node.expect_inputs(3, 4)
    return _interpolate(node, _axes(node, 3), 1, 2)


@converter("Interpolate", 11)
def interpolate_11(node: Node) -> SSAValue:
    """Inputs: data, sizes or scales, axes. Source: Interpolate-11."""
    node.expect_inputs(2, 3)
    return _interpolate(node, _axes(node, 2), 1, 1)


@converter("Interpolate", 1)
def interpolate_1(node: Node) -> SSAValue:
    """Turned into the newer form as OpenVINO does it. Source: Interpolate-1, and OpenVINO's results.

    Nearest is `simple`, linear on up to four axes is `linear_onnx`. Unless `align_corners` is set, positions are
    `asymmetric`, but `half_pixel` for linear modes without pads, other than over the axes 2 and 3 of four.
    """
    node.expect_inputs(2)
    shape = node.shape(0)
    rank = len(shape)
    axes = [node.axis(axis, rank) for axis in node.integers("axes")]
    begin, end = _pads(node, "pads_begin", rank), _pads(node, "pads_end", rank)
    sizes = _sizes(node, 1, axes)
    padded = [dim + begin[i] + end[i] for i, dim in enumerate(shape)]
    if any(padded[axis] == 0 for axis in axes):
        raise node.error(f"resizes an empty axis of {shape}; check the model")
    mode = node.choice("mode", MODES)
    if mode == "linear" and rank < 5:
        mode = "linear_onnx"
    if node.boolean("align_corners", True):
        coordinates = "align_corners"
    elif (
        mode in ("linear", "linear_onnx") and not (rank == 4 and set(axes) == {2, 3}) and not any(begin + end)
    ):
        coordinates = "half_pixel"
    else:
        coordinates = "asymmetric"
    return node.build(
        InterpolateOp,
        [node.input(0)],
        {
            "axes": axes,
            "sizes": sizes,
            "scales": [
                float(np.float32(s) / np.float32(padded[a])) for s, a in zip(sizes, axes, strict=True)
            ],
            "mode": mode,
            "coordinate_transformation": coordinates,
            "nearest_mode": "simple",
            "antialias": node.boolean("antialias", False),
            "cube_coeff": -0.75,
            "pads_begin": begin,
            "pads_end": end,
        },
    )
