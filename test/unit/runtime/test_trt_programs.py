"""The C interface of programs for TensorRT, run on the host with stand-ins for TensorRT and CUDA."""

from __future__ import annotations

import ctypes
import json
import re
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_trt_project as tiny
from trt import standin

from arhat.errors import UserError
from arhat.runtime import Batch, Model, TensorInfo, load
from arhat.runtime.interface import CTensor, CTensorInfo, Info, Options

pytestmark = pytest.mark.skipif(standin.unavailable() is not None, reason=str(standin.unavailable()))

Array = np.ndarray[Any, np.dtype[Any]]
WATCH_NOTE = "values are watched in a second engine that was built to show them, and is not kept in a file"


class Programs:
    """Built programs, each compiled when a test first asks for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str, major: int = 11) -> Path:
        built = self.folder / f"{name}-{major}"
        if not built.exists():
            project = tiny.write_trt_project(self.folder / f"{name}-{major}-project", getattr(tiny, name))
            standin.build(project, built, major)
        return built

    def load(self, name: str, major: int = 11, **options: Any) -> Model:
        folder = self.get(name, major)
        return load(folder, build=False, build_dir=folder, **({"engine": ""} | options))


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return Programs(tmp_path_factory.mktemp("programs"))


def picture(seed: int = 0, batch: int = 1) -> Array:
    return np.random.default_rng(seed).standard_normal((batch, 2, 4, 4), np.float32)


def check(model: Model, seed: int = 0, batch: int = 1) -> None:
    x = picture(seed, batch)
    np.testing.assert_allclose(model(x)["y"], tiny.expected(x), rtol=1e-5, atol=1e-5)


def error_of(model: Model, inputs: list[Array], outputs: list[Array]) -> str:
    """What the C interface says of a run with these buffers."""

    def tensors(arrays: list[Array]) -> Any:
        return (CTensor * len(arrays))(*(CTensor(a.ctypes.data, a.nbytes) for a in arrays))

    library, handle = model._library, model._handle  # pyright: ignore[reportPrivateUsage]
    status = library.arhat_model_run(handle, tensors(inputs), len(inputs), tensors(outputs), len(outputs))
    return library.arhat_last_error().decode() if status else ""


def notes_of(model: Model) -> str:
    library, handle = model._library, model._handle  # pyright: ignore[reportPrivateUsage]
    info = Info()
    assert library.arhat_model_get_info(handle, ctypes.byref(info)) == 0
    return (info.notes or b"").decode()


class Phases:
    """Notes what is told of a build."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int, int]] = []

    def __call__(self, phase: str, depth: int, done: int, steps: int) -> None:
        self.seen.append((phase, depth, done, steps))


# ---------------------------------------------------------------------------------------------------- runs


@pytest.mark.parametrize("major", standin.MAJORS)
@pytest.mark.parametrize("graph", [True, False])
def test_runs(programs: Programs, major: int, graph: bool) -> None:
    with programs.load("PICTURE", major, cuda_graph=graph) as model:
        assert (model.device, model.isa, model.batch) == ("emulated device", "sm_90", None)
        for seed in range(4):  # the second run captures, later ones replay
            check(model, seed)


