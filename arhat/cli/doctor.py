"""`arhat doctor`: what is installed, and what can be built here."""

from __future__ import annotations

import ctypes.util
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import arhat
from arhat.bench.machine import describe, version_of
from arhat.cli.device import has_gpu

REQUIRED = ("xdsl", "numpy", "defusedxml", "safetensors", "typer", "rich", "jinja2", "pillow")
OPTIONAL = {
    "openvino": "to verify and to bench against OpenVINO",
    "onnxruntime": "to bench against ONNX Runtime",
}
# Program, how to ask its version, the environment variable that may name another.
PROGRAMS = (
    ("g++", ("--version",), "CXX"),
    ("clang++", ("--version",), "CXX"),
    ("cmake", ("--version",), "CMAKE"),
    ("ninja", ("--version",), ""),
    ("make", ("--version",), ""),
    ("nvcc", ("--version",), "CUDACXX"),
)
LIBRARY_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
    "/usr/local/cuda/lib64",
    "/usr/local/tensorrt/lib",
)


@dataclass(frozen=True)
class Fact:
    """One thing that was looked for: `value` says what was found, `good` is None where it does not matter."""

    group: str
    name: str
    value: str
    good: bool | None = None


def program_version(command: str, arguments: Sequence[str]) -> str | None:
    """The line of a program's answer that holds its version, or None where it is not there or does not run."""
    path = shutil.which(command)
    if path is None:
        return None
    try:
        run = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    lines = [line for line in (run.stdout + run.stderr).splitlines() if re.search(r"\d+\.\d+", line)]
    return lines[-1].strip() if command == "nvcc" and lines else lines[0].strip() if lines else "found"


def wheel_folders(stem: str) -> list[str]:
    """Where a wheel of NVIDIA's for this Python keeps the library, if one is installed."""
    spec = importlib.util.find_spec("nvidia")
    places = spec.submodule_search_locations if spec is not None else None
    return [str(Path(place) / stem / "lib") for place in places or ()]


def find_library(stem: str) -> str | None:
    """Where `lib<stem>.so` is, or None. Looks where the linker looks, then in the usual folders."""
    named = ctypes.util.find_library(stem)
    folders = [*os.environ.get("LD_LIBRARY_PATH", "").split(":"), *LIBRARY_FOLDERS, *wheel_folders(stem)]
    for folder in filter(None, folders):
        hits = sorted(Path(folder).glob(f"lib{stem}.so*")) if Path(folder).is_dir() else []
        if hits:
            return str(hits[0])
    return named


def gather() -> list[Fact]:
    """Everything that the command reports."""
    facts: list[Fact] = []

    def note(group: str, name: str, value: str, good: bool | None = None) -> None:
        facts.append(Fact(group, name, value, good))

    machine = describe()
    note("machine", "processor", machine["cpu"])
    note("machine", "instruction sets", " ".join(machine["instruction_sets"]) or "none that matter here")
    note("machine", "processors", f"{machine['usable_cpus']} of {machine['cpus']} usable")
    note("machine", "memory", f"{machine['memory_bytes'] / 1e9:.1f} GB")
    note("machine", "system", machine["system"])
    note("python", "python", sys.version.split()[0], sys.version_info >= (3, 11))
    note("python", "arhat", arhat.__version__)
    for package in REQUIRED:
        version = version_of(package)
        note("python", package, version or "missing", version is not None)
    for package, purpose in OPTIONAL.items():
        version = version_of(package)
        note("python", package, version or f"not installed; it is needed {purpose}")

    found: dict[str, bool] = {}
    for command, arguments, variable in PROGRAMS:
        version = program_version(command, arguments)
        found[command] = version is not None
        other = os.environ.get(variable, "") if variable else ""
        value = version or "not found"
        note("programs", command, f"{value} ({variable}={other})" if other else value)
    for stem, name in (("cudnn", "cuDNN"), ("nvinfer", "TensorRT"), ("cudart", "CUDA runtime")):
        place = find_library(stem)
        found[name] = place is not None
        note("libraries", name, place or "not found")
    note("libraries", "NVIDIA driver", program_version("nvidia-smi", ("--version",)) or "not found")

    compiler = found["g++"] or found["clang++"] or bool(os.environ.get("CXX"))
    builder = found["ninja"] or found["make"]
    missing = [
        name
        for name, there in (
            ("a C++17 compiler", compiler),
            ("cmake", found["cmake"]),
            ("ninja or make", builder),
        )
        if not there
    ]
    note("targets", "emit cpu", "yes", True)
    note("targets", "build cpu", "no: install " + ", ".join(missing) if missing else "yes", not missing)
    note("targets", "emit cudnn", "yes", True)
    lacking = [
        *missing,
        *([] if found["nvcc"] else ["the CUDA toolkit"]),
        *([] if found["cuDNN"] else ["cuDNN"]),
    ]
    note("targets", "build cudnn", "no: install " + ", ".join(lacking) if lacking else "yes")
    gpu = "yes" if has_gpu() else "no: there is no NVIDIA GPU with a driver"
    note("targets", "run cudnn", gpu)
    note("targets", "emit trt", "yes", True)
    lacking = [*missing, *([] if found["nvcc"] else ["the CUDA toolkit"])]
    if not found["TensorRT"] and not os.environ.get("TENSORRT_ROOT"):
        lacking.append("TensorRT (or set TENSORRT_ROOT)")
    note("targets", "build trt", "no: install " + ", ".join(lacking) if lacking else "yes")
    note("targets", "run trt", gpu)
    note(
        "targets",
        "verify",
        "against OpenVINO" if version_of("openvino") else "against the NumPy interpreter",
        True,
    )
    return facts


def ready(facts: Sequence[Fact]) -> bool:
    """Whether everything that is needed was found."""
    return all(fact.good is not False for fact in facts)


def as_json(facts: Sequence[Fact]) -> str:
    """The facts by group."""
    groups: dict[str, dict[str, Any]] = {}
    for fact in facts:
        groups.setdefault(fact.group, {})[fact.name] = fact.value
    return json.dumps({"ready": ready(facts), "platform": platform.platform(), **groups}, indent=1)


def as_text(facts: Sequence[Fact]) -> str:
    """The facts for people: `+` there, `-` missing and needed, `.` neither good nor bad."""
    lines: list[str] = []
    group = ""
    width = max(len(fact.name) for fact in facts)
    for fact in facts:
        if fact.group != group:
            group = fact.group
            lines.append(f"{group}:")
        mark = "." if fact.good is None else "+" if fact.good else "-"
        lines.append(f"  {mark} {fact.name:<{width}}  {fact.value}")
    lines.append(
        "ready to compile and build" if ready(facts) else "something is missing: see the lines with -"
    )
    return "\n".join(lines)
