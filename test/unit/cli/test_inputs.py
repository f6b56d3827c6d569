from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from arhat.cli.inputs import (
    InputInfo,
    Preprocessing,
    given_inputs,
    image_size,
    random_input,
    read_image,
    require_all,
    with_batch,
    with_image_info,
)
from arhat.cli.run import preprocessing
from arhat.errors import UserError

F32 = np.dtype(np.float32)
PLANAR = InputInfo("image", (1, 3, 8, 12), F32)
LAST = InputInfo("image", (1, 8, 12, 3), F32)
VECTOR = InputInfo("angles", (1, 3), F32)


@pytest.fixture
def red(tmp_path: Path) -> Path:
    """A picture of 24 x 16 pixels of one colour."""
    path = tmp_path / "red.png"
    Image.new("RGB", (24, 16), (200, 40, 10)).save(path)
    return path


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((1, 3, 300, 400), (300, 400, 3, False)),
        ((1, 300, 400, 3), (300, 400, 3, True)),
        ((3, 300, 400), (300, 400, 3, False)),
        ((1, 1, 32, 32), (32, 32, 1, False)),
        ((2, 3, 300, 400), (300, 400, 3, False)),
        ((1, 1, 1, 16000), None),
        ((1, 5, 300, 400), None),
        ((1, 10), None),
    ],
)
def test_shapes_that_take_a_picture(shape: tuple[int, ...], size: object) -> None:
    assert image_size(shape) == size


def test_picture_is_fed_as_bgr_unless_asked(red: Path) -> None:
    arrays, pictures = given_inputs([str(red)], [PLANAR], Preprocessing())
    assert arrays["image"].shape == PLANAR.shape
    assert arrays["image"][0, :, 3, 3].tolist() == [10, 40, 200]
    assert [one.size for one in pictures["image"]] == [(24, 16)]
    arrays, _ = given_inputs([f"image={red}"], [LAST], preprocessing("", "", True))
    assert arrays["image"][0, 3, 3].tolist() == [200, 40, 10]


def test_mean_and_scale_go_by_the_order_of_the_input(red: Path) -> None:
    arrays, _ = given_inputs([str(red)], [PLANAR], preprocessing("10,20,100", "2", False))
    assert arrays["image"][0, :, 0, 0].tolist() == [0, 10, 50]


@pytest.mark.parametrize(("mean", "scale"), [("1,2", ""), ("", "0"), ("a", ""), ("", "1,,2")])
def test_wrong_mean_or_scale(mean: str, scale: str, red: Path) -> None:
    with pytest.raises(UserError, match=r"--(mean|scale)"):
        given_inputs([str(red)], [PLANAR], preprocessing(mean, scale, False))


def test_grey_input(red: Path) -> None:
    arrays, _ = given_inputs([str(red)], [InputInfo("image", (1, 1, 8, 12), F32)], Preprocessing())
    assert arrays["image"][0, 0, 0, 0] == round(0.299 * 200 + 0.587 * 40 + 0.114 * 10)


def test_arrays_by_name_and_by_position(tmp_path: Path, red: Path) -> None:
    values = np.arange(3, dtype=np.float32)[None]
    np.save(tmp_path / "a.npy", values)
    np.savez(tmp_path / "a.npz", angles=values)
    for spec in (f"angles={tmp_path / 'a.npy'}", f"angles={tmp_path / 'a.npz'}", str(tmp_path / "a.npz")):
        arrays, _ = given_inputs([spec, str(red)], [PLANAR, VECTOR], Preprocessing())
        assert arrays["angles"].tolist() == [[0, 1, 2]]
        assert arrays["image"].shape == PLANAR.shape
    arrays, _ = given_inputs([str(tmp_path / "a.npy")], [VECTOR], Preprocessing())
    assert arrays["angles"].tolist() == [[0, 1, 2]]


def test_one_picture_serves_every_input_that_takes_one(red: Path) -> None:
    small = InputInfo("small", (1, 3, 9, 9), F32)
    arrays, _ = given_inputs([str(red)], [PLANAR, small], Preprocessing())
    assert {name: array.shape for name, array in arrays.items()} == {
        "image": (1, 3, 8, 12),
        "small": (1, 3, 9, 9),
    }


def test_a_scalar_stays_a_scalar(tmp_path: Path) -> None:
    scalar = InputInfo("x", (), F32)
    np.save(tmp_path / "x.npy", np.float32(3))
    arrays, _ = given_inputs([str(tmp_path / "x.npy")], [scalar], Preprocessing())
    assert arrays["x"].shape == ()
    assert random_input(scalar, 0).shape == ()


@pytest.mark.parametrize(
    ("content", "suffix"), [(b"GIF?", ".png"), (b"", ".jpg"), (b"x" * 100, ".npy"), (b"PK\x03\x04", ".npz")]
)
def test_files_that_are_not_what_they_say(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"file\.\w+: error: not an? (image|array)"):
        given_inputs([str(path)], [PLANAR], Preprocessing())


def test_pickled_arrays_are_not_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(UserError, match="not an array file"):
        given_inputs([str(tmp_path / "a.npy")], [VECTOR], Preprocessing())


