"""Scatter, gather, top-k, selection and decoding, against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from sweeps import Array, Case, Sweep, openvino_results
from unit.sweeps.movement_operands import ELEMENTS, filled, shapes

sweep = Sweep()


def constant(array: Array) -> Any:
    """A constant of the model."""
    return ov.opset11.constant(array)


def made(draw: st.DrawFn, inputs: list[Array], places: tuple[int, ...], build: Any, **rest: Any) -> Case:
    """A case in which the inputs at `places` may be constants of the model instead."""
    kept = [i not in places or not draw(st.booleans()) for i in range(len(inputs))]

    def with_constants(*given: Any) -> Any:
        left = iter(given)
        return build(*(next(left) if keep else constant(a) for a, keep in zip(inputs, kept, strict=True)))

    if "expected" in rest:
        whole = rest["expected"]

        def expected(*given: Array) -> Any:
            left = iter(given)
            return whole(*(next(left) if keep else a for a, keep in zip(inputs, kept, strict=True)))

        rest["expected"] = expected
    return Case(with_constants, [a for a, keep in zip(inputs, kept, strict=True) if keep], **rest)


@sweep.operator("ScatterUpdate")
@st.composite
def scatter_update(draw: st.DrawFn) -> Case:
    shape = draw(shapes(1, 4))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    own = axis % len(shape)
    count = draw(st.integers(1, shape[own]))
    where = draw(st.permutations(range(shape[own])))[:count]
    kind = draw(st.sampled_from([np.int32, np.int64]))
    indices = np.array(where, kind)
    if draw(st.booleans()) and count % 2 == 0:
        indices = indices.reshape(2, -1)
    dtype = draw(st.sampled_from(ELEMENTS))
    updates = filled(draw, (*shape[:own], *indices.shape, *shape[own + 1 :]), dtype)

    def build(x: Any, i: Any, u: Any) -> Any:
        return ov.opset3.scatter_update(x, i, u, np.int64(axis))

    return made(draw, [filled(draw, shape, dtype), indices, updates], (1, 2), build, note=f"axis {axis}")


@sweep.operator("ScatterNDUpdate", examples=40, emitted=10)
@st.composite
def scatter_nd_update(draw: st.DrawFn) -> Case:
    shape = draw(shapes(1, 5))
    depth = draw(st.integers(1, len(shape)))
    reduction = draw(st.sampled_from(["", "none", "sum", "sub", "prod", "min", "max"]))
    dtype = draw(st.sampled_from(ELEMENTS))
    if dtype == np.bool_ and reduction in ("sum", "sub", "prod"):
        reduction = "none"
    slices = int(np.prod(shape[:depth]))
    batch = draw(st.sampled_from([(), (1,), (3,), (2, 2)]))
    count = int(np.prod(batch))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    repeat = reduction not in ("", "none") or count > slices
    flat = rng.integers(0, slices, count) if repeat else rng.permutation(slices)[:count]
    if reduction in ("", "none") and count > slices:
        flat, batch = flat[:1], ()
    indices = np.stack(np.unravel_index(flat, shape[:depth]), -1).reshape(*batch, depth)
    if draw(st.booleans()):
        indices = np.where(rng.integers(0, 2, indices.shape) > 0, indices - np.array(shape[:depth]), indices)
    indices = indices.astype(draw(st.sampled_from([np.int32, np.int64])))
    updates = filled(draw, (*batch, *shape[depth:]), dtype)

    def build(x: Any, i: Any, u: Any) -> Any:
        if not reduction:
            return ov.opset4.scatter_nd_update(x, i, u)
        return ov.opset15.scatter_nd_update(x, i, u, reduction)

    inputs = [filled(draw, shape, dtype), indices, updates]
    return made(draw, inputs, (1, 2), build, note=f"reduction {reduction}", rtol=1e-5)


@sweep.operator("ScatterElementsUpdate", examples=40, emitted=10)
@st.composite
def scatter_elements_update(draw: st.DrawFn) -> Case:
    shape = draw(shapes(1, 4))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    own = axis % len(shape)
    reduction = draw(st.sampled_from(["", "none", "sum", "prod", "min", "max", "mean"]))
    initial = draw(st.booleans())
    dtype = draw(st.sampled_from(ELEMENTS))
    if dtype == np.bool_ and reduction == "mean":
        reduction = "none"
    if dtype in (np.uint8, np.int8) and reduction == "mean":
        dtype = np.int32
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    repeat = reduction not in ("", "none")
    count = draw(st.integers(1, 4 if repeat else shape[own]))
    size = [draw(st.integers(1, extent)) for extent in shape]
    size[own] = count
    if repeat:
        indices = rng.integers(0, shape[own], size)
    else:
        indices = np.take(
            rng.permuted(
                np.broadcast_to(
                    np.arange(shape[own]).reshape([-1 if i == own else 1 for i in range(len(shape))]),
                    [*size[:own], shape[own], *size[own + 1 :]],
                ),
                axis=own,
            ),
            range(count),
            axis=own,
        )
    if draw(st.booleans()):
        indices = np.where(rng.integers(0, 2, indices.shape) > 0, indices - shape[own], indices)
    indices = indices.astype(draw(st.sampled_from([np.int32, np.int64])))
    updates = filled(draw, tuple(size), dtype)

    def build(x: Any, i: Any, u: Any) -> Any:
        if not reduction:
            return ov.opset3.scatter_elements_update(x, i, u, np.int64(axis))
        return ov.opset12.scatter_elements_update(x, i, u, np.int64(axis), reduction, initial)

    inputs = [filled(draw, shape, dtype), indices, updates]
    note = f"axis {axis} reduction {reduction} initial {initial}"
    if reduction == "mean" and np.dtype(dtype).kind in "iu":
        # The CPU plugin rounds the mean of integers towards zero, the reference down, as PyTorch does.
        def mean(*given: Array) -> Any:
            node = build(*(constant(a) for a in given))
            output = ov.Tensor(node.output(0).element_type, node.output(0).shape)
            assert node.evaluate([output], [*map(ov.Tensor, given), ov.Tensor(np.array(axis))])
            return [np.array(output.data)]

        return made(draw, inputs, (1, 2), build, note=note, expected=mean)
    return made(draw, inputs, (1, 2), build, note=note)


@sweep.operator("GatherElements")
@st.composite
def gather_elements(draw: st.DrawFn) -> Case:
    shape = draw(shapes(1, 5))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    size = list(shape)
    size[axis] = draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    low = -shape[axis] if draw(st.booleans()) else 0
    indices = rng.integers(low, shape[axis], size).astype(draw(st.sampled_from([np.int32, np.int64])))
    x = filled(draw, shape, draw(st.sampled_from(ELEMENTS)))
    return made(draw, [x, indices], (1,), lambda x, i: ov.opset6.gather_elements(x, i, axis))


@sweep.operator("GatherND", examples=40, emitted=8)
@st.composite
def gather_nd(draw: st.DrawFn) -> Case:
    shape = draw(shapes(1, 5))
    batch = draw(st.integers(0, min(len(shape) - 1, 3)))
    depth = draw(st.integers(1, len(shape) - batch))
    count = draw(st.sampled_from([(), (1,), (4,), (2, 3)]))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    extents = shape[batch : batch + depth]
    indices = rng.integers(0, extents, (*shape[:batch], *count, depth))
    indices = indices.astype(draw(st.sampled_from([np.int32, np.int64])))
    version = ov.opset8 if draw(st.booleans()) else ov.opset5
    x = filled(draw, shape, draw(st.sampled_from(ELEMENTS)))
    return made(
        draw, [x, indices], (1,), lambda x, i: version.gather_nd(x, i, batch), note=f"{version} {batch}"
    )


@sweep.operator("TopK", examples=60, emitted=12)
@st.composite
def topk(draw: st.DrawFn) -> Case:
    shape = draw(shapes(1, 4))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    k = draw(st.integers(1, shape[axis]))
    mode = draw(st.sampled_from(["max", "min"]))
    sort = draw(st.sampled_from(["value", "index", "none"]))
    kind = draw(st.sampled_from(["i32", "i64"]))
    dtype = draw(st.sampled_from([np.float32, np.float16, np.int32, np.int64, np.uint8, np.int8]))
    ties = draw(st.booleans())
    x = filled(draw, shape, dtype)
    if ties:
        x = np.rint(x).astype(dtype)
    version = draw(st.sampled_from([1, 3, 11]))

    def build(x: Any) -> Any:
        if version == 11:
            return ov.opset11.topk(x, np.int64(k), axis, mode, sort, kind, sort != "none")
        if version == 3:
            return ov.opset3.topk(x, np.int64(k), axis, mode, sort, kind)
        return ov.opset1.topk(x, np.int64(k), axis, mode, sort)

    def ordered(x: Array) -> list[Array]:
        """By the reference implementation, which has few element types."""
        wide = x.astype(
            np.float32 if dtype == np.float16 else np.int32 if dtype in (np.uint8, np.int8) else dtype
        )
        order = "value" if sort == "none" else sort
        count = np.int64(k)
        node = ov.opset3.topk(constant(wide), count, axis, mode, order, "i32" if version == 1 else kind)
        outputs = [ov.Tensor(o.element_type, o.shape) for o in node.outputs()]
        assert node.evaluate(outputs, [ov.Tensor(np.ascontiguousarray(wide)), ov.Tensor(np.array(count))])
        values, positions = (np.array(output.data) for output in outputs)
        return [values.astype(x.dtype), positions]

    note = f"axis {axis} k {k} {mode} {sort} {kind} ties {ties} version {version}"
    # The CPU plugin's order of equal values follows from the sorting network that it picks, unless values are sorted
    # and `stable` is set.
    return Case(build, [x], note=note, expected=None if version == 11 and sort == "value" else ordered)


@sweep.operator("OneHot")
@st.composite
def one_hot(draw: st.DrawFn) -> Case:
    shape = draw(shapes(0, 3))
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    depth = draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    kind = draw(st.sampled_from([np.int32, np.int64]))
    indices = np.asarray(rng.integers(-2, depth + 2, shape)).astype(kind)
    dtype = draw(st.sampled_from(ELEMENTS))
    on, off = np.array(1, dtype), np.array(0, dtype)
    return made(
        draw,
        [indices, on, off],
        (1, 2),
        lambda i, on, off: ov.opset1.one_hot(i, np.int64(depth), on, off, axis),
        note=f"axis {axis} depth {depth}",
    )


@sweep.operator("Bucketize")
@st.composite
def bucketize(draw: st.DrawFn) -> Case:
    dtype = draw(st.sampled_from([np.float32, np.int32, np.int64]))
    x = filled(draw, draw(shapes(1, 4)), dtype)
    buckets = np.unique(filled(draw, (draw(st.integers(1, 9)),), dtype))
    kind = draw(st.sampled_from(["i32", "i64"]))
    right = draw(st.booleans())
    return made(draw, [x, buckets], (1,), lambda x, b: ov.opset3.bucketize(x, b, kind, right))


@sweep.operator("ReverseSequence")
@st.composite
def reverse_sequence(draw: st.DrawFn) -> Case:
    shape = draw(shapes(2, 4))
    batch, sequence = draw(st.permutations(range(len(shape))))[:2]
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    kind = draw(st.sampled_from([np.int32, np.int64]))
    lengths = rng.integers(1, shape[sequence] + 1, shape[batch]).astype(kind)
    x = filled(draw, shape, draw(st.sampled_from([np.float32, np.int32, np.float16])))
    if draw(st.booleans()):
        batch, sequence = batch - len(shape), sequence - len(shape)
    return made(draw, [x, lengths], (1,), lambda x, n: ov.opset1.reverse_sequence(x, n, batch, sequence))


@sweep.operator("NonZero")
@st.composite
def non_zero(draw: st.DrawFn) -> Case:
    shape = draw(shapes(1, 4))
    x = filled(draw, shape, draw(st.sampled_from(ELEMENTS)))
    if x.dtype != np.bool_:
        x = np.where(filled(draw, shape, np.bool_), x, x.dtype.type(0))
    x.reshape(-1)[0] = 1
    kind = draw(st.sampled_from(["i32", "i64"]))

    # The CPU plugin leaves memory unset in a result that it folded.
    def expected() -> list[Array]:
        return openvino_results(Case(lambda x: ov.opset3.non_zero(x, kind), [x]))

    return Case(
        lambda: ov.opset3.non_zero(constant(x), kind), [], expected=expected, note=f"{x.dtype}{x.shape}"
    )


@sweep.operator("CTCGreedyDecoder")
@st.composite
def ctc_greedy_decoder(draw: st.DrawFn) -> Case:
    steps, images, classes = draw(st.integers(1, 12)), draw(st.integers(1, 3)), draw(st.integers(2, 6))
    x = filled(draw, (steps, images, classes), np.float32)
    if draw(st.booleans()):
        x = np.rint(x)
    lengths = [draw(st.integers(1, steps)) for _ in range(images)]
    mask = (np.arange(steps)[:, None] < np.array(lengths)).astype(np.float32)
    merge = draw(st.booleans())
    return made(draw, [x, mask], (1,), lambda x, m: ov.opset1.ctc_greedy_decoder(x, m, merge))


@sweep.operator("CTCGreedyDecoderSeqLen")
@st.composite
def ctc_greedy_decoder_seq_len(draw: st.DrawFn) -> Case:
    steps, images, classes = draw(st.integers(1, 12)), draw(st.integers(1, 3)), draw(st.integers(2, 6))
    x = filled(draw, (images, steps, classes), np.float32)
    kind = draw(st.sampled_from([np.int32, np.int64]))
    lengths = np.array([draw(st.integers(1, steps)) for _ in range(images)], kind)
    merge = draw(st.booleans())
    blank = draw(st.one_of(st.none(), st.integers(0, classes - 1)))
    classes_type, lengths_type = draw(st.sampled_from(["i32", "i64"])), draw(st.sampled_from(["i32", "i64"]))

    def build(x: Any, n: Any) -> Any:
        index = None if blank is None else constant(np.array(blank, kind))
        return ov.opset6.ctc_greedy_decoder_seq_len(x, n, index, merge, classes_type, lengths_type)

    return made(draw, [x, lengths], (1,), build, note=f"merge {merge} blank {blank}")


@st.composite
def tables(draw: st.DrawFn, count: int) -> tuple[Array, Array, Array, Array]:
    """A table, indices of its rows, their weights, and an index for empty bags."""
    rows = draw(st.integers(1, 7))
    table = filled(draw, (rows, *draw(shapes(0, 2))), np.float32)
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    kind = draw(st.sampled_from([np.int32, np.int64]))
    indices = rng.integers(0, rows, count).astype(kind)
    default = np.array(rng.integers(0, rows)).astype(kind)
    return table, indices, filled(draw, (count,), np.float32), default


@sweep.operator("EmbeddingBagOffsetsSum", examples=30)
@st.composite
def embedding_offsets(draw: st.DrawFn) -> Case:
    count = draw(st.integers(1, 9))
    table, indices, weights, default = draw(tables(count))
    bags = draw(st.integers(1, 4))
    offsets = np.array([0, *sorted(draw(st.integers(0, count - 1)) for _ in range(bags - 1))], indices.dtype)
    given = draw(st.sampled_from(["", "default", "weights"]))

    def build(t: Any, i: Any, o: Any, w: Any = None) -> Any:
        index = constant(default) if given else None
        return ov.opset3.embedding_bag_offsets_sum(t, i, o, index, w)

    inputs = [table, indices, offsets, *([weights] if given == "weights" else [])]
    return made(draw, inputs, (1, 2, 3), build, note=f"{offsets.tolist()} {given}")


@sweep.operator("EmbeddingBagOffsets", examples=30)
@st.composite
def embedding_bag_offsets(draw: st.DrawFn) -> Case:
    count = draw(st.integers(1, 9))
    table, indices, weights, default = draw(tables(count))
    offsets = np.array([0, *sorted(draw(st.integers(0, count - 1)) for _ in range(2))], indices.dtype)
    given = draw(st.sampled_from(["", "default", "weights"]))
    kind = "sum" if given == "weights" else draw(st.sampled_from(["sum", "mean"]))

    def build(t: Any, i: Any, o: Any, w: Any = None) -> Any:
        index = constant(default) if given else None
        return ov.opset15.embedding_bag_offsets(t, i, o, index, w, kind)

    inputs = [table, indices, offsets, *([weights] if given == "weights" else [])]
    return made(draw, inputs, (1, 2, 3), build, note=f"{offsets.tolist()} {given} {kind}")


@sweep.operator("EmbeddingSegmentsSum", examples=30)
@st.composite
def embedding_segments(draw: st.DrawFn) -> Case:
    count, segments = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    table, indices, weights, default = draw(tables(count))
    where = np.array(sorted(draw(st.integers(0, segments - 1)) for _ in range(count)), indices.dtype)
    given = draw(st.sampled_from(["", "default", "weights"]))

    def build(t: Any, i: Any, s: Any, w: Any = None) -> Any:
        number = constant(np.array(segments, indices.dtype))
        index = constant(default) if given else None
        return ov.opset3.embedding_segments_sum(t, i, s, number, index, w)

    inputs = [table, indices, where, *([weights] if given == "weights" else [])]
    return made(draw, inputs, (1, 2, 3), build, note=f"{where.tolist()} of {segments} {given}")


@sweep.operator("EmbeddingBagPackedSum", examples=30)
@st.composite
def embedding_packed(draw: st.DrawFn) -> Case:
    bags, each = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    table, indices, weights, _ = draw(tables(bags * each))
    weighted = draw(st.booleans())
    kind = draw(st.sampled_from(["", "sum", "mean"])) if not weighted else draw(st.sampled_from(["", "sum"]))

    def build(t: Any, i: Any, w: Any = None) -> Any:
        if not kind:
            return ov.opset3.embedding_bag_packed_sum(t, i, w)
        return ov.opset15.embedding_bag_packed(t, i, w, kind)

    inputs = [table, indices.reshape(bags, each), *([weights.reshape(bags, each)] if weighted else [])]
    return made(draw, inputs, (1, 2), build, note=kind)


test_interpreter, test_emitted = sweep.tests()
