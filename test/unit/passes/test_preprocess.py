"""Preprocessing in the graph: what OpenVINO's PrePostProcessor makes of the same model, and what is left of it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ir import Ir
from unit.passes.networks import run

from arhat.compiler import compile_model, import_model, lower, write_project
from arhat.errors import UserError
from arhat.interpreters import evaluate
from arhat.options import CompileOptions, InputPreprocessing, parse_preprocessing

Array = np.ndarray[Any, np.dtype[Any]]


def network(folder: Path, *, pads: bool = False, nhwc: bool = False, own_scale: bool = False) -> Path:
    """An image through a convolution; `nhwc` as TensorFlow has it, `own_scale` with a scale of the model's own."""
    rng = np.random.default_rng(3)
    ir = Ir(name="pre")
    value = ir.parameter([1, 12, 10, 3] if nhwc else [1, 3, 12, 10], name="image", names="image")
    if nhwc:
        value = ir.op("Transpose", [value, ir.const([0, 3, 1, 2])], name="to_nchw")
    if own_scale:
        scale = ir.const(np.array([0.5, 2.0, 1.5], np.float32).reshape(1, 3, 1, 1))
        value = ir.op("Multiply", [value, scale], name="scale")
        shift = ir.const(np.array([1.0, -2.0, 3.0], np.float32).reshape(1, 3, 1, 1))
        value = ir.op("Add", [value, shift], name="shift")
    weights = ir.const(rng.standard_normal((4, 3, 3, 3)).astype(np.float32) / 10)
    border = "1,1" if pads else "0,0"
    attributes = {"strides": "1,1", "pads_begin": border, "pads_end": border, "dilations": "1,1"}
    value = ir.op("Convolution", [value, weights], attributes=attributes, name="conv")
    ir.result(ir.op("ReLU", [value], name="relu", names="relu"))
    return ir.write(folder, "pre")


def openvino_result(model: Path, asked: InputPreprocessing, array: Array) -> Array:
    """The model with the same preprocessing built by OpenVINO, run by it."""
    ov = pytest.importorskip("openvino")
    from openvino import preprocess

    core = ov.Core()
    loaded = core.read_model(model)
    built = preprocess.PrePostProcessor(loaded)
    input = built.input()
    own = "NHWC" if list(loaded.input().shape)[-1] == 3 else "NCHW"
    input.model().set_layout(ov.Layout(own))
    input.tensor().set_layout(ov.Layout(asked.layout or own))
    if asked.type:
        input.tensor().set_element_type({"u8": ov.Type.u8, "i32": ov.Type.i32}[asked.type])
        input.preprocess().convert_element_type(ov.Type.f32)
    if asked.layout:
        input.preprocess().convert_layout(ov.Layout(own))
    if asked.reverse_channels:
        input.preprocess().reverse_channels()
    if asked.mean:
        input.preprocess().mean(list(asked.mean))
    if asked.scale:
        input.preprocess().scale(list(asked.scale))
    compiled = core.compile_model(built.build(), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return np.array(compiled([array])[compiled.output(0)])


CASES = [
    InputPreprocessing(layout, type, reverse, mean, scale)
    for layout, type, reverse, (mean, scale) in itertools.product(
        ("", "NHWC", "NCHW"),
        ("", "u8"),
        (False, True),
        (((), ()), ((10.0, 20.0, 30.0), (2.0, 3.0, 4.0)), ((), (255.0,)), ((127.5,), (127.5,))),
    )
][1::5]


def fed(module: Any, asked: InputPreprocessing, seed: int = 0) -> Array:
    from arhat.dialects.arhat import type_of
    from arhat.interpreters import main_of
    from arhat.weights import dtype_of

    type = type_of(main_of(module).body.block.args[0])
    return np.random.default_rng(seed).integers(0, 256, type.get_shape()).astype(dtype_of(type.element_type))


@pytest.mark.parametrize("kind", ["plain", "pads", "nhwc", "own scale", "own scale, pads"])
def test_agrees_with_openvino(kind: str, tmp_path: Path) -> None:
    model = network(tmp_path, pads="pads" in kind, nhwc=kind == "nhwc", own_scale="own" in kind)
    for asked in CASES:
        module = import_model(model, CompileOptions(preprocessing={"": asked}))
        array = fed(module, asked)
        expected = openvino_result(model, asked, array)
        for optimized in (False, True):
            if optimized:
                run("optimize", module)
            (ours,) = evaluate(module, [array]).values()
            assert ours.shape == expected.shape
            error = np.linalg.norm(ours - expected) / np.linalg.norm(expected)
            assert error < 2e-6, (asked, optimized, error)


def operations(module: Any) -> list[str]:
    from arhat.interpreters import main_of

    return [op.name for op in main_of(module).body.block.ops if op.name != "arhat.constant"][:-1]


ALL = InputPreprocessing("NHWC", "u8", True, (10.0, 20.0, 30.0), (2.0, 3.0, 4.0))


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("plain", ["arhat.convert", "arhat.transpose", "arhat.convolution"]),
        ("own scale", ["arhat.convert", "arhat.transpose", "arhat.convolution"]),
        # Zeros around a picture whose mean is subtracted are not zeros of the picture: the mean stays.
        ("pads", ["arhat.convert", "arhat.add", "arhat.transpose", "arhat.convolution"]),
    ],
)
def test_all_that_can_goes_into_the_first_convolution(kind: str, expected: list[str], tmp_path: Path) -> None:
    model = network(tmp_path, pads="pads" in kind, own_scale="own" in kind)
    module = import_model(model, CompileOptions(preprocessing={"": ALL}))
    run("optimize", module)
    assert operations(module) == expected


