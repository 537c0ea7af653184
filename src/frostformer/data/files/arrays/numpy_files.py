"""Reads `.npy` and `.npz` files of NumPy, and folders of `.npy` files such as `x_train.npy` and `y_train.npy`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from frostformer.data.files.arrays.cases import ArrayFormat
from frostformer.data.files.arrays.fields import fields_of
from frostformer.data.files.arrays.npy import MAGIC, Array, open_npy, open_npz
from frostformer.data.files.arrays.roles import role_of
from frostformer.data.files.folders.files import entries
from frostformer.data.files.parsing.text import first_bytes
from frostformer.errors import InputError
from frostformer.files import is_file, is_folder

_ZIP = b"PK\x03\x04"
_GZIP = b"\x1f\x8b"
_ENDING = ".npy"


class NumpyArrays(ArrayFormat):
    """`.npy`, `.npz`, or a folder of `.npy`."""

    name = "arrays"

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the first bytes: NumPy's own, or a zip archive whose first member is an array."""
        if is_folder(path):
            return any(role_of(one.stem)[0] == "sequence" for one in _files(path))
        if head.startswith(_ZIP):
            length = int.from_bytes(head[26:28], "little")
            return head[30 : 30 + length].endswith(_ENDING.encode()) or path.suffix.lower() == ".npz"
        return head.startswith(MAGIC)

    def arrays(self, path: Path) -> Mapping[str, Array]:
        """Name -> array; of a single `.npy` file also those beside it which belong to the same split."""
        if is_folder(path):
            return {one.stem: open_npy(one) for one in _files(path)}
        start = first_bytes(path, len(_ZIP))
        if start[:2] == _GZIP:
            raise InputError(f"{path} is packed with gzip: unpack it with gunzip")
        if start == _ZIP:
            return open_npz(path)
        array = open_npy(path)
        if array.dtype.names:
            return fields_of(array)
        role, part = role_of(path.stem)
        if role != "sequence":
            return {path.stem: array}
        beside = [one for one in _files(path.parent) if one != path and role_of(one.stem)[1] == part]
        return {path.stem: array} | {
            one.stem: open_npy(one) for one in beside if role_of(one.stem)[0] not in (None, "sequence")
        }

    def answers(self, path: Path) -> Array:
        """The array of a file of answers, a `.npy` one."""
        if path.suffix.lower() != _ENDING:
            raise InputError(
                f"{path}: save the answers as a .npy array, one for each case, or beside the sequences in a .npz"
            )
        return open_npy(path)


FORMAT = NumpyArrays()


def _files(folder: Path) -> list[Path]:
    return [one for one in entries(folder) if one.suffix.lower() == _ENDING and is_file(one)]
