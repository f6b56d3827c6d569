"""Emitted programs for TensorRT, run on the host by a stand-in, against the NumPy meaning of what they come from.

See test/trt/standin.py for what this shows and what it does not.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from trt import compare, standin
from trt_layers import LAYERS, network
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from arhat.dialects.kernel import tensor_of
from arhat.driver.registry import make_context, make_resolver
from arhat.driver.run import run_steps
from arhat.emit.trt import emit
from arhat.interpreters import Array, evaluate, input_names
from arhat.passes.support import entry_point
from arhat.runtime.loader import Model
from arhat.weights import dtype_of

pytestmark = pytest.mark.skipif(standin.unavailable() is not None, reason=str(standin.unavailable()))


def parse(text: str) -> ModuleOp:
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def inputs_of(module: ModuleOp) -> dict[str, Array]:
    """Floats in [0, 1); integers, which are indices here, are 0 or 1."""
    random = np.random.default_rng(0)

    def array(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> Array:
        if np.issubdtype(dtype, np.floating):
            return random.random(shape).astype(dtype)
        return random.integers(0, 2, shape).astype(dtype)

    types = [tensor_of(value) for value in entry_point(module).body.block.args]
    return {
        name: array(type_.get_shape(), np.dtype(dtype_of(type_.element_type)))
        for name, type_ in zip(input_names(module), types, strict=True)
    }


def load(module: ModuleOp, folder: Path) -> Model:
    """The program, built with the stand-in."""
    return Model(*standin.build(emit(module, folder / "project"), folder / "built"))


@pytest.mark.parametrize("major", standin.MAJORS)
def test_every_layer_computes_what_it_means(major: int, tmp_path: Path) -> None:
    module = parse(network(list(LAYERS)))
    report = compare.run(module, inputs_of(module), tmp_path / "run", 1e-5, major)
    assert report.seen == sum(len(layer.results) for layer in LAYERS.values()), report.first_off
    assert report.worst <= 1e-5, report.first_off


def test_inputs_and_constants_are_outputs_too(tmp_path: Path) -> None:
    module = parse("""
func.func @main(%x: tensor<2xi64> {arhat.name = "x"}, %u: tensor<3xi1> {arhat.name = "u"})
    -> (tensor<2xi64> {arhat.name = "x"}, tensor<2xi64> {arhat.name = "a"}, tensor<2xi64> {arhat.name = "b"},
        tensor<2x2xf16> {arhat.name = "c"}, tensor<2x2xf16> {arhat.name = "d"}) {
  %k = arhat.constant() {value = dense<[[1.5, 2.5], [3.5, 4.5]]> : tensor<2x2xf16>} : () -> tensor<2x2xf16>
  %c = trt.constant(%k) : (tensor<2x2xf16>) -> tensor<2x2xf16>
  %0 = trt.unary(%x) {op = "neg"} : (tensor<2xi64>) -> tensor<2xi64>
  func.return %x, %0, %0, %c, %c : tensor<2xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2x2xf16>, tensor<2x2xf16>
}
""")
    x = np.array([3, -4], np.int64)
    with load(module, tmp_path) as model:
        assert [info.name for info in model.outputs] == ["x", "a", "b", "c", "d"]
        results = list(model({"x": x, "u": np.zeros(3, bool)}).values())
    for result, expected in zip(results[:3], (x, -x, -x), strict=True):
        np.testing.assert_array_equal(result, expected)
    for result in results[3:]:
        np.testing.assert_array_equal(result, np.array([[1.5, 2.5], [3.5, 4.5]], np.float16))


VARIABLES = """
func.func @main(%x: tensor<3xf32> {arhat.name = "x"})
    -> (tensor<3xf32> {arhat.name = "sum"}, tensor<3xf32> {arhat.name = "before"}) {
  %k = arhat.constant() {value = dense<[10.0, 20.0, 30.0]> : tensor<3xf32>} : () -> tensor<3xf32>
  %c = trt.constant(%k) : (tensor<3xf32>) -> tensor<3xf32>
  %n = trt.unary(%x) {op = "neg"} : (tensor<3xf32>) -> tensor<3xf32>
  %s = kernel.read_value(%c) {variable = "sum"} : (tensor<3xf32>) -> tensor<3xf32>
  %b = kernel.read_value(%n) {variable = "before"} : (tensor<3xf32>) -> tensor<3xf32>
  %y = trt.element_wise(%s, %x) {op = "sum"} : (tensor<3xf32>, tensor<3xf32>) -> tensor<3xf32>
  kernel.assign(%y) {variable = "sum"} : (tensor<3xf32>) -> ()
  kernel.assign(%x) {variable = "before"} : (tensor<3xf32>) -> ()
  func.return %y, %b : tensor<3xf32>, tensor<3xf32>
}
"""


def test_variables_are_kept_from_run_to_run(tmp_path: Path) -> None:
    a, b = np.array([1, 2, 3], np.float32), np.array([0.5, 0.25, 0], np.float32)
    with load(parse(VARIABLES), tmp_path) as model:
        for _ in range(2):
            sums, before = zip(*(model(x).values() for x in (a, b, a)), strict=True)
            first = np.array([10, 20, 30], np.float32)
            np.testing.assert_array_equal(sums, [first + a, first + a + b, first + a + b + a])
            np.testing.assert_array_equal(
                before, [-a, a, b]
            )  # the first value is computed from the first input
            model.reset_state()


BATCH = """
func.func @main(%x: tensor<4x2x6x6xf32> {{arhat.name = "x"}}) -> (tensor<{result}xf32> {{arhat.name = "y"}}) {{
  {body}
  func.return %y : tensor<{result}xf32>
}}
"""
BODIES: dict[str, tuple[str, str]] = {
    "reshape": ("6x4x12", "%y = trt.shuffle(%x) {reshape = [4, 6, 12], second_transpose = [1, 0, 2]}"),
    "flatten": ("4x72", "%y = trt.shuffle(%x) {first_transpose = [0, 2, 3, 1], reshape = [4, 72]}"),
    "slice": (
        "4x2x3x8",
        '%y = trt.slice(%x) {starts = [0, 0, 1, -1], sizes = [4, 2, 3, 8], strides = [1, 1, 2, 1], mode = "clamp"}',
    ),
    "resize": (
        "4x2x12x9",
        '%y = trt.resize(%x) {mode = "linear", coordinate_transformation = "half_pixel", selector = "formula", '
        'rounding = "half_down"}',
    ),
    "reduce": ("4x1x1x1", '%y = trt.reduce(%x) {op = "avg", axes = [1, 2, 3], keep_dims = true}'),
}


@pytest.mark.parametrize("name", BODIES)
def test_any_batch_of_the_range(name: str, tmp_path: Path) -> None:
    shape, body = BODIES[name]
    types = f" : (tensor<4x2x6x6xf32>) -> tensor<{shape}xf32>"
    module = parse(BATCH.format(result=shape, body=body + types))
    x = inputs_of(module)["x"]
    expected = next(iter(evaluate(module, {"x": x}).values()))
    steps = make_resolver().resolve("dynamic-batch{least=1 usual=2 most=4}", "test")
    run_steps(make_context(), module, steps, [], verify_each=True)
    axis = 1 if name == "reshape" else 0
    with load(module, tmp_path) as model:
        for batch in (4, 2, 3, 1):
            rows = expected.take(range(batch), axis)
            np.testing.assert_allclose(model(x[:batch])["y"], rows, rtol=1e-6, atol=1e-6)
