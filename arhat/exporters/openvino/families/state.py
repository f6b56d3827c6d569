"""State that a model keeps from one inference to the next."""

from __future__ import annotations

from collections.abc import Sequence

from arhat.dialects.arhat import AssignOp, ReadValueOp, type_of
from arhat.exporters.openvino.graph import ELEMENT_NAMES, Value
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


@exporter(ReadValueOp)
def read_value(node: Node, op: ReadValueOp) -> Value:
    """ReadValue-6."""
    value = node.value(op.init)
    attributes = {
        "variable_id": op.variable.data,
        "variable_type": ELEMENT_NAMES[value.type.element_type],
        "variable_shape": value.shape,
    }
    return node.add("ReadValue", 6, [value], attributes)


@exporter(AssignOp)
def assign(node: Node, op: AssignOp) -> Sequence[Value]:
    """Assign-6, which is written although nothing takes its output."""
    made = node.add("Assign", 6, [node.value(op.value)], {"variable_id": op.variable.data}, type_of(op.value))
    node.context.graph.sinks.append(made.layer)
    return []
