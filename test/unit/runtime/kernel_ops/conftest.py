"""The program that runs kernels, once for each kind of processor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from unit.runtime.kernel_ops.kernel_program import VARIANTS, Program, build


@pytest.fixture(scope="session", params=list(VARIANTS))
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    running = Program(build(request.param, tmp_path_factory.mktemp("kernel_ops")))
    yield running
    running.close()
