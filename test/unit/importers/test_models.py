"""Real models: imported, verified, run by the NumPy meanings and compared with OpenVINO."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from models import (
    Array,
    Model,
    all_models,
    compare_outputs,
    detection_rows,
    group1_models,
    image_layout,
    is_detections,
    match_detections,
    model_inputs,
    model_parameters,
    openvino_layer_inputs,
    openvino_outputs,
    relative_error,
)
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue

from arhat.cli.verify import up_to_counts
from arhat.dialects.arhat import DetectionOutputOp, type_of
from arhat.importers.openvino import import_openvino
from arhat.interpreters import evaluate, input_names, main_of
from arhat.layers import layers_of
from arhat.weights import dtype_of

TOLERANCE = 1e-4


COMPARABLE = [model for model in all_models() if not model.quantized]
"""Of quantised models see `Model.quantized`."""


def input_types(module: ModuleOp) -> dict[str, tuple[tuple[int, ...], Any]]:
    """Shape and NumPy type of each input."""
    arguments = main_of(module).body.block.args
    return {
        name: (type_of(argument).get_shape(), dtype_of(type_of(argument).element_type))
        for name, argument in zip(input_names(module), arguments, strict=True)
    }


def run(module: ModuleOp, inputs: Mapping[str, Array]) -> tuple[dict[str, Array], list[list[Array]]]:
    """The outputs, and the operands of each detection_output."""
    detections = [op for op in module.walk() if isinstance(op, DetectionOutputOp)]
    wanted: dict[SSAValue, Array] = {operand: np.empty(0) for op in detections for operand in op.operands}

    def keep(op: Operation, results: tuple[Array, ...]) -> None:
        for value, result in zip(op.results, results, strict=True):
            if value in wanted:
                wanted[value] = result

    outputs = evaluate(module, inputs, on_result=keep)
    return outputs, [[wanted[operand] for operand in op.operands] for op in detections]


def check_tie(model: Model, inputs: Mapping[str, Array], ours: list[list[Array]], result: Array) -> None:
    """Where a choice between equal confidences differs, what it is made from must not, and there must be too many."""
    reference = openvino_layer_inputs(model.xml, inputs, "DetectionOutput")
    for operands, expected in zip(ours, reference, strict=True):
        for value, other in zip(operands, expected, strict=True):
            assert relative_error(value, other) <= TOLERANCE
    rows = detection_rows(result)
    confidences = np.concatenate([operands[1].reshape(-1) for operands in ours])
    candidates = int((confidences >= rows[:, 2].min() - 1e-3).sum())
    assert candidates > len(rows), "there is no more to choose from than was kept, so there is no tie"


@pytest.mark.parametrize("pictures", [True, False], ids=["picture", "noise"])
@pytest.mark.parametrize("model", model_parameters(COMPARABLE))
def test_like_openvino(model: Model, pictures: bool) -> None:
    module = import_openvino(model.xml, input_shapes=model.input_shapes)
    module.verify()
    types = input_types(module)
    if pictures and not any(image_layout(shape) for shape, _ in types.values()):
        pytest.skip("no input is a picture")
    if pictures and not model.real:
        pytest.skip("a picture tells nothing about random weights")
    inputs = model_inputs(model, types, pictures=pictures)
    outputs, detections = run(module, inputs)
    outputs = up_to_counts(outputs, module)
    reference = openvino_outputs(model.xml, inputs)
    compare_outputs(outputs, reference, tolerance=TOLERANCE)
    for name, value in outputs.items():
        if is_detections(value):
            match = match_detections(value, reference[name])
            if len(match.ours) or len(match.reference):
                check_tie(model, inputs, detections, reference[name])
            if model.real and pictures:
                assert match.pairs > 0 and not len(match.ours) and not len(match.reference)


@pytest.mark.parametrize("model", model_parameters(group1_models()))
def test_shapes_and_layers(model: Model) -> None:
    """Each operation names layers of the file, and its type is the one that the file states for the last of them."""
    from arhat.importers.openvino.container import read_network

    network = read_network(model.xml)
    by_place = {(layer.name, layer.line): layer for layer in network.layers}
    checked = 0
    for op in main_of(import_openvino(model.xml)).body.block.ops:
        if op.name == "func.return":
            assert not layers_of(op)
            continue
        layers = layers_of(op)
        assert layers, op.name
        last = by_place[layers[-1].layer_name, layers[-1].layer_line]
        ports = [port.dims for port in last.outputs if len(port.dims) > 0]
        users = {use.operation for use in op.results[0].uses}
        inner = any(layers_of(user)[-1:] == layers[-1:] for user in users)  # one of several for the layer
        if ports and not inner and op.name != "arhat.detection_output":
            assert type_of(op.results[0]).get_shape() in ports, (op.name, last.name)
            checked += 1
    assert checked or model.layers < 6
