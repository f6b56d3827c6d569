"""The ordinary convolutions that a transposed one is made of."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from arhat.dialects.phases import border, phases

CASES = list(product((1, 2, 5), (1, 2, 3, 4), (1, 2, 3, 4), (1, 2, 3), (0, 1, 4)))


@pytest.mark.parametrize(("size", "kernel", "stride", "dilation", "begin"), CASES)
def test_phases(size: int, kernel: int, stride: int, dilation: int, begin: int) -> None:
    """Every output is made once, of all products that reach it, and nothing is read beyond the border."""
    rng = np.random.default_rng(0)
    x, w = rng.integers(1, 9, size), rng.integers(1, 9, kernel)
    for result in (1, 4, (size - 1) * stride + (kernel - 1) * dilation + 3):
        expected = np.zeros(result, np.int64)
        for i, k in product(range(size), range(kernel)):
            if 0 <= i * stride + k * dilation - begin < result:
                expected[i * stride + k * dilation - begin] += x[i] * w[k]
        made = phases(kernel, stride, dilation, begin, result)
        before, after = border(size, made)
        padded = np.pad(x, (before, after))
        actual = np.full(result, -1)
        for phase in made:
            for q in range(phase.count):
                place = phase.first + q * stride
                assert actual[place] == -1
                reads = [q - phase.pad + t * phase.dilation for t in range(len(phase.taps))]
                assert all(-before <= read < size + after for read in reads)
                actual[place] = sum(
                    padded[before + read] * w[k] for read, k in zip(reads, phase.taps, strict=True)
                )
        np.testing.assert_array_equal(actual, expected)
