"""Runs the RUN lines of lit files inside this process, a hundred times faster than a process per line.

RUN lines may use pipes, `&&`, redirections, `not`, and any command; `arhat-opt`, `arhat-translate`, `filecheck` and
`cat` run in process.
"""

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filecheck.finput import FInput
from filecheck.matcher import Matcher
from filecheck.options import parse_argv_options
from filecheck.parser import Parser

from arhat.cli import opt, translate
from arhat.cli.common import Streams

RUN = re.compile(r"RUN:[ \t]*(.*)$", re.MULTILINE)
REQUIRES = re.compile(r"REQUIRES:[ \t]*(.*)$", re.MULTILINE)


class LitFailure(Exception):
    """A RUN line failed; the message says which and what it printed."""


def missing_feature(text: str) -> str | None:
    """The first feature that a lit file requires and that is not there."""
    features = {"models"} if os.environ.get("ARHAT_MODELS") else set[str]()
    required = (name for match in REQUIRES.finditer(text) for name in match[1].replace(",", " ").split())
    return next((name for name in required if name not in features), None)


def run_file(path: Path, folder: Path) -> None:
    """Runs all RUN lines of a lit file with `folder` as working folder.

    Raises:
        LitFailure: one failed, or there is none.
    """
    lines = run_lines(path.read_text(encoding="utf-8"))
    if not lines:
        raise LitFailure("there is no RUN line")
    with working_folder(folder):
        for line in lines:
            Shell(path, folder).run(line)


def run_lines(text: str) -> list[str]:
    """The commands of a lit file; a line that ends in a backslash goes on in the next RUN line."""
    lines: list[str] = []
    continued = False
    for match in RUN.finditer(text):
        part = match[1].rstrip()
        if continued:
            lines[-1] = lines[-1][:-1] + part
        else:
            lines.append(part)
        continued = part.endswith("\\")
    return lines


@contextmanager
def working_folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@dataclass
class Command:
    """Where the output goes: "|" is the pipe, "!" the log of the test, anything else a file."""

    arguments: list[str] = field(default_factory=list)
    stdin: str | None = None
    stdout: str = "|"
    stderr: str = "!"
    append: bool = False


class Shell:
    def __init__(self, path: Path, folder: Path) -> None:
        self.substitutions = {
            "%s": str(path),
            "%S": str(path.parent),
            "%p": str(path.parent),
            "%t": str(folder / f"{path.name}.tmp"),
            "%T": str(folder),
            "%models": os.environ.get("ARHAT_MODELS", ""),
        }

    def run(self, line: str) -> None:
        for pattern in sorted(self.substitutions, key=len, reverse=True):
            line = line.replace(pattern, self.substitutions[pattern])
        for pipeline in parse(line):
            data = ""
            log: list[str] = []
            for command in pipeline:
                code, data, errors = self.execute(command, data)
                if errors:
                    log.append(errors)
                if code:
                    text = "".join(log)
                    raise LitFailure(
                        f"exit code {code} of: {shlex.join(command.arguments)}\nin: {line}\n{text}"
                    )

    def execute(self, command: Command, data: str) -> tuple[int, str, str]:
        """Runs one command; returns its exit code, what goes into the pipe, and what goes to stderr."""
        arguments = command.arguments
        negate = False
        while arguments[:1] == ["not"] or arguments[:1] == ["!"]:
            negate, arguments = not negate, arguments[1:]
        if command.stdin is not None:
            data = Path(command.stdin).read_text(encoding="utf-8")
        code, out, err = invoke(arguments, data, command.stdout == command.stderr)
        passed = {"|": "", "!": ""}
        for target, text in ((command.stdout, out), (command.stderr, err)):
            if target in passed:
                passed[target] += text
            elif text or target == command.stdout:
                with Path(target).open("a" if command.append else "w", encoding="utf-8") as file:
                    file.write(text)
        return (int(code == 0) if negate else code), passed["|"], passed["!"]


def parse(line: str) -> list[list[Command]]:
    """Splits a command line into pipelines joined by `&&` or `;`, each a list of commands."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="<>|&;")
    lexer.whitespace_split = True
    lexer.commenters = ""
    tokens = list(lexer)
    pipelines: list[list[Command]] = [[Command()]]
    position = 0
    while position < len(tokens):
        token = tokens[position]
        command = pipelines[-1][-1]
        following = tokens[position + 1] if position + 1 < len(tokens) else ""
        if token == "|":
            pipelines[-1].append(Command())
        elif token in ("&&", ";"):
            pipelines.append([Command()])
        elif token in ("1", "2") and following in (">", ">&"):
            position += 2
            target = (
                {"1": command.stdout, "2": command.stderr}[tokens[position]]
                if following == ">&"
                else tokens[position]
            )
            if token == "1":
                command.stdout = target
            else:
                command.stderr = target
        elif token in (">", ">>", "<"):
            position += 1
            if token == "<":
                command.stdin = tokens[position]
            else:
                command.stdout, command.append = tokens[position], token == ">>"
        else:
            command.arguments.append(token)
        position += 1
    return pipelines


def invoke(arguments: Sequence[str], data: str, merge: bool) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command; with `merge`, stderr is part of stdout."""
    name, *rest = arguments
    tools = {"arhat-opt": opt.main, "arhat-translate": translate.main}
    if name in tools:
        out = io.StringIO()
        err = out if merge else io.StringIO()
        stdin = io.TextIOWrapper(io.BytesIO(data.encode()), encoding="utf-8")
        code = tools[name](rest, Streams(stdin, out, err))
        return code, out.getvalue(), "" if merge else err.getvalue()
    if name == "filecheck":
        return filecheck(rest, data)
    if name == "cat":
        return 0, "".join(Path(path).read_text(encoding="utf-8") for path in rest) if rest else data, ""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        arguments,
        input=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merge else subprocess.PIPE,
        text=True,
        env={**os.environ, "PATH": path},
        check=False,
    )
    return done.returncode, done.stdout, done.stderr or ""


def filecheck(arguments: Sequence[str], data: str) -> tuple[int, str, str]:
    options = parse_argv_options(["filecheck", *arguments])
    name, content = "<stdin>", data
    if options.input_file != "-":
        name, content = options.input_file, Path(options.input_file).read_text(encoding="utf-8")
    matcher = Matcher(
        options, FInput(name, FInput.canonicalize_line_ends(content)), Parser.from_opts(options)
    )
    matcher.stderr = io.StringIO()
    code = matcher.run()
    return code, "", matcher.stderr.getvalue()
