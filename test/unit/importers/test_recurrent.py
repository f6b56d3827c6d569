"""Import of recurrent layers: what only old files have, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from ir import Ir

from arhat.errors import UserError
from arhat.importers.openvino import import_openvino
from arhat.interpreters import evaluate

ROWS, STEPS, INPUTS, HIDDEN = 2, 3, 4, 5
ATTRIBUTES = {"hidden_size": str(HIDDEN), "direction": "forward"}


def numbers(seed: int, *shape: int) -> np.ndarray:
    """Seeded f32 numbers."""
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def lstm(
    kind: str, order: str = "fico", peepholes: float | None = None, lengths: int = STEPS, **more: str
) -> Ir:
    """An LSTMSequence whose weights have their gates in the given order."""
    ir = Ir()
    x = ir.parameter([ROWS, STEPS, INPUTS], name="x")
    states = [ir.const(numbers(seed, ROWS, 1, HIDDEN)) for seed in (1, 2)]
    arrays = [numbers(3, 1, 4 * HIDDEN, INPUTS), numbers(4, 1, 4 * HIDDEN, HIDDEN), numbers(5, 1, 4 * HIDDEN)]
    weights = [
        ir.const(np.concatenate([np.split(array, 4, axis=1)["fico".index(gate)] for gate in order], axis=1))
        for array in arrays
    ]
    inputs = [x, *states, ir.const(np.full(ROWS, lengths, np.int32)), *weights]
    if peepholes is not None:
        inputs.append(ir.const(np.full((1, 3 * HIDDEN), peepholes, np.float32)))
    for output in ir.ops(kind, inputs, ATTRIBUTES | more, count=3, name="cells"):
        ir.result(output)
    return ir


def results(ir: Ir, folder: Path, name: str) -> list[np.ndarray]:
    """What the model computes."""
    return list(evaluate(import_openvino(ir.write(folder, name)), [numbers(0, ROWS, STEPS, INPUTS)]).values())


@pytest.mark.parametrize("order", ["fico", "icof", "ifco", "ifoc", "iofc"])
def test_gates_of_the_first_opset(order: str, tmp_path: Path) -> None:
    """The revision of opset1 with its gates in any order, and with peephole weights that do nothing."""
    expected = results(lstm("LSTMSequence@opset5"), tmp_path, "new")
    old = lstm("LSTMSequence@opset1", order, 0.0, weights_format=order)
    for ours, theirs in zip(results(old, tmp_path, "old"), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("ir", "pattern"),
    [
        (lstm("LSTMSequence@opset1", peepholes=0.5), "peephole weights other than zero are not supported"),
        (
            lstm("LSTMSequence@opset1", input_forget="true"),
            r"input_forget=true \(coupled gates\) is not supported",
        ),
        (lstm("LSTMSequence@opset1", weights_format="fcio"), "weights_format='fcio' is not one of"),
        (lstm("LSTMSequence@opset5", peepholes=0.0), "has 8 inputs, but the operator takes 7"),
        (lstm("LSTMSequence@opset5", activations="sigmoid,tanh"), "is not a list of 3 of"),
        (lstm("LSTMSequence@opset5", activations="sigmoid,tanh,exp"), "other functions are not supported"),
        (lstm("LSTMSequence@opset5", clip="-1"), "clip=-1.0 must not be negative"),
        (lstm("LSTMSequence@opset5", direction="up"), "direction='up' is not one of"),
        (lstm("LSTMSequence@opset5", hidden_size="4"), "hidden_size=4, but the recurrent weights have shape"),
        (lstm("LSTMSequence@opset5", lengths=STEPS + 1), "is not between 0 and 3 steps"),
        (lstm("LSTMSequence@opset5", lengths=-1), "is not between 0 and 3 steps"),
    ],
)
def test_refused(ir: Ir, pattern: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        import_openvino(ir.write(tmp_path))
    assert re.search(pattern, str(caught.value)) and "'cells'" in str(caught.value), str(caught.value)
