"""Convolutions and matrix products, taken apart from what is fused into them."""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from arhat.dialects.arhat import (
    ConvolutionOp,
    DeformableColumnsOp,
    MatmulOp,
    TransposedConvolutionOp,
    shape_of,
    tensor_type,
)
from arhat.dialects.arhat.base import ints_of
from arhat.exporters.openvino.families.elementwise import activate, add_bias
from arhat.exporters.openvino.graph import LayerAttribute, Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


def along_channels(node: Node, bias: SSAValue, rank: int) -> Value:
    """`bias`, one value per channel, as a tensor that broadcasts to a result of `rank`."""
    return node.reshaped(bias, (1, *shape_of(bias), *[1] * (rank - 2)), "bias_values")


def _window(op: ConvolutionOp | TransposedConvolutionOp | DeformableColumnsOp) -> dict[str, LayerAttribute]:
    return {
        "strides": ints_of(op.strides),
        "dilations": ints_of(op.dilations),
        "pads_begin": ints_of(op.pads_begin),
        "pads_end": ints_of(op.pads_end),
        "auto_pad": "explicit",
    }


def _filter(node: Node, filter: SSAValue, groups: int) -> Value:
    """With groups, the filter has an axis for them of its own."""
    shape = shape_of(filter)
    if groups == 1:
        return node.value(filter)
    return node.reshaped(filter, (groups, shape[0] // groups, *shape[1:]), "filter")


@exporter(ConvolutionOp)
def convolution(node: Node, op: ConvolutionOp) -> Value:
    """Convolution-1 or GroupConvolution-1, then Add for the bias and the residual, then the activation.

    One with a 1x1 kernel over what a deformable kernel sees is DeformableConvolution-8.
    """
    groups = op.groups.value.data
    columns = op.x.owner
    if isinstance(columns, DeformableColumnsOp) and _is_product(op):
        taps = ints_of(columns.kernel)
        depth = shape_of(op.filter)[1] // (taps[0] * taps[1])
        if shape_of(columns.x)[1] % groups == 0:
            filter = node.reshaped(op.filter, (shape_of(op.filter)[0], depth, *taps), "filter")
            value = _deformable(node, columns, filter, groups)
        else:  # the groups do not part where channels do
            value = _plain(node, op)
    else:
        value = _plain(node, op)
    if op.bias is not None:
        value = add_bias(node, value, along_channels(node, op.bias, len(value.shape)))
    last = op.residual_after_activation is not None and bool(op.residual_after_activation.value.data)
    if op.residual is not None and not last:
        value = add_bias(node, value, node.value(op.residual), "residual")
    value = activate(node, value, op.activation, op.slope)
    if op.residual is not None and last:
        value = add_bias(node, value, node.value(op.residual), "residual")
    return value


def _plain(node: Node, op: ConvolutionOp) -> Value:
    groups = op.groups.value.data
    inputs = [node.value(op.x), _filter(node, op.filter, groups)]
    type = "Convolution" if groups == 1 else "GroupConvolution"
    return node.add(type, 1, inputs, _window(op), role="convolution")


def _is_product(op: ConvolutionOp) -> bool:
    """Whether the convolution only multiplies channels of one position with the filter."""
    ones = {*ints_of(op.strides), *shape_of(op.filter)[2:]}
    return ones == {1} and not any((*ints_of(op.pads_begin), *ints_of(op.pads_end)))


def _deformable(node: Node, op: DeformableColumnsOp, filter: Value, groups: int) -> Value:
    attributes = _window(op) | {
        "group": groups,
        "deformable_group": op.deformable_groups.value.data,
        "bilinear_interpolation_pad": bool(op.interpolate_border.value.data),
    }
    inputs = [node.value(op.x), node.value(op.offsets), filter]
    if op.mask is not None:
        inputs.append(node.value(op.mask))
    shape = (shape_of(op.x)[0], filter.shape[0], *shape_of(op.result)[2:])
    result = tensor_type(filter.type.element_type, shape)
    return node.add("DeformableConvolution", 8, inputs, attributes, result, role="convolution")


@exporter(DeformableColumnsOp)
def deformable_columns(node: Node, op: DeformableColumnsOp) -> Value:
    """DeformableConvolution-8 whose filter picks one element of the kernel for each channel of the result.

    Where all users are products, which become deformable convolutions of their own, nothing takes it.
    """
    channels, kernel = shape_of(op.x)[1], ints_of(op.kernel)
    taps = kernel[0] * kernel[1]
    filter = np.tile(np.eye(taps).reshape(1, taps, *kernel), (channels, 1, 1, 1))
    shape = (channels * taps, 1, *kernel)
    picked = node.cast_constant(filter.reshape(shape), node.value(op.x).type, "filter")
    return _deformable(node, op, picked, channels)


@exporter(TransposedConvolutionOp)
def transposed_convolution(node: Node, op: TransposedConvolutionOp) -> Value:
    """ConvolutionBackpropData-1 or GroupConvolutionBackpropData-1, then Add for the bias, then the activation."""
    groups = op.groups.value.data
    attributes = _window(op) | {"output_padding": ints_of(op.output_padding)}
    inputs = [node.value(op.x), _filter(node, op.filter, groups)]
    type = "ConvolutionBackpropData" if groups == 1 else "GroupConvolutionBackpropData"
    value = node.add(type, 1, inputs, attributes, role="convolution")
    if op.bias is not None:
        value = add_bias(node, value, along_channels(node, op.bias, len(value.shape)))
    return activate(node, value, op.activation, op.slope)


@exporter(MatmulOp)
def matmul(node: Node, op: MatmulOp) -> Value:
    """MatMul-1, then Add for the bias, then the activation."""
    attributes = {
        "transpose_a": bool(op.transpose_a.value.data),
        "transpose_b": bool(op.transpose_b.value.data),
    }
    value = node.add("MatMul", 1, [node.value(op.a), node.value(op.b)], attributes)
    if op.bias is not None:
        value = add_bias(node, value, node.value(op.bias))
    return activate(node, value, op.activation)
