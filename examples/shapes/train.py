"""Trains the shapes detector and writes model.xml, model.bin, scene.png and truth.json beside itself.

A small SSD on MobileNet-like separable convolutions. Needs torch, openvino and pillow; one core, some
minutes:

    python train.py [--steps 3600] [--out FOLDER] [--evaluate]

The graph is written operator by operator, batch normalization still apart from its convolution, so that a
compiler has something to fuse.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openvino as ov
import torch
from draw import CLASSES, Shape, picture
from openvino import opset8 as ops
from torch import nn
from torch.nn import functional

SIDE = 160
VARIANCE = (0.1, 0.1, 0.2, 0.2)
# Per feature map: cells along a side, and the widths and heights of its clustered priors in pixels.
PRIORS = (
    (20, (18.0, 30.0, 22.0), (18.0, 22.0, 30.0)),
    (10, (40.0, 56.0, 44.0), (40.0, 44.0, 56.0)),
    (5, (70.0, 104.0, 84.0), (70.0, 84.0, 104.0)),
)
# Separable blocks: output channels, stride, and whether a head looks at the result.
BLOCKS = (
    (24, 1, False),
    (48, 2, False),
    (48, 1, False),
    (96, 2, False),
    (96, 1, True),
    (128, 2, False),
    (128, 1, True),
    (128, 2, True),
)
STEM = 16
SCENE_SEED = 20_012
THRESHOLD = 0.3


class ConvNorm(nn.Module):
    """Convolution without bias, batch normalization, ReLU6."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """[N,inputs,H,W] to [N,outputs,H',W'] within 0..6."""
        return functional.relu6(self.norm(self.conv(x)))


class Detector(nn.Module):
    """Maps pictures [N,3,160,160] of -1..1 to box offsets [N,P,4] and class logits [N,P,5]."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = ConvNorm(3, STEM, 3, 2)
        self.depthwise, self.pointwise = nn.ModuleList(), nn.ModuleList()
        self.boxes, self.classes = nn.ModuleList(), nn.ModuleList()
        channels = STEM
        for outputs, stride, head in BLOCKS:
            self.depthwise.append(ConvNorm(channels, channels, 3, stride, channels))
            self.pointwise.append(ConvNorm(channels, outputs, 1))
            channels = outputs
            if head:
                count = len(PRIORS[len(self.boxes)][1])
                self.boxes.append(nn.Conv2d(channels, 4 * count, 3, padding=1))
                self.classes.append(nn.Conv2d(channels, len(CLASSES) * count, 3, padding=1))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Offsets and logits of every prior."""
        x = self.stem(x)
        features: list[torch.Tensor] = []
        for depthwise, pointwise, (_, _, head) in zip(self.depthwise, self.pointwise, BLOCKS, strict=True):
            x = pointwise(depthwise(x))
            if head:
                features.append(x)

        def flat(heads: nn.ModuleList, last: int) -> torch.Tensor:
            parts = [h(f).permute(0, 2, 3, 1).flatten(1) for h, f in zip(heads, features, strict=True)]
            return torch.cat(parts, 1).unflatten(1, (-1, last))

        return flat(self.boxes, 4), flat(self.classes, len(CLASSES))


def prior_boxes() -> np.ndarray:
    """All priors [P, 4] as centre x, y, width, height, in the order PriorBoxClustered gives them."""
    rows: list[tuple[float, float, float, float]] = []
    for cells, widths, heights in PRIORS:
        for y in range(cells):
            for x in range(cells):
                for w, h in zip(widths, heights, strict=True):
                    rows.append(((x + 0.5) / cells, (y + 0.5) / cells, w / SIDE, h / SIDE))
    return np.array(rows, np.float32)


def corners(boxes: np.ndarray) -> np.ndarray:
    """Boxes [P, 4] given by centre and size as corners x0, y0, x1, y1."""
    return np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)


def box_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union [A, B] of corner boxes a [A, 4] and b [B, 4]."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(2)
    return both / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None] - both)


def targets(shapes: Sequence[Shape], priors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the network should say for one picture: offsets [P, 4] and labels [P] (-1: do not care)."""
    truth = np.array([s.box for s in shapes], np.float32)
    iou = box_iou(corners(priors), truth)
    best = iou.argmax(1)
    score = iou.max(1)
    for index in range(len(shapes)):  # every shape gets its best prior, however poor
        winner = int(iou[:, index].argmax())
        best[winner], score[winner] = index, 2.0
    labels = np.array([s.label for s in shapes], np.int64)[best]
    labels[score < 0.5] = -1
    labels[score < 0.4] = 0
    matched = truth[best]
    centre, size = (matched[:, :2] + matched[:, 2:]) / 2, matched[:, 2:] - matched[:, :2]
    offsets = np.concatenate(
        [(centre - priors[:, :2]) / priors[:, 2:] / VARIANCE[0], np.log(size / priors[:, 2:]) / VARIANCE[2]],
        1,
    )
    return offsets.astype(np.float32), labels


