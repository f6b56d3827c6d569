"""FakeQuantize."""

from __future__ import annotations

from xdsl.ir import SSAValue

from arhat.dialects.arhat.base import broadcast, shape_of
from arhat.dialects.arhat.movement import ReshapeOp
from arhat.dialects.arhat.quantization import FakeQuantizeOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter


@converter("FakeQuantize", 1)
def fake_quantize(node: Node) -> SSAValue:
    """With `pdpd` the axes of a range are the first ones of the input. Source: FakeQuantize-1."""
    node.expect_inputs(5)
    levels = node.integer("levels")
    rule = node.choice("auto_broadcast", ("numpy", "none", "pdpd"), "numpy")
    x, *ranges = node.inputs()
    shape = shape_of(x)
    if rule == "none" and any(shape_of(value) != shape for value in ranges):
        raise node.error(
            "the shapes of the input and its ranges differ and auto_broadcast is 'none'; check the model"
        )
    if rule == "pdpd":
        ranges = [_leading(node, value, len(shape)) for value in ranges]
        if any(broadcast(shape, shape_of(value)) != shape for value in ranges):
            raise node.error("auto_broadcast is 'pdpd' and a range is larger than the input; check the model")
    return node.build(FakeQuantizeOp, [x, *ranges], {"levels": levels})


def _leading(node: Node, value: SSAValue, rank: int) -> SSAValue:
    shape = shape_of(value)
    if not 0 < len(shape) < rank:
        return value
    return node.build(ReshapeOp, [value], {"shape": (*shape, *[1] * (rank - len(shape)))})
