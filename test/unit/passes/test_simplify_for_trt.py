"""simplify-for-trt on random networks: the same values bit for bit, and no more layers than before."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from unit.passes.networks import Drawn, run
from unit.passes.trt_networks import layers_of_network, networks
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block

from arhat.dialects import trt
from arhat.interpreters import evaluate
from arhat.weights import clone_module

SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
PASS = "simplify-for-trt"


def returned(module: ModuleOp) -> func.ReturnOp:
    """The end of the network."""
    (op,) = (op for op in module.walk() if isinstance(op, func.ReturnOp))
    return op


@SETTINGS
@given(networks())
def test_there_are_fewer_layers_and_the_same_values(drawn: Drawn) -> None:
    module = clone_module(drawn.module)
    x = np.random.default_rng(1).standard_normal((1, 4, 6, 6)).astype(np.float32)
    before = evaluate(drawn.module, [x])
    run(PASS, module)
    after = evaluate(module, [x])
    assert list(after) == list(before)
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value)
    assert len(layers_of_network(module)) <= len(layers_of_network(drawn.module))
    constants = [op.weights for op in module.walk() if isinstance(op, trt.ConstantOp)]
    assert len(set(constants)) == len(constants)

    # Layers keep their names and their order.
    names = [str(op.attributes["arhat.layers"]) for op in layers_of_network(drawn.module)]
    left = [str(op.attributes["arhat.layers"]) for op in layers_of_network(module)]
    assert left == [name for name in names if name in set(left)]

    # TensorRT refuses an output that is an input, and one tensor cannot have two names.
    values = list(returned(module).operands)
    assert len(set(values)) == len(values)
    assert not any(isinstance(value.owner, Block) for value in values)

    again = clone_module(module)
    run(PASS, again)
    assert str(again) == str(module), "nothing is left to do"
