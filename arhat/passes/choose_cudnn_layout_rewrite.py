"""Carrying out a choice of layouts: copies, views, constants in their layout, channels added for tensor cores."""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects import func
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from arhat.dialects import arhat, cudnn, kernel
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.kernel import AnyTensor, tensor_of
from arhat.dialects.kernel.memory import NhwcAttr, ViewOp, layout_of, with_layout
from arhat.layers import layers_of, set_layers
from arhat.passes.choose_cudnn_layout_cost import (
    TO_NCHW,
    TO_NHWC,
    Choice,
    is_constant,
    is_image,
    linked,
    padded_channels,
    same_memory,
    transposes,
)
from arhat.passes.choose_cudnn_layout_shuffle import shuffle_in_nhwc
from arhat.passes.fold_constants import Folder


def in_layout(type_: AnyTensor, nhwc: bool) -> AnyTensor:
    """The type in NHWC with its channels packed, or dense."""
    return with_layout(type_, NhwcAttr(type_.get_shape()[1]) if nhwc else None)


@dataclass
class Rewrite:
    """One walk forwards over a function."""

    choice: Choice
    folder: Folder
    copies: dict[tuple[SSAValue, Attribute], SSAValue] = field(
        default_factory=dict[tuple[SSAValue, Attribute], SSAValue]
    )

    def run(self) -> None:
        """Rewrite the function."""
        replaced: set[Operation] = set()
        for op in list(self.choice.reads):
            if op in replaced:
                continue
            shuffle = self.choice.shuffles.get(op)
            if shuffle is not None and self.choice.reads[op]:
                op.operands[0] = self._in_layout(op.operands[0], True, op)
                replaced |= {shuffle.transpose, shuffle.join}
                shuffle_in_nhwc(shuffle)
            else:
                self._rewrite(op)

    def _rewrite(self, op: Operation) -> None:
        nhwc = self.choice.reads[op]
        transposed = transposes(op, TO_NHWC) or transposes(op, TO_NCHW)
        for i in list(linked(op)):
            op.operands[i] = self._in_layout(op.operands[i], nhwc, op)
        if transposed:
            self._as_view(op)
            return
        if nhwc:
            self._constants(op)
            if isinstance(op, cudnn.ConvFpropOp):
                self._pad_channels(op)
        if self.choice.writes[op]:
            for result in op.results:
                Rewriter.replace_value_with_new_type(result, in_layout(tensor_of(result), True))
        if isinstance(op, kernel.ConvertOp) and layout_of(tensor_of(op.x)) != layout_of(tensor_of(op.result)):
            transform = cudnn.TransformOp.create(operands=[op.x], result_types=[op.result.type])
            set_layers(transform, layers_of(op))
            Rewriter.replace_op(op, transform)

    def _in_layout(self, value: SSAValue, nhwc: bool, user: Operation) -> SSAValue:
        """A value computed at run time in the layout, copied unless it lies so or its memory is the same."""
        type_ = in_layout(tensor_of(value), nhwc)
        if value.type == type_ or (isinstance(user, ViewOp) and same_memory(value)):
            return value
        return self._copy(value, type_, user)

    def _copy(self, value: SSAValue, type_: AnyTensor, user: Operation) -> SSAValue:
        if (value, type_) not in self.copies:
            view = same_memory(value) and type_.get_shape() == tensor_of(value).get_shape()
            kind = ViewOp if view else cudnn.TransformOp
            copy = kind.create(operands=[value], result_types=[type_])
            made_by = value.owner if isinstance(value.owner, Operation) else user
            if not isinstance(made_by, func.ReturnOp):
                set_layers(copy, layers_of(made_by))
            Rewriter.insert_op(copy, InsertPoint.before(user))
            self.copies[value, type_] = copy.results[0]
        return self.copies[value, type_]

    def _constants(self, op: Operation) -> None:
        """Constant operands of an op that works in NHWC: the emitter writes them in that order."""
        for i, value in enumerate(op.operands):
            if not (is_constant(value) and is_image(value)):
                continue
            if isinstance(op, kernel.ElementwiseOp) and same_memory(value):
                continue
            op.operands[i] = self._constant(value, in_layout(tensor_of(value), True))

    def _constant(self, value: SSAValue, type_: AnyTensor) -> SSAValue:
        if value.type == type_:
            return value
        if (value, type_) not in self.copies:
            old = value.owner
            assert isinstance(old, ConstantOp)
            new = ConstantOp.get(old.value, type_, layers_of(old))
            new.result.name_hint = value.name_hint
            Rewriter.insert_op(new, InsertPoint.before(old))
            self.copies[value, type_] = new.result
        return self.copies[value, type_]

    def _pad_channels(self, op: cudnn.ConvFpropOp) -> None:
        """Zeros for the channels that an image has too few of, in the image and in the filter."""
        type_ = tensor_of(op.x)
        batch, channels, height, width = type_.get_shape()
        missing = padded_channels(op) - channels
        if missing == 0 or op.groups.value.data != 1 or not is_constant(op.w):
            return
        padded = arhat.tensor_type(type_.element_type, (batch, channels + missing, height, width))
        op.operands[0] = self._copy(op.x, in_layout(padded, True), op)
        op.operands[1] = self._padded_filter(op.w, missing)

    def _padded_filter(self, value: SSAValue, missing: int) -> SSAValue:
        old = value.owner
        assert isinstance(old, ConstantOp)
        type_ = tensor_of(value)
        outputs, channels, height, width = type_.get_shape()
        padded = in_layout(
            arhat.tensor_type(type_.element_type, (outputs, channels + missing, height, width)), True
        )
        if (value, padded) not in self.copies:
            plain = ConstantOp.get(old.value, with_layout(type_, None), layers_of(old))
            plain.result.name_hint = value.name_hint
            Rewriter.insert_op(plain, InsertPoint.before(old))
            wide = self.folder.make(
                arhat.PadOp,
                [plain],
                pads_begin=[0, 0, 0, 0],
                pads_end=[0, missing, 0, 0],
                mode="constant",
                value=0.0,
            )
            Rewriter.insert_op(wide, InsertPoint.before(old))
            self.copies[value, padded] = self._constant(wide.result, padded)
        return self.copies[value, padded]

    def _as_view(self, op: Operation) -> None:
        """A transposition between NCHW and NHWC, whose operand lies so that nothing has to move."""
        result = op.results[0]
        type_ = in_layout(tensor_of(result), self.choice.writes[op])
        view = ViewOp.create(operands=[op.operands[0]], result_types=[type_])
        set_layers(view, layers_of(op))
        Rewriter.replace_op(op, view)


def merge_copies(function: func.FuncOp) -> None:
    """Make one transform of two that follow each other, and drop what nothing uses."""
    ops = list(function.body.block.ops)
    for op in ops:
        if not isinstance(op, cudnn.TransformOp):
            continue
        before = op.x.owner
        while isinstance(before, cudnn.TransformOp | kernel.ConvertOp) and op.x.has_one_use():
            # Only one of the two may round, and convert rounds to integers in another way.
            first, middle, last = (tensor_of(v).element_type for v in (before.operands[0], op.x, op.output))
            if middle not in (first, last) or (isinstance(before, kernel.ConvertOp) and middle != last):
                break
            op.operands[0] = before.operands[0]
            before = op.x.owner
    for op in reversed(ops):
        droppable = isinstance(op, cudnn.TransformOp | kernel.ConvertOp | ViewOp | ConstantOp)
        if droppable and not op.results[0].uses:
            op.detach()
            op.erase()
