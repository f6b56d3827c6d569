"""C++ statements for each op of the `cudnn` dialect and for those of `kernel` that only move values.

A printer decides nothing: every number it prints is an attribute or follows from a type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from xdsl.ir import Operation, SSAValue

from arhat.dialects import cudnn
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import (
    AssignOp,
    ConcatInPlaceOp,
    ReadValueOp,
    ReorderOp,
    ViewOp,
    layout_of,
    physical_elements,
    strides_of,
)
from arhat.emit.cpu.fields import braces, flag_of, integer_of, memory_order, ordered, word_of
from arhat.emit.cpu.printers import PRINTERS as CPU_PRINTERS
from arhat.emit.cpu.printers import Code, Printer, join
from arhat.emit.cpu.values import Values, element_type
from arhat.emit.cudnn.graph_tables import graph_lines
from arhat.emit.cudnn.graphs import tensor_uids
from arhat.emit.source import dims, layer_string
from arhat.layers import layers_of
from arhat.passes.support import element_bytes

FRAME = "arhat/cuda/frame.hpp"


@dataclass
class DeviceValues(Values):
    """Values on the device, and what the program runs on them by number."""

    functors: dict[str, str] | None = field(default_factory=dict[str, str])
    graphs: list[str] = field(default_factory=list[str])
    """A `GraphInfo` each."""
    products: list[str] = field(default_factory=list[str])
    """Names of a `ProductInfo` each."""

    def lanes(self, value: SSAValue) -> int:
        """Elements of each pixel that a kernel writes: what lies behind them may be another value's."""
        return tensor_of(value).get_shape()[1]


def _layers(op: Operation) -> tuple[str, ...]:
    return tuple(layer.layer_name for layer in layers_of(op))


def _type(value: SSAValue) -> str:
    return f"Type::{element_type(tensor_of(value).element_type).runtime}"


def _graph(op: Operation, values: Values) -> Code:
    assert isinstance(op, cudnn.GraphOp) and isinstance(values, DeviceValues)
    uids = tensor_uids(op)
    results = sorted(zip(op.yielded, op.results, strict=True), key=lambda pair: uids[pair[0]])
    pointers = [values.pointer(value) for value in (*op.operands, *(result for _, result in results))]
    values.graphs.append(f"{{&graph_{values.number}, {values.number}}}")
    line = f"run_graph(f, {len(values.graphs) - 1}, {braces(pointers)});"
    return Code((FRAME,), [line], list(graph_lines(op, values.number, _layers(op))))


def _product(op: Operation, values: Values) -> Code:
    assert isinstance(op, cudnn.CublasLtMatmulOp) and isinstance(values, DeviceValues)
    activation = "none" if op.activation is None else op.activation.data
    fields = [
        layer_string(_layers(op)),
        values.number,
        _type(op.a),
        _type(op.output),
        *(dims(tensor_of(value).get_shape()) for value in (op.a, op.b, op.output)),
        flag_of(op, "transpose_a"),
        flag_of(op, "transpose_b"),
        "false" if op.bias is None else "true",
        f"ProductActivation::{activation}",
        f"cudnn::Math::{word_of(op, 'math')}",
    ]
    values.products.append(f"product_{values.number}")
    declarations = [
        "// layers, number of the operation, types of operands and result, extents of both operands and the result,",
        "// what is transposed, whether there is a bias, activation, math",
        f"constexpr ProductInfo product_{values.number}{braces(fields)};",
    ]
    pointers = [
        values.pointer(op.a),
        values.pointer(op.b),
        values.optional(op.bias),
        values.pointer(op.output),
    ]
    return Code((FRAME,), [f"run_product(f, {len(values.products) - 1}, {join(pointers)});"], declarations)


def _softmax(op: Operation, values: Values) -> Code:
    assert isinstance(op, cudnn.SoftmaxOp)
    shape, axis = tensor_of(op.x).get_shape(), integer_of(op, "axis")
    fields = [_type(op.x), prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])]
    lines = [
        "// type, outer extents, extent of the axis, inner extents",
        f"static constexpr SoftmaxCall call{braces(fields)};",
        f"cudnn_softmax(f, call, {values.pointer(op.x)}, {values.pointer(op.output)});",
    ]
    return Code((FRAME,), lines)


def _lrn(op: Operation, values: Values) -> Code:
    assert isinstance(op, cudnn.LrnOp)
    type_ = tensor_of(op.x)
    numbers = [repr(op.parameters()[name]) for name in ("alpha", "beta", "bias")]
    fields = [_type(op.x), dims(type_.get_shape()), dims(strides_of(type_)), integer_of(op, "size"), *numbers]
    lines = [
        "// type, extents, strides, size, alpha, beta, bias",
        f"static constexpr LrnCall call{braces(fields)};",
        f"cudnn_lrn(f, call, {values.pointer(op.x)}, {values.pointer(op.output)});",
    ]
    return Code((FRAME,), lines)


def _transform(op: Operation, values: Values) -> Code:
    assert isinstance(op, cudnn.TransformOp)
    x, y = tensor_of(op.x), tensor_of(op.output)
    channels = y.get_shape()[1]
    fields = [*x.get_shape(), channels, braces(strides_of(x)), braces(strides_of(y))]
    lines = [
        "// extents of the source, channels of the result, strides of both",
        f"static constexpr TransformParams params{braces(fields)};",
        f"transform(f.context, params, {values.pointer(op.x)}, {values.pointer(op.output)});",
    ]
    return Code(("arhat/kernels/transform.hpp",), lines)


def _reorder(op: Operation, values: Values) -> Code:
    assert isinstance(op, ReorderOp)
    x, y = tensor_of(op.input), tensor_of(op.output)
    source, target = values.pointer(op.input), values.pointer(op.output)
    if layout_of(x) == layout_of(y):
        size = physical_elements(x) * element_bytes(x.element_type)
        return Code((FRAME,), [f"copy_bytes(f, {source}, {target}, {size});"])
    order = memory_order(op.output)
    rows = [ordered(order, numbers) for numbers in (y.get_shape(), strides_of(x), strides_of(y))]
    lines = [
        "// rank, extents, strides of the source, strides of the result; axes as they lie in the result",
        f"static constexpr CopyParams copy{{{len(order)}, {join(rows)}}};",
        f"strided_copy(f.context, copy, {source}, {target});",
    ]
    return Code(("arhat/kernels/copy.hpp",), lines)


def _variable(op: Operation, values: Values) -> Code:
    return Code((FRAME,), CPU_PRINTERS[op.name](op, values).lines)


def _nothing(op: Operation, values: Values) -> Code:
    return Code((), [])


CUDNN_PRINTERS: dict[str, Printer] = {
    cudnn.GraphOp.name: _graph,
    cudnn.CublasLtMatmulOp.name: _product,
    cudnn.SoftmaxOp.name: _softmax,
    cudnn.LrnOp.name: _lrn,
    cudnn.TransformOp.name: _transform,
    ReorderOp.name: _reorder,
    ViewOp.name: _nothing,
    ConcatInPlaceOp.name: _nothing,
    ReadValueOp.name: _variable,
    AssignOp.name: _variable,
}
