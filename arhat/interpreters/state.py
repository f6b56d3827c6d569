"""The meaning of the operations on state, for xDSL's interpreter, at the level of the model."""

from __future__ import annotations

from typing import TypeAlias, cast

import numpy as np
from xdsl.interpreter import Interpreter, InterpreterFunctions, PythonValues, impl, register_impls

from arhat.dialects import arhat
from arhat.weights import Array

State: TypeAlias = dict[str, Array]
"""What a model keeps from one inference to the next: the value of each variable; empty after a reset."""

_KEY = "state"


def set_state(interpreter: Interpreter, state: State) -> None:
    """Lets the operations that `interpreter` runs read and write `state`."""
    interpreter.set_data(StateFunctions, _KEY, state)


def _state(interpreter: Interpreter) -> State:
    return cast(State, interpreter.get_data(StateFunctions, _KEY, dict))


def read_variable(interpreter: Interpreter, variable: str, initial: Array) -> Array:
    """The value of a variable, which is `initial` where it has none yet."""
    return _state(interpreter).setdefault(variable, np.array(initial))


def write_variable(interpreter: Interpreter, variable: str, value: Array) -> None:
    """Gives a variable a value."""
    _state(interpreter)[variable] = np.array(value)


@register_impls
class StateFunctions(InterpreterFunctions):
    """Reading and writing of variables."""

    @impl(arhat.ReadValueOp)
    def read_value(self, interpreter: Interpreter, op: arhat.ReadValueOp, args: PythonValues) -> PythonValues:
        """The variable's value; the initial one where it has none yet."""
        return (read_variable(interpreter, op.variable.data, args[0]),)

    @impl(arhat.AssignOp)
    def assign(self, interpreter: Interpreter, op: arhat.AssignOp, args: PythonValues) -> PythonValues:
        """Gives the variable a value."""
        write_variable(interpreter, op.variable.data, args[0])
        return ()
