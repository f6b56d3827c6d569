"""Pass `add-detection`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, FunctionType, ModuleOp, StringAttr, f32
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat import (
    AddOp,
    ArhatOp,
    ConcatOp,
    ConvertOp,
    DetectionOutputOp,
    ExpOp,
    LayerAttr,
    MultiplyOp,
    RegionYoloOp,
    ReshapeOp,
    SigmoidOp,
    SliceOp,
    SubtractOp,
    TransposeOp,
)
from arhat.dialects.arhat.base import OperandArg, Property, element_of, floats_of, ints_of, shape_of
from arhat.errors import UserError, quote
from arhat.interpreters import input_names, output_names
from arhat.options import DetectOptions, check_detect
from arhat.passes.preprocess import layouts
from arhat.passes.support import entry_point
from arhat.weights import WeightStore, attach, make_constant, store_of

NAME = "detections"
"""The name of the output."""

ANCHORS: Mapping[int, tuple[float, ...]] = {
    3: (10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326),
    4: (12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401),
    5: (10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326),
}
"""Anchors of the published networks, in pixels of their input, the smallest first, by version."""

COORDS = 4


@dataclass(frozen=True)
class Head:
    """One output of a YOLO network: how its values are to be read.

    `kind` is `grid` (boxes on a grid of `rows` by `columns` cells, `anchors` for each, in pixels) or `boxes` (a list of
    boxes, decoded already, in pixels). `order` says how a value lies: `NCHW`, `NHWC` or `NAHWC` of grids, `NPC` or
    `NCP` of boxes. `raw` values still need their sigmoid; `objectness` tells whether there is such a value.
    """

    kind: str
    version: int
    order: str
    classes: int
    raw: bool = False
    objectness: bool = True
    rows: int = 0
    columns: int = 0
    anchors: tuple[tuple[float, float], ...] = ()

    @property
    def values(self) -> int:
        """How many values a box has."""
        return COORDS + int(self.objectness) + self.classes


@dataclass(frozen=True)
class AddDetectionPass(ModulePass):
    """Makes boxes of the outputs of a YOLO network: decodes them, suppresses overlaps and keeps the best.

    The outputs that are heads of the network give way to one, `detections` [1, 1, max, 7], in the form that
    `arhat.detection_output` has for every detector: image, class, score, and the box as fractions of the picture. The
    score of a class is its probability times the objectness; each class is suppressed by itself.

    Boxes are decoded as the networks were trained, with cells `(i, j)` of a grid, and anchors in pixels:

    - versions 2, 3 and 4: centre `sigmoid(t) + cell`, size `anchor * exp(t)`. Where there is RegionYolo, it says what
      the head is and has done the sigmoids (of version 2 the softmax, too; its anchors count cells).
    - version 5: centre `2 * sigmoid(t) - 0.5 + cell`, size `anchor * (2 * sigmoid(t))^2`.
    - an output [1, boxes, 5 + classes] (version 5) or [1, 4 + classes, boxes] (version 8, without objectness) is
      decoded already, in pixels.

    Sources: YOLO9000 (arXiv 1612.08242), YOLOv3 (arXiv 1804.02767), YOLOv4 (arXiv 2004.10934); Ultralytics' networks.

    Options (those of `--detect yolo{...}`):

    - `version`: 2, 3, 4, 5 or 8; follows from RegionYolo and from decoded outputs.
    - `anchors`: width and height of each, in pixels of the input; those of RegionYolo or the published ones.
    - `masks`: for each head, which anchors it has; the finest grid has the first ones.
    - `classes`: how many; follows from the number of channels.
    - `outputs`: the names of the heads; all outputs.
    - `confidence`, `iou`: thresholds of score and of overlap; `top_k`: candidates of a class; `max`: boxes kept.

    ```mlir
    func.return %y : tensor<1x84x8400xf32>
    // becomes, with version=8
    %rows = arhat.transpose(%y) {perm = [0, 2, 1]} : (tensor<1x84x8400xf32>) -> tensor<1x8400x84xf32>
    // slices of %rows, arithmetic
    %d = arhat.detection_output(%boxes, %scores, %zero) {background_label_id = -1, code_type = "corner", ...}
      : (tensor<1x33600xf32>, tensor<1x672000xf32>, tensor<1x1x33600xf32>) -> tensor<1x1x100x7xf32>
    func.return %d : tensor<1x1x100x7xf32>
    ```
    """

    name = "add-detection"

    family: str = "yolo"
    version: int = 0
    anchors: tuple[float, ...] = ()
    masks: tuple[int, ...] = ()
    classes: int = 0
    outputs: tuple[str, ...] = ()
    confidence: float = 0.25
    iou: float = 0.45
    top_k: int = 400
    max: int = 100

    @staticmethod
    def of(options: DetectOptions) -> AddDetectionPass:
        """The pass that does what `options` say."""
        return AddDetectionPass(**{one.name: getattr(options, one.name) for one in fields(options)})

    @property
    def options(self) -> DetectOptions:
        """What the pass is to do. Raises UserError where that makes no sense."""
        names = [one.name for one in fields(DetectOptions)]
        return check_detect(DetectOptions(**{name: getattr(self, name) for name in names}))

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Changes the outputs of `@main`.

        Raises:
            UserError: an output is no head of a YOLO network that the options could be about.
        """
        function = entry_point(op)
        returned = function.get_return_op()
        if returned is None:
            raise UserError("the model has no outputs to make boxes of")
        options = self.options
        found = read_heads(op, options)
        values = list(returned.arguments)
        builder = _Builder(returned, store_of(op))
        boxes = builder.detections([(values[place], head) for place, head in found], image_size(op), options)
        kept = [place for place in range(len(values)) if place not in dict(found)]
        block = function.body.block
        block.insert_op_before(ReturnOp(boxes, *(values[place] for place in kept)), returned)
        block.erase_op(returned)
        attributes = function.res_attrs.data if function.res_attrs is not None else None
        others = [DictionaryAttr({}) if attributes is None else attributes[place] for place in kept]
        function.properties["res_attrs"] = ArrayAttr(
            [DictionaryAttr({"arhat.name": StringAttr(NAME)}), *others]
        )
        outputs = [boxes.type, *(values[place].type for place in kept)]
        function.function_type = FunctionType.from_lists([a.type for a in function.args], outputs)


