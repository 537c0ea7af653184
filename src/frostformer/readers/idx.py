"""Idx files, MNIST's format: two zero bytes, a type code, the number of axes, big-endian sizes, then the raw values.

Format: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from frostformer.errors import InputError

_UNSIGNED_BYTE = 0x08


def read_idx(path: Path) -> np.ndarray:
    """The uint8 array of an idx file, plain or `.gz`.

    Raises:
        InputError: damaged gzip, not an idx file of unsigned bytes, or a size that differs from what the header says.
    """
    content = read_maybe_gzipped(path)
    if len(content) < 4 or content[:3] != bytes([0, 0, _UNSIGNED_BYTE]):
        raise InputError(f"{path} is not an idx file of unsigned bytes (it begins {content[:4].hex(' ') or 'nowhere'})")
    axes = content[3]
    header = 4 + 4 * axes
    if axes == 0 or len(content) < header:
        raise InputError(f"{path} is not a whole idx file: its header of {header} bytes is cut short")
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", axes, offset=4))
    if math.prod(shape) != len(content) - header:
        raise InputError(f"{path} says it holds {shape} values but has {len(content) - header:,} bytes: get it again")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def read_maybe_gzipped(path: Path) -> bytes:
    """A file's content, unpacked where its name ends in `.gz`."""
    content = path.read_bytes()
    if path.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is not a whole gzip file ({error}): get it again") from error
