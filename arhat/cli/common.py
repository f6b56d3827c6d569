"""What `arhat-opt` and `arhat-translate` share: streams, one-line errors, reading and writing modules."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

from arhat.errors import UserError, quote

if TYPE_CHECKING:
    from xdsl.context import Context
    from xdsl.dialects.builtin import ModuleOp

    from arhat.driver.source import Chunk

EXIT_USER_ERROR = 1
EXIT_INTERNAL_ERROR = 2


@dataclass(frozen=True)
class Streams:
    """The standard streams, so that a tool can run without a process of its own."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO

    @staticmethod
    def of_process() -> Streams:
        """The streams of this process."""
        return Streams(sys.stdin, sys.stdout, sys.stderr)


class OneLineArgumentParser(argparse.ArgumentParser):
    """argparse that reports a wrong command line as every other error: on one line."""

    def error(self, message: str) -> NoReturn:
        """Raises the error instead of printing usage and ending the process."""
        raise UserError(message, notes=(f"{self.prog} --help lists the options",))


def guarded(
    run: Callable[[Sequence[str], Streams], int], argv: Sequence[str] | None, streams: Streams | None
) -> int:
    """Runs a tool, and turns user errors into lines on standard error; ``--traceback`` adds tracebacks.

    Returns:
        The exit code.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    streams = streams or Streams.of_process()
    try:
        code = run(arguments, streams)
        streams.stdout.flush()
        return code
    except UserError as error:
        if "--traceback" in arguments:
            traceback.print_exc(file=streams.stderr)
        print(error, file=streams.stderr)
        return EXIT_USER_ERROR
    except BrokenPipeError:  # the reader of a pipe went away, which is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), streams.stdout.fileno())  # or Python complains when it ends
        return 0
    except KeyboardInterrupt:
        return 130
    except SystemExit as end:  # argparse, after --help
        return end.code if isinstance(end.code, int) else 0


def version_text(tool: str) -> str:
    """The line that ``--version`` prints."""
    from importlib.metadata import version

    return f"{tool} {version('arhat')} (xDSL {version('xdsl')})\n"


def weight_overrides(values: Sequence[str]) -> dict[str, Path]:
    """The ``--weights SCOPE=PATH`` options as a dictionary.

    Raises:
        UserError: one is not of that form, or names a file that does not exist.
    """
    overrides: dict[str, Path] = {}
    for value in values:
        scope, equals, path = value.partition("=")
        if not (scope and equals and path):
            raise UserError(f"--weights takes SCOPE=PATH, not {quote(value)}")
        if not Path(path).is_file():
            raise UserError("this weights file does not exist", file=path)
        overrides[scope] = Path(path)
    return overrides


def read_module(ctx: Context, chunk: Chunk, file: str, overrides: dict[str, Path]) -> ModuleOp:
    """Parses and verifies a module and finds its weights, relative to the folder of ``file``.

    Raises:
        UserError: bad text, an op that does not verify, weights that cannot be opened.
    """
    from arhat.driver.source import parse_module
    from arhat.driver.verify import verify_module

    module = parse_module(ctx, chunk, file)
    verify_module(module)
    if "arhat.weights" in module.attributes or overrides:
        from arhat.weights import open_module_weights

        open_module_weights(module, Path(file).parent if file != "<stdin>" else Path.cwd(), overrides)
    return module


def weight_files(module: ModuleOp) -> Mapping[str, Path]:
    """The file of each weights scope of a module that `read_module` returned."""
    if "arhat.weights" not in sys.modules:  # then the module has none, and NumPy takes long to import
        return {}
    from arhat.weights import store_of

    return dict(store_of(module).paths)
