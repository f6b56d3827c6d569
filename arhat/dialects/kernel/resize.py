"""Kernels that resample."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import base, irdl_op_definition, operand_def, opt_prop_def, prop_def

from arhat.dialects.arhat.base import FLOAT, INT, choice
from arhat.dialects.kernel.base import KernelOp, check, shape_of


@irdl_op_definition
class ResampleOp(KernelOp):
    """Resize one axis with Pillow's filters: OpenVINO Interpolate-11, `bilinear_pillow` and `bicubic_pillow`.

    `scratch_bytes`: for the weights, by `arhat.emit.kernels.resample_scratch`. Values are dense.
    """

    name = "kernel.resample"
    x = operand_def(base(TensorType))
    axis = prop_def(INT)
    size = prop_def(INT)
    filter = prop_def(choice("bilinear", "bicubic"))
    cube_coeff = prop_def(FLOAT)
    scratch_bytes = opt_prop_def(INT)

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape with `size` along the axis."""
        x, axis = shape_of(self.x), self.axis.value.data
        check(0 <= axis < len(x), "axis out of range")
        return (*x[:axis], self.size.value.data, *x[axis + 1 :])
