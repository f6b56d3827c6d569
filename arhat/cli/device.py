"""Whether there is a GPU that programs for one can run on."""

from __future__ import annotations

import ctypes

from arhat.errors import UserError

GPU_TARGETS = ("cudnn", "trt")
"""Targets whose programs run on a GPU."""


def has_gpu() -> bool:
    """Whether there is a GPU of NVIDIA's, with a driver."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
        count = ctypes.c_int(0)
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    except (OSError, AttributeError):
        return False


def require_gpu(target: str) -> None:
    """Raises UserError where programs of `target` cannot run here, before one is built for minutes."""
    if target in GPU_TARGETS and not has_gpu():
        raise UserError(
            f"a program of the {target} target runs on an NVIDIA GPU, and there is none with a driver here; "
            "arhat verify checks the target in the NumPy interpreter"
        )
