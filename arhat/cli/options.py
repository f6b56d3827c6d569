"""The options that all commands share that compile a model, declared once.

A command has a parameter `options: CompileOptions`; `takes_compile_options` puts the options of `compile_options` in
its place on the command line.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from arhat.options import (
    CompileOptions,
    check_precision,
    parse_architectures,
    parse_batch,
    parse_detect,
    parse_preprocessing,
)


def compile_options(
    input_shape: Annotated[
        list[str] | None,
        typer.Option(
            "--input-shape", metavar="NAME=[N,..]", help="Static shape of an input; may be repeated."
        ),
    ] = None,
    batch: Annotated[
        str,
        typer.Option(
            "--batch", metavar="N|1:8:32", help="Images (or rows) in one run; least:usual:largest (trt)."
        ),
    ] = "",
    input_layout: Annotated[
        list[str] | None,
        typer.Option("--input-layout", metavar="[NAME=]NHWC", help="Layout of the program's image input."),
    ] = None,
    input_type: Annotated[
        list[str] | None,
        typer.Option("--input-type", metavar="[NAME=]u8", help="Element type of the program's input."),
    ] = None,
    reverse_channels: Annotated[
        bool, typer.Option("--reverse-channels", help="The image input has its channels in reverse order.")
    ] = False,
    reverse_channels_of: Annotated[
        list[str] | None,
        typer.Option("--reverse-channels-of", metavar="NAME", help="The same for one of several inputs."),
    ] = None,
    mean: Annotated[
        list[str] | None,
        typer.Option("--mean", metavar="[NAME=]A[,B,C]", help="Subtract from the channels of the input."),
    ] = None,
    scale: Annotated[
        list[str] | None,
        typer.Option("--scale", metavar="[NAME=]A[,B,C]", help="Then divide them by this."),
    ] = None,
    precision: Annotated[
        str,
        typer.Option("--precision", metavar="f32|tf32|f16|bf16", help="Format that the network computes in."),
    ] = "f32",
    keep_f32: Annotated[
        list[str] | None,
        typer.Option("--keep-f32", metavar="LAYER", help="A layer that stays in f32; may be repeated."),
    ] = None,
    quantized: Annotated[
        bool,
        typer.Option(
            "--quantized/--no-quantized", help="Whether models with FakeQuantize compute on integers."
        ),
    ] = True,
    arch: Annotated[
        str,
        typer.Option("--arch", metavar="80,89,..", help="GPUs to compile kernels for; default: 80,89,90."),
    ] = "",
    tactics: Annotated[
        Path | None,
        typer.Option(
            "--tactics", metavar="FILE", help="Engines to use (cudnn), as the program's --tune wrote."
        ),
    ] = None,
    detect: Annotated[
        str,
        typer.Option(
            "--detect", metavar="yolo[{KEY=VALUE,..}]", help="Make boxes of the outputs of a YOLO network."
        ),
    ] = "",
) -> CompileOptions:
    """The options as they are meant. Raises UserError where one of them makes no sense."""
    shapes: dict[str, list[int]] = {}
    if input_shape:
        from arhat.importers.openvino import parse_input_shapes

        shapes = parse_input_shapes(input_shape)
    images, batch_range = parse_batch(batch)
    return CompileOptions(
        input_shapes=shapes,
        batch=images,
        batch_range=batch_range,
        preprocessing=parse_preprocessing(
            input_layout or [],
            input_type or [],
            mean or [],
            scale or [],
            reverse_channels,
            reverse_channels_of or [],
        ),
        detect=parse_detect(detect),
        precision=check_precision(precision),
        keep_f32=tuple(keep_f32 or ()),
        quantized=quantized,
        architectures=parse_architectures(arch),
        tactics=tactics,
    )


def takes_compile_options(command: Callable[..., None]) -> Callable[..., None]:
    """`command` with the parameters of `compile_options` in the place of its parameter `options`."""
    declared = inspect.signature(compile_options, eval_str=True).parameters
    own = inspect.signature(command, eval_str=True)
    hints = get_type_hints(command, include_extras=True)

    @functools.wraps(command)
    def wrapper(**values: Any) -> None:
        given = {name: values.pop(name) for name in declared}
        command(**values, options=compile_options(**given))

    parameters: list[inspect.Parameter] = []
    for parameter in own.parameters.values():
        parameters += declared.values() if parameter.name == "options" else [parameter]
    # A parameter without a default cannot follow one that has one; order matters to --help alone.
    parameters.sort(key=lambda parameter: parameter.default is not inspect.Parameter.empty)
    setattr(wrapper, "__signature__", own.replace(parameters=parameters))  # noqa: B010 - Callable has no such attribute
    del hints["options"], wrapper.__wrapped__  # type: ignore[attr-defined]
    wrapper.__annotations__ = hints | get_type_hints(compile_options, include_extras=True)
    return wrapper
