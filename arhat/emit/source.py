"""The text of an emitted program, as far as the targets share it: steps, tables, names.

A program is a list of steps, one C++ function each, in the order of the ops, and tables that the runtime reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from xdsl.dialects import func
from xdsl.dialects.builtin import (
    BFloat16Type,
    DictionaryAttr,
    Float16Type,
    IntegerAttr,
    ModuleOp,
    StringAttr,
)
from xdsl.ir import BlockArgument, Operation, SSAValue

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.attributes import PREPROCESSING
from arhat.dialects.arhat.base import python_value
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import (
    ARENA_BYTES,
    STATE_BYTES,
    ViewOp,
    origin_of,
    physical_elements,
    strides_of,
)
from arhat.emit.cpu.printers import Code, Printer
from arhat.emit.cpu.values import Values, element_type
from arhat.emit.project import OpSpec, TensorSpec
from arhat.emit.weights_file import Entry, WeightsPlan
from arhat.errors import UserError, quote
from arhat.layers import layers_of
from arhat.passes.plan_memory import storage
from arhat.passes.support import element_bytes

STRING = re.compile(r'"(?:\\.|[^"\\])*"')
"""A string literal."""
_SHORT_CALL = re.compile(r"\b(?:field\w*|dims|axes|permutation|n\.weights)\([^()]*\)")
"""Calls in programs for TensorRT that are read in one piece."""
HALF_HEADER = "arhat/kernels/half.hpp"


@dataclass(frozen=True)
class Step:
    """One op that does something: its number, description, statements and cost."""

    number: int
    op: Operation
    title: str
    layers: tuple[str, ...]
    code: Code
    flops: float
    moved: float


def constants_of(
    function: func.FuncOp,
    entry: Callable[[str, ConstantOp], Entry],
    role: Callable[[Operation, SSAValue], str],
) -> dict[ConstantOp, Entry]:
    """Constants that the program reads, in order of first use, named after the layers that read them.

    `entry` makes the weight of a name and a constant, `role` says what an op takes an operand for.
    """
    found: dict[ConstantOp, Entry] = {}
    for op in function.body.block.ops:
        if isinstance(op, ConstantOp | ViewOp):
            continue
        for value in op.operands:
            constant = storage(value).owner
            if not isinstance(constant, ConstantOp) or constant in found:
                continue
            layers = layers_of(op) or layers_of(constant)
            name = f"{layers[-1].layer_name if layers else op.name}.{role(op, value)}"
            found[constant] = entry(name, constant)
    return found


def steps_of(
    function: func.FuncOp,
    values: Values,
    printers: Mapping[str, Printer],
    target: str,
    cost: Callable[[Operation], tuple[float, float]],
    title: Callable[[Operation], str],
) -> list[Step]:
    """Every op with its statements.

    Raises:
        UserError: an op has no printer, which means that the module was not lowered to the target.
    """
    steps: list[Step] = []
    for op in function.body.block.ops:
        if isinstance(op, ConstantOp | func.ReturnOp):
            continue
        printer = printers.get(op.name)
        if printer is None:
            raise UserError(
                f"{op.name} cannot be emitted for the {target} target: "
                f"run the pipeline '{target}' on the module first"
            )
        values.number = len(steps)
        code = printer(op, values)
        if code.lines:
            layers = tuple(layer.layer_name for layer in layers_of(op))
            flops, moved = cost(op)
            steps.append(Step(len(steps), op, title(op), layers, code, flops, moved))
    return steps


def bytes_moved(op: Operation) -> float:
    """Bytes that an op reads and writes, as its operands and results lie in memory."""
    return float(
        sum(
            physical_elements(tensor_of(value)) * element_bytes(tensor_of(value).element_type)
            for value in (*op.operands, *op.results)
        )
    )


def headers_of(steps: Iterable[Step]) -> set[str]:
    """Headers of the runtime that the statements need."""
    headers: set[str] = set()
    for step in steps:
        headers.update(step.code.headers)
        elements = (tensor_of(value).element_type for value in (*step.op.operands, *step.op.results))
        if any(isinstance(element, Float16Type | BFloat16Type) for element in elements):
            headers.add(HALF_HEADER)
    return headers


# ---------------------------------------------------------------------------------------------------- text


def c_string(text: str) -> str:
    """A C string literal of any text, in ASCII."""
    out: list[str] = []
    for byte in text.encode("utf-8", "surrogatepass"):
        char = chr(byte)
        if char in '"\\?':
            out.append("\\" + char)
        elif char == "\n":
            out.append("\\n")
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def wrap(line: str, limit: int = 110, indent: str = "  ") -> list[str]:
    """Break a long statement after commas, with the rest indented.

    Strings and `pointer<T>(f, offset)` stay in one piece, and short calls where there is a place before them.
    """
    lines: list[str] = []
    while len(line) + len(indent) > limit:
        seen = STRING.sub(lambda string: "_" * len(string[0]), line)
        cut = seen.rfind(", ", 0, limit - len(indent))
        if seen.endswith("(f", 0, cut):
            cut = seen.rfind(", ", 0, cut)
        for call in _SHORT_CALL.finditer(seen):
            if call.start() < cut < call.end():
                before = seen.rfind(", ", 0, call.start())
                cut = before if before >= 40 else cut
        if cut < 40:
            break
        lines.append(f"{indent}{line[: cut + 1]}")
        line = line[cut + 2 :]
        indent = "      "
    return [*lines, f"{indent}{line}"]


def table_reference(name: str, size: int) -> tuple[str, str]:
    """Address and number of rows of a table; those without rows are not printed."""
    return (name, f"{size}") if size else ("nullptr", "0")


def comment_lines(step: Step) -> Iterable[str]:
    """What stands above a step: its number, what is done, the shape, the source layers."""
    values = step.op.results or step.op.operands
    arrow = "->" if step.op.results else "<-"
    return comment(step.number, step.title, arrow, tensor_of(values[0]).get_shape(), step.layers)


def comment(
    number: int, title: str, arrow: str, shape: Iterable[int], layers: Iterable[str]
) -> Iterable[str]:
    """What stands above a function: its number, what is done, the shape, the source layers."""
    yield f"// {number}: {title} {arrow} {' x '.join(map(str, shape))}"
    names = ", ".join(quote(layer) for layer in layers)
    if names:
        for line in wrap(f"layers: {names}", 112):
            yield "//   " + line.strip()


def function_lines(step: Step) -> Iterable[str]:
    """The function of a step, and what has to stand before it."""
    yield from comment_lines(step)
    for line in step.code.declarations:
        yield from wrap(line, indent="")
    yield f"void op_{step.number}(const Frame& f) {{"
    for line in step.code.lines:
        yield from wrap(line)
    yield "}"


def dumpable(steps: list[Step]) -> list[tuple[Step, SSAValue]]:
    """The values that a program can be asked for."""
    return [(step, result) for step in steps for result in step.op.results]


def dims(extents: Iterable[int]) -> str:
    """A `Dims`."""
    numbers = tuple(extents)
    return f"{{{len(numbers)}, {{{', '.join(str(d) for d in numbers)}}}}}"


def layer_string(layers: tuple[str, ...]) -> str:
    """Names of layers in one C string, a line each."""
    return c_string("\n".join(layers))


def interface_tables(function: func.FuncOp, weights: WeightsPlan) -> Iterable[str]:
    """The tables of inputs, outputs and weights."""
    block = function.body.block
    yield from table(
        "TensorInfo",
        "inputs",
        [tensor_info(v, n) for v, n in zip(block.args, input_names(function), strict=True)],
    )
    terminator = cast(Operation, block.last_op)
    yield from table(
        "TensorInfo",
        "outputs",
        [tensor_info(v, n) for v, n in zip(terminator.operands, output_names(function), strict=True)],
    )
    yield from table(
        "WeightInfo",
        "weights",
        [f"{{{c_string(w.name)}, Type::{w.type}, {w.offset}, {w.nbytes}}}" for w in weights.entries],
    )


def op_row(step: Step) -> str:
    """The fields of an `OpInfo`."""
    return (
        f"{c_string(step.title)}, {layer_string(step.layers)}, {step.flops:.0f}.0, {step.moved:.0f}.0, "
        f"op_{step.number}"
    )


def value_table(steps: list[Step], values: Values) -> Iterable[str]:
    """The table of the values that can be dumped."""
    rows: list[str] = []
    for step, result in dumpable(steps):
        type_ = tensor_of(result)
        place = values.place(result)
        origin = origin_of(type_) * element_bytes(type_.element_type)
        output = place.index.data if place.space.data == "output" else -1
        strides = ", ".join(str(s) for s in strides_of(type_))
        rows.append(
            f"{{{layer_string(step.layers)}, Type::{element_type(type_.element_type).runtime}, "
            f"{dims(type_.get_shape())}, {{{strides}}}, {place.offset.data + origin}, {step.number}, {output}}}"
        )
    yield from table("ValueInfo", "values", rows)


def table(type_: str, name: str, rows: list[str]) -> Iterable[str]:
    """A table of constants, unless it has no rows."""
    if rows:
        yield f"constexpr {type_} {name}[] = {{"
        for row in rows:
            yield f"    {row},"
        yield "};"
        yield ""


def tensor_info(value: SSAValue, name: str) -> str:
    """A `TensorInfo`."""
    type_ = tensor_of(value)
    return (
        f"{{{c_string(name)}, Type::{element_type(type_.element_type).runtime}, {dims(type_.get_shape())}}}"
    )


def _names(attributes: Iterable[object], prefix: str, count: int) -> list[str]:
    names: list[str] = []
    for attr in attributes:
        name = attr.data.get("arhat.name") if isinstance(attr, DictionaryAttr) else None
        names.append(name.data if isinstance(name, StringAttr) else f"{prefix}{len(names)}")
    while len(names) < count:
        names.append(f"{prefix}{len(names)}")
    return names


def input_names(function: func.FuncOp) -> list[str]:
    """Names of the model's inputs."""
    attrs = function.arg_attrs.data if function.arg_attrs is not None else ()
    return _names(attrs, "input", len(function.body.block.args))


