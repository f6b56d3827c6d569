"""Normalisation by mean and variance, and by what stands around an element."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import (
    BOOL,
    FLOAT,
    INT,
    INTS,
    ArhatOp,
    Tensor,
    check_axes,
    choice,
    ints_of,
    require,
    require_float,
    shape_of,
    type_of,
)


@irdl_op_definition
class MvnOp(ArhatOp):
    """The difference from the mean over `axes`, with `normalize_variance` divided by the standard deviation.

    That is `sqrt(variance + eps)` or, with `eps_mode` outside_sqrt, `sqrt(variance) + eps`. Source: MVN-1 and -6.

    ```
    %y = arhat.mvn(%x) {axes = [2, 3], normalize_variance = true, eps = 1.0e-5, eps_mode = "inside_sqrt"}
         : (tensor<1x8x7x7xf32>) -> tensor<1x8x7x7xf32>
    ```
    """

    name = "arhat.mvn"

    x = operand_def(TensorType)
    axes = prop_def(INTS)
    normalize_variance = prop_def(BOOL)
    eps = prop_def(FLOAT)
    eps_mode = prop_def(choice("inside_sqrt", "outside_sqrt"))
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's type."""
        require_float(self.x, "the input")
        check_axes(ints_of(self.axes), len(shape_of(self.x)))
        return [type_of(self.x)]


@irdl_op_definition
class LrnOp(ArhatOp):
    """`x / (bias + alpha / size^k * s)^beta`, `s` the sum of the squares around the element along the `k` `axes`.

    Along each of them `s` takes in `(size - 1) / 2` neighbours to either side, as far as they exist. Source: LRN-1.

    ```
    %y = arhat.lrn(%x) {axes = [1], alpha = 1.0e-4, beta = 0.75, bias = 1.0, size = 5}
         : (tensor<1x96x55x55xf32>) -> tensor<1x96x55x55xf32>
    ```
    """

    name = "arhat.lrn"

    x = operand_def(TensorType)
    axes = prop_def(INTS)
    alpha = prop_def(FLOAT)
    beta = prop_def(FLOAT)
    bias = prop_def(FLOAT)
    size = prop_def(INT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The operand's type."""
        require_float(self.x, "the input")
        check_axes(ints_of(self.axes), len(shape_of(self.x)))
        size = self.size.value.data
        require(size >= 1, f"'size' must be at least 1, got {size}")
        return [type_of(self.x)]
