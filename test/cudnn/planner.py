"""Plans cuDNN operation graphs for GPUs that are not there.

    from cudnn.planner import plan, unavailable

`plan` runs `planner.cpp`, which it builds once, over graphs in the text form of `graph_text.hpp`. It needs g++, the
headers of the CUDA runtime and cuDNN 9.8 or later, from the wheels or the system; no GPU and no driver.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RUNTIME = HERE.parents[1] / "arhat" / "runtime" / "include"
SMS = (80, 89, 90)


class MalformedGraph(ValueError):
    """The text is no graph; the message has the line."""


def wheel_folders() -> list[Path]:
    """The folders of NVIDIA's wheels in this environment, for example `.../nvidia/cudnn`."""
    spec = importlib.util.find_spec("nvidia")
    roots = [Path(root) for root in spec.submodule_search_locations or []] if spec else []
    return [folder for root in roots for folder in sorted(root.iterdir()) if folder.is_dir()]


def cuda_roots() -> list[Path]:
    """Where a CUDA toolkit may be installed."""
    named = [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), "/usr/local/cuda"]
    nvcc = shutil.which("nvcc")
    if nvcc:
        named.append(str(Path(nvcc).resolve().parents[1]))
    return [Path(root) for root in named if root and Path(root).is_dir()]


def include_folders() -> list[Path]:
    """Folders that may hold `cudnn_graph.h` and `cuda_runtime_api.h`, wheels first."""
    roots = [*wheel_folders(), *cuda_roots(), Path("/usr")]
    candidates = [root / "include" for root in roots]
    return [*candidates, Path("/usr/include/x86_64-linux-gnu")]


def library_folders() -> list[Path]:
    """Folders that may hold the libraries, wheels first."""
    roots = [*wheel_folders(), *cuda_roots()]
    candidates = [root / name for root in roots for name in ("lib", "lib64")]
    system = [Path("/usr/lib/x86_64-linux-gnu"), Path("/usr/lib64")]
    return [folder for folder in [*candidates, *system] if folder.is_dir()]


def first_with(folders: Iterable[Path], name: str) -> Path | None:
    """The first folder that has the file."""
    return next((folder for folder in folders if (folder / name).exists()), None)


@functools.cache
def unavailable() -> str | None:
    """Why nothing can be planned here; None if it can."""
    for tool in ("g++", "gcc"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    for name in ("cudnn_graph.h", "cuda_runtime_api.h"):
        if first_with(include_folders(), name) is None:
            return f"{name} is not installed"
    for name in ("libcudnn.so.9", "libcublasLt.so.13", "libnvrtc.so.13"):
        if first_with(library_folders(), name) is None:
            return f"{name} is not installed"
    return None


def include_options() -> list[str]:
    """Compiler options for the headers of the runtime, of cuDNN and of CUDA."""
    folders = [first_with(include_folders(), name) for name in ("cudnn_graph.h", "cuda_runtime_api.h")]
    system = [option for folder in folders if folder for option in ("-isystem", str(folder))]
    return ["-I", str(RUNTIME), "-I", str(HERE), *system]


@functools.cache
def built() -> Path:
    """The folder with the planner and the stub of libcuda, built if their sources changed."""
    sources = [HERE / "cuda_stub.c", HERE / "planner.cpp", HERE / "graph_text.hpp"]
    sources += sorted((RUNTIME / "arhat").glob("*.hpp")) + sorted((RUNTIME / "arhat" / "cudnn").glob("*.hpp"))
    cudnn = first_with(library_folders(), "libcudnn.so.9")
    assert cudnn is not None
    digest = hashlib.sha256(str(cudnn).encode())
    for source in sources:
        digest.update(source.read_bytes())
    folder = Path(tempfile.gettempdir()) / f"arhat-planner-{os.getuid()}-{digest.hexdigest()[:16]}"
    if (folder / "planner").exists():
        return folder
    # Built aside and moved into place: several processes may build at the same time.
    with tempfile.TemporaryDirectory(dir=tempfile.gettempdir()) as work:
        stub = ["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1"]
        run_compiler([*stub, "-o", f"{work}/libcuda.so.1", str(HERE / "cuda_stub.c")])
        compile_tool("planner.cpp", Path(work) / "planner", "-O1")
        folder.mkdir(mode=0o700, exist_ok=True)
        for name in ("libcuda.so.1", "planner"):
            (Path(work) / name).replace(folder / name)
    return folder


def compile_tool(source: str, out: Path, *flags: str, cudnn: bool = True) -> Path:
    """Builds a program of this folder, with cuDNN or without; its path."""
    command = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", *flags, *include_options()]
    link = [f"-L{first_with(library_folders(), 'libcudnn.so.9')}", "-l:libcudnn.so.9"] if cudnn else []
    run_compiler([*command, str(HERE / source), "-o", str(out), *link])
    return out


def run_compiler(command: Sequence[str]) -> None:
    """Runs a compiler; its messages go into the exception."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")


def environment() -> dict[str, str]:
    """The environment in which the planner finds its libraries and the stub."""
    folders = [built(), *library_folders()]
    path = ":".join([*map(str, folders), os.environ.get("LD_LIBRARY_PATH", "")]).rstrip(":")
    return {**os.environ, "LD_LIBRARY_PATH": path}


def plan(
    graphs: Iterable[str],
    sms: Iterable[int] = SMS,
    *,
    build: bool = True,
    serialize: bool = False,
    candidates: bool = False,
    tries: int = 16,
    name: str | None = None,
    tactics: Path | None = None,
    save: Path | None = None,
    load: Path | None = None,
) -> list[dict[str, Any]]:
    """One result per graph and architecture, in this order; equal graphs are planned once.

    Keys: key, sm, planned; with a plan also plan, candidates, workspace (bytes); without one call, status and
    reason. `build=False` names the first candidate without building it, which is quick. `serialize` adds
    bytes and differs ("" if the plan from its JSON and the plan from its name agree with it). `candidates`
    adds list. `name` asks for the plan of that name, `tactics` for those of a tactics file, and adds notes.
    `save` and `load` are files of a plan as JSON: of the last graph, and for all graphs.
    """
    options = ["--tries", str(tries)]
    options += ["--no-build"] if not build else []
    options += ["--serialize"] if serialize else []
    options += ["--list"] if candidates else []
    options += ["--plan", name] if name is not None else []
    options += ["--tactics", str(tactics)] if tactics is not None else []
    options += ["--save", str(save)] if save is not None else []
    options += ["--load", str(load)] if load is not None else []
    devices = [str(HERE / f"sm_{sm}.json") for sm in sms]
    done = subprocess.run(
        [str(built() / "planner"), *options, *devices],
        input="".join(graphs),
        capture_output=True,
        text=True,
        env=environment(),
    )
    if done.returncode == 2:
        raise MalformedGraph(done.stderr.strip())
    if done.returncode != 0:
        raise RuntimeError(f"the planner ended with {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]
