"""Building ops of the trt dialect, plugins and the kernels they run."""

from __future__ import annotations

import re

import pytest
from xdsl.dialects.builtin import (
    FloatAttr,
    IntegerAttr,
    StringAttr,
    TensorType,
    bf16,
    f16,
    f32,
    f64,
    i8,
    i32,
    i64,
)
from xdsl.dialects.test import TestOp as AnyOp
from xdsl.ir import Attribute, SSAValue
from xdsl.irdl import OptOperandDef, VarOperandDef
from xdsl.parser import Parser
from xdsl.utils.exceptions import ParseError, VerifyException

from arhat.dialects import kernel, trt
from arhat.dialects.arhat.base import ints
from arhat.dialects.kernel import tensor_of
from arhat.driver.registry import make_context


def value(*shape: int, element: Attribute = f32) -> SSAValue:
    """A tensor of the network."""
    return AnyOp(result_types=[TensorType(element, list(shape))]).results[0]


def test_result_types_follow_from_the_operands() -> None:
    x = value(1, 8, 4, 4)
    y = trt.ElementWiseOp.make([x, value(1, 8, 1, 1)], {"op": "less"})
    y.verify()
    assert str(y.output.type) == "tensor<1x8x4x4xi1>"
    top = trt.TopKOp.make([x], {"op": "max", "k": 2, "axis": 1})
    assert [str(r.type) for r in top.results] == ["tensor<1x2x4x4xf32>", "tensor<1x2x4x4xi32>"]


def test_absent_operands_may_be_left_out_at_the_end() -> None:
    x, k = value(1, 8, 4, 4), value(16, 8, 1, 1)
    window = {
        "strides": [1, 1],
        "pre_padding": [0, 0],
        "post_padding": [0, 0],
        "dilations": [1, 1],
        "groups": 1,
    }
    for operands in ([x, k], [x, k, None]):
        op = trt.ConvolutionOp.make(operands, window)
        op.verify()
        assert op.bias is None and tensor_of(op.output).get_shape() == (1, 16, 4, 4)
    sliced = trt.SliceOp.make(
        [x, None, value(4, element=i32)],
        {"starts": [0] * 4, "sizes": [1, 8, 2, 2], "strides": [1] * 4, "mode": "clamp"},
    )
    sliced.verify()
    assert sliced.fill is None and sliced.dynamic_sizes is not None


def test_properties_may_be_absent() -> None:
    op = trt.ActivationOp.make([value(4)], {"kind": "relu", "alpha": None, "beta": None})
    op.verify()
    assert op.parameters() == {"kind": "relu"}
    with pytest.raises(VerifyException, match=r"trt.activation has no property 'slope'"):
        trt.ActivationOp.make([value(4)], {"kind": "relu", "slope": 1.0})


@pytest.mark.parametrize("op", [trt.CastOp, trt.ResizeOp])
def test_some_ops_need_their_result_type(op: type[trt.TrtOp]) -> None:
    with pytest.raises(VerifyException, match="needs its result type"):
        op.make([value(1, 1, 4, 4)])


def test_a_wrong_operand_is_found_while_building() -> None:
    with pytest.raises(VerifyException, match="operands have one element type, got f32 and f16"):
        trt.ElementWiseOp.make([value(4), value(4, element=f16)], {"op": "sum"})


def test_encodings_do_not_count_in_shape_rules() -> None:
    """What a lowering infers fits a batch that scales."""
    dynamic = TensorType(f32, [8, 4], trt.DynamicAttr(0))
    x = AnyOp(result_types=[dynamic]).results[0]
    op = trt.ElementWiseOp.make([x, x], {"op": "sum"}, dynamic)
    op.verify()
    assert trt.dynamic_axis(tensor_of(op.output)) == 0
    assert trt.dynamic_axis(tensor_of(value(4))) is None


@pytest.mark.parametrize(
    "text", ["#trt.dynamic<8>", "#trt.dynamic<-1>", "#trt.dynamic<>", "#trt.dynamic<true>"]
)
def test_axes_of_dynamic(text: str) -> None:
    with pytest.raises((ParseError, VerifyException)):
        Parser(make_context(), text).parse_attribute()


def test_scales_may_be_converted_constants() -> None:
    """The road from a constant leads through casts; a scale that is computed is refused."""
    weights = Parser(
        make_context(), "%0 = arhat.constant() {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>"
    ).parse_module()
    constant = next(iter(weights.ops)).results[0]
    scale = trt.ConstantOp.make([constant])
    half = trt.CastOp.make([scale.output], {}, TensorType(f16, []))
    x = value(1, 4, element=f16)
    trt.QuantizeOp.make([x, half.output]).verify()
    computed = trt.UnaryOp.make([half.output], {"op": "exp"})
    with pytest.raises(VerifyException, match=r"the scale comes from a trt.constant"):
        trt.QuantizeOp.make([x, computed.output])


# Plugins ---------------------------------------------------------------------------------------------------