@pytest.mark.parametrize("pads", [False, True])
def test_the_layout_costs_nothing(pads: bool, tmp_path: Path) -> None:
    """No transposition is left; a border around the picture is made as it would be for NCHW."""
    model = network(tmp_path, pads=pads)
    options = CompileOptions(preprocessing={"": ALL})
    module = import_model(model, options)
    lower(module, "cpu", options)
    names = [name for name in operations(module) if name != "kernel.view"]
    border = ["kernel.reorder"] if pads else []
    assert names == ["kernel.elementwise", *border, "cpu.conv", "kernel.reorder"]


@pytest.mark.parametrize("kind", ["plain", "pads"])
def test_emitted_program(kind: str, tmp_path: Path) -> None:
    from arhat.runtime import build_project, load
    from arhat.runtime.build import read_manifest

    model = network(tmp_path, pads="pads" in kind)
    folder = write_project(
        compile_model(model, "cpu", CompileOptions(preprocessing={"image": ALL})), tmp_path / "out"
    )
    build_project(folder, native=True, runner=False)
    entry = read_manifest(folder)["inputs"][0]
    assert (entry["type"], entry["shape"]) == ("u8", [1, 12, 10, 3])
    assert entry["preprocessing"] == {
        "mean": [10.0, 20.0, 30.0],
        "scale": [2.0, 3.0, 4.0],
        "reverse_channels": True,
    }
    array = np.random.default_rng(0).integers(0, 256, (1, 12, 10, 3)).astype(np.uint8)
    with load(folder, threads=1, build=False) as program:
        (ours,) = program({"image": array}).values()
    expected = openvino_result(model, ALL, array)
    assert np.linalg.norm(ours - expected) < 1e-5 * np.linalg.norm(expected)


def test_several_inputs_need_a_name(tmp_path: Path) -> None:
    ir = Ir(name="two")
    a = ir.parameter([1, 3, 8, 8], name="a", names="a")
    b = ir.parameter([1, 3, 8, 8], name="b", names="b")
    ir.result(ir.op("Add", [a, b], name="sum", names="sum"))
    model = ir.write(tmp_path, "two")
    with pytest.raises(UserError, match=r"say which input to preprocess.*'a' \[1, 3, 8, 8\], 'b'"):
        import_model(model, CompileOptions(preprocessing=parse_preprocessing(types=["u8"])))
    options = parse_preprocessing(means=["a=1,2,3"], reverse_inputs=["b"])
    module = import_model(model, CompileOptions(preprocessing=options))
    rng = np.random.default_rng(0)
    x, y = rng.random((2, 1, 3, 8, 8), np.float32)
    expected = x - np.array([1, 2, 3], np.float32).reshape(3, 1, 1) + y[:, ::-1]
    np.testing.assert_allclose(evaluate(module, {"a": x, "b": y})["sum"], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        (
            [1, 3, 8, 8],
            {"means": ["1,2"]},
            "--mean gives 2 values for the 3 channels of input 'x' [1, 3, 8, 8]",
        ),
        ([1, 8], {"layouts": ["NHWC"]}, "input 'x' of shape [1, 8] has no layout"),
        ([1, 8, 8, 8], {"layouts": ["NHWC"]}, "does not say where its channels are"),
        ([5], {"reverse": True}, "has no channels to reverse"),
        (
            [1, 3, 8, 8],
            {"types": ["y=u8"]},
            "there is no input 'y' to preprocess; the model's inputs are 'x'",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    shape: list[int], options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    ir = Ir(name="one")
    ir.result(ir.op("ReLU", [ir.parameter(shape, name="x", names="x")], name="relu", names="relu"))
    with pytest.raises(UserError) as caught:
        import_model(ir.write(tmp_path, "one"), CompileOptions(preprocessing=parse_preprocessing(**options)))
    assert message in str(caught.value)


def test_a_scale_of_zero_is_refused(tmp_path: Path) -> None:
    asked = {"": InputPreprocessing(scale=(1.0, 0.0, 1.0))}
    with pytest.raises(UserError, match="the scale of input 'image' is 0"):
        import_model(network(tmp_path), CompileOptions(preprocessing=asked))
