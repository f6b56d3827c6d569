"""The command `arhat`: compile a model, run it, verify it, time it, look at it.

Everything heavy is imported within the command that needs it, so that `arhat --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from arhat.cli.options import takes_compile_options
from arhat.cli.plugins import plugins_command
from arhat.errors import UserError
from arhat.options import NO_OPTIONS, CompileOptions

app = typer.Typer(
    name="arhat",
    help="Compile OpenVINO models to small standalone C++ or CUDA programs.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

Model = Annotated[
    Path, typer.Argument(help="OpenVINO model, .xml with its .bin beside it.", show_default=False)
]
Target = Annotated[str, typer.Option("--target", "-t", help="What to compile for: cpu, cudnn, trt.")]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="[NAME=]FILE", help="Image, .npy or .npz; may be repeated."),
]
Rgb = Annotated[bool, typer.Option("--rgb", help="Feed images as red, green, blue; the default is BGR.")]
Mean = Annotated[
    str, typer.Option("--mean", metavar="A[,B,C]", help="Subtract from the channels of an image.")
]
Scale = Annotated[str, typer.Option("--scale", metavar="A[,B,C]", help="Then divide them by this.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Jobs = Annotated[int, typer.Option("--jobs", "-j", min=0, help="Compilers at a time; 0: one per core.")]


@app.callback(invoke_without_command=True)
def top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Compile OpenVINO models to small standalone C++ or CUDA programs."""
    if version:
        import arhat

        typer.echo(f"arhat {arhat.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("compile")
@takes_compile_options
def compile_command(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write.", show_default=False)],
    target: Target = "cpu",
    build: Annotated[
        bool, typer.Option("--build", help="Build it with CMake as well, for every instruction set.")
    ] = False,
    native: Annotated[
        bool,
        typer.Option(
            "--native", help="Build for this machine's instruction set only; takes a third of the time."
        ),
    ] = False,
    options: CompileOptions = NO_OPTIONS,
    dump_phases: Annotated[
        Path | None, typer.Option("--dump-phases", help="Folder for the IR after every pass that changed it.")
    ] = None,
    jobs: Jobs = 0,
) -> None:
    """Compile a model to a folder with a C++ program."""
    from arhat.cli.compile import compile_to_folder

    typer.echo(compile_to_folder(model, output, target, options, dump_phases, build or native, native, jobs))


@app.command("run")
def run_command(
    folder: Annotated[Path, typer.Argument(help="Folder that arhat compile wrote.", show_default=False)],
    inputs: Inputs = None,
    output: Annotated[Path | None, typer.Option("--output", help="Write the outputs to this .npz.")] = None,
    draw: Annotated[Path | None, typer.Option("--draw", help="Write the image with the boxes in it.")] = None,
    labels: Annotated[Path | None, typer.Option("--labels", help="Class names, one a line.")] = None,
    threshold: Annotated[float, typer.Option("--threshold", min=0, max=1, help="Least score to show.")] = 0.5,
    top: Annotated[int, typer.Option("--top", min=1, help="How many classes to show.")] = 5,
    mean: Mean = "",
    scale: Scale = "",
    rgb: Rgb = False,
    threads: Annotated[int, typer.Option("--threads", min=0, help="Threads; 0: all cores.")] = 0,
    as_json: Json = False,
) -> None:
    """Run a compiled model, building it first where that was not done yet."""
    from arhat.cli.run import RunOptions, preprocessing, run_folder

    options = RunOptions(
        inputs or [],
        output,
        draw,
        labels,
        threshold,
        top,
        preprocessing(mean, scale, rgb),
        threads,
        as_json,
    )
    typer.echo(run_folder(folder, options))


@app.command("verify")
@takes_compile_options
def verify_command(
    model: Model,
    target: Target = "cpu",
    inputs: Inputs = None,
    against: Annotated[
        str, typer.Option("--against", help="openvino or interpreter; default: openvino where installed.")
    ] = "",
    tolerance: Annotated[
        float | None,
        typer.Option(
            "--tolerance",
            min=0,
            help="Largest relative difference (Frobenius) of an output; default: 1e-4, f16 1e-2, bf16 5e-2.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the inputs that are not given.")] = 0,
    options: CompileOptions = NO_OPTIONS,
    project: Annotated[
        Path | None, typer.Option("--project", help="Folder compiled from this model, to verify instead.")
    ] = None,
    show: Annotated[int, typer.Option("--show", min=0, help="How many of the worst layers to list.")] = 5,
    threads: Annotated[int, typer.Option("--threads", min=0, help="Threads; 0: all cores.")] = 0,
    rgb: Rgb = False,
    as_json: Json = False,
    jobs: Jobs = 0,
) -> None:
    """Compare a compiled model with OpenVINO or the NumPy interpreter; exit code 1 past the tolerance."""
    from arhat.cli import verify
    from arhat.cli.inputs import Preprocessing

    asked = verify.VerifyOptions(
        target,
        inputs or [],
        against,
        tolerance,
        seed,
        options,
        project,
        threads,
        Preprocessing(rgb),
        jobs,
    )
    report = verify.verify_model(model, asked)
    typer.echo(verify.as_json(report) if as_json else verify.as_text(report, show))
    if not report.ok:
        raise typer.Exit(1)


@app.command("bench")
@takes_compile_options
def bench_command(
    models: Annotated[
        list[Path], typer.Argument(help="OpenVINO models (.xml), or folders that arhat compile wrote.")
    ],
    target: Annotated[str, typer.Option("--target", "-t", help="Targets, comma-separated.")] = "cpu",
    against: Annotated[
        str, typer.Option("--against", help="openvino, onnxruntime; comma-separated, may be empty.")
    ] = "",
    threads: Annotated[str, typer.Option("--threads", help="Numbers of threads, comma-separated.")] = "1,2",
    duration: Annotated[float, typer.Option("--duration", min=0.01, help="Seconds to time each side.")] = 5.0,
    iterations: Annotated[
        int, typer.Option("--iterations", min=0, help="Runs of each side, instead of --duration.")
    ] = 0,
    warmup: Annotated[int, typer.Option("--warmup", min=1, help="Runs before timing.")] = 5,
    burst: Annotated[
        float, typer.Option("--burst", min=0.001, help="Seconds that a side runs in a turn.")
    ] = 0.25,
    starts: Annotated[int, typer.Option("--starts", min=1, help="Processes started to time the start.")] = 3,
    inputs: Inputs = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the inputs that are not given.")] = 0,
    options: CompileOptions = NO_OPTIONS,
    onnx: Annotated[Path | None, typer.Option("--onnx", help="ONNX file of the same model.")] = None,
    as_json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    jobs: Jobs = 0,
) -> None:
    """Time compiled models, beside other run-times in turns; every side in its own process."""
    from arhat.cli.bench import BenchOptions, bench

    asked = BenchOptions(
        target,
        against,
        threads,
        duration,
        iterations,
        warmup,
        burst,
        starts,
        inputs or [],
        seed,
        options,
        onnx,
        "json" if as_json else "csv" if csv else "table",
        jobs,
    )
    typer.echo(bench(models, asked))


@app.command("export")
@takes_compile_options
def export_command(
    model: Model,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The .xml to write, its .bin beside it.", show_default=False),
    ],
    plain: Annotated[
        bool, typer.Option("--plain", help="Leave the model as it is, without optimisation.")
    ] = False,
    options: CompileOptions = NO_OPTIONS,
) -> None:
    """Optimise a model and write it as OpenVINO IR again."""
    from arhat.cli.export import export_model

    typer.echo(export_model(model, output, options, not plain))


