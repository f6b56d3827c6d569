"""The weights file of a project."""

from __future__ import annotations

import hashlib
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from arhat.emit.weights_file import Entry, fnv1a, plan_weights, safe_name

RNG = np.random.default_rng(0)


def entry(name: str, type: str, array: np.ndarray[Any, Any]) -> Entry:
    return Entry(name, type, array.shape, lambda: array)


def test_other_tools_read_it(tmp_path: Path) -> None:
    arrays = {
        "a": ("f32", RNG.standard_normal((3, 5), np.float32)),
        "b": ("i64", np.arange(8)),
        "c": ("f16", RNG.standard_normal(7).astype(np.float16)),
        "d": ("u8", np.arange(64, dtype=np.uint8)),
        "e": ("boolean", np.array([True, False])),
        "f": ("f64", np.float64(3.5).reshape(())),
        "g": ("f32", np.zeros((0, 4), np.float32)),
    }
    plan = plan_weights(entry(name, type, array) for name, (type, array) in arrays.items())
    digest = plan.write(tmp_path / "w.safetensors")
    data = (tmp_path / "w.safetensors").read_bytes()
    assert digest == hashlib.sha256(data).hexdigest()
    assert plan.file_bytes == len(data)
    loaded = load_file(tmp_path / "w.safetensors")
    for name, (_, array) in arrays.items():
        assert loaded[name].dtype == array.dtype
        np.testing.assert_array_equal(loaded[name], array)


def test_places(tmp_path: Path) -> None:
    plan = plan_weights(entry(f"w{i}", "f32", np.full(i, i, np.float32)) for i in range(1, 40))
    plan.write(tmp_path / "w")
    data = (tmp_path / "w").read_bytes()
    start = 8 + len(plan.header)
    assert start % 64 == 0 and data[8 : 8 + len(plan.header)] == plan.header
    assert int.from_bytes(data[:8], "little") == len(plan.header)
    assert plan.header_hash == fnv1a(plan.header)
    assert plan.data_bytes == len(data) - start
    for i, placed in enumerate(plan.entries, 1):
        assert placed.offset % 64 == 0
        part = data[start + placed.offset : start + placed.offset + placed.nbytes]
        np.testing.assert_array_equal(np.frombuffer(part, np.float32), np.full(i, i, np.float32))


def test_fnv1a() -> None:
    """Published values of the hash's authors."""
    assert fnv1a(b"") == 0xCBF29CE484222325
    assert fnv1a(b"a") == 0xAF63DC4C8601EC8C
    assert fnv1a(b"foobar") == 0x85944171F73967E8


def test_bf16_from_floats(tmp_path: Path) -> None:
    values = np.array([1.0, -2.5, 0.0], np.float32)
    plan_weights([entry("b", "bf16", values)]).write(tmp_path / "w")
    stored = np.frombuffer((tmp_path / "w").read_bytes()[-64:-58], np.uint16)
    np.testing.assert_array_equal((stored.astype(np.uint32) << 16).view(np.float32), values)


def test_names_are_made_safe_and_unique(tmp_path: Path) -> None:
    names = ['a b"\n', "a_b__", "naïve", "", "__metadata__", "padding/0", "a_b__", "a_b__.1", "conv/W:0"]
    plan = plan_weights(entry(name, "f32", np.full(1, i, np.float32)) for i, name in enumerate(names))
    safe = [placed.name for placed in plan.entries]
    assert safe[0] == "a_b__" and safe[1] == "a_b__.1" and safe[-1] == "conv/W:0"
    assert len(set(safe)) == len(names)
    plan.write(tmp_path / "w")
    loaded = load_file(tmp_path / "w")
    assert [int(loaded[name][0]) for name in safe] == list(range(len(names)))
    assert safe_name("x/y-z_0.w:1") == "x/y-z_0.w:1"


def test_a_weight_that_is_not_as_planned(tmp_path: Path) -> None:
    bad = Entry("w", "f32", (3,), lambda: np.zeros(4, np.float32))
    with pytest.raises(ValueError, match="planned as float32"):
        plan_weights([bad]).write(tmp_path / "w")


def test_memory_is_that_of_one_weight(tmp_path: Path) -> None:
    size = 1 << 20
    entries = [Entry(f"w{i}", "f32", (size,), lambda i=i: np.full(size, i, np.float32)) for i in range(16)]
    tracemalloc.start()
    plan_weights(entries).write(tmp_path / "w")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * 4 * size