def roi_pooling(element: Attribute = f32) -> kernel.RoiPoolingOp:
    """A kernel that TensorRT lacks."""
    return kernel.RoiPoolingOp.make(
        [value(1, 4, 14, 14, element=element), value(2, 5, element=element)],
        {"method": StringAttr("max"), "pooled": ints([7, 7]), "spatial_scale": FloatAttr(0.0625, f64)},
        TensorType(element, [2, 4, 7, 7]),
    )


def test_a_plugin_and_its_kernel() -> None:
    op = roi_pooling()
    op.verify()
    plugin = trt.PluginOp.of(op)
    plugin.verify()
    assert plugin.plugin.data == "ROIPooling"
    assert dict(plugin.fields.data) == trt.fields_of(op) == op.properties
    assert list(plugin.operands) == list(op.operands) and list(plugin.result_types) == list(op.result_types)
    again = trt.kernel_op_of(plugin)
    again.verify()
    assert isinstance(again, kernel.RoiPoolingOp) and again.properties == op.properties
    assert [v.type for v in again.operands] == [v.type for v in op.operands]
    assert len(list(op.operands[0].uses)) == 2, "the kernel of a plugin uses no value of the network"


@pytest.mark.parametrize("element", [f16, bf16])
def test_kernels_of_halves_may_be_widened(element: Attribute) -> None:
    plugin = trt.PluginOp.of(roi_pooling(element))
    same, wide = trt.kernel_op_of(plugin), trt.kernel_op_of(plugin, widened=True)
    for op, expected in ((same, element), (wide, f32)):
        op.verify()
        assert {tensor_of(v).element_type for v in (*op.operands, *op.results)} == {expected}


def test_there_is_no_plugin_of_a_kernel_that_layers_do() -> None:
    op = kernel.SoftmaxOp.make([value(1, 8)], {"axis": IntegerAttr(1, i64)}, TensorType(f32, [1, 8]))
    with pytest.raises(KeyError):
        trt.PluginOp.of(op)


@pytest.mark.parametrize("name", trt.PLUGINS)
def test_fields_of_plugins_are_of_kinds_that_tensorrt_has(name: str) -> None:
    """Numbers, lists of numbers and words; results are tensors, their number is fixed."""
    kinds = {"_IntKind", "_BoolKind", "_IntsKind", "_FloatKind", "_FloatsKind", "_ChoiceKind"}
    definition = trt.PLUGINS[name].get_irdl_definition()
    for field, declared in definition.properties.items():
        if field not in ("scratch_bytes", "operandSegmentSizes"):
            assert type(declared.constr).__name__ in kinds, field
    assert not any(isinstance(d, OptOperandDef) for _, d in definition.operands)
    assert sum(isinstance(d, VarOperandDef) for _, d in definition.operands) <= 1
    assert trt.PLUGIN_NAMES[trt.PLUGINS[name]] == name


def test_plugins_do_not_take_bytes() -> None:
    op = roi_pooling()
    plugin = trt.PluginOp.of(op, [value(1, 4, 14, 14, element=i8), op.operands[1]])
    with pytest.raises(VerifyException, match=r"plugins take and give .*, got i8"):
        plugin.verify()


# One op for each layer -------------------------------------------------------------------------------------


def test_names_are_those_of_the_classes() -> None:
    """`trt.matrix_multiply` is MatrixMultiplyOp, after IMatrixMultiplyLayer."""
    for op in trt.TRT_OPS:
        words = op.name.removeprefix("trt.").split("_")
        assert "".join(word.capitalize() for word in words) + "Op" == op.__name__
        assert op.__doc__ and "trt." in op.__doc__, f"{op.name} needs an example"


@pytest.mark.parametrize("op", trt.TRT_OPS)
def test_examples_in_docstrings_verify(op: type[trt.TrtOp]) -> None:
    """Every operand of an example is made a constant, which all layers take."""
    assert op.__doc__
    text = op.__doc__.split("```")[1]
    names = re.findall(r"%\w+", text.split("(", 1)[1].split(")", 1)[0])
    types = re.findall(r"tensor<[^>]*>", text.rsplit(": (", 1)[1].split("->")[0])
    lines: list[str] = []
    for name, type_ in dict(zip(names, types, strict=True)).items():
        place = name if op is trt.ConstantOp else f"{name}_weights"
        known = type_.replace("xi1>", "xi32>")
        lines.append(f'{place} = arhat.constant() {{value = #arhat.weight<"m"::"{name}">}} : () -> {known}')
        if known != type_:  # booleans are cast from numbers
            lines.append(f"{name}_number = trt.constant({place}) : ({known}) -> {known}")
            lines.append(f"{name} = trt.cast({name}_number) : ({known}) -> {type_}")
        elif place != name:
            lines.append(f"{name} = trt.constant({place}) : ({type_}) -> {type_}")
    module = Parser(make_context(), "\n".join([*lines, text])).parse_module()
    module.verify()
    assert isinstance(module.body.block.last_op, op)