@app.command("show")
@takes_compile_options
def show_command(
    source: Annotated[
        Path, typer.Argument(help="Model (.xml), module (.mlir) or compiled folder.", show_default=False)
    ],
    svg: Annotated[Path | None, typer.Option("--svg", help="Write the graph as SVG.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write table and graph as one page.")] = None,
    options: CompileOptions = NO_OPTIONS,
    as_json: Json = False,
) -> None:
    """Show layers, shapes, parameters and operations."""
    from arhat.cli.show import show

    typer.echo(show(source, svg, html, options, as_json))


app.command("plugins")(plugins_command)


@app.command("doctor")
def doctor_command(as_json: Json = False) -> None:
    """Show what is installed and what can be built here."""
    from arhat.cli import doctor

    facts = doctor.gather()
    typer.echo(doctor.as_json(facts) if as_json else doctor.as_text(facts))


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point: what the user got wrong becomes one line on standard error, and exit code 1."""
    try:
        result: object = app(args=None if arguments is None else list(arguments), standalone_mode=False)
        return result if isinstance(result, int) else 0
    except UserError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:  # the reader of a pipe went away, which is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except Exception as error:
        # A wrong command line; typer has no public name for the base class of what it raises then.
        message = getattr(error, "format_message", None)
        if message is None:
            raise
        text = str(message()).rstrip(".")
        print(f"error: {text}; arhat --help lists the commands and options", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
