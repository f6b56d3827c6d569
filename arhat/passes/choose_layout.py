"""choose-layout: how every value of the `cpu` level lies in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import Float32Type, IntegerAttr, ModuleOp, i64
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from arhat.dialects import kernel
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.quantization import BYTE
from arhat.dialects.cpu import ConvOp, PoolOp, TransposedConvOp, needed_halo
from arhat.dialects.cpu_int8 import INT8_OPS
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import ConcatInPlaceOp, NhwcAttr, ReorderOp, ViewOp, layout_of, with_layout
from arhat.layers import layers_of, set_layers
from arhat.passes.plan_memory import storage
from arhat.passes.support import entry_point

LANES = 16
"""Channels are padded to whole vectors of the widest instruction set."""
ALIASING = 512
"""Pixels this many floats apart (or a multiple) fall into the same sets of a 4 KiB way: give them another distance."""
FEW_CHANNELS = 4
"""Images of so few channels (model inputs) are kept dense: padding would multiply them."""
TO_NHWC = (0, 2, 3, 1)
TO_NCHW = (0, 3, 1, 2)

FOLLOWERS = (
    kernel.ElementwiseOp,
    kernel.InterpolateOp,
    kernel.NormalizeL2Op,
    kernel.MvnOp,
    kernel.LrnOp,
    kernel.SoftmaxOp,
    kernel.ReduceOp,
    kernel.SliceOp,
    kernel.PadOp,
    kernel.ConcatOp,
    kernel.DeformableColumnsOp,
    kernel.RoiPoolingOp,
    kernel.PsroiPoolingOp,
    kernel.RoiAlignOp,
)
"""Ops that work in any layout and keep that of their operands."""
IMAGE_OPS = (ConvOp, TransposedConvOp, PoolOp, *INT8_OPS)
"""Ops that work on NHWC."""


@dataclass(frozen=True)
class ChooseLayoutPass(ModulePass):
    """Put images into `#kernel.nhwc`, with the border that the convolutions reading them need.

    Convolutions and pooling work on NHWC; element-wise ops, resizing and the like follow their operands; everything
    else is dense. A `kernel.reorder` stands where the two meet, a `kernel.view` where the memory is the same anyway:
    after a convolution whose only use is a transposition to NHWC, for example. A concatenation becomes a
    `kernel.concat_in_place` where its parts can be written straight into it; a part that cannot is copied there.

    Pixels are padded to a multiple of 16 channels, and by 16 more where their distance would be a multiple of
    512 floats (4 KiB aliasing).

    ```mlir
    %y = cpu.max_pool(%x) {...} : (tensor<1x8x4x4xf32>) -> tensor<1x8x2x2xf32>
    // becomes
    %0 = kernel.reorder(%x) : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf32, #kernel.nhwc<16>>
    %y = cpu.max_pool(%0) {...} : (tensor<1x8x4x4xf32, #kernel.nhwc<16>>) -> tensor<1x8x2x2xf32, #kernel.nhwc<16>>
    ```
    """

    name = "choose-layout"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Choose for the module's entry point."""
        block = entry_point(op).body.block
        _remove_identity_views(list(block.ops))
        _Chooser(list(block.ops)).run()
        _drop_unused(list(block.ops))


def _is_image(value: SSAValue) -> bool:
    type_ = tensor_of(value)
    return len(type_.get_shape()) == 4 and (
        isinstance(type_.element_type, Float32Type) or type_.element_type == BYTE
    )


def _perm(op: kernel.TransposeOp) -> tuple[int, ...]:
    return tuple(int(v) for v in op.perm.get_values())


def _constant(value: SSAValue) -> bool:
    return isinstance(storage(value).owner, ConstantOp)


