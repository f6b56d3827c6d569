"""What the commands feed to a model: images, arrays, or seeded noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from arhat.errors import UserError, quote

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    Array = npt.NDArray[Any]


@dataclass(frozen=True)
class InputInfo:
    """One input of a model: its name, static shape and NumPy element type."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


@dataclass(frozen=True)
class Preprocessing:
    """How a picture becomes an input: channel order, then `(pixel - mean) / scale`."""

    rgb: bool = False
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()


def image_size(shape: Sequence[int]) -> tuple[int, int, int, bool] | None:
    """Height, width, channels and whether channels come last, for a shape that takes pictures; else None.

    [N,C,H,W] and [N,H,W,C], or one picture without N, where C is 1 or 3, no side is under 8 pixels, and
    none is more than 16 times the other (a sequence of features is no picture).
    """
    dims = tuple(shape)
    if len(dims) == 4 and dims[0] >= 1:
        dims = dims[1:]
    if len(dims) != 3:
        return None

    def sides(a: int, b: int) -> bool:
        return min(a, b) >= 8 and max(a, b) <= 16 * min(a, b)

    if dims[0] in (1, 3) and sides(dims[1], dims[2]):
        return dims[1], dims[2], dims[0], False
    if dims[2] in (1, 3) and sides(dims[0], dims[1]):
        return dims[0], dims[1], dims[2], True
    return None


def read_image(path: Path) -> Image.Image:
    """The picture in `path` as RGB. Raises UserError where Pillow cannot read it."""
    from PIL import Image, UnidentifiedImageError

    if not path.is_file():
        raise UserError("no such file", file=path)
    try:
        with Image.open(path) as picture:
            return picture.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UserError(f"not an image that Pillow can read ({type(error).__name__})", file=path) from None


def batch_of(info: InputInfo) -> int:
    """How many pictures an input takes in one run."""
    return info.shape[0] if len(info.shape) == 4 else 1


def with_batch(
    infos: Sequence[InputInfo], specs: Sequence[str], manifest: Mapping[str, Any]
) -> list[InputInfo]:
    """`infos` for as many images as are given, where the program takes any number of a range.

    Arrays say it by their first axis, else it is the number of image files for one input. Raises UserError for a number
    out of the range.
    """
    batch: Any = manifest.get("batch")
    if not isinstance(batch, dict):
        return list(infos)
    bounds = cast("dict[str, int]", batch)
    count = _images_given(infos, specs) or bounds["least"]
    if not bounds["least"] <= count <= bounds["most"]:
        raise UserError(
            f"{count} images are given, and the program takes from {bounds['least']} to {bounds['most']} in one run"
        )
    return [InputInfo(i.name, (count, *i.shape[1:]) if i.shape else (), i.dtype) for i in infos]


def _images_given(infos: Sequence[InputInfo], specs: Sequence[str]) -> int:
    import numpy as np

    files: dict[str, int] = {}
    for spec in specs:
        name, equals, file = spec.partition("=")
        known = bool(equals) and any(info.name == name for info in infos)
        path = Path(file if known else spec)
        if path.suffix.lower() in (".npy", ".npz"):
            arrays = read_arrays(path).values()
            return max((len(array) for array in arrays if np.ndim(array)), default=0)
        files[name if known else ""] = files.get(name if known else "", 0) + 1
    return max(files.values(), default=0)


def images_array(pictures: Sequence[Image.Image], info: InputInfo, preprocessing: Preprocessing) -> Array:
    """The pictures of one run, or one that is fed again and again. Raises UserError for another number of them."""
    import numpy as np

    count = batch_of(info)
    if len(pictures) not in (1, count):
        raise UserError(
            f"{len(pictures)} images for input {quote(info.name)}, which takes {count} in one run"
        )
    one = InputInfo(info.name, (1, *info.shape[1:]) if len(info.shape) == 4 else info.shape, info.dtype)
    arrays = [image_array(picture, one, preprocessing) for picture in pictures]
    return np.concatenate(arrays) if len(arrays) > 1 else np.repeat(arrays[0], count, axis=0)


