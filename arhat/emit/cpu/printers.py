"""C++ statements for each op of the `cpu` dialect; those of the `kernel` dialect are in `kernels.py`.

A printer decides nothing: every number it prints is an attribute or follows from a type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.ir import Operation, SSAValue

from arhat.dialects.arhat import ActivationAttr
from arhat.dialects.arhat.base import ints_of
from arhat.dialects.arhat.quantization import BYTE
from arhat.dialects.cpu import (
    AvgPoolOp,
    ConvOp,
    MatmulOp,
    MaxPoolOp,
    PoolOp,
    TransposedConvOp,
    phases_of,
    residual_comes_last,
)
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import (
    STATE,
    AssignOp,
    BufferAttr,
    ConcatInPlaceOp,
    ReadValueOp,
    ReorderOp,
    ViewOp,
    layout_of,
    strides_of,
)
from arhat.dialects.phases import Phase
from arhat.emit.cpu.values import Values, float_literal
from arhat.errors import UserError


@dataclass(frozen=True)
class Code:
    """What a printer makes of one op: headers of the runtime and statements; no statements means no work.

    `declarations` are lines that have to stand before the op's function.
    """

    headers: tuple[str, ...]
    lines: list[str]
    declarations: list[str] = field(default_factory=list[str])


def join(values: Sequence[object]) -> str:
    """Comma-separated text."""
    return ", ".join(str(v) for v in values)


def activation_arguments(activation: ActivationAttr | None) -> str:
    """The fields `act, a, b` of an `Epilogue`."""
    if activation is None:
        return "Act::none, 0.0f, 0.0f"
    parameters = list(activation.values)
    if activation.kind == "swish" and not parameters:
        parameters = [1.0]
    a, b = (*parameters, 0.0, 0.0)[:2]
    return f"Act::{activation.kind}, {float_literal(a)}, {float_literal(b)}"


def halo_lines(values: Values, result: SSAValue) -> list[str]:
    """Clear the border of a result that has one; memory is shared, so something else may lie there."""
    layout = layout_of(tensor_of(result))
    if layout is None or not any(layout.halo):
        return []
    n, _, height, width = tensor_of(result).get_shape()
    return [f"zero_halo({n}, {height}, {width}, {{{join(layout.halo)}}}, {values.image(result)});"]


def _conv(op: Operation, values: Values) -> Code:
    assert isinstance(op, ConvOp)
    if op.algorithm is None:
        raise UserError("cpu.conv has no algorithm: run select-algorithms before emitting")
    n, ic, ih, iw = tensor_of(op.input).get_shape()
    _, oc, oh, ow = tensor_of(op.output).get_shape()
    top, left, _, _ = ints_of(op.pads)
    shape = (
        n,
        ih,
        iw,
        ic,
        oh,
        ow,
        oc,
        *ints_of(op.kernel),
        *ints_of(op.strides),
        *ints_of(op.dilations),
        top,
        left,
    )
    residual = values.image(op.residual) if op.residual is not None else "{}"
    epilogue = (
        f"{{{values.optional(op.bias)}, {residual}, {activation_arguments(op.activation)}, "
        f"{values.optional(op.slope)}{', true' if residual_comes_last(op) else ''}}}"
    )
    lines = [
        "// images, input h w c, output h w c, kernel, strides, dilations, padding at top and left",
        f"static constexpr ConvShape shape{{{join(shape)}}};",
        f"const ConstImage x{values.image(op.input)};",
        f"const Image y{values.image(op.output)};",
        f"const Epilogue epilogue{epilogue};",
        *([line.replace(values.image(op.output), "y") for line in halo_lines(values, op.output)]),
    ]
    weights = values.pointer(op.filter)
    algorithm = op.algorithm.data
    call, header = {
        "direct": ("conv_direct(f.context, ", "conv"),
        "grouped": (f"conv_grouped(f.context, {op.groups.value.data}, ", "conv"),
        "winograd2": ("conv_winograd<2>(f.context, ", "winograd"),
        "winograd4": ("conv_winograd<4>(f.context, ", "winograd"),
        "depthwise": ("depthwise(f.context, ", "depthwise"),
    }[algorithm]
    scratch = f", {scratch_pointer(op)}" if op.scratch_bytes is not None else ""
    lines.append(f"{call}shape, x, {weights}, y, epilogue{scratch});")
    return Code((f"arhat/cpu/{header}.hpp", "arhat/cpu/reorder.hpp"), lines)


def _transposed_conv(op: Operation, values: Values) -> Code:
    assert isinstance(op, TransposedConvOp)
    if op.algorithm is None:
        raise UserError("cpu.transposed_conv has no algorithm: run select-algorithms before emitting")
    n, ic, ih, iw = tensor_of(op.input).get_shape()
    outputs = tensor_of(op.output).get_shape()[1]

    def table(name: str, phases: Sequence[Phase]) -> str:
        entries = [f"{{{join((len(p.taps), p.dilation, p.pad, p.first, p.count))}}}" for p in phases]
        return f"static constexpr Phase {name}[] = {{{join(entries)}}};"

    rows, columns = phases_of(op)
    epilogue = (
        f"{{{values.optional(op.bias)}, {{}}, {activation_arguments(op.activation)}, "
        f"{values.optional(op.slope)}}}"
    )
    algorithm = op.algorithm.data
    groups = f"{op.groups.value.data}, " if algorithm == "grouped" else ""
    lines = [
        "// images, input h w c, output channels, strides; phases: taps, dilation, padding, first output, outputs",
        f"static constexpr TransposedShape shape{{{join((n, ih, iw, ic, outputs, *ints_of(op.strides)))}}};",
        table("rows", rows),
        table("columns", columns),
        f"const Image y{values.image(op.output)};",
        f"const Epilogue epilogue{epilogue};",
        *([line.replace(values.image(op.output), "y") for line in halo_lines(values, op.output)]),
        f"transposed_{algorithm}(f.context, {groups}shape, rows, columns, {values.image(op.input)}, "
        f"{values.pointer(op.filter)}, y, epilogue);",
    ]
    return Code(("arhat/cpu/transposed.hpp", "arhat/cpu/reorder.hpp"), lines)


def scratch_pointer(op: Operation) -> str:
    """Expression for the op's planned scratch memory."""
    from arhat.dialects.kernel.memory import SCRATCH, BufferAttr

    place = op.attributes.get(SCRATCH)
    if not isinstance(place, BufferAttr):
        raise UserError(f"{op.name} has no scratch memory: run plan-memory before emitting")
    return f"arena<float>(f, {place.offset.data})"


