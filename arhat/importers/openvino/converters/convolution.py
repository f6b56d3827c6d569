"""Convolutions and matrix products."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from arhat.dialects.arhat.convolution import DeformableColumnsOp, TransposedConvolutionOp
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
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """`pads_begin` and `pads_end`, as given or as `auto_pad` computes them.

    Source: Convolution-1, MaxPool-1: `same_upper` puts the odd element at the end, `same_lower` at the beginning.
    """
    mode = node.choice("auto_pad", AUTO_PAD, "explicit")
    zeros = (0,) * len(sizes)
    if mode == "valid":
        return zeros, zeros
    if mode in ("explicit", "notset"):
        return _non_negative_list(node, "pads_begin", len(sizes)), _non_negative_list(
            node, "pads_end", len(sizes)
        )
    lower: list[int] = []
    upper: list[int] = []
    for size, window, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True):
        reach = (window - 1) * dilation + 1
        total = max(0, (-(-size // stride) - 1) * stride + reach - size)
        lower.append(total // 2)
        upper.append(total - total // 2)
    return (tuple(lower), tuple(upper)) if mode == "same_upper" else (tuple(upper), tuple(lower))


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
    begin, end = window_pads(node, x[2:], filter_shape[2:], strides, dilations)
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
    filter, joined, groups = _joined_filter(node)
    return _convolve(node, filter, joined, groups)


def _joined_filter(node: Node) -> tuple[SSAValue, tuple[int, ...], int]:
    """The filter with its groups joined to the axis after them, its shape, and the number of groups."""
    shape = node.shape(1)
    if len(shape) < 4:
        raise node.error(f"the filter has shape {list(shape)}, but must have rank 4 or more; check the model")
    joined = (shape[0] * shape[1], *shape[2:])
    return node.build(ReshapeOp, [node.input(1)], {"shape": joined}), joined, shape[0]


def _transposed(node: Node, filter: SSAValue, filter_shape: Sequence[int], groups: int) -> SSAValue:
    """How padding follows from `output_shape`: what OpenVINO does, which with explicit padding is to keep it."""
    x = node.shape(0)
    spatial = len(x) - 2
    if not 1 <= spatial <= 3 or len(filter_shape) != len(x):
        raise node.error(
            f"the input has shape {list(x)} and the filter {list(node.shape(1))}; "
            "convolutions over 1 to 3 spatial axes are supported"
        )
    strides = positive_list(node, "strides", spatial)
    dilations = positive_list(node, "dilations", spatial, (1,) * spatial)
    extra = _non_negative_list(node, "output_padding", spatial)
    mode = node.choice("auto_pad", AUTO_PAD, "explicit")
    given = node.constant_ints(2, "the output shape") if node.input_count == 3 else None
    if given is not None and (len(given) != spatial or any(not 1 <= size < 1 << 31 for size in given)):
        raise node.error(
            f"the output shape is {given}, but must be {spatial} positive sizes; check the model"
        )
    explicit = mode in ("explicit", "notset")
    begin = list(_non_negative_list(node, "pads_begin", spatial)) if explicit else [0] * spatial
    end = list(_non_negative_list(node, "pads_end", spatial)) if explicit else [0] * spatial
    added: list[int] = []
    for axis, (size, window) in enumerate(zip(x[2:], filter_shape[2:], strict=True)):
        full = (size - 1) * strides[axis] + (window - 1) * dilations[axis] + 1
        if given is None:
            added.append(extra[axis])
            continue
        if mode in ("same_upper", "same_lower"):
            total = max(0, full + extra[axis] - given[axis])
            begin[axis] = total // 2 if mode == "same_lower" else total - total // 2
        left = full - begin[axis] - given[axis]
        end[axis] = max(0, left)
        added.append(max(0, -left))
    return node.build(
        TransposedConvolutionOp,
        [node.input(0), filter],
        {
            "strides": strides,
            "pads_begin": begin,
            "pads_end": end,
            "dilations": dilations,
            "output_padding": added,
            "groups": groups,
        },
    )


def _non_negative_list(node: Node, name: str, length: int) -> tuple[int, ...]:
    values = node.integers(name, (0,) * length)
    if len(values) != length or any(not 0 <= value < 1 << 31 for value in values):
        raise node.error(
            f"'{name}' is {list(values)}, but must be {length} non-negative integers; check the model"
        )
    return values


@converter("ConvolutionBackpropData", 1)
def transposed_convolution(node: Node) -> SSAValue:
    """The filter is [I, O, kernel...]. Source: ConvolutionBackpropData-1."""
    node.expect_inputs(2, 3)
    return _transposed(node, node.input(1), node.shape(1), 1)


@converter("GroupConvolutionBackpropData", 1)
def group_transposed_convolution(node: Node) -> SSAValue:
    """The filter is [groups, I / groups, O / groups, kernel...]. Source: GroupConvolutionBackpropData-1."""
    node.expect_inputs(2, 3)
    filter, joined, groups = _joined_filter(node)
    return _transposed(node, filter, joined, groups)


@converter("DeformableConvolution", 1)
def deformable_convolution(node: Node) -> SSAValue:
    """Without mask, cut off at the border. Source: DeformableConvolution-1."""
    node.expect_inputs(3)
    return _deformable(node, None, False)


@converter("DeformableConvolution", 8)
def masked_deformable_convolution(node: Node) -> SSAValue:
    """Source: DeformableConvolution-8."""
    node.expect_inputs(3, 4)
    mask = node.input(3) if node.input_count == 4 else None
    return _deformable(node, mask, node.boolean("bilinear_interpolation_pad", False))


def _deformable(node: Node, mask: SSAValue | None, interpolate_border: bool) -> SSAValue:
    """What the kernel sees, and a convolution with a 1x1 kernel over it."""
    x, filter = node.shape(0), node.shape(2)
    if len(x) != 4 or len(filter) != 4:
        raise node.error(
            f"the input has shape {list(x)} and the filter {list(filter)}, but both must have rank 4; check the model"
        )
    strides = positive_list(node, "strides", 2)
    dilations = positive_list(node, "dilations", 2)
    begin, end = window_pads(node, x[2:], filter[2:], strides, dilations)
    columns = node.build(
        DeformableColumnsOp,
        [node.input(0), node.input(1), mask],
        {
            "kernel": filter[2:],
            "strides": strides,
            "pads_begin": begin,
            "pads_end": end,
            "dilations": dilations,
            "deformable_groups": node.integer("deformable_group", 1),
            "interpolate_border": interpolate_border,
        },
    )
    depth = filter[1] * filter[2] * filter[3]
    flat = node.build(ReshapeOp, [node.input(2)], {"shape": (filter[0], depth, 1, 1)})
    return node.build(
        ConvolutionOp,
        [columns, flat],
        {
            "strides": (1, 1),
            "pads_begin": (0, 0),
            "pads_end": (0, 0),
            "dilations": (1, 1),
            "groups": node.integer("group", 1),
        },
    )


@converter("MatMul", 1)
def matmul(node: Node) -> SSAValue:
    """Source: MatMul-1."""
    node.expect_inputs(2)
    transposes = {
        "transpose_a": node.boolean("transpose_a", False),
        "transpose_b": node.boolean("transpose_b", False),
    }
    return node.build(MatmulOp, node.inputs(), transposes)
