"""Small random networks in f64, in which every operation is a layer of its own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st
from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, ModuleOp, StringAttr, f64
from xdsl.ir import Block, Region, SSAValue

from arhat.dialects.arhat import (
    AddOp,
    ArhatOp,
    ClampOp,
    ConcatOp,
    ConvolutionOp,
    DivideOp,
    EluOp,
    HSigmoidOp,
    HSwishOp,
    LayerAttr,
    LeakyReluOp,
    MatmulOp,
    MaximumOp,
    MinimumOp,
    MishOp,
    MultiplyOp,
    PadOp,
    PreluOp,
    ReduceMeanOp,
    ReluOp,
    ReshapeOp,
    SigmoidOp,
    SliceOp,
    SoftplusOp,
    SubtractOp,
    SwishOp,
    TanhOp,
    TransposeOp,
    shape_of,
    tensor_type,
)
from arhat.driver.registry import make_context, make_resolver
from arhat.weights import WeightStore, attach, make_constant

CHAIN = [AddOp, SubtractOp, MultiplyOp, DivideOp]
UNARY: list[tuple[type[ArhatOp], dict[str, float]]] = [
    (ReluOp, {}),
    (LeakyReluOp, {"alpha": 0.125}),
    (ClampOp, {"min": 0.0, "max": 6.0}),
    (ClampOp, {"min": 0.0, "max": float("inf")}),
    (ClampOp, {"min": -1.0, "max": 2.0}),
    (SigmoidOp, {}),
    (EluOp, {"alpha": 1.0}),
    (TanhOp, {}),
    (SwishOp, {}),
    (SwishOp, {"beta": 1.5}),
    (HSwishOp, {}),
    (MishOp, {}),
]


class Network:
    """Builds one network, drawing every choice."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self._draw = draw
        self.store = WeightStore()
        self.block = Block(arg_types=[tensor_type(f64, (1, 4, 6, 6))])
        self.random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        self.values: list[SSAValue] = [self.block.args[0]]
        self.count = 0

    def pick(self, count: int) -> int:
        return self._draw(st.integers(0, count - 1))

    def layer(self) -> list[LayerAttr]:
        self.count += 1
        return [LayerAttr.get(f"layer{self.count}", self.count)]

    def emit(self, kind: type[ArhatOp], operands: list[SSAValue | None], **properties: object) -> SSAValue:
        op = kind.build_inferred(operands, properties, self.layer())  # type: ignore[arg-type]
        self.block.add_op(op)
        return op.results[0]

    def constant(self, *shape: int) -> SSAValue:
        """Away from zero, of either sign; now and then one value throughout, such as 0 or 1."""
        array = self.random.uniform(0.5, 1.5, shape) * self.random.choice([-1.0, 1.0], shape)
        if self.pick(5) == 0:
            array = np.full(shape, [1.0, 0.5, -1.0][self.pick(3)])
        return self.array(array)

    def array(self, array: np.ndarray) -> SSAValue:
        op = make_constant(self.store, np.asarray(array, np.float64), "weight", self.layer())
        self.block.add_op(op)
        return op.result

    def value(self, rank: int | None = None) -> SSAValue | None:
        """A value of `rank`, mostly the last one: passes look for chains."""
        fitting = [v for v in self.values[-4:] if rank is None or len(shape_of(v)) == rank]
        return fitting[-1 - max(0, self.pick(len(fitting) + 4) - 4)] if fitting else None

    def convolution(self) -> SSAValue | None:
        x = self.value(4)
        if x is None:
            return None
        channels, height, width = shape_of(x)[1:]
        kernel, pad = [(1, 0), (3, 1), (3, 0), (1, 1)][self.pick(4)]
        if min(height, width) + 2 * pad < kernel or height > 8:
            kernel, pad = 1, 0
        groups = [1, channels, 2 if channels % 2 == 0 else 1][self.pick(3)]
        outputs = groups * (1 + self.pick(2)) if groups > 1 else [channels, 2, 4][self.pick(3)]
        if outputs > 8:
            outputs = groups
        bias = self.constant(outputs) if self.pick(2) else None
        return self.emit(
            ConvolutionOp,
            [x, self.constant(outputs, channels // groups, kernel, kernel), bias],
            strides=[1, 1],
            pads_begin=[pad, pad],
            pads_end=[pad, pad],
            dilations=[1, 1],
            groups=groups,
        )

    def matmul(self) -> SSAValue | None:
        x = self.value(2)
        if x is None:
            return None
        transpose, outputs = bool(self.pick(2)), 2 + self.pick(3)
        inputs = shape_of(x)[1]
        w = self.constant(outputs, inputs) if transpose else self.constant(inputs, outputs)
        return self.emit(MatmulOp, [x, w], transpose_a=False, transpose_b=transpose)

    def step(self) -> SSAValue | None:
        """An element-wise op with a constant, on either side."""
        x = self.value()
        assert x is not None
        shape = shape_of(x)
        if len(shape) == 4:
            channel = (shape[1], 1, 1)
            shapes = [
                channel,
                channel,
                (1, *channel),
                (1, *channel),
                (),
                (1,),
                (shape[3],),
                (1, 1, *shape[2:]),
            ]
        else:
            shapes = [shape[-1:], shape[-1:], (1, shape[-1]), (), (1,)]
        return self.step_with(x, self.constant(*shapes[self.pick(len(shapes))]))

    def step_with(self, x: SSAValue, constant: SSAValue) -> SSAValue:
        kind = CHAIN[self.pick(4)]
        properties = {"python_div": True} if kind is DivideOp else {}
        first = self.pick(3) == 0 and kind is not DivideOp
        return self.emit(kind, [constant, x] if first else [x, constant], **properties)

    def layered(self) -> SSAValue | None:
        """Steps, a convolution, steps, a sum, an activation: what convolutional networks are made of."""
        x = self.value(4)
        if x is None:
            return None
        self.values.append(x)
        for _ in range(self.pick(3)):
            x = self.step_with(x, self.constant(shape_of(x)[1], 1, 1))
            self.values.append(x)
        x = self.convolution()
        assert x is not None
        self.values.append(x)
        for _ in range(self.pick(3)):
            x = self.step_with(x, self.constant(shape_of(x)[1], 1, 1))
            self.values.append(x)
        if self.pick(2):
            x = self.residual()
            assert x is not None
            self.values.append(x)
        return self.prelu() if self.pick(4) == 0 else self.activation()

    def zero_step(self) -> SSAValue | None:
        x = self.value()
        assert x is not None
        return self.emit(AddOp, [x, self.array(np.zeros(()))])

    def bound(self) -> SSAValue | None:
        x = self.value()
        assert x is not None
        return self.emit([MaximumOp, MinimumOp][self.pick(2)], [x, self.array(np.array(0.5 * self.pick(3)))])

    def activation(self) -> SSAValue | None:
        x = self.value()
        assert x is not None
        kind, properties = UNARY[self.pick(len(UNARY))]
        return self.emit(kind, [x], **properties)

    def prelu(self) -> SSAValue | None:
        x = self.value(4)
        if x is None:
            return None
        channels = shape_of(x)[1]
        shape = [(channels,), (1, channels, 1, 1), (1,)][self.pick(3)]
        return self.emit(PreluOp, [x, self.constant(*shape)])

    def residual(self) -> SSAValue | None:
        x = self.value()
        assert x is not None
        others = [v for v in self.values[-6:] if v.type == x.type]
        other = others[self.pick(len(others))]
        return self.emit(AddOp, [x, other] if self.pick(2) else [other, x])

    def gate(self) -> SSAValue | None:
        x = self.value()
        assert x is not None
        if self.pick(3) == 0:
            gate = self.emit(TanhOp, [self.emit(SoftplusOp, [x])])
        elif self.pick(2) == 0:
            shifted = self.emit(AddOp, [x, self.array(np.array(3.0))])
            gate = self.emit(ClampOp, [shifted], min=0.0, max=6.0)
            if self.pick(2) == 0:
                product = self.emit(MultiplyOp, [x, gate])
                return self.emit(DivideOp, [product, self.array(np.array(6.0))], python_div=True)
            gate = self.emit(MultiplyOp, [gate, self.array(np.array(1 / 6))])
        else:
            gate = self.emit([SigmoidOp, HSigmoidOp][self.pick(2)], [x])
        return self.emit(MultiplyOp, [x, gate])

    def move(self) -> SSAValue | None:
        x = self.value(4)
        if x is None:
            return None
        shape = shape_of(x)
        match self.pick(5):
            case 0:
                there = self.emit(TransposeOp, [x], perm=[0, 2, 3, 1])
                if self.pick(2):
                    there = self.emit(ReluOp, [there])
                return self.emit(TransposeOp, [there], perm=[0, 3, 1, 2])
            case 1:
                return self.emit(
                    ReshapeOp, [self.emit(ReshapeOp, [x], shape=[shape[1], *shape[2:], 1])], shape=shape
                )
            case 2 if max(shape[2:]) <= 8:
                return self.emit(
                    PadOp, [x], pads_begin=[0, 0, 1, 0], pads_end=[0, 0, 0, 1], mode="constant", value=0.0
                )
            case 3 if min(shape[2:]) > 3:
                sizes = [1, shape[1], shape[2] - 1, shape[3]]
                return self.emit(SliceOp, [x], starts=[0, 0, 1, 0], sizes=sizes, steps=[1, 1, 1, 1])
            case _:
                return self.emit(ConcatOp, [[x]], axis=1)  # type: ignore[list-item]

    def flatten(self) -> SSAValue | None:
        x = self.value(4)
        if x is None:
            return None
        mean = self.emit(ReduceMeanOp, [x], axes=[2, 3], keep_dims=True)
        return self.emit(ReshapeOp, [mean], shape=[1, shape_of(x)[1]])

    def finish(self) -> ModuleOp:
        """The module with the last values as outputs."""
        outputs = list(dict.fromkeys(self.values[-1 - self.pick(2) :]))
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


class Drawn:
    """A module that hypothesis can show."""

    def __init__(self, module: ModuleOp) -> None:
        self.module = module

    def __repr__(self) -> str:
        return str(self.module)


def run(pipeline: str, module: ModuleOp) -> None:
    """Applies the passes of `pipeline` and verifies the result."""
    context = make_context()
    for step in make_resolver().resolve(pipeline):
        step.apply(context, module)  # type: ignore[union-attr]
    module.verify()


@st.composite
def networks(draw: st.DrawFn) -> Drawn:
    """A module of 1 to 8 random pieces."""
    network = Network(draw)
    pieces = [
        network.layered,
        network.layered,
        network.layered,
        network.convolution,
        network.matmul,
        network.step,
        network.step,
        network.zero_step,
        network.bound,
        network.activation,
        network.activation,
        network.prelu,
        network.residual,
        network.residual,
        network.gate,
        network.move,
        network.flatten,
    ]
    for _ in range(draw(st.integers(1, 8))):
        value = pieces[network.pick(len(pieces))]()
        if value is not None:
            network.values.append(value)
    return Drawn(network.finish())
