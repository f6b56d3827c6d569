"""Builds an emitted project of the cudnn target so that it runs on the host, without a GPU, nvcc or NVIDIA's libraries.

The program's own source is compiled by g++, kernels as loops; the stand-ins beside this file take the place of
libcudart, libcudnn and libcublasLt. Streams run late and in another order than they were filled, as far as events allow
it, so that a missing wait shows. Everything else is what runs on a GPU: weights and their layout, addresses, tables of
graphs, strides, kernels' parameters, the C interface. It shows that a program asks for the right thing; it shows
nothing about the libraries, races inside kernels, or speed.
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
from pathlib import Path

HERE = Path(__file__).resolve().parent
STAND_INS = ("cudart.cpp", "cudnn.cpp", "cublaslt.cpp")
SANITIZE = "-fsanitize=address,undefined"
START = "#ifdef __CUDACC__\n\nusing Context = cudaStream_t;"
END = "#else\n\nusing Context = ThreadPool&;"


@functools.cache
def _includes() -> tuple[str, ...] | None:
    """Folders with CUDA's and cuDNN's headers: NVIDIA's wheels, or the system; None where one is missing."""
    found = importlib.util.find_spec("nvidia")
    wheels = [Path(place) for place in found.submodule_search_locations or ()] if found else []
    places = [wheel / part / "include" for wheel in wheels for part in ("cudnn", "cu13", "cublas")]
    places += [Path("/usr/local/cuda/include"), Path("/usr/include")]
    folders: list[str] = []
    for header in ("cudnn.h", "cublasLt.h", "cuda_runtime_api.h", "cuda_fp16.h"):
        place = next((p for p in places if (p / header).exists()), None)
        if place is None:
            return None
        if str(place) not in folders:
            folders.append(str(place))
    return tuple(folders)


def unavailable() -> str | None:
    """Why nothing can be emulated here."""
    if shutil.which("g++") is None:
        return "g++ is not installed"
    if _includes() is None:
        return "the headers of CUDA, cuBLASLt or cuDNN are not installed"
    return None


def build(project: Path, out: Path) -> tuple[Path, Path]:
    """The shared library of a project and its weights file; `out` is made for it.

    Raises RuntimeError with the compiler's words where it does not build.
    """
    name, objects = _objects(project, out, False)
    library = out / f"lib{name}.so"
    _run(["g++", "-shared", "-o", str(library), *map(str, objects), "-lpthread", "-ldl"])
    return library, out / "weights.safetensors"


def build_runner(project: Path, out: Path) -> Path:
    """The project's command-line runner, with checks of addresses and undefined behaviour."""
    _, objects = _objects(project, out, True)
    objects.append(_compile(out / "main.cpp", out, out / "main.o", True))
    runner = out / "runner"
    _run(["g++", SANITIZE, "-o", str(runner), *map(str, objects), "-lpthread", "-ldl"])
    return runner


def _objects(project: Path, out: Path, sanitize: bool) -> tuple[str, list[Path]]:
    """The library's name and all objects of the program, its launches replaced."""
    shutil.copytree(project, out)
    launch = out / "arhat" / "kernels" / "launch.hpp"
    if launch.exists():
        text = launch.read_text()
        before, start, rest = text.partition(START)
        _, end, after = rest.partition(END)
        assert start and end, "launch.hpp has changed: the emulator does not find its launches"
        launch.write_text(before + "#ifdef __CUDACC__\n\n" + (HERE / "launch.inc").read_text() + end + after)
    name = json.loads((out / "manifest.json").read_text())["library"]
    objects = [_compile(unit, out, out / f"{unit.stem}.o", sanitize) for unit in sorted(out.glob("*.cu"))]
    return name, objects + _shared_objects(out, sanitize)


def _shared_objects(out: Path, sanitize: bool) -> list[Path]:
    """The units that are the same for all programs: the runtime's and the stand-ins, compiled once for each text."""
    units = [*sorted(out.glob("arhat/**/*.cpp")), *(HERE / name for name in STAND_INS)]
    if (out / "arhat" / "cuda" / "sort.hpp").exists():
        units.append(HERE / "sort.cpp")
    folders = [out / "arhat" / name for name in ("cuda", "cudnn")]
    files = [out / "model.h", *units, *(f for d in folders for f in d.rglob("*")), *(out / "arhat").glob("*")]
    texts = sorted(
        (f.name, f.read_bytes())
        for f in {*files, *HERE.glob("*.hpp"), *HERE.glob("include/*")}
        if f.is_file()
    )
    key = hashlib.sha256(repr((sanitize, texts)).encode()).hexdigest()[:16]
    cache = Path(tempfile.gettempdir()) / f"arhat-emulator-{os.getuid()}" / key
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=cache.parent))
        for unit in units:
            _compile(unit, out, made / f"{unit.stem}.o", sanitize)
        with contextlib.suppress(OSError):  # another process was faster
            made.rename(cache)
    return sorted(cache.glob("*.o"))


def _compile(unit: Path, out: Path, made: Path, sanitize: bool) -> Path:
    includes = _includes()
    assert includes is not None
    # The program is asked to round each operation; the stand-ins only have to be fast.
    fast = ["-O3", "-march=native", "-fassociative-math", "-fno-signed-zeros", "-fno-trapping-math"]
    speed = fast if unit.parent == HERE else ["-O1", "-ffp-contract=off"]
    command = ["g++", "-std=c++17", *speed, "-fPIC", "-Wno-attributes", '-DARHAT_VERSION="0"']
    command += ['-DARHAT_ARCHITECTURES="90"', f"-I{HERE / 'include'}", f"-I{HERE}", f"-I{out}"]
    command += [word for folder in includes for word in ("-isystem", folder)]
    if unit.suffix == ".cu" or unit.name == "sort.cpp":
        command += ["-D__CUDACC__", "-include", "cuda_runtime.h"]
    if sanitize:
        command += [SANITIZE, "-fno-sanitize-recover=all", "-g"]
    _run([*command, "-x", "c++", "-c", str(unit), "-o", str(made)])
    return made


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr[:4000]}")
