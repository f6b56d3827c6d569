"""The folder of an emitted program, the same for every target: written whole or not at all, and reproducible."""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import jinja2

import arhat
from arhat.emit.weights_file import WeightsPlan
from arhat.errors import UserError

RUNTIME = Path(__file__).parents[1] / "runtime"
"""Headers (include/) and templates (templates/) that go into projects."""

MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"
GENERATOR = "arhat"
ABI_VERSION = 4
"""That of `model.h`: ARHAT_ABI_VERSION."""
BATCH = ("least", "usual", "most")
"""What the manifest calls the batches of a program that takes a range of them."""
NVCC = "__CUDACC__"
"""What nvcc defines: runtime files include other files under it than without."""


@dataclass(frozen=True)
class Target:
    """What the project of a target has beside the model's own sources.

    `template` of CMakeLists.txt; `units` of the runtime that are compiled always. `nvcc`: the model's sources are for
    it; in any case units named `.cu` are.
    """

    template: str
    units: tuple[str, ...]
    nvcc: bool = False


SYSTEM_LIBRARIES = ("C library", "C++ standard library", "POSIX threads")
"""What every program needs when it runs."""

TARGETS: dict[str, Target] = {
    "cpu": Target("CMakeLists.txt.j2", ("arhat/abi.cpp",)),
    "cudnn": Target(
        "CMakeLists.cudnn.txt.j2",
        ("arhat/cuda/abi.cpp",),
        nvcc=True,
    ),
    "trt": Target("CMakeLists.trt.txt.j2", ("arhat/trt/abi.cpp",)),
}


@dataclass(frozen=True)
class TensorSpec:
    """An input or output: name, element type as in `arhat::Type`, extents.

    `preprocessing` is what the program does to an input first (mean, scale, reverse_channels), for whoever feeds it.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    preprocessing: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class OpSpec:
    """A row of the per-op table. `layers` are the source layers, in execution order; bytes are read and written."""

    name: str
    layers: tuple[str, ...]
    flops: float
    bytes: float


@dataclass(frozen=True)
class Project:
    """All that an emitter knows about a program.

    `sources` maps file names to the texts that are compiled (for CPUs once per instruction set). They define
    `arhat::program()` (see program.hpp) and name the runtime headers that they need with `#include "arhat/..."`.
    `libraries` have to be there when the program runs, beside those of the system. `architectures`: GPUs to build for,
    by compute capability. `units` of the runtime are compiled beside those that every program has.
    `versions`: of what the libraries belong to, the earliest that serves. `batch`: the smallest, usual and largest one
    where it may vary; shapes are those of the largest.
    """

    name: str
    target: str
    sources: Mapping[str, str]
    weights: WeightsPlan
    inputs: Sequence[TensorSpec]
    outputs: Sequence[TensorSpec]
    ops: Sequence[OpSpec]
    arena_bytes: int
    state_bytes: int = 0
    libraries: Sequence[str] = ()
    architectures: Sequence[int] = ()
    units: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    batch: tuple[int, int, int] | None = None


def write_project(project: Project, out: Path) -> Path:
    """Write the folder `out`. It appears complete, or stays as it was.

    A folder that an earlier run wrote is replaced; what else lies in it (the build folder, say) stays.

    Returns:
        The resolved path of the folder.

    Raises:
        UserError: `out` holds something else, or cannot be written.
    """
    out = out.resolve()
    earlier = _files_of_earlier(out)
    new_parents = [parent for parent in out.parents if not parent.exists()]
    temporary = out.parent / f".{out.name}.part-{os.getpid()}"
    try:
        try:
            temporary.mkdir(parents=True)
            _fill(project, temporary)
            _swap(temporary, out, earlier)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError(f"the project cannot be written: {reason}", file=error.filename or out) from None
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        for parent in new_parents:
            if parent.exists() and not any(parent.iterdir()):
                parent.rmdir()
        raise
    return out


def target_name(name: str) -> str:
    """A C identifier made from a model's name, for CMake targets and file names: `resnet-50` gives `resnet_50`."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", name).strip("_")[:64] or "model"
    reserved = {
        "all",
        "build",
        "clean",
        "help",
        "install",
        "main",
        "package",
        "test",
        "weights",
        "arhat",
        "model",
    }
    if name[0].isdigit() or name.lower() in reserved:
        return f"model_{name}" if name != "model" else name
    return name


def cuda_architectures(capabilities: Iterable[int]) -> str:
    """A list for CMake: code for each GPU, and of the last one also a form that later GPUs can translate."""
    *others, last = [str(number) for number in sorted(capabilities)] or [""]
    return ";".join([*(f"{number}-real" for number in others), last])


def runtime_headers(sources: Iterable[str] | Mapping[str, str], nvcc: bool = False) -> list[str]:
    """Paths (`arhat/...`) of the runtime files that the given texts include, directly or not, sorted.

    An include is looked up beside the file that has it, as a compiler does, then from the project's folder: where that
    matters, give the texts by their paths. `nvcc` tells which side of `#ifdef __CUDACC__` counts.
    """
    found: set[str] = set()
    texts = cast("Mapping[str, str]", sources) if isinstance(sources, Mapping) else dict(enumerate(sources))
    pending = [(posixpath.dirname(str(path)), text) for path, text in texts.items()]
    while pending:
        folder, text = pending.pop()
        for name in _includes(text, nvcc):
            beside = posixpath.normpath(posixpath.join(folder, name))
            path = beside if (RUNTIME / "include" / beside).is_file() else name
            if path.startswith("arhat/") and path not in found:
                found.add(path)
                pending.append((posixpath.dirname(path), _runtime_text(path)))
    return sorted(found)


