"""The weight store: files, derived entries, modules, and what is refused."""

from __future__ import annotations

import gc
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin, DictionaryAttr, ModuleOp, StringAttr, bf16, f16, f32, i32, i64
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.parser import Parser

from arhat.dialects.arhat import Arhat, ConstantOp, Tensor, WeightAttr, tensor_type
from arhat.errors import UserError
from arhat.weights import (
    DERIVED,
    SMALL_FLOATS,
    SMALL_INTS,
    WEIGHTS,
    WeightStore,
    array_type,
    attach,
    byte_size,
    clone_module,
    constant_value,
    dense,
    dense_value,
    make_constant,
    module_of,
    open_module_weights,
    save_sidecar,
    store_of,
    weights_of,
    write_safetensors,
)

Array = np.ndarray[Any, np.dtype[Any]]


def tensor(*shape: int, element: Any = f32) -> Tensor:
    return tensor_type(element, shape)


def weight(key: str, scope: str = "model") -> WeightAttr:
    return WeightAttr.get(scope, key)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    path = tmp_path / "model.bin"
    np.arange(10, dtype=np.float32).tofile(path)
    return path


def opened(path: Path) -> WeightStore:
    store = WeightStore()
    store.open("model", path)
    return store


def test_raw_file(raw: Path) -> None:
    store = opened(raw)
    np.testing.assert_array_equal(store.get(weight("w@8"), tensor(2, 3)), np.arange(2, 8).reshape(2, 3))
    np.testing.assert_array_equal(store.get(weight("a@b@36"), tensor(1)), [9])
    assert store.get(weight("@40"), tensor(0, 7)).shape == (0, 7)
    assert store.get(weight("@0"), tensor(2, element=i64)).dtype == np.int64


def test_raw_file_at_an_odd_offset(raw: Path) -> None:
    array = opened(raw).get(weight("w@3"), tensor(2))
    np.testing.assert_array_equal(array, np.frombuffer(raw.read_bytes()[3:11], np.float32))


def test_arrays_are_views_and_read_only(raw: Path) -> None:
    store = opened(raw)
    array = store.get(weight("w@0"), tensor(10))
    assert np.shares_memory(array, store.get(weight("w@0"), tensor(10)))
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    store = opened(tmp_path / "missing.bin")
    with pytest.raises(UserError, match=r"missing\.bin: error: cannot read the weights: No such file"):
        store.get(weight("w@0"), tensor(1))


@pytest.mark.parametrize(
    ("key", "type", "message"),
    [
        ("w@28", tensor(2, 2), r"'w@28' needs bytes 28 to 44, the file has 40"),
        ("w@41", tensor(0), r"needs bytes 41 to 41, the file has 40"),
        ("w@99999999999999999999", tensor(1), "the file has 40"),
        ("w@0", tensor(2**31, 2**31), "the file has 40"),
        ("w@-4", tensor(1), "does not end with '@' and a byte offset"),
        ("w@4x", tensor(1), "does not end with '@' and a byte offset"),
        ("w@", tensor(1), "does not end with '@' and a byte offset"),
        ("w\n12", tensor(1), r"'w\\n12' does not end with '@' and a byte offset"),
        ("w@\u0661", tensor(1), "does not end with '@' and a byte offset"),
    ],
)
def test_bad_raw_keys(raw: Path, key: str, type: Tensor, message: str) -> None:
    with pytest.raises(UserError, match=message) as raised:
        opened(raw).get(weight(key), type)
    assert str(raised.value).startswith(f"{raw}: error: ")


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.bin"
    path.touch()
    assert opened(path).get(weight("w@0"), tensor(3, 0)).shape == (3, 0)
    with pytest.raises(UserError, match="the file has 0"):
        opened(path).get(weight("w@0"), tensor(1))


def test_unknown_scope(raw: Path) -> None:
    with pytest.raises(UserError, match="weight scope 'other' is not open"):
        opened(raw).get(weight("w@0", "other"), tensor(1))
    with pytest.raises(UserError, match="reserved"):
        opened(raw).open(DERIVED, raw)


