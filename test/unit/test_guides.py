"""The guides in docs/: code that they quote is in the files they name, IR that they show does what they say."""

import re
from collections.abc import Iterator
from pathlib import Path

import lit_runner
import pytest

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs").glob("*.md"))
FENCE = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(guide: Path) -> Iterator[tuple[str, str, str]]:
    """Language, named file and text of each fenced block."""
    for match in FENCE.finditer(guide.read_text(encoding="utf-8")):
        yield match[1], match[2] or "", match[3]


QUOTES = [(guide.name, file, text) for guide in GUIDES for _, file, text in blocks(guide) if file]


@pytest.mark.parametrize(("guide", "file", "text"), QUOTES, ids=[f"{g}-{f}" for g, f, _ in QUOTES])
def test_quoted_code_is_in_the_file(guide: str, file: str, text: str) -> None:
    assert text in (ROOT / file).read_text(encoding="utf-8")


EXAMPLES = [
    (guide.name, text)
    for guide in GUIDES
    for kind, file, text in blocks(guide)
    if kind == "mlir" and not file
]


@pytest.mark.parametrize(("guide", "text"), EXAMPLES, ids=[guide for guide, _ in EXAMPLES])
def test_examples_run(guide: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "example.mlir"
    path.write_text(text)
    lit_runner.run_file(path, tmp_path)


def test_links_lead_somewhere() -> None:
    for guide in (*GUIDES, ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        text = guide.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (guide.parent / target).exists(), f"{guide.name}: {target}"
        anchors = {
            re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-") for line in text.splitlines()
        }
        for target in re.findall(r"\]\(#([^)]+)\)", text):
            assert target in anchors, f"{guide.name}: #{target}"
