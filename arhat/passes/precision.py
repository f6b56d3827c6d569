"""precision: the format that a network is computed in on a target with tensor cores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.passes import ModulePass

from arhat.dialects.cudnn import MATH
from arhat.passes.convert_precision import ConvertPrecisionPass
from arhat.passes.support import entry_point


@dataclass(frozen=True)
class PrecisionPass(ModulePass):
    """Say how the network is computed: in its types, and for f32 in the attribute `cudnn.math` of `@main`.

    - `f32`: `strict`, no tensor cores; sums of f32.
    - `tf32`: `tf32`, tensor cores that read 10 bits of the fraction of f32; tensors stay f32.
    - `f16`, `bf16`: `convert-precision` makes what leads to a convolution or a matrix product 16-bit floats, for which
      tensor cores are always used; what stays f32 is `strict`.

    What a quantised model computes on integers stays on integers; the rest of it is as for other models.

    Options:

    - `to`: one of these.
    - `keep`: names of layers that stay in f32.

    Before (with `to=f16`):

    ```mlir
    func.func @main(%x: tensor<1x8xf32>, %w: tensor<8x4xf32>) -> tensor<1x4xf32> {
      %0 = arhat.matmul(%x, %w) {transpose_a = false, transpose_b = false}
        : (tensor<1x8xf32>, tensor<8x4xf32>) -> tensor<1x4xf32>
      func.return %0 : tensor<1x4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x8xf32>, %w: tensor<8x4xf32>) -> tensor<1x4xf32> attributes {cudnn.math = "strict"} {
      %0 = arhat.convert(%w) {to = f16} : (tensor<8x4xf32>) -> tensor<8x4xf16>
      %1 = arhat.convert(%x) {to = f16} : (tensor<1x8xf32>) -> tensor<1x8xf16>
      %2 = arhat.matmul(%1, %0) {transpose_a = false, transpose_b = false}
        : (tensor<1x8xf16>, tensor<8x4xf16>) -> tensor<1x4xf16>
      %3 = arhat.convert(%2) {to = f32} : (tensor<1x4xf16>) -> tensor<1x4xf32>
      func.return %3 : tensor<1x4xf32>
    }
    ```
    """

    name = "precision"

    to: Literal["f32", "tf32", "f16", "bf16"] = "f32"
    keep: tuple[str, ...] = ()

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Sets the attribute, and converts where 16 bits are asked for."""
        entry_point(op).attributes[MATH] = StringAttr("tf32" if self.to == "tf32" else "strict")
        if self.to == "f16" or self.to == "bf16":
            ConvertPrecisionPass(self.to, self.keep).apply(ctx, op)
