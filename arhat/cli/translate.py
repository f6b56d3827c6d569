"""``arhat-translate``: from a model to textual IR, and from textual IR to a project in C++ or back to a model.

The two ends of what `arhat-opt` works on::

    arhat-translate --import-openvino model.xml -o model.mlir
    arhat-opt model.mlir -p cpu -o model.cpu.mlir
    arhat-translate --emit-cpp model.cpu.mlir -o out/
    arhat-translate --emit-cuda model.cudnn.mlir -o out/
    arhat-translate --emit-tensorrt model.trt.mlir -o out/

and a way back, for what passes have made better::

    arhat-opt model.mlir -p optimize -o optimized.mlir
    arhat-translate --export-openvino optimized.mlir -o optimized.xml
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from arhat.cli.common import (
    OneLineArgumentParser,
    Streams,
    guarded,
    read_module,
    version_text,
    weight_overrides,
)
from arhat.errors import UserError

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp


def _argument_parser() -> argparse.ArgumentParser:
    parser = OneLineArgumentParser(
        prog="arhat-translate",
        description="Translate a model to textual IR, or textual IR to a project in C++ or to a model.",
        allow_abbrev=False,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--import-openvino", action="store_true", help="FILE is an OpenVINO IR model (.xml)")
    what.add_argument(
        "--emit-cpp", action="store_true", help="FILE is textual IR, planned for the cpu target"
    )
    what.add_argument(
        "--emit-cuda", action="store_true", help="FILE is textual IR, planned for the cudnn target"
    )
    what.add_argument(
        "--emit-tensorrt", action="store_true", help="FILE is textual IR, lowered to the trt target"
    )
    what.add_argument(
        "--export-openvino",
        action="store_true",
        help="FILE is textual IR of the arhat dialect, or a model (.xml); PATH is the .xml to write",
    )
    add = parser.add_argument
    add("input", nargs="?", metavar="FILE", help="what to translate")
    add(
        "-o",
        dest="output",
        metavar="PATH",
        help="file of the IR (default: standard output), folder of the project, .xml of the model",
    )
    add(
        "--input-shape",
        dest="input_shapes",
        action="append",
        default=[],
        metavar="NAME=[N,..]",
        help="static shape of an input of the model (repeatable)",
    )
    add(
        "--weights",
        action="append",
        default=[],
        metavar="SCOPE=PATH",
        help="where the weights of a scope are; for --import-openvino, model=PATH is the .bin file",
    )
    add(
        "--save-weights",
        type=Path,
        metavar="FILE",
        help="where to save weights that the importer made (default: beside the output, with suffix .safetensors)",
    )
    add("--allow-unregistered-dialect", action="store_true", help="accept ops of unknown dialects")
    add("--traceback", action="store_true", help="print the Python traceback of an error too")
    add("--version", action="store_true", help="print versions")
    return parser


def main(argv: Sequence[str] | None = None, streams: Streams | None = None) -> int:
    """Runs the tool.

    Args:
        argv: arguments without the program's name (default: those of the process).
        streams: standard streams (default: those of the process).

    Returns:
        The exit code: 0, or 1 for an error in what the user gave.
    """
    return guarded(_run, argv, streams)


def _run(arguments: Sequence[str], streams: Streams) -> int:
    args = _argument_parser().parse_args(arguments)
    if args.version:
        streams.stdout.write(version_text("arhat-translate"))
        return 0
    if args.input is None:
        raise UserError("a FILE to translate is needed", notes=("arhat-translate --help lists the options",))
    if args.import_openvino:
        _import_openvino(args, streams)
    elif args.emit_cpp:
        _emit_cpp(args, streams)
    elif args.emit_cuda:
        _emit_cuda(args, streams)
    elif args.emit_tensorrt:
        _emit_tensorrt(args, streams)
    elif args.export_openvino:
        _export_openvino(args, streams)
    else:
        raise UserError(
            "say what to do: --import-openvino, --emit-cpp, --emit-cuda, --emit-tensorrt or --export-openvino"
        )
    return 0


def _import_openvino(args: argparse.Namespace, streams: Streams) -> None:
    from arhat.driver.output import settle_weights, write_text
    from arhat.driver.printing import print_module
    from arhat.importers.openvino import import_openvino, parse_input_shapes

    overrides = weight_overrides(args.weights)
    if unknown := set(overrides) - {"model"}:
        raise UserError(f"an imported model has no weights scope '{unknown.pop()}', only 'model'")
    module = import_openvino(
        args.input, overrides.get("model"), input_shapes=parse_input_shapes(args.input_shapes)
    )
    output = None if args.output in (None, "-") else Path(args.output)
    sidecar = cast("Path | None", args.save_weights) or (output and Path(f"{output}.safetensors"))
    folder = output.parent if output else Path()
    if not settle_weights(module, folder, sidecar, keep_absolute=False):
        note = "note: weights that the importer made are not saved with this text; give -o or --save-weights"
        print(note, file=streams.stderr)
    write_text(args.output, print_module(module), streams.stdout)


def _emit_cpp(args: argparse.Namespace, streams: Streams) -> None:
    from arhat.emit.cpu import emit

    if args.output is None:
        raise UserError("--emit-cpp writes a folder: name it with -o")
    emit(_load(args, streams), Path(args.output))


def _emit_cuda(args: argparse.Namespace, streams: Streams) -> None:
    from arhat.emit.cudnn import emit

    if args.output is None:
        raise UserError("--emit-cuda writes a folder: name it with -o")
    emit(_load(args, streams), Path(args.output))


def _emit_tensorrt(args: argparse.Namespace, streams: Streams) -> None:
    from arhat.emit.trt import emit

    if args.output is None:
        raise UserError("--emit-tensorrt writes a folder: name it with -o")
    emit(_load(args, streams), Path(args.output))


def _export_openvino(args: argparse.Namespace, streams: Streams) -> None:
    from arhat.exporters.openvino import export_openvino

    if args.output is None:
        raise UserError("--export-openvino writes two files: name the .xml with -o")
    if str(args.input).lower().endswith(".xml"):
        from arhat.importers.openvino import import_openvino, parse_input_shapes

        bin_path = weight_overrides(args.weights).get("model")
        module = import_openvino(args.input, bin_path, input_shapes=parse_input_shapes(args.input_shapes))
    else:
        module = _load(args, streams)
    export_openvino(module, Path(args.output))


def _load(args: argparse.Namespace, streams: Streams) -> ModuleOp:
    from arhat.driver.output import read_input
    from arhat.driver.registry import make_context
    from arhat.driver.source import Chunk, decode

    file = "<stdin>" if args.input == "-" else str(args.input)
    text = decode(read_input(args.input, streams.stdin), file)
    ctx = make_context(allow_unregistered=args.allow_unregistered_dialect)
    return read_module(ctx, Chunk(text), file, weight_overrides(args.weights))
