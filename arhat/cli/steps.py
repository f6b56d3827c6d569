"""Models with state: several inferences in a row, by the program and by the reference."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt
    from xdsl.dialects.builtin import ModuleOp

    Array = npt.NDArray[Any]

INFERENCES = 4
"""How many in a row are compared where a model has state."""


def openvino_steps(
    path: Path, steps: Sequence[Mapping[str, Array]], config: Mapping[str, str]
) -> list[list[Array]]:
    """The outputs, in the order of the model's results, of OpenVINO inferences that follow one another."""
    from arhat.bench.worker import openvino_inputs

    ov: Any = importlib.import_module("openvino")
    core = ov.Core()
    model = core.read_model(path)
    wanted = {port: list(array.shape) for port, array in openvino_inputs(model, dict(steps[0])).items()}
    if any(port.partial_shape.is_dynamic or list(port.shape) != dims for port, dims in wanted.items()):
        model.reshape(wanted)
    request = core.compile_model(model, "CPU", dict(config)).create_infer_request()
    results: list[list[Array]] = []
    for inputs in steps:
        for index, array in enumerate(openvino_inputs(model, dict(inputs)).values()):
            request.set_input_tensor(index, ov.Tensor(np.asarray(array, order="C")))
        request.infer()
        results.append([np.array(request.get_output_tensor(i).data) for i in range(len(model.outputs))])
    return results


def interpreter_steps(module: ModuleOp, steps: Sequence[Mapping[str, Array]]) -> list[list[Array]]:
    """The same by the NumPy meanings of an imported module."""
    from arhat.interpreters import evaluate

    state: dict[str, Array] = {}
    return [list(evaluate(module, dict(inputs), state=state).values()) for inputs in steps]
