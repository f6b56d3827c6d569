"""`arhat run`: a compiled model on an image or arrays."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arhat.cli.detections import describe, detections_of, drawn, is_detections, name_of, read_labels
from arhat.cli.inputs import (
    InputInfo,
    Preprocessing,
    batch_of,
    given_inputs,
    image_size,
    require_all,
    with_batch,
    with_image_info,
)
from arhat.cli.progress import Progress
from arhat.errors import UserError, escape, quote

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

    from arhat.runtime import Model

    Array = npt.NDArray[Any]

MOST_VALUES = 12  # values of an output that are printed as they are


@dataclass(frozen=True)
class RunOptions:
    """What `arhat run` was asked for."""

    inputs: Sequence[str]
    output: Path | None
    draw: Path | None
    labels: Path | None
    threshold: float
    top: int
    preprocessing: Preprocessing
    threads: int
    as_json: bool


def preprocessing(mean: str, scale: str, rgb: bool) -> Preprocessing:
    """The options --mean, --scale and --rgb. Raises UserError where they are not numbers."""
    return Preprocessing(rgb, _numbers(mean, "--mean"), _numbers(scale, "--scale", zero=False))


def _numbers(text: str, option: str, zero: bool = True) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(",")) if text.strip() else ()
    except ValueError:
        raise UserError(f"{option} wants numbers with commas between them, not '{escape(text)}'") from None
    if not zero and 0.0 in values:
        raise UserError(f"{option} wants numbers other than 0")
    return values


def load_built(folder: Path, threads: int, progress: Progress) -> Model:
    """The program of a project folder, built first where that is needed."""
    from arhat.cli.device import require_gpu
    from arhat.runtime import load
    from arhat.runtime.build import ensure_built, read_manifest

    require_gpu(str(read_manifest(folder)["target"]))
    with progress.step("build"):
        ensure_built(folder)
    with progress.step("load"):
        return load(folder, threads=threads, build=False)


def input_infos(model: Model) -> list[InputInfo]:
    """The inputs of a program."""
    return [InputInfo(one.name, one.shape, one.dtype) for one in model.inputs]


def run_folder(folder: Path, options: RunOptions) -> str:
    """Run the program once and give back what there is to say. Raises UserError for the user's mistakes."""
    from arhat.runtime.build import read_manifest

    manifest = read_manifest(folder)
    labels = read_labels(options.labels)
    progress = Progress()
    with load_built(folder, options.threads, progress) as model:
        infos = with_batch(input_infos(model), options.inputs, manifest)
        check_preprocessing(manifest, options.preprocessing)
        arrays, pictures = given_inputs(options.inputs, infos, options.preprocessing)
        arrays = with_image_info(arrays, infos, manifest)
        require_all(arrays, infos)
        if options.draw is not None:
            _check_drawable(options.draw, pictures, [one.shape for one in model.outputs])
        with progress.step("run"):
            model(arrays)
            started = time.perf_counter()
            outputs = model(arrays)
            milliseconds = 1000 * (time.perf_counter() - started)
    if options.output is not None:
        save_arrays(options.output, outputs)
    if options.draw is not None:
        found = [one for name in outputs for one in _shown(outputs[name], options.threshold)]
        save_picture(options.draw, drawn(next(iter(pictures.values()))[0], found, labels))
    images = images_in_a_run(infos)
    if options.as_json:
        return as_json(outputs, milliseconds, options, labels, images)
    lines: list[str] = []
    for name, array in outputs.items():
        for title, part in parts_of(name, array, images):
            lines += output_lines(title, part, options.threshold, options.top, labels)
    return "\n".join([*lines, f"{milliseconds:.2f} ms"])


def _shown(array: Array, threshold: float) -> list[Any]:
    return detections_of(array, threshold) if is_detections(array.shape) else []


def check_preprocessing(manifest: Mapping[str, Any], asked: Preprocessing) -> None:
    """Raises UserError where the user asks for what the program does by itself."""
    for entry in manifest["inputs"]:
        does: dict[str, Any] = entry.get("preprocessing", {})
        for key in ("mean", "scale"):
            if getattr(asked, key) and key in does:
                raise UserError(
                    f"--{key}: the program was compiled with --{key} {','.join(f'{v:g}' for v in does[key])} for "
                    f"input {quote(str(entry['name']))} and does it itself; leave the option out"
                )


def _check_drawable(
    target: Path, pictures: Mapping[str, Sequence[Image.Image]], shapes: Sequence[Sequence[int]]
) -> None:
    if not pictures:
        raise UserError("--draw needs an image as --input")
    if any(len(several) > 1 for several in pictures.values()):
        raise UserError("--draw draws into one image; give it one")
    if not any(is_detections(shape) for shape in shapes):
        raise UserError("--draw needs a detector: no output of this model is a list of detections [1,1,N,7]")
    if target.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise UserError("name a .png or .jpg file to draw into", file=target)


