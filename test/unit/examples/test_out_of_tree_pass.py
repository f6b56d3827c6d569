"""A pass from a package of its own, installed with pip, found by `arhat-opt` and `xdsl-opt`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "out_of_tree_pass"
BIN = Path(sys.executable).parent


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed in it."""
    folder = tmp_path_factory.mktemp("example")
    shutil.copytree(EXAMPLE, folder / "source")  # setuptools builds beside the source
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    done = run(
        *(sys.executable, "-m", "pip", "install", *options),
        *("--target", folder / "site", folder / "source"),
    )
    assert done.returncode == 0, done.stderr
    return folder / "site"


def test_its_own_tests_pass(installed: Path) -> None:
    done = run(BIN / "lit", "-v", EXAMPLE / "test", PYTHONPATH=str(installed))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed: 1 " in done.stdout


def test_it_is_listed_and_gone_when_not_installed(installed: Path) -> None:
    listed = run(BIN / "arhat-opt", "--list-passes", PYTHONPATH=str(installed)).stdout
    entry = "\nmerge-clamps\n  Makes one clamp of two clamps in a row.\n  {relu: bool = false}\n"
    assert entry in "\n" + listed
    without = run(
        BIN / "arhat-opt", EXAMPLE / "test" / "merge_clamps.mlir", "-p", "merge-clamps", PYTHONPATH=""
    )
    assert without.returncode == 1
    assert without.stderr.startswith("pass-pipeline:1:1: error: unknown pass 'merge-clamps'")


def test_a_stock_xdsl_opt_runs_it(installed: Path) -> None:
    source = EXAMPLE / "test" / "merge_clamps.mlir"
    done = run(
        BIN / "xdsl-opt", source, "-p", "merge-clamps", PYTHONPATH=str(installed), PYTHONWARNINGS="error"
    )
    assert done.returncode == 0, done.stderr
    assert "{min = 0.0, max = 4.0" in done.stdout


CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_guide_shows_what_is_printed(installed: Path) -> None:
    guide = (ROOT / "docs" / "writing-a-pass.md").read_text(encoding="utf-8")
    sessions = CONSOLE.findall(guide)
    assert sessions
    for session in sessions:
        command, _, output = session.removeprefix("$ ").partition("\n")
        path = os.pathsep.join([str(BIN), os.environ["PATH"]])
        done = run("bash", "-c", f"cd {ROOT} && {command} 2>&1", PYTHONPATH=str(installed), PATH=path)
        assert done.stdout == output


def test_its_results_are_proved(installed: Path) -> None:
    test = EXAMPLE / "test" / "test_merge_clamps.py"
    done = run(
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test, PYTHONPATH=str(installed)
    )
    assert done.returncode == 0, done.stdout


def test_a_package_that_cannot_be_imported_is_named(installed: Path, tmp_path: Path) -> None:
    metadata = tmp_path / "broken-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[xdsl.universe]\nbroken = broken_package:UNIVERSE\n")
    done = run(BIN / "arhat-opt", "--list-passes", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: an installed xdsl.universe entry point cannot be used: No module named"
    )
    assert "broken_package" in done.stderr
