"""The passes of the cudnn target leave values as they are, in every precision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from models import QUICK, Model, all_models, model, model_inputs, model_parameters
from unit.passes.cpu_networks import network
from unit.passes.test_cpu import an_input, run
from xdsl.dialects import func
from xdsl.dialects.builtin import Attribute, ModuleOp, bf16, f16, f32, f64, i64
from xdsl.ir import Block, Region, SSAValue

from arhat.cli.verify import Limits, difference
from arhat.compiler import import_model
from arhat.dialects import arhat, cudnn, kernel
from arhat.dialects.arhat import ActivationAttr, ArhatOp, type_of
from arhat.dialects.kernel import tensor_of
from arhat.driver.registry import make_context, make_resolver
from arhat.driver.run import run_steps
from arhat.errors import UserError
from arhat.interpreters import Array, evaluate, input_names, main_of
from arhat.options import CompileOptions
from arhat.passes.pipelines import CUDNN_LOWER, CUDNN_PLAN, FOLD
from arhat.weights import WeightStore, attach, clone_module, dtype_of, make_constant

PRECISIONS = ("f32", "tf32", "f16", "bf16")
STEPS = [*CUDNN_LOWER.split(","), *CUDNN_PLAN.split(",")]
LIMITS = {
    "f32": Limits(1e-5),
    "tf32": Limits(1e-5),
    "f16": Limits(2e-3, 2e-2, 0.95, True),
    "bf16": Limits(1.6e-2, 1e-1, 0.85, True),
}
"""By precision. In f32 sums and factors come in another order. In 16 bits an element then rounds to the neighbour now
and then, 5e-4 (f16) or 4e-3 (bf16) of a value; the first number is four times that. Lists of detections are matched one
to one, as `arhat verify` does.
"""


def assert_close(actual: Mapping[str, Array], expected: Mapping[str, Array], to: str, when: str) -> None:
    for (name, ours), theirs in zip(actual.items(), expected.values(), strict=True):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape, f"{name} after {when}"
        off = difference(name, ours, theirs, LIMITS[to])
        problems = [] if off.detections is None else off.detections.problems
        assert off.ok, f"{name} after {when}: off by {off.relative}; {problems[:3]}"


def optimized(module: ModuleOp, to: str) -> ModuleOp:
    run(f"optimize,precision{{to={to}}},{FOLD}", module)
    return module


@pytest.mark.parametrize("to", PRECISIONS)
@pytest.mark.parametrize("seed", range(12))
def test_every_pass_keeps_the_values(seed: int, to: str) -> None:
    module = optimized(network(seed), to)
    x = an_input(module)
    expected = evaluate(clone_module(module), [x])
    for step in STEPS:
        run(step, module)
        assert_close(evaluate(module, [x]), expected, to, step)


# One operation ----------------------------------------------------------------------------------------------


def one_op(
    kind: type[ArhatOp], shapes: list[tuple[int, ...]], element: Attribute, **properties: Any
) -> ModuleOp:
    """A module with one op: its first operand is the input, the others constants; an empty shape is an absent one."""
    store, random = WeightStore(), np.random.default_rng(1)
    block = Block(arg_types=[arhat.tensor_type(element, shapes[0])])
    operands: list[SSAValue | None] = [block.args[0]]
    for shape in shapes[1:]:
        if not shape:
            operands.append(None)
            continue
        array = random.standard_normal(shape).astype(dtype_of(element))
        constant = make_constant(store, array, "w", element=element)
        block.add_op(constant)
        operands.append(constant.result)
    op = kind.build_inferred(operands, properties, [arhat.LayerAttr.get("layer", 1)])
    block.add_op(op)
    block.add_op(func.ReturnOp(*op.results))
    types = ([block.args[0].type], [result.type for result in op.results])
    module = ModuleOp([func.FuncOp("main", types, Region(block))])
    attach(module, store)
    return module


def check_one(module: ModuleOp, to: str, steps: str = "convert-arhat-to-cudnn") -> ModuleOp:
    argument = type_of(main_of(module).body.block.args[0])
    x = np.random.default_rng(0).standard_normal(argument.get_shape()).astype(dtype_of(argument.element_type))
    expected = evaluate(clone_module(module), [x])
    run(steps, module)
    assert_close(evaluate(module, [x]), expected, to, steps)
    left = [op.name for op in module.walk() if op.name.startswith("arhat.")]
    assert set(left) <= {"arhat.constant"}
    return module


def names(module: ModuleOp) -> list[str]:
    return [op.name for op in main_of(module).body.block.ops if not isinstance(op, arhat.ConstantOp)][:-1]


ELEMENTS = {"f32": f32, "f16": f16, "bf16": bf16}
ACTIVATIONS = [
    ActivationAttr.get("relu"),
    ActivationAttr.get("leaky_relu", 0.1),
    ActivationAttr.get("clamp", 0.0, 1.0),
    ActivationAttr.get("clamp", -0.5, 1.0),
    ActivationAttr.get("sigmoid"),
    ActivationAttr.get("elu", 0.7),
    ActivationAttr.get("tanh"),
    ActivationAttr.get("swish"),
    ActivationAttr.get("swish", 1.5),
    ActivationAttr.get("hswish"),
    ActivationAttr.get("mish"),
    ActivationAttr.get("prelu"),
]
IMAGE: dict[str, Any] = {"strides": [1, 1], "pads_begin": [1, 1], "pads_end": [1, 1], "dilations": [1, 1]}


@pytest.mark.parametrize("to", ELEMENTS)
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("last", [False, True])
def test_what_follows_a_convolution(activation: ActivationAttr, last: bool, to: str) -> None:
    slope = (8,) if activation.kind == "prelu" else ()
    shapes = [(1, 4, 6, 6), (8, 4, 3, 3), (8,), (1, 8, 6, 6), slope]
    module = one_op(
        arhat.ConvolutionOp,
        shapes,
        ELEMENTS[to],
        **IMAGE,
        groups=1,
        activation=activation,
        residual_after_activation=True if last else None,
    )
    check_one(module, to)
    nodes = [op for op in module.walk() if isinstance(op, cudnn.NodeOp)]
    assert all(tensor_of(node.output).element_type == f32 for node in nodes[:-1])
    assert tensor_of(nodes[-1].output).element_type == ELEMENTS[to]
    assert len(nodes) == len(names(module)), "nothing but nodes"


@pytest.mark.parametrize("rank", [3, 4, 5])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("to", ["f32", "f16"])
def test_convolutions(rank: int, groups: int, transposed: bool, to: str) -> None:
    spatial = rank - 2
    lists = {"strides": 2, "pads_begin": 1, "pads_end": 0, "dilations": 2}
    properties: dict[str, Any] = {name: [value] * spatial for name, value in lists.items()}
    kind: type[ArhatOp] = arhat.ConvolutionOp
    filter = (6, 4 // groups, *[3] * spatial)
    if transposed:
        kind, filter = arhat.TransposedConvolutionOp, (4, 6 // groups, *[3] * spatial)
        properties["output_padding"] = [1] * spatial
    shapes = [(2, 4, *[7, 6, 5][:spatial]), filter, (6,)]
    check_one(one_op(kind, shapes, ELEMENTS[to], **properties, groups=groups), to)


def test_output_padding_of_a_whole_stride_is_zeros() -> None:
    properties = IMAGE | {"output_padding": [1, 2]}
    module = one_op(
        arhat.TransposedConvolutionOp, [(1, 4, 5, 5), (4, 6, 3, 3), (6,)], f32, **properties, groups=1
    )
    assert "kernel.pad" in names(check_one(module, "f32"))


@pytest.mark.parametrize("rank", [3, 4, 5])
@pytest.mark.parametrize("rounding", ["floor", "ceil", "ceil_torch"])
@pytest.mark.parametrize("to", ["f32", "f16"])
@pytest.mark.parametrize("mean", [None, False, True])
def test_pooling(rank: int, rounding: str, mean: bool | None, to: str) -> None:
    spatial = rank - 2
    lists = {"kernel": 3, "strides": 2, "pads_begin": 1, "pads_end": 0}
    properties: dict[str, Any] = {name: [value] * spatial for name, value in lists.items()}
    if mean is None:
        kind: type[ArhatOp] = arhat.MaxPoolOp
        properties["dilations"] = [1] * spatial
    else:
        kind = arhat.AvgPoolOp
        properties["exclude_pad"] = mean
    module = one_op(kind, [(1, 3, *[8, 7, 6][:spatial])], ELEMENTS[to], **properties, rounding=rounding)
    check_one(module, to)
    assert names(module).count("cudnn.resample") == 1
    assert not any(name.startswith("kernel.") and name != "kernel.view" for name in names(module))


@pytest.mark.parametrize("element", [i64, f64, f32], ids=str)
def test_a_pooling_that_cudnn_has_not_is_a_kernel(element: Attribute) -> None:
    properties: dict[str, Any] = {
        "kernel": [2, 2],
        "strides": [1, 1],
        "pads_begin": [0, 0],
        "pads_end": [0, 0],
    }
    dilations = [2, 2] if element == f32 else [1, 1]
    module = one_op(
        arhat.MaxPoolOp, [(1, 3, 6, 6)], element, **properties, dilations=dilations, rounding="floor"
    )
    assert names(check_one(module, "f32")) == ["kernel.max_pool"]


MATMULS = [
    ((2, 3, 4), (2, 4, 5), ()),
    ((3, 4), (4, 5), (5,)),
    ((3, 4), (4, 5), (1, 5)),
    ((3, 4), (4, 5), (3, 1)),
    ((2, 3, 4), (4, 5), (2, 1, 5)),
    ((4,), (4, 5), (5,)),
    ((3, 4), (4,), (3,)),
    ((3, 4), (4,), ()),
    ((4,), (4,), ()),
    ((2, 3, 4), (4,), (2, 1)),
    ((4,), (2, 4, 5), (2, 5)),
]


@pytest.mark.parametrize(("a", "b", "bias"), MATMULS, ids=str)
@pytest.mark.parametrize(
    "activation", [None, ActivationAttr.get("relu"), ActivationAttr.get("sigmoid")], ids=str
)
@pytest.mark.parametrize("to", ["f32", "f16", "bf16"])
def test_matrix_products(
    a: tuple[int, ...], b: tuple[int, ...], bias: tuple[int, ...], activation: ActivationAttr | None, to: str
) -> None:
    module = one_op(
        arhat.MatmulOp,
        [a, b, bias],
        ELEMENTS[to],
        transpose_a=False,
        transpose_b=False,
        activation=activation,
    )
    check_one(module, to)
    (product,) = [op for op in module.walk() if isinstance(op, cudnn.CublasLtMatmulOp)]
    assert product.math.data == ("strict" if to == "f32" else "any")


def test_products_of_other_types() -> None:
    flags = {"transpose_a": False, "transpose_b": True}
    shapes: list[tuple[int, ...]] = [(3, 4), (5, 4)]
    assert "kernel.matmul" in names(check_one(one_op(arhat.MatmulOp, shapes, i64, **flags), "f32"))
    wide = names(check_one(one_op(arhat.MatmulOp, shapes, f64, **flags), "f32"))
    assert wide.count("kernel.convert") == 3


def test_tf32_is_asked_for_where_the_function_says_so() -> None:
    module = one_op(arhat.MatmulOp, [(3, 4), (4, 5)], f32, transpose_a=False, transpose_b=False)
    check_one(module, "tf32", "precision{to=tf32},convert-arhat-to-cudnn")
    (product,) = [op for op in module.walk() if isinstance(op, cudnn.CublasLtMatmulOp)]
    assert product.math.data == "tf32"


@pytest.mark.parametrize("to", ["f32", "f16", "bf16"])
def test_kernels_compute_in_f32_and_move_16_bits(to: str) -> None:
    element = ELEMENTS[to]
    computes = one_op(arhat.ReduceSumOp, [(2, 3, 4)], element, axes=[1], keep_dims=True)
    assert names(check_one(computes, to)).count("kernel.convert") == (0 if to == "f32" else 2)
    moves = one_op(arhat.TransposeOp, [(2, 3, 4)], element, perm=[2, 0, 1])
    assert names(check_one(moves, to)) == ["kernel.transpose"]
    pooled = one_op(arhat.ReduceMeanOp, [(2, 3, 4, 4)], element, axes=[2, 3], keep_dims=False)
    assert names(check_one(pooled, to)) == ["cudnn.resample", "kernel.view"]
    chance = one_op(arhat.SoftmaxOp, [(2, 3, 4)], element, axis=1)
    assert names(check_one(chance, to)) == ["cudnn.softmax"]


@pytest.mark.parametrize(
    ("size", "beta", "name"), [(5, 0.75, "cudnn.lrn"), (17, 0.75, "kernel.lrn"), (5, 1e-3, "kernel.lrn")]
)
def test_response_normalisation(size: int, beta: float, name: str) -> None:
    module = one_op(arhat.LrnOp, [(1, 20, 4, 4)], f32, axes=[1], alpha=1e-2, beta=beta, bias=1.0, size=size)
    assert names(check_one(module, "f32")) == [name]


SEQUENCES = {arhat.LstmSequenceOp: 2, arhat.GruSequenceOp: 1, arhat.RnnSequenceOp: 1}
FUNCTIONS = {
    arhat.LstmSequenceOp: ["sigmoid", "tanh", "tanh"],
    arhat.GruSequenceOp: ["hard_sigmoid", "tanh"],
    arhat.RnnSequenceOp: ["relu"],
}


@pytest.mark.parametrize("kind", SEQUENCES, ids=lambda kind: kind.name)
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("clip", [0.0, 0.25])
@pytest.mark.parametrize("linear", [False, True])
@pytest.mark.parametrize("lengths", [False, True])
def test_recurrences(kind: Any, direction: str, clip: float, linear: bool, lengths: bool) -> None:
    if linear and kind is not arhat.GruSequenceOp:
        pytest.skip("only a GRU has that")
    rows, steps, inputs, hidden = 2, 4, 3, 5
    directions = 2 if direction == "bidirectional" else 1
    gates = kind.GATES * hidden
    module = recurrence(
        kind,
        [(rows, steps, inputs), *[(rows, directions, hidden)] * SEQUENCES[kind]],
        [(directions, gates, inputs), (directions, gates, hidden), (directions, gates)],
        (directions, hidden) if linear else None,
        [3, 1] if lengths else None,
        {"direction": direction, "clip": clip},
    )
    ops = names(check_one(module, "f32"))
    assert ops.count("cudnn.cublaslt_matmul") >= 1 + steps * directions


def recurrence(
    kind: Any,
    states: list[tuple[int, ...]],
    weights: list[tuple[int, ...]],
    bias: tuple[int, ...] | None,
    lengths: list[int] | None,
    properties: dict[str, Any],
) -> ModuleOp:
    """A module with one recurrence on constants; `x` is the input, the states follow it."""
    from xdsl.dialects.builtin import ArrayAttr, StringAttr

    store, random = WeightStore(), np.random.default_rng(2)
    block = Block(arg_types=[arhat.tensor_type(f32, states[0])])

    def constant(array: Any) -> SSAValue:
        op = make_constant(store, np.asarray(array), "w")
        block.add_op(op)
        return op.result

    shapes = [*states[1:], *weights]
    operands: list[SSAValue | None] = [constant(random.standard_normal(s).astype(np.float32)) for s in shapes]
    if kind is arhat.GruSequenceOp:
        operands.append(None if bias is None else constant(random.standard_normal(bias).astype(np.float32)))
        properties = properties | {"linear_before_reset": bias is not None}
    operands.append(None if lengths is None else constant(np.array(lengths, np.int64)))
    names = FUNCTIONS[kind]
    given = {
        "activations": ArrayAttr([StringAttr(name) for name in names]),
        "alpha": [0.2] * len(names),
        "beta": [0.5] * len(names),
    }
    op = kind.build_inferred([block.args[0], *operands], properties | given)
    block.add_op(op)
    block.add_op(func.ReturnOp(*op.results))
    types = ([block.args[0].type], [result.type for result in op.results])
    module = ModuleOp([func.FuncOp("main", types, Region(block))])
    attach(module, store)
    return module


def test_long_sequences_are_refused() -> None:
    states: list[tuple[int, ...]] = [(1, 300, 2), (1, 1, 3)]
    module = recurrence(
        arhat.RnnSequenceOp,
        states,
        [(1, 3, 2), (1, 3, 3), (1, 3)],
        None,
        None,
        {"direction": "forward", "clip": 0.0},
    )
    with pytest.raises(UserError, match="sequences of more than 256 steps are not supported"):
        run("convert-arhat-to-cudnn", module)


def test_a_conversion_is_a_kernel_that_others_can_take_in() -> None:
    block = Block(arg_types=[arhat.tensor_type(f32, (4,))])
    x = block.args[0]
    ops: list[ArhatOp] = [arhat.ConvertOp.build_inferred([x], {"to": f16})]
    ops.append(arhat.ReluOp.build_inferred([ops[-1].results[0]]))
    ops.append(arhat.ConvertOp.build_inferred([x], {"to": bf16}))
    block.add_ops(ops)
    block.add_op(func.ReturnOp(ops[1].results[0], ops[2].results[0]))
    types = ([x.type], [ops[1].results[0].type, ops[2].results[0].type])
    module = ModuleOp([func.FuncOp("main", types, Region(block))])
    assert names(check_one(module, "f16")) == ["kernel.elementwise", "kernel.elementwise", "kernel.convert"]
    assert isinstance(main_of(module).body.block.first_op, kernel.ElementwiseOp)


# Real models ------------------------------------------------------------------------------------------------

F32_MODELS = ("face-detection-retail-0004/FP32-v11", "SampLeNet/FP32-v10", "aclnet/FP16-v10")


def imported(model: Model) -> ModuleOp:
    return import_model(model.xml, CompileOptions(input_shapes=model.input_shapes))


def inputs_of(model: Model, module: ModuleOp) -> dict[str, Array]:
    arguments = [type_of(argument) for argument in main_of(module).body.block.args]
    types = {
        name: (type.get_shape(), dtype_of(type.element_type))
        for name, type in zip(input_names(module), arguments, strict=True)
    }
    return model_inputs(model, types)


@pytest.mark.parametrize("id", F32_MODELS)
@pytest.mark.parametrize("to", ["f32", "bf16"])
def test_every_pass_keeps_what_real_models_compute(id: str, to: str) -> None:
    entry = model(id)
    module = optimized(imported(entry), to)
    inputs = inputs_of(entry, module)
    expected = evaluate(clone_module(module), inputs)
    for step in STEPS:
        run(step, module)
        if step not in ("dce", "check-memory-plan"):
            assert_close(evaluate(module, inputs), expected, to, step)


@pytest.mark.parametrize("model", model_parameters([m for m in all_models() if m.id in QUICK]))
def test_real_models_in_f16(model: Model) -> None:
    module = optimized(imported(model), "f16")
    inputs = inputs_of(model, module)
    expected = evaluate(clone_module(module), inputs)
    run("convert-arhat-to-cudnn", module)
    assert_close(evaluate(module, inputs), expected, "f16", "convert-arhat-to-cudnn")
    run(",".join([*STEPS[1:]]), module)
    assert_close(evaluate(module, inputs), expected, "f16", "all")


@pytest.mark.parametrize("model", model_parameters(all_models()))
def test_every_model_is_lowered(model: Model) -> None:
    """All models with ARHAT_ALL_MODELS=1; nothing is computed here, and verified once, at the end."""
    module = imported(model)
    run(f"quantize,optimize,precision{{to=f16}},{FOLD}", module)
    run_steps(make_context(), module, make_resolver().resolve("cudnn-lower,cudnn-plan"), [])
    module.verify()
    left = {op.name for op in module.walk() if op.name.startswith("arhat.")}
    assert left <= {"arhat.constant"}
