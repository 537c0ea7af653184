"""Reads a file up to a size limit, and writes a file whole or not at all."""

from __future__ import annotations

import gzip
import io
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
"""At most so many bytes of an unpacked file are read, since a small gzip file can unpack to more than memory holds."""


@contextmanager
def open_checked(path: Path, *, unpack: bool) -> Iterator[io.BufferedIOBase]:
    """Open a file to read from, through gzip with `unpack`; an error while it is read becomes an `InputError`."""
    try:
        with gzip.open(path) if unpack else path.open("rb") as file:
            yield file
    except (OSError, EOFError, zlib.error) as error:
        kind = "a whole gzip file" if unpack else "a readable file"
        raise InputError(f"{path} is not {kind} ({error}): get it again") from error
