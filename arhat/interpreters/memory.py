"""NumPy meaning of the ops that only move values (`arhat/dialects/kernel/memory.py`). Layouts do not change values."""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.interpreter import Interpreter, InterpreterFunctions, PythonValues, impl, register_impls

from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import (
    AssignOp,
    ConcatInPlaceOp,
    ReadValueOp,
    ReorderOp,
    ViewOp,
    layout_of,
)
from arhat.interpreters.state import read_variable, write_variable


@register_impls
class MemoryFunctions(InterpreterFunctions):
    """Meanings of reorder, view, concat_in_place, read_value and assign."""

    @impl(ReorderOp)
    def reorder(self, interpreter: Interpreter, op: ReorderOp, args: tuple[Any, ...]) -> PythonValues:
        """The same values."""
        return (args[0],)

    @impl(ViewOp)
    def view(self, interpreter: Interpreter, op: ViewOp, args: tuple[Any, ...]) -> PythonValues:
        """The same elements in the order of memory."""
        x, y = tensor_of(op.input), tensor_of(op.output)
        memory = np.transpose(args[0], (0, 2, 3, 1)) if layout_of(x) is not None else args[0]
        if layout_of(y) is None:
            return (memory.reshape(y.get_shape()),)
        n, c, h, w = y.get_shape()
        return (np.transpose(memory.reshape(n, h, w, c), (0, 3, 1, 2)),)

    @impl(ConcatInPlaceOp)
    def concat_in_place(
        self, interpreter: Interpreter, op: ConcatInPlaceOp, args: tuple[Any, ...]
    ) -> PythonValues:
        """The concatenation."""
        return (np.concatenate(args, axis=op.axis.value.data),)

    @impl(ReadValueOp)
    def read_value(self, interpreter: Interpreter, op: ReadValueOp, args: PythonValues) -> PythonValues:
        """The variable's value."""
        return (read_variable(interpreter, op.variable.data, args[0]),)

    @impl(AssignOp)
    def assign(self, interpreter: Interpreter, op: AssignOp, args: PythonValues) -> PythonValues:
        """Gives the variable a value."""
        write_variable(interpreter, op.variable.data, args[0])
        return ()
