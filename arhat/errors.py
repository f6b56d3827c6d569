"""Errors that the user of the compiler can act on.

A `UserError` says what is wrong, where, and what to do about it. It is not for mistakes inside Arhat
itself: those are ordinary Python exceptions with a traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", "'": "\\'", '"': '\\"'}


def quote(name: str) -> str:
    """A name that came from a model, made safe to print: `'...'` with anything unprintable escaped."""
    return f"'{escape(name)}'"


def escape(name: str) -> str:
    """`name` with quotes, backslashes, control characters and other unprintables as backslash escapes."""
    parts: list[str] = []
    for char in name:
        if char in _ESCAPES:
            parts.append(_ESCAPES[char])
        elif char.isprintable():
            parts.append(char)
        elif ord(char) < 0x100:
            parts.append(f"\\x{ord(char):02x}")
        elif ord(char) < 0x10000:
            parts.append(f"\\u{ord(char):04x}")
        else:
            parts.append(f"\\U{ord(char):08x}")
    return "".join(parts)


class UserError(Exception):
    """One problem in what the user gave: a file, a model, an option.

    `str()` is `file:line:column: error: message`, where the parts that are not known are left out,
    followed by one `note:` line per note. `layer` is the model's own name of the layer at fault; it is
    added to the message unless the message names it already.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
        layer: str | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = None if file is None else str(file)
        self.line = line
        self.column = column
        self.layer = layer
        self.notes = tuple(notes)

    def __str__(self) -> str:
        message = self.message
        if self.layer is not None and quote(self.layer) not in message:
            message = f"layer {quote(self.layer)}: {message}"
        where = ""
        if self.file is not None:
            where = escape_path(self.file) + ":"
            if self.line is not None:
                where += f"{self.line}:"
                if self.column is not None:
                    where += f"{self.column}:"
            where += " "
        return "\n".join([f"{where}error: {message}", *(f"note: {note}" for note in self.notes)])


class UserErrors(UserError):
    """Several problems found in one go, reported together."""

    def __init__(self, errors: Sequence[UserError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


def escape_path(path: str) -> str:
    """A path as printed in an error: control characters escaped, the rest as it is."""
    return "".join(char if char.isprintable() else escape(char) for char in path)
