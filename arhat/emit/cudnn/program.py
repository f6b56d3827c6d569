"""Emission of the `cudnn` target: one C++ function per op, in order, and the tables of what cuDNN runs."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path
from typing import cast

from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, ModuleOp, StringAttr
from xdsl.ir import Operation, SSAValue

import arhat
from arhat.dialects import cudnn
from arhat.dialects.kernel import tensor_of
from arhat.emit.cpu.elementwise import open_constants
from arhat.emit.cpu.kernels import KERNEL_PRINTERS
from arhat.emit.cpu.printers import Printer
from arhat.emit.cudnn.constants import physical_entry
from arhat.emit.cudnn.printers import CUDNN_PRINTERS, FRAME, DeviceValues
from arhat.emit.kernels_cuda import BLOCK_HEADERS, SORT_SOURCE, sorts_in_memory
from arhat.emit.project import Project, write_project
from arhat.emit.source import (
    Step,
    arena_bytes,
    bytes_moved,
    constants_of,
    function_lines,
    headers_of,
    input_names,
    interface_tables,
    model_name,
    op_row,
    op_specs,
    output_names,
    program_entries,
    state_bytes,
    state_note,
    steps_of,
    table,
    table_reference,
    tensor_specs,
    value_table,
)
from arhat.emit.weights_file import WeightsPlan, plan_weights
from arhat.errors import quote
from arhat.options import ARCHITECTURES
from arhat.passes.support import entry_point

ALL_PRINTERS: dict[str, Printer] = KERNEL_PRINTERS | CUDNN_PRINTERS

WEIGHT_ALIGNMENT = 256
"""Bytes: what cudaMalloc gives, so that every weight is aligned as if it had memory of its own."""

CPU_HEADERS = "arhat/cpu/"

DRIVER = "libcuda.so.1"
LIBRARIES = (
    DRIVER,
    "libcudart.so",
    "libcudnn.so.9",
    "libcudnn_graph.so.9",
    "libcudnn_heuristic.so.9",
    "libcudnn_engines_precompiled.so.9",
    "libcudnn_engines_runtime_compiled.so.9",
    "libcudnn_engines_tensor_ir.so.9",
    "libcublasLt.so",
    "libnvrtc.so",
    "libnvrtc-builtins.so",
)
"""What is loaded when a program starts, by cuDNN itself in part. The driver comes with the machine."""
VERSIONS = {"CUDA": "12.4", "cuDNN": "9.8"}
"""The earliest ones: CUDA's headers have NVTX and CUB as they are used, cuDNN's know descriptions of devices."""
LEGACY_LIBRARY = "libcudnn_ops.so.9"
"""What cuDNN loads for softmax and LRN."""


def libraries(steps: list[Step]) -> list[str]:
    """The libraries that a program needs at run time."""
    legacy = any(isinstance(step.op, cudnn.SoftmaxOp | cudnn.LrnOp) for step in steps)
    return [*LIBRARIES, *([LEGACY_LIBRARY] if legacy else [])]


def _role(op: Operation, value: SSAValue) -> str:
    """What an op takes an operand for; of a graph, what the first node that reads it does."""
    if isinstance(op, cudnn.GraphOp):
        argument = op.block.args[list(op.operands).index(value)]
        use = next(iter(argument.uses), None)
        if use is None or use.index == 0:
            return "constant"
        if isinstance(use.operation, cudnn.PointwiseOp):
            return "scale" if use.operation.mode.data == "mul" else "bias"
        return "weights"
    if isinstance(op, cudnn.CublasLtMatmulOp):
        return "bias" if value is op.bias else "weights"
    return "constant"


def title(op: Operation) -> str:
    """Short name of what is done: the op and its kind, of a graph its nodes."""
    if isinstance(op, cudnn.GraphOp):
        words = (
            node.mode.data if isinstance(node, cudnn.PointwiseOp) else node.name.removeprefix("cudnn.")
            for node in op.nodes
        )
        return f"{op.name} {' '.join(words)}"
    detail = op.properties.get("kind")
    return f"{op.name} {detail.data}" if isinstance(detail, StringAttr) else op.name


def _products(op: Operation) -> float:
    """Multiplications of a convolution or matrix product; 0 for other ops."""

    def elements(value: SSAValue) -> int:
        return prod(tensor_of(value).get_shape())

    if isinstance(op, cudnn.ConvolutionOp):
        pixels = op.output if isinstance(op, cudnn.ConvFpropOp) else op.x
        return float(elements(pixels) * prod(tensor_of(op.w).get_shape()[1:]))
    if isinstance(op, cudnn.MatmulOp):
        return float(elements(op.output) * tensor_of(op.a).get_shape()[-1])
    if isinstance(op, cudnn.CublasLtMatmulOp):
        a = tensor_of(op.a).get_shape()
        return float(elements(op.output) * (a[-2] if op.transpose_a.value.data else a[-1]))
    return 0.0


def cost(op: Operation) -> tuple[float, float]:
    """Arithmetic operations of the op's definition and bytes read and written."""
    work = 2.0 * sum(map(_products, op.nodes if isinstance(op, cudnn.GraphOp) else [op]))
    if not work and op.results:
        work = float(prod(tensor_of(op.results[0]).get_shape()))
    return work, bytes_moved(op)