@dataclass
class _Chooser:
    """One pass over a block: decide kinds forwards, collect needs, then rewrite forwards."""

    ops: list[Operation]
    nhwc: set[SSAValue] = field(default_factory=set[SSAValue])
    halo: dict[SSAValue, list[int]] = field(default_factory=dict[SSAValue, list[int]])
    dense: set[SSAValue] = field(default_factory=set[SSAValue])
    part_of: dict[SSAValue, kernel.ConcatOp] = field(default_factory=dict[SSAValue, kernel.ConcatOp])
    copies: dict[tuple[SSAValue, Attribute], SSAValue] = field(
        default_factory=dict[tuple[SSAValue, Attribute], SSAValue]
    )

    def run(self) -> None:
        for op in self.ops:
            self._decide(op)
        for op in self.ops:
            self._need(op)
        for op in self.ops:
            if isinstance(op, kernel.ConcatOp) and op.result in self.nhwc and op.axis.value.data == 1:
                self._join(op)
        for op in self.ops:
            self._rewrite(op)

    # ---- which values are NHWC

    def _decide(self, op: Operation) -> None:
        if isinstance(op, IMAGE_OPS):
            self.nhwc.add(op.results[0])
        elif isinstance(op, FOLLOWERS) and _is_image(op.results[0]):
            shape = tensor_of(op.results[0]).get_shape()
            same = [v for v in op.operands if _is_image(v) and not _constant(v)]
            if isinstance(op, kernel.ElementwiseOp):
                same = [v for v in same if tensor_of(v).get_shape() == shape]
            if any(v in self.nhwc for v in same):
                self.nhwc.add(op.results[0])
        elif isinstance(op, kernel.TransposeOp) and _is_image(op.result):
            wanted = any(isinstance(use.operation, IMAGE_OPS) for use in op.result.uses)
            if _perm(op) == TO_NCHW and op.x not in self.nhwc and wanted:
                self.nhwc.add(op.result)

    # ---- what the uses of a value need of it

    def _need(self, op: Operation) -> None:
        if isinstance(op, ConvOp | TransposedConvOp):
            self._need_halo(op.input, needed_halo(op))
        elif isinstance(op, kernel.TransposeOp) and _is_image(op.x) and _perm(op) == TO_NHWC:
            self.dense.add(op.x)
        for value in op.operands:
            if (
                _is_image(value)
                and tensor_of(value).get_shape()[2:] == (1, 1)
                and not isinstance(op, ConvOp | TransposedConvOp)
            ):
                self.dense.add(value)

    def _need_halo(self, value: SSAValue, need: list[int]) -> None:
        have = self.halo.setdefault(value, [0, 0, 0, 0])
        self.halo[value] = [max(a, b) for a, b in zip(have, need, strict=True)]

    def _join(self, op: kernel.ConcatOp) -> None:
        """Let the parts that can be written in place belong to the concatenation; all share one border."""
        for part in op.inputs:
            producer = part.owner
            writes = isinstance(producer, (*IMAGE_OPS, kernel.ElementwiseOp, kernel.InterpolateOp))
            if writes and part in self.nhwc and part not in self.part_of:
                self.part_of[part] = op
                self._need_halo(op.result, self.halo.get(part, [0, 0, 0, 0]))

    # ---- types

    def _type(self, value: SSAValue) -> kernel.AnyTensor:
        """The type of a value in its chosen layout."""
        type_ = tensor_of(value)
        if value not in self.nhwc:
            return with_layout(type_, None)
        whole = self.part_of.get(value)
        if whole is not None:
            return with_layout(type_, cast(NhwcAttr, layout_of(self._type(whole.result))))
        halo = self.halo.get(value, [0, 0, 0, 0])
        _, channels, height, width = type_.get_shape()
        dense = (value in self.dense and not any(halo)) or isinstance(value.owner, kernel.TransposeOp)
        if isinstance(value.owner, kernel.TransposeOp):
            halo = [0, 0, 0, 0]
        pixel = channels if dense else _pixel_stride(channels, height * width)
        return with_layout(type_, NhwcAttr(pixel, halo))

    def _retype(self, value: SSAValue) -> None:
        """Give a value its type. It becomes a new value: what is known of it goes along."""
        type_ = self._type(value)
        if value.type == type_:
            return
        self._carry(value, Rewriter.replace_value_with_new_type(value, type_))

    def _carry(self, old: SSAValue, new: SSAValue) -> None:
        """What is known of a value holds for the one that takes its place."""
        if old in self.nhwc:
            self.nhwc.add(new)
        if old in self.dense:
            self.dense.add(new)
        if old in self.halo:
            self.halo[new] = self.halo[old]
        if old in self.part_of:
            self.part_of[new] = self.part_of[old]

    # ---- rewriting

    def _rewrite(self, op: Operation) -> None:
        if isinstance(op, ConstantOp):
            return
        if isinstance(op, kernel.TransposeOp) and self._transpose_as_view(op):
            return
        if isinstance(op, ViewOp):
            self._as_memory(op, 0)
        elif op.results and op.results[0] in self.nhwc:
            for i, value in enumerate(op.operands):
                if self._wants_image(op, value):
                    op.operands[i] = self._to_nhwc(value, op)
                elif isinstance(op, ConvOp | TransposedConvOp):  # a filter that is computed at run time
                    self._as_memory(op, i)
        elif not isinstance(op, kernel.TransposeOp | kernel.RegionYoloOp):  # these read any layout
            for i in range(len(op.operands)):
                self._as_memory(op, i)
        for result in op.results:
            self._retype(result)
        if isinstance(op, kernel.ConcatOp):
            self._concat_in_place(op)

    @staticmethod
    def _wants_image(op: Operation, value: SSAValue) -> bool:
        """Whether an operand of an op with an NHWC result should itself be NHWC."""
        if isinstance(op, ConvOp):
            return value is op.input or value is op.residual
        if isinstance(op, TransposedConvOp):
            return value is op.input
        if not _is_image(value) or _constant(value):
            return False
        if isinstance(op, kernel.ElementwiseOp):
            return tensor_of(value).get_shape() == tensor_of(op.result).get_shape()
        return True

    def _to_nhwc(self, value: SSAValue, user: Operation) -> SSAValue:
        """The value in NHWC, with at least the border that its uses need."""
        need = self.halo.get(value, [0, 0, 0, 0])
        layout = layout_of(tensor_of(value))
        reads_border = isinstance(user, ConvOp | TransposedConvOp) and value is user.input
        if layout is not None and (
            not reads_border or all(a >= b for a, b in zip(layout.halo, need, strict=True))
        ):
            return value
        _, channels, height, width = tensor_of(value).get_shape()
        pixel = channels if channels <= FEW_CHANNELS else _pixel_stride(channels, height * width)
        return self._copy(value, NhwcAttr(pixel, need), user)

    def _as_memory(self, op: Operation, index: int) -> None:
        """Give an op that works on dense tensors a dense operand."""
        value = op.operands[index]
        layout = layout_of(tensor_of(value))
        if layout is None:
            return
        _, channels, height, width = tensor_of(value).get_shape()
        if height * width == 1 and layout.pixel == channels and not any(layout.halo):
            if isinstance(op, ViewOp):
                return
            view = ViewOp.create(operands=[value], result_types=[with_layout(tensor_of(value), None)])
            _insert_before(view, op, value)
            op.operands[index] = view.output
            return
        op.operands[index] = self._copy(value, None, op)

    def _copy(self, value: SSAValue, layout: NhwcAttr | None, user: Operation) -> SSAValue:
        type_ = with_layout(tensor_of(value), layout)
        if (value, type_) not in self.copies:
            copy = ReorderOp.create(operands=[value], result_types=[type_])
            _insert_before(copy, user, value)
            self.copies[value, type_] = copy.output
        return self.copies[value, type_]

    def _transpose_as_view(self, op: kernel.TransposeOp) -> bool:
        """Turn a transposition between NCHW and NHWC into a view where the memory is the same."""
        if not _is_image(op.x):
            return False
        layout = layout_of(tensor_of(op.x))
        perm = _perm(op)
        dense = layout is not None and not any(layout.halo) and layout.pixel == tensor_of(op.x).get_shape()[1]
        if not ((perm == TO_NHWC and dense) or (perm == TO_NCHW and op.result in self.nhwc)):
            return False
        if perm == TO_NCHW:
            self._as_memory(op, 0)
        view = ViewOp.create(operands=[op.x], result_types=[self._type(op.result)])
        set_layers(view, layers_of(op))
        self._carry(op.result, view.output)
        Rewriter.replace_op(op, view)
        return True

    def _concat_in_place(self, op: kernel.ConcatOp) -> None:
        """Replace a concatenation by one in place; parts that lie elsewhere are copied to their places."""
        type_ = tensor_of(op.result)
        axis = op.axis.value.data
        outer = 1
        for extent in type_.get_shape()[:axis]:
            outer *= extent
        nhwc = layout_of(type_) is not None
        if (nhwc and axis != 1) or (not nhwc and outer != 1) or len(op.inputs) < 2:
            return
        taken: set[SSAValue] = set()
        for i, part in enumerate(op.inputs):
            root = storage(part)
            free = self.part_of.get(part) is op if nhwc else self._fits_dense(op, part)
            if not free or root in taken:
                type_of_copy = with_layout(tensor_of(part), layout_of(type_))
                copy = ReorderOp.create(operands=[part], result_types=[type_of_copy])
                _insert_before(copy, op, part)
                op.operands[i] = copy.output
                root = copy.output
            taken.add(root)
            self.part_of[root] = op
        new = ConcatInPlaceOp.create(
            operands=op.operands, properties={"axis": IntegerAttr(axis, i64)}, result_types=[type_]
        )
        set_layers(new, layers_of(op))
        self._carry(op.result, new.output)
        Rewriter.replace_op(op, new)

    def _fits_dense(self, op: kernel.ConcatOp, part: SSAValue) -> bool:
        """Whether the memory behind a dense part can be the part's place in the concatenation."""
        root = storage(part)
        if not isinstance(root.owner, Operation) or isinstance(root.owner, ConstantOp | ConcatInPlaceOp):
            return False
        layout = layout_of(tensor_of(root))
        packed = layout is None or (not any(layout.halo) and layout.pixel == tensor_of(root).get_shape()[1])
        return packed and root not in self.part_of


def _pixel_stride(channels: int, pixels: int) -> int:
    """Distance between pixels for so many channels."""
    stride = -(-channels // LANES) * LANES
    return stride + LANES if stride % ALIASING == 0 and pixels > 1 else stride


def _insert_before(new: Operation, user: Operation, value: SSAValue) -> None:
    if isinstance(value.owner, Operation):
        set_layers(new, layers_of(value.owner))
    elif not isinstance(user, func.ReturnOp):
        set_layers(new, layers_of(user))
    Rewriter.insert_op(new, InsertPoint.before(user))


def _remove_identity_views(ops: list[Operation]) -> None:
    """Views of views and views that change nothing go away first, so that what is left is what is copied."""
    for op in ops:
        if isinstance(op, ViewOp):
            if isinstance(op.input.owner, ViewOp):
                op.operands[0] = op.input.owner.input
            if op.input.type == op.output.type:
                op.output.replace_all_uses_with(op.input)
                op.detach()
                op.erase()


def _drop_unused(ops: list[Operation]) -> None:
    for op in reversed(ops):
        if isinstance(op, ViewOp | ReorderOp) and not op.output.uses:
            op.detach()
            op.erase()
