"""Normalisation by mean and variance and by what stands around an element, and running sums."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import base, irdl_op_definition, operand_def, prop_def

from arhat.dialects.arhat.base import BOOL, FLOAT, INT, INTS, choice, ints_of
from arhat.dialects.kernel.base import SameShapeOp, check, shape_of


@irdl_op_definition
class MvnOp(SameShapeOp):
    """(x - mean) / deviation over `axes`: OpenVINO MVN-1 and -6."""

    name = "kernel.mvn"
    x = operand_def(base(TensorType))
    axes = prop_def(INTS)
    normalize_variance = prop_def(BOOL)
    eps = prop_def(FLOAT)
    eps_mode = prop_def(choice("inside_sqrt", "outside_sqrt"))

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape."""
        rank = len(shape_of(self.x))
        check(all(0 <= axis < rank for axis in ints_of(self.axes)), "axes out of range")
        return super().expected_shape()


@irdl_op_definition
class LrnOp(SameShapeOp):
    """x / (bias + alpha / size^k * sum of the squares around it)^beta, k axes: OpenVINO LRN-1."""

    name = "kernel.lrn"
    x = operand_def(base(TensorType))
    axes = prop_def(INTS)
    alpha = prop_def(FLOAT)
    beta = prop_def(FLOAT)
    bias = prop_def(FLOAT)
    size = prop_def(INT)

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape."""
        rank = len(shape_of(self.x))
        check(all(0 <= axis < rank for axis in ints_of(self.axes)), "axes out of range")
        check(self.size.value.data >= 1, "size must be at least 1")
        return super().expected_shape()


@irdl_op_definition
class CumSumOp(SameShapeOp):
    """Running sums along `axis`: OpenVINO CumSum-3."""

    name = "kernel.cum_sum"
    x = operand_def(base(TensorType))
    axis = prop_def(INT)
    exclusive = prop_def(BOOL)
    reverse = prop_def(BOOL)

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape."""
        check(0 <= self.axis.value.data < len(shape_of(self.x)), "axis out of range")
        return super().expected_shape()