def stream_of(op: Operation) -> int:
    """The stream that `schedule` put the op on; the first one before that."""
    number = op.attributes.get(cudnn.STREAM)
    return number.value.data if isinstance(number, IntegerAttr) else 0


def waits_of(op: Operation) -> list[int]:
    """Numbers, as `schedule` counts, of the ops on other streams that have to end first."""
    numbers = op.attributes.get(cudnn.WAITS)
    if not isinstance(numbers, ArrayAttr):
        return []
    return [number.value.data for number in cast("ArrayAttr[IntegerAttr]", numbers)]


def _op_tables(steps: list[Step]) -> list[str]:
    """The table of ops, and one for each list of ops to wait for."""
    lines: list[str] = []
    rows: list[str] = []
    for step in steps:
        stream, waits = stream_of(step.op), waits_of(step.op)
        fields = [op_row(step)]
        if stream or waits:
            fields.append(f"{stream}")
        if waits:
            lines.append(f"constexpr int waits_{step.number}[] = {{{', '.join(map(str, waits))}}};")
            fields += [f"waits_{step.number}", f"{len(waits)}"]
        rows.append(f"{{{', '.join(fields)}}}")
    return [*lines, *([""] if lines else []), *table("OpInfo", "ops", rows)]


def source_text(
    name: str, function: func.FuncOp, steps: list[Step], values: DeviceValues, weights: WeightsPlan
) -> str:
    """The text of model.cu."""
    headers = {header for header in headers_of(steps) if not header.startswith(CPU_HEADERS)}
    headers = {BLOCK_HEADERS.get(header, header) for header in headers} | {FRAME}
    out: list[str] = [
        f"// Generated by Arhat {arhat.__version__} from the model {quote(name)}. "
        "One function per operation, in order.",
        *state_note(function),
        "#include <cmath>",
        "#include <cstdint>",
        "",
        *(f'#include "{h}"' for h in sorted(headers)),
        "",
        "namespace arhat {",
        "namespace {",
    ]
    for step in steps:
        out += ["", *function_lines(step)]
    out += [
        "",
        *interface_tables(function, weights),
        *_op_tables(steps),
        *value_table(steps, values),
        *table("GraphInfo", "graphs", values.graphs),
        *table("ProductInfo", "products", values.products),
    ]
    first, second = program_entries(name, function, steps, weights)
    third = [
        f"{state_bytes(function)}u",
        *table_reference("graphs", len(values.graphs)),
        *table_reference("products", len(values.products)),
        f"{1 + max(map(stream_of, (step.op for step in steps)), default=0)}",
        "probe_device",
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


def emit(module: ModuleOp, out: str | Path, architectures: Sequence[int] = ARCHITECTURES) -> Path:
    """Write the project of a module at the end of the `cudnn` pipeline into the folder `out`.

    `architectures`: the GPUs that it is built for unless the build says otherwise, by compute capability (90 is 9.0).

    Raises:
        UserError: the module is not at that level, or the folder cannot be written.
    """
    function = entry_point(module)
    block = function.body.block
    constants = constants_of(function, physical_entry, _role)
    weights = plan_weights(constants.values(), alignment=WEIGHT_ALIGNMENT)
    places = {op: placed.offset for op, placed in zip(constants, weights.entries, strict=True)}
    values = DeviceValues(block, places, open_constants=open_constants(block))
    steps = steps_of(function, values, ALL_PRINTERS, "cudnn", cost, title)
    name = model_name(module)
    project = Project(
        name=name,
        target="cudnn",
        sources={"model.cu": source_text(name, function, steps, values, weights)},
        weights=weights,
        inputs=tensor_specs(function, block.args, input_names(function)),
        outputs=tensor_specs(function, cast(Operation, block.last_op).operands, output_names(function)),
        ops=op_specs(steps),
        arena_bytes=arena_bytes(function),
        state_bytes=state_bytes(function),
        libraries=libraries(steps),
        versions=VERSIONS,
        architectures=architectures,
        units=[SORT_SOURCE] if any(sorts_in_memory(step.op) for step in steps) else [],
    )
    return write_project(project, Path(out))
