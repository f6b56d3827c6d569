"""The scratch memory that is planned for a GPU is what the kernels' headers say, for the same parameters."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from unit.runtime.kernel_blocks.test_sweeps import INCLUDE
from xdsl.dialects import test as test_dialect
from xdsl.dialects.builtin import IntegerAttr, f32, i64
from xdsl.ir import Attribute, Block, Operation, SSAValue

from arhat.dialects import kernel
from arhat.dialects.arhat.base import tensor_type
from arhat.dialects.kernel.memory import SCRATCH, BufferAttr
from arhat.emit import kernels_cuda
from arhat.emit.cpu.kernels import KERNEL_PRINTERS
from arhat.emit.cpu.values import Values


class Nowhere(Values):
    """Values without memory: only the parameters of the kernels are compared."""

    def pointer(self, value: SSAValue) -> str:
        """Expression for the address of element 0."""
        return "nullptr"


def make(
    operation: type[Operation], operands: Sequence[Sequence[int]], results: Sequence[Any], **values: Any
) -> Any:
    """An op of dense tensors; a result is a shape, or a shape and an element type."""
    declared = operation.get_irdl_definition().properties
    properties: dict[str, Attribute] = {n: declared[n].constr.encode(v) for n, v in values.items()}
    if "scratch_bytes" in declared:
        properties["scratch_bytes"] = IntegerAttr(0, i64)
    source = test_dialect.TestOp(result_types=[tensor_type(f32, tuple(shape)) for shape in operands])
    types = [tensor_type(r[1], r[0]) if isinstance(r[0], tuple) else tensor_type(f32, r) for r in results]
    values_of: list[Any] = list(source.results)
    if operation is kernel.DetectionOutputOp:
        values_of.append([])  # without refinement stage
    op = operation.build(operands=values_of, properties=properties, result_types=types)
    op.verify()
    return op


def detections() -> list[Any]:
    fixed = {
        "background_label_id": 0, "code_type": "corner", "variance_encoded_in_target": False, "share_location": True,
        "clip_before_nms": False, "clip_after_nms": False, "nms_threshold": 0.5, "confidence_threshold": 0.1,
        "objectness_score": 0.0, "input_height": 1, "input_width": 1, "num_classes": 5, "input_is_logits": False,
    }  # fmt: skip
    ops: list[Any] = []
    for priors, top_k, keep, decrease, normalized in product(
        (7, 5000), (-1, 6, 4500), (-1, 9), (False, True), (False, True)
    ):
        size = 4 if normalized else 5
        rows = 2 * (keep if keep > 0 else top_k * 5 if top_k > 0 else 5 * priors)
        operands = [(2, priors * 4), (2, priors * 5), (1, 2, priors * size)]
        ops.append(
            make(kernel.DetectionOutputOp, operands, [(1, 1, rows, 7)], top_k=top_k, keep_top_k=(keep,),
                 decrease_label_id=decrease, normalized=normalized, **fixed)
        )  # fmt: skip
    return ops


def suppressions() -> list[Any]:
    ops: list[Any] = []
    for boxes, most, sigma in product((9, 4999), (0, 4, 4800), (0.0, 0.5)):
        rows = 6 * min(boxes, most)
        ops.append(
            make(kernel.NonMaxSuppressionOp, [(2, boxes, 4), (2, 3, boxes)], [((rows, 3), i64), (rows, 3), ((1,), i64)],
                 max_output_boxes=most, iou_threshold=0.5, score_threshold=0.0, soft_nms_sigma=sigma,
                 box_encoding="corner", sort_result_descending=True, index_type="i64")
        )  # fmt: skip
    return ops


def selections() -> list[Any]:
    ops: list[Any] = []
    for boxes, top_k, matrix in product((9, 4999), (-1, 4, 4800), (False, True)):
        most = boxes if top_k < 0 else min(top_k, boxes)
        rows = 2 * 3 * most
        kind = kernel.MatrixNmsOp if matrix else kernel.MulticlassNmsOp
        own = (
            {"decay_function": "linear", "gaussian_sigma": 2.0, "post_threshold": 0.0}
            if matrix
            else {"iou_threshold": 0.5, "nms_eta": 1.0}
        )
        ops.append(
            make(kind, [(2, boxes, 4), (2, 3, boxes)], [(rows, 6), ((rows, 1), i64), ((2,), i64)],
                 sort_result_type="score", sort_result_across_batch=False, score_threshold=0.0, nms_top_k=top_k,
                 keep_top_k=-1, background_class=-1, normalized=True, index_type="i64", **own)
        )  # fmt: skip
    return ops


def proposals() -> list[Any]:
    ops: list[Any] = []
    for rows, before, after in product((3, 40), (10, 6000), (5, 300)):
        ops.append(
            make(kernel.ProposalOp, [(2, 18, rows, 15), (2, 36, rows, 15), (3,)], [(2 * after, 5), (2 * after,)],
                 base_size=16, pre_nms_topn=before, post_nms_topn=after, nms_thresh=0.7, feat_stride=16, min_size=16,
                 ratio=(0.5, 1.0, 2.0), scale=(1.0, 2.0, 4.0), clip_before_nms=True, clip_after_nms=False,
                 normalize=False, box_size_scale=1.0, box_coordinate_scale=1.0, framework="")
        )  # fmt: skip
    return ops


def bests() -> list[Any]:
    ops: list[Any] = []
    for extent, k in ((9, 4), (5000, 4096), (5000, 4097), (9000, 9000)):
        ops.append(
            make(kernel.TopKOp, [(2, extent, 3)], [(2, k, 3), ((2, k, 3), i64)],
                 axis=1, k=k, mode="max", sort="value", index_type="i64")
        )  # fmt: skip
    return ops


FAMILIES: dict[str, tuple[Callable[[], list[Any]], Callable[[Any], int]]] = {
    "detection_output_scratch_cuda(params)": (detections, kernels_cuda.detection_output_scratch),
    "nms_scratch_cuda(params)": (suppressions, kernels_cuda.nms_scratch),
    "selected_scratch_cuda(params)": (selections, kernels_cuda.selected_scratch),
    "proposal_scratch_cuda(params)": (proposals, kernels_cuda.proposal_scratch),
    "topk_scratch_cuda(params, 4)": (bests, kernels_cuda.topk_scratch),
}


def test_formulas(tmp_path: Path) -> None:
    lines = [f'#include "{header}"' for header in sorted(kernels_cuda.BLOCK_HEADERS.values())]
    lines += ['#include "arhat/kernels/detection_output.hpp"', "using namespace arhat;"]
    number = 0
    for call, (ops, formula) in FAMILIES.items():
        for op in ops():
            op.attributes[SCRATCH] = BufferAttr("arena", 0)
            code = KERNEL_PRINTERS[op.name](op, Nowhere(Block()))
            (params,) = [line for line in code.lines if "Params params" in line]
            number += 1
            lines.append(f"namespace case_{number} {{ {params} static_assert({call} == {formula(op)}); }}")
    (tmp_path / "formulas.cpp").write_text("\n".join([*lines, ""]))
    command = [shutil.which("c++") or "g++", "-std=c++17", "-fsyntax-only", f"-I{INCLUDE}", "formulas.cpp"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_headers_exist() -> None:
    for header in [
        *kernels_cuda.BLOCK_HEADERS,
        *kernels_cuda.BLOCK_HEADERS.values(),
        kernels_cuda.SORT_SOURCE,
    ]:
        assert (INCLUDE / header).is_file(), header
