"""Arrays in memory of any device, exchanged by DLPack (https://dmlc.github.io/dlpack), without copies.

    array = borrow(tensor, stream)      # an object of another library, such as PyTorch
    torch.from_dlpack(device_array)     # a `DeviceArray` for another library

Only what a compiled program needs: dense row-major arrays of its element types.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Protocol, cast, runtime_checkable

from arhat.errors import UserError

CPU, CUDA, CUDA_HOST, CUDA_MANAGED = 1, 2, 3, 13
"""Kinds of device (DLDeviceType)."""

_KINDS = {CPU: "host", CUDA: "GPU", CUDA_HOST: "pinned host", CUDA_MANAGED: "managed GPU"}

# DLDataTypeCode and bits, by the names of arhat_type.
_INT, _UINT, _FLOAT, _BFLOAT, _BOOL = 0, 1, 2, 4, 6
_CODES: dict[str, tuple[int, int]] = {
    "f32": (_FLOAT, 32),
    "f16": (_FLOAT, 16),
    "bf16": (_BFLOAT, 16),
    "f64": (_FLOAT, 64),
    "i8": (_INT, 8),
    "u8": (_UINT, 8),
    "i16": (_INT, 16),
    "u16": (_UINT, 16),
    "i32": (_INT, 32),
    "u32": (_UINT, 32),
    "i64": (_INT, 64),
    "u64": (_UINT, 64),
    "bool": (_BOOL, 8),
}


class _Device(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_int32), ("number", ctypes.c_int32))


class _DataType(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16))


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", _Device),
        ("rank", ctypes.c_int32),
        ("dtype", _DataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


_Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Managed(ctypes.Structure):
    _fields_ = (("tensor", _Tensor), ("context", ctypes.c_void_p), ("deleter", _Deleter))


class _ManagedVersioned(ctypes.Structure):
    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("context", ctypes.c_void_p),
        ("deleter", _Deleter),
        ("flags", ctypes.c_uint64),
        ("tensor", _Tensor),
    )


_NAME, _NAME_VERSIONED = b"dltensor", b"dltensor_versioned"
_READ_ONLY = 1


@runtime_checkable
class DlpackArray(Protocol):
    """An array that can be exchanged by DLPack."""

    def __dlpack__(self, *, stream: int | None = None) -> Any: ...

    def __dlpack_device__(self) -> tuple[int, int]: ...


@dataclass(frozen=True)
class Borrowed:
    """Memory of another library's array: usable while this object lives."""

    address: int
    nbytes: int
    device: tuple[int, int]
    owner: object


def device_text(device: tuple[int, int]) -> str:
    """Name of a device, for messages."""
    kind, number = device
    return f"{_KINDS.get(kind, f'device of kind {kind}')} {number}" if kind != CPU else "the host"


