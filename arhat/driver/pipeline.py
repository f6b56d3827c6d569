"""Pass pipelines as text: parse, resolve names and options, expand named pipelines, print.

Grammar (the textual pipelines of MLIR, which nest, and the flat ones of xDSL, which do not)::

    pipeline ::= element (`,` element)*
    element  ::= name options?                 a pass or a named pipeline
               | op-name `(` pipeline? `)`     passes that run on each op of that name, e.g. func.func(cse)
    options  ::= `{` (key (`=` value (`,` value)*)?)* `}`      separated by white space
    value    ::= number | `true` | `false` | "string" | word

``builtin.module(a,b)`` and ``a,b`` mean the same.
"""

import dataclasses
import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, NoReturn, Union, cast, get_args, get_origin, get_type_hints

from xdsl.passes import ModulePass
from xdsl.utils.arg_spec import ArgSpec, ParameterListType, ParameterType
from xdsl.utils.hints import isa

from arhat.errors import UserError

PassFactory = Callable[[], type[ModulePass]]

ROOT = "builtin.module"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORD = re.compile(r'[^\s,{}"=]+')
_INT = re.compile(r"[-+]?[0-9]+")
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True)
class PassElement:
    """One pass with its options, not resolved yet; ``position`` is its offset in the text."""

    spec: ArgSpec
    position: int


@dataclass(frozen=True)
class NestElement:
    """``op_name(elements)``: the elements run on each op of that name directly inside the current one."""

    op_name: str
    elements: tuple["Element", ...]


Element = PassElement | NestElement


@dataclass(frozen=True)
class Nest:
    """Resolved form of `NestElement`: passes are constructed and named pipelines expanded."""

    op_name: str
    steps: tuple["Step", ...]


Step = ModulePass | Nest


class _Scanner:
    """Recursive descent over the text of a pipeline; errors point into it."""

    def __init__(self, text: str, source: str) -> None:
        self.text = text
        self.source = source
        self.position = 0

    def fail(self, message: str, position: int | None = None) -> NoReturn:
        column = (self.position if position is None else position) + 1
        raise UserError(message, file=self.source, line=1, column=column)

    def skip_space(self) -> None:
        match = _SPACE.match(self.text, self.position)
        assert match is not None
        self.position = match.end()

    def peek(self) -> str:
        self.skip_space()
        return self.text[self.position : self.position + 1]

    def accept(self, character: str) -> bool:
        if self.peek() != character:
            return False
        self.position += 1
        return True

    def match(self, pattern: re.Pattern[str]) -> str | None:
        self.skip_space()
        match = pattern.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        return match.group()

    def elements(self) -> Iterator[Element]:
        while True:
            yield self.element()
            if not self.accept(","):
                return

    def element(self) -> Element:
        self.skip_space()
        position = self.position
        name = self.match(_NAME)
        if name is None:
            self.fail("a pass name is expected here")
        if self.accept("("):
            elements = () if self.peek() == ")" else tuple(self.elements())
            if not self.accept(")"):
                self.fail("',' or ')' is expected here")
            return NestElement(name, elements)
        options = self.options() if self.accept("{") else {}
        return PassElement(ArgSpec(name, options), position)

    def options(self) -> dict[str, ParameterListType]:
        options: dict[str, ParameterListType] = {}
        while not self.accept("}"):
            key = self.match(_KEY)
            if key is None:
                self.fail("an option name or '}' is expected here")
            key = key.replace("-", "_")
            if key in options:
                self.fail(f"option '{key}' is given twice")
            values: list[ParameterType] = []
            if self.accept("="):
                values.append(self.value())
                while self.accept(","):
                    values.append(self.value())
            options[key] = tuple(values)
        return options

    def value(self) -> ParameterType:
        string = self.match(_STRING)
        if string is not None:
            try:
                return str(json.loads(string))
            except ValueError:
                self.fail(f"{string} is not a valid string", self.position - len(string))
        word = self.match(_WORD)
        if word is None:
            self.fail("a value is expected here")
        if word in ("true", "false"):
            return word == "true"
        if _INT.fullmatch(word):
            return int(word)
        try:
            return float(word)
        except ValueError:
            return word


def parse_pipeline(text: str, source: str = "pass-pipeline") -> tuple[Element, ...]:
    """Parses the text of a pipeline; an outermost ``builtin.module(...)`` is taken off.

    Raises:
        UserError: the text is not a pipeline; the column points at the place.
    """
    scanner = _Scanner(text, source)
    elements = () if not scanner.peek() else tuple(scanner.elements())
    if scanner.peek():
        scanner.fail("',' or the end is expected here")
    match elements:
        case (NestElement(op_name=op_name, elements=inner),) if op_name == ROOT:
            return inner
        case _:
            return elements


