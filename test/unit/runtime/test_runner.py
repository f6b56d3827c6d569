"""The command-line runner."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_project
from PIL import Image

from arhat.runtime import BuiltProject, build_project


@pytest.fixture(scope="session")
def runner(tiny: Path) -> Path:
    return build_project(tiny, werror=True, compiler="g++").runner


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Any]:
    """Inputs, also as data.npy, offset.npy and both.npz."""
    arrays = tiny_project.inputs()
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    np.savez(tmp_path / "both.npz", **arrays)
    return arrays


def run(runner: Path, folder: Path, *args: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    result = subprocess.run([runner, *map(str, args)], cwd=folder, capture_output=True, text=True, timeout=60)
    assert result.returncode == code, result.stderr
    return result


def fail(runner: Path, folder: Path, *args: object) -> str:
    """Runs what must fail: one line on stderr, nothing on stdout, nothing written."""
    before = sorted(path.name for path in folder.iterdir())
    result = run(runner, folder, *args, code=1)
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert sorted(path.name for path in folder.iterdir()) == before
    return result.stderr


def check(path: Path, inputs: dict[str, Any]) -> None:
    expected = tiny_project.expected(**inputs)
    with np.load(path) as outputs:
        assert sorted(outputs) == sorted(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(outputs[name], value, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--input", "data=data.npy", "--input", "offset=offset.npy"],
        ["--input=data=data.npy", "--input=offset=offset.npy"],
        ["--input", "both.npz"],
        ["--input", "data=both.npz", "--input", "offset=offset.npy"],
    ],
)
def test_arrays(runner: Path, tmp_path: Path, inputs: dict[str, Any], arguments: list[str]) -> None:
    run(runner, tmp_path, *arguments, "--output", "out.npz")
    check(tmp_path / "out.npz", inputs)
    assert zipfile.ZipFile(tmp_path / "out.npz").testzip() is None


def test_versions_of_npy_and_npz(runner: Path, tmp_path: Path, inputs: dict[str, Any]) -> None:
    for version in ((1, 0), (2, 0), (3, 0)):
        with (tmp_path / "data.npy").open("wb") as file:
            np.lib.format.write_array(file, inputs["data"], version=version)
        run(
            runner,
            tmp_path,
            "--input",
            "data=data.npy",
            "--input",
            "offset=offset.npy",
            "--output",
            "out.npz",
        )
        check(tmp_path / "out.npz", inputs)
    np.savez_compressed(tmp_path / "packed.npz", **inputs)
    run(runner, tmp_path, "--input", "packed.npz", "--output", "out.npz")
    check(tmp_path / "out.npz", inputs)


def test_random_inputs_are_the_same_for_the_same_seed(runner: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(runner, tmp_path, "--random", seed, "--output", name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes() != (tmp_path / "c").read_bytes()
    result = run(runner, tmp_path)
    assert result.stderr.splitlines()[0] == "note: input 'data' is random (seed 0)"
    assert result.stdout.startswith("shifted f32[1,3,4,5]  min ")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--input", "data=offset.npy"], "'data' wants f32[1,3,4,5], file has <i4[3] (<f4 is f32)"),
        (["--input", "data=data.npy"], "input 'offset' wants i32[3], and no --input gives it"),
        (["--input", "dada=data.npy"], "names no input; there is data, offset"),
        (["--input", "data=none.npy"], "'none.npy' cannot be opened: No such file"),
        (["--input", "data=."], "'.' is not a regular file"),
        (["--input", "data=/dev/zero"], "'/dev/zero' is not a regular file"),
        (["--input", "data=fifo"], "'fifo' is not a regular file"),
        (["--input", "data=text.txt"], "'text.txt': not a .npy, .npz, PNG or JPEG file"),
        (["--random", "1", "--input", "offset=picture.png"], "wants i32[3], which is not one image"),
        (["--input", "data=double.npy"], "file has <f8[1,3,4,5]"),
        (["--input", "data=fortran.npy"], "is in Fortran order"),
        (["--input", "data=big.npy"], "is big-endian"),
        (["--input", "data=short.npy"], "has 236 bytes of data, expected 240"),
        (["--input", "data=record.npy"], "structured element type"),
        (["--input", "data=object.npy"], "unknown element type '|O'"),
        (["--input", "data=others.npz"], "has no array 'data'"),
        (["--input", "data=short.npz"], "not a .npz file, or truncated"),
        (["--random", "1", "--dump", "pool"], "the model has no layer 'pool'; --list shows them"),
        (
            ["--random", "1", "--dump", "conv"],
            "'conv' has no value of its own: it is computed together with 'bn'",
        ),
        (["--random", "1", "--output", "none/out.npz"], "'none/out.npz' cannot be written: No such file"),
        (["--random", "1", "--dump", "bn=none/x.npy"], "'none/x.npy' cannot be written"),
        (["--random", "-1"], "--random wants a number from 0"),
        (["--random", "1.5"], "--random wants a whole number"),
        (["--frobnicate"], "unknown option '--frobnicate'"),
        (["--input"], "--input wants a value"),
        (["--tune"], "--tune wants --tactics, the file to write"),
        (["--random", "1", "--device-buffers"], "runs on the processor: it has no device memory"),
        (["--profile", "xml"], "--profile wants 'table' or 'json'"),
        (["--iterations", "0"], "--iterations wants a number from 1"),
        (["--scale", "1,0,1"], "--scale wants numbers other than 0"),
        (["--mean", "1,2"], "--mean wants one number or three"),
        (["--threads", "9999"], "--threads wants a number from 0 to 4096"),
        (["--isa", "mmx"], "instruction set 'mmx' is not built in; there is avx512, avx2, baseline"),
        (["--weights", "data.npy"], "weights file 'data.npy' does not belong to program 'tiny-1'"),
        (["--weights", "none"], "weights file 'none' cannot be opened"),
    ],
)
def test_errors(
    runner: Path, tmp_path: Path, inputs: dict[str, Any], arguments: list[str], message: str
) -> None:
    data = inputs["data"]
    np.save(tmp_path / "double.npy", data.astype(np.float64))
    np.save(tmp_path / "fortran.npy", np.asfortranarray(data))
    np.save(tmp_path / "big.npy", data.astype(">f4"))
    np.save(tmp_path / "record.npy", np.zeros(3, [("a", "f4")]))
    np.save(tmp_path / "object.npy", np.array([None]))
    np.savez(tmp_path / "others.npz", a=data, b=data)
    (tmp_path / "short.npy").write_bytes((tmp_path / "data.npy").read_bytes()[:-4])
    (tmp_path / "short.npz").write_bytes((tmp_path / "both.npz").read_bytes()[:-4])
    (tmp_path / "text.txt").write_text("hello")
    os.mkfifo(tmp_path / "fifo")
    Image.new("RGB", (4, 4)).save(tmp_path / "picture.png")
    assert message in fail(runner, tmp_path, *arguments)


def test_a_damaged_image_is_an_error(image_runners: dict[str, Path], tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40)).save(buffer, "JPEG")
    (tmp_path / "bad.jpg").write_bytes(buffer.getvalue()[:300])
    message = fail(image_runners["nchw"], tmp_path, "--input", "bad.jpg", "--output", "out.npz")
    assert message == "error: 'bad.jpg': the file is truncated\n"


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("extension", ["png", "jpg"])
def test_images(image_runners: dict[str, Path], tmp_path: Path, layout: str, extension: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    file = tmp_path / f"picture.{extension}"
    Image.fromarray(pixels).save(file)
    rgb = np.asarray(Image.open(file)).astype(np.float32)

    def fed(*options: str) -> Any:
        run(image_runners[layout], tmp_path, "--input", file.name, "--output", "out.npz", *options)
        with np.load(tmp_path / "out.npz") as outputs:
            same = outputs["same"][0]
        return same.transpose(1, 2, 0) if layout == "nchw" else same

    np.testing.assert_array_equal(fed(), rgb[..., ::-1])
    np.testing.assert_array_equal(fed("--rgb"), rgb)
    np.testing.assert_array_equal(fed("--input", f"image={file.name}"), rgb[..., ::-1])
    mean, scale = np.float32([10, 20, 30]), np.float32([2, 3, 4])
    normalised = (rgb[..., ::-1] - mean) / scale
    np.testing.assert_array_equal(fed("--mean", "10,20,30", "--scale=2,3,4"), normalised)
    np.testing.assert_array_equal(fed("--scale", "255"), rgb[..., ::-1] / np.float32(255))


def test_images_are_resized_and_gray_is_spread(image_runners: dict[str, Path], tmp_path: Path) -> None:
    Image.new("L", (50, 20), 77).save(tmp_path / "gray.png")
    run(image_runners["nchw"], tmp_path, "--input", "gray.png", "--output", "out.npz")
    with np.load(tmp_path / "out.npz") as outputs:
        np.testing.assert_array_equal(outputs["same"], np.full((1, 3, 6, 8), 77, np.float32))


def test_dump(runner: Path, tmp_path: Path, inputs: dict[str, Any]) -> None:
    run(runner, tmp_path, "--input", "both.npz", "--dump", "bn", "--dump", "sum/a=b", "--dump", "bn=x.npy")
    scaled = inputs["data"] * tiny_project.SCALE.reshape(1, 3, 1, 1)
    np.testing.assert_array_equal(np.load(tmp_path / "bn.npy"), scaled)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), scaled)
    total = tiny_project.expected(**inputs)["sum"]
    np.testing.assert_allclose(np.load(tmp_path / "sum_a_b.npy"), total, rtol=1e-5, atol=1e-5)
    run(runner, tmp_path, "--input", "both.npz", "--dump", "sum/a=b=y.npy", "--dump-all", "all.npz")
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), total, rtol=1e-5, atol=1e-5)
    with np.load(tmp_path / "all.npz") as values:
        assert sorted(values) == ["bn", "sum/a=b"]
        np.testing.assert_array_equal(values["bn"], scaled)


def test_list(runner: Path, tmp_path: Path) -> None:
    listed = json.loads(run(runner, tmp_path, "--list", "--json").stdout)
    assert listed["model"] == "tiny-1"
    assert listed["inputs"][1] == {"name": "offset", "type": "i32", "shape": [3]}
    assert [layer["name"] for layer in listed["layers"]] == ["bn", "sum/a=b"]
    assert "  shifted f32[1,3,4,5]\n" in run(runner, tmp_path, "--list").stdout


def test_bench(runner: Path, tmp_path: Path) -> None:
    arguments = ["--random", 1, "--bench", "--iterations", 20, "--warmup", 2]
    result = json.loads(run(runner, tmp_path, *arguments, "--threads", 1, "--json").stdout)
    assert result["iterations"] == 20 and result["warmup"] == 2 and result["threads"] == 1
    assert (
        0 < result["min_ms"] <= result["p50_ms"] <= result["p90_ms"] <= result["p99_ms"] <= result["max_ms"]
    )
    assert result["min_ms"] <= result["mean_ms"] <= result["max_ms"]
    assert result["throughput"] == pytest.approx(1e3 / result["mean_ms"], rel=1e-6)
    assert 0 < result["load_ms"] < result["first_result_ms"] < 10_000
    assert result["peak_memory_bytes"] > 1_000_000
    assert "20 runs after 2 to warm up" in run(runner, tmp_path, *arguments).stdout
    assert (
        json.loads(run(runner, tmp_path, "--random", 1, "--bench", "--duration", 0.05, "--json").stdout)[
            "iterations"
        ]
        > 1
    )


def test_profile(runner: Path, tmp_path: Path) -> None:
    arguments = ["--random", 1, "--iterations", 5, "--profile"]
    result = json.loads(run(runner, tmp_path, *arguments, "json").stdout)
    assert result["runs"] == 5
    assert [row["operation"] for row in result["operations"]] == ["test.scale", "test.sum"]
    assert result["operations"][0]["layers"] == ["conv", "bn"]
    assert result["total_ms"] == pytest.approx(sum(row["mean_ms"] for row in result["operations"]), rel=1e-6)
    assert "test.scale  [conv, bn]" in run(runner, tmp_path, *arguments, "table").stdout


def test_help_and_version(runner: Path, tmp_path: Path) -> None:
    assert "--dump-all FILE.npz" in run(runner, tmp_path, "--help").stdout
    assert run(runner, tmp_path, "--version").stdout.startswith("Arhat 0.")


def test_the_folder_can_be_moved(tiny: Path, runner: Path, tmp_path: Path) -> None:
    """Library, weights and runner in one folder are all that is needed."""
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for file in ("libtiny_1.so", "tiny_1"):
        shutil.copy(runner.parent / file, moved)
    shutil.copy(tiny / "weights.safetensors", moved)
    environment = {key: value for key, value in os.environ.items() if key != "LD_LIBRARY_PATH"}
    result = subprocess.run(
        [moved / "tiny_1", "--random", "1"], cwd="/", env=environment, capture_output=True
    )
    assert result.returncode == 0, result.stderr


def test_everything_under_sanitizers(sanitized: BuiltProject, tmp_path: Path, inputs: dict[str, Any]) -> None:
    runner = sanitized.runner
    arguments = ["--input", "both.npz", "--dump", "bn", "--dump-all", "all.npz", "--output", "out.npz"]
    result = run(runner, tmp_path, *arguments, "--bench", "--profile", "table", "--iterations", 3)
    assert result.stderr == ""
    check(tmp_path / "out.npz", inputs)
    run(runner, tmp_path, "--list")
    Image.new("RGB", (4, 4)).save(tmp_path / "picture.png")
    for bad in ("data=offset.npy", "data=picture.png", "data=none"):
        assert "Sanitizer" not in fail(runner, tmp_path, "--input", bad)
