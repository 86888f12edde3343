import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from forger.data.decoding import decode, endings
from forger.errors import ForgerError


def pixels(file: Path, channels: int = 3, background: str = "white") -> list:
    return np.asarray(decode(file, channels, background)).tolist()


def save(picture: Image.Image, file: Path, **settings: Any) -> Path:
    picture.save(file, **settings)
    return file


@pytest.mark.parametrize(
    ("name", "picture", "settings"),
    [
        # Each has a hidden colour where it is transparent, at the left, and black at the right.
        ("a.png", Image.fromarray(np.array([[[255, 0, 0, 0], [0, 0, 0, 255]]], np.uint8)), {}),
        ("a.tif", Image.fromarray(np.array([[[0, 255, 0, 0], [0, 0, 0, 255]]], np.uint8)), {}),
        ("a.tga", Image.fromarray(np.array([[[0, 255, 0, 0], [0, 0, 0, 255]]], np.uint8)), {}),
        ("b.png", Image.fromarray(np.array([[[90, 0], [0, 255]]], np.uint8), "LA"), {}),
        ("c.png", Image.fromarray(np.array([[90, 0]], np.uint8)), {"transparency": 90}),
        ("d.png", Image.fromarray(np.array([[700, 0]], np.uint16)), {"transparency": 700}),
        ("e.png", Image.fromarray(np.array([[True, False]])), {"transparency": 1}),
        ("f.gif", Image.fromarray(np.array([[90, 0]], np.uint8)), {"transparency": 90}),
    ],
)
def test_what_is_transparent_shows_the_background(
    tmp_path: Path, name: str, picture: Image.Image, settings: dict
) -> None:
    file = save(picture, tmp_path / name, **settings)
    assert pixels(file) == [[[255] * 3, [0] * 3]]
    assert pixels(file, 1) == [[255, 0]]
    assert pixels(file, 3, "#ff0080") == [[[255, 0, 128], [0] * 3]]


def test_half_transparent_is_half_the_background(tmp_path: Path) -> None:
    file = save(Image.new("RGBA", (1, 1), (0, 0, 0, 128)), tmp_path / "a.png")
    assert pixels(file) == [[[127] * 3]]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_palette_with_transparent_entries_shows_the_background(
    tmp_path: Path, channels: int
) -> None:
    picture = Image.new("P", (2, 1), 0)
    picture.putpalette([0, 255, 0, 0, 0, 0])
    picture.putpixel((1, 0), 1)
    file = save(picture, tmp_path / "a.png", transparency=bytes([0, 255]))
    white, black = (255, 0) if channels == 1 else ([255] * 3, [0] * 3)
    assert pixels(file, channels) == [[white, black]]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "content",
    [
        b"P5 2 2 65535\n" + bytes([0, 0, 255, 255, 1, 0, 128, 0]),
        b"P2 2 2 65535\n0 65535 256 32768\n",
    ],
)
def test_sixteen_bits_of_a_pgm_are_scaled_to_eight(
    tmp_path: Path, content: bytes, channels: int
) -> None:
    (tmp_path / "a.pgm").write_bytes(content)
    expected = np.array([[0, 255], [1, 128]])
    found = np.array(pixels(tmp_path / "a.pgm", channels)).reshape(2, 2, -1)
    assert (found == expected[..., None]).all()


def test_ten_bits_of_a_pgm_are_scaled_to_eight(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5 2 1 1023\n" + bytes([0, 0, 3, 255]))
    assert pixels(tmp_path / "a.pgm", 1) == [[0, 255]]


def test_lab_has_a_grey(tmp_path: Path) -> None:
    file = save(Image.new("LAB", (1, 1), (255, 128, 128)), tmp_path / "a.tif")
    assert pixels(file, 1)[0][0] > 250


def bomb(file: Path) -> Path:
    """The head of a PNG of 20,000 x 20,000 pixels, without any."""
    head = struct.pack(">II5B", 20_000, 20_000, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n"
    for chunk in (b"IHDR" + head, b"IDAT"):
        content += struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    file.write_bytes(content)
    return file


def test_each_refusal_has_its_reason(tmp_path: Path) -> None:
    picture = BytesIO()
    Image.new("RGB", (64, 64), "red").save(picture, "JPEG")
    files = {"cut.jpg": picture.getvalue()[:-40], "empty.png": b"", "text.png": b"no image"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    reasons = {
        bomb(tmp_path / "bomb.png"): r"^too large, .*400000000 pixels.*178956970 pixels$",
        tmp_path / "cut.jpg": "truncated",
        tmp_path / "empty.png": "^an empty file$",
        tmp_path / "text.png": "^not an image that Pillow can read$",
        tmp_path / "absent.png": "^No such file",
        save(Image.new("F", (1, 1)), tmp_path / "float.tif"): "32 bits, whose range is unknown",
    }
    for file, reason in reasons.items():
        with pytest.raises(ForgerError, match=reason):
            decode(file, 3, "white")


def test_no_ending_is_read_that_pillow_only_knows_by_name_or_gives_to_another_program() -> None:
    assert {".jpg", ".jfif", ".png", ".gif", ".avif", ".webp", ".jp2", ".pgm"} <= endings()
    assert not {".pdf", ".h5", ".mpg", ".eps", ".wmf"} & endings()
