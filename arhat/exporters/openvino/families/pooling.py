"""Pooling."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i64

from arhat.dialects.arhat import (
    AdaptiveAvgPoolOp,
    AdaptiveMaxPoolOp,
    AvgPoolOp,
    MaxPoolOp,
    MaxPoolWithIndicesOp,
    shape_of,
    tensor_type,
    type_of,
)
from arhat.dialects.arhat.base import ints_of
from arhat.exporters.openvino.graph import LayerAttribute, Value, all_outputs
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


def _window(op: MaxPoolOp | AvgPoolOp | MaxPoolWithIndicesOp) -> dict[str, LayerAttribute]:
    return {
        "kernel": ints_of(op.kernel),
        "strides": ints_of(op.strides),
        "pads_begin": ints_of(op.pads_begin),
        "pads_end": ints_of(op.pads_end),
        "rounding_type": op.rounding.data,
        "auto_pad": "explicit",
    }


@exporter(MaxPoolOp)
def max_pool(node: Node, op: MaxPoolOp) -> Value:
    """The oldest of MaxPool-1, -8 (dilations) and -14 (ceil_torch) that has what is needed."""
    x, attributes = node.value(op.x), _window(op)
    dilations = ints_of(op.dilations)
    torch = op.rounding.data == "ceil_torch"
    if not torch and set(dilations) <= {1}:
        return node.add("MaxPool", 1, [x], attributes)
    attributes |= {"dilations": dilations, "index_element_type": "i64", "axis": 0}
    outputs = [type_of(op.result), tensor_type(i64, shape_of(op.result))]
    return node.add("MaxPool", 14 if torch else 8, [x], attributes, outputs)


@exporter(AvgPoolOp)
def avg_pool(node: Node, op: AvgPoolOp) -> Value:
    """AvgPool-1, or -14 for ceil_torch."""
    x, attributes = node.value(op.x), _window(op)
    exclude = bool(op.exclude_pad.value.data)
    opset = 14 if op.rounding.data == "ceil_torch" else 1
    begin, end = ints_of(op.pads_begin), ints_of(op.pads_end)
    if not exclude and not any(begin) and not any(end) and op.rounding.data != "floor":
        # Without any padding OpenVINO leaves out what rounding up lets a window reach: say it as padding.
        kernel, strides = ints_of(op.kernel), ints_of(op.strides)
        sizes, counts = shape_of(op.x)[2:], shape_of(op.result)[2:]
        reach = [
            max(0, (count - 1) * stride + window - size)
            for size, count, window, stride in zip(sizes, counts, kernel, strides, strict=True)
        ]
        attributes |= {"pads_end": reach, "rounding_type": "floor"}
        opset = 1
    attributes["exclude-pad"] = exclude
    return node.add("AvgPool", opset, [x], attributes)


@exporter(MaxPoolWithIndicesOp)
def max_pool_with_indices(node: Node, op: MaxPoolWithIndicesOp) -> Sequence[Value]:
    """MaxPool-8, or -14 for ceil_torch."""
    attributes = _window(op) | {
        "dilations": ints_of(op.dilations),
        "index_element_type": op.index_type.data,
        "axis": op.axis.value.data,
    }
    opset = 14 if op.rounding.data == "ceil_torch" else 8
    return all_outputs(node.add("MaxPool", opset, [node.value(op.x)], attributes))


@exporter(AdaptiveAvgPoolOp)
def adaptive_avg_pool(node: Node, op: AdaptiveAvgPoolOp) -> Value:
    """AdaptiveAvgPool-8."""
    return node.add("AdaptiveAvgPool", 8, [node.value(op.x), node.ints(ints_of(op.sizes), "sizes")])


@exporter(AdaptiveMaxPoolOp)
def adaptive_max_pool(node: Node, op: AdaptiveMaxPoolOp) -> Sequence[Value]:
    """AdaptiveMaxPool-8."""
    sizes = node.ints(ints_of(op.sizes), "sizes")
    attributes = {"index_element_type": op.index_type.data}
    return all_outputs(node.add("AdaptiveMaxPool", 8, [node.value(op.x), sizes], attributes))
