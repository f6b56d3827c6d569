"""C++ statements for the kernels whose operands say where elements come from or go to."""

from __future__ import annotations

from math import prod

from xdsl.ir import Operation

from arhat.dialects import kernel
from arhat.emit.cpu.fields import braces, flag_of, integer_of, shape_of, strides_of, word_of
from arhat.emit.cpu.printers import Code, Printer, scratch_pointer
from arhat.emit.cpu.values import Values


def _arguments(op: Operation, values: Values) -> str:
    """Pointers to all operands, then to all results."""
    return ", ".join(values.pointer(value) for value in (*op.operands, *op.results))


def _scatter_update(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.ScatterUpdateOp)
    x, indices, axis = shape_of(op.x), shape_of(op.indices), integer_of(op, "axis")
    depth = indices[-1]
    extents = x[axis : axis + depth]
    fields = [prod(x[:axis]), prod(indices[:-1]), prod(x[axis + depth :]), depth, braces(extents or [1])]
    return Code(
        ("arhat/kernels/scatter.hpp",),
        [
            "// outer extent, updates, elements of a slice; positions that name a slice, extents of their axes",
            f"static constexpr ScatterParams params{braces(fields)};",
            f"scatter<Scatter::{word_of(op, 'reduction')}>(f.context, params, {_arguments(op, values)});",
        ],
    )


def _scatter_elements_update(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.ScatterElementsUpdateOp)
    axis = integer_of(op, "axis")
    size, count = list(shape_of(op.indices)), shape_of(op.indices)[axis]
    size[axis] = 1
    fields = [
        len(size),
        braces(size),
        braces(strides_of(op.x)),
        braces(strides_of(op.indices)),
        count,
        shape_of(op.x)[axis],
        strides_of(op.x)[axis],
        strides_of(op.indices)[axis],
        flag_of(op, "use_init_val"),
    ]
    scratch = scratch_pointer(op) if op.scratch_bytes is not None else "nullptr"
    return Code(
        ("arhat/kernels/scatter.hpp",),
        [
            "// rank, extents of the indices, strides of x and of the indices; along the axis: updates, extent of x,",
            "// strides; whether x takes part",
            f"static constexpr ScatterElementsParams params{braces(fields)};",
            f"scatter_elements<Scatter::{word_of(op, 'reduction')}>(f.context, params, {prod(shape_of(op.x))}, "
            f"{_arguments(op, values)}, {scratch});",
        ],
    )


def _gather_elements(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.GatherElementsOp)
    axis = integer_of(op, "axis")
    strides = list(strides_of(op.x))
    along = strides[axis]
    strides[axis] = 0
    size = shape_of(op.indices)
    fields = [len(size), braces(size), braces(strides), shape_of(op.x)[axis], along]
    return Code(
        ("arhat/kernels/gather.hpp",),
        [
            "// rank, extents of the result, strides of x; extent and stride of x along the axis",
            f"static constexpr GatherElementsParams params{braces(fields)};",
            f"gather_elements(f.context, params, {_arguments(op, values)});",
        ],
    )


def _gather_nd(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.GatherNdOp)
    x, indices, batch = shape_of(op.x), shape_of(op.indices), integer_of(op, "batch_dims")
    depth = indices[-1]
    extents = x[batch : batch + depth]
    fields = [
        prod(x[:batch]),
        prod(indices[batch:-1]),
        prod(x[batch + depth :]),
        depth,
        braces(extents or [1]),
    ]
    return Code(
        ("arhat/kernels/gather.hpp",),
        [
            "// batches, slices, elements of a slice; positions that name a slice, extents of their axes",
            f"static constexpr GatherNdParams params{braces(fields)};",
            f"gather_nd(f.context, params, {_arguments(op, values)});",
        ],
    )


