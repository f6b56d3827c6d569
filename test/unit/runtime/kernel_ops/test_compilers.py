"""The same headers compile for a GPU, and without a warning for every C++ compiler that is here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from unit.runtime.kernel_ops.kernel_program import AVX512, HERE, INCLUDE, source

WARNINGS = ["-Wall", "-Wextra", "-Werror"]


@pytest.mark.parametrize(
    "source", [HERE / "every_kernel.cu", INCLUDE / "arhat/cuda/sort.cu"], ids=lambda p: p.stem
)
def test_cuda(source: Path, tmp_path: Path) -> None:
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("nvcc is not installed")
    command = [
        nvcc,
        "-std=c++17",
        "-Werror",
        "all-warnings",
        "-Xcompiler",
        "-Wall,-Wextra,-fPIC",
        f"-I{INCLUDE}",
    ]
    for number in (80, 90):
        command += ["-gencode", f"arch=compute_{number},code=sm_{number}"]
    command += ["-c", str(source), "-o", str(tmp_path / "object.o")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # Each of the two links without the other.
    link = [nvcc, "-shared", "-Xlinker", "--no-undefined", "object.o", "-o", "library.so"]
    done = subprocess.run(link, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_wide_vectors_compile(compiler: str, tmp_path: Path) -> None:
    """Also where this processor could not run the program."""
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    (tmp_path / "cases.inc").write_text(source())
    command = [compiler, "-std=c++17", "-fsyntax-only", *WARNINGS, *AVX512, f"-I{INCLUDE}", f"-I{tmp_path}"]
    done = subprocess.run([*command, str(HERE / "harness.cpp")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
