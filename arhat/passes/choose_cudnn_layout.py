"""choose-cudnn-layout: how every value of the `cudnn` level lies in memory."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from arhat.passes.choose_cudnn_layout_concat import join_in_place
from arhat.passes.choose_cudnn_layout_cost import choose
from arhat.passes.choose_cudnn_layout_rewrite import Rewrite, merge_copies
from arhat.passes.fold_constants import Folder
from arhat.passes.support import entry_point


@dataclass(frozen=True)
class ChooseCudnnLayoutPass(ModulePass):
    """Give images `#kernel.nhwc` or leave them dense, and put copies only where two sides disagree.

    Runs on loose `cudnn` nodes. Convolutions on tensor cores (16-bit and 8-bit elements, and f32 where the function's
    `cudnn.math` is `tf32`) work on NHWC, those in strict f32 on NCHW. Pooling, pointwise nodes and kernels that read
    any strides follow their operands and users; everything else is dense. Each value that two sides want in different
    layouts is copied once by a `cudnn.transform`; which side the free ones take is a minimum cut, so that no other
    choice moves fewer bytes. A `kernel.convert` takes part in this: it reads any layout and becomes the transform.
    Where the memory is the same in both layouts, a `kernel.view` stands instead. What splits, transposes and joins axes
    of an image (depth to space, say) is done on the NHWC memory where that is cheaper.

    Filters and other constants get their layout on the constant itself. Images of fewer channels than tensor cores
    take at once get zeros for the missing ones, in the transform that brings them to NHWC, and their filters as well.
    A concatenation becomes a `kernel.concat_in_place` where its parts lie one after the other in memory.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x3x9x9xf16>) -> tensor<1x2x9x9xf16> attributes {cudnn.math = "any"} {
      %w = arhat.constant() {value = dense<0.5> : tensor<2x3x1x1xf16>} : () -> tensor<2x3x1x1xf16>
      %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
        : (tensor<1x3x9x9xf16>, tensor<2x3x1x1xf16>) -> tensor<1x2x9x9xf16>
      func.return %0 : tensor<1x2x9x9xf16>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x3x9x9xf16>) -> tensor<1x2x9x9xf16> attributes {cudnn.math = "any"} {
      %w = arhat.constant() {value = dense<[
          [[[0.5]], [[0.5]], [[0.5]], [[0.0]], [[0.0]], [[0.0]], [[0.0]], [[0.0]]],
          [[[0.5]], [[0.5]], [[0.5]], [[0.0]], [[0.0]], [[0.0]], [[0.0]], [[0.0]]]
        ]> : tensor<2x8x1x1xf16>} : () -> tensor<2x8x1x1xf16, #kernel.nhwc<8>>
      %0 = cudnn.transform(%x) : (tensor<1x3x9x9xf16>) -> tensor<1x8x9x9xf16, #kernel.nhwc<8>>
      %1 = cudnn.conv_fprop(%0, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
        : (tensor<1x8x9x9xf16, #kernel.nhwc<8>>, tensor<2x8x1x1xf16, #kernel.nhwc<8>>)
        -> tensor<1x2x9x9xf16, #kernel.nhwc<2>>
      %2 = cudnn.transform(%1) : (tensor<1x2x9x9xf16, #kernel.nhwc<2>>) -> tensor<1x2x9x9xf16>
      func.return %2 : tensor<1x2x9x9xf16>
    }
    ```
    """

    name = "choose-cudnn-layout"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Choose for the module's entry point."""
        function = entry_point(op)
        choice = choose(function)
        Rewrite(choice, Folder(op)).run()
        merge_copies(function)
        join_in_place(function)
