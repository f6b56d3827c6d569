"""Resampling."""

from __future__ import annotations

from math import floor, prod

import numpy as np

from arhat.dialects.arhat import InterpolateOp, ResampleOp, shape_of, tensor_type
from arhat.dialects.arhat.base import floats_of, ints_of
from arhat.exporters.openvino.graph import Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


@exporter(InterpolateOp)
def interpolate(node: Node, op: InterpolateOp) -> Value:
    """Interpolate-4, which is given either the sizes or the scales and derives the others from them."""
    axes, sizes, scales = ints_of(op.axes), ints_of(op.sizes), floats_of(op.scales)
    begin, end = ints_of(op.pads_begin), ints_of(op.pads_end)
    padded = [dim + b + e for dim, b, e in zip(shape_of(op.x), begin, end, strict=True)]
    ratios = [
        float(np.float32(size) / np.float32(padded[axis])) for size, axis in zip(sizes, axes, strict=True)
    ]
    derived = [floor(padded[axis] * scale + 1e-6) for axis, scale in zip(axes, scales, strict=True)]
    exact = [float(np.float32(scale)) for scale in scales]
    if list(scales) == ratios:
        calculation = "sizes"
    elif list(sizes) == derived and list(scales) == exact:
        calculation = "scales"
    else:
        raise node.error(
            f"sizes {list(sizes)} and scales {list(scales)} do not follow from each other as OpenVINO derives them"
        )
    inputs = [
        node.value(op.x),
        node.ints(sizes, "sizes"),
        node.constant(scales, "scales", dtype=np.float32),
        node.ints(axes, "axes"),
    ]
    return node.add(
        "Interpolate",
        4,
        inputs,
        {
            "mode": op.mode.data,
            "shape_calculation_mode": calculation,
            "coordinate_transformation_mode": op.coordinate_transformation.data,
            "nearest_mode": op.nearest_mode.data,
            "antialias": bool(op.antialias.value.data),
            "pads_begin": begin,
            "pads_end": end,
            "cube_coeff": op.cube_coeff.value.data,
        },
    )


@exporter(ResampleOp)
def resample(node: Node, op: ResampleOp) -> Value:
    """Interpolate-11 in a mode of Pillow, which takes two axes: the last ones, one of which keeps its size.

    OpenVINO's CPU plugin resizes other axes wrongly or not at all: those are made the third of four.
    """
    x, axis, size = node.value(op.x), op.axis.value.data, op.size.value.data
    shape = x.shape
    plain = len(shape) > 1 and axis >= len(shape) - 2
    if not plain:
        shape = (1, prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :]))
        x, axis = node.reshape(x, shape, "rows"), 2
    axes = [len(shape) - 2, len(shape) - 1]
    sizes = [size if place == axis else shape[place] for place in axes]
    attributes = {
        "mode": f"{op.filter.data}_pillow",
        "shape_calculation_mode": "sizes",
        "coordinate_transformation_mode": "half_pixel",
        "nearest_mode": "round_prefer_floor",
        "antialias": False,
        "pads_begin": [0] * len(shape),
        "pads_end": [0] * len(shape),
        "cube_coeff": op.cube_coeff.value.data,
    }
    inputs = [x, node.ints(sizes, "sizes"), node.ints(axes, "axes")]
    result = tensor_type(x.type.element_type, (*shape[:-2], *sizes))
    value = node.add("Interpolate", 11, inputs, attributes, result)
    return value if plain else node.reshape(value, shape_of(op.result), "resample")
