"""Writes a file whole or not at all, finds what cannot be written before work begins, and reads up to a size limit.

Everything that is kept is written here, so that a full disk is one sentence wherever it happens.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
import lzma
import os
import shutil
import tempfile
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from frostformer.errors import InputError

_PARTIAL = ".partial"
_LONGEST_NAME = 200  # bytes; most file systems take 255, and something is put around the name
_Made = TypeVar("_Made")


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that readers always find the old content or the new one, never a part; see `written_whole`.

    Raises:
        InputError: it cannot be written; the old content is still there.
    """
    with written_whole(path) as file:
        file.write(content.encode(errors="replace") if isinstance(content, str) else content)


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A new file to write to, which takes the place of `path` when the block ends without an error, even after a kill.

    Any number of processes may write the same file at once. Only a kill leaves a partial file behind, a hidden one; see
    `remove_partials`.

    Raises:
        InputError: it cannot be written; the old content is still there.
    """
    partial = hidden(path, f".{uuid.uuid4().hex}{_PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:  # Ctrl-C, too
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise cannot_write(path, error) from error


def remove_partials(path: Path) -> None:
    """Remove what killed writers left of a file; only for whoever holds the lock under which the file is written."""
    for partial in path.parent.glob(f"{glob.escape(hidden(path, '.').name)}*{_PARTIAL}"):
        partial.unlink(missing_ok=True)


def hidden(path: Path, suffix: str) -> Path:
    """A hidden file beside `path`, with a name of its own that is never too long."""
    name = os.fsencode(path.name)
    short = path.name if len(name) <= _LONGEST_NAME else hashlib.sha256(name).hexdigest()
    return path.with_name(f".{short}{suffix}")


def cannot_write(path: Path, error: Exception) -> InputError:
    """The sentence for a file or folder that cannot be written."""
    reason = getattr(error, "strerror", None) or str(error)
    if isinstance(error, FileExistsError):
        reason = "what has this name is not a folder"
    return InputError(f"{path} cannot be written ({reason}): mend that, or choose another place")


def check_writable(folder: Path) -> None:
    """Refuse, before any work is done, a folder that can be neither written to nor made. It is tried."""
    with no_new_empty_folders(folder):
        in_folder(folder, lambda: tempfile.TemporaryFile(dir=folder).close())


def check_writable_file(path: Path) -> None:
    """Refuse, before any work is done, a file that cannot be written."""
    check_writable(path.parent)
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise cannot_write(path, error) from error
    if path.exists() and not path.is_file():
        raise InputError(f"{path} cannot be written, since it is a folder or a device: give the name of a file")


def check_space(folder: Path, needed: int, what: str) -> None:
    """Refuse, before any work is done, a folder on a disk that has less than `needed` bytes left."""
    with suppress(OSError):  # no answer is no reason to refuse
        if (free := shutil.disk_usage(folder).free) < needed:
            raise InputError(
                f"{folder} has {free / 1e6:,.1f} MB left on its disk, and {what} needs {needed / 1e6:,.1f} MB: "
                "make room, or choose another place"
            )


def in_folder(folder: Path, action: Callable[[], _Made]) -> _Made:
    """What `action` gives, with the folder made first; errors become one sentence.

    Another process may remove the folder between the two, as long as it is empty; then both are done again.
    """
    error: Exception | None = None
    for _ in range(100):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return action()
        except FileNotFoundError as missing:
            error = missing
        except (OSError, ValueError) as other:  # ValueError: a null character
            error = other
            break
    assert error is not None
    raise cannot_write(folder, error) from error


@contextmanager
def no_new_empty_folders(folder: Path) -> Iterator[None]:
    """Afterwards remove `folder` and its parents if they were created meanwhile and are still empty."""
    new = [one for one in (folder, *folder.parents) if not os.path.lexists(one)]  # innermost first
    try:
        yield
    finally:
        for one in new:
            with suppress(OSError, ValueError):  # raised if the folder is not empty, which is then kept
                one.rmdir()


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


def is_file_or_folder(path: Path) -> bool:
    """Whether there is something to read that has an end, which a device or a pipe may not have."""
    return is_file(path) or is_folder(path)


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
    if is_folder(path):
        raise InputError(f"{path} is a folder: give a file")
    try:
        with gzip.open(path) if unpack else path.open("rb") as file:
            yield file
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise InputError(f"{path} cannot be read ({error.strerror}): get it again") from error
        kind = "gzip" if unpack else path.suffix.removeprefix(".")
        raise InputError(f"{path} is not a whole {kind} file ({error}): get it again") from error
