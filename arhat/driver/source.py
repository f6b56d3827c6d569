"""Reading textual IR: every parsed op remembers its place, every error is one line that names it."""

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import FileLineColLoc, IntAttr, ModuleOp, StringAttr, UnknownLoc, UnregisteredOp
from xdsl.ir import AttributeInvT, Operation, SSAValue
from xdsl.parser import Parser, ParserState, UnresolvedOperand
from xdsl.utils.exceptions import MultipleSpansParseError, ParseError, VerifyException
from xdsl.utils.lexer import Input, Span
from xdsl.utils.mlir_lexer import MLIRLexer

from arhat.errors import UserError, UserErrors

SPLIT_MARKER = "// -----"
ELIDED = "__elided__"

_SPLIT_LINE = re.compile(rf"^{SPLIT_MARKER}[ \t]*$\n?", re.MULTILINE)


@dataclass(frozen=True)
class Chunk:
    """A part of a file that is a module of its own; ``line_offset`` lines of the file come before it."""

    text: str
    line_offset: int = 0


def split_chunks(text: str) -> Iterator[Chunk]:
    """Splits ``text`` at lines that are ``// -----``, as ``--split-input-file`` does."""
    line_offset = 0
    start = 0
    for marker in _SPLIT_LINE.finditer(text):
        yield Chunk(text[start : marker.start()], line_offset)
        line_offset += text.count("\n", start, marker.end())
        start = marker.end()
    yield Chunk(text[start:], line_offset)


def decode(data: bytes, file: str) -> str:
    """Text of a file.

    Raises:
        UserError: it is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError("this is not UTF-8 text", file=file, line=line) from error


class _Lexer(MLIRLexer):
    """xDSL's lexer, but for one thing: its own pattern takes exponential time on a string that is not closed."""

    _unescaped_characters_regex = re.compile(r'"(?:[^"\\\n\v\f]++|\\(?:["nt\\]|[0-9A-Fa-f]{2}))*+"')


class LocatingParser(Parser):
    """xDSL's parser; ops that carry no ``loc(...)`` get the place of their text as location."""

    def __init__(self, ctx: Context, chunk: Chunk, file: str) -> None:
        super().__init__(ctx, "", file)
        self._parser_state = ParserState(_Lexer(Input(chunk.text, file)))
        self._file = StringAttr(file)
        self._line_offset = chunk.line_offset
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", chunk.text))]
        self._first_uses: dict[str, Span] = {}
        self._op_start = 0

    @property
    def at_end(self) -> bool:
        """Whether all of the text is parsed."""
        return self.pos >= len(self.lexer.input.content.rstrip())

    def line_and_column(self, position: int) -> tuple[int, int]:
        """One-based line in the whole file, and column."""
        line = bisect.bisect_right(self._line_starts, position)
        return line + self._line_offset, position - self._line_starts[line - 1] + 1

    def resolve_operand(self, operand: UnresolvedOperand, type: AttributeInvT) -> SSAValue[AttributeInvT]:
        """The value for an operand; remembers where a value is used that is not defined yet."""
        if operand.operand_name not in self.ssa_values:
            self._first_uses.setdefault(operand.operand_name, operand.span)
        return super().resolve_operand(operand, type)

    def undefined_values(self) -> list[UserError]:
        """An error for each value that is used and nowhere defined."""
        errors: list[UserError] = []
        for name in self.forward_ssa_references:
            line, column = self.line_and_column(self._first_uses[name].start)
            errors.append(
                UserError(f"%{name} is not defined", file=self._file.data, line=line, column=column)
            )
        return errors

    def _get_op_by_name(self, name: str) -> type[Operation]:
        """The class of an op; an error points at the op, not behind its name."""
        op_type = self.ctx.get_optional_op(name, dialect_stack=self._parser_state.dialect_stack)
        if op_type is None:
            self.raise_error(f"op '{name}' is not registered", self._op_start)
        return op_type

    def parse_operation(self) -> Operation:
        """Parses one op, nested ones included, and sets its location."""
        position = self._op_start = self.pos
        op = super().parse_operation()
        if isinstance(op.location, UnknownLoc):
            line, column = self.line_and_column(position)
            op.location = FileLineColLoc(self._file, IntAttr(line), IntAttr(column))
        return op


def parse_module(ctx: Context, chunk: Chunk, file: str) -> ModuleOp:
    """Parses a module; ops without one around them get an implicit module.

    Raises:
        UserError: the text is not valid IR.
    """
    if not chunk.text.strip():
        return ModuleOp([])
    line = column = None
    notes: list[str] = []
    parser = None
    try:
        parser = LocatingParser(ctx, chunk, file)
        return parser.parse_module()
    except ParseError as error:
        if parser is not None and parser.at_end and (undefined := parser.undefined_values()):
            raise UserErrors(undefined) from error
        place = error.span.get_location()
        line, column = place.line + chunk.line_offset, place.col
        message = one_line(error.msg)
        if isinstance(error, MultipleSpansParseError):
            notes = [
                f"{one_line(text or error.ref_text or 'see')} (line {span.get_location().line + chunk.line_offset})"
                for span, text in error.refs
            ]
        if ELIDED in error.span.input.content[error.span.start - 8 : error.span.end + 16]:  # type: ignore[operator]
            notes.append("this constant was left out when the text was printed; print it with a larger limit")
        cause = error
    except RecursionError as error:
        message, cause = "this is nested too deeply", error
    except Exception as error:
        # xDSL's attribute parsers raise all kinds of exceptions on bad text: it is the text that is wrong.
        kind = "" if isinstance(error, VerifyException) else f" ({type(error).__name__})"
        message, cause = (one_line(str(error)) or "this cannot be parsed") + kind, error
    if line is None and parser is not None:
        line, column = parser.line_and_column(parser.pos)
    raise UserError(message, file=file, line=line, column=column, notes=notes) from cause


def one_line(text: str) -> str:
    """``text`` with line breaks and runs of spaces made into single spaces."""
    return " ".join(text.split())


def op_name(op: Operation) -> str:
    """Name of an op, also of one whose dialect is not registered."""
    return op.op_name.data if isinstance(op, UnregisteredOp) else op.name


def location_of(op: Operation) -> tuple[str, int, int] | None:
    """File, line and column of an op's text; None for an op that a pass or importer made."""
    match op.location:
        case FileLineColLoc(filename=file, line=line, column=column):
            return file.data, line.data, column.data
        case _:
            return None


def error_at(op: Operation, message: str, notes: tuple[str, ...] = ()) -> UserError:
    """An error about ``op``, with its place in the text and the layers it comes from as far as they are known."""
    layer = None
    if "arhat.layers" in op.attributes:
        from arhat.layers import layers_of

        layers = layers_of(op)
        layer = layers[-1].layer_name if layers else None
    file, line, column = location_of(op) or (None, None, None)
    return UserError(message, file=file, line=line, column=column, layer=layer, notes=notes)