def loss_of(
    boxes: torch.Tensor, logits: torch.Tensor, offsets: torch.Tensor, labels: torch.Tensor
) -> torch.Tensor:
    """SSD's multibox loss: smooth L1 on matched priors, cross entropy with three hard negatives to a
    positive.
    """
    positive = labels > 0
    count = positive.sum().clamp(min=1)
    location = functional.smooth_l1_loss(boxes[positive], offsets[positive], reduction="sum")
    entropy = functional.cross_entropy(logits.flatten(0, 1), labels.flatten().clamp(min=0), reduction="none")
    entropy = entropy.view_as(labels)
    negative = torch.where(labels == 0, entropy.detach(), torch.full_like(entropy, -1.0))
    rank = negative.argsort(1, descending=True).argsort(1)
    hard = (rank < 3 * positive.sum(1, keepdim=True).clamp(min=1)) & (labels == 0)
    return (location + entropy[positive | hard].sum()) / count


def augmented(
    pixels: np.ndarray, shapes: list[Shape], rng: np.random.Generator
) -> tuple[np.ndarray, list[Shape]]:
    """One of the eight turns and mirrors of a picture [H, W, 3], its colours shuffled and shifted."""
    boxes = np.array([s.box for s in shapes])
    if rng.random() < 0.5:
        pixels, boxes = pixels[:, ::-1], boxes[:, [2, 1, 0, 3]] * [-1, 1, -1, 1] + [1, 0, 1, 0]
    if rng.random() < 0.5:
        pixels, boxes = pixels[::-1], boxes[:, [0, 3, 2, 1]] * [1, -1, 1, -1] + [0, 1, 0, 1]
    if rng.random() < 0.5:
        pixels, boxes = pixels.transpose(1, 0, 2), boxes[:, [1, 0, 3, 2]]
    pixels = pixels[..., rng.permutation(3)].astype(np.float32) * rng.uniform(0.8, 1.2) + rng.uniform(-20, 20)
    if rng.random() < 0.5:
        pixels = 255 - pixels
    return np.clip(pixels, 0, 255), [
        Shape(s.label, (float(b[0]), float(b[1]), float(b[2]), float(b[3])))
        for s, b in zip(shapes, boxes, strict=True)
    ]


