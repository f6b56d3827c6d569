"""Built projects that the tests of the runtime share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tiny_project

from arhat.runtime import BuiltProject, build_project


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two-operation project, built for all instruction sets, warnings being errors."""
    out = tiny_project.write_tiny_project(tmp_path_factory.mktemp("tiny") / "out")
    build_project(out, werror=True, compiler="g++" if shutil.which("g++") else None)
    return out


@pytest.fixture(scope="session")
def sanitized(tmp_path_factory: pytest.TempPathFactory) -> BuiltProject:
    """The same with sanitizers, by the other compiler where there is one."""
    out = tiny_project.write_tiny_project(tmp_path_factory.mktemp("sanitized") / "out")
    compiler = "clang++" if shutil.which("clang++") else None
    return build_project(out, sanitize=True, native=True, werror=True, compiler=compiler)


@pytest.fixture(scope="session")
def image_runners(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runners of models that give back an image of 6 x 8, by layout."""
    folder = tmp_path_factory.mktemp("images")
    runners: dict[str, Path] = {}
    for layout in ("nchw", "nhwc"):  # one after the other in the same place: only the model is built twice
        out = tiny_project.write_image_project(folder / "out", planar=layout == "nchw")
        built = build_project(out, native=True)
        (folder / layout).mkdir()
        for file in (built.library, built.runner, out / "weights.safetensors"):
            shutil.copy(file, folder / layout)
        runners[layout] = folder / layout / built.runner.name
    return runners
