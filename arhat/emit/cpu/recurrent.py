"""C++ statements for the recurrences of the `cpu` dialect."""

from __future__ import annotations

from xdsl.ir import Operation, SSAValue

from arhat.dialects.cpu import GruOp, LstmOp, RecurrentOp, RnnOp
from arhat.emit.cpu.fields import braces, number_of, numbers_of, shape_of, word_of
from arhat.emit.cpu.printers import Code, Printer, scratch_pointer
from arhat.emit.cpu.values import Values, cpp_type, float_literal
from arhat.errors import UserError


def _recurrence(op: Operation, values: Values) -> Code:
    assert isinstance(op, RecurrentOp)
    if op.properties.get("algorithm") is None:
        raise UserError(f"{op.name} has no algorithm: run select-algorithms before emitting")
    rows, directions, steps, hidden = shape_of(op.results[0])
    kinds = op.parameters()["activations"]
    parameters = zip(kinds, numbers_of(op, "alpha"), numbers_of(op, "beta"), strict=True)
    functions = [
        braces([f"RecurrentKind::{kind}", float_literal(alpha), float_literal(beta)])
        for kind, alpha, beta in parameters
    ]
    functions += [functions[0]] * (3 - len(functions))
    reverse = "true" if word_of(op, "direction") == "reverse" else "false"
    fields = [rows, steps, directions, hidden, reverse, number_of(op, "clip"), *functions]
    given: list[str] = [values.pointer(value) for value in op.operands[: 4 if isinstance(op, LstmOp) else 3]]
    if isinstance(op, GruOp):
        given.append(values.optional(op.recurrent_bias))
    given.append(_lengths(op, values))
    arguments = [*given, *(values.pointer(result) for result in op.results), scratch_pointer(op)]
    return Code(
        ("arhat/cpu/recurrent.hpp",),
        [
            "// rows, steps, directions, hidden states, from last to first, bound; functions f, g, h",
            f"static constexpr RecurrentShape shape{braces(fields)};",
            f"{op.name.partition('.')[2]}(f.context, shape, {', '.join(arguments)});",
        ],
    )


def _lengths(op: Operation, values: Values) -> str:
    lengths: SSAValue | None = getattr(op, "lengths", None)
    if lengths is None:
        return "static_cast<const int32_t*>(nullptr)"
    return f"static_cast<const {cpp_type(lengths)}*>({values.pointer(lengths)})"


RECURRENT_PRINTERS: dict[str, Printer] = {op.name: _recurrence for op in (LstmOp, GruOp, RnnOp)}
