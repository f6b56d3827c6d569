"""The `arhat` dialect: building, verification, text, layers."""

from __future__ import annotations

import time
from typing import Any

import pytest
from xdsl.context import Context
from xdsl.dialects import test as xdsl_test
from xdsl.dialects.builtin import ArrayAttr, Builtin, ModuleOp, StringAttr, f16, f32, i64
from xdsl.parser import Parser
from xdsl.traits import Pure
from xdsl.utils.exceptions import ParseError, VerifyException

from arhat.dialects.arhat import (
    OPERATIONS,
    ActivationAttr,
    AddOp,
    Arhat,
    ConcatOp,
    ConvolutionOp,
    LayerAttr,
    MatmulOp,
    ReluOp,
    ReshapeOp,
    Tensor,
    WeightAttr,
    tensor_type,
)
from arhat.errors import UserError, UserErrors, escape, quote
from arhat.layers import layers_of, merge_layers, set_layers

CONVOLUTION: dict[str, Any] = dict(
    strides=[1, 1], pads_begin=[1, 1], pads_end=[1, 1], dilations=[1, 1], groups=1
)


def t(*shape: int, element: Any = f32) -> Tensor:
    return tensor_type(element, shape)


def values(*types: Tensor) -> Any:
    return xdsl_test.TestOp(result_types=types).results


def context() -> Context:
    made = Context()
    for dialect in (Builtin, Arhat, xdsl_test.Test):
        made.load_dialect(dialect)
    return made


def test_every_operation_is_documented_pure_and_named_by_one_rule() -> None:
    assert len({op.name for op in OPERATIONS}) == len(OPERATIONS)
    for op in OPERATIONS:
        assert op.has_trait(Pure), op.name
        assert op.__doc__, op.name
        assert op.name.startswith("arhat.")
        assert op.__name__.endswith("Op")


def test_build_inferred_takes_operations_absent_operands_and_python_values() -> None:
    x, w, slope = values(t(1, 2, 4, 4), t(3, 2, 3, 3), t(3))
    relu = ReluOp.build_inferred([x])
    prelu = ActivationAttr.get("prelu")
    op = ConvolutionOp.build_inferred(
        [relu, w, None, None, slope],
        {**CONVOLUTION, "activation": prelu},
        [LayerAttr.get("c", 3)],
    )
    assert op.x is relu.result
    assert (op.bias, op.residual, op.slope) == (None, None, slope)
    assert op.result.type == t(1, 3, 4, 4)
    assert op.parameters() == {
        "strides": (1, 1), "pads_begin": (1, 1), "pads_end": (1, 1), "dilations": (1, 1), "groups": 1,
        "activation": prelu,
    }  # fmt: skip
    op.verify()


def test_build_inferred_refuses_what_the_shape_rule_refuses() -> None:
    x, w = values(t(1, 2, 4, 4), t(3, 3, 3, 3))
    with pytest.raises(VerifyException, match="the input has 2 channels, the filter takes 3"):
        ConvolutionOp.build_inferred([x, w], CONVOLUTION)
    with pytest.raises(VerifyException, match="property 'stride' is not defined by the operation"):
        ConvolutionOp.build_inferred([x, w], {"stride": [1, 1]})


def test_results_must_follow_the_shape_rule() -> None:
    x, y = values(t(2, 3), t(3))
    op = AddOp.create(operands=[x, y], result_types=[t(2, 3, element=f16)])
    with pytest.raises(VerifyException, match="result type must be tensor<2x3xf32> by the shape rule"):
        op.verify()


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        ("selu", (), "unknown activation 'selu'"),
        ("clamp", (1.0,), "takes 2 parameters, got 1"),
        ("swish", (1.0, 2.0), "takes 0 or 1 parameters, got 2"),
        ("clamp", (2.0, 1.0), "clamp minimum 2.0 is above its maximum 1.0"),
        ("elu", (float("inf"),), "not finite"),
    ],
)
def test_bad_activations(kind: str, parameters: tuple[float, ...], message: str) -> None:
    with pytest.raises(VerifyException, match=message):
        ActivationAttr.get(kind, *parameters)


