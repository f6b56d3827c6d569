"""`arhat bench`: compiled models beside other run-times."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from arhat.bench.machine import describe, version_of
from arhat.bench.measure import Plan, SideResult, SideSpec
from arhat.bench.report import Cell, interpreter_lines, to_csv, to_json, to_table
from arhat.cli.compile import jobs_for
from arhat.cli.device import require_gpu
from arhat.cli.inputs import InputInfo, Preprocessing, given_inputs, random_input, with_image_info
from arhat.cli.progress import Progress
from arhat.errors import UserError, escape
from arhat.options import CompileOptions

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

PEERS = ("openvino", "onnxruntime")


@dataclass(frozen=True)
class BenchOptions:
    """What `arhat bench` was asked for."""

    target: str
    against: str
    threads: str
    duration: float
    iterations: int
    warmup: int
    burst: float
    starts: int
    inputs: Sequence[str]
    seed: int
    compile: CompileOptions
    onnx: Path | None
    format: str
    jobs: int


@dataclass(frozen=True)
class Subject:
    """A model to time: its name, its projects by target, its inputs, and its own file where there is one."""

    name: str
    projects: dict[str, Path]
    inputs: list[InputInfo]
    model: Path | None


def listed(text: str) -> list[str]:
    """The parts of a comma-separated option."""
    return [part.strip() for part in text.split(",") if part.strip()]


def plans(options: BenchOptions) -> list[Plan]:
    """One plan for each number of threads. Raises UserError where one is not a number."""
    counts = listed(options.threads)
    if not counts or not all(count.isdecimal() and 0 < int(count) <= 4096 for count in counts):
        raise UserError(f"--threads wants numbers with commas between them, not '{escape(options.threads)}'")
    return [
        Plan(
            int(count),
            options.warmup,
            options.duration,
            options.iterations or None,
            options.burst,
            options.starts,
        )
        for count in counts
    ]


def peers(options: BenchOptions, models: Sequence[Path] = ()) -> tuple[list[str], list[str]]:
    """The run-times to time beside ours, and a line for each that cannot be. Raises UserError for unknown
    ones.
    """
    own = bool(options.compile.preprocessing) or options.compile.detect is not None
    asked = listed(options.against)
    for peer in asked:
        if peer not in PEERS:
            raise UserError(f"--against takes {', '.join(PEERS)}, not '{escape(peer)}'")
    notes: list[str] = []
    present: list[str] = []
    for peer in asked:
        if version_of(peer) is None:
            notes.append(f"{peer}: not installed")
        elif own:
            notes.append(f"{peer}: not timed beside a program with preprocessing or boxes of its own")
        elif peer == "onnxruntime" and options.onnx is None and not any(map(_is_onnx, models)):
            notes.append("onnxruntime: no ONNX model given (--onnx PATH)")
        else:
            present.append(peer)
    return present, notes


def _is_onnx(model: Path) -> bool:
    return model.suffix.lower() == ".onnx"


def prepare(
    model: Path, targets: Sequence[str], options: BenchOptions, work: Path, progress: Progress
) -> Subject:
    """Compile and build a model for every target, or take a project folder as it is."""
    from arhat.compiler import compile_model, is_convertible, write_project
    from arhat.runtime import build_project
    from arhat.runtime.build import ensure_built, read_manifest

    projects: dict[str, Path] = {}
    compiled = model.is_dir() and not is_convertible(model)
    if compiled:
        target = str(read_manifest(model)["target"])
        require_gpu(target)
        projects[target] = model
        with progress.step(f"build {model.name}"):
            ensure_built(model)
    else:
        for target in targets:
            folder = work / f"{len(list(work.iterdir()))}-{target}"
            with progress.step(f"compile {model.stem}"):
                write_project(compile_model(model, target, options.compile), folder, target, options.compile)
            with progress.step(f"build {model.stem}"):
                build_project(folder, jobs=jobs_for(options.jobs))
            projects[target] = folder
    manifest = read_manifest(next(iter(projects.values())))
    return Subject(name_of(model), projects, inputs_of(manifest), None if compiled else model)


def name_of(model: Path) -> str:
    """What to call a model in the table: its file's name, or its folder's where the file is just `model.xml`."""
    if model.is_dir():
        return model.resolve().name
    folder = model.resolve().parent
    if model.stem != "model":
        return model.stem
    return f"{folder.parent.name}/{folder.name}" if folder.name.startswith(("FP", "INT")) else folder.name


def inputs_of(manifest: dict[str, Any]) -> list[InputInfo]:
    """The inputs that a manifest lists."""
    import numpy as np

    names = {"bool": "?", "bf16": "f4"}
    result: list[InputInfo] = []
    for one in cast("list[dict[str, Any]]", manifest["inputs"]):
        kind = str(one["type"])
        code = names.get(kind, f"{kind[0]}{int(kind[1:]) // 8}" if kind[1:].isdigit() else "f4")
        result.append(InputInfo(str(one["name"]), tuple(one["shape"]), np.dtype(code)))
    return result


def native_start(result: SideResult, inputs: Path, plan: Plan) -> None:
    """Time the start of an emitted program as it is deployed: its own runner, no Python.

    Fills in load time, first result and peak memory. The peak is that of one run after another, output
    included.
    """
    from arhat.runtime.build import built_project

    built = built_project(result.spec.model)
    command = [str(built.runner), "--input", str(inputs), "--threads", str(plan.threads), "--bench", "--json"]
    command += ["--iterations", "1", "--warmup", "0"]
    result.load_s, result.first_s, peaks = [], [], list[int]()
    for _ in range(plan.starts):
        started = time.monotonic_ns()
        run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if run.returncode != 0:
            raise UserError(f"the runner failed: {run.stderr.strip()}", file=built.runner)
        answer = cast("dict[str, Any]", json.loads(run.stdout))
        result.first_s.append((answer["first_result_at_ns"] - started) / 1e9)
        result.load_s.append(answer["load_ms"] / 1000)
        peaks.append(int(answer["peak_memory_bytes"]))
    result.peak_bytes = max(peaks)
    result.native_start = True


def bench(models: Sequence[Path], options: BenchOptions) -> str:
    """Time everything that was asked for and give back the table, JSON or CSV."""
    import numpy as np

    from arhat.bench import measure
    from arhat.compiler import check_target

    targets = listed(options.target)
    for target in targets:
        check_target(target)
        require_gpu(target)
    if not targets:
        raise UserError("--target wants at least one target")
    if options.onnx is not None and len(models) > 1:
        raise UserError("--onnx goes with one model")
    schedule = plans(options)
    present, notes = peers(options, models)
    progress = Progress()
    cells: list[Cell] = []
    work = Path(tempfile.mkdtemp(prefix="arhat-bench-"))
    try:
        for model in models:
            subject = prepare(model, targets, options, work, progress)
            arrays, _ = given_inputs(options.inputs, subject.inputs, Preprocessing())
            from arhat.runtime.build import read_manifest

            manifest = read_manifest(next(iter(subject.projects.values())))
            arrays = with_image_info(arrays, subject.inputs, manifest)
            for info in subject.inputs:
                arrays.setdefault(info.name, random_input(info, options.seed))
            file = work / "inputs.npz"
            from arhat.cli.run import save_arrays

            save_arrays(file, {name: np.asarray(array) for name, array in arrays.items()})
            specs = [SideSpec(f"arhat {name}", "arhat", folder) for name, folder in subject.projects.items()]
            for peer in present:
                source = subject.model
                if peer == "onnxruntime":
                    source = options.onnx or (source if source is not None and _is_onnx(source) else None)
                if source is None:
                    notes.append(
                        f"{peer}: {subject.name} is a compiled folder; give the model's .xml to compare"
                    )
                else:
                    specs.append(SideSpec(peer, peer, source))
            for plan in schedule:
                title = f"time {subject.name} with {plan.threads} threads"
                with progress.step(title):
                    results = measure.run(specs, file, [info.name for info in subject.inputs], plan)
                    for result in results:
                        if result.spec.kind == "arhat":
                            native_start(result, file, plan)
                cells.append(Cell(subject.name, plan, results))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    machine = describe() | {"arhat": version_of("arhat")}
    if options.format == "json":
        return json.dumps({**to_json(cells, machine), "notes": notes}, indent=1)
    if options.format == "csv":
        return to_csv(cells).rstrip("\n")
    footer = [*LEGEND, *interpreter_lines(cells), *dict.fromkeys(notes)]
    return "\n".join([*_machine_lines(machine), _rendered(cells), *footer])


LEGEND = (
    "times in ms; ratio: median latency over that of the first side, compared round by round (above 1: slower)",
    "CPU: processor time a run; first: first result since the process started; peak: peak memory; disk: bytes",
    "that have to be there to run. Start and peak of a compiled model are those of its own runner, of the others",
    "those of a Python process with NumPy. OpenVINO: f32, latency hint, one stream.",
)


def _machine_lines(machine: dict[str, Any]) -> list[str]:
    sets = " ".join(one for one in machine["instruction_sets"] if one in ("avx2", "avx512f", "asimd", "sve"))
    return [
        f"{machine['cpu']} ({sets}), {machine['usable_cpus']} of {machine['cpus']} processors, "
        f"load {machine['load_1min']}, {machine['system']}, arhat {machine['arhat']}"
    ]


def _rendered(cells: Sequence[Cell]) -> str:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=200, markup=False, highlight=False).print(to_table(cells))
    versions = sorted({f"{r.spec.name}: {r.version}" for cell in cells for r in cell.results})
    return out.getvalue() + "; ".join(versions)