class Resolver:
    """Turns parsed elements into pass instances.

    Args:
        passes: every known pass by name.
        pipelines: named pipelines, name to pipeline text.
    """

    def __init__(self, passes: Mapping[str, PassFactory], pipelines: Mapping[str, str]) -> None:
        self._passes = passes
        self._pipelines = pipelines

    def resolve(self, text: str, source: str = "pass-pipeline") -> tuple[Step, ...]:
        """Parses and resolves a pipeline, with named pipelines expanded in place.

        Raises:
            UserError: a syntax error, an unknown pass or option, a value of the wrong type.
        """
        return tuple(self._steps(parse_pipeline(text, source), source, ()))

    def expand(self, name: str) -> tuple[Step, ...]:
        """The steps of the named pipeline ``name``.

        Raises:
            UserError: there is no such pipeline.
        """
        if name not in self._pipelines:
            raise UserError(f"unknown pipeline '{name}'" + _did_you_mean(name, self._pipelines))
        return self.resolve(self._pipelines[name], f"pipeline {name}")

    def _steps(self, elements: Iterable[Element], source: str, inside: tuple[str, ...]) -> Iterator[Step]:
        for element in elements:
            if isinstance(element, NestElement):
                if "." not in element.op_name:
                    raise UserError(
                        f"'{element.op_name}(...)': the name of an op is expected, like func.func(...)"
                    )
                yield Nest(element.op_name, tuple(self._steps(element.elements, source, inside)))
            elif (name := element.spec.name) in self._passes:
                yield self._construct(element, source)
            elif name in self._pipelines:
                if element.spec.parameters:
                    raise UserError(f"'{name}' is a named pipeline, which takes no options")
                if name in inside:
                    raise UserError(f"the named pipeline '{name}' contains itself")
                where = f"pipeline {name}"
                yield from self._steps(parse_pipeline(self._pipelines[name], where), where, (*inside, name))
            else:
                known = [*self._passes, *self._pipelines]
                raise UserError(
                    f"unknown pass '{name}'" + _did_you_mean(name, known),
                    file=source,
                    line=1,
                    column=element.position + 1,
                )

    def _construct(self, element: PassElement, source: str) -> ModulePass:
        spec = element.spec
        pass_type = load_pass(spec.name, self._passes[spec.name])
        try:
            return pass_type.from_spec(_check_options(pass_type, spec))
        except ValueError as error:
            message = str(error) if spec.name in str(error) else f"pass '{spec.name}': {error}"
            raise UserError(message, file=source, line=1, column=element.position + 1) from error


def load_pass(name: str, factory: PassFactory) -> type[ModulePass]:
    """Imports a pass.

    Raises:
        UserError: the package that provides it cannot be imported.
    """
    try:
        return factory()
    except ImportError as error:
        raise UserError(f"pass '{name}' cannot be loaded: {error}") from error


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


@dataclass(frozen=True)
class Option:
    """An option of a pass, in words: its type and default are written as in a pipeline."""

    name: str
    type: str
    required: bool
    default: str


def options_of(pass_type: type[ModulePass]) -> list[Option]:
    """The options of a pass, in the order of its fields."""
    hints = get_type_hints(pass_type)
    required = pass_type.required_fields()
    return [
        Option(f.name, _type_text(hints[f.name]), f.name in required, _default_text(f))
        for f in _fields(pass_type)
    ]


def _fields(pass_type: type[ModulePass]) -> list[dataclasses.Field[Any]]:
    return [f for f in dataclasses.fields(pass_type) if f.init and f.name != "name"]


def _type_text(hint: Any) -> str:
    return (
        hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint).replace("typing.", "")
    )


def _default_text(field: dataclasses.Field[Any]) -> str:
    value: Any = field.default
    if value is dataclasses.MISSING:
        value = None if field.default_factory is dataclasses.MISSING else field.default_factory()
    if isinstance(value, tuple):
        return ",".join(map(str, cast(tuple[Any, ...], value))) or "()"
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _check_options(pass_type: type[ModulePass], spec: ArgSpec) -> ArgSpec:
    """Checks names and types (xDSL's own messages name neither option nor pass); ints become floats."""
    fields = [f.name for f in _fields(pass_type)]
    hints = get_type_hints(pass_type)
    for key in spec.parameters:
        if key not in fields:
            options = ", ".join(fields) or "none"
            raise ValueError(
                f"pass '{spec.name}' has no option '{key}'{_did_you_mean(key, fields)} (options: {options})"
            )
    for missing in sorted((pass_type.required_fields() & set(fields)) - spec.parameters.keys()):
        raise ValueError(f"pass '{spec.name}' needs option '{missing}'")
    parameters = {key: _fit(values, hints[key]) for key, values in spec.parameters.items()}
    for key, values in parameters.items():
        if values is None:
            given = ",".join(map(str, spec.parameters[key])) or "nothing"
            raise ValueError(
                f"option '{key}' of pass '{spec.name}' takes {_type_text(hints[key])}, not {given}"
            )
    return ArgSpec(spec.name, cast(dict[str, ParameterListType], parameters))


def _fit(values: ParameterListType, hint: Any) -> ParameterListType | None:
    """``values`` in the form that a field of type ``hint`` takes, or None if it takes no such values."""
    members: tuple[Any, ...] = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    if not values and NoneType in members:
        return values
    if not values and bool in members:  # `{flag}` alone switches a flag on
        return (True,)
    as_floats = tuple(float(v) if type(v) is int else v for v in values)
    for candidate in (values, as_floats):
        if isa(candidate, hint) or (len(candidate) == 1 and isa(candidate[0], hint)):
            return candidate
    return None


def print_steps(steps: Iterable[Step]) -> str:
    """The text of resolved steps, without an outer ``builtin.module(...)``."""
    return ",".join(
        f"{s.op_name}({print_steps(s.steps)})" if isinstance(s, Nest) else str(s.spec()) for s in steps
    )


def print_pipeline(steps: Iterable[Step]) -> str:
    """The text of resolved steps as `parse_pipeline` reads it: ``builtin.module(a,b{o=1})``."""
    return f"{ROOT}({print_steps(steps)})"
