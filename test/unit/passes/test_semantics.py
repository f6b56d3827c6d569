"""Every pass leaves what a network computes as it is, layer by layer."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from unit.passes.networks import Drawn, networks, run
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from arhat.dialects.arhat import ConstantOp
from arhat.interpreters import Array, evaluate
from arhat.layers import layers_of
from arhat.weights import clone_module

PIPELINES = [
    "canonicalize",
    "cse",
    "dce",
    "common-subexpression-elimination",
    "fold-constants",
    "fuse-channel-order",
    "fuse-batch-norm",
    "fuse-bias",
    "fuse-residual-add",
    "fuse-activation",
    "sink-input-transpose",
    "infer-shapes",
    "optimize",
]


def close(actual: Array, expected: Array) -> bool:
    """Equal within 1e-9 of the largest value; f64 leaves room for no more than another order of summation."""
    return actual.shape == expected.shape and bool(
        np.all(np.abs(actual - expected) <= 1e-9 * max(1.0, float(np.max(np.abs(expected), initial=0.0))))
    )


def depends_on_constants_only(op: Operation) -> bool:
    """Such an op says which layers its value is made from, not which layer it computes."""
    return all(isinstance(v.owner, Operation) and depends_on_constants_only(v.owner) for v in op.operands)


def defined_before_used(module: ModuleOp) -> bool:
    """xDSL's verifier does not check it."""
    for op in module.body.block.ops:
        block = op.regions[0].block
        known = set(block.args)
        for inner in block.ops:
            if not known.issuperset(inner.operands):
                return False
            known.update(inner.results)
    return True


@pytest.mark.parametrize("pipeline", PIPELINES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=networks())
def test_a_pass_changes_no_value(pipeline: str, drawn: Drawn) -> None:
    module, before = drawn.module, clone_module(drawn.module)
    run(pipeline, module)
    assert defined_before_used(module)

    of_layer: dict[str, Array] = {}
    live: set[Operation] = set()

    def remember(op: Operation, results: Sequence[Array]) -> None:
        of_layer[layers_of(op)[-1].layer_name] = results[0]

    computed: dict[
        str, tuple[str, Array]
    ] = {}  # of several operations with a layer, the last one computes it

    def note(op: Operation, results: Sequence[Array]) -> None:
        if not depends_on_constants_only(op) and layers_of(op):
            computed[layers_of(op)[-1].layer_name] = op.name, results[0]

    x = np.random.default_rng(1).uniform(-2, 2, (1, 4, 6, 6))
    expected = evaluate(before, [x], on_result=remember)
    actual = evaluate(module, [x], on_result=note)
    for name, (op_name, value) in computed.items():
        assert close(value, of_layer[name]), f"{op_name} does not compute {name}"
    assert actual.keys() == expected.keys()
    for name in expected:
        assert close(actual[name], expected[name]), name

    # Layers of everything that the outputs need are still there.
    for op in reversed(list(before.walk())):
        if op.name == "func.return" or any(
            use.operation in live for result in op.results for use in result.uses
        ):
            live.add(op)
    names = {layer.layer_name for op in module.walk() for layer in layers_of(op)}
    for op in live:
        if not isinstance(op, ConstantOp):
            assert {layer.layer_name for layer in layers_of(op)} <= names or _returns_argument(module)


def _returns_argument(module: ModuleOp) -> bool:
    """A network that does nothing has no operation to carry its layers."""
    main = module.body.block.first_op
    assert main is not None
    return any(operand is main.regions[0].block.args[0] for operand in main.regions[0].block.last_op.operands)  # type: ignore[union-attr]
