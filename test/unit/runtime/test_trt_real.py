"""Programs for TensorRT with TensorRT itself, where TENSORRT_ROOT names it: compiled, linked and, on a GPU, run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_trt_project as tiny

from arhat.errors import UserError
from arhat.runtime import build_project, load

pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("TENSORRT_ROOT"), reason="TENSORRT_ROOT does not name TensorRT's folder"
    ),
    pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed"),
]


@pytest.fixture(scope="module", params=["PICTURE", "BATCHED", "STATEFUL"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("real") / "out"
    tiny.write_trt_project(folder, getattr(tiny, request.param))
    build_project(folder, werror=True)
    return request.param, folder


def test_runs(built: tuple[str, Path]) -> None:
    name, folder = built
    try:
        model = load(folder, build=False)
    except UserError as error:
        if "no CUDA device" in str(error):
            pytest.skip("compiled and linked; there is no GPU to run it")
        raise
    rng = np.random.default_rng(0)
    with model:
        for run in range(4):
            if name == "STATEFUL":
                total = tiny.constants()["start"] + run + 1
                np.testing.assert_allclose(model(np.ones(4, np.float32))["y"], total, rtol=1e-5)
                continue
            batch = (1, 6, 6, 2)[run] if name == "BATCHED" else 1
            x: Any = rng.standard_normal((batch, 2, 4, 4), np.float32)
            np.testing.assert_allclose(model(x)["y"], tiny.expected(x), rtol=1e-4, atol=1e-4)
    with load(folder, build=False, progress=_no_build):  # the engine was kept
        pass


def _no_build(phase: str, depth: int, done: int, steps: int) -> None:
    raise AssertionError(f"{phase} {depth} {done} {steps}")
