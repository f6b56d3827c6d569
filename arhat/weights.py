"""The weight store: where `#arhat.weight<"scope"::"key">` attributes lead.

A scope is one of

- a raw file (any name but `.safetensors`): a key ends with `@<byte offset>`, the type gives the length;
- a `.safetensors` file: a key is a tensor's name;
- `derived`: entries that passes recorded with `WeightStore.derive`, computed from others when somebody asks.

Files are memory-mapped and opened at the first read. Arrays are read-only. bf16 has no NumPy type: arrays of bf16 are
f32 arrays whose values are bf16 numbers.
"""

from __future__ import annotations

import json
import os
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Protocol, cast
from weakref import WeakKeyDictionary

import numpy as np
from xdsl.dialects.builtin import (
    BFloat16Type,
    BytesAttr,
    DenseIntOrFPElementsAttr,
    DictionaryAttr,
    Float16Type,
    Float32Type,
    Float64Type,
    IntegerType,
    ModuleOp,
    Signedness,
    StringAttr,
    TensorType,
    bf16,
    f16,
    f32,
    f64,
    i1,
)
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects.arhat.attributes import LayerAttr, WeightAttr
from arhat.dialects.arhat.base import Tensor, tensor_type, type_of
from arhat.dialects.arhat.constant import ConstantOp
from arhat.errors import UserError, quote

Array = np.ndarray[Any, np.dtype[Any]]
"""A NumPy array of any element type and shape."""

WEIGHTS = "arhat.weights"
"""The module attribute that maps scopes to files."""

DERIVED = "derived"
"""The scope of entries that are computed."""

SMALL_FLOATS = 64
SMALL_INTS = 1024
"""Constants up to this many elements are written out in the IR."""


# Element types --------------------------------------------------------------------------------------------


def dtype_of(element: Attribute) -> np.dtype[Any]:
    """The NumPy type of arrays with element type `element` (f32 for bf16, bool for i1).

    Raises `ValueError` for an element type that has none.
    """
    if isinstance(element, Float32Type | BFloat16Type):
        return np.dtype(np.float32)
    if isinstance(element, Float16Type):
        return np.dtype(np.float16)
    if isinstance(element, Float64Type):
        return np.dtype(np.float64)
    if isinstance(element, IntegerType):
        width = cast(int, cast(Any, element).width.data)
        if width == 1:
            return np.dtype(np.bool_)
        if width in (8, 16, 32, 64):
            kind = "u" if cast(Any, element).signedness.data == Signedness.UNSIGNED else "i"
            return np.dtype(f"{kind}{width // 8}")
    raise ValueError(f"no array can hold elements of type {element}")


_ELEMENTS: dict[np.dtype[Any], Attribute] = {
    np.dtype(np.float16): f16,
    np.dtype(np.float32): f32,
    np.dtype(np.float64): f64,
    np.dtype(np.bool_): i1,
    **{np.dtype(f"i{w // 8}"): IntegerType(w) for w in (8, 16, 32, 64)},
    **{np.dtype(f"u{w // 8}"): IntegerType(w, Signedness.UNSIGNED) for w in (8, 16, 32, 64)},
}


def element_type_of(dtype: np.dtype[Any]) -> Attribute:
    """The IR element type of NumPy's `dtype`."""
    return _ELEMENTS[dtype]


def array_type(array: Array) -> Tensor:
    """The tensor type of `array`."""
    return tensor_type(element_type_of(array.dtype), array.shape)


def byte_size(type: Tensor) -> int:
    """How many bytes the elements of `type` take in a file."""
    element = type.element_type
    width = 2 if isinstance(element, BFloat16Type) else dtype_of(element).itemsize
    return prod(type.get_shape()) * width


def _from_bytes(data: Array, type: Tensor) -> Array:
    """The array of `type` that the bytes `data` (u8) hold; a view, except for bf16."""
    shape = type.get_shape()
    if isinstance(type.element_type, BFloat16Type):
        bits = data.view(np.uint16) if data.size else np.empty(0, np.uint16)
        array = (bits.astype(np.uint32) << 16).view(np.float32).reshape(shape)
        array.flags.writeable = False
        return array
    return data.view(dtype_of(type.element_type)).reshape(shape)


def to_bytes(array: Array, type: Tensor) -> bytes:
    """The little-endian row-major bytes of `array` as `type` has them in a file."""
    if isinstance(type.element_type, BFloat16Type):
        return round_to_bf16(array).view(np.uint32).__rshift__(16).astype("<u2").tobytes()
    dtype = dtype_of(type.element_type)
    return np.ascontiguousarray(array, dtype).astype(dtype.newbyteorder("<"), copy=False).tobytes()


