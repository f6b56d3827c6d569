"""C++ of `kernel.elementwise` and `kernel.convert`: a function of the region and the call of its driver.

The function is a generic lambda, which takes vectors as well, or, where the target has `Values.functors`, a type with
a name: nvcc launches no kernels of types that are local to a function.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import i1
from xdsl.ir import Block, Operation, SSAValue

from arhat.dialects.kernel import ConvertOp, ElementwiseOp, shape_of, tensor_of
from arhat.dialects.kernel.memory import layout_of, strides_of
from arhat.emit.cpu.bodies import MARK, Body, body_lines, is_vectorizable, scalar_name
from arhat.emit.cpu.printers import Code, Printer, halo_lines, join
from arhat.emit.cpu.values import Values
from arhat.errors import UserError

HEADERS = ("arhat/kernels/elementwise.hpp", "arhat/cpu/reorder.hpp")


def lambda_lines(op: ElementwiseOp) -> list[str]:
    """The region as a generic lambda; parameters that it does not use have no name."""
    parameters = [
        f"auto a{i}" if i == 0 or any(True for _ in argument.uses) else "auto"
        for i, argument in enumerate(op.block.args)
    ]
    lines = body_lines(op.body)
    if not any("a0" in line for line in lines):
        parameters[0] = "auto"
    return [f"[]({join(parameters)}) {{", *(f"  {line}" for line in lines), "}"]


def _template(op: ElementwiseOp) -> tuple[str, list[str]]:
    """The region as the call operator of a functor, with marks for floats that are constant, and these."""
    parameters = [
        f"{scalar_name(argument.type)} a{i}"
        if any(True for _ in argument.uses)
        else scalar_name(argument.type)
        for i, argument in enumerate(op.block.args)
    ]
    result = scalar_name(tensor_of(op.result).element_type)
    constants: list[str] = []
    lines = [
        f"  ARHAT_HD {result} operator()({join(parameters)}) const {{",
        *(f"    {line}" for line in Body(op.body, False, constants).text()),
        "  }",
    ]
    return "\n".join(lines), constants


def open_constants(block: Block) -> dict[str, tuple[int, ...]]:
    """Which constants functors take as members: those in which functions that are otherwise equal differ.

    So that a function that is there many times with other numbers is compiled once. By the text of the function.
    """
    seen: dict[str, list[list[str]]] = {}
    for op in block.ops:
        if isinstance(op, ElementwiseOp):
            text, constants = _template(op)
            seen.setdefault(text, []).append(constants)
    return {
        text: tuple(i for i, column in enumerate(zip(*uses, strict=True)) if len(set(column)) > 1)
        for text, uses in seen.items()
    }


def _functor(op: ElementwiseOp, values: Values, functors: dict[str, str]) -> tuple[list[str], str]:
    """The declaration of the region's functor, empty where it was printed before, and the functor as an expression."""
    text, constants = _template(op)
    members = values.open_constants.get(text, ())
    for i, literal in enumerate(constants):
        text = text.replace(MARK.format(i), f"c{members.index(i)}" if i in members else literal)
    fields = [f"  float {join([f'c{k}' for k in range(len(members))])};"] if members else []
    declaration, name = _named(values, functors, [*fields, *text.split("\n")])
    return declaration, f"{name}{{{join([constants[i] for i in members])}}}"


def _named(values: Values, functors: dict[str, str], lines: list[str]) -> tuple[list[str], str]:
    """The declaration of a functor, empty where an equal one was printed before, and its name."""
    text = "\n".join(lines)
    if text in functors:
        return [], functors[text]
    name = functors[text] = f"Function{values.number}"
    return [f"struct {name} {{", *lines, "};"], name


# Calls --------------------------------------------------------------------------------------------------------


def coalesce(sizes: Sequence[int], strides: Sequence[Sequence[int]]) -> tuple[list[int], list[list[int]]]:
    """The same index space in fewer axes: neighbours that every operand walks as one are merged.

    `strides` has one list per operand, parallel to `sizes`. The result has at least one axis.
    """
    merged: list[int] = []
    columns: list[list[int]] = []  # per axis, the stride of each operand
    for axis, size in enumerate(sizes):
        if size == 1:
            continue
        column = [s[axis] for s in strides]
        if merged and all(outer == inner * size for outer, inner in zip(columns[-1], column, strict=True)):
            merged[-1] *= size
            columns[-1] = column
        else:
            merged.append(size)
            columns.append(column)
    if not merged:
        return [1], [[1] for _ in strides]
    return merged, [[column[i] for column in columns] for i in range(len(strides))]


