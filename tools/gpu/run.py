"""The half of `gpu_check` that runs beside the GPU: builds, checks, times. Needs NumPy, CMake and a compiler (nvcc).

Every project is checked in a process of its own: one that crashes is one failure, not the end of the run.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from gpu import seeded

Array = np.ndarray[Any, np.dtype[Any]]

TOOLS = Path(__file__).resolve().parents[1]

TOLERANCES = {"f32": 1e-4, "tf32": 5e-3, "f16": 1e-2, "bf16": 5e-2, "int8": 5e-2}
"""By precision: what an output may be off, as a share of the reference (relative Frobenius norm). The reference is the
NumPy meaning of the same program in the same precision; f32 keeps all bits, tf32 10 of a factor's, f16 10, bf16 7;
integers fall on other levels where a value lies between two.
"""
STAGES = ("build", "check", "sanitize", "bench", "profile", "trtexec", "peers")
RUNS = 100
"""Runs whose results have to be the same to the bit."""


def stage_build(work: Path, cases: list[dict[str, Any]], jobs: int, defines: Sequence[str]) -> None:
    """Makes the weights and builds every project; `build_seconds` or `build_error` in each case."""

    def one(case: dict[str, Any]) -> None:
        if case["target"] == "trt" and tensorrt() is None:
            case["build_error"] = "not built: no TensorRT here (set TENSORRT_ROOT)"
            return
        project = work / "projects" / case["project"]
        start = time.perf_counter()
        try:
            seeded.rebuild(project)
            configure = [
                "cmake",
                "-S",
                str(project),
                "-B",
                str(project / "build"),
                "-DCMAKE_BUILD_TYPE=Release",
            ]
            configure += [f"-D{define}" for define in defines]
            for command in (configure, ["cmake", "--build", str(project / "build"), "--parallel", "2"]):
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode:
                    case["build_error"] = _last_lines(done.stdout + done.stderr)
                    return
        except (OSError, ValueError) as error:
            case["build_error"] = str(error)
            return
        case.pop("build_error", None)
        case["build_seconds"] = round(time.perf_counter() - start, 1)

    todo = [case for case in cases if "build_seconds" not in case]
    with ThreadPoolExecutor(max(1, jobs // 2)) as pool:
        list(pool.map(one, todo))


def _last_lines(text: str, count: int = 12) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return "\n".join((errors or lines)[-count:])[:2000]


def tensorrt() -> Path | None:
    """Where TensorRT is: TENSORRT_ROOT, a system's package, or the wheel `tensorrt`."""
    root = os.environ.get("TENSORRT_ROOT")
    if root:
        return Path(root)
    for header in ("/usr/include/x86_64-linux-gnu/NvInfer.h", "/usr/include/aarch64-linux-gnu/NvInfer.h"):
        if Path(header).exists():
            return Path("/usr")
    return None


def _runner(work: Path, case: dict[str, Any]) -> Path:
    project = work / "projects" / case["project"]
    return project / "build" / json.loads((project / "manifest.json").read_text())["library"]


