"""Small random networks in f32 of what convolutional detectors are made of, for the passes of the cpu target."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
from xdsl.dialects import func
from xdsl.dialects.builtin import ModuleOp, f32
from xdsl.ir import Block, Region, SSAValue

from arhat.dialects import arhat
from arhat.dialects.arhat import ActivationAttr, ArhatOp, LayerAttr, shape_of, tensor_type
from arhat.weights import WeightStore, attach, make_constant

ACTIVATIONS = [
    None,
    ActivationAttr.get("relu"),
    ActivationAttr.get("clamp", 0.0, 6.0),
    ActivationAttr.get("sigmoid"),
    ActivationAttr.get("prelu"),
]


class Network:
    """Builds one network; the seed makes every choice."""

    def __init__(self, seed: int) -> None:
        self._choices = Random(seed)
        self.store = WeightStore()
        height, width = self.among(5, 8), self.among(5, 9)
        self.block = Block(arg_types=[tensor_type(f32, (self.among(1, 2), 3, height, width))])
        self.random = np.random.default_rng(seed)
        self.values: list[SSAValue] = [self.block.args[0]]
        self.count = 0

    def pick(self, count: int) -> int:
        return self._choices.randrange(count)

    def among(self, *choices: Any) -> Any:
        return choices[self.pick(len(choices))]

    def emit(self, kind: type[ArhatOp], operands: list[Any], **properties: Any) -> SSAValue:
        self.count += 1
        op = kind.build_inferred(operands, properties, [LayerAttr.get(f"layer{self.count}", self.count)])
        self.block.add_op(op)
        self.values.append(op.results[0])
        return op.results[0]

    def constant(self, *shape: int) -> SSAValue:
        """Random numbers; those of a filter are small, so that values stay of the size that real networks have."""
        scale = 1 / np.sqrt(np.prod(shape[1:])) if len(shape) == 4 else 1.0
        array = (scale * self.random.standard_normal(shape)).astype(np.float32)
        op = make_constant(self.store, array, "weight")
        self.block.add_op(op)
        return op.result

    def image(self) -> SSAValue:
        images = [v for v in self.values[-5:] if len(shape_of(v)) == 4] or self.values[:1]
        return images[-1 - self.pick(len(images))]

    def convolution(self) -> None:
        x = self.image()
        _, channels, height, width = shape_of(x)
        kernel, stride, dilation = self.among(
            (1, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 1), (3, 1, 2), (2, 1, 1)
        )
        pad = self.pick(3)
        if min(height, width) + 2 * pad < (kernel - 1) * dilation + 1:
            kernel = 1
        groups = self.among(1, 1, channels, 2 if channels % 2 == 0 else 1)
        outputs = groups * self.among(1, 1, 2) if groups > 1 else self.among(4, 8, 17, 40)
        if outputs > 64:
            outputs = groups
        activation = self.among(*ACTIVATIONS)
        y = (height + 2 * pad - (kernel - 1) * dilation - 1) // stride + 1
        z = (width + 2 * pad - (kernel - 1) * dilation - 1) // stride + 1
        alike = [v for v in self.values if shape_of(v) == (shape_of(x)[0], outputs, y, z)]
        self.emit(
            arhat.ConvolutionOp,
            [
                x,
                self.constant(outputs, channels // groups, kernel, kernel),
                self.constant(outputs) if self.pick(2) else None,
                alike[self.pick(len(alike))] if alike and self.pick(2) else None,
                self.constant(outputs) if activation == ACTIVATIONS[-1] else None,
            ],
            strides=[stride, stride],
            pads_begin=[pad, pad],
            pads_end=[pad, pad],
            dilations=[dilation, dilation],
            groups=groups,
            activation=activation,
        )

    def pool(self) -> None:
        x = self.image()
        if min(shape_of(x)[2:]) < 2:
            return
        window = {
            "kernel": [2, 2],
            "strides": self.among([1, 1], [2, 2]),
            "pads_begin": [0, 0],
            "pads_end": self.among([0, 0], [1, 1]),
            "rounding": self.among("floor", "ceil"),
        }
        if self.pick(2):
            self.emit(arhat.MaxPoolOp, [x], dilations=[1, 1], **window)
        else:
            self.emit(arhat.AvgPoolOp, [x], exclude_pad=bool(self.pick(2)), **window)

    def unary(self) -> None:
        kind, properties = self.among(
            (arhat.ReluOp, {}), (arhat.SigmoidOp, {}), (arhat.EluOp, {"alpha": 1.0})
        )
        self.emit(kind, [self.image()], **properties)

    def binary(self) -> None:
        x = self.image()
        alike = [v for v in self.values if shape_of(v) == shape_of(x)]
        other = self.among(alike[self.pick(len(alike))], self.constant(shape_of(x)[1], 1, 1), self.constant())
        self.emit(self.among(arhat.AddOp, arhat.MultiplyOp), [x, other])

    def pad(self) -> None:
        pads = [0, 0, self.pick(2), self.pick(2)]
        self.emit(
            arhat.PadOp,
            [self.image()],
            pads_begin=pads,
            pads_end=[0, 0, 1, 1],
            mode="constant",
            value=self.among(0.0, 0.0, 1.0),
        )

    def concat(self) -> None:
        x = self.image()
        n, _, height, width = shape_of(x)
        alike = [
            v for v in self.values if len(s := shape_of(v)) == 4 and (s[0], *s[2:]) == (n, height, width)
        ]
        parts = [alike[self.pick(len(alike))] for _ in range(2 + self.pick(2))]
        if sum(shape_of(p)[1] for p in parts) < 200:
            self.emit(arhat.ConcatOp, [parts], axis=1)

    def resize(self) -> None:
        x = self.image()
        sizes = [2 * d for d in shape_of(x)[2:]]
        if max(sizes) > 20:
            return
        self.emit(
            arhat.InterpolateOp,
            [x],
            axes=[2, 3],
            sizes=sizes,
            scales=[2.0, 2.0],
            mode=self.among("nearest", "linear_onnx"),
            coordinate_transformation="half_pixel",
            nearest_mode="round_prefer_floor",
            antialias=False,
            cube_coeff=-0.75,
            pads_begin=[0, 0, 0, 0],
            pads_end=[0, 0, 0, 0],
        )

    def there_and_back(self) -> None:
        x = self.emit(arhat.TransposeOp, [self.image()], perm=[0, 2, 3, 1])
        if self.pick(2):
            self.emit(arhat.TransposeOp, [x], perm=[0, 3, 1, 2])

    def heads(self) -> SSAValue:
        """Heads of a detector: convolutions to NHWC, flattened, joined."""
        parts: list[SSAValue] = []
        for _ in range(2):
            x = self.image()
            n, channels = shape_of(x)[:2]
            head = self.emit(
                arhat.ConvolutionOp,
                [x, self.constant(6, channels, 3, 3), self.constant(6)],
                strides=[1, 1],
                pads_begin=[1, 1],
                pads_end=[1, 1],
                dilations=[1, 1],
                groups=1,
            )
            moved = self.emit(arhat.TransposeOp, [head], perm=[0, 2, 3, 1])
            boxes = shape_of(moved)[1] * shape_of(moved)[2] * 3
            parts.append(self.emit(arhat.ReshapeOp, [moved], shape=[n, boxes, 2]))
        joined = self.emit(arhat.ConcatOp, [parts], axis=1)
        return self.emit(arhat.SoftmaxOp, [joined], axis=2) if self.pick(2) else joined

    def module(self) -> ModuleOp:
        steps = [self.convolution, self.convolution, self.pool, self.unary, self.binary, self.concat]
        steps += [self.resize, self.there_and_back, self.pad]
        for _ in range(2 + self.pick(8)):
            steps[self.pick(len(steps))]()
        outputs = [self.values[-1 - self.pick(min(3, len(self.values)))] for _ in range(1 + self.pick(2))]
        if self.pick(2):
            outputs.append(self.heads())
        self.block.add_op(func.ReturnOp(*outputs))
        kinds = ([a.type for a in self.block.args], [v.type for v in outputs])
        module = ModuleOp([func.FuncOp("main", kinds, Region(self.block))])
        attach(module, self.store)
        return module


def network(seed: int) -> ModuleOp:
    """A module of the `arhat` dialect with one image as input; equal seeds give equal modules."""
    return Network(seed).module()
