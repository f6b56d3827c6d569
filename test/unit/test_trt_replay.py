"""Networks of the trt target are built by NVIDIA's own builder, and are those that emitted programs ask TensorRT for.

No GPU is needed (`trt.replay`). `tools/replay_trt` does the same with all models; docs/trt-networks.md has what it
found.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sweeps
from hypothesis import HealthCheck, given, settings
from models import Model, all_models, all_requested, model_parameters
from trt import standin
from trt.ir_network import network_of, network_of_model
from trt.records import Layer, Network, Tensor, cut, differences, read_record
from trt.replay import package_version, replay, unavailable
from trt_layers import LAYERS, network
from unit.exporters import test_sweeps as exported
from unit.passes.trt_networks import Drawn, networks
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from arhat.compiler import import_model, pipeline
from arhat.driver.registry import make_context
from arhat.driver.run import run_steps
from arhat.emit.trt import emit
from arhat.errors import UserError, UserErrors
from arhat.options import CompileOptions
from arhat.passes.dynamic_batch import DynamicBatchPass
from arhat.runtime.loader import Model as Program

needs_package = pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))
needs_standin = pytest.mark.skipif(standin.unavailable() is not None, reason=str(standin.unavailable()))

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "shapes"
SMALL = (
    "SampLeNet/FP32-v10",
    "aclnet/FP16-v10",
    "landmarks-regression-retail-0009/FP16-v11",
    "mobilenet-ssd/FP16-v11",
    "ovms-scalar/FP32-v11",
    "yolo-v3-tiny-tf/FP16-v10",
)
"""Models of the quick tests."""
EXAMPLES = 4
"""Of each operator half as many."""
REFUSED = (np.float64, np.int8)
"""Element types of inputs that the target does not take."""
QUANTIZED = "face-detection-retail-0004/FP16-INT8-v11"

STATE = """
func.func @main(%x: tensor<3xf32> {arhat.name = "x"}) -> (tensor<3xf32> {arhat.name = "y"}, tensor<3xf32>) {
  %k = arhat.constant() {value = dense<[10.0, 20.0, 30.0]> : tensor<3xf32>} : () -> tensor<3xf32>
  %n = trt.unary(%x) {op = "neg"} : (tensor<3xf32>) -> tensor<3xf32>
  %s = kernel.read_value(%k) {variable = "sum"} : (tensor<3xf32>) -> tensor<3xf32>
  %b = kernel.read_value(%n) {variable = "before"} : (tensor<3xf32>) -> tensor<3xf32>
  %y = trt.element_wise(%s, %x) {op = "sum"} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  kernel.assign(%y) {variable = "sum"} : (tensor<3xf32>) -> ()
  kernel.assign(%x) {variable = "before"} : (tensor<3xf32>) -> ()
  func.return %y, %b : tensor<3xf32>, tensor<3xf32>
}
"""
"""Outputs that are inputs, that are there twice; variables with first values of both kinds."""

BATCH = """
func.func @main(%x: tensor<4x2x6x6xf32> {arhat.name = "x"}) -> (tensor<4x72xf32> {arhat.name = "y"}) {
  %0 = trt.activation(%x) {kind = "relu"} : (tensor<4x2x6x6xf32>) -> tensor<4x2x6x6xf32>
  %1 = trt.shuffle(%0) {first_transpose = [0, 2, 3, 1], reshape = [4, 72]} : (tensor<4x2x6x6xf32>) -> tensor<4x72xf32>
  %y = trt.soft_max(%1) {axis = 1} : (tensor<4x72xf32>) -> tensor<4x72xf32>
  func.return %y : tensor<4x72xf32>
}
"""


def parse(text: str) -> ModuleOp:
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def batched(least: int, usual: int, most: int) -> ModuleOp:
    module = parse(BATCH)
    run_steps(make_context(), module, [DynamicBatchPass(least, usual, most)], ())
    return module


def options_of(model: Model, precision: str, quantized: bool = True) -> CompileOptions:
    return CompileOptions(input_shapes=model.input_shapes, precision=precision, quantized=quantized)


# ------------------------------------------------------------------------------------------------ engines


@needs_package
@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_has_an_engine(name: str) -> None:
    result = replay(network_of(parse(network([name]))))
    assert result.errors == []
    assert (result.plugins, result.megabytes > 0) == (1 if name == "plugin" else 0, name != "plugin")


@needs_package
@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(networks())
def test_random_networks_have_engines(drawn: Drawn) -> None:
    assert replay(network_of(drawn.module)).errors == []


@needs_package
@pytest.mark.parametrize("path", exported.FILES, ids=[path.stem for path in exported.FILES])
def test_operators_have_engines(path: Path) -> None:
    """Those of the sweeps, some examples of each; in one network, so far as the compiler takes them."""
    found = vars(exported._load(path)).values()  # pyright: ignore[reportPrivateUsage]
    cases = [
        case
        for sweep in found
        if type(sweep).__name__ == "Sweep"
        for operator in sweep.operators.values()
        for case in sweeps._examples(operator, EXAMPLES)  # pyright: ignore[reportPrivateUsage]
    ]
    taken = [case for case in cases if all(array.dtype not in REFUSED for array in case.inputs)]
    try:
        module = lowered(taken)
    except (UserError, UserErrors):  # of some: those are found one by one
        taken = [case for case in taken if refusal(case) is None]
        module = lowered(taken)
    assert len(taken) > len(cases) / 2
    assert replay(network_of(module), split=True).errors == []


def lowered(cases: Sequence[sweeps.Case]) -> ModuleOp:
    module = sweeps.imported(cases)
    run_steps(make_context(), module, pipeline("trt", CompileOptions(precision="f16")), ())
    return module


def refusal(case: sweeps.Case) -> str | None:
    """What the compiler says where it does not take a case."""
    try:
        lowered([case])
    except (UserError, UserErrors) as error:
        return str(error)
    return None


@needs_package
@pytest.mark.parametrize("precision", ["f32", "f16"])
@pytest.mark.parametrize("model", model_parameters(m for m in all_models() if m.id in SMALL))
def test_models_have_engines(model: Model, precision: str) -> None:
    result = replay(network_of_model(model.xml, options_of(model, precision, quantized=False)), split=True)
    assert result.errors == []
    assert result.engines >= 1 and result.megabytes > 0


@needs_package
@pytest.mark.parametrize("precision", ["f32", "f16"])
@pytest.mark.parametrize("model", model_parameters(m for m in all_models() if m.id == QUANTIZED))
def test_a_network_on_bytes_has_an_engine(model: Model, precision: str) -> None:
    found = network_of_model(model.xml, options_of(model, precision))
    on_bytes = [layer for layer in found.layers if any(t.type == "i8" for t in layer.outputs)]
    assert {"Constant", "Quantize"} <= {layer.kind for layer in on_bytes}
    assert replay(found, split=True).errors == []


@needs_package
@pytest.mark.slow
@pytest.mark.skipif(not all_requested(), reason="slow; set ARHAT_ALL_MODELS=1 to run it")
@pytest.mark.parametrize("precision", ["f32", "f16"])
@pytest.mark.parametrize("model", all_models(), ids=lambda model: model.id)
def test_all_models_have_engines(model: Model, precision: str) -> None:
    for quantized in {False, model.quantized}:
        found = network_of_model(model.xml, options_of(model, precision, quantized))
        assert replay(found, split=True).errors == []


@needs_package
@pytest.mark.parametrize("text", [STATE, EXAMPLE], ids=["state", "example"])
def test_other_networks_have_engines(text: str | Path) -> None:
    found = (
        network_of(parse(text)) if isinstance(text, str) else network_of_model(example(), CompileOptions())
    )
    result = replay(found, split=True)
    assert (result.errors, result.engines >= 1) == ([], True)


def example() -> Path:
    return next(EXAMPLE.glob("**/*.xml"))


@needs_package
def test_an_engine_takes_a_range_of_batches() -> None:
    found = network_of(batched(1, 2, 4))
    assert found.profile == {"x": ((1, 2, 6, 6), (2, 2, 6, 6), (4, 2, 6, 6))}
    assert found.inputs[0].dims == (-1, 2, 6, 6)
    assert replay(found).errors == []
    least, usual, most = found.profile["x"]
    wrong = replay(replace(found, profile={"x": (most, usual, least)})).errors
    assert wrong, "a profile whose least is more than its most was taken"


# ------------------------------------------------------------------------------------------------ what is wrong


def record(*layers: Layer, dims: tuple[int, ...] = (2, 3), type_: str = "f32") -> Network:
    return Network(
        (Tensor(0, "x", type_, dims), Tensor(1, "h", "f16", dims)), layers, (layers[-1].outputs[0].id,)
    )


def made(id: int, type_: str = "f32", dims: tuple[int, ...] = (2, 3)) -> tuple[Tensor, ...]:
    return (Tensor(id, f"t{id}", type_, dims),)


SUM = {"operation": "sum"}


@needs_package
@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            Layer("Unary", "a", (0,), made(2, dims=(3, 2)), {"operation": "exp"}),
            "the shape is (2, 3), recorded (3, 2)",
        ),
        (Layer("Unary", "a", (0,), made(2, "f16"), {"operation": "exp"}), "recorded f16"),
        (Layer("ElementWise", "a", (0, 1), made(2), SUM), "must have same input types"),
        (Layer("SoftMax", "a", (0,), made(2), {"axes": 4}), "SoftMax 'a'"),
        (
            Layer("LRN", "a", (0,), made(2), {"window_size": 4, "alpha": 1.0, "beta": 1.0, "k": 1.0}),
            "windowSize",
        ),
        (Layer("Cast", "a", (0,), made(2, "ui8"), {"to_type": "ui8"}), ""),
    ],
    ids=["shape", "type", "types", "axis", "window", "right"],
)
def test_what_the_builder_refuses_is_said_with_the_layer(layer: Layer, message: str) -> None:
    result = replay(record(layer))
    if not message:
        assert result.errors == []
        return
    assert len(result.errors) == 1
    assert message in result.errors[0] and "'a'" in result.errors[0]


@needs_package
def test_what_only_the_whole_network_shows_is_said_as_well() -> None:
    """Bytes without a sign are for inputs and outputs: the layers alone are right."""
    first = Layer("Cast", "to bytes", (0,), made(2, "ui8"), {"to_type": "ui8"})
    last = Layer("Cast", "and back", (2,), made(3), {"to_type": "f32"})
    errors = replay(record(first, last)).errors
    assert errors and all("UInt8" in error for error in errors)


def test_a_network_is_cut_at_its_plugins() -> None:
    """x -> a -> plugin -> b (with a) -> plugin -> output; a constant is where it is needed."""
    two = {"dimensions": [2, 3]}
    found = Network(
        (Tensor(0, "x", "f32", (2, 3)),),
        (
            Layer("Constant", "c", (), made(1), two),
            Layer("Unary", "a", (0,), made(2), {"operation": "exp"}),
            Layer("PluginV3", "p", (2, 1), made(3), {"plugin": "P", "fields": {}}),
            Layer("ElementWise", "b", (3, 2), made(4), SUM),
            Layer("ElementWise", "d", (4, 1), made(5), SUM),
            Layer("PluginV3", "q", (5,), made(6), {"plugin": "P", "fields": {}}),
        ),
        (6,),
    )

    def shape(piece: Network) -> tuple[list[str], list[str], tuple[int, ...]]:
        names = [tensor.name for tensor in piece.inputs]
        return names, [layer.name for layer in piece.layers], piece.outputs

    assert [shape(piece) for piece in cut(found)] == [
        (["x", "tensor 3 of t3"], ["c", "a", "b", "d"], (1, 2, 5)),
    ]
    assert [shape(piece) for piece in cut(found, split=True)] == [
        (["x"], ["c", "a"], (1, 2)),
        (["tensor 2 of t2", "tensor 3 of t3"], ["c", "b", "d"], (5,)),
    ]


def test_a_package_that_is_not_there_is_a_reason_to_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt_rtx_bindings", None)
    unavailable.cache_clear()
    try:
        assert "tensorrt_rtx_bindings cannot be imported" in str(unavailable())
    finally:
        monkeypatch.undo()
        unavailable.cache_clear()


@needs_package
def test_the_package_is_one_that_was_tried() -> None:
    assert package_version().startswith("1.")


# ------------------------------------------------------------------------------------------------ programs


def recorded(module: ModuleOp, folder: Path, monkeypatch: pytest.MonkeyPatch, major: int) -> Network:
    """The network that the program of a module asks the stand-in for."""
    path = folder / "network.json"
    monkeypatch.setenv("ARHAT_TRT_RECORD", str(path))
    with Program(*standin.build(emit(module, folder / "project"), folder / "built", major)):
        pass
    return read_record(path)


@needs_standin
@pytest.mark.parametrize("major", standin.MAJORS)
@pytest.mark.parametrize("which", ["layers", "state", "batch"])
def test_programs_ask_for_the_network_of_the_module(
    which: str, major: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = {
        "layers": lambda: parse(network(list(LAYERS))),
        "state": lambda: parse(STATE),
        "batch": lambda: batched(1, 2, 4),
    }[which]()
    asked = recorded(module, tmp_path, monkeypatch, major)
    assert differences(network_of(module), asked) == []
    if unavailable() is None:
        assert replay(asked).errors == []


@needs_standin
@pytest.mark.parametrize(
    "model", model_parameters(m for m in all_models() if m.id in ("SampLeNet/FP32-v10", QUANTIZED))
)
def test_programs_of_models_ask_for_the_network_of_the_module(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = options_of(model, "f16")
    module = import_model(model.xml, options)
    run_steps(make_context(), module, pipeline("trt", options), ())
    expected = network_of(module)
    asked = recorded(module, tmp_path, monkeypatch, standin.MAJORS[-1])
    assert differences(expected, asked) == []
    if unavailable() is None:
        assert replay(asked, split=True).errors == []


def test_differences_are_seen() -> None:
    layer = Layer("Shuffle", "s", (0,), made(2, dims=(3, 2)), {"reshape_dimensions": [3, 2]})
    a = record(layer)
    assert differences(a, a) == []
    for changed in (
        replace(layer, kind="Identity"),
        replace(layer, inputs=(1,)),
        replace(layer, outputs=made(2, "f16", (3, 2))),
        replace(layer, attributes={"reshape_dimensions": [2, 3]}),
        replace(layer, attributes={**layer.attributes, "first_transpose": [1, 0]}),
    ):
        assert len(differences(a, record(changed))) == 1
    usual = {**layer.attributes, "first_transpose": [0, 1], "zero_is_placeholder": np.bool_(True)}
    assert differences(a, record(replace(layer, attributes=usual))) == []
    assert len(differences(a, replace(a, outputs=(2, 2)))) == 1
