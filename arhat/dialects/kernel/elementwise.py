"""`kernel.elementwise`: generated kernels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.dialects.builtin import TensorType
from xdsl.dialects.utils import AbstractYieldOperation
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.irdl import (
    IRDLOperation,
    ParsePropInAttrDict,
    base,
    irdl_op_definition,
    lazy_traits_def,
    region_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.traits import HasParent, IsTerminator, Pure, SingleBlockImplicitTerminator

from arhat.dialects.kernel.base import broadcasts, check, scalar_type, shape_of, tensor_of


@irdl_op_definition
class YieldOp(AbstractYieldOperation[Attribute]):
    """Ends the region of `kernel.elementwise`: the scalar that becomes the result's element."""

    name = "kernel.yield"
    traits = lazy_traits_def(lambda: (IsTerminator(), HasParent(ElementwiseOp), Pure()))


@irdl_op_definition
class ElementwiseOp(IRDLOperation):
    """A generated element-wise kernel.

    The region is evaluated once per element of the result. Its arguments are the operands' elements (operands
    broadcast against the result as in NumPy; types by `scalar_type`), its body is made of `arith` and `math`
    ops, and `kernel.yield` gives the element of the result.
    """

    name = "kernel.elementwise"
    inputs = var_operand_def(base(TensorType))
    result = result_def(base(TensorType))
    body = region_def("single_block")

    traits = traits_def(Pure(), SingleBlockImplicitTerminator(YieldOp))
    irdl_options = (ParsePropInAttrDict(),)
    assembly_format = "`(` $inputs `)` attr-dict-with-keyword $body `:` functional-type($inputs, results)"

    def __init__(
        self,
        inputs: Sequence[SSAValue | Operation],
        body: Region,
        result_type: Attribute,
        attributes: Mapping[str, Attribute] | None = None,
    ):
        super().__init__(
            operands=[inputs], regions=[body], result_types=[result_type], attributes=dict(attributes or {})
        )

    @property
    def block(self) -> Block:
        """The region's only block."""
        return self.body.block

    @property
    def yielded(self) -> SSAValue:
        """The scalar that the region yields."""
        last = self.body.block.last_op
        assert isinstance(last, YieldOp)
        return last.arguments[0]

    def verify_(self) -> None:
        """Check broadcast, the scalar types at the region's border, and what the region holds."""
        result = tensor_of(self.result)
        arguments = self.body.block.args
        check(len(arguments) == len(self.inputs), "the region has one argument per operand")
        for operand, argument in zip(self.inputs, arguments, strict=True):
            check(
                broadcasts(shape_of(operand), result.get_shape()),
                f"operand {list(shape_of(operand))} does not broadcast to {list(result.get_shape())}",
            )
            expected = scalar_type(tensor_of(operand).element_type)
            check(argument.type == expected, f"region argument must be {expected}, got {argument.type}")
        for op in self.body.block.ops:
            dialect = op.name.split(".")[0]
            check(
                dialect in ("arith", "math") or isinstance(op, YieldOp),
                f"only arith and math ops may stand in the region, got {op.name}",
            )
        last = self.body.block.last_op
        check(isinstance(last, YieldOp) and len(last.arguments) == 1, "the region must yield one scalar")
        expected = scalar_type(result.element_type)
        check(self.yielded.type == expected, f"the region must yield {expected}, got {self.yielded.type}")