def input_preprocessing(function: func.FuncOp, value: SSAValue) -> dict[str, Any]:
    """What the program does to an input by itself, as the pass `preprocess` noted it; empty for other values."""
    if not isinstance(value, BlockArgument) or function.arg_attrs is None:
        return {}
    noted = function.arg_attrs.data[value.index].data.get(PREPROCESSING)
    return (
        {} if not isinstance(noted, DictionaryAttr) else {k: python_value(v) for k, v in noted.data.items()}
    )


def output_names(function: func.FuncOp) -> list[str]:
    """Names of the model's outputs."""
    attrs = function.res_attrs.data if function.res_attrs is not None else ()
    return _names(attrs, "output", len(function.function_type.outputs.data))


def arena_bytes(function: func.FuncOp) -> int:
    """Bytes of the arena.

    Raises:
        UserError: no memory was planned.
    """
    arena = function.attributes.get(ARENA_BYTES)
    if not isinstance(arena, IntegerAttr):
        raise UserError("the function has no kernel.arena_bytes: run plan-memory before emitting")
    return arena.value.data


def state_bytes(function: func.FuncOp) -> int:
    """Bytes of the memory that is kept from run to run; 0 where the model has no state."""
    size = function.attributes.get(STATE_BYTES)
    return size.value.data if isinstance(size, IntegerAttr) else 0


