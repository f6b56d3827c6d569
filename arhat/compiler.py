"""The whole road in memory: a model file to a module of a target, and that to a project folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from arhat.errors import UserError, quote
from arhat.options import NO_OPTIONS, CompileOptions

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp
    from xdsl.passes import ModulePass

    from arhat.driver.pipeline import Step

TARGETS = ("cpu",)
"""Targets that a model can be compiled for."""


CONVERTIBLE = (".onnx", ".tflite", ".pb", ".pdmodel")
"""Files of other formats that `openvino.convert_model` reads; it reads folders of TensorFlow's SavedModel as well."""


def is_convertible(path: Path) -> bool:
    """Whether `path` is a model of another format than OpenVINO IR, by its name."""
    return path.suffix.lower() in CONVERTIBLE or (path / "saved_model.pb").is_file()


def check_target(target: str) -> None:
    """Raises UserError where there is no such target."""
    if target not in TARGETS:
        raise UserError(f"no target named {quote(target)}; there is {', '.join(TARGETS)}")


def import_model(path: str | Path, options: CompileOptions = NO_OPTIONS) -> ModuleOp:
    """An OpenVINO model (.xml, its .bin beside it) as a module of the `arhat` dialect, changed as `options` say.

    Models of other formats are read by the `openvino` package, where that is installed: see `is_convertible`. Raises
    UserError for every fault of the files, and for options that do not fit the model.
    """
    path = Path(path)
    free_batch = None if options.batch is None else 1
    if path.suffix.lower() == ".xml":
        from arhat.importers.openvino import import_openvino

        module = import_openvino(path, input_shapes=options.input_shapes, free_batch=free_batch)
    elif is_convertible(path):
        from arhat.importers.converted import import_converted

        module = import_converted(path, input_shapes=options.input_shapes, free_batch=free_batch)
    else:
        raise UserError(
            "is not a model: give the .xml of OpenVINO IR, or a model of ONNX (.onnx), TensorFlow (.pb, .tflite, a "
            "SavedModel's folder) or PaddlePaddle (.pdmodel)",
            file=path,
        )
    passes = preparation(options)
    if passes:
        from arhat.driver.registry import make_context
        from arhat.driver.run import run_steps

        run_steps(make_context(), module, passes, (), verify_each=True)
    return module


def preparation(options: CompileOptions) -> list[ModulePass]:
    """The passes that change an imported model as `options` say, before anything is optimised."""
    passes: list[ModulePass] = []
    if options.detect is not None:
        from arhat.passes.add_detection import AddDetectionPass

        passes.append(AddDetectionPass.of(options.detect))
    if options.batch is not None:
        from arhat.passes.set_batch import SetBatchPass

        passes.append(SetBatchPass(options.batch))
    if options.preprocessing:
        from arhat.passes.preprocess import PreprocessPass

        passes += [PreprocessPass.of(name, asked) for name, asked in options.preprocessing.items()]
    return passes


def pipeline(target: str, options: CompileOptions = NO_OPTIONS) -> list[Step]:
    """The passes from an imported model to `target`: those of the pipeline of that name, and what `options` change."""
    from arhat.driver.registry import make_resolver

    resolver = make_resolver()
    return [
        *(resolver.resolve("quantize") if options.quantized and options.precision == "f32" else ()),
        *resolver.expand("optimize"),
        *_between(options),
        *resolver.expand(f"{target}-lower"),
        *resolver.expand(f"{target}-plan"),
    ]


def _between(options: CompileOptions) -> list[ModulePass]:
    """The passes between `optimize` and the lowering to a target: what precision the network is computed in."""
    if options.precision == "f32":
        return []
    from arhat.driver.registry import make_resolver
    from arhat.passes.convert_precision import ConvertPrecisionPass

    assert options.precision in ("f16", "bf16")
    convert = ConvertPrecisionPass(options.precision, options.keep_f32)
    rest = "fold-constants,legalize-precision,fold-constants,common-subexpression-elimination,dce"
    return [convert, *cast("list[ModulePass]", make_resolver().resolve(rest))]


def read_module(path: str | Path) -> ModuleOp:
    """A textual module (.mlir), verified, its weights found by the file's own references.

    Raises UserError for bad text, ops that do not verify, and weights that cannot be opened.
    """
    from arhat.cli.common import read_module as read
    from arhat.driver.registry import make_context
    from arhat.driver.source import Chunk, decode

    path = Path(path)
    try:
        text = decode(path.read_bytes(), str(path))
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", file=path) from None
    return read(make_context(), Chunk(text), str(path), {})


def lower(
    module: ModuleOp,
    target: str = "cpu",
    options: CompileOptions = NO_OPTIONS,
    *,
    dump_phases: Path | None = None,
) -> None:
    """Run the named pipeline of a target on an imported module, in place.

    Of `options`, those that are a matter of the pipeline: what changes the model itself `import_model` has done.
    `dump_phases` names a folder that gets the IR after every pass that changed it. Raises UserError where a pass
    refuses the module.
    """
    from arhat.driver.registry import make_context
    from arhat.driver.run import DumpSelection, IRDumper, run_steps

    check_target(target)
    context = make_context()
    observers = (
        [IRDumper(DumpSelection(after_change=True), sys.stderr, folder=dump_phases)] if dump_phases else []
    )
    run_steps(context, module, pipeline(target, options), observers, verify_each=dump_phases is not None)


def optimize(module: ModuleOp, options: CompileOptions = NO_OPTIONS) -> None:
    """The part of `lower` in which no target has a say, in place: what is left is of the `arhat` dialect."""
    from arhat.driver.registry import make_context, make_resolver
    from arhat.driver.run import run_steps

    run_steps(make_context(), module, [*make_resolver().expand("optimize"), *_between(options)])


def compile_model(
    path: str | Path,
    target: str = "cpu",
    options: CompileOptions = NO_OPTIONS,
    *,
    dump_phases: Path | None = None,
) -> ModuleOp:
    """Import a model and lower it to `target`: what `write_project` takes."""
    check_target(target)
    module = import_model(path, options)
    lower(module, target, options, dump_phases=dump_phases)
    return module


def write_project(module: ModuleOp, folder: str | Path, target: str = "cpu") -> Path:
    """Write a lowered module as a project folder, as a whole or not at all; gives the folder back.

    An earlier project in `folder` is replaced. Raises UserError where `folder` holds anything else.
    """
    check_target(target)
    from arhat.emit.cpu import emit

    return emit(module, Path(folder))