def _includes(text: str, nvcc: bool) -> Iterable[str]:
    """Files that a text includes in quotes. Of the conditions only the one on `__CUDACC__` is decided."""
    conditions: list[bool | None] = []  # whether the text counts; None where that is not known
    for directive, rest in re.findall(r"^[ \t]*#[ \t]*(\w+)[ \t]*(.*)", text, re.MULTILINE):
        if directive in ("if", "ifdef", "ifndef"):
            conditions.append((directive == "ifdef") == nvcc if rest.strip() == NVCC else None)
        elif directive == "else":
            conditions[-1] = None if conditions[-1] is None else not conditions[-1]
        elif directive == "endif":
            conditions.pop()
        elif directive == "include" and False not in conditions:
            yield from re.findall(r'^"([\w./-]+)"', rest)


def _runtime_text(path: str) -> str:
    return (RUNTIME / "include" / path).read_text(encoding="utf-8")


def _fill(project: Project, folder: Path) -> None:
    """Write all files into an empty folder."""
    name = target_name(project.name)
    target = TARGETS[project.target]
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(RUNTIME / "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,
    )
    texts = dict(project.sources)
    for fixed in ("model.h", "main.cpp"):
        texts[fixed] = (RUNTIME / "templates" / fixed).read_text(encoding="utf-8")
    units = [*target.units, *project.units]
    texts |= {unit: _runtime_text(unit) for unit in units}
    for_device = {path for path in texts if target.nvcc or path.endswith(".cu")}
    for nvcc in (False, True):
        own = {path: text for path, text in texts.items() if (path in for_device) == nvcc}
        texts |= {path: _runtime_text(path) for path in runtime_headers(own, nvcc)}
    texts["CMakeLists.txt"] = templates.get_template(target.template).render(
        target=name,
        version=arhat.__version__,
        sources=sorted(project.sources),
        units=units,
        device=target.nvcc or any(unit.endswith(".cu") for unit in units),
        architectures=cuda_architectures(project.architectures),
    )

    hashes: dict[str, str] = {}
    for path, text in texts.items():
        data = text.encode("utf-8")
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        hashes[path] = hashlib.sha256(data).hexdigest()
    hashes[WEIGHTS] = project.weights.write(folder / WEIGHTS)
    manifest = _manifest(project, name, hashes)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _manifest(project: Project, name: str, hashes: dict[str, str]) -> dict[str, Any]:
    def tensor(spec: TensorSpec) -> dict[str, Any]:
        entry: dict[str, Any] = {"name": spec.name, "type": spec.type, "shape": list(spec.shape)}
        return entry | ({"preprocessing": dict(spec.preprocessing)} if spec.preprocessing else {})

    return {
        "generator": GENERATOR,
        "version": arhat.__version__,
        "abi": ABI_VERSION,
        "name": project.name,
        "target": project.target,
        "library": name,
        "inputs": [tensor(spec) for spec in project.inputs],
        "outputs": [tensor(spec) for spec in project.outputs],
        **({"batch": dict(zip(BATCH, project.batch, strict=True))} if project.batch else {}),
        "arena_bytes": project.arena_bytes,
        **({"state_bytes": project.state_bytes} if project.state_bytes else {}),
        "weight_bytes": project.weights.data_bytes,
        "ops": [
            {"name": op.name, "layers": list(op.layers), "flops": op.flops, "bytes": op.bytes}
            for op in project.ops
        ],
        "run_time": {
            "files": [f"lib{name}.so", WEIGHTS],
            "libraries": [*SYSTEM_LIBRARIES, *project.libraries],
            **({"versions": dict(project.versions)} if project.versions else {}),
        },
        "files": dict(sorted(hashes.items())),
    }


def _files_of_earlier(out: Path) -> set[str]:
    """Top-level names that an earlier run wrote into `out`.

    Raises:
        UserError: `out` is not ours to replace.
    """
    if not out.exists():
        return set()
    if not out.is_dir():
        raise UserError("is a file, and the project would be a folder", file=out)
    if not any(out.iterdir()):
        return set()
    refusal = UserError(
        "is not empty and was not written by Arhat: name another folder, or remove this one", file=out
    )
    try:
        manifest: Any = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise refusal from None
    if not isinstance(manifest, dict):
        raise refusal
    entries = cast("dict[str, Any]", manifest)
    files = entries.get("files")
    if entries.get("generator") != GENERATOR or not isinstance(files, dict):
        raise refusal
    return {path.split("/")[0] for path in cast("dict[str, Any]", files)} | {MANIFEST}


def _swap(new: Path, out: Path, earlier: set[str]) -> None:
    """Put `new` in the place of `out`, keeping what in `out` was not written by an earlier run."""
    if not out.exists():
        new.rename(out)
        return
    old = out.parent / f".{out.name}.old-{os.getpid()}"
    _keep_times(new, out)
    out.rename(old)
    try:
        new.rename(out)
    except BaseException:
        old.rename(out)
        raise
    for entry in list(old.iterdir()):
        if entry.name not in earlier and not (out / entry.name).exists():
            entry.rename(out / entry.name)
    shutil.rmtree(old)


def _keep_times(new: Path, old: Path) -> None:
    """Give files that have not changed the time of their earlier selves, so that they are not built again."""
    for path in new.rglob("*"):
        before = old / path.relative_to(new)
        if (
            path.name != WEIGHTS
            and path.is_file()
            and before.is_file()
            and before.read_bytes() == path.read_bytes()
        ):
            status = before.stat()
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
