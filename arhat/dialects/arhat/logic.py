"""Comparisons, logic on booleans and bits, choices between two tensors, and tests for special numbers."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType, i1
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import (
    BOOL,
    ArhatOp,
    Tensor,
    broadcast,
    element_of,
    is_float,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
    type_of,
)


class CompareOp(ArhatOp):
    """Base class: two operands of one element type, broadcast by NumPy's rule; the result is boolean."""

    a = operand_def(TensorType)
    b = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The broadcast shape with elements of i1."""
        require_same_element(self.operands)
        return [tensor_type(i1, broadcast(shape_of(self.a), shape_of(self.b)))]


class LogicalOp(ArhatOp):
    """Base class: two boolean operands, broadcast by NumPy's rule."""

    a = operand_def(TensorType)
    b = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The broadcast shape with elements of i1."""
        for operand in self.operands:
            require(element_of(operand) == i1, f"operands must be boolean (i1), got {element_of(operand)}")
        return [tensor_type(i1, broadcast(shape_of(self.a), shape_of(self.b)))]


class BitwiseOp(ArhatOp):
    """Base class: two integer or boolean operands of one element type, broadcast by NumPy's rule."""

    a = operand_def(TensorType)
    b = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The broadcast shape with the operands' element type."""
        element = require_same_element(self.operands)
        require(not is_float(element), f"operands must be integers or booleans, got {element}")
        return [tensor_type(element, broadcast(shape_of(self.a), shape_of(self.b)))]


class ClassifyOp(ArhatOp):
    """Base class: a boolean for each element of a floating-point operand."""

    x = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's shape with elements of i1."""
        require_float(self.x, "the input")
        return [tensor_type(i1, shape_of(self.x))]


@irdl_op_definition
class EqualOp(CompareOp):
    """`a == b`. Source: Equal-1.

    ```
    %y = arhat.equal(%a, %b) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
    ```
    """

    name = "arhat.equal"


@irdl_op_definition
class NotEqualOp(CompareOp):
    """`a != b`. Source: NotEqual-1."""

    name = "arhat.not_equal"


@irdl_op_definition
class LessOp(CompareOp):
    """`a < b`. Source: Less-1."""

    name = "arhat.less"


@irdl_op_definition
class LessEqualOp(CompareOp):
    """`a <= b`. Source: LessEqual-1."""

    name = "arhat.less_equal"


@irdl_op_definition
class GreaterOp(CompareOp):
    """`a > b`. Source: Greater-1."""

    name = "arhat.greater"


@irdl_op_definition
class GreaterEqualOp(CompareOp):
    """`a >= b`. Source: GreaterEqual-1."""

    name = "arhat.greater_equal"


@irdl_op_definition
class LogicalAndOp(LogicalOp):
    """Whether both are true. Source: LogicalAnd-1.

    ```
    %y = arhat.logical_and(%a, %b) : (tensor<2x3xi1>, tensor<3xi1>) -> tensor<2x3xi1>
    ```
    """

    name = "arhat.logical_and"


@irdl_op_definition
class LogicalOrOp(LogicalOp):
    """Whether one or both are true. Source: LogicalOr-1."""

    name = "arhat.logical_or"


@irdl_op_definition
class LogicalXorOp(LogicalOp):
    """Whether one but not both are true. Source: LogicalXor-1."""

    name = "arhat.logical_xor"


@irdl_op_definition
class LogicalNotOp(ArhatOp):
    """Whether it is false. Source: LogicalNot-1."""

    name = "arhat.logical_not"

    x = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's type."""
        shape_of(self.x)
        require(element_of(self.x) == i1, f"the input must be boolean (i1), got {element_of(self.x)}")
        return [type_of(self.x)]


@irdl_op_definition
class BitwiseAndOp(BitwiseOp):
    """The bits that are set in both. Source: BitwiseAnd-13.

    ```
    %y = arhat.bitwise_and(%a, %b) : (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xi32>
    ```
    """

    name = "arhat.bitwise_and"


@irdl_op_definition
class BitwiseOrOp(BitwiseOp):
    """The bits that are set in one or both. Source: BitwiseOr-13."""

    name = "arhat.bitwise_or"


@irdl_op_definition
class BitwiseXorOp(BitwiseOp):
    """The bits that are set in one but not in both. Source: BitwiseXor-13."""

    name = "arhat.bitwise_xor"


@irdl_op_definition
class BitwiseNotOp(ArhatOp):
    """Every bit inverted. Source: BitwiseNot-13."""

    name = "arhat.bitwise_not"

    x = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's type."""
        shape_of(self.x)
        element = element_of(self.x)
        require(not is_float(element), f"the input must be of integers or booleans, got {element}")
        return [type_of(self.x)]


@irdl_op_definition
class SelectOp(ArhatOp):
    """`then` where `condition` holds, else `otherwise`; all three broadcast by NumPy's rule. Source: Select-1.

    ```
    %y = arhat.select(%c, %a, %b) : (tensor<2x1xi1>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
    ```
    """

    name = "arhat.select"

    condition = operand_def(TensorType)
    then = operand_def(TensorType)
    otherwise = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The shape to which all three broadcast, with the element type of the two choices."""
        kind = element_of(self.condition)
        require(kind == i1, f"the condition must be boolean (i1), got {kind}")
        element = require_same_element([self.then, self.otherwise])
        choices = broadcast(shape_of(self.then), shape_of(self.otherwise))
        return [tensor_type(element, broadcast(shape_of(self.condition), choices))]


@irdl_op_definition
class IsNanOp(ClassifyOp):
    """Whether it is not a number. Source: IsNaN-10.

    ```
    %y = arhat.is_nan(%x) : (tensor<4xf32>) -> tensor<4xi1>
    ```
    """

    name = "arhat.is_nan"


@irdl_op_definition
class IsInfOp(ClassifyOp):
    """Whether it is an infinity of a sign that is asked for. Source: IsInf-10."""

    name = "arhat.is_inf"

    detect_negative = prop_def(BOOL)
    detect_positive = prop_def(BOOL)


@irdl_op_definition
class IsFiniteOp(ClassifyOp):
    """Whether it is a number and finite. Source: IsFinite-10."""

    name = "arhat.is_finite"
