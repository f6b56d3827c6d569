"""`cudnn.graph`: what cuDNN runs as one execution plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from xdsl.dialects.builtin import StringAttr, TensorType
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

from arhat.dialects.arhat.base import choice
from arhat.dialects.cudnn.nodes import NodeOp

MATHS = ("strict", "tf32", "any")
"""What an engine may do to the numbers: `strict` no tensor cores; `tf32` tensor cores, which round the operands of
products to TF32 and sum in f32; `any` what it likes (the operands are of 16 bits or fewer)."""
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
