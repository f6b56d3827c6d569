"""``arhat-opt``: reads textual IR, runs passes on it, prints the result.

This is the tool of people who write passes; `docs/writing-a-pass.md` shows it at work.
"""

from __future__ import annotations

import argparse
import re
import shlex
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from arhat.cli.common import (
    EXIT_INTERNAL_ERROR,
    EXIT_USER_ERROR,
    OneLineArgumentParser,
    Streams,
    guarded,
    read_module,
    version_text,
    weight_files,
    weight_overrides,
)
from arhat.errors import UserError

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp

    from arhat.driver.pipeline import Step
    from arhat.driver.run import DumpSelection, PassCrash
    from arhat.driver.source import Chunk

REPRODUCER = "arhat-reproducer.mlir"


def _argument_parser() -> argparse.ArgumentParser:
    parser = OneLineArgumentParser(
        prog="arhat-opt",
        description="Run passes on textual IR and print the result.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("input", nargs="?", default="-", metavar="FILE", help="textual IR; - or nothing is standard input")
    add("-o", dest="output", metavar="FILE", help="where to write the result (default: standard output)")
    add(
        "-p",
        "--passes",
        "--pass-pipeline",
        dest="pipelines",
        action="append",
        default=[],
        metavar="PIPELINE",
        help="passes to run: 'a,b{option=1}' or 'builtin.module(a,func.func(b))'; named pipelines are expanded",
    )
    add("--verify-each", action=argparse.BooleanOptionalAction, default=True, help="verify after each pass")
    add("--verify-diagnostics", action="store_true", help="check errors against expected-error comments")
    add(
        "--split-input-file",
        action="store_true",
        help="treat parts between '// -----' lines as separate files",
    )
    add("--allow-unregistered-dialect", action="store_true", help="accept ops of unknown dialects")
    add(
        "--print-op-generic",
        "--mlir-print-op-generic",
        action="store_true",
        help="print ops in the generic form",
    )
    add(
        "--elide-larger",
        "--mlir-elide-elementsattrs-if-larger",
        dest="limit",
        type=int,
        metavar="N",
        help="print constants of more than N elements as dense<__elided__> (default: 64 in IR dumps and on a "
        "terminal, no limit elsewhere)",
    )
    add(
        "--weights",
        action="append",
        default=[],
        metavar="SCOPE=PATH",
        help="where the weights of a scope are",
    )
    add(
        "--save-weights",
        type=Path,
        metavar="FILE",
        help="where to save weights that passes made (default: beside the output, with suffix .safetensors)",
    )

    add = parser.add_argument_group("looking inside").add_argument
    for when, which in (
        ("before-all", "before every pass"),
        ("after-all", "after every pass"),
        ("after-change", "after passes that changed it"),
        ("after-failure", "after a pass that fails"),
    ):
        add(f"--print-ir-{when}", f"--mlir-print-ir-{when}", action="store_true", help=f"print IR {which}")
    for side in ("before", "after"):
        add(
            f"--print-ir-{side}",
            f"--mlir-print-ir-{side}",
            action="append",
            default=[],
            metavar="PASS",
            help=f"print IR {side} this pass (repeatable, or several names with commas)",
        )
    add(
        "--print-ir-tree-dir",
        type=Path,
        metavar="DIR",
        help="print IR into numbered files here, not to stderr",
    )
    add("--timing", action="store_true", help="print the time of each pass to stderr")
    add("--traceback", action="store_true", help="print the Python traceback of an error too")
    add(
        "--crash-reproducer",
        type=Path,
        default=Path(REPRODUCER),
        metavar="FILE",
        help=f"where to write a test case when a pass crashes (default: {REPRODUCER})",
    )

    add = parser.add_argument_group("what there is").add_argument
    add("--list-passes", action="store_true", help="list passes with their options")
    add("--list-pipelines", action="store_true", help="list named pipelines")
    add("--print-pipeline", metavar="NAME", help="print the passes of a named pipeline")
    add(
        "--dump-pass-pipeline",
        action="store_true",
        help="print the expanded pipeline to stderr before it runs",
    )
    add("--show-dialects", action="store_true", help="list dialects")
    add("--version", action="store_true", help="print versions")
    return parser


def main(argv: Sequence[str] | None = None, streams: Streams | None = None) -> int:
    """Runs the tool.

    Args:
        argv: arguments without the program's name (default: those of the process).
        streams: standard streams (default: those of the process).

    Returns:
        The exit code: 0; 1 for an error in what the user gave; 2 for a pass that crashed.
    """
    return guarded(_run, argv, streams)


def _run(arguments: Sequence[str], streams: Streams) -> int:
    args = _argument_parser().parse_args(arguments)
    if args.version:
        streams.stdout.write(version_text("arhat-opt"))
        return 0
    from arhat.driver import listing
    from arhat.driver.pipeline import print_pipeline
    from arhat.driver.registry import make_resolver

    if args.show_dialects:
        streams.stdout.write(listing.dialects())
        return 0
    if args.list_passes:
        streams.stdout.write(listing.passes())
        return 0
    if args.list_pipelines:
        streams.stdout.write(listing.pipelines())
        return 0
    resolver = make_resolver()
    if args.print_pipeline:
        print(print_pipeline(resolver.expand(args.print_pipeline)), file=streams.stdout)
        return 0
    steps = [step for text in args.pipelines for step in resolver.resolve(text)]
    if args.dump_pass_pipeline:
        print(print_pipeline(steps), file=streams.stderr)
    return _Session(args, streams, steps).process()


class _Session:
    """One run on one input file."""

    def __init__(self, args: argparse.Namespace, streams: Streams, steps: Sequence[Step]) -> None:
        from arhat.driver.run import IRDumper, Observer, Timing

        self.args = args
        self.streams = streams
        self.steps = steps
        self.file = "<stdin>" if args.input == "-" else str(args.input)
        self.overrides = weight_overrides(args.weights)
        self.weight_files: Mapping[str, Path] = {}
        self.timing = Timing()
        self.observers: list[Observer] = [self.timing]
        selection = self._dump_selection()
        if selection.any():
            limit = {} if args.limit is None else {"limit": args.limit}
            self.observers.append(
                IRDumper(
                    selection,
                    streams.stderr,
                    folder=args.print_ir_tree_dir,
                    generic=args.print_op_generic,
                    **limit,
                )
            )

    def _dump_selection(self) -> DumpSelection:
        from arhat.driver.run import DumpSelection

        args = self.args

        def names(options: list[str]) -> frozenset[str]:
            return frozenset(name.strip() for option in options for name in option.split(","))

        selection = DumpSelection(
            before_all=args.print_ir_before_all,
            after_all=args.print_ir_after_all,
            after_change=args.print_ir_after_change,
            after_failure=args.print_ir_after_failure,
            before=names(args.print_ir_before),
            after=names(args.print_ir_after),
        )
        return DumpSelection(after_all=True) if args.print_ir_tree_dir and not selection.any() else selection

    def process(self) -> int:
        """Runs everything; errors are printed.

        Returns:
            The exit code.
        """
        from arhat.driver.expectations import check_expectations, flatten
        from arhat.driver.output import read_input, write_text
        from arhat.driver.run import PassCrash
        from arhat.driver.source import SPLIT_MARKER, Chunk, decode, split_chunks

        args = self.args
        text = decode(read_input(args.input, self.streams.stdin), self.file)
        chunks = list(split_chunks(text)) if args.split_input_file else [Chunk(text)]
        results: list[str] = []
        code = 0
        for index, chunk in enumerate(chunks):
            found: Sequence[UserError] = ()
            try:
                results.append(self._transform(chunk, index))
            except UserError as error:
                self._print_traceback()
                found = list(flatten(error))
                code = max(code, 0 if args.verify_diagnostics else EXIT_USER_ERROR)
            except PassCrash as crash:
                self._print_traceback()
                found = crash.errors
                if not args.verify_diagnostics:
                    code = EXIT_INTERNAL_ERROR
                    found[-1].notes += (self._write_reproducer(chunk, crash),)
            if args.verify_diagnostics:
                found = check_expectations(chunk, self.file, found)
                code = EXIT_USER_ERROR if found else code
            for error in found:
                print(error, file=self.streams.stderr)
        if code == 0 or args.output in (None, "-"):
            with self.timing.phase("(write)"):
                write_text(args.output, f"{SPLIT_MARKER}\n".join(results), self.streams.stdout)
        if args.timing:
            self.streams.stderr.write(self.timing.table())
        return code

    def _transform(self, chunk: Chunk, index: int) -> str:
        from arhat.driver.printing import print_module
        from arhat.driver.registry import make_context
        from arhat.driver.run import PassCrash, crash_error, run_steps

        args = self.args
        with self.timing.phase("(read)"):
            ctx = make_context(allow_unregistered=args.allow_unregistered_dialect)
            module = read_module(ctx, chunk, self.file, self.overrides)
            self.weight_files = weight_files(module)
        run_steps(ctx, module, self.steps, self.observers, verify_each=args.verify_each)
        with self.timing.phase("(print)"):
            try:
                self._settle_weights(module, index)
                return print_module(module, ctx=ctx, generic=args.print_op_generic, limit=self._limit())
            except Exception as error:
                if isinstance(error, UserError):
                    raise
                # Weights are computed here, late, by code that passes left behind.
                raise PassCrash("a pass", [crash_error("writing the result", error)]) from error

    def _settle_weights(self, module: ModuleOp, index: int) -> None:
        from arhat.driver.output import settle_weights

        output = None if self.args.output in (None, "-") else Path(self.args.output)
        sidecar = self.args.save_weights or (output and Path(f"{output}.safetensors"))
        if sidecar and index:
            sidecar = sidecar.with_name(f"{sidecar.stem}.{index}{sidecar.suffix}")
        if not settle_weights(module, output.parent if output else Path(), sidecar):
            note = "note: weights that passes made are not saved with this text; give -o or --save-weights"
            print(note, file=self.streams.stderr)

    def _limit(self) -> int | None:
        from arhat.driver.printing import DEFAULT_LIMIT

        to_terminal = self.args.output in (None, "-") and self.streams.stdout.isatty()
        return DEFAULT_LIMIT if self.args.limit is None and to_terminal else self.args.limit

    def _print_traceback(self) -> None:
        if self.args.traceback:
            traceback.print_exc(file=self.streams.stderr)

    def _write_reproducer(self, chunk: Chunk, crash: PassCrash) -> str:
        """Writes the input headed by the command that fails on it; returns a note that says so."""
        from arhat.driver.pipeline import print_pipeline

        args = self.args
        options = [f"--pass-pipeline={print_pipeline(self.steps)}"]
        options += ["--allow-unregistered-dialect"] if args.allow_unregistered_dialect else []
        options += [f"--weights={scope}={path.resolve()}" for scope, path in self.weight_files.items()]
        command = " ".join(shlex.quote(option) for option in options)
        body = re.sub(r"^(\s*//\s*)RUN:", r"\1(was RUN)", chunk.text, flags=re.MULTILINE)
        trace = "".join(traceback.format_exception(crash)).rstrip().replace("\n", "\n// ")
        try:
            args.crash_reproducer.write_text(
                f"// RUN: arhat-opt {command} %s\n{body.rstrip()}\n\n// {trace}\n", encoding="utf-8"
            )
        except OSError as error:
            return f"no test case was written: {args.crash_reproducer}: {error.strerror}"
        return f"{crash.culprit} has a bug; {args.crash_reproducer} reproduces it"
