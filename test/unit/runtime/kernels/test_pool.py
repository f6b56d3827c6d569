"""The thread pool under load, alone and with the thread sanitizer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from .conftest import HERE, build


@pytest.mark.parametrize(
    "flags", [["-O2"], ["-O1", "-g", "-fsanitize=thread"]], ids=["plain", "thread sanitizer"]
)
def test_stress(flags: list[str], tmp_path: Path) -> None:
    program = tmp_path / "stress"
    build(flags, HERE / "pool_stress.cpp", program)
    done = subprocess.run([program], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "good\n"), done.stderr
