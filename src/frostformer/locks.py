"""One writer at a time: a lock of the operating system for each folder, which dies with its process."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import BaseFileLock, FileLock, Timeout

from frostformer.errors import Busy
from frostformer.files import hidden, in_folder, no_new_empty_folders, remove_partials, write_whole, written_whole

LOCK_NAME = ".lock"


@contextmanager
def locked(folder: Path, names: Iterable[str]) -> Iterator[None]:
    """Be the only process that writes the files `names` in a folder; what killed writers left of them is removed.

    The folder is made if it is missing, and goes again if nothing was written.

    Raises:
        Busy: another process holds the lock.
        InputError: the folder can be neither made nor written to.
    """
    with no_new_empty_folders(folder), _held(folder / LOCK_NAME, folder, wait=False):
        for name in names:
            remove_partials(folder / name)
        yield


def is_in_use(folder: Path) -> bool:
    """Whether a process holds the lock of a folder; a lock file that a killed process left behind says nothing."""
    path = folder / LOCK_NAME
    if not path.is_file():
        return False
    lock = FileLock(path)
    if not _acquired(lock, wait=False):
        return True
    lock.release()
    return False


def write_alone(path: Path, content: bytes | str) -> None:
    """Write a file that belongs to no locked folder, such as a report, whole or not at all; writers take turns."""
    with _turn(path):
        write_whole(path, content)


@contextmanager
def written_alone(path: Path) -> Iterator[BinaryIO]:
    """The same for what is written piece by piece: a new file, which takes the place of `path` at the end."""
    with _turn(path), written_whole(path) as file:
        yield file


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    with no_new_empty_folders(path.parent), _held(hidden(path, LOCK_NAME), path, wait=True):
        remove_partials(path)
        yield


@contextmanager
def _held(path: Path, what: Path, *, wait: bool) -> Iterator[None]:
    lock = FileLock(path)
    if not in_folder(path.parent, lambda: _acquired(lock, wait)):
        raise Busy(f"{what} is in use by {_holder(path)}: wait until that has ended, or choose another place")
    try:
        _sign(path)
        yield
    finally:
        # Only its holder removes the file: who has opened it meanwhile sees, once it has the lock, that the file is
        # gone, and opens a new one. Windows does not remove open files; there filelock itself does what can be done.
        try:
            with suppress(OSError):
                path.unlink()
        finally:
            lock.release()


def _acquired(lock: BaseFileLock, wait: bool) -> bool:
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        return False
    return True


def _sign(path: Path) -> None:
    """Say in the file who holds it, behind the first byte, which cannot be read on Windows while the lock is held."""
    with suppress(OSError), path.open("r+b") as file:  # on a full disk the holder stays without a name
        file.seek(1)
        file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
        file.truncate()


def _holder(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(1)
            return file.read(300).decode(errors="replace") or "another process"
    except OSError:
        return "another process"
