"""Small random networks of `trt` layers in f32, in which every layer has a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import strategies as st
from unit.passes.networks import Drawn
from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr, f16, f32, i32
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue

from arhat.dialects import trt
from arhat.dialects.arhat import LayerAttr, tensor_type
from arhat.dialects.kernel import shape_of, tensor_of
from arhat.layers import set_layers
from arhat.weights import WeightStore, attach, make_constant

SCALES = (0.25, 0.25, 0.125)
"""Scales of quantisations: multiples of them, and sums of those, are f16 numbers."""


class Network:
    """Builds one network, drawing every choice. Its values stay of the size of 1."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self._draw = draw
        self.store = WeightStore()
        self.block = Block(arg_types=[tensor_type(f32, (1, 4, 6, 6))])
        self.random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.values: list[SSAValue] = [self.block.args[0]]
        self.count = 0

    def pick(self, count: int) -> int:
        return self._draw(st.integers(0, count - 1))

    def emit(
        self,
        layer: type[trt.TrtOp],
        operands: Sequence[SSAValue | None],
        types: Attribute | None = None,
        **properties: object,
    ) -> SSAValue:
        self.count += 1
        op = layer.make(operands, properties, types)  # type: ignore[arg-type]
        set_layers(op, [LayerAttr.get(f"layer{self.count}", self.count)])
        self.block.add_op(op)
        return op.results[0]

    def weights(self, array: np.ndarray) -> SSAValue:
        op = make_constant(self.store, np.asarray(array, np.float32), "weight")
        self.block.add_op(op)
        return op.result

    def constant(self, array: np.ndarray) -> SSAValue:
        return self.emit(trt.ConstantOp, [self.weights(array)])

    def value(self, rank: int | None = None) -> SSAValue:
        """One of the last values, mostly the very last: passes look for chains."""
        fitting = [v for v in self.values[-4:] if rank is None or len(shape_of(v)) == rank]
        fitting = fitting or [self.block.args[0]]
        return fitting[-1 - max(0, self.pick(len(fitting) + 3) - 3)]

    # ---- layers that compute

    def convolution(self) -> SSAValue:
        x = self.value(4)
        channels, height, width = shape_of(x)[1:]
        size, outputs = (3 if min(height, width) >= 3 else 1), 2 + self.pick(3)
        kernel = self.random.standard_normal((outputs, channels, size, size)) / np.sqrt(
            channels * size * size
        )
        bias = self.weights(self.random.standard_normal(outputs)) if self.pick(2) else None
        pads = [self.pick(2)] * 2
        return self.emit(
            trt.ConvolutionOp,
            [x, self.weights(kernel), bias],
            strides=[1, 1],
            pre_padding=pads,
            post_padding=pads,
            dilations=[1, 1],
            groups=1,
        )

    def product(self) -> SSAValue:
        x = self.flat()
        depth = shape_of(x)[-1]
        w = self.constant(self.random.standard_normal((depth, 4 + self.pick(5))) / np.sqrt(depth))
        return self.emit(trt.MatrixMultiplyOp, [x, w], op_a="none", op_b="none")

    def flat(self) -> SSAValue:
        x = self.value()
        return self.emit(trt.ShuffleOp, [x], reshape=[1, -1]) if len(shape_of(x)) != 2 else x

    def activation(self) -> SSAValue:
        kind, properties = [
            ("relu", {}),
            ("tanh", {}),
            ("sigmoid", {}),
            ("clip", {"alpha": -1.0, "beta": 1.0}),
        ][self.pick(4)]
        return self.emit(trt.ActivationOp, [self.value()], kind=kind, **properties)

    def sum(self) -> SSAValue:
        x = self.value()
        others = [v for v in self.values if v.type == x.type]
        if self.pick(2):
            other = self.constant(np.full([1] * len(shape_of(x)), [0.5, 0.25, -0.5][self.pick(3)]))
        else:
            other = others[self.pick(len(others))]
        return self.emit(trt.ElementWiseOp, [x, other], op=["sum", "max", "min"][self.pick(3)])

    def norm(self) -> SSAValue:
        """Of the last axis: squares, their sum, a root, a quotient."""
        x = self.value()
        squares = self.emit(trt.ElementWiseOp, [x, x], op="prod")
        total = self.emit(trt.ReduceOp, [squares], op="sum", axes=[len(shape_of(x)) - 1], keep_dims=True)
        one = self.constant(np.ones([1] * len(shape_of(x))))
        root = self.emit(trt.UnaryOp, [self.emit(trt.ElementWiseOp, [total, one], op="sum")], op="sqrt")
        return self.emit(trt.ElementWiseOp, [x, root], op="div")

    def soft_max(self) -> SSAValue:
        x = self.value()
        return self.emit(trt.SoftMaxOp, [x], axis=len(shape_of(x)) - 1)

    def mean(self) -> SSAValue:
        x = self.value()
        return self.emit(trt.ReduceOp, [x], op="avg", axes=[len(shape_of(x)) - 1], keep_dims=True)

    def quantization(self) -> SSAValue:
        """Quantised and dequantised, now and then twice."""
        x = self.value()
        for _ in range(1 + self.pick(2)):
            scales = [self.constant(np.array(SCALES[self.pick(3)])) for _ in range(2)]
            x = self.emit(trt.QuantizeOp, [x, scales[0]])
            x = self.emit(trt.DequantizeOp, [x, scales[1]], tensor_type(f32, shape_of(x)))
        return x

    # ---- layers that move

    def shuffle(self) -> SSAValue:
        """Up to three, of which some do nothing."""
        x = self.value()
        for _ in range(1 + self.pick(3)):
            x = self.one_shuffle(x)
        return x

    def one_shuffle(self, x: SSAValue) -> SSAValue:
        shape = shape_of(x)
        properties: dict[str, object] = {}
        if self.pick(2):
            order = self.order(len(shape))
            properties["first_transpose"] = order
            shape = tuple(shape[axis] for axis in order)
        if self.pick(2):
            shape = self.another_shape(shape)
            properties["reshape"] = shape
        if self.pick(3) == 0:
            properties["second_transpose"] = self.order(len(shape))
        return self.emit(trt.ShuffleOp, [x], **properties)

    def order(self, rank: int) -> list[int]:
        axes = list(range(rank))
        if self.pick(4):
            i, j = self.pick(rank), self.pick(rank)
            axes[i], axes[j] = axes[j], axes[i]
        return axes

    def another_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Two axes as one, or one as two; four axes at most."""
        axis = self.pick(len(shape))
        if axis + 1 < len(shape) and (self.pick(2) or len(shape) >= 4):
            return (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :])
        part = 2 if shape[axis] % 2 == 0 else 1
        return (*shape[:axis], part, shape[axis] // part, *shape[axis + 1 :]) if len(shape) < 4 else shape

    def slice(self) -> SSAValue:
        x = self.value()
        shape = list(shape_of(x))
        axis = self.pick(len(shape))
        starts = [0] * len(shape)
        if shape[axis] > 3 and self.pick(2):
            starts[axis], shape[axis] = 1, shape[axis] - 1
        strides = [1] * len(shape)
        return self.emit(
            trt.SliceOp, [x, None, None], starts=starts, sizes=shape, strides=strides, mode="strict_bounds"
        )

    def concatenation(self) -> SSAValue:
        x = self.value()
        shape = shape_of(x)
        if max(shape) > 100:
            return self.emit(trt.ActivationOp, [x], kind="tanh")
        others = [v for v in self.values if v.type == x.type]
        return self.emit(
            trt.ConcatenationOp, [x, others[self.pick(len(others))]], axis=min(1, len(shape) - 1)
        )

    def casts(self) -> SSAValue:
        """There and back; through i32 it is a rounding."""
        x = self.value()
        for element in ([f16], [f16, f32, f16], [i32], [f32])[self.pick(4)]:
            x = self.emit(trt.CastOp, [x], tensor_type(element, shape_of(x)))
        return self.emit(trt.CastOp, [x], tensor_type(f32, shape_of(x)))

    def finish(self) -> ModuleOp:
        """The module with some of the last values as outputs."""
        outputs = list(
            dict.fromkeys(v for v in self.values[-1 - self.pick(3) :] if not isinstance(v.owner, Block))
        )
        if not outputs:
            outputs = [self.emit(trt.ActivationOp, [self.block.args[0]], kind="relu")]
        self.block.add_op(func.ReturnOp(*outputs))
        results = [DictionaryAttr({"arhat.name": StringAttr(f"out{i}")}) for i in range(len(outputs))]
        main = func.FuncOp(
            "main",
            ([self.block.args[0].type], [v.type for v in outputs]),
            Region(self.block),
            arg_attrs=ArrayAttr([DictionaryAttr({"arhat.name": StringAttr("x")})]),
            res_attrs=ArrayAttr(results),
        )
        module = ModuleOp([main])
        attach(module, self.store)
        module.verify()
        return module


@st.composite
def networks(draw: st.DrawFn, *, moving: bool = True) -> Drawn:
    """A module of 1 to 8 random pieces; `moving` makes most of them layers that only move, cast or quantise."""
    network = Network(draw)
    computing = [
        network.convolution,
        network.convolution,
        network.product,
        network.activation,
        network.sum,
        network.norm,
        network.soft_max,
        network.mean,
    ]
    others = [network.shuffle, network.slice, network.concatenation]
    if moving:
        others = [
            *others,
            network.shuffle,
            network.shuffle,
            network.casts,
            network.casts,
            network.quantization,
        ]
    pieces = [*computing, *others * (2 if moving else 1)]
    for _ in range(draw(st.integers(1, 8))):
        network.values.append(pieces[network.pick(len(pieces))]())
    return Drawn(network.finish())


def layers_of_network(module: ModuleOp) -> list[Operation]:
    """The layers that are no constants, in order."""
    return [op for op in module.walk() if isinstance(op, trt.TrtOp) and not isinstance(op, trt.ConstantOp)]


def elements_of(op: Operation) -> list[Attribute]:
    """The element types of the results."""
    return [tensor_of(result).element_type for result in op.results]
