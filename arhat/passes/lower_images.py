"""Part of convert-arhat-to-cpu: convolutions and pooling of one to three spatial axes as ops on images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod

from xdsl.dialects.builtin import Float32Type, NoneAttr, TensorType
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects import arhat, cpu, kernel
from arhat.dialects.arhat.base import ints, ints_of
from arhat.dialects.arhat.quantization import BYTE
from arhat.dialects.kernel import tensor_of
from arhat.passes.fold_constants import Folder
from arhat.passes.steps import Steps
from arhat.weights import module_of


def _shape(value: SSAValue) -> tuple[int, ...]:
    return tensor_of(value).get_shape()


def _given(values: Iterable[SSAValue | None]) -> list[list[SSAValue]]:
    return [[] if value is None else [value] for value in values]


def _image_type(like: SSAValue, shape: Sequence[int]) -> TensorType[Attribute]:
    return TensorType(tensor_of(like).element_type, shape, NoneAttr())


# ------------------------------------------------------------------------------------------------ convolution


def _convolution(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.ConvolutionOp)
    steps = Steps()
    rank = len(_shape(op.x))
    begin, end = ints_of(op.pads_begin), ints_of(op.pads_end)
    strides, dilations = ints_of(op.strides), ints_of(op.dilations)
    result = _shape(op.result)
    x, filter, residual = op.x, op.filter, op.residual
    if rank == 3:
        begin, end, strides, dilations = (0, *begin), (0, *end), (1, *strides), (1, *dilations)
        result = _flat_image(result)
        x, filter = steps.view(x, _flat_image(_shape(x))), steps.view(filter, _flat_image(_shape(filter)))
        residual = None if residual is None else steps.view(residual, result)
    elif rank == 5:
        planes = _shape(filter)[2]
        need = (result[2] - 1) * strides[0] + (planes - 1) * dilations[0] + 1
        padded = steps.pad(x, 2, begin[0], need - begin[0] - _shape(x)[2])
        starts = [plane * dilations[0] for plane in range(planes)]
        x = _stacked_planes(steps, padded, starts, result[2], strides[0])
        shape = _shape(filter)
        filter = steps.view(filter, (shape[0], shape[1] * planes, *shape[3:]))
        begin, end, strides, dilations = begin[1:], end[1:], strides[1:], dilations[1:]
        residual = None if residual is None else _planes_as_images(steps, residual)
        result = (result[0] * result[2], result[1], *result[3:])
    y = steps.add(
        cpu.ConvOp.build(
            operands=[[x], [filter], *_given((op.bias, residual, op.slope))],
            properties={
                "strides": ints(strides),
                "pads": ints((*begin, *end)),
                "dilations": ints(dilations),
                "groups": op.groups,
                "kernel": ints(_shape(filter)[2:]),
                "activation": op.activation,
                "residual_after_activation": op.residual_after_activation,
            },
            result_types=[_image_type(op.result, result)],
        )
    )
    _back(steps, y, _shape(op.result))
    return steps.ops


def _transposed_convolution(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.TransposedConvolutionOp)
    steps = Steps()
    begin, end = ints_of(op.pads_begin), ints_of(op.pads_end)
    strides, dilations = ints_of(op.strides), ints_of(op.dilations)
    result = _shape(op.result)
    x, filter = op.x, op.filter
    if len(result) == 3:
        begin, end, strides, dilations = (0, *begin), (0, *end), (1, *strides), (1, *dilations)
        result = _flat_image(result)
        x, filter = steps.view(x, _flat_image(_shape(x))), steps.view(filter, _flat_image(_shape(filter)))
    elif len(result) == 5:
        x = _spread_planes(steps, op)
        filter = _planes_into_inputs(steps, op, filter)
        begin, end, strides, dilations = begin[1:], end[1:], strides[1:], dilations[1:]
        result = (result[0] * result[2], result[1], *result[3:])
    y = steps.add(
        cpu.TransposedConvOp.build(
            operands=[[x], [filter], *_given((op.bias, op.slope))],
            properties={
                "strides": ints(strides),
                "pads": ints((*begin, *end)),
                "dilations": ints(dilations),
                "groups": op.groups,
                "kernel": ints(_shape(filter)[2:]),
                "activation": op.activation,
            },
            result_types=[_image_type(op.result, result)],
        )
    )
    _back(steps, y, _shape(op.result))
    return steps.ops


def _flat_image(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of one-dimensional data as images of height 1."""
    return (*shape[:2], 1, shape[2])


def _back(steps: Steps, y: SSAValue, shape: tuple[int, ...]) -> None:
    """From images to the shape of the model's result."""
    if len(shape) == 5:
        n, c, depth, height, width = shape
        y = steps.view(y, (n, depth, c, height * width))
        y = steps.transpose(y, (0, 2, 1, 3))
    steps.view(y, shape)


def _planes_as_images(steps: Steps, x: SSAValue) -> SSAValue:
    """[N, C, D, H, W] as images [N * D, C, H, W]."""
    n, c, depth, height, width = _shape(x)
    moved = steps.transpose(steps.view(x, (n, c, depth, height * width)), (0, 2, 1, 3))
    return steps.view(moved, (n * depth, c, height, width))


