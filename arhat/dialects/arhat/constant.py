"""Constants and conversions between element types."""

from __future__ import annotations

from typing import Any, cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, TensorType, i1
from xdsl.ir import Attribute, TypeAttribute
from xdsl.irdl import BaseAttr, irdl_op_definition, operand_def, prop_def, result_def, traits_def
from xdsl.traits import ConstantLike, Pure
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.attributes import LayerAttr, WeightAttr, layers_attributes
from arhat.dialects.arhat.base import (
    ArhatOp,
    Tensor,
    is_float,
    is_integer,
    require,
    shape_of,
    tensor_type,
    type_of,
)


@irdl_op_definition
class ConstantOp(ArhatOp):
    """A constant: its value is written out (small ones) or names an entry of the weight store.

    The result type gives shape and element type.

    ```
    %w = arhat.constant() {value = #arhat.weight<"model"::"conv1@128">} : () -> tensor<8x3x3x3xf32>
    %s = arhat.constant() {value = dense<[1, 2]> : tensor<2xi64>} : () -> tensor<2xi64>
    ```
    """

    name = "arhat.constant"

    value = prop_def(Attribute)
    result = result_def(TensorType)
    traits = traits_def(Pure(), ConstantLike())

    @staticmethod
    def get(value: Attribute, type: Tensor, layers: tuple[LayerAttr, ...] = ()) -> ConstantOp:
        """The constant of `type` whose value is `value` (dense elements or a weight reference)."""
        return ConstantOp.create(
            result_types=[type], properties={"value": value}, attributes=layers_attributes(layers)
        )

    def infer(self) -> list[Tensor]:
        """A dense value has its own type; a weight takes the type that the operation states.

        The layout (encoding) is the operation's: the value is written in logical order whatever it is.
        """
        value = self.value
        if isinstance(value, DenseIntOrFPElementsAttr):
            type = cast(Any, value).type
            require(isinstance(type, TensorType), f"a constant must be a tensor, got {type}")
            if self.results and type_of(self.result).encoding != type.encoding:
                type = TensorType(type.element_type, type.get_shape(), type_of(self.result).encoding)
            return [cast(Tensor, type)]
        if isinstance(value, WeightAttr):
            if not self.results:
                raise VerifyException("a weight does not determine its type; use ConstantOp.get")
            shape_of(self.result)
            return [type_of(self.result)]
        raise VerifyException(f"value must be dense elements or #arhat.weight, got {value}")


@irdl_op_definition
class ConvertOp(ArhatOp):
    """Converts every element to the type `to`. Source: Convert-1.

    Float to integer truncates towards zero; anything to boolean is `x != 0`; narrowing floats rounds to
    nearest even.

    ```
    %y = arhat.convert(%x) {to = f32} : (tensor<2x3xf16>) -> tensor<2x3xf32>
    ```
    """

    name = "arhat.convert"

    x = operand_def(TensorType)
    to = prop_def(BaseAttr(TypeAttribute))
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's shape with element type `to`."""
        to = self.to
        require(is_float(to) or is_integer(to) or _is_boolean(to), f"cannot convert to {to}")
        return [tensor_type(to, shape_of(self.x))]


def _is_boolean(element: Attribute) -> bool:
    return element == i1
