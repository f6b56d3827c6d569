"""How a transposed convolution falls apart into ordinary ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd


@dataclass(frozen=True)
class Phase:
    """An ordinary convolution with stride 1 along one axis, which makes every `stride`-th element of the result."""

    taps: tuple[int, ...]
    """The elements of the kernel that it has, in the order in which it applies them; there may be none."""
    dilation: int
    pad: int
    """Padding before the input; negative: it begins inside the input."""
    first: int
    """The first element of the result that it makes."""
    count: int
    """How many it makes."""


def phases(kernel: int, stride: int, dilation: int, begin: int, result: int) -> list[Phase]:
    """The convolutions that make a transposed convolution along one axis: one for each remainder modulo `stride`.

    Input element `i` meets kernel element `k` in the result's element `i * stride + k * dilation - begin`. So element
    `q * stride + r - begin` has the kernel elements with `k * dilation = r` modulo `stride`, each with the input
    element `q - (k * dilation - r) / stride`; these lie `dilation / gcd(stride, dilation)` apart.
    """
    made: list[Phase] = []
    for first in range(min(stride, result)):
        skipped, remainder = divmod(first + begin, stride)
        taps = tuple(k for k in reversed(range(kernel)) if (k * dilation - remainder) % stride == 0)
        pad = (taps[0] * dilation - remainder) // stride - skipped if taps else 0
        count = (result - first - 1) // stride + 1
        made.append(Phase(taps, dilation // gcd(stride, dilation), pad, first, count))
    return made


def border(size: int, made: Sequence[Phase]) -> tuple[int, int]:
    """How far the phases read before and after an input of `size`."""
    before = max((phase.pad for phase in made if phase.taps), default=0)
    after = max(
        (
            phase.count - phase.pad + (len(phase.taps) - 1) * phase.dilation - size
            for phase in made
            if phase.taps
        ),
        default=0,
    )
    return max(before, 0), max(after, 0)