def test_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    arrays = {"a": np.arange(6, dtype=np.float16).reshape(2, 3), "b": np.array([True, False])}
    save_file(arrays, path)
    store = opened(path)
    for name, array in arrays.items():
        np.testing.assert_array_equal(store.get(weight(name), array_type(array)), array, strict=True)
    with pytest.raises(UserError, match="there is no weight 'c'"):
        store.get(weight("c"), tensor(1))
    with pytest.raises(UserError, match="there is no weight '__metadata__'"):
        store.get(weight("__metadata__"), tensor(1))
    with pytest.raises(UserError, match="'a' is tensor<2x3xf16>, the model uses it as tensor<3x2xf16>"):
        store.get(weight("a"), tensor(3, 2, element=f16))


def broken(header: Any, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(**changes: Any) -> dict[str, Any]:
    return {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it has 0 bytes"),
        (b"1234567", "it has 7 bytes"),
        (struct.pack("<Q", 100) + b"{}", "claims 100 bytes"),
        (struct.pack("<Q", 2**63) + b"{}", "claims"),
        (broken(b"{"), "not JSON"),
        (broken(b"\xff\xfe"), "not JSON"),
        (broken(b"[" * 100_000), "not JSON"),
        (broken([1]), "not a JSON object"),
        (broken({"a": 1}), "'a' is malformed"),
        (broken(entry(dtype="F31")), "'a' is malformed"),
        (broken(entry(dtype=["F32"])), "'a' is malformed"),
        (broken(entry(shape=[-2])), "'a' is malformed"),
        (broken(entry(shape=2)), "'a' is malformed"),
        (broken(entry(shape=[True])), "'a' is malformed"),
        (broken(entry(data_offsets=[0])), "'a' is malformed"),
        (broken(entry(data_offsets=[0, 1e9])), "'a' is malformed"),
        (broken(entry(), b"1234567"), "is said to lie at 0 to 8 of 7 data bytes"),
        (broken(entry(data_offsets=[0, 4]), b"12345678"), "of 8 bytes is said to lie at 0 to 4"),
        (broken(entry(data_offsets=[8, 0]), b"12345678"), "is said to lie at 8 to 0"),
    ],
)
def test_bad_safetensors(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        opened(path).get(weight("a"), tensor(2))


@settings(derandomize=True, max_examples=100, database=None, deadline=None)
@given(position=st.integers(0, 400), byte=st.integers(0, 255), cut=st.integers(0, 200))
def test_damaged_safetensors_never_crash(
    tmp_path_factory: pytest.TempPathFactory, position: int, byte: int, cut: int
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "w.safetensors"
    save_file({"a": np.arange(20, dtype=np.float32), "b": np.zeros(3, np.int8)}, path)
    content = bytearray(path.read_bytes())
    content[position % len(content)] = byte
    path.write_bytes(bytes(content[: len(content) - cut]))
    try:
        array = opened(path).get(weight("a"), tensor(20))
    except UserError as error:
        assert str(path) in str(error)
    else:
        assert array.shape == (20,)


def test_derived_entries_are_lazy_and_computed_once(raw: Path) -> None:
    store, calls = opened(raw), []

    def double(x: Array) -> Array:
        calls.append(len(calls))
        return x * np.float32(2)

    attr = store.derive("w", tensor(3), double, [(weight("w@4"), tensor(3))])
    again = store.derive("w", tensor(3), double, [(attr, tensor(3))])
    assert (attr.key.data, again.key.data, calls) == ("w", "w#1", [])
    np.testing.assert_array_equal(store.get(again, tensor(3)), [4, 8, 12])
    np.testing.assert_array_equal(store.get(attr, tensor(3)), [2, 4, 6])
    assert calls == [0, 1]
    store.release()
    np.testing.assert_array_equal(store.get(attr, tensor(3)), [2, 4, 6])
    assert calls == [0, 1, 2]


def test_the_cache_of_derived_entries_is_bounded() -> None:
    store, calls = WeightStore(cache_bytes=1000), []

    def make(i: int) -> WeightAttr:
        def compute() -> Array:
            calls.append(i)
            return np.full(100, i, np.float32)

        return store.derive("w", tensor(100), compute)

    attrs = [make(i) for i in range(4)]
    for attr in attrs:
        store.get(attr, tensor(100))
    store.get(attrs[3], tensor(100))
    store.get(attrs[0], tensor(100))
    assert calls == [0, 1, 2, 3, 0]


def test_derived_names_are_unique() -> None:
    store = WeightStore()
    zero = np.zeros(1, np.float32)
    names = [store.add(hint, zero).key.data for hint in ("w#1", "w", "w", "", "w", "__metadata__")]
    assert names == ["w#1", "w", "w#2", "weight", "w#3", "weight__metadata__"]


def test_derived_entry_of_the_wrong_shape() -> None:
    store = WeightStore()
    attr = store.derive("w", tensor(3), lambda: np.zeros(4, np.float32))
    with pytest.raises(ValueError, match=r"came out as float32\[4\]"):
        store.get(attr, tensor(3))
    with pytest.raises(UserError, match="'w' is tensor<3xf32>, the model uses it as tensor<2xf32>"):
        store.get(attr, tensor(2))
    with pytest.raises(UserError, match="'x' is not in the store"):
        store.get(weight("x", DERIVED), tensor(2))


@pytest.mark.parametrize(
    "array",
    [
        np.array([0.1, -0.0, np.inf, 1e30, 16777216], np.float32),
        np.array([[1.5, np.nan]], np.float16),
        np.array([1 / 3, -np.inf, 2.0**60]),
        np.array([True, False]),
        np.array(7, np.int64),
        np.array([-128, 127], np.int8),
        np.array([0, 255], np.uint8),
        np.array([2**64 - 1], np.uint64),
        np.zeros((2, 0), np.int32),
    ],
    ids=lambda a: str(a.dtype),
)
def test_small_constants_survive_text(array: Array) -> None:
    op = ConstantOp.get(dense(array), array_type(array))
    np.testing.assert_array_equal(dense_value(op.value), array, strict=True)
    context = Context()
    context.load_dialect(Builtin)
    context.load_dialect(Arhat)
    parsed = Parser(context, str(ModuleOp([op]))).parse_module().body.block.first_op
    assert parsed is not None
    np.testing.assert_array_equal(constant_value(parsed), array, strict=True)


def test_which_constants_are_written_out() -> None:
    store = WeightStore()
    for dtype, limit in ((np.float32, SMALL_FLOATS), (np.int64, SMALL_INTS)):
        for size, small in ((limit, True), (limit + 1, False)):
            array = np.arange(size).astype(dtype)
            op = make_constant(store, array, "c")
            assert isinstance(op.value, WeightAttr) is not small
            module = ModuleOp([op])
            attach(module, store)
            np.testing.assert_array_equal(constant_value(op.result), array, strict=True)


def module_with(raw: Path) -> tuple[ModuleOp, list[ConstantOp]]:
    """A module with a model weight, a derived weight of it, a bf16 one and a small constant."""
    module = ModuleOp([], {WEIGHTS: DictionaryAttr({"model": StringAttr(raw.name)})})
    store = open_module_weights(module, raw.parent)
    plain = ConstantOp.get(weight("w@8"), tensor(2, 3))
    turned = tensor(3, 2, element=f16)
    derived = ConstantOp.get(store.derive("w/t", turned, lambda a: a.T.astype(np.float16), [plain]), turned)
    brain = make_constant(store, np.arange(100, dtype=np.float32) / 4, "b", element=bf16)
    small = make_constant(store, np.array([1, 2], np.int32), "s")
    constants = [plain, derived, brain, small]
    module.body.block.add_op(FuncOp("main", ((), ())))
    main = module.body.block.first_op
    assert isinstance(main, FuncOp)
    main.body.block.add_ops([*constants, ReturnOp()])
    module.verify()
    return module, constants


def test_stores_belong_to_modules(raw: Path) -> None:
    module, constants = module_with(raw)
    assert module_of(constants[0]) is module
    clone = clone_module(module)
    assert store_of(clone) is store_of(module)
    assert list(weights_of(clone).values()) == [c.result.type for c in constants[:3]]
    other = ModuleOp([])
    assert store_of(other) is not store_of(module)
    assert store_of(other) is store_of(other)
    del other
    gc.collect()


def test_sidecar_round_trip(raw: Path, tmp_path: Path) -> None:
    module, constants = module_with(raw)
    values = [np.array(constant_value(c)) for c in constants]
    sidecar = tmp_path / "opt.safetensors"
    save_sidecar(module, sidecar)
    text = str(module)
    assert "derived" not in text
    assert '#arhat.weight<"opt"::"w/t">' in text
    assert 'arhat.weights = {model = "model.bin", opt = "opt.safetensors"}' in text
    with safe_open(sidecar, "np") as file:
        np.testing.assert_array_equal(file.get_tensor("w/t"), values[1])
    context = Context()
    for dialect in (Builtin, Arhat):
        context.load_dialect(dialect)
    from xdsl.dialects.func import Func

    context.load_dialect(Func)
    again = Parser(context, text).parse_module()
    open_module_weights(again, tmp_path)
    read = [constant_value(op) for op in again.walk() if isinstance(op, ConstantOp)]
    for value, expected in zip(read, values, strict=True):
        np.testing.assert_array_equal(value, expected, strict=True)
    assert list(tmp_path.glob("*.tmp*")) == []
    before = sidecar.read_bytes()
    save_sidecar(again, tmp_path / "more.safetensors")
    assert not (tmp_path / "more.safetensors").exists()
    assert sidecar.read_bytes() == before


def test_saving_twice_gives_two_scopes(raw: Path, tmp_path: Path) -> None:
    module, constants = module_with(raw)
    save_sidecar(module, tmp_path / "model.safetensors")
    store = store_of(module)
    attr = store.derive("late", tensor(3), lambda: np.ones(3, np.float32))
    constants[3].properties["value"] = attr
    constants[3].results = type(constants[3].results)([constants[3].result])
    late = ConstantOp.get(attr, tensor(3))
    constants[0].parent_block().insert_op_before(late, constants[0])  # type: ignore[union-attr]
    constants[3].detach()
    save_sidecar(module, tmp_path / "model2.safetensors", scope="second")
    np.testing.assert_array_equal(constant_value(late), [1, 1, 1])
    assert late.value == weight("late", "second")


def test_paths_and_overrides(raw: Path, tmp_path: Path) -> None:
    module = ModuleOp([], {WEIGHTS: DictionaryAttr({"model": StringAttr("gone.bin")})})
    store = open_module_weights(module, tmp_path, {"model": raw})
    assert store.paths == {"model": raw}
    module.attributes[WEIGHTS] = DictionaryAttr({"model": DictionaryAttr({})})
    with pytest.raises(UserError, match="must give the path of scope 'model' as a string"):
        open_module_weights(module, tmp_path)
    module.attributes[WEIGHTS] = StringAttr("x")
    with pytest.raises(UserError, match="must map weight scopes to paths"):
        open_module_weights(module, tmp_path)


def test_written_files_are_aligned_and_the_same_each_time(tmp_path: Path) -> None:
    entries = [
        ("a", tensor(3), lambda: np.arange(3, dtype=np.float32)),
        ("b", tensor(2, element=i32), lambda: np.array([1, 2], np.int32)),
        ("c", tensor(5, element=bf16), lambda: np.arange(5, dtype=np.float32)),
    ]
    files = []
    for name in ("x.safetensors", "y.safetensors"):
        header = write_safetensors(tmp_path / name, entries, metadata={"k": "v"})
        content = (tmp_path / name).read_bytes()
        files.append(content)
        assert content[8 : 8 + len(header)] == header
        assert (8 + len(header)) % 64 == 0
    assert files[0] == files[1]
    for name, value in json.loads(header).items():
        if not name.startswith("__"):
            assert value["data_offsets"][0] % 64 == 0
    store = opened(tmp_path / "x.safetensors")
    for name, type, make in entries:
        np.testing.assert_array_equal(store.get(weight(name), type), make())
    assert byte_size(tensor(5, element=bf16)) == 10


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> Array:
        raise RuntimeError("no")

    path = tmp_path / "x.safetensors"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError):
        write_safetensors(path, [("a", tensor(1), fail)])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ValueError, match="two weights are named 'a'"):
        write_safetensors(path, [("a", tensor(1), fail), ("a", tensor(1), fail)])
