"""Kernels of pooling that the image kernels do not do, and of deformable convolution.

Properties are those of the `arhat` ops of the same names.
"""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.ir import SSAValue
from xdsl.irdl import base, irdl_op_definition, operand_def, prop_def, result_def, var_operand_def

from arhat.dialects.arhat.base import BOOL, INT, INTS, choice, ints_of
from arhat.dialects.arhat.nn import ROUNDING
from arhat.dialects.kernel.base import AnyKernelOp, KernelOp, check, shape_of


def _check_pooled(x: SSAValue, result: SSAValue, lists: list[tuple[int, ...]]) -> None:
    shape, made = shape_of(x), shape_of(result)
    check(3 <= len(shape) <= 5, f"the operand must have rank 3 to 5, got {len(shape)}")
    check(len(made) == len(shape) and made[:2] == shape[:2], "batch and channels stay what they are")
    check(all(len(values) == len(shape) - 2 for values in lists), "there is one value for each spatial axis")


@irdl_op_definition
class MaxPoolOp(KernelOp):
    """The largest element of each window, for elements of any type: OpenVINO MaxPool-1, -8 and -14."""

    name = "kernel.max_pool"
    x = operand_def(base(TensorType))
    kernel = prop_def(INTS)
    strides = prop_def(INTS)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    dilations = prop_def(INTS)
    rounding = prop_def(ROUNDING)

    def expected_shape(self) -> None:
        """Positions follow from rounding, which `arhat.max_pool` checks."""
        lists = (self.kernel, self.strides, self.pads_begin, self.dilations)
        _check_pooled(self.x, self.result, [ints_of(p) for p in lists])


@irdl_op_definition
class MaxPoolWithIndicesOp(AnyKernelOp):
    """The largest element of each window and its index from dimension `axis` on: OpenVINO MaxPool-8 and -14."""

    name = "kernel.max_pool_with_indices"
    x = operand_def(base(TensorType))
    kernel = prop_def(INTS)
    strides = prop_def(INTS)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    dilations = prop_def(INTS)
    rounding = prop_def(ROUNDING)
    axis = prop_def(INT)
    index_type = prop_def(choice("i32", "i64"))
    result = result_def(base(TensorType))
    indices = result_def(base(TensorType))

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        lists = (self.kernel, self.strides, self.pads_begin, self.dilations)
        _check_pooled(self.x, self.result, [ints_of(p) for p in lists])
        check(shape_of(self.result) == shape_of(self.indices), "there is one index for each result")


@irdl_op_definition
class AdaptiveAvgPoolOp(KernelOp):
    """The mean of each of `sizes` windows that cover the operand: OpenVINO AdaptiveAvgPool-8."""

    name = "kernel.adaptive_avg_pool"
    x = operand_def(base(TensorType))
    sizes = prop_def(INTS)

    def expected_shape(self) -> tuple[int, ...]:
        """[N, C, sizes...]."""
        _check_pooled(self.x, self.result, [ints_of(self.sizes)])
        return (*shape_of(self.x)[:2], *ints_of(self.sizes))


@irdl_op_definition
class AdaptiveMaxPoolOp(AnyKernelOp):
    """The largest element of each of `sizes` windows, and its index: OpenVINO AdaptiveMaxPool-8."""

    name = "kernel.adaptive_max_pool"
    x = operand_def(base(TensorType))
    sizes = prop_def(INTS)
    index_type = prop_def(choice("i32", "i64"))
    result = result_def(base(TensorType))
    indices = result_def(base(TensorType))

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        _check_pooled(self.x, self.result, [ints_of(self.sizes)])
        check(shape_of(self.result)[2:] == ints_of(self.sizes), "the result has the sizes asked for")
        check(shape_of(self.result) == shape_of(self.indices), "there is one index for each result")


@irdl_op_definition
class DeformableColumnsOp(KernelOp):
    """What each element of a deformable kernel sees, [N, C * kh * kw, OH, OW]; `mask` is one operand or none."""

    name = "kernel.deformable_columns"
    x = operand_def(base(TensorType))
    offsets = operand_def(base(TensorType))
    mask = var_operand_def(base(TensorType))
    kernel = prop_def(INTS)
    strides = prop_def(INTS)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    dilations = prop_def(INTS)
    deformable_groups = prop_def(INT)
    interpolate_border = prop_def(BOOL)

    def expected_shape(self) -> tuple[int, ...]:
        """[N, C * kh * kw, OH, OW] with the offsets' positions."""
        check(len(self.mask) <= 1, "there is one mask at most")
        n, c, *_ = shape_of(self.x)
        rows, columns = ints_of(self.kernel)
        taps, groups = rows * columns, self.deformable_groups.value.data
        moved = shape_of(self.offsets)
        check(moved[:2] == (n, 2 * groups * taps), f"there must be {2 * groups * taps} channels of offsets")
        for mask in self.mask:
            check(shape_of(mask) == (n, groups * taps, *moved[2:]), "the mask does not fit the offsets")
        return (n, c * taps, *moved[2:])
