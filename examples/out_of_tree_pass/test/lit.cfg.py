"""Configuration of `lit examples/out_of_tree_pass/test`; it takes the tools of the environment that runs lit."""

import os
import sys
import tempfile
from pathlib import Path

import lit.formats

config.name = "arhat-merge-clamps"  # noqa: F821  (lit provides `config`)
config.test_format = lit.formats.ShTest(execute_external=False)  # noqa: F821
config.suffixes = [".mlir"]  # noqa: F821
config.test_source_root = str(Path(__file__).parent)  # noqa: F821
config.test_exec_root = tempfile.mkdtemp()  # noqa: F821
config.environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # noqa: F821
config.environment["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")  # noqa: F821
