"""Sweeps: single-operator models made with OpenVINO, imported, run by the interpreter and as an emitted program.

A test file describes the cases of each operator and takes two tests from its `Sweep`:

    sweep = Sweep()

    @sweep.operator("Gather")
    @st.composite
    def gather(draw: st.DrawFn) -> Case:
        x, axis = ..., draw(st.integers(-2, 1))
        return Case(lambda x, i: ov.opset8.gather(x, i, np.int64(axis)), [x, indices])

    test_interpreter, test_emitted = sweep.tests()

`Case.build` gets one Parameter per array of `Case.inputs` and returns the node (or a list of outputs) to compare; what
Arhat wants constant is made a constant in it. Each case is written as IR, imported, interpreted, and compared with
OpenVINO's result on CPU in f32. Some cases of all operators of the file together become one model that is compiled for
the `cpu` target, built with warnings as errors, and run with one and with two threads.

Examples are always the same ones. `ARHAT_SWEEP=long` draws at least 200 per operator for the interpreter and 50 for
programs; `ARHAT_SWEEP_ONLY=Gather,TopK` leaves out other operators. `ARHAT_SWEEP_TARGET=cudnn` makes the programs those
of the `cudnn` target, emulated on the host (`test/cudnn/emulator`), and `trt` those of the `trt` target, run with a
stand-in for TensorRT (`test/trt/standin`).
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from arhat.compiler import lower, write_project
from arhat.errors import UserError
from arhat.importers.openvino import import_openvino
from arhat.interpreters import evaluate
from arhat.runtime.loader import Model

Array = np.ndarray[Any, np.dtype[Any]]

LONG = os.environ.get("ARHAT_SWEEP", "") == "long"
ONLY = {name for name in os.environ.get("ARHAT_SWEEP_ONLY", "").split(",") if name}
TARGET = os.environ.get("ARHAT_SWEEP_TARGET", "cpu")
REFUSED = (
    "TensorRT has no elements of type",
    "TensorRT has no bitwise operations on integers",
    "integers are raised to constant powers from 1 to 64 only",
    "integers are rounded sums of f64, which TensorRT does not have",
)
"""Why cases are left out of programs of the trt target."""
PER_PROGRAM = 120
"""Cases in one emitted program."""


@dataclass(frozen=True)
class Case:
    """One operator with its attributes and inputs."""

    build: Callable[..., Any]
    """Makes the OpenVINO node, or a list of outputs, of one Parameter per input."""
    inputs: Sequence[Array]
    rtol: float = 1e-5
    atol: float = 1e-5
    expected: Callable[..., Sequence[Array]] | None = None
    """The results for the inputs, where OpenVINO's CPU is known to be wrong: see `reference`."""
    compare: Callable[[dict[str, Array], Sequence[Array]], None] | None = None
    """Compares Arhat's outputs by name with OpenVINO's, where equality within `rtol` and `atol` does not say it."""
    note: str = ""
    """What to show of the case when it fails."""

    def __repr__(self) -> str:
        inputs = ", ".join(f"{a.dtype}{list(a.shape)}" for a in self.inputs)
        return f"Case({inputs}{'; ' if self.note else ''}{self.note})"


@dataclass
class _Operator:
    name: str
    strategy: st.SearchStrategy[Case]
    examples: int
    emitted: int


@dataclass
class Sweep:
    """The sweeps of one test file."""

    operators: dict[str, _Operator] = field(default_factory=dict[str, _Operator])

    def operator(self, name: str, *, examples: int = 25, emitted: int = 6) -> Callable[[Any], Any]:
        """Registers a strategy (or a composite function without arguments) of cases.

        `examples` are drawn for the interpreter and half of `emitted` for the program in the ordinary profile.
        """

        def register(strategy: Any) -> Any:
            made = strategy if isinstance(strategy, st.SearchStrategy) else strategy()
            assert name not in self.operators, f"{name} is there twice"
            self.operators[name] = _Operator(name, made, examples, emitted)
            return strategy

        return register

    def tests(self) -> tuple[Callable[..., None], Callable[..., None]]:
        """The two tests of the file."""
        chosen = [op for op in self.operators.values() if not ONLY or op.name in ONLY]

        @pytest.mark.parametrize("name", [op.name for op in chosen])
        def test_interpreter(name: str) -> None:
            operator = self.operators[name]
            check_interpreter(operator.strategy, max(operator.examples, 200 if LONG else 0))

        def test_emitted(tmp_path: Path) -> None:
            cases = [(op.name, case) for op in chosen for case in _examples(op, op.emitted)]
            check_emitted(cases, tmp_path)

        return test_interpreter, test_emitted