def _index_space(
    values: Values, inputs: Sequence[SSAValue], result: SSAValue
) -> tuple[list[int], list[list[int]]]:
    """Extents and strides (of the result first) in the order of the result's memory."""
    shape = shape_of(result)
    images = layout_of(tensor_of(result)) is not None
    order = (0, 2, 3, 1) if images else range(len(shape))

    def strides(value: SSAValue) -> list[int]:
        own, steps = shape_of(value), strides_of(tensor_of(value))
        missing = len(shape) - len(own)
        whole = [0] * missing + [
            0 if n == 1 < m else s for n, m, s in zip(own, shape[missing:], steps, strict=True)
        ]
        return [whole[axis] for axis in order]

    sizes = [shape[axis] for axis in order]
    if images:
        # The floats between the channels and the next pixel may be computed as well: whole vectors, longer rows.
        wide = [value for value in (result, *inputs) if np.prod(shape_of(value)) != 1]
        if wide and all(layout_of(tensor_of(v)) is not None and shape_of(v) == shape for v in wide):
            sizes[-1] = min(values.lanes(value) for value in wide)
    return coalesce(sizes, [strides(value) for value in (result, *inputs)])


def _call(
    values: Values, driver: str, function: list[str], inputs: Sequence[SSAValue], result: SSAValue
) -> list[str]:
    sizes, strides = _index_space(values, inputs, result)

    def braces(items: Sequence[object]) -> str:
        return f"{{{join(items)}}}"

    def pointer(value: SSAValue) -> str:
        text, element = values.pointer(value), tensor_of(value).element_type
        if element != i1:
            return text
        const = "" if value is result else "const "
        return f"reinterpret_cast<{const}{scalar_name(element)}*>({text})"

    fields = [
        len(sizes),
        braces(sizes),
        *(braces(s) for s in strides[:1]),
        braces([braces(s) for s in strides[1:]]),
    ]
    call = [
        f"{driver}(f.context, params, {function[0]}",
        *(f"  {line}" for line in function[1:-1]),
        *function[1:][-1:],
    ]
    call[-1] += f", {join([pointer(result), *(pointer(value) for value in inputs)])});"
    return [
        "// rank, extents, strides of the result, strides of each operand",
        f"static constexpr ElementwiseParams<{len(inputs)}> params{braces(fields)};",
        *call,
    ]


def _elementwise(op: Operation, values: Values) -> Code:
    assert isinstance(op, ElementwiseOp)
    if not op.inputs:
        raise UserError("kernel.elementwise without operands cannot be emitted: run fold-constants first")
    driver = "elementwise" if is_vectorizable(op.body) else "elementwise_scalar"
    if values.functors is None:
        declarations, function = [], lambda_lines(op)
    else:
        declarations, functor = _functor(op, values, values.functors)
        function = [functor]
    lines = _call(values, driver, function, op.inputs, op.result)
    return Code(HEADERS, [*halo_lines(values, op.result), *lines], declarations)


def _convert(op: Operation, values: Values) -> Code:
    assert isinstance(op, ConvertOp)
    target = scalar_name(tensor_of(op.result).element_type)
    if values.functors is None:
        declarations, function = [], ["[](auto a0) {", f"  return math::convert<{target}>(a0);", "}"]
    else:
        source = scalar_name(tensor_of(op.x).element_type)
        body = f"  ARHAT_HD {target} operator()({source} a0) const {{ return math::convert<{target}>(a0); }}"
        declarations, name = _named(values, values.functors, [body])
        function = [f"{name}{{}}"]
    lines = _call(values, "elementwise_scalar", function, [op.x], op.result)
    return Code(HEADERS, [*halo_lines(values, op.result), *lines], declarations)


ELEMENTWISE_PRINTERS: dict[str, Printer] = {ElementwiseOp.name: _elementwise, ConvertOp.name: _convert}
