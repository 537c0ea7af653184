"""The plain arrays of a MATLAB file of version 5 to 7: numbers, texts, and cells of texts.

It is read here and not by `scipy.io`, which ends the whole process on some damaged files. Format: MathWorks, "MAT-File
Format", chapter 1. An element is a type and a count of bytes, four each, then the bytes, filled up to a multiple of 8;
up to four bytes stand in the element's own head. A variable is an element of elements: flags, axes, name, values.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from frostformer.errors import InputError
from frostformer.files import MOST_BYTES, read_at_most

HEADER = 128  # bytes
_MATRIX, _PACKED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_ENCODINGS = {2: "latin-1", 16: "utf-8", 4: "utf-16", 17: "utf-16", 18: "utf-32"}
_CELL, _CHAR, _NUMBERS = 1, 4, range(6, 16)
_COMPLEX = 0x0800
_MOST_AXES = 8


class Variable(NamedTuple):
    """A variable of the file."""

    name: str
    values: np.ndarray | None
    """None where it is no plain array."""


class _Element(NamedTuple):
    type: int
    content: memoryview


class _DamagedError(Exception):
    """The bytes are not what the format wants."""


def read_mat5(path: Path) -> list[Variable]:
    """The variables in their order.

    Raises:
        InputError: the file is damaged or too large.
    """
    content = memoryview(read_at_most(path))
    order = "<" if bytes(content[126:HEADER]) == b"IM" else ">"
    try:
        return [_variable(element.content, order) for element in _unpacked(content[HEADER:], order, path)]
    except _DamagedError as error:
        raise InputError(f"{path} is not a whole MATLAB file ({error}): get it again") from None


def _elements(content: memoryview, order: str) -> Iterator[_Element]:
    """The elements one after the other."""
    at = 0
    while at < len(content):
        if len(content) - at < 8:
            raise _DamagedError("it ends inside an element")
        first, count = (int(one) for one in np.frombuffer(content[at : at + 8], f"{order}u4"))
        if first >> 16:  # the bytes stand in the head
            kind, count, begin, size = first & 0xFFFF, first >> 16, at + 4, 8
            if count > 4:
                raise _DamagedError("a short element is too long")
        else:
            kind, begin = first, at + 8
            size = 8 + count + (0 if kind == _PACKED else -count % 8)
        if begin + count > len(content):
            raise _DamagedError(f"{count:,} bytes are announced and {len(content) - begin:,} are there")
        yield _Element(kind, content[begin : begin + count])
        at += size


def _unpacked(content: memoryview, order: str, path: Path) -> Iterator[_Element]:
    """The elements of the file, unpacked."""
    left = MOST_BYTES
    for element in _elements(content, order):
        if element.type != _PACKED:
            if element.type == _MATRIX:
                yield element
            continue
        try:
            unpacked = zlib.decompressobj().decompress(element.content, left + 1)
        except zlib.error as error:
            raise _DamagedError(str(error)) from None
        if (left := left - len(unpacked)) < 0:
            raise InputError(f"{path} becomes more than {MOST_BYTES:,} bytes when it is unpacked: give a smaller file")
        yield from (inner for inner in _elements(memoryview(unpacked), order) if inner.type == _MATRIX)


def _variable(content: memoryview, order: str, *, in_cell: bool = False) -> Variable:
    parts = _elements(content, order)
    flags, axes, name = (next(parts, None) for _ in range(3))
    if flags is None or axes is None or name is None or len(flags.content) < 8 or len(axes.content) % 4:
        raise _DamagedError("a variable has no head")
    said = int(np.frombuffer(flags.content[:4], f"{order}u4")[0])
    shape = tuple(np.frombuffer(axes.content, f"{order}i4").tolist())
    if not 1 <= len(shape) <= _MOST_AXES or min(shape) < 0:
        raise _DamagedError(f"a variable has the shape {shape}")
    title, kind = bytes(name.content).decode("utf-8", "replace"), said & 0xFF
    if kind == _CELL and not in_cell:
        cells = (_variable(cell.content, order, in_cell=True).values for cell in parts if cell.type == _MATRIX)
        return Variable(title, _texts(list(cells), shape))
    values = next(parts, None)
    if values is None or said & _COMPLEX or (kind != _CHAR and kind not in _NUMBERS):
        return Variable(title, None)
    return Variable(title, _letters(values, shape, order) if kind == _CHAR else _numbers(values, shape, order))


def _numbers(element: _Element, shape: tuple[int, ...], order: str) -> np.ndarray:
    """The array, in MATLAB's order of values: the first axis changes fastest."""
    if element.type not in _TYPES:
        raise _DamagedError(f"{element.type} is no type of numbers")
    dtype = np.dtype(order + _TYPES[element.type])
    if len(element.content) != math.prod(shape) * dtype.itemsize:
        raise _DamagedError(f"{len(element.content):,} bytes are no array of shape {shape}")
    return np.frombuffer(element.content, dtype).reshape(shape, order="F")


def _letters(element: _Element, shape: tuple[int, ...], order: str) -> np.ndarray | None:
    """(rows,) texts of a matrix of letters."""
    encoding = _ENCODINGS.get(element.type, "latin-1")
    if encoding != "latin-1" and encoding != "utf-8":
        encoding += "-le" if order == "<" else "-be"
    text = bytes(element.content).decode(encoding, "replace")
    if len(shape) != 2 or len(text) != math.prod(shape):
        return None
    rows = shape[0]
    return np.array([text[row::rows] for row in range(rows)], np.str_) if text else np.array([""])


def _texts(cells: list[np.ndarray | None], shape: tuple[int, ...]) -> np.ndarray | None:
    """(N,) of N cells with one text each."""
    texts = [str(cell[0]) for cell in cells if cell is not None and cell.dtype.kind == "U" and len(cell) == 1]
    return np.array(texts, np.str_) if texts and len(texts) == len(cells) == math.prod(shape) else None
