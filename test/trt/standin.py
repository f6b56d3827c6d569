"""Builds emitted programs of the trt target for the host, with a stand-in for TensorRT.

The stand-in (the folder beside this file) is written from TensorRT's public documentation. It builds networks, infers
shapes, checks the rules of each layer, drives plugins through their whole life, keeps engines as bytes and executes
them on the host, plainly; streams are those of the emulator of the cudnn target. It shows that a program uses the
interface as the documentation says and computes what it should; it proves nothing about TensorRT itself.

For tests, two variables of the environment: `ARHAT_TRT_RECORD=<file>` records each network that is built as JSON (read
by `trt.records`), with its weights beside it; `ARHAT_TRT_FAIL` is a list of no-builder, build-oom, no-runtime,
context-oom and enqueue, which then fail.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cudnn.emulator import emulator

HERE = Path(__file__).resolve().parent / "standin"
EMULATOR = emulator.HERE
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"]
FAST = ["-O3", "-march=native", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math"]
MAJORS = (10, 11)
"""Of TensorRT: the stand-in acts 10.14 and 11.1."""


@functools.cache
def _cuda_includes() -> tuple[str, ...] | None:
    """Folders with CUDA's headers: NVIDIA's wheels, or the system; None where there are none."""
    found = importlib.util.find_spec("nvidia")
    wheels = [Path(place) for place in found.submodule_search_locations or ()] if found else []
    places = [
        *(wheel / "cu13" / "include" for wheel in wheels),
        Path("/usr/local/cuda/include"),
        Path("/usr/include"),
    ]
    folders: list[str] = []
    for header in ("cuda_runtime_api.h", "cuda_fp16.h"):
        place = next((p for p in places if (p / header).exists()), None)
        if place is None:
            return None
        if str(place) not in folders:
            folders.append(str(place))
    return tuple(folders)


def unavailable() -> str | None:
    """Why nothing can run with the stand-in here."""
    if shutil.which("g++") is None:
        return "g++ is not installed"
    if _cuda_includes() is None:
        return "the headers of CUDA are not installed"
    return None


def build(project: Path, out: Path, major: int = MAJORS[-1]) -> tuple[Path, Path]:
    """The shared library of a project and its weights file; `out` is made for it.

    Raises RuntimeError with the compiler's words where it does not build.
    """
    name, objects = _objects(project, out, major, [])
    library = out / f"lib{name}.so"
    link(objects, library, major, ["-shared"])
    return library, out / "weights.safetensors"


def build_runner(project: Path, out: Path, major: int = MAJORS[-1], sanitize: bool = True) -> Path:
    """The project's command-line runner; with `sanitize`, addresses and undefined behaviour are checked."""
    options = SANITIZE if sanitize else []
    _, objects = _objects(project, out, major, options)
    objects += compile_units([out / "main.cpp"], includes(out), major, options)
    runner = out / "runner"
    link(objects, runner, major, options)
    return runner


def includes(folder: Path) -> list[str]:
    """Options with which units of a project or plugin library in `folder` are compiled."""
    return [f"-I{EMULATOR / 'include'}", f"-I{EMULATOR}", f"-I{folder}"]


def link(objects: Iterable[Path], made: Path, major: int, options: Sequence[str]) -> None:
    """Links with the stand-in, which is a shared library as TensorRT is."""
    standin = library(major)
    _run(
        [
            "g++",
            *options,
            "-o",
            str(made),
            *map(str, objects),
            str(standin),
            f"-Wl,-rpath,{standin.parent}",
            "-lpthread",
            "-ldl",
        ]
    )


def replace_launches(folder: Path) -> None:
    """Makes loops of the kernels' launches in a copy of a project."""
    launch = folder / "arhat" / "kernels" / "launch.hpp"
    if launch.exists():
        text = launch.read_text()
        before, start, rest = text.partition(emulator.START)
        _, end, after = rest.partition(emulator.END)
        assert start and end, "launch.hpp has changed: its launches are not found"
        launch.write_text(
            before + "#ifdef __CUDACC__\n\n" + (EMULATOR / "launch.inc").read_text() + end + after
        )