def round_to_bf16(array: Array) -> Array:
    """`array` as f32, rounded to the nearest bf16 number, ties to even."""
    values = np.ascontiguousarray(array, np.float32)
    bits = values.view(np.uint32)
    rounded = bits + (np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1)))
    rounded = np.where(np.isnan(values), bits | np.uint32(0x400000), rounded) & np.uint32(0xFFFF0000)
    return rounded.astype(np.uint32).view(np.float32).reshape(np.shape(array))


# Scopes ---------------------------------------------------------------------------------------------------


class _Scope(Protocol):
    def get(self, key: str, type: Tensor) -> Array: ...


class _File:
    """A file that is memory-mapped when its bytes are first asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._data: Array | None = None

    def data(self) -> Array:
        if self._data is None:
            try:
                empty = self.path.stat().st_size == 0
                # Through a plain ndarray, so that slices do not pay for memmap's own __getitem__.
                self._data = (
                    np.empty(0, np.uint8) if empty else np.asarray(np.memmap(self.path, np.uint8, mode="r"))
                )
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else None
                raise UserError(
                    f"cannot read the weights: {reason or error}",
                    file=self.path,
                    notes=["give the path of the weights file if it is not beside the model"],
                ) from error
        return self._data


class _RawScope(_File):
    def get(self, key: str, type: Tensor) -> Array:
        _, at, digits = key.rpartition("@")
        if not at or not digits.isascii() or not digits.isdigit():
            raise UserError(
                f"weight key {quote(key)} does not end with '@' and a byte offset", file=self.path
            )
        offset, size, data = int(digits), byte_size(type), self.data()
        if offset + size > data.size:
            raise UserError(
                f"weight {quote(key)} needs bytes {offset} to {offset + size}, the file has {data.size}",
                file=self.path,
                notes=["the file is truncated or belongs to another model"],
            )
        return _from_bytes(data[offset : offset + size], type)


_SAFETENSORS_TYPES: dict[str, Attribute] = {
    "BOOL": i1,
    "F16": f16,
    "BF16": bf16,
    "F32": f32,
    "F64": f64,
    **{f"I{w}": IntegerType(w) for w in (8, 16, 32, 64)},
    **{f"U{w}": IntegerType(w, Signedness.UNSIGNED) for w in (8, 16, 32, 64)},
}
_SAFETENSORS_NAMES = {element: name for name, element in _SAFETENSORS_TYPES.items()}
_MAX_HEADER = 100_000_000  # the limit of the safetensors format


class _SafetensorsScope(_File):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._header: dict[str, Any] | None = None
        self._start = 0

    def header(self) -> dict[str, Any]:
        if self._header is None:
            data = self.data()
            if data.size < 8:
                raise self._bad(f"it has {data.size} bytes, not even a header length")
            (length,) = struct.unpack("<Q", data[:8].tobytes())
            if length > min(_MAX_HEADER, data.size - 8):
                raise self._bad(f"its header claims {length} bytes, the file has {data.size}")
            try:
                header = json.loads(data[8 : 8 + length].tobytes())
            except (ValueError, RecursionError) as error:
                raise self._bad("its header is not JSON") from error
            if not isinstance(header, dict):
                raise self._bad("its header is not a JSON object")
            self._start = 8 + length
            self._header = cast(dict[str, Any], header)
        return self._header

    def get(self, key: str, type: Tensor) -> Array:
        entry = self.header().get(key) if key != "__metadata__" else None
        if entry is None:
            raise UserError(f"there is no weight {quote(key)} in this file", file=self.path)
        try:
            element = _SAFETENSORS_TYPES[entry["dtype"]]
            shape = tuple(_index(dim) for dim in entry["shape"])
            begin, end = (_index(offset) for offset in entry["data_offsets"])
        except (KeyError, TypeError, ValueError) as error:
            raise self._bad(f"its entry {quote(key)} is malformed") from error
        if element != type.element_type or shape != type.get_shape():
            raise UserError(
                f"weight {quote(key)} is {tensor_type(element, shape)}, the model uses it as {type}",
                file=self.path,
            )
        data = self.data()
        if begin > end or end - begin != byte_size(type) or self._start + end > data.size:
            raise self._bad(
                f"its entry {quote(key)} of {byte_size(type)} bytes is said to lie at {begin} to {end} of "
                f"{data.size - self._start} data bytes"
            )
        return _from_bytes(data[self._start + begin : self._start + end], type)

    def _bad(self, why: str) -> UserError:
        return UserError(f"this is not a good safetensors file: {why}", file=self.path)


def _index(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(value)
    return value


Constant = tuple[Attribute, Tensor]
"""A constant's value (dense elements or a weight reference) and its type."""

