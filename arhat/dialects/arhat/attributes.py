"""Attributes of the `arhat` dialect: layer names, weight references and fused activations."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import ArrayAttr, Float64Type, FloatAttr, IntAttr, StringAttr, f64
from xdsl.ir import Attribute, ParametrizedAttribute
from xdsl.irdl import irdl_attr_definition
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.utils.exceptions import VerifyException

LAYERS = "arhat.layers"
"""The discardable attribute that carries an operation's layers."""

PREPROCESSING = "arhat.preprocessing"
"""The attribute of an argument of `@main` that says what the program does to it first, for whoever feeds it."""


def parse_text(parser: AttrParser) -> str:
    """A string literal; xDSL takes one with escapes outside of ASCII for bytes, as which it prints such text."""
    data = parser.parse_optional_bytes_literal()
    if data is None:
        return parser.parse_str_literal()
    return data.decode("utf-8", "surrogateescape")


@irdl_attr_definition
class LayerAttr(ParametrizedAttribute):
    """The name of a layer of the source model and the line of its file that defines it (0 when unknown).

    Text: `#arhat.layer<"conv1", 123>`.
    """

    name = "arhat.layer"

    layer: StringAttr
    line: IntAttr

    @staticmethod
    def get(name: str, line: int = 0) -> LayerAttr:
        """The attribute for layer `name`, defined at `line`."""
        return LayerAttr(StringAttr(name), IntAttr(line))

    @property
    def layer_name(self) -> str:
        """The layer's name, exactly as in the model."""
        return self.layer.data

    @property
    def layer_line(self) -> int:
        """The line that defines the layer, 0 when unknown."""
        return self.line.data

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        """Parses `<"name", line>`."""
        with parser.in_angle_brackets():
            name = parse_text(parser)
            parser.parse_punctuation(",")
            return [StringAttr(name), IntAttr(parser.parse_integer(allow_boolean=False))]

    def print_parameters(self, printer: Printer) -> None:
        """Prints `<"name", line>`."""
        with printer.in_angle_brackets():
            printer.print_string_literal(self.layer.data)
            printer.print_string(f", {self.line.data}")

    def verify(self) -> None:
        """Lines count from 1; 0 stands for unknown."""
        if self.line.data < 0:
            raise VerifyException(f"layer line must not be negative, got {self.line.data}")


@irdl_attr_definition
class WeightAttr(ParametrizedAttribute):
    """Names one entry of the weight store: `#arhat.weight<"scope"::"key">`. See `arhat.weights`."""

    name = "arhat.weight"

    scope: StringAttr
    key: StringAttr

    @staticmethod
    def get(scope: str, key: str) -> WeightAttr:
        """The attribute that names entry `key` of `scope`."""
        return WeightAttr(StringAttr(scope), StringAttr(key))

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        """Parses `<"scope"::"key">`."""
        with parser.in_angle_brackets():
            scope = parse_text(parser)
            parser.parse_punctuation(":")
            parser.parse_punctuation(":")
            return [StringAttr(scope), StringAttr(parse_text(parser))]

    def print_parameters(self, printer: Printer) -> None:
        """Prints `<"scope"::"key">`."""
        with printer.in_angle_brackets():
            printer.print_string_literal(self.scope.data)
            printer.print_string("::")
            printer.print_string_literal(self.key.data)

    def verify(self) -> None:
        """Both parts must be there."""
        if not self.scope.data or not self.key.data:
            raise VerifyException("a weight reference needs a scope and a key")


ACTIVATION_PARAMETERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "relu": ((),),
    "leaky_relu": (("alpha",),),
    "clamp": (("min", "max"),),
    "sigmoid": ((),),
    "elu": (("alpha",),),
    "tanh": ((),),
    "swish": ((), ("beta",)),
    "hswish": ((),),
    "mish": ((),),
    "prelu": ((),),
}
"""The kinds of fused activation and, for each, the parameter lists it accepts."""


@irdl_attr_definition
class ActivationAttr(ParametrizedAttribute):
    """An activation fused into another operation: `#arhat.activation<clamp, 0.0, 6.0>`.

    `prelu` takes its slope from the operation's `slope` operand, the others take constants:
    leaky_relu(alpha), clamp(min, max), elu(alpha), swish(beta; 1 when left out).
    """

    name = "arhat.activation"

    kind_attr: StringAttr
    parameters_attr: ArrayAttr[FloatAttr[Float64Type]]

    @staticmethod
    def get(kind: str, *parameters: float) -> ActivationAttr:
        """The attribute for activation `kind` with constant `parameters`."""
        return ActivationAttr(StringAttr(kind), ArrayAttr([FloatAttr(float(p), f64) for p in parameters]))

    @property
    def kind(self) -> str:
        """One of `ACTIVATION_PARAMETERS`."""
        return self.kind_attr.data

    @property
    def values(self) -> tuple[float, ...]:
        """The constant parameters in order."""
        return tuple(p.value.data for p in self.parameters_attr)

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        """Parses `<kind, p0, p1>`."""
        with parser.in_angle_brackets():
            kind = parser.parse_identifier()
            values: list[FloatAttr[Float64Type]] = []
            while parser.parse_optional_punctuation(","):
                values.append(FloatAttr(float(parser.parse_number()), f64))
            return [StringAttr(kind), ArrayAttr(values)]

    def print_parameters(self, printer: Printer) -> None:
        """Prints `<kind, p0, p1>`."""
        with printer.in_angle_brackets():
            printer.print_string(self.kind)
            for value in self.values:
                printer.print_string(f", {float_text(value)}")

    def verify(self) -> None:
        """The kind must be known, the parameters finite and as many as the kind takes."""
        choices = ACTIVATION_PARAMETERS.get(self.kind)
        if choices is None:
            raise VerifyException(
                f"unknown activation '{self.kind}'; expected one of {', '.join(ACTIVATION_PARAMETERS)}"
            )
        count = len(self.parameters_attr)
        if count not in [len(names) for names in choices]:
            expected = " or ".join(str(len(names)) for names in choices)
            raise VerifyException(f"activation '{self.kind}' takes {expected} parameters, got {count}")
        if any(value != value or value in (float("inf"), float("-inf")) for value in self.values):
            raise VerifyException(f"activation '{self.kind}' has a parameter that is not finite")
        if self.kind == "clamp" and self.values[0] > self.values[1]:
            raise VerifyException(f"clamp minimum {self.values[0]} is above its maximum {self.values[1]}")


def float_text(value: float) -> str:
    """The shortest decimal text of a finite `value` that reads back as the same double and lexes as a
    float.
    """
    text = repr(float(value))
    if "." not in text:
        mantissa, _, exponent = text.partition("e")
        text = f"{mantissa}.0e{exponent}"
    return text


def layers_attributes(layers: Sequence[LayerAttr]) -> dict[str, Attribute]:
    """The attribute dictionary entry for `layers`, empty when there are none."""
    return {LAYERS: ArrayAttr(layers)} if layers else {}
