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
from frostformer.readers.idx import MOST_BYTES, open_checked

_TIMEOUT = (5, 20)  # seconds to connect, and between two packets
_CHUNK = 2**18  # bytes


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
            _check(path, path, file)
            return path
    path = folder / file.name
    with _folder_for(path):
        _download(path, file)
    return path


def _download(path: Path, file: DataFile) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        _fetch(file.url, partial)
    except OSError as error:  # requests' errors among them
        kept = "; what has come is kept, run again to go on" if partial.is_file() else ""
        raise InputError(
            f"{file.name} is not in {path.parent} and could not be downloaded from {file.url} ({_reason(error)}){kept}"
            f": or put it there yourself (MD5 of {_what_is_checked(file)} {file.md5})"
        ) from error
    try:
        _check(partial, path, file)
    except InputError:
        partial.unlink()
        raise
    partial.replace(path)


def _fetch(url: str, partial: Path) -> None:
    """Download to `partial`, going on where it ends if the server can."""
    import requests
    from tqdm import tqdm

    done = partial.stat().st_size if partial.is_file() else 0
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


@contextmanager
def _folder_for(path: Path) -> Iterator[None]:
    """Make the folder of a file, and leave behind none that is new and empty."""
    new = [folder for folder in path.parents if not folder.exists()]  # the innermost first
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error}): choose another folder") from error
    finally:
        for folder in new:
            with suppress(OSError):  # not empty
                folder.rmdir()


def _check(found: Path, path: Path, file: DataFile) -> None:
    """Refuse `found` in the place of `path` unless its content is the published one."""
    digest = hashlib.md5(usedforsecurity=False)
    unpack = path.suffix == ".gz" and not file.archive
    with open_checked(found, unpack=unpack) as content:
        while content.tell() < MOST_BYTES and (chunk := content.read(_CHUNK)):
            digest.update(chunk)
    if digest.hexdigest() != file.md5:
        raise InputError(
            f"{path} is not the published file: MD5 of {_what_is_checked(file)} is {digest.hexdigest()}, "
            f"wanted {file.md5}; get it again"
        )


def _what_is_checked(file: DataFile) -> str:
    return "the archive" if file.archive else "its unpacked content"


def _reason(error: OSError) -> str:
    """Short: what requests says of a refused connection fills a screen."""
    response = getattr(error, "response", None)
    return type(error).__name__ if response is None else f"HTTP {response.status_code}"