def train(steps: int, pool: int, batch: int, seed: int) -> Detector:
    """The trained network, ready to be exported; the same machine and torch give the same numbers."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    rng = np.random.default_rng(seed)
    started = time.time()
    samples = [(np.asarray(image), shapes) for image, shapes in (picture(i) for i in range(pool))]
    print(f"drew {pool} pictures in {time.time() - started:.0f} s", flush=True)
    network, priors = Detector(), prior_boxes()
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps, pct_start=0.15)
    running, order = 0.0, np.arange(0)
    for step in range(1, steps + 1):
        if len(order) < batch:
            order = rng.permutation(pool)
        chosen, order = order[:batch], order[batch:]
        drawn = [augmented(*samples[i], rng) for i in chosen]
        wanted = [targets(shapes, priors) for _, shapes in drawn]
        pixels = np.stack([p for p, _ in drawn]).transpose(0, 3, 1, 2)
        boxes, logits = network(torch.from_numpy(pixels.copy()) / 127.5 - 1)
        loss = loss_of(
            boxes,
            logits,
            torch.from_numpy(np.stack([o for o, _ in wanted])),
            torch.from_numpy(np.stack([label for _, label in wanted])),
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        running += loss.item()
        if step % 100 == 0:
            print(f"step {step}: loss {running / 100:.3f}, {time.time() - started:.0f} s", flush=True)
            running = 0.0
    return network.eval()


def export(network: Detector) -> ov.Model:
    """The trained network as an OpenVINO model, input `image` [1,3,160,160], BGR, 0..255.

    In training every order of the channels comes up, so that BGR, which most OpenVINO models take, is as good
    as any.
    """

    def constant(values: np.ndarray | torch.Tensor, name: str, kind: type = np.float32) -> ov.Node:
        array = values.detach().numpy() if isinstance(values, torch.Tensor) else values
        return ops.constant(array.astype(kind), name=name)

    def per_channel(values: torch.Tensor, name: str) -> ov.Node:
        return constant(values.reshape(1, -1, 1, 1), name)

    def convolve(x: ov.Node, conv: nn.Conv2d, name: str) -> ov.Node:
        pads, strides = list(conv.padding), list(conv.stride)
        weight = conv.weight
        if conv.groups > 1:
            filters = constant(weight[:, None], f"{name}/weight")
            return ops.group_convolution(x, filters, strides, pads, pads, [1, 1], name=name)
        return ops.convolution(x, constant(weight, f"{name}/weight"), strides, pads, pads, [1, 1], name=name)

    def block(x: ov.Node, module: ConvNorm, name: str) -> ov.Node:
        norm = module.norm
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        shift = norm.bias - norm.running_mean * scale
        x = convolve(x, module.conv, f"{name}/conv")
        x = ops.multiply(x, per_channel(scale, f"{name}/norm/scale"), name=f"{name}/norm/mul")
        x = ops.add(x, per_channel(shift, f"{name}/norm/shift"), name=f"{name}/norm/add")
        return ops.clamp(x, 0.0, 6.0, name=f"{name}/relu6")

    def head(x: ov.Node, conv: nn.Conv2d, name: str) -> ov.Node:
        x = convolve(x, conv, name)
        x = ops.add(x, per_channel(conv.bias, f"{name}/bias"), name=f"{name}/add")
        x = ops.transpose(x, np.array([0, 2, 3, 1], np.int64), name=f"{name}/nhwc")
        return ops.reshape(x, np.array([0, -1], np.int64), special_zero=True, name=f"{name}/flat")

    def spatial(x: ov.Node, name: str) -> ov.Node:
        return ops.strided_slice(
            ops.shape_of(x, name=f"{name}/shape"), [2], [4], [1], [0], [0], name=f"{name}/hw"
        )

    image = ops.parameter([1, 3, SIDE, SIDE], np.float32, name="image")
    image.output(0).set_names({"image"})
    x = ops.multiply(image, constant(np.full((1, 1, 1, 1), 1 / 127.5), "image/factor"), name="image/scale")
    x = ops.subtract(x, constant(np.full((1, 1, 1, 1), 1.0), "image/one"), name="image/centre")
    x = block(x, network.stem, "stem")
    boxes: list[ov.Node] = []
    classes: list[ov.Node] = []
    priors: list[ov.Node] = []
    for index, (_, _, seen) in enumerate(BLOCKS):
        x = block(x, network.depthwise[index], f"block{index + 1}/depthwise")
        x = block(x, network.pointwise[index], f"block{index + 1}/pointwise")
        if seen:
            level = len(boxes)
            cells, widths, heights = PRIORS[level]
            name = f"head{level + 1}"
            boxes.append(head(x, network.boxes[level], f"{name}/boxes"))
            classes.append(head(x, network.classes[level], f"{name}/classes"))
            attributes = {
                "width": list(widths),
                "height": list(heights),
                "clip": False,
                "step": 0.0,
                "step_w": SIDE / cells,
                "step_h": SIDE / cells,
                "offset": 0.5,
                "variance": list(VARIANCE),
            }
            prior = ops.prior_box_clustered(
                spatial(x, f"{name}/priors"),
                spatial(image, f"{name}/image"),
                attributes,
                name=f"{name}/priors",
            )
            priors.append(ops.unsqueeze(prior, np.array(0, np.int64), name=f"{name}/priors/row"))
    location = ops.concat(boxes, 1, name="boxes")
    logits = ops.reshape(
        ops.concat(classes, 1, name="classes"),
        np.array([0, -1, len(CLASSES)], np.int64),
        special_zero=True,
        name="classes/rows",
    )
    scores = ops.softmax(logits, 2, name="classes/softmax")
    scores = ops.reshape(scores, np.array([0, -1], np.int64), special_zero=True, name="classes/flat")
    found = ops.detection_output(
        location,
        scores,
        ops.concat(priors, 2, name="priors"),
        {
            "background_label_id": 0,
            "top_k": 200,
            "keep_top_k": [50],
            "code_type": "caffe.PriorBoxParameter.CENTER_SIZE",
            "variance_encoded_in_target": False,
            "share_location": True,
            "nms_threshold": 0.45,
            "confidence_threshold": THRESHOLD,
            "clip_before_nms": False,
            "clip_after_nms": False,
            "decrease_label_id": False,
            "normalized": True,
            "input_height": 1,
            "input_width": 1,
            "objectness_score": 0.0,
        },
        name="detections",
    )
    result = ops.result(found, name="detections/result")
    found.output(0).set_names({"detections"})
    return ov.Model([result], [image], "shapes")


def detections(compiled: ov.CompiledModel, pixels: np.ndarray) -> np.ndarray:
    """Rows [label, score, x0, y0, x1, y1] that the model finds in an RGB picture [160, 160, 3]."""
    rows = compiled(pixels[..., ::-1].astype(np.float32).transpose(2, 0, 1)[None])[0].reshape(-1, 7)
    end = np.flatnonzero(rows[:, 0] < 0)
    return rows[: end[0] if len(end) else len(rows), 1:]


def average_precision(compiled: ov.CompiledModel, seeds: Sequence[int]) -> dict[str, float]:
    """Average precision of each class at IoU 0.5 over fresh pictures."""
    scored: dict[int, list[tuple[float, bool]]] = {label: [] for label in range(1, len(CLASSES))}
    total = dict.fromkeys(scored, 0)
    for seed in seeds:
        image, shapes = picture(seed)
        free = list(shapes)
        for shape in shapes:
            total[shape.label] += 1
        rows = detections(compiled, np.asarray(image))
        for row in sorted(rows, key=lambda r: -r[1]):
            same = [s for s in free if s.label == int(row[0])]
            iou = box_iou(row[None, 2:], np.array([s.box for s in same])) if same else np.zeros((1, 0))
            hit = iou.size > 0 and bool(iou.max() > 0.5)
            if hit:
                free.remove(same[int(iou.argmax())])
            scored[int(row[0])].append((float(row[1]), hit))
    result: dict[str, float] = {}
    for label, entries in scored.items():
        hits = np.array([hit for _, hit in sorted(entries, key=lambda e: -e[0])], float)
        recall = np.cumsum(hits) / max(total[label], 1)
        precision = np.maximum.accumulate((np.cumsum(hits) / (np.arange(len(hits)) + 1))[::-1])[::-1]
        result[CLASSES[label]] = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    return result


def main() -> None:
    """Train unless told not to, export, and measure the exported file with OpenVINO."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--steps", type=int, default=3600)
    parser.add_argument("--pool", type=int, default=6000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=here)
    parser.add_argument(
        "--evaluate", action="store_true", help="measure the model that is there; no training"
    )
    options = parser.parse_args()
    os.nice(15)
    if not options.evaluate:
        network = train(options.steps, options.pool, options.batch, options.seed)
        ov.save_model(export(network), options.out / "model.xml", compress_to_fp16=True)

    core = ov.Core()
    compiled = core.compile_model(
        core.read_model(options.out / "model.xml"), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    scores = average_precision(compiled, range(1_000_000, 1_000_300))
    for name, value in scores.items():
        print(f"average precision of {name}: {value:.3f}")
    print(f"mean average precision: {np.mean(list(scores.values())):.3f}")

    scene, shapes = picture(SCENE_SEED, side=2 * SIDE, count=8)
    scene.save(options.out / "scene.png", optimize=True)
    truth = [{"label": CLASSES[s.label], "box": [round(v, 4) for v in s.box]} for s in shapes]
    (options.out / "truth.json").write_text(json.dumps({"scene.png": truth}, indent=1) + "\n")
    small = np.asarray(scene.resize((SIDE, SIDE), 2))
    rows = detections(compiled, small)
    print(f"scene.png: {len(shapes)} shapes drawn, {len(rows)} found")
    for row in rows:
        iou = box_iou(row[None, 2:], np.array([s.box for s in shapes]))[0]
        near = shapes[int(iou.argmax())]
        print(f"  {CLASSES[int(row[0])]} {row[1]:.3f}: {CLASSES[near.label]} with IoU {iou.max():.3f}")


if __name__ == "__main__":
    main()