def detection_of_outputs(module: ModuleOp, options: DetectOptions) -> ModuleOp:
    """A module from the outputs of `module` to what `add-detection` makes of them: for the results of another program.

    Its inputs are the outputs of @main, in order and with their names.
    """
    function = entry_point(module)
    returned = function.get_return_op()
    values = [] if returned is None else list(returned.arguments)
    names = output_names(module)
    block = Block(arg_types=[value.type for value in values])
    made = ModuleOp([FuncOp("main", ([value.type for value in values], []), Region(block))])
    attach(made, WeightStore())
    last = ReturnOp(*block.args)
    block.add_op(last)
    found = read_heads(module, options)
    builder = _Builder(last, store_of(made))
    heads: list[tuple[SSAValue, Head]] = [(block.args[place], head) for place, head in found]
    boxes = builder.detections(heads, image_size(module), options)
    kept = [place for place in range(len(values)) if place not in dict(found)]
    block.insert_op_before(ReturnOp(boxes, *(block.args[place] for place in kept)), last)
    block.erase_op(last)
    main = entry_point(made)
    main.properties["arg_attrs"] = ArrayAttr(_named(name) for name in names)
    main.properties["res_attrs"] = ArrayAttr(_named(name) for name in [NAME, *(names[k] for k in kept)])
    outputs = [boxes.type, *(block.args[place].type for place in kept)]
    main.function_type = FunctionType.from_lists([a.type for a in block.args], outputs)
    return made


def _named(name: str) -> DictionaryAttr:
    return DictionaryAttr({"arhat.name": StringAttr(name)})


# Reading the heads --------------------------------------------------------------------------------


def image_size(module: ModuleOp) -> tuple[int, int]:
    """Height and width of the picture that the model takes. Raises UserError where that is not clear."""
    function = entry_point(module)
    images = [
        (shape_of(argument), name)
        for argument, name in zip(function.args, input_names(module), strict=True)
        if len(shape_of(argument)) == 4
    ]
    if len(images) != 1:
        raise UserError(f"--detect needs a model with one image as input; this one has {len(images)}")
    shape, name = images[0]
    layout = layouts(shape, "", name)[1]
    return shape[layout.index("H")], shape[layout.index("W")]


