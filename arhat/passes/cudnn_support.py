"""What cuDNN can run as one operation graph, as far as `form-graphs` makes use of it.

The rules were measured: graphs of each kind were planned with cuDNN 9.24 for sm_80, sm_89 and sm_90
(`tools/plan_graphs` does the same with the graphs of whole models; docs/cudnn-graphs.md has its table). What is not
known to plan on all three is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from xdsl.dialects.builtin import BFloat16Type, Float16Type, f32, i8, i32
from xdsl.ir import Attribute, SSAValue

from arhat.dialects.cudnn import ConvDgradOp, ConvFpropOp, ConvolutionOp, NodeOp, PointwiseOp
from arhat.dialects.kernel import shape_of, tensor_of
from arhat.dialects.kernel.memory import layout_of

MOST_NODES = 32
"""Nodes in one graph; longer ones were not tried."""
MOST_INPUTS = 12
"""Operands of one graph; more were not tried."""


class Epilogue(Enum):
    """What may follow the main node of a graph."""

    NOTHING = "nothing"
    BIAS = "bias"
    """A residual or none, then a bias, then a ReLU or none, in this order: what engines that were compiled ahead do."""
    ANY = "any"
    """Any pointwise nodes: engines that are compiled when the plan is made."""


@dataclass(frozen=True)
class Rule:
    """What may follow a main node of one of the kinds, with operands of one of the types, and so on.

    `nodes`: names without the dialect. `layouts`: `nhwc` or `dense`, of the first operand and of the result. `groups`:
    of convolutions, `one`, `some`, or some of `few` channels each.
    """

    nodes: str
    elements: str
    maths: str
    layouts: str
    groups: str
    epilogue: Epilogue


RULES = (
    # node, type of the operand, math, layouts, groups: what may follow
    Rule("conv_fprop", "f16 bf16", "any", "nhwc", "one some few", Epilogue.ANY),
    Rule("conv_fprop", "f16 bf16", "any", "dense", "one some few", Epilogue.NOTHING),
    Rule("conv_fprop", "f32", "tf32", "nhwc", "one some few", Epilogue.ANY),
    Rule("conv_fprop", "f32", "tf32", "dense", "one some few", Epilogue.BIAS),
    Rule("conv_fprop", "f32", "strict", "nhwc", "few", Epilogue.ANY),
    # For other strict convolutions in NHWC one engine does more. It is the one that cuDNN falls back to.
    Rule("conv_fprop", "f32", "strict", "nhwc dense", "one some few", Epilogue.BIAS),
    Rule("conv_fprop", "i8", "any", "nhwc", "one some", Epilogue.ANY),
    Rule("conv_fprop", "i8", "any", "nhwc", "few", Epilogue.NOTHING),
    Rule("conv_dgrad", "f16 bf16", "any", "nhwc", "one some few", Epilogue.ANY),
    Rule("conv_dgrad", "f16 bf16", "any", "dense", "one some few", Epilogue.NOTHING),
    Rule("conv_dgrad", "f32", "tf32", "nhwc", "one some few", Epilogue.ANY),
    Rule("conv_dgrad", "f32", "tf32", "dense", "one some few", Epilogue.NOTHING),
    Rule("conv_dgrad", "f32", "strict", "nhwc dense", "one some few", Epilogue.NOTHING),
    Rule("matmul", "f16 bf16", "any", "dense", "one", Epilogue.ANY),
    Rule("matmul", "f32", "tf32", "dense", "one", Epilogue.ANY),
    Rule("resample", "f16 bf16 i8", "any", "nhwc dense", "one", Epilogue.NOTHING),
    Rule("resample", "f32", "tf32 strict", "nhwc dense", "one", Epilogue.NOTHING),
)
"""The first one that fits decides; where none does there is no graph."""


def math_of(main: NodeOp, function_math: str) -> str:
    """The `math` of the graph around a main node, in a function with that `cudnn.math`."""
    return function_math if tensor_of(main.operands[0]).element_type == f32 else "any"


def epilogue_of(main: NodeOp, math: str) -> Epilogue | None:
    """What may follow a main node; None if cuDNN has no graph for it."""
    layout = "dense" if _is_dense(main.operands[0]) or _is_dense(main.output) else "nhwc"
    have = (
        main.name.removeprefix("cudnn."),
        _element_name(tensor_of(main.operands[0]).element_type),
        math,
        layout,
        _groups(main),
    )
    for rule in RULES:
        want = (rule.nodes, rule.elements, rule.maths, rule.layouts, rule.groups)
        if all(word in words.split() for word, words in zip(have, want, strict=True)):
            return rule.epilogue
    return None


def why_not(main: NodeOp, math: str) -> str:
    """Says which main node has no graph."""
    element = _element_name(tensor_of(main.operands[0]).element_type)
    groups = {"one": "", "some": " in groups", "few": " in groups of few channels"}[_groups(main)]
    return f"cuDNN has no graph for {main.name}{groups} of {element} with math = {math}"


def _element_name(element: Attribute) -> str:
    names: dict[Attribute, str] = {f32: "f32", Float16Type(): "f16", BFloat16Type(): "bf16", i8: "i8"}
    return names.get(element, str(element))


def _groups(main: NodeOp) -> str:
    if not isinstance(main, ConvolutionOp) or main.groups.value.data == 1:
        return "one"
    return "few" if _is_odd(main) else "some"


def _is_odd(main: ConvolutionOp) -> bool:
    """Whether the channels of a group, or of the image, are no multiple of 4: fewer engines take them."""
    return shape_of(main.x)[1] // main.groups.value.data % 4 != 0


# ------------------------------------------------------------------------------------------------ any epilogue


def node_fits(main: NodeOp, node: PointwiseOp, inside: Sequence[SSAValue]) -> bool:
    """Whether a pointwise node can stand in a graph that engines are compiled for; `inside` are the values made there.

    Its result has the shape of the main node's and its kind of layout, and so has every operand that comes from outside
    unless it varies along at most one axis, when layouts are alike. What was made inside is not of i8: such a value has
    to be rounded and to saturate, which only results do.
    """
    if not alike(main.output, node.output):
        return False
    if any(operand in inside and tensor_of(operand).element_type == i8 for operand in node.operands):
        return False
    dense = _is_dense(main.output)
    return all(
        operand in inside
        or _is_dense(operand) == dense
        or sum(extent != 1 for extent in shape_of(operand)) <= 1
        for operand in node.operands
    )


def alike(a: SSAValue, b: SSAValue) -> bool:
    """Whether two values have one shape and one kind of layout; the distance between pixels may differ."""
    return shape_of(a) == shape_of(b) and _is_dense(a) == _is_dense(b)


def _is_dense(value: SSAValue) -> bool:
    return layout_of(tensor_of(value)) is None


# ------------------------------------------------------------------------------------------ the fixed epilogue


@dataclass(frozen=True)
class BiasEpilogue:
    """The nodes of a fixed epilogue by their part in it."""

    bias: PointwiseOp | None = None
    residual: PointwiseOp | None = None
    relu: PointwiseOp | None = None

    @property
    def complete(self) -> bool:
        """Whether engines have this form: nothing happens without a bias."""
        return self.bias is not None or (self.residual is None and self.relu is None)

    def with_node(self, main: NodeOp, value: SSAValue, node: PointwiseOp) -> BiasEpilogue | None:
        """With one node more, which uses `value`, the result so far; None if there is no such form."""
        if (
            self.relu is not None
            or tensor_of(node.output).element_type != f32
            or not alike(main.output, node.output)
        ):
            return None
        if is_relu(node) and self.bias is not None:
            return BiasEpilogue(self.bias, self.residual, node)
        if node.mode.data != "add":
            return None
        other = node.operands[1] if node.operands[0] is value else node.operands[0]
        if other is value or tensor_of(other).element_type != f32:
            return None
        if self.bias is None and is_bias(main, other):
            return BiasEpilogue(node, self.residual)
        if self.residual is None and alike(main.output, other):
            return BiasEpilogue(self.bias, node)
        return None


def is_bias(main: NodeOp, value: SSAValue) -> bool:
    """Whether `value` has one number for each channel of the result of a convolution."""
    shape = shape_of(main.output)
    return shape_of(value) == (1, shape[1], *[1] * (len(shape) - 2))


def is_relu(node: PointwiseOp) -> bool:
    """Whether `node` is max(x, 0)."""
    return node.mode.data == "relu_fwd" and set(node.parameters()) == {"mode"}


# -------------------------------------------------------------------------------- what a graph needs besides


def needs_identity(main: NodeOp, nodes: Sequence[PointwiseOp]) -> bool:
    """Whether a graph is worth an `identity` after its main node: with it, engines are compiled for the graph.

    Without it some graphs have the form of one engine that was compiled ahead, a slow one, which hides the others:

    - of 16 bits and with a result of f32, a convolution alone or with a bias and a ReLU;
    - a convolution with sums and a clipped ReLU; in groups of few channels, also with sums and some other activations.
    """
    if not isinstance(main, ConvFpropOp) or len(nodes) > 3 or tensor_of(main.x).element_type == i8:
        return False
    if any(node.mode.data != "add" for node in nodes[:-1]):
        return False
    if not nodes or nodes[-1].mode.data == "add" or is_relu(nodes[-1]):
        end = nodes[-1] if nodes else main
        return tensor_of(main.x).element_type != f32 and tensor_of(end.output).element_type == f32
    if nodes[-1].mode.data == "relu_fwd":
        return True
    return _groups(main) == "few" and nodes[-1].mode.data in ("sigmoid_fwd", "tanh_fwd", "elu_fwd")


def residual_after_bias(main: NodeOp, nodes: Sequence[PointwiseOp]) -> bool:
    """Whether the nodes are a bias, a residual and a ReLU or none: engines compiled ahead want the residual first."""
    if not 2 <= len(nodes) <= 3 or [node.mode.data for node in nodes[:2]] != ["add", "add"]:
        return False
    if len(nodes) == 3 and not is_relu(nodes[2]):
        return False
    added = [[v for v in node.operands if v not in (main.output, nodes[0].output)] for node in nodes[:2]]
    if [len(values) for values in added] != [1, 1]:
        return False
    (bias,), (residual,) = added
    return is_bias(main, bias) and alike(main.output, residual)


def result_alone(main: NodeOp, epilogue: Epilogue) -> Attribute:
    """The element type in which a main node gives its result where nothing can follow it: as a rule, its own.

    No engine gives f32 from 16 bits for gradients, nor where channels are no multiple of 4, unless one is compiled for
    it; and nothing but i32 comes from i8.
    """
    result = tensor_of(main.output).element_type
    if epilogue is not Epilogue.NOTHING or not isinstance(main, ConvolutionOp):
        return result
    element = tensor_of(main.x).element_type
    if element == i8:
        return i32
    narrow = isinstance(element, Float16Type | BFloat16Type)
    return element if narrow and (isinstance(main, ConvDgradOp) or _is_odd(main)) else result
