"""Reductions over axes."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import (
    BOOL,
    INTS,
    ArhatOp,
    Tensor,
    check_axes,
    element_of,
    ints_of,
    shape_of,
    tensor_type,
)


class ReductionOp(ArhatOp):
    """Base class: reduces `axes` to one element each, which `keep_dims` keeps as axes of size 1.

    ```
    %y = arhat.reduce_mean(%x) {axes = [2, 3], keep_dims = true} : (tensor<1x8x7x7xf32>) ->
         tensor<1x8x1x1xf32>
    ```
    """

    x = operand_def(TensorType)
    axes = prop_def(INTS)
    keep_dims = prop_def(BOOL)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's shape without the reduced axes, or with them as 1."""
        shape = shape_of(self.x)
        axes = ints_of(self.axes)
        check_axes(axes, len(shape))
        if self.keep_dims.value.data:
            reduced = tuple(1 if i in axes else dim for i, dim in enumerate(shape))
        else:
            reduced = tuple(dim for i, dim in enumerate(shape) if i not in axes)
        return [tensor_type(element_of(self.x), reduced)]


@irdl_op_definition
class ReduceMeanOp(ReductionOp):
    """The mean over `axes`. Source: ReduceMean-1."""

    name = "arhat.reduce_mean"


@irdl_op_definition
class ReduceSumOp(ReductionOp):
    """The sum over `axes`. Source: ReduceSum-1."""

    name = "arhat.reduce_sum"


@irdl_op_definition
class ReduceProdOp(ReductionOp):
    """The product over `axes`. Source: ReduceProd-1."""

    name = "arhat.reduce_prod"


@irdl_op_definition
class ReduceMaxOp(ReductionOp):
    """The maximum over `axes`. Source: ReduceMax-1."""

    name = "arhat.reduce_max"


@irdl_op_definition
class ReduceMinOp(ReductionOp):
    """The minimum over `axes`. Source: ReduceMin-1."""

    name = "arhat.reduce_min"
