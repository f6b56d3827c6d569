"""Compiled programs from Python: build them, load them, run them on arrays of NumPy or of any library with DLPack.

from arhat.runtime import load

with load("out/") as model:
    outputs = model({"data": array})

with load("out-cuda/") as model:  # a program for a GPU reads and writes PyTorch's tensors where they are
    outputs = model({"data": tensor}, outputs={"prob": torch.empty(1, 1000, device="cuda")})
"""

from arhat.runtime.build import BuiltProject, build_project
from arhat.runtime.dlpack import DeviceArray
from arhat.runtime.loader import Model, load
from arhat.runtime.tensors import Batch, ProfileRow, TensorInfo

__all__ = [
    "Batch",
    "BuiltProject",
    "DeviceArray",
    "Model",
    "ProfileRow",
    "TensorInfo",
    "build_project",
    "load",
]
