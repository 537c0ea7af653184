"""Reads idx files, the format of MNIST.

An idx file has two zero bytes, one byte for the type of its values, one byte for the number of axes, the size of each
axis (four bytes, big-endian) and then the values. Format: LeCun, Cortes and Burges, "The MNIST database of handwritten
digits", section "File formats".
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from frostformer.errors import InputError
from frostformer.files import MOST_BYTES, open_checked

_UNSIGNED_BYTE = 0x08  # the type code of the only type that MNIST has
_MOST_AXES = 8  # the byte in the header can say 255, more than NumPy allows; MNIST has 3


def read_idx(path: Path) -> np.ndarray:
    """The uint8 array of an idx file, which may be compressed (`.gz`).

    Not more than one byte beyond what the header announces is unpacked, so a small file cannot fill the memory.

    Raises:
        InputError: the gzip is damaged, it is not an idx file of unsigned bytes, or its size is not as in the header.
    """
    with open_checked(path, unpack=path.suffix == ".gz") as file:
        start = file.read(4)
        if len(start) < 4 or start[:3] != bytes([0, 0, _UNSIGNED_BYTE]):
            raise InputError(f"{path} is not an idx file of unsigned bytes ({_beginning(start)}): get it again")
        sizes = file.read(4 * start[3])
        if not (1 <= start[3] <= _MOST_AXES and len(sizes) == 4 * start[3]):
            raise InputError(
                f"{path} has a damaged header ({start[3]} axes, and {len(sizes)} bytes for their sizes): get it again"
            )
        shape = tuple(np.frombuffer(sizes, ">u4").tolist())
        if not 1 <= math.prod(shape) <= MOST_BYTES:
            raise InputError(
                f"{path} announces an array of shape {shape}, but it must have 1 to {MOST_BYTES:,} bytes: get it again"
            )
        # One byte too many is asked for: it shows whether the file is too long, and makes gzip check its checksum.
        values = file.read(math.prod(shape) + 1)
    if len(values) != math.prod(shape):
        found = "more values" if len(values) > math.prod(shape) else f"only {len(values):,} values"
        raise InputError(f"{path} announces an array of shape {shape} but has {found}: get it again")
    return np.frombuffer(values, np.uint8).reshape(shape)


def _beginning(start: bytes) -> str:
    return f"it begins with the bytes {start.hex(' ')}" if start else "it is empty"
