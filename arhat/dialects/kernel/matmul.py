"""Matrix products that the platform has no op for."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import base, irdl_op_definition, operand_def, prop_def

from arhat.dialects.arhat.base import BOOL, broadcast, is_integer
from arhat.dialects.kernel.base import KernelOp, check, shape_of, tensor_of


@irdl_op_definition
class MatmulOp(KernelOp):
    """Matrix product of integers over the last two axes, the others broadcast: OpenVINO MatMul-1."""

    name = "kernel.matmul"
    a = operand_def(base(TensorType))
    b = operand_def(base(TensorType))
    transpose_a = prop_def(BOOL)
    transpose_b = prop_def(BOOL)

    def expected_shape(self) -> tuple[int, ...]:
        """Broadcast batch axes, then rows of `a` and columns of `b`."""
        a, b = shape_of(self.a), shape_of(self.b)
        check(is_integer(tensor_of(self.a).element_type), "operands must be integers")
        check(
            tensor_of(self.a).element_type == tensor_of(self.b).element_type,
            "operands must have one element type",
        )
        check(min(len(a), len(b)) >= 2, "operands must be matrices")
        rows, depth = (a[-1], a[-2]) if self.transpose_a.value.data else (a[-2], a[-1])
        inner, columns = (b[-1], b[-2]) if self.transpose_b.value.data else (b[-2], b[-1])
        check(depth == inner, f"inner sizes differ: {depth} and {inner}")
        return (*broadcast(a[:-2], b[:-2]), rows, columns)
