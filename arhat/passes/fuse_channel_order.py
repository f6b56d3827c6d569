"""Pass `fuse-channel-order`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import SSAValue
from xdsl.passes import ModulePass

from arhat.dialects.arhat import ConvolutionOp, GatherOp
from arhat.dialects.arhat.base import shape_of
from arhat.layers import merge_layers, set_layers
from arhat.passes.channel_wise import ChannelStep, channel_step
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
from arhat.weights import make_constant


@dataclass(frozen=True)
class FuseChannelOrderPass(ModulePass):
    """Puts another order of channels into the filter of the convolution that reads them.

    A gather that takes every channel once, by constant indices, is dropped where a convolution without groups and with
    a constant filter is all that reads it, steps with a constant for each channel between them aside: filter and
    constants get the channels in the other order instead.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x1x4x4xf32> {
      %w = arhat.constant() {value = dense<[[[[1.0]], [[2.0]]]]> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
      %i = arhat.constant() {value = dense<[1, 0]> : tensor<2xi64>} : () -> tensor<2xi64>
      %0 = arhat.gather(%x, %i) {axis = 1, batch_dims = 0} : (tensor<1x2x4x4xf32>, tensor<2xi64>) -> tensor<1x2x4x4xf32>
      %1 = arhat.convolution(%0, %w)
        {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1}
        : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x1x4x4xf32>
      func.return %1 : tensor<1x1x4x4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x1x4x4xf32> {
      %w = arhat.constant() {value = dense<[[[[2.0]], [[1.0]]]]> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
      %1 = arhat.convolution(%x, %w)
        {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1}
        : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x1x4x4xf32>
      func.return %1 : tensor<1x1x4x4xf32>
    }
    ```
    """

    name = "fuse-channel-order"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Fuses in every function of the module."""
        folder = Folder(op)

        def fuse(op: GatherOp) -> None:
            _fuse(op, folder)

        walk_once(op, {GatherOp: fuse})


def _fuse(op: GatherOp, folder: Folder) -> None:
    order = _order(op, folder)
    if order is None:
        return
    steps: list[ChannelStep] = []
    value: SSAValue = op.result
    user = only_user(value)
    while (step := channel_step(user, 1)) is not None and step.input is value:
        steps.append(step)
        value = step.op.result
        user = only_user(value)
    if not isinstance(user, ConvolutionOp) or user.x is not value or user.groups.value.data != 1:
        return
    filter = defining_constant(user.filter)
    if filter is None:
        return
    inverse = np.argsort(order)
    indices = make_constant(folder.store, inverse.astype(np.int64), "order")
    value = op.x
    for step in steps:
        constant = step.constant
        if not step.uniform:
            axis = len(shape_of(constant.result)) + 1 - len(shape_of(step.op.result))
            constant = folder.make(GatherOp, [constant, indices], axis=axis, batch_dims=0)
            insert_before(step.op, constant)
        operands = (constant.result, value) if step.constant_first else (value, constant.result)
        moved = with_operands(step.op, {"a": operands[0], "b": operands[1]})
        set_layers(moved, merge_layers([step.op]))
        insert_before(step.op, moved)
        value = moved.result
    reordered = folder.make(GatherOp, [filter, indices], axis=1, batch_dims=0)
    insert_before(user, reordered)
    new = with_operands(user, {"x": value, "filter": reordered.result})
    replace(user, new, [op, user])
    order_constant = defining_constant(op.indices)
    erase_unused([*(step.op for step in reversed(steps)), op, order_constant, filter])
    erase_unused([step.constant for step in steps])


def _order(op: GatherOp, folder: Folder) -> np.ndarray[Any, Any] | None:
    """The channels that `op` takes, in their order, where it takes each of them once."""
    indices = defining_constant(op.indices)
    shape = shape_of(op.x)
    if indices is None or op.axis.value.data != 1 or op.batch_dims.value.data or len(shape) < 3:
        return None
    if shape_of(op.indices) != (shape[1],):
        return None
    order = folder.store.value(indices)
    order = np.where(order < 0, order + shape[1], order)
    return order if sorted(order.tolist()) == list(range(shape[1])) else None
