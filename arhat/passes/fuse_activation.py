"""Pass `fuse-activation`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isinf
from typing import Any

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from arhat.dialects.arhat import (
    ActivationAttr,
    ClampOp,
    ConvolutionOp,
    EluOp,
    HSwishOp,
    LeakyReluOp,
    MatmulOp,
    MishOp,
    PreluOp,
    ReluOp,
    ReshapeOp,
    SigmoidOp,
    SwishOp,
    TanhOp,
    TransposedConvolutionOp,
)
from arhat.dialects.arhat.base import element_of, is_float, shape_of
from arhat.passes.channel_wise import Linear
from arhat.passes.fold_constants import Folder
from arhat.passes.rewriting import (
    defining_constant,
    erase_unused,
    insert_before,
    only_user,
    replace,
    walk_once,
    with_operands,
)


@dataclass(frozen=True)
class FuseActivationPass(ModulePass):
    """Makes the activation that follows a convolution, a transposed one or a matmul part of it.

    Takes `relu`, `leaky_relu`, `clamp`, `sigmoid`, `elu`, `tanh`, `swish`, `hswish` and `mish`, and after a
    convolution `prelu` with a constant slope that is uniform or has one value per output channel. The activation must
    be the only user of the result, and the op must have none yet. A clamp that is open on one side is taken only when
    it is a relu.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x4xf32>, %w: tensor<4x2xf32>) -> tensor<1x2xf32> {
      %0 = arhat.matmul(%x, %w) {transpose_a = false, transpose_b = false}
        : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
      %1 = arhat.clamp(%0) {min = 0.0, max = 6.0} : (tensor<1x2xf32>) -> tensor<1x2xf32>
      func.return %1 : tensor<1x2xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x4xf32>, %w: tensor<4x2xf32>) -> tensor<1x2xf32> {
      %0 = arhat.matmul(%x, %w)
        {transpose_a = false, transpose_b = false, activation = #arhat.activation<clamp, 0.0, 6.0>}
        : (tensor<1x4xf32>, tensor<4x2xf32>) -> tensor<1x2xf32>
      func.return %0 : tensor<1x2xf32>
    }
    ```
    """

    name = "fuse-activation"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Fuses in every function of the module."""
        folder = Folder(op)

        def fuse(op: Linear) -> None:
            if op.activation is not None or not is_float(element_of(op.result)):
                return
            user = only_user(op.result)
            if isinstance(user, PreluOp) and not isinstance(op, MatmulOp):
                _fuse_prelu(op, user, folder)
            elif user is not None and (activation := activation_of(user)) is not None:
                replace(user, with_operands(op, {}, activation=activation), [op, user])

        walk_once(op, dict.fromkeys((ConvolutionOp, TransposedConvolutionOp, MatmulOp), fuse))


def activation_of(op: Operation) -> ActivationAttr | None:
    """`op` as an activation without operands, if it is one."""
    make = _ACTIVATIONS.get(type(op))
    return None if make is None else make(op)


def _fuse_prelu(op: ConvolutionOp | TransposedConvolutionOp, prelu: PreluOp, folder: Folder) -> None:
    slope = defining_constant(prelu.slope)
    if slope is None or prelu.slope.owner is op:
        return
    shape, channels = shape_of(prelu.slope), shape_of(op.result)[1]
    # A slope of rank 1 belongs to the channels; others broadcast by NumPy's rule.
    rank = len(shape_of(op.result))
    aligned = (1, *shape, *[1] * (rank - 2)) if len(shape) == 1 else (1,) * (rank - len(shape)) + shape
    if any(dim != 1 for axis, dim in enumerate(aligned) if axis != 1):
        return
    flat = folder.make(ReshapeOp, [slope], shape=(channels if aligned[1] != 1 else 1,))
    insert_before(prelu, flat)
    activation = ActivationAttr.get("prelu")
    replace(prelu, with_operands(op, {"slope": flat.result}, activation=activation), [op, prelu])
    erase_unused([slope])


def _clamp(op: ClampOp) -> ActivationAttr | None:
    low, high = op.min.value.data, op.max.value.data
    if low == 0 and isinf(high):
        return ActivationAttr.get("relu")
    return None if isinf(low) or isinf(high) else ActivationAttr.get("clamp", low, high)


def _swish(op: SwishOp) -> ActivationAttr:
    return ActivationAttr.get("swish") if op.beta is None else ActivationAttr.get("swish", op.beta.value.data)


def _plain(kind: str) -> Callable[[Any], ActivationAttr | None]:
    return lambda op: ActivationAttr.get(kind)


def _with_alpha(kind: str) -> Callable[[Any], ActivationAttr | None]:
    return lambda op: ActivationAttr.get(kind, op.alpha.value.data)


_ACTIVATIONS: Mapping[type[Operation], Callable[[Any], ActivationAttr | None]] = {
    ReluOp: _plain("relu"),
    LeakyReluOp: _with_alpha("leaky_relu"),
    ClampOp: _clamp,
    SigmoidOp: _plain("sigmoid"),
    EluOp: _with_alpha("elu"),
    TanhOp: _plain("tanh"),
    SwishOp: _swish,
    HSwishOp: _plain("hswish"),
    MishOp: _plain("mish"),
}
