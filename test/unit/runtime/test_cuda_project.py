"""A program for CUDA compiled with nvcc against the real libraries, and what it says where there is no GPU."""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import tiny_cuda_project

from arhat.errors import UserError
from arhat.runtime import BuiltProject, build_project, load


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_cuda_project.write_cuda_project(tmp_path_factory.mktemp("cuda") / "out")


@pytest.fixture(scope="module")
def built(project: Path) -> BuiltProject:
    reason = tiny_cuda_project.unavailable()
    if reason is not None:
        pytest.skip(reason)
    return build_project(project, werror=True, architectures="90")


def driver() -> bool:
    """Whether CUDA can be asked for a GPU here."""
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def test_builds_without_warnings(built: BuiltProject, project: Path) -> None:
    assert built.library.exists() and built.runner.exists()
    symbols = subprocess.run(
        ["nm", "-D", "--defined-only", built.library], capture_output=True, text=True, check=True
    ).stdout
    names = [line.split()[-1] for line in symbols.splitlines()]
    declared = set(
        re.findall(r"^ARHAT_API .*?(arhat_\w+)\(", (project / "model.h").read_text(), re.MULTILINE)
    )
    assert set(names) == declared  # all of the interface, and nothing else
    dynamic = subprocess.run(
        ["readelf", "-d", built.library], capture_output=True, text=True, check=True
    ).stdout
    for library in ("libcudnn.so.9", "libcublasLt.so", "libcudart.so"):
        assert library in dynamic
    folders = re.findall(r"R(?:UN)?PATH.*\[(.*)\]", dynamic)
    assert folders and all(folder.startswith("/") for folder in folders[0].split(":"))


@pytest.mark.skipif(driver(), reason="there is a CUDA driver here")
def test_no_gpu_is_one_clear_error(built: BuiltProject, project: Path) -> None:
    result = subprocess.run(
        [built.runner, "--bench"], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 1 and result.stdout == ""
    assert re.fullmatch(r"error: no CUDA device: [^\n]+\n", result.stderr)
    with pytest.raises(UserError, match="no CUDA device: "):
        load(project)


def test_runner_knows_its_options(built: BuiltProject) -> None:
    def said(*arguments: str) -> str:
        result = subprocess.run(
            [built.runner, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        assert result.returncode == (0 if arguments == ("--help",) else 1)
        return result.stdout + result.stderr

    for option in ("--device", "--tactics", "--tune", "--plans", "--no-graph"):
        assert option in said("--help")
    assert "--tune wants --tactics" in said("--tune")
    assert "--device wants a number from 0" in said("--device", "-1")


def test_up_to_date_and_other_architectures(built: BuiltProject, project: Path) -> None:
    before = built.library.stat().st_mtime_ns
    assert build_project(project, werror=True, architectures="90") == built
    assert built.library.stat().st_mtime_ns == before
    stamp = json.loads((built.folder / "arhat-build.json").read_text())
    assert stamp["architectures"] == "90"


def test_no_nvcc(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "out"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("build"))
    cmake = shutil.which("cmake")
    assert cmake is not None
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "cmake").symlink_to(cmake)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in ("CUDACXX", "CUDA_HOME", "CUDA_PATH"):
        monkeypatch.delenv(name, raising=False)
    found = shutil.which

    def which(name: str, *arguments: object) -> str | None:
        return None if name.startswith("/usr/local/cuda") else found(name)

    monkeypatch.setattr(shutil, "which", which)
    with pytest.raises(UserError, match="needs the CUDA toolkit, and no 'nvcc' is on the PATH"):
        build_project(copy)
    assert not (copy / "build").exists()


def test_no_sanitizers(project: Path) -> None:
    with pytest.raises(UserError, match="cannot be built with sanitizers"):
        build_project(project, sanitize=True)


def test_no_cudnn(project: Path, tmp_path: Path) -> None:
    reason = tiny_cuda_project.unavailable()
    if reason is not None:
        pytest.skip(reason)
    command = ["cmake", "-S", str(project), "-B", str(tmp_path / "build"), "-DCMAKE_CUDA_ARCHITECTURES=90"]
    command += ["-DARHAT_CUDNN_INCLUDE=ARHAT_CUDNN_INCLUDE-NOTFOUND", "-DARHAT_PYTHON=/bin/false"]
    environment = {name: value for name, value in os.environ.items() if name != "CUDNN_ROOT"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode == 0:
        pytest.skip("cuDNN is installed in the system")
    assert "CUDNN was not found" in result.stderr and "ARHAT_CUDNN_ROOT" in result.stderr