def _settings(examples: int, phases: Sequence[Phase]) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )


def _examples(operator: _Operator, count: int) -> list[Case]:
    """The first examples of a strategy."""
    cases: list[Case] = []

    @_settings(50 if LONG else -(-count // 2), [Phase.generate])
    @given(operator.strategy)
    def collect(case: Case) -> None:
        cases.append(case)

    collect()
    return cases


# OpenVINO -------------------------------------------------------------------------------------------------


@cache
def _core() -> ov.Core:
    return ov.Core()


def build_model(cases: Sequence[Case]) -> ov.Model:
    """One OpenVINO model of all cases: parameters `c<case>p<input>`, one result per output."""
    parameters: list[Any] = []
    results: list[Any] = []
    for number, case in enumerate(cases):
        mine: list[Any] = []
        for place, array in enumerate(case.inputs):
            parameter = ov.opset11.parameter(ov.PartialShape(list(array.shape)), array.dtype)
            parameter.set_friendly_name(f"c{number}p{place}")
            mine.append(parameter)
        made = case.build(*mine)
        outputs = list(made) if isinstance(made, list | tuple) else list(made.outputs())
        for place, output in enumerate(outputs):
            value = output if isinstance(output, ov.Output) else output.output(0)
            result = ov.opset11.result(value)
            result.set_friendly_name(f"c{number}r{place}")
            results.append(result)
        parameters += mine
    return ov.Model(results, parameters, "sweep")


def openvino_results(case: Case) -> list[Array]:
    """OpenVINO's outputs on CPU, computed in f32; `Case.expected` where there is one."""
    if case.expected is not None:
        return [np.asarray(a) for a in case.expected(*case.inputs)]
    model = build_model([case])
    compiled = _core().compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    )
    request = compiled.create_infer_request()
    request.infer([np.array(a) for a in case.inputs], share_inputs=False)
    return [np.array(request.get_output_tensor(i).data) for i in range(len(compiled.outputs))]


def reference(build: Callable[..., Any]) -> Callable[..., list[Array]]:
    """For `Case.expected`: the outputs of the node by OpenVINO's own reference implementation."""

    def run(*inputs: Array) -> list[Array]:
        parameters = [ov.opset11.parameter(ov.PartialShape(list(a.shape)), a.dtype) for a in inputs]
        node = build(*parameters)
        outputs = [ov.Tensor(o.element_type, o.shape) for o in node.outputs()]
        assert node.evaluate(outputs, [ov.Tensor(np.ascontiguousarray(a)) for a in inputs])
        return [np.array(output.data) for output in outputs]

    return run


def imported(cases: Sequence[Case]) -> Any:
    """The module that the importer makes of the cases' model, after it went through a file."""
    folder = tempfile.TemporaryDirectory()
    xml = Path(folder.name) / "model.xml"
    ov.save_model(build_model(cases), xml, compress_to_fp16=False)
    module = import_openvino(xml)
    weakref.finalize(module, folder.cleanup)  # weights are read when they are asked for
    return module


# Comparison -----------------------------------------------------------------------------------------------


def compare(case: Case, actual: dict[str, Array], expected: Sequence[Array]) -> None:
    """Asserts that the outputs are OpenVINO's: shape, element type, values."""
    if case.compare is not None:
        case.compare(actual, expected)
        return
    assert len(actual) == len(expected), f"{len(actual)} outputs, expected {len(expected)}"
    for name, ours, theirs in zip(actual, actual.values(), expected, strict=True):
        assert ours.dtype == theirs.dtype, f"{name}: {ours.dtype}, expected {theirs.dtype}"
        if ours.dtype.kind in "biu":
            np.testing.assert_array_equal(ours, theirs, strict=True)
        else:
            np.testing.assert_allclose(ours, theirs, rtol=case.rtol, atol=case.atol, strict=True)


def check_interpreter(strategy: st.SearchStrategy[Case], examples: int) -> None:
    """Compares the interpreter with OpenVINO over examples of `strategy`; shrinks what fails."""

    @_settings(examples, [Phase.explicit, Phase.generate, Phase.shrink])
    @given(strategy)
    def check(case: Case) -> None:
        module = imported([case])
        compare(case, evaluate(module, list(case.inputs)), openvino_results(case))

    check()


# Emitted programs -----------------------------------------------------------------------------------------


def check_emitted(cases: Sequence[tuple[str, Case]], folder: Path) -> None:
    """Compares programs of the `cpu` target that hold all cases with OpenVINO; lists all cases that differ."""
    failures: list[str] = []
    for number, start in enumerate(range(0, len(cases), PER_PROGRAM)):
        chunk = cases[start : start + PER_PROGRAM]
        for name, case, error in _check_program(chunk, folder / f"program{number}"):
            failures.append(f"{name} {case}: {error}")
    assert not failures, f"{len(failures)} of {len(cases)} cases fail\n" + "\n".join(failures)


def _check_program(cases: Sequence[tuple[str, Case]], folder: Path) -> Iterator[tuple[str, Case, str]]:
    try:
        module = imported([case for _, case in cases])
        lower(module, TARGET)
    except Exception as error:
        culprits = [(name, case, e) for name, case in cases if (e := _lowering_error(case)) is not None]
        if not culprits:
            raise
        yield from (culprit for culprit in culprits if not any(why in culprit[2] for why in REFUSED))
        left = [(n, c) for n, c in cases if not any(c is bad for _, bad, _ in culprits)]
        assert len(left) < len(cases), error
        if left:
            yield from _check_program(left, folder)
        return
    model = build_program(module, folder)
    inputs = {f"c{n}p{i}": a for n, (_, case) in enumerate(cases) for i, a in enumerate(case.inputs)}
    for threads in (1, 2) if TARGET == "cpu" else (1,):
        try:
            with Model(*model, threads=threads) as program:
                made = program(inputs)
        except UserError:  # of the trt target: a network that is refused
            if len(cases) == 1:
                raise
            yield from _one_by_one(cases, folder)
            return
        for number, (name, case) in enumerate(cases):
            expected = openvino_results(case)
            mine = {key: array for key, array in made.items() if key.startswith(f"c{number}r")}
            try:
                compare(case, mine, expected)
            except AssertionError as error:
                text = " ".join(str(error).split())
                yield name, case, f"{threads} threads: {text[:600]}"


def _one_by_one(cases: Sequence[tuple[str, Case]], folder: Path) -> Iterator[tuple[str, Case, str]]:
    """Each case in a program of its own."""
    for number, (name, case) in enumerate(cases):
        try:
            yield from _check_program([(name, case)], folder / f"case{number}")
        except UserError as error:
            yield name, case, str(error)


def _lowering_error(case: Case) -> str | None:
    try:
        lower(imported([case]), TARGET)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def build_program(module: Any, folder: Path) -> tuple[Path, Path]:
    """The shared library of a lowered module for this processor, quickly built, and its weights file."""
    if TARGET == "cudnn":
        from cudnn.emulator import emulator

        if reason := emulator.unavailable():
            pytest.skip(reason)
        return emulator.build(write_project(module, folder / "project", "cudnn"), folder / "built")
    if TARGET == "trt":
        from trt import standin

        if reason := standin.unavailable():
            pytest.skip(reason)
        return standin.build(write_project(module, folder / "project", "trt"), folder / "built")
    write_project(module, folder)
    compiler = shutil.which("c++") or "g++"
    words = set(Path("/proc/cpuinfo").read_text().split()) if Path("/proc/cpuinfo").exists() else set[str]()
    wide = platform.machine() == "x86_64" and {"avx2", "fma", "bmi2", "f16c"} <= words
    isa, march = ("avx2", ["-march=x86-64-v3"]) if wide else ("baseline", [])
    common = [
        compiler,
        "-std=c++17",
        "-O1",
        "-fPIC",
        "-fvisibility=hidden",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-fno-math-errno",
    ]
    common += ["-fno-trapping-math", f"-I{folder}", "-c"]
    have = f"-DARHAT_HAVE_{isa.upper()}"
    for arguments in (
        [
            str(folder / "arhat/abi.cpp"),
            "-DARHAT_ISA=baseline",
            '-DARHAT_VERSION="sweep"',
            have,
            "-o",
            "abi.o",
        ],
        [str(folder / "model.cpp"), f"-DARHAT_ISA={isa}", *march, "-o", "model.o"],
    ):
        _run([*common, *arguments], folder)
    _run([compiler, "-shared", "abi.o", "model.o", "-pthread", "-o", "libsweep.so"], folder)
    return folder / "libsweep.so", folder / "weights.safetensors"


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]


def numbers(seed: int, *shape: int, low: float = -3, high: float = 3) -> Array:
    """Seeded f32 numbers."""
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


def integers(seed: int, *shape: int, low: int = -10, high: int = 10, dtype: Any = np.int64) -> Array:
    """Seeded integers from `low` to `high`, both included."""
    return np.random.default_rng(seed).integers(low, high + 1, shape).astype(dtype)


seeds = st.integers(0, 2**31)
