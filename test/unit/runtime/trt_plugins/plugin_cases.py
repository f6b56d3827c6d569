"""Kernels to run as plugins: the cases that the kernels' own tests have, and random ones of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from unit.runtime.kernel_ops.kernel_cases import CASES, Case, dense, properties
from xdsl.dialects.builtin import IntegerAttr, IntegerType, f32, i32, i64
from xdsl.dialects.test import TestOp
from xdsl.ir import Attribute

from arhat.dialects import kernel
from arhat.dialects.arhat.nms import selected_per_image
from arhat.dialects.kernel import AnyTensor, tensor_of
from arhat.dialects.kernel.memory import layout_of
from arhat.dialects.trt import PLUGIN_NAMES
from arhat.interpreters import evaluate_op
from arhat.weights import Array, element_type_of

Random = np.random.Generator


def _fits(case: Case) -> bool:
    types = [tensor_of(value) for value in (*case.op.operands, *case.op.results)]
    return type(case.op) in PLUGIN_NAMES and all(
        layout_of(type_) is None and type_.element_type in (f32, i32, i64) for type_ in types
    )


def make_case(
    name: str,
    operation: type[kernel.AnyKernelOp],
    arrays: Sequence[Array],
    values: Mapping[str, Any],
    results: Sequence[AnyTensor],
) -> Case:
    """A case of given operands."""
    types = [dense(*array.shape, element=element_type_of(array.dtype)) for array in arrays]
    given: dict[str, Attribute] = properties(operation, values)
    if "scratch_bytes" in operation.get_irdl_definition().properties:
        given["scratch_bytes"] = IntegerAttr(0, i64)
    op = operation.make_all(TestOp(result_types=types).results, given, results)
    op.verify()
    return Case(
        name, op, lambda _: list(arrays), lambda args: evaluate_op(op, list(args))[0], rtol=1e-5, atol=1e-5
    )


# Random cases -------------------------------------------------------------------------------------------------------


def _one_of(rng: Random, *values: Any) -> Any:
    return values[int(rng.integers(len(values)))]


def _flag(rng: Random) -> bool:
    return bool(rng.integers(2))


def _index(rng: Random) -> tuple[str, IntegerType]:
    return _one_of(rng, ("i32", i32), ("i64", i64))


def _distinct(rng: Random, *shape: int) -> Array:
    """Numbers between 0 and 1, all different: what is best is no matter of rounding."""
    count = int(np.prod(shape))
    return ((rng.permutation(count) + 1) / (count + 1)).astype(np.float32).reshape(shape)


def _rois(rng: Random, count: int, images: int, size: float) -> Array:
    """Boxes with their image in front; some reach beyond the map."""
    low = rng.uniform(-0.1 * size, 0.8 * size, (count, 2))
    high = low + rng.uniform(0.05 * size, 0.6 * size, (count, 2))
    image = rng.integers(0, images, (count, 1))
    return np.concatenate([image, low, high], axis=1).astype(np.float32)


def _proposal(rng: Random) -> Case:
    ratios = sorted({float(v) for v in rng.choice([0.5, 1.0, 2.0, 1.7], int(rng.integers(1, 4)))})
    scales = sorted({float(v) for v in rng.choice([0.25, 1.0, 4.0], int(rng.integers(1, 3)))})
    anchors, images = len(ratios) * len(scales), int(rng.integers(1, 3))
    rows, columns = int(rng.integers(1, 7)), int(rng.integers(1, 9))
    post, tensorflow = int(_one_of(rng, 1, 7, 40)), _flag(rng)
    values: dict[str, Any] = {
        "base_size": _one_of(rng, 4, 16, 30),
        "pre_nms_topn": _one_of(rng, 9, 50, 2147483647),
        "post_nms_topn": post,
        "nms_thresh": _one_of(rng, 0.3, 0.5, 0.7),
        "feat_stride": _one_of(rng, 1, 8, 16),
        "min_size": _one_of(rng, 1, 8),
        "ratio": ratios,
        "scale": scales,
        "clip_before_nms": _flag(rng),
        "clip_after_nms": _flag(rng),
        "normalize": _flag(rng),
        "box_size_scale": _one_of(rng, 1.0, 5.0),
        "box_coordinate_scale": _one_of(rng, 1.0, 10.0),
        "framework": "tensorflow" if tensorflow else "",
    }
    info = np.array([60, 100, 1, 1.5][: 4 if _flag(rng) else 3], np.float32)
    arrays = [
        _distinct(rng, images, 2 * anchors, rows, columns),
        rng.normal(0, 0.3, (images, 4 * anchors, rows, columns)).astype(np.float32),
        info,
    ]
    results = [dense(images * post, 5), dense(images * post)]
    return make_case("proposal", kernel.ProposalOp, arrays, values, results)


def _features(rng: Random, channels: int | None = None) -> Array:
    shape = (
        int(rng.integers(1, 3)),
        channels or int(rng.integers(1, 9)),
        *(int(v) for v in rng.integers(3, 12, 2)),
    )
    return rng.uniform(-3, 3, shape).astype(np.float32)


def _pooled(rng: Random) -> tuple[int, int]:
    return int(rng.integers(1, 7)), int(rng.integers(1, 7))


def _roi_pooling(rng: Random) -> Case:
    x, method = _features(rng), str(_one_of(rng, "max", "bilinear"))
    rois = _rois(rng, int(rng.integers(1, 6)), len(x), 1.0 if method == "bilinear" else 100.0)
    pooled = _pooled(rng)
    values = {"pooled": pooled, "spatial_scale": 0.1, "method": method}
    return make_case(
        "roi_pooling", kernel.RoiPoolingOp, [x, rois], values, [dense(len(rois), x.shape[1], *pooled)]
    )


def _psroi_pooling(rng: Random) -> Case:
    mode, group, channels = (
        str(_one_of(rng, "average", "bilinear")),
        int(rng.integers(1, 5)),
        int(rng.integers(1, 4)),
    )
    bins = _pooled(rng) if mode == "bilinear" else (1, 1)
    x = _features(rng, channels * (bins[0] * bins[1] if mode == "bilinear" else group * group))
    rois = _rois(rng, int(rng.integers(1, 6)), len(x), 1.0 if mode == "bilinear" else 100.0)
    values = {
        "output_dim": channels,
        "group_size": group,
        "spatial_scale": 0.1 if mode == "average" else 1.0,
        "mode": mode,
        "bins": bins,
    }
    return make_case(
        "psroi_pooling", kernel.PsroiPoolingOp, [x, rois], values, [dense(len(rois), channels, group, group)]
    )


def _roi_align(rng: Random) -> Case:
    x, pooled = _features(rng), _pooled(rng)
    rois = _rois(rng, int(rng.integers(1, 6)), len(x), 80.0)
    batch = rois[:, 0].astype(_one_of(rng, np.int32, np.int64))
    values = {
        "pooled": pooled,
        "sampling_ratio": int(rng.integers(0, 4)),
        "spatial_scale": 0.1,
        "mode": _one_of(rng, "avg", "max"),
        "aligned_mode": _one_of(rng, "asymmetric", "half_pixel_for_nn", "half_pixel"),
    }
    arrays = [x, np.ascontiguousarray(rois[:, 1:]), batch]
    return make_case("roi_align", kernel.RoiAlignOp, arrays, values, [dense(len(rois), x.shape[1], *pooled)])


def _boxes(rng: Random) -> tuple[Array, Array]:
    """Boxes [N, B, 4] and scores [N, C, B]."""
    images, classes, count = (int(rng.integers(1, n)) for n in (3, 5, 40))
    low = rng.uniform(0, 1, (images, count, 2))
    boxes = np.concatenate([low, low + rng.uniform(0.1, 0.6, low.shape)], axis=-1).astype(np.float32)
    return boxes, _distinct(rng, images, classes, count)


def _non_max_suppression(rng: Random) -> Case:
    boxes, scores = _boxes(rng)
    word, index = _index(rng)
    most = int(rng.integers(0, 12))
    rows = scores.shape[0] * scores.shape[1] * min(most, boxes.shape[1])
    values = {
        "max_output_boxes": most,
        "iou_threshold": _one_of(rng, 0.2, 0.5),
        "score_threshold": _one_of(rng, 0.0, 0.3),
        "soft_nms_sigma": _one_of(rng, 0.0, 0.0, 0.5),
        "box_encoding": _one_of(rng, "corner", "center"),
        "sort_result_descending": _flag(rng),
        "index_type": word,
    }
    results = [dense(rows, 3, element=index), dense(rows, 3), dense(1, element=index)]
    return make_case("non_max_suppression", kernel.NonMaxSuppressionOp, [boxes, scores], values, results)


def _selection(rng: Random, matrix: bool) -> Case:
    boxes, scores = _boxes(rng)
    word, index = _index(rng)
    images, classes, count = scores.shape
    top_k, keep, background = int(rng.integers(-1, 15)), int(rng.integers(-1, 15)), int(rng.integers(-1, 3))
    values: dict[str, Any] = {
        "sort_result_type": _one_of(rng, "class", "score", "none"),
        "sort_result_across_batch": _flag(rng),
        "score_threshold": _one_of(rng, 0.0, 0.3),
        "nms_top_k": top_k,
        "keep_top_k": keep,
        "background_class": background,
        "normalized": _flag(rng),
        "index_type": word,
    }
    if matrix:
        values |= {
            "decay_function": _one_of(rng, "gaussian", "linear"),
            "gaussian_sigma": 2.0,
            "post_threshold": _one_of(rng, 0.0, 0.2),
        }
    else:
        values |= {"iou_threshold": _one_of(rng, 0.2, 0.6, 0.8), "nms_eta": _one_of(rng, 1.0, 0.7)}
    rows = images * selected_per_image(classes, count, top_k, keep, background)
    results = [dense(rows, 6), dense(rows, 1, element=index), dense(images, element=index)]
    operation = kernel.MatrixNmsOp if matrix else kernel.MulticlassNmsOp
    return make_case(
        "matrix_nms" if matrix else "multiclass_nms", operation, [boxes, scores], values, results
    )


def _numbers(rng: Random, *shape: int) -> Array:
    """Elements of any of the types that plugins take; all different."""
    values = rng.permutation(int(np.prod(shape))).reshape(shape) - int(np.prod(shape)) // 2
    return values.astype(_one_of(rng, np.float32, np.int32, np.int64))


def _non_zero(rng: Random) -> Case:
    x = rng.integers(-1, 2, [int(v) for v in rng.integers(1, 6, int(rng.integers(0, 4)))])
    x = x.astype(_one_of(rng, np.float32, np.int32, np.int64))
    word, index = _index(rng)
    results = [dense(x.ndim, x.size, element=index), dense(1, element=index)]
    return make_case("non_zero", kernel.NonZeroOp, [x], {"index_type": word}, results)


def _bucketize(rng: Random) -> Case:
    x = _numbers(rng, 4, 7)
    buckets = np.unique(rng.integers(-15, 15, int(rng.integers(1, 9)))).astype(x.dtype)
    word, index = _index(rng)
    values = {"right_bound": _flag(rng), "index_type": word}
    return make_case("bucketize", kernel.BucketizeOp, [x, buckets], values, [dense(4, 7, element=index)])


def _topk(rng: Random) -> Case:
    shape = [int(v) for v in rng.integers(1, 9, int(rng.integers(1, 4)))]
    x, axis = _numbers(rng, *shape), int(rng.integers(len(shape)))
    if _flag(rng):  # more than a block of threads sorts
        x = _numbers(rng, 2, 5000)
        shape, axis = [2, 5000], 1
    k = int(_one_of(rng, shape[axis], int(rng.integers(0, shape[axis] + 1))))
    word, index = _index(rng)
    values = {
        "axis": axis,
        "k": k,
        "mode": _one_of(rng, "max", "min"),
        "sort": _one_of(rng, "value", "index"),
        "index_type": word,
    }
    made = [*shape[:axis], k, *shape[axis + 1 :]]
    results = [dense(*made, element=element_type_of(x.dtype)), dense(*made, element=index)]
    return make_case("topk", kernel.TopKOp, [x], values, results)


def _max_pool(rng: Random) -> Case:
    axes = int(rng.integers(1, 4))
    shape = [int(rng.integers(1, 3)), int(rng.integers(1, 4)), *(int(v) for v in rng.integers(5, 9, axes))]
    lists = {
        "kernel": [int(v) for v in rng.integers(1, 4, axes)],
        "strides": [int(v) for v in rng.integers(1, 4, axes)],
        "dilations": [int(v) for v in rng.integers(1, 3, axes)],
    }
    begin, end = ([int(rng.integers(0, k)) for k in lists["kernel"]] for _ in range(2))
    rounding = str(_one_of(rng, "floor", "ceil", "ceil_torch"))
    sizes: list[int] = []
    for size, k, stride, dilation, low, high in zip(shape[2:], *lists.values(), begin, end, strict=True):
        room = size + low + high - ((k - 1) * dilation + 1)
        count = (room + (stride - 1 if rounding != "floor" else 0)) // stride + 1
        sizes.append(count - (rounding == "ceil_torch" and (count - 1) * stride >= size + low))
    x = _numbers(rng, *shape)
    word, index = _index(rng)
    values = {
        **lists,
        "pads_begin": begin,
        "pads_end": end,
        "rounding": rounding,
        "axis": int(rng.integers(0, len(shape))),
        "index_type": word,
    }
    made = [*shape[:2], *sizes]
    results = [dense(*made, element=element_type_of(x.dtype)), dense(*made, element=index)]
    return make_case("max_pool", kernel.MaxPoolWithIndicesOp, [x], values, results)


def _adaptive_max_pool(rng: Random) -> Case:
    axes = int(rng.integers(1, 4))
    x = _numbers(rng, 2, 3, *(int(v) for v in rng.integers(3, 8, axes)))
    sizes = [int(v) for v in rng.integers(1, 6, axes)]
    word, index = _index(rng)
    results = [dense(2, 3, *sizes, element=element_type_of(x.dtype)), dense(2, 3, *sizes, element=index)]
    return make_case(
        "adaptive_max_pool", kernel.AdaptiveMaxPoolOp, [x], {"sizes": sizes, "index_type": word}, results
    )


def _ctc(rng: Random) -> Case:
    steps, images, classes = (int(rng.integers(1, n)) for n in (12, 4, 5))
    x = _distinct(rng, steps, images, classes + 1)
    lengths = rng.integers(0, steps + 1, images)
    mask = (np.arange(steps)[:, None] < lengths).astype(np.float32)
    values = {"merge_repeated": _flag(rng)}
    return make_case("ctc", kernel.CtcGreedyDecoderOp, [x, mask], values, [dense(images, steps, 1, 1)])


def _ctc_of_length(rng: Random) -> Case:
    images, steps, classes = (int(rng.integers(1, n)) for n in (4, 12, 5))
    x = _distinct(rng, images, steps, classes + 1)
    lengths = rng.integers(0, steps + 1, images).astype(_one_of(rng, np.int32, np.int64))
    (label, label_type), (length, length_type) = _index(rng), _index(rng)
    values = {
        "blank": int(rng.integers(classes + 1)),
        "merge_repeated": _flag(rng),
        "class_type": label,
        "length_type": length,
    }
    results = [dense(images, steps, element=label_type), dense(images, element=length_type)]
    return make_case("ctc of lengths", kernel.CtcGreedyDecoderSeqLenOp, [x, lengths], values, results)


RANDOM: tuple[Callable[[Random], Case], ...] = (
    _proposal,
    _roi_pooling,
    _psroi_pooling,
    _roi_align,
    _non_max_suppression,
    lambda rng: _selection(rng, False),
    lambda rng: _selection(rng, True),
    _non_zero,
    _bucketize,
    _topk,
    _max_pool,
    _adaptive_max_pool,
    _ctc,
    _ctc_of_length,
)
"""Makers of cases with random attributes and operands."""


def _all_cases() -> list[Case]:
    found = [case for case in CASES if _fits(case)]
    for number, make in enumerate(RANDOM):
        for seed in range(12):
            case = make(np.random.default_rng([number, seed]))
            found.append(
                Case(f"{case.name} {seed}", case.op, case.operands, case.expected, case.rtol, case.atol, 0, 1)
            )
    return found


PLUGIN_CASES = _all_cases()
