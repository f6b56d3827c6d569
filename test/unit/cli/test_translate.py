"""`arhat-translate`, and the road from a model to C++ through text."""

import io
from pathlib import Path

import numpy as np
import pytest
from ir import Ir

from arhat.cli import opt, translate
from arhat.cli.common import Streams
from arhat.driver.registry import make_context, make_resolver
from arhat.driver.run import run_steps
from arhat.emit.cpu import emit
from arhat.importers.openvino import import_openvino


def run(tool: str, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    streams = Streams(io.TextIOWrapper(io.BytesIO(stdin.encode())), out, err)
    code = {"opt": opt.main, "translate": translate.main}[tool](arguments, streams)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A convolution with bias and ReLU6, in FP16."""
    ir = Ir()
    x = ir.parameter([1, 3, 8, 8], name="data")
    random = np.random.default_rng(1)
    half = ir.const(random.standard_normal((16, 3, 3, 3)).astype(np.float16), name="filter")
    w = ir.op("Convert", [half], attributes={"destination_type": "f32"})
    y = ir.op(
        "Convolution",
        [x, w],
        attributes={"strides": "1,1", "pads_begin": "1,1", "pads_end": "1,1", "dilations": "1,1"},
        name="conv",
    )
    b = ir.const(random.standard_normal((1, 16, 1, 1)).astype(np.float32), name="bias")
    z = ir.op("Add", [y, b], name="add")
    ir.result(ir.op("Clamp", [z], attributes={"min": 0, "max": 6}, name="relu6"), name="out")
    folder = tmp_path / "model"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    return ir.write(folder).relative_to(tmp_path)


def files(folder: str | Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.is_file()
    }


def test_text_refers_to_the_model_by_a_relative_path(model: Path) -> None:
    code, text, err = run("translate", "--import-openvino", str(model))
    assert (code, err) == (0, "")
    assert 'arhat.weights = {model = "model/model.bin"}' in text
    Path("ir").mkdir()
    assert run("translate", "--import-openvino", str(model.resolve()), "-o", "ir/m.mlir") == (0, "", "")
    assert 'arhat.weights = {model = "../model/model.bin"}' in Path("ir/m.mlir").read_text()
    assert run("opt", "ir/m.mlir", "-o", "again.mlir")[0] == 0
    assert Path("again.mlir").read_text() == text


def test_the_road_through_text_gives_the_same_program(model: Path) -> None:
    assert run("translate", "--import-openvino", str(model), "-o", "m.mlir") == (0, "", "")
    assert run("opt", "m.mlir", "-p", "optimize", "-o", "optimized.mlir") == (0, "", "")
    assert run("opt", "optimized.mlir", "-p", "cpu-lower", "-o", "lowered.mlir") == (0, "", "")
    assert run("opt", "lowered.mlir", "-p", "cpu-plan", "-o", "planned.mlir") == (0, "", "")
    assert run("translate", "--emit-cpp", "planned.mlir", "-o", "through_text") == (0, "", "")

    module = import_openvino(model)
    run_steps(make_context(), module, make_resolver().resolve("optimize,cpu-lower,cpu-plan"))
    emit(module, Path("in_memory"))
    through_text, in_memory = files("through_text"), files("in_memory")
    assert {"model.cpp", "model.h", "weights.safetensors"} <= in_memory.keys()
    assert through_text == in_memory


def test_input_shapes(model: Path) -> None:
    code, text, _ = run("translate", "--import-openvino", str(model), "--input-shape", "data=[2,3,10,8]")
    assert code == 0
    assert "func.func @main(%0: tensor<2x3x10x8xf32>" in text
    assert run("translate", "--import-openvino", str(model), "--input-shape", "data=x")[0] == 1


def test_weights_elsewhere(model: Path) -> None:
    (Path("model") / "model.bin").rename("moved.bin")
    code, _, err = run("translate", "--import-openvino", str(model))
    assert code == 1 and "error: " in err
    code, text, _ = run("translate", "--import-openvino", str(model), "--weights", "model=moved.bin")
    assert code == 0
    assert 'arhat.weights = {model = "moved.bin"}' in text
    wrong = run("translate", "--import-openvino", str(model), "--weights", "other=moved.bin")
    assert wrong == (1, "", "error: an imported model has no weights scope 'other', only 'model'\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: a FILE to translate is needed"),
        (
            ["m.mlir"],
            "error: say what to do: --import-openvino, --emit-cpp, --emit-cuda, --emit-tensorrt or --e",
        ),
        (["--import-openvino", "--emit-cpp", "m.mlir"], "error: argument --emit-cpp: not allowed with"),
        (["--emit-cpp", "m.mlir"], "error: --emit-cpp writes a folder: name it with -o"),
        (["--emit-cuda", "m.mlir"], "error: --emit-cuda writes a folder: name it with -o"),
        (["--emit-cpp", "m.mlir", "-o", "out"], "m.mlir: error: cannot read this file: No such file"),
        (["--import-openvino", "m.xml"], "m.xml: error: "),
    ],
)
def test_wrong_command_lines(model: Path, arguments: list[str], message: str) -> None:
    code, out, err = run("translate", *arguments)
    assert (code, out) == (1, "")
    assert err.startswith(message)
    assert not Path("out").exists()


def test_only_a_planned_module_is_emitted(model: Path) -> None:
    assert run("translate", "--import-openvino", str(model), "-o", "m.mlir")[0] == 0
    code, out, err = run("translate", "--emit-cpp", "m.mlir", "-o", "out")
    assert (code, out) == (1, "")
    assert "error: " in err and "Traceback" not in err
    assert not Path("out").exists()


def test_version() -> None:
    assert run("translate", "--version")[1].startswith("arhat-translate 0.")
