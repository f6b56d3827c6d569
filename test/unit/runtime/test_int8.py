"""Kernels on bytes against the interpreter: by AVX2, by the compiler's vectors alone, and by VNNI, emulated.

No processor of this project has VNNI: its code runs here with the one instruction replaced by what it is documented to
do (`ARHAT_EMULATE_VNNI`).
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from xdsl.dialects.builtin import DictionaryAttr, FunctionType, ModuleOp, StringAttr, f32
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from arhat.compiler import lower, write_project
from arhat.dialects import arhat
from arhat.dialects.arhat import ActivationAttr
from arhat.dialects.arhat.base import tensor_type
from arhat.dialects.arhat.quantization import BYTE
from arhat.interpreters import evaluate
from arhat.runtime.loader import Model
from arhat.weights import Array, WeightStore, attach, make_constant

WORDS = set(Path("/proc/cpuinfo").read_text().split()) if Path("/proc/cpuinfo").exists() else set[str]()
WIDE = platform.machine() == "x86_64" and {"avx2", "fma", "bmi2", "f16c"} <= WORDS
VARIANTS = {
    "avx2": ("avx2", ["-march=x86-64-v3"]),
    "baseline": ("baseline", []),
    "vnni-emulated": ("baseline", ["-DARHAT_EMULATE_VNNI", "-Wno-psabi"]),
}


class Network:
    """Independent cases in one function: a program of many small networks builds in the time of one."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(7)
        self.store = WeightStore()
        self.block = Block()
        self.inputs: list[Array] = []
        self.results: list[SSAValue] = []

    def constant(self, array: Array) -> SSAValue:
        """A constant in the block."""
        return self.add(make_constant(self.store, array, "c"))

    def add(self, op: Operation) -> SSAValue:
        """Appends `op`; its result."""
        self.block.add_op(op)
        return op.results[0]

    def bytes(self, *shape: int) -> SSAValue:
        """An input of random bytes."""
        self.inputs.append(self.random.integers(0, 256, shape).astype(np.uint8))
        return self.block.insert_arg(tensor_type(BYTE, shape), len(self.block.args))

    def floats(self, *shape: int) -> SSAValue:
        """An input of random floats."""
        self.inputs.append(self.random.uniform(-3, 3, shape).astype(np.float32))
        return self.block.insert_arg(tensor_type(f32, shape), len(self.block.args))

    def levels(self, channels: int, per_channel: bool, spread: float) -> list[SSAValue | None]:
        """A multiplier and a shift that put values up to `spread` between 0 and 255."""
        size = channels if per_channel else 1
        multiplier = self.random.uniform(60, 120, size).astype(np.float32) / np.float32(spread)
        shift = self.random.uniform(90, 160, size).astype(np.float32)
        return [self.constant(multiplier), self.constant(shift)]

    def convolution(
        self,
        shape: tuple[int, int, int, int],
        outputs: int,
        kernel: tuple[int, int],
        *,
        strides: tuple[int, int] = (1, 1),
        pads: tuple[int, int, int, int] = (0, 0, 0, 0),
        dilations: tuple[int, int] = (1, 1),
        depthwise: bool = False,
        padding: int = 3,
        activation: tuple[Any, ...] | None = None,
        again: str = "",
    ) -> SSAValue:
        """A quantised convolution of random bytes by random weights."""
        inner = 1 if depthwise else shape[1]
        weights = self.random.integers(-128, 128, (outputs, inner, *kernel)).astype(np.int8)
        size = inner * kernel[0] * kernel[1]
        scale = self.random.uniform(0.5, 1, outputs).astype(np.float32) / np.float32(74 * 74 * size**0.5)
        bias = self.random.uniform(-0.5, 0.5, outputs).astype(np.float32)
        attr = ActivationAttr.get(*activation) if activation else None
        slope = None
        if attr is not None and attr.kind == "prelu":
            slope = self.constant(self.random.uniform(-0.5, 1, outputs).astype(np.float32))
        levels: list[SSAValue | None] = (
            self.levels(outputs, again == "channel", 1.5) if again else [None, None]
        )
        operands = [self.bytes(*shape), *map(self.constant, (weights, scale, bias)), slope, *levels]
        properties: dict[str, Any] = {
            "strides": strides,
            "pads_begin": pads[:2],
            "pads_end": pads[2:],
            "dilations": dilations,
            "groups": outputs if depthwise else 1,
            "padding": padding,
            "activation": attr,
        }
        return self.add(arhat.QuantizedConvolutionOp.build_inferred(operands, properties))

    def keep(self, value: SSAValue) -> None:
        """Makes `value` an output."""
        self.results.append(value)

    def module(self) -> ModuleOp:
        """The finished module."""
        self.block.add_op(ReturnOp(*self.results))
        types: tuple[list[Attribute], list[Attribute]] = (
            [argument.type for argument in self.block.args],
            [result.type for result in self.results],
        )
        function = FuncOp("main", FunctionType.from_lists(*types), Region(self.block))
        module = ModuleOp([function], DictionaryAttr({"arhat.name": StringAttr("int8")}).data)
        attach(module, self.store)
        module.verify()
        return module


