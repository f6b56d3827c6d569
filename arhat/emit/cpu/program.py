"""Emission of the `cpu` target: one C++ function per op, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, cast

from xdsl.dialects import func
from xdsl.dialects.builtin import DictionaryAttr, IntegerAttr, ModuleOp, StringAttr
from xdsl.ir import BlockArgument, Operation, SSAValue

import arhat
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.attributes import PREPROCESSING
from arhat.dialects.arhat.base import python_value
from arhat.dialects.cpu import ConvOp, MatmulOp, RecurrentOp
from arhat.dialects.cpu_int8 import QuantizedConvOp
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import (
    ARENA_BYTES,
    STATE_BYTES,
    ViewOp,
    origin_of,
    physical_elements,
    strides_of,
)
from arhat.emit.cpu.int8 import INT8_PRINTERS
from arhat.emit.cpu.kernels import KERNEL_PRINTERS
from arhat.emit.cpu.printers import PRINTERS, Code, Printer
from arhat.emit.cpu.recurrent import RECURRENT_PRINTERS
from arhat.emit.cpu.values import Values, element_type
from arhat.emit.project import OpSpec, Project, TensorSpec, write_project
from arhat.emit.weights_file import Entry, WeightsPlan, plan_weights
from arhat.errors import UserError, quote
from arhat.layers import layers_of
from arhat.passes.plan_memory import storage
from arhat.passes.support import element_bytes, entry_point
from arhat.weights import Array, constant_value


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


def constants_of(function: func.FuncOp) -> dict[ConstantOp, Entry]:
    """Constants that the program reads, in order of first use, named after the layers that read them."""
    found: dict[ConstantOp, Entry] = {}
    for op in function.body.block.ops:
        if isinstance(op, ConstantOp | ViewOp):
            continue
        for value in op.operands:
            source = storage(value)
            constant = source.owner
            if not isinstance(constant, ConstantOp) or constant in found:
                continue
            type_ = tensor_of(source)
            layers = layers_of(op) or layers_of(constant)
            name = f"{layers[-1].layer_name if layers else op.name}.{_role(op, value)}"
            found[constant] = Entry(
                name, element_type(type_.element_type).runtime, type_.get_shape(), _reader(constant)
            )
    return found


def _role(op: Operation, value: SSAValue) -> str:
    for name in ("filter", "b", "bias", "slope"):
        if getattr(op, name, None) is value:
            return "weights" if name in ("filter", "b") else name
    return "constant"


def _reader(constant: ConstantOp) -> Callable[[], Array]:
    return lambda: constant_value(constant)


def steps_of(function: func.FuncOp, values: Values) -> list[Step]:
    """Every op with its statements.

    Raises:
        UserError: an op has no printer, which means that the module was not lowered to the cpu target.
    """
    printers: dict[str, Printer] = PRINTERS | KERNEL_PRINTERS | RECURRENT_PRINTERS | INT8_PRINTERS
    steps: list[Step] = []
    for op in function.body.block.ops:
        if isinstance(op, ConstantOp | func.ReturnOp):
            continue
        printer = printers.get(op.name)
        if printer is None:
            raise UserError(
                f"{op.name} cannot be emitted for the cpu target: run the pipeline 'cpu' on the module first"
            )
        code = printer(op, values)
        if code.lines:
            layers = tuple(layer.layer_name for layer in layers_of(op))
            flops, moved = cost(op)
            steps.append(Step(len(steps), op, title(op), layers, code, flops, moved))
    return steps


def title(op: Operation) -> str:
    """Short name of what is done: the op and, where there is one, its algorithm or kind."""
    detail = op.properties.get("algorithm") or op.properties.get("kind")
    return f"{op.name} {detail.data}" if isinstance(detail, StringAttr) else op.name


def cost(op: Operation) -> tuple[float, float]:
    """Arithmetic operations of the op's definition (not of its algorithm) and bytes read and written."""
    moved = 0.0
    for value in (*op.operands, *op.results):
        type_ = tensor_of(value)
        moved += physical_elements(type_) * element_bytes(type_.element_type)
    out = 0.0 if not op.results else float(prod(tensor_of(op.results[0]).get_shape()))
    if isinstance(op, ConvOp | QuantizedConvOp):
        kh, kw = op.kernel.get_values()
        return 2.0 * out * tensor_of(op.input).get_shape()[1] / op.groups.value.data * kh * kw, moved
    if isinstance(op, RecurrentOp):
        return 2.0 * out * op.GATES * tensor_of(op.results[0]).get_shape()[-1], moved
    if isinstance(op, MatmulOp):
        a = tensor_of(op.a).get_shape()
        return 2.0 * out * (a[-2] if op.transpose_a.value.data else a[-1]), moved
    return out, moved


