"""Reads a file up to a size limit, and writes a file whole or not at all."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from frostformer.errors import InputError


def check_writable(out: Path) -> None:
    """Refuse, before any work is done, a folder that can be neither written to nor made."""
    around = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not around.is_dir() or not os.access(around, os.W_OK):
        raise InputError(
            f"{out} cannot be written, since {around} is not a folder that can be written to: give another --out"
        )


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that readers always find the old content or the new one, never a part, even after a kill."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


MOST_BYTES = 2**30
"""At most so many bytes of an unpacked file are read, since a small packed file can become more than memory holds."""

_CHUNK = 2**20  # bytes that are read at a time
_MOST_DICTIONARY = 2**27  # bytes that unpacking an .xz file may take for itself; the strongest preset of xz takes 2**26


def is_file(path: Path) -> bool:
    """Whether there is a file; False too where no file can have such a name."""
    return os.path.isfile(path)  # noqa: PTH113 (`Path.is_file` raises an error where the name is too long)


def is_folder(path: Path) -> bool:
    """Whether there is a folder; False too where no folder can have such a name."""
    return os.path.isdir(path)  # noqa: PTH112


def read_at_most(path: Path, most: int = MOST_BYTES) -> bytes:
    """The content of a file, of `.xz` and `.gz` files the unpacked one.

    Raises:
        InputError: it cannot be read or unpacked, or has more than `most` bytes.
    """
    with open_checked(path, unpack=path.suffix == ".gz") as file:
        content = _unpacked(_first(file, MOST_BYTES), most) if path.suffix == ".xz" else _first(file, most + 1)
    if len(content) > most:
        raise InputError(f"{path} has more than {most:,} bytes: give a smaller file")
    return content


def _first(file: io.BufferedIOBase, most: int) -> bytes:
    """The first `most` bytes of a file; `read(most)` would take memory for all of them, however small the file is."""
    content = bytearray()
    while len(content) < most and (chunk := file.read(min(_CHUNK, most - len(content)))):
        content += chunk
    return bytes(content)


def _unpacked(packed: bytes, most: int) -> bytes:
    """The first `most` + 1 bytes of an .xz file, which may consist of several streams."""
    content = b""
    while packed and len(content) <= most:
        stream = lzma.LZMADecompressor(memlimit=_MOST_DICTIONARY)
        content += stream.decompress(packed, most + 1 - len(content))
        if not stream.eof and len(content) <= most:
            raise EOFError("it ends too early")
        packed = stream.unused_data.lstrip(b"\0")  # zeros may stand between streams
    return content


@contextmanager
def open_checked(path: Path, *, unpack: bool) -> Iterator[io.BufferedIOBase]:
    """Open a file to read from, through gzip with `unpack`; an error while it is read becomes an `InputError`."""
    try:
        with gzip.open(path) if unpack else path.open("rb") as file:
            yield file
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise InputError(f"{path} cannot be read ({error.strerror}): get it again") from error
        kind = "gzip" if unpack else path.suffix.removeprefix(".")
        raise InputError(f"{path} is not a whole {kind} file ({error}): get it again") from error
