"""The command line of programs for TensorRT, on the host with stand-ins, addresses and undefined behaviour checked."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_trt_project as tiny
from trt import standin

pytestmark = pytest.mark.skipif(standin.unavailable() is not None, reason=str(standin.unavailable()))

Array = np.ndarray[Any, np.dtype[Any]]


class Runner:
    def __init__(self, folder: Path, texts: dict[str, str]) -> None:
        project = tiny.write_trt_project(folder / "project", texts)
        self.program = standin.build_runner(project, folder / "built")

    def __call__(self, *arguments: object, fails: bool = False, **environment: str) -> tuple[str, list[str]]:
        """Standard output, and the lines of standard error."""
        done = subprocess.run(
            [str(self.program), *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **environment},
        )
        assert done.returncode == (1 if fails else 0), done.stderr
        return done.stdout, done.stderr.splitlines()


@pytest.fixture(scope="module")
def batched(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return Runner(tmp_path_factory.mktemp("batched"), tiny.BATCHED)


@pytest.fixture(scope="module")
def stateful(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    return Runner(tmp_path_factory.mktemp("stateful"), tiny.STATEFUL)


def picture(batch: int) -> Array:
    return np.random.default_rng(batch).standard_normal((batch, 2, 4, 4), np.float32)


def test_batch_of_the_file(batched: Runner, tmp_path: Path) -> None:
    for batch in (1, 3, 6):
        np.save(tmp_path / "x.npy", picture(batch))
        batched("--engine", "", "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npz")
        with np.load(tmp_path / "y.npz") as file:
            np.testing.assert_allclose(file["y"], tiny.expected(picture(batch)), rtol=1e-5, atol=1e-5)


def test_batch_that_is_asked_for(batched: Runner, tmp_path: Path) -> None:
    out, _ = batched("--engine=", "--batch", 4, "--random", 1)
    assert out.startswith("y f32[4,3,4,4]  min ")
    out, _ = batched("--engine=", "--random", 1)
    assert out.startswith("y f32[2,3,4,4]  min ")
    _, said = batched("--engine=", "--batch", 7, "--random", 1, fails=True)
    assert said == ["error: input 'x' has a batch of 7, and the model takes 1 to 6"]
    np.save(tmp_path / "x.npy", picture(3))
    _, said = batched("--engine=", "--batch", 2, "--input", tmp_path / "x.npy", fails=True)
    assert "x.npy': input 'x' wants f32[2,2,4,4], file has <f4[3,2,4,4]" in said[0]
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY no")
    _, said = batched("--engine=", "--input", tmp_path / "x.npy", fails=True)
    assert said[0].startswith(f"error: '{tmp_path / 'x.npy'}': ")


def test_fixed_batch(stateful: Runner) -> None:
    _, said = stateful("--engine=", "--batch", 2, fails=True)
    assert said[-1] == "error: --batch: this model has a fixed batch"


def test_list_tells_the_batch(batched: Runner, stateful: Runner) -> None:
    assert json.loads(batched("--engine=", "--list", "--json")[0])["batch"] == [1, 2, 6]
    assert batched("--engine=", "--list")[0].startswith(
        "batch from 1 to 6, usually 2\ninputs\n  x f32[6,2,4,4]\n"
    )
    assert "batch" not in json.loads(stateful("--engine=", "--list", "--json")[0])


def test_bench_and_profile(batched: Runner) -> None:
    common = ["--engine=", "--random", 1, "--batch", 3, "--iterations", 4]
    for more in ([], ["--device-buffers"], ["--no-graph"]):
        measured = json.loads(batched(*common, "--bench", "--json", *more)[0])
        assert (measured["batch"], measured["iterations"]) == (3, 4)
    assert " 4 runs of batch 3 after 5 to warm up" in batched(*common, "--bench")[0]
    profile = json.loads(batched(*common, "--profile", "json")[0])
    rows = [(row["operation"], row["layers"], row["flops"]) for row in profile["operations"]]
    assert rows == [("conv", ["conv"], 96), ("relu", ["relu"], 24), ("twice", ["pre", "twice"], 24)]


def test_dump(batched: Runner, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", picture(3))
    _, said = batched("--engine=", "--input", tmp_path / "x.npy", "--dump", f"relu={tmp_path / 'relu.npy'}")
    np.testing.assert_allclose(
        np.load(tmp_path / "relu.npy"), tiny.expected(picture(3)) / 2, rtol=1e-5, atol=1e-5
    )
    assert said == [
        "note: values are watched in a second engine that was built to show them, and is not kept in a file"
    ]


def test_engine_beside_the_weights(batched: Runner) -> None:
    engine = batched.program.parent / "tiny.engine"
    batched("--random", 1)
    written = engine.stat().st_mtime_ns
    assert "building the engine" in batched("--random", 1, "--rebuild", "--progress")[1][0]
    assert engine.stat().st_mtime_ns != written
    assert batched("--random", 1, "--progress")[1] == []
    _, said = batched(
        "--random", 1, "--optimization-level", 0, "--workspace", 5, "--builder-flag", "strict-nans"
    )
    assert said[0].startswith("note: engine file '")
    assert (
        "options is workspace unlimited, optimization level default, flags, not workspace 5242880, "
        in said[0]
    )
    assert said[0].endswith("optimization level 0, flags strict-nans")
    engine.unlink()


def test_options_of_builds(batched: Runner, tmp_path: Path) -> None:
    batched(
        "--random", 1, "--engine", tmp_path / "e", "--timing-cache", tmp_path / "t", "--builder-flag", "debug"
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == ["e", "t"]
    _, said = batched("--engine=", "--builder-flag", "quick", fails=True)
    assert said[0].startswith("error: options.builder_flags: there is no 'quick', but debug, ")
    _, said = batched("--engine=", "--optimization-level", 6, fails=True)
    assert said == ["error: --optimization-level wants a number from 0 to 5, got '6'"]
    _, said = batched("--engine=", "--plugin-library", tmp_path / "none.so", fails=True)
    assert said[0].startswith(f"error: plugin library '{tmp_path / 'none.so'}' cannot be loaded")


def test_out_of_memory(batched: Runner) -> None:
    _, said = batched("--engine=", ARHAT_TRT_FAIL="build-oom", fails=True)
    assert len(said) == 1 and said[0].startswith("error: TensorRT cannot build the engine: ")


def test_state(stateful: Runner, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones(4, np.float32))
    stateful("--engine=", "--input", tmp_path / "x.npy", "--output", tmp_path / "y.npz")
    with np.load(tmp_path / "y.npz") as file:
        np.testing.assert_allclose(file["y"], tiny.constants()["start"] + 1, rtol=1e-6)
