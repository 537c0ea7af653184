"""An array of a `.npy` file, or of a member of a `.npz` file, read piece by piece and never through pickle.

What the header announces is compared with the bytes that are there before memory is taken. Format: NEP 1 of NumPy.
"""

from __future__ import annotations

import ast
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from frostformer.errors import InputError
from frostformer.files import MOST_BYTES, open_checked

MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 2**16
_MOST_AXES = 8
_LAST_LETTER = 0x10FFFF
_CHUNK = 2**20  # bytes that are read at a time
_PYTHON_2 = re.compile(r"(?<=[0-9])L\b")  # a long number, as Python 2 wrote it
_OBJECTS = (
    "holds Python objects, that is a pickle, which can run code when it is read: save sequences of different lengths "
    "with np.savez(file, values=np.concatenate(sequences), lengths=[len(one) for one in sequences], labels=labels), "
    "or as Parquet or JSONL"
)


@dataclass(frozen=True)
class Array:
    """An array that is read when it is asked for."""

    place: str
    """File and name, for sentences."""

    shape: tuple[int, ...]
    dtype: np.dtype
    whole: Callable[[], np.ndarray]
    """All of it."""

    pieces: Callable[[Iterable[int]], Iterator[np.ndarray]]
    """One piece (count, ...) of the first axis after the other, for each of these counts."""


def loaded(values: np.ndarray, place: str) -> Array:
    """An array that is in memory already."""
    return Array(place, values.shape, values.dtype, lambda: values, partial(_cut, values))


def _cut(values: np.ndarray, counts: Iterable[int]) -> Iterator[np.ndarray]:
    at = 0
    for count in counts:
        yield values[at : at + count]
        at += count


@dataclass(frozen=True)
class _Stored:
    """Where the values of an array lie in a file."""

    place: str
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    offset: int
    """Bytes in front of the values."""

    opened: Callable[[], AbstractContextManager[IO[bytes]]]

    def pieces(self, counts: Iterable[int]) -> Iterator[np.ndarray]:
        """See `Array`; an array in Fortran's order is read whole."""
        if self.fortran and len(self.shape) > 1:
            yield from _cut(self.whole(), counts)
            return
        with self.opened() as file:
            _read(file, self.offset, self.place)
            for count in counts:
                yield self._values(file, (count, *self.shape[1:]))

    def whole(self) -> np.ndarray:
        """See `Array`."""
        with self.opened() as file:
            _read(file, self.offset, self.place)
            values = self._values(file, self.shape[::-1] if self.fortran else self.shape)
            return values.T if self.fortran else values

    def _values(self, file: IO[bytes], shape: tuple[int, ...]) -> np.ndarray:
        needed = math.prod(shape) * self.dtype.itemsize
        if needed > MOST_BYTES:
            raise InputError(
                f"{self.place} would need {needed:,} bytes at once, more than {MOST_BYTES:,}: save it in C order with "
                "the cases on the first axis, np.ascontiguousarray(array), or in several files"
            )
        values = np.frombuffer(_read(file, needed, self.place), self.dtype)
        if not _letters_exist(values):
            raise InputError(f"{self.place} has letters that do not exist: get it again")
        return values.reshape(shape)


def open_npy(path: Path) -> Array:
    """The array of a `.npy` file.

    Raises:
        InputError: it cannot be read, announces what it has not, or holds objects.
    """
    return _open(str(path), path.stat().st_size, lambda: _file(path))


def open_npz(path: Path) -> dict[str, Array]:
    """Name -> array, of a `.npz` file; names are keys only, and nothing is unpacked to the disk.

    Raises:
        InputError: it cannot be read, or an array announces what it has not, or holds objects.
    """
    with _unzipping(path), zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if member.filename.endswith(".npy")]
    names = [member.filename.removesuffix(".npy") for member in members]
    if len(set(names)) != len(names) or not names:
        raise InputError(f"{path} has no arrays, or two of one name: save it again with np.savez")
    return {
        name: _open(f"{path}, array {name!r}", member.file_size, lambda member=member: _member(path, member))  # type: ignore[misc]
        for name, member in zip(names, members, strict=True)
    }


@contextmanager
def _file(path: Path) -> Iterator[IO[bytes]]:
    with open_checked(path, unpack=False) as file:
        yield file  # type: ignore[misc]


@contextmanager
def _member(path: Path, member: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    with _unzipping(path), zipfile.ZipFile(path) as archive, archive.open(member) as file:
        yield file


@contextmanager
def _unzipping(path: Path) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InputError(f"{path} is not a whole .npz file ({error}): get it again") from error


def _open(place: str, size: int, opened: Callable[[], AbstractContextManager[IO[bytes]]]) -> Array:
    with opened() as file:
        start = _read(file, 8, place)
        width = 2 if start[6:7] == b"\x01" else 4
        length = _read(file, width, place)
        if (
            start[:6] != MAGIC
            or not 1 <= start[6] <= 3
            or (count := int.from_bytes(length, "little")) > _LONGEST_HEADER
        ):
            raise InputError(f"{place} is no array of NumPy, or its header is damaged: get it again")
        header = _read(file, count, place)
    shape, dtype, fortran = _header(header.decode("utf-8" if start[6] == 3 else "latin-1", "replace"), place)
    offset = 8 + width + count
    if (needed := math.prod(shape) * dtype.itemsize) != size - offset:
        raise InputError(
            f"{place} announces an array of shape {shape}, {needed:,} bytes, and has {size - offset:,}: get it again"
        )
    stored = _Stored(place, shape, dtype, fortran, offset, opened)
    return Array(place, shape, dtype, stored.whole, stored.pieces)


def _header(text: str, place: str) -> tuple[tuple[int, ...], np.dtype, bool]:
    damaged = InputError(f"{place} has a damaged header: get it again")
    try:
        said = ast.literal_eval(_PYTHON_2.sub("", text.strip()))
        shape, fortran = said["shape"], said["fortran_order"]
        dtype = np.lib.format.descr_to_dtype(said["descr"])
    except (ValueError, TypeError, KeyError, IndexError, SyntaxError, MemoryError, RecursionError, AttributeError):
        raise damaged from None
    if dtype.hasobject:
        raise InputError(f"{place} {_OBJECTS}")
    if not isinstance(shape, tuple) or not all(type(side) is int and 0 <= side < 2**48 for side in shape):
        raise damaged
    if len(shape) > _MOST_AXES or 0 in shape or not dtype.itemsize or type(fortran) is not bool:
        raise InputError(f"{place} has shape {shape} and type {str(dtype)[:60]}, so it holds nothing: give another one")
    return shape, dtype, fortran


def _letters_exist(values: np.ndarray) -> bool:
    """Whether all text is of letters of Unicode; of others, NumPy makes errors of several kinds later."""
    if values.dtype.names:
        return all(_letters_exist(values[name]) for name in values.dtype.names)
    if values.dtype.kind != "U":
        return True
    letters = np.ascontiguousarray(values).view(np.dtype("u4").newbyteorder(values.dtype.byteorder))
    return not ((letters > _LAST_LETTER) | ((letters >= 0xD800) & (letters < 0xE000))).any()


def _read(file: IO[bytes], count: int, place: str) -> bytearray:
    """So many bytes; memory is taken only for what is there."""
    content = bytearray()
    while len(content) < count:
        chunk = file.read(min(_CHUNK, count - len(content)))
        if not chunk:
            raise InputError(f"{place} ends after {len(content):,} of {count:,} bytes: get it again")
        content += chunk
    return content
