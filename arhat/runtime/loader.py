"""A compiled program as a Python object, over its C interface (model.h)."""

from __future__ import annotations

import ctypes
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from arhat.errors import UserError, quote
from arhat.runtime.build import built_project, ensure_built

Array = np.ndarray[Any, np.dtype[Any]]
"""A NumPy array of any element type and shape."""

_MAX_RANK = 8
# In the order of arhat_type. NumPy has no bf16: such values are f32 arrays here.
_TYPES = ("f32", "f16", "bf16", "f64", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "bool")
_DTYPES: dict[str, np.dtype[Any]] = {
    name: np.dtype(code)
    for name, code in zip(
        _TYPES,
        ("<f4", "<f2", "<f4", "<f8", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "?"),
        strict=True,
    )
}


class _Options(ctypes.Structure):
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
    )


class _Info(ctypes.Structure):
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
    )


class _TensorInfo(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("rank", ctypes.c_int),
        ("dims", ctypes.c_int64 * _MAX_RANK),
        ("bytes", ctypes.c_size_t),
    )


class _Tensor(ctypes.Structure):
    _fields_ = (("data", ctypes.c_void_p), ("bytes", ctypes.c_size_t))


class _ProfileRow(ctypes.Structure):
    _fields_ = (
        ("operation", ctypes.c_char_p),
        ("layers", ctypes.c_char_p),
        ("runs", ctypes.c_uint64),
        ("total_ns", ctypes.c_uint64),
        ("min_ns", ctypes.c_uint64),
        ("flops", ctypes.c_double),
        ("bytes", ctypes.c_double),
    )


_Watch = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.POINTER(_TensorInfo), ctypes.c_void_p
)


@dataclass(frozen=True)
class TensorInfo:
    """An input, an output or an intermediate value: name, element type (`f32`, ...), extents.

    `layers` are the source layers of an intermediate value; it is the output of the last one.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    layers: tuple[str, ...] = ()

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's element type; f32 for bf16, which NumPy lacks."""
        return _DTYPES[self.type]

    def __str__(self) -> str:
        return f"{self.type}[{','.join(str(extent) for extent in self.shape)}]"


@dataclass(frozen=True)
class ProfileRow:
    """Times of one operation, in execution order. `flops` and `bytes` are of one run."""

    operation: str
    layers: tuple[str, ...]
    runs: int
    mean_ms: float
    min_ms: float
    flops: float
    bytes: float


def load(
    path: str | os.PathLike[str],
    *,
    weights: str | os.PathLike[str] | None = None,
    threads: int = 0,
    isa: str | None = None,
    build: bool = True,
    build_dir: Path | None = None,
) -> Model:
    """Load the compiled model in the folder `path`, building it first where needed (not if `build` is false).

    `threads` 0 means all cores that this process may use; `isa` is `avx512`, `avx2` or `baseline`, by default the best.

    Raises:
        UserError: no such project, no library, a failed build, wrong weights, an instruction set that is not there.
    """
    project = Path(path)
    if build:
        library = ensure_built(project, build_dir).library
    else:
        library = built_project(project, build_dir).library
        if not library.exists():
            raise UserError("is not built: build it with CMake, or let build be true", file=project)
    return Model(
        library, Path(weights) if weights is not None else project / "weights.safetensors", threads, isa
    )


