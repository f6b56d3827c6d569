"""What is sorted, selected and suppressed by blocks of threads is what the kernels for CPUs select, bit by bit.

The programs run the source that a GPU runs: with blocks of one thread under the address sanitizer, and with blocks of
three threads under the thread sanitizer, which sees every access that lacks a barrier.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
INCLUDE = HERE.parents[3] / "arhat" / "runtime" / "include"
KERNELS = ("detection_output", "non_max_suppression", "select_boxes", "proposal", "topk", "non_zero")
THREADED = ['-DARHAT_TEST_BLOCKS="threaded_blocks.hpp"', "-DARHAT_TEST_THREADS=3"]
VARIANTS = {
    "one thread": (["-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"], 100),
    "threads": (["-O1", "-g1", "-fsanitize=thread", *THREADED], 16),
}


def build(program: Path, flags: list[str]) -> None:
    """The program of `selection.cpp`; warnings are errors."""
    command = [shutil.which("c++") or "g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", *flags]
    command += [f"-I{INCLUDE}", f"-I{HERE}", str(HERE / "selection.cpp"), "-pthread", "-o", str(program)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("variant", VARIANTS)
def test_same_selection(variant: str, tmp_path: Path) -> None:
    flags, sweeps = VARIANTS[variant]
    build(tmp_path / "selection", flags)
    done = subprocess.run([tmp_path / "selection", str(sweeps), "0"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    # Much is selected: the sweeps are not of empty scenes.
    found = dict(zip(KERNELS, map(int, done.stdout.split()), strict=True))
    assert all(count > 5 * sweeps for count in found.values()), found
