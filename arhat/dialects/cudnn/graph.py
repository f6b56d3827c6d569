"""`cudnn.graph`: what cuDNN runs as one execution plan."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import prod
from typing import cast

from xdsl.dialects.builtin import StringAttr, TensorType, i8
from xdsl.dialects.utils import AbstractYieldOperation
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    base,
    irdl_op_definition,
    lazy_traits_def,
    opt_prop_def,
    prop_def,
    region_def,
    traits_def,
    var_operand_def,
    var_result_def,
)
from xdsl.traits import HasParent, IsolatedFromAbove, IsTerminator, Pure, SingleBlockImplicitTerminator

from arhat.dialects.arhat.base import choice, name_properties, require
from arhat.dialects.cudnn.nodes import MAIN_OPS, NODE_OPS, ConvDgradOp, ConvolutionOp, MatmulOp, NodeOp
from arhat.dialects.kernel.base import AnyTensor, tensor_of
from arhat.dialects.kernel.memory import layout_of

MATHS = ("strict", "tf32", "any")
"""What an engine may do to the numbers: `strict` no tensor cores; `tf32` tensor cores, which round the operands of
products to TF32 and sum in f32; `any` what it likes (the operands are of 16 bits or fewer)."""
PLAN = re.compile(r"eng\d+(_k\d+=-?\d+)*")
"""Names of plans: an engine and the values of its knobs."""
LEAST_RANK = 3
"""Axes of a tensor in a graph at least."""
MATH = "cudnn.math"
"""Attribute of the function: the `math` that graphs of f32 are made with."""
STREAM = "cudnn.stream"
"""Attribute of an op, set by `schedule`: the number of the stream that it runs on."""
WAITS = "cudnn.waits"
"""Attribute of an op, set by `schedule`: numbers of the ops on other streams that have to end first."""


@irdl_op_definition
class YieldOp(AbstractYieldOperation[Attribute]):
    """Ends the region of `cudnn.graph`: the tensors that leave the graph."""

    name = "cudnn.yield"
    traits = lazy_traits_def(lambda: (IsTerminator(), HasParent(GraphOp), Pure()))


@irdl_op_definition
class GraphOp(IRDLOperation):
    """An operation graph: nodes that cuDNN runs together, so that what passes between them never reaches memory.

    The region sees nothing of the function but its arguments, which are the operands. `math` is what an engine may do
    to the numbers (`MATHS`); `plan` names the engine and its knobs, where they were chosen: `eng4_k24=3`.

    ```
    %y = cudnn.graph(%x, %w, %b) {math = "any"} ({
    ^bb0(%0: tensor<1x64x56x56xf16, #kernel.nhwc<64>>, %1: tensor<64x64x1x1xf16, #kernel.nhwc<64>>,
         %2: tensor<1x64x1x1xf32, #kernel.nhwc<64>>):
      %3 = cudnn.conv_fprop(%0, %1) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1} : ...
      %4 = cudnn.pointwise(%3, b = %2) {mode = "add"} : ...
      cudnn.yield %4 : tensor<1x64x56x56xf16, #kernel.nhwc<64>>
    }) : ...
    ```
    """

    name = "cudnn.graph"
    inputs = var_operand_def(base(TensorType))
    math = prop_def(choice(*MATHS))
    plan = opt_prop_def(StringAttr)
    outputs = var_result_def(base(TensorType))
    body = region_def("single_block")

    traits = traits_def(Pure(), IsolatedFromAbove(), SingleBlockImplicitTerminator(YieldOp))
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "`(` $inputs `)` attr-dict ` ` `(` $body `)` `:` functional-type($inputs, $outputs)"

    def __init__(
        self,
        inputs: Sequence[SSAValue | Operation],
        body: Region,
        result_types: Sequence[Attribute],
        math: str,
        plan: str | None = None,
        attributes: Mapping[str, Attribute] | None = None,
    ):
        super().__init__(
            operands=[inputs],
            regions=[body],
            result_types=[result_types],
            properties={
                "math": StringAttr(math),
                "plan": None if plan is None else StringAttr(plan),
            },
            attributes=dict(attributes or {}),
        )

    @property
    def block(self) -> Block:
        """The region's only block."""
        return self.body.block

    @property
    def nodes(self) -> tuple[NodeOp, ...]:
        """The nodes in order."""
        return tuple(cast(NodeOp, op) for op in self.body.block.ops if not isinstance(op, YieldOp))

    @property
    def yielded(self) -> Sequence[SSAValue]:
        """The values inside the region that the results are."""
        last = self.body.block.last_op
        assert isinstance(last, YieldOp)
        return last.arguments

    def verify_(self) -> None:
        """Check the region's border, what it holds, its layouts and the plan's name."""
        block = self.body.block
        check_types("arguments", [value.type for value in self.inputs], [value.type for value in block.args])
        last = block.last_op
        require(isinstance(last, YieldOp), "the region ends with cudnn.yield")
        check_types("results", [value.type for value in self.outputs], [value.type for value in self.yielded])
        for op in block.ops:
            require(isinstance(op, (*NODE_OPS, YieldOp)), f"only nodes may stand in a graph, got {op.name}")
        nodes = self.nodes
        require(bool(nodes), "a graph has at least one node")
        for node in nodes:
            require(bool(node.output.uses), f"the result of {node.name} is not used")
        for value in self.yielded:
            require(isinstance(value.owner, NodeOp), "a graph gives results of its nodes, not its operands")
        main = [node.name for node in nodes if isinstance(node, MAIN_OPS)]
        require(
            len(main) <= 1, f"a graph has one convolution, product or window at most, got {', '.join(main)}"
        )
        check_layouts(self)
        check_support(self)
        plan = None if self.plan is None else self.plan.data
        require(
            plan is None or PLAN.fullmatch(plan) is not None,
            f"the name of a plan is that of its engine and its knobs, eng4_k24=3, not {plan!r}",
        )