def _topk(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.TopKOp)
    x, axis = shape_of(op.x), integer_of(op, "axis")
    fields = [
        prod(x[:axis]),
        x[axis],
        prod(x[axis + 1 :]),
        integer_of(op, "k"),
        "true" if word_of(op, "mode") == "max" else "false",
        "true" if word_of(op, "sort") == "index" else "false",
    ]
    scratch = "" if op.scratch_bytes is None else f", {scratch_pointer(op)}"
    return Code(
        ("arhat/kernels/topk.hpp",),
        [
            "// outer extent, extent of the axis, inner extent, k; the largest, in the order of positions",
            f"static constexpr TopKParams params{braces(fields)};",
            f"topk(f.context, params, {_arguments(op, values)}{scratch});",
        ],
    )


def _one_hot(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.OneHotOp)
    indices, axis = shape_of(op.indices), integer_of(op, "axis")
    return Code(
        ("arhat/kernels/gather.hpp",),
        [
            "// outer extent, depth, inner extent, whether negative positions count from the end",
            f"one_hot(f.context, {prod(indices[:axis])}, {integer_of(op, 'depth')}, {prod(indices[axis:])}, "
            f"{flag_of(op, 'normalize')}, {_arguments(op, values)});",
        ],
    )


def _bucketize(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.BucketizeOp)
    return Code(
        ("arhat/kernels/gather.hpp",),
        [
            "// elements, buckets, whether an interval holds its right end",
            f"bucketize(f.context, {prod(shape_of(op.x))}, {prod(shape_of(op.buckets))}, {flag_of(op, 'right_bound')}, "
            f"{_arguments(op, values)});",
        ],
    )


def _reverse_sequence(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.ReverseSequenceOp)
    x = shape_of(op.x)
    batch, sequence = integer_of(op, "batch_axis"), integer_of(op, "seq_axis")
    a, b = sorted((batch, sequence))
    fields = [
        prod(x[:a]),
        x[a],
        prod(x[a + 1 : b]),
        x[b],
        prod(x[b + 1 :]),
        "true" if batch < sequence else "false",
    ]
    return Code(
        ("arhat/kernels/gather.hpp",),
        [
            "// extents: outer, first axis, between, second axis, inner; whether the batch axis is the first",
            f"static constexpr ReverseSequenceParams params{braces(fields)};",
            f"reverse_sequence(f.context, params, {_arguments(op, values)});",
        ],
    )


_CTC_NOTE = "// images, steps, classes, strides of image and step; blank, whether repeated classes are one"


def _ctc_greedy_decoder(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.CtcGreedyDecoderOp)
    steps, images, classes = shape_of(op.x)
    fields = [images, steps, classes, classes, images * classes, classes - 1, flag_of(op, "merge_repeated")]
    return Code(
        ("arhat/kernels/ctc.hpp",),
        [
            _CTC_NOTE,
            f"static constexpr CtcParams params{braces(fields)};",
            f"ctc_greedy_decoder(f.context, params, {_arguments(op, values)});",
        ],
    )


def _ctc_greedy_decoder_seq_len(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.CtcGreedyDecoderSeqLenOp)
    images, steps, classes = shape_of(op.x)
    blank = integer_of(op, "blank")
    fields = [images, steps, classes, steps * classes, classes, blank, flag_of(op, "merge_repeated")]
    return Code(
        ("arhat/kernels/ctc.hpp",),
        [
            _CTC_NOTE,
            f"static constexpr CtcParams params{braces(fields)};",
            f"ctc_greedy_decoder_seq_len(f.context, params, {_arguments(op, values)});",
        ],
    )


INDEXING_PRINTERS: dict[str, Printer] = {
    kernel.ScatterUpdateOp.name: _scatter_update,
    kernel.ScatterElementsUpdateOp.name: _scatter_elements_update,
    kernel.GatherElementsOp.name: _gather_elements,
    kernel.GatherNdOp.name: _gather_nd,
    kernel.TopKOp.name: _topk,
    kernel.OneHotOp.name: _one_hot,
    kernel.BucketizeOp.name: _bucketize,
    kernel.ReverseSequenceOp.name: _reverse_sequence,
    kernel.CtcGreedyDecoderOp.name: _ctc_greedy_decoder,
    kernel.CtcGreedyDecoderSeqLenOp.name: _ctc_greedy_decoder_seq_len,
}
