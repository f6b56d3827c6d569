"""Emitted programs of the cudnn target, run on the host by stand-ins for CUDA's libraries, against the NumPy meaning.

See test/cudnn/emulator/emulator.py for what this shows and what it does not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import models
import numpy as np
import pytest
from cudnn.emulator import compare, emulator
from unit.passes.cpu_networks import network

from arhat.compiler import compile_model, lower, write_project
from arhat.dialects.kernel import tensor_of
from arhat.interpreters import input_names
from arhat.options import CompileOptions
from arhat.passes.support import entry_point
from arhat.weights import dtype_of

pytestmark = pytest.mark.skipif(emulator.unavailable() is not None, reason=str(emulator.unavailable()))

LIMITS = {"f32": 1e-5, "tf32": 1e-5, "f16": 1e-2, "bf16": 5e-2}
"""The emulator multiplies in f32 whatever the precision; 16-bit floats are rounded where the program says so."""


def inputs_of(module: Any, seed: int = 0) -> dict[str, compare.Array]:
    random = np.random.default_rng(seed)
    arguments = entry_point(module).body.block.args
    return {
        name: random.standard_normal(tensor_of(value).get_shape()).astype(
            dtype_of(tensor_of(value).element_type)
        )
        for name, value in zip(input_names(module), arguments, strict=True)
    }


@pytest.mark.parametrize("precision", LIMITS)
@pytest.mark.parametrize("seed", [1, 2])
def test_random_networks(tmp_path: Path, precision: str, seed: int) -> None:
    module = network(seed * 7 + list(LIMITS).index(precision))
    lower(module, "cudnn", CompileOptions(precision=precision))
    report = compare.run(module, inputs_of(module), tmp_path / "run", LIMITS[precision])
    assert report.worst <= LIMITS[precision], report.first_off
    assert report.seen > 0


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("face-detection-retail-0004/FP32-v11", "f32"),
        ("landmarks-regression-retail-0009/FP32-v10", "f16"),
        ("landmarks-regression-retail-0009/FP16-INT8-v11", "int8"),
    ],
)
def test_models(tmp_path: Path, name: str, precision: str) -> None:
    model = models.model(name)
    options = CompileOptions() if precision == "int8" else CompileOptions(precision=precision)
    module = compile_model(model.xml, "cudnn", options)
    types = {
        label: (tensor_of(value).get_shape(), dtype_of(tensor_of(value).element_type))
        for label, value in zip(input_names(module), entry_point(module).body.block.args, strict=True)
    }
    limit = LIMITS.get(precision, 1e-3)
    report = compare.run(module, models.model_inputs(model, types), tmp_path / "run", limit)
    assert report.worst <= limit, report.first_off
    assert report.seen > 10


@pytest.mark.parametrize(("seed", "precision"), [(11, "f32"), (12, "f16")])
def test_sanitizers(tmp_path: Path, seed: int, precision: str) -> None:
    module = network(seed)
    lower(module, "cudnn", CompileOptions(precision=precision))
    project = write_project(module, tmp_path / "project", "cudnn")
    runner = emulator.build_runner(project, tmp_path / "built")
    command = [runner, "--random", "1", "--bench", "--iterations", "2", "--warmup", "1"]
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}  # the stand-ins keep descriptors to the end
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert "runs/s" in done.stdout


def test_a_wrong_program_is_found(tmp_path: Path) -> None:
    """The comparison itself: a program whose waits or weights were spoilt gives other results."""
    module = network(5)
    lower(module, "cudnn")
    report = compare.run(module, inputs_of(module), tmp_path / "right", 1e-5)
    assert report.worst <= 1e-5
    project = tmp_path / "right" / "project"
    weights = project / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    half = len(data) // 2
    data[half : half + 4096] = bytes(len(data[half : half + 4096]))
    spoilt = tmp_path / "spoilt"
    shutil.copytree(project, spoilt)
    (spoilt / "weights.safetensors").write_bytes(bytes(data))
    library, path = emulator.build(spoilt, tmp_path / "built")
    from arhat.runtime.loader import Model

    with Model(library, path) as program:
        given = inputs_of(module).values()
        results = program(dict(zip([info.name for info in program.inputs], given, strict=True)))
    assert any(compare.relative(results[name], report.references[name]) > 1e-3 for name in results)
