"""type-network on random networks: near the values in f32, 16 bits where they count, few casts."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.passes.networks import Drawn, run
from unit.passes.test_lower_int8_cudnn import parse
from unit.passes.trt_networks import elements_of, layers_of_network, networks
from xdsl.dialects.builtin import ModuleOp, bf16, f16

from arhat.dialects import trt
from arhat.errors import UserError
from arhat.interpreters import evaluate, main_of
from arhat.layers import layers_of
from arhat.passes.type_network import PLUGINS_IN_16_BITS
from arhat.weights import clone_module

SETTINGS = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
TOLERANCES = {"f16": 0.02, "bf16": 0.15}
"""How far values of the size of 1 may be from f32 after a few layers."""
ELEMENTS = {"f16": f16, "bf16": bf16}
HEAVY = (trt.ConvolutionOp, trt.MatrixMultiplyOp)


def typed(module: ModuleOp, to: str, *keep: str) -> ModuleOp:
    """A copy with the element types of `to`."""
    names = "keep=" + ",".join(f'"{name}"' for name in keep) if keep else ""
    module = clone_module(module)
    run(f"type-network{{to={to} {names}}}", module)
    return module


def casts(module: ModuleOp) -> list[trt.CastOp]:
    """The casts of a module."""
    return [op for op in module.walk() if isinstance(op, trt.CastOp)]


@SETTINGS
@given(networks(moving=False), st.sampled_from(["f16", "bf16"]))
def test_values_are_near_those_of_f32_with_few_casts(drawn: Drawn, to: str) -> None:
    x = np.random.default_rng(2).standard_normal((1, 4, 6, 6)).astype(np.float32)
    before = evaluate(drawn.module, [x])
    low = typed(drawn.module, to)
    after = evaluate(low, [x])
    for name, value in before.items():
        assert after[name].dtype == value.dtype
        size = max(1.0, float(np.abs(value).max(initial=0)))
        np.testing.assert_allclose(after[name], value, atol=TOLERANCES[to] * size, rtol=0)
    # A value is cast once, to 16 bits or back, and never there and back.
    made = casts(low)
    assert max(Counter((op.x, op.output.type) for op in made).values(), default=1) == 1
    for op in made:
        assert not isinstance(op.x.owner, trt.CastOp | trt.ConstantOp)


@SETTINGS
@given(networks(), st.sampled_from(["f16", "bf16"]))
def test_what_counts_has_16_bits_and_what_is_delicate_has_not(drawn: Drawn, to: str) -> None:
    module = typed(drawn.module, to)
    for op in layers_of_network(module):
        low = ELEMENTS[to] in elements_of(op)
        if isinstance(op, HEAVY):
            assert low
        delicate = isinstance(op, trt.UnaryOp) or (isinstance(op, trt.ReduceOp) and op.op.data == "sum")
        assert not (low and delicate)
        assert not (low and isinstance(op, trt.ElementWiseOp) and op.op.data == "div")
    assert main_of(module).function_type == main_of(drawn.module).function_type


@SETTINGS
@given(networks(moving=False), st.integers(0, 100))
def test_layers_that_are_kept_stay_f32(drawn: Drawn, number: int) -> None:
    layers = layers_of_network(drawn.module)
    name = layers_of(layers[number % len(layers)])[-1].layer_name
    module = typed(drawn.module, "f16", name)
    kept = [op for op in layers_of_network(module) if [layer.layer_name for layer in layers_of(op)] == [name]]
    assert kept
    for op in kept:
        assert isinstance(op, trt.CastOp) or f16 not in elements_of(op)
    everything = [layers_of(op)[-1].layer_name for op in layers]
    assert str(typed(drawn.module, "f16", *everything)) == str(typed(drawn.module, "f32"))


@SETTINGS
@given(networks())
def test_f32_and_tf32_change_no_layer(drawn: Drawn) -> None:
    text = str(drawn.module)
    assert str(typed(drawn.module, "f32")) == text
    tf32 = typed(drawn.module, "tf32")
    assert main_of(tf32).attributes.pop(trt.TF32, None) is not None
    assert str(tf32) == text


def test_a_name_that_no_layer_has_is_an_error() -> None:
    module = parse("func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {\nfunc.return %x : tensor<4xf32>\n}")
    with pytest.raises(UserError, match="keep layer 'a' in f32, but the model has none"):
        run('type-network{to=f16 keep="a"}', module)


def test_plugins_in_16_bits_are_plugins() -> None:
    assert set(PLUGINS_IN_16_BITS) <= set(trt.PLUGINS)
