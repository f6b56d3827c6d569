"""What all tests share: see `models.py` for models and comparison with OpenVINO."""

from __future__ import annotations

from pathlib import Path

import models as test_models
import pytest


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """The folder of test models; without `ARHAT_MODELS` the test is skipped."""
    folder = test_models.models_folder()
    if folder is None:
        pytest.skip(test_models.NEEDS_MODELS)
    return folder


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes more than a few seconds; runs with ARHAT_ALL_MODELS=1")
