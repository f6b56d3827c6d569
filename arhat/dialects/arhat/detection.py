"""Operations of detection networks: prior boxes, detection output, YOLO regions."""

from __future__ import annotations

import struct

from xdsl.dialects.builtin import TensorType, f32
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    prop_def,
    result_def,
)
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.base import (
    BOOL,
    FLOAT,
    FLOATS,
    INT,
    INTS,
    ArhatOp,
    Tensor,
    check_at_least,
    check_axes,
    check_length,
    choice,
    elements,
    floats_of,
    ints_of,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
)


def distinct_ratios(aspect_ratio: tuple[float, ...], flip: bool) -> list[float]:
    """The aspect ratios that prior boxes are made for: 1, then each new one and, with `flip`, its inverse.

    Ratios closer than 1e-6 count as one; arithmetic is f32. Source: PriorBox-8, as OpenVINO calculates it.
    """
    ratios: list[float] = [1.0]
    for ratio in map(_f32, aspect_ratio):
        if any(abs(ratio - known) < 1e-6 for known in ratios):
            continue
        ratios.append(ratio)
        if flip:
            ratios.append(_f32(1 / ratio))
    return ratios


def _f32(value: float) -> float:
    return struct.unpack("<f", struct.pack("<f", value))[0]


@irdl_op_definition
class PriorBoxOp(ArhatOp):
    """The prior boxes of a feature map and, in the second row, their variances. Source: PriorBox-1 and -8.

    `feature` and `image` are [height, width]; `step` 0 means image size over feature size.

    ```
    %p = arhat.prior_box() {feature = [19, 19], image = [300, 300], min_size = [60.0], ...} : () ->
         tensor<2x4332xf32>
    ```
    """

    name = "arhat.prior_box"

    feature = prop_def(INTS)
    image = prop_def(INTS)
    min_size = prop_def(FLOATS)
    max_size = prop_def(FLOATS)
    aspect_ratio = prop_def(FLOATS)
    density = prop_def(FLOATS)
    fixed_ratio = prop_def(FLOATS)
    fixed_size = prop_def(FLOATS)
    variance = prop_def(FLOATS)
    flip = prop_def(BOOL)
    clip = prop_def(BOOL)
    scale_all_sizes = prop_def(BOOL)
    min_max_aspect_ratios_order = prop_def(BOOL)
    step = prop_def(FLOAT)
    offset = prop_def(FLOAT)
    result = result_def(TensorType)

    def priors_per_cell(self) -> int:
        """How many boxes each cell of the feature map gets. Source: PriorBox-8, as OpenVINO counts them."""
        ratios: set[float] = {1.0}
        for ratio in map(_f32, floats_of(self.aspect_ratio)):
            ratios.add(round(ratio, 6))
            if self.flip.value.data:
                ratios.add(round(1 / ratio, 6))
        if self.scale_all_sizes.value.data:
            count = len(ratios) * len(self.min_size) + len(self.max_size)
        else:
            count = len(ratios) + len(self.min_size) - 1
        if len(self.fixed_size):
            count = len(ratios) * len(self.fixed_size)
        for density in floats_of(self.density):
            count += (len(self.fixed_ratio) or len(ratios)) * (int(density) ** 2 - 1)
        return count

    def boxes_per_cell(self) -> int:
        """How many boxes the calculation makes for each cell; must be what `priors_per_cell` counts."""
        ratios = len(distinct_ratios(floats_of(self.aspect_ratio), bool(self.flip.value.data)))
        sizes = len(self.min_size)
        per_size = len(self.fixed_ratio) or ratios
        count = sum(per_size * int(density) ** 2 for density in floats_of(self.density))
        count += sizes + len(self.max_size)
        return count + (ratios - 1) * (sizes if self.scale_all_sizes.value.data else min(sizes, 1))

    def infer(self) -> list[Tensor]:
        """[2, 4 * height * width * boxes per cell]."""
        feature, image = ints_of(self.feature), ints_of(self.image)
        check_length("feature", feature, 2)
        check_length("image", image, 2)
        check_at_least("feature", feature, 1)
        check_at_least("image", image, 1)
        require(
            len(self.variance) in (0, 1, 4),
            f"'variance' must have 0, 1 or 4 values, got {len(self.variance)}",
        )
        if len(self.max_size) > len(self.min_size):
            raise VerifyException(
                f"{len(self.max_size)} maximum sizes for {len(self.min_size)} minimum sizes"
            )
        if self.scale_all_sizes.value.data:
            require(
                len(self.density) == len(self.fixed_size),
                "'density' and 'fixed_size' must have as many values",
            )
        require(all(a > 0 for a in floats_of(self.aspect_ratio)), "'aspect_ratio' must be positive")
        require(all(d >= 1 for d in floats_of(self.density)), "'density' must be at least 1")
        count = self.priors_per_cell()
        require(count > 0, "a prior box layer must make at least one box for each cell")
        made = self.boxes_per_cell()
        require(made == count, f"the attributes ask for {count} boxes per cell, the calculation makes {made}")
        return [tensor_type(f32, (2, 4 * feature[0] * feature[1] * count))]


