"""MATLAB files of version 5 to 7 (`.mat`); version 7.3 is HDF5 and is refused in `unread/`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from frostformer.data.files.arrays.cases import ArrayFormat
from frostformer.data.files.arrays.mat5 import read_mat5
from frostformer.data.files.arrays.npy import Array, loaded
from frostformer.errors import InputError


class Matlab(ArrayFormat):
    """Arrays of numbers, and texts as answers; objects, cells of arrays and structures are not read."""

    name = "matlab"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the version in the header."""
        return head[124:128] in (b"\x00\x01IM", b"\x01\x00MI")

    def arrays(self, path: Path) -> Mapping[str, Array]:
        """Name -> array."""
        found = read_mat5(path)
        arrays = {
            one.name: loaded(one.values, f"{path}, array '{one.name}'")
            for one in found
            if one.name and one.values is not None and one.values.size
        }
        if not arrays:
            there = ", ".join(one.name[:40] for one in found[:20]) or "nothing"
            raise InputError(
                f"{path} has no plain arrays, only {there}: save a matrix of cases x steps, or of cases x steps x "
                "channels, and a vector of answers"
            )
        return arrays


FORMAT = Matlab()
