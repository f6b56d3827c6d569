"""convert-arhat-to-cudnn: from what the model means to what the `cudnn` target is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from arhat.dialects import kernel
from arhat.emit import kernels_cuda
from arhat.passes.legalize_precision import legalize
from arhat.passes.lower_calls_cudnn import CALL_LOWERINGS
from arhat.passes.lower_halves_cudnn import HALF_LOWERINGS, takes_halves
from arhat.passes.lower_int8_cudnn import INT8_CUDNN_LOWERINGS, shift_bytes
from arhat.passes.lower_kernels import SCRATCH, Lowering, convert, kernel_lowerings
from arhat.passes.lower_nodes_cudnn import NODE_LOWERINGS
from arhat.passes.lower_recurrent_cudnn import UNROLLED_LOWERINGS


@dataclass(frozen=True)
class ConvertArhatToCudnnPass(ModulePass):
    """Replace every `arhat` op except constants by nodes and calls of `cudnn` and by ops of `kernel`.

    A convolution becomes a node and what is fused into it one node each: bias, residual, activation. All but the last
    give f32, which rounds to the model's element type; `form-graphs` makes graphs of them. Convolutions and pooling of
    one axis are seen as images of height 1. Matrix products become calls of cuBLASLt with `cudnn.math` of the function,
    recurrences one product and some kernels for each step, element-wise ops one `kernel.elementwise` each, the rest
    the `kernel` op of their name. Kernels that compute do so in f32: where the model has 16-bit floats, conversions
    stand around them. Quantised bytes `q` become signed, `q - 128`. Ops that the target cannot run are refused with one
    error that lists them all.

    ```mlir
    %y = arhat.convolution(%x, %w, bias = %b) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0],
        dilations = [1, 1], groups = 1, activation = #arhat.activation<relu>}
      : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>, tensor<8xf16>) -> tensor<1x8x4x4xf16>
    // becomes
    %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
      : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf32>
    %1 = kernel.view(%b) : (tensor<8xf16>) -> tensor<1x8x1x1xf16>
    %2 = cudnn.pointwise(%0, b = %1) {mode = "add"}
      : (tensor<1x8x4x4xf32>, tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xf32>
    %y = cudnn.pointwise(%2) {mode = "relu_fwd"} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf16>
    ```
    """

    name = "convert-arhat-to-cudnn"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Convert the module's entry point."""
        legalize(op, takes_halves)
        shift_bytes(op)
        convert(op, "cudnn", _LOWERINGS)


_SCRATCH = {
    **SCRATCH,
    kernel.DetectionOutputOp.name: kernels_cuda.detection_output_scratch,
    kernel.MatrixNmsOp.name: kernels_cuda.selected_scratch,
    kernel.MulticlassNmsOp.name: kernels_cuda.selected_scratch,
    kernel.NonMaxSuppressionOp.name: kernels_cuda.nms_scratch,
    kernel.ProposalOp.name: kernels_cuda.proposal_scratch,
    kernel.TopKOp.name: kernels_cuda.topk_scratch,
}

_LOWERINGS: Mapping[str, Lowering] = {
    **kernel_lowerings(_SCRATCH),
    **NODE_LOWERINGS,
    **CALL_LOWERINGS,
    **HALF_LOWERINGS,
    **UNROLLED_LOWERINGS,
    **INT8_CUDNN_LOWERINGS,
}
