"""``--verify-diagnostics``: compares the errors of a run with what comments in the input expect.

An expectation is ``expected-error@WHERE {{text}}`` or ``expected-note@WHERE {{text}}`` at the end of a line, where
WHERE is ``+N``, ``-N``, ``above`` and ``below`` (the nearest line that holds no expectation), ``unknown`` (no place at
all), or missing (this line). It is met by an error on that line whose message contains the text; with
``expected-error-re``, parts in a further ``{{...}}`` are regular expressions. A note is met by any note of an error on
that line. Notes need no expectation, errors do.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from arhat.driver.source import Chunk
from arhat.errors import UserError, UserErrors

_EXPECTATION = re.compile(
    r"expected-(?P<kind>error|note)(?P<re>-re)? *(?:@(?P<where>[+-]\d+|above|below|unknown))? *\{\{(?P<text>.*)\}\}\s*$"
)


@dataclass
class _Expectation:
    kind: str
    line: int | None
    text: str
    pattern: re.Pattern[str]
    written_at: int
    met: bool = field(default=False)


def flatten(error: UserError) -> Iterator[UserError]:
    """The single errors in ``error``."""
    if isinstance(error, UserErrors):
        for each in error.errors:
            yield from flatten(each)
    else:
        yield error


def check_expectations(chunk: Chunk, file: str, errors: Iterable[UserError]) -> list[UserError]:
    """What differs between ``errors`` and the expectations written in ``chunk``; empty if nothing does."""
    expectations = list(_expectations(chunk))
    problems: list[UserError] = []
    for error in errors:
        if not _meet(expectations, "error", error.line, str_of(error)):
            problems.append(UserError(f"unexpected error: {str_of(error)}", file=file, line=error.line))
        for note in error.notes:
            _meet(expectations, "note", error.line, note)
    problems += [
        UserError(f"expected {e.kind} {{{{{e.text}}}}} was not produced", file=file, line=e.written_at)
        for e in expectations
        if not e.met
    ]
    return problems


def str_of(error: UserError) -> str:
    """The message of an error as printed, without its place and notes."""
    plain = UserError(error.message, layer=error.layer)
    return str(plain).removeprefix("error: ")


def _meet(expectations: Sequence[_Expectation], kind: str, line: int | None, message: str) -> bool:
    for expectation in expectations:
        same_place = expectation.kind == kind and expectation.line == line
        if same_place and not expectation.met and expectation.pattern.search(message):
            expectation.met = True
            return True
    return False


def _expectations(chunk: Chunk) -> Iterator[_Expectation]:
    lines = chunk.text.split("\n")
    matches = [_EXPECTATION.search(line) for line in lines]
    for index, match in enumerate(matches):
        if match is None:
            continue
        wanted = match["text"]
        parts = re.split(r"\{\{(.*?)\}\}", wanted) if match["re"] else [wanted]
        pattern = "".join(part if i % 2 else re.escape(part) for i, part in enumerate(parts))
        place = _place(match["where"], index, matches)
        line = None if place is None else place + chunk.line_offset + 1
        written_at = index + chunk.line_offset + 1
        yield _Expectation(match["kind"], line, wanted, re.compile(pattern), written_at)


def _place(where: str | None, index: int, matches: Sequence[re.Match[str] | None]) -> int | None:
    """Index of the line meant; lines that hold expectations themselves do not count for above and below."""
    match where:
        case None:
            return index
        case "unknown":
            return None
        case "above":
            return next((i for i in range(index - 1, -1, -1) if matches[i] is None), None)
        case "below":
            return next((i for i in range(index + 1, len(matches)) if matches[i] is None), None)
        case _:
            return index + int(where)