def network() -> Network:
    """Shapes and windows of all kinds: odd, one, more than a vector, more than a block."""
    net = Network()
    for case in (
        dict(shape=(1, 3, 17, 19), outputs=20, kernel=(3, 3), pads=(1, 1, 1, 1), again="tensor"),
        dict(shape=(1, 3, 33, 31), outputs=8, kernel=(7, 7),
             strides=(2, 2), pads=(3, 3, 2, 2), padding=128, again="tensor"),
        dict(shape=(2, 17, 9, 5), outputs=1, kernel=(1, 1)),
        dict(shape=(1, 64, 13, 11), outputs=48, kernel=(1, 1), activation=("relu",), again="tensor"),
        dict(shape=(1, 65, 7, 7), outputs=33, kernel=(3, 3),
             strides=(2, 1), pads=(1, 0, 1, 2), activation=("clamp", 0.0, 1.0), again="channel"),
        dict(shape=(1, 12, 10, 9), outputs=24, kernel=(2, 3),
             dilations=(2, 3), pads=(0, 3, 2, 3), padding=255, activation=("leaky_relu", 0.1)),
        dict(shape=(1, 300, 4, 4), outputs=40, kernel=(3, 3), pads=(1, 1, 1, 1), again="tensor", activation=("prelu",)),
        dict(shape=(1, 600, 3, 3), outputs=17, kernel=(3, 3), pads=(1, 1, 1, 1), padding=0),
        dict(shape=(1, 16, 6, 6), outputs=16, kernel=(1, 1), activation=("swish", 1.0)),
        dict(shape=(1, 24, 14, 15), outputs=24, kernel=(3, 3), pads=(1, 1, 1, 1), depthwise=True, again="tensor"),
        dict(shape=(2, 33, 15, 13), outputs=33, kernel=(3, 3),
             strides=(2, 2), pads=(1, 1, 1, 1), depthwise=True, activation=("clamp", 0.0, 1.0), again="channel"),
        dict(shape=(1, 5, 9, 8), outputs=5, kernel=(5, 5), pads=(2, 2, 2, 2), depthwise=True, padding=77),
        dict(shape=(1, 40, 3, 2), outputs=40, kernel=(3, 3), pads=(1, 1, 1, 1), depthwise=True, again="tensor"),
        dict(shape=(1, 16, 12, 300), outputs=16, kernel=(3, 5),
             dilations=(1, 2), pads=(0, 4, 2, 4), depthwise=True, activation=("prelu",)),
        dict(shape=(1, 80, 5, 400), outputs=80, kernel=(5, 5), pads=(2, 2, 2, 2), depthwise=True, again="tensor"),
    ):  # fmt: skip
        net.keep(net.convolution(**case))
    for channels in (3, 16, 37):
        a, b = net.bytes(1, channels, 6, 7), net.bytes(1, channels, 6, 7)
        numbers = dict(scale_a=0.013, offset_a=-1.5, scale_b=0.02, offset_b=0.25)
        for levels in ([None, None], net.levels(channels, channels == 37, 2.0)):
            properties: dict[str, Any] = numbers | {
                "activation": ActivationAttr.get("relu") if levels[0] else None
            }
            net.keep(net.add(arhat.QuantizedAddOp.build_inferred([a, b, *levels], properties)))
        window: dict[str, Any] = dict(
            kernel=[3, 2],
            strides=[2, 1],
            pads_begin=[1, 0],
            pads_end=[1, 1],
            dilations=[1, 1],
            rounding="floor",
        )
        net.keep(net.add(arhat.MaxPoolOp.build_inferred([a], window)))
        net.keep(net.add(arhat.ConcatOp.build_inferred([[a, b]], {"axis": 1})))
        x = net.floats(1, channels, 6, 7)
        q = net.add(arhat.QuantizeOp.build_inferred([x, *net.levels(channels, channels > 3, 2.0)]))
        net.keep(q)
        back = [net.constant(net.random.uniform(0.1, 1, channels).astype(np.float32)) for _ in range(2)]
        net.keep(net.add(arhat.DequantizeOp.build_inferred([q, *back])))
    # A network: its values stay bytes, and concatenations are made in place.
    x = net.bytes(1, 20, 9, 9)
    ones = [net.constant(np.ones((n, m, 1, 1), np.int8)) for n, m in ((24, 20), (16, 20), (10, 40))]
    parts: list[SSAValue] = []
    plain: dict[str, Any] = dict(
        strides=[1, 1], pads_begin=[0, 0], pads_end=[0, 0], dilations=[1, 1], groups=1, padding=0
    )
    for filter, outputs in zip(ones[:2], (24, 16), strict=True):
        scale, bias = (
            net.constant(net.random.uniform(0, 0.001, outputs).astype(np.float32)) for _ in range(2)
        )
        levels = net.levels(outputs, False, 3.0)
        conv = arhat.QuantizedConvolutionOp.build_inferred([x, filter, scale, bias, None, *levels], plain)
        parts.append(net.add(conv))
    joined = net.add(arhat.ConcatOp.build_inferred([parts], {"axis": 1}))
    scale, bias = (net.constant(net.random.uniform(0, 0.001, 10).astype(np.float32)) for _ in range(2))
    net.keep(
        net.add(
            arhat.QuantizedConvolutionOp.build_inferred(
                [joined, ones[2], scale, bias, None, None, None], plain
            )
        )
    )
    return net


