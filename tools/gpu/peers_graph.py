"""A network of the `arhat` dialect as JSON, for the peers that run it on the machine with the GPU."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.attributes import ActivationAttr
from arhat.dialects.arhat.base import python_value
from arhat.dialects.kernel import tensor_of
from arhat.passes.support import entry_point
from arhat.weights import constant_value, dtype_of

INLINE = 4096
"""Elements of a constant of floats up to which its numbers are written out; the time a network takes has no need of
the others.
"""


def describe(module: ModuleOp) -> dict[str, Any]:
    """Inputs, operations in order with operands by name, and the number of each value."""
    numbers: dict[SSAValue, int] = {}

    def number(value: SSAValue) -> int:
        return numbers.setdefault(value, len(numbers))

    block = entry_point(module).body.block
    inputs = [{"id": number(a), **_type(a)} for a in block.args]
    ops: list[dict[str, Any]] = []
    outputs: list[int] = []
    for op in block.ops:
        if op.name == "func.return":
            outputs = [number(value) for value in op.operands]
            continue
        entry: dict[str, Any] = {
            "op": op.name.partition(".")[2],
            "inputs": _operands(op, number),
            "outputs": [{"id": number(r), **_type(r)} for r in op.results],
            "attributes": {k: _plain(v) for k, v in op.properties.items() if k != "value"},
        }
        if isinstance(op, ConstantOp):
            array = constant_value(op)
            if array.dtype.kind in "biu" or array.size <= INLINE:
                entry["value"] = np.asarray(array).reshape(-1).tolist()
        ops.append(entry)
    return {"inputs": inputs, "ops": ops, "outputs": outputs}


def _operands(op: Operation, number: Any) -> dict[str, Any]:
    """Operands by the names that the operation's definition gives them."""
    named: dict[str, Any] = {}
    for name, _ in cast(Any, op).get_irdl_definition().operands:
        value = getattr(op, name)
        if value is None:
            continue
        named[name] = number(value) if isinstance(value, SSAValue) else [number(v) for v in value]
    return named


def _type(value: SSAValue) -> dict[str, Any]:
    type_ = tensor_of(value)
    return {"shape": list(type_.get_shape()), "type": str(dtype_of(type_.element_type))}


def _plain(attr: Attribute) -> Any:
    if isinstance(attr, ActivationAttr):
        return [attr.kind, *attr.values]
    value = python_value(attr)
    if isinstance(value, list | tuple):
        return list(cast(Any, value))
    return value if isinstance(value, int | float | str | bool) else str(value)