def read_heads(module: ModuleOp, options: DetectOptions) -> list[tuple[int, Head]]:
    """The outputs of `module` that are heads, by their place, in the order of `options.outputs`.

    Raises UserError where an output cannot be one, or the options do not fit.
    """
    function = entry_point(module)
    returned = function.get_return_op()
    values = [] if returned is None else list(returned.arguments)
    names = output_names(module)
    places: list[int] = []
    for name in options.outputs or names:
        if name not in names:
            known = ", ".join(quote(one) for one in names)
            raise UserError(f"--detect: there is no output {quote(name)}; the outputs are {known}")
        places.append(names.index(name))
    if len(set(places)) != len(places) or not places:
        raise UserError("--detect: an output is named twice" if places else "the model has no outputs")
    shapes = [shape_of(values[place]) for place in places]
    for place, shape in zip(places, shapes, strict=True):
        if 0 in shape:
            raise UserError(f"--detect: output {quote(names[place])} of shape {list(shape)} is empty")
    reader = _Reader(options, [names[place] for place in places], shapes, image_size(module))
    producers = [values[place].owner for place in places]
    regions = [producer for producer in producers if isinstance(producer, RegionYoloOp)]
    if len(regions) == len(places):
        heads = reader.regions(regions)
    elif regions:
        raise UserError("--detect: only some outputs come from RegionYolo; name those with outputs=...")
    elif all(len(shape) == 3 for shape in shapes):
        heads = [reader.boxes(number) for number in range(len(places))]
    else:
        heads = reader.grids()
    return list(zip(places, heads, strict=True))


