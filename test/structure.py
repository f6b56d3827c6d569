"""Whether two modules say the same: everything but the names of layers and the places of weights."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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
    """Prints what results are computed from, so that the order of independent operations does not matter."""

    def __init__(self, arguments: Sequence[SSAValue]) -> None:
        self.lines: list[str] = []
        self.names: dict[SSAValue, str] = {}
        for argument in arguments:
            self.lines.append(f"{self.number(argument)} : {argument.type}")

    def number(self, value: SSAValue) -> str:
        return self.names.setdefault(value, f"%{len(self.names)}")

    def print(self, last: Operation) -> None:
        stack = [last]
        done: set[Operation] = set()
        while stack:
            op = stack[-1]
            if op in done:
                stack.pop()
                continue
            needed = [value for inner in op.walk() for value in inner.operands if value not in self.names]
            waiting = [value.owner for value in reversed(needed) if self._outside(value, op)]
            if waiting:
                stack.extend(owner for owner in waiting if isinstance(owner, Operation))
                continue
            stack.pop()
            done.add(op)
            self._line(op)

    @staticmethod
    def _outside(value: SSAValue, op: Operation) -> bool:
        owner = value.owner
        return not op.is_ancestor(owner)

    def _line(self, op: Operation) -> None:
        if isinstance(op, ConstantOp):
            self.lines.append(f"{self.number(op.result)} = constant {_contents(op)}")
            return
        operands = ", ".join(self.names[operand] for operand in op.operands)
        properties = {name: str(value) for name, value in sorted(op.properties.items())}
        types = ", ".join(str(result.type) for result in op.results)
        results = ", ".join(self.number(result) for result in op.results)
        self.lines.append(f"{results} = {op.name}({operands}) {properties} : {types}")
        for region in op.regions:
            for block in region.blocks:
                self.lines.append(f"({', '.join(f'{self.number(a)} : {a.type}' for a in block.args)})")
                last = block.last_op
                assert last is not None
                self.print(last)


def structure(module: ModuleOp) -> list[str]:
    """One line for each operation and constant of @main that counts; equal for modules that say the same."""
    main = main_of(module)
    block = main.body.block
    printer = _Printer(block.args)
    for op in block.ops:
        if isinstance(op, ReturnOp) or not op.results:
            printer.print(op)
    names: list[Any] = [main.arg_attrs, main.res_attrs]
    return [*printer.lines, *map(str, names)]
