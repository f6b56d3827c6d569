"""fuse-elementwise: chains of element-wise kernels become one."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import math
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from arhat.dialects.kernel import ElementwiseOp, YieldOp, tensor_of
from arhat.layers import merge_layers, set_layers

MOST_INPUTS = 8
"""More operands than this in one loop compete for the processor's load streams."""


@dataclass(frozen=True)
class FuseElementwisePass(ModulePass):
    """Merge a `kernel.elementwise` into the one that uses it.

    The producer must have the consumer as its only user and the same shape and layout, so that nothing is computed
    twice. The intermediate tensor disappears: one loop reads what the producer read. A producer that rounds to levels
    (FakeQuantize) is left alone: its result is what `arhat verify` compares with another program.

    Before:

    ```mlir
    func.func @main(%x: tensor<2x3xf32>, %y: tensor<3xf32>) -> tensor<2x3xf32> {
      %0 = kernel.elementwise(%x, %y) {
      ^bb0(%a: f32, %b: f32):
        %1 = arith.addf %a, %b : f32
        kernel.yield %1 : f32
      } : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
      %2 = kernel.elementwise(%0) {
      ^bb1(%c: f32):
        %3 = math.tanh %c : f32
        kernel.yield %3 : f32
      } : (tensor<2x3xf32>) -> tensor<2x3xf32>
      func.return %2 : tensor<2x3xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<2x3xf32>, %y: tensor<3xf32>) -> tensor<2x3xf32> {
      %0 = kernel.elementwise(%x, %y) {
      ^bb0(%a: f32, %b: f32):
        %1 = arith.addf %a, %b : f32
        %2 = math.tanh %1 : f32
        kernel.yield %2 : f32
      } : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
      func.return %0 : tensor<2x3xf32>
    }
    ```
    """

    name = "fuse-elementwise"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Visit consumers in order, so that a chain collapses from its front."""
        for inner in list(op.walk()):
            if not isinstance(inner, ElementwiseOp):
                continue
            consumer = inner
            while (producer := _mergeable(consumer)) is not None:
                consumer = _replace(producer, consumer)


def _mergeable(consumer: ElementwiseOp) -> ElementwiseOp | None:
    """A producer that can be merged into `consumer`."""
    for value in consumer.inputs:
        producer = value.owner
        if not isinstance(producer, ElementwiseOp) or producer.parent is not consumer.parent:
            continue
        if any(use.operation is not consumer for use in producer.result.uses):
            continue
        if any(isinstance(scalar, math.RoundEvenOp) for scalar in producer.block.ops):
            continue  # FakeQuantize: its levels stay a value, with which `arhat verify` compares
        inputs = {*producer.inputs, *consumer.inputs} - {producer.result}
        alike = _shape_and_layout(producer) == _shape_and_layout(consumer)
        if alike and len(inputs) <= MOST_INPUTS:
            return producer
    return None


def _shape_and_layout(op: ElementwiseOp) -> tuple[tuple[int, ...], Attribute]:
    """Shape and layout of the result: the kernel visits its elements in the order in which they lie."""
    type_ = tensor_of(op.result)
    return type_.get_shape(), type_.encoding


def _replace(producer: ElementwiseOp, consumer: ElementwiseOp) -> ElementwiseOp:
    merged = merge_elementwise(producer, consumer)
    Rewriter.insert_op(merged, InsertPoint.before(consumer))
    Rewriter.replace_op(consumer, [], [merged.result])
    Rewriter.erase_op(producer)
    return merged


def merge_elementwise(producer: ElementwiseOp, consumer: ElementwiseOp) -> ElementwiseOp:
    """One op that does what `consumer` does with the result of `producer`; not inserted, the two are left alone."""
    inputs = list(dict.fromkeys(v for v in (*producer.inputs, *consumer.inputs) if v is not producer.result))
    parameters = {
        value: argument
        for op in (consumer, producer)
        for value, argument in zip(op.inputs, op.block.args, strict=True)
    }
    block = Block(arg_types=[parameters[value].type for value in inputs])
    arguments = dict(zip(inputs, block.args, strict=True))
    for value, argument in arguments.items():
        argument.name_hint = parameters[value].name_hint

    def append(op: ElementwiseOp, known: dict[SSAValue, SSAValue]) -> SSAValue:
        inside: dict[SSAValue, SSAValue] = {
            argument: known[value] for value, argument in zip(op.inputs, op.block.args, strict=True)
        }
        for scalar in op.block.ops:
            if not isinstance(scalar, YieldOp):
                copy: Operation = scalar.clone(inside)
                block.add_op(copy)
        return inside[op.yielded]

    middle = append(producer, dict(arguments))
    block.add_op(YieldOp(append(consumer, {**arguments, producer.result: middle})))
    merged = ElementwiseOp(inputs, Region(block), consumer.result.type, consumer.attributes)
    set_layers(merged, merge_layers([producer, consumer]))
    return merged
