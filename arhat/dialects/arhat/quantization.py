"""Quantisation: values that lie on the grid of a few integers."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import (
    INT,
    ArhatOp,
    Tensor,
    broadcast,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
)


@irdl_op_definition
class FakeQuantizeOp(ArhatOp):
    """Rounds to one of `levels` values, evenly spaced between `output_low` and `output_high`.

    An element up to the lower of `input_low` and `input_high` gives `output_low`, one above the higher of them
    `output_high`; between them it is
    `round((x - input_low) / (input_high - input_low) * (levels - 1)) / (levels - 1) * (output_high - output_low) +
    output_low`, with halves rounded to even. All operands have one float type and broadcast by NumPy's rule; the
    result has the shape that they broadcast to. Source: FakeQuantize-1.

    ```
    %y = arhat.fake_quantize(%x, %il, %ih, %ol, %oh) {levels = 256}
         : (tensor<1x8x4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x8x4x4xf32>
    ```
    """

    name = "arhat.fake_quantize"

    x = operand_def(TensorType)
    input_low = operand_def(TensorType)
    input_high = operand_def(TensorType)
    output_low = operand_def(TensorType)
    output_high = operand_def(TensorType)
    levels = prop_def(INT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The shape that the operands broadcast to."""
        require_float(self.x, "the input")
        element = require_same_element(self.operands)
        levels = self.levels.value.data
        require(2 <= levels <= 1 << 24, f"'levels' must be from 2 to {1 << 24}, got {levels}")
        shape = shape_of(self.x)
        for operand in self.operands[1:]:
            shape = broadcast(shape, shape_of(operand))
        return [tensor_type(element, shape)]
