"""Compiled models from Python."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_project

from arhat.errors import UserError
from arhat.runtime import Model, build_project, load
from arhat.runtime.loader import TensorInfo


@pytest.fixture
def model(tiny: Path) -> Model:
    return load(tiny, build=False, threads=1)


def check(outputs: dict[str, Any], inputs: dict[str, Any]) -> None:
    expected = tiny_project.expected(**inputs)
    assert list(outputs) == ["shifted", "sum"]
    for name, value in expected.items():
        assert outputs[name].dtype == np.float32
        np.testing.assert_allclose(outputs[name], value, rtol=1e-5, atol=1e-5)


def test_description(model: Model) -> None:
    assert model.name == "tiny-1" and model.threads == 1
    assert [str(info) for info in model.inputs] == ["f32[1,3,4,5]", "i32[3]"]
    assert [info.name for info in model.outputs] == ["shifted", "sum"]
    assert model.values[0] == TensorInfo("bn", "f32", (1, 3, 4, 5), ("conv", "bn"))
    assert model.weight_bytes == 64 and model.arena_bytes == 1344


def test_run(model: Model) -> None:
    for seed in range(3):
        inputs = tiny_project.inputs(seed)
        check(model(inputs), inputs)


def test_inputs_that_are_not_contiguous(model: Model) -> None:
    inputs = tiny_project.inputs()
    strided = np.asfortranarray(inputs["data"])
    assert not strided.flags.c_contiguous
    check(model(inputs | {"data": strided}), inputs)
    unaligned = np.frombuffer(b"x" + inputs["data"].tobytes(), np.uint8)[1:].view(np.float32)
    check(model(inputs | {"data": unaligned.reshape(tiny_project.SHAPE)}), inputs)


def test_earlier_outputs_stay(model: Model) -> None:
    first_inputs, second_inputs = tiny_project.inputs(1), tiny_project.inputs(2)
    first = model(first_inputs)
    model(second_inputs)
    check(first, first_inputs)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"data": None}, "input 'data' wants f32\\[1,3,4,5\\], and is missing"),
        ({"dada": np.zeros(1)}, "no input 'dada'; there is 'data', 'offset'"),
        ({"data": np.zeros((1, 3, 4, 4), np.float32)}, "wants f32\\[1,3,4,5\\], got float32\\[1,3,4,4\\]"),
        ({"data": np.zeros((3, 4, 5), np.float32)}, "wants f32\\[1,3,4,5\\], got float32\\[3,4,5\\]"),
        ({"data": np.zeros((1, 3, 4, 5))}, "wants f32\\[1,3,4,5\\], got float64"),
        ({"offset": np.zeros(3, np.int64)}, "'offset' wants i32\\[3\\], got int64\\[3\\]"),
        ({"offset": [1, 2, 3]}, "'offset' wants i32\\[3\\], got list, not an array"),
    ],
)
def test_wrong_inputs(model: Model, change: dict[str, Any], message: str) -> None:
    inputs = {k: v for k, v in (tiny_project.inputs() | change).items() if v is not None}
    with pytest.raises(UserError, match=message) as error:
        model(inputs)
    assert "\n" not in str(error.value)


def test_an_array_alone_needs_a_single_input(model: Model) -> None:
    with pytest.raises(UserError, match="has 2 inputs"):
        model(np.zeros(3, np.float32))


def test_profile(model: Model) -> None:
    with pytest.raises(UserError, match="not run yet"):
        model.profile()
    model(tiny_project.inputs())
    rows = model.profile(runs=7)
    assert [(row.operation, row.layers, row.runs) for row in rows] == [
        ("test.scale", ("conv", "bn"), 7),
        ("test.sum", ("sum/a=b",), 7),
    ]
    assert all(0 < row.min_ms <= row.mean_ms for row in rows)
    assert (rows[1].flops, rows[1].bytes) == (120, 492)


def test_dump(model: Model) -> None:
    inputs = tiny_project.inputs()
    scaled = inputs["data"] * tiny_project.SCALE.reshape(1, 3, 1, 1)
    np.testing.assert_array_equal(model.dump("bn", inputs), scaled)
    np.testing.assert_allclose(
        model.dump("sum/a=b"), tiny_project.expected(**inputs)["sum"], rtol=1e-5, atol=1e-5
    )
    with pytest.raises(
        UserError, match="layer 'conv' has no value of its own: it is computed together with 'bn'"
    ):
        model.dump("conv")
    with pytest.raises(UserError, match="no layer 'pool'"):
        model.dump("pool")


def test_watch(model: Model) -> None:
    inputs = tiny_project.inputs()
    seen: dict[str, Any] = {}
    outputs = model.watch(lambda info, value: seen.setdefault(info.name, value.copy()), inputs)
    check(outputs, inputs)
    assert list(seen) == ["bn", "sum/a=b"] and seen["bn"].shape == tiny_project.SHAPE

    def fail(info: TensorInfo, value: Any) -> None:
        raise KeyError(info.name)

    with pytest.raises(KeyError, match="bn"):
        model.watch(fail, inputs)
    check(model(inputs), inputs)


def test_close(tiny: Path) -> None:
    with load(tiny, build=False) as model:
        pass
    with pytest.raises(UserError, match="closed"):
        model(tiny_project.inputs())
    model.close()


def test_threads(tiny: Path) -> None:
    """One model used by several threads, and one model for each thread."""
    shared = load(tiny, build=False, threads=2)
    failures: list[BaseException] = []

    def work(model: Model, seed: int) -> None:
        try:
            inputs = tiny_project.inputs(seed)
            for _ in range(200):
                check(model(inputs), inputs)
        except BaseException as error:
            failures.append(error)

    models = [shared, shared, load(tiny, build=False), load(tiny, build=False)]
    threads = [threading.Thread(target=work, args=(model, seed)) for seed, model in enumerate(models)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_wrong_weights(tiny: Path, tmp_path: Path) -> None:
    good = (tiny / "weights.safetensors").read_bytes()
    cases = {
        "short": (good[:-1], "it has 255 bytes, expected 256"),
        "empty": (b"", "it has 0 bytes"),
        "header": (good.replace(b"scale", b"shift"), "its header lists other tensors"),
        "length": (b"\xff" * 8 + good[8:], "its header has 18446744073709551615 bytes"),
    }
    for name, (content, message) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=f"{name}' does not belong to program 'tiny-1': {message}"):
            load(tiny, build=False, weights=tmp_path / name)
    with pytest.raises(UserError, match="cannot be opened: No such file"):
        load(tiny, build=False, weights=tmp_path / "none")
    with pytest.raises(UserError, match="not a regular file"):
        load(tiny, build=False, weights=tmp_path)


def test_not_a_project(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a compiled model: it has no manifest"):
        load(tmp_path)
    (tmp_path / "manifest.json").write_text('{"generator": "arhat", "library": "../../evil"}')
    with pytest.raises(UserError, match="not the manifest of a compiled model"):
        load(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        load(tmp_path)


def test_not_built(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    with pytest.raises(UserError, match="is not built"):
        load(out, build=False)


def test_a_library_that_is_none(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    (out / "build").mkdir()
    (out / "build" / "libtiny_1.so").write_text("not a library")
    with pytest.raises(UserError, match="cannot be loaded"):
        load(out, build=False)


def test_build_again_only_after_a_change(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    first = build_project(out, native=True)
    time = first.library.stat().st_mtime_ns
    assert build_project(out, native=True) == first
    assert first.library.stat().st_mtime_ns == time

    inputs = tiny_project.inputs()
    with load(out) as model:
        check(model(inputs), inputs)
    source = (out / "model.cpp").read_text()
    project = tiny_project.tiny_project()
    changed = source.replace("+ 1;", "+ 2;")
    assert changed != source
    tiny_project.write_project(type(project)(**{**vars(project), "sources": {"model.cpp": changed}}), out)
    assert first.library.exists(), "what is not part of the project stays when it is written again"
    with load(out) as model:
        np.testing.assert_allclose(
            model(inputs)["shifted"], tiny_project.expected(**inputs)["shifted"] + 1, rtol=1e-5
        )


def test_a_build_by_hand_is_used(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    subprocess.run(
        ["cmake", "-S", out, "-B", out / "build", "-DARHAT_NATIVE=ON"], check=True, capture_output=True
    )
    subprocess.run(["cmake", "--build", out / "build", "--target", "tiny_1"], check=True, capture_output=True)
    library = out / "build" / "libtiny_1.so"
    time = library.stat().st_mtime_ns
    with load(out) as model:
        check(model(tiny_project.inputs()), tiny_project.inputs())
    assert library.stat().st_mtime_ns == time and not (out / "build" / "arhat-build.json").exists()


def test_a_copied_project_is_built_anew(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path / "copy", symlinks=True)
    copied = build_project(tmp_path / "copy", native=True)
    assert copied.folder == (tmp_path / "copy" / "build").resolve()
    assert json.loads((copied.folder / "arhat-build.json").read_text())["native"] is True
    with load(tmp_path / "copy") as model:
        check(model(tiny_project.inputs()), tiny_project.inputs())


def test_a_build_that_fails(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    (out / "model.cpp").write_text("int x = nonsense;\n")
    with pytest.raises(UserError, match="the C\\+\\+ build failed") as error:
        build_project(out, native=True)
    assert any("model.cpp:1" in note and "nonsense" in note for note in error.value.notes)
    assert "arhat-build.log" in error.value.notes[-1]


def test_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    with pytest.raises(UserError, match="the C\\+\\+ build failed") as error:
        build_project(out, compiler="no-such-compiler")
    assert any("no-such-compiler" in note for note in error.value.notes)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("cmake") is None
    with pytest.raises(UserError, match="building needs CMake"):
        build_project(out)


def test_a_build_folder_with_other_things(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("keep me")
    with pytest.raises(UserError, match="not a build folder"):
        build_project(out, build_dir=tmp_path / "home")
    assert (tmp_path / "home" / "letter.txt").exists()
