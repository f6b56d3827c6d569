"""Lists of detections: telling them in an output, comparing two, printing and drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arhat.errors import UserError

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

    Array = npt.NDArray[Any]

SCORE_TOLERANCE = 1e-3
IOU_LIMIT = 0.99
TIE = 1e-5  # scores this near are the same number but for rounding


@dataclass(frozen=True)
class Detection:
    """One detection: class, score, and box x0, y0, x1, y1 as the model gives it (usually fractions of the
    image).
    """

    label: int
    score: float
    box: tuple[float, float, float, float]
    image: int = 0


@dataclass
class Comparison:
    """How two lists of detections differ. `problems` is empty where they match one to one, ties aside."""

    matched: int = 0
    ties: int = 0
    worst_score: float = 0.0
    worst_iou: float = 1.0
    problems: list[str] = field(default_factory=list[str])


def is_detections(shape: Sequence[int]) -> bool:
    """Whether an output of this shape is DetectionOutput's list [1,1,N,7] (opset 1 and 8)."""
    return len(shape) == 4 and tuple(shape[:2]) == (1, 1) and shape[3] == 7


def detections_of(output: Array, threshold: float = 0.0) -> list[Detection]:
    """The detections of an output [1,1,N,7] up to its end mark (image id -1), scores above `threshold`, in
    order.
    """
    found: list[Detection] = []
    for row in output.reshape(-1, 7).tolist():
        if row[0] < 0:
            break
        if row[2] > threshold:
            found.append(Detection(int(row[1]), row[2], (row[3], row[4], row[5], row[6]), int(row[0])))
    return found


def iou(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes; 1 for two equal boxes, even empty ones."""
    if tuple(a) == tuple(b):
        return 1.0
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def compare(
    ours: Sequence[Detection],
    theirs: Sequence[Detection],
    *,
    capacity: int | None = None,
    score_tolerance: float = SCORE_TOLERANCE,
    iou_limit: float = IOU_LIMIT,
    borderline: bool = False,
) -> Comparison:
    """Match two lists one to one: same image and class, score within `score_tolerance`, IoU above
    `iou_limit`.

    Where several candidates have the same score, which of them survives suppression or the cut of `keep_top_k`
    hangs on an order that the specification leaves open. So what is left over on both sides counts as a tie if it
    pairs off one to one with equal scores (to rounding), and the score is one that several detections share, or
    the last one of a list that is full (`capacity` rows). With `borderline` a detection may also be on one side alone
    where its score is within the tolerance of the lowest that either side lists. Anything else is a problem.
    """
    result = Comparison()
    free = list(range(len(theirs)))
    left: list[Detection] = []
    for mine in ours:
        best, best_iou = -1, -1.0
        for index in free:
            other = theirs[index]
            if (other.image, other.label) != (mine.image, mine.label):
                continue
            if abs(other.score - mine.score) > score_tolerance:
                continue
            value = iou(mine.box, other.box)
            if value > best_iou:
                best, best_iou = index, value
        if best >= 0 and best_iou > iou_limit:
            free.remove(best)
            result.matched += 1
            result.worst_iou = min(result.worst_iou, best_iou)
            result.worst_score = max(result.worst_score, abs(theirs[best].score - mine.score))
        else:
            left.append(mine)
    others = [theirs[index] for index in free]
    if borderline and (ours or theirs):
        lowest = min(one.score for one in (*ours, *theirs)) + score_tolerance
        result.ties += sum(one.score <= lowest for one in (*left, *others))
        left = [one for one in left if one.score > lowest]
        others = [one for one in others if one.score > lowest]
    for mine in left:
        pair = next((o for o in others if o.image == mine.image and abs(o.score - mine.score) <= TIE), None)
        if pair is not None and _ambiguous(mine.score, ours, capacity):
            others.remove(pair)
            result.ties += 1
        else:
            result.problems.append(f"only here: {describe(mine)}")
    result.problems += [f"only in the reference: {describe(other)}" for other in others]
    return result


def _ambiguous(score: float, found: Sequence[Detection], capacity: int | None) -> bool:
    """Whether more than one detection has this score, or may have had it before the list was cut."""
    shared = sum(abs(one.score - score) <= TIE for one in found) > 1
    return shared or (len(found) == capacity and abs(min(one.score for one in found) - score) <= TIE)


def describe(found: Detection, labels: Sequence[str] = ()) -> str:
    """One line about one detection."""
    box = ", ".join(f"{value:.4f}" for value in found.box)
    image = f", image {found.image}" if found.image else ""
    return f"{name_of(found.label, labels)} {found.score:.4f} [{box}]{image}"


def name_of(label: int, labels: Sequence[str]) -> str:
    """The name of a class, or its number where no name is known."""
    return labels[label] if 0 <= label < len(labels) else str(label)


def read_labels(path: Path | None) -> list[str]:
    """Class names from a file with one name a line; line 1 is class 0."""
    if path is None:
        return []
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read labels: {error.__class__.__name__}", file=path) from None


COLOURS = ("#e6194b", "#3cb44b", "#4363d8", "#f58231", "#911eb4", "#008080", "#f032e6", "#9a6324", "#808000")


def drawn(picture: Image.Image, found: Sequence[Detection], labels: Sequence[str] = ()) -> Image.Image:
    """A copy of the picture with boxes and names over it; boxes are fractions of the picture."""
    from PIL import ImageDraw, ImageFont

    canvas = picture.convert("RGB")
    pen = ImageDraw.Draw(canvas)
    line = max(2, min(canvas.size) // 200)
    font = ImageFont.load_default(max(11, min(canvas.size) // 28))
    for one in found:
        colour = COLOURS[one.label % len(COLOURS)]
        x0, x1 = sorted((one.box[0] * canvas.width, one.box[2] * canvas.width))
        y0, y1 = sorted((one.box[1] * canvas.height, one.box[3] * canvas.height))
        pen.rectangle((x0, y0, x1, y1), outline=colour, width=line)
        text = f"{name_of(one.label, labels)} {one.score:.2f}"
        left, top, right, bottom = pen.textbbox((0, 0), text, font=font)
        height = bottom - top + 4
        above = y0 - height if y0 >= height else y0
        pen.rectangle((x0, above, x0 + right - left + 4, above + height), fill=colour)
        pen.text((x0 + 2 - left, above + 2 - top), text, fill="white", font=font)
    return canvas
