"""A compiled program as a Python object, over its C interface (model.h)."""

from __future__ import annotations

import ctypes
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Unpack, cast

import numpy as np

from arhat.errors import UserError, quote
from arhat.runtime.build import built_project, ensure_built
from arhat.runtime.dlpack import (
    CPU,
    CUDA,
    CUDA_HOST,
    CUDA_MANAGED,
    DeviceArray,
    DlpackArray,
    borrow,
    device_text,
)
from arhat.runtime.interface import (
    DTYPES,
    STOPPED,
    TYPES,
    CProfileRow,
    CTensor,
    CTensorInfo,
    DeviceBuffer,
    Info,
    Options,
    WatchCallback,
    declare,
    open_library,
    text,
)
from arhat.runtime.tensorrt import TensorRtOptions, apply
from arhat.runtime.tensors import Array, Batch, ProfileRow, TensorInfo, layers_in, name_values, widen

Inputs = Mapping[str, Array | DlpackArray] | Array | DlpackArray
"""Arrays by the names of inputs; for a model of one input the array alone will do."""


@dataclass(frozen=True)
class _Memory:
    """Memory of an input or output; `owner` keeps it."""

    address: int
    nbytes: int
    owner: object


def load(
    path: str | os.PathLike[str],
    *,
    weights: str | os.PathLike[str] | None = None,
    threads: int = 0,
    isa: str | None = None,
    build: bool = True,
    build_dir: Path | None = None,
    device: int = 0,
    tactics: str | os.PathLike[str] | None = None,
    plans: str | os.PathLike[str] | None = None,
    tune: bool = False,
    cuda_graph: bool = True,
    **tensorrt: Unpack[TensorRtOptions],
) -> Model:
    """Load the compiled model in the folder `path`, building it first where needed (not if `build` is false).

    Programs for the processor: `threads` 0 means all cores that this process may use; `isa` is `avx512`, `avx2` or
    `baseline`, by default the best.

    Programs for a GPU: `device` is its number. `tactics` names a file that pins the plans of operation graphs, which
    `tune` times and writes first. `plans` names a file that keeps finished plans, for a quick start. Without
    `cuda_graph` operations are queued one by one in every run. What the program could not do as asked (tactics of
    another GPU, say) is given as a warning.

    Programs for TensorRT build an engine, which takes minutes, unless a file has it: see `TensorRtOptions`.

    Raises:
        UserError: no such project, no library, a failed build, wrong weights, an instruction set or a GPU that is not
            there.
    """
    project = Path(path)
    if build:
        library = ensure_built(project, build_dir).library
    else:
        library = built_project(project, build_dir).library
        if not library.exists():
            raise UserError("is not built: build it with CMake, or let build be true", file=project)
    options = Options(
        threads=threads,
        isa=None if isa is None else isa.encode(),
        device=device,
        tactics=None if tactics is None else os.fsencode(tactics),
        plans=None if plans is None else os.fsencode(plans),
        tune=tune,
        no_cuda_graph=not cuda_graph,
    )
    errors = apply(options, tensorrt)
    file = Path(weights) if weights is not None else project / "weights.safetensors"
    try:
        return Model(library, file, options=options)
    except UserError:
        if errors:
            raise errors[0] from None
        raise


