"""The C interface of programs for CUDA, run on the host with stand-ins for NVIDIA's libraries."""

from __future__ import annotations

import ctypes
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_cuda_project
from cudnn.emulator import emulator

from arhat.errors import UserError
from arhat.runtime.dlpack import CUDA, DeviceArray
from arhat.runtime.interface import CTensor, Info, Options
from arhat.runtime.loader import Model, TensorInfo

pytestmark = pytest.mark.skipif(emulator.unavailable() is not None, reason=str(emulator.unavailable()))

Array = np.ndarray[Any, np.dtype[Any]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("emulated")
    project = tiny_cuda_project.write_cuda_project(folder / "out")
    return emulator.build(project, folder / "built")


@pytest.fixture
def model(built: tuple[Path, Path]) -> Model:
    return Model(*built)


def picture(seed: int) -> Array:
    return np.random.default_rng(seed).standard_normal((1, 8, 4, 4), np.float32)


def check(result: object, x: Array) -> None:
    y = np.frombuffer(result.tobytes(), np.float32) if isinstance(result, DeviceArray) else np.asarray(result)
    np.testing.assert_allclose(y.reshape(16, 4), tiny_cuda_project.expected(x), rtol=1e-5, atol=1e-5)


def test_description(model: Model) -> None:
    assert model.device == "emulated device" and model.isa == "sm_90" and model.threads == 0
    assert model.device_bytes >= model.weight_bytes + model.arena_bytes


@pytest.mark.parametrize("graph", [True, False])
def test_host_buffers(built: tuple[Path, Path], graph: bool) -> None:
    model = Model(*built, options=Options(no_cuda_graph=not graph))
    for seed in range(4):  # the second run captures, later ones replay
        check(model(picture(seed))["y"], picture(seed))


def test_device_buffers(model: Model) -> None:
    y = model.to_device(np.zeros((16, 4), np.float32))
    for seed in (1, 2, 1, 3, 2):
        x = model.to_device(picture(seed))
        assert x.device == (CUDA, 0)
        check(model({"x": x}, outputs="device")["y"], picture(seed))
        for _ in range(3):
            assert model(x, outputs={"y": y}) == {"y": y}
        check(y, picture(seed))
    assert "DeviceArray(f32[16,4] on GPU 0)" in repr(y)


def test_more_buffers_than_captures_are_kept(model: Model) -> None:
    pairs = [(seed, model.to_device(picture(seed))) for seed in range(12)]
    for _ in range(3):
        for seed, x in pairs:
            check(model(x)["y"], picture(seed))


def test_unaligned_device_buffers(model: Model) -> None:
    memory = model.to_device(np.zeros(1 + 128 + 64, np.float32))
    host = np.concatenate([np.zeros(1, np.float32), picture(5).ravel()])
    model._check(  # pyright: ignore[reportPrivateUsage]
        model._library.arhat_device_copy(memory.address, host.ctypes.data, host.nbytes)  # pyright: ignore[reportPrivateUsage]
    )
    x = DeviceArray(memory.address + 4, "f32", (1, 8, 4, 4), (CUDA, 0), memory, memory._fetch)  # pyright: ignore[reportPrivateUsage]
    y = DeviceArray(memory.address + 129 * 4, "f32", (16, 4), (CUDA, 0), memory, memory._fetch)  # pyright: ignore[reportPrivateUsage]
    for _ in range(3):
        model(x, outputs={"y": y})
        check(y, picture(5))


def test_outputs_into_arrays_of_the_caller(model: Model) -> None:
    y = np.zeros((16, 4), np.float32)
    model(picture(1), outputs={"y": y})
    check(y, picture(1))
    with pytest.raises(UserError, match=r"output 'y' wants f32\[16,4\], got f32\[4,16\]"):
        model(picture(1), outputs={"y": np.zeros((4, 16), np.float32)})
    with pytest.raises(UserError, match="no output"):
        model(picture(1), outputs={"z": y})
    with pytest.raises(UserError, match="'numpy', 'device' or arrays by name"):
        model(picture(1), outputs="gpu")


def test_arrays_on_another_gpu(model: Model) -> None:
    x = model.to_device(picture(1))
    elsewhere = DeviceArray(x.address, "f32", x.shape, (CUDA, 1), x)
    with pytest.raises(UserError, match=r"wants .* on GPU 0 or the host, got an array on GPU 1"):
        model(elsewhere)


def test_watch_and_profile(model: Model) -> None:
    seen: dict[str, Array] = {}

    def note(info: TensorInfo, array: Array) -> None:
        seen[info.name] = array.copy()

    check(model.watch(note, picture(3))["y"], picture(3))
    assert list(seen) == ["x", "relu", "twice", "fc"]
    np.testing.assert_array_equal(seen["x"], picture(3))
    np.testing.assert_array_equal(seen["twice"], 2 * seen["relu"])
    check(seen["fc"], picture(3))
    rows = model.profile(picture(3), runs=3)
    assert [row.runs for row in rows] == [3, 3, 3, 3]
    assert all(row.mean_ms >= row.min_ms >= 0 for row in rows)
    check(model(picture(4))["y"], picture(4))


def test_a_stopped_run_leaves_the_model_usable(model: Model) -> None:
    seen: list[str] = []

    def stop(info: TensorInfo, array: Array) -> None:
        seen.append(info.name)
        raise KeyError(info.name)

    with pytest.raises(KeyError):
        model.watch(stop, picture(3))
    assert seen == ["x"]
    check(model(picture(4))["y"], picture(4))


def test_misuse(built: tuple[Path, Path], model: Model, tmp_path: Path) -> None:
    library, weights = built
    with pytest.raises(UserError, match=r"options\.device is 3, and CUDA counts 1 from 0"):
        Model(library, weights, options=Options(device=3))
    with pytest.raises(UserError, match=r"options\.tune wants options\.tactics"):
        Model(library, weights, options=Options(tune=1))
    with pytest.raises(UserError, match=r"tactics file '.*missing' cannot be read"):
        Model(library, weights, options=Options(tactics=str(tmp_path / "missing").encode()))
    with pytest.raises(UserError, match="cannot be opened"):
        Model(library, tmp_path / "no-weights")
    (tmp_path / "short").write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(UserError, match="does not belong to program 'tiny'"):
        Model(library, tmp_path / "short")
    tensor = (CTensor * 1)(CTensor(picture(0).ctypes.data, 8))
    run = model._library.arhat_model_run  # pyright: ignore[reportPrivateUsage]
    assert run(model._open(), tensor, 1, tensor, 1) == 1  # pyright: ignore[reportPrivateUsage]


def test_tactics_of_another_gpu_are_noted(built: tuple[Path, Path], tmp_path: Path) -> None:
    tactics = tmp_path / "tactics.json"
    tactics.write_text('{"arhat-tactics": 1, "cudnn": "9.1.0", "device": "GPU", "sm": 75, "graphs": {}}')
    with pytest.warns(UserWarning, match=r"are for cuDNN 9\.1\.0 on GPU"):
        model = Model(*built, options=Options(tactics=str(tactics).encode()))
    check(model(picture(1))["y"], picture(1))
    tactics.write_text("{")
    with pytest.raises(UserError, match="tactics file"):
        Model(*built, options=Options(tactics=str(tactics).encode()))


def test_plans_are_kept_in_a_file(built: tuple[Path, Path], tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    for _ in range(2):
        model = Model(*built, options=Options(plans=str(plans).encode()))
        check(model(picture(1))["y"], picture(1))
        text = plans.read_text()
        assert text.startswith("arhat-plans 1 ") and "\ntiny eng" in text
    plans.write_text("nonsense")
    check(Model(*built, options=Options(plans=str(plans).encode()))(picture(1))["y"], picture(1))
    assert plans.read_text() == text


def test_stream_of_the_caller(built: tuple[Path, Path]) -> None:
    stream = ctypes.c_void_p()
    library = Model(*built)._library  # pyright: ignore[reportPrivateUsage]
    assert library.cudaStreamCreateWithFlags(ctypes.byref(stream), 1) == 0
    model = Model(*built, options=Options(stream=stream))
    x, y = model.to_device(picture(1)), model.to_device(np.zeros((16, 4), np.float32))
    for seed in (1, 2, 3):
        copy = library.cudaMemcpyAsync
        given = picture(seed)
        copy.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_void_p)
        assert copy(x.address, given.ctypes.data, given.nbytes, 4, stream) == 0
        model(x, outputs={"y": y})  # comes after the copy, which the stand-in has not made yet
        check(y, given)
        check(model(picture(4))["y"], picture(4))  # buffers of the host: complete when it returns
    model.close()


def test_out_of_memory(built: tuple[Path, Path], tmp_path: Path) -> None:
    project = tiny_cuda_project.write_cuda_project(tmp_path / "out", arena_bytes=1 << 46)
    greedy = emulator.build(project, tmp_path / "built")
    for _ in range(2):
        with pytest.raises(UserError, match=f"cudaMalloc of {1 << 46} bytes for the arena: "):
            Model(*greedy)
    check(Model(*built)(picture(1))["y"], picture(1))


def test_what_cannot_be_captured_is_run_without_a_graph(tmp_path: Path) -> None:
    launch = "launch(f.context, 128, Twice{"
    wait = 'if (cudaStreamSynchronize(f.context) != cudaSuccess) throw std::runtime_error("it waits"); '
    include = "#include <cstdint>"
    replace = {launch: wait + launch, include: "#include <stdexcept>\n" + include}
    project = tiny_cuda_project.write_cuda_project(tmp_path / "out", replace=replace)
    model = Model(*emulator.build(project, tmp_path / "built"))
    for seed in range(4):
        check(model(picture(seed))["y"], picture(seed))
    info = Info()
    library = model._library  # pyright: ignore[reportPrivateUsage]
    assert library.arhat_model_get_info(model._open(), ctypes.byref(info)) == 0  # pyright: ignore[reportPrivateUsage]
    assert info.notes == (
        b"runs are queued operation by operation, not as one CUDA graph: layer twice: it waits"
    )


def test_a_run_that_fails_half_way(built: tuple[Path, Path], tmp_path: Path) -> None:
    call = "run_graph(f, 0, {arena<float>(f, 0), "
    project = tiny_cuda_project.write_cuda_project(tmp_path / "out", replace={call: "run_graph(f, 0, {"})
    model = Model(*emulator.build(project, tmp_path / "built"))
    for _ in range(3):
        with pytest.raises(UserError, match="layer conv, relu: 3 pointers for a graph of 4"):
            model(picture(1))
    check(Model(*built)(picture(1))["y"], picture(1))


def test_a_gpu_that_the_program_was_not_built_for(tmp_path: Path) -> None:
    replace = {"probe_device}": "[] { return cudaErrorNoKernelImageForDevice; }}"}
    project = tiny_cuda_project.write_cuda_project(tmp_path / "out", replace=replace)
    expected = (
        "GPU 'emulated device' is sm_90, and this program was built for 90 only: "
        "build it with -DCMAKE_CUDA_ARCHITECTURES=90"
    )
    with pytest.raises(UserError, match=expected):
        Model(*emulator.build(project, tmp_path / "built"))


def test_state(tmp_path: Path) -> None:
    replace = {
        "void op_3(const Frame& f) {": """void op_3(const Frame& f) {
  read_variable(f, 0, 128, arena<float>(f, 1024), arena<float>(f, 1536));
  assign_variable(f, 0, 128, arena<float>(f, 1024));""",
        "run_product(f, 0, arena<float>(f, 1024)": "run_product(f, 0, arena<float>(f, 1536)",
        "values, 4, 0u": "values, 4, 512u",
    }
    project = tiny_cuda_project.write_cuda_project(tmp_path / "out", arena_bytes=2048, replace=replace)
    model = Model(*emulator.build(project, tmp_path / "built"))
    assert model.state_bytes == 512
    for _ in range(3):  # each run gives what the run before it would have given; the first one its own
        check(model(picture(0))["y"], picture(0))
        for seed in range(1, 5):
            check(model(picture(seed))["y"], picture(seed - 1))
        model.reset_state()


def test_threads_take_turns(model: Model) -> None:
    failed: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for _ in range(10):
                check(model(picture(seed))["y"], picture(seed))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_memory_outlives_the_model(built: tuple[Path, Path]) -> None:
    model = Model(*built)
    y = model(picture(2), outputs="device")["y"]
    model.close()
    check(y, picture(2))


def test_stream(model: Model) -> None:
    stream = ctypes.c_void_p()
    library = model._library  # pyright: ignore[reportPrivateUsage]
    assert library.arhat_model_stream(model._open(), ctypes.byref(stream)) == 0  # pyright: ignore[reportPrivateUsage]
    assert stream.value
