"""Relatives of the convolution: transposed, deformable."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
)
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.attributes import ActivationAttr
from arhat.dialects.arhat.base import (
    BOOL,
    INT,
    INTS,
    ArhatOp,
    Tensor,
    check_at_least,
    check_length,
    ints_of,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
)
from arhat.dialects.arhat.nn import check_activation, window_sizes


def transposed_sizes(
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    pads_begin: Sequence[int],
    pads_end: Sequence[int],
    output_padding: Sequence[int],
) -> list[int]:
    """The spatial sizes of a transposed convolution's result. Source: ConvolutionBackpropData-1."""
    return [
        (size - 1) * stride + (k - 1) * dilation + 1 - begin - end + more
        for size, k, stride, dilation, begin, end, more in zip(
            sizes, kernel, strides, dilations, pads_begin, pads_end, output_padding, strict=True
        )
    ]


@irdl_op_definition
class TransposedConvolutionOp(ArhatOp):
    """Transposed convolution over 1 to 3 spatial axes, with groups: `activation(conv_t(x, filter) + bias)`.

    Input element `i` along an axis is multiplied by the whole kernel and added to the result from
    `i * stride - pads_begin` on. The result ends `pads_end` before what the last input element reaches, or
    `output_padding` after it, where nothing but the bias arrives. `x` is [N, C, spatial...], `filter`
    [C, O / groups, kernel...], `bias` [O], `slope` [O] or [1] for activation prelu. Source:
    ConvolutionBackpropData-1 and GroupConvolutionBackpropData-1.

    ```
    %y = arhat.transposed_convolution(%x, %w) {strides = [2, 2], pads_begin = [0, 0], pads_end = [0, 0],
           dilations = [1, 1], output_padding = [0, 0], groups = 1}
         : (tensor<1x64x16x16xf32>, tensor<64x32x2x2xf32>) -> tensor<1x32x32x32xf32>
    ```
    """

    name = "arhat.transposed_convolution"

    x = operand_def(TensorType)
    filter = operand_def(TensorType)
    bias = opt_operand_def(TensorType)
    slope = opt_operand_def(TensorType)
    strides = prop_def(INTS)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    dilations = prop_def(INTS)
    output_padding = prop_def(INTS)
    groups = prop_def(INT)
    activation = opt_prop_def(ActivationAttr)
    result = result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def infer(self) -> list[Tensor]:
        """[N, O, positions...]."""
        x, filter = shape_of(self.x), shape_of(self.filter)
        require_float(self.x, "the input")
        element = require_same_element(self.operands)
        require(3 <= len(x) <= 5, f"the input must have rank 3 to 5, got {len(x)}")
        require(len(filter) == len(x), f"the filter must have rank {len(x)}, got {len(filter)}")
        strides, dilations, more = (ints_of(p) for p in (self.strides, self.dilations, self.output_padding))
        begin, end = ints_of(self.pads_begin), ints_of(self.pads_end)
        for name, values, least in (
            ("strides", strides, 1),
            ("dilations", dilations, 1),
            ("pads_begin", begin, 0),
            ("pads_end", end, 0),
            ("output_padding", more, 0),
        ):
            check_length(name, values, len(x) - 2)
            check_at_least(name, values, least)
        groups = self.groups.value.data
        require(groups >= 1, f"'groups' must be at least 1, got {groups}")
        if filter[0] != x[1]:
            raise VerifyException(f"the input has {x[1]} channels, the filter takes {filter[0]}")
        require(x[1] % groups == 0, f"{x[1]} input channels do not divide into {groups} groups")
        require(min(filter[2:]) >= 1, "the filter must not be empty")
        require(min(x[2:]) >= 1, "the input must not be empty")
        sizes = transposed_sizes(x[2:], filter[2:], strides, dilations, begin, end, more)
        if min(sizes) < 1:
            raise VerifyException(f"the result would have the sizes {sizes}: too much padding is cut off")
        outputs = filter[1] * groups
        if self.bias is not None and shape_of(self.bias) != (outputs,):
            raise VerifyException(f"bias must have shape [{outputs}], got {self.bias.type}")
        check_activation(self.activation, self.slope, outputs)
        return [tensor_type(element, (x[0], outputs, *sizes))]


@irdl_op_definition
class DeformableColumnsOp(ArhatOp):
    """What each element of a deformable kernel sees: the part of a deformable convolution before the products.

    Element `t` of the kernel [kh, kw] at output position (y, x) reads channel `c` at
    `(y * stride - pad + ky * dilation + dy, x * stride - pad + kx * dilation + dx)`, interpolated bilinearly, where
    (dy, dx) are channels `2 * (g * kh * kw + t)` and the next of `offsets` and `g` is the deformable group of `c`. With
    `mask` the value is multiplied by channel `g * kh * kw + t` of it. A place outside the input gives 0; with
    `interpolate_border` pixels beyond the border count as zeros of an interpolation instead of cutting it off.
    `x` is [N, C, H, W], `offsets` [N, 2 * G * kh * kw, OH, OW], `mask` [N, G * kh * kw, OH, OW], the result
    [N, C * kh * kw, OH, OW], so that a convolution with a 1x1 kernel completes the operator. Source:
    DeformableConvolution-1 and -8; Dai et al., "Deformable Convolutional Networks", 2017.

    ```
    %y = arhat.deformable_columns(%x, %offsets) {kernel = [3, 3], strides = [1, 1], pads_begin = [1, 1],
           pads_end = [1, 1], dilations = [1, 1], deformable_groups = 1, interpolate_border = false}
         : (tensor<1x8x16x16xf32>, tensor<1x18x16x16xf32>) -> tensor<1x72x16x16xf32>
    ```
    """

    name = "arhat.deformable_columns"

    x = operand_def(TensorType)
    offsets = operand_def(TensorType)
    mask = opt_operand_def(TensorType)
    kernel = prop_def(INTS)
    strides = prop_def(INTS)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    dilations = prop_def(INTS)
    deformable_groups = prop_def(INT)
    interpolate_border = prop_def(BOOL)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, C * kh * kw, OH, OW]."""
        x = shape_of(self.x)
        require_float(self.x, "the input")
        element = require_same_element(self.operands)
        require(len(x) == 4, f"the input must have rank 4, got {len(x)}")
        kernel, strides, dilations = (ints_of(p) for p in (self.kernel, self.strides, self.dilations))
        begin, end = ints_of(self.pads_begin), ints_of(self.pads_end)
        for name, values, least in (
            ("kernel", kernel, 1),
            ("strides", strides, 1),
            ("dilations", dilations, 1),
            ("pads_begin", begin, 0),
            ("pads_end", end, 0),
        ):
            check_length(name, values, 2)
            check_at_least(name, values, least)
        groups = self.deformable_groups.value.data
        require(groups >= 1, f"'deformable_groups' must be at least 1, got {groups}")
        require(x[1] % groups == 0, f"{x[1]} channels do not divide into {groups} deformable groups")
        positions = window_sizes(x[2:], kernel, strides, dilations, begin, end)
        taps = kernel[0] * kernel[1]
        for what, value, channels in (
            ("offsets", self.offsets, 2 * groups * taps),
            ("mask", self.mask, groups * taps),
        ):
            expected = (x[0], channels, *positions)
            if value is not None and shape_of(value) != expected:
                raise VerifyException(f"{what} must have shape {list(expected)}, got {value.type}")
        return [tensor_type(element, (x[0], x[1] * taps, *positions))]
