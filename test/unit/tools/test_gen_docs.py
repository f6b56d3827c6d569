"""The generated reference: up to date, the same on every run, and differences are reported."""

import shutil
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[3] / "tools" / "gen_docs"


def run(tool: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, tool, *arguments], capture_output=True, text=True, check=False, timeout=120
    )


def test_committed_pages_match_the_code() -> None:
    done = run(TOOL, "--check")
    assert done.returncode == 0, done.stderr


def test_differences_are_found_and_mended(tmp_path: Path) -> None:
    tool = tmp_path / "tools" / "gen_docs"
    tool.parent.mkdir()
    shutil.copy(TOOL, tool)
    assert run(tool).returncode == 0
    folder = tmp_path / "docs" / "reference"
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert "| Convolution |" in (folder.parent / "operators.md").read_text()
    assert {"README.md", "dialect-arhat.md", "passes.md", "pipelines.md"} <= first.keys()
    assert run(tool, "--check").returncode == 0

    (folder / "passes.md").write_text("changed")
    (folder / "left-over.md").write_text("of a dialect that is gone")
    done = run(tool, "--check")
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stderr.splitlines()] == [
        "docs/reference/left-over.md",
        "docs/reference/passes.md",
    ]
    assert run(tool).returncode == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
