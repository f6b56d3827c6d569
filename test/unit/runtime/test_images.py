"""The image decoders of the runner against Pillow, and against hostile files."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from arhat.emit.project import RUNTIME

Array = np.ndarray[Any, np.dtype[Any]]
SIZES = [(1, 1), (2, 2), (3, 5), (8, 8), (17, 33), (64, 48), (200, 3), (49, 81)]


@pytest.fixture(scope="session")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The decoders in a program with sanitizers."""
    program = tmp_path_factory.mktemp("tool") / "image_tool"
    flags = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror"]
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    source = Path(__file__).with_name("image_tool.cpp")
    subprocess.run(
        ["g++", *flags, *sanitizers, f"-I{RUNTIME / 'include'}", source, "-o", program], check=True
    )
    return program


def run(tool: Path, *args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool, *map(str, args)], capture_output=True, text=True, timeout=120)


def decode(tool: Path, data: bytes, folder: Path, *size: int) -> Array:
    """Pixels (height, width, channels)."""
    (folder / "in").write_bytes(data)
    result = run(tool, "resize" if size else "decode", folder / "in", folder / "raw", *size)
    assert result.returncode == 0, result.stderr
    raw = (folder / "raw").read_bytes()
    return np.frombuffer(raw, np.uint8, offset=12).reshape(struct.unpack("<3i", raw[:12]))


def refusal(tool: Path, data: bytes, folder: Path) -> str:
    """The one line that refuses a file."""
    (folder / "in").write_bytes(data)
    result = run(tool, "decode", folder / "in", folder / "never")
    assert result.returncode == 1 and not (folder / "never").exists()
    assert result.stderr.count("\n") == 1
    return result.stderr


