"""Real models: imported, exported, and what OpenVINO computes from both files compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from models import Array, Model, all_models, compare_outputs, model_inputs, model_parameters, raise_to_f32
from structure import structure
from xdsl.dialects.builtin import ModuleOp

from arhat.cli.verify import OPENVINO_F32
from arhat.driver.registry import make_context, make_resolver
from arhat.driver.run import run_steps
from arhat.exporters.openvino import export_openvino
from arhat.importers.openvino import import_openvino

STATIC = [model for model in all_models() if not model.input_shapes]
"""Where a file leaves sizes open, what is exported has sizes, so that the two are not the same."""


def optimize(module: ModuleOp) -> ModuleOp:
    run_steps(make_context(), module, make_resolver().expand("optimize"))
    return module


def names(ports: Any) -> list[tuple[frozenset[str], tuple[int, ...], str]]:
    return [(frozenset(p.get_names()), tuple(p.shape), p.element_type.to_string()) for p in ports]


def run(model: Any, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """OpenVINO's results in order."""
    import openvino

    settings = {**OPENVINO_F32, "INFERENCE_NUM_THREADS": 2}
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    request.infer([inputs[port.get_node().get_friendly_name()] for port in model.inputs])
    return {str(i): request.get_output_tensor(i).data.copy() for i in range(len(model.outputs))}


@pytest.mark.parametrize("model", model_parameters(STATIC))
def test_round_trip(model: Model, tmp_path: Path) -> None:
    """The exported file gives the same module and, in OpenVINO, the same results; so does the optimised one."""
    openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed")
    module = import_openvino(model.xml)
    plain = export_openvino(module, tmp_path / "plain.xml")
    assert structure(import_openvino(plain)) == structure(module)
    optimized = export_openvino(optimize(module), tmp_path / "optimized.xml")
    assert structure(optimize(import_openvino(optimized))) == structure(module)

    core = openvino.Core()
    original, first, second = (core.read_model(str(path)) for path in (model.xml, plain, optimized))
    version10 = "-v10" in model.id
    for exported in (first, second):
        assert [port[1:] for port in names(exported.inputs)] == [port[1:] for port in names(original.inputs)]
        assert [port[1:] for port in names(exported.outputs)] == [
            port[1:] for port in names(original.outputs)
        ]
        for ports, others in ((exported.inputs, original.inputs), (exported.outputs, original.outputs)):
            for (ours, *_), (theirs, *_) in zip(names(ports), names(others), strict=True):
                assert version10 or theirs <= ours
    assert len(second.get_ops()) <= len(first.get_ops())
    types = {
        port.get_node().get_friendly_name(): (tuple(port.shape), port.element_type.to_dtype())
        for port in original.inputs
    }
    inputs = model_inputs(model, types)
    raise_to_f32(original)
    raise_to_f32(first)
    wide = {name: a.astype(np.float32) if a.dtype == np.float16 else a for name, a in inputs.items()}
    reference = run(original, wide)
    compare_outputs(run(first, wide), reference)
    if not model.quantized:
        compare_outputs(run(second, inputs), reference)
