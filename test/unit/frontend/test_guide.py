"""The guide docs/frontend.md: its code runs, and what it claims is so."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[3] / "docs" / "frontend.md"


def test_code_of_the_guide_runs(tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    found = list(re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    assert len(found) >= 4
    names = {"folder": tmp_path, "__name__": "guide"}
    for match in found:
        line = text[: match.start(1)].count("\n")
        exec(compile("\n" * line + match[1], str(GUIDE), "exec"), names)
    assert (tmp_path / "pieces.xml").exists()
    assert (tmp_path / "project" / "model.cpp").exists()