def _built(cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [case for case in cases if "build_seconds" in case]


# Correctness ----------------------------------------------------------------------------------------------


def stage_check(work: Path, cases: list[dict[str, Any]]) -> None:
    """Compares each program with its references; `check` in each case."""
    for case in _built(cases):
        project = work / "projects" / case["project"]
        command = [sys.executable, "-m", "gpu.check_one", str(project), case["precision"]]
        environment = os.environ | {"PYTHONPATH": f"{TOOLS}:{TOOLS.parent}"}
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
        except subprocess.TimeoutExpired:
            case["check"] = {"ok": False, "says": "took more than 300 s"}
            continue
        try:
            case["check"] = json.loads(done.stdout.splitlines()[-1])
        except (ValueError, IndexError):
            case["check"] = {
                "ok": False,
                "says": _last_lines(done.stderr or f"ended with {done.returncode}", 3),
            }


def stage_sanitize(work: Path, cases: list[dict[str, Any]], most_ops: int = 150) -> None:
    """compute-sanitizer's memcheck and racecheck over the small projects."""
    tool = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
    if not Path(tool).exists():
        return
    for case in _built(cases):
        manifest = json.loads((work / "projects" / case["project"] / "manifest.json").read_text())
        if len(manifest["ops"]) > most_ops or case["batch"] != 1:
            continue
        for check in ("memcheck", "racecheck"):
            command = [
                tool,
                "--tool",
                check,
                "--error-exitcode",
                "9",
                str(_runner(work, case)),
                "--random",
                "1",
            ]
            try:
                done = subprocess.run([*command, "--no-graph"], capture_output=True, text=True, timeout=240)
                says = re.findall(r"(?:ERROR|RACECHECK) SUMMARY:.*", done.stdout)
                case[check] = {
                    "ok": done.returncode == 0,
                    "says": (says or [_last_lines(done.stdout, 2)])[-1],
                }
            except subprocess.TimeoutExpired:
                case[check] = {"ok": False, "says": "took more than 240 s"}


# Times ----------------------------------------------------------------------------------------------------


def stage_bench(work: Path, cases: list[dict[str, Any]], seconds: float) -> None:
    """Latency with and without the CUDA graph, each as the runner reports it."""
    for case in _built(cases):
        target = case["target"]
        kinds = {"graph": []} if target == "cpu" else {"graph": [], "launches": ["--no-graph"]}
        if target == "cudnn" and case["precision"] != "f32":
            tactics = work / "projects" / case["project"] / "tactics.json"
            kinds["tuned"] = ["--tactics", str(tactics)] + ([] if tactics.exists() else ["--tune"])
        for kind, options in kinds.items():
            command = [
                str(_runner(work, case)),
                "--random",
                "1",
                "--bench",
                "--json",
                "--duration",
                str(seconds),
            ]
            case.setdefault("bench", {})[kind] = _json_of([*command, *options])


def stage_profile(work: Path, cases: list[dict[str, Any]], seconds: float) -> None:
    """Time of each operation, and what share of the GPU's peaks that is."""
    for case in _built(cases):
        if case["batch"] != 1:
            continue
        command = [str(_runner(work, case)), "--random", "1", "--profile", "json", "--duration", str(seconds)]
        case["profile"] = _json_of(command)


def stage_trtexec(work: Path, cases: list[dict[str, Any]]) -> None:
    """What NVIDIA's own trtexec measures of the same engine, host to host: `trtexec` in each case of the trt target."""
    place = tensorrt()
    tool = shutil.which("trtexec") or (str(place / "bin" / "trtexec") if place else "")
    if not tool or not Path(tool).exists():
        return
    plugins = _plugin_library(work)
    for case in _built(cases):
        if case["target"] != "trt":
            continue
        runner = _runner(work, case)
        plan = runner.with_suffix(".plan")
        said = _json_of(
            [str(runner), "--random", "1", "--bench", "--json", "--iterations", "1", "--plan", str(plan)]
        )
        if not plan.exists():
            case["trtexec"] = {"error": said.get("error", "the program wrote no plan")}
            continue
        times = plan.with_suffix(".json")
        command = [tool, f"--loadEngine={plan}", f"--exportTimes={times}"]
        command += [f"--dynamicPlugins={plugins}"] if plugins else []
        command += ["--useCudaGraph", "--useSpinWait", "--duration=3"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=240)
            runs = sorted(float(row["latencyMs"]) for row in json.loads(times.read_text()))
            case["trtexec"] = {
                f"p{p}_ms": runs[min(len(runs) * p // 100, len(runs) - 1)] for p in (50, 90, 99)
            }
        except (OSError, ValueError, KeyError, IndexError, subprocess.TimeoutExpired) as error:
            case["trtexec"] = {"error": _last_lines(done.stdout if "done" in locals() else str(error), 2)}


def _plugin_library(work: Path) -> Path | None:
    """Arhat's plugins as a library of their own, built if need be; None where that fails."""
    folder = work / "plugins" / "build"
    library = folder / "libarhat_plugins.so"
    configure = ["cmake", "-S", str(work / "plugins"), "-B", str(folder), "-DCMAKE_BUILD_TYPE=Release"]
    for command in (configure, ["cmake", "--build", str(folder), "--parallel", "8"]):
        if not library.exists() and subprocess.run(command, capture_output=True).returncode:
            return None
    return library


def _json_of(command: list[str], timeout: float = 240) -> dict[str, Any]:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"error": str(error)[:300]}
    start = done.stdout.find("{")
    try:
        return json.loads(done.stdout[start:]) if start >= 0 else {"error": _last_lines(done.stderr, 2)}
    except ValueError:
        return {"error": _last_lines(done.stderr or done.stdout, 2)}


def stage_peers(work: Path, cases: list[dict[str, Any]], peers: dict[str, Any]) -> None:
    """The same networks in half precision: PyTorch, eager and compiled, and ONNX Runtime where it has CUDA."""
    for path in sorted((work / "graphs").glob("*.json")):
        network, _, batch = path.stem.rpartition("__")
        if not any(case["project"].startswith(f"{network}__") for case in cases):
            continue
        for mode in ("eager", "compiled"):
            command = [sys.executable, str(TOOLS / "gpu" / "torch_peer.py"), str(path), mode]
            peers[f"{network} {mode} {batch}"] = _json_of(command, 400)
        command = [sys.executable, str(TOOLS / "gpu" / "onnx_peer.py"), str(path)]
        peers[f"{network} onnxruntime {batch}"] = _json_of(command, 400)


# All together ---------------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    """Versions of what takes part."""

    def says(*command: str) -> str:
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout.strip()
        except (OSError, subprocess.TimeoutExpired):
            return ""

    query = "--query-gpu=name,driver_version,memory.total,clocks.max.sm"
    versions = "import torch;print(torch.__version__, torch.backends.cudnn.version(), torch.version.cuda)"
    return {
        "gpu": says("nvidia-smi", query, "--format=csv,noheader"),
        "nvcc": (re.findall(r"release [\d.]+, V([\d.]+)", says("nvcc", "--version")) or [""])[0],
        "torch, its cuDNN, its CUDA": says(sys.executable, "-c", versions),
        "tensorrt": _tensorrt_version(),
        "numpy": np.__version__,
    }


def _tensorrt_version() -> str:
    place = tensorrt()
    found = sorted(place.glob("include/**/NvInferVersion.h")) if place else []
    if not found:
        return ""
    numbers = re.findall(r"#define (?:NV_TENSORRT|TRT)_(?:MAJOR|MINOR|PATCH)\w* (\d+)", found[0].read_text())
    return ".".join(numbers[:3])


def run(
    work: Path, stages: Sequence[str], *, jobs: int, defines: Sequence[str], seconds: float, only: str
) -> dict[str, Any]:
    """Runs the stages over what `prepare` wrote; the results are kept in `work/results.json` between calls."""
    file = work / "results.json"
    plan = json.loads((work / "plan.json").read_text())
    results: dict[str, Any] = json.loads(file.read_text()) if file.exists() else plan | {"peers": {}}
    results["environment"] = environment()
    cases = [case for case in results["cases"] if "error" not in case and only in case["project"]]
    work_of: dict[str, Callable[[], None]] = {
        "build": lambda: stage_build(work, cases, jobs, defines),
        "check": lambda: stage_check(work, cases),
        "sanitize": lambda: stage_sanitize(work, cases),
        "bench": lambda: stage_bench(work, cases, seconds),
        "profile": lambda: stage_profile(work, cases, seconds),
        "trtexec": lambda: stage_trtexec(work, cases),
        "peers": lambda: stage_peers(work, cases, results["peers"]),
    }
    for stage in stages:
        start = time.perf_counter()
        work_of[stage]()
        results.setdefault("stages", {})[stage] = round(time.perf_counter() - start, 1)
        print(f"{stage}: {results['stages'][stage]} s", flush=True)
        file.write_text(json.dumps(results, indent=1) + "\n")
    return results
