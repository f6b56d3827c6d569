from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from small_models import SHAPES

from arhat.cli.main import main


def test_table_and_sums(small_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(small_model)]) == 0
    out = capsys.readouterr().out
    conv = next(line for line in out.splitlines() if "arhat.convolution" in line)
    assert "1x8x16x16 f32" in conv
    assert f"{8 * 3 * 9}" in conv
    assert f"{8 * 16 * 16 * 3 * 9:,}" in conv
    assert "input image: 1x3x16x16 f32" in out
    assert "output prob: 1x20 f32" in out
    assert f"{8 * 3 * 9 + 8 * 20:,} parameters" in out


def test_json(small_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(small_model), "--json"]) == 0
    graph = json.loads(capsys.readouterr().out)
    dense = next(node for node in graph["nodes"] if node["layers"] == ["dense"])
    assert (dense["macs"], dense["operations"], dense["parameters"]) == (160, 320, 160)
    assert graph["totals"]["macs"] == 8 * 16 * 16 * 27 + 160
    for node in graph["nodes"]:
        assert all(source < node["id"] for source in node["sources"])


def test_batch_and_groups_are_counted_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(SHAPES / "model.xml"), "--json"]) == 0
    graph = json.loads(capsys.readouterr().out)
    depthwise = next(node for node in graph["nodes"] if node["layers"] == ["block1/depthwise/conv"])
    assert depthwise["macs"] == 16 * 80 * 80 * 9
    assert depthwise["parameters"] == 16 * 9


def test_pictures(small_model: Path, tmp_path: Path) -> None:
    svg, page = tmp_path / "a.svg", tmp_path / "a.html"
    assert main(["show", str(small_model), "--svg", str(svg), "--html", str(page)]) == 0
    root = ET.fromstring(svg.read_text())
    space = {"s": "http://www.w3.org/2000/svg"}
    titles = [text.text or "" for text in root.findall(".//s:g/s:title", space)]
    assert any(title.startswith("arhat.convolution | layers: conv") for title in titles)
    text = page.read_text()
    assert "<svg" in text
    assert text.count("<tr>") == 1 + len(titles) - 2  # a head, and every node but the ends
    targets = set(re.findall(r'href="#(n\d+)"', text))
    assert targets <= set(re.findall(r'id="(n\d+)"', text))


def test_boxes_of_the_picture_do_not_overlap(tmp_path: Path) -> None:
    svg = tmp_path / "a.svg"
    assert main(["show", str(SHAPES / "model.xml"), "--svg", str(svg)]) == 0
    root = ET.fromstring(svg.read_text())
    boxes = [
        tuple(float(rect.get(key, "")) for key in ("x", "y", "width", "height"))
        for rect in root.iter("{http://www.w3.org/2000/svg}rect")
    ]
    assert len(boxes) > 100
    right, bottom = float(root.get("width", "")), float(root.get("height", ""))
    for x, y, width, height in boxes:
        assert x >= 0 and y >= 0 and x + width <= right and y + height <= bottom
    for i, (x, y, width, height) in enumerate(boxes):
        for x2, y2, width2, height2 in boxes[:i]:
            assert x + width <= x2 or x2 + width2 <= x or y + height <= y2 or y2 + height2 <= y


def test_project(small_project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(small_project)]) == 0
    out = capsys.readouterr().out
    assert "cpu.conv" in out
    assert "output prob: 1x20 f32" in out
    assert main(["show", str(small_project), "--svg", str(tmp_path / "a.svg")]) == 1
    assert "no edges" in capsys.readouterr().err


def test_textual_module(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from arhat.cli.translate import main as translate

    target = tmp_path / "model.mlir"
    assert translate(["--import-openvino", str(SHAPES / "model.xml"), "-o", str(target)]) == 0
    assert main(["show", str(target)]) == 0
    from_text = capsys.readouterr().out
    assert main(["show", str(SHAPES / "model.xml")]) == 0
    assert from_text == capsys.readouterr().out
