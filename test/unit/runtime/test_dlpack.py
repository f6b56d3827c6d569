"""Arrays that are exchanged by DLPack, with NumPy as the other library."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from arhat.errors import UserError
from arhat.runtime import dlpack
from arhat.runtime.dlpack import CPU, CUDA, DeviceArray, borrow

TYPES = {
    "f32": np.float32,
    "f16": np.float16,
    "f64": np.float64,
    "i8": np.int8,
    "u8": np.uint8,
    "i16": np.int16,
    "u16": np.uint16,
    "i32": np.int32,
    "u32": np.uint32,
    "i64": np.int64,
    "u64": np.uint64,
    "bool": np.bool_,
}


def device_array(array: np.ndarray[Any, Any], type_: str = "f32") -> DeviceArray:
    return DeviceArray(array.ctypes.data, type_, array.shape, (CPU, 0), array)


class Old:
    """An array of a library from before version 1 of DLPack."""

    def __init__(self, array: DeviceArray) -> None:
        self.array = array
        self.streams: list[int | None] = []

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()

    def __dlpack__(self, *, stream: int | None = None) -> object:
        self.streams.append(stream)
        return self.array.__dlpack__(stream=stream)


@pytest.mark.parametrize("type_", TYPES)
def test_types(type_: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(TYPES[type_])
    borrowed = borrow(array, type_, (3, 4), None)
    assert borrowed.address == array.ctypes.data and borrowed.nbytes == array.nbytes
    assert borrowed.device == (CPU, 0)
    back = np.from_dlpack(device_array(array, type_))
    assert back.dtype == array.dtype and np.shares_memory(back, array)
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (2, 1, 3)])
def test_shapes(shape: tuple[int, ...]) -> None:
    array = np.zeros(shape, np.float32)
    assert borrow(array, "f32", shape, None).nbytes == array.nbytes
    assert np.from_dlpack(device_array(array)).shape == shape


def test_refusals() -> None:
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    with pytest.raises(UserError, match=r"got f32\[4,3\]"):
        borrow(array.T, "f32", (3, 4), None)
    with pytest.raises(UserError, match=r"got f64\[3,4\]"):
        borrow(array.astype(np.float64), "f32", (3, 4), None)
    with pytest.raises(UserError, match=r"got elements of an unknown type\[2\]"):
        borrow(np.zeros(2, np.complex64), "f64", (2,), None)
    with pytest.raises(UserError, match="not dense and row-major: make it contiguous"):
        borrow(array[:, ::2], "f32", (3, 2), None)
    with pytest.raises(UserError, match="cannot be exchanged"):
        borrow(np.zeros(2, ">f4"), "f32", (2,), None)

    class NoCapsule(Old):
        def __dlpack__(self, *, stream: int | None = None) -> object:
            return "capsule"

    with pytest.raises(UserError, match="gives no DLPack capsule"):
        borrow(NoCapsule(device_array(array)), "f32", (3, 4), None)


def test_read_only() -> None:
    array = np.zeros(3, np.float32)
    array.flags.writeable = False
    assert borrow(array, "f32", (3,), None).address == array.ctypes.data
    with pytest.raises(UserError, match="read-only"):
        borrow(array, "f32", (3,), None, write=True)


def test_strides_of_single_elements_do_not_matter() -> None:
    array = np.zeros((4, 6), np.float32)[:1, :]
    assert borrow(array[:, :], "f32", (1, 6), None).nbytes == 24


def test_old_libraries() -> None:
    array = np.arange(3, dtype=np.float32)
    old = Old(device_array(array))
    assert borrow(old, "f32", (3,), 77).address == array.ctypes.data
    assert old.streams == [None]  # memory of the host belongs to no stream


def test_stream_is_passed_on() -> None:
    array = np.arange(3, dtype=np.float32)
    old = Old(DeviceArray(array.ctypes.data, "f32", (3,), (CUDA, 1), array))
    assert borrow(old, "f32", (3,), 77).device == (CUDA, 1)
    assert old.streams == [77]


def test_exported_memory_lives_as_long_as_it_is_used() -> None:
    class Owner:
        gone = False

        def __del__(self) -> None:
            Owner.gone = True

    array = np.arange(3, dtype=np.float32)
    exported = DeviceArray(array.ctypes.data, "f32", (3,), (CPU, 0), Owner())
    used = np.from_dlpack(exported)
    del exported
    gc.collect()
    assert not Owner.gone and used[2] == 2
    del used
    gc.collect()
    assert Owner.gone


@pytest.mark.parametrize("version", [None, (1, 0)])
def test_capsules_that_nobody_takes(version: tuple[int, int] | None) -> None:
    before = len(dlpack._exported)  # pyright: ignore[reportPrivateUsage]
    capsule = device_array(np.zeros(3, np.float32)).__dlpack__(max_version=version)
    assert len(dlpack._exported) == before + 1  # pyright: ignore[reportPrivateUsage]
    del capsule
    gc.collect()
    assert len(dlpack._exported) == before  # pyright: ignore[reportPrivateUsage]


def test_exported_arrays_are_not_copied() -> None:
    array = device_array(np.zeros(3, np.float32))
    with pytest.raises(BufferError, match="not copied"):
        array.__dlpack__(copy=True)
    with pytest.raises(BufferError, match="is on the host and is not copied elsewhere"):
        array.__dlpack__(dl_device=(CUDA, 0))
    assert repr(array) == "DeviceArray(f32[3] on the host)"
    assert array.tobytes() == bytes(12)
