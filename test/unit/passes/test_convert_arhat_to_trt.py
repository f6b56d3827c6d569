"""Layers of TensorRT mean what the ops of the model meant."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from models import QUICK, Model, all_models, model_parameters
from sweeps import Array, Case, Sweep, _examples
from sweeps import imported as imported_case
from unit.passes.cpu_networks import network
from unit.passes.networks import Drawn, networks
from unit.passes.test_convert_arhat_to_cudnn import (
    ACTIVATIONS,
    ELEMENTS,
    IMAGE,
    MATMULS,
    SEQUENCES,
    assert_close,
    imported,
    inputs_of,
    one_op,
    recurrence,
)
from unit.passes.test_cpu import an_input, run
from unit.passes.trt_ports import U8, native_ports
from xdsl.dialects import func
from xdsl.dialects.builtin import (
    Attribute,
    IntegerType,
    ModuleOp,
    Signedness,
    f16,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.ir import Block, Region, SSAValue

from arhat.cli.verify import Limits, difference
from arhat.dialects import arhat, kernel, trt
from arhat.dialects.arhat import ActivationAttr, ArhatOp, tensor_type, type_of
from arhat.errors import UserError, UserErrors
from arhat.interpreters import evaluate, main_of
from arhat.layers import layers_of
from arhat.passes.convert_arhat_to_trt import _LOWERINGS
from arhat.passes.lower_elements_trt import WIDER
from arhat.weights import (
    clone_module,
    constant_value,
    dense,
    dtype_of,
    make_constant,
    round_to_bf16,
    store_of,
)

CONVERT = "convert-arhat-to-trt"
U16, U32, U64 = (IntegerType(width, Signedness.UNSIGNED) for width in (16, 32, 64))


def left(module: ModuleOp) -> set[str]:
    return {op.name for op in module.walk() if op.name.startswith("arhat.")}


def layers(module: ModuleOp) -> list[str]:
    skipped = (arhat.ConstantOp, trt.ConstantOp, func.ReturnOp)
    return [op.name for op in main_of(module).body.block.ops if not isinstance(op, skipped)]


def check(module: ModuleOp, inputs: Sequence[Array], to: str = "f32") -> ModuleOp:
    expected = evaluate(clone_module(module), list(inputs))
    run(CONVERT, module)
    assert left(module) <= {"arhat.constant"}
    assert_close(evaluate(module, list(inputs)), expected, to, CONVERT)
    return module


def check_one(module: ModuleOp, to: str = "f32") -> ModuleOp:
    argument = type_of(main_of(module).body.block.args[0])
    x = np.random.default_rng(0).standard_normal(argument.get_shape())
    x = round_to_bf16(x) if to == "bf16" else x.astype(dtype_of(argument.element_type))
    return check(module, [x], to)


def test_every_operation_has_a_lowering() -> None:
    known = {op.name for op in (*arhat.OPERATIONS, *arhat.STATE_OPERATIONS)} - {"arhat.constant"}
    assert known == set(_LOWERINGS)


# Networks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["f32", "f16", "bf16"])
@pytest.mark.parametrize("seed", range(12))
def test_random_networks_keep_their_values(seed: int, to: str) -> None:
    module = network(seed)
    run(f"optimize,precision{{to={to}}}", module)
    x = an_input(module)
    expected = evaluate(clone_module(module), [x])
    run(CONVERT, module)
    limits = {"f32": 1e-5, "f16": 1e-2, "bf16": 5e-2}  # 16-bit layers round after each step
    for (name, ours), theirs in zip(evaluate(module, [x]).items(), expected.values(), strict=True):
        assert difference(name, ours, theirs, Limits(limits[to])).ok


@given(networks())
@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_layers_keep_their_names(drawn: Drawn) -> None:
    module = native_ports(clone_module(drawn.module), [])
    block = main_of(module).body.block
    before = [layer for op in block.ops if isinstance(op, ArhatOp) for layer in layers_of(op)]
    run(CONVERT, module)
    after = [set(layers_of(op)) for op in block.ops if isinstance(op, trt.TrtOp) and op.operands]
    assert all(names <= set(before) for names in after)
    computing = [op for op in block.ops if isinstance(op, trt.TrtOp) and not isinstance(op, trt.ConstantOp)]
    assert not computing or all(layers_of(op) for op in computing)


@pytest.mark.parametrize("model", model_parameters([m for m in all_models() if m.id in QUICK]))
def test_real_models(model: Model) -> None:
    module = imported(model)
    run("optimize-trt,fold-priors,compose-region", module)
    inputs = inputs_of(model, module)
    expected = evaluate(clone_module(module), inputs)
    run(CONVERT, module)
    assert_close(evaluate(module, inputs), expected, "f32", CONVERT)


# Cases of the sweeps ------------------------------------------------------------------------------------------

FAMILIES = [
    "control_flow",
    "convolution",
    "detection",
    "elementwise",
    "indexing",
    "logic",
    "movement",
    "nms",
    "normalization",
    "pooling",
    "quantization",
    "recurrent",
    "reduction",
    "resize",
    "roi",
]
REFUSED = (
    "TensorRT has no bitwise operations on integers",
    "integers are raised to constant powers from 1 to 64 only",
    "integers of more than 16 bits are resized to nearest neighbours only",
    "integers are rounded sums of f64, which TensorRT does not have",
)
"""What the target cannot do."""


def check_case(case: Case) -> None:
    inputs = list(case.inputs)
    module = native_ports(imported_case([case]), inputs)
    expected = evaluate(module, inputs)
    run("optimize-trt", module)
    try:
        run(CONVERT, module)
    except UserErrors as errors:
        assert all(str(error).splitlines()[0].endswith(REFUSED) for error in errors.errors), case
        return
    except UserError as error:
        assert str(error).splitlines()[0].endswith(REFUSED), case
        return
    assert left(module) <= {"arhat.constant"}
    for actual, theirs in zip(evaluate(module, inputs).values(), expected.values(), strict=True):
        assert actual.dtype == theirs.dtype
        finite = np.where(np.isfinite(theirs), theirs, 0).astype(np.float64)
        scale = max(1.0, float(np.abs(finite).max(initial=0)))
        np.testing.assert_allclose(actual, theirs, rtol=1e-4, atol=1e-5 * scale, err_msg=repr(case))


@pytest.mark.parametrize("family", FAMILIES)
def test_first_cases_of_the_sweeps(family: str) -> None:
    sweep: Sweep = importlib.import_module(f"unit.sweeps.test_{family}").sweep
    for operator in sweep.operators.values():
        for case in _examples(operator, 6):
            check_case(case)


# Convolutions and products ------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["f32", "f16", "bf16"])
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
@pytest.mark.parametrize("last", [False, True])
def test_what_follows_a_convolution(activation: ActivationAttr, last: bool, to: str) -> None:
    slope = (8,) if activation.kind == "prelu" else ()
    module = one_op(
        arhat.ConvolutionOp,
        [(1, 4, 6, 6), (8, 4, 3, 3), (8,), (1, 8, 6, 6), slope],
        ELEMENTS[to],
        **IMAGE,
        groups=1,
        activation=activation,
        residual_after_activation=True if last else None,
    )
    assert layers(check_one(module, to))[0] == "trt.convolution"
    assert not any(isinstance(op, kernel.AnyKernelOp) for op in module.walk())


@pytest.mark.parametrize("rank", [3, 4, 5])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("more", [0, 1, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
def test_transposed_convolutions(rank: int, groups: int, more: int, dilation: int, stride: int) -> None:
    spatial = rank - 2
    lists = {"strides": stride, "pads_begin": 1, "pads_end": 1, "dilations": dilation, "output_padding": more}
    module = one_op(
        arhat.TransposedConvolutionOp,
        [(2, 4, *[5, 4, 3][:spatial]), (4, 6 // groups, *[3] * spatial), (6,)],
        f32,
        **{name: [value] * spatial for name, value in lists.items()},
        groups=groups,
    )
    check_one(module)
    (layer,) = [op for op in module.walk() if isinstance(op, trt.DeconvolutionOp)]
    assert (layer.bias is None) == (more > 1), "the bias is there where nothing else reaches, too"


@pytest.mark.parametrize("transposed", [False, True])
def test_filters_that_are_computed(transposed: bool) -> None:
    kind = arhat.TransposedConvolutionOp if transposed else arhat.ConvolutionOp
    x, filter, bias = (tensor_type(f32, shape) for shape in [(1, 2, 5, 5), (2, 2, 3, 3), (2,)])
    block = Block(arg_types=[x, filter, bias])
    more = {"output_padding": [1, 1]} if transposed else {}
    properties = IMAGE | {"strides": [2, 2], "dilations": [2, 2], "groups": 1} | more
    op = kind.build_inferred(list(block.args), properties)
    module = of_block(block, [op], op.results)
    random = np.random.default_rng(0)
    inputs = [random.standard_normal(t.get_shape()).astype(np.float32) for t in (x, filter, bias)]
    check(module, inputs)


@pytest.mark.parametrize(("a", "b", "bias"), MATMULS, ids=str)
@pytest.mark.parametrize("to", ["f32", "bf16"])
def test_matrix_products(a: tuple[int, ...], b: tuple[int, ...], bias: tuple[int, ...], to: str) -> None:
    flags = {"transpose_a": False, "transpose_b": False}
    module = one_op(
        arhat.MatmulOp, [a, b, bias], ELEMENTS[to], **flags, activation=ActivationAttr.get("relu")
    )
    assert layers(check_one(module, to)).count("trt.matrix_multiply") == 1


@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
def test_products_of_integers_are_exact(transpose_a: bool, transpose_b: bool) -> None:
    a, b = ((2, 4, 3) if transpose_a else (2, 3, 4)), ((5, 4) if transpose_b else (4, 5))
    block = Block(arg_types=[tensor_type(i64, a), tensor_type(i64, b)])
    flags = {"transpose_a": transpose_a, "transpose_b": transpose_b}
    op = arhat.MatmulOp.build_inferred(list(block.args), flags)
    large = np.random.default_rng(0).integers(-(1 << 30), 1 << 30, 44)
    inputs = [large[:24].reshape(a), large[24:].reshape(b)]
    module = of_block(block, [op], op.results)
    expected = evaluate(clone_module(module), inputs)["result0"]
    run(CONVERT, module)
    np.testing.assert_array_equal(evaluate(module, inputs)["result0"], expected)


def of_block(block: Block, ops: Sequence[ArhatOp], results: Sequence[SSAValue]) -> ModuleOp:
    block.add_ops([op for op in ops if op.parent is None])
    block.add_op(func.ReturnOp(*results))
    types = ([argument.type for argument in block.args], [result.type for result in results])
    return ModuleOp([func.FuncOp("main", types, Region(block))])


# Pooling, normalisation, recurrences --------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [3, 4, 5])
@pytest.mark.parametrize("rounding", ["floor", "ceil", "ceil_torch"])
@pytest.mark.parametrize("mean", [None, False, True])
@pytest.mark.parametrize("pads", [(1, 0), (0, 2), (3, 3)])
def test_pooling(rank: int, rounding: str, mean: bool | None, pads: tuple[int, int]) -> None:
    spatial = rank - 2
    lists = {"kernel": 3, "strides": 2, "pads_begin": pads[0], "pads_end": pads[1]}
    properties: dict[str, Any] = {name: [value] * spatial for name, value in lists.items()}
    kind: type[ArhatOp] = arhat.AvgPoolOp
    if mean is None:
        kind, properties["dilations"] = arhat.MaxPoolOp, [1] * spatial
    else:
        properties["exclude_pad"] = mean
    module = one_op(kind, [(1, 3, *[8, 7, 6][:spatial])], f32, **properties, rounding=rounding)
    made = layers(check_one(module))
    alone = max(pads) == 3 or (max(pads) == 2 and rounding == "ceil")
    assert ("trt.pooling" in made) != alone, "no window of the layer lies in padding alone"


@pytest.mark.parametrize("element", [f32, f16, i32, i64, i1, f64], ids=str)
def test_dilated_pooling(element: Attribute) -> None:
    if element == i1:
        pytest.skip("booleans have no lowest number")
    lists = {
        "kernel": [2, 3],
        "strides": [1, 2],
        "pads_begin": [1, 2],
        "pads_end": [0, 2],
        "dilations": [2, 2],
    }
    module = one_op(arhat.MaxPoolOp, [(1, 3, 6, 7)], element, **lists, rounding="floor")
    native_ports(module, [])
    assert "trt.pooling" not in layers(check_one(module))


@pytest.mark.parametrize(
    ("size", "beta", "name"), [(5, 0.75, "trt.lrn"), (17, 0.75, "kernel.lrn"), (5, 1e-3, "kernel.lrn")]
)
def test_response_normalisation(size: int, beta: float, name: str) -> None:
    module = one_op(arhat.LrnOp, [(1, 20, 4, 4)], f32, axes=[1], alpha=1e-2, beta=beta, bias=1.0, size=size)
    assert layers(check_one(module)) == [name]


@pytest.mark.parametrize("mode", ["inside_sqrt", "outside_sqrt"])
@pytest.mark.parametrize("variance", [False, True])
@pytest.mark.parametrize("to", ["f32", "f16"])
def test_mean_variance_normalisation(mode: str, variance: bool, to: str) -> None:
    given = {"normalize_variance": variance, "eps": 1e-5, "eps_mode": mode}
    module = one_op(arhat.MvnOp, [(2, 3, 4, 5)], ELEMENTS[to], axes=[2, 3], **given)
    is_layer = variance and mode == "inside_sqrt"
    assert (layers(check_one(module, to)) == ["trt.normalization"]) == is_layer


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
    assert layers(check_one(module)).count("trt.matrix_multiply") >= 1 + steps * directions


def test_long_sequences_are_refused() -> None:
    states: list[tuple[int, ...]] = [(1, 300, 2), (1, 1, 3)]
    weights: list[tuple[int, ...]] = [(1, 3, 2), (1, 3, 3), (1, 3)]
    given = {"direction": "forward", "clip": 0.0}
    module = recurrence(arhat.RnnSequenceOp, states, weights, None, None, given)
    with pytest.raises(UserError, match="sequences of more than 256 steps are not supported"):
        run(CONVERT, module)


# Element types ------------------------------------------------------------------------------------------------

WRAPPING: Mapping[str, Callable[[SSAValue, SSAValue], ArhatOp]] = {
    "add": lambda a, b: arhat.AddOp.build_inferred([a, b]),
    "subtract": lambda a, b: arhat.SubtractOp.build_inferred([a, b]),
    "multiply": lambda a, b: arhat.MultiplyOp.build_inferred([a, b]),
    "squared_difference": lambda a, b: arhat.SquaredDifferenceOp.build_inferred([a, b]),
    "negative": lambda a, b: arhat.NegativeOp.build_inferred([a]),
    "bitwise_not": lambda a, b: arhat.BitwiseNotOp.build_inferred([a]),
    "abs": lambda a, b: arhat.AbsOp.build_inferred([a]),
    "sum": lambda a, b: arhat.ReduceSumOp.build_inferred([a], {"axes": [0], "keep_dims": True}),
    "prod": lambda a, b: arhat.ReduceProdOp.build_inferred([a], {"axes": [0], "keep_dims": True}),
    "to i8": lambda a, b: arhat.ConvertOp.build_inferred([a], {"to": i8}),
    "to ui16": lambda a, b: arhat.ConvertOp.build_inferred([a], {"to": U16}),
    "maximum": lambda a, b: arhat.MaximumOp.build_inferred([a, b]),
    "less": lambda a, b: arhat.LessOp.build_inferred([a, b]),
}


@pytest.mark.parametrize("element", [i8, i16, U8, U16, U32, U64], ids=str)
@pytest.mark.parametrize("name", WRAPPING)
def test_small_integers_wrap_around(name: str, element: Attribute) -> None:
    dtype = dtype_of(element)
    limits = np.iinfo(dtype)
    wide = WIDER[element]
    block = Block(arg_types=[tensor_type(wide, (64,))] * 2)
    narrow = [arhat.ConvertOp.build_inferred([argument], {"to": element}) for argument in block.args]
    op = WRAPPING[name](*(convert.result for convert in narrow))
    module = of_block(block, [*narrow, op], op.results)
    most = min(limits.max, (1 << 31) - 1)
    random = np.random.default_rng(0)
    inputs = [random.integers(limits.min, most, 64, endpoint=True).astype(dtype_of(wide)) for _ in range(2)]
    inputs[0][:2] = limits.min, most
    native_ports(module, [])
    expected = evaluate(clone_module(module), inputs)["result0"]
    run(CONVERT, module)
    np.testing.assert_array_equal(evaluate(module, inputs)["result0"], expected)


def test_bytes_at_the_border_are_cast_by_way_of_floats() -> None:
    block = Block(arg_types=[tensor_type(U8, (256,))])
    op = arhat.AddOp.build_inferred([block.args[0], block.args[0]])
    module = of_block(block, [op], op.results)
    check(module, [np.arange(256, dtype=np.uint8)])
    for cast in (op for op in module.walk() if isinstance(op, trt.CastOp)):
        elements = {type_of(cast.x).element_type, type_of(cast.output).element_type}
        assert U8 not in elements or f32 in elements


def test_halves_away_from_zero() -> None:
    block = Block(arg_types=[tensor_type(f32, (9,))])
    op = arhat.RoundOp.build_inferred([block.args[0]], {"mode": "half_away_from_zero"})
    below = np.nextafter(np.float32(0.5), np.float32(0))
    special = [0.5, -0.5, 1.5, -2.5, below, -below, np.inf, -np.inf, np.nan]
    module = of_block(block, [op], op.results)
    expected = evaluate(clone_module(module), [np.array(special, np.float32)])["result0"]
    run(CONVERT, module)
    np.testing.assert_array_equal(evaluate(module, [np.array(special, np.float32)])["result0"], expected)


COMPARISONS = [
    arhat.EqualOp,
    arhat.NotEqualOp,
    arhat.LessOp,
    arhat.LessEqualOp,
    arhat.GreaterOp,
    arhat.GreaterEqualOp,
]


@pytest.mark.parametrize("kind", COMPARISONS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("element", [f32, i1, i64], ids=str)
def test_comparisons(kind: type[ArhatOp], element: Attribute) -> None:
    numbers = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0] if element == f32 else [0, 1]
    block = Block(arg_types=[tensor_type(element, (len(numbers), 1)), tensor_type(element, (len(numbers),))])
    op = kind.build_inferred(list(block.args))
    module = of_block(block, [op], op.results)
    values = np.array(numbers, dtype_of(element))
    inputs = [values[:, None], values]
    expected = evaluate(clone_module(module), inputs)["result0"]
    run(CONVERT, module)
    np.testing.assert_array_equal(evaluate(module, inputs)["result0"], expected)


# Constants ----------------------------------------------------------------------------------------------------


def test_a_constant_is_one_layer_and_weights_are_none() -> None:
    block = Block(arg_types=[tensor_type(f32, (1, 1, 2, 2))])
    array = np.ones((1, 1, 1, 1), np.float32)
    shared = arhat.ConstantOp.get(dense(array), tensor_type(f32, array.shape))
    first = arhat.AddOp.build_inferred([block.args[0], shared.result])
    second = arhat.MultiplyOp.build_inferred([first.result, shared.result])
    third = arhat.ConvolutionOp.build_inferred(
        [second.result, shared.result],
        {"strides": [1, 1], "pads_begin": [0, 0], "pads_end": [0, 0], "dilations": [1, 1], "groups": 1},
    )
    module = of_block(block, [shared, first, second, third], third.results)
    check_one(module)
    ops = list(main_of(module).body.block.ops)
    assert sum(isinstance(op, trt.ConstantOp) for op in ops) == 1
    (convolution,) = [op for op in ops if isinstance(op, trt.ConvolutionOp)]
    assert isinstance(convolution.kernel.owner, arhat.ConstantOp)


def test_large_indices_are_counted_when_they_are_asked_for() -> None:
    module = one_op(arhat.AddOp, [(2000, 2), (2000, 2)], f32)
    block = main_of(module).body.block
    last = block.last_op
    assert last is not None
    array = -1 - np.arange(2000)
    indices = make_constant(store_of(module), array, "indices")
    gather = arhat.GatherOp.build_inferred([last.operands[0], indices.result], {"axis": 0, "batch_dims": 0})
    block.insert_ops_before([indices, gather], last)
    last.operands[0] = gather.result
    check_one(module)
    (layer,) = [op for op in module.walk() if isinstance(op, trt.GatherOp)]
    constant = layer.indices.owner
    assert isinstance(constant, trt.ConstantOp)
    np.testing.assert_array_equal(constant_value(constant.weights), array + 2000)
