"""Pass `fuse-batch-norm`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass

from arhat.dialects.arhat import (
    AddOp,
    ConstantOp,
    ConvolutionOp,
    MatmulOp,
    MultiplyOp,
    NegativeOp,
    ReduceSumOp,
    ReshapeOp,
    SubtractOp,
    TransposedConvolutionOp,
)
from arhat.dialects.arhat.base import shape_of
from arhat.passes.channel_wise import (
    ChannelStep,
    Linear,
    accepts_steps,
    channel_step,
    following_steps,
    shifted_bias,
)
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
class FuseBatchNormPass(ModulePass):
    """Folds per-channel scales around a convolution or matmul into its constant filter and bias.

    A batch normalization in inference is a scale and a shift per channel: `multiply`, `divide`, `add`, `subtract` with
    a constant that is uniform or has one value per channel, on either side of the op.

    - After the op: a chain of such steps, each the only user of the one before, is folded when it scales at all (a
      chain of shifts alone is left to fuse-bias). The op must have no residual, no activation and a constant bias or
      none. It may be a transposed convolution.
    - Before a convolution or matmul that is their only user: scales always; shifts only where the convolution pads
      nothing, since a shifted input would be padded with zeros that are not shifted.

    The filter must be constant. New filters and biases are derived entries of the weight store, computed when they
    are asked for. The fused op stands at the last op that it replaces and carries the layers of all.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
      %w = arhat.constant() {value = dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]> : tensor<2x2x1x1xf32>}
        : () -> tensor<2x2x1x1xf32>
      %s = arhat.constant() {value = dense<[[[[2.0]], [[-1.0]]]]> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
      %t = arhat.constant() {value = dense<[[[[0.5]], [[0.25]]]]> : tensor<1x2x1x1xf32>} : () -> tensor<1x2x1x1xf32>
      %0 = arhat.convolution(%x, %w)
        {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1}
        : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
      %1 = arhat.multiply(%0, %s) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
      %2 = arhat.add(%1, %t) : (tensor<1x2x4x4xf32>, tensor<1x2x1x1xf32>) -> tensor<1x2x4x4xf32>
      func.return %2 : tensor<1x2x4x4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32> {
      %w = arhat.constant() {value = dense<[[[[2.0]], [[4.0]]], [[[-3.0]], [[-4.0]]]]> : tensor<2x2x1x1xf32>}
        : () -> tensor<2x2x1x1xf32>
      %b = arhat.constant() {value = dense<[0.5, 0.25]> : tensor<2xf32>} : () -> tensor<2xf32>
      %0 = arhat.convolution(%x, %w, bias = %b)
        {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1}
        : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> tensor<1x2x4x4xf32>
      func.return %0 : tensor<1x2x4x4xf32>
    }
    ```
    """

    name = "fuse-batch-norm"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Fuses in every function of the module."""
        fuse = _FuseBatchNorm(Folder(op))
        walk_once(op, dict.fromkeys((ConvolutionOp, TransposedConvolutionOp, MatmulOp), fuse.after))
        walk_once(op, {ConvolutionOp: fuse.before, MatmulOp: fuse.before})


class _Linear:
    """A convolution or matmul with a constant filter, as fusion sees it: channels in, channels out, bias."""

    def __init__(self, op: Linear, filter: ConstantOp, bias: ConstantOp | None) -> None:
        self.op = op
        self.filter = filter
        self.bias = bias
        shape = shape_of(filter.result)
        self.by_outputs = shape
        if isinstance(op, TransposedConvolutionOp):
            groups = op.groups.value.data
            self.input = op.x
            self.outputs = groups * shape[1]
            # Group g of the outputs is made of the g-th part of the inputs: the filter is [g, I / g, O / g, ...].
            self.by_outputs = (groups, shape[0] // groups, *shape[1:])
            self.along_outputs = (groups, 1, shape[1], *[1] * (len(shape) - 2))
        elif isinstance(op, ConvolutionOp):
            self.input = op.x
            self.input_axis = 1
            self.pads = any(op.pads_begin.get_values()) or any(op.pads_end.get_values())
            self.groups = op.groups.value.data
            self.outputs = shape[0]
            self.along_outputs = (shape[0], *[1] * (len(shape) - 1))
            # Group g of the outputs sees the g-th part of the inputs: the filter is scaled as [g, O / g, I / g, ...].
            self.grouped = (self.groups, shape[0] // self.groups, *shape[1:])
            self.along_inputs = (self.groups, 1, shape[1], *[1] * (len(shape) - 2))
            self.sum_axes = tuple(range(1, len(shape)))
        else:
            self.input = op.a
            self.input_axis = -1
            self.pads = False
            outputs_last = not op.transpose_b.value.data
            outputs, inputs = (shape[-1], shape[-2]) if outputs_last else (shape[-2], shape[-1])
            self.outputs = outputs
            self.along_outputs = (outputs,) if outputs_last else (outputs, 1)
            self.grouped = shape
            self.along_inputs = (inputs, 1) if outputs_last else (inputs,)
            self.sum_axes = (0,) if outputs_last else (1,)

    @staticmethod
    def of(op: Linear) -> _Linear | None:
        """`op` if its filter is constant, and its bias or there is none; else None."""
        if isinstance(op, MatmulOp):
            # With a constant on the left, or batches of matrices, outputs are not the last axis alone.
            if len(shape_of(op.a)) < 2 or len(shape_of(op.b)) != 2:
                return None
            if op.bias is not None and shape_of(op.bias) != (shape_of(op.result)[-1],):
                return None
            filter = defining_constant(op.b)
        else:
            filter = defining_constant(op.filter)
        bias = defining_constant(op.bias)
        if filter is None or (bias is None and op.bias is not None):
            return None
        return _Linear(op, filter, bias)


class _FuseBatchNorm:
    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def after(self, op: Linear) -> None:
        """Folds the steps that follow `op`, when one of them scales."""
        linear = _Linear.of(op)
        if linear is None or not accepts_steps(op):
            return
        steps = following_steps(op)
        if not any(step.scales for step in steps):
            return
        for step in steps:
            self._apply(linear, step)
        self._replace(linear, [op, *(step.op for step in steps)], steps)

    def before(self, op: ConvolutionOp | MatmulOp) -> None:
        """Folds the steps that precede `op`, the nearest first, as far as possible."""
        linear = _Linear.of(op)
        if linear is None or (isinstance(op, MatmulOp) and op.transpose_a.value.data):
            return
        steps: list[ChannelStep] = []
        value = linear.input
        while isinstance(value.owner, Operation) and only_user(value) is not None:
            step = channel_step(value.owner, linear.input_axis)
            if step is None or (linear.pads and step.shifts):
                break
            steps.append(step)
            value = step.input
        if (
            not any(step.scales for step in steps)
            and accepts_steps(value.owner)
            and only_user(value) is not None
        ):
            return  # fuse-bias gives the shift to the op that makes the value
        if not steps:
            return
        for step in steps:
            self._apply_to_input(linear, step)
        linear.input = value
        self._replace(linear, [*(step.op for step in reversed(steps)), op], steps)

    def _apply(self, linear: _Linear, step: ChannelStep) -> None:
        """Makes `linear` compute `step` of what it computes now."""
        constant = self._folder.make(
            ReshapeOp, [step.constant], shape=() if step.uniform else (linear.outputs,)
        )
        if isinstance(step.op, SubtractOp) and step.constant_first:
            linear.filter = self._folder.make(NegativeOp, [linear.filter])
            if linear.bias is not None:
                linear.bias = self._folder.make(NegativeOp, [linear.bias])
            self._shift(linear, AddOp, constant)
        elif isinstance(step.op, AddOp | SubtractOp):
            self._shift(linear, type(step.op), constant)
        else:
            properties = step.properties
            filter_scale = self._folder.make(
                ReshapeOp, [constant], shape=() if step.uniform else linear.along_outputs
            )
            shape = shape_of(linear.filter.result)
            grouped = self._folder.make(ReshapeOp, [linear.filter], shape=linear.by_outputs)
            product = self._folder.make(type(step.op), [grouped, filter_scale], **properties)
            linear.filter = self._folder.make(ReshapeOp, [product], shape=shape)
            if linear.bias is not None:
                linear.bias = self._folder.make(type(step.op), [linear.bias, constant], **properties)

    def _apply_to_input(self, linear: _Linear, step: ChannelStep) -> None:
        """Makes `linear` of the input of `step` compute what it computes of its result now."""
        shape = shape_of(linear.filter.result)
        constant = self._folder.make(
            ReshapeOp, [step.constant], shape=() if step.uniform else linear.along_inputs
        )
        if step.shifts:
            grouped = self._folder.make(ReshapeOp, [linear.filter], shape=linear.grouped)
            product = self._folder.make(MultiplyOp, [grouped, constant])
            flat = self._folder.make(ReshapeOp, [product], shape=shape)
            sum = self._folder.make(ReduceSumOp, [flat], axes=linear.sum_axes, keep_dims=False)
            subtracted = isinstance(step.op, SubtractOp) and not step.constant_first
            self._shift(linear, SubtractOp if subtracted else AddOp, sum)
        if isinstance(step.op, SubtractOp) and step.constant_first:
            linear.filter = self._folder.make(NegativeOp, [linear.filter])
        elif step.scales:
            grouped = self._folder.make(ReshapeOp, [linear.filter], shape=linear.grouped)
            product = self._folder.make(type(step.op), [grouped, constant], **step.properties)
            linear.filter = self._folder.make(ReshapeOp, [product], shape=shape)

    def _shift(self, linear: _Linear, kind: type[AddOp | SubtractOp], shift: ConstantOp) -> None:
        """Adds `shift` (a scalar or one value per output) to the bias, or subtracts it."""
        linear.bias = shifted_bias(self._folder, linear.bias, linear.outputs, kind, shift)

    def _replace(self, linear: _Linear, ops: list[Operation], steps: list[ChannelStep]) -> None:
        """Puts `linear` in the place of the last of `ops`, which are in execution order."""
        op, last = linear.op, ops[-1]
        new_constants = [linear.filter] if linear.bias is None else [linear.filter, linear.bias]
        for constant in new_constants:
            insert_before(last, constant)
        bias = None if linear.bias is None else linear.bias.result
        if not isinstance(op, MatmulOp):
            new = with_operands(op, {"x": linear.input, "filter": linear.filter.result, "bias": bias})
            old = [defining_constant(op.filter), defining_constant(op.bias)]
        else:
            new = with_operands(op, {"a": linear.input, "b": linear.filter.result, "bias": bias})
            old = [defining_constant(op.b), defining_constant(op.bias)]
        replace(last, new, ops)
        erase_unused([*old, *(step.constant for step in steps)])
