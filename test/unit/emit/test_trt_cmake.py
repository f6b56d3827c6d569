"""How the build of a program for TensorRT finds TensorRT, and what it says where that is not the right one.

Nothing is built: the folders have files of the right names only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cudnn.planner import cuda_roots
from trt_layers import network
from xdsl.parser import Parser

from arhat.driver.registry import make_context
from arhat.emit.trt import emit

pytestmark = pytest.mark.skipif(
    shutil.which("cmake") is None or not any((root / "bin/nvcc").exists() for root in cuda_roots()),
    reason="cmake or the CUDA toolkit is not installed",
)

OLD_STYLE = (
    "#define NV_TENSORRT_MAJOR {} //!< TensorRT major version.\n#define NV_TENSORRT_MINOR {} //!< minor\n"
)
NEW_STYLE = (
    "#define TRT_MAJOR_ENTERPRISE {}\n#define TRT_MINOR_ENTERPRISE {}\n"
    "#define NV_TENSORRT_MAJOR TRT_MAJOR_ENTERPRISE\n#define NV_TENSORRT_MINOR TRT_MINOR_ENTERPRISE\n"
)


class Build:
    """A build folder that is configured again and again."""

    def __init__(self, folder: Path) -> None:
        module = Parser(make_context(), network(["shape"])).parse_module()
        self.project = emit(module, folder / "out")
        self.folder = folder
        self.configure(None)  # compilers and CUDA are found
        self.elsewhere = "OFF"  # from now on not what happens to be installed here

    elsewhere = "ON"

    def configure(self, root: Path | None, **environment: str) -> tuple[int, str]:
        """The exit status, and what is said in one line."""
        arguments = [
            f"-DCMAKE_FIND_USE_CMAKE_SYSTEM_PATH={self.elsewhere}",
            f"-DCMAKE_FIND_USE_SYSTEM_ENVIRONMENT_PATH={self.elsewhere}",
            f"-DARHAT_PYTHON={sys.executable}",
            "-UARHAT_TENSORRT*",
            f"-DTENSORRT_ROOT={root}" if root else "-UTENSORRT_ROOT",
        ]
        done = subprocess.run(
            ["cmake", "-S", str(self.project), "-B", str(self.folder / "build"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TENSORRT_ROOT": "", **environment},
        )
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def library(self) -> str:
        """What is linked."""
        lines = (self.folder / "build/CMakeCache.txt").read_text().splitlines()
        return next(line.partition("=")[2] for line in lines if line.startswith("ARHAT_TENSORRT_LIBRARY:"))


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return Build(tmp_path_factory.mktemp("cmake"))


def tensorrt(root: Path, version: str, *, libraries: tuple[str, ...] = (), style: str = OLD_STYLE) -> Path:
    """A folder that looks like TensorRT."""
    (root / "include").mkdir(parents=True)
    (root / "lib").mkdir()
    (root / "include/NvInfer.h").touch()
    if version:
        (root / "include/NvInferVersion.h").write_text(style.format(*version.split(".")))
    for library in libraries:
        (root / "lib" / library).touch()
    return root


@pytest.mark.parametrize(
    ("version", "style", "library"),
    [
        ("10.14", OLD_STYLE, "libnvinfer.so"),
        ("10.16", NEW_STYLE, "libnvinfer.so.10"),
        ("11.1", NEW_STYLE, "libnvinfer.so.11"),
    ],
    ids=["10.14", "10.16", "11.1"],
)
def test_tensorrt_is_found(build: Build, tmp_path: Path, version: str, style: str, library: str) -> None:
    root = tensorrt(tmp_path / "trt", version, libraries=(library,), style=style)
    status, said = build.configure(root)
    assert status == 0, said
    assert build.library() == str(root / "lib" / library)


def test_tensorrt_is_found_by_the_environment(build: Build, tmp_path: Path) -> None:
    root = tensorrt(tmp_path / "trt", "11.0", libraries=("libnvinfer.so",))
    status, said = build.configure(None, TENSORRT_ROOT=str(root))
    assert status == 0, said
    assert build.library() == str(root / "lib/libnvinfer.so")


def test_the_library_may_be_one_of_pythons_packages(build: Build, tmp_path: Path) -> None:
    root = tensorrt(tmp_path / "trt", "10.14")
    package = tmp_path / "site/tensorrt_libs"
    package.mkdir(parents=True)
    for name in ("__init__.py", "libnvinfer.so.10", "libnvinfer.so.11"):
        (package / name).touch()
    status, said = build.configure(root, PYTHONPATH=str(package.parent))
    assert status == 0, said
    assert build.library() == str(package / "libnvinfer.so.10")


def test_no_headers(build: Build) -> None:
    status, said = build.configure(None)
    assert status != 0 and "NvInfer.h was not found" in said and "set TENSORRT_ROOT to the folder" in said


def test_headers_without_a_version(build: Build, tmp_path: Path) -> None:
    status, said = build.configure(tensorrt(tmp_path / "trt", ""))
    assert status != 0 and "has NvInfer.h and no NvInferVersion.h" in said
    (tmp_path / "trt/include/NvInferVersion.h").write_text("#define NV_TENSORRT_MAJOR TEN\n")
    status, said = build.configure(tmp_path / "trt")
    assert status != 0 and "does not say which version of TensorRT it belongs to" in said


@pytest.mark.parametrize("version", ["8.6", "10.13", "12.0"])
def test_another_version(build: Build, tmp_path: Path, version: str) -> None:
    status, said = build.configure(tensorrt(tmp_path / "trt", version, libraries=("libnvinfer.so",)))
    assert status != 0 and "TensorRT 10.14 or later, or 11, is needed" in said and f"has {version}" in said


def test_headers_without_a_library(build: Build, tmp_path: Path) -> None:
    status, said = build.configure(tensorrt(tmp_path / "trt", "10.14"))
    assert status != 0 and "libnvinfer.so was not found (ARHAT_TENSORRT_LIBRARY)" in said


def test_a_library_of_another_version_than_the_headers(build: Build, tmp_path: Path) -> None:
    for i, real in enumerate(("libnvinfer.so.11", "libnvinfer.so.10.16.1")):
        root = tensorrt(tmp_path / str(i), "10.14", libraries=(real,))
        (root / "lib/libnvinfer.so").symlink_to(real)
        status, said = build.configure(root)
        version = real.removeprefix("libnvinfer.so.").removesuffix(".1")
        assert status != 0 and f"{real} is TensorRT {version}, and" in said, said