class Model:
    """One instance of a compiled program.

    Calls from several threads are safe and run one after the other; use one `Model` per thread to run at once. The
    weights' pages are shared among all instances on the machine (on a GPU each has its own). `close()`, or leaving a
    `with` block, frees the memory.
    """

    def __init__(
        self,
        library: Path,
        weights: Path,
        threads: int = 0,
        isa: str | None = None,
        *,
        options: Options | None = None,
    ) -> None:
        try:
            self._library = declare(open_library(library))
        except (OSError, AttributeError) as error:
            raise UserError(f"cannot be loaded: {error}", file=library) from None
        self._handle = ctypes.c_void_p()
        if options is None:
            options = Options(threads=threads, isa=None if isa is None else isa.encode())
        self._check(
            self._library.arhat_model_create(
                os.fsencode(weights), ctypes.byref(options), ctypes.byref(self._handle)
            )
        )
        info = Info()
        self._check(self._library.arhat_model_get_info(self._handle, ctypes.byref(info)))
        self.name: str = text(info.name)
        self.isa: str = text(info.isa)
        self.threads: int = info.threads
        self.arena_bytes: int = info.arena_bytes
        self.weight_bytes: int = info.weight_bytes
        self.state_bytes: int = info.state_bytes
        self.device: str = text(info.device)
        self.device_bytes: int = info.device_bytes
        self._place = (CUDA, int(options.device)) if self.device else (CPU, 0)
        self._notes_shown = 0
        self._show_notes(4)
        self.batch: Batch | None = None
        """How many images a run may have; None where the model says it."""
        if info.batch_opt:
            self.batch = Batch(info.batch_min, info.batch_opt, info.batch_max)
        self.inputs = self._describe(self._library.arhat_model_input, info.inputs)
        self.outputs = self._describe(self._library.arhat_model_output, info.outputs)
        self.values = name_values(self._describe(self._library.arhat_model_value, info.values))
        self._latest: list[_Memory] | None = None

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            self.close()

    def __call__(
        self, inputs: Inputs, outputs: str | Mapping[str, Array | DlpackArray] = "numpy"
    ) -> dict[str, Any]:
        """Run once. `inputs` has an array for each input; for a model of one input, the array alone will do.

        Arrays are NumPy's, or of any library that knows DLPack; those on the model's GPU are read in place. Results
        are NumPy arrays; `DeviceArray`s on the model's GPU where `outputs` is "device" (`torch.from_dlpack(result)`
        takes one without copying); or the arrays that `outputs` gives for all of them by name, which are written.
        Runs with the same device arrays are the quickest.

        Raises:
            UserError: a name, shape, element type or device is wrong.
        """
        given = self._prepare(inputs)
        if isinstance(outputs, Mapping):
            self._check_names("output", outputs, self.outputs)
            self._run(given, [self._borrow("output", i, outputs[i.name], write=True) for i in self.outputs])
            return dict(outputs)
        if outputs == "device":
            arrays = [self._allocate(info.type, shape) for info, shape in self._outputs_of(given)]
            self._run(given, [_Memory(array.address, array.nbytes, array) for array in arrays])
            return {info.name: array for info, array in zip(self.outputs, arrays, strict=True)}
        if outputs != "numpy":
            raise UserError(f"outputs is {quote(outputs)}, expected 'numpy', 'device' or arrays by name")
        results = [np.empty(shape, info.storage) for info, shape in self._outputs_of(given)]
        self._run(given, _memories(results))
        return self._present(results)

    def to_device(self, array: Array) -> DeviceArray:
        """A copy of an array in memory of the model's GPU, to be used as an input, or of the host for other programs.

        Raises:
            UserError: no input of a model can have this element type, or there is not enough memory.
        """
        type_ = next((name for name, dtype in DTYPES.items() if dtype == array.dtype), None)
        if type_ is None:
            raise UserError(f"arrays of {array.dtype} have no place on the device")
        copy = self._allocate(type_, array.shape)
        source = np.ascontiguousarray(array)
        if self._place[0] == CPU:
            ctypes.memmove(copy.address, source.ctypes.data, source.nbytes)
        else:
            self._check(self._library.arhat_device_copy(copy.address, source.ctypes.data, source.nbytes))
        return copy

    def profile(self, inputs: Inputs | None = None, runs: int = 10) -> list[ProfileRow]:
        """Times of each operation over a number of runs; without `inputs`, on those of the latest call.

        Raises:
            UserError: the inputs are wrong, or there are none yet.
        """
        given = self._prepare(inputs)
        outputs = _memories([np.empty(shape, info.storage) for info, shape in self._outputs_of(given)])
        self._check(self._library.arhat_model_profile_enable(self._open(), 1))
        for _ in range(runs):
            self._run(given, outputs)
        self._check(self._library.arhat_model_profile_enable(self._open(), 0))
        info = Info()
        self._check(self._library.arhat_model_get_info(self._open(), ctypes.byref(info)))
        rows: list[ProfileRow] = []
        for index in range(info.operations):
            row = CProfileRow()
            self._check(self._library.arhat_model_profile_row(self._open(), index, ctypes.byref(row)))
            rows.append(
                ProfileRow(
                    text(row.operation),
                    layers_in(row.layers),
                    row.runs,
                    row.total_ns / 1e6 / max(row.runs, 1),
                    row.min_ns / 1e6,
                    row.flops,
                    row.bytes,
                )
            )
        return rows

    def dump(self, layer: str, inputs: Inputs | None = None) -> Array:
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
        if not found:
            raise UserError(f"layer {quote(layer)} has no value in this run: it was optimized away")
        return found[0]

    def watch(
        self, callback: Callable[[TensorInfo, Array], None], inputs: Inputs | None = None
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
            raise UserError(text(self._library.arhat_last_error()))

    def _show_notes(self, depth: int) -> None:
        """Warn of what the program does otherwise than asked, as far as that is new; `depth` of the caller's frame."""
        info = Info()
        self._check(self._library.arhat_model_get_info(self._open(), ctypes.byref(info)))
        notes = text(info.notes).splitlines()
        for note in notes[self._notes_shown :]:
            warnings.warn(note, stacklevel=depth)
        self._notes_shown = len(notes)

    def _describe(self, function: Any, count: int) -> tuple[TensorInfo, ...]:
        infos: list[TensorInfo] = []
        for index in range(count):
            info = CTensorInfo()
            self._check(function(self._open(), index, ctypes.byref(info)))
            dims: list[int] = list(info.dims)
            infos.append(
                TensorInfo(
                    text(info.name),
                    TYPES[int(info.type)],
                    tuple(dims[: info.rank]),
                    layers_in(info.name),
                    info.batch_axis if info.batch_axis >= 0 else None,
                    self.batch,
                )
            )
        return tuple(infos)

    def _prepare(self, inputs: Inputs | None) -> list[_Memory]:
        """Memory with the values of the inputs, in their order, checked."""
        if inputs is None:
            if self._latest is None:
                raise UserError("the model was not run yet: give inputs")
            return self._latest
        if not isinstance(inputs, Mapping):
            if len(self.inputs) != 1:
                names = ", ".join(quote(info.name) for info in self.inputs)
                raise UserError(f"the model has {len(self.inputs)} inputs: give a dict with {names}")
            inputs = {self.inputs[0].name: inputs}
        self._check_names("input", inputs, self.inputs)
        self._latest = [self._source(info, inputs[info.name]) for info in self.inputs]
        return self._latest

    @staticmethod
    def _check_names(kind: str, given: Mapping[str, object], infos: tuple[TensorInfo, ...]) -> None:
        known = {info.name for info in infos}
        for name in given:
            if name not in known:
                names = ", ".join(quote(info.name) for info in infos)
                raise UserError(f"the model has no {kind} {quote(str(name))}; there is {names}")
        for info in infos:
            if info.name not in given:
                raise UserError(f"{kind} {quote(info.name)} wants {info}, and is missing")

    def _source(self, info: TensorInfo, given: object) -> _Memory:
        """Memory with the value of an input."""
        if not isinstance(given, np.ndarray):
            return self._borrow("input", info, given, write=False)
        array = cast(Array, given)
        if not info.fits(array.shape) or array.dtype != info.dtype:
            got = f"{array.dtype}[{','.join(map(str, array.shape))}]"
            raise UserError(f"input {quote(info.name)} wants {info}, got {got}")
        if info.type == "bf16":
            array = (np.ascontiguousarray(array).view(np.uint32) >> np.uint32(16)).astype(np.uint16)
        return _memories([np.require(array, requirements=("C", "A"))])[0]

    def _borrow(self, kind: str, info: TensorInfo, given: object, *, write: bool) -> _Memory:
        """The memory of an array of another library, where the program can reach it."""
        wants = f"{kind} {quote(info.name)} wants {info}"
        if not isinstance(given, DlpackArray):
            raise UserError(f"{wants}, got {type(given).__name__}, not an array")
        place, number = given.__dlpack_device__()
        reachable = place in (CPU, CUDA_HOST) or (
            self._place[0] == CUDA and (place == CUDA_MANAGED or (place == CUDA and number == self._place[1]))
        )
        if not reachable:
            raise UserError(
                f"{wants} on {device_text(self._place)} or the host, got an array on {device_text((place, number))}"
            )
        stream = ctypes.c_void_p()
        self._check(self._library.arhat_model_stream(self._open(), ctypes.byref(stream)))
        try:
            borrowed = borrow(
                given, info.type, info.shape, stream.value, write=write, free_axis=info.batch_axis
            )
        except UserError as error:
            raise UserError(f"{wants}, {error.message}") from None
        return _Memory(borrowed.address, borrowed.nbytes, borrowed)

    def _outputs_of(self, inputs: list[_Memory]) -> list[tuple[TensorInfo, tuple[int, ...]]]:
        """The outputs and their shapes in a run with these inputs."""
        batches = [info.batch_in(memory.nbytes) for info, memory in zip(self.inputs, inputs, strict=True)]
        batch = next((batch for batch in batches if batch is not None), None)
        return [(info, info.shape_of(batch)) for info in self.outputs]

    def _allocate(self, type_: str, shape: tuple[int, ...]) -> DeviceArray:
        """Memory where the program runs, for elements of a type."""
        storage = TensorInfo("", type_, shape).storage
        if self._place[0] == CPU:
            array = np.empty(shape, storage)
            return DeviceArray(array.ctypes.data, type_, shape, self._place, array)
        buffer = DeviceBuffer(self._library, self._open(), storage.itemsize * prod(shape))
        self._check(buffer.status)
        return DeviceArray(buffer.address, type_, shape, self._place, buffer, buffer.fetch)

    def _run(self, inputs: list[_Memory], outputs: list[_Memory]) -> None:
        self._check(
            self._library.arhat_model_run(
                self._open(), _tensors(inputs), len(inputs), _tensors(outputs), len(outputs)
            )
        )

    def _watch(self, callback: Callable[[int, Array], bool], inputs: Inputs | None) -> dict[str, Array]:
        """As `watch`; the callback gives false to stop."""
        given = self._prepare(inputs)
        outputs = [np.empty(shape, info.storage) for info, shape in self._outputs_of(given)]
        errors: list[BaseException] = []

        def see(_: Any, index: int, info: Any, data: int | None) -> int:
            try:
                value = self.values[index]
                count = info.contents.bytes
                raw = (ctypes.c_uint8 * count).from_address(data) if count and data else bytearray()
                shape: list[int] = list(info.contents.dims)
                array = np.frombuffer(raw, value.storage).reshape(shape[: info.contents.rank])
                return 0 if callback(index, widen(value, array)) else 1
            except BaseException as error:  # nothing may be thrown through the C interface
                errors.append(error)
                return 1

        targets = _memories(outputs)
        status = self._library.arhat_model_watch(
            self._open(),
            _tensors(given),
            len(given),
            _tensors(targets),
            len(targets),
            WatchCallback(see),
            None,
        )
        if errors:
            raise errors[0]
        if status != STOPPED:
            self._check(status)
        self._show_notes(4)
        return self._present(outputs)

    def _present(self, outputs: list[Array]) -> dict[str, Array]:
        return {info.name: widen(info, array) for info, array in zip(self.outputs, outputs, strict=True)}


def _memories(arrays: list[Array]) -> list[_Memory]:
    return [_Memory(array.ctypes.data, array.nbytes, array) for array in arrays]


def _tensors(memories: list[_Memory]) -> Any:
    return (CTensor * len(memories))(*(CTensor(memory.address, memory.nbytes) for memory in memories))