def image_array(picture: Image.Image, info: InputInfo, preprocessing: Preprocessing) -> Array:
    """A picture resized to an input of one (Pillow's bilinear filter), channels first or last as the input wants
    them.

    Channel order is BGR, as most OpenVINO models expect, unless `preprocessing.rgb`.
    """
    import numpy as np
    from PIL import Image

    size = image_size(info.shape)
    if size is None:
        raise UserError(
            f"input {quote(info.name)} of shape {list(info.shape)} does not take an image; give a .npy file"
        )
    height, width, channels, last = size
    small = picture.resize((width, height), Image.Resampling.BILINEAR)
    if channels == 1:
        pixels = np.asarray(small.convert("L"), dtype=np.float32)[..., None]
    else:
        pixels = np.asarray(small, dtype=np.float32)
        if not preprocessing.rgb:
            pixels = pixels[..., ::-1]
    if preprocessing.mean or preprocessing.scale:
        if info.dtype.kind != "f":
            raise UserError(
                f"--mean and --scale do not go with input {quote(info.name)} of {info.dtype}: the program takes "
                "pictures as they are"
            )
        pixels = (pixels - per_channel(preprocessing.mean, channels, "--mean", 0.0)) / per_channel(
            preprocessing.scale, channels, "--scale", 1.0
        )
    if not last:
        pixels = pixels.transpose(2, 0, 1)
    return np.ascontiguousarray(pixels.reshape(info.shape).astype(info.dtype))


def per_channel(values: Sequence[float], channels: int, option: str, default: float) -> Array:
    """One value per channel from an option that gives none, one, or one for each."""
    import numpy as np

    given = list(values) or [default]
    if len(given) == 1:
        given *= channels
    if len(given) != channels:
        raise UserError(f"{option} gives {len(given)} values for {channels} channels")
    return np.array(given, np.float32)


def checked(array: Array, info: InputInfo, source: str | Path) -> Array:
    """`array` as input `info` takes it. Raises UserError where shape or kind of element differ."""
    import numpy as np

    if tuple(array.shape) != info.shape:
        raise UserError(
            f"array of shape {list(array.shape)}; input {quote(info.name)} takes {list(info.shape)}",
            file=source,
        )
    if array.dtype.kind not in "biuf" or not np.can_cast(array.dtype, info.dtype, "same_kind"):
        raise UserError(
            f"array of {array.dtype} for input {quote(info.name)}, which takes {info.dtype}", file=source
        )
    return np.asarray(array, info.dtype, order="C")  # ascontiguousarray would make a scalar a vector


