"""State against OpenVINO: several inferences in a row, in the interpreter and in the emitted program."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import openvino as ov
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openvino.utils.node_factory import NodeFactory

from arhat.compiler import lower
from arhat.importers.openvino import import_openvino
from arhat.interpreters import evaluate
from arhat.runtime.loader import Model
from test.sweeps import LONG, TARGET, Array, build_program, numbers, seeds

STEPS = 4
SHAPES: list[tuple[int, ...]] = [(1,), (1, 1), (2, 3), (1, 5, 7), (1, 200), (1, 2, 3, 4)]


def stateful(opset: str, variables: int, shape: Sequence[int], seed: int, swapped: bool) -> ov.Model:
    """Variables that feed each other; what is read is older than what is assigned in the same inference.

    With `swapped`, every variable takes over what its neighbour was (in opset3 OpenVINO wants each by itself).
    """
    swapped = swapped and opset != "opset3"
    factory = NodeFactory(opset)
    x = ov.opset8.parameter(list(shape), np.float32)
    x.set_friendly_name("x")
    read: list[Any] = []
    for number in range(variables):
        initial = ov.opset8.constant(numbers(seed + number, *shape))
        attributes: dict[str, Any] = {"variable_id": f"state{number}"}
        if opset != "opset3":
            attributes |= {"variable_type": ov.Type.f32, "variable_shape": ov.PartialShape(list(shape))}
        read.append(factory.create("ReadValue", [initial.output(0)], attributes))
    sinks: list[Any] = []
    results: list[Any] = []
    for number in range(variables):
        source = read[(number + 1) % variables] if swapped else read[number]
        value = ov.opset8.tanh(ov.opset8.add(source, ov.opset8.multiply(x, np.float32(number + 1))))
        results.append(ov.opset8.result(ov.opset8.add(value, read[number])))
        sinks.append(factory.create("Assign", [value.output(0)], {"variable_id": f"state{number}"}))
    return ov.Model(results, sinks, [x], "stateful")


def openvino_steps(model: ov.Model, inputs: Sequence[Array]) -> list[list[Array]]:
    """The outputs of each inference."""
    compiled = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    outputs: list[list[Array]] = []
    for array in inputs:
        request.infer([array], share_inputs=False)
        outputs.append([np.array(request.get_output_tensor(i).data) for i in range(len(compiled.outputs))])
    return outputs


def imported(model: ov.Model) -> Any:
    """The module of the model."""
    folder = TemporaryDirectory()
    xml = Path(folder.name) / "model.xml"
    ov.save_model(model, xml, compress_to_fp16=False)
    module = import_openvino(xml)
    weakref.finalize(module, folder.cleanup)
    return module


def check(ours: Sequence[dict[str, Array]], theirs: Sequence[Sequence[Array]]) -> None:
    """Compares all outputs of all inferences."""
    for step, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        for (name, a), b in zip(mine.items(), other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5, err_msg=f"{name} in inference {step}")


@settings(
    max_examples=200 if LONG else 25,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(
    st.sampled_from(["opset3", "opset6"]), st.integers(1, 3), st.sampled_from(SHAPES), seeds, st.booleans()
)
def test_interpreter(opset: str, variables: int, shape: tuple[int, ...], seed: int, swapped: bool) -> None:
    """ReadValue and Assign: the first inference reads the initial value, each later one what was assigned."""
    model = stateful(opset, variables, shape, seed, swapped)
    inputs = [numbers(seed + 10 + step, *shape) for step in range(STEPS)]
    module, state = imported(model), dict[str, Array]()
    ours = [evaluate(module, [array], state=state) for array in inputs]
    check(ours, openvino_steps(model, inputs))
    check([evaluate(module, [inputs[0]])], openvino_steps(model, inputs[:1]))  # without a state none is kept


@pytest.mark.filterwarnings("ignore:values are watched in a second engine")
@pytest.mark.parametrize("opset", ["opset3", "opset6"])
def test_emitted(opset: str, tmp_path: Path) -> None:
    """The program keeps its state between runs, for each of its instances, until it is reset."""
    shape = (1, 5, 7)
    model = stateful(opset, 3, shape, 7, True)
    inputs = [numbers(20 + step, *shape) for step in range(STEPS)]
    expected = openvino_steps(model, inputs)
    module = imported(model)
    lower(module, TARGET)
    built = build_program(module, tmp_path / "program")
    with Model(*built, threads=2) as program, Model(*built) as other:
        assert program.state_bytes >= 3 * 5 * 7 * 4
        check([program({"x": array}) for array in inputs], expected)
        check([other({"x": inputs[0]})], expected[:1])
        program.reset_state()
        check([program({"x": array}) for array in inputs], expected)
        program.reset_state()
        seen: list[str] = []
        watched = [program.watch(lambda info, _: seen.append(info.name), {"x": array}) for array in inputs]
        check(watched, expected)
        assert seen
        check([other({"x": array}) for array in inputs[1:]], expected[1:])


def test_a_variable_that_nothing_assigns(tmp_path: Path) -> None:
    """It keeps the value of the first inference."""
    factory = NodeFactory("opset6")
    x = ov.opset8.parameter([2, 3], np.float32)
    attributes = {
        "variable_id": "kept",
        "variable_type": ov.Type.f32,
        "variable_shape": ov.PartialShape([2, 3]),
    }
    read = factory.create("ReadValue", [ov.opset8.tanh(x).output(0)], attributes)
    sink = factory.create("Assign", [read.output(0)], {"variable_id": "kept"})
    model = ov.Model([ov.opset8.result(ov.opset8.add(read, x))], [sink], [x], "kept")
    inputs = [numbers(step, 2, 3) for step in range(3)]
    expected = openvino_steps(model, inputs)
    module, state = imported(model), dict[str, Array]()
    check([evaluate(module, [array], state=state) for array in inputs], expected)
    lower(module, TARGET)
    with Model(*build_program(module, tmp_path / "program")) as program:
        check([program(array) for array in inputs], expected)
