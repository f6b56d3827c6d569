"""Compiled programs from Python: build them, load them, run them on NumPy arrays.

from arhat.runtime import load

with load("out/") as model:
    outputs = model({"data": array})
"""

from arhat.runtime.build import BuiltProject, build_project
from arhat.runtime.loader import Model, ProfileRow, TensorInfo, load

__all__ = ["BuiltProject", "Model", "ProfileRow", "TensorInfo", "build_project", "load"]