def borrow(
    array: DlpackArray,
    type_: str,
    shape: tuple[int, ...],
    stream: int | None,
    *,
    write: bool = False,
    free_axis: int | None = None,
) -> Borrowed:
    """The memory of an array, which has to be of the given element type (`f32`, ...) and shape, dense and row-major.

    Its extent along `free_axis` may be any.

    `stream` is the CUDA stream on which the memory is going to be used, for arrays on a GPU: whoever owns the array
    orders what is still to be done with it before that.

    Raises:
        UserError: the array is another one, or is read-only and `write` is asked for; the text starts with "got".
    """
    kind, number = array.__dlpack_device__()
    device = (int(kind), int(number))
    capsule = _capsule_of(array, stream if device[0] in (CUDA, CUDA_MANAGED) else None)
    tensor, read_only = _tensor_of(capsule)
    actual = tuple(tensor.shape[axis] for axis in range(tensor.rank))
    code = (int(tensor.dtype.code), int(tensor.dtype.bits))
    others = [axis for axis, extent in enumerate(actual) if axis >= len(shape) or extent != shape[axis]]
    fits = len(actual) == len(shape) and all(axis == free_axis for axis in others)
    if not fits or code != _CODES[type_] or tensor.dtype.lanes != 1:
        names = [name for name, known in _CODES.items() if known == code and tensor.dtype.lanes == 1]
        extents = ",".join(str(extent) for extent in actual)
        raise UserError(f"got {names[0] if names else 'elements of an unknown type'}[{extents}]")
    if tensor.strides and not _is_dense(actual, [tensor.strides[axis] for axis in range(tensor.rank)]):
        raise UserError("got an array that is not dense and row-major: make it contiguous")
    if write and read_only:
        raise UserError("got an array that is read-only")
    address = int(tensor.data or 0) + int(tensor.byte_offset)
    return Borrowed(address, prod(actual) * _CODES[type_][1] // 8, device, (array, capsule))


def _capsule_of(array: DlpackArray, stream: int | None) -> object:
    arguments: dict[str, Any] = {} if stream is None else {"stream": stream}
    export = cast("Callable[..., object]", array.__dlpack__)
    try:
        try:
            return export(max_version=(1, 0), **arguments)
        except TypeError:  # a library from before version 1
            return export(**arguments)
    except BufferError as error:
        raise UserError(f"got an array that cannot be exchanged: {error}") from None


def _tensor_of(capsule: object) -> tuple[_Tensor, bool]:
    """What is in a capsule, and whether it is read-only. It goes on to own it."""
    if _is_valid(capsule, _NAME_VERSIONED):
        versioned = _ManagedVersioned.from_address(_get_pointer(capsule, _NAME_VERSIONED))
        if versioned.major == 1:
            return versioned.tensor, bool(versioned.flags & _READ_ONLY)
        raise UserError(f"got an array of version {versioned.major} of DLPack, which is not known here")
    if _is_valid(capsule, _NAME):
        return _Managed.from_address(_get_pointer(capsule, _NAME)).tensor, False
    raise UserError("got an object whose __dlpack__ gives no DLPack capsule")


def _is_dense(shape: tuple[int, ...], strides: list[int]) -> bool:
    expected = 1
    for extent, stride in zip(reversed(shape), reversed(strides), strict=True):
        if extent != 1 and stride != expected:
            return 0 in shape
        expected *= extent
    return True


# ---------------------------------------------------------------------------------------------------------
# Producing


class DeviceArray:
    """A dense array in memory of a device, for other libraries: `torch.from_dlpack(array)`.

    `owner` keeps the memory; it lives as long as this object or what was made of it. The data is complete: no
    stream has to be waited for.
    """

    def __init__(
        self,
        address: int,
        type_: str,
        shape: tuple[int, ...],
        device: tuple[int, int],
        owner: object,
        fetch: Callable[[int, int], bytes] | None = None,
    ) -> None:
        self.address = address
        self.type = type_
        self.shape = shape
        self.device = device
        self._owner = owner
        self._fetch = fetch

    @property
    def nbytes(self) -> int:
        """Size of the data."""
        return prod(self.shape) * _CODES[self.type][1] // 8

    def tobytes(self) -> bytes:
        """A copy of the data on the host."""
        if self._fetch is None:
            return ctypes.string_at(self.address, self.nbytes)
        return self._fetch(self.address, self.nbytes)

    def __repr__(self) -> str:
        extents = ",".join(str(extent) for extent in self.shape)
        return f"DeviceArray({self.type}[{extents}] on {device_text(self.device)})"

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.device

    def __dlpack__(
        self,
        *,
        stream: int | None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> object:
        if dl_device is not None and dl_device != self.device:
            raise BufferError(f"the array is on {device_text(self.device)} and is not copied elsewhere")
        if copy:
            raise BufferError("the array is not copied")
        return _export(self, versioned=max_version is not None and max_version[0] >= 1)


_exported: dict[int, tuple[object, ...]] = {}
"""What belongs to exported tensors that nobody has given back yet, by address of the managed tensor."""


def _export(array: DeviceArray, versioned: bool) -> object:
    """A capsule that keeps the array until its consumer calls the deleter."""
    rank = len(array.shape)
    shape = (ctypes.c_int64 * max(rank, 1))(*array.shape)
    strides = (ctypes.c_int64 * max(rank, 1))(*(prod(array.shape[axis + 1 :]) for axis in range(rank)))
    code, bits = _CODES[array.type]
    tensor = _Tensor(array.address, _Device(*array.device), rank, _DataType(code, bits, 1), shape, strides, 0)
    managed = (
        _ManagedVersioned(1, 0, None, _release, 0, tensor) if versioned else _Managed(tensor, None, _release)
    )
    address = ctypes.addressof(managed)
    _exported[address] = (managed, shape, strides, array)
    name = _NAME_VERSIONED if versioned else _NAME
    return _new_capsule(address, name, _drop)


@_Deleter
def _release(managed: int | None) -> None:
    """The deleter of exported tensors."""
    _exported.pop(managed or 0, None)


@ctypes.CFUNCTYPE(None, ctypes.c_void_p)
def _drop(capsule: int | None) -> None:
    """Called when a capsule goes. A consumer has renamed it; otherwise nobody took what is in it."""
    for name in (_NAME, _NAME_VERSIONED):
        if _dying_is_valid(capsule, name):
            _exported.pop(_dying_get_pointer(capsule, name) or 0, None)


def _capsule_function(name: str, result: Any, *arguments: Any) -> Any:
    return ctypes.PYFUNCTYPE(result, *arguments)((name, ctypes.pythonapi))


_is_valid = _capsule_function("PyCapsule_IsValid", ctypes.c_int, ctypes.py_object, ctypes.c_char_p)
_get_pointer = _capsule_function("PyCapsule_GetPointer", ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)
_new_capsule = _capsule_function(
    "PyCapsule_New", ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
)
# In a destructor the capsule must not be touched as an object: it would be counted again.
_dying_is_valid = _capsule_function("PyCapsule_IsValid", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p)
_dying_get_pointer = _capsule_function(
    "PyCapsule_GetPointer", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p
)

# Other libraries may use these when this module is gone.
for _lasting in (cast(object, _release), cast(object, _drop), _NAME, _NAME_VERSIONED):
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(_lasting))