class Model:
    """One instance of a compiled program.

    Calls from several threads are safe and run one after the other; use one `Model` per thread to run at once. The
    weights' pages are shared among all instances on the machine. `close()`, or leaving a `with` block, frees the
    memory.
    """

    def __init__(self, library: Path, weights: Path, threads: int = 0, isa: str | None = None) -> None:
        try:
            self._library = _declare(_open_library(library))
        except (OSError, AttributeError) as error:
            raise UserError(f"cannot be loaded: {error}", file=library) from None
        self._handle = ctypes.c_void_p()
        options = _Options(threads, None if isa is None else isa.encode())
        self._check(
            self._library.arhat_model_create(
                os.fsencode(weights), ctypes.byref(options), ctypes.byref(self._handle)
            )
        )
        info = _Info()
        self._check(self._library.arhat_model_get_info(self._handle, ctypes.byref(info)))
        self.name: str = _text(info.name)
        self.isa: str = _text(info.isa)
        self.threads: int = info.threads
        self.arena_bytes: int = info.arena_bytes
        self.weight_bytes: int = info.weight_bytes
        self.state_bytes: int = info.state_bytes
        self._operations: int = info.operations
        self.inputs = self._describe(self._library.arhat_model_input, info.inputs)
        self.outputs = self._describe(self._library.arhat_model_output, info.outputs)
        self.values = _name_values(self._describe(self._library.arhat_model_value, info.values))
        self._latest: list[Array] | None = None

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self.close()

    def __call__(self, inputs: Mapping[str, Array] | Array) -> dict[str, Array]:
        """Run once. `inputs` has an array for each input; for a model of one input, the array alone will do.

        Raises:
            UserError: a name, shape or element type is wrong.
        """
        arrays = self._prepare(inputs)
        outputs = [np.empty(info.shape, _storage(info)) for info in self.outputs]
        self._run(arrays, outputs)
        return self._present(outputs)

    def profile(self, inputs: Mapping[str, Array] | Array | None = None, runs: int = 10) -> list[ProfileRow]:
        """Times of each operation over a number of runs; without `inputs`, on those of the latest call.

        Raises:
            UserError: the inputs are wrong, or there are none yet.
        """
        arrays = self._prepare(inputs)
        outputs = [np.empty(info.shape, _storage(info)) for info in self.outputs]
        self._check(self._library.arhat_model_profile_enable(self._open(), 1))
        for _ in range(runs):
            self._run(arrays, outputs)
        self._check(self._library.arhat_model_profile_enable(self._open(), 0))
        rows: list[ProfileRow] = []
        for index in range(self._operations):
            row = _ProfileRow()
            self._check(self._library.arhat_model_profile_row(self._open(), index, ctypes.byref(row)))
            rows.append(
                ProfileRow(
                    _text(row.operation),
                    _layers(row.layers),
                    row.runs,
                    row.total_ns / 1e6 / max(row.runs, 1),
                    row.min_ns / 1e6,
                    row.flops,
                    row.bytes,
                )
            )
        return rows

    def dump(self, layer: str, inputs: Mapping[str, Array] | Array | None = None) -> Array:
        """What a layer computes; `layer` is a name in `values`. Without `inputs`, on those of the latest call.

        Raises:
            UserError: no value has that name, or the inputs are wrong.
        """
        wanted = [index for index, value in enumerate(self.values) if value.name == layer]
        if not wanted:
            inside = [value.name for value in self.values if layer in value.layers]
            if inside:
                raise UserError(
                    f"layer {quote(layer)} has no value of its own: it is computed together with {quote(inside[0])}"
                )
            raise UserError(f"the model has no layer {quote(layer)}")
        found: list[Array] = []

        def keep(index: int, array: Array) -> bool:
            if index == wanted[0]:
                found.append(array.copy())
            return not found

        self._watch(keep, inputs)
        return found[0]

    def watch(
        self, callback: Callable[[TensorInfo, Array], None], inputs: Mapping[str, Array] | Array | None = None
    ) -> dict[str, Array]:
        """Run once and show `callback` each value right after it was computed. The array is only valid during the call.

        The callback may not use this model. An exception in it stops the run and is passed on.

        Raises:
            UserError: the inputs are wrong.
        """

        def show(index: int, array: Array) -> bool:
            callback(self.values[index], array)
            return True

        return self._watch(show, inputs)

    def reset_state(self) -> None:
        """Forget what earlier runs left in the model's state: the next one is like the first.

        A model has state where `state_bytes` is not 0. Every run goes one step on, also those of `profile`, `dump` and
        `watch`; a run that an exception stopped leaves the state as far as it was written.
        """
        self._check(self._library.arhat_model_reset_state(self._open()))

    def close(self) -> None:
        """Free the program's memory. The model cannot be used afterwards."""
        if self._handle:
            self._library.arhat_model_destroy(self._handle)
            self._handle = ctypes.c_void_p()

    def _open(self) -> ctypes.c_void_p:
        if not self._handle:
            raise UserError("the model is closed")
        return self._handle

    def _check(self, status: int) -> None:
        if status != 0:
            raise UserError(_text(self._library.arhat_last_error()))

    def _describe(self, function: Any, count: int) -> tuple[TensorInfo, ...]:
        infos: list[TensorInfo] = []
        for index in range(count):
            info = _TensorInfo()
            self._check(function(self._open(), index, ctypes.byref(info)))
            dims: list[int] = list(info.dims)
            infos.append(
                TensorInfo(
                    _text(info.name), _TYPES[int(info.type)], tuple(dims[: info.rank]), _layers(info.name)
                )
            )
        return tuple(infos)

    def _prepare(self, inputs: Mapping[str, object] | Array | None) -> list[Array]:
        """Contiguous arrays in the order of the inputs, checked."""
        if inputs is None:
            if self._latest is None:
                raise UserError("the model was not run yet: give inputs")
            return self._latest
        if isinstance(inputs, np.ndarray):
            if len(self.inputs) != 1:
                names = ", ".join(quote(info.name) for info in self.inputs)
                raise UserError(f"the model has {len(self.inputs)} inputs: give a dict with {names}")
            inputs = {self.inputs[0].name: inputs}
        known = {info.name for info in self.inputs}
        for name in inputs:
            if name not in known:
                names = ", ".join(quote(info.name) for info in self.inputs)
                raise UserError(f"the model has no input {quote(str(name))}; there is {names}")
        arrays: list[Array] = []
        for info in self.inputs:
            if info.name not in inputs:
                raise UserError(f"input {quote(info.name)} wants {info}, and is missing")
            given: object = inputs[info.name]
            if not isinstance(given, np.ndarray):
                raise UserError(
                    f"input {quote(info.name)} wants {info}, got {type(given).__name__}, not an array"
                )
            array = cast(Array, given)
            if array.shape != info.shape or array.dtype != info.dtype:
                got = f"{array.dtype}[{','.join(str(extent) for extent in array.shape)}]"
                raise UserError(f"input {quote(info.name)} wants {info}, got {got}")
            if info.type == "bf16":
                array = (np.ascontiguousarray(array).view(np.uint32) >> np.uint32(16)).astype(np.uint16)
            arrays.append(np.require(array, requirements=("C", "A")))
        self._latest = arrays
        return arrays

    def _run(self, inputs: list[Array], outputs: list[Array]) -> None:
        self._check(
            self._library.arhat_model_run(
                self._open(), _tensors(inputs), len(inputs), _tensors(outputs), len(outputs)
            )
        )

    def _watch(
        self, callback: Callable[[int, Array], bool], inputs: Mapping[str, Array] | Array | None
    ) -> dict[str, Array]:
        """As `watch`; the callback gives false to stop."""
        arrays = self._prepare(inputs)
        outputs = [np.empty(info.shape, _storage(info)) for info in self.outputs]
        errors: list[BaseException] = []

        def see(_: Any, index: int, info: Any, data: int | None) -> int:
            try:
                value = self.values[index]
                count = info.contents.bytes
                raw = (ctypes.c_uint8 * count).from_address(data) if count and data else bytearray()
                array = np.frombuffer(raw, _storage(value)).reshape(value.shape)
                return 0 if callback(index, _widen(value, array)) else 1
            except BaseException as error:  # nothing may be thrown through the C interface
                errors.append(error)
                return 1

        stopped = 6
        status = self._library.arhat_model_watch(
            self._open(), _tensors(arrays), len(arrays), _tensors(outputs), len(outputs), _Watch(see), None
        )
        if errors:
            raise errors[0]
        if status != stopped:
            self._check(status)
        return self._present(outputs)

    def _present(self, outputs: list[Array]) -> dict[str, Array]:
        return {info.name: _widen(info, array) for info, array in zip(self.outputs, outputs, strict=True)}


