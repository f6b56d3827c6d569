"""Writes `operations.py`: a function for each operation of the dialect. Run as `python -m arhat.frontend.generate`."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xdsl.dialects.builtin import ArrayAttr, StringAttr
from xdsl.irdl import BaseAttr, OptOperandDef, OptPropertyDef, VarOperandDef

from arhat.dialects import arhat
from arhat.dialects.arhat import ActivationAttr
from arhat.dialects.arhat.base import BOOL, FLOAT, FLOATS, INT, INTS, SEGMENTS, TensorOp

BY_HAND = {"arhat.constant": "the function constant", "arhat.convert": "the function cast"}
"""Operations that functions of their own write (in `shorthands.py`): their properties are attributes of the IR."""

DEFAULTS: dict[str, str] = {
    "divide.python_div": "True",
    "matmul.transpose_a": "False",
    "matmul.transpose_b": "False",
    "gather.batch_dims": "0",
    "gather_nd.batch_dims": "0",
    "gelu.approximate": '"erf"',
    "round.mode": '"half_to_even"',
    "is_inf.detect_negative": "True",
    "is_inf.detect_positive": "True",
    "cum_sum.exclusive": "False",
    "cum_sum.reverse": "False",
    "topk.mode": '"max"',
    "topk.sort": '"value"',
    "topk.index_type": '"i64"',
    "one_hot.normalize": "False",
    "scatter_update.reduction": '"none"',
    "scatter_elements_update.reduction": '"none"',
    "scatter_elements_update.use_init_val": "True",
    "bucketize.right_bound": "True",
    "bucketize.index_type": '"i64"',
    "mvn.normalize_variance": "True",
    "mvn.eps_mode": '"inside_sqrt"',
    "normalize_l2.eps_mode": '"add"',
    "lstm_sequence.activations": '("sigmoid", "tanh", "tanh")',
    "gru_sequence.activations": '("sigmoid", "tanh")',
    "rnn_sequence.activations": '("tanh",)',
    **{
        f"{op}.{name}": f"({', '.join(['0.0'] * count)},)"
        for op, count in (("lstm_sequence", 3), ("gru_sequence", 2), ("rnn_sequence", 1))
        for name in ("alpha", "beta")
    },
    **{f"{op}_sequence.direction": '"forward"' for op in ("lstm", "gru", "rnn")},
    **{f"{op}_sequence.clip": "0.0" for op in ("lstm", "gru", "rnn")},
    "gru_sequence.linear_before_reset": "False",
    "clamp.min": 'float("-inf")',
    "clamp.max": 'float("inf")',
}
"""Values of properties that a caller need not give: `operation.property` to a Python expression."""

_KINDS = {INTS: "Sequence[int]", FLOATS: "Sequence[float]", INT: "int", FLOAT: "float", BOOL: "bool"}


@dataclass(frozen=True)
class _Parameter:
    name: str
    type: str
    default: str | None

    def text(self) -> str:
        if self.default is None:
            return f"{self.name}: {self.type}"
        return f"{self.name}: {self.type} = {self.default}"


def every_operation() -> list[type[TensorOp]]:
    """All operations of the dialect that have the uniform form."""
    return [op for op in arhat.Arhat.operations if issubclass(op, TensorOp)]


def plain_operations() -> list[type[TensorOp]]:
    """Those that a generated function can write: no inner regions, properties that Python values stand for."""
    return [op for op in every_operation() if op.name not in BY_HAND and not op.get_irdl_definition().regions]


def _property_type(constraint: Any) -> str:
    for kind, text in _KINDS.items():
        if type(constraint) is type(kind):
            return text
    choices = getattr(constraint, "choices", None)
    if choices is not None:
        return f"Literal[{', '.join(_quoted(choice) for choice in choices)}]"
    base: Any = constraint.attr if type(constraint) is BaseAttr else None
    known: dict[Any, str] = {ActivationAttr: "Activation", StringAttr: "str", ArrayAttr: "Sequence[str]"}
    if base in known:
        return known[base]
    raise TypeError(f"no Python type stands for {constraint}")


def _quoted(text: str) -> str:
    return '"' + text + '"'


def _parameters(op: type[TensorOp]) -> tuple[list[_Parameter], list[_Parameter]]:
    """Those that may stand by position (required operands), and those that go by name."""
    definition = op.get_irdl_definition()
    kind = op.name.partition(".")[2]
    positional: list[_Parameter] = []
    named: list[_Parameter] = []
    for name, declared in definition.operands:
        if isinstance(declared, OptOperandDef):
            named.append(_Parameter(name, "Operand | None", "None"))
        elif isinstance(declared, VarOperandDef):
            positional.append(_Parameter(name, "Sequence[Operand]", None))
        else:
            positional.append(_Parameter(name, "Operand", None))
    required: list[_Parameter] = []
    for name, declared in definition.properties.items():
        if name == SEGMENTS:
            continue
        type = _property_type(declared.constr)
        if isinstance(declared, OptPropertyDef):
            named.append(_Parameter(name, f"{type} | None", "None"))
        else:
            default = DEFAULTS.get(f"{kind}.{name}")
            (required if default is None else named).append(_Parameter(name, type, default))
    return positional, [*required, *named]


def _docstring(op: type[TensorOp]) -> str:
    text = inspect.cleandoc(op.__doc__ or op.name)
    lines: list[str] = []
    fenced = False
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif not fenced:
            lines.append(line)
    paragraphs = [part.strip("\n") for part in re.split(r"\n\s*\n", "\n".join(lines)) if part.strip()]
    return "\n\n".join(map(_filled, paragraphs)).replace("\\", "\\\\")


def _filled(paragraph: str) -> str:
    """The paragraph in lines that fit behind an indent, unless it is a list."""
    lines = paragraph.splitlines()
    if any(line.startswith((" ", "-", "|")) for line in lines):
        return paragraph
    together = re.sub(r"`[^`]*`", _together, " ".join(lines))
    filled = textwrap.fill(together, 106, break_long_words=False, break_on_hyphens=False)
    return filled.replace("\0", " ")


def _together(code: re.Match[str]) -> str:
    """Code is not broken, unless it is long."""
    return code[0].replace(" ", "\0") if len(code[0]) < 60 else code[0]


def _function(op: type[TensorOp]) -> str:
    kind = op.name.partition(".")[2]
    positional, named = _parameters(op)
    results = len(op.get_irdl_definition().results)
    returns = {0: "None", 1: "Tensor"}.get(results, f"tuple[{', '.join(['Tensor'] * results)}]")
    parameters = [p.text() for p in positional] + ["*"] + [p.text() for p in named]
    parameters.append("name: str | None = None")
    operands = {name: None for name, _ in op.get_irdl_definition().operands}
    properties = [p.name for p in (*positional, *named) if p.name not in operands]
    written = "{" + ", ".join(f'"{name}": {name}' for name in properties) + "}"
    call = f"emit(arhat.{op.__name__}, [{', '.join(operands)}], {written}, name)"
    document = textwrap.indent(_docstring(op), "    ").lstrip()
    closing = '\n    """' if "\n" in document else '"""'
    if results == 0:
        body = f"    {call}"
    elif results == 1:
        body = f"    return {call}[0]"
    else:
        places = ", ".join(f"made[{place}]" for place in range(results))
        body = f"    made = {call}\n    return {places}"
    return f'def {kind}({", ".join(parameters)}) -> {returns}:\n    """{document}{closing}\n{body}\n'