def test_bad_attributes() -> None:
    with pytest.raises(VerifyException, match="must not be negative"):
        LayerAttr.get("a", -1)
    with pytest.raises(VerifyException, match="needs a scope and a key"):
        WeightAttr.get("", "k")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "arhat.add(%0) {} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>",
            "1 operands but 2 operand types",
        ),
        ("arhat.relu(%0, %0) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>", "too many operands"),
        ("arhat.relu(x = %0) : (tensor<2xf32>) -> tensor<2xf32>", "no optional operand is named 'x'"),
        (
            "arhat.matmul(%0, %0, bias = %0, bias = %0) : (tensor<2xf32>) -> tensor<f32>",
            "operand 'bias' is repeated or out of order",
        ),
        ("arhat.matmul(%0, bias = %0, %0) : (tensor<2xf32>) -> tensor<f32>", "too many operands"),
        ("arhat.relu(%0) tensor<2xf32>", "Expected ':'"),
    ],
)
def test_bad_text(text: str, message: str) -> None:
    source = f'%0 = "test.op"() : () -> tensor<2xf32>\n%1 = {text}\n'
    with pytest.raises(ParseError, match=message):
        Parser(context(), source).parse_module()


def test_text_in_generic_and_own_form_is_the_same_ir() -> None:
    own = (
        '%0 = "test.op"() : () -> tensor<2x3xf32>\n'
        "%1 = arhat.matmul(%0, %0) {transpose_a = false, transpose_b = true} "
        ": (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>\n"
        '%2 = arhat.reshape(%1) {shape = [4], arhat.layers = [#arhat.layer<"r", 1>], "odd name" = 1 : i64} '
        ": (tensor<2x2xf32>) -> tensor<4xf32>\n"
    )
    generic = (
        '%0 = "test.op"() : () -> tensor<2x3xf32>\n'
        '%1 = "arhat.matmul"(%0, %0) <{transpose_a = false, transpose_b = true}> '
        ": (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x2xf32>\n"
        '%2 = "arhat.reshape"(%1) <{shape = array<i64: 4>}> {arhat.layers = [#arhat.layer<"r", 1>], '
        '"odd name" = 1 : i64} : (tensor<2x2xf32>) -> tensor<4xf32>\n'
    )
    a, b = (Parser(context(), text).parse_module() for text in (own, generic))
    a.verify()
    assert a.is_structurally_equivalent(b)
    assert str(a) == str(b)
    matmul = list(a.body.block.ops)[1]
    assert isinstance(matmul, MatmulOp)
    assert matmul.transpose_b.value.data


def test_layers() -> None:
    (x,) = values(t(2, 3))
    a, b, c = (LayerAttr.get(name, line) for name, line in (("a", 1), ("b", 2), ("c", 3)))
    first = ReluOp.build_inferred([x], layers=[a, b])
    second = ReshapeOp.build_inferred([first], {"shape": [6]}, layers=[b, c])
    bare = ReluOp.build_inferred([second])
    assert layers_of(first) == (a, b)
    assert layers_of(bare) == ()
    assert merge_layers([first, second, bare]) == (a, b, c)
    assert merge_layers([second, first]) == (c, a, b)
    set_layers(bare, [a])
    assert bare.attributes["arhat.layers"] == ArrayAttr([a])
    set_layers(bare, [])
    assert "arhat.layers" not in bare.attributes
    bare.attributes["arhat.layers"] = StringAttr("no")
    assert layers_of(bare) == ()


def test_building_is_linear_and_fast() -> None:
    """Two thousand operations; the limit is twenty times what they take."""
    x, w = values(t(1, 4, 8, 8), t(4, 4, 3, 3))
    start = time.process_time()
    value = x
    for i in range(1000):
        op = ConvolutionOp.build_inferred([value, w], CONVOLUTION, [LayerAttr.get(f"c{i}", i)])
        value = ReluOp.build_inferred([op]).result
    assert time.process_time() - start < 3


def test_concat_of_many() -> None:
    xs = values(*[t(1, 2) for _ in range(2000)])
    op = ConcatOp.build_inferred([list(xs)], {"axis": 0})
    op.verify()
    assert op.result.type == t(2000, 2)


def test_integers_of_any_width_are_elements() -> None:
    x, y = values(t(2, element=i64), t(2, element=i64))
    module = ModuleOp([AddOp.build_inferred([x, y])])
    assert "tensor<2xi64>" in str(module)


def test_user_errors() -> None:
    assert str(UserError("bad")) == "error: bad"
    error = UserError("bad", file="m\n.xml", line=3, column=7, layer="a'b\x00", notes=["try this", "or that"])
    assert str(error) == "m\\n.xml:3:7: error: layer 'a\\'b\\x00': bad\nnote: try this\nnote: or that"
    assert str(UserError("layer 'x' is bad", file="f", column=7, layer="x")) == "f: error: layer 'x' is bad"
    assert str(UserErrors([UserError("a"), UserError("b", file="f", line=1)])) == "error: a\nf:1: error: b"
    assert quote("é\u2028\U000e0001") == "'é\\u2028\\U000e0001'"
    assert escape('\t\r\\"') == '\\t\\r\\\\\\"'
