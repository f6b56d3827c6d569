"""Each `.mlir` file is one test; `pytest test/lit/passes/fuse_bias.mlir` runs a single one, in process.

`lit test/lit` runs the same files as real commands.
"""

from collections.abc import Iterator
from pathlib import Path

import lit_runner
import pytest


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == ".mlir" and "Inputs" not in file_path.parts:
        return LitFile.from_parent(parent, path=file_path)
    return None


class LitFile(pytest.File):
    def collect(self) -> Iterator[pytest.Item]:
        yield LitTest.from_parent(self, name="lit")


class LitTest(pytest.Item):
    def runtest(self) -> None:
        if feature := lit_runner.missing_feature(self.path.read_text(encoding="utf-8")):
            pytest.skip(f"needs {feature}")
        factory: pytest.TempPathFactory = self.config._tmp_path_factory  # fixtures are for functions only
        lit_runner.run_file(self.path, factory.mktemp(self.path.stem))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        if isinstance(excinfo.value, lit_runner.LitFailure):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.nodeid
