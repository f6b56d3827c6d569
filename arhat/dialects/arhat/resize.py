"""Resampling."""

from __future__ import annotations

from math import isfinite

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import (
    BOOL,
    FLOAT,
    FLOATS,
    INT,
    INTS,
    ArhatOp,
    Tensor,
    check_at_least,
    check_axes,
    check_length,
    choice,
    element_of,
    floats_of,
    ints_of,
    is_float,
    is_integer,
    require,
    shape_of,
    tensor_type,
)


@irdl_op_definition
class InterpolateOp(ArhatOp):
    """Resizes `axes` to `sizes` after padding with zeros. Source: Interpolate-1, -4 and -11.

    `scales` (one per axis) are what coordinates are computed with; they are given apart from `sizes`
    because a model may state either, and the rounding of one from the other differs.

    ```
    %y = arhat.interpolate(%x) {axes = [2, 3], sizes = [8, 8], scales = [2.0, 2.0], mode = "nearest",
           coordinate_transformation = "asymmetric", nearest_mode = "floor", antialias = false, cube_coeff
           = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} : (tensor<1x3x4x4xf32>) ->
           tensor<1x3x8x8xf32>
    ```
    """

    name = "arhat.interpolate"

    x = operand_def(TensorType)
    axes = prop_def(INTS)
    sizes = prop_def(INTS)
    scales = prop_def(FLOATS)
    mode = prop_def(choice("nearest", "linear", "linear_onnx", "cubic"))
    coordinate_transformation = prop_def(
        choice("half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners")
    )
    nearest_mode = prop_def(choice("round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"))
    antialias = prop_def(BOOL)
    cube_coeff = prop_def(FLOAT)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The padded shape with `sizes` along `axes`."""
        x = shape_of(self.x)
        axes, sizes, scales = ints_of(self.axes), ints_of(self.sizes), floats_of(self.scales)
        begin, end = ints_of(self.pads_begin), ints_of(self.pads_end)
        check_axes(axes, len(x))
        check_length("sizes", sizes, len(axes))
        check_length("scales", scales, len(axes))
        check_at_least("sizes", sizes, 1)
        require(all(isfinite(s) and s > 0 for s in scales), f"'scales' must be positive, got {list(scales)}")
        check_length("pads_begin", begin, len(x))
        check_length("pads_end", end, len(x))
        check_at_least("pads_begin", begin, 0)
        check_at_least("pads_end", end, 0)
        shape = [d + b + e for d, b, e in zip(x, begin, end, strict=True)]
        for axis, size in zip(axes, sizes, strict=True):
            require(shape[axis] > 0, f"cannot resize the empty axis {axis}")
            shape[axis] = size
        return [tensor_type(element_of(self.x), tuple(shape))]


@irdl_op_definition
class ResampleOp(ArhatOp):
    """Resizes one axis as the Pillow library does: a filter that widens where the axis shrinks. Source:
    Interpolate-11, modes `bilinear_pillow` and `bicubic_pillow`.

    Weights and sums are f64; integers are rounded, halves away from zero, and clipped to their range.

    ```
    %y = arhat.resample(%x) {axis = 3, size = 8, filter = "bicubic", cube_coeff = -0.5}
         : (tensor<1x3x4x16xf32>) -> tensor<1x3x4x8xf32>
    ```
    """

    name = "arhat.resample"

    x = operand_def(TensorType)
    axis = prop_def(INT)
    size = prop_def(INT)
    filter = prop_def(choice("bilinear", "bicubic"))
    cube_coeff = prop_def(FLOAT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's shape with `size` along the axis."""
        x, axis, size = shape_of(self.x), self.axis.value.data, self.size.value.data
        check_axes([axis], len(x))
        require(x[axis] > 0, f"cannot resize the empty axis {axis}")
        require(size > 0, f"'size' must be positive, got {size}")
        element = element_of(self.x)
        require(is_float(element) or is_integer(element), f"cannot resize elements of type {element}")
        return [tensor_type(element, (*x[:axis], size, *x[axis + 1 :]))]