def test_device_buffers(programs: Programs) -> None:
    with programs.load("PICTURE") as model:
        y = model.to_device(np.zeros((1, 3, 4, 4), np.float32))
        for seed in (1, 2, 1, 3):
            x = model.to_device(picture(seed))
            for _ in range(3):
                assert model(x, outputs={"y": y}) == {"y": y}
            got = np.frombuffer(y.tobytes(), np.float32).reshape(1, 3, 4, 4)
            np.testing.assert_allclose(got, tiny.expected(picture(seed)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("inputs", "outputs", "text"),
    [
        ([(1, 2, 4, 3)], [(1, 3, 4, 4)], "input 'x' wants 128 bytes, got 96"),
        ([(1, 2, 4, 4)], [(2, 3, 4, 4)], "output 'y' wants 192 bytes, got 384"),
        ([], [(1, 3, 4, 4)], "the model has 1 inputs, got 0"),
        ([(1, 2, 4, 4)], [], "the model has 1 outputs, got 0"),
    ],
)
def test_wrong_sizes(programs: Programs, inputs: Any, outputs: Any, text: str) -> None:
    with programs.load("PICTURE") as model:
        got = error_of(
            model, [np.zeros(s, np.float32) for s in inputs], [np.zeros(s, np.float32) for s in outputs]
        )
        assert got == text
        check(model)


def test_models_in_threads(programs: Programs) -> None:
    errors: list[BaseException] = []
    shared = programs.load("PICTURE")

    def work(number: int) -> None:
        try:
            with programs.load("PICTURE") as own:
                for seed in range(4):
                    check(own, 10 * number + seed)
                    check(shared, 10 * number + seed)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shared.close()
    assert not errors


def test_a_run_that_fails(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    with programs.load("PICTURE", cuda_graph=False) as model:
        check(model)
        monkeypatch.setenv("ARHAT_TRT_FAIL", "enqueue")
        with pytest.raises(
            UserError, match=r"TensorRT cannot run the engine: .*an execution failure was asked for"
        ):
            model(picture())
        monkeypatch.delenv("ARHAT_TRT_FAIL")
        check(model, 1)


def test_an_engine_that_cannot_be_captured(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    with programs.load("PICTURE") as model:
        check(model)
        monkeypatch.setenv("ARHAT_TRT_FAIL", "enqueue")  # the second run captures, and then tries without
        with pytest.raises(UserError, match="TensorRT cannot run the engine"):
            model(picture())
        monkeypatch.delenv("ARHAT_TRT_FAIL")
        for seed in range(3):
            check(model, seed)
        note = "runs are queued layer by layer, not as one CUDA graph: TensorRT cannot run the engine: "
        assert notes_of(model).startswith(note)


# --------------------------------------------------------------------------------------------------- state


@pytest.mark.parametrize("graph", [True, False])
def test_state(programs: Programs, graph: bool) -> None:
    start = tiny.constants()["start"]
    with programs.load("STATEFUL", cuda_graph=graph) as model:
        assert model.state_bytes == 32
        for _ in range(3):
            total, seen = start.copy(), None
            for step in range(4):
                x = np.full(4, step + 1, np.float32)
                total = total + x
                seen = 2 * (total if seen is None else seen)
                results = model(x)
                np.testing.assert_allclose(results["y"], total, rtol=1e-6)
                np.testing.assert_allclose(results["z"], seen, rtol=1e-6)
            model.reset_state()


def test_watched_runs_go_on_with_the_state(programs: Programs) -> None:
    start = tiny.constants()["start"]
    x = np.ones(4, np.float32)
    with programs.load("STATEFUL") as model:
        model(x)
        with pytest.warns(UserWarning, match="second engine"):
            total = model.dump("total", x)
        np.testing.assert_allclose(total, start + 2, rtol=1e-6)


# --------------------------------------------------------------------------------------------------- batch


@pytest.mark.parametrize("major", standin.MAJORS)
def test_batch(programs: Programs, major: int) -> None:
    with programs.load("BATCHED", major) as model:
        assert model.batch == Batch(1, 2, 6)
        assert model.inputs[0] == TensorInfo("x", "f32", (6, 2, 4, 4), ("x",), 0, Batch(1, 2, 6))
        assert str(model.inputs[0]) == "f32[1..6,2,4,4]"
        for batch in (2, 6, 6, 6, 1, 1, 1, 2, 2, 6):
            check(model, batch, batch)


def test_batch_on_the_device(programs: Programs) -> None:
    with programs.load("BATCHED") as model:
        for batch in (3, 3, 3, 5):
            x = model.to_device(picture(batch, batch))
            y = model(x, outputs="device")["y"]
            got = np.frombuffer(y.tobytes(), np.float32).reshape(batch, 3, 4, 4)
            np.testing.assert_allclose(got, tiny.expected(picture(batch, batch)), rtol=1e-5, atol=1e-5)


def test_batch_in_watched_values_and_profile(programs: Programs) -> None:
    with programs.load("BATCHED") as model:
        x = picture(0, 3)
        with pytest.warns(UserWarning, match="second engine"):
            assert model.dump("relu", x).shape == (3, 3, 4, 4)
        flops = {row.operation: row.flops for row in model.profile(x, runs=2)}
        assert flops == {"conv": 96, "relu": 24, "twice": 24}


def test_wrong_batch(programs: Programs) -> None:
    with programs.load("BATCHED") as model:
        with pytest.raises(UserError, match="input 'x' has a batch of 7, and the model takes 1 to 6"):
            model(picture(0, 7))
        with pytest.raises(UserError, match="input 'x' has a batch of 0, and"):
            model(picture(0, 0))
        with pytest.raises(UserError, match=r"wants f32\[1\.\.6,2,4,4\], got float32\[2,2,4,3\]"):
            model(np.zeros((2, 2, 4, 3), np.float32))
        odd = np.zeros(33, np.float32)
        assert error_of(model, [odd], [odd]) == "input 'x' wants 128 bytes for each image, got 132"
        few = np.zeros((1, 3, 4, 4), np.float32)
        assert error_of(model, [picture(0, 2)], [few]) == "output 'y' wants 384 bytes, got 192"
        check(model, 0, 2)


def test_inputs_of_different_batches(programs: Programs) -> None:
    with programs.load("PAIR") as model:
        a, b = np.ones((3, 4), np.float32), np.ones((2, 4), np.float32)
        with pytest.raises(UserError, match="input 'b' has a batch of 2, and input 'a' one of 3"):
            model({"a": a, "b": b})
        np.testing.assert_array_equal(model({"a": a, "b": a})["y"], 2 * a)


# ------------------------------------------------------------------------------------------ watch, profile


@pytest.mark.parametrize("major", standin.MAJORS)
def test_watch(programs: Programs, major: int) -> None:
    x = picture()
    weights = tiny.constants()
    conv = np.einsum("oc,nchw->nohw", weights["conv.kernel"], x) + weights["conv.bias"][:, None, None]
    seen: dict[str, Array] = {}
    with programs.load("PICTURE", major) as model:
        check(model)
        with pytest.warns(UserWarning, match=WATCH_NOTE):
            y = model.watch(lambda info, array: seen.update({info.name: array.copy()}), x)["y"]
        assert list(seen) == ["conv", "relu", "twice"]
        np.testing.assert_allclose(seen["conv"], conv, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(seen["relu"], np.maximum(conv, 0), rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(seen["twice"], y)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.watch(lambda info, array: None, x)  # no second build, no second note
        check(model, 1)


def test_watch_stops(programs: Programs) -> None:
    class Enough(Exception):
        pass

    def stop(info: TensorInfo, array: Array) -> None:
        if info.name == "relu":
            raise Enough

    with programs.load("PICTURE") as model:
        with pytest.raises(Enough):
            model.watch(stop, picture())
        check(model)


def test_profile(programs: Programs) -> None:
    with programs.load("PICTURE") as model:
        rows = model.profile(picture(), runs=5)
        assert [(row.operation, row.layers, row.runs) for row in rows] == [
            ("conv", ("conv",), 5),
            ("relu", ("relu",), 5),
            ("twice", ("pre", "twice"), 5),
        ]
        assert [row.flops for row in rows] == [192, 48, 48]
        assert all(row.mean_ms >= row.min_ms > 0 for row in rows)
        check(model)


def test_tensor_descriptions(programs: Programs) -> None:
    for name, axis in (("PICTURE", -1), ("BATCHED", 0)):
        with programs.load(name) as model:
            library, handle = model._library, model._handle  # pyright: ignore[reportPrivateUsage]
            for function in ("input", "output", "value"):
                info = CTensorInfo()
                assert getattr(library, f"arhat_model_{function}")(handle, 0, ctypes.byref(info)) == 0
                assert info.batch_axis == axis


# ---------------------------------------------------------------------------------------- the engine's file


def engine_of(programs: Programs, path: Path, **options: Any) -> list[str]:
    """Load the model with its engine in this file; the warnings, "built" in the end if the engine was built."""
    phases = Phases()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with programs.load("PICTURE", engine=path, progress=phases, **options) as model:
            check(model)
    return [str(warning.message) for warning in caught] + (["built"] if phases.seen else [])


def test_engine_is_kept(programs: Programs, tmp_path: Path) -> None:
    path = tmp_path / "a.engine"
    assert engine_of(programs, path) == ["built"]
    before = path.read_bytes()
    assert engine_of(programs, path) == []
    assert path.read_bytes() == before
    assert engine_of(programs, path, rebuild=True) == ["built"]
    assert [file.name for file in tmp_path.iterdir()] == ["a.engine"]


def test_plan_for_others(programs: Programs, tmp_path: Path) -> None:
    path, plan = tmp_path / "a.engine", tmp_path / "plan"
    engine_of(programs, path, plan=plan)
    data = plan.read_bytes()
    assert len(data) > 100 and path.read_bytes().endswith(b"\n\n" + data)
    plan.unlink()
    assert engine_of(programs, path, plan=plan) == []
    assert plan.read_bytes() == data
    with pytest.raises(UserError, match=r"plan '.*plan' cannot be written: No such file or directory"):
        engine_of(programs, path, plan=tmp_path / "nowhere" / "plan")


def test_engine_beside_the_weights(programs: Programs, tmp_path: Path) -> None:
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes((programs.get("PICTURE") / "weights.safetensors").read_bytes())
    with programs.load("PICTURE", engine=None, weights=weights) as model:
        check(model)
    assert (tmp_path / "tiny.engine").stat().st_size > 100
    phases = Phases()
    programs.load("PICTURE", engine=None, weights=weights, progress=phases).close()
    assert phases.seen == []


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "it is damaged"),
        (lambda data: data[:-7], "it is damaged"),
        (lambda data: data + b"more", "it is damaged"),
        (lambda data: data[:20], "it is of another sort"),
        (lambda data: b"", "it is no engine"),
        (lambda data: b"something else", "it is no engine"),
        (lambda data: re.sub(rb"\nTensorRT \d+", b"\nTensorRT 100100", data), r"TensorRT is 100100 build \d+, not 11"),
        (lambda data: data.replace(b"GPU sm_90", b"GPU sm_75"), "GPU is sm_75 emulated device, not sm_90 emulated"),
        (lambda data: re.sub(rb"\nweights \w+", b"\nweights 0", data), "weights is 0, not [0-9a-f]{16}"),
    ],
)  # fmt: skip
def test_engines_of_no_use_are_built_anew(
    programs: Programs, tmp_path: Path, damage: Any, reason: str
) -> None:
    path = tmp_path / "a.engine"
    assert engine_of(programs, path) == ["built"]
    good = path.read_bytes()
    path.write_bytes(damage(good))
    note, built = engine_of(programs, path)
    assert built == "built"
    assert re.fullmatch(
        rf"engine file '.*a\.engine' is of no use, the engine was built anew: {reason}.*", note
    )
    assert path.read_bytes() == good
    assert engine_of(programs, path) == []


def test_engine_that_tensorrt_does_not_load(programs: Programs, tmp_path: Path) -> None:
    """The file is whole and says that it is for this TensorRT, which sees otherwise."""
    path, other = tmp_path / "a.engine", tmp_path / "b.engine"
    engine_of(programs, path)
    programs.load("PICTURE", 10, engine=other).close()
    mark = b"\nengine "
    path.write_bytes(path.read_bytes().partition(mark)[0] + mark + other.read_bytes().partition(mark)[2])
    note, built = engine_of(programs, path)
    assert built == "built"
    assert re.search("the engine was built anew: TensorRT cannot load the engine: .*[Vv]ersion", note)
    assert engine_of(programs, path) == []


def test_other_options_are_another_engine(programs: Programs, tmp_path: Path) -> None:
    path = tmp_path / "a.engine"
    engine_of(programs, path)
    note, built = engine_of(
        programs, path, workspace_limit=1 << 20, optimization_level=0, builder_flags=["strict-nans"]
    )
    assert built == "built"
    assert (
        "options is workspace unlimited, optimization level default, flags, not workspace 1048576, " in note
    )
    assert note.endswith("optimization level 0, flags strict-nans")


def test_engines_for_more_than_one_gpu(programs: Programs, tmp_path: Path) -> None:
    path = tmp_path / "a.engine"
    engine_of(programs, path, builder_flags=["ampere-plus"])
    assert b"\nGPU any from Ampere on\n" in path.read_bytes()
    assert engine_of(programs, path, builder_flags=["ampere-plus"]) == []


def test_file_that_cannot_be_written(programs: Programs, tmp_path: Path) -> None:
    phases = Phases()
    text = r"engine file '.*' cannot be written: No such file or directory"
    with pytest.raises(UserError, match=text):
        programs.load("PICTURE", engine=tmp_path / "nowhere" / "a.engine", progress=phases)
    assert phases.seen == []
    (tmp_path / "tiny.engine").mkdir()
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes((programs.get("PICTURE") / "weights.safetensors").read_bytes())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with programs.load("PICTURE", engine=None, weights=weights) as model:
            check(model)
    notes = [str(warning.message) for warning in caught]
    assert any(
        re.match(r"the engine is not kept, the next start builds it again: engine file", n) for n in notes
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == ["tiny.engine", "weights.safetensors"]


def test_two_builds_at_once_leave_a_whole_file(programs: Programs, tmp_path: Path) -> None:
    path = tmp_path / "a.engine"
    threads = [
        threading.Thread(target=lambda: programs.load("PICTURE", engine=path).close()) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine_of(programs, path) == []
    assert [file.name for file in tmp_path.iterdir()] == ["a.engine"]


def test_timing_cache(programs: Programs, tmp_path: Path) -> None:
    path = tmp_path / "times"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        programs.load("PICTURE", timing_cache=path).close()
        good = path.read_bytes()
        programs.load("PICTURE", timing_cache=path).close()
    assert path.read_bytes() == good
    path.write_bytes(b"damaged")
    with pytest.warns(
        UserWarning, match="timing cache '.*times' is not one of this TensorRT and GPU: it is replaced"
    ):
        programs.load("PICTURE", timing_cache=path).close()
    assert path.read_bytes() == good
    with pytest.warns(UserWarning, match="timing cache '.*' cannot be written: No such file"):
        programs.load("PICTURE", timing_cache=tmp_path / "nowhere" / "times").close()


# -------------------------------------------------------------------------------------------------- builds


def test_progress(programs: Programs) -> None:
    phases = Phases()
    programs.load("PICTURE", progress=phases).close()
    name, depth, done, steps = phases.seen[0]
    assert depth == 0 and done == 0 and steps > 0 and name
    assert phases.seen[-1] == (name, 0, steps, steps)


def test_progress_cancels(programs: Programs, tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def stop(phase: str, depth: int, done: int, steps: int) -> None:
        if done == 1:
            raise Enough

    with pytest.raises(Enough):
        programs.load("PICTURE", engine=tmp_path / "a.engine", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_settings_reach_tensorrt(programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARHAT_TRT_RECORD", str(tmp_path / "network.json"))
    programs.load("BATCHED").close()
    recorded = json.loads((tmp_path / "network.json").read_text())
    assert [layer["name"] for layer in recorded["layers"]] == ["conv", "relu", "twice"]
    assert recorded["inputs"] == [{"id": 0, "name": "x", "type": "f32", "dims": [-1, 2, 4, 4]}]
    assert recorded["profile"] == {"x": {"min": [1, 2, 4, 4], "opt": [2, 2, 4, 4], "max": [6, 2, 4, 4]}}


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        ("no-builder", "TensorRT gives no builder: .*CUDA initialization failure"),
        ("no-runtime", "TensorRT gives no runtime"),
        ("build-oom", "TensorRT cannot build the engine: .*[Oo]ut ?[Oo]f ?[Mm]emory"),
        ("context-oom", "TensorRT cannot prepare the engine for runs: .*[Oo]ut ?[Oo]f ?[Mm]emory"),
    ],
)
def test_tensorrt_fails(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: str, text: str
) -> None:
    monkeypatch.setenv("ARHAT_TRT_FAIL", failure)
    with pytest.raises(UserError, match=text):
        programs.load("PICTURE", engine=tmp_path / "a.engine")
    assert list(tmp_path.iterdir()) == []
    library = ctypes.CDLL(str(programs.get("PICTURE") / "libtiny.so"))
    handle = ctypes.c_void_p()
    weights = str(programs.get("PICTURE") / "weights.safetensors").encode()
    status = library.arhat_model_create(weights, ctypes.byref(Options(engine=b"")), ctypes.byref(handle))
    assert status == (5 if "oom" in failure else 4)  # ARHAT_OUT_OF_MEMORY, ARHAT_UNSUPPORTED
    assert not handle


def test_no_memory_for_a_kept_engine(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is good is not thrown away for want of memory."""
    path = tmp_path / "a.engine"
    engine_of(programs, path)
    before = path.stat().st_mtime_ns
    monkeypatch.setenv("ARHAT_TRT_FAIL", "context-oom")
    with pytest.raises(UserError, match="TensorRT cannot prepare the engine for runs"):
        programs.load("PICTURE", engine=path)
    assert path.stat().st_mtime_ns == before


def test_layer_that_tensorrt_refuses(programs: Programs) -> None:
    with pytest.raises(
        UserError,
        match=r"layer conv: TensorRT finds no shape for its result: .+|layer conv: TensorRT does not take it: .+",
    ):
        programs.load("REFUSED")


@pytest.mark.parametrize("major", standin.MAJORS)
def test_plugin_of_the_program(programs: Programs, tmp_path: Path, major: int) -> None:
    x, buckets = np.array([-1, 0, 0.5, 7], np.float32), np.array([0, 1, 2], np.float32)
    for _ in range(2):  # built, and read again
        with programs.load("INTERVALS", major, engine=tmp_path / "a.engine") as model:
            for _ in range(3):
                np.testing.assert_array_equal(model({"x": x, "buckets": buckets})["y"], [0, 0, 1, 3])


def test_plugin_that_refuses_its_fields(programs: Programs) -> None:
    with pytest.raises(
        UserError, match=r"layer find: the plugin Bucketize does not take its fields: .*left_bound"
    ):
        programs.load("MISFIT")


def test_missing_plugin(programs: Programs, tmp_path: Path) -> None:
    with pytest.raises(
        UserError,
        match=r"layer detection, last needs the plugin Nowhere \(version 1, namespace arhat\), which this program does "
        r"not have: name a library that has it as options.plugin_library",
    ):
        programs.load("PLUGGED")
    with pytest.raises(UserError, match=r"plugin library '.*nowhere\.so' cannot be loaded"):
        programs.load("PLUGGED", plugin_library=tmp_path / "nowhere.so")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"optimization_level": 6}, "optimization_level is 0 to 5, got 6"),
        (
            {"builder_flags": ["sparse-weights", "fast"]},
            "options.builder_flags: there is no 'fast', but debug, ",
        ),
        ({"device": 3}, "options.device is 3, and CUDA counts 1 from 0"),
    ],
)
def test_wrong_options(programs: Programs, options: dict[str, Any], text: str) -> None:
    with pytest.raises(UserError, match=text):
        programs.load("PICTURE", **options)


def test_library_of_another_version(programs: Programs, tmp_path: Path) -> None:
    """A program that was compiled with the headers of one version meets the library of another."""
    project = tiny.write_trt_project(tmp_path / "project")
    out = tmp_path / "built"
    name, objects = standin._objects(project, out, 10, [])  # pyright: ignore[reportPrivateUsage]
    standin.link(objects, out / f"lib{name}.so", 11, ["-shared"])
    with pytest.raises(
        UserError,
        match=r"TensorRT's library \(libnvinfer\) is version 11\.1, and this program was built for version 10",
    ):
        load(out, build=False, build_dir=out)
