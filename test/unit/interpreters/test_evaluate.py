"""Running whole modules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xdsl.context import Context
from xdsl.dialects import test as xdsl_test
from xdsl.dialects.builtin import Builtin, ModuleOp, f32
from xdsl.dialects.func import Func
from xdsl.parser import Parser
from xdsl.utils.exceptions import InterpretationError

from arhat.dialects.arhat import Arhat, ConstantOp, ReshapeOp, WeightAttr, tensor_type
from arhat.errors import UserError
from arhat.interpreters import evaluate, evaluate_op, input_names, output_names
from arhat.weights import open_module_weights

SOURCE = """
builtin.module attributes {arhat.weights = {model = "w.bin"}} {
  func.func @main(%a: tensor<2x3xf32> {arhat.name = "data"}, %b: tensor<3xf32>)
      -> (tensor<2x3xf32> {arhat.name = "out"}, tensor<2x3xf32>) {
    %w = arhat.constant() {value = #arhat.weight<"model"::"w@4">} : () -> tensor<3xf32>
    %unused = arhat.constant() {value = #arhat.weight<"model"::"w@0">} : () -> tensor<1xf32>
    %0 = arhat.add(%a, %w) : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    %1 = arhat.multiply(%0, %b) {arhat.layers = [#arhat.layer<"scale", 7>]} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    %2 = arhat.relu(%1) : (tensor<2x3xf32>) -> tensor<2x3xf32>
    func.return %2, %0 : tensor<2x3xf32>, tensor<2x3xf32>
  }
}
"""  # noqa: E501
A = np.array([[1, -2, 3], [-4, 5, -6]], np.float32)
B = np.array([1, 2, -1], np.float32)


@pytest.fixture
def module(tmp_path: Path) -> ModuleOp:
    context = Context()
    for dialect in (Builtin, Arhat, Func):
        context.load_dialect(dialect)
    parsed = Parser(context, SOURCE).parse_module()
    np.arange(4, dtype=np.float32).tofile(tmp_path / "w.bin")
    open_module_weights(parsed, tmp_path)
    return parsed


def test_evaluate(module: ModuleOp) -> None:
    assert input_names(module) == ["data", "arg1"]
    assert output_names(module) == ["out", "result1"]
    seen: list[tuple[str, Any]] = []
    results = evaluate(
        module, {"data": A, "arg1": B}, on_result=lambda op, r: seen.append((op.name, r[0].shape))
    )
    total = A + np.array([1, 2, 3], np.float32)
    np.testing.assert_array_equal(results["result1"], total)
    np.testing.assert_array_equal(results["out"], np.maximum(total * B, 0))
    assert [name for name, _ in seen] == [
        "arhat.constant", "arhat.constant", "arhat.add", "arhat.multiply", "arhat.relu",
    ]  # fmt: skip
    by_order = evaluate(module, [A, B])
    np.testing.assert_array_equal(by_order["out"], results["out"])


def test_inputs_that_do_not_fit(module: ModuleOp) -> None:
    with pytest.raises(UserError, match="input 'arg1' is missing"):
        evaluate(module, {"data": A})
    with pytest.raises(UserError, match="there is no input 'c'"):
        evaluate(module, {"data": A, "arg1": B, "c": B})
    with pytest.raises(UserError, match="the model has 2 inputs, 1 were given"):
        evaluate(module, [A])
    with pytest.raises(UserError, match=r"input 'data' must be tensor<2x3xf32>, got float32\[3\]"):
        evaluate(module, [B, B])
    with pytest.raises(UserError, match=r"input 'data' must be tensor<2x3xf32>, got float64\[2, 3\]"):
        evaluate(module, [A.astype(np.float64), B])


def test_values_are_dropped_after_their_last_use(module: ModuleOp) -> None:
    """The product is not needed once relu has run: only the result array that relu made stays."""
    import weakref

    alive: list[Any] = []
    left: list[bool] = []

    def watch(op: Any, results: tuple[Any, ...]) -> None:
        left.append(bool(alive) and alive[-1]() is not None)
        if op.name == "arhat.multiply":
            alive.append(weakref.ref(results[0]))

    evaluate(module, [A, B], on_result=watch)
    assert alive[0]() is None
    assert left[-1]  # while relu ran, its operand was there


def test_missing_weights_are_the_users_error(module: ModuleOp, tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(b"12345678")
    open_module_weights(module, tmp_path)
    with pytest.raises(UserError, match=r"w\.bin: error: weight 'w@4' needs bytes 4 to 16, the file has 8"):
        evaluate(module, [A, B])


def test_evaluate_op_outside_a_module() -> None:
    (x,) = xdsl_test.TestOp(result_types=[tensor_type(f32, (2, 3))]).results
    op = ReshapeOp.build_inferred([x], {"shape": [6]})
    np.testing.assert_array_equal(evaluate_op(op, [A])[0], A.reshape(6))
    constant = ConstantOp.get(WeightAttr.get("model", "w@0"), tensor_type(f32, (1,)))
    with pytest.raises((InterpretationError, UserError)):
        evaluate_op(constant, [])


def test_an_operation_without_a_meaning_is_named() -> None:
    op = xdsl_test.TestOp(result_types=[tensor_type(f32, (2, 3))])
    with pytest.raises(InterpretationError, match=r"cannot run test\.op: Could not find"):
        evaluate_op(op, [])
