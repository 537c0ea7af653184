"""One picture of a file: upright, in grey or colours from 0 to 1, its size checked before it is unpacked."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from frostformer.data.files.parsing.text import first_bytes
from frostformer.errors import CannotRead, InputError, in_one_line

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""What Pillow may read; others, such as EPS, start other programs."""

MOST_PIXELS = 2**26
ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
_STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"P5\n", b"P6\n")
_GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L", "I;16N")
_WHITE_16 = 65_535


def is_picture(path: Path) -> bool:
    """Whether it is a picture by its first bytes, or by its name, as one that is damaged."""
    start = first_bytes(path, 16)
    if start.startswith(_STARTS) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP"):
        return True
    return path.suffix.lower() in ENDINGS


def require_pillow() -> None:
    """Refuse where Pillow is not installed."""
    try:
        import PIL  # noqa: F401
    except ModuleNotFoundError:
        raise InputError("pictures need the package pillow: pip install 'frostformer[images]'") from None


def open_picture(path: Path, place: str) -> Image:
    """The picture, whole, upright as its EXIF says, in 8 bits (L or RGB) or 16 (I;16); of several frames the first.

    Transparent pixels lie on white.

    Raises:
        CannotRead: it is damaged, too large, or of a kind that is not read.
    """
    from PIL import Image, ImageOps

    logging.getLogger("PIL").addHandler(logging.NullHandler())  # what is wrong is said below
    if not path.stat().st_size:
        raise CannotRead(f"{place} is empty: get it again or take it out")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large pictures and odd EXIF: what matters is checked here
            with Image.open(path, formats=FORMATS) as opened:
                width, height = opened.size
                if width * height > MOST_PIXELS:
                    raise _too_large(place, width, height)
                opened.load()
                return flat(ImageOps.exif_transpose(opened) or opened, place)
    except CannotRead:
        raise
    except Image.DecompressionBombError:
        raise CannotRead(f"{place} has more than {MOST_PIXELS:,} pixels: make it smaller or take it out") from None
    except Exception as error:
        raise CannotRead(f"{place} is no whole picture ({in_one_line(error)}): get it again or take it out") from error


def _too_large(place: str, width: int, height: int) -> CannotRead:
    return CannotRead(
        f"{place} is {width:,} x {height:,} pixels, more than {MOST_PIXELS:,}: make it smaller or take it out"
    )


def flat(picture: Image, place: str) -> Image:
    """A picture without transparency; the mode says whether it is grey."""
    from PIL import Image

    if picture.mode == "F":
        raise CannotRead(f"{place} has pixels with fractions, whose white is unknown: save it with 8 or 16 bits")
    if picture.mode.startswith("I"):
        if picture.mode == "I" and not all(0 <= one <= _WHITE_16 for one in picture.getextrema()):
            raise CannotRead(f"{place} has pixels of 32 bits, whose white is unknown: save it with 8 or 16 bits")
        return picture.copy()
    grey = picture.mode in _GREY
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        with_alpha = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", with_alpha.size, "white"), with_alpha)
    return picture.convert("L" if grey else "RGB")


def is_grey(picture: Image) -> bool:
    """Whether it has no colours."""
    return picture.mode in _GREY


def pixels(picture: Image, size: tuple[int, int], *, grey: bool) -> np.ndarray:
    """(H, W, C) float64 from 0 to 1, of this size (H, W), C being 1 or 3.

    Pixels of 16 bits are divided by 65,535, others by 255.
    """
    from PIL import Image

    height, width = size
    if picture.mode.startswith("I"):
        values = np.asarray(picture).astype(np.float32) / _WHITE_16
        shown = Image.fromarray(values.clip(0, 1))
        if shown.size != (width, height):
            shown = shown.resize((width, height), Image.Resampling.BILINEAR)
        one = np.asarray(shown, np.float64)[..., None]
        return one if grey else one.repeat(3, axis=2)
    shown = picture.convert("L" if grey else "RGB")
    if shown.size != (width, height):
        shown = shown.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(shown, np.float64).reshape(height, width, -1) / 255
