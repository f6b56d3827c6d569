"""The constant tables from which the runtime makes a cuDNN operation graph (`arhat/cudnn/desc.hpp`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from xdsl.ir import SSAValue

from arhat.dialects import cudnn
from arhat.dialects.cudnn import NodeOp
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import strides_of
from arhat.emit.cpu.values import element_type, float_literal
from arhat.emit.cudnn.graphs import graph_key, tensor_uids
from arhat.emit.source import c_string, dims, layer_string

RESAMPLE = {
    "max": "MAXPOOL",
    "avg_include": "AVGPOOL_INCLUDE_PADDING",
    "avg_exclude": "AVGPOOL_EXCLUDE_PADDING",
}


def graph_lines(graph: cudnn.GraphOp, number: int, layers: tuple[str, ...]) -> Iterable[str]:
    """The tables `tensors_<number>`, `nodes_<number>` and `graph_<number>`."""
    uids = tensor_uids(graph)
    visible = {*graph.block.args, *graph.yielded}
    tensors = [_tensor(value, uid, value not in visible) for value, uid in uids.items()]
    nodes = [_node(node, uids) for node in graph.nodes]
    for type_, name, rows in (("Tensor", "tensors", tensors), ("Node", "nodes", nodes)):
        yield f"constexpr cudnn::{type_}Desc {name}_{number}[] = {{"
        yield from (f"    {row}," for row in rows)
        yield "};"
    fields = [
        c_string(graph_key(graph)),
        layer_string(layers),
        f"tensors_{number}",
        f"{len(tensors)}",
        f"nodes_{number}",
        f"{len(nodes)}",
        f"cudnn::Math::{graph.math.data}",
    ]
    if graph.plan is not None:
        fields.append(c_string(graph.plan.data))
    yield f"constexpr cudnn::GraphDesc graph_{number}{{{', '.join(fields)}}};"


def _tensor(value: SSAValue, uid: int, virtual: bool) -> str:
    type_ = tensor_of(value)
    element = element_type(type_.element_type).runtime
    mark = ", cudnn::is_virtual" if virtual else ""
    return f"{{{uid}, Type::{element}, {dims(type_.get_shape())}, {dims(strides_of(type_))}{mark}}}"


def _node(node: NodeOp, uids: Mapping[SSAValue, int]) -> str:
    """A call of the function that makes a `NodeDesc`: the tensors' numbers, then what the kind of node has."""
    tensors = ", ".join(str(uids[value]) for value in (*node.operands, node.output))
    compute = element_type(cudnn.compute_type(node)).runtime
    return _NODES[type(node)](node, tensors) + ("" if compute == "f32" else f".in(Type::{compute})")


def _convolution(node: NodeOp, tensors: str) -> str:
    assert isinstance(node, cudnn.ConvolutionOp)
    before, after = cudnn.spatial_pads(node)
    parameters = node.parameters()
    sizes = (before, after, parameters["strides"], parameters["dilations"])
    function = node.name.removeprefix("cudnn.")
    return f"cudnn::{function}({tensors}, {', '.join(dims(s) for s in sizes)})"


def _pointwise(node: NodeOp, tensors: str) -> str:
    assert isinstance(node, cudnn.PointwiseOp)
    parameters: dict[str, Any] = dict(node.parameters())
    function = "unary" if len(node.operands) == 1 else "binary"
    text = f"cudnn::{function}(CUDNN_POINTWISE_{node.mode.data.upper()}, {tensors})"

    def number(name: str, default: str) -> str:
        value = parameters.get(name)
        return default if value is None else float_literal(value)

    if parameters.get("lower_clip") is not None or parameters.get("upper_clip") is not None:
        text += f".clip({number('lower_clip', '0.0f')}, {number('upper_clip', 'cudnn::infinity')})"
    if parameters.get("lower_clip_slope") is not None:
        text += f".leak({number('lower_clip_slope', '')})"
    curve = [name for name in ("softplus_beta", "swish_beta") if parameters.get(name) is not None]
    if curve or parameters.get("elu_alpha") is not None:
        text += f".scale({number('elu_alpha', '1.0f')}, {number(curve[0], '') if curve else '1.0f'})"
    return text


def _matmul(node: NodeOp, tensors: str) -> str:
    return f"cudnn::matmul({tensors})"


def _resample(node: NodeOp, tensors: str) -> str:
    assert isinstance(node, cudnn.ResampleOp)
    parameters = node.parameters()
    sizes = (parameters["window"], parameters["strides"], *cudnn.spatial_pads(node))
    mode = f"CUDNN_RESAMPLE_{RESAMPLE[node.mode.data]}"
    return f"cudnn::resample({mode}, {tensors}, {', '.join(dims(s) for s in sizes)})"


def _reduction(node: NodeOp, tensors: str) -> str:
    assert isinstance(node, cudnn.ReductionOp)
    return f"cudnn::reduction(CUDNN_REDUCE_TENSOR_{node.mode.data.upper()}, {tensors})"


_NODES: dict[type[NodeOp], Callable[[NodeOp, str], str]] = {
    cudnn.ConvFpropOp: _convolution,
    cudnn.ConvDgradOp: _convolution,
    cudnn.PointwiseOp: _pointwise,
    cudnn.MatmulOp: _matmul,
    cudnn.ResampleOp: _resample,
    cudnn.ReductionOp: _reduction,
}