Source = Operation | SSAValue | Constant | Array
"""What `derive` accepts as an input: a constant operation, its result, a value with its type, or an array."""


@dataclass
class _Entry:
    type: Tensor
    compute: Callable[..., Array]
    inputs: tuple[Constant | Array, ...]


class _DerivedScope:
    """Entries computed on demand. A bounded cache keeps chains of entries from being computed over and over."""

    def __init__(self, store: WeightStore, cache_bytes: int) -> None:
        self.entries: dict[str, _Entry] = {}
        self._store = store
        self._cache: OrderedDict[str, Array] = OrderedDict()
        self._cached_bytes = 0
        self._cache_bytes = cache_bytes
        self._counts: dict[str, int] = {}

    def add(self, hint: str, entry: _Entry) -> str:
        count = self._counts.get(hint, 0)
        key = hint if count == 0 else f"{hint}#{count}"
        while key in self.entries:  # a hint may look like a numbered key
            count += 1
            key = f"{hint}#{count}"
        self._counts[hint] = count + 1
        self.entries[key] = entry
        return key

    def get(self, key: str, type: Tensor) -> Array:
        entry = self.entries.get(key)
        if entry is None:
            raise UserError(
                f"derived weight {quote(key)} is not in the store",
                notes=["IR text with derived weights must be saved together with its weights file"],
            )
        if entry.type != type:
            raise UserError(f"derived weight {quote(key)} is {entry.type}, the model uses it as {type}")
        cached = self._cache.get(key)
        if cached is not None:
            self._cache.move_to_end(key)
            return cached
        array = np.asarray(entry.compute(*(self._store.value(source) for source in entry.inputs)))
        if array.shape != type.get_shape() or array.dtype != dtype_of(type.element_type):
            raise ValueError(
                f"derived weight {key!r} came out as {array.dtype}{list(array.shape)}, not {type}"
            )
        array = array.view()
        array.flags.writeable = False
        self._cache[key] = array
        self._cached_bytes += array.nbytes
        while self._cached_bytes > self._cache_bytes and len(self._cache) > 1:
            _, dropped = self._cache.popitem(last=False)
            self._cached_bytes -= dropped.nbytes
        return array

    def release(self) -> None:
        self._cache.clear()
        self._cached_bytes = 0


# The store ------------------------------------------------------------------------------------------------


class WeightStore:
    """Scopes with their entries. Nothing is read or computed before `get` asks for it."""

    def __init__(self, *, cache_bytes: int = 512 << 20) -> None:
        """`cache_bytes` bounds what is kept of computed entries."""
        self._derived = _DerivedScope(self, cache_bytes)
        self._scopes: dict[str, _Scope] = {DERIVED: self._derived}
        self._paths: dict[str, Path] = {}

    def open(self, scope: str, path: str | Path) -> None:
        """Makes the file at `path` the scope `scope`; the file is not touched before the first read."""
        if scope == DERIVED:
            raise UserError(f"the weight scope {quote(scope)} is reserved for computed weights")
        path = Path(path)
        self._scopes[scope] = _SafetensorsScope(path) if path.suffix == ".safetensors" else _RawScope(path)
        self._paths[scope] = path

    @property
    def paths(self) -> Mapping[str, Path]:
        """The file of each scope that has one."""
        return self._paths

    def map_files(self) -> None:
        """Maps the files of all scopes now, so that they may be deleted."""
        for scope in self._scopes.values():
            if isinstance(scope, _File):
                scope.data()

    def get(self, attr: WeightAttr, type: Tensor) -> Array:
        """The entry that `attr` names, as a read-only array with the shape and element type of `type`.

        Raises `UserError` when there is no such entry, or the file is missing, too short or of another type.
        """
        scope = self._scopes.get(attr.scope.data)
        if scope is None:
            raise UserError(
                f"weight scope {quote(attr.scope.data)} is not open",
                notes=[f"the module attribute {WEIGHTS} must map it to a file"],
            )
        # A layout says how the weight will lie in memory; in the store it is dense.
        return scope.get(attr.key.data, TensorType(type.element_type, type.get_shape()))

    def value(self, source: Source) -> Array:
        """The array that a constant stands for."""
        constant = _constant(source)
        if not isinstance(constant, tuple):
            return constant
        value, type = constant
        if isinstance(value, WeightAttr):
            return self.get(value, type)
        return dense_value(value)

    def derive(
        self, key_hint: str, type: Tensor, fn: Callable[..., Array], inputs: Sequence[Source] = ()
    ) -> WeightAttr:
        """Records an entry of `type` whose value is `fn(*arrays of inputs)`, and returns its name.

        `fn` must be a pure function: it runs when somebody reads the entry, and again after its result has been
        dropped from the cache. Equal hints get distinct keys, numbered in order. Hints are layer names as a rule; one
        that safetensors files have another use for is changed.
        """
        if not key_hint or key_hint.startswith("__"):
            key_hint = f"weight{key_hint}"
        entry = _Entry(type, fn, tuple(_constant(source) for source in inputs))
        return WeightAttr.get(DERIVED, self._derived.add(key_hint, entry))

    def add(self, key_hint: str, array: Array) -> WeightAttr:
        """Records `array` itself as an entry."""
        array = array.view()
        array.flags.writeable = False
        return self.derive(key_hint, array_type(array), lambda: array)

    def release(self) -> None:
        """Drops all computed arrays; they are computed again when asked for."""
        self._derived.release()


