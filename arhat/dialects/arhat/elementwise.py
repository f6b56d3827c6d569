"""Element-wise operations of one and two operands."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def

from arhat.dialects.arhat.base import (
    BOOL,
    FLOAT,
    ArhatOp,
    Tensor,
    broadcast,
    choice,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
    type_of,
)


class BinaryOp(ArhatOp):
    """Base class: two operands of one element type, broadcast by NumPy's rule."""

    a = operand_def(TensorType)
    b = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The broadcast shape with the operands' element type."""
        element = require_same_element(self.operands)
        return [tensor_type(element, broadcast(shape_of(self.a), shape_of(self.b)))]


class UnaryOp(ArhatOp):
    """Base class: one operand, the result has its type."""

    x = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's type."""
        shape_of(self.x)
        return [type_of(self.x)]


class FloatUnaryOp(UnaryOp):
    """Base class: one floating-point operand, the result has its type."""

    def infer(self) -> list[Tensor]:
        """The operand's type."""
        require_float(self.x, "the input")
        return UnaryOp.infer(self)


@irdl_op_definition
class AddOp(BinaryOp):
    """`a + b`. Source: Add-1."""

    name = "arhat.add"


@irdl_op_definition
class SubtractOp(BinaryOp):
    """`a - b`. Source: Subtract-1."""

    name = "arhat.subtract"


@irdl_op_definition
class MultiplyOp(BinaryOp):
    """`a * b`. Source: Multiply-1."""

    name = "arhat.multiply"


@irdl_op_definition
class DivideOp(BinaryOp):
    """`a / b`; integers round towards minus infinity with `python_div`, else towards zero. Source:
    Divide-1.
    """

    name = "arhat.divide"

    python_div = prop_def(BOOL)


@irdl_op_definition
class MaximumOp(BinaryOp):
    """The larger of `a` and `b`. Source: Maximum-1."""

    name = "arhat.maximum"


@irdl_op_definition
class MinimumOp(BinaryOp):
    """The smaller of `a` and `b`. Source: Minimum-1."""

    name = "arhat.minimum"


@irdl_op_definition
class PowerOp(BinaryOp):
    """`a` to the power of `b`. Source: Power-1."""

    name = "arhat.power"


@irdl_op_definition
class SquaredDifferenceOp(BinaryOp):
    """`(a - b) * (a - b)`. Source: SquaredDifference-1."""

    name = "arhat.squared_difference"


@irdl_op_definition
class FloorModOp(BinaryOp):
    """The remainder of `a / b` with the sign of `b`. Source: FloorMod-1."""

    name = "arhat.floor_mod"


@irdl_op_definition
class ModOp(BinaryOp):
    """The remainder of `a / b` with the sign of `a`. Source: Mod-1."""

    name = "arhat.mod"


@irdl_op_definition
class ReluOp(UnaryOp):
    """`max(x, 0)`. Source: ReLU-1."""

    name = "arhat.relu"


@irdl_op_definition
class SigmoidOp(FloatUnaryOp):
    """`1 / (1 + exp(-x))`. Source: Sigmoid-1."""

    name = "arhat.sigmoid"


@irdl_op_definition
class TanhOp(FloatUnaryOp):
    """The hyperbolic tangent. Source: Tanh-1."""

    name = "arhat.tanh"


@irdl_op_definition
class ExpOp(FloatUnaryOp):
    """`e` to the power of `x`. Source: Exp-1."""

    name = "arhat.exp"


@irdl_op_definition
class LogOp(FloatUnaryOp):
    """The natural logarithm. Source: Log-1."""

    name = "arhat.log"


@irdl_op_definition
class SqrtOp(FloatUnaryOp):
    """The square root. Source: Sqrt-1."""

    name = "arhat.sqrt"


@irdl_op_definition
class AbsOp(UnaryOp):
    """The magnitude. Source: Abs-1."""

    name = "arhat.abs"


@irdl_op_definition
class NegativeOp(UnaryOp):
    """`-x`. Source: Negative-1."""

    name = "arhat.negative"


@irdl_op_definition
class FloorOp(UnaryOp):
    """Rounds down. Source: Floor-1."""

    name = "arhat.floor"


@irdl_op_definition
class CeilingOp(UnaryOp):
    """Rounds up. Source: Ceiling-1."""

    name = "arhat.ceiling"


@irdl_op_definition
class SignOp(UnaryOp):
    """-1, 0 or 1 by the sign; 0 of what is not a number. Source: Sign-1."""

    name = "arhat.sign"


@irdl_op_definition
class SinOp(FloatUnaryOp):
    """The sine. Source: Sin-1."""

    name = "arhat.sin"


@irdl_op_definition
class CosOp(FloatUnaryOp):
    """The cosine. Source: Cos-1."""

    name = "arhat.cos"


@irdl_op_definition
class TanOp(FloatUnaryOp):
    """The tangent. Source: Tan-1."""

    name = "arhat.tan"


@irdl_op_definition
class AsinOp(FloatUnaryOp):
    """The arc sine. Source: Asin-1."""

    name = "arhat.asin"


