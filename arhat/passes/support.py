"""What several passes share: finding the entry point, sizes of element types."""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.dialects.builtin import AnyFloat, IntegerType, ModuleOp
from xdsl.ir import Attribute

from arhat.errors import UserError

ENTRY = "main"
"""Name of the function that is the model."""


class Unsupported(Exception):
    """Why an op has no lowering on a target."""


def entry_point(module: ModuleOp) -> func.FuncOp:
    """The function `@main` of a module.

    Raises:
        UserError: there is none, or it has no body of exactly one block.
    """
    for op in module.body.block.ops:
        if isinstance(op, func.FuncOp) and op.sym_name.data == ENTRY:
            if len(op.body.blocks) != 1:
                break
            return op
    raise UserError(f"the module has no function @{ENTRY} with one block: is it a model?")


def element_bytes(element: Attribute) -> int:
    """Bytes of one element in memory; booleans take a byte."""
    if isinstance(element, AnyFloat):
        return element.size
    if isinstance(element, IntegerType):
        return max(1, element.bitwidth // 8)
    raise UserError(f"elements of type {element} have no size in memory")
