"""C++ statements for the ops of the `trt` dialect that move elements, and for plugins."""

from __future__ import annotations

from typing import cast

from xdsl.dialects.builtin import DenseArrayBase, f64
from xdsl.ir import Operation

from arhat.dialects import trt
from arhat.dialects.arhat.base import Floats, Ints, floats_of, ints_of, python_value
from arhat.dialects.kernel import tensor_of
from arhat.dialects.trt.base import dynamic_axis
from arhat.emit.cpu.fields import integer_of, integers_of, number_of, numbers_of
from arhat.emit.cpu.values import float_literal
from arhat.emit.source import c_string
from arhat.emit.trt.printers import TrtPrinter, choice_of, enumerator, results, set_axis, statements
from arhat.emit.trt.values import NetworkValues, extents
from arhat.errors import UserError, quote


def _permutation(op: Operation, name: str) -> str:
    return f"permutation({{{', '.join(map(str, integers_of(op, name)))}}})"


def reshape_extents(op: trt.ShuffleOp) -> tuple[int, ...]:
    """The shape that a shuffle asks for; of a tensor that scales with the batch, -1 along that axis and only there."""
    assert op.reshape is not None
    axis = dynamic_axis(tensor_of(op.output))
    if axis is None:
        return integers_of(op, "reshape")
    shape = tensor_of(op.x).get_shape()
    if op.first_transpose is not None:
        shape = tuple(shape[i] for i in integers_of(op, "first_transpose"))
    if op.second_transpose is not None:
        axis = integers_of(op, "second_transpose")[axis]
    return tuple(-1 if i == axis else d for i, d in enumerate(op.reshaped(shape)))


def _shuffle(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ShuffleOp)
    settings: list[str] = []
    if op.first_transpose is not None:
        settings.append(f"setFirstTranspose({_permutation(op, 'first_transpose')})")
    if op.reshape is not None:
        shape = reshape_extents(op)
        if 0 in shape:
            settings.append("setZeroIsPlaceholder(false)")
        settings.append(f"setReshapeDimensions({extents(shape)})")
    if op.second_transpose is not None:
        settings.append(f"setSecondTranspose({_permutation(op, 'second_transpose')})")
    return statements(op, values, f"n->addShuffle({values.tensor(op.x)})", settings)


def _slice(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.SliceOp)
    settings: list[str] = []
    if op.mode.data != "strict_bounds":
        settings.append(f"setMode({enumerator('SampleMode', op.mode.data)})")
    if op.dynamic_sizes is not None:
        settings.append(f"setInput(2, {values.tensor(op.dynamic_sizes)})")
    if op.fill is not None:
        settings.append(f"setInput(4, {values.tensor(op.fill)})")
    where = ", ".join(extents(integers_of(op, name)) for name in ("starts", "sizes", "strides"))
    return statements(op, values, f"n->addSlice({values.tensor(op.x)}, {where})", settings)


def _resize(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ResizeOp)
    mode = op.mode.data
    settings = [
        f"setResizeMode({enumerator('InterpolationMode', mode)})",
        "setCoordinateTransformation("
        f"{choice_of(op, 'coordinate_transformation', 'ResizeCoordinateTransformation')})",
    ]
    if op.selector.data != "formula":
        settings.append(f"setSelectorForSinglePixel({choice_of(op, 'selector', 'ResizeSelector')})")
    if mode == "nearest":
        settings.append(f"setNearestRounding({choice_of(op, 'rounding', 'ResizeRoundMode')})")
    if op.cubic_coeff is not None:
        settings.append(f"setCubicCoeff({number_of(op, 'cubic_coeff')})")
    if op.exclude_outside is not None and op.exclude_outside.value.data:
        settings.append("setExcludeOutside(true)")
    lines: list[str] = []
    if op.sizes is not None:
        settings.append(f"setInput(1, {values.tensor(op.sizes)})")
    elif op.scales is not None:
        scales = ", ".join(map(float_literal, numbers_of(op, "scales")))
        lines.append(f"const float scales[] = {{{scales}}};")
        settings.append(f"setScales(scales, {len(numbers_of(op, 'scales'))})")
    else:
        settings.append(f"setOutputDimensions({extents(tensor_of(op.output).get_shape())})")
    return [*lines, *statements(op, values, f"n->addResize({values.tensor(op.x)})", settings)]


