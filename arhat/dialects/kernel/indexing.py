"""Kernels whose operands say where elements come from or go to; selection and decoding. All values are dense."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import base, irdl_op_definition, operand_def, opt_prop_def, prop_def, result_def

from arhat.dialects.arhat.base import BOOL, INT, choice
from arhat.dialects.kernel.base import AnyKernelOp, KernelOp, SameShapeOp, check, shape_of, tensor_of


@irdl_op_definition
class ScatterUpdateOp(SameShapeOp):
    """`x` with slices replaced by or reduced with `updates`: OpenVINO ScatterUpdate-3, ScatterNDUpdate-4 and -15.

    The last axis of `indices` holds tuples of positions along the axes of `x` from `axis` on.
    """

    name = "kernel.scatter_update"
    x = operand_def(base(TensorType))
    indices = operand_def(base(TensorType))
    updates = operand_def(base(TensorType))
    axis = prop_def(INT)
    reduction = prop_def(choice("none", "sum", "sub", "prod", "min", "max"))

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape."""
        x, indices, axis = shape_of(self.x), shape_of(self.indices), self.axis.value.data
        depth = indices[-1] if indices else len(x) + 1
        check(axis >= 0 and axis + depth <= len(x), "tuples do not fit the operand")
        expected = (*x[:axis], *indices[:-1], *x[axis + depth :])
        check(shape_of(self.updates) == expected, f"updates must have shape {list(expected)}")
        return x


@irdl_op_definition
class ScatterElementsUpdateOp(SameShapeOp):
    """`x` with elements replaced by or reduced with `updates`: OpenVINO ScatterElementsUpdate-3 and -12.

    `scratch_bytes`: an i32 for each element of `x` where the reduction is a mean.
    """

    name = "kernel.scatter_elements_update"
    x = operand_def(base(TensorType))
    indices = operand_def(base(TensorType))
    updates = operand_def(base(TensorType))
    axis = prop_def(INT)
    reduction = prop_def(choice("none", "sum", "prod", "min", "max", "mean"))
    use_init_val = prop_def(BOOL)
    scratch_bytes = opt_prop_def(INT)

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape."""
        x, indices = shape_of(self.x), shape_of(self.indices)
        check(0 <= self.axis.value.data < len(x) == len(indices), "axis out of range")
        check(shape_of(self.updates) == indices, "indices and updates must have one shape")
        return x


@irdl_op_definition
class GatherElementsOp(KernelOp):
    """Elements of `x` whose coordinate along `axis` is that of `indices`: OpenVINO GatherElements-6."""

    name = "kernel.gather_elements"
    x = operand_def(base(TensorType))
    indices = operand_def(base(TensorType))
    axis = prop_def(INT)

    def expected_shape(self) -> tuple[int, ...]:
        """The shape of `indices`."""
        x, indices = shape_of(self.x), shape_of(self.indices)
        check(0 <= self.axis.value.data < len(x) == len(indices), "axis out of range")
        return indices


@irdl_op_definition
class GatherNdOp(KernelOp):
    """Slices of `x` that the tuples in `indices` name: OpenVINO GatherND-5 and -8."""

    name = "kernel.gather_nd"
    x = operand_def(base(TensorType))
    indices = operand_def(base(TensorType))
    batch_dims = prop_def(INT)

    def expected_shape(self) -> tuple[int, ...]:
        """indices.shape[:-1] + x.shape[batch_dims + tuple size:]."""
        x, indices, batch = shape_of(self.x), shape_of(self.indices), self.batch_dims.value.data
        check(0 <= batch < len(indices) and batch + indices[-1] <= len(x), "tuples do not fit the operand")
        return (*indices[:-1], *x[batch + indices[-1] :])


@irdl_op_definition
class TopKOp(AnyKernelOp):
    """The `k` best elements along `axis` and their positions: OpenVINO TopK-1, -3 and -11.

    `scratch_bytes`: what the kernel needs beside its operands on a GPU, `arhat.emit.kernels_cuda.topk_scratch`.
    """

    name = "kernel.topk"
    x = operand_def(base(TensorType))
    axis = prop_def(INT)
    k = prop_def(INT)
    mode = prop_def(choice("max", "min"))
    sort = prop_def(choice("value", "index"))
    index_type = prop_def(choice("i32", "i64"))
    scratch_bytes = opt_prop_def(INT)
    values = result_def(base(TensorType))
    positions = result_def(base(TensorType))

    def verify_(self) -> None:
        """Both results have `k` elements along the axis; the positions are of `index_type`."""
        x, axis, k = shape_of(self.x), self.axis.value.data, self.k.value.data
        check(0 <= axis < len(x), "axis out of range")
        check(0 <= k <= x[axis], f"cannot take {k} of {x[axis]} elements")
        expected = (*x[:axis], k, *x[axis + 1 :])
        check(all(shape_of(r) == expected for r in self.results), f"results must have shape {list(expected)}")
        check(
            tensor_of(self.values).element_type == tensor_of(self.x).element_type,
            "values must be elements of x",
        )
        positions = str(tensor_of(self.positions).element_type)
        check(positions == self.index_type.data, f"positions must be {self.index_type.data}, got {positions}")


@irdl_op_definition
class OneHotOp(KernelOp):
    """A new axis with `on` at the position that `indices` gives, `off` elsewhere: OpenVINO OneHot-1 and -16."""

    name = "kernel.one_hot"
    indices = operand_def(base(TensorType))
    on = operand_def(base(TensorType))
    off = operand_def(base(TensorType))
    axis = prop_def(INT)
    depth = prop_def(INT)
    normalize = prop_def(BOOL)
    SAME_ELEMENT_TYPE: ClassVar[bool] = False

    def expected_shape(self) -> tuple[int, ...]:
        """The shape of `indices` with `depth` put in at the axis."""
        element = tensor_of(self.result).element_type
        check(
            all(tensor_of(v).element_type == element for v in (self.on, self.off)),
            "values differ in element type",
        )
        indices, axis = shape_of(self.indices), self.axis.value.data
        check(0 <= axis <= len(indices), "axis out of range")
        return (*indices[:axis], self.depth.value.data, *indices[axis:])


@irdl_op_definition
class BucketizeOp(SameShapeOp):
    """The number of the interval between `buckets` that each element lies in: OpenVINO Bucketize-3."""

    name = "kernel.bucketize"
    x = operand_def(base(TensorType))
    buckets = operand_def(base(TensorType))
    right_bound = prop_def(BOOL)
    index_type = prop_def(choice("i32", "i64"))
    SAME_ELEMENT_TYPE: ClassVar[bool] = False


@irdl_op_definition
class ReverseSequenceOp(SameShapeOp):
    """The first `lengths[b]` elements along `seq_axis` reversed in each slice `b`: OpenVINO ReverseSequence-1."""

    name = "kernel.reverse_sequence"
    x = operand_def(base(TensorType))
    lengths = operand_def(base(TensorType))
    batch_axis = prop_def(INT)
    seq_axis = prop_def(INT)

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape."""
        x, batch, sequence = shape_of(self.x), self.batch_axis.value.data, self.seq_axis.value.data
        check(0 <= batch < len(x) and 0 <= sequence < len(x) and batch != sequence, "axis out of range")
        check(shape_of(self.lengths) == (x[batch],), "there must be one length for each slice")
        return x


