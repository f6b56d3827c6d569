"""Running IR on NumPy arrays, at any stage of the compilation.

Every operation of every dialect has a meaning here. Passes are checked by running the module before and after them;
constant folding uses the same meanings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import ModuleOp, NoneAttr, StringAttr
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.interpreter import Interpreter, InterpreterFunctions
from xdsl.ir import Operation, SSAValue
from xdsl.traits import SymbolTable
from xdsl.utils.exceptions import InterpretationError

from arhat.dialects.arhat import type_of
from arhat.dialects.arhat.base import Tensor
from arhat.errors import UserError, quote
from arhat.layers import layers_of
from arhat.weights import Array, dtype_of, module_of

__all__ = ["Array", "evaluate", "evaluate_op", "input_names", "make_interpreter", "output_names"]

FUNCTION_MODULES = {
    "arhat": ("arhat.interpreters.arhat", "arhat.interpreters.state"),
    "kernel": ("arhat.interpreters.kernel", "arhat.interpreters.memory"),
    "cpu": (
        "arhat.interpreters.cpu",
        "arhat.interpreters.cpu_int8",
    ),
    "cudnn": ("arhat.interpreters.cudnn",),
    "trt": (
        "arhat.interpreters.trt.layers",
        "arhat.interpreters.trt.movement",
        "arhat.interpreters.trt.windows",
    ),
}
"""The modules that define the interpreter functions of each dialect; imported when the dialect is met."""


@cache
def _functions(dialect: str) -> tuple[InterpreterFunctions, ...]:
    instances: list[InterpreterFunctions] = []
    for name in FUNCTION_MODULES.get(dialect, ()):
        for member in vars(import_module(name)).values():
            if (
                isinstance(member, type)
                and issubclass(member, InterpreterFunctions)
                and member.__module__ == name
            ):
                instances.append(member())
    return tuple(instances)


def make_interpreter(module: ModuleOp, root: Operation | None = None) -> Interpreter:
    """An interpreter for `module` that knows the dialects that occur in `root` (the module, unless given)."""
    interpreter = Interpreter(module)
    dialects = {op.name.partition(".")[0] for op in (root or module).walk()}
    for dialect in sorted(dialects):
        for functions in _functions(dialect):
            interpreter.register_implementations(functions)
    return interpreter


def evaluate_op(op: Operation, args: Sequence[Array]) -> tuple[Array, ...]:
    """The results of one operation for its operands `args`.

    An operation that names weights must be inside a module whose store has them.
    Raises `InterpretationError`, naming the operation and its layer, when its meaning fails.
    """
    try:
        module = module_of(op)
    except ValueError:
        module = ModuleOp([])
    return _run(make_interpreter(module, op), op, tuple(args))


def _run(interpreter: Interpreter, op: Operation, args: tuple[Array, ...]) -> tuple[Array, ...]:
    try:
        results = cast(tuple[Array, ...], interpreter.run_op(op, args))
    except UserError:
        raise
    except Exception as error:
        cause = error.__cause__ or error
        if isinstance(cause, UserError):
            raise cause from None
        names = ", ".join(quote(layer.layer_name) for layer in layers_of(op))
        where = f"{op.name} of layer {names}" if names else op.name
        reason = str(cause).splitlines()[0] if str(cause) else type(cause).__name__
        raise InterpretationError(f"cannot run {where}: {reason}") from cause
    for value, result in zip(op.results, results, strict=True):
        declared = type_of(value)
        if not _fits(result.shape, declared):
            raise InterpretationError(
                f"{op.name} gave shape {list(result.shape)} where its type says {list(declared.get_shape())}"
            )
    return results


def _names(attributes: Any, count: int, prefix: str) -> list[str]:
    entries: list[Any] = list(attributes) if attributes is not None else [None] * count
    names: list[str] = []
    for index, entry in enumerate(entries):
        name = None if entry is None else entry.data.get("arhat.name")
        names.append(name.data if isinstance(name, StringAttr) else f"{prefix}{index}")
    return names


def main_of(module: ModuleOp) -> FuncOp:
    """The function @main of `module`."""
    main = SymbolTable.lookup_symbol(module, "main")
    if not isinstance(main, FuncOp):
        raise ValueError("the module has no function @main")
    return main


def input_names(module: ModuleOp) -> list[str]:
    """The names of the inputs of @main: `arhat.name` of each argument, `arg<i>` where it is missing."""
    main = main_of(module)
    return _names(main.arg_attrs, len(main.function_type.inputs), "arg")


def output_names(module: ModuleOp) -> list[str]:
    """The names of the outputs of @main: `arhat.name` of each result, `result<i>` where it is missing."""
    main = main_of(module)
    return _names(main.res_attrs, len(main.function_type.outputs), "result")


def _fits(shape: tuple[int, ...], type: Tensor) -> bool:
    """Whether an array of `shape` can be an argument of `type`."""
    declared = type.get_shape()
    if shape == declared or isinstance(type.encoding, NoneAttr):
        return shape == declared
    from arhat.dialects.trt import dynamic_axis

    axis = dynamic_axis(type)
    if axis is None or len(shape) != len(declared):
        return False
    return 0 < shape[axis] <= declared[axis] and shape == (
        *declared[:axis],
        shape[axis],
        *declared[axis + 1 :],
    )


def evaluate(
    module: ModuleOp,
    inputs: Mapping[str, Array] | Sequence[Array],
    *,
    on_result: Callable[[Operation, tuple[Array, ...]], None] | None = None,
    state: dict[str, Array] | None = None,
) -> dict[str, Array]:
    """Runs @main of `module` on `inputs` and returns its outputs by name.

    `inputs` are arrays by input name, or in order; each must have the shape and element type of its argument. Along the
    axis that a type marks as that of the batch (`#trt.dynamic`) it may be shorter.
    `on_result` sees every operation with its results, in order. A value is dropped after its last use.
    `state` has the value of each state variable and is brought up to date: an empty one is that after a reset; without
    it nothing is kept from call to call.
    Raises `UserError` for inputs that do not fit, `InterpretationError` when an operation cannot be run.
    """
    main = main_of(module)
    block = main.body.block
    names = input_names(module)
    if isinstance(inputs, Mapping):
        unknown = [name for name in inputs if name not in names]
        missing = [name for name in names if name not in inputs]
        if unknown or missing:
            known = ", ".join(quote(name) for name in names)
            which = (
                f"there is no input {quote(unknown[0])}"
                if unknown
                else f"input {quote(missing[0])} is missing"
            )
            raise UserError(which, notes=[f"the inputs are {known}"])
        given = [inputs[name] for name in names]
    else:
        given = list(inputs)
        if len(given) != len(names):
            raise UserError(f"the model has {len(names)} inputs, {len(given)} were given")
    values: dict[SSAValue, Array] = {}
    for name, argument, array in zip(names, block.args, given, strict=True):
        type = type_of(argument)
        if not _fits(array.shape, type) or array.dtype != dtype_of(type.element_type):
            raise UserError(f"input {quote(name)} must be {type}, got {array.dtype}{list(array.shape)}")
        values[argument] = array
    last_use: dict[SSAValue, Operation] = {}
    for op in block.ops:
        for inner in op.walk():
            for operand in inner.operands:
                last_use[operand] = op
    interpreter = make_interpreter(module)
    if state is not None:
        from arhat.interpreters.state import set_state

        set_state(interpreter, state)
    with np.errstate(all="ignore"):
        for op in block.ops:
            args = tuple(values[operand] for operand in op.operands)
            if isinstance(op, ReturnOp):
                return dict(zip(output_names(module), args, strict=True))
            results = _run(interpreter, op, args)
            if on_result is not None:
                on_result(op, results)
            for operand in op.operands:
                if last_use[operand] is op:
                    values.pop(operand, None)
            for value, result in zip(op.results, results, strict=True):
                if value in last_use:
                    values[value] = result
    raise InterpretationError("@main does not return")