# ---------------------------------------------------------------------------------------------------- text


def c_string(text: str) -> str:
    """A C string literal of any text, in ASCII."""
    out: list[str] = []
    for byte in text.encode("utf-8", "surrogatepass"):
        char = chr(byte)
        if char in '"\\?':
            out.append("\\" + char)
        elif 32 <= byte < 127:
            out.append(char)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def _wrap(line: str, limit: int = 110) -> list[str]:
    """Break a long statement after commas, with the rest indented."""
    lines: list[str] = []
    indent = "  "
    while len(line) + len(indent) > limit:
        cut = line.rfind(", ", 0, limit - len(indent))
        if cut < 40:
            break
        lines.append(f"{indent}{line[: cut + 1]}")
        line = line[cut + 2 :]
        indent = "      "
    return [*lines, f"{indent}{line}"]


def source_text(
    name: str, function: func.FuncOp, steps: list[Step], values: Values, weights: WeightsPlan
) -> str:
    """The text of model.cpp."""
    headers = sorted(
        {h for step in steps for h in step.code.headers} | {"arhat/cpu/frame.hpp", "arhat/pool.hpp"}
    )
    out: list[str] = [
        f"// Generated by Arhat {arhat.__version__} from the model {quote(name)}. "
        "One function per operation, in order.",
        *(
            [
                f"// It keeps {state_bytes(function)} bytes of state from run to run: see arhat_model_reset_state."
            ]
            if state_bytes(function)
            else []
        ),
        "#include <algorithm>",
        "#include <cmath>",
        "#include <cstdint>",
        "",
        *(f'#include "{h}"' for h in headers),
        "",
        "namespace arhat {",
        "inline namespace ARHAT_ISA {",
        "namespace {",
    ]
    for step in steps:
        out += ["", *_function(step)]
    out += ["", *_tables(function, steps, values, weights)]
    entries = [
        c_string(name),
        *_table_reference("inputs", len(function.body.block.args)),
        *_table_reference("outputs", len(cast(Operation, function.body.block.last_op).operands)),
        *_table_reference("weights", len(weights.entries)),
        f"{len(weights.header)}u",
        f"{weights.header_hash:#018x}u",
        f"{weights.data_bytes}u",
        f"{arena_bytes(function)}u",
        *_table_reference("ops", len(steps)),
        *_table_reference("values", len(_dumpable(steps))),
    ]
    if state_bytes(function):
        entries.append(f"{state_bytes(function)}u")
    out += [
        "",
        "constexpr Program the_program{" + ", ".join(entries[:7]) + ",",
        "                              " + ", ".join(entries[7:]) + "};",
        "",
        "}  // namespace",
        "",
        "const Program& program();",
        "",
        "const Program& program() { return the_program; }",
        "",
        "}  // namespace ARHAT_ISA",
        "}  // namespace arhat",
        "",
    ]
    return "\n".join(out)


def _table_reference(name: str, size: int) -> tuple[str, str]:
    return (f"{name}", f"{size}") if size else ("nullptr", "0")


def _function(step: Step) -> Iterable[str]:
    values = step.op.results or step.op.operands
    shapes = " x ".join(str(d) for d in tensor_of(values[0]).get_shape())
    yield f"// {step.number}: {step.title} {'->' if step.op.results else '<-'} {shapes}"
    if step.layers:
        for line in _wrap("layers: " + ", ".join(quote(layer) for layer in step.layers), 112):
            yield "//   " + line.strip()
    yield f"void op_{step.number}(const Frame& f) {{"
    for line in step.code.lines:
        yield from _wrap(line)
    yield "}"


