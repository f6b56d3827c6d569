"""C++ of `kernel.elementwise` and `kernel.convert`: a function of the region and the call of its driver.

The function is a generic lambda, which takes vectors as well, or, where the target has `Values.functors`, a type with
a name: nvcc launches no kernels of types that are local to a function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    Signedness,
    i1,
)
from xdsl.ir import Attribute, Operation, Region, SSAValue

from arhat.dialects.kernel import ConvertOp, ElementwiseOp, YieldOp, is_integer, shape_of, tensor_of
from arhat.dialects.kernel.memory import layout_of, strides_of
from arhat.emit.cpu.printers import Code, Printer, halo_lines, join
from arhat.emit.cpu.values import Values, float_literal
from arhat.errors import UserError

HEADERS = ("arhat/kernels/elementwise.hpp", "arhat/cpu/reorder.hpp")


# Types and literals -------------------------------------------------------------------------------------------


def scalar_name(element: Attribute, unsigned: bool = False) -> str:
    """The C++ type that computes with an element; signless integers are signed unless `unsigned`.

    Raises:
        UserError: no C++ type has these elements.
    """
    for kind, name in (
        (Float32Type, "float"),
        (Float64Type, "double"),
        (Float16Type, "half"),
        (BFloat16Type, "bfloat16"),
    ):
        if isinstance(element, kind):
            return name
    if element == i1:
        return "bool"
    if is_integer(element) and element.width.data in (8, 16, 32, 64):
        sign = "u" if unsigned or element.signedness.data == Signedness.UNSIGNED else ""
        return f"{sign}int{element.width.data}_t"
    raise UserError(f"elements of type {element} cannot be emitted as C++")


def _is_half(element: Attribute) -> bool:
    return isinstance(element, Float16Type | BFloat16Type)


def _literal(op: arith.ConstantOp) -> str:
    """The constant as a C++ expression of its type."""
    value = op.value
    if isinstance(value, IntegerAttr):
        number = int(cast(Any, value).value.data)
        if value.type == i1:
            return "true" if number else "false"
        if number == -(1 << 63):
            return "INT64_MIN"
        return f"{scalar_name(value.type)}({number})"
    if isinstance(value, FloatAttr):
        number = float(value.value.data)
        if isinstance(value.type, Float64Type):
            if np.isnan(number):
                return "double(NAN)"
            return repr(number) if np.isfinite(number) else f"{'-' if number < 0 else ''}double(INFINITY)"
        text = float_literal(number)
        return f"{scalar_name(value.type)}({text})" if _is_half(value.type) else text
    raise UserError(f"arith.constant of {value} cannot be emitted as C++")


# Bodies -------------------------------------------------------------------------------------------------------

_OPERATORS: dict[type[Operation], str] = {
    arith.AddfOp: "+",
    arith.SubfOp: "-",
    arith.MulfOp: "*",
    arith.DivfOp: "/",
}

_FUNCTIONS: dict[type[Operation], str] = {
    arith.MaximumfOp: "maximum",
    arith.MinimumfOp: "minimum",
    math.AbsFOp: "abs",
    math.ExpOp: "exp",
    math.ExpM1Op: "expm1",
    math.LogOp: "log",
    math.Log1pOp: "log1p",
    math.SqrtOp: "sqrt",
    math.TanhOp: "tanh",
    math.ErfOp: "erf",
    math.FloorOp: "floor",
    math.CeilOp: "ceil",
    math.TruncOp: "trunc",
    math.RoundOp: "round",
    math.RoundEvenOp: "roundeven",
    math.SinOp: "sin",
    math.CosOp: "cos",
    math.TanOp: "tan",
    math.AsinOp: "asin",
    math.AcosOp: "acos",
    math.AtanOp: "atan",
    math.SinhOp: "sinh",
    math.CoshOp: "cosh",
    math.AsinhOp: "asinh",
    math.AcoshOp: "acosh",
    math.AtanhOp: "atanh",
    math.PowFOp: "pow",
    math.FmaOp: "fma",
}
"""Functions of floats, by their names in `arhat::math`."""

_INTEGER_FUNCTIONS: dict[type[Operation], tuple[str, bool]] = {
    arith.AddiOp: ("add", False),
    arith.SubiOp: ("subtract", False),
    arith.MuliOp: ("multiply", False),
    arith.DivSIOp: ("divide", False),
    arith.DivUIOp: ("divide", True),
    arith.FloorDivSIOp: ("floor_divide", False),
    arith.RemSIOp: ("remainder", False),
    arith.RemUIOp: ("remainder", True),
    arith.MaxSIOp: ("maximum", False),
    arith.MaxUIOp: ("maximum", True),
    arith.MinSIOp: ("minimum", False),
    arith.MinUIOp: ("minimum", True),
    math.AbsIOp: ("abs", False),
    math.IPowIOp: ("integer_pow", False),
}
"""Functions of integers and whether they take them as unsigned."""

_BITWISE: dict[type[Operation], tuple[str, str]] = {
    arith.AndIOp: ("&", "&&"),
    arith.OrIOp: ("|", "||"),
    arith.XOrIOp: ("^", "!="),
}
"""Operators of integers and of booleans."""

_FLOAT_COMPARISONS = {1: "==", 2: ">", 3: ">=", 4: "<", 5: "<=", 13: "!="}
"""`arith.cmpf` predicates by number: oeq, ogt, oge, olt, ole, une."""

_INTEGER_COMPARISONS = {0: "==", 1: "!=", 2: "<", 3: "<=", 4: ">", 5: ">=", 6: "<", 7: "<=", 8: ">", 9: ">="}
"""`arith.cmpi` predicates by number; those from 6 on are unsigned."""


def is_vectorizable(region: Region) -> bool:
    """Whether the body works on vectors of floats as it stands."""
    block = region.block
    for op in block.ops:
        if isinstance(op, arith.ConstantOp | YieldOp):
            types = [value.type for value in op.operands or op.results]
        elif isinstance(op, arith.CmpfOp):
            types = [value.type for value in op.operands]
        elif isinstance(op, arith.SelectOp):
            types = [op.lhs.type, op.rhs.type]
            if not isinstance(op.cond.owner, arith.CmpfOp):
                return False
        else:
            types = [value.type for value in (*op.operands, *op.results)]
        if not all(isinstance(type_, Float32Type) for type_ in types):
            return False
    return all(isinstance(argument.type, Float32Type) for argument in block.args)


class _Body:
    """Prints the statements of a region."""

    def __init__(self, region: Region, vectors: bool):
        self.block = region.block
        self.lines: list[str] = []
        self.names: dict[SSAValue, str] = {argument: f"a{i}" for i, argument in enumerate(self.block.args)}
        self.vectors = vectors

    def text(self) -> list[str]:
        for op in self.block.ops:
            if isinstance(op, arith.ConstantOp):
                self.names[op.result] = _literal(op)
            elif isinstance(op, YieldOp):
                self.finish(op.arguments[0])
            else:
                name = f"t{len(self.lines)}"
                self.lines.append(f"const auto {name} = {self.expression(op)};")
                self.names[op.results[0]] = name
        return self.lines

    def finish(self, value: SSAValue) -> None:
        """Return `value`; the last statement, where that computes it."""
        declaration = f"const auto {self.names[value]} = "
        if self.lines and self.lines[-1].startswith(declaration):
            self.lines[-1] = f"return {self.lines[-1].removeprefix(declaration)}"
        else:
            self.lines.append(f"return {self.value(value)};")

    def value(self, value: SSAValue) -> str:
        """A value where a vector may be wanted: a constant takes the type of the first argument."""
        name = self.names[value]
        if self.vectors and isinstance(value.owner, arith.ConstantOp):
            return f"math::like(a0, {name})"
        return f"static_cast<float>({name})" if _is_half(value.type) else name

    def integer(self, value: SSAValue, unsigned: bool) -> str:
        return f"static_cast<{scalar_name(value.type, unsigned)}>({self.names[value]})"

    def rounded(self, op: Operation, text: str) -> str:
        """16-bit floats are computed in float and rounded after every operation."""
        element = op.results[0].type
        return f"{scalar_name(element)}({text})" if _is_half(element) else text

    def expression(self, op: Operation) -> str:
        kind = type(op)
        if kind in _OPERATORS:
            constants = [isinstance(value.owner, arith.ConstantOp) for value in op.operands]
            # A vector and a number go together; two numbers would not make a vector.
            plain = self.vectors and constants.count(True) == 1
            a, b = (self.names[v] if plain else self.value(v) for v in op.operands)
            return self.rounded(op, f"{a} {_OPERATORS[kind]} {b}")
        if kind in _FUNCTIONS:
            return self.rounded(op, f"math::{_FUNCTIONS[kind]}({join([self.value(v) for v in op.operands])})")
        if kind in _INTEGER_FUNCTIONS:
            function, unsigned = _INTEGER_FUNCTIONS[kind]
            arguments = join([self.integer(v, unsigned) for v in op.operands])
            return f"math::{function}({arguments})"
        if kind in _BITWISE:
            bits, logical = _BITWISE[kind]
            a, b = (self.names[v] for v in op.operands)
            return f"{a} {logical if op.results[0].type == i1 else bits} {b}"
        rule = _RULES.get(kind)
        if rule is None:
            raise UserError(f"{op.name} cannot be emitted as C++")
        return rule(self, op)


def _negf(body: _Body, op: Operation) -> str:
    return body.rounded(op, f"-{body.value(op.operands[0])}")


def _rsqrt(body: _Body, op: Operation) -> str:
    return body.rounded(op, f"1.0f / math::sqrt({body.value(op.operands[0])})")


def _select(body: _Body, op: Operation) -> str:
    condition, a, b = op.operands
    if _is_half(a.type):
        return f"{body.names[condition]} ? {body.names[a]} : {body.names[b]}"
    return f"{body.names[condition]} ? {body.value(a)} : {body.value(b)}"


def _cmpf(body: _Body, op: Operation) -> str:
    assert isinstance(op, arith.CmpfOp)
    operator = _FLOAT_COMPARISONS.get(op.predicate.value.data)
    if operator is None:
        raise UserError(f"arith.cmpf with predicate {op.predicate.value.data} cannot be emitted as C++")
    return f"{body.value(op.lhs)} {operator} {body.value(op.rhs)}"


def _cmpi(body: _Body, op: Operation) -> str:
    assert isinstance(op, arith.CmpiOp)
    predicate = op.predicate.value.data
    a, b = (body.integer(value, predicate >= 6) for value in (op.lhs, op.rhs))
    return f"{a} {_INTEGER_COMPARISONS[predicate]} {b}"


def _conversion(from_unsigned: bool, to_unsigned: bool) -> Callable[[_Body, Operation], str]:
    def rule(body: _Body, op: Operation) -> str:
        source = op.operands[0]
        integer = is_integer(source.type) and source.type != i1
        text = body.integer(source, from_unsigned) if integer else body.names[source]
        return f"math::convert<{scalar_name(op.results[0].type, to_unsigned)}>({text})"

    return rule


_RULES: dict[type[Operation], Callable[[_Body, Operation], str]] = {
    arith.NegfOp: _negf,
    math.RsqrtOp: _rsqrt,
    arith.SelectOp: _select,
    arith.CmpfOp: _cmpf,
    arith.CmpiOp: _cmpi,
    arith.ExtFOp: _conversion(False, False),
    arith.TruncFOp: _conversion(False, False),
    arith.FPToSIOp: _conversion(False, False),
    arith.FPToUIOp: _conversion(False, True),
    arith.SIToFPOp: _conversion(False, False),
    arith.UIToFPOp: _conversion(True, False),
    arith.ExtSIOp: _conversion(False, False),
    arith.ExtUIOp: _conversion(True, False),
    arith.TruncIOp: _conversion(False, False),
}


def body_lines(region: Region, vectors: bool | None = None) -> list[str]:
    """The statements of a region as the body of a function with parameters a0, a1, ...

    `vectors`: whether the parameters may be vectors; if so wherever they can unless it is given.

    Raises:
        UserError: the region holds an op without a counterpart in C++.
    """
    return _Body(region, is_vectorizable(region) if vectors is None else vectors).text()


def emit_body(region: Region) -> str:
    """The text of `body_lines`."""
    return "\n".join(body_lines(region))


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


def functor_lines(op: ElementwiseOp) -> list[str]:
    """The region as the call operator of a functor."""
    parameters = [
        f"{scalar_name(argument.type)} a{i}"
        if any(True for _ in argument.uses)
        else scalar_name(argument.type)
        for i, argument in enumerate(op.block.args)
    ]
    result = scalar_name(tensor_of(op.result).element_type)
    return [
        f"  ARHAT_HD {result} operator()({join(parameters)}) const {{",
        *(f"    {line}" for line in body_lines(op.body, vectors=False)),
        "  }",
    ]


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
        declarations, name = _named(values, values.functors, functor_lines(op))
        function = [f"{name}{{}}"]
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