def _matmul(op: Operation, values: Values) -> Code:
    assert isinstance(op, MatmulOp)
    if op.algorithm is None:
        raise UserError("cpu.matmul has no algorithm: run select-algorithms before emitting")
    a, c = tensor_of(op.a).get_shape(), tensor_of(op.output).get_shape()
    epilogue = f"{{{values.optional(op.bias)}, {{}}, {activation_arguments(op.activation)}}}"
    lines = [
        f"const Epilogue epilogue{epilogue};",
    ]
    if op.algorithm.data == "packed":
        rows = 1
        for extent in a[:-1]:
            rows *= extent
        n, k = c[-1], a[-1]
        lines.append(
            f"matmul(f.context, {rows}, {n}, {k}, {values.pointer(op.a)}, {k}, {values.pointer(op.b)}, "
            f"{values.pointer(op.output)}, {n}, epilogue);"
        )
        return Code(("arhat/cpu/matmul.hpp",), lines)
    b = tensor_of(op.b).get_shape()
    ta, tb = bool(op.transpose_a.value.data), bool(op.transpose_b.value.data)
    m, n = c[-2:]
    k = a[-2] if ta else a[-1]
    a_strides, b_strides = strides_of(tensor_of(op.a)), strides_of(tensor_of(op.b))
    a_last = (a_strides[-1], a_strides[-2]) if ta else (a_strides[-2], a_strides[-1])
    b_last = (b_strides[-1], b_strides[-2]) if tb else (b_strides[-2], b_strides[-1])
    batch = c[:-2]

    def batch_strides(shape: tuple[int, ...], strides: tuple[int, ...]) -> str:
        padded = [0] * (len(c) - len(shape)) + [
            0 if extent == 1 else stride for extent, stride in zip(shape, strides, strict=True)
        ]
        return f"{{{join(padded[:-2])}}}"

    c_strides = strides_of(tensor_of(op.output))
    lines[:0] = [
        "// m, n, k, strides of a, of b, of c, batch",
        f"static constexpr MatmulShape shape{{{m}, {n}, {k}, {join(a_last)}, {join(b_last)}, {c_strides[-2]}, "
        f"{len(batch)}, {{{join(batch)}}}, {batch_strides(a, a_strides)}, {batch_strides(b, b_strides)}, "
        f"{batch_strides(c, c_strides)}}};",
    ]
    lines.append(
        f"matmul_batched(f.context, shape, {values.pointer(op.a)}, {values.pointer(op.b)}, "
        f"{values.pointer(op.output)}, epilogue);"
    )
    return Code(("arhat/cpu/matmul.hpp",), lines)


