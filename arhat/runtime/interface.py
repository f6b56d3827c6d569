"""The C interface of compiled programs (model.h) in ctypes."""

from __future__ import annotations

import ctypes
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from arhat.errors import UserError

MAX_RANK = 8
STOPPED = 6
"""ARHAT_STOPPED."""
# In the order of arhat_type. NumPy has no bf16: such values are f32 arrays here.
TYPES = ("f32", "f16", "bf16", "f64", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "bool")
DTYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(code)
    for name, code in zip(
        TYPES,
        ("<f4", "<f2", "<f4", "<f8", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "?"),
        strict=True,
    )
}


ProgressCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_int
)
"""arhat_progress_callback."""


class Options(ctypes.Structure):
    """arhat_options."""

    _fields_ = (
        ("threads", ctypes.c_int),
        ("isa", ctypes.c_char_p),
        ("device", ctypes.c_int),
        ("tactics", ctypes.c_char_p),
        ("plans", ctypes.c_char_p),
        ("tune", ctypes.c_int),
        ("no_cuda_graph", ctypes.c_int),
        ("stream", ctypes.c_void_p),
        ("workspace_limit", ctypes.c_uint64),
        ("engine", ctypes.c_char_p),
        ("plan", ctypes.c_char_p),
        ("rebuild", ctypes.c_int),
        ("optimization_level", ctypes.c_int),
        ("timing_cache", ctypes.c_char_p),
        ("builder_flags", ctypes.c_char_p),
        ("plugin_library", ctypes.c_char_p),
        ("progress", ProgressCallback),
        ("progress_user", ctypes.c_void_p),
    )


class Info(ctypes.Structure):
    """arhat_model_info."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("isa", ctypes.c_char_p),
        ("threads", ctypes.c_int),
        ("inputs", ctypes.c_size_t),
        ("outputs", ctypes.c_size_t),
        ("operations", ctypes.c_size_t),
        ("values", ctypes.c_size_t),
        ("weight_bytes", ctypes.c_uint64),
        ("arena_bytes", ctypes.c_uint64),
        ("state_bytes", ctypes.c_uint64),
        ("device", ctypes.c_char_p),
        ("device_bytes", ctypes.c_uint64),
        ("notes", ctypes.c_char_p),
        ("batch_min", ctypes.c_int64),
        ("batch_opt", ctypes.c_int64),
        ("batch_max", ctypes.c_int64),
    )


class CTensorInfo(ctypes.Structure):
    """arhat_tensor_info."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("rank", ctypes.c_int),
        ("dims", ctypes.c_int64 * MAX_RANK),
        ("bytes", ctypes.c_size_t),
        ("batch_axis", ctypes.c_int),
    )


class CTensor(ctypes.Structure):
    """arhat_tensor."""

    _fields_ = (("data", ctypes.c_void_p), ("bytes", ctypes.c_size_t))


class CProfileRow(ctypes.Structure):
    """arhat_profile_row."""

    _fields_ = (
        ("operation", ctypes.c_char_p),
        ("layers", ctypes.c_char_p),
        ("runs", ctypes.c_uint64),
        ("total_ns", ctypes.c_uint64),
        ("min_ns", ctypes.c_uint64),
        ("flops", ctypes.c_double),
        ("bytes", ctypes.c_double),
    )


WatchCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(CTensorInfo), ctypes.c_void_p
)


_opened: dict[Path, int] = {}
"""Libraries that this process has opened: path to time of the last change."""


def open_library(path: Path) -> ctypes.CDLL:
    """Open a library, anew if the file has changed since this process opened it."""
    path = path.resolve()
    changed = path.stat().st_mtime_ns
    if _opened.setdefault(path, changed) == changed:
        return ctypes.CDLL(str(path))
    # By the same path the system would give back the old one.
    with tempfile.TemporaryDirectory(prefix="arhat-") as folder:
        link = Path(folder) / path.name
        link.symlink_to(path)
        return ctypes.CDLL(str(link))


def declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Give the functions of model.h their types."""
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    tensors = ctypes.POINTER(CTensor)
    signatures: dict[str, tuple[Any, ...]] = {
        "model_create": (ctypes.c_char_p, ctypes.POINTER(Options), ctypes.POINTER(pointer)),
        "model_get_info": (pointer, ctypes.POINTER(Info)),
        "model_input": (pointer, size, ctypes.POINTER(CTensorInfo)),
        "model_output": (pointer, size, ctypes.POINTER(CTensorInfo)),
        "model_value": (pointer, size, ctypes.POINTER(CTensorInfo)),
        "model_run": (pointer, tensors, size, tensors, size),
        "model_reset_state": (pointer,),
        "model_watch": (pointer, tensors, size, tensors, size, WatchCallback, pointer),
        "model_profile_enable": (pointer, ctypes.c_int),
        "model_profile_row": (pointer, size, ctypes.POINTER(CProfileRow)),
        "model_stream": (pointer, ctypes.POINTER(pointer)),
        "device_alloc": (pointer, size, ctypes.POINTER(pointer)),
        "device_free": (pointer,),
        "device_copy": (pointer, pointer, size),
    }
    for name, arguments in signatures.items():
        function = getattr(library, f"arhat_{name}")
        function.argtypes = arguments
        function.restype = ctypes.c_int
    library.arhat_model_destroy.argtypes = (pointer,)
    library.arhat_model_destroy.restype = None
    library.arhat_last_error.argtypes = ()
    library.arhat_last_error.restype = ctypes.c_char_p
    return library


def text(value: bytes | None) -> str:
    """Text of the library, whatever bytes are in it."""
    return (value or b"").decode("utf-8", "replace")


class DeviceBuffer:
    """Memory on the model's GPU; it may outlive the model."""

    def __init__(self, library: ctypes.CDLL, model: ctypes.c_void_p, nbytes: int) -> None:
        self._library = library
        pointer = ctypes.c_void_p()
        self.status: int = library.arhat_device_alloc(model, nbytes, ctypes.byref(pointer))
        self.address: int = pointer.value or 0

    def __del__(self) -> None:
        if self.address:
            self._library.arhat_device_free(self.address)

    def fetch(self, address: int, nbytes: int) -> bytes:
        """A copy on the host."""
        host = ctypes.create_string_buffer(max(nbytes, 1))
        if self._library.arhat_device_copy(host, address, nbytes) != 0:
            raise UserError(text(self._library.arhat_last_error()))
        return host.raw[:nbytes]
