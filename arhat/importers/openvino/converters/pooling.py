"""Pooling."""

from __future__ import annotations

from xdsl.ir import SSAValue

from arhat.dialects.arhat.base import Property
from arhat.dialects.arhat.nn import AvgPoolOp, MaxPoolOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.converters.convolution import positive_list, window_pads
from arhat.importers.openvino.registry import converter

ROUNDING = ("floor", "ceil", "ceil_torch")


def _window(node: Node, dilated: bool) -> tuple[dict[str, Property], bool]:
    """The properties that both kinds share, and whether there is padding."""
    node.expect_inputs(1)
    spatial = len(node.shape(0)) - 2
    if not 1 <= spatial <= 3:
        raise node.error(f"the input has shape {list(node.shape(0))}; pooling over 1 to 3 axes is supported")
    kernel = positive_list(node, "kernel", spatial)
    strides = positive_list(node, "strides", spatial)
    ones = (1,) * spatial
    dilations = positive_list(node, "dilations", spatial, ones) if dilated else ones
    begin, end, exact = window_pads(node, node.shape(0)[2:], kernel, strides, dilations)
    # With same_upper and same_lower the number of windows is given, whatever the rounding: floor gives just that.
    rounding = "floor" if exact else node.choice("rounding_type", ROUNDING, "floor")
    window: dict[str, Property] = {
        "kernel": kernel,
        "strides": strides,
        "pads_begin": begin,
        "pads_end": end,
        "dilations": dilations,
        "rounding": rounding,
    }
    return window, any(begin) or any(end)


@converter("MaxPool", 1)
def max_pool(node: Node) -> SSAValue:
    """Source: MaxPool-1."""
    window, _ = _window(node, dilated=False)
    return node.build(MaxPoolOp, [node.input(0)], window)


@converter("MaxPool", 8, 14)
def max_pool_with_indices(node: Node) -> SSAValue:
    """The second output, the indices, must not be used. Source: MaxPool-8 and -14."""
    window, _ = _window(node, dilated=True)
    if node.is_used(1):
        raise node.error("the second output (indices) is used, which is not supported; remove what uses it")
    return node.build(MaxPoolOp, [node.input(0)], window)


@converter("AvgPool", 1, 14)
def avg_pool(node: Node) -> SSAValue:
    """Source: AvgPool-1 and -14 (`exclude-pad` is the older spelling of `exclude_pad`)."""
    name = "exclude_pad" if node.text("exclude_pad") else "exclude-pad"
    exclude = node.boolean(name)
    window, padded = _window(node, dilated=False)
    del window["dilations"]
    # Without any padding OpenVINO never counts what rounding up lets a window reach.
    return node.build(AvgPoolOp, [node.input(0)], {**window, "exclude_pad": exclude or not padded})
