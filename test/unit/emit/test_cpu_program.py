"""Programs of the cpu target: built by each compiler, run on each instruction set, compared with the interpreter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from unit.passes.cpu_networks import network
from unit.passes.test_cpu import STEPS, an_input, run

from arhat.compiler import compile_model
from arhat.emit.cpu import emit
from arhat.interpreters import Array, evaluate
from arhat.runtime import build_project, load
from arhat.weights import clone_module

SHAPES = Path(__file__).resolve().parents[3] / "examples" / "shapes" / "model.xml"


def instruction_sets() -> list[str]:
    """Those that this processor has, of those that a program is compiled for."""
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    words = set(flags.split())
    return ["baseline"] + [name for name, flag in (("avx2", "avx2"), ("avx512", "avx512vl")) if flag in words]


def close(actual: Array, expected: Array) -> None:
    scale = float(np.max(np.abs(expected), initial=0.0))
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=2e-5 * max(scale, 1e-6))


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return emit(compile_model(SHAPES), tmp_path_factory.mktemp("shapes") / "out")


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_a_detector_on_every_instruction_set(shapes: Path, compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    project = tmp_path / "project"
    shutil.copytree(shapes, project)
    build_project(project, compiler=compiler, werror=True)
    from arhat.compiler import import_model

    image = np.random.default_rng(3).uniform(0, 255, (1, 3, 160, 160)).astype(np.float32)
    expected = evaluate(import_model(SHAPES), [image])["detections"]
    for name in instruction_sets():
        with load(project, isa=name) as model:
            close(model({"image": image})["detections"], expected)


def test_a_detector_under_sanitizers(shapes: Path, tmp_path: Path) -> None:
    """The runner as a process of its own: every address and every arithmetic operation is checked."""
    project = tmp_path / "project"
    shutil.copytree(shapes, project)
    built = build_project(project, sanitize=True, native=True)
    image = SHAPES.parent / "scene.png"
    for threads in ("1", "2"):
        done = subprocess.run(
            [built.runner, "--input", image, "--output", tmp_path / "out.npz", "--threads", threads],
            capture_output=True,
            text=True,
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1"},
        )
        assert done.returncode == 0, done.stderr[-2000:]
        rows = np.load(tmp_path / "out.npz")["detections"].reshape(-1, 7)
        assert int((rows[:, 2] > 0.5).sum()) >= 5


@pytest.mark.parametrize("seed", [2, 7, 15, 22])
def test_random_networks(seed: int, tmp_path: Path) -> None:
    module = network(seed)
    x = an_input(module)
    expected = evaluate(clone_module(module), [x])
    run(",".join(STEPS), module)
    project = emit(module, tmp_path / "out")
    build_project(project, native=True)
    for threads in (1, 2):
        with load(project, threads=threads) as model:
            actual = model({model.inputs[0].name: x})
            for a, b in zip(actual.values(), expected.values(), strict=True):
                close(a, b)


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    """In processes whose hashes differ, in folders of other names."""
    code = "import sys; from arhat.compiler import compile_model; from arhat.emit.cpu import emit; "
    code += "emit(compile_model(sys.argv[1]), sys.argv[2])"
    folders: list[Path] = []
    for seed in ("1", "2"):
        folder = tmp_path / f"run{seed}" / f"project{seed}"
        folder.parent.mkdir()
        subprocess.run(
            [sys.executable, "-c", code, SHAPES, folder],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        folders.append(folder)
    files = [{p.relative_to(f): p.read_bytes() for p in sorted(f.rglob("*")) if p.is_file()} for f in folders]
    assert files[0].keys() == files[1].keys()
    assert all(files[1][path] == data for path, data in files[0].items())
