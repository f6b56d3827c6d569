"""Builds the kernels' harness for each instruction set and speaks to it."""

from __future__ import annotations

import platform
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

Floats = npt.NDArray[np.float32]

HERE = Path(__file__).parent
INCLUDE = Path(__file__).parents[4] / "arhat" / "runtime" / "include"

ISA_FLAGS = {
    "avx512": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mf16c"],
    "avx2": ["-mavx2", "-mfma", "-mf16c"],
    "baseline": [],
}
SANITIZE = ["-O1", "-g", "-fno-sanitize-recover=all"]


def processor_flags() -> set[str]:
    """What the processor can do, as Linux names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return set(next((line for line in lines if line.startswith("flags")), "").split())


def variants() -> dict[str, list[str]]:
    """The builds to test: each instruction set of this processor, the widest vectors on any, and sanitizers."""
    known = processor_flags()
    found = {"baseline": ["-O2"]}
    if platform.machine() == "x86_64":
        if {"avx2", "fma"} <= known:
            found["avx2"] = ["-O2", *ISA_FLAGS["avx2"]]
        if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= known:
            found["avx512"] = ["-O2", *ISA_FLAGS["avx512"]]
        else:
            # The code for 16 lanes, in pieces that this processor has.
            found["16 lanes"] = ["-O1", "-DARHAT_VECTOR_LENGTH=16", "-Wno-psabi"]
    found["address"] = [*SANITIZE, "-fsanitize=address,undefined", *found.get("avx2", ["-O1"])[1:]]
    return found


VARIANTS = variants()


def build(flags: Sequence[str], source: Path, output: Path, compiler: str | None = None) -> None:
    """Compiles one source; warnings are errors."""
    compiler = compiler or shutil.which("c++") or "g++"
    warnings = ["-Wall", "-Wextra", "-Werror"]
    command = [
        compiler,
        "-std=c++17",
        *warnings,
        *flags,
        f"-I{INCLUDE}",
        str(source),
        "-pthread",
        "-o",
        str(output),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Kernel(IntEnum):
    """The kernels as the harness numbers them."""

    DIRECT = 0
    WINOGRAD2 = 1
    WINOGRAD4 = 2
    DEPTHWISE = 3
    GROUPED = 4
    MATMUL = 5
    BATCHED = 6
    MAX = 7
    AVERAGE = 8
    GLOBAL = 9
    TO_NHWC = 10
    TO_NCHW = 11
    COPY = 12
    HALO = 13
    MATH = 14


class Harness:
    """A running harness."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(
        self,
        kernel: Kernel,
        integers: Sequence[int],
        buffers: Sequence[Floats],
        reals: Sequence[float] = (),
        threads: int = 1,
    ) -> Floats:
        """Runs one kernel; returns what buffer 0 holds afterwards."""
        assert self.process.stdin is not None and self.process.stdout is not None
        message = [
            struct.pack("<3q", kernel, threads, len(integers)),
            struct.pack(f"<{len(integers)}q", *integers),
        ]
        message += [
            struct.pack("<q", len(reals)),
            struct.pack(f"<{len(reals)}d", *reals),
            struct.pack("<q", len(buffers)),
        ]
        for buffer in buffers:
            assert buffer.dtype == np.float32
            message += [struct.pack("<q", buffer.size), buffer.tobytes()]
        self.process.stdin.write(b"".join(message))
        self.process.stdin.flush()
        head = self.process.stdout.read(8)
        assert len(head) == 8, "the harness died"
        (size,) = struct.unpack("<q", head)
        return np.frombuffer(self.process.stdout.read(4 * size), np.float32)

    def close(self) -> None:
        """Ends the program."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@pytest.fixture(scope="session", params=list(VARIANTS))
def harness(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    program = tmp_path_factory.mktemp("kernels") / "harness"
    build(VARIANTS[request.param], HERE / "harness.cpp", program)
    running = Harness(program)
    yield running
    running.close()
