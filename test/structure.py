"""Whether two modules say the same: everything but the names of layers and the places of weights."""

from __future__ import annotations

import hashlib
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Operation, SSAValue

from arhat.dialects.arhat import ConstantOp, type_of
from arhat.interpreters import main_of
from arhat.weights import Array, constant_value, to_bytes


def _contents(op: ConstantOp) -> str:
    array: Array = constant_value(op)
    digest = hashlib.sha256(to_bytes(array, type_of(op.result))).hexdigest()[:16]
    return f"{digest} : {op.result.type}"


class _Printer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[SSAValue, str] = {}

    def name(self, value: SSAValue) -> str:
        """A value is called after what computes it, so that the order of constants does not matter."""
        found = self.names.get(value)
        if found is None:
            found = self.names[value] = f"%{len(self.names)}"
            owner = value.owner
            if isinstance(owner, ConstantOp):
                self.lines.append(f"{found} = constant {_contents(owner)}")
        return found

    def op(self, op: Operation) -> None:
        if isinstance(op, ConstantOp):
            return  # printed where it is used
        operands = ", ".join(self.name(operand) for operand in op.operands)
        properties = {name: str(value) for name, value in sorted(op.properties.items())}
        types = ", ".join(str(result.type) for result in op.results)
        results = ", ".join(self.name(result) for result in op.results)
        self.lines.append(f"{results} = {op.name}({operands}) {properties} : {types}")
        for region in op.regions:
            for block in region.blocks:
                self.lines.append(f"({', '.join(f'{self.name(a)} : {a.type}' for a in block.args)})")
                for inner in block.ops:
                    self.op(inner)


def structure(module: ModuleOp) -> list[str]:
    """One line for each operation and constant of @main, in order of use; equal for modules that say the same."""
    main = main_of(module)
    printer = _Printer()
    for argument in main.body.block.args:
        printer.lines.append(f"{printer.name(argument)} : {argument.type}")
    for op in main.body.block.ops:
        if op.results or isinstance(op, ReturnOp) or op.regions or op.operands:
            printer.op(op)
    names: list[Any] = [main.arg_attrs, main.res_attrs]
    return [*printer.lines, *map(str, names)]
