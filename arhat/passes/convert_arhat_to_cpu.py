"""convert-arhat-to-cpu: from what the model means to what the `cpu` target is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import BoolAttr, Float64Type, ModuleOp, TensorType, f32
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects import arhat, cpu, kernel
from arhat.dialects.arhat.base import is_integer
from arhat.dialects.kernel import tensor_of
from arhat.passes.lower_images import IMAGE_LOWERINGS
from arhat.passes.lower_int8 import INT8_LOWERINGS
from arhat.passes.lower_kernels import KERNEL_LOWERINGS, Lowering, convert, view
from arhat.passes.lower_recurrent import RECURRENT_LOWERINGS


@dataclass(frozen=True)
class ConvertArhatToCpuPass(ModulePass):
    """Replace every `arhat` op except constants by ops of `cpu` and `kernel`.

    Convolutions, matrix products and pooling become `cpu` ops, with one-dimensional ones seen as images of height 1
    and volumes as images of their planes; element-wise ops become one `kernel.elementwise` each; a reshape becomes a
    `kernel.view`; the rest become the `kernel` op of their name. All values stay dense here: `choose-layout` follows.
    Ops that the target cannot run are refused with one error that lists them all.

    ```mlir
    %y = arhat.reshape(%x) {shape = [1, 12]} : (tensor<1x3x4xf32>) -> tensor<1x12xf32>
    // becomes
    %y = kernel.view(%x) : (tensor<1x3x4xf32>) -> tensor<1x12xf32>
    ```
    """

    name = "convert-arhat-to-cpu"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Convert the module's entry point."""
        convert(op, "cpu", _LOWERINGS)


def _matmul(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.MatmulOp)
    a, b = tensor_of(op.a).get_shape(), tensor_of(op.b).get_shape()
    transpose_a, transpose_b = bool(op.transpose_a.value.data), bool(op.transpose_b.value.data)
    type_ = tensor_of(op.result)
    element = type_.element_type
    new: list[Operation] = []

    def as_(value: SSAValue, element: Attribute) -> SSAValue:
        new.append(kernel.ConvertOp.make([value], {}, TensorType(element, tensor_of(value).get_shape())))
        return new[-1].results[0]

    def row(value: SSAValue) -> SSAValue:
        new.append(view(value, (1, *tensor_of(value).get_shape())))
        return new[-1].results[0]

    left, right, shape = op.a, op.b, type_.get_shape()
    bias = [op.bias] if op.bias is not None else []
    if len(b) == 1:  # a column: its product is the transposed one of it as a row
        left, right = row(right), left if len(a) > 1 else row(left)
        transpose_a, transpose_b = False, not transpose_a or len(a) == 1
    elif len(a) == 1:
        left, transpose_a = row(left), False
    if len(a) == 1 or len(b) == 1:
        shape = (*shape[:-1], 1, *shape[-1:]) if shape else (1, 1)
    transposed: dict[str, Attribute | None] = {
        "transpose_a": BoolAttr.from_bool(transpose_a),
        "transpose_b": BoolAttr.from_bool(transpose_b),
    }
    if is_integer(element):
        new.append(kernel.MatmulOp.make([left, right], transposed, TensorType(element, shape)))
    else:
        wide = isinstance(element, Float64Type)  # OpenVINO's CPU, too, computes products of f64 in f32
        if wide:
            left, right, bias = (
                as_(left, f32),
                as_(right, f32),
                [as_(value, f32) for value in bias],
            )
        new.append(
            cpu.MatmulOp.build(
                operands=[[left], [right], bias],
                properties=transposed | {"activation": op.activation},
                result_types=[TensorType(f32 if wide else element, shape)],
            )
        )
        if wide:
            as_(new[-1].results[0], element)
    if shape != type_.get_shape():
        new.append(view(new[-1].results[0], type_.get_shape()))
    return new


_LOWERINGS: Mapping[str, Lowering] = {
    **KERNEL_LOWERINGS,
    **IMAGE_LOWERINGS,
    **INT8_LOWERINGS,
    **RECURRENT_LOWERINGS,
    "arhat.matmul": _matmul,
}
