"""What a GPU's way of running kernels gives is what the kernels for CPUs give, over random parameters.

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
VARIANTS = {
    "one thread": ["-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
    "threads": [
        *("-O1", "-g1", "-fsanitize=thread"),
        *('-DARHAT_TEST_BLOCKS="threaded_blocks.hpp"', "-DARHAT_TEST_THREADS=3"),
    ],
}


def sweep(folder: Path, name: str, variant: str, sweeps: int) -> str:
    """Build one of the programs and run it; warnings are errors. What it prints."""
    program = folder / name
    command = [shutil.which("c++") or "g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", *VARIANTS[variant]]
    command += [f"-I{INCLUDE}", f"-I{HERE}", str(HERE / f"{name}.cpp"), "-pthread", "-o", str(program)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    done = subprocess.run([program, str(sweeps), "0"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("variant", "sweeps"), [("one thread", 100), ("threads", 16)])
def test_selection(variant: str, sweeps: int, tmp_path: Path) -> None:
    """Bit by bit, equal scores included."""
    text = sweep(tmp_path, "selection", variant, sweeps)
    # Much is selected: the sweeps are not of empty scenes.
    found = dict(zip(KERNELS, map(int, text.split()), strict=True))
    assert all(count > 5 * sweeps for count in found.values()), found


@pytest.mark.parametrize(("variant", "sweeps"), [("one thread", 100), ("threads", 12)])
def test_moving(variant: str, sweeps: int, tmp_path: Path) -> None:
    """Copies and element-wise kernels bit by bit, sums of floats up to rounding."""
    sweep(tmp_path, "moving", variant, sweeps)


@pytest.mark.parametrize("name", ["selection", "moving"])
def test_on_a_gpu(name: str, tmp_path: Path) -> None:
    """The program builds for a GPU; where there is one, its results are those of a build for a CPU."""
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("nvcc is not installed")
    source = str(HERE / f"{name}.cpp")
    command = [nvcc, "-x", "cu", "-std=c++17", "-arch=sm_90", "-fmad=false", "-Werror", "all-warnings"]
    command += [
        "-Xcompiler",
        "-Wall,-Wextra",
        f"-I{INCLUDE}",
        f"-I{HERE}",
        "-o",
        str(tmp_path / "gpu"),
        source,
    ]
    if name == "selection":
        command.append(str(INCLUDE / "arhat/cuda/sort.cu"))
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    sweeps = ["200", "0", "digests"]
    done = subprocess.run([tmp_path / "gpu", *sweeps], capture_output=True, text=True)
    if done.returncode == 2:
        pytest.skip(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr
    command = [
        shutil.which("c++") or "g++",
        "-std=c++17",
        "-O1",
        f"-I{INCLUDE}",
        f"-I{HERE}",
        source,
        "-pthread",
    ]
    subprocess.run([*command, "-o", str(tmp_path / "cpu")], check=True)
    expected = subprocess.run([tmp_path / "cpu", *sweeps], capture_output=True, text=True, check=True)
    assert done.stdout == expected.stdout
