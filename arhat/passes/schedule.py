"""schedule: which ops run at once, on streams of the GPU."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, ModuleOp, i64
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects import cudnn
from arhat.dialects.kernel.memory import StateOp
from arhat.errors import UserError
from arhat.passes.plan_memory import place_outputs
from arhat.passes.plan_memory_streams import SILENT
from arhat.passes.schedule_cost import cost_of
from arhat.passes.support import entry_point

WORTH = 4.0
"""Microseconds that an op has to begin earlier for it to leave the stream of what it works on: a wait costs some."""
CROWDED = 0.5
"""An op that keeps more than this share of the GPU busy gains nothing from another beside it."""
MOST_STREAMS = 16


@dataclass(frozen=True)
class SchedulePass(ModulePass):
    """Put ops that do not depend on each other on different streams where that is worth it.

    Ops keep their order. Each goes to the stream where, by a rough estimate of all times, it begins first: that of what
    it works on, unless another lets it begin some microseconds earlier and it does not fill the GPU by itself. So the
    branches of an Inception module or the heads of a detector run side by side, and a chain stays on one stream.

    `cudnn.stream` is the number of an op's stream, `cudnn.waits` has the numbers of those ops on other streams that
    it waits for, as few as suffice: `numbers_of` tells how ops are counted. All streams begin when the program does,
    and it ends when all have. Where everything runs on one stream there are no attributes. Results that have to be
    copied to the caller's memory are copied by ops that this pass puts at the end, so that `plan-memory` finds all ops
    on streams.

    Options:

    - `streams`: how many there may be; 1 keeps all ops in one row.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x2048xf32>, %v: tensor<2048x512xf32>, %w: tensor<2048x512xf32>) -> tensor<1x512xf32> {
      %0 = cudnn.cublaslt_matmul(%x, %v) {transpose_a = false, transpose_b = false, math = "strict"}
        : (tensor<1x2048xf32>, tensor<2048x512xf32>) -> tensor<1x512xf32>
      %1 = cudnn.cublaslt_matmul(%x, %w) {transpose_a = false, transpose_b = false, math = "strict"}
        : (tensor<1x2048xf32>, tensor<2048x512xf32>) -> tensor<1x512xf32>
      %2 = kernel.elementwise(%0, %1) {
      ^bb0(%a: f32, %b: f32):
        %c = arith.addf %a, %b : f32
        kernel.yield %c : f32
      } : (tensor<1x512xf32>, tensor<1x512xf32>) -> tensor<1x512xf32>
      func.return %2 : tensor<1x512xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x2048xf32>, %v: tensor<2048x512xf32>, %w: tensor<2048x512xf32>) -> tensor<1x512xf32> {
      %0 = cudnn.cublaslt_matmul(%x, %v)
        {transpose_a = false, transpose_b = false, math = "strict", cudnn.stream = 0 : i64}
        : (tensor<1x2048xf32>, tensor<2048x512xf32>) -> tensor<1x512xf32>
      %1 = cudnn.cublaslt_matmul(%x, %w)
        {transpose_a = false, transpose_b = false, math = "strict", cudnn.stream = 1 : i64}
        : (tensor<1x2048xf32>, tensor<2048x512xf32>) -> tensor<1x512xf32>
      %2 = kernel.elementwise(%0, %1) attributes {cudnn.stream = 0 : i64, cudnn.waits = [1 : i64]} {
      ^bb0(%a: f32, %b: f32):
        %c = arith.addf %a, %b : f32
        kernel.yield %c : f32
      } : (tensor<1x512xf32>, tensor<1x512xf32>) -> tensor<1x512xf32>
      func.return %2 : tensor<1x512xf32>
    }
    ```
    """

    name = "schedule"

    streams: int = 4

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Schedule the module's entry point.

        Raises:
            UserError: the number of streams makes no sense.
        """
        if not 1 <= self.streams <= MOST_STREAMS:
            raise UserError(f"schedule: streams must be 1 to {MOST_STREAMS}, got {self.streams}")
        function = entry_point(op)
        for inner in function.body.block.ops:
            inner.attributes.pop(cudnn.STREAM, None)
            inner.attributes.pop(cudnn.WAITS, None)
        if self.streams == 1:
            return
        place_outputs(function)
        ops = list(numbers_of(function))
        before = dependencies(function)
        streams = _assign(ops, before, self.streams)
        if any(streams):
            _set_attributes(ops, streams, before)


def numbers_of(function: func.FuncOp) -> dict[Operation, int]:
    """The number of each op in `cudnn.waits` and in the emitted program: ops that do something, in order from 0.

    Constants, views, concatenations in place and the return do nothing and have none.
    """
    ops = (op for op in function.body.block.ops if not isinstance(op, SILENT))
    return {op: number for number, op in enumerate(ops)}


def dependencies(function: func.FuncOp) -> list[list[int]]:
    """For each op by number: the numbers of the ops that have to end before it, in order.

    An op needs those that make its operands; of a view or a concatenation in place, those that make what it shows. Ops
    on the same state variable keep their order.
    """
    numbers = numbers_of(function)
    makers: dict[SSAValue, set[int]] = {}
    variables: dict[str, int] = {}
    found: list[list[int]] = []
    for op in function.body.block.ops:
        needed = {number for value in op.operands for number in makers.get(value, ())}
        if op in numbers:
            if isinstance(op, StateOp):
                needed |= {variables[op.variable.data]} if op.variable.data in variables else set()
                variables[op.variable.data] = numbers[op]
            found.append(sorted(needed))
            needed = {numbers[op]}
        for result in op.results:
            makers[result] = needed
    return found


def _assign(ops: list[Operation], before: list[list[int]], count: int) -> list[int]:
    """The stream of each op."""
    costs = [cost_of(op) for op in ops]
    streams: list[int] = []
    ends: list[float] = []
    free_at = [0.0] * count
    last: list[int | None] = [None] * count
    for number, needed in enumerate(before):
        ready = max((ends[i] for i in needed), default=0.0)
        home = _home(needed, streams, ends, last)
        begins = [max(ready, free) for free in free_at]
        best = min(range(count), key=lambda s: (begins[s], s != home, s))
        if begins[home] - begins[best] < WORTH or costs[number].share > CROWDED:
            best = home
        streams.append(best)
        ends.append(begins[best] + costs[number].time)
        free_at[best] = ends[-1]
        last[best] = number
    return streams


def _home(needed: list[int], streams: list[int], ends: list[float], last: list[int | None]) -> int:
    """The stream to stay on: of the op that ends last of those needed, best one after which nothing was put yet."""
    if not needed:
        return 0
    fresh = [i for i in needed if last[streams[i]] == i]
    return streams[max(fresh or needed, key=lambda i: (ends[i], -i))]


def _set_attributes(ops: list[Operation], streams: list[int], before: list[list[int]]) -> None:
    for number, waits in enumerate(_waits(streams, before)):
        ops[number].attributes[cudnn.STREAM] = IntegerAttr(streams[number], i64)
        if waits:
            ops[number].attributes[cudnn.WAITS] = ArrayAttr(IntegerAttr(wait, i64) for wait in waits)


def _waits(streams: list[int], before: list[list[int]]) -> list[list[int]]:
    """The ops on other streams that each op waits for: none that has ended anyway when those before it have.

    What has ended when an op begins is, of each stream, all up to some op: `known` has its number, or -1.
    """
    count = max(streams) + 1
    known: list[list[int]] = []
    tail: list[int | None] = [None] * count
    found: list[list[int]] = []
    for number, stream in enumerate(streams):
        previous = tail[stream]
        now = list(known[previous]) if previous is not None else [-1] * count
        if previous is not None:
            now[stream] = previous
        waits: list[int] = []
        for other in reversed(before[number]):
            if now[streams[other]] < other:
                waits.append(other)
                ended = list(known[other])
                ended[streams[other]] = other
                now = [max(pair) for pair in zip(now, ended, strict=True)]
        known.append(now)
        tail[stream] = number
        found.append(sorted(waits))
    return found
