"""Emission of the `trt` target: one C++ function per layer, in order, and the tables of what the network is fed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from math import prod
from pathlib import Path
from typing import cast

from xdsl.dialects import func
from xdsl.dialects.builtin import BoolAttr, DenseArrayBase, ModuleOp
from xdsl.ir import Operation, SSAValue

import arhat
from arhat.dialects import trt
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.base import Ints, ints_of
from arhat.dialects.kernel import tensor_of
from arhat.emit.cpu.values import element_type
from arhat.emit.kernels_cuda import SORT_SOURCE, sorts_in_memory
from arhat.emit.project import RUNTIME, Project, runtime_headers, write_project
from arhat.emit.source import (
    STRING,
    c_string,
    constants_of,
    dims,
    input_names,
    interface_tables,
    layer_string,
    model_name,
    output_names,
    table,
    table_reference,
    tensor_specs,
)
from arhat.emit.trt.steps import NetworkStep, Results, network_steps, plugins_used, results_of
from arhat.emit.trt.values import DATA_TYPES, NetworkValues, weights_of
from arhat.emit.weights_file import Entry, PlacedEntry, WeightsPlan, plan_weights
from arhat.errors import UserError, quote
from arhat.options import ARCHITECTURES
from arhat.passes.support import element_bytes, entry_point
from arhat.weights import constant_value

NETWORK = "arhat/trt/network.hpp"
PLUGIN_UNIT = "arhat/trt/plugins/{}.cu"

LIBRARIES = ("libcuda.so.1", "libcudart.so", "libnvinfer.so", "libnvinfer_builder_resource_*.so")
"""What is loaded when a program starts, by TensorRT itself in part. The driver comes with the machine."""
VERSIONS = {"CUDA": "12.4", "TensorRT": "10.14"}
"""The earliest ones."""


def _role(op: Operation, value: SSAValue) -> str:
    """What an op takes an operand for."""
    if isinstance(op, trt.ConvolutionOp | trt.DeconvolutionOp):
        return "bias" if value is op.bias else "weights"
    return "constant"


def _entry(name: str, constant: ConstantOp) -> Entry:
    type_ = tensor_of(constant.result)
    element = element_type(type_.element_type).runtime
    return Entry(name, element, type_.get_shape(), lambda: constant_value(constant))


def weights_plan(function: func.FuncOp) -> tuple[WeightsPlan, dict[ConstantOp, int]]:
    """The weights file, every constant once, and where each constant lies in it."""
    constants = constants_of(function, _entry, _role)
    keys = {
        op: (op.value, tensor_of(op.result).element_type, prod(tensor_of(op.result).get_shape()))
        for op in constants
    }
    first: dict[object, Entry] = {}
    for op, entry in constants.items():
        first.setdefault(keys[op], entry)
    plan = plan_weights(first.values())
    places: dict[object, PlacedEntry] = dict(zip(first, plan.entries, strict=True))
    return plan, {op: places[key].offset for op, key in keys.items()}


def batch_of(function: func.FuncOp) -> tuple[int, int, int] | None:
    """The smallest, usual and largest batch; None where it is fixed.

    Raises:
        UserError: the attribute is not three numbers.
    """
    attribute = function.attributes.get(trt.BATCH)
    if attribute is None:
        return None
    numbers = ints_of(cast(Ints, attribute)) if isinstance(attribute, DenseArrayBase) else ()
    if len(numbers) != 3:
        raise UserError(f"{trt.BATCH} is an array of three numbers, got {attribute}")
    return numbers[0], numbers[1], numbers[2]


def allows_tf32(function: func.FuncOp) -> bool:
    """Whether products of f32 may be rounded to TF32."""
    attribute = function.attributes.get(trt.TF32)
    return attribute is not None and attribute != BoolAttr.from_bool(False)


# ---------------------------------------------------------------------------------------------------- tables


def _axes(values: Iterable[SSAValue]) -> list[int]:
    """The axis of each value that scales with the batch; -1 where there is none."""
    return [-1 if axis is None else axis for axis in (trt.dynamic_axis(tensor_of(value)) for value in values)]


def _watched(step: NetworkStep) -> Iterable[str]:
    """A `WatchInfo` for each result of a layer."""
    for i, (value, axis) in enumerate(zip(step.results, _axes(step.results), strict=True)):
        type_ = tensor_of(value)
        fields = [
            layer_string(step.layers),
            f"Type::{element_type(type_.element_type).runtime}",
            dims(type_.get_shape()),
            str(step.number + i),
            *([str(axis)] if axis >= 0 else []),
        ]
        yield f"{{{', '.join(fields)}}}"


def _states(values: NetworkValues, results: Results) -> list[str]:
    """A `StateInfo` for each variable."""
    rows: list[str] = []
    for variable, *numbers in zip(values.variables, results.initial, results.next, strict=True):
        type_ = tensor_of(variable.read)
        constant = weights_of(variable.initial)
        start = -1 if constant is None else values.weights[constant]
        rows.append(
            f"{{{c_string(variable.name)}, Type::{element_type(type_.element_type).runtime}, "
            f"{dims(type_.get_shape())}, {start}, {', '.join(str(-1 if n is None else n) for n in numbers)}}}"
        )
    return rows


def state_bytes(values: NetworkValues) -> int:
    """Bytes of all variables."""
    types = [tensor_of(variable.read) for variable in values.variables]
    return sum(prod(type_.get_shape()) * element_bytes(type_.element_type) for type_ in types)


def _enumerations(lines: Iterable[str]) -> list[str]:
    """The types of TensorRT that statements name, but for the one that the runtime names already."""
    found: set[str] = set()
    for line in lines:
        found.update(re.findall(r"\b([A-Z]\w+)::k[A-Z]", STRING.sub("", line)))
    return sorted(found - {"DataType"})


def _numbers(type_: str, name: str, numbers: Sequence[int]) -> Iterable[str]:
    """A table of numbers in a row, unless there are none."""
    if numbers:
        yield f"constexpr {type_} {name}[] = {{{', '.join(map(str, numbers))}}};"


def source_text(
    name: str,
    function: func.FuncOp,
    steps: Sequence[NetworkStep],
    values: NetworkValues,
    results: Results,
    weights: WeightsPlan,
    key: str = "",
) -> str:
    """The text of model.cpp."""
    layers = [*steps, *results.copies]
    functions = [line for step in layers for line in ("", *step.function())]
    plugins = plugins_used(values.block.ops)
    batch = batch_of(function)
    outputs = cast(Operation, values.block.last_op).operands
    watched = [row for step in steps for row in _watched(step)]
    states = _states(values, results)
    size = state_bytes(values)
    out: list[str] = [
        f"// Generated by Arhat {arhat.__version__} from the model {quote(name)}. One function per layer, in order.",
        *(
            [f"// It keeps {size} bytes of state from run to run: see arhat_model_reset_state."]
            if size
            else []
        ),
        "#include <cmath>",
        "#include <cstddef>",
        "#include <cstdint>",
        "",
        f'#include "{NETWORK}"',
        "",
        "namespace arhat {",
        "namespace {",
        "",
        *(f"using nvinfer1::{enumeration};" for enumeration in _enumerations(functions)),
        *functions,
        "",
        *interface_tables(function, weights),
        *table("LayerInfo", "ops", [step.row() for step in layers]),
        *table("WatchInfo", "values", watched),
        *table("StateInfo", "states", states),
        *table("PluginInfo", "plugins", [plugin_row(*plugin) for plugin in plugins.items()]),
        *_numbers("size_t", "results", results.outputs),
        *(_numbers("int", "input_axes", _axes(values.block.args)) if batch else ()),
        *(_numbers("int", "output_axes", _axes(outputs)) if batch else ()),
    ]
    first = [
        c_string(name),
        *table_reference("inputs", len(values.block.args)),
        *table_reference("outputs", len(outputs)),
        *table_reference("weights", len(weights.entries)),
        f"{len(weights.header)}u",
        f"{weights.header_hash:#018x}u",
        f"{weights.data_bytes}u",
    ]
    second = [
        *table_reference("ops", len(layers)),
        *table_reference("values", len(watched)),
        *table_reference("states", len(states)),
        *table_reference("plugins", len(plugins)),
        "results" if results.outputs else "nullptr",
        "input_axes" if batch and values.block.args else "nullptr",
        "output_axes" if batch and results.outputs else "nullptr",
    ]
    third = [
        *map(str, batch or (0, 0, 0)),
        "true" if allows_tf32(function) else "false",
        c_string(key),
        f"{size}u",
    ]
    indent = " " * len("constexpr Program the_program{")
    out += [
        "constexpr Program the_program{" + ", ".join(first) + ",",
        indent + ", ".join(second) + ",",
        indent + ", ".join(third) + "};",
        "",
        "}  // namespace",
        "",
        "const Program& program();",
        "",
        "const Program& program() { return the_program; }",
        "",
        "}  // namespace arhat",
        "",
    ]
    return "\n".join(out)


def plugin_row(name: str, layers: Sequence[str]) -> str:
    """A `PluginInfo`."""
    return f"{{{c_string(name)}, {layer_string(tuple(layers))}}}"


def plugin_unit(name: str) -> str:
    """The unit of the runtime with a plugin: it has the name of the kernel.

    Raises:
        UserError: there is none.
    """
    kernel = trt.PLUGINS.get(name)
    if kernel is None:
        raise UserError(f"there is no plugin {quote(name)}; there are {', '.join(trt.PLUGINS)}")
    return PLUGIN_UNIT.format(kernel.name.removeprefix("kernel."))


def plugin_units(ops: Iterable[Operation]) -> list[str]:
    """The units of the runtime that the plugins of a network are."""
    plugins = [op for op in ops if isinstance(op, trt.PluginOp)]
    sorting = any(sorts_in_memory(trt.kernel_op_of(op)) for op in plugins)
    return [*map(plugin_unit, plugins_used(plugins)), *([SORT_SOURCE] if sorting else [])]


def program_key(source: str, units: Sequence[str]) -> str:
    """A hash of a program's text and of all of the runtime that has a part in its engine."""
    digest = hashlib.sha256(source.encode("utf-8"))
    texts = {unit: (RUNTIME / "include" / unit).read_text(encoding="utf-8") for unit in units}
    for path in sorted({*units, *runtime_headers([source]), *runtime_headers(texts, nvcc=True)}):
        digest.update((RUNTIME / "include" / path).read_bytes())
    return digest.hexdigest()


