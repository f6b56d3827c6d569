"""Pooling."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.ir import SSAValue

from arhat.dialects.arhat.base import Property
from arhat.dialects.arhat.nn import AvgPoolOp, MaxPoolOp
from arhat.dialects.arhat.pooling import AdaptiveAvgPoolOp, AdaptiveMaxPoolOp, MaxPoolWithIndicesOp
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
    begin, end = window_pads(node, node.shape(0)[2:], kernel, strides, dilations)
    # With same_upper and same_lower too: a stride longer than the window leaves something to round.
    rounding = node.choice("rounding_type", ROUNDING, "floor")
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
def max_pool_with_indices(node: Node) -> SSAValue | Sequence[SSAValue]:
    """Without indices where nothing takes them. Source: MaxPool-8 and -14."""
    window, _ = _window(node, dilated=True)
    if not node.is_used(1):
        return node.build(MaxPoolOp, [node.input(0)], window)
    axis = node.axis(node.integer("axis", 0), len(node.shape(0)))
    return node.build_all(
        MaxPoolWithIndicesOp, [node.input(0)], {**window, "axis": axis, "index_type": _index_type(node)}
    )


def _index_type(node: Node) -> str:
    return node.choice("index_element_type", ("i32", "i64"), "i64")


def _adaptive_sizes(node: Node) -> tuple[list[int], dict[str, Property] | None]:
    """The sizes wanted, and the ordinary window that gives them, where all windows are of one size."""
    node.expect_inputs(2)
    x = node.shape(0)
    spatial = len(x) - 2
    sizes = node.constant_ints(1, "the output shape")
    if not 1 <= spatial <= 3 or len(sizes) != spatial or any(size < 1 for size in sizes):
        raise node.error(
            f"the input has shape {list(x)} and the output shape is {sizes}; "
            "pooling over 1 to 3 axes to as many positive sizes is supported"
        )
    if any(old % new or not old for old, new in zip(x[2:], sizes, strict=True)):
        return sizes, None
    kernel = [old // new for old, new in zip(x[2:], sizes, strict=True)]
    zeros = [0] * spatial
    return sizes, {
        "kernel": kernel,
        "strides": kernel,
        "pads_begin": zeros,
        "pads_end": zeros,
        "rounding": "floor",
    }


@converter("AdaptiveAvgPool", 8)
def adaptive_avg_pool(node: Node) -> SSAValue:
    """An ordinary pooling where all windows have one size. Source: AdaptiveAvgPool-8."""
    sizes, window = _adaptive_sizes(node)
    if window is not None:
        return node.build(AvgPoolOp, [node.input(0)], {**window, "exclude_pad": True})
    return node.build(AdaptiveAvgPoolOp, [node.input(0)], {"sizes": sizes})


@converter("AdaptiveMaxPool", 8)
def adaptive_max_pool(node: Node) -> SSAValue | Sequence[SSAValue]:
    """An ordinary pooling where all windows have one size and nothing takes the indices. Source: AdaptiveMaxPool-8."""
    sizes, window = _adaptive_sizes(node)
    if window is not None and not node.is_used(1):
        ones = [1] * len(sizes)
        return node.build(MaxPoolOp, [node.input(0)], {**window, "dilations": ones})
    return node.build_all(
        AdaptiveMaxPoolOp, [node.input(0)], {"sizes": sizes, "index_type": _index_type(node)}
    )


@converter("AvgPool", 1, 14)
def avg_pool(node: Node) -> SSAValue:
    """Source: AvgPool-1 and -14 (`exclude-pad` is the older spelling of `exclude_pad`)."""
    name = "exclude_pad" if node.text("exclude_pad") else "exclude-pad"
    exclude = node.boolean(name)
    window, padded = _window(node, dilated=False)
    del window["dilations"]
    # Without any padding OpenVINO never counts what rounding up lets a window reach.
    return node.build(AvgPoolOp, [node.input(0)], {**window, "exclude_pad": exclude or not padded})
