"""Building an emitted project with CMake."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from arhat.errors import UserError, escape

GPU_TARGETS = ("cudnn", "trt")
"""Targets whose programs run on a GPU."""

_STAMP = "arhat-build.json"
_LOG = "arhat-build.log"


@dataclass(frozen=True)
class BuiltProject:
    """Where the results of a build are: the shared library, the command-line runner, their folder."""

    folder: Path
    library: Path
    runner: Path


def read_manifest(project: Path) -> dict[str, Any]:
    """The manifest of an emitted project.

    Raises:
        UserError: the folder has none, or it is damaged.
    """
    path = project / "manifest.json"
    try:
        manifest: Any = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise UserError("is not a compiled model: it has no manifest.json", file=project) from None
    except (OSError, ValueError) as error:
        raise UserError(f"cannot be read: {escape(str(error))}", file=path) from None
    entries = cast("dict[str, Any]", manifest) if isinstance(manifest, dict) else {}
    library = entries.get("library")
    if (
        entries.get("generator") != "arhat"
        or not isinstance(library, str)
        or not re.fullmatch(r"\w+", library)
    ):
        raise UserError("is not the manifest of a compiled model", file=path)
    return entries


def built_project(project: Path, build_dir: Path | None = None) -> BuiltProject:
    """The places where `build_project` puts its results; they need not exist yet."""
    name = str(read_manifest(project)["library"])
    folder = (build_dir or project / "build").resolve()
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    return BuiltProject(folder, folder / f"lib{name}{suffix}", folder / name)


def build_project(
    out_dir: str | os.PathLike[str],
    *,
    jobs: int = 2,
    compiler: str | None = None,
    sanitize: bool = False,
    native: bool = False,
    werror: bool = False,
    runner: bool = True,
    build_dir: Path | None = None,
    architectures: str | None = None,
) -> BuiltProject:
    """Build the library and the runner (or not that); does nothing where they are up to date.

    `compiler` is a C++ compiler (CMake's choice otherwise), `native` builds for this machine's instruction set or GPU
    only, `sanitize` adds address and undefined-behaviour checks (programs for the processor only), `werror` stops at
    warnings. `architectures` are those of the GPUs that a CUDA program is built for, as CMake names them (`80;90`), by
    default the project's choice. Programs for TensorRT are built with the one that the variable TENSORRT_ROOT of the
    environment names. The default build folder is `build` in the project.

    Raises:
        UserError: no project, no CMake, no nvcc, no TensorRT, or the build failed; the notes have the compiler's first
            errors.
    """
    project = Path(out_dir).resolve()
    built = built_project(project, build_dir)
    manifest = read_manifest(project)
    gpu = manifest.get("target") in GPU_TARGETS
    cuda = any(str(file).endswith(".cu") for file in manifest.get("files", ()))  # nvcc compiles them
    if gpu and sanitize:
        raise UserError("programs for a GPU cannot be built with sanitizers", file=project)
    if cuda and native and architectures is None:
        architectures = _architecture_here()
    if compiler is not None:
        compiler = shutil.which(compiler) or compiler
    options = {
        "source": str(project),
        "compiler": compiler or "",
        "sanitize": sanitize,
        "native": native,
        "werror": werror,
        **({"architectures": architectures or ""} if cuda else {}),
        **({"tensorrt": os.environ.get("TENSORRT_ROOT", "")} if manifest.get("target") == "trt" else {}),
    }
    contents = _contents(project)
    stamp = _read_stamp(built.folder)
    wanted = [built.library, *([built.runner] if runner else [])]
    if stamp == options | {"contents": contents} and all(file.exists() for file in wanted):
        return built
    cmake = shutil.which("cmake")
    if cmake is None:
        raise UserError("building needs CMake 3.18 or later, and no 'cmake' is on the PATH")
    nvcc = _find_nvcc() if cuda else None
    if (
        built.folder.exists()
        and any(built.folder.iterdir())
        and not (built.folder / "CMakeCache.txt").exists()
    ):
        raise UserError("is not empty and not a build folder", file=built.folder)
    fixed = ("source", "compiler", "architectures", "tensorrt")
    if any(key in stamp and stamp[key] != options.get(key, "") for key in fixed):
        shutil.rmtree(built.folder)  # CMake cannot change these in a folder that it has set up
    built.folder.mkdir(parents=True, exist_ok=True)

    configure = [cmake, "-S", str(project), "-B", str(built.folder), "-DCMAKE_BUILD_TYPE=Release"]
    if not (built.folder / "CMakeCache.txt").exists() and shutil.which("ninja"):
        configure += ["-G", "Ninja"]
    if compiler is not None:
        configure.append(f"-DCMAKE_CXX_COMPILER={compiler}")
    switches = {"WERROR": werror} if gpu else {"SANITIZE": sanitize, "NATIVE": native, "WERROR": werror}
    for option, value in switches.items():
        configure.append(f"-DARHAT_{option}={'ON' if value else 'OFF'}")
    if gpu:
        configure.append(f"-DARHAT_PYTHON={sys.executable}")  # the libraries may be wheels of it
    if nvcc is not None:
        configure.append(f"-DCMAKE_CUDA_COMPILER={nvcc}")
        if compiler is not None:
            configure.append(f"-DCMAKE_CUDA_HOST_COMPILER={compiler}")
        if architectures:
            configure.append(f"-DCMAKE_CUDA_ARCHITECTURES={architectures}")
    (built.folder / _STAMP).unlink(missing_ok=True)
    log = built.folder / _LOG
    log.unlink(missing_ok=True)
    _run(configure, log, project)
    target = [] if runner else ["--target", built.library.stem.removeprefix("lib")]
    _run([cmake, "--build", str(built.folder), "--parallel", str(max(jobs, 1)), *target], log, project)
    stamp_text = json.dumps(options | {"contents": contents}, indent=1) + "\n"
    (built.folder / _STAMP).write_text(stamp_text, encoding="utf-8")
    return built


def ensure_built(project: Path, build_dir: Path | None = None) -> BuiltProject:
    """Build the project unless there is a library that is up to date, whoever built it and with what options.

    Raises:
        UserError: as `build_project`.
    """
    built = built_project(project, build_dir)
    stamp = _read_stamp(built.folder)
    manifest = project / "manifest.json"
    if built.library.exists():
        if "contents" not in stamp and built.library.stat().st_mtime >= manifest.stat().st_mtime:
            return built
        if stamp.get("contents") == _contents(project):
            return built
    return build_project(
        project,
        compiler=str(stamp.get("compiler", "")) or None,
        sanitize=stamp.get("sanitize") is True,
        native=stamp.get("native") is True,
        werror=stamp.get("werror") is True,
        build_dir=build_dir,
        architectures=str(stamp.get("architectures", "")) or None,
    )


def _find_nvcc() -> str:
    """The CUDA compiler: that of `CUDACXX`, on the PATH, or of the toolkit in its usual places.

    Raises:
        UserError: there is none.
    """
    toolkits = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), "/usr/local/cuda"]
    places = [os.environ.get("CUDACXX"), "nvcc", *(f"{root}/bin/nvcc" for root in toolkits if root)]
    for place in places:
        found = shutil.which(place) if place else None
        if found is not None:
            return found
    raise UserError(
        "building a program for a GPU needs the CUDA toolkit, and no 'nvcc' is on the PATH, in CUDA_HOME or in "
        "/usr/local/cuda"
    )


def _architecture_here() -> str | None:
    """The architectures of this machine's GPUs as CMake names them; None where the driver names none."""
    if shutil.which("nvidia-smi") is None:
        return None
    command = ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    found = sorted(
        set(re.findall(r"^(\d+)\.(\d)\s*$", result.stdout.decode("utf-8", "replace"), re.MULTILINE))
    )
    return ";".join(major + minor for major, minor in found) or None


def _contents(project: Path) -> str:
    """Hash of the manifest, which has the hashes of all files."""
    return hashlib.sha256((project / "manifest.json").read_bytes()).hexdigest()


def _read_stamp(folder: Path) -> dict[str, Any]:
    """What an earlier build noted: its options and the project it built."""
    try:
        stamp: Any = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stamp = None
    if isinstance(stamp, dict):
        return cast("dict[str, Any]", stamp)
    return {}


def _run(command: list[str], log: Path, project: Path) -> None:
    """Run a step of the build, its output going to the log.

    Raises:
        UserError: it failed.
    """
    environment = {**os.environ, "LC_ALL": "C"}
    result = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment
    )
    text = result.stdout.decode("utf-8", "replace")
    with log.open("a", encoding="utf-8") as file:
        file.write(text)
    if result.returncode != 0:
        raise UserError(
            "the C++ build failed", file=project, notes=(*_first_errors(text), f"the whole log is in {log}")
        )


def _first_errors(text: str, limit: int = 5) -> list[str]:
    """The lines of a build log that say what is wrong; the last lines where none looks like that."""
    lines = [line for line in text.splitlines() if line.strip()]
    errors: list[str] = []
    for index, line in enumerate(lines):
        if line.startswith("CMake Error"):  # its text follows, indented
            said = list(itertools.takewhile(lambda later: later.startswith(" "), lines[index + 1 :]))
            errors.append(" ".join(part.strip() for part in [line, *said]))
        elif re.search(r"\berror\b|undefined reference|cannot find|internal compiler error|Killed", line):
            errors.append(line.strip())
    return [escape(line) for line in (errors[:limit] or lines[-limit:])]
