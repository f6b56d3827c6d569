"""Real models as CUDA programs: all are written, in the same bytes every time, and some are built with nvcc."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import models
import pytest
import tiny_cuda_project

from arhat.compiler import compile_model, write_project
from arhat.options import CompileOptions
from arhat.runtime import build_project
from arhat.runtime.build import read_manifest

SHAPES = Path(__file__).resolve().parents[3] / "examples" / "shapes" / "model.xml"


def files(folder: Path) -> dict[Path, bytes]:
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("precision", ["f32", "f16"])
@pytest.mark.parametrize("model", models.model_parameters(models.group1_models()))
def test_every_model_is_written(model: models.Model, precision: str, tmp_path: Path) -> None:
    options = CompileOptions(precision=precision, input_shapes=model.input_shapes)
    module = compile_model(model.xml, "cudnn", options)
    project = write_project(module, tmp_path / "first", "cudnn", options)
    manifest = read_manifest(project)
    source = (project / "model.cu").read_text()
    assert source.isascii()
    assert len(re.findall(r"^void op_\d+\(const Frame& f\) \{$", source, re.MULTILINE)) == len(
        manifest["ops"]
    )
    included = set(re.findall(r'^#include "(arhat/[^"]+)"$', source, re.MULTILINE))
    assert included <= manifest["files"].keys()
    assert not any(path.startswith("arhat/cpu/") for path in manifest["files"])
    again = write_project(module, tmp_path / "second", "cudnn", options)
    assert files(again) == files(project)


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    """In processes whose hashes differ."""
    code = "import sys; from arhat.compiler import compile_model, write_project; "
    code += "from arhat.options import CompileOptions; options = CompileOptions(precision='f16'); "
    code += "write_project(compile_model(sys.argv[1], 'cudnn', options), sys.argv[2], 'cudnn', options)"
    folders: list[Path] = []
    for seed in ("1", "2"):
        folder = tmp_path / f"run{seed}" / f"project{seed}"
        folder.parent.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, SHAPES, folder], check=True, env=environment)
        folders.append(folder)
    assert files(folders[0]) == files(folders[1])


def test_the_gpus_that_are_asked_for(tmp_path: Path) -> None:
    options = CompileOptions(architectures=(75, 86, 90))
    project = write_project(compile_model(SHAPES, "cudnn", options), tmp_path / "out", "cudnn", options)
    text = (project / "CMakeLists.txt").read_text()
    assert 'set(CMAKE_CUDA_ARCHITECTURES "75-real;86-real;90" CACHE STRING' in text


@pytest.mark.parametrize(
    ("name", "precision"),
    [("resnet-50-tf/FP32-v11", "f16"), ("face-detection-retail-0004/FP32-v11", "f32")],
)
def test_built_with_nvcc(name: str, precision: str, tmp_path: Path) -> None:
    """A classifier, and a detector with DetectionOutput; without a GPU the program says so in one line."""
    reason = tiny_cuda_project.unavailable()
    if reason is not None:
        pytest.skip(reason)
    options = CompileOptions(precision=precision)
    module = compile_model(models.model(name).xml, "cudnn", options)
    built = build_project(
        write_project(module, tmp_path / "out", "cudnn", options), werror=True, architectures="90"
    )
    done = subprocess.run([built.runner, "--random", "1"], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        assert re.fullmatch(r"error: no CUDA device: [^\n]+\n", done.stderr), done.stderr
