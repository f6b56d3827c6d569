"""Ops to print, build and run, in many shapes, layouts and element types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.dialects.builtin import BFloat16Type, IntegerAttr, bf16, f16, f32, f64, i64
from xdsl.dialects.test import TestOp
from xdsl.ir import Attribute, Operation
from xdsl.rewriter import Rewriter

from arhat.dialects import arhat, kernel
from arhat.dialects.arhat.base import tensor_type
from arhat.dialects.kernel import AnyTensor
from arhat.dialects.kernel.memory import (
    NhwcAttr,
    layout_of,
    origin_of,
    physical_elements,
    strides_of,
    with_layout,
)
from arhat.emit.kernels import (
    detection_output_scratch,
    interpolate_scratch,
    resample_scratch,
    scatter_elements_scratch,
)
from arhat.interpreters import evaluate_op
from arhat.passes.form_elementwise import build_elementwise
from arhat.weights import Array, dtype_of, element_type_of

GARBAGE = 0xFF
"""What memory outside of a value holds: NaN as a float."""


@dataclass(eq=False)
class Case:
    """An op to run; `operands` makes its operands from a seed, `expected` gives what it must compute."""

    name: str
    op: Operation
    operands: Callable[[int], list[Array]]
    expected: Callable[[Sequence[Array]], Array]
    rtol: float = 2e-6
    atol: float = 1e-6
    scratch: int = 0
    seeds: int = 2


CASES: list[Case] = []

NUMERIC_REDUCTIONS = ("mean", "sum", "prod", "max", "min")


# Memory -------------------------------------------------------------------------------------------------------


def _physical_dtype(type_: AnyTensor) -> np.dtype[Any]:
    return (
        np.dtype(np.uint16) if isinstance(type_.element_type, BFloat16Type) else dtype_of(type_.element_type)
    )


def _view(memory: Array, type_: AnyTensor) -> Array:
    """The logical elements in a value's memory."""
    item = memory.dtype.itemsize
    strides = [stride * item for stride in strides_of(type_)]
    return np.lib.stride_tricks.as_strided(memory[origin_of(type_) :], type_.get_shape(), strides)


def _whole_images(memory: Array, type_: AnyTensor, layout: NhwcAttr) -> Array:
    """The memory of an image with its border: [n, h, w, channels]."""
    n, c, h, w = type_.get_shape()
    top, left, bottom, right = layout.halo
    return memory.reshape(n, top + h + bottom, left + w + right, layout.pixel)[..., :c]


def pack(array: Array, type_: AnyTensor) -> bytes:
    """The memory of a value: its elements at their places, zeros in its halo, garbage elsewhere."""
    dtype = _physical_dtype(type_)
    if isinstance(type_.element_type, BFloat16Type):
        array = (array.view(np.uint32) >> 16).astype(np.uint16)
    memory = np.frombuffer(bytearray([GARBAGE]) * (physical_elements(type_) * dtype.itemsize), dtype)
    layout = layout_of(type_)
    if layout is not None:
        _whole_images(memory, type_, layout)[:] = 0
    _view(memory, type_)[...] = array
    return memory.tobytes()


def unpack(data: bytes, type_: AnyTensor) -> Array:
    """The elements of a value; its halo must be zero."""
    memory = np.frombuffer(data, _physical_dtype(type_))
    layout = layout_of(type_)
    if layout is not None and any(layout.halo):
        border = _whole_images(memory, type_, layout).copy()
        top, left, _, _ = layout.halo
        _, _, h, w = type_.get_shape()
        border[:, top : top + h, left : left + w] = 0
        assert not border.any(), "the halo is not zero"
    array = _view(memory, type_).copy()
    if isinstance(type_.element_type, BFloat16Type):
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array


# Building -----------------------------------------------------------------------------------------------------


def nhwc(shape: Sequence[int], pixel: int, halo: Sequence[int] = (0, 0, 0, 0)) -> AnyTensor:
    """An image type with channels innermost."""
    return with_layout(tensor_type(f32, tuple(shape)), NhwcAttr(pixel, halo))


def dense(*shape: int, element: Attribute = f32) -> AnyTensor:
    """A row-major type."""
    return tensor_type(element, shape)


def random(type_: AnyTensor, rng: np.random.Generator, low: float = -3, high: float = 3) -> Array:
    """Elements of a type."""
    dtype = dtype_of(type_.element_type)
    shape = type_.get_shape()
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        return rng.integers(0 if dtype.kind == "u" else -9, 10, shape).astype(dtype)
    array = rng.uniform(low, high, shape).astype(dtype)
    if isinstance(type_.element_type, BFloat16Type):
        array = (array.view(np.uint32) & 0xFFFF0000).view(np.float32)
    return array


def properties(operation: type[Operation], values: Mapping[str, Any]) -> dict[str, Attribute]:
    """Attributes of plain values."""
    declared = operation.get_irdl_definition().properties
    return {name: declared[name].constr.encode(value) for name, value in values.items()}


def add(
    name: str,
    operation: type[kernel.KernelOp],
    operands: Sequence[AnyTensor],
    values: Mapping[str, Any],
    result: AnyTensor,
    *,
    scratch: Callable[[Any], int] | None = None,
    make: Callable[[int], list[Array]] | None = None,
    **options: Any,
) -> None:
    """A case of one op of the kernel dialect; it must do what the op means."""
    source = TestOp(result_types=list(operands))
    op = operation.make(source.results, properties(operation, values), result)
    size = 0
    if scratch is not None:
        op.properties["scratch_bytes"] = IntegerAttr(0, i64)
        size = scratch(op)
        op.properties["scratch_bytes"] = IntegerAttr(size, i64)
    op.verify()

    def numbers(seed: int) -> list[Array]:
        rng = np.random.default_rng(seed)
        return [random(type_, rng) for type_ in operands]

    case = Case(
        name, op, make or numbers, lambda args: evaluate_op(op, list(args))[0], scratch=size, **options
    )
    CASES.append(case)


# Data movement ------------------------------------------------------------------------------------------------