@pytest.mark.parametrize("variant", VARIANTS)
def test_kernels_on_bytes(variant: str, tmp_path: Path) -> None:
    isa, flags = VARIANTS[variant]
    if isa == "avx2" and not WIDE:
        pytest.skip("this processor has no AVX2")
    net = network()
    module = net.module()
    expected = evaluate(module, net.inputs)
    lower(module)
    assert not any(op.name.startswith("arhat.") and op.name != "arhat.constant" for op in module.walk())
    interpreted = evaluate(module, net.inputs)
    for name, array in expected.items():
        np.testing.assert_allclose(interpreted[name], array, rtol=1e-6, atol=1e-6, err_msg=name)
    write_project(module, tmp_path)
    build(tmp_path, isa, flags)
    for threads in (1, 2):
        with Model(tmp_path / "libint8.so", tmp_path / "weights.safetensors", threads=threads) as program:
            given = dict(zip([info.name for info in program.inputs], net.inputs, strict=True))
            made = {name: array.copy() for name, array in program(given).items()}
        for (name, array), ours in zip(expected.items(), made.values(), strict=True):
            assert ours.dtype == array.dtype, name
            if array.dtype == np.uint8:
                # Floats that are rounded in another order may fall on the other side of a half.
                off = np.abs(ours.astype(int) - array)
                assert off.max() <= 1, f"{name}: {off.max()}"
                assert (off > 0).sum() <= max(1, array.size // 500), name
            else:
                np.testing.assert_allclose(ours, array, rtol=2e-6, atol=2e-6, err_msg=name)


def build(folder: Path, isa: str, flags: list[str]) -> None:
    """The shared library of a written project, for one instruction set, with warnings as errors."""
    compiler = shutil.which("c++") or "g++"
    common = [compiler, "-std=c++17", "-O1", "-fPIC", "-Wall", "-Wextra", "-Werror", "-fno-math-errno"]
    common += ["-fno-trapping-math", f"-I{folder}", f"-DARHAT_HAVE_{isa.upper()}", "-c"]
    for arguments in (
        [str(folder / "arhat/abi.cpp"), "-DARHAT_ISA=baseline", '-DARHAT_VERSION="test"', "-o", "abi.o"],
        [str(folder / "model.cpp"), f"-DARHAT_ISA={isa}", *flags, "-o", "model.o"],
    ):
        done = subprocess.run([*common, *arguments], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-4000:]
    link = [compiler, "-shared", "abi.o", "model.o", "-pthread", "-o", "libint8.so"]
    subprocess.run(link, cwd=folder, check=True)
