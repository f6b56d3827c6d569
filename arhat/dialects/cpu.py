"""The `cpu` dialect: what the plain C++ target is asked to do, one op per call of the kernel library.

Layouts, places in memory and the ops that only move values are of the `kernel` dialect
(`arhat/dialects/kernel/memory.py`).
"""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import (
    ArrayAttr,
    StringAttr,
    TensorType,
)
from xdsl.ir import Dialect
from xdsl.irdl import (
    AttrSizedOperandSegments,
    base,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.attributes import ActivationAttr
from arhat.dialects.arhat.base import BOOL, FLOAT, FLOATS, INT, INTS, UniformOp, ints_of
from arhat.dialects.cpu_int8 import INT8_OPS
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import layout_of
from arhat.dialects.phases import Phase, border, phases

PANEL = 32
"""Output channels in one panel of packed weights."""


def _window(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int, ceil: bool = False
) -> int:
    span = size + before + after - ((kernel - 1) * dilation + 1)
    return (-(-span // stride) if ceil else span // stride) + 1


# ----------------------------------------------------------------------------------------------------------- ops


@irdl_op_definition
class ConvOp(UniformOp):
    """Two-dimensional convolution with everything that follows it: `activation(conv(x) + bias + residual)`.

    With `residual_after_activation` it is `activation(conv(x) + bias) + residual`.

    Before `select-algorithms` the filter is `[O, I/groups, kh, kw]` in f32. Afterwards `algorithm` is set and the
    filter is packed for it (see `arhat/emit/cpu/packing.py`):

    - `direct`: `[panels, kh, kw, I, 32]`; register-tiled, every kernel size, stride and dilation;
    - `grouped`: `[groups, panels, kh, kw, I / groups, 32]`; the same for each group;
    - `winograd2`, `winograd4`: `[tiles, panels, I, 32]`, transformed filter of F(2x2,3x3) or F(4x4,3x3) (Lavin and
      Gray, "Fast Algorithms for Convolutional Neural Networks", 2016);
    - `depthwise`: `[kh, kw, channels rounded up to 16]`.
    """

    name = "cpu.conv"
    input = operand_def(TensorType)
    filter = operand_def(TensorType)
    bias = opt_operand_def(TensorType)
    residual = opt_operand_def(TensorType)
    slope = opt_operand_def(TensorType)
    strides = prop_def(INTS)
    pads = prop_def(INTS)
    dilations = prop_def(INTS)
    groups = prop_def(INT)
    kernel = prop_def(INTS)
    activation = opt_prop_def(ActivationAttr)
    residual_after_activation = opt_prop_def(BOOL)
    algorithm = opt_prop_def(StringAttr)
    scratch_bytes = opt_prop_def(INT)
    output = result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(Pure())

    ALGORITHMS: ClassVar = ("direct", "grouped", "winograd2", "winograd4", "depthwise")

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        x, y = tensor_of(self.input), tensor_of(self.output)
        if len(x.get_shape()) != 4 or len(y.get_shape()) != 4:
            raise VerifyException("input and output have four dimensions: batch, channels, height, width")
        n, c, height, width = x.get_shape()
        top, left, bottom, right = ints_of(self.pads)
        kh, kw = ints_of(self.kernel)
        sh, sw = ints_of(self.strides)
        dh, dw = ints_of(self.dilations)
        groups = self.groups.value.data
        oc = y.get_shape()[1]
        if c % groups or oc % groups:
            raise VerifyException(f"{groups} groups do not divide {c} input and {oc} output channels")
        expected = (n, oc, _window(height, kh, sh, dh, top, bottom), _window(width, kw, sw, dw, left, right))
        if expected != y.get_shape():
            raise VerifyException(f"the output should be {expected}, not {y.get_shape()}")
        if self.algorithm is None:
            want = (oc, c // groups, kh, kw)
            if tensor_of(self.filter).get_shape() != want:
                raise VerifyException(
                    f"the filter should be {want}, not {tensor_of(self.filter).get_shape()}"
                )
        elif self.algorithm.data not in self.ALGORITHMS:
            raise VerifyException(f"unknown algorithm '{self.algorithm.data}'")
        layout = layout_of(x)
        if layout is not None and any(
            have < need for have, need in zip(layout.halo, needed_halo(self), strict=True)
        ):
            raise VerifyException(f"the input's halo {list(layout.halo)} is smaller than {needed_halo(self)}")
        if self.residual is not None and tensor_of(self.residual).get_shape() != y.get_shape():
            raise VerifyException("the residual has the shape of the output")
        if residual_comes_last(self) and (self.residual is None or self.activation is None):
            raise VerifyException("'residual_after_activation' needs a residual and an activation")


def residual_comes_last(op: ConvOp) -> bool:
    """Whether the residual is added to the activation's result instead of to its operand."""
    return op.residual_after_activation is not None and bool(op.residual_after_activation.value.data)


def needed_halo(op: ConvOp | TransposedConvOp) -> list[int]:
    """Border that a convolution reads around its input: `[top, left, bottom, right]`."""
    _, _, height, width = tensor_of(op.input).get_shape()
    if isinstance(op, TransposedConvOp):
        rows, columns = phases_of(op)
        top, bottom = border(height, rows)
        left, right = border(width, columns)
        return [top, left, bottom, right]
    _, _, oh, ow = tensor_of(op.output).get_shape()
    top, left, _, _ = ints_of(op.pads)
    (kh, kw), (sh, sw), (dh, dw) = ints_of(op.kernel), ints_of(op.strides), ints_of(op.dilations)
    bottom = (oh - 1) * sh + (kh - 1) * dh + 1 - top - height
    right = (ow - 1) * sw + (kw - 1) * dw + 1 - left - width
    return [top, left, max(bottom, 0), max(right, 0)]


@irdl_op_definition
class TransposedConvOp(UniformOp):
    """Two-dimensional transposed convolution with everything that follows it: `activation(conv_t(x) + bias)`.

    `pads` is what is cut off the result, `[top, left, bottom, right]`. It is computed as one ordinary convolution for
    every remainder of the output coordinates modulo the strides (`arhat.dialects.phases`), each of which writes its own
    pixels. Before `select-algorithms` the filter is `[I, O/groups, kh, kw]` in f32. Afterwards `algorithm` is set and
    the filter is one row of numbers: the filters of these convolutions, by rows of phases, each packed as `cpu.conv`
    with this algorithm has it (`direct`, `grouped`, `depthwise`).
    """

    name = "cpu.transposed_conv"
    input = operand_def(TensorType)
    filter = operand_def(TensorType)
    bias = opt_operand_def(TensorType)
    slope = opt_operand_def(TensorType)
    strides = prop_def(INTS)
    pads = prop_def(INTS)
    dilations = prop_def(INTS)
    groups = prop_def(INT)
    kernel = prop_def(INTS)
    activation = opt_prop_def(ActivationAttr)
    algorithm = opt_prop_def(StringAttr)
    output = result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(Pure())

    ALGORITHMS: ClassVar = ("direct", "grouped", "depthwise")

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        x, y = tensor_of(self.input), tensor_of(self.output)
        if len(x.get_shape()) != 4 or len(y.get_shape()) != 4:
            raise VerifyException("input and output have four dimensions: batch, channels, height, width")
        n, c, *_ = x.get_shape()
        groups, outputs = self.groups.value.data, y.get_shape()[1]
        if c % groups or outputs % groups:
            raise VerifyException(f"{groups} groups do not divide {c} input and {outputs} output channels")
        if y.get_shape()[0] != n:
            raise VerifyException(f"the output should have {n} images, not {y.get_shape()[0]}")
        if self.algorithm is None:
            want = (c, outputs // groups, *ints_of(self.kernel))
            if tensor_of(self.filter).get_shape() != want:
                raise VerifyException(
                    f"the filter should be {want}, not {tensor_of(self.filter).get_shape()}"
                )
        elif self.algorithm.data not in self.ALGORITHMS:
            raise VerifyException(f"unknown algorithm '{self.algorithm.data}'")
        layout = layout_of(x)
        if layout is not None and any(
            have < need for have, need in zip(layout.halo, needed_halo(self), strict=True)
        ):
            raise VerifyException(f"the input's halo {list(layout.halo)} is smaller than {needed_halo(self)}")


def phases_of(op: TransposedConvOp) -> tuple[list[Phase], list[Phase]]:
    """The ordinary convolutions that a transposed one is made of: along the rows, along the columns."""
    sizes = tensor_of(op.output).get_shape()[2:]
    window = zip(
        ints_of(op.kernel),
        ints_of(op.strides),
        ints_of(op.dilations),
        ints_of(op.pads)[:2],
        sizes,
        strict=True,
    )
    rows, columns = (phases(*axis) for axis in window)
    return rows, columns


@irdl_op_definition
class MatmulOp(UniformOp):
    """Matrix product over the last two dimensions, the others broadcast: `activation(a @ b + bias)`.

    Before `select-algorithms` operands are dense and may be transposed. Afterwards `algorithm` is `packed` (`b` is a
    constant `[panels, K, 32]`, its logical size kept in `columns`) or `general` (both computed at run time).
    """

    name = "cpu.matmul"
    a = operand_def(TensorType)
    b = operand_def(TensorType)
    bias = opt_operand_def(TensorType)
    transpose_a = prop_def(BOOL)
    transpose_b = prop_def(BOOL)
    activation = opt_prop_def(ActivationAttr)
    algorithm = opt_prop_def(StringAttr)
    scratch_bytes = opt_prop_def(INT)
    output = result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(Pure())

    ALGORITHMS: ClassVar = ("packed", "general")

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        a, y = tensor_of(self.a).get_shape(), tensor_of(self.output).get_shape()
        if len(a) < 2 or len(y) < 2:
            raise VerifyException("operands and result have at least two dimensions")
        rows = a[-1] if self.transpose_a.value.data else a[-2]
        if y[-2] != rows:
            raise VerifyException(f"the result should have {rows} rows, not {y[-2]}")
        if self.algorithm is not None and self.algorithm.data not in self.ALGORITHMS:
            raise VerifyException(f"unknown algorithm '{self.algorithm.data}'")


class PoolOp(UniformOp):
    """Common part of the pooling ops: window, stride and padding; the result's size is that of its type."""

    input = operand_def(TensorType)
    kernel = prop_def(INTS)
    strides = prop_def(INTS)
    pads = prop_def(INTS)
    output = result_def(TensorType)
    traits = traits_def(Pure())

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        x, y = tensor_of(self.input).get_shape(), tensor_of(self.output).get_shape()
        if len(x) != 4 or len(y) != 4 or x[:2] != y[:2]:
            raise VerifyException("input and output are batch, channels, height, width, the first two equal")


@irdl_op_definition
class MaxPoolOp(PoolOp):
    """Maximum over windows; padding takes no part. `pads` is `[top, left, bottom, right]`."""

    name = "cpu.max_pool"
    dilations = prop_def(INTS)


@irdl_op_definition
class AvgPoolOp(PoolOp):
    """Mean over windows; with `exclude_pad` the padding does not count as elements."""

    name = "cpu.avg_pool"
    exclude_pad = prop_def(BOOL)


class RecurrentOp(UniformOp):
    """Common part of the recurrences: `arhat.*_sequence` without the product of the input and the weights.

    `gates` [N, T, D, G*H] is that product with the bias, for all steps. Before `select-algorithms` the recurrent
    weights `r` are [D, G*H, H]. Afterwards `algorithm` is `packed` and they are [D, G * ceil(H/32), H, 32]. Properties
    and results are those of the `arhat` ops.
    """

    GATES: ClassVar[int]

    traits = traits_def(Pure())
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def check_shapes(self, states: int) -> None:
        """Check shapes and properties against each other."""
        gates, r = tensor_of(self.operands[0]).get_shape(), tensor_of(self.operands[1]).get_shape()
        y = tensor_of(self.results[0]).get_shape()
        if len(gates) != 4 or len(y) != 4:
            raise VerifyException("gates and hidden states have four dimensions")
        rows, steps, directions, width = gates
        hidden = y[3]
        if y != (rows, directions, steps, hidden) or width != self.GATES * hidden:
            raise VerifyException(f"the hidden states {y} do not belong to gates {gates}")
        algorithm = self.properties.get("algorithm")
        if algorithm not in (None, StringAttr("packed")):
            raise VerifyException(f"unknown algorithm {algorithm}")
        want: tuple[int, ...] = (directions, width, hidden)
        if algorithm is not None:
            want = (directions, self.GATES * -(-hidden // PANEL), hidden, PANEL)
        if r != want:
            raise VerifyException(f"the recurrent weights should be {want}, not {r}")
        for value in (*self.operands[2 : 2 + states], *self.results[1:]):
            if tensor_of(value).get_shape() != (rows, directions, hidden):
                raise VerifyException(f"states should be {(rows, directions, hidden)}")


@irdl_op_definition
class LstmOp(RecurrentOp):
    """The recurrence of `arhat.lstm_sequence`."""

    name = "cpu.lstm"
    GATES: ClassVar[int] = 4
    gates = operand_def(TensorType)
    r = operand_def(TensorType)
    initial_h = operand_def(TensorType)
    initial_c = operand_def(TensorType)
    lengths = opt_operand_def(TensorType)
    direction = prop_def(StringAttr)
    activations = prop_def(base(ArrayAttr))
    alpha = prop_def(FLOATS)
    beta = prop_def(FLOATS)
    clip = prop_def(FLOAT)
    algorithm = opt_prop_def(StringAttr)
    scratch_bytes = opt_prop_def(INT)
    y = result_def(TensorType)
    h = result_def(TensorType)
    c = result_def(TensorType)

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        self.check_shapes(2)


@irdl_op_definition
class GruOp(RecurrentOp):
    """The recurrence of `arhat.gru_sequence`."""

    name = "cpu.gru"
    GATES: ClassVar[int] = 3
    gates = operand_def(TensorType)
    r = operand_def(TensorType)
    initial_h = operand_def(TensorType)
    recurrent_bias = opt_operand_def(TensorType)
    lengths = opt_operand_def(TensorType)
    direction = prop_def(StringAttr)
    activations = prop_def(base(ArrayAttr))
    alpha = prop_def(FLOATS)
    beta = prop_def(FLOATS)
    clip = prop_def(FLOAT)
    linear_before_reset = prop_def(BOOL)
    algorithm = opt_prop_def(StringAttr)
    scratch_bytes = opt_prop_def(INT)
    y = result_def(TensorType)
    h = result_def(TensorType)

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        self.check_shapes(1)
        if bool(self.linear_before_reset.value.data) != (self.recurrent_bias is not None):
            raise VerifyException("a recurrent bias is there exactly with 'linear_before_reset'")


@irdl_op_definition
class RnnOp(RecurrentOp):
    """The recurrence of `arhat.rnn_sequence`."""

    name = "cpu.rnn"
    GATES: ClassVar[int] = 1
    gates = operand_def(TensorType)
    r = operand_def(TensorType)
    initial_h = operand_def(TensorType)
    lengths = opt_operand_def(TensorType)
    direction = prop_def(StringAttr)
    activations = prop_def(base(ArrayAttr))
    alpha = prop_def(FLOATS)
    beta = prop_def(FLOATS)
    clip = prop_def(FLOAT)
    algorithm = opt_prop_def(StringAttr)
    scratch_bytes = opt_prop_def(INT)
    y = result_def(TensorType)
    h = result_def(TensorType)

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        self.check_shapes(1)


CPU = Dialect(
    "cpu",
    [
        ConvOp,
        TransposedConvOp,
        MatmulOp,
        MaxPoolOp,
        AvgPoolOp,
        LstmOp,
        GruOp,
        RnnOp,
        *INT8_OPS,
    ],
    [],
)
