"""How long an op runs on a GPU, roughly: enough to tell which branches are worth running at once.

The numbers are those of a large GPU of 2020 (108 multiprocessors); what counts is their proportion. An op cannot be
shorter than a kernel's launch, and one with few results does not fill the GPU, whatever there is to do for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from xdsl.dialects.builtin import Float32Type
from xdsl.ir import Operation, SSAValue

from arhat.dialects import cudnn, kernel
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import physical_elements
from arhat.passes.support import element_bytes

LAUNCH = 3.0
"""Microseconds that the smallest op takes."""
BANDWIDTH = 1.2e6
"""Bytes per microsecond."""
RATES = {"strict": 1.2e7, "tf32": 6e7, "any": 1.2e8}
"""Multiplications and additions per microsecond on the whole GPU, by `math`."""
FULL_PRODUCTS = 108 * 128 * 64
"""Results of a convolution or product (one tile for each multiprocessor) that fill the GPU."""
FULL_OTHER = 108 * 1024
"""Results of other ops that do, one per thread."""
SMALLEST_SHARE = 1 / 16
"""Of the GPU that an op has at least: engines split long sums."""
SORTERS = (
    kernel.DetectionOutputOp,
    kernel.ProposalOp,
    kernel.NonMaxSuppressionOp,
    kernel.MulticlassNmsOp,
    kernel.MatrixNmsOp,
    kernel.TopKOp,
)
SORT = 40.0
"""Microseconds that ops which sort and select take: several kernels that do little each."""


@dataclass(frozen=True)
class Cost:
    """Microseconds, and the share of the GPU that is busy meanwhile."""

    time: float
    share: float


def cost_of(op: Operation) -> Cost:
    """The estimate for an op of the `cudnn` level."""
    if not op.results:
        return Cost(LAUNCH, SMALLEST_SHARE)
    if isinstance(op, SORTERS):
        return Cost(SORT, SMALLEST_SHARE)
    moved = sum(_bytes(value) for value in (*op.operands, *op.results))
    inner = op.nodes if isinstance(op, cudnn.GraphOp) else [op]
    work, results = 0.0, 0
    for node in inner:
        done = _multiplications(node)
        if done:
            work, results = work + done, _elements(node.results[0])
    full = FULL_PRODUCTS if work else FULL_OTHER
    results = results or max(_elements(value) for value in op.results)
    share = min(1.0, max(SMALLEST_SHARE, results / full))
    math = _math(op)
    # Memory is kept busy by fewer threads than fill the GPU.
    time = max(LAUNCH, work / (RATES[math] * share), moved / (BANDWIDTH * min(1.0, 4 * share)))
    return Cost(time, share)


def _math(op: Operation) -> str:
    if isinstance(op, cudnn.GraphOp | cudnn.CublasLtMatmulOp):
        return op.math.data
    return "strict" if isinstance(tensor_of(op.results[0]).element_type, Float32Type) else "any"


def _elements(value: SSAValue) -> int:
    return prod(tensor_of(value).get_shape())


def _bytes(value: SSAValue) -> int:
    type_ = tensor_of(value)
    return physical_elements(type_) * element_bytes(type_.element_type)


def _multiplications(op: Operation) -> float:
    """Of a convolution or a product; 0 for other ops."""
    if isinstance(op, cudnn.ConvolutionOp):
        pixels = op.output if isinstance(op, cudnn.ConvFpropOp) else op.x
        return float(_elements(pixels) * prod(tensor_of(op.w).get_shape()[1:]))
    if isinstance(op, cudnn.MatmulOp):
        return float(_elements(op.output) * tensor_of(op.a).get_shape()[-1])
    if isinstance(op, cudnn.CublasLtMatmulOp):
        a = tensor_of(op.a).get_shape()
        return float(_elements(op.output) * (a[-2] if op.transpose_a.value.data else a[-1]))
    return 0.0