@irdl_op_definition
class CtcGreedyDecoderOp(KernelOp):
    """The best classes of each sequence of [T, N, C] scores: OpenVINO CTCGreedyDecoder-1."""

    name = "kernel.ctc_greedy_decoder"
    x = operand_def(base(TensorType))
    mask = operand_def(base(TensorType))
    merge_repeated = prop_def(BOOL)

    def expected_shape(self) -> tuple[int, ...]:
        """[N, T, 1, 1]."""
        x = shape_of(self.x)
        check(len(x) == 3 and shape_of(self.mask) == x[:2], "scores must be TxNxC and the mask TxN")
        return (x[1], x[0], 1, 1)


@irdl_op_definition
class CtcGreedyDecoderSeqLenOp(AnyKernelOp):
    """The best classes of each sequence of [N, T, C] scores and their number: OpenVINO CTCGreedyDecoderSeqLen-6."""

    name = "kernel.ctc_greedy_decoder_seq_len"
    x = operand_def(base(TensorType))
    lengths = operand_def(base(TensorType))
    blank = prop_def(INT)
    merge_repeated = prop_def(BOOL)
    class_type = prop_def(choice("i32", "i64"))
    length_type = prop_def(choice("i32", "i64"))
    classes = result_def(base(TensorType))
    counts = result_def(base(TensorType))

    def verify_(self) -> None:
        """[N, T] and [N], of `class_type` and `length_type`."""
        x = shape_of(self.x)
        check(
            len(x) == 3 and shape_of(self.lengths) == x[:1], "scores must be NxTxC with one length for each N"
        )
        results = ((self.classes, x[:2], self.class_type), (self.counts, x[:1], self.length_type))
        for result, shape, element in results:
            expected = f"{list(shape)} of {element.data}"
            actual = f"{list(shape_of(result))} of {tensor_of(result).element_type}"
            check(actual == expected, f"expected {expected}, got {actual}")
