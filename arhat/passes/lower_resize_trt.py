"""Part of convert-arhat-to-trt: resizing.

The resize layer computes where an element lies from the sizes alone, a model may state scales of its own. So the layer
is used where both give the same: the same elements (nearest), places that differ by less than 1e-4 of a pixel (linear,
cubic). Nearest neighbours that no setting of the layer finds are gathered. What else the layer does not have is the
kernel's: smoothing while shrinking, other coordinates, Pillow's filters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from xdsl.dialects.builtin import i32
from xdsl.ir import Operation, SSAValue

from arhat.dialects import arhat, kernel, trt
from arhat.dialects.arhat.base import floats_of, ints_of, tensor_type
from arhat.interpreters.meanings.resize import interpolate
from arhat.passes.lower_kernels import Lowered, Lowering
from arhat.passes.lower_steps_trt import Layers, element_of, is_float, shape_of
from arhat.passes.support import Unsupported
from arhat.weights import Array

TRANSFORMATIONS = ("asymmetric", "half_pixel", "align_corners")
ROUNDINGS = ("floor", "half_down", "half_up", "ceil")
"""What the layer has."""
EXTENTS = {"linear": 3, "cubic": 2}
"""How many of the last axes the layer resizes, by mode."""
CLOSE = 1e-4
"""Of a pixel."""


def _layer_places(transformation: str, length: int, size: int) -> Iterator[Array]:
    """Where the layer sees the elements of an axis, in the orders of computing that one may think of."""
    if transformation == "align_corners":
        if size == 1:
            return
        out, before, after, half = np.arange(size, dtype=np.float32), length - 1, size - 1, np.float32(0)
    else:
        half = np.float32(0.5 if transformation == "half_pixel" else 0)
        out, before, after = np.arange(size, dtype=np.float32) + half, length, size
    yield out * np.float32(before / after) - half
    yield out / np.float32(after / before if before else np.inf) - half
    yield out * np.float32(before) / np.float32(after) - half
    yield (out.astype(np.float64) * before / after) - half


def _rounded(rounding: str, at: Array) -> Array:
    match rounding:
        case "floor":
            return np.floor(at)
        case "ceil":
            return np.ceil(at)
        case "half_up":
            return np.floor(at + 0.5)
        case _:
            return np.ceil(at - 0.5)


class _Resize:
    """An `arhat.interpolate`, its operand padded, axis by axis."""

    def __init__(self, op: arhat.InterpolateOp) -> None:
        self.layers, self.op = Layers(op), op
        self.x = op.x
        before, after = ints_of(op.pads_begin), ints_of(op.pads_end)
        if any((*before, *after)):
            self.x = self.layers.pad(op.x, before, after, 0.0)
        self.shape = shape_of(op.result)
        lengths = shape_of(self.x)
        self.axes = [
            (axis, lengths[axis], size, scale)
            for axis, size, scale in zip(
                ints_of(op.axes), ints_of(op.sizes), floats_of(op.scales), strict=True
            )
            if lengths[axis] > 1 or size > 1
        ]

    def seen(self, length: int, size: int, scale: float, mode: str) -> Array:
        """What the op makes of the places of an axis: with `nearest` those it picks, else where it interpolates."""
        return interpolate(
            np.arange(length, dtype=np.int64 if mode == "nearest" else np.float64),
            axes=[0],
            sizes=[size],
            scales=[scale],
            mode=mode,
            coordinate_transformation=self.op.coordinate_transformation.data,
            nearest_mode=self.op.nearest_mode.data,
        )

    def layer(self, mode: str, transformation: str, rounding: str = "half_down") -> SSAValue:
        """The resize layer."""
        properties = {
            "mode": mode,
            "coordinate_transformation": transformation,
            "selector": "formula",
            "rounding": rounding,
            "cubic_coeff": self.op.cube_coeff if mode == "cubic" else None,
        }
        type_ = tensor_type(element_of(self.x), self.shape)
        return self.layers.add(trt.ResizeOp.make([self.x, None], properties, type_))

    def nearest(self) -> SSAValue:
        """The layer with a setting that picks the same elements; else the elements, gathered."""
        picks = [self.seen(length, size, scale, "nearest") for _, length, size, scale in self.axes]
        for transformation in TRANSFORMATIONS if is_float(self.x) else ():
            for rounding in ROUNDINGS:
                if all(
                    self._picks(transformation, rounding, length, size, expected)
                    for (_, length, size, _), expected in zip(self.axes, picks, strict=True)
                ):
                    return self.layer("nearest", transformation, rounding)
        y = self.x
        for (axis, length, size, _), pick in zip(self.axes, picks, strict=True):
            if length != size or (pick != np.arange(size)).any():
                y = self.layers.gather(y, self.layers.constant(pick, i32), axis)
        return y

    @staticmethod
    def _picks(transformation: str, rounding: str, length: int, size: int, expected: Array) -> bool:
        places = list(_layer_places(transformation, length, size))
        return bool(places) and all(
            (np.clip(_rounded(rounding, at), 0, length - 1) == expected).all() for at in places
        )

    def interpolated(self) -> SSAValue | None:
        """The layer, where it sees the elements at the same places; None where it does not."""
        mode = "cubic" if self.op.mode.data == "cubic" else "linear"
        shrinks = any(scale < 1 for scale in floats_of(self.op.scales))
        if self.op.mode.data == "linear" and self.op.antialias.value.data and shrinks:
            return None
        given = self.op.coordinate_transformation.data
        transformation = "half_pixel" if given == "pytorch_half_pixel" else given
        rank = len(self.shape)
        if transformation not in TRANSFORMATIONS or rank < 3:
            return None
        for axis, length, size, scale in self.axes:
            if length == size and scale == 1:
                continue
            expected = self.seen(length, size, scale, "linear_onnx")
            places = list(_layer_places(transformation, length, size))
            near = [np.abs(np.clip(at, 0, length - 1) - expected).max() < CLOSE for at in places]
            if not near or not all(near) or rank - axis > EXTENTS[mode]:
                return None
        return self.layer(mode, transformation)


def _interpolate(op: Operation) -> list[Operation] | Lowered:
    assert isinstance(op, arhat.InterpolateOp)
    resize = _Resize(op)
    if not resize.axes:
        return resize.layers.gives(resize.x)
    if op.mode.data == "nearest":
        return resize.layers.gives(resize.nearest())
    if not is_float(op.x):
        raise Unsupported("integers of more than 16 bits are resized to nearest neighbours only")
    y = resize.interpolated()
    if y is not None:
        return resize.layers.gives(y)
    properties = {name: value for name, value in op.properties.items() if name != "scratch_bytes"}
    return [kernel.InterpolateOp.make([op.x], properties, op.result.type)]


def _resample(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.ResampleOp)
    if not is_float(op.x):
        raise Unsupported("integers are rounded sums of f64, which TensorRT does not have")
    return [kernel.ResampleOp.make([op.x], op.properties, op.result.type)]


RESIZE_TRT_LOWERINGS: Mapping[str, Lowering] = {
    "arhat.interpolate": _interpolate,
    "arhat.resample": _resample,
}
"""The lowerings of this file by name of the op."""