def _dumpable(steps: list[Step]) -> list[tuple[Step, SSAValue]]:
    return [(step, result) for step in steps for result in step.op.results]


def _dims(shape: tuple[int, ...]) -> str:
    return f"{{{len(shape)}, {{{', '.join(str(d) for d in shape)}}}}}"


def _layer_string(layers: tuple[str, ...]) -> str:
    return c_string("\n".join(layers))


def _tables(function: func.FuncOp, steps: list[Step], values: Values, weights: WeightsPlan) -> Iterable[str]:
    block = function.body.block
    yield from _table(
        "TensorInfo",
        "inputs",
        [_tensor_info(v, n) for v, n in zip(block.args, input_names(function), strict=True)],
    )
    terminator = cast(Operation, block.last_op)
    yield from _table(
        "TensorInfo",
        "outputs",
        [_tensor_info(v, n) for v, n in zip(terminator.operands, output_names(function), strict=True)],
    )
    yield from _table(
        "WeightInfo",
        "weights",
        [f"{{{c_string(w.name)}, Type::{w.type}, {w.offset}, {w.nbytes}}}" for w in weights.entries],
    )
    yield from _table(
        "OpInfo",
        "ops",
        [
            f"{{{c_string(s.title)}, {_layer_string(s.layers)}, {s.flops:.0f}.0, {s.moved:.0f}.0, op_{s.number}}}"
            for s in steps
        ],
    )
    rows: list[str] = []
    for step, result in _dumpable(steps):
        type_ = tensor_of(result)
        place = values.place(result)
        origin = origin_of(type_) * element_bytes(type_.element_type)
        output = place.index.data if place.space.data == "output" else -1
        strides = ", ".join(str(s) for s in strides_of(type_))
        rows.append(
            f"{{{_layer_string(step.layers)}, Type::{element_type(type_.element_type).runtime}, "
            f"{_dims(type_.get_shape())}, {{{strides}}}, {place.offset.data + origin}, {step.number}, {output}}}"
        )
    yield from _table("ValueInfo", "values", rows)


def _table(type_: str, name: str, rows: list[str]) -> Iterable[str]:
    if rows:
        yield f"constexpr {type_} {name}[] = {{"
        for row in rows:
            yield f"    {row},"
        yield "};"
        yield ""


def _tensor_info(value: SSAValue, name: str) -> str:
    type_ = tensor_of(value)
    return (
        f"{{{c_string(name)}, Type::{element_type(type_.element_type).runtime}, {_dims(type_.get_shape())}}}"
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


def emit(module: ModuleOp, out: str | Path) -> Path:
    """Write the project of a module at the end of the `cpu` pipeline into the folder `out`.

    Raises:
        UserError: the module is not at that level, or the folder cannot be written.
    """
    function = entry_point(module)
    block = function.body.block
    constants = constants_of(function)
    weights = plan_weights(constants.values())
    values = Values(block, {op: placed.offset for op, placed in zip(constants, weights.entries, strict=True)})
    steps = steps_of(function, values)
    name = model_name(module)

    def specs(tensors: Iterable[SSAValue], names: list[str]) -> list[TensorSpec]:
        return [
            TensorSpec(
                label,
                element_type(tensor_of(v).element_type).runtime,
                tensor_of(v).get_shape(),
                input_preprocessing(function, v),
            )
            for v, label in zip(tensors, names, strict=True)
        ]

    project = Project(
        name=name,
        target="cpu",
        sources={"model.cpp": source_text(name, function, steps, values, weights)},
        weights=weights,
        inputs=specs(block.args, input_names(function)),
        outputs=specs(cast(Operation, block.last_op).operands, output_names(function)),
        ops=[OpSpec(step.title, step.layers, step.flops, step.moved) for step in steps],
        arena_bytes=arena_bytes(function),
        state_bytes=state_bytes(function),
    )
    return write_project(project, Path(out))
