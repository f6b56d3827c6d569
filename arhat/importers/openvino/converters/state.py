"""State: ReadValue and Assign."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import StringAttr, bf16, f16, f32
from xdsl.ir import SSAValue

from arhat.dialects.arhat import ReadValueOp
from arhat.dialects.arhat.base import type_of
from arhat.errors import quote
from arhat.importers.openvino.container import parse_integer
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter
from arhat.importers.openvino.types import element_type
from arhat.weights import dtype_of


def _variable(node: Node) -> str:
    name = node.text("variable_id")
    if name is None:
        raise node.error("the attribute 'variable_id' is missing; export the model again")
    if node.context.inside:
        raise node.error(
            "state inside of the body of a loop or a branch is not supported; "
            "move it out of the body in the original model"
        )
    return name


@converter("ReadValue", 3, 6)
def read_value(node: Node) -> SSAValue:
    """The initial value is the input; without one (opset6) it is zero. Source: ReadValue-3, ReadValue-6."""
    node.expect_inputs(0, 1)
    name = _variable(node)
    initial = node.input(0) if node.input_count else _zeros(node)
    known = node.context.variables.setdefault(name, type_of(initial))
    if known != initial.type:
        raise node.error(
            f"variable {quote(name)} is {initial.type} here, but {known} elsewhere; check the model"
        )
    return node.build(ReadValueOp, [initial], {"variable": StringAttr(name)})


def _zeros(node: Node) -> SSAValue:
    """The initial value that the attributes `variable_type` and `variable_shape` state."""
    text = node.layer.attributes.get("variable_shape")
    dims = [parse_integer(part) for part in text.split(",")] if text is not None and text.strip() else []
    if text is None or any(dim is None or dim < 0 for dim in dims):
        raise node.error(
            f"there is no initial value and variable_shape={quote(text or '')} is not a static shape; "
            "give the variable an initial value in the original model"
        )
    shape = tuple(dim for dim in dims if dim is not None)
    element = element_type(node, "variable_type")
    dtype = dtype_of(f32 if element in (f16, bf16) else element)
    node.check_bytes(dtype.itemsize * int(np.prod(shape, dtype=object)), shape)
    return node.constant_value(np.zeros(shape, dtype))


@converter("Assign", 3, 6)
def assign(node: Node) -> Sequence[SSAValue]:
    """Takes place at the end of the inference, so that all that reads the variable sees what was there before.

    Source: Assign-3, Assign-6.
    """
    node.expect_inputs(1)
    name = _variable(node)
    value = node.input(0)
    if any(name == other for other, _, _ in node.context.assigned):
        raise node.error(f"variable {quote(name)} is assigned twice; check the model")
    node.context.assigned.append((name, node, value))
    return [value] if node.layer.outputs else []
