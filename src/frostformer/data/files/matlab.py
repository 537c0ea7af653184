"""Reads the numbers and texts of MATLAB files of version 5 to 7 (`.mat`) with SciPy; objects, cells and structures never.

Sizes are compared with the file before SciPy is asked, since it takes memory for what a file announces.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from frostformer.data.files.array_cases import ArrayFormat
from frostformer.data.files.npy import Array, Loaded
from frostformer.errors import InputError, in_one_line
from frostformer.files import MOST_BYTES, open_checked

_READ = ("double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "logical", "char")
_HEADER = 128  # bytes
_PACKED, _MATRIX = 15, 14  # types of an element
_MOST_UNPACKED = 1100  # bytes that one byte of zlib becomes, at most
_TURNED = {b"IM": "little", b"MI": "big"}


class Matlab(ArrayFormat):
    """`.mat` files of version 5 to 7; version 7.3 is HDF5 and is refused elsewhere."""

    name = "matlab"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the version in the header."""
        return head[124:128] in (b"\x00\x01IM", b"\x01\x00MI")

    def arrays(self, path: Path) -> Mapping[str, Array]:
        """Name -> array of numbers or text."""
        from scipy.io import loadmat, whosmat

        _check_sizes(path)
        try:
            listed = whosmat(path)
            wanted = [name for name, shape, kind in listed if kind in _READ and math.prod(shape) * 8 <= MOST_BYTES]
            found = loadmat(path, variable_names=wanted, struct_as_record=True) if wanted else {}
        except Exception as error:  # noqa: BLE001 (SciPy raises whatever a damaged file makes its parts raise)
            raise InputError(f"{path} is not a whole MATLAB file ({in_one_line(error)}): get it again") from error
        arrays = {name: found[name] for name in wanted if isinstance(found.get(name), np.ndarray)}
        if not arrays:
            there = ", ".join(f"{name} ({kind})" for name, _, kind in listed[:20])
            raise InputError(
                f"{path} has no plain arrays ({there or 'nothing'}): save a matrix of cases x steps and a vector of answers"
            )
        return {name: Loaded(array, f"{path}, array '{name}'") for name, array in arrays.items() if array.size}


FORMAT = Matlab()


def _check_sizes(path: Path) -> None:
    """Refuse a file whose elements announce more bytes than they can have."""
    size = path.stat().st_size
    with open_checked(path, unpack=False) as file:
        order = _TURNED[file.read(_HEADER)[-2:]]
        at = _HEADER
        while at + 8 <= size:
            file.seek(at)
            start = file.read(8 + 64)
            kind, count = (int.from_bytes(start[begin : begin + 4], order) for begin in (0, 4))  # type: ignore[arg-type]
            if kind not in (_PACKED, _MATRIX) or at + 8 + count > size:
                raise InputError(f"{path} is not a whole MATLAB file (damaged at byte {at:,}): get it again")
            if kind == _PACKED and not _fits(start[8:], count, order):
                raise InputError(f"{path} has a packed array of more than {MOST_BYTES:,} bytes: give a smaller file")
            at += 8 + count


def _fits(packed: bytes, count: int, order: str) -> bool:
    """Whether a packed element announces no more bytes than it can become."""
    try:
        inner = zlib.decompressobj().decompress(packed, 8)
    except zlib.error:
        return False
    return int.from_bytes(inner[4:8], order) <= min(MOST_BYTES, count * _MOST_UNPACKED)  # type: ignore[arg-type]