def _constant(source: Source) -> Constant | Array:
    if isinstance(source, SSAValue):
        owner = source.owner
        if not isinstance(owner, Operation):
            raise TypeError("a block argument is not a constant")
        source = owner
    if isinstance(source, Operation):
        if not isinstance(source, ConstantOp):
            raise TypeError(f"{source.name} is not a constant")
        return source.value, type_of(source.result)
    return source


def dense_value(value: Attribute) -> Array:
    """The read-only array that a dense elements attribute holds."""
    if not isinstance(value, DenseIntOrFPElementsAttr):
        raise TypeError(f"expected dense elements, got {value}")
    data = cast(bytes, cast(Any, value).data.data)
    return _from_bytes(np.frombuffer(data, np.uint8), cast(Tensor, cast(Any, value).type))


def dense(array: Array, element: Attribute | None = None) -> DenseIntOrFPElementsAttr[Any]:
    """The dense elements attribute that holds `array`, of `element` type where the array's own does not say."""
    type = tensor_type(element_type_of(array.dtype) if element is None else element, array.shape)
    return DenseIntOrFPElementsAttr(cast(Any, type), BytesAttr(to_bytes(array, type)))


def is_small(type: Tensor) -> bool:
    """Whether a constant of `type` is written out in the IR."""
    limit = SMALL_INTS if isinstance(type.element_type, IntegerType) else SMALL_FLOATS
    return prod(type.get_shape()) <= limit


def make_constant(
    store: WeightStore,
    array: Array,
    key_hint: str,
    layers: Sequence[LayerAttr] = (),
    *,
    element: Attribute | None = None,
) -> ConstantOp:
    """A constant operation for `array`: written out when it is small, else an entry of `store`.

    `element` states the element type where NumPy cannot (bf16).
    """
    type = tensor_type(element_type_of(array.dtype) if element is None else element, array.shape)
    if is_small(type):
        return ConstantOp.get(dense(array, element), type, tuple(layers))
    array = array.view()
    array.flags.writeable = False
    return ConstantOp.get(store.derive(key_hint, type, lambda: array), type, tuple(layers))


# Stores of modules ----------------------------------------------------------------------------------------

_stores: WeakKeyDictionary[ModuleOp, WeightStore] = WeakKeyDictionary()


def attach(module: ModuleOp, store: WeightStore) -> None:
    """Makes `store` the one that `store_of(module)` returns."""
    _stores[module] = store


def store_of(module: ModuleOp) -> WeightStore:
    """The store attached to `module`; a module without one gets its scopes opened relative to the current folder."""
    store = _stores.get(module)
    return open_module_weights(module, Path()) if store is None else store


def clone_module(module: ModuleOp) -> ModuleOp:
    """A copy of `module` that shares its weight store."""
    clone = module.clone()
    attach(clone, store_of(module))
    return clone


def open_module_weights(
    module: ModuleOp, base_dir: str | Path, overrides: Mapping[str, str | Path] | None = None
) -> WeightStore:
    """Opens the scopes that `module` names, relative to `base_dir`, and attaches the store.

    `overrides` gives other paths for some scopes. Raises `UserError` when the attribute is malformed.
    """
    overrides = {} if overrides is None else overrides
    store = WeightStore()
    scopes = module.attributes.get(WEIGHTS, DictionaryAttr({}))
    if not isinstance(scopes, DictionaryAttr):
        raise UserError(f"module attribute {WEIGHTS} must map weight scopes to paths")
    for scope, path in scopes.data.items():
        if not isinstance(path, StringAttr):
            raise UserError(
                f"module attribute {WEIGHTS} must give the path of scope {quote(scope)} as a string"
            )
        store.open(scope, overrides.get(scope, Path(base_dir) / path.data))
    for scope, path in overrides.items():
        if scope not in scopes.data:
            store.open(scope, path)
    attach(module, store)
    return store


