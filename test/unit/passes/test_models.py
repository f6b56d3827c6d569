"""Real models: `optimize` changes no result, fuses what can be fused and loses no layer that is still computed."""

from __future__ import annotations

import pytest
from models import Model, compare_outputs, group1_models, model_inputs, model_parameters
from unit.passes.networks import run
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from arhat.dialects.arhat import ArhatOp, ConstantOp, ConvolutionOp, MatmulOp, type_of
from arhat.importers.openvino import import_openvino
from arhat.interpreters import evaluate, input_names, main_of
from arhat.layers import layers_of
from arhat.passes.channel_wise import accepts_steps, channel_step
from arhat.passes.fuse_activation import activation_of
from arhat.passes.rewriting import defining_constant, only_user
from arhat.weights import clone_module, dtype_of


def not_fused(module: ModuleOp) -> list[str]:
    """Steps and activations next to a convolution or matmul that could take them in."""
    found: list[str] = []
    for op in module.walk():
        if not isinstance(op, ConvolutionOp | MatmulOp):
            continue
        convolution = isinstance(op, ConvolutionOp)
        axis = 1 if convolution else -1
        where = f"{op.name} of {layers_of(op)[-1].layer_name}"
        filter = defining_constant(op.filter if isinstance(op, ConvolutionOp) else op.b)
        after, source = only_user(op.result), (op.x if isinstance(op, ConvolutionOp) else op.a)
        if filter is not None and accepts_steps(op) and channel_step(after, axis) is not None:
            found.append(f"step after {where}")
        if op.activation is None and after is not None and activation_of(after) is not None:
            found.append(f"activation after {where}")
        before = source.owner if isinstance(source.owner, Operation) and only_user(source) is op else None
        step = channel_step(before, axis)
        pads = isinstance(op, ConvolutionOp) and any((*op.pads_begin.get_values(), *op.pads_end.get_values()))
        if filter is not None and step is not None and not (pads and step.shifts):
            found.append(f"step before {where}")
    return found


@pytest.mark.parametrize("model", model_parameters(group1_models()))
def test_optimized_models(model: Model) -> None:
    before = import_openvino(model.xml)
    module = clone_module(before)
    run("optimize", module)
    assert not_fused(module) == []
    assert all(layers_of(op) for op in module.walk() if isinstance(op, ArhatOp))
    names = {layer for op in module.walk() for layer in layers_of(op)}
    steps = [
        op
        for op in before.walk()
        if isinstance(op, ConvolutionOp | MatmulOp) and not isinstance(op, ConstantOp)
    ]
    assert all(names.issuperset(layers_of(op)) for op in steps)

    arguments = main_of(module).body.block.args
    types = {
        name: (type_of(argument).get_shape(), dtype_of(type_of(argument).element_type))
        for name, argument in zip(input_names(module), arguments, strict=True)
    }
    inputs = model_inputs(model, types)
    compare_outputs(evaluate(module, inputs), evaluate(before, inputs))
