"""convert-arhat-to-trt: from what the model means to layers of a TensorRT network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, i1, i32
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects import arhat, kernel, trt
from arhat.dialects.arhat.base import elements, tensor_type, type_of
from arhat.dialects.kernel import memory, shape_of, tensor_of
from arhat.layers import layers_of, set_layers
from arhat.passes.fold_constants import Folder
from arhat.passes.lower_elements_trt import QUANTISED, is_native, widen_elements
from arhat.passes.lower_elementwise_trt import ELEMENTWISE_TRT_LOWERINGS
from arhat.passes.lower_images_trt import IMAGE_TRT_LOWERINGS
from arhat.passes.lower_int8_trt import INT8_TRT_LOWERINGS, legalize_bytes
from arhat.passes.lower_kernels import Lowered, Lowering, convert, kernel_lowerings
from arhat.passes.lower_movement_trt import MOVEMENT_TRT_LOWERINGS
from arhat.passes.lower_products_trt import PRODUCT_TRT_LOWERINGS
from arhat.passes.lower_recurrent_trt import RECURRENT_TRT_LOWERINGS
from arhat.passes.lower_resize_trt import RESIZE_TRT_LOWERINGS
from arhat.passes.rewriting import erase_unused
from arhat.passes.support import Unsupported, entry_point
from arhat.weights import dense, dtype_of


@dataclass(frozen=True)
class ConvertArhatToTrtPass(ModulePass):
    """Replaces every `arhat` op except constants by layers of `trt`, and by ops of `kernel` where there are none.

    Each op becomes one layer or a few: operands of element-wise layers get one rank, images of one spatial axis a
    height of 1, a convolution its bias inside and what else is fused into it after it, a mean over what TensorRT has no
    mean of a sum. Constants that are needed in another shape or type are made anew, of which the weight store computes
    the large ones when they are asked for. A constant becomes one `trt.constant` for all its uses, but for the kernel
    and the bias of convolutions and the first value of a state. Element types that TensorRT does not have become wider
    ones (i8 is computed in i32, f64 in f32).

    Ops of `kernel` are left for `outline-plugins`. What the target cannot run is refused, with one error that lists all
    of it.

    Which of equal elements `trt.top_k` prefers, and what two updates of one place give in `trt.scatter`, TensorRT
    leaves open. Known indices that name a place twice, and top-k by position, are the kernels'.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32> {
      %a = arhat.constant() {value = dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>} : () -> tensor<4xf32>
      %0 = arhat.multiply(%x, %a) : (tensor<1x8x4x4xf32>, tensor<4xf32>) -> tensor<1x8x4x4xf32>
      %1 = arhat.clamp(%0) {min = 0.0, max = 6.0} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
      func.return %1 : tensor<1x8x4x4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32> {
      %a = arhat.constant() {value = dense<[[[[1.0, 2.0, 3.0, 4.0]]]]> : tensor<1x1x1x4xf32>}
        : () -> tensor<1x1x1x4xf32>
      %0 = trt.constant(%a) : (tensor<1x1x1x4xf32>) -> tensor<1x1x1x4xf32>
      %1 = trt.element_wise(%x, %0) {op = "prod"}
        : (tensor<1x8x4x4xf32>, tensor<1x1x1x4xf32>) -> tensor<1x8x4x4xf32>
      %2 = trt.activation(%1) {kind = "clip", alpha = 0.0, beta = 6.0}
        : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32>
      func.return %2 : tensor<1x8x4x4xf32>
    }
    ```
    """

    name = "convert-arhat-to-trt"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Convert the module's entry point."""
        legalize_bytes(op)
        widen_elements(op)
        convert(op, "trt", _LOWERINGS)
        block = entry_point(op).body.block
        _name_constants(block, Folder(op))
        erase_unused(inner for inner in reversed(list(block.ops)) if isinstance(inner, arhat.ConstantOp))


def _prior_box(op: Operation) -> list[Operation]:
    raise Unsupported("prior boxes are constants: run fold-priors first")


def _none(op: kernel.AnyKernelOp) -> int:
    """Bytes of scratch memory: TensorRT asks the plugin itself."""
    return 0


_KERNELS = (
    kernel.DetectionOutputOp,
    kernel.InterpolateOp,
    kernel.MatrixNmsOp,
    kernel.MulticlassNmsOp,
    kernel.NonMaxSuppressionOp,
    kernel.ProposalOp,
    kernel.ResampleOp,
    kernel.TopKOp,
)
"""Kernels that take scratch memory on other targets."""


def _checked(lowering: Lowering) -> Lowering:
    """`lowering` for element types and ranks that TensorRT has."""

    def lower(op: Operation) -> list[Operation] | Lowered:
        for value in (*op.operands, *op.results):
            _check_type(op, value)
        made = lowering(op)
        for inner in made.ops if isinstance(made, Lowered) else made:
            for result in inner.results:
                _check_rank(result)
        return made

    return lower


def _check_type(op: Operation, value: SSAValue) -> None:
    element = tensor_of(value).element_type
    bytes_ = isinstance(op, arhat.ConvertOp) and element == trt.ui8
    if not is_native(element) and not bytes_ and not isinstance(op, QUANTISED):
        raise Unsupported(f"TensorRT has no elements of type {element}")
    _check_rank(value)


def _check_rank(value: SSAValue) -> None:
    rank = len(tensor_of(value).get_shape())
    if rank > trt.LARGEST_RANK:
        raise Unsupported(f"TensorRT's tensors have at most {trt.LARGEST_RANK} axes, it needs {rank}")


def _name_constants(block: Block, folder: Folder) -> None:
    """Puts a `trt.constant` between each constant and those of its uses that are not weights.

    TensorRT has no constants of booleans: they are cast from numbers.
    """
    for op in list(block.ops):
        if not isinstance(op, arhat.ConstantOp):
            continue
        uses = [use for use in op.result.uses if not _takes_weights(use.operation, use.index)]
        if uses:
            made: list[Operation] = []
            constant = op
            if type_of(op.result).element_type == i1:
                constant = folder.make(arhat.ConvertOp, [op], to=i32)
                made.append(constant)
            filled = elements(shape_of(op.result)) > 0
            made += [trt.ConstantOp.make([constant.result])] if filled else _empty(constant)
            if constant is not op:
                made.append(trt.CastOp.make([made[-1].results[0]], {}, op.result.type))
            for layer in made:
                set_layers(layer, layers_of(op))
            block.insert_ops_after(made, op)
            for use in uses:
                use.operation.operands[use.index] = made[-1].results[0]


def _empty(op: arhat.ConstantOp) -> list[Operation]:
    """No elements of another constant: TensorRT has no constants without elements."""
    type_ = type_of(op.result)
    ones = (1,) * len(type_.get_shape())
    array = np.zeros(ones, dtype_of(type_.element_type))
    zero = arhat.ConstantOp.get(dense(array, type_.element_type), tensor_type(type_.element_type, ones))
    constant = trt.ConstantOp.make([zero.result])
    properties = {
        "starts": [0] * len(ones),
        "sizes": type_.get_shape(),
        "strides": [0] * len(ones),
        "mode": "strict_bounds",
    }
    return [zero, constant, trt.SliceOp.make([constant.output, None, None], properties)]


def _takes_weights(op: Operation, index: int) -> bool:
    if isinstance(op, memory.ReadValueOp | trt.ConstantOp):
        return True
    return isinstance(op, trt.ConvolutionOp | trt.DeconvolutionOp) and index > 0


_LOWERINGS: Mapping[str, Lowering] = {
    name: _checked(lowering)
    for name, lowering in {
        **kernel_lowerings(dict.fromkeys((op.name for op in _KERNELS), _none)),
        **ELEMENTWISE_TRT_LOWERINGS,
        **IMAGE_TRT_LOWERINGS,
        **MOVEMENT_TRT_LOWERINGS,
        **PRODUCT_TRT_LOWERINGS,
        **RESIZE_TRT_LOWERINGS,
        **RECURRENT_TRT_LOWERINGS,
        **INT8_TRT_LOWERINGS,
        "arhat.prior_box": _prior_box,
        "arhat.prior_box_clustered": _prior_box,
    }.items()
}