def model_name(module: ModuleOp) -> str:
    """The name that the module carries."""
    name = module.attributes.get("arhat.name")
    return name.data if isinstance(name, StringAttr) else "model"


def tensor_specs(function: func.FuncOp, tensors: Iterable[SSAValue], names: list[str]) -> list[TensorSpec]:
    """Inputs or outputs for the manifest."""
    return [
        TensorSpec(
            label,
            element_type(tensor_of(v).element_type).runtime,
            tensor_of(v).get_shape(),
            input_preprocessing(function, v),
        )
        for v, label in zip(tensors, names, strict=True)
    ]


def op_specs(steps: Iterable[Step]) -> list[OpSpec]:
    """The rows of the manifest's table of ops."""
    return [OpSpec(step.title, step.layers, step.flops, step.moved) for step in steps]


def state_note(function: func.FuncOp) -> list[str]:
    """A comment on the program's state, where it has any."""
    size = state_bytes(function)
    return (
        [f"// It keeps {size} bytes of state from run to run: see arhat_model_reset_state."] if size else []
    )


def program_entries(
    name: str, function: func.FuncOp, steps: list[Step], weights: WeightsPlan
) -> tuple[list[str], list[str]]:
    """The fields of a `Program` in two lines: name and interface; weights, memory, ops and values."""
    first = [
        c_string(name),
        *table_reference("inputs", len(function.body.block.args)),
        *table_reference("outputs", len(cast(Operation, function.body.block.last_op).operands)),
        *table_reference("weights", len(weights.entries)),
    ]
    second = [
        f"{len(weights.header)}u",
        f"{weights.header_hash:#018x}u",
        f"{weights.data_bytes}u",
        f"{arena_bytes(function)}u",
        *table_reference("ops", len(steps)),
        *table_reference("values", len(dumpable(steps))),
    ]
    return first, second
