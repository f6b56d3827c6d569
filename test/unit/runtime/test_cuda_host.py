"""What the runtime for CUDA does on the host, in a program of its own with sanitizers."""

from __future__ import annotations

import subprocess
from pathlib import Path

from arhat.emit.project import RUNTIME


def test_host_parts(tmp_path: Path) -> None:
    program = tmp_path / "cuda_host"
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"]
    includes = [f"-I{RUNTIME / 'include'}", f"-I{RUNTIME / 'templates'}"]
    source = Path(__file__).with_name("cuda_host.cpp")
    subprocess.run(["g++", *flags, "-fno-sanitize-recover=all", *includes, source, "-o", program], check=True)
    result = subprocess.run(
        [program, tmp_path / "plans"], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
