"""Small models for the tests of the command, one of them built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_models import SHAPES, classifier

from arhat.cli.main import main


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classifier's .xml."""
    return classifier(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def small_project(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classifier, compiled and built by the command itself."""
    folder = tmp_path_factory.mktemp("project") / "out"
    assert main(["compile", str(small_model), "-o", str(folder), "--native"]) == 0
    return folder


@pytest.fixture
def scene() -> Path:
    """The test picture of the shapes detector."""
    return SHAPES / "scene.png"