class _Reader:
    """What the outputs named `names` of `shapes` are, for a picture of `size` (height, width)."""

    def __init__(
        self,
        options: DetectOptions,
        names: Sequence[str],
        shapes: Sequence[tuple[int, ...]],
        size: tuple[int, int],
    ) -> None:
        self.options = options
        self.names = names
        self.shapes = shapes
        self.height, self.width = size

    def error(self, number: int, why: str) -> UserError:
        return UserError(
            f"--detect: output {quote(self.names[number])} of shape {list(self.shapes[number])} {why}"
        )

    def check_classes(self, number: int, classes: int) -> int:
        """The number of classes if it is at least 1 and what was asked for."""
        asked = self.options.classes
        if classes < 1 or (asked and asked != classes):
            raise self.error(number, f"has {classes} classes" + (f", not {asked}" if asked else ""))
        return classes

    def regions(self, ops: Sequence[RegionYoloOp]) -> list[Head]:
        """Heads that RegionYolo has worked on; it says what they are."""
        if len({bool(op.do_softmax.value.data) for op in ops}) > 1:
            raise UserError("--detect: RegionYolo layers of version 2 and 3 in one network")
        heads: list[Head] = []
        for number, op in enumerate(ops):
            softmax = bool(op.do_softmax.value.data)
            version = 2 if softmax else 3
            if self.options.version not in ((0, 2) if softmax else (0, 3, 4)):
                raise self.error(number, f"is of version {version}, not {self.options.version}")
            coords = op.coords.value.data
            if coords != COORDS:
                raise self.error(number, f"has {coords} coordinates, not {COORDS}")
            rows, columns = shape_of(op.x)[2:]
            count = op.num.value.data if softmax else len(op.mask)
            every = _pairs(self.options.anchors or floats_of(op.anchors))
            mask = list(range(count)) if softmax else list(ints_of(op.mask))
            if self.options.masks:
                mask = self.masks(number, count, len(ops), len(every))
            if any(not 0 <= one < len(every) for one in mask) or len(mask) != count:
                raise self.error(number, f"has no anchors for the mask {mask}: give anchors=...")
            anchors = [every[one] for one in mask]
            if softmax:  # which count cells, not pixels
                cell_w, cell_h = self.width / columns, self.height / rows
                anchors = [(w * cell_w, h * cell_h) for w, h in anchors]
            classes = self.check_classes(number, op.classes.value.data)
            head = Head("grid", version, "NCHW", classes, False, True, rows, columns, tuple(anchors))
            heads.append(head)
        return heads

    def masks(self, number: int, count: int, heads: int, anchors: int) -> list[int]:
        """The anchors of head `number` by `options.masks`."""
        masks = self.options.masks
        if len(masks) != count * heads or any(one >= anchors for one in masks):
            raise UserError(
                f"--detect: masks are {count} for each of {heads} outputs, from 0 to {anchors - 1}; "
                f"got {list(masks)}"
            )
        return list(masks[number * count : (number + 1) * count])

    def boxes(self, number: int) -> Head:
        """A list of decoded boxes: [N, boxes, values], or [N, values, boxes]."""
        _, first, second = self.shapes[number]
        order = "NPC" if second < first else "NCP"
        version = self.options.version or (5 if order == "NPC" else 8)
        if version not in (5, 8):
            raise self.error(number, f"holds decoded boxes, as versions 5 and 8 have, not {version}")
        objectness = version == 5
        values = min(first, second)
        classes = self.options.classes or values - COORDS - objectness
        if classes < 1 or COORDS + objectness + classes > values:
            raise self.error(number, f"has {values} values for a box, too few for {max(classes, 1)} classes")
        return Head("boxes", version, order, classes, False, objectness)

    def grids(self) -> list[Head]:
        """Raw heads: [N, anchors * values, H, W], [N, H, W, anchors * values] or [N, anchors, H, W, values]."""
        version = self.options.version or (5 if all(len(shape) == 5 for shape in self.shapes) else 0)
        if version not in ANCHORS:
            raise UserError(
                "--detect: these outputs may be of several versions of YOLO; say version=3, version=4 or version=5"
            )
        every = _pairs(self.options.anchors or ANCHORS[version])
        heads = len(self.shapes)
        if len(every) % heads and not self.options.masks:
            raise UserError(
                f"--detect: {len(every)} anchors do not divide among {heads} outputs; give anchors=... or masks=..."
            )
        count = len(self.options.masks) // heads or len(every) // heads
        grids = [self.grid(number, count) for number in range(heads)]
        finest = sorted(range(heads), key=lambda number: -grids[number][1] * grids[number][2])
        result: list[Head] = []
        for number, (order, rows, columns, channels) in enumerate(grids):
            if self.options.masks:
                mask = self.masks(number, count, heads, len(every))
            else:
                rank = finest.index(number)
                mask = list(range(rank * count, (rank + 1) * count))
            if channels % count:
                raise self.error(
                    number, f"has {channels} channels, which do not divide among {count} anchors"
                )
            classes = self.check_classes(number, channels // count - COORDS - 1)
            anchors = tuple(every[one] for one in mask)
            result.append(Head("grid", version, order, classes, True, True, rows, columns, anchors))
        return result

    def grid(self, number: int, count: int) -> tuple[str, int, int, int]:
        """Order, rows, columns and channels of a raw head."""
        shape = self.shapes[number]
        if len(shape) == 5:
            if shape[1] != count:
                raise self.error(number, f"has {shape[1]} anchors, not {count}")
            return "NAHWC", shape[2], shape[3], shape[1] * shape[4]
        if len(shape) != 4:
            raise self.error(number, "is no head of a YOLO network; name the heads with outputs=...")
        # Cells divide the picture alike in both directions, which tells the axes apart.
        fits = [
            rows > 0 and columns > 0 and self.height * columns == self.width * rows
            for rows, columns in (shape[2:], shape[1:3])
        ]
        channels_first = fits[0] and (not fits[1] or shape[1] > shape[3])
        if not any(fits):
            raise self.error(number, f"has no grid that fits a picture of {self.height}x{self.width}")
        if channels_first:
            return "NCHW", shape[2], shape[3], shape[1]
        return "NHWC", shape[1], shape[2], shape[3]


def _pairs(values: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(values[::2], values[1::2], strict=False))


# Making the boxes ---------------------------------------------------------------------------------


class _Builder:
    """Puts operations in front of `anchor`."""

    def __init__(self, anchor: ReturnOp, store: WeightStore) -> None:
        self.anchor = anchor
        self.store = store
        self.layers = [LayerAttr.get(NAME)]
        block = anchor.parent
        assert isinstance(block, Block)
        self.block = block

    def make(self, kind: type[ArhatOp], operands: Sequence[OperandArg], **properties: Property) -> SSAValue:
        try:
            op = kind.build_inferred(operands, properties, self.layers)
        except VerifyException as error:  # a shape that the reader let through
            raise UserError(f"--detect does not fit the outputs of this model: {error}") from None
        self.block.insert_op_before(op, self.anchor)
        return op.results[0]

    def constant(self, values: Any) -> SSAValue:
        op = make_constant(self.store, np.asarray(values, np.float32), NAME, self.layers)
        self.block.insert_op_before(op, self.anchor)
        return op.result

    def part(self, value: SSAValue, start: int, size: int) -> SSAValue:
        """Elements of the last axis."""
        shape = shape_of(value)
        rank = len(shape)
        return self.make(
            SliceOp,
            [value],
            starts=[*[0] * (rank - 1), start],
            sizes=[*shape[:-1], size],
            steps=[1] * rank,
        )

    def detections(
        self, heads: Sequence[tuple[SSAValue, Head]], size: tuple[int, int], options: DetectOptions
    ) -> SSAValue:
        """The output of all heads together: [1, 1, images * max, 7]."""
        classes = heads[0][1].classes
        if any(head.classes != classes for _, head in heads):
            raise UserError("--detect: the outputs have different numbers of classes")
        locations: list[SSAValue] = []
        confidences: list[SSAValue] = []
        for value, head in heads:
            if element_of(value) != f32:
                value = self.make(ConvertOp, [value], to=f32)
            boxes, scores = self.head(value, head, size)
            images = shape_of(value)[0]
            locations.append(self.make(ReshapeOp, [boxes], shape=[images, _rest(boxes)]))
            confidences.append(self.make(ReshapeOp, [scores], shape=[images, _rest(scores)]))
        loc = locations[0] if len(heads) == 1 else self.make(ConcatOp, [locations], axis=1)
        conf = confidences[0] if len(heads) == 1 else self.make(ConcatOp, [confidences], axis=1)
        # Boxes relative to priors that are all zero are the boxes themselves.
        priors = self.constant(np.zeros((1, 1, shape_of(loc)[1]), np.float32))
        return self.make(
            DetectionOutputOp,
            [loc, conf, priors],
            num_classes=classes,
            background_label_id=-1,
            top_k=options.top_k,
            keep_top_k=[options.max],
            code_type="corner",
            variance_encoded_in_target=True,
            share_location=True,
            nms_threshold=options.iou,
            confidence_threshold=options.confidence,
            clip_before_nms=False,
            clip_after_nms=True,
            decrease_label_id=False,
            normalized=True,
            input_height=1,
            input_width=1,
            objectness_score=0.0,
        )

    def head(self, value: SSAValue, head: Head, size: tuple[int, int]) -> tuple[SSAValue, SSAValue]:
        """Boxes [..., 4] as fractions of the picture, and scores [..., classes]."""
        rows = self.rows(value, head)
        xy, wh = self.part(rows, 0, 2), self.part(rows, 2, 2)
        scores = self.part(rows, COORDS + head.objectness, head.classes)
        if head.raw:
            xy, scores = self.make(SigmoidOp, [xy]), self.make(SigmoidOp, [scores])
        if head.objectness:
            objectness = self.part(rows, COORDS, 1)
            if head.raw:
                objectness = self.make(SigmoidOp, [objectness])
            scores = self.make(MultiplyOp, [scores, objectness])
        if head.kind == "grid":
            centre, half = self.cells(xy, wh, head, size)
        else:
            scale = np.array([size[1], size[0]], np.float64)
            centre = self.make(MultiplyOp, [xy, self.constant(1 / scale)])
            half = self.make(MultiplyOp, [wh, self.constant(0.5 / scale)])
        low, high = self.make(SubtractOp, [centre, half]), self.make(AddOp, [centre, half])
        return self.make(ConcatOp, [[low, high]], axis=len(shape_of(low)) - 1), scores

    def rows(self, value: SSAValue, head: Head) -> SSAValue:
        """The value with one row of values for each box: [N, anchors, cells, values] or [N, boxes, values]."""
        if head.kind == "boxes":
            return value if head.order == "NPC" else self.make(TransposeOp, [value], perm=[0, 2, 1])
        images, anchors, cells = shape_of(value)[0], len(head.anchors), head.rows * head.columns
        if head.order == "NAHWC":
            return self.make(ReshapeOp, [value], shape=[images, anchors, cells, head.values])
        if head.order == "NHWC":
            split = self.make(ReshapeOp, [value], shape=[images, cells, anchors, head.values])
            return self.make(TransposeOp, [split], perm=[0, 2, 1, 3])
        split = self.make(ReshapeOp, [value], shape=[images, anchors, head.values, cells])
        return self.make(TransposeOp, [split], perm=[0, 1, 3, 2])

    def cells(
        self, xy: SSAValue, wh: SSAValue, head: Head, size: tuple[int, int]
    ) -> tuple[SSAValue, SSAValue]:
        """Centres and half sizes of boxes on a grid, as fractions of the picture."""
        grid = np.array([head.columns, head.rows], np.float64)
        down, across = np.mgrid[0 : head.rows, 0 : head.columns]
        corner = np.stack([across, down], axis=-1).reshape(1, 1, -1, 2)
        anchors = np.array(head.anchors, np.float64) / np.array([size[1], size[0]], np.float64)
        anchors = anchors.reshape(1, -1, 1, 2)
        if head.version == 5:
            centre = self.make(MultiplyOp, [xy, self.constant(2 / grid)])
            centre = self.make(AddOp, [centre, self.constant((corner - 0.5) / grid)])
            root = self.make(SigmoidOp, [wh]) if head.raw else wh
            square = self.make(MultiplyOp, [root, root])
            return centre, self.make(MultiplyOp, [square, self.constant(2 * anchors)])
        centre = self.make(MultiplyOp, [xy, self.constant(1 / grid)])
        centre = self.make(AddOp, [centre, self.constant(corner / grid)])
        factor = self.make(ExpOp, [wh])
        return centre, self.make(MultiplyOp, [factor, self.constant(anchors / 2)])


def _rest(value: SSAValue) -> int:
    return int(np.prod(shape_of(value)[1:]))