def module_of(op: Operation) -> ModuleOp:
    """The outermost module around `op`."""
    top: Operation = op
    while (parent := top.parent_op()) is not None:
        top = parent
    if not isinstance(top, ModuleOp):
        raise ValueError(f"{op.name} is not inside a module")
    return top


def constant_value(op: Operation | SSAValue) -> Array:
    """The array of a constant operation (or of its result), from the store of the module around it."""
    constant = _constant(op)
    assert isinstance(constant, tuple)
    value, type = constant
    if isinstance(value, WeightAttr):
        inner = op.owner if isinstance(op, SSAValue) else op
        assert isinstance(inner, Operation)
        return store_of(module_of(inner)).get(value, type)
    return dense_value(value)


# Writing --------------------------------------------------------------------------------------------------


def write_safetensors(
    path: str | Path,
    entries: Iterable[tuple[str, Tensor, Callable[[], Array]]],
    *,
    metadata: Mapping[str, str] | None = None,
    alignment: int = 64,
) -> bytes:
    """Writes a safetensors file, one entry at a time, in the given order; returns the header's JSON bytes.

    Each entry starts at a multiple of `alignment` of the data section, and so does the data section in the file:
    gaps would not be valid safetensors, so a filler entry stands where one is needed. The file appears under its
    name only when it is complete.
    """
    listed = list(entries)
    header: dict[str, Any] = {}
    if metadata:
        header["__metadata__"] = dict(metadata)
    offset = 0
    for name, type, _ in listed:
        gap = -offset % alignment
        if gap:
            header[f"__pad{offset}"] = {"dtype": "U8", "shape": [gap], "data_offsets": [offset, offset + gap]}
            offset += gap
        if name in header:
            raise ValueError(f"two weights are named {name!r}")
        size = byte_size(type)
        header[name] = {
            "dtype": _SAFETENSORS_NAMES[type.element_type],
            "shape": list(type.get_shape()),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-(8 + len(text)) % alignment)
    path = Path(path)
    temporary = path.with_name(f"{path.name}.tmp{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(struct.pack("<Q", len(text)))
            file.write(text)
            position = 0
            for _, type, compute in listed:
                gap = -position % alignment
                data = to_bytes(compute(), type)
                if len(data) != byte_size(type):
                    raise ValueError(f"an entry came out with {len(data)} bytes, not {byte_size(type)}")
                file.write(b"\0" * gap)
                file.write(data)
                position += gap + len(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return text


def weights_of(module: ModuleOp) -> dict[WeightAttr, Tensor]:
    """The weights that operations of `module` name, with their types, in the order of first use.

    The type of a weight is that of the (first) result of the operation that names it.
    """
    found: dict[WeightAttr, Tensor] = {}
    for op in module.walk():
        for value in op.properties.values():
            if isinstance(value, WeightAttr):
                found.setdefault(value, type_of(op.results[0]))
    return found


def save_sidecar(module: ModuleOp, path: str | Path, *, scope: str | None = None) -> None:
    """Writes the derived weights that `module` uses to the safetensors file `path` and points `module` there.

    The scope is named after the file unless `scope` says otherwise; the module attribute gets the file's bare name,
    as the text is expected beside the file. Does nothing when no derived weight is used.
    """
    path = Path(path)
    store = store_of(module)
    derived = {attr: type for attr, type in weights_of(module).items() if attr.scope.data == DERIVED}
    if not derived:
        return
    old = module.attributes.get(WEIGHTS, DictionaryAttr({}))
    scopes = dict(old.data) if isinstance(old, DictionaryAttr) else {}
    name = scope or path.name.removesuffix(".safetensors").replace(".", "-") or "weights"
    while scope is None and (name in scopes or name == DERIVED):
        name += "-derived"

    def reader(attr: WeightAttr, type: TensorType[Attribute]) -> Callable[[], Array]:
        return lambda: store.get(attr, type)

    write_safetensors(path, [(attr.key.data, type, reader(attr, type)) for attr, type in derived.items()])
    for op in module.walk():
        for property, value in op.properties.items():
            if isinstance(value, WeightAttr) and value in derived:
                op.properties[property] = WeightAttr.get(name, value.key.data)
    module.attributes[WEIGHTS] = DictionaryAttr({**scopes, name: StringAttr(path.name)})
    store.open(name, path)
