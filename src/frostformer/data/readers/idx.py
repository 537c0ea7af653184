"""Idx files, MNIST's format: two zero bytes, a type code, the number of axes, big-endian sizes, then the raw values.

Format: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from frostformer.errors import InputError
from frostformer.files import MOST_BYTES, open_checked

_UNSIGNED_BYTE = 0x08
_MOST_AXES = 8  # numpy has a limit of its own


def read_idx(path: Path) -> np.ndarray:
    """The uint8 array of an idx file, plain or `.gz`; no more is unpacked than the header announces.

    Raises:
        InputError: damaged gzip, not an idx file of unsigned bytes, or a size that differs from what the header says.
    """
    with open_checked(path, unpack=path.suffix == ".gz") as file:
        start = file.read(4)
        if len(start) < 4 or start[:3] != bytes([0, 0, _UNSIGNED_BYTE]):
            raise InputError(
                f"{path} is not an idx file of unsigned bytes (it begins {start.hex(' ') or 'nowhere'}): get it again"
            )
        sizes = file.read(4 * start[3])
        if not (1 <= start[3] <= _MOST_AXES and len(sizes) == 4 * start[3]):
            raise InputError(f"{path} has a damaged idx header ({start[3]} axes, {len(sizes)} bytes): get it again")
        shape = tuple(np.frombuffer(sizes, ">u4").tolist())
        if not 1 <= math.prod(shape) <= MOST_BYTES:
            raise InputError(f"{path} says it holds {shape} values, wanted 1 to {MOST_BYTES:,} bytes: get it again")
        values = file.read(math.prod(shape) + 1)  # the byte that should not be there: also lets gzip check its sum
    if len(values) != math.prod(shape):
        found = "more" if len(values) > math.prod(shape) else f"{len(values):,} bytes"
        raise InputError(f"{path} says it holds {shape} values but has {found}: get it again")
    return np.frombuffer(values, np.uint8).reshape(shape)