def test_mistakes_are_named(tmp_path: Path, red: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 3), np.float32))
    np.save(tmp_path / "c.npy", np.zeros((1, 3), np.complex64))
    cases = [
        ([str(tmp_path / "absent.png")], [PLANAR], "no such file"),
        ([f"other={red}"], [PLANAR], "no input named 'other'"),
        ([f"image={red}", f"image={red}"], [PLANAR], "given twice"),
        ([str(tmp_path / "a.npy")], [VECTOR], r"shape \[2, 3\]"),
        ([str(tmp_path / "c.npy")], [VECTOR], "complex64"),
        ([str(tmp_path / "a.npy")], [VECTOR, PLANAR], "2 inputs"),
        ([str(red)], [VECTOR], "does not take an image"),
    ]
    for specs, infos, message in cases:
        with pytest.raises(UserError, match=message):
            given_inputs(specs, infos, Preprocessing())
    with pytest.raises(UserError, match="nothing given for input 'angles'"):
        require_all({}, [VECTOR])


def test_random_inputs_repeat_and_differ_by_seed_and_name() -> None:
    first = random_input(PLANAR, 0)
    assert (first == random_input(PLANAR, 0)).all()
    assert (first != random_input(PLANAR, 1)).any()
    assert (first != random_input(InputInfo("other", PLANAR.shape, F32), 0)).any()
    assert first.min() >= 0
    assert first.max() <= 255
    assert first.std() > 10
    assert abs(random_input(InputInfo("x", (1000,), F32), 0).mean()) < 0.2
    assert (random_input(InputInfo("i", (1, 5), np.dtype(np.int64)), 0) == 0).all()


def test_images_with_transparency_and_palette(tmp_path: Path) -> None:
    for mode in ("P", "RGBA", "L", "CMYK"):
        path = tmp_path / f"{mode}.{'jpg' if mode == 'CMYK' else 'png'}"
        Image.new(mode, (4, 4)).save(path)
        assert read_image(path).mode == "RGB"


def test_size_of_the_image_is_filled_in_for_region_proposals() -> None:
    manifest = {"ops": [{"name": "kernel.proposal"}]}
    infos = [PLANAR, InputInfo("image_info", (2, 3), F32), InputInfo("scaled", (1, 4), F32)]
    filled = with_image_info({}, infos, manifest)
    assert filled["image_info"].tolist() == [[8, 12, 1]] * 2
    assert filled["scaled"].tolist() == [[8, 12, 1, 1]]
    assert PLANAR.name not in filled
    given = np.zeros((2, 3), np.float32)
    assert with_image_info({"image_info": given}, infos, manifest)["image_info"] is given
    assert not with_image_info({}, infos, {"ops": [{"name": "kernel.softmax"}]})
    assert not with_image_info({}, [VECTOR], manifest)


def test_pictures_of_one_run(red: Path, tmp_path: Path) -> None:
    from PIL import Image

    blue = tmp_path / "blue.png"
    Image.new("RGB", (20, 20), (1, 2, 250)).save(blue)
    three = InputInfo("image", (3, 3, 8, 12), F32)
    arrays, pictures = given_inputs([str(red)], [three], Preprocessing())
    assert arrays["image"].shape == (3, 3, 8, 12)
    assert (arrays["image"] == arrays["image"][:1]).all()
    assert len(pictures["image"]) == 1
    for specs in ([str(red), str(blue), str(red)], [f"image={red}", f"image={blue}", f"image={red}"]):
        arrays, pictures = given_inputs(specs, [three], Preprocessing())
        assert arrays["image"][:, 2, 4, 4].tolist() == [200, 1, 200]
        assert len(pictures["image"]) == 3
    with pytest.raises(UserError, match="2 images for input 'image', which takes 3 in one run"):
        given_inputs([str(red), str(blue)], [three], Preprocessing())
    with pytest.raises(UserError, match="image"):
        given_inputs([str(red)] * 4, [three], Preprocessing())
    noise = random_input(three, 0)
    assert noise.shape == three.shape
    assert (noise[0] != noise[1]).any()


def test_whole_numbers_take_pictures_as_they_are(red: Path) -> None:
    info = InputInfo("image", (1, 8, 12, 3), np.dtype(np.uint8))
    arrays, _ = given_inputs([str(red)], [info], Preprocessing())
    assert arrays["image"].dtype == np.uint8
    assert arrays["image"][0, 3, 3].tolist() == [10, 40, 200]
    with pytest.raises(UserError, match="--mean and --scale do not go with input 'image' of uint8"):
        given_inputs([str(red)], [info], preprocessing("1", "", False))


def test_a_sequence_of_features_is_no_picture() -> None:
    assert image_size((1, 2048, 24)) is None
    assert image_size((1, 24, 94)) == (24, 94, 1, False)


RANGE = {"batch": {"least": 1, "usual": 2, "most": 4}}


@pytest.mark.parametrize(
    "specs, count", [([], 1), (["a.png", "b.png"], 2), (["x=a.png", "x=b.png", "x=c.png"], 3)]
)
def test_as_many_images_as_are_given(specs: list[str], count: int) -> None:
    infos = [InputInfo("x", (4, 3, 32, 32), np.dtype(np.float32)), InputInfo("s", (), np.dtype(np.float32))]
    assert [info.shape for info in with_batch(infos, specs, RANGE)] == [(count, 3, 32, 32), ()]
    assert with_batch(infos, specs, {}) == infos


def test_arrays_say_how_many(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((3, 5), np.float32))
    infos = [InputInfo("x", (4, 5), np.dtype(np.float32))]
    assert with_batch(infos, [str(tmp_path / "x.npy")], RANGE)[0].shape == (3, 5)
    with pytest.raises(UserError, match="5 images are given, and the program takes from 1 to 4 in one run"):
        with_batch(infos, ["a.png"] * 5, RANGE)
