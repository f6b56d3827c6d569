"""The options that compile, verify, bench and show share."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from arhat.cli.main import app, main
from arhat.cli.options import compile_options
from arhat.compiler import pipeline
from arhat.errors import UserError
from arhat.options import CompileOptions, InputPreprocessing, parse_batch, parse_preprocessing

ROOT = Path(__file__).parents[3]
SHARED = ("compile", "verify", "bench", "show")


def command(name: str) -> Any:
    group: Any = typer.main.get_command(app)
    return group.commands[name]


@pytest.mark.parametrize("name", SHARED)
def test_every_command_that_compiles_has_them_all(name: str) -> None:
    options = {option for one in command(name).params for option in one.opts}
    assert {
        "--input-shape",
        "--batch",
        "--input-layout",
        "--input-type",
        "--reverse-channels",
        "--reverse-channels-of",
        "--mean",
        "--scale",
        "--detect",
        "--precision",
        "--arch",
        "--tactics",
    } <= options


@pytest.mark.parametrize(
    "text, batch, many",
    [
        ("", None, None),
        ("8", 8, None),
        ("1:8:32", 32, (1, 8, 32)),
        ("1:1:4", 4, (1, 1, 4)),
        ("4:4:4", 4, None),
    ],
)
def test_batches(text: str, batch: int | None, many: tuple[int, int, int] | None) -> None:
    assert parse_batch(text) == (batch, many)


@pytest.mark.parametrize(
    "text", ["0", "x", "1:2", "1:2:3:4", "8:1:32", "0:1:2", "-1", "1:8:99999", "65537", "1::2"]
)
def test_no_batches(text: str) -> None:
    with pytest.raises(UserError, match="--batch wants"):
        parse_batch(text)


@pytest.mark.parametrize("target", ["cpu", "cudnn"])
def test_a_range_of_batches_is_for_one_target(target: str) -> None:
    with pytest.raises(UserError, match="is for the trt target"):
        pipeline(target, CompileOptions(batch=8, batch_range=(1, 4, 8)))


QUOTED = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```$", (ROOT / "docs" / "cli.md").read_text(), re.M | re.S)
    for line in block.splitlines()
    if line.startswith("arhat ")
]


@pytest.mark.parametrize("line", QUOTED)
def test_quoted_commands_are_understood(line: str) -> None:
    _, name, *arguments = shlex.split(line)
    values = command(name).make_context(name, arguments).params
    names = {one.name for one in command("show").params} - {"source", "svg", "html", "as_json"}
    compile_options(**{key: value for key, value in values.items() if key in names})


def test_several_commands_are_quoted() -> None:
    assert len(QUOTED) >= 8


def test_options_by_input() -> None:
    found = parse_preprocessing(
        ["NHWC", "b=nchw"], ["b=u8"], ["b=1,2,3"], ["255"], True, reverse_inputs=["b"]
    )
    assert found == {
        "": InputPreprocessing(layout="NHWC", reverse_channels=True, scale=(255,)),
        "b": InputPreprocessing("NCHW", "u8", True, (1, 2, 3)),
    }
    assert compile_options() == CompileOptions()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layouts": ["CHWN"]}, "--input-layout takes NCHW or NHWC, not 'CHWN'"),
        ({"layouts": ["NHWC->X"]}, "--input-layout takes"),
        ({"types": ["f17"]}, "--input-type takes u8"),
        ({"types": ["u8", "u8"]}, "--input-type is given twice"),
        ({"means": ["a=1", "a=2"]}, "--mean is given twice for input 'a'"),
        ({"means": ["1,x"]}, "--mean wants numbers"),
        ({"means": ["nan"]}, "--mean wants numbers"),
        ({"scales": ["0"]}, "--scale wants numbers other than 0"),
        ({"types": ["=u8"]}, "has no name before the ="),
    ],
)
def test_what_makes_no_sense(options: dict[str, list[str]], message: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_preprocessing(**options)
    assert message in str(caught.value)


def test_wrong_values_are_one_line(small_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in (
        ["--detect", "ssd"],
        ["--detect", "yolo"],
        ["--input-layout", "X"],
        ["--mean", "1,2"],
        ["--input-type", "other=u8"],
    ):
        assert main(["show", str(small_model), *option]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        assert "error: " in captured.err


def test_show_has_the_model_as_it_is_compiled(small_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["show", str(small_model), "--batch", "4", "--input-layout", "NHWC", "--input-type", "u8"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "input image: 4x16x16x3 ui8" in out
    assert "output prob: 4x20 f32" in out


def test_compiled_verified_and_run(
    small_model: Path, scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--batch", "2", "--input-layout", "NHWC", "--input-type", "u8", "--mean", "10,20,30"]
    folder = str(tmp_path / "out")
    assert main(["compile", str(small_model), "-o", folder, "--native", *options]) == 0
    assert "image u8[2, 16, 16, 3] -> prob f32[2, 20]" in capsys.readouterr().out
    arguments = ["verify", str(small_model), "--project", folder, "--input", str(scene)]
    for against in ("interpreter", "openvino"):
        assert main([*arguments, "--against", against, *options]) == 0
        out = capsys.readouterr().out
        assert "and NumPy" in out
        assert "output prob [2, 20]" in out
    assert main([*arguments, "--against", "interpreter", *options[:-1], "10,20,31"]) == 1
    capsys.readouterr()

    run = ["run", folder, "--input", str(scene), "--input", str(scene), "--threads", "1"]
    assert main([*run, "--output", str(tmp_path / "out.npz")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "prob, image 0, float32[1, 20]: the 5 best"
    assert lines[6] == "prob, image 1, float32[1, 20]: the 5 best"
    assert lines[1:6] == lines[7:12]
    assert main([*run, "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["outputs"]["prob"]["images"]
    assert first == second
    assert len(first["best"]) == 5
    assert main([*run, "--mean", "1"]) == 1
    assert "compiled with --mean 10,20,30 for input 'image'" in capsys.readouterr().err
    assert main([*run, "--scale", "2"]) == 1
    assert "do not go with input 'image' of uint8" in capsys.readouterr().err
    assert main([*run, "--input", str(scene)]) == 1
    assert "error: " in capsys.readouterr().err
