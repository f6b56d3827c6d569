"""Makes `lit test/lit` work from any folder; tools are taken from the environment that runs lit."""

import os
import sys
from pathlib import Path

import lit.formats

here = Path(__file__).resolve().parent

config.name = "Arhat"  # noqa: F821  (lit provides `config`)
config.test_format = lit.formats.ShTest(execute_external=False)  # noqa: F821
config.suffixes = [".mlir"]  # noqa: F821
config.excludes = ["Inputs"]  # noqa: F821
config.test_source_root = str(here)  # noqa: F821
config.test_exec_root = str(here.parent.parent / "build" / "lit")  # noqa: F821
config.environment["PATH"] = os.pathsep.join(  # noqa: F821
    [str(Path(sys.executable).parent), config.environment.get("PATH", "")]  # noqa: F821
)
if models := os.environ.get("ARHAT_MODELS"):
    config.available_features.add("models")  # noqa: F821
    config.substitutions.append(("%models", models))  # noqa: F821