@irdl_op_definition
class PriorBoxClusteredOp(ArhatOp):
    """Prior boxes of given widths and heights, with their variances in the second row. Source:
    PriorBoxClustered-1.

    ```
    %p = arhat.prior_box_clustered() {feature = [16, 16], image = [256, 256], width = [20.0], height = [40.0],
           variance = [0.1, 0.1, 0.2, 0.2], step_w = 16.0, step_h = 16.0, offset = 0.5, clip = false}
         : () -> tensor<2x1024xf32>
    ```
    """

    name = "arhat.prior_box_clustered"

    feature = prop_def(INTS)
    image = prop_def(INTS)
    width = prop_def(FLOATS)
    height = prop_def(FLOATS)
    variance = prop_def(FLOATS)
    step_w = prop_def(FLOAT)
    step_h = prop_def(FLOAT)
    offset = prop_def(FLOAT)
    clip = prop_def(BOOL)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[2, 4 * height * width * clusters]."""
        feature, image = ints_of(self.feature), ints_of(self.image)
        check_length("feature", feature, 2)
        check_length("image", image, 2)
        check_at_least("feature", feature, 1)
        check_at_least("image", image, 1)
        require(len(self.width) > 0, "'width' must not be empty")
        require(len(self.width) == len(self.height), "'width' and 'height' must have as many values")
        require(
            len(self.variance) in (0, 1, 4),
            f"'variance' must have 0, 1 or 4 values, got {len(self.variance)}",
        )
        return [tensor_type(f32, (2, 4 * feature[0] * feature[1] * len(self.width)))]


@irdl_op_definition
class DetectionOutputOp(ArhatOp):
    """Decodes boxes, suppresses overlaps and keeps the best. Source: DetectionOutput-1 and -8.

    `loc` is [N, priors * 4 (* classes unless share_location)], `conf` [N, priors * classes], `priors`
    [1 or N, 2 (1 if variance_encoded_in_target), priors * (4 or, if not normalized, 5)], `aux_conf` [N,
    priors * 2], `aux_loc` like `loc`. The result is [1, 1, K, 7]: image, label, confidence, x0, y0, x1,
    y1; the first free row has image -1 and the rows behind it are zero.

    ```
    %d = arhat.detection_output(%loc, %conf, %priors) {background_label_id = 0, top_k = 400, keep_top_k =
         [200], ...}
         : (tensor<1x7668xf32>, tensor<1x3834xf32>, tensor<1x2x7668xf32>) -> tensor<1x1x200x7xf32>
    ```
    """

    name = "arhat.detection_output"

    loc = operand_def(TensorType)
    conf = operand_def(TensorType)
    priors = operand_def(TensorType)
    aux_conf = opt_operand_def(TensorType)
    aux_loc = opt_operand_def(TensorType)
    num_classes = prop_def(INT)
    background_label_id = prop_def(INT)
    top_k = prop_def(INT)
    keep_top_k = prop_def(INTS)
    code_type = prop_def(choice("corner", "center_size", "corner_size"))
    variance_encoded_in_target = prop_def(BOOL)
    share_location = prop_def(BOOL)
    nms_threshold = prop_def(FLOAT)
    confidence_threshold = prop_def(FLOAT)
    clip_before_nms = prop_def(BOOL)
    clip_after_nms = prop_def(BOOL)
    decrease_label_id = prop_def(BOOL)
    normalized = prop_def(BOOL)
    input_height = prop_def(INT)
    input_width = prop_def(INT)
    objectness_score = prop_def(FLOAT)
    result = result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def prior_count(self) -> int:
        """How many prior boxes there are."""
        return shape_of(self.priors)[2] // (4 if self.normalized.value.data else 5)

    def infer(self) -> list[Tensor]:
        """[1, 1, K, 7], K images times the boxes kept of each."""
        element = require_same_element(self.operands)
        require_float(self.loc, "the boxes")
        loc, conf, priors = shape_of(self.loc), shape_of(self.conf), shape_of(self.priors)
        require(len(loc) == 2, f"boxes must have rank 2, got {self.loc.type}")
        require(len(conf) == 2, f"confidences must have rank 2, got {self.conf.type}")
        require(len(priors) == 3, f"priors must have rank 3, got {self.priors.type}")
        images, classes = loc[0], self.num_classes.value.data
        require(images >= 1, "there must be at least one image")
        require(classes >= 1, f"'num_classes' must be at least 1, got {classes}")
        require(conf[0] == images, f"boxes are of {images} images, confidences of {conf[0]}")
        require(priors[0] in (1, images), f"priors must be of 1 or {images} images, got {priors[0]}")
        rows = 1 if self.variance_encoded_in_target.value.data else 2
        require(priors[1] == rows, f"priors must have {rows} rows, got {priors[1]}")
        size = 4 if self.normalized.value.data else 5
        require(
            priors[2] > 0 and priors[2] % size == 0, f"priors must be a multiple of {size}, got {priors[2]}"
        )
        count = priors[2] // size
        sets = 1 if self.share_location.value.data else classes
        if loc[1] != count * sets * 4:
            raise VerifyException(f"boxes must have {count * sets * 4} values per image, got {loc[1]}")
        if conf[1] != count * classes:
            raise VerifyException(f"confidences must have {count * classes} values per image, got {conf[1]}")
        require((self.aux_conf is None) == (self.aux_loc is None), "the two auxiliary inputs go together")
        if self.aux_conf is not None and self.aux_loc is not None:
            require(
                shape_of(self.aux_loc) == loc,
                f"auxiliary boxes must be like the boxes, got {self.aux_loc.type}",
            )
            if shape_of(self.aux_conf) != (images, count * 2):
                raise VerifyException(f"objectness must be [{images}, {count * 2}], got {self.aux_conf.type}")
        keep, top_k = ints_of(self.keep_top_k), self.top_k.value.data
        require(len(keep) > 0, "'keep_top_k' must not be empty")
        if self.decrease_label_id.value.data:
            background = self.background_label_id.value.data
            require(background == 0, f"'decrease_label_id' needs background label 0, got {background}")
        require(
            self.input_height.value.data > 0 and self.input_width.value.data > 0,
            "the input size must be positive",
        )
        if keep[0] > 0:
            kept = keep[0]
        elif top_k > 0:
            kept = top_k * classes
        else:
            kept = count * classes
        return [tensor_type(element, (1, 1, images * kept, 7))]


@irdl_op_definition
class RegionYoloOp(ArhatOp):
    """Sigmoid (and softmax) of a YOLO head's channels. Source: RegionYolo-1.

    With `do_softmax` (v2) all `num` regions are kept, classes go through softmax and the axes from `axis` to
    `end_axis` are flattened; without (v3) the regions of `mask` are kept and classes go through sigmoid.

    ```
    %y = arhat.region_yolo(%x) {coords = 4, classes = 80, num = 9, mask = [0, 1, 2], anchors = [], axis = 1,
           end_axis = 3, do_softmax = false} : (tensor<1x255x26x26xf32>) -> tensor<1x255x26x26xf32>
    ```
    """

    name = "arhat.region_yolo"

    x = operand_def(TensorType)
    coords = prop_def(INT)
    classes = prop_def(INT)
    num = prop_def(INT)
    do_softmax = prop_def(BOOL)
    mask = prop_def(INTS)
    anchors = prop_def(FLOATS)
    axis = prop_def(INT)
    end_axis = prop_def(INT)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The input's shape, flattened from `axis` to `end_axis` with `do_softmax`."""
        x = shape_of(self.x)
        element = require_float(self.x, "the input")
        require(len(x) == 4, f"the input must have rank 4, got {len(x)}")
        coords, classes = self.coords.value.data, self.classes.value.data
        require(coords >= 2 and classes >= 1, f"{coords} coordinates and {classes} classes are too few")
        softmax = bool(self.do_softmax.value.data)
        regions = self.num.value.data if softmax else len(self.mask)
        require(regions >= 1, "there must be at least one region")
        channels = regions * (coords + classes + 1)
        if x[1] != channels:
            raise VerifyException(
                f"{regions} regions of {coords} coordinates and {classes} classes need "
                f"{channels} channels, got {x[1]}"
            )
        if not softmax:
            return [tensor_type(element, x)]
        axis, end_axis = self.axis.value.data, self.end_axis.value.data
        check_axes([axis], 4)
        check_axes([end_axis], 4)
        require(axis <= end_axis, f"'axis' {axis} is behind 'end_axis' {end_axis}")
        return [tensor_type(element, (*x[:axis], elements(x[axis : end_axis + 1]), *x[end_axis + 1 :]))]
