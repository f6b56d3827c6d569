"""Prints the ops of all cases as C++, builds one program of them for each kind of processor, and runs it."""

from __future__ import annotations

import platform
import shutil
import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from unit.runtime.kernel_ops.kernel_cases import CASES, Case, pack, unpack
from xdsl.ir import Block, SSAValue

from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import SCRATCH, BufferAttr, origin_of, physical_elements
from arhat.emit.cpu.kernels import KERNEL_PRINTERS
from arhat.emit.cpu.values import Values, cpp_type
from arhat.passes.support import element_bytes
from arhat.weights import Array

HERE = Path(__file__).parent
INCLUDE = HERE.parents[3] / "arhat" / "runtime" / "include"
SANITIZE = ["-O0", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
AVX2 = ["-mavx2", "-mfma", "-mf16c"]
AVX512 = ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mf16c"]


def variants() -> dict[str, list[str]]:
    """Narrow vectors, those of this processor, and the sanitizers."""
    try:
        known = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        known = set()
    found = {"baseline": ["-O1"], "sanitized": SANITIZE}
    if platform.machine() == "x86_64" and {"avx2", "fma"} <= known:
        found["sanitized"] = [*SANITIZE, *AVX2]
        wide = {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= known
        found["native"] = ["-O2", *(AVX512 if wide else AVX2)]
    return found


VARIANTS = variants()


class Arguments(Values):
    """Operands are inputs of the frame, the result is its output."""

    def __init__(self, case: Case):
        super().__init__(Block())
        self.case = case

    def pointer(self, value: SSAValue) -> str:
        """Expression for the address of element 0."""
        origin = origin_of(tensor_of(value)) * element_bytes(tensor_of(value).element_type)
        if value is self.case.op.results[0]:
            return f"output<{cpp_type(value)}>(f, 0, {origin})"
        pointer = f"input<{cpp_type(value)}>(f, {list(self.case.op.operands).index(value)})"
        return f"{pointer} + {origin_of(tensor_of(value))}" if origin else pointer


def source(change: Callable[[Case, list[str]], list[str] | None] = lambda _, lines: lines) -> str:
    """The functions of all cases and the table of them; `change` may rewrite their lines or leave cases out."""
    lines: list[str] = []
    table: list[str] = []
    for number, case in enumerate(CASES):
        if case.scratch:
            case.op.attributes[SCRATCH] = BufferAttr("arena", 0)
        code = KERNEL_PRINTERS[case.op.name](case.op, Arguments(case))
        body = change(case, code.lines)
        table.append("nullptr" if body is None else f"case_{number}")
        if body is not None:
            lines += [f"// {case.name}", f"void case_{number}(const Frame& f) {{"]
            lines += [*(f"  {line}" for line in body), "}"]
    return "\n".join([*lines, f"void (*const cases[])(const Frame&) = {{{', '.join(table)}}};", ""])


class Program:
    """A running harness."""

    def __init__(self, path: Path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self, case: Case, operands: list[Array], threads: int = 1, scratch: int | None = None) -> Array:
        """The result of a case for its operands; halo and padding of the result are checked.

        `scratch`: bytes of scratch memory, if not those that the case has.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        op = case.op
        buffers = [pack(array, tensor_of(value)) for array, value in zip(operands, op.operands, strict=True)]
        type_ = tensor_of(op.results[0])
        size = physical_elements(type_) * element_bytes(type_.element_type)
        memory = case.scratch if scratch is None else scratch
        head = [CASES.index(case), threads, memory, size, len(buffers), *(len(b) for b in buffers)]
        message = struct.pack(f"<{len(head)}q", *head) + b"".join(buffers) + b"\xff" * size
        self.process.stdin.write(message)
        self.process.stdin.flush()
        answer = self.process.stdout.read(size)
        assert len(answer) == size, "the program died"
        return unpack(answer, type_)

    def close(self) -> None:
        """End the program."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait() == 0


def build(variant: str, folder: Path, text: str | None = None, flags: Sequence[str] = ()) -> Path:
    """The program of all cases for one kind of processor, or that of other functions in their place."""
    (folder / "cases.inc").write_text(source() if text is None else text)
    path = folder / "harness"
    command = [shutil.which("c++") or "g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", *VARIANTS[variant]]
    command += [*flags, f"-I{INCLUDE}", f"-I{folder}", str(HERE / "harness.cpp"), "-pthread", "-o", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path