def _pool(op: Operation, values: Values) -> Code:
    assert isinstance(op, PoolOp)
    n, c, ih, iw = tensor_of(op.input).get_shape()
    _, _, oh, ow = tensor_of(op.output).get_shape()
    dilations = ints_of(op.dilations) if isinstance(op, MaxPoolOp) else (1, 1)
    shape = (n, ih, iw, c, oh, ow, *ints_of(op.kernel), *ints_of(op.strides), *dilations, *ints_of(op.pads))
    lines = [
        "// images, input h w, channels, output h w, kernel, strides, dilations, padding at top left bottom right",
        f"static constexpr PoolShape shape{{{join(shape)}}};",
        *halo_lines(values, op.output),
    ]
    if isinstance(op, MaxPoolOp) and tensor_of(op.output).element_type == BYTE:
        from arhat.emit.cpu.int8 import max_pool_bytes

        return max_pool_bytes(op, values, lines[1])
    images = f"{values.image(op.input)}, {values.image(op.output)}"
    if isinstance(op, AvgPoolOp):
        exclude = "true" if op.exclude_pad.value.data else "false"
        lines.append(f"avg_pool(f.context, shape, {exclude}, {images});")
    else:
        lines.append(f"max_pool(f.context, shape, {images});")
    return Code(("arhat/cpu/pooling.hpp", "arhat/cpu/reorder.hpp"), lines)


def _reorder(op: Operation, values: Values) -> Code:
    assert isinstance(op, ReorderOp)
    x, y = tensor_of(op.input), tensor_of(op.output)
    source, target = layout_of(x), layout_of(y)
    if source is None and target is None:
        size = 1
        for extent in x.get_shape():
            size *= extent
        line = f"std::copy_n({values.pointer(op.input)}, {size}, {values.pointer(op.output)});"
        return Code(("arhat/cpu/frame.hpp",), [line])
    if x.element_type == BYTE:
        return _reorder_bytes(op, values)
    n, c, height, width = x.get_shape()
    extents = f"{n}, {c}, {height}, {width}"
    lines = halo_lines(values, op.output)
    if source is None:
        lines.append(
            f"nchw_to_nhwc(f.context, {extents}, {values.pointer(op.input)}, {values.image(op.output)});"
        )
    elif target is None:
        lines.append(
            f"nhwc_to_nchw(f.context, {extents}, {values.image(op.input)}, {values.pointer(op.output)});"
        )
    else:
        lines.append(f"copy_nhwc(f.context, {extents}, {values.image(op.input)}, {values.image(op.output)});")
    return Code(("arhat/cpu/reorder.hpp",), lines)


def _reorder_bytes(op: ReorderOp, values: Values) -> Code:
    """Quantised images have no border and are few."""
    order = (0, 2, 3, 1)
    shape = tensor_of(op.output).get_shape()
    extents, source, target = (
        [numbers[axis] for axis in order]
        for numbers in (shape, strides_of(tensor_of(op.input)), strides_of(tensor_of(op.output)))
    )
    lines = [
        "// rank, extents, strides of the source, strides of the result",
        f"static constexpr CopyParams copy{{4, {{{join(extents)}}}, {{{join(source)}}}, {{{join(target)}}}}};",
        f"strided_copy(f.context, copy, {values.pointer(op.input)}, {values.pointer(op.output)});",
    ]
    return Code(("arhat/kernels/copy.hpp",), lines)


def _variable(op: Operation) -> int:
    place = op.attributes.get(STATE)
    if not isinstance(place, BufferAttr):
        raise UserError(f"{op.name} has no place for its variable: run plan-memory before emitting")
    return place.offset.data


def _read_value(op: Operation, values: Values) -> Code:
    assert isinstance(op, ReadValueOp)
    count = prod(tensor_of(op.output).get_shape())
    line = (
        f"read_variable(f, {_variable(op)}, {count}, {values.pointer(op.init)}, {values.pointer(op.output)});"
    )
    return Code(("arhat/cpu/state.hpp",), [line])


def _assign(op: Operation, values: Values) -> Code:
    assert isinstance(op, AssignOp)
    count = prod(tensor_of(op.value).get_shape())
    line = f"assign_variable(f, {_variable(op)}, {count}, {values.pointer(op.value)});"
    return Code(("arhat/cpu/state.hpp",), [line])


def _nothing(op: Operation, values: Values) -> Code:
    return Code((), [])


Printer = Callable[[Operation, Values], Code]

PRINTERS: dict[str, Printer] = {
    ConvOp.name: _conv,
    TransposedConvOp.name: _transposed_conv,
    MatmulOp.name: _matmul,
    MaxPoolOp.name: _pool,
    AvgPoolOp.name: _pool,
    ReorderOp.name: _reorder,
    ViewOp.name: _nothing,
    ConcatInPlaceOp.name: _nothing,
    ReadValueOp.name: _read_value,
    AssignOp.name: _assign,
}
