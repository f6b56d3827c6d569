"""Resampling."""

from __future__ import annotations

from math import floor

import numpy as np

from arhat.dialects.arhat import InterpolateOp, shape_of
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