def _movement() -> None:
    rng = np.random.default_rng(1)
    shapes = [(5,), (1, 7), (3, 4, 5), (2, 24, 9, 17), (1, 3, 33, 20), (2, 2, 3, 2, 5), (1, 64, 40, 40)]
    for shape in shapes:
        for _ in range(2):
            perm = tuple(int(i) for i in rng.permutation(len(shape)))
            result = dense(*(shape[i] for i in perm))
            add(f"transpose {shape} {perm}", kernel.TransposeOp, [dense(*shape)], {"perm": perm}, result)
    for element in (f16, f64, i64, element_type_of(np.dtype(np.uint8)), element_type_of(np.dtype(np.int16))):
        types = [dense(2, 9, 5, element=element)]
        add(
            f"transpose {element}",
            kernel.TransposeOp,
            types,
            {"perm": (2, 0, 1)},
            dense(5, 2, 9, element=element),
        )
    add(
        "transpose nhwc",
        kernel.TransposeOp,
        [nhwc((2, 5, 4, 3), 16)],
        {"perm": (0, 2, 3, 1)},
        dense(2, 4, 3, 5),
    )

    for number in range(6):
        shape = shapes[number % 5]
        starts, sizes, steps = [], [], []
        for extent in shape:
            step = int(rng.choice([-2, -1, 1, 1, 2, 3]))
            size = int(rng.integers(1, (extent - 1) // abs(step) + 2))
            reach = (size - 1) * abs(step)
            low = int(rng.integers(0, extent - reach))
            starts.append(low if step > 0 else low + reach)
            sizes.append(size)
            steps.append(step)
        values = {"starts": starts, "sizes": sizes, "steps": steps}
        add(f"slice {shape} {starts} {steps}", kernel.SliceOp, [dense(*shape)], values, dense(*sizes))
    values = {"starts": (0, 2, 1, 0), "sizes": (1, 5, 3, 4), "steps": (1, 1, 1, 1)}
    add("slice nhwc", kernel.SliceOp, [nhwc((1, 8, 4, 4), 16, (1, 1, 1, 1))], values, nhwc((1, 5, 3, 4), 8))

    for mode in kernel.PAD_MODES:
        for shape, begin, end in [((4, 3), (1, 2), (2, 0)), ((1, 5, 6, 4), (0, 0, 2, 1), (0, 3, 3, 2))]:
            values = {"pads_begin": begin, "pads_end": end, "mode": mode, "value": 1.5}
            result = dense(*(a + b + c for a, b, c in zip(shape, begin, end, strict=True)))
            add(f"pad {mode} {shape}", kernel.PadOp, [dense(*shape)], values, result)
    values = {"pads_begin": (-1, 2), "pads_end": (1, -2), "mode": "constant", "value": -1.0}
    add("pad negative", kernel.PadOp, [dense(4, 5)], values, dense(4, 5))
    values = {"pads_begin": (0, 1, 1, 1), "pads_end": (0, 2, 0, 1), "mode": "constant", "value": 0.25}
    add("pad nhwc", kernel.PadOp, [nhwc((2, 5, 3, 4), 16)], values, nhwc((2, 8, 4, 6), 16, (1, 1, 0, 2)))

    for axis, parts in [(0, (1, 2)), (1, (3, 1, 4)), (2, (5, 7))]:
        types = [dense(*(n if i == axis else 2 + i for i in range(3))) for n in parts]
        result = dense(*(sum(parts) if i == axis else 2 + i for i in range(3)))
        add(f"concat axis {axis}", kernel.ConcatOp, types, {"axis": axis}, result)
    images = [nhwc((1, 3, 4, 5), 16), nhwc((1, 17, 4, 5), 32, (1, 0, 0, 1))]
    add("concat nhwc", kernel.ConcatOp, images, {"axis": 1}, nhwc((1, 20, 4, 5), 32))
    add("concat to dense", kernel.ConcatOp, images, {"axis": 1}, dense(1, 20, 4, 5))

    add("reshape", kernel.ReshapeOp, [dense(6, 5)], {}, dense(2, 3, 5))

    add("tile", kernel.TileOp, [dense(2, 3, 4)], {"repeats": (3, 1, 2)}, dense(6, 3, 8))
    add("tile i64", kernel.TileOp, [dense(2, 3, element=i64)], {"repeats": (1, 4)}, dense(2, 12, element=i64))
    add("broadcast", kernel.BroadcastOp, [dense(3, 1, 5)], {}, dense(2, 3, 4, 5))
    add("broadcast scalar", kernel.BroadcastOp, [dense()], {}, dense(3, 5))

    index = dense(2, 3, element=i64)
    for axis in range(3):
        shape = (4, 5, 6)
        result = dense(*shape[:axis], 2, 3, *shape[axis + 1 :])
        add(f"gather axis {axis}", kernel.GatherOp, [dense(*shape), index], {"axis": axis, "batch_dims": 0}, result,
            make=_gather(shape, (2, 3), shape[axis], np.int64))  # fmt: skip
    batch = [dense(2, 4, 5, 3), dense(2, 6, element=element_type_of(np.dtype(np.int32)))]
    add("gather batch", kernel.GatherOp, batch, {"axis": 2, "batch_dims": 1}, dense(2, 4, 6, 3),
        make=_gather((2, 4, 5, 3), (2, 6), 5, np.int32))  # fmt: skip


def _indexing() -> None:
    """Indices reach beyond the ends: what is out of range must not be touched."""
    i32 = element_type_of(np.dtype(np.int32))

    def indexed(*parts: tuple[AnyTensor, int]) -> Callable[[int], list[Array]]:
        """Random operands; integers up to the given extent, and one more, on both sides of 0."""

        def make(seed: int) -> list[Array]:
            rng = np.random.default_rng(seed)
            return [
                random(type_, rng)
                if extent < 0
                else rng.integers(-extent - 1, extent + 1, type_.get_shape()).astype(
                    dtype_of(type_.element_type)
                )
                for type_, extent in parts
            ]

        return make

    for reduction in ("none", "sum", "max"):
        x, index, updates = dense(2, 4, 5, 3), dense(7, 2, element=i64), dense(2, 7, 3)
        add(f"scatter {reduction}", kernel.ScatterUpdateOp, [x, index, updates], {"axis": 1, "reduction": reduction}, x,
            make=indexed((x, -1), (index, 4), (updates, -1)))  # fmt: skip
    for reduction, initial in (("none", True), ("prod", False), ("mean", False), ("mean", True)):
        x, index, updates = dense(3, 5, 4), dense(3, 6, 2, element=i32), dense(3, 6, 2)
        add(f"scatter elements {reduction} {initial}", kernel.ScatterElementsUpdateOp, [x, index, updates],
            {"axis": 1, "reduction": reduction, "use_init_val": initial}, x,
            scratch=scatter_elements_scratch, make=indexed((x, -1), (index, 5), (updates, -1)))  # fmt: skip
    x, index = dense(3, 5, 4), dense(3, 7, 4, element=i64)
    add("gather elements", kernel.GatherElementsOp, [x, index], {"axis": 1}, dense(3, 7, 4),
        make=indexed((x, -1), (index, 5)))  # fmt: skip
    x, index = dense(2, 4, 5, 3), dense(2, 6, 2, element=i32)
    add("gather tuples", kernel.GatherNdOp, [x, index], {"batch_dims": 1}, dense(2, 6, 3),
        make=indexed((x, -1), (index, 4)))  # fmt: skip
    hot = [dense(3, 2, element=i64), dense(), dense()]
    add("one hot", kernel.OneHotOp, hot, {"axis": 1, "depth": 4, "normalize": True}, dense(3, 4, 2),
        make=indexed((hot[0], 5), (hot[1], -1), (hot[2], -1)))  # fmt: skip
    x, lengths = dense(5, 2, 3, 2), dense(3, element=i64)
    add("reverse sequence", kernel.ReverseSequenceOp, [x, lengths], {"batch_axis": 2, "seq_axis": 0}, x,
        make=indexed((x, -1), (lengths, 6)))  # fmt: skip
    for size, filter_ in ((9, "bilinear"), (3, "bicubic")):
        add(f"resample {filter_}", kernel.ResampleOp, [dense(2, 7, 3)],
            {"axis": 1, "size": size, "filter": filter_, "cube_coeff": -0.5}, dense(2, size, 3),
            scratch=resample_scratch)  # fmt: skip


def _gather(
    shape: Sequence[int], indices: Sequence[int], extent: int, dtype: Any
) -> Callable[[int], list[Array]]:
    def make(seed: int) -> list[Array]:
        rng = np.random.default_rng(seed)
        return [
            rng.uniform(-3, 3, shape).astype(np.float32),
            rng.integers(-extent, extent, indices).astype(dtype),
        ]

    return make


# Reductions ---------------------------------------------------------------------------------------------------


def _groups() -> None:
    for kind in NUMERIC_REDUCTIONS:
        for shape, axes in [
            ((7,), (0,)),
            ((3, 50), (1,)),
            ((3, 50), (0,)),
            ((2, 3, 7, 9), (2, 3)),
            ((2, 3, 4), (0, 2)),
        ]:
            kept = dense(*(n for i, n in enumerate(shape) if i not in axes))
            values = {"kind": kind, "axes": axes, "keep_dims": False}
            add(
                f"reduce {kind} {shape} {axes}",
                kernel.ReduceOp,
                [dense(*shape)],
                values,
                kept,
                rtol=2e-5,
                atol=1e-5,
            )
        values = {"kind": kind, "axes": (2, 3), "keep_dims": True}
        image = nhwc((2, 37, 5, 6), 48, (1, 1, 1, 1))
        add(
            f"reduce {kind} nhwc",
            kernel.ReduceOp,
            [image],
            values,
            nhwc((2, 37, 1, 1), 48),
            rtol=2e-5,
            atol=1e-5,
        )
        for element in (i64, element_type_of(np.dtype(np.int32))):
            values = {"kind": kind, "axes": (1,), "keep_dims": True}
            add(f"reduce {kind} {element}", kernel.ReduceOp, [dense(3, 5, element=element)], values,
                dense(3, 1, element=element))  # fmt: skip
    values = {"kind": "sum", "axes": (), "keep_dims": False}
    add("reduce nothing", kernel.ReduceOp, [dense(3, 4)], values, dense(3, 4))
    values = {"kind": "mean", "axes": (2, 3), "keep_dims": False}
    add("global mean nhwc", kernel.ReduceOp, [nhwc((1, 20, 7, 7), 32)], values, dense(1, 20), rtol=1e-5)

    for shape, axis in [
        ((5, 21), 1),
        ((2, 21, 3, 5), 1),
        ((1, 19, 40), 1),
        ((4, 1), 1),
        ((3, 91), 1),
        ((33, 2), 0),
    ]:
        add(
            f"softmax {shape} {axis}",
            kernel.SoftmaxOp,
            [dense(*shape)],
            {"axis": axis},
            dense(*shape),
            rtol=1e-5,
        )
    for axis in (1, 2, 3):
        image = nhwc((2, 21, 4, 5), 32, (1, 1, 1, 1))
        add(
            f"softmax nhwc {axis}",
            kernel.SoftmaxOp,
            [image],
            {"axis": axis},
            nhwc((2, 21, 4, 5), 32),
            rtol=1e-5,
        )
    add(
        "softmax to nhwc",
        kernel.SoftmaxOp,
        [dense(1, 5, 3, 4)],
        {"axis": 1},
        nhwc((1, 5, 3, 4), 16),
        rtol=1e-5,
    )

    for mode in ("add", "max"):
        for shape, axes in [
            ((2, 20, 3, 5), (1,)),
            ((2, 20, 3, 5), (1, 2, 3)),
            ((4, 37), (1,)),
            ((3, 5, 4), (0, 2)),
        ]:
            values = {"axes": axes, "eps": 0.5, "eps_mode": mode}
            add(f"normalize {mode} {shape} {axes}", kernel.NormalizeL2Op, [dense(*shape)], values, dense(*shape),
                rtol=1e-5)  # fmt: skip
        values = {"axes": (1,), "eps": 1e-6, "eps_mode": mode}
        image = nhwc((2, 20, 3, 5), 32, (0, 1, 1, 0))
        add(f"normalize {mode} nhwc", kernel.NormalizeL2Op, [image], values, image, rtol=1e-5)


def _normalization() -> None:
    for shape, axes in [
        ((2, 20, 3, 5), (1,)),
        ((2, 20, 3, 5), (2, 3)),
        ((2, 20, 3, 5), (0, 3)),
        ((4, 37), (1,)),
        ((5, 40), (0,)),
        ((3, 4, 6, 5), (1, 2, 3)),
        ((3, 50), ()),
    ]:
        for number, mode in enumerate(("inside_sqrt", "outside_sqrt")):
            values = {
                "axes": axes,
                "normalize_variance": number == 0 or axes != (1,),
                "eps": 0.1,
                "eps_mode": mode,
            }
            add(f"mvn {mode} {shape} {axes}", kernel.MvnOp, [dense(*shape)], values, dense(*shape), rtol=1e-5,
                atol=1e-5)  # fmt: skip
            double = dense(*shape, element=f64)
            add(f"mvn f64 {mode} {shape} {axes}", kernel.MvnOp, [double], values, double, rtol=1e-6)
    image = nhwc((2, 20, 3, 5), 32, (0, 1, 1, 0))
    for axes in ((2, 3), (1, 2, 3), (1,)):
        values = {"axes": axes, "normalize_variance": True, "eps": 1e-3, "eps_mode": "inside_sqrt"}
        add(f"mvn nhwc {axes}", kernel.MvnOp, [image], values, image, rtol=1e-5, atol=1e-5)

    for shape, axes, size in [
        ((2, 20, 3, 5), (1,), 5),
        ((1, 3, 70), (1,), 9),
        ((2, 3, 9, 21), (2, 3), 3),
        ((2, 3, 40), (2,), 7),
        ((6, 33), (0, 1), 4),
        ((2, 5), (1,), 1001),
    ]:
        for element in (f32, f64):
            type_ = dense(*shape, element=element)
            values = {"axes": axes, "alpha": 0.7, "beta": 0.75, "bias": 1.5, "size": size}
            add(f"lrn {element} {shape} {axes} {size}", kernel.LrnOp, [type_], values, type_, rtol=1e-5)
    for axes in ((1,), (2, 3), (1, 2, 3)):
        values = {"axes": axes, "alpha": 0.7, "beta": 0.75, "bias": 1.5, "size": 5}
        add(f"lrn nhwc {axes}", kernel.LrnOp, [image], values, image, rtol=1e-5)
    values = {"axes": (1,), "alpha": -0.5, "beta": 2.0, "bias": 1.0, "size": 3}
    add(
        "lrn of negative numbers",
        kernel.LrnOp,
        [dense(2, 6, 40)],
        values,
        dense(2, 6, 40),
        rtol=1e-3,
        atol=1e-3,
    )

    for shape, axis in [((7,), 0), ((3, 50), 1), ((3, 50), 0), ((2, 4, 5, 40), 1), ((2, 3, 4), 2)]:
        for element in (f32, f64, i64, element_type_of(np.dtype(np.uint8))):
            for exclusive, reverse in ((False, False), (True, True), (False, True)):
                type_ = dense(*shape, element=element)
                values = {"axis": axis, "exclusive": exclusive, "reverse": reverse}
                add(f"cum_sum {element} {shape} {values}", kernel.CumSumOp, [type_], values, type_, rtol=1e-5,
                    atol=1e-5)  # fmt: skip

    for element in (i64, element_type_of(np.dtype(np.int32)), element_type_of(np.dtype(np.uint8))):
        for a, b, transposed in [
            ((3, 5), (5, 4), (False, False)),
            ((2, 5, 3), (5, 4), (True, False)),
            ((2, 1, 3, 5), (4, 6, 5), (False, True)),
            ((5, 1), (7, 5), (True, True)),
        ]:
            types = [dense(*a, element=element), dense(*b, element=element)]
            values = dict(zip(("transpose_a", "transpose_b"), transposed, strict=True))
            op = arhat.MatmulOp.build_inferred(TestOp(result_types=types).results, values)
            add(f"matmul {element} {a} {b}", kernel.MatmulOp, types, values, op.result.type)

    boolean = element_type_of(np.dtype(np.bool_))
    for kind in ("logical_and", "logical_or"):
        for shape, axes in [((2, 3), (1,)), ((4, 2), (0,)), ((2, 2, 2), (0, 1, 2)), ((3, 4), ())]:
            kept = dense(*(n for i, n in enumerate(shape) if i not in axes), element=boolean)
            values = {"kind": kind, "axes": axes, "keep_dims": False}
            add(
                f"reduce {kind} {shape} {axes}",
                kernel.ReduceOp,
                [dense(*shape, element=boolean)],
                values,
                kept,
            )


# Resize -------------------------------------------------------------------------------------------------------


def _resize() -> None:
    default = {
        "coordinate_transformation": "half_pixel",
        "nearest_mode": "round_prefer_floor",
        "antialias": False,
        "cube_coeff": -0.75,
        "pads_begin": (0, 0, 0, 0),
        "pads_end": (0, 0, 0, 0),
    }

    def resize(
        name: str, shape: Sequence[int], sizes: Sequence[int], image: bool = False, **changes: Any
    ) -> None:
        values: dict[str, Any] = {**default, "axes": (2, 3), "sizes": sizes, **changes}
        whole = [n + b + e for n, b, e in zip(shape, values["pads_begin"], values["pads_end"], strict=True)]
        out = list(whole)
        for axis, size in zip(values["axes"], sizes, strict=True):
            out[axis] = size
        values.setdefault("scales", [s / whole[a] for a, s in zip(values["axes"], sizes, strict=True)])
        types = (nhwc(shape, 32, (1, 1, 1, 1)), nhwc(out, 32)) if image else (dense(*shape), dense(*out))
        text = f"resize {values['mode']} {name}{' nhwc' if image else ''}"
        add(
            text,
            kernel.InterpolateOp,
            types[:1],
            values,
            types[1],
            scratch=interpolate_scratch,
            rtol=3e-5,
            atol=1e-5,
        )

    shape = (2, 19, 5, 7)
    for image in (False, True):
        for mode in kernel.INTERPOLATE_MODES:
            resize("x2", shape, (10, 14), image, mode=mode)
            resize("down", shape, (3, 4), image, mode=mode)
        for transform in kernel.COORDINATE_TRANSFORMATIONS:
            for mode in ("nearest", "linear_onnx"):
                resize(transform, shape, (8, 5), image, mode=mode, coordinate_transformation=transform)
        for nearest in kernel.NEAREST_MODES:
            for sizes in ((10, 21), (2, 3)):
                resize(f"{nearest} {sizes}", shape, sizes, image, mode="nearest", nearest_mode=nearest,
                       coordinate_transformation="asymmetric")  # fmt: skip
        resize("antialias", shape, (3, 4), image, mode="linear", antialias=True)
        resize(
            "padded", shape, (9, 6), image, mode="linear_onnx", pads_begin=(0, 0, 1, 2), pads_end=(0, 0, 0, 1)
        )
        resize("padded", shape, (9, 6), image, mode="nearest", pads_begin=(0, 0, 1, 2), pads_end=(0, 0, 0, 1))
        resize("scales", shape, (12, 17), image, mode="nearest", scales=(2.5, 2.5))
    resize("channels too", (1, 3, 4, 4), (5, 6, 7), mode="cubic", axes=(1, 2, 3))
    resize("one axis", (1, 3, 4, 4), (9,), mode="linear", axes=(3,))
    resize("all axes", (1, 2, 3, 4), (1, 4, 6, 8), mode="linear_onnx", axes=(0, 1, 2, 3))
    resize(
        "padded channels", (1, 2, 3, 4), (6, 8), mode="cubic", pads_begin=(0, 1, 0, 0), pads_end=(0, 1, 0, 0)
    )


# Detection ----------------------------------------------------------------------------------------------------


def detection_scene(
    seed: int,
    images: int,
    priors: int,
    classes: int,
    *,
    prior_images: int = 1,
    share: bool = True,
    normalized: bool = True,
    variance_in_target: bool = False,
    aux: bool = False,
    logits: bool = False,
    coarse: bool = False,
    end: int | None = None,
) -> list[Array]:
    """Boxes on a grid with noise, scores of which some stand out; `coarse` ones tie."""
    rng = np.random.default_rng(seed)
    locations = 1 if share else classes
    loc = rng.normal(0, 0.7, (images, priors * locations * 4))
    conf = (
        rng.dirichlet(np.full(classes, 0.3), (images, priors))
        if classes > 1
        else rng.uniform(0, 1, (images, priors, 1))
    )
    if coarse:
        conf = np.round(conf, 1)
    if logits:
        conf = rng.normal(-1, 2, (images, priors, classes))
    low = rng.uniform(0, 0.7, (prior_images, priors, 2))
    box = np.concatenate([low, low + rng.uniform(0.05, 0.4, low.shape)], axis=-1)
    scale = 1 if normalized else 100
    size = 4 if normalized else 5
    rows = np.zeros((prior_images, 1 if variance_in_target else 2, priors * size))
    table = np.zeros((prior_images, priors, size))
    table[..., size - 4 :] = box * scale
    if end is not None and not normalized:
        table[:, end:, 0] = -1
    rows[:, 0] = table.reshape(prior_images, -1)
    if not variance_in_target:
        rows[:, 1, : priors * 4] = np.tile([0.1, 0.1, 0.2, 0.2], priors)
    arrays = [loc, conf.reshape(images, -1), rows]
    if aux:
        arrays += [rng.uniform(0, 1, (images, priors * 2)), rng.normal(0, 0.5, loc.shape)]
    return [a.astype(np.float32) for a in arrays]


def detection(
    name: str,
    images: int = 1,
    priors: int = 60,
    classes: int = 4,
    keep_rows: int | None = None,
    scene: Mapping[str, Any] | None = None,
    **changes: Any,
) -> None:
    """A case of DetectionOutput."""
    scene = dict(scene or {})
    values: dict[str, Any] = {
        "background_label_id": 0,
        "top_k": 20,
        "keep_top_k": (15,),
        "code_type": "center_size",
        "variance_encoded_in_target": scene.get("variance_in_target", False),
        "share_location": scene.get("share", True),
        "clip_before_nms": False,
        "clip_after_nms": False,
        "decrease_label_id": False,
        "normalized": scene.get("normalized", True),
        "nms_threshold": 0.45,
        "confidence_threshold": 0.2,
        "objectness_score": 0.3,
        "input_height": 1 if scene.get("normalized", True) else 100,
        "input_width": 1 if scene.get("normalized", True) else 100,
        "num_classes": classes,
        "input_is_logits": scene.get("logits", False),
        **changes,
    }
    top_k, keep = values["top_k"], values["keep_top_k"][0]
    rows = images * (keep if keep > 0 else top_k * classes if top_k > 0 else classes * priors)

    def make(seed: int) -> list[Array]:
        return detection_scene(seed, images, priors, classes, **scene)

    types = [dense(*array.shape) for array in make(0)]
    add(f"detection {name}", kernel.DetectionOutputOp, types, values, dense(1, 1, rows, 7),
        scratch=detection_output_scratch, make=make, rtol=1e-5, atol=1e-5, seeds=4)  # fmt: skip


def _detections() -> None:
    detection("plain")
    detection("many classes", priors=200, classes=37, keep_top_k=(40,))
    detection("sixteen classes", priors=100, classes=16, confidence_threshold=0.05)
    detection("one class", classes=1, background_label_id=-1)
    detection("two images", images=2)
    detection("priors of each image", images=2, scene={"prior_images": 2})
    detection("no limits", top_k=-1, keep_top_k=(-1,))
    detection("top_k only", top_k=7, keep_top_k=(-1,))
    detection("keep_top_k only", top_k=-1, keep_top_k=(9,))
    detection("own locations", images=2, scene={"share": False})
    detection("background in the middle", background_label_id=2)
    detection("no background", background_label_id=-1)
    for code in kernel.CODE_TYPES:
        detection(code, code_type=code, clip_before_nms=code == "corner")
        detection(f"{code}, target", code_type=code, scene={"variance_in_target": True})
    detection("clip before", clip_before_nms=True)
    detection("clip after", clip_after_nms=True)
    detection("pixels", images=2, scene={"normalized": False, "prior_images": 2})
    detection("pixels, ended", scene={"normalized": False, "end": 23})
    detection("decreased labels", images=2, decrease_label_id=True)
    detection("decreased, ended", decrease_label_id=True, scene={"normalized": False, "end": 23})
    detection("decreased, own locations", decrease_label_id=True, scene={"share": False}, top_k=-1)
    detection("decreased, kept", decrease_label_id=True, keep_top_k=(5,), confidence_threshold=0.0)
    detection("refined", images=2, scene={"aux": True})
    detection("refined, own locations", scene={"aux": True, "share": False})
    detection("refined, decreased", scene={"aux": True}, decrease_label_id=True)
    detection("ties", priors=150, scene={"coarse": True}, keep_top_k=(10,))
    detection("ties, top_k", priors=150, scene={"coarse": True}, top_k=5)
    detection("logits", scene={"logits": True})
    detection("logits, all", scene={"logits": True}, confidence_threshold=0.0)
    detection("nothing", confidence_threshold=1.0)
    detection("everything", confidence_threshold=-1.0, nms_threshold=1.0, top_k=-1, keep_top_k=(-1,))


def _yolo() -> None:
    default: dict[str, Any] = {"coords": 4, "axis": 1, "end_axis": 3, "anchors": ()}
    for softmax, regions, classes in ((True, 5, 7), (False, 3, 7), (True, 5, 20), (False, 3, 43)):
        channels = regions * (5 + classes)
        values = {**default, "classes": classes, "num": 5, "mask": range(regions), "do_softmax": softmax}
        for height, width in ((4, 5), (5, 7)):
            shape = (2, channels, height, width)
            flat = dense(2, channels * height * width) if softmax else dense(*shape)
            name = f"region_yolo {classes} classes {height}x{width}{' softmax' if softmax else ''}"
            add(name, kernel.RegionYoloOp, [dense(*shape)], values, flat, rtol=1e-5)
            image = nhwc(shape, channels + 3, (0, 1, 1, 0))
            add(f"{name} nhwc", kernel.RegionYoloOp, [image], values, flat, rtol=1e-5)


def _priors() -> None:
    default: dict[str, Any] = {
        "feature": (3, 5),
        "image": (60, 90),
        "min_size": (16.0, 30.0),
        "max_size": (30.0,),
        "aspect_ratio": (2.0, 3.0, 1.0),
        "density": (),
        "fixed_ratio": (),
        "fixed_size": (),
        "variance": (0.1, 0.1, 0.2, 0.3),
        "flip": True,
        "clip": False,
        "scale_all_sizes": True,
        "min_max_aspect_ratios_order": True,
        "step": 0.0,
        "offset": 0.5,
    }
    dense_boxes = {"min_size": (), "max_size": (), "fixed_size": (9.0, 33.0), "density": (2.0, 1.0)}
    for name, changes in {
        "plain": {},
        "other order": {"min_max_aspect_ratios_order": False, "flip": False},
        "step": {"step": 16.0, "offset": 0.25, "clip": True},
        "fractions": {"min_size": (0.2, 0.4), "max_size": (), "scale_all_sizes": False, "step": -1.0},
        "fractions, step": {"min_size": (0.2,), "max_size": (), "scale_all_sizes": False, "step": 0.25},
        "one variance": {"variance": (0.3,)},
        "fixed": dense_boxes,
        "fixed ratios": {**dense_boxes, "fixed_ratio": (0.5,), "aspect_ratio": ()},
    }.items():
        values = {**default, **changes}
        result = arhat.PriorBoxOp.build_inferred([], values).results[0].type
        add(f"prior_box {name}", kernel.PriorBoxOp, [], values, result, rtol=1e-5, seeds=1)
    clustered: dict[str, Any] = {
        "feature": (3, 5),
        "image": (60, 90),
        "width": (10.0, 20.5, 7.0),
        "height": (5.0, 30.25, 7.0),
        "variance": (0.1, 0.1, 0.2, 0.2),
        "step_w": 0.0,
        "step_h": 0.0,
        "offset": 0.5,
        "clip": False,
    }
    for name, changes in {
        "plain": {},
        "steps": {"step_w": 16.0, "step_h": 20.0, "clip": True, "offset": 0.0},
    }.items():
        values = {**clustered, **changes}
        kind = kernel.PriorBoxClusteredOp
        add(f"prior_box_clustered {name}", kind, [], values, dense(2, 180), rtol=1e-5, seeds=1)


# Element-wise -------------------------------------------------------------------------------------------------


def elementwise(
    name: str,
    build: Callable[..., Sequence[Operation]],
    types: Sequence[AnyTensor],
    result: AnyTensor | None = None,
    operands: Callable[[int], list[Array]] | None = None,
    **options: Any,
) -> None:
    """A case of a generated kernel; it must do what the `arhat` ops that it was made of do.

    `types` may have layouts, which the arhat ops do not see.
    """
    source = TestOp(result_types=[with_layout(t, None) for t in types])
    ops = list(build(*source.results))
    op = build_elementwise(ops)
    typed = TestOp(result_types=list(types))
    order = [list(source.results).index(value) for value in op.inputs]
    for i, place in enumerate(order):
        op.operands[i] = typed.results[place]
    if result is not None:
        Rewriter.replace_value_with_new_type(op.result, result)
    op.verify()

    def numbers(seed: int) -> list[Array]:
        rng = np.random.default_rng(seed)
        arrays = operands(seed) if operands else [random(t, rng) for t in types]
        return [arrays[place] for place in order]

    def expected(args: Sequence[Array]) -> Array:
        known = {source.results[place]: array for place, array in zip(order, args, strict=True)}
        for inner in ops:
            (known[inner.results[0]],) = evaluate_op(inner, [known[v] for v in inner.operands])
        return known[ops[-1].results[0]]

    CASES.append(Case(name, op, numbers, expected, **options))


def _one(operation: type[arhat.ArhatOp], **values: Any) -> Callable[..., Sequence[Operation]]:
    return lambda *operands: [operation.build_inferred(operands, values)]


UNARY: list[tuple[type[arhat.ArhatOp], dict[str, Any], float, float]] = [
    (arhat.ReluOp, {}, -3, 3),
    (arhat.SigmoidOp, {}, -20, 20),
    (arhat.TanhOp, {}, -10, 10),
    (arhat.ExpOp, {}, -20, 20),
    (arhat.LogOp, {}, 0.01, 9),
    (arhat.SqrtOp, {}, 0, 9),
    (arhat.AbsOp, {}, -3, 3),
    (arhat.NegativeOp, {}, -3, 3),
    (arhat.FloorOp, {}, -30, 30),
    (arhat.CeilingOp, {}, -30, 30),
    (arhat.ErfOp, {}, -5, 5),
    (arhat.EluOp, {"alpha": 0.7}, -5, 5),
    (arhat.ClampOp, {"min": -0.5, "max": 2.0}, -5, 5),
    (arhat.LeakyReluOp, {"alpha": 0.1}, -5, 5),
    (arhat.HSwishOp, {}, -5, 5),
    (arhat.HSigmoidOp, {}, -5, 5),
    (arhat.MishOp, {}, -40, 40),
    (arhat.SwishOp, {}, -20, 20),
    (arhat.SwishOp, {"beta": 1.7}, -20, 20),
    (arhat.SoftplusOp, {}, -40, 40),
    (arhat.GeluOp, {"approximate": "erf"}, -6, 6),
    (arhat.GeluOp, {"approximate": "tanh"}, -6, 6),
    (arhat.SignOp, {}, -3, 3),
    (arhat.RoundOp, {"mode": "half_to_even"}, -30, 30),
    (arhat.RoundOp, {"mode": "half_away_from_zero"}, -30, 30),
    (arhat.SinOp, {}, -10, 10),
    (arhat.CosOp, {}, -10, 10),
    (arhat.TanOp, {}, -1.5, 1.5),
    (arhat.AsinOp, {}, -1, 1),
    (arhat.AcosOp, {}, -1, 1),
    (arhat.AtanOp, {}, -20, 20),
    (arhat.SinhOp, {}, -5, 5),
    (arhat.CoshOp, {}, -5, 5),
    (arhat.AsinhOp, {}, -20, 20),
    (arhat.AcoshOp, {}, 1, 20),
    (arhat.AtanhOp, {}, -1, 1),
]
BINARY: list[tuple[type[arhat.ArhatOp], dict[str, Any]]] = [
    (arhat.AddOp, {}),
    (arhat.SubtractOp, {}),
    (arhat.MultiplyOp, {}),
    (arhat.DivideOp, {"python_div": True}),
    (arhat.DivideOp, {"python_div": False}),
    (arhat.MaximumOp, {}),
    (arhat.MinimumOp, {}),
    (arhat.PowerOp, {}),
    (arhat.SquaredDifferenceOp, {}),
    (arhat.FloorModOp, {}),
    (arhat.ModOp, {}),
]
BOOLEAN = (arhat.AddOp, arhat.MultiplyOp, arhat.MaximumOp, arhat.MinimumOp)
INTEGER_UNARY = (
    arhat.ReluOp,
    arhat.AbsOp,
    arhat.NegativeOp,
    arhat.FloorOp,
    arhat.CeilingOp,
    arhat.ClampOp,
    arhat.SignOp,
    arhat.BitwiseNotOp,
)
COMPARISONS = (
    arhat.EqualOp,
    arhat.NotEqualOp,
    arhat.LessOp,
    arhat.LessEqualOp,
    arhat.GreaterOp,
    arhat.GreaterEqualOp,
)
LOGICAL = (arhat.LogicalAndOp, arhat.LogicalOrOp, arhat.LogicalXorOp)
BITWISE = (arhat.BitwiseAndOp, arhat.BitwiseOrOp, arhat.BitwiseXorOp)


def _uniform(low: float, high: float, *shape: int) -> Callable[[int], list[Array]]:
    return lambda seed: [np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)]


def _pair(type_: AnyTensor, positive: bool) -> Callable[[int], list[Array]]:
    """Two operands whose second one is never 0; the first one has no sign where it is a base."""

    def make(seed: int) -> list[Array]:
        rng = np.random.default_rng(seed)
        a, b = random(type_, rng), random(type_, rng)
        if a.dtype != np.bool_:
            b = np.where(np.abs(b) < 0.25, b.dtype.type(2), b)
        if positive:
            a = np.abs(a) % 4 if a.dtype.kind in "iu" else np.abs(a)
            b = np.abs(b) % 4 if a.dtype.kind in "iu" else b
        return [a, b.astype(a.dtype)]

    return make


def _special(*shape: int) -> Callable[[int], list[Array]]:
    """Infinities, NaN and numbers."""

    def make(seed: int) -> list[Array]:
        choices = np.array([np.nan, np.inf, -np.inf, 0, -1.5, 2.5], np.float32)
        return [np.random.default_rng(seed).choice(choices, shape)]

    return make


def _logic() -> None:
    boolean, byte = (element_type_of(np.dtype(t)) for t in (np.bool_, np.uint8))
    for operation in COMPARISONS:
        for element in (f32, f64, i64, byte, boolean):
            type_ = dense(3, 37, element=element)

            def few(seed: int, type_: AnyTensor = type_) -> list[Array]:
                rng = np.random.default_rng(seed)
                return [np.round(random(type_, rng) if type_.element_type != f32 else rng.uniform(-2, 2, (3, 37)))
                        .astype(dtype_of(type_.element_type)) for _ in range(2)]  # fmt: skip

            elementwise(f"{operation.name} {element}", _one(operation), [type_, type_], operands=few)
    for operation in LOGICAL:
        type_ = dense(29, element=boolean)
        elementwise(operation.name, _one(operation), [type_, type_])
    elementwise("logical_not", _one(arhat.LogicalNotOp), [dense(29, element=boolean)])
    for operation in BITWISE:
        for element in (i64, byte):
            type_ = dense(29, element=element)
            elementwise(f"{operation.name} {element}", _one(operation), [type_, type_])
    for element in (f32, f64, i64, byte, boolean):
        types = [dense(3, 1, element=boolean), dense(3, 37, element=element), dense(37, element=element)]
        elementwise(f"select {element}", _one(arhat.SelectOp), types)
    for operation, values in (
        (arhat.IsNanOp, {}),
        (arhat.IsFiniteOp, {}),
        *(
            (arhat.IsInfOp, {"detect_negative": n, "detect_positive": p})
            for n in (True, False)
            for p in (True, False)
        ),
    ):
        elementwise(
            f"{operation.name} {values}", _one(operation, **values), [dense(40)], operands=_special(40)
        )

    def mask(a: Any, b: Any, c: Any) -> Sequence[Operation]:
        """A condition that never reaches memory, of one type, for values of another."""
        near = arhat.LessOp.build_inferred([a, b])
        far = arhat.LogicalNotOp.build_inferred([near])
        return [near, far, arhat.SelectOp.build_inferred([far, c, c])]

    elementwise("mask of another type", mask, [dense(40, element=i64), dense(40, element=i64), dense(40)])

    def clipped(a: Any, b: Any) -> Sequence[Operation]:
        """All floats: vectors."""
        over = arhat.GreaterOp.build_inferred([a, b])
        return [over, arhat.SelectOp.build_inferred([over, b, a])]

    elementwise("select of a comparison", clipped, [dense(3, 37), dense(3, 37)])


def _generated() -> None:
    for operation, values, low, high in UNARY:
        name = f"{operation.name} {values}"
        elementwise(
            name, _one(operation, **values), [dense(3, 37)], operands=_uniform(low, high, 3, 37), rtol=1e-5
        )
    for operation in INTEGER_UNARY:
        values = {"min": -1.5, "max": 5.0} if operation is arhat.ClampOp else {}
        for dtype in (np.int32, np.int64, np.uint8):
            if dtype == np.uint8 and operation is arhat.NegativeOp:
                continue
            type_ = dense(29, element=element_type_of(np.dtype(dtype)))
            elementwise(f"{operation.name} {np.dtype(dtype)}", _one(operation, **values), [type_])
    for operation, values in BINARY:
        for element in (
            f32,
            f64,
            element_type_of(np.dtype(np.int32)),
            i64,
            element_type_of(np.dtype(np.uint8)),
        ):
            type_ = dense(2, 21, element=element)
            elementwise(f"{operation.name} {values} {element}", _one(operation, **values), [type_, type_],
                        operands=_pair(type_, operation is arhat.PowerOp), rtol=2e-5, atol=2e-5)  # fmt: skip
    for operation in BOOLEAN:
        type_ = dense(19, element=element_type_of(np.dtype(np.bool_)))
        elementwise(f"{operation.name} i1", _one(operation), [type_, type_])

    kinds = [
        f16,
        bf16,
        f32,
        f64,
        *(element_type_of(np.dtype(t)) for t in ("i1", "u1", "i4", "i8", "u2", "?")),
    ]
    for source in kinds:
        for target in kinds:
            if f32 not in (source, target) and i64 not in (source, target) and source != bf16:
                continue
            types = [dense(31, element=source)]
            elementwise(f"convert {source} to {target}", _one(arhat.ConvertOp, to=target), types)

    add_ = _one(arhat.AddOp)
    for a, b in [
        ((2, 3, 4), (3, 1)),
        ((4, 1, 5), (1, 6, 1)),
        ((2, 3, 5, 7), (3, 1, 1)),
        ((1,), (5, 9)),
        ((), (70,)),
    ]:
        elementwise(f"broadcast {a} {b}", add_, [dense(*a), dense(*b)])
    elementwise("long", add_, [dense(3, 5000), dense(5000)])

    image, halo = nhwc((2, 21, 4, 5), 32), nhwc((2, 21, 4, 5), 32, (1, 1, 1, 1))
    thin = nhwc((2, 21, 4, 5), 21)
    for name, a, b, out in [
        ("images", image, image, image),
        ("halo", halo, halo, halo),
        ("other halo", image, halo, nhwc((2, 21, 4, 5), 48, (0, 2, 1, 0))),
        ("thin", thin, thin, thin),
        ("mixed layouts", image, dense(2, 21, 4, 5), image),
        ("channels", image, dense(21, 1, 1), halo),
        ("scalar", halo, dense(1), image),
        ("rows", image, dense(2, 1, 1, 5), image),
        ("to dense", image, halo, dense(2, 21, 4, 5)),
    ]:
        elementwise(f"layout {name}", add_, [a, b], out)
    elementwise("prelu", _one(arhat.PreluOp), [image, dense(1)], image)

    def chain(a: Any, b: Any, c: Any) -> Sequence[Operation]:
        product = arhat.MultiplyOp.build_inferred([a, b])
        total = arhat.AddOp.build_inferred([product, c])
        gate = arhat.SigmoidOp.build_inferred([total])
        return [product, total, gate, arhat.MultiplyOp.build_inferred([total, gate])]

    elementwise("chain", chain, [image, dense(21, 1, 1), dense(21, 1, 1)], image, rtol=1e-5)
    elementwise("chain again", chain, [dense(40), dense(40), dense(40)], rtol=1e-5)

    def half(a: Any) -> Sequence[Operation]:
        wide = arhat.ConvertOp.build_inferred([a], {"to": f32})
        tanh = arhat.TanhOp.build_inferred([wide])
        return [wide, tanh, arhat.ConvertOp.build_inferred([tanh], {"to": f16})]

    elementwise("half", half, [dense(33, element=f16)], rtol=1e-3)


# Pooling --------------------------------------------------------------------------------------------------------


def _pooling() -> None:
    i8 = element_type_of(np.dtype(np.int8))
    for element, shape, kernel_, strides, pads, dilations, sizes in (
        (i64, (2, 3, 9), [3], [2], [1], [1], [5]),
        (i8, (1, 5, 7, 6), [3, 2], [2, 1], [1, 1], [2, 3], [3, 5]),
        (f64, (1, 2, 5, 4, 6), [2, 3, 2], [1, 2, 3], [0, 1, 1], [1, 1, 1], [4, 3, 3]),
    ):
        values = {
            "kernel": kernel_,
            "strides": strides,
            "pads_begin": pads,
            "pads_end": pads,
            "dilations": dilations,
            "rounding": "floor" if element != f64 else "ceil",
        }
        x = dense(*shape, element=element)
        result = dense(*shape[:2], *sizes, element=element)
        add(f"max_pool {element}", kernel.MaxPoolOp, [x], values, result)
    for shape, sizes in (((2, 3, 7), [3]), ((1, 5, 7, 6), [4, 6]), ((1, 2, 5, 4, 6), [2, 1, 5])):
        add(
            f"adaptive_avg_pool {sizes}",
            kernel.AdaptiveAvgPoolOp,
            [dense(*shape)],
            {"sizes": sizes},
            dense(*shape[:2], *sizes),
        )
    window = {
        "kernel": [3, 2],
        "strides": [1, 2],
        "pads_begin": [1, 0],
        "pads_end": [1, 1],
        "dilations": [1, 2],
    }
    for name, groups, border, layouts in (
        ("dense", 1, False, [dense(2, 8, 5, 6), dense(2, 12, 5, 3), dense(2, 48, 5, 3)]),
        ("border", 2, True, [dense(2, 8, 5, 6), dense(2, 24, 5, 3), dense(2, 48, 5, 3)]),
        ("mask", 4, True, [dense(2, 8, 5, 6), dense(2, 48, 5, 3), dense(2, 24, 5, 3), dense(2, 48, 5, 3)]),
        (
            "nhwc",
            2,
            False,
            [
                nhwc((2, 8, 5, 6), 16, (1, 0, 2, 1)),
                nhwc((2, 24, 5, 3), 32),
                dense(2, 12, 5, 3),
                nhwc((2, 48, 5, 3), 64, (0, 1, 1, 0)),
            ],
        ),
    ):
        values = {**window, "deformable_groups": groups, "interpolate_border": border}
        add(
            f"deformable {name}",
            kernel.DeformableColumnsOp,
            layouts[:-1],
            values,
            layouts[-1],
            rtol=1e-5,
            atol=1e-5,
        )


_pooling()
_movement()
_indexing()
_groups()
_normalization()
_resize()
_detections()
_yolo()
_priors()
_logic()
_generated()
