"""C++ statements for each op of the `trt` dialect: a layer is added, set up, and its results get their numbers.

A printer decides nothing: every number it prints is an attribute or follows from a type. What TensorRT takes anyway
where nothing is said (no padding, one group) is not printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from xdsl.dialects.builtin import StringAttr
from xdsl.ir import Operation, SSAValue

from arhat.dialects import trt
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.kernel import tensor_of
from arhat.emit.cpu.fields import flag_of, integer_of, integers_of, number_of, word_of
from arhat.emit.source import c_string
from arhat.emit.trt.values import NetworkValues, data_type, extents

TrtPrinter = Callable[[Operation, NetworkValues], list[str]]


def statements(op: Operation, values: NetworkValues, added: str, settings: Iterable[str] = ()) -> list[str]:
    """A layer, what is set, its results."""
    return [
        f"auto& layer = n.layer({added}, {c_string(values.layer_name(op))});",
        *(f"layer.{setting};" for setting in settings),
        *results(op, values),
    ]


def results(op: Operation, values: NetworkValues) -> list[str]:
    """The results of a layer get their numbers."""
    return [f"n.set({values.number(value)}, layer.getOutput({i}));" for i, value in enumerate(op.results)]


def enumerator(kind: str, word: str) -> str:
    """A word of a property as one of TensorRT's enumerators."""
    return f"{kind}::k{word.upper()}"


def choice_of(op: Operation, name: str, kind: str) -> str:
    """A property that is one of TensorRT's enumerators."""
    return enumerator(kind, word_of(op, name))


def axes(numbers: Sequence[int]) -> str:
    """A set of axes."""
    return f"axes({{{', '.join(map(str, numbers))}}})"


def axis_of(op: Operation) -> str:
    """The set of the one axis of an op."""
    return axes((integer_of(op, "axis"),))


def set_axis(op: Operation) -> str:
    """The axis of an op, as a setting."""
    return f"setAxis({integer_of(op, 'axis')})"


def _constant(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ConstantOp) and isinstance(op.weights.owner, ConstantOp)
    shape = extents(tensor_of(op.output).get_shape())
    return statements(op, values, f"n->addConstant({shape}, {values.constant(op.weights.owner)})")


def _activation(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ActivationOp)
    kind = choice_of(op, "kind", "ActivationType")
    settings = [
        f"set{name.capitalize()}({number_of(op, name)})"
        for name in ("alpha", "beta")
        if name in op.properties
    ]
    return statements(op, values, f"n->addActivation({values.tensor(op.x)}, {kind})", settings)


def _unary(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.UnaryOp)
    return statements(
        op, values, f"n->addUnary({values.tensor(op.x)}, {choice_of(op, 'op', 'UnaryOperation')})"
    )


def _element_wise(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ElementWiseOp)
    what = choice_of(op, "op", "ElementWiseOperation")
    return statements(op, values, f"n->addElementWise({values.tensor(op.a)}, {values.tensor(op.b)}, {what})")


def _parametric_relu(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ParametricReluOp)
    return statements(op, values, f"n->addParametricReLU({values.tensor(op.x)}, {values.tensor(op.slopes)})")


def _select(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.SelectOp)
    operands = ", ".join(values.tensor(value) for value in (op.condition, op.then, op.otherwise))
    return statements(op, values, f"n->addSelect({operands})")


def _cast(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.CastOp)
    element = data_type(tensor_of(op.output).element_type)
    return statements(op, values, f"n->addCast({values.tensor(op.x)}, {element})")


def _scaled(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.QuantizeOp | trt.DequantizeOp)
    word = "Quantize" if isinstance(op, trt.QuantizeOp) else "Dequantize"
    element = data_type(tensor_of(op.output).element_type)
    settings = [set_axis(op)] if op.axis is not None else []
    call = f"n->add{word}({values.tensor(op.x)}, {values.tensor(op.scale)}, {element})"
    return statements(op, values, call, settings)


# ------------------------------------------------------------------------------------------------ windows


def window_settings(op: Operation) -> list[str]:
    """Strides, paddings, dilations and groups, as far as an op has them and they are not what is taken anyway."""
    settings: list[str] = []
    for name, setter, usual in (
        ("strides", "setStrideNd", 1),
        ("pre_padding", "setPrePadding", 0),
        ("post_padding", "setPostPadding", 0),
        ("dilations", "setDilationNd", 1),
    ):
        if name in op.properties and set(integers_of(op, name)) != {usual}:
            settings.append(f"{setter}({extents(integers_of(op, name))})")
    if "groups" in op.properties and integer_of(op, "groups") != 1:
        settings.append(f"setNbGroups({integer_of(op, 'groups')})")
    return settings


def _weights(
    value: SSAValue | None, values: NetworkValues, element: str, index: int, settings: list[str]
) -> str:
    """A kernel or a bias: weights of the layer, or a tensor that comes in by its input `index`."""
    if value is not None and isinstance(value.owner, ConstantOp):
        return values.constant(value.owner)
    if value is not None:
        settings.append(f"setInput({index}, {values.tensor(value)})")
    return f"n.no_weights({element})"


