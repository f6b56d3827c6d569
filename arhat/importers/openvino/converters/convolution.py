"""Convolutions and matrix products."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from arhat.dialects.arhat.movement import ReshapeOp
from arhat.dialects.arhat.nn import ConvolutionOp, MatmulOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter

AUTO_PAD = ("explicit", "notset", "same_upper", "same_lower", "valid")


def positive_list(
    node: Node, name: str, length: int, default: Sequence[int] | None = None
) -> tuple[int, ...]:
    """An attribute with `length` integers of at least 1."""
    values = node.integers(name, default)
    if len(values) != length or any(not 1 <= value < 1 << 31 for value in values):
        raise node.error(
            f"'{name}' is {list(values)}, but must be {length} positive integers; check the model"
        )
    return values


def window_pads(
    node: Node, sizes: Sequence[int], kernel: Sequence[int], strides: Sequence[int], dilations: Sequence[int]
) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """`pads_begin`, `pads_end` and whether `auto_pad` computed them so that the result has ceil(size / stride).

    Source: Convolution-1, MaxPool-1: `same_upper` puts the odd element at the end, `same_lower` at the beginning.
    """
    mode = node.choice("auto_pad", AUTO_PAD, "explicit")
    zeros = (0,) * len(sizes)
    if mode == "valid":
        return zeros, zeros, False
    if mode in ("explicit", "notset"):
        begin, end = node.integers("pads_begin", zeros), node.integers("pads_end", zeros)
        for name, pads in (("pads_begin", begin), ("pads_end", end)):
            if len(pads) != len(sizes) or any(not 0 <= pad < 1 << 31 for pad in pads):
                raise node.error(
                    f"'{name}' is {list(pads)}, but must be {len(sizes)} non-negative integers; check the model"
                )
        return begin, end, False
    lower: list[int] = []
    upper: list[int] = []
    for size, window, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True):
        reach = (window - 1) * dilation + 1
        total = max(0, (-(-size // stride) - 1) * stride + reach - size)
        lower.append(total // 2)
        upper.append(total - total // 2)
    return (tuple(lower), tuple(upper), True) if mode == "same_upper" else (tuple(upper), tuple(lower), True)


def _convolve(node: Node, filter: SSAValue, filter_shape: Sequence[int], groups: int) -> SSAValue:
    x = node.shape(0)
    spatial = len(x) - 2
    if not 1 <= spatial <= 3 or len(filter_shape) != len(x):
        raise node.error(
            f"the input has shape {list(x)} and the filter {list(node.shape(1))}; "
            "convolutions over 1 to 3 spatial axes are supported"
        )
    strides = positive_list(node, "strides", spatial)
    dilations = positive_list(node, "dilations", spatial, (1,) * spatial)
    begin, end, _ = window_pads(node, x[2:], filter_shape[2:], strides, dilations)
    return node.build(
        ConvolutionOp,
        [node.input(0), filter],
        {
            "strides": strides,
            "pads_begin": begin,
            "pads_end": end,
            "dilations": dilations,
            "groups": groups,
        },
    )


@converter("Convolution", 1)
def convolution(node: Node) -> SSAValue:
    """Source: Convolution-1."""
    node.expect_inputs(2)
    return _convolve(node, node.input(1), node.shape(1), 1)


@converter("GroupConvolution", 1)
def group_convolution(node: Node) -> SSAValue:
    """The filter is [groups, O / groups, I / groups, kernel...]. Source: GroupConvolution-1."""
    node.expect_inputs(2)
    shape = node.shape(1)
    if len(shape) < 4:
        raise node.error(f"the filter has shape {list(shape)}, but must have rank 4 or more; check the model")
    groups = shape[0]
    joined = (groups * shape[1], *shape[2:])
    filter = node.build(ReshapeOp, [node.input(1)], {"shape": joined})
    return _convolve(node, filter, joined, groups)


@converter("MatMul", 1)
def matmul(node: Node) -> SSAValue:
    """Source: MatMul-1."""
    node.expect_inputs(2)
    transposes = {
        "transpose_a": node.boolean("transpose_a", False),
        "transpose_b": node.boolean("transpose_b", False),
    }
    return node.build(MatmulOp, node.inputs(), transposes)
