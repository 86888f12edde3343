"""An image file as pixels of 8 bits, and a file of arrays."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageColor, ImageOps, UnidentifiedImageError

from forger.errors import ForgerError

# Pillow knows only the names of the first five, and runs another program to read the last.
NOT_READ = ("BUFR", "GRIB", "HDF5", "MPEG", "WMF", "EPS")


@cache
def endings() -> frozenset[str]:
    """Endings of the image files that Pillow reads, in lower case."""
    formats = Image.registered_extensions().items()
    return frozenset(
        ending for ending, name in formats if name in Image.OPEN and name not in NOT_READ
    )


def decode(file: Path, channels: int, background: str) -> Image.Image:
    """The image in a file, upright, of 8 bits, in grey (channels 1) or colour (3).

    background: the colour behind what is transparent. Of several frames it takes the first.
    Raises ForgerError with the reason if Pillow cannot read the file or refuses its size.
    """
    try:
        with Image.open(file) as opened:
            # Pillow scales 16 bits of these formats to 0..65535 and keeps them in 32.
            sixteen = opened.mode == "I" and opened.format in ("PPM", "PNG")
            return convert(ImageOps.exif_transpose(opened), channels, background, sixteen)
    except Image.DecompressionBombError as error:
        # The rest of Pillow's message is about attacks.
        raise ForgerError(f"too large, {str(error).partition(',')[0]}") from error
    except UnidentifiedImageError as error:
        empty = file.stat().st_size == 0
        raise ForgerError(
            "an empty file" if empty else "not an image that Pillow can read"
        ) from error
    except OSError as error:
        raise ForgerError(error.strerror or str(error)) from error
    except Exception as error:  # Each decoder has errors of its own.
        raise ForgerError(str(error) or type(error).__name__) from error


def convert(
    picture: Image.Image, channels: int, background: str, sixteen: bool = False
) -> Image.Image:
    """A picture of 8 bits in grey (1 channel) or colour (3), on `background` where transparent.

    Of 16 bits it keeps the upper eight, where Pillow would call nearly all of it white. sixteen:
    whether a picture of 32 bits holds 16. Raises ForgerError for other pictures of 32 bits.
    """
    if picture.mode.startswith("I;16") or sixteen:
        picture = upper_eight(picture)
    if picture.mode in ("I", "F"):
        raise ForgerError("pixels of 32 bits, whose range is unknown")
    if picture.mode in ("La", "RGBa"):
        picture = picture.convert(picture.mode.upper())
    if picture.mode in ("LA", "PA", "RGBA") or "transparency" in picture.info:
        behind = Image.new("RGB", picture.size, ImageColor.getrgb(background)[:3]).convert("RGBA")
        picture = Image.alpha_composite(behind, picture.convert("RGBA"))
    if channels == 1 and picture.mode in ("LAB", "HSV"):
        # Pillow has no direct conversion from these to grey.
        picture = picture.convert("RGB")
    return picture.convert("L" if channels == 1 else "RGB")


def upper_eight(picture: Image.Image) -> Image.Image:
    """A grey picture of 16 bits as one of 8, with the value that is transparent as alpha."""
    values = np.asarray(picture)
    eight = Image.fromarray((values >> 8).astype(np.uint8))  # (H, W), the upper eight bits
    if (key := picture.info.get("transparency")) is not None:
        eight.putalpha(Image.fromarray(np.where(values == key, 0, 255).astype(np.uint8)))
    return eight


def load_arrays(file: Path) -> Any:
    """What NumPy reads of a file without objects, which could run code when they are unpickled.

    Raises ValueError with the reason.
    """
    try:
        return np.load(file, allow_pickle=False)
    except ValueError as error:
        if "object" in str(error).lower():
            raise ValueError("it has no array of numbers: save it as one") from error
        # The rest of NumPy's message is how to read it all the same.
        raise ValueError(str(error).partition(". ")[0]) from error