def _check_types(what: str, values: Iterable[SSAValue], names: Sequence[str]) -> None:
    """Raises UserError for element types that TensorRT does not have."""
    for value, name in zip(values, names, strict=True):
        element = tensor_of(value).element_type
        if element_type(element).runtime not in DATA_TYPES:
            raise UserError(
                f"{what} {quote(name)} holds {element}, and TensorRT has no such tensors: "
                "run the pipeline 'trt' on the module first"
            )


def emit(module: ModuleOp, out: str | Path, architectures: Sequence[int] = ARCHITECTURES) -> Path:
    """Write the project of a module at the end of the `trt` pipeline into the folder `out`.

    `architectures`: the GPUs that its plugins are built for unless the build says otherwise, by compute capability (90
    is 9.0). The engine is built where the program runs.

    Raises:
        UserError: the module is not at that level, or the folder cannot be written.
    """
    function = entry_point(module)
    block = function.body.block
    weights, places = weights_plan(function)
    values = NetworkValues(block, places)
    outputs = cast(Operation, block.last_op).operands
    _check_types("input", block.args, input_names(function))
    _check_types("output", outputs, output_names(function))
    steps = network_steps(values)
    results = results_of(function, values)
    name = model_name(module)
    units = plugin_units(block.ops)
    key = program_key(source_text(name, function, steps, values, results, weights), units)
    project = Project(
        name=name,
        target="trt",
        sources={"model.cpp": source_text(name, function, steps, values, results, weights, key)},
        weights=weights,
        inputs=tensor_specs(function, block.args, input_names(function)),
        outputs=tensor_specs(function, outputs, output_names(function)),
        ops=[step.spec() for step in (*steps, *results.copies)],
        arena_bytes=0,
        state_bytes=state_bytes(values),
        libraries=LIBRARIES,
        versions=VERSIONS,
        batch=batch_of(function),
        architectures=architectures,
        units=units,
    )
    return write_project(project, Path(out))
