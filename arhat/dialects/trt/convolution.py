"""Layers that move a window over images: convolution, deconvolution, pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
)

from arhat.dialects.arhat.base import BOOL, INT, INTS, choice, ints_of, require
from arhat.dialects.trt.base import (
    AnyTensor,
    LayerOp,
    check_spatial,
    element_of,
    require_element,
    shape_of,
    tensor,
)

PADDING_MODES = ("explicit_round_down", "explicit_round_up", "same_upper", "same_lower")


def check_spatial_rank(rank: int) -> int:
    """The number of spatial axes of images of `rank`."""
    require(rank in (4, 5), f"images have two or three spatial axes, got rank {rank}")
    return rank - 2


class WindowedOp(LayerOp):
    """Common part of convolution and deconvolution."""

    x = operand_def(TensorType)
    kernel = operand_def(TensorType)
    bias = opt_operand_def(TensorType)
    strides = prop_def(INTS)
    pre_padding = prop_def(INTS)
    post_padding = prop_def(INTS)
    dilations = prop_def(INTS)
    groups = prop_def(INT)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    WEIGHTS: ClassVar = ("kernel", "bias")

    def check_window(self) -> None:
        """Check element types, ranks and the properties."""
        element = require_element(self.x, self.ELEMENTS, "the operand")
        x, kernel = shape_of(self.x), shape_of(self.kernel)
        axes = check_spatial_rank(len(x))
        require(
            len(kernel) == len(x), f"a kernel for images of rank {len(x)} has that rank, got {len(kernel)}"
        )
        for name, value in (("kernel", self.kernel), ("bias", self.bias)):
            require(
                value is None or element_of(value) == element,
                f"'{name}' has the operand's element type {element}, got {value and element_of(value)}",
            )
        check_spatial(axes, 1, strides=ints_of(self.strides), dilations=ints_of(self.dilations))
        check_spatial(axes, 0, pre_padding=ints_of(self.pre_padding), post_padding=ints_of(self.post_padding))
        require(self.groups.value.data >= 1, f"'groups' must be at least 1, got {self.groups.value.data}")

    def check_bias(self, channels: int) -> None:
        """One number for each channel of the result."""
        require(
            self.bias is None or shape_of(self.bias) == (channels,),
            f"'bias' has one number for each of {channels} channels, got {self.bias and self.bias.type}",
        )

    def windows(self) -> list[tuple[int, int, int, int]]:
        """For each spatial axis: the extent of the dilated kernel, stride, padding before, padding after."""
        return [
            (1 + dilation * (k - 1), stride, pre, post)
            for k, dilation, stride, pre, post in zip(
                shape_of(self.kernel)[2:],
                ints_of(self.dilations),
                ints_of(self.strides),
                ints_of(self.pre_padding),
                ints_of(self.post_padding),
                strict=True,
            )
        ]


@irdl_op_definition
class ConvolutionOp(WindowedOp):
    """Convolution of `x` [N, C, spatial..] with `kernel` [K, C / groups, spatial..]: IConvolutionLayer.

    `kernel` and `bias` [K] are constants of the model, or tensors of the network (then the layer's inputs 1 and 2).

    ```
    %y = trt.convolution(%x, %k, bias = %b) {strides = [2, 2], pre_padding = [3, 3], post_padding = [3, 3],
           dilations = [1, 1], groups = 1}
         : (tensor<1x3x224x224xf32>, tensor<64x3x7x7xf32>, tensor<64xf32>) -> tensor<1x64x112x112xf32>
    ```
    """

    name = "trt.convolution"

    def infer(self) -> Sequence[AnyTensor]:
        """O = floor((I + pre + post - dilated kernel) / stride) + 1."""
        self.check_window()
        x, kernel, groups = shape_of(self.x), shape_of(self.kernel), self.groups.value.data
        require(
            x[1] == kernel[1] * groups and kernel[0] % groups == 0,
            f"a kernel {list(kernel)} in {groups} groups does not fit {x[1]} input channels",
        )
        self.check_bias(kernel[0])
        sizes = [
            (n + pre + post - k) // stride + 1
            for n, (k, stride, pre, post) in zip(x[2:], self.windows(), strict=True)
        ]
        require(
            min(sizes) >= 1, f"a kernel {list(kernel[2:])} is larger than the padded images {list(x[2:])}"
        )
        return [tensor(element_of(self.x), (x[0], kernel[0], *sizes))]


@irdl_op_definition
class DeconvolutionOp(WindowedOp):
    """Transposed convolution of `x` [N, C, spatial..] with `kernel` [C, K / groups, spatial..]: IDeconvolutionLayer.

    The paddings are what is cut off the result.

    ```
    %y = trt.deconvolution(%x, %k) {strides = [2, 2], pre_padding = [0, 0], post_padding = [0, 0],
           dilations = [1, 1], groups = 1}
         : (tensor<1x64x28x28xf32>, tensor<64x32x2x2xf32>) -> tensor<1x32x56x56xf32>
    ```
    """

    name = "trt.deconvolution"

    def infer(self) -> Sequence[AnyTensor]:
        """O = (I - 1) * stride + dilated kernel - pre - post."""
        self.check_window()
        x, kernel, groups = shape_of(self.x), shape_of(self.kernel), self.groups.value.data
        require(
            x[1] == kernel[0] and x[1] % groups == 0,
            f"a kernel {list(kernel)} in {groups} groups does not fit {x[1]} input channels",
        )
        self.check_bias(kernel[1] * groups)
        strides, dilations = ints_of(self.strides), ints_of(self.dilations)
        require(
            max(strides) == 1 or max(dilations) == 1,
            f"a deconvolution has strides or dilations, not both, got {list(strides)} and {list(dilations)}",
        )
        sizes = [
            (n - 1) * stride + k - pre - post
            for n, (k, stride, pre, post) in zip(x[2:], self.windows(), strict=True)
        ]
        require(min(sizes) >= 1, f"the paddings cut off all of the result: {sizes}")
        return [tensor(element_of(self.x), (x[0], kernel[1] * groups, *sizes))]


@irdl_op_definition
class PoolingOp(LayerOp):
    """Maximum or mean of each window: IPoolingLayer.

    `count_excludes_padding` is for means: elements of the padding do not count; those that a window reaches beyond the
    padding, because a size is rounded up, never do. With `padding_mode` `same_upper` and
    `same_lower` the paddings follow from the sizes, and those given are not used.

    ```
    %y = trt.pooling(%x) {kind = "max", window = [3, 3], strides = [2, 2], pre_padding = [1, 1],
           post_padding = [1, 1], padding_mode = "explicit_round_down"}
         : (tensor<1x64x112x112xf16>) -> tensor<1x64x56x56xf16>
    ```
    """

    name = "trt.pooling"
    x = operand_def(TensorType)
    kind = prop_def(choice("max", "average"))
    window = prop_def(INTS)
    strides = prop_def(INTS)
    pre_padding = prop_def(INTS)
    post_padding = prop_def(INTS)
    count_excludes_padding = opt_prop_def(BOOL)
    padding_mode = prop_def(choice(*PADDING_MODES))

    def infer(self) -> Sequence[AnyTensor]:
        """The sizes by `padding_mode`."""
        element, x = self.first()
        axes = check_spatial_rank(len(x))
        window, strides = ints_of(self.window), ints_of(self.strides)
        check_spatial(axes, 1, window=window, strides=strides)
        check_spatial(axes, 0, pre_padding=ints_of(self.pre_padding), post_padding=ints_of(self.post_padding))
        excludes = self.count_excludes_padding
        require(
            self.kind.data == "max" or excludes is not None,
            "'average' needs 'count_excludes_padding'",
        )
        if self.kind.data == "average" and excludes is not None and excludes.value.data:
            for n, k, stride, (count, *pads) in zip(x[2:], window, strides, self.placement(), strict=True):
                require(
                    max(pads) < k and (count - 1) * stride < pads[0] + n,
                    f"padding {pads} holds a whole window of {k}, which has no mean without the padding",
                )
        sizes = [size for size, _, _ in self.placement()]
        require(min(sizes) >= 1, f"a window {list(window)} is larger than the padded images {list(x[2:])}")
        return [tensor(element, (*x[:2], *sizes))]

    def placement(self) -> list[tuple[int, int, int]]:
        """For each spatial axis: extent of the result, padding before, padding after, by `padding_mode`."""
        mode = self.padding_mode.data
        result: list[tuple[int, int, int]] = []
        for n, k, stride, before, after in zip(
            shape_of(self.x)[2:],
            ints_of(self.window),
            ints_of(self.strides),
            ints_of(self.pre_padding),
            ints_of(self.post_padding),
            strict=True,
        ):
            if mode.startswith("same"):
                total = (n - 1) // stride * stride + k - n
                less, more = total // 2, total - total // 2
                pads = (less, more) if mode == "same_upper" else (more, less)
                result.append((-(-n // stride), *pads))
            else:
                span = n + before + after - k
                steps = -(-span // stride) if mode == "explicit_round_up" else span // stride
                result.append((steps + 1, before, after))
        return result
