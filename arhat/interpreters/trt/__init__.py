"""NumPy meaning of the `trt` dialect: what the comments of TensorRT's headers say that a layer computes.

It does not know how the ops came to be. Floating-point layers compute in f32 and round once to the element type of
their result, as TensorRT may, too: it promises no order of sums. Values of bf16 are f32 arrays, as everywhere
(`arhat.weights`).
"""

from __future__ import annotations
