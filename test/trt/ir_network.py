"""A module of `trt` ops as the layers that TensorRT is asked for: the records of `replay`, without a program between.

Nothing of `arhat/emit/trt` is used, so that what it prints can be compared with this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, Operation, SSAValue

from arhat.compiler import import_model, pipeline
from arhat.dialects import trt
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.base import python_value
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import AssignOp, ReadValueOp
from arhat.dialects.trt.base import dynamic_axis
from arhat.driver.registry import make_context
from arhat.driver.run import run_steps
from arhat.emit.source import input_names, output_names
from arhat.layers import layers_of
from arhat.options import CompileOptions
from arhat.passes.support import entry_point
from arhat.weights import constant_value, to_bytes
from trt.records import PLUGIN, Constants, Layer, Network, Tensor

Attributes = dict[str, Any]


def element(type_: Attribute) -> str:
    """An element type in the words of records."""
    return {"i1": "bool"}.get(str(type_), str(type_))


def mask(axes: Any) -> int:
    """A set of axes."""
    return sum(1 << axis for axis in axes)


def network_of(module: ModuleOp) -> Network:
    """The network that the function of `module` describes.

    Variables are inputs and outputs of the network; an output that is an input, or an output already, is a copy.
    """
    return _Reader(entry_point(module)).network()


def constants_of(op: ConstantOp) -> Constants:
    """The elements of a constant of the model."""
    type_ = tensor_of(op.result)
    data = np.frombuffer(to_bytes(constant_value(op), type_), np.uint8)
    return Constants(element(type_.element_type), int(np.prod(type_.get_shape())), data)


def _is_constant(value: SSAValue) -> bool:
    owner = value.owner
    return isinstance(owner.weights.owner if isinstance(owner, trt.ConstantOp) else owner, ConstantOp)


class _Reader:
    """Numbers values as they come up: inputs, variables, results of layers."""

    def __init__(self, function: func.FuncOp) -> None:
        self.function = function
        self.block: Block = function.body.block
        self.tensors: dict[SSAValue, Tensor] = {}
        self.layers: list[Layer] = []
        self.names: Counter[str] = Counter()
        self.count = 0

    def network(self) -> Network:
        block = self.block
        inputs = [
            self.take(value, name) for value, name in zip(block.args, input_names(self.function), strict=True)
        ]
        reads = [op for op in block.ops if isinstance(op, ReadValueOp)]
        inputs += [self.take(op.output, op.variable.data) for op in reads]
        for op in block.ops:
            if isinstance(op, trt.ConstantOp) and all(
                isinstance(u.operation, ReadValueOp) for u in op.output.uses
            ):
                continue  # the first value of a variable, which the network does not see
            if isinstance(op, trt.TrtOp):
                self.layers.append(self.layer(op))
        fed = {tensor.id for tensor in inputs}
        taken: set[int] = set()

        def own(value: SSAValue, name: str) -> int:
            """A tensor of its own: `value`, or a copy of it."""
            id = self.tensors[value].id
            if id in fed or id in taken:
                return self.copy(value, name)
            taken.add(id)
            return id

        ends = zip(cast(Operation, block.last_op).operands, output_names(self.function), strict=True)
        outputs = [own(value, name) for value, name in ends]
        assigned = {op.variable.data: op.value for op in block.ops if isinstance(op, AssignOp)}
        following: list[int] = []
        first: list[int] = []
        for op in reads:
            name = op.variable.data
            if not _is_constant(op.init):
                first.append(own(op.init, f"{name}/first"))
            if name in assigned and assigned[name] is not op.output:
                following.append(own(assigned[name], f"{name}/next"))
        outputs += [*following, *first]
        return Network(tuple(inputs), tuple(self.layers), tuple(outputs), self.profile(inputs), self.tf32())

    def take(self, value: SSAValue, name: str) -> Tensor:
        type_ = tensor_of(value)
        axis = dynamic_axis(type_)
        dims = tuple(-1 if i == axis else extent for i, extent in enumerate(type_.get_shape()))
        tensor = Tensor(self.count, name, element(type_.element_type), dims)
        self.count += 1
        self.tensors[value] = tensor
        return tensor

    def unique(self, name: str) -> str:
        """A name that no other layer has."""
        self.names[name] += 1
        return name if self.names[name] == 1 else self.unique(f"{name}/{self.names[name]}")

    def copy(self, value: SSAValue, name: str) -> int:
        source = self.tensors[value]
        tensor = Tensor(self.count, name, source.type, source.dims)
        self.count += 1
        self.layers.append(Layer("Identity", self.unique(name), (source.id,), (tensor,)))
        return tensor.id

    def layer(self, op: trt.TrtOp) -> Layer:
        kind, attributes = READERS[type(op)]
        inputs: list[int | None] = []
        weights: dict[str, Constants] = {}
        for (name, _), group in zip(op.get_irdl_definition().operands, op.operand_groups(), strict=True):
            for value in group:
                if isinstance(value.owner, ConstantOp):
                    weights[name] = constants_of(value.owner)
                    inputs.append(None)
                else:
                    inputs.append(self.tensors[value].id)
            if not group:
                inputs.append(None)
        if isinstance(op, trt.SliceOp):  # x, fill, sizes: the inputs 0, 4 and 2 of the layer
            inputs = [inputs[0], None, inputs[2], None, inputs[1]]
        while inputs and inputs[-1] is None:
            inputs.pop()
        layers = layers_of(op)
        name = self.unique(layers[-1].layer_name if layers else op.name)
        outputs = tuple(self.take(result, name) for result in op.results)
        return Layer(kind, name, tuple(inputs), outputs, attributes(op), weights)

    def tf32(self) -> bool:
        return trt.TF32 in self.function.attributes

    def profile(self, inputs: list[Tensor]) -> Mapping[str, tuple[tuple[int, ...], ...]] | None:
        batch = self.function.attributes.get(trt.BATCH)
        if batch is None:
            return None
        sizes: list[int] = [int(size) for size in python_value(batch)]
        fed = {tensor.id: value for value, tensor in self.tensors.items()}
        result: dict[str, tuple[tuple[int, ...], ...]] = {}
        for tensor in inputs:
            shape, axis = tensor_of(fed[tensor.id]).get_shape(), dynamic_axis(tensor_of(fed[tensor.id]))
            if axis is not None:
                result[tensor.name] = tuple(
                    tuple(
                        extent * size // sizes[2] if i == axis else extent for i, extent in enumerate(shape)
                    )
                    for size in sizes
                )
        return result


def _p(op: Operation, name: str) -> Any:
    """A property as a Python value; None where there is none."""
    found = op.properties.get(name)
    value = None if found is None else python_value(found)
    return list(value) if isinstance(value, tuple) else value


def _given(op: Operation, **names: str) -> Attributes:
    """Attributes of a record by the properties that they are; those that are not there are left out."""
    return {key: _p(op, name) for key, name in names.items() if name in op.properties}


def _to_type(op: Operation) -> str:
    return element(tensor_of(op.results[0]).element_type)


def _activation(op: Operation) -> Attributes:
    return _given(op, activation_type="kind", alpha="alpha", beta="beta")


def _axis(op: Operation) -> Attributes:
    return {"axis": _p(op, "axis")}


def _cast(op: Operation) -> Attributes:
    return {"to_type": _to_type(op)}


def _constant(op: Operation) -> Attributes:
    return {"dimensions": list(tensor_of(op.results[0]).get_shape())}


WINDOW = {"stride": "strides", "pre_padding": "pre_padding", "post_padding": "post_padding"}


def _convolution(op: Operation) -> Attributes:
    assert isinstance(op, trt.ConvolutionOp | trt.DeconvolutionOp)
    maps, size = tensor_of(op.output).get_shape()[1], tensor_of(op.kernel).get_shape()[2:]
    return {
        "nb_output_maps": maps,
        "kernel_size": list(size),
        **_given(op, **WINDOW, dilation="dilations", nb_groups="groups"),
    }


def _cumulative(op: Operation) -> Attributes:
    return _given(op, operation="op", exclusive="exclusive", reverse="reverse")


def _gather(op: Operation) -> Attributes:
    return _given(op, mode="mode", gather_axis="axis", nb_element_wise_dims="elementwise_dims")


def _lrn(op: Operation) -> Attributes:
    return _given(op, window_size="window", alpha="alpha", beta="beta", k="k")


def _matrix_multiply(op: Operation) -> Attributes:
    return _given(op, operation_0="op_a", operation_1="op_b")


def _normalization(op: Operation) -> Attributes:
    return {"axes": mask(_p(op, "axes")), **_given(op, epsilon="epsilon", nb_groups="groups")}


def _nothing(op: Operation) -> Attributes:
    return {}


def _operation(op: Operation) -> Attributes:
    return _given(op, operation="op")


def _plugin(op: Operation) -> Attributes:
    assert isinstance(op, trt.PluginOp)
    fields = {name: python_value(value) for name, value in op.fields.data.items()}
    return {"plugin": op.plugin.data, "fields": fields}


def _pooling(op: Operation) -> Attributes:
    names = {"pooling_type": "kind", "window_size": "window", "padding_mode": "padding_mode"}
    return _given(op, **names, **WINDOW, average_count_excludes_padding="count_excludes_padding")


def _reduce(op: Operation) -> Attributes:
    return {"reduce_axes": mask(_p(op, "axes")), **_given(op, operation="op", keep_dimensions="keep_dims")}


def _resize(op: Operation) -> Attributes:
    assert isinstance(op, trt.ResizeOp)
    result = _given(
        op,
        resize_mode="mode",
        coordinate_transformation="coordinate_transformation",
        selector_for_single_pixel="selector",
        nearest_rounding="rounding",
        cubic_coeff="cubic_coeff",
        exclude_outside="exclude_outside",
        scales="scales",
    )
    if op.sizes is None and op.scales is None:
        result["output_dimensions"] = list(tensor_of(op.output).get_shape())
    return result


def _reverse_sequence(op: Operation) -> Attributes:
    return _given(op, batch_axis="batch_axis", sequence_axis="sequence_axis")


def _scaled(op: Operation) -> Attributes:
    return {"to_type": _to_type(op), **_given(op, axis="axis")}


def _scatter(op: Operation) -> Attributes:
    return _given(op, mode="mode", axis="axis")


def _shuffle(op: Operation) -> Attributes:
    assert isinstance(op, trt.ShuffleOp)
    result = _given(op, first_transpose="first_transpose", second_transpose="second_transpose")
    result["zero_is_placeholder"] = False
    if op.reshape is not None:
        shape = _p(op, "reshape")
        axis = dynamic_axis(tensor_of(op.output))
        if axis is not None:  # the extent that scales with the batch follows from the others
            before = tensor_of(op.x).get_shape()
            order = result.get("first_transpose", range(len(before)))
            shape = list(op.reshaped(tuple(before[i] for i in order)))
            shape[result["second_transpose"][axis] if "second_transpose" in result else axis] = -1
        result["reshape_dimensions"] = shape
    return result


def _slice(op: Operation) -> Attributes:
    return _given(op, start="starts", size="sizes", stride="strides", mode="mode")


def _soft_max(op: Operation) -> Attributes:
    return {"axes": mask([_p(op, "axis")])}


def _top_k(op: Operation) -> Attributes:
    return {"reduce_axes": mask([_p(op, "axis")]), **_given(op, operation="op", k="k")}


READERS: dict[type[Operation], tuple[str, Callable[[Operation], Attributes]]] = {
    trt.ActivationOp: ("Activation", _activation),
    trt.CastOp: ("Cast", _cast),
    trt.ConcatenationOp: ("Concatenation", _axis),
    trt.ConstantOp: ("Constant", _constant),
    trt.ConvolutionOp: ("Convolution", _convolution),
    trt.CumulativeOp: ("Cumulative", _cumulative),
    trt.DeconvolutionOp: ("Deconvolution", _convolution),
    trt.DequantizeOp: ("Dequantize", _scaled),
    trt.ElementWiseOp: ("ElementWise", _operation),
    trt.GatherOp: ("Gather", _gather),
    trt.LrnOp: ("LRN", _lrn),
    trt.MatrixMultiplyOp: ("MatrixMultiply", _matrix_multiply),
    trt.NormalizationOp: ("Normalization", _normalization),
    trt.OneHotOp: ("OneHot", _axis),
    trt.ParametricReluOp: ("ParametricReLU", _nothing),
    trt.PluginOp: (PLUGIN, _plugin),
    trt.PoolingOp: ("Pooling", _pooling),
    trt.QuantizeOp: ("Quantize", _scaled),
    trt.ReduceOp: ("Reduce", _reduce),
    trt.ResizeOp: ("Resize", _resize),
    trt.ReverseSequenceOp: ("ReverseSequence", _reverse_sequence),
    trt.ScatterOp: ("Scatter", _scatter),
    trt.SelectOp: ("Select", _nothing),
    trt.ShapeOp: ("Shape", _nothing),
    trt.ShuffleOp: ("Shuffle", _shuffle),
    trt.SliceOp: ("Slice", _slice),
    trt.SoftMaxOp: ("SoftMax", _soft_max),
    trt.TopKOp: ("TopK", _top_k),
    trt.UnaryOp: ("Unary", _operation),
}
"""Kind of layer and attributes of each op of the dialect."""


def network_of_model(xml: Path, options: CompileOptions) -> Network:
    """The network that the trt target makes of a model."""
    module = import_model(xml, options)
    run_steps(make_context(), module, pipeline("trt", options), ())
    return network_of(module)
