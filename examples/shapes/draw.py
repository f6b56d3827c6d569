"""Draws the pictures of the shapes detector: seeded, with the true boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("background", "circle", "square", "triangle", "star")


@dataclass(frozen=True)
class Shape:
    """One drawn shape: class 1..4 of CLASSES and its tight box x0, y0, x1, y1 as fractions of the picture."""

    label: int
    box: tuple[float, float, float, float]


def outline(kind: str, size: float, angle: float, rng: np.random.Generator) -> np.ndarray:
    """Corner points [N, 2] of a shape around the origin; `size` is its radius."""
    if kind == "circle":
        count, radii = 72, [1.0]
    elif kind == "square":
        count, radii = 4, [1.0]
    elif kind == "triangle":
        count, radii = 3, [1.0]
    else:
        count, radii = 10, [1.0, float(rng.uniform(0.38, 0.5))]
    turns = angle + 2 * math.pi * np.arange(count) / count
    radius = size * np.array([radii[i % len(radii)] for i in range(count)])
    points = np.stack([np.cos(turns) * radius, np.sin(turns) * radius], axis=1)
    stretch = rng.uniform(0.8, 1.25)  # ellipses and leaning squares too: boxes are not all alike
    return points * np.array([stretch, 1 / stretch])


def background(side: int, rng: np.random.Generator) -> np.ndarray:
    """A float picture [side, side, 3]: a gradient between two colours, blotches and a little grain."""
    across, down = np.meshgrid(np.linspace(-1, 1, side), np.linspace(-1, 1, side))
    turn = rng.uniform(0, 2 * math.pi)
    mix = (across * math.cos(turn) + down * math.sin(turn) + 1.5) / 3
    first, second = rng.uniform(20, 235, (2, 3))
    picture = first + mix[..., None] * (second - first)
    cells = int(rng.integers(3, 14))
    blotches = rng.normal(0, rng.uniform(0, 22), (cells, cells, 3)).astype(np.float32)
    for channel in range(3):
        layer = Image.fromarray(blotches[..., channel])
        picture[..., channel] += np.asarray(layer.resize((side, side), Image.Resampling.BICUBIC))
    return picture + rng.normal(0, rng.uniform(0, 9), (side, side, 1))


def overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection of two boxes over the smaller area."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))


def picture(
    seed: int, side: int = 160, count: int | None = None, grain: float = 1.0
) -> tuple[Image.Image, list[Shape]]:
    """Draw one RGB picture of `side` x `side` pixels with one to six shapes; the same seed, the same picture.

    `count` sets how many shapes to try; `grain` scales the noise over everything.
    """
    rng = np.random.default_rng(seed)
    large = side * 2  # drawn twice as large and averaged down: soft edges
    base = background(side, rng)
    canvas = Image.fromarray(np.clip(base, 0, 255).astype(np.uint8)).resize((large, large))
    pen = ImageDraw.Draw(canvas)
    shapes: list[Shape] = []
    wanted = count if count is not None else int(rng.integers(1, 7))
    for _ in range(wanted * 8):
        if len(shapes) == wanted:
            break
        label = int(rng.integers(1, len(CLASSES)))
        size = math.exp(rng.uniform(math.log(0.065), math.log(0.30)))
        points = outline(CLASSES[label], size, rng.uniform(0, 2 * math.pi), rng)
        middle = rng.uniform(0.03, 0.97, 2)
        low, high = points.min(axis=0), points.max(axis=0)
        middle = np.clip(middle, 0.01 - low, 0.99 - high)
        points = points + middle
        box = (*(low + middle), *(high + middle))
        if any(overlap(box, other.box) > 0.08 for other in shapes):
            continue
        here = base[int(middle[1] * (side - 1)), int(middle[0] * (side - 1))]
        colour = rng.uniform(0, 255, 3)
        while np.abs(colour - here).sum() < 130:  # to be seen at all
            colour = rng.uniform(0, 255, 3)
        edge = tuple(int(v) for v in rng.uniform(0, 255, 3)) if rng.random() < 0.3 else None
        pen.polygon(
            [(float(x) * large, float(y) * large) for x, y in points],
            fill=tuple(int(v) for v in colour),
            outline=edge,
            width=max(1, large // 160),
        )
        shapes.append(Shape(label, (float(box[0]), float(box[1]), float(box[2]), float(box[3]))))
    pixels = np.asarray(canvas.resize((side, side), Image.Resampling.BOX), dtype=np.float32)
    pixels = pixels + grain * rng.normal(0, rng.uniform(0, 7), pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), shapes
