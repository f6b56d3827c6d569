"""What a user may ask of a compilation beside the model and the target: shapes, batch, preprocessing, detection.

Every command that compiles takes the same options (`arhat.cli.options`), and so does `arhat.compiler`. This module
imports nothing heavy: the command line declares its options from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from arhat.errors import UserError, escape, quote

INPUT_TYPES = ("u8", "i8", "i32", "i64", "f32")
"""Element types that a program's input may be given instead of the model's own."""

LAYOUTS = ("NCHW", "NHWC")
"""Layouts of images that preprocessing knows."""

FAMILIES = ("yolo",)
"""Families of detectors that `--detect` knows."""

MOST_BOXES = 100_000
"""Boxes that a detector may be asked to keep."""

YOLO_VERSIONS = (2, 3, 4, 5, 8)
"""Versions of YOLO that differ in how boxes are decoded."""


PRECISIONS = ("f32", "tf32", "f16", "bf16")
"""Formats that a network may be computed in."""

TENSOR_CORES = ("tf32",)
"""Those of them that only targets with tensor cores have."""

MOST_BATCH = 65536
"""Images in one run."""

LEAST_ARCHITECTURE = 80
"""The first GPUs with tensor cores for all of these formats."""

ARCHITECTURES = (80, 89, 90)
"""GPUs that a program is compiled for unless told otherwise: Ampere, Ada and Hopper."""


@dataclass(frozen=True)
class InputPreprocessing:
    """What the program does to one input before the model sees it.

    From the program's input to the model's: `layout` and `type`, then `reverse_channels`, then `mean` subtracted and
    divided by `scale`, both in the model's order of channels. Empty: as the model has it. `layout` is NHWC, or
    NHWC->NCHW where the model's own cannot be seen from its shape.
    """

    layout: str = ""
    type: str = ""
    reverse_channels: bool = False
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()


@dataclass(frozen=True)
class DetectOptions:
    """How the outputs of a detector become a list of boxes; what is empty is read from the model or a default.

    `anchors` are pairs of width and height in pixels of the input, `masks` say which of them each output has (in order
    of the outputs, `masks_per_head` of them each), `outputs` names the outputs in that order.
    """

    family: str
    version: int = 0
    anchors: tuple[float, ...] = ()
    masks: tuple[int, ...] = ()
    classes: int = 0
    outputs: tuple[str, ...] = ()
    confidence: float = 0.25
    iou: float = 0.45
    top_k: int = 400
    max: int = 100


@dataclass(frozen=True)
class CompileOptions:
    """Everything that changes what is compiled from a model.

    `input_shapes` and `preprocessing` are by name of an input; "" stands for the only input (of preprocessing: or the
    only image). Others add a field here, its option in `arhat.cli.options.compile_options`, and its use in
    `arhat.compiler`.
    """

    input_shapes: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])
    batch: int | None = None
    """Images in one run; of a range the most."""
    batch_range: tuple[int, int, int] | None = None
    """The least, the usual and the largest batch of a program of the trt target that takes any between them."""
    preprocessing: Mapping[str, InputPreprocessing] = field(default_factory=dict[str, InputPreprocessing])
    detect: DetectOptions | None = None
    precision: str = "f32"
    """One of `PRECISIONS`."""
    keep_f32: tuple[str, ...] = ()
    """Layers that are computed in f32 whatever the precision."""
    quantized: bool = True
    """Whether models with FakeQuantize compute on integers; otherwise they only round. The cpu target computes on
    integers in f32 alone.
    """
    architectures: tuple[int, ...] = ARCHITECTURES
    """GPUs that the cudnn target compiles for, by compute capability: 90 is 9.0."""
    tactics: Path | None = None
    """File that names the engine of each operation graph of the cudnn target."""


NO_OPTIONS = CompileOptions()
"""The model as it stands."""


def check_precision(precision: str) -> str:
    """`precision` if there is such a one. Raises UserError otherwise."""
    if precision not in PRECISIONS:
        raise UserError(f"--precision takes {', '.join(PRECISIONS)}, not {quote(precision)}")
    return precision


def parse_batch(text: str) -> tuple[int | None, tuple[int, int, int] | None]:
    """`8`, or `1:8:32` for least, usual and largest: the batch, and the range of it. Raises UserError for others."""
    if not text.strip():
        return None, None
    parts = text.split(":")
    numbers = [int(part) for part in parts if re.fullmatch(r"[0-9]{1,5}", part.strip())]
    if len(numbers) != len(parts) or len(parts) not in (1, 3) or not 1 <= numbers[-1] <= MOST_BATCH:
        raise UserError(
            f"--batch wants a number of images up to {MOST_BATCH}, or the least, the usual and the largest number "
            f"with colons between them, like 1:8:32, not {quote(text)}"
        )
    if len(numbers) == 1:
        return numbers[0], None
    least, usual, most = numbers
    if not 1 <= least <= usual <= most:
        raise UserError(f"--batch wants its three numbers from small to large, not {quote(text)}")
    return most, None if least == most else (least, usual, most)


def parse_architectures(text: str) -> tuple[int, ...]:
    """`80,89,90` as numbers; the default for no text. Raises UserError for anything else."""
    if not text.strip():
        return ARCHITECTURES
    parts = [part.strip().removeprefix("sm_") for part in text.split(",")]
    if not all(re.fullmatch(r"[1-9][0-9]{1,2}", part) for part in parts):
        raise UserError(
            f"--arch wants compute capabilities with commas between them, like 80,90, not {quote(text)}"
        )
    numbers = tuple(sorted({int(part) for part in parts}))
    if numbers[0] < LEAST_ARCHITECTURE:
        raise UserError(f"--arch takes {LEAST_ARCHITECTURE} (Ampere) and later, not {numbers[0]}")
    return numbers


# Reading them from text ---------------------------------------------------------------------------


def parse_preprocessing(
    layouts: Sequence[str] = (),
    types: Sequence[str] = (),
    means: Sequence[str] = (),
    scales: Sequence[str] = (),
    reverse: bool = False,
    reverse_inputs: Sequence[str] = (),
) -> dict[str, InputPreprocessing]:
    """Preprocessing by input from options of the form `[NAME=]VALUE`.

    Raises UserError for values that make no sense, and where an input is given the same twice.
    """
    found: dict[str, dict[str, Any]] = {}

    def put(name: str, key: str, value: Any, option: str) -> None:
        entry = found.setdefault(name, {})
        if key in entry:
            raise UserError(f"{option} is given twice" + (f" for input {quote(name)}" if name else ""))
        entry[key] = value

    for text in layouts:
        name, value = _named(text)
        source = value.upper()
        parts = source.split("->")
        if len(parts) > 2 or any(part not in LAYOUTS for part in parts):
            raise UserError(f"--input-layout takes {' or '.join(LAYOUTS)}, not {quote(value)}")
        put(name, "layout", source, "--input-layout")
    for text in types:
        name, value = _named(text)
        if value not in INPUT_TYPES:
            raise UserError(f"--input-type takes {', '.join(INPUT_TYPES)}, not {quote(value)}")
        put(name, "type", value, "--input-type")
    for option, key, texts in (("--mean", "mean", means), ("--scale", "scale", scales)):
        for text in texts:
            name, value = _named(text)
            put(name, key, parse_numbers(value, option, zero=key == "mean"), option)
    for name in [*([""] if reverse else []), *reverse_inputs]:
        put(name, "reverse_channels", True, "--reverse-channels")
    return {name: InputPreprocessing(**values) for name, values in found.items()}


def _named(text: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=")
    if equals and not name:
        raise UserError(f"{quote(text)} has no name before the =")
    return name.strip(), value.strip()


def parse_numbers(text: str, option: str, zero: bool = True) -> tuple[float, ...]:
    """Finite numbers with commas between them. Raises UserError for anything else."""
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if not values or any(value != value or abs(value) == float("inf") for value in values):
        raise UserError(f"{option} wants numbers with commas between them, not '{escape(text)}'")
    if not zero and 0.0 in values:
        raise UserError(f"{option} wants numbers other than 0")
    return values


_DETECT = re.compile(r"\s*([A-Za-z0-9_-]+)\s*(?:\{(.*)\})?\s*", re.DOTALL)
_KEY = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)\s*=")


def parse_detect(text: str) -> DetectOptions | None:
    """`yolo` or `yolo{version=3, anchors=10,14,23,27, masks=0,1}`; None for no text.

    Keys are the fields of `DetectOptions`; a value goes up to the next key. Raises UserError for anything else.
    """
    if not text.strip():
        return None
    match = _DETECT.fullmatch(text)
    if match is None or match[1] not in FAMILIES:
        raise UserError(
            f"--detect takes {' or '.join(FAMILIES)}, with options in braces like "
            f"yolo{{version=3, confidence=0.3}}, not {quote(text)}"
        )
    body = match[2] or ""
    marks = list(_KEY.finditer(body))
    if body[: marks[0].start() if marks else None].strip(" ,"):
        raise UserError(f"--detect wants KEY=VALUE in its braces, not {quote(body)}")
    values: dict[str, Any] = {}
    known = {one.name: one for one in fields(DetectOptions) if one.name != "family"}
    ends = [mark.start() for mark in marks[1:]] + [len(body)]
    for mark, end in zip(marks, ends[: len(marks)], strict=True):
        key = mark[1].replace("-", "_")
        value = body[mark.end() : end].strip().rstrip(",").strip()
        if key not in known:
            raise UserError(f"--detect has no option {quote(mark[1])}; it has {', '.join(known)}")
        if key in values:
            raise UserError(f"--detect has {key} twice")
        values[key] = _detect_value(key, value)
    return check_detect(DetectOptions(match[1], **values))


def _detect_value(key: str, text: str) -> Any:
    option = f"--detect {key}"
    parts = [part.strip() for part in re.split(r"[\s,]+", text.strip("[]() "))]
    if key == "outputs":
        return tuple(part for part in text.split(",") if part)
    if key == "version":
        parts = [text.removeprefix("v")]
    if key == "anchors":
        return parse_numbers(",".join(parts), option)
    if key in ("confidence", "iou"):
        return parse_numbers(text, option)[0]
    if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts):
        raise UserError(f"{option} wants whole numbers, not {quote(text)}")
    numbers = tuple(int(part) for part in parts)
    if key == "masks":
        return numbers
    if len(numbers) != 1:
        raise UserError(f"{option} wants one number, not {quote(text)}")
    return numbers[0]


def check_detect(options: DetectOptions) -> DetectOptions:
    """`options` if they can be meant. Raises UserError where a value is out of its range."""
    if options.family not in FAMILIES:
        raise UserError(f"--detect knows {', '.join(FAMILIES)}, not {quote(options.family)}")
    if options.version and options.version not in YOLO_VERSIONS:
        raise UserError(
            f"--detect knows version {', '.join(map(str, YOLO_VERSIONS))} of YOLO, not {options.version}"
        )
    if len(options.anchors) % 2 or any(value <= 0 for value in options.anchors):
        raise UserError("--detect anchors are pairs of a width and a height, all above 0")
    for key in ("confidence", "iou"):
        if not 0 <= getattr(options, key) <= 1:
            raise UserError(f"--detect {key} must be from 0 to 1")
    if not 1 <= options.top_k <= MOST_BOXES or not 1 <= options.max <= MOST_BOXES:
        raise UserError(f"--detect top_k and max must be from 1 to {MOST_BOXES}")
    return options