def read_arrays(path: Path) -> dict[str, Array]:
    """The arrays of a .npy (under the name "") or .npz file. Raises UserError where it is not one."""
    import zipfile

    import numpy as np

    if not path.is_file():
        raise UserError("no such file", file=path)
    try:
        with path.open("rb") as file:  # opened here, since np.load leaves it open where a .npz is damaged
            loaded: Any = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return {"": loaded}
            return {name: loaded[name] for name in loaded.files}
    except (ValueError, OSError, EOFError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise UserError(f"not an array file that NumPy can read ({error})", file=path) from None


def given_inputs(
    specs: Sequence[str], infos: Sequence[InputInfo], preprocessing: Preprocessing
) -> tuple[dict[str, Array], dict[str, list[Image.Image]]]:
    """The arrays for the inputs that `--input` options give, and the pictures they came from, both by input
    name.

    A spec is `FILE` or `NAME=FILE`. A .npz gives inputs by name; a .npy or image without NAME goes to the
    only input, an image to every input that takes one and is not named by another spec. An input that takes several
    pictures in one run gets them from several specs, in order, or the same one for each.
    """
    by_name = {info.name: info for info in infos}
    arrays: dict[str, Array] = {}
    pictures: dict[str, list[Image.Image]] = {}
    unnamed: list[Path] = []
    for spec in specs:
        name, equals, file = spec.partition("=")
        if not equals or (name not in by_name and Path(spec).exists()):
            unnamed.append(Path(spec))
            continue
        if name not in by_name:
            raise UserError(f"no input named {quote(name)}; {names_of(infos)}")
        if name in arrays or len(pictures.get(name, ())) >= batch_of(by_name[name]):
            raise UserError(f"input {quote(name)} is given twice")
        _read_into(Path(file), [by_name[name]], arrays, pictures)
    named = set(pictures)
    for path in unnamed:
        suffix = path.suffix.lower()
        free = [
            info
            for info in infos
            if info.name not in arrays and info.name not in named and _has_room(info, pictures, suffix)
        ]
        if suffix == ".npz":
            for name, array in read_arrays(path).items():
                if name not in by_name:
                    raise UserError(f"no input named {quote(name)}; {names_of(infos)}", file=path)
                arrays[name] = checked(array, by_name[name], path)
            continue
        if suffix != ".npy" and len(infos) > 1:
            free = [info for info in free if image_size(info.shape) is not None]
        elif len(free) != 1:
            raise UserError(
                f"the model has {len(infos)} inputs: write NAME={path.name}; {names_of(infos)}", file=path
            )
        if not free:
            raise UserError(f"no input is left that takes it; {names_of(infos)}", file=path)
        _read_into(path, free, arrays, pictures)
    for name, several in pictures.items():
        arrays[name] = images_array(several, by_name[name], preprocessing)
    return arrays, pictures


def _has_room(info: InputInfo, pictures: Mapping[str, Sequence[Image.Image]], suffix: str) -> bool:
    given = len(pictures.get(info.name, ()))
    return given == 0 or (suffix not in (".npy", ".npz") and given < batch_of(info))


def _read_into(
    path: Path,
    infos: Sequence[InputInfo],
    arrays: dict[str, Array],
    pictures: dict[str, list[Image.Image]],
) -> None:
    suffix = path.suffix.lower()
    if suffix in (".npy", ".npz"):
        found = read_arrays(path)
        for info in infos:
            if len(found) != 1 and info.name not in found:
                raise UserError(f"holds no array named {quote(info.name)}", file=path)
            arrays[info.name] = checked(found.get(info.name, next(iter(found.values()))), info, path)
        return
    picture = read_image(path)
    for info in infos:
        if image_size(info.shape) is None:
            raise UserError(
                f"input {quote(info.name)} of shape {list(info.shape)} does not take an image; give a .npy file"
            )
        pictures.setdefault(info.name, []).append(picture)


def with_image_info(
    arrays: Mapping[str, Array], infos: Sequence[InputInfo], manifest: Mapping[str, Any]
) -> dict[str, Array]:
    """`arrays` and, for a model with region proposals, the size of the image where it is not given.

    Models of the Faster R-CNN family have an input [N,3] or [N,4] beside that of the image: height and width of the
    image and by what factor it was scaled, which is 1. `manifest` is that of the compiled model.
    """
    import numpy as np

    ops: Any = manifest.get("ops", [])
    sizes = [size for size in (image_size(info.shape) for info in infos) if size is not None]
    result = dict(arrays)
    if len(sizes) != 1 or not any("proposal" in str(op.get("name")).lower() for op in ops):
        return result
    for info in infos:
        if info.name not in result and len(info.shape) == 2 and info.shape[1] in (3, 4):
            values = [*sizes[0][:2], 1, 1][: info.shape[1]]
            result[info.name] = np.broadcast_to(np.array(values, info.dtype), info.shape).copy()
    return result


def require_all(arrays: Mapping[str, Array], infos: Sequence[InputInfo]) -> None:
    """Raises UserError naming every input that has no array."""
    missing = [info for info in infos if info.name not in arrays]
    if missing:
        listed = ", ".join(f"{quote(i.name)} {list(i.shape)}" for i in missing)
        raise UserError(f"nothing given for input {listed}; use --input NAME=FILE")


def names_of(infos: Sequence[InputInfo]) -> str:
    """The inputs of a model in words, for messages."""
    return "the inputs are " + ", ".join(f"{quote(info.name)} {list(info.shape)}" for info in infos)


def random_input(info: InputInfo, seed: int) -> Array:
    """Seeded values such as the input may really see.

    Where the shape takes a picture: soft blotches of 0..255 with some grain, as a photograph has and white
    noise has not. Otherwise normal values for floats, zeros for integers and booleans (any index is then
    valid).
    """
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng([seed, *info.name.encode()])
    size = image_size(info.shape)
    if size is None:
        if info.dtype.kind == "f":
            return rng.standard_normal(info.shape).astype(info.dtype)
        return np.zeros(info.shape, info.dtype)
    height, width, channels, last = size
    images: list[Array] = []
    for _ in range(batch_of(info)):
        planes: list[Array] = []
        for _ in range(channels):
            coarse = Image.fromarray(rng.uniform(0, 255, (8, 8)).astype(np.float32))
            planes.append(np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC)))
        pixels = np.stack(planes, axis=2 if last else 0) + rng.normal(0, 12, 1)
        images.append(np.clip(pixels + rng.normal(0, 12, pixels.shape), 0, 255))
    return np.ascontiguousarray(np.rint(np.stack(images)).reshape(info.shape).astype(info.dtype))