def save_arrays(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write arrays to a .npz by name, whole or not at all. Raises UserError where that fails.

    `numpy.savez` takes names as keywords, which a model's names need not be.
    """
    import zipfile

    import numpy as np

    if path.suffix.lower() != ".npz":
        raise UserError("outputs are written as .npz; name such a file", file=path)
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def save_picture(path: Path, picture: Image.Image) -> None:
    """Write a picture, whole or not at all. Raises UserError where that fails."""
    with replacing(path) as temporary:
        picture.save(temporary)


class replacing:
    """A file beside `path`, with the same suffix, that takes its place when all went well."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Path:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._folder = tempfile.TemporaryDirectory(prefix=".arhat-", dir=self._path.parent)
        except OSError as error:
            raise UserError(f"cannot be written: {error.strerror}", file=self._path) from None
        return Path(self._folder.name) / f"new{self._path.suffix}"

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, _: Any) -> None:
        try:
            if kind is None:
                written = next(Path(self._folder.name).iterdir())
                written.replace(self._path)
        except OSError as error:
            raise UserError(f"cannot be written: {error.strerror}", file=self._path) from None
        finally:
            self._folder.cleanup()
        if isinstance(value, OSError):
            raise UserError(f"cannot be written: {value.strerror}", file=self._path) from None


def images_in_a_run(infos: Sequence[InputInfo]) -> int:
    """How many pictures the program takes in one run."""
    return max((batch_of(info) for info in infos if image_size(info.shape) is not None), default=1)


def parts_of(name: str, array: Array, images: int) -> list[tuple[str, Array]]:
    """An output by image, each with a title, where there are several; detections are one list of all images."""
    if images == 1 or array.ndim == 0 or array.shape[0] != images or is_detections(array.shape):
        return [(name, array)]
    return [(f"{name}, image {image},", array[image : image + 1]) for image in range(images)]


def output_lines(name: str, array: Array, threshold: float, top: int, labels: Sequence[str]) -> list[str]:
    """What to say about one output: detections, the best classes, a few numbers, or a summary."""
    import numpy as np

    head = f"{escape(name)} {array.dtype}{list(array.shape)}"
    if is_detections(array.shape):
        found = detections_of(array, threshold)
        return [
            f"{head}: {len(found)} detections above {threshold:g}",
            *(f"  {describe(one, labels)}" for one in found),
        ]
    if is_classification(array.shape):
        best = best_classes(array, top)
        return [
            f"{head}: the {len(best)} best",
            *(f"  {value:.6g}  {name_of(i, labels)}" for i, value in best),
        ]
    if array.size == 0:
        return [f"{head}: empty"]
    if array.size <= MOST_VALUES:
        return [f"{head}: " + " ".join(f"{value:.6g}" for value in array.ravel().tolist())]
    values = array.astype(np.float64)
    return [
        f"{head}: mean {values.mean():.6g}, deviation {values.std():.6g}, "
        f"from {values.min():.6g} to {values.max():.6g}"
    ]


def is_classification(shape: Sequence[int]) -> bool:
    """Whether an output of this shape has one score for each of many classes: one side above MOST_VALUES,
    else 1.
    """
    return sum(side > 1 for side in shape) == 1 and max(shape) > MOST_VALUES


def best_classes(array: Array, top: int) -> list[tuple[int, float]]:
    """Index and value of the `top` largest elements, largest first."""
    import numpy as np

    flat = array.ravel()
    order = np.argsort(-flat, kind="stable")[:top]
    return [(int(index), float(flat[index])) for index in order]


def as_json(
    outputs: Mapping[str, Array],
    milliseconds: float,
    options: RunOptions,
    labels: Sequence[str],
    images: int = 1,
) -> str:
    """The outputs as JSON: detections, best classes, or a summary; of several images a list of these."""

    def described(array: Array) -> dict[str, Any]:
        entry: dict[str, Any] = {"shape": list(array.shape), "type": str(array.dtype)}
        if is_detections(array.shape):
            entry["detections"] = [
                {
                    "class": one.label,
                    "name": name_of(one.label, labels),
                    "score": one.score,
                    "image": one.image,
                    "box": list(one.box),
                }
                for one in detections_of(array, options.threshold)
            ]
        elif is_classification(array.shape):
            entry["best"] = [
                {"class": index, "name": name_of(index, labels), "value": value}
                for index, value in best_classes(array, options.top)
            ]
        elif array.size <= MOST_VALUES:
            entry["values"] = array.ravel().tolist()
        else:
            entry |= {"mean": float(array.mean()), "min": float(array.min()), "max": float(array.max())}
        return entry

    result: dict[str, Any] = {}
    for name, array in outputs.items():
        parts = [part for _, part in parts_of(name, array, images)]
        result[name] = (
            described(array) if len(parts) == 1 else {"images": [described(part) for part in parts]}
        )
    return json.dumps({"milliseconds": round(milliseconds, 3), "outputs": result}, indent=1)
