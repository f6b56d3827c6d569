"""The regions of `kernel.elementwise` as statements of C++."""

from __future__ import annotations

from collections.abc import Callable
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

from arhat.dialects.kernel import YieldOp, is_integer
from arhat.emit.cpu.printers import join
from arhat.emit.cpu.values import float_literal
from arhat.errors import UserError

MARK = "@{}@"
"""Stands for a constant that is not printed yet."""


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


def is_half(element: Attribute) -> bool:
    """Whether these are floats of 16 bits."""
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
        return f"{scalar_name(value.type)}({text})" if is_half(value.type) else text
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


class Body:
    """Prints the statements of a region.

    `vectors`: whether the arguments may be vectors. `constants`, if given, collects the floats that are constant, and
    marks stand in their places.
    """

    def __init__(self, region: Region, vectors: bool, constants: list[str] | None = None):
        self.block = region.block
        self.lines: list[str] = []
        self.constants = constants
        self.names: dict[SSAValue, str] = {argument: f"a{i}" for i, argument in enumerate(self.block.args)}
        self.vectors = vectors

    def text(self) -> list[str]:
        """The statements."""
        for op in self.block.ops:
            if isinstance(op, arith.ConstantOp):
                self.names[op.result] = self.constant(op)
            elif isinstance(op, YieldOp):
                self.finish(op.arguments[0])
            else:
                name = f"t{len(self.lines)}"
                self.lines.append(f"const auto {name} = {self.expression(op)};")
                self.names[op.results[0]] = name
        return self.lines

    def constant(self, op: arith.ConstantOp) -> str:
        """The literal, or, of a float that is to stay open, the mark in its place."""
        literal = _literal(op)
        if self.constants is None or not isinstance(op.result.type, Float32Type):
            return literal
        self.constants.append(literal)
        return MARK.format(len(self.constants) - 1)

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
        return f"static_cast<float>({name})" if is_half(value.type) else name

    def integer(self, value: SSAValue, unsigned: bool) -> str:
        """A value as a signed or an unsigned integer."""
        return f"static_cast<{scalar_name(value.type, unsigned)}>({self.names[value]})"

    def rounded(self, op: Operation, text: str) -> str:
        """16-bit floats are computed in float and rounded after every operation."""
        element = op.results[0].type
        return f"{scalar_name(element)}({text})" if is_half(element) else text

    def expression(self, op: Operation) -> str:
        """What an op computes."""
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


def _negf(body: Body, op: Operation) -> str:
    return body.rounded(op, f"-{body.value(op.operands[0])}")


def _rsqrt(body: Body, op: Operation) -> str:
    return body.rounded(op, f"1.0f / math::sqrt({body.value(op.operands[0])})")


def _select(body: Body, op: Operation) -> str:
    condition, a, b = op.operands
    if is_half(a.type):
        return f"{body.names[condition]} ? {body.names[a]} : {body.names[b]}"
    return f"{body.names[condition]} ? {body.value(a)} : {body.value(b)}"


def _cmpf(body: Body, op: Operation) -> str:
    assert isinstance(op, arith.CmpfOp)
    operator = _FLOAT_COMPARISONS.get(op.predicate.value.data)
    if operator is None:
        raise UserError(f"arith.cmpf with predicate {op.predicate.value.data} cannot be emitted as C++")
    return f"{body.value(op.lhs)} {operator} {body.value(op.rhs)}"


def _cmpi(body: Body, op: Operation) -> str:
    assert isinstance(op, arith.CmpiOp)
    predicate = op.predicate.value.data
    a, b = (body.integer(value, predicate >= 6) for value in (op.lhs, op.rhs))
    return f"{a} {_INTEGER_COMPARISONS[predicate]} {b}"


def _conversion(from_unsigned: bool, to_unsigned: bool) -> Callable[[Body, Operation], str]:
    def rule(body: Body, op: Operation) -> str:
        source = op.operands[0]
        integer = is_integer(source.type) and source.type != i1
        text = body.integer(source, from_unsigned) if integer else body.names[source]
        return f"math::convert<{scalar_name(op.results[0].type, to_unsigned)}>({text})"

    return rule


_RULES: dict[type[Operation], Callable[[Body, Operation], str]] = {
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


def body_lines(region: Region) -> list[str]:
    """The statements of a region as the body of a generic lambda with parameters a0, a1, ...

    Raises:
        UserError: the region holds an op without a counterpart in C++.
    """
    return Body(region, is_vectorizable(region)).text()
