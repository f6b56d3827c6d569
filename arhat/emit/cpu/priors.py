"""C++ statements for the prior-box ops: the same boxes, relative to its centre, around every cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from xdsl.ir import Operation

from arhat.dialects import kernel
from arhat.dialects.arhat.base import python_value
from arhat.dialects.arhat.detection import distinct_ratios
from arhat.emit.cpu.printers import Code, Printer, join
from arhat.emit.cpu.values import Values, float_literal

_F = np.float32


@dataclass(frozen=True)
class Shape:
    """A box: where its centre lies from that of the cell, half of its sides, in pixels; whether it is clipped."""

    x: float
    y: float
    half_width: float
    half_height: float
    clip: bool = False


def prior_box_shapes(op: kernel.PriorBoxOp) -> list[Shape]:
    """The boxes of one cell, in the order of the result. Source: PriorBox-1 and -8."""
    values = {name: python_value(attr) for name, attr in op.properties.items()}
    ratios = [_F(r) for r in distinct_ratios(tuple(values["aspect_ratio"]), values["flip"])]
    ratios = [r for r in ratios if abs(r - _F(1)) >= 1e-6]
    minimum = [_F(size) for size in values["min_size"]]
    if not values["scale_all_sizes"]:  # sizes are fractions of the image's height
        minimum = [size * _F(values["image"][0]) for size in minimum]
    maximum = [_F(size) for size in values["max_size"]]
    half = _F(0.5)
    shapes: list[Shape] = []

    def stretched(size: np.float32, ratio: np.float32) -> tuple[float, float]:
        root = np.sqrt(ratio)
        return float(size * half * root), float(size * half / root)

    def dense(size: np.float32, count: int, sides: tuple[float, float]) -> None:
        """A grid of count x count boxes over the cell."""
        shift, start = int(size) // count, int(size) // 2
        for row in range(count):
            for column in range(count):
                x, y = (shift / 2 - start + k * shift for k in (column, row))
                shapes.append(Shape(x, y, *sides, clip=True))

    for index, size in enumerate(_F(v) for v in values["fixed_size"]):
        count = int(values["density"][index])
        if values["fixed_ratio"]:
            for ratio in values["fixed_ratio"]:
                dense(size, count, stretched(size, _F(ratio)))
            continue
        square = float(_F(int(size)) * half)
        dense(size, count, (square, square))
        for ratio in ratios:
            dense(size, count, stretched(size, ratio))
    for index, size in enumerate(minimum):
        side = float(size * half)
        square = [Shape(0, 0, side, side)]
        if index < len(maximum):
            side = float(np.sqrt(size * maximum[index]) * half)
            square.append(Shape(0, 0, side, side))
        long: list[Shape] = []
        if values["scale_all_sizes"] or index == len(minimum) - 1:
            of = size if values["scale_all_sizes"] else minimum[0]
            long = [Shape(0, 0, *stretched(of, ratio)) for ratio in ratios]
        after = square[1:] + long if values["min_max_aspect_ratios_order"] else long + square[1:]
        shapes += [square[0], *after]
    return shapes


def _code(
    op: Operation, values: Values, shapes: list[Shape], steps: tuple[float, float], offset: float
) -> Code:
    parameters = {name: python_value(attr) for name, attr in op.properties.items()}
    (height, width), image = parameters["feature"], parameters["image"]
    variance = list(parameters["variance"])
    variance = variance if len(variance) == 4 else [variance[0] if variance else 0.1] * 4
    sizes = [float_literal(v) for v in (*image, *steps, offset)]
    clip = "true" if parameters["clip"] else "false"
    spread = join([float_literal(v) for v in variance])
    fields = [height, width, len(shapes), *sizes, clip, f"{{{spread}}}"]
    rows = [
        f"{{{join([float_literal(v) for v in (s.x, s.y, s.half_width, s.half_height)])}, "
        f"{'true' if s.clip else 'false'}}}"
        for s in shapes
    ]
    return Code(
        ("arhat/kernels/prior_box.hpp",),
        [
            "// centre of the box from that of the cell, half width and height, clipped",
            f"static constexpr PriorShape shapes[] = {{{join(rows)}}};",
            "// cells down and across, boxes, image height and width, steps, offset, clip, variances",
            f"static constexpr PriorBoxParams params{{{join(fields)}}};",
            f"prior_box(f.context, params, shapes, {values.pointer(op.results[0])});",
        ],
    )


def _prior_box(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.PriorBoxOp)
    parameters = {name: python_value(attr) for name, attr in op.properties.items()}
    (rows, columns), (height, width) = parameters["feature"], parameters["image"]
    step = _F(parameters["step"])
    if not parameters["scale_all_sizes"]:
        step = _F(height) / _F(rows) if step == -1 else step * _F(height)
    if step == 0:
        steps, offset = (float(_F(height) / _F(rows)), float(_F(width) / _F(columns))), 0.5
    else:
        steps, offset = (float(step), float(step)), parameters["offset"]
    return _code(op, values, prior_box_shapes(op), steps, offset)


def _prior_box_clustered(op: Operation, values: Values) -> Code:
    assert isinstance(op, kernel.PriorBoxClusteredOp)
    parameters = {name: python_value(attr) for name, attr in op.properties.items()}
    (rows, columns), (height, width) = parameters["feature"], parameters["image"]
    across, down = parameters["step_w"], parameters["step_h"]
    if across == 0 and down == 0:
        across, down = float(_F(width) / _F(columns)), float(_F(height) / _F(rows))
    shapes = [
        Shape(0, 0, w / 2, h / 2) for w, h in zip(parameters["width"], parameters["height"], strict=True)
    ]
    return _code(op, values, shapes, (down, across), parameters["offset"])


PRIOR_PRINTERS: dict[str, Printer] = {
    kernel.PriorBoxOp.name: _prior_box,
    kernel.PriorBoxClusteredOp.name: _prior_box_clustered,
}
