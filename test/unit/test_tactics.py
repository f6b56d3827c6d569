"""The tactics file: what is written is read again, here and by a program; damaged files are refused with their line."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from arhat.errors import UserError
from arhat.tactics import Tactic, Tactics, format_tactics, parse_tactics, read_tactics

ROOT = Path(__file__).parents[2]
TACTICS = Tactics(
    "9.24.0",
    'NVIDIA "H200" é',
    90,
    {
        "7de0a9b4c3f21688": Tactic("eng7_k24=24_k3=-1", 3.1, 4096),
        "0b1f3a5577c9e2d4": Tactic("eng4", 12.48, 0),
    },
)
TEXT = """{
  "arhat-tactics": 1,
  "cudnn": "9.24.0",
  "device": "NVIDIA H200",
  "sm": 90,
  "graphs": {
    "0b1f3a5577c9e2d4": {"plan": "eng4_k24=3", "microseconds": 12.48, "workspace": 0}
  }
}
"""


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "tactics.json"
    path.write_text(format_tactics(TACTICS), "utf-8")
    assert read_tactics(path) == TACTICS
    assert format_tactics(parse_tactics(TEXT)) == TEXT
    assert parse_tactics(format_tactics(Tactics("9.24.0", "", 80))) == Tactics("9.24.0", "", 80)


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_programs_write_the_same(tmp_path: Path) -> None:
    tool = tmp_path / "tactics_tool"
    includes = ["-I", ROOT / "arhat" / "runtime" / "include"]
    source = ROOT / "test" / "cudnn" / "tactics_tool.cpp"
    subprocess.run(["g++", "-std=c++17", *includes, source, "-o", tool], check=True)
    for tactics in (TACTICS, Tactics("9.24.0", "none", 80)):
        path = tmp_path / "tactics.json"
        path.write_text(format_tactics(tactics), "utf-8")
        command = [tool, "read", path, tactics.cudnn, tactics.device, str(tactics.sm)]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        assert done.returncode == 0, done.stdout
        assert done.stdout == format_tactics(tactics)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('"sm": 90,', '"sm": 90', 6, "Expecting ',' delimiter"),
        ('"arhat-tactics": 1', '"arhat-tactics": 2', 2, "its version is 2; this Arhat reads version 1"),
        ('"arhat-tactics": 1', '"arhat-tactics": true', 2, "its version is True; this Arhat reads version 1"),
        ('  "arhat-tactics": 1,\n', "", None, "'arhat-tactics' is missing"),
        ('"sm": 90', '"sm": "90"', 5, "'sm' must be a number like 90"),
        ('"cudnn": "9.24.0"', '"cudnn": 9', 3, "'cudnn' must be a text"),
        ("0b1f3a5577c9e2d4", "0b1f\\n", 7, "'0b1f\\n' is not the key of a graph (16 hexadecimal digits)"),
        ("eng4_k24=3", "eng4; rm", 7, "must be the name of a plan like 'eng4_k24=3'"),
        ("12.48", "-1", 7, "must be a time"),
        ("12.48", "NaN", None, "NaN is no number of JSON"),
        ("12.48", "1e999", 7, "must be a time"),
        ('"workspace": 0', '"workspace": 0.5', 7, "must be a number of bytes"),
        (
            TEXT[TEXT.index('{"plan') : TEXT.index("\n  }")],
            "3",
            7,
            "the entry of 0b1f3a5577c9e2d4 must be an object",
        ),
        ('  "sm": 90,', '  "sm": 90,\n  "sm": 90,', 5, "'sm' occurs twice"),
        (TEXT, "[]", None, "the file must be an object"),
        (TEXT, "[" * 100_000, None, "recursion"),
    ],
)
def test_damaged_files_are_refused(old: str, new: str, line: int | None, message: str) -> None:
    assert old in TEXT
    with pytest.raises(UserError) as caught:
        parse_tactics(TEXT.replace(old, new), "t.json")
    assert caught.value.line == line
    assert str(caught.value).startswith(f"t.json:{line}:" if line else "t.json: error")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read the tactics file: No such file"):
        read_tactics(tmp_path / "none.json")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="it is no text in UTF-8"):
        read_tactics(tmp_path / "bytes.json")
