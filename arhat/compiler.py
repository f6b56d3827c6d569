"""The whole road in memory: a model file to a module of a target, and that to a project folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

from arhat.errors import UserError, quote
from arhat.options import ARCHITECTURES, NO_OPTIONS, TENSOR_CORES, CompileOptions

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp
    from xdsl.passes import ModulePass

    from arhat.driver.pipeline import Step

TARGETS = ("cpu", "cudnn", "trt")
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
    """The passes from an imported model to `target`: those of the pipeline of that name, and what `options` change.

    Raises UserError for options that `target` has no use for.
    """
    from arhat.driver.registry import make_resolver

    check_options(target, options)
    resolver = make_resolver()
    quantize = options.quantized and (target != "cpu" or options.precision == "f32")
    first = resolver.resolve("quantize") if quantize else ()
    if target == "trt":
        return [*first, *resolver.expand("optimize-trt"), *resolver.expand("trt-lower"), *_network(options)]
    steps = [
        *first,
        *resolver.expand("optimize"),
        *_between(target, options),
        *resolver.expand(f"{target}-lower"),
        *resolver.expand(f"{target}-plan"),
    ]
    return steps if options.tactics is None else [_with_tactics(step, options.tactics) for step in steps]


def check_options(target: str, options: CompileOptions) -> None:
    """Raises UserError for options that `target` has no use for."""
    if target != "trt" and options.batch_range is not None:
        raise UserError(f"--batch with a range is for the trt target: the {target} target has one batch")
    if target != "cudnn" and options.tactics is not None:
        raise UserError(f"--tactics names cuDNN's engines: the {target} target has none")
    if target != "cpu":
        return
    if options.precision in TENSOR_CORES:
        raise UserError(
            f"--precision {options.precision} is for tensor cores: the {target} target has f32, f16 and bf16"
        )
    if options.architectures != ARCHITECTURES:
        raise UserError(f"--arch names GPUs: the {target} target does not run on one")


def _between(target: str, options: CompileOptions) -> list[ModulePass]:
    """The passes between `optimize` and the lowering to a target: what precision the network is computed in."""
    from arhat.driver.registry import make_resolver
    from arhat.passes.pipelines import FOLD

    def passes(text: str) -> list[ModulePass]:
        return cast("list[ModulePass]", make_resolver().resolve(text))

    precision = options.precision
    if target == "cudnn":
        from arhat.passes.precision import PrecisionPass

        assert precision in ("f32", "tf32", "f16", "bf16")
        return [PrecisionPass(precision, options.keep_f32), *passes(FOLD)]
    if precision == "f32":
        return []
    from arhat.passes.convert_precision import ConvertPrecisionPass

    assert precision in ("f16", "bf16")
    return [
        ConvertPrecisionPass(precision, options.keep_f32),
        *passes(f"fold-constants,legalize-precision,{FOLD}"),
    ]


def _network(options: CompileOptions) -> list[Step]:
    """The passes of the trt target that see the network as a whole: element types, few layers, a batch that changes."""
    from arhat.driver.registry import make_resolver
    from arhat.passes.type_network import TypeNetworkPass

    precision = options.precision
    assert precision in ("f32", "tf32", "f16", "bf16")
    steps: list[Step] = [
        TypeNetworkPass(precision, options.keep_f32),
        *make_resolver().resolve("simplify-for-trt"),
    ]
    if options.batch_range is not None:
        from arhat.passes.dynamic_batch import DynamicBatchPass

        steps.append(DynamicBatchPass(*options.batch_range))
    return steps


def _with_tactics(step: Step, tactics: Path) -> Step:
    """`step`, told of the tactics file if it is the one that reads it."""
    from arhat.passes.select_engines import SelectEnginesPass

    return SelectEnginesPass(tactics=str(tactics)) if isinstance(step, SelectEnginesPass) else step


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
    """The part of `lower` in which no target has a say, in place: what is left is of the `arhat` dialect.

    Precision is as the cpu target has it.
    """
    check_options("cpu", options)
    from arhat.driver.registry import make_context, make_resolver
    from arhat.driver.run import run_steps

    run_steps(make_context(), module, [*make_resolver().expand("optimize"), *_between("cpu", options)])


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


def write_project(
    module: ModuleOp, folder: str | Path, target: str = "cpu", options: CompileOptions = NO_OPTIONS
) -> Path:
    """Write a lowered module as a project folder, as a whole or not at all; gives the folder back.

    An earlier project in `folder` is replaced. Of `options`, those that are a matter of the project. Raises UserError
    where `folder` holds anything else.
    """
    check_target(target)
    if target == "cudnn":
        from arhat.emit.cudnn import emit as emit_cudnn

        return emit_cudnn(module, Path(folder), options.architectures)
    if target == "trt":
        from arhat.emit.trt import emit as emit_trt

        return emit_trt(module, Path(folder), options.architectures)
    from arhat.emit.cpu import emit

    return emit(module, Path(folder))
