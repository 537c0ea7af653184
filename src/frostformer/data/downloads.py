"""Public data files: found in the data folder, or downloaded there once; their content is checked either way.

The data folder is `FROSTFORMER_DATA`, by default the platform's cache folder. A download that breaks off leaves
`NAME.partial`, from which the next one goes on; under its own name a file is always whole and right.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from frostformer.errors import InputError
from frostformer.files import MOST_BYTES, open_checked

_TIMEOUT = (5, 20)  # seconds to connect, and between two packets
_CHUNK = 2**16  # bytes; the last one is lost where a download breaks off
_PARTIAL = ".partial"


@dataclass(frozen=True)
class DataFile:
    """One published file."""

    name: str
    """As published; a `.gz` that is no archive may also lie there unpacked, without the ending."""

    url: str
    md5: str
    """Of the unpacked content; of the file itself for an archive."""

    archive: bool = False
    """Whether it is one of several files in one, such as `.tar.gz`."""


def data_folder() -> Path:
    """Where data files live."""
    import platformdirs

    return Path(os.environ.get("FROSTFORMER_DATA") or platformdirs.user_cache_dir("frostformer"))


def find_data_file(folder: Path, file: DataFile) -> Path:
    """The checked path of `file` in `folder`, downloaded if it is not there.

    Raises:
        InputError: not there and not to be had, or there with other content.
    """
    names = [file.name] if file.archive else [file.name, file.name.removesuffix(".gz")]
    for path in (folder / name for name in names):
        if path.is_file():
            _check(path, file, str(path))
            return path
    with _no_new_empty_folders(folder):
        return _download(folder, file)


def _download(folder: Path, file: DataFile) -> Path:
    partial = folder / (file.name + _PARTIAL)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(file.url, partial)
    except OSError as error:  # requests' errors among them
        come = _size(partial)
        if partial.is_file() and not come:
            partial.unlink()
        remedy = f", or run again to go on from the {come:,} bytes that have come" if come else ""
        raise InputError(
            f"{file.name} is not in {folder} and could not be downloaded from {file.url} ({_reason(error)}): "
            f"put it there (MD5 of {_checked_part(file)} {file.md5}){remedy}"
        ) from error
    try:
        _check(partial, file, f"what came from {file.url}")
    except InputError:
        partial.unlink()
        raise
    return partial.replace(folder / file.name)


def _fetch(url: str, partial: Path) -> None:
    """Download to `partial`, going on where it ends if the server can."""
    import requests
    from tqdm import tqdm

    done = _size(partial)
    headers = {"Accept-Encoding": "identity"}  # bytes as they lie on the server, so that they can be counted
    if done:
        headers["Range"] = f"bytes={done}-"
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing lies behind what we have; whether it is right is checked next
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            done = 0
        total = done + int(response.headers.get("Content-Length", 0))
        bar = tqdm(desc=partial.stem, initial=done, total=total or None, unit="B", unit_scale=True, disable=None)
        with partial.open("ab" if done else "wb") as output, bar:
            for chunk in response.iter_content(_CHUNK):
                output.write(chunk)
                bar.update(len(chunk))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


@contextmanager
def _no_new_empty_folders(folder: Path) -> Iterator[None]:
    """Remove what was made of a folder and those around it, where it has stayed empty."""
    new = [one for one in (folder, *folder.parents) if not one.exists()]  # the innermost first
    try:
        yield
    finally:
        for one in new:
            with suppress(OSError):  # not empty
                one.rmdir()


def _check(path: Path, file: DataFile, source: str) -> None:
    """Refuse the content of `path`, which is from `source`, unless it is the published one."""
    try:
        found = _md5(path, file)
    except InputError as error:
        found = f"not to be had ({error.__cause__})"
    if found != file.md5:
        raise InputError(
            f"{source} is not the published {file.name}: the MD5 of {_checked_part(file)} is {found}, "
            f"wanted {file.md5}; get it again"
        )


def _md5(path: Path, file: DataFile) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    unpack = not file.archive and path.name.removesuffix(_PARTIAL).endswith(".gz")
    with open_checked(path, unpack=unpack) as content:
        while content.tell() < MOST_BYTES and (chunk := content.read(_CHUNK)):
            digest.update(chunk)
    return digest.hexdigest()


def _checked_part(file: DataFile) -> str:
    return "the archive" if file.archive else "its unpacked content"


def _reason(error: OSError) -> str:
    """Short: what requests says of a refused connection fills a screen."""
    response = getattr(error, "response", None)
    return error.strerror or (type(error).__name__ if response is None else f"HTTP {response.status_code}")
