from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from arhat.cli.detections import (
    Detection,
    compare,
    describe,
    detections_of,
    drawn,
    iou,
    is_detections,
    read_labels,
)
from arhat.errors import UserError

BOX = (0.1, 0.1, 0.5, 0.5)


def one(label: int = 1, score: float = 0.9, box: tuple[float, float, float, float] = BOX) -> Detection:
    return Detection(label, score, box)


def test_list_ends_at_its_mark_and_keeps_its_order() -> None:
    rows = [
        [0, 2, 0.9, 0, 0, 1, 1],
        [0, 1, 0.4, 0, 0, 1, 1],
        [-1, 0, 0, 0, 0, 0, 0],
        [0, 3, 0.99, 0, 0, 1, 1],
    ]
    output = np.array(rows, np.float32).reshape(1, 1, 4, 7)
    assert is_detections(output.shape)
    assert [(d.label, round(d.score, 2)) for d in detections_of(output)] == [(2, 0.9), (1, 0.4)]
    assert [d.label for d in detections_of(output, 0.5)] == [2]


@pytest.mark.parametrize("shape", [(1, 1, 7), (1, 2, 5, 7), (1, 1, 7, 5), (2, 1, 5, 7)])
def test_other_shapes_are_no_lists_of_detections(shape: tuple[int, ...]) -> None:
    assert not is_detections(shape)


def test_iou() -> None:
    assert iou((0, 0, 1, 1), (0, 0, 1, 1)) == 1
    assert iou((0, 0, 0, 0), (0, 0, 0, 0)) == 1
    assert iou((0, 0, 2, 1), (1, 0, 3, 1)) == pytest.approx(1 / 3)
    assert iou((0, 0, 1, 1), (1, 0, 2, 1)) == 0


def test_equal_lists_match_in_any_order() -> None:
    a, b = one(), one(2, 0.8, (0.6, 0.6, 0.9, 0.9))
    result = compare([a, b], [b, a])
    assert (result.matched, result.ties, result.problems) == (2, 0, [])


@pytest.mark.parametrize(
    "other", [one(label=2, score=0.5), one(score=0.902), one(box=(0.1, 0.1, 0.5, 0.51), score=0.9004)]
)
def test_class_score_and_box_have_to_agree(other: Detection) -> None:
    assert len(compare([one()], [other]).problems) == 2


def test_small_differences_are_allowed() -> None:
    result = compare([one()], [one(score=0.9009, box=(0.1, 0.1, 0.5, 0.501))])
    assert result.problems == []
    assert result.worst_score == pytest.approx(0.0009)
    assert result.worst_iou == pytest.approx(0.4 / 0.401)


def test_missing_and_additional_detections_are_problems() -> None:
    assert len(compare([one()], []).problems) == 1
    assert len(compare([], [one()]).problems) == 1
    assert len(compare([one(), one()], [one()]).problems) == 1


def test_equal_scores_make_a_tie() -> None:
    shared = one(score=1.0, box=(0.0, 0.0, 0.1, 0.1))
    ours, theirs = one(score=1.0), one(score=1.0, box=(0.5, 0.5, 0.9, 0.9))
    result = compare([shared, ours], [shared, theirs])
    assert (result.matched, result.ties, result.problems) == (1, 1, [])
    assert len(compare([shared, ours], [shared, one(score=0.9999, box=theirs.box)]).problems) == 2


def test_a_wrong_box_is_no_tie_though_its_score_is_right() -> None:
    ours, theirs = one(score=0.7), one(score=0.7, box=(0.5, 0.5, 0.9, 0.9))
    assert len(compare([one(), ours], [one(), theirs]).problems) == 2
    assert len(compare([one(), ours], [one(), theirs], capacity=3).problems) == 2
    # Unless more candidates of that score may have been cut off.
    assert compare([one(), ours], [one(), theirs], capacity=2).problems == []


def test_names_of_classes(tmp_path) -> None:
    file = tmp_path / "labels.txt"
    file.write_text("nothing\ncat\n")
    labels = read_labels(file)
    assert describe(one(), labels).startswith("cat 0.9000 [0.1000, ")
    assert describe(one(7), labels).startswith("7 ")
    with pytest.raises(UserError, match="labels"):
        read_labels(tmp_path / "absent.txt")


def test_boxes_are_drawn_where_they_are() -> None:
    picture = Image.new("RGB", (200, 100), "white")
    result = np.asarray(drawn(picture, [one(box=(0.25, 0.4, 0.75, 0.9))]))
    assert (np.asarray(picture) == 255).all(), "the picture itself stays as it is"
    changed = np.argwhere((result != 255).any(axis=2))
    assert changed[:, 1].min() == 50
    assert changed[:, 0].max() == 90
    assert (result[60, 100] == 255).all(), "the box is not filled"


def test_what_is_near_the_threshold_may_be_missing_at_lower_precision() -> None:
    sure, weak = one(1, 0.9), one(2, 0.31, (0.6, 0.6, 0.9, 0.9))
    other = one(3, 0.32, (0.1, 0.6, 0.3, 0.9))
    limits = {"score_tolerance": 0.02, "iou_limit": 0.95}
    assert compare([sure, weak], [sure, other], borderline=True, **limits).problems == []
    assert len(compare([sure, weak], [sure, other], **limits).problems) == 2
    assert len(compare([sure, weak], [one(4, 0.9), weak], borderline=True, **limits).problems) == 2