def _stacked_planes(steps: Steps, x: SSAValue, starts: Sequence[int], count: int, stride: int) -> SSAValue:
    """Images [N * count, C * len(starts), H, W] of a volume: channel (c, t) of image i is plane starts[t] + i * stride.

    With them a convolution over volumes is one over images with more channels, and its filter need not be moved.
    """
    n, c, _, height, width = _shape(x)
    parts: list[SSAValue] = []
    for start in starts:
        part = steps.slice(x, (0, 0, start, 0, 0), (n, c, count, height, width), (1, 1, stride, 1, 1))
        parts.append(steps.view(part, (n, c, 1, count, height * width)))
    stacked = steps.concat(parts, 2)
    moved = steps.transpose(stacked, (0, 3, 1, 2, 4))
    return steps.view(moved, (n * count, c * len(starts), height, width))


def _spread_planes(steps: Steps, op: arhat.TransposedConvolutionOp) -> SSAValue:
    """The planes of a transposed convolution's input with zeros between them, stacked: along the depth it becomes an
    ordinary convolution.
    """
    n, c, depth, height, width = _shape(op.x)
    stride, dilation, begin = (ints_of(p)[0] for p in (op.strides, op.dilations, op.pads_begin))
    planes, count = _shape(op.filter)[2], _shape(op.result)[2]
    x = op.x
    if stride > 1:
        x = steps.pad(steps.view(x, (n, c, depth, 1, height * width)), 3, 0, stride - 1)
        x = steps.view(x, (n, c, depth * stride, height, width))
    before = (planes - 1) * dilation - begin
    need = count + (planes - 1) * dilation
    x = steps.pad(x, 2, before, need - before - depth * stride)
    return _stacked_planes(steps, x, [(planes - 1 - k) * dilation for k in range(planes)], count, 1)


def _planes_into_inputs(steps: Steps, op: arhat.TransposedConvolutionOp, filter: SSAValue) -> SSAValue:
    """The filter [I, O, kd, kh, kw] as [I * kd, O, kh, kw]."""
    inputs, outputs, planes, *window = _shape(filter)
    perm = (0, 2, 1, 3, 4)
    if isinstance(filter.owner, arhat.ConstantOp):
        moved = Folder(module_of(op)).make(arhat.TransposeOp, [filter.owner], perm=perm)
        value = steps.add(moved)
    else:
        value = steps.transpose(filter, perm)
    return steps.view(value, (inputs * planes, outputs, *window))


# ---------------------------------------------------------------------------------------------------- pooling


def _pool(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.MaxPoolOp | arhat.AvgPoolOp)
    x = tensor_of(op.x)
    quantized = x.element_type == BYTE and len(x.get_shape()) == 4
    if isinstance(op, arhat.MaxPoolOp) and not (isinstance(x.element_type, Float32Type) or quantized):
        return [kernel.MaxPoolOp.make([op.x], op.properties, op.result.type)]
    steps = Steps()
    rank = len(_shape(op.x))
    lists = [ints_of(p) for p in (op.kernel, op.strides, op.pads_begin, op.pads_end)]
    lists.append(ints_of(op.dilations) if isinstance(op, arhat.MaxPoolOp) else (1,) * (rank - 2))
    n, c, *sizes = _shape(op.x)
    result = _shape(op.result)
    absent = (1, 1, 0, 0, 1)
    if rank == 4:
        y = _image_pool(steps, op, op.x, lists, result)
    elif rank == 3:
        y = steps.view(op.x, (n, c, 1, *sizes))
        y = _image_pool(
            steps, op, y, [(a, *v) for a, v in zip(absent, lists, strict=True)], (n, c, 1, *result[2:])
        )
    else:
        # Rows and columns of every plane first, then the planes: the maximum, and the mean, of a box is that of its
        # planes' maxima or means.
        depth, height, width = sizes
        y = steps.view(op.x, (n, c * depth, height, width))
        y = _image_pool(steps, op, y, [v[1:] for v in lists], (n, c * depth, *result[3:]))
        pixels = prod(result[3:])
        y = steps.view(y, (n, c, depth, pixels))
        along = [(v[0], a) for a, v in zip(absent, lists, strict=True)]
        y = _image_pool(steps, op, y, along, (n, c, result[2], pixels))
    steps.view(y, result)
    return steps.ops


def _image_pool(
    steps: Steps,
    op: arhat.MaxPoolOp | arhat.AvgPoolOp,
    x: SSAValue,
    lists: Sequence[Sequence[int]],
    shape: Sequence[int],
) -> SSAValue:
    """A pooling of images: kernel, strides, pads before and after, dilations."""
    size, strides, begin, end, dilations = lists
    plain = all(v == 1 for v in (*size, *strides)) and not any((*begin, *end))
    if plain and len(_shape(op.x)) == 5:
        return x
    properties: dict[str, Attribute] = {
        "kernel": ints(size),
        "strides": ints(strides),
        "pads": ints((*begin, *end)),
    }
    type_ = _image_type(op.result, shape)
    if isinstance(op, arhat.MaxPoolOp):
        properties["dilations"] = ints(dilations)
        return steps.add(cpu.MaxPoolOp.create(operands=[x], properties=properties, result_types=[type_]))
    properties["exclude_pad"] = op.exclude_pad
    return steps.add(cpu.AvgPoolOp.create(operands=[x], properties=properties, result_types=[type_]))


IMAGE_LOWERINGS: dict[str, Callable[[Operation], list[Operation]]] = {
    "arhat.convolution": _convolution,
    "arhat.transposed_convolution": _transposed_convolution,
    "arhat.max_pool": _pool,
    "arhat.avg_pool": _pool,
}
"""The lowerings of this file by name of the op."""
