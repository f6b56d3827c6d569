"""Operation graphs as text, and the keys under which a tactics file knows them.

The text is what the planner of the tests reads (`test/cudnn/graph_text.hpp`) and what the key is made from: one line
for each tensor and each node, attributes in a fixed order, those at their default left out. Equal texts are equal
graphs.

    graph 0f3c... math=any
    tensor 1 f16 dims=1,64,56,56 strides=200704,1,3584,64
    ...
    tensor 4 f32 dims=1,64,56,56 strides=200704,1,3584,64 virtual
    conv_fprop x=1 w=2 y=4 pre=1,1 post=1,1 strides=1,1 dilations=1,1 compute=f32
    pointwise mode=relu_fwd x=4 y=5 upper=6 compute=f32
    end
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from math import inf

import numpy as np
from xdsl.ir import SSAValue

from arhat.dialects.arhat.base import ints_of
from arhat.dialects.cudnn import (
    ConvDgradOp,
    ConvFpropOp,
    ConvolutionOp,
    GraphOp,
    MatmulOp,
    NodeOp,
    PointwiseOp,
    ReductionOp,
    ResampleOp,
    compute_type,
    spatial_pads,
)
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import strides_of

KEY_LENGTH = 16
"""Hexadecimal digits of a key."""
OPERANDS: dict[type[NodeOp], tuple[str, ...]] = {
    ConvFpropOp: ("x", "w"),
    ConvDgradOp: ("x", "w"),
    PointwiseOp: ("x", "b"),
    MatmulOp: ("a", "b"),
    ResampleOp: ("x",),
    ReductionOp: ("x",),
}
"""Names of the operands of each node in the text."""
CONSTANTS = (
    ("lower_clip", "lower", 0.0),
    ("upper_clip", "upper", inf),
    ("lower_clip_slope", "slope", 0.0),
    ("elu_alpha", "alpha", 1.0),
    ("softplus_beta", "beta", 1.0),
    ("swish_beta", "beta", 1.0),
)
"""Constants of pointwise nodes: property, name in the text, default."""


def graph_text(op: GraphOp) -> str:
    """The text of a graph, its key included."""
    body = _body(op)
    return f"graph {_key(body)} {body}"


def graph_key(op: GraphOp) -> str:
    """The name of a graph: a hash of its text. Graphs with one key have the same plans."""
    return _key(_body(op))


def tensor_uids(op: GraphOp) -> dict[SSAValue, int]:
    """Numbers of the tensors inside a graph: its operands from 1 on, then the results of its nodes, all in order."""
    tensors = [*op.block.args, *(node.output for node in op.nodes)]
    return {value: uid for uid, value in enumerate(tensors, 1)}


def _key(body: str) -> str:
    return sha256(body.encode()).hexdigest()[:KEY_LENGTH]


def _body(op: GraphOp) -> str:
    uids = tensor_uids(op)
    visible = {*op.block.args, *op.yielded}
    lines = [f"math={op.math.data}"]
    lines += [_tensor(value, uid, value not in visible) for value, uid in uids.items()]
    lines += [_node(node, uids) for node in op.nodes]
    return "\n".join([*lines, "end", ""])


def _tensor(value: SSAValue, uid: int, virtual: bool) -> str:
    type_ = tensor_of(value)
    sizes = f"dims={_list(type_.get_shape())} strides={_list(strides_of(type_))}"
    return f"tensor {uid} {type_.element_type} {sizes}{' virtual' if virtual else ''}"


def _list(values: Sequence[int]) -> str:
    return ",".join(str(value) for value in values)


def _number(value: float) -> str:
    """The shortest text of the f32 number nearest to `value`."""
    return str(np.float32(value)).removesuffix(".0")


def _node(node: NodeOp, uids: dict[SSAValue, int]) -> str:
    words = [node.name.removeprefix("cudnn.")]
    if isinstance(node, PointwiseOp | ResampleOp | ReductionOp):
        words.append(f"mode={node.mode.data}")
    words += [
        f"{name}={uids[value]}" for name, value in zip(OPERANDS[type(node)], node.operands, strict=False)
    ]
    words.append(f"y={uids[node.output]}")
    if isinstance(node, PointwiseOp):
        parameters = node.parameters()
        for property, name, default in CONSTANTS:
            value = parameters.get(property, default)
            if value != default:
                words.append(f"{name}={_number(value)}")
    if isinstance(node, ResampleOp):
        words += [f"window={_list(ints_of(node.window))}", f"strides={_list(ints_of(node.strides))}"]
    if isinstance(node, ConvolutionOp | ResampleOp):
        before, after = spatial_pads(node)
        words += [f"pre={_list(before)}", f"post={_list(after)}"]
    if isinstance(node, ConvolutionOp):
        words += [f"strides={_list(ints_of(node.strides))}", f"dilations={_list(ints_of(node.dilations))}"]
    return " ".join([*words, f"compute={compute_type(node)}"])