_opened: dict[Path, int] = {}
"""Libraries that this process has opened: path to time of the last change."""


def _open_library(path: Path) -> ctypes.CDLL:
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


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Give the functions of model.h their types."""
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    tensors = ctypes.POINTER(_Tensor)
    signatures: dict[str, tuple[Any, ...]] = {
        "create": (ctypes.c_char_p, ctypes.POINTER(_Options), ctypes.POINTER(pointer)),
        "get_info": (pointer, ctypes.POINTER(_Info)),
        "input": (pointer, size, ctypes.POINTER(_TensorInfo)),
        "output": (pointer, size, ctypes.POINTER(_TensorInfo)),
        "value": (pointer, size, ctypes.POINTER(_TensorInfo)),
        "run": (pointer, tensors, size, tensors, size),
        "reset_state": (pointer,),
        "watch": (pointer, tensors, size, tensors, size, _Watch, pointer),
        "profile_enable": (pointer, ctypes.c_int),
        "profile_row": (pointer, size, ctypes.POINTER(_ProfileRow)),
    }
    for name, arguments in signatures.items():
        function = getattr(library, f"arhat_model_{name}")
        function.argtypes = arguments
        function.restype = ctypes.c_int
    library.arhat_model_destroy.argtypes = (pointer,)
    library.arhat_model_destroy.restype = None
    library.arhat_last_error.argtypes = ()
    library.arhat_last_error.restype = ctypes.c_char_p
    return library


def _tensors(arrays: list[Array]) -> Any:
    return (_Tensor * len(arrays))(*(_Tensor(array.ctypes.data, array.nbytes) for array in arrays))


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")


def _layers(value: bytes | None) -> tuple[str, ...]:
    return tuple(layer for layer in _text(value).split("\n") if layer)


def _storage(info: TensorInfo) -> np.dtype[Any]:
    """Element type in the program's memory."""
    return np.dtype("<u2") if info.type == "bf16" else info.dtype


def _widen(info: TensorInfo, array: Array) -> Array:
    """bf16 bits as f32; anything else as it is."""
    if info.type != "bf16":
        return array
    return (array.astype(np.uint32) << np.uint32(16)).view(np.float32)


def _name_values(values: tuple[TensorInfo, ...]) -> tuple[TensorInfo, ...]:
    """Name each value after its layer, with #1, #2, ... where a layer has several."""
    seen: dict[str, int] = {}
    named: list[TensorInfo] = []
    for value in values:
        layer = value.layers[-1] if value.layers else ""
        earlier = seen.get(layer, 0)
        seen[layer] = earlier + 1
        named.append(
            TensorInfo(f"{layer}#{earlier}" if earlier else layer, value.type, value.shape, value.layers)
        )
    return tuple(named)