def _convolution(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ConvolutionOp | trt.DeconvolutionOp)
    word = "Convolution" if isinstance(op, trt.ConvolutionOp) else "Deconvolution"
    element = data_type(tensor_of(op.kernel).element_type)
    settings = window_settings(op)
    call = ", ".join(
        [
            values.tensor(op.x),
            str(tensor_of(op.output).get_shape()[1]),
            extents(tensor_of(op.kernel).get_shape()[2:]),
            _weights(op.kernel, values, element, 1, settings),
            _weights(op.bias, values, element, 2, settings),
        ]
    )
    return statements(op, values, f"n->add{word}Nd({call})", settings)


def _pooling(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.PoolingOp)
    mode = op.padding_mode.data
    settings = window_settings(op)
    if mode != "explicit_round_down":
        settings.append(f"setPaddingMode({enumerator('PaddingMode', mode)})")
    if op.count_excludes_padding is not None and not op.count_excludes_padding.value.data:
        settings.append("setAverageCountExcludesPadding(false)")
    kind = choice_of(op, "kind", "PoolingType")
    window = extents(integers_of(op, "window"))
    return statements(op, values, f"n->addPoolingNd({values.tensor(op.x)}, {kind}, {window})", settings)


# ------------------------------------------------------------------------------------------------ along axes


def _lrn(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.LrnOp)
    numbers = ", ".join(number_of(op, name) for name in ("alpha", "beta", "k"))
    return statements(op, values, f"n->addLRN({values.tensor(op.x)}, {integer_of(op, 'window')}, {numbers})")


def _matrix_multiply(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.MatrixMultiplyOp)
    a, b = (choice_of(op, name, "MatrixOperation") for name in ("op_a", "op_b"))
    call = f"n->addMatrixMultiply({values.tensor(op.a)}, {a}, {values.tensor(op.b)}, {b})"
    return statements(op, values, call)


def _normalization(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.NormalizationOp)
    operands = ", ".join(values.tensor(value) for value in (op.x, op.scale, op.bias))
    settings = [f"setEpsilon({number_of(op, 'epsilon')})"]
    if integer_of(op, "groups") != 1:
        settings.append(f"setNbGroups({integer_of(op, 'groups')})")
    call = f"n.add_normalization({operands}, {axes(integers_of(op, 'axes'))})"
    return statements(op, values, call, settings)


def _reduce(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ReduceOp)
    what, over = choice_of(op, "op", "ReduceOperation"), axes(integers_of(op, "axes"))
    return statements(
        op, values, f"n->addReduce({values.tensor(op.x)}, {what}, {over}, {flag_of(op, 'keep_dims')})"
    )


def _soft_max(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.SoftMaxOp)
    return statements(op, values, f"n->addSoftMax({values.tensor(op.x)})", [f"setAxes({axis_of(op)})"])


def _top_k(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.TopKOp)
    what, k = choice_of(op, "op", "TopKOperation"), integer_of(op, "k")
    indices = data_type(tensor_of(op.indices).element_type)
    call = f"n->addTopK({values.tensor(op.x)}, {what}, {k}, {axis_of(op)}, {indices})"
    return statements(op, values, call)


def _cumulative(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.CumulativeOp)
    what = choice_of(op, "op", "CumulativeOperation")
    flags = f"{flag_of(op, 'exclusive')}, {flag_of(op, 'reverse')}"
    operands = f"{values.tensor(op.x)}, {values.tensor(op.axis)}"
    return statements(op, values, f"n->addCumulative({operands}, {what}, {flags})")


def _reverse_sequence(op: Operation, values: NetworkValues) -> list[str]:
    assert isinstance(op, trt.ReverseSequenceOp)
    settings = [
        f"setBatchAxis({integer_of(op, 'batch_axis')})",
        f"setSequenceAxis({integer_of(op, 'sequence_axis')})",
    ]
    call = f"n->addReverseSequence({values.tensor(op.x)}, {values.tensor(op.lengths)})"
    return statements(op, values, call, settings)


def title(op: Operation) -> str:
    """Short name of what is done: the op and its kind."""
    for name in ("kind", "op", "plugin"):
        detail = op.properties.get(name)
        if isinstance(detail, StringAttr):
            return f"{op.name} {detail.data}"
    return op.name


LAYER_PRINTERS: dict[str, TrtPrinter] = {
    trt.ConstantOp.name: _constant,
    trt.ActivationOp.name: _activation,
    trt.UnaryOp.name: _unary,
    trt.ElementWiseOp.name: _element_wise,
    trt.ParametricReluOp.name: _parametric_relu,
    trt.SelectOp.name: _select,
    trt.CastOp.name: _cast,
    trt.QuantizeOp.name: _scaled,
    trt.DequantizeOp.name: _scaled,
    trt.ConvolutionOp.name: _convolution,
    trt.DeconvolutionOp.name: _convolution,
    trt.PoolingOp.name: _pooling,
    trt.LrnOp.name: _lrn,
    trt.MatrixMultiplyOp.name: _matrix_multiply,
    trt.NormalizationOp.name: _normalization,
    trt.ReduceOp.name: _reduce,
    trt.SoftMaxOp.name: _soft_max,
    trt.TopKOp.name: _top_k,
    trt.CumulativeOp.name: _cumulative,
    trt.ReverseSequenceOp.name: _reverse_sequence,
}