name_properties(GraphOp)


def check_types(what: str, outside: Sequence[Attribute], inside: Sequence[Attribute]) -> None:
    """What crosses the region's border has the same types on both sides."""
    require(len(outside) == len(inside), f"the graph has {len(outside)} {what}, its region {len(inside)}")
    for index, (left, right) in enumerate(zip(outside, inside, strict=True)):
        require(left == right, f"{what[:-1]} {index} of the graph is {left}, in its region {right}")


def check_support(op: GraphOp) -> None:
    """What cuDNN has no engines for, whatever the GPU: tried with 9.24 on sm_80, sm_89 and sm_90."""
    for type_ in tensors_of(op):
        rank = len(type_.get_shape())
        require(rank >= LEAST_RANK, f"graphs hold tensors of {LEAST_RANK} axes or more, got {rank}")
    for node in op.nodes:
        if isinstance(node, MatmulOp):
            require(
                op.math.data != "strict", "products without tensor cores are cuBLASLt's: no engine has them"
            )
        if isinstance(node, ConvolutionOp) and tensor_of(node.x).element_type == i8:
            require(not isinstance(node, ConvDgradOp), "cuDNN has no transposed convolution of i8")
            apart = node.groups.value.data == tensor_of(node.x).get_shape()[1] > 1
            require(
                not apart or len(op.nodes) == 1,
                "nothing may follow a convolution of i8 with every channel apart in its graph",
            )


def is_image(type_: AnyTensor) -> bool:
    """Whether the layout of a tensor makes a difference: it has several channels and several pixels."""
    shape = type_.get_shape()
    return len(shape) >= 4 and shape[1] > 1 and prod(shape[2:]) > 1


def channels_last(op: GraphOp) -> bool:
    """Whether the images and filters of a graph lie in NHWC."""
    return any(layout_of(type_) is not None for type_ in tensors_of(op))


def tensors_of(op: GraphOp) -> list[AnyTensor]:
    """The types of all tensors of a graph, first the operands, then the results of the nodes."""
    return [tensor_of(value) for value in (*op.body.block.args, *(node.output for node in op.nodes))]


def check_layouts(op: GraphOp) -> None:
    """The images and filters of a graph lie all in NHWC or all in NCHW."""
    if not channels_last(op):
        return
    for type_ in tensors_of(op):
        require(
            not is_image(type_) or layout_of(type_) is not None,
            f"the images and filters of a graph are all NHWC or all NCHW, got {type_} beside NHWC",
        )