def _concatenation(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ConcatenationOp)
    call = f"n.add_concatenation({{{', '.join(map(values.tensor, op.inputs))}}})"
    return statements(op, values, call, [set_axis(op)])


def _gather(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.GatherOp)
    settings = [] if op.mode.data == "nd" else [f"setGatherAxis({integer_of(op, 'axis')})"]
    if integer_of(op, "elementwise_dims"):
        settings.append(f"setNbElementWiseDims({integer_of(op, 'elementwise_dims')})")
    operands = f"{values.tensor(op.data)}, {values.tensor(op.indices)}"
    return statements(
        op, values, f"n->addGatherV2({operands}, {choice_of(op, 'mode', 'GatherMode')})", settings
    )


def _scatter(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ScatterOp)
    settings = [] if op.mode.data == "nd" else [set_axis(op)]
    operands = ", ".join(values.tensor(value) for value in (op.data, op.indices, op.updates))
    return statements(
        op, values, f"n->addScatter({operands}, {choice_of(op, 'mode', 'ScatterMode')})", settings
    )


def _one_hot(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.OneHotOp)
    operands = ", ".join(values.tensor(value) for value in (op.indices, op.values, op.depth))
    return statements(op, values, f"n->addOneHot({operands}, {integer_of(op, 'axis')})")


def _shape(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ShapeOp)
    return statements(op, values, f"n->addShape({values.tensor(op.x)})")


# ------------------------------------------------------------------------------------------------ plugins


def field(name: str, value: object) -> str:
    """A field of a plugin. Lists say what they hold, so that empty ones have a type as well.

    Raises:
        UserError: fields hold no such thing.
    """
    label = c_string(name)
    if isinstance(value, str):
        return f"field({label}, {c_string(value)})"
    if isinstance(value, float):
        return f"field({label}, {float_literal(value)})"
    if isinstance(value, int):
        return f"field({label}, {_int32(name, value)})"
    raise UserError(f"field {quote(name)} of a plugin is a number, a list of numbers or a text, got {value}")


def list_field(name: str, value: Ints | Floats) -> str:
    """A field of a plugin that is a list."""
    label = c_string(name)
    if value.elt_type == f64:
        return (
            f"field_of_floats({label}, {{{', '.join(map(float_literal, floats_of(cast(Floats, value))))}}})"
        )
    numbers = ", ".join(str(_int32(name, number)) for number in ints_of(cast(Ints, value)))
    return f"field_of_ints({label}, {{{numbers}}})"


def _int32(name: str, number: int) -> int:
    if not -(2**31) < number < 2**31:
        raise UserError(f"field {quote(name)} of a plugin is {number}, which 32 bits do not hold")
    return int(number)


def _plugin(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.PluginOp)
    fields = [
        list_field(name, cast("Ints | Floats", value))
        if isinstance(value, DenseArrayBase)
        else field(name, python_value(value))
        for name, value in op.fields.data.items()
    ]
    name = c_string(values.layer_name(op))
    inputs = ", ".join(map(values.tensor, op.inputs))
    call = f"n.plugin({c_string(op.plugin.data)}, {{{inputs}}}, {{{', '.join(fields)}}}, {name})"
    return [f"auto& layer = {call};", *results(op, values)]


MOVEMENT_PRINTERS: dict[str, TrtPrinter] = {
    trt.ShuffleOp.name: _shuffle,
    trt.SliceOp.name: _slice,
    trt.ResizeOp.name: _resize,
    trt.ConcatenationOp.name: _concatenation,
    trt.GatherOp.name: _gather,
    trt.ScatterOp.name: _scatter,
    trt.OneHotOp.name: _one_hot,
    trt.ShapeOp.name: _shape,
    trt.PluginOp.name: _plugin,
}
