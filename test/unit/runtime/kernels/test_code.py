"""What compilers make of the kernels: no warnings anywhere, and innermost loops that stay in registers."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import HERE, INCLUDE, ISA_FLAGS

X86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the flags are those of x86-64")
COMPILERS = [name for name in ("g++", "clang++") if shutil.which(name)]


@X86
@pytest.mark.parametrize("isa", ISA_FLAGS)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_no_warnings(compiler: str, isa: str) -> None:
    flags = ["-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", f"-I{INCLUDE}", *ISA_FLAGS[isa]]
    done = subprocess.run([compiler, *flags, HERE / "harness.cpp"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def innermost_loops(assembly: str) -> Iterator[list[str]]:
    """The instructions of each loop that contains no label, hence no other loop."""
    lines = assembly.splitlines()
    labels: dict[str, int] = {}
    for number, line in enumerate(lines):
        if label := re.match(r"(\.L\w+):", line):
            labels[label[1]] = number
        jump = re.match(r"\tj\w+\t(\.L\w+)", line)
        if jump and jump[1] in labels:
            body = lines[labels[jump[1]] + 1 : number]
            if not any(inner.startswith(".L") for inner in body):
                yield body


@X86
@pytest.mark.skipif("g++" not in COMPILERS, reason="the assembly is read as g++ writes it")
@pytest.mark.parametrize("isa", ["avx512", "avx2"])
def test_tiles_stay_in_registers(isa: str, tmp_path: Path) -> None:
    source = tmp_path / "tiles.cpp"
    source.write_text(
        '#include "arhat/cpu/tile.hpp"\narhat::TileFunction f(int p, int v) { return arhat::tile_function(p, v); }\n'
    )
    command = ["g++", "-std=c++17", "-O2", *ISA_FLAGS[isa], f"-I{INCLUDE}", "-S", str(source), "-o", "-"]
    assembly = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    functions = re.findall(
        r"^(_ZN5arhat\w*compute_tileILi(\d+)ELi(\d+)E\w*):\n(.*?)\t\.size\t\1", assembly, re.S | re.M
    )
    assert len(functions) == {"avx512": 28, "avx2": 16}[isa]
    for _, pixels, vectors, body in functions:
        loops = [loop for loop in innermost_loops(body) if sum("vfmadd" in line for line in loop) >= 2]
        assert loops, f"{pixels} x {vectors}: no inner loop found"
        for loop in loops:
            spilled = [
                line for line in loop if "%rsp" in line or re.search(r"vmov\w+\t%[xyz]mm\d+, %[xyz]mm", line)
            ]
            assert not spilled, f"{pixels} x {vectors}: {spilled}"
