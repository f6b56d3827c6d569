"""Whole programs of the trt target, run on the host by a stand-in for TensorRT, against the NumPy meaning.

See test/trt/standin.py for what this shows and what it does not.
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
from trt import compare, records, standin
from unit.passes.cpu_networks import network

from arhat.compiler import compile_model, lower, write_project
from arhat.dialects.kernel import tensor_of
from arhat.interpreters import input_names
from arhat.options import CompileOptions
from arhat.passes.support import entry_point
from arhat.runtime.loader import Model
from arhat.weights import dtype_of

pytestmark = pytest.mark.skipif(standin.unavailable() is not None, reason=str(standin.unavailable()))

LIMITS = {"f32": 1e-5, "tf32": 1e-5, "f16": 1e-2, "bf16": 5e-2}
"""The stand-in computes in f32 whatever the precision; results of 16 bits are rounded."""
SHAPES = Path(__file__).resolve().parents[3] / "examples" / "shapes" / "model.xml"


def inputs_of(module: Any, seed: int = 0) -> dict[str, compare.Array]:
    random = np.random.default_rng(seed)
    arguments = entry_point(module).body.block.args
    return {
        name: random.standard_normal(tensor_of(value).get_shape()).astype(
            dtype_of(tensor_of(value).element_type)
        )
        for name, value in zip(input_names(module), arguments, strict=True)
    }


@pytest.mark.parametrize("major", standin.MAJORS)
@pytest.mark.parametrize("precision", LIMITS)
def test_random_networks(tmp_path: Path, precision: str, major: int) -> None:
    module = network(major * 7 + list(LIMITS).index(precision))
    lower(module, "trt", CompileOptions(precision=precision))
    report = compare.run(module, inputs_of(module), tmp_path / "run", LIMITS[precision], major)
    assert report.worst <= LIMITS[precision], report.first_off
    assert report.seen > 0


@pytest.mark.parametrize("precision", ["f32", "f16"])
def test_the_example(tmp_path: Path, precision: str) -> None:
    """A detector with a plugin, from its files to its results."""
    module = compile_model(SHAPES, "trt", CompileOptions(precision=precision))
    report = compare.run(module, inputs_of(module), tmp_path / "run", LIMITS[precision])
    assert report.worst <= LIMITS[precision], report.first_off
    assert report.seen > 10


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
    module = compile_model(model.xml, "trt", options)
    types = {
        label: (tensor_of(value).get_shape(), dtype_of(tensor_of(value).element_type))
        for label, value in zip(input_names(module), entry_point(module).body.block.args, strict=True)
    }
    limit = LIMITS.get(precision, 1e-3)
    report = compare.run(module, models.model_inputs(model, types), tmp_path / "run", limit)
    assert report.worst <= limit, report.first_off
    assert report.seen > 10


def test_sanitizers(tmp_path: Path) -> None:
    """The runner with a plugin, built with checks of addresses and undefined behaviour."""
    module = compile_model(SHAPES, "trt", CompileOptions(precision="f16"))
    runner = standin.build_runner(write_project(module, tmp_path / "project", "trt"), tmp_path / "built")
    command = [runner, "--random", "1", "--bench", "--iterations", "2", "--warmup", "1"]
    environment = os.environ | {"ASAN_OPTIONS": "detect_leaks=0", "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert "runs/s" in done.stdout


def test_the_network_that_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers, their names and their weights are what the module has."""
    module = compile_model(SHAPES, "trt")
    library, weights = standin.build(write_project(module, tmp_path / "project", "trt"), tmp_path / "built")
    record = tmp_path / "network.json"
    monkeypatch.setenv("ARHAT_TRT_RECORD", str(record))
    with Model(library, weights) as model:
        names = [info.name for info in model.inputs]
    network = records.read_record(record)
    assert [tensor.name for tensor in network.inputs] == names
    ops = [op for op in entry_point(module).body.block.ops if op.name.startswith("trt.")]
    words = [layer.kind.replace("V3", "").lower() for layer in network.layers]
    assert words == [op.name.removeprefix("trt.").replace("_", "") for op in ops]
    assert len({layer.name for layer in network.layers}) == len(ops)
    shapes = [tensor.dims for layer in network.layers for tensor in layer.outputs]
    assert shapes == [tensor_of(value).get_shape() for op in ops for value in op.results]
    convolutions = [layer for layer in network.layers if layer.kind == "Convolution"]
    assert convolutions
    stored = weights.read_bytes()
    assert all(layer.weights["kernel"].data.tobytes() in stored for layer in convolutions)


def test_a_wrong_program_is_found(tmp_path: Path) -> None:
    """The comparison itself: a program whose weights were spoilt gives other results."""
    module = network(5)
    lower(module, "trt")
    report = compare.run(module, inputs_of(module), tmp_path / "right", 1e-5)
    assert report.worst <= 1e-5
    spoilt = tmp_path / "spoilt"
    shutil.copytree(tmp_path / "right" / "project", spoilt)
    weights = spoilt / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    half = len(data) // 2
    data[half : half + 4096] = bytes(len(data[half : half + 4096]))
    weights.write_bytes(bytes(data))
    library, path = standin.build(spoilt, tmp_path / "built")
    with Model(library, path) as program:
        given = inputs_of(module).values()
        results = program(dict(zip([info.name for info in program.inputs], given, strict=True)))
    assert any(compare.relative(results[name], report.references[name]) > 1e-3 for name in results)