def picture(width: int, height: int, channels: int = 3, seed: int = 0) -> Array:
    """Something between a photograph and noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [
        128 + 100 * np.sin(x / (3 + c) + y / (5 - c)) + rng.normal(0, 12, x.shape) for c in range(channels)
    ]
    return np.clip(np.stack(waves, -1), 0, 255).astype(np.uint8)


def jpeg(pixels: Array, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def pillow(data: bytes) -> Array:
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    return pixels if pixels.ndim == 3 else pixels[..., None]


# -- JPEG: the same pixels as libjpeg


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_jpeg(tool: Path, tmp_path: Path, subsampling: int, progressive: bool) -> None:
    for seed, (width, height) in enumerate(SIZES):
        for quality in (30, 75, 98):
            data = jpeg(
                picture(width, height, seed=seed),
                quality=quality,
                subsampling=subsampling,
                progressive=progressive,
            )
            np.testing.assert_array_equal(
                decode(tool, data, tmp_path), pillow(data), f"{width}x{height} {quality}"
            )


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True}, {"quality": 100}])
def test_jpeg_gray(tool: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    for width, height in SIZES:
        data = jpeg(picture(width, height, 1), **options)
        decoded = decode(tool, data, tmp_path)
        assert decoded.shape == (height, width, 1)
        np.testing.assert_array_equal(decoded, pillow(data))


@pytest.mark.parametrize(
    "options",
    [
        {"restart_marker_blocks": 1},
        {"restart_marker_blocks": 3, "progressive": True},
        {"restart_marker_rows": 1, "subsampling": 2},
        {"keep_rgb": True},
        {"qtables": [[255] * 64, [1] * 64]},
    ],
)
def test_jpeg_variants(tool: Path, tmp_path: Path, options: dict[str, Any]) -> None:
    data = jpeg(picture(70, 50), **options)
    np.testing.assert_array_equal(decode(tool, data, tmp_path), pillow(data))


def test_jpeg_vertical_subsampling(tool: Path, tmp_path: Path) -> None:
    """4:4:0 and 4:1:0 and the like, which Pillow reads but does not write: the header of a 4:4:4 file is changed."""
    data = jpeg(picture(64, 64), subsampling=0)
    frame = data.index(b"\xff\xc0") + 4 + 6  # id, sampling, table of the first component
    assert data[frame + 1] == 0x11
    for sampling in (0x12, 0x22, 0x21, 0x41, 0x14, 0x42):
        changed = bytearray(data)
        changed[frame + 1] = sampling
        # The data now means another, larger picture; give it a size that it fills at most.
        across, down = sampling >> 4, sampling & 15
        side = 64 // max(across, down) * min(across, down)
        changed[frame - 5 : frame - 1] = struct.pack(">HH", side // across, side // down)
        blocks = (across * down + 2) * -(-side // across // (8 * across)) * -(-side // down // (8 * down))
        assert blocks <= 3 * 64
        np.testing.assert_array_equal(
            decode(tool, bytes(changed), tmp_path), pillow(bytes(changed)), f"{sampling:x}"
        )


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda data: data.replace(b"\xff\xc0", b"\xff\xc3", 1), "rare coding"),
        (lambda data: data.replace(b"\xff\xc4", b"\xff\xfe"), "lacks a code table"),
        (lambda data: data.replace(b"\xff\xdb", b"\xff\xfe"), "lacks a quantization table"),
        (lambda data: data[:-2], "truncated"),
        (lambda data: data[:400], "truncated"),
        (lambda data: data[:2], "not a PNG or JPEG"),
        (lambda data: data[:2] + b"\xff\xd9", "no image"),
        (lambda data: b"GIF89a" + data, "not a PNG or JPEG"),
        (lambda data: b"", "not a PNG or JPEG"),
    ],
)
def test_jpeg_refusals(tool: Path, tmp_path: Path, change: Any, message: str) -> None:
    assert message in refusal(tool, change(jpeg(picture(40, 40))), tmp_path)


def test_jpeg_absurd_sizes(tool: Path, tmp_path: Path) -> None:
    data = bytearray(jpeg(picture(40, 40)))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 65535, 65535)
    assert "too large: 65535 x 65535" in refusal(tool, bytes(data), tmp_path)
    data[at : at + 4] = struct.pack(">HH", 8192, 8192)
    assert "truncated" in refusal(tool, bytes(data), tmp_path)
    data[at : at + 4] = struct.pack(">HH", 0, 40)
    assert "empty" in refusal(tool, bytes(data), tmp_path)


def test_jpeg_cmyk(tool: Path, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(picture(8, 8)).convert("CMYK").save(buffer, "JPEG")
    assert "CMYK" in refusal(tool, buffer.getvalue(), tmp_path)


# -- PNG: an encoder of every kind, because Pillow writes few

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def filtered(rows: list[bytes], step: int, rng: np.random.Generator) -> bytes:
    """Rows with a random filter each."""
    out = bytearray()
    above = bytes(len(rows[0])) if rows else b""
    for row in rows:
        kind = int(rng.integers(5))
        out.append(kind)
        for i, value in enumerate(row):
            left = row[i - step] if i >= step else 0
            corner = above[i - step] if i >= step else 0
            estimate = left + above[i] - corner
            nearest = min((left, above[i], corner), key=lambda v: abs(estimate - v))
            predicted = (0, left, above[i], (left + above[i]) // 2, nearest)[kind]
            out.append((value - predicted) % 256)
        above = row
    return bytes(out)


def png(samples: Array, colour: int, depth: int, *, interlaced: bool = False, level: int = 6, palette: bytes = b"",
        strategy: int = zlib.Z_DEFAULT_STRATEGY, pieces: int = 1) -> bytes:  # fmt: skip
    """A PNG of samples (height, width, samples of a pixel) of that depth."""
    rng = np.random.default_rng(depth)
    height, width, _ = samples.shape
    raw = b""
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y0::dy, x0::dx]
        if part.size:
            flat = part.reshape(len(part), -1)
            if depth == 16:
                rows = [row.astype(">u2").tobytes() for row in flat]
            else:
                bits = (flat[..., None] >> np.arange(depth - 1, -1, -1)) & 1
                rows = [np.packbits(row.astype(np.uint8)).tobytes() for row in bits.reshape(len(part), -1)]
            raw += filtered(rows, max(SAMPLES[colour] * depth // 8, 1), rng)
    compressor = zlib.compressobj(level, strategy=strategy)
    data = compressor.compress(raw) + compressor.flush()
    size = -(-len(data) // pieces)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    chunks = [chunk(b"IHDR", header), chunk(b"tEXt", b"Comment\0x")]
    chunks += [chunk(b"PLTE", palette)] if palette else []
    chunks += [chunk(b"IDAT", data[i : i + size]) for i in range(0, len(data), size)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks) + chunk(b"IEND", b"")


KINDS = (
    [(0, d) for d in (1, 2, 4, 8, 16)]
    + [(3, d) for d in (1, 2, 4, 8)]
    + [(c, d) for c in (2, 4, 6) for d in (8, 16)]
)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("colour, depth", KINDS)
def test_png(tool: Path, tmp_path: Path, colour: int, depth: int, interlaced: bool) -> None:
    rng = np.random.default_rng(colour)
    for width, height in [(1, 1), (2, 3), (5, 9), (33, 17)]:
        samples = rng.integers(0, 1 << depth, (height, width, SAMPLES[colour]))
        palette = rng.integers(0, 256, (1 << min(depth, 8), 3), dtype=np.uint8)
        data = png(
            samples, colour, depth, interlaced=interlaced, palette=palette.tobytes() if colour == 3 else b""
        )
        if colour == 3:
            expected = palette[samples[..., 0]]
        else:
            scaled = samples >> 8 if depth == 16 else samples * 255 // ((1 << depth) - 1)
            expected = scaled[..., :3] if colour in (2, 6) else scaled[..., :1]
        np.testing.assert_array_equal(decode(tool, data, tmp_path), expected)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA"])
def test_png_of_pillow(tool: Path, tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(picture(61, 40)).convert(mode)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    expected = np.asarray(image.convert("L" if mode in ("1", "L", "LA") else "RGB"))
    np.testing.assert_array_equal(decode(tool, buffer.getvalue(), tmp_path), expected.reshape(40, 61, -1))


@pytest.mark.parametrize("level", [0, 1, 6, 9])
@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE])
def test_png_compression(tool: Path, tmp_path: Path, level: int, strategy: int) -> None:
    for pixels in (picture(150, 150), np.zeros((300, 400, 3), np.uint8)):
        data = png(pixels, 2, 8, level=level, strategy=strategy, pieces=7)
        np.testing.assert_array_equal(decode(tool, data, tmp_path), pixels)


def good_png() -> bytes:
    return png(picture(20, 10), 2, 8)


def header(**change: int) -> bytes:
    fields = {
        "width": 20,
        "height": 10,
        "depth": 8,
        "colour": 2,
        "compression": 0,
        "filter": 0,
        "interlace": 0,
    }
    return (
        good_png()[:8]
        + chunk(b"IHDR", struct.pack(">IIBBBBB", *(fields | change).values()))
        + good_png()[33:]
    )


@pytest.mark.parametrize(
    "data, message",
    [
        (good_png()[:-1], "truncated"),
        (good_png()[:60], "truncated"),
        (good_png()[:8], "truncated"),
        (good_png()[:29] + b"\0\0\0\0" + good_png()[33:], "wrong checksum"),
        (header(width=0), "empty"),
        (header(width=1 << 31), "too large"),
        (header(width=60000, height=60000), "too large"),
        (header(width=8000, height=8000), "compressed data is truncated"),
        (header(width=21), "shorter than announced"),
        (header(width=19), "longer than announced"),
        (header(depth=3), "unknown format: colour type 2, depth 3"),
        (header(colour=3), "no palette"),
        (header(interlace=2), "unknown format"),
        (good_png()[:8] + good_png()[33:], "does not start with its header"),
        (good_png()[:33] + chunk(b"NEED", b"") + good_png()[33:], "critical chunk that is unknown"),
        (good_png()[:33] + chunk(b"PLTE", b"1234") + good_png()[33:], "palette of wrong size"),
        (png(np.full((2, 2, 1), 3), 3, 8, palette=b"abc"), "a colour that its palette lacks"),
        (good_png()[:33] + chunk(b"IDAT", zlib.compress(b"x" * 610)[:-1] + b"?") + chunk(b"IEND", b""), "checksum"),
    ],
)  # fmt: skip
def test_png_refusals(tool: Path, tmp_path: Path, data: bytes, message: str) -> None:
    assert message in refusal(tool, data, tmp_path)


# -- Hostile files


def seeds(folder: Path) -> list[Path]:
    """Small valid files of every format."""
    small = picture(24, 20)
    files = {
        "baseline.jpg": jpeg(small, subsampling=2),
        "restart.jpg": jpeg(small, subsampling=1, restart_marker_blocks=2),
        "progressive.jpg": jpeg(small, progressive=True, subsampling=2),
        "gray.jpg": jpeg(picture(24, 20, 1), progressive=True),
        "plain.png": png(small, 2, 8),
        "stored.png": png(small, 2, 8, level=0),
        "fixed.png": png(small[..., :1], 0, 8, strategy=zlib.Z_FIXED),
        "interlaced.png": png(small[..., :1] >> 6, 3, 2, interlaced=True, palette=bytes(range(12))),
        "deep.png": png(small[..., :2].astype(np.int64) * 257, 4, 16, interlaced=True),
    }
    arrays = io.BytesIO()
    np.save(arrays, np.arange(6, dtype=np.float32).reshape(2, 3))
    files["a.npy"] = arrays.getvalue()
    for name, save in (("stored.npz", np.savez), ("deflated.npz", np.savez_compressed)):
        arrays = io.BytesIO()
        save(arrays, a=np.arange(60, dtype=np.float32), b=np.zeros((3, 4), np.uint8))
        files[name] = arrays.getvalue()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


def test_mutated_files(tool: Path, tmp_path: Path) -> None:
    """Under the sanitizers, any file is either read or refused."""
    runs = 4000
    result = run(tool, "fuzz", runs, 1, *seeds(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr
    assert 0 < int(result.stdout) < runs


def test_truncated_files(tool: Path, tmp_path: Path) -> None:
    for path in seeds(tmp_path):
        result = run(tool, "truncate", path)
        assert result.returncode == 0, path.name + ": " + result.stdout + result.stderr


# -- Resizing

# SHA-256 of what cv2.resize(pixels, (W, H), interpolation=cv2.INTER_LINEAR) of OpenCV 5.0.0 gives for w, h, W, H.
OPENCV: dict[tuple[int, int, int, int], str] = {
    (640, 480, 300, 300): "34e677bf58391b74677af205256ef463823e30f3c94ea227e5ec2b3e72f5ccd3",
    (100, 80, 50, 40): "dd352b382411778e180f2caa7e51f2769a374e30104cfea1b1432f9f7a8daff5",
    (31, 17, 224, 224): "4c699de479ed717bb02e671e593f0c65c89fd3bca9bdb157ff1a4644cde34a58",
    (300, 300, 299, 301): "21c051c07f606c5255ba9f92b1202bd1a1abdd05130ec6ea268c544a4fb961a6",
    (1, 1, 5, 4): "e840c3eac38cc20cb11dc8394488a304b067e65c5c6d99a0d2ab480399ef2398",
    (500, 3, 20, 30): "ef844564f15c7c85a44679effc44c54d53b287abe5fda4e03339f8bab2788828",
    (97, 101, 13, 7): "529f8d771dcfae15d79025d4b09eb6ee737eb80eeb67bfb638c1b5fe867e900c",
}


@pytest.mark.parametrize("sizes", OPENCV)
def test_resize_is_that_of_opencv(tool: Path, tmp_path: Path, sizes: tuple[int, int, int, int]) -> None:
    width, height, new_width, new_height = sizes
    pixels = np.random.default_rng(sum(sizes)).integers(0, 256, (height, width, 3), np.uint8)
    result = decode(tool, png(pixels, 2, 8, level=1), tmp_path, new_width, new_height)
    assert result.shape == (new_height, new_width, 3)
    assert hashlib.sha256(result.tobytes()).hexdigest() == OPENCV[sizes]