@irdl_op_definition
class AcosOp(FloatUnaryOp):
    """The arc cosine. Source: Acos-1."""

    name = "arhat.acos"


@irdl_op_definition
class AtanOp(FloatUnaryOp):
    """The arc tangent. Source: Atan-1."""

    name = "arhat.atan"


@irdl_op_definition
class SinhOp(FloatUnaryOp):
    """The hyperbolic sine. Source: Sinh-1."""

    name = "arhat.sinh"


@irdl_op_definition
class CoshOp(FloatUnaryOp):
    """The hyperbolic cosine. Source: Cosh-1."""

    name = "arhat.cosh"


@irdl_op_definition
class AsinhOp(FloatUnaryOp):
    """The inverse hyperbolic sine. Source: Asinh-3."""

    name = "arhat.asinh"


@irdl_op_definition
class AcoshOp(FloatUnaryOp):
    """The inverse hyperbolic cosine. Source: Acosh-3."""

    name = "arhat.acosh"


@irdl_op_definition
class AtanhOp(FloatUnaryOp):
    """The inverse hyperbolic tangent. Source: Atanh-3."""

    name = "arhat.atanh"


@irdl_op_definition
class RoundOp(UnaryOp):
    """Rounds to the nearest integer, halves to the even one or away from zero. Source: Round-5.

    ```
    %y = arhat.round(%x) {mode = "half_to_even"} : (tensor<4xf32>) -> tensor<4xf32>
    ```
    """

    name = "arhat.round"

    mode = prop_def(choice("half_to_even", "half_away_from_zero"))


@irdl_op_definition
class ErfOp(FloatUnaryOp):
    """The error function. Source: Erf-1."""

    name = "arhat.erf"


@irdl_op_definition
class EluOp(FloatUnaryOp):
    """`x` where it is positive, else `alpha * (exp(x) - 1)`. Source: Elu-1."""

    name = "arhat.elu"

    alpha = prop_def(FLOAT)


@irdl_op_definition
class ClampOp(UnaryOp):
    """`min(max(x, min), max)`. Source: Clamp-1.

    ```
    %y = arhat.clamp(%x) {min = 0.0, max = 6.0} : (tensor<4xf32>) -> tensor<4xf32>
    ```
    """

    name = "arhat.clamp"

    min = prop_def(FLOAT)
    max = prop_def(FLOAT)

    def infer(self) -> list[Tensor]:
        """The operand's type."""
        low, high = self.min.value.data, self.max.value.data
        require(low <= high, f"clamp minimum {low} is above its maximum {high}")
        return UnaryOp.infer(self)


@irdl_op_definition
class LeakyReluOp(FloatUnaryOp):
    """`x` where it is positive, else `alpha * x`. Source: PReLU-1 with one slope."""

    name = "arhat.leaky_relu"

    alpha = prop_def(FLOAT)


@irdl_op_definition
class PreluOp(ArhatOp):
    """`x` where it is positive, else `slope * x`. Source: PReLU-1.

    A rank-1 slope belongs to axis 1 of `x` when `x` has rank 2 or more; any other slope broadcasts by
    NumPy's rule.

    ```
    %y = arhat.prelu(%x, %s) : (tensor<1x8x4x4xf32>, tensor<8xf32>) -> tensor<1x8x4x4xf32>
    ```
    """

    name = "arhat.prelu"

    x = operand_def(TensorType)
    slope = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The input's type."""
        require_float(self.x, "the input")
        element = require_same_element(self.operands)
        x, slope = shape_of(self.x), shape_of(self.slope)
        if len(slope) == 1 and len(x) >= 2:
            slope = (*slope, *([1] * (len(x) - 2)))
        require(broadcast(x, slope) == x, f"slope {self.slope.type} does not fit the input {self.x.type}")
        return [tensor_type(element, x)]


@irdl_op_definition
class HSwishOp(FloatUnaryOp):
    """`x * min(max(x + 3, 0), 6) / 6`. Source: HSwish-4."""

    name = "arhat.hswish"


@irdl_op_definition
class HSigmoidOp(FloatUnaryOp):
    """`min(max(x + 3, 0), 6) / 6`. Source: HSigmoid-5."""

    name = "arhat.hsigmoid"


@irdl_op_definition
class MishOp(FloatUnaryOp):
    """`x * tanh(log(1 + exp(x)))`. Source: Mish-4."""

    name = "arhat.mish"


@irdl_op_definition
class SwishOp(FloatUnaryOp):
    """`x / (1 + exp(-beta * x))`, beta 1 when left out. Source: Swish-4."""

    name = "arhat.swish"

    beta = opt_prop_def(FLOAT)


@irdl_op_definition
class SoftplusOp(FloatUnaryOp):
    """`log(1 + exp(x))`. Source: SoftPlus-4."""

    name = "arhat.softplus"


@irdl_op_definition
class GeluOp(FloatUnaryOp):
    """`x` times the normal distribution function of `x`, exact or by its tanh approximation. Source:
    Gelu-7.
    """

    name = "arhat.gelu"

    approximate = prop_def(choice("erf", "tanh"))