def library(major: int) -> Path:
    """The stand-in as a shared library, compiled once for each text of it."""
    units = [*sorted(HERE.glob("*.cpp")), EMULATOR / "cudart.cpp"]
    objects = compile_units(units, [f"-I{EMULATOR / 'include'}", f"-I{EMULATOR}", f"-I{HERE}"], major, [])
    key = hashlib.sha256(repr(sorted(map(str, objects))).encode()).hexdigest()[:16]
    made = _cache() / f"libstandin-{key}.so"
    if not made.exists():
        with tempfile.TemporaryDirectory(dir=_cache()) as folder:
            part = Path(folder) / made.name
            command = [
                "g++",
                "-shared",
                f"-Wl,-soname,{made.name}",
                "-o",
                str(part),
                *map(str, objects),
            ]
            _run([*command, "-lpthread", "-ldl"])
            part.rename(made)
    return made


def compile_units(
    units: Sequence[Path], folders: Sequence[str], major: int, options: Sequence[str]
) -> list[Path]:
    """Objects of units; each is kept by the text that the preprocessor makes of it, and compiled once."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda unit: _compile(unit, folders, major, options), units))


def _objects(project: Path, out: Path, major: int, options: Sequence[str]) -> tuple[str, list[Path]]:
    """The library's name and all objects of the program."""
    shutil.copytree(project, out)
    replace_launches(out)
    units = [
        *sorted(out.glob("*.cpp")),
        *sorted((out / "arhat").glob("**/*.cpp")),
        *sorted((out / "arhat").glob("trt/**/*.cu")),
    ]
    units = [unit for unit in units if unit.name != "main.cpp"]
    if (out / "arhat" / "cuda" / "sort.hpp").exists():
        units.append(EMULATOR / "sort.cpp")
    name = json.loads((out / "manifest.json").read_text())["library"]
    return name, compile_units(units, includes(out), major, options)


def _compile(unit: Path, folders: Sequence[str], major: int, options: Sequence[str]) -> Path:
    cuda = _cuda_includes()
    assert cuda is not None
    own = unit.parent in (HERE, EMULATOR)
    # The program is asked to round each operation; the stand-in only has to be fast.
    kernels = own and unit.name.startswith("kernels")
    major = MAJORS[-1] if kernels else major  # they are the same in all versions
    speed = FAST if kernels else ["-O1", "-ffp-contract=off"]
    command = [
        "g++",
        "-std=c++17",
        *speed,
        "-fPIC",
        "-fno-gnu-unique",
        *options,
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-attributes",
    ]
    command += [
        '-DARHAT_VERSION="0"',
        '-DARHAT_ARCHITECTURES="90"',
        f"-DARHAT_STANDIN_MAJOR={major}",
        *folders,
    ]
    command += [word for folder in (str(HERE / "include"), *cuda) for word in ("-isystem", folder)]
    if unit.suffix == ".cu" or unit == EMULATOR / "sort.cpp":
        command += ["-D__CUDACC__", "-include", "cuda_runtime.h"]
    command += ["-x", "c++"]
    text = _run([*command, "-E", "-P", str(unit)])
    flags = [word for word in command if not word.startswith("-I")]
    key = hashlib.sha256(repr((unit.name, flags)).encode() + text.encode()).hexdigest()[:24]
    made = _cache() / f"{unit.stem}-{key}.o"
    if not made.exists():
        with tempfile.TemporaryDirectory(dir=_cache()) as folder:
            part = Path(folder) / made.name
            _run([*command, "-c", str(unit), "-o", str(part)])
            with contextlib.suppress(OSError):  # another process was faster
                part.rename(made)
    return made


def _cache() -> Path:
    folder = Path(tempfile.gettempdir()) / f"arhat-standin-{os.getuid()}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr[:4000]}")
    return done.stdout
