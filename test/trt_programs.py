"""Programs of one `trt` op, and what they give."""

from __future__ import annotations

from typing import Any

import numpy as np
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from arhat.driver.registry import make_context
from arhat.interpreters import evaluate
from arhat.weights import array_type

Array = np.ndarray[Any, np.dtype[Any]]

RNG = np.random.default_rng(11)


def parse(text: str) -> ModuleOp:
    """The module of a program; its verifiers have passed."""
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def run(op: str, *arrays: Array, result: str | list[str], constants: dict[int, str] | None = None) -> Any:
    """What a program of one op gives for its operands %0, %1, ...; `constants` are the values of those that are so."""
    constants = constants or {}
    types = [str(array_type(array)) for array in arrays]
    results = [result] if isinstance(result, str) else result
    lines: list[str] = []
    for i, value in constants.items():
        lines += [
            f"%c{i} = arhat.constant() {{value = dense<{value}> : {types[i]}}} : () -> {types[i]}",
            f"%{i} = trt.constant(%c{i}) : ({types[i]}) -> {types[i]}",
        ]
    given = [i for i in range(len(arrays)) if i not in constants]
    names = ", ".join(f"%r{i}" for i in range(len(results)))
    module = parse(
        f"func.func @main({', '.join(f'%{i}: {types[i]}' for i in given)}) -> ({', '.join(results)}) {{\n"
        + "\n".join(lines)
        + f"\n{names} = {op} : ({', '.join(types)}) -> ({', '.join(results)})\n"
        f"func.return {names} : {', '.join(results)}\n}}"
    )
    values = tuple(evaluate(module, [arrays[i] for i in given]).values())
    return values[0] if isinstance(result, str) else values


def drawn(*shape: int, dtype: Any = np.float32) -> Array:
    """Normally distributed numbers; small integers; booleans."""
    if np.dtype(dtype).kind in "ib":
        return RNG.integers(-9, 10, shape).astype(dtype)
    return RNG.standard_normal(shape).astype(dtype)


def tensor(array: Array) -> str:
    """The type of `array` as text."""
    return str(array_type(array))
