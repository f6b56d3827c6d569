"""Reductions over axes, and sums along one."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import TensorType, i1
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import (
    BOOL,
    INT,
    INTS,
    ArhatOp,
    Tensor,
    check_axes,
    element_of,
    ints_of,
    require,
    shape_of,
    tensor_type,
    type_of,
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

    LOGICAL: ClassVar[bool] = False

    def infer(self) -> list[Tensor]:
        """The operand's shape without the reduced axes, or with them as 1."""
        element = element_of(self.x)
        require((element == i1) == self.LOGICAL, f"the input must be {self.takes()}, got {element}")
        shape = shape_of(self.x)
        axes = ints_of(self.axes)
        check_axes(axes, len(shape))
        if self.keep_dims.value.data:
            reduced = tuple(1 if i in axes else dim for i, dim in enumerate(shape))
        else:
            reduced = tuple(dim for i, dim in enumerate(shape) if i not in axes)
        return [tensor_type(element, reduced)]

    @classmethod
    def takes(cls) -> str:
        """What elements the operation takes."""
        return "boolean (i1)" if cls.LOGICAL else "of numbers"


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


class LogicalReductionOp(ReductionOp):
    """Base class: reduces booleans."""

    LOGICAL: ClassVar[bool] = True


@irdl_op_definition
class ReduceLogicalAndOp(LogicalReductionOp):
    """Whether all over `axes` are true. Source: ReduceLogicalAnd-1."""

    name = "arhat.reduce_logical_and"


@irdl_op_definition
class ReduceLogicalOrOp(LogicalReductionOp):
    """Whether any over `axes` is true. Source: ReduceLogicalOr-1."""

    name = "arhat.reduce_logical_or"


@irdl_op_definition
class CumSumOp(ArhatOp):
    """Running sums along `axis`; `exclusive` ones leave out the element itself, `reverse` ones start at the end.

    Source: CumSum-3.

    ```
    %y = arhat.cum_sum(%x) {axis = 1, exclusive = false, reverse = false}
         : (tensor<2x5xf32>) -> tensor<2x5xf32>
    ```
    """

    name = "arhat.cum_sum"

    x = operand_def(TensorType)
    axis = prop_def(INT)
    exclusive = prop_def(BOOL)
    reverse = prop_def(BOOL)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's type."""
        check_axes([self.axis.value.data], len(shape_of(self.x)))
        element = element_of(self.x)
        require(element != i1, f"the input must be of numbers, got {element}")
        return [type_of(self.x)]