def generated() -> str:
    """The text of `operations.py`, before it is formatted."""
    operations = plain_operations()
    names = sorted(_quoted(op.name.partition(".")[2]) for op in operations)
    return "\n\n".join(
        [
            '"""A function for each operation of the `arhat` dialect, written by `python -m arhat.frontend.generate`.'
            "\n\n"
            "Operands are tensors, arrays or numbers; everything else goes by name. What does not fit raises a\n"
            '`UserError` that names the line of the caller.\n"""\n\n'
            "from __future__ import annotations\n\n"
            "from collections.abc import Sequence\n"
            "from typing import Literal\n\n"
            "from arhat.dialects import arhat\n"
            "from arhat.frontend.network import Activation, Operand, Tensor, emit\n\n"
            f"__all__ = [{', '.join(names)}]\n",
            *[_function(op) for op in operations],
        ]
    )


def _format(text: str) -> str:
    """The text as the formatter of this repository writes it."""
    made = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
        cwd=TARGET.parent,
    )
    return made.stdout


TARGET = Path(__file__).with_name("operations.py")


def is_up_to_date() -> bool:
    """Whether the file says what `generated` says, however it is formatted."""
    return TARGET.exists() and ast.dump(ast.parse(TARGET.read_text("utf-8"))) == ast.dump(
        ast.parse(generated())
    )


def main() -> None:
    """Writes the file, if anything has changed; only then ruff is needed."""
    if not is_up_to_date():
        TARGET.write_text(_format(generated()), encoding="utf-8")


if __name__ == "__main__":
    main()
