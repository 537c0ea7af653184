"""Finds published data files in the data folder, or downloads them into it. Their content is checked in both cases.

The environment variable `FROSTFORMER_DATA` names the data folder; without it, it is the platform's cache folder. An
interrupted download leaves `NAME.partial`, and the next attempt continues from there. A downloaded file gets its final
name only after its content was checked.
"""

from __future__ import annotations

import errno
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from frostformer.errors import InputError
from frostformer.files import MOST_BYTES, no_new_empty_folders, open_checked

_TIMEOUT = (5, 20)  # seconds to wait for a connection, and between two packets
_CHUNK = 2**16  # bytes that are written at a time; an interrupted download loses at most this much
_PARTIAL = ".partial"


@dataclass(frozen=True)
class PublishedFile:
    """One published file."""

    name: str
    """The published name. In place of `NAME.gz`, the data folder may contain the uncompressed file `NAME`."""

    url: str
    md5: str
    """Checksum of the uncompressed content; for an archive, checksum of the file itself."""

    archive: bool = False
    """Whether it contains several files, as `.tar.gz` does; it is then checked and returned as it is."""


def data_folder() -> Path:
    """The folder for data files; it may not exist yet."""
    import platformdirs

    return Path(os.environ.get("FROSTFORMER_DATA") or platformdirs.user_cache_dir("frostformer"))


def find_data_file(folder: Path, file: PublishedFile) -> Path:
    """The path of `file` in `folder`, with checked content. It is downloaded if it is not there.

    Raises:
        InputError: the file is not there and cannot be downloaded, or its content is not the published one.
    """
    names = [file.name] if file.archive else [file.name, file.name.removesuffix(".gz")]
    for path in (folder / name for name in names):
        if path.is_file():
            _check(path, file, str(path))
            return path
    with no_new_empty_folders(folder):
        return _download(folder, file)


def _download(folder: Path, file: PublishedFile) -> Path:
    partial = folder / (file.name + _PARTIAL)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(file.url, partial)
    except OSError as error:  # the errors of requests are OSErrors too
        received = _size(partial)
        if partial.is_file() and not received:
            partial.unlink()
        remedy = f", or run again to continue after the {received:,} bytes already received" if received else ""
        raise InputError(
            f"{file.name} is not in {folder} and could not be downloaded from {file.url} ({_reason(error)}): "
            f"put the file there yourself (MD5 of {_checked_part(file)}: {file.md5}){remedy}"
        ) from error
    try:
        _check(partial, file, f"the download from {file.url}")
    except InputError:
        partial.unlink()
        raise
    return partial.replace(folder / file.name)


def _fetch(url: str, partial: Path) -> None:
    """Download to `partial`. Continue where it ends, if the server supports that; otherwise start anew."""
    import requests
    from tqdm import tqdm

    done = _size(partial)
    headers = {"Accept-Encoding": "identity"}  # uncompressed transfer, so that received bytes are bytes of the file
    if done:
        headers["Range"] = f"bytes={done}-"
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            return  # nothing is left to download; the caller checks whether the content is right
        response.raise_for_status()
        if response.status_code != requests.codes.partial_content:
            done = 0
        total = done + int(response.headers.get("Content-Length", 0))
        bar = tqdm(desc=partial.stem, initial=done, total=total or None, unit="B", unit_scale=True, disable=None)
        with partial.open("ab" if done else "wb") as output, bar:
            for chunk in response.iter_content(_CHUNK):
                if output.tell() > MOST_BYTES:
                    raise OSError(errno.EFBIG, f"it has more than {MOST_BYTES:,} bytes")
                output.write(chunk)
                bar.update(len(chunk))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _check(path: Path, file: PublishedFile, source: str) -> None:
    """Refuse the content of `path` unless it is the published one; `source` names it in the error message."""
    try:
        found = _md5(path, file)
    except InputError as error:
        found = f"unknown, since reading failed ({error.__cause__})"
    if found != file.md5:
        raise InputError(
            f"{source} is not the published {file.name}: the MD5 of {_checked_part(file)} is {found}, "
            f"but it should be {file.md5}; get it again"
        )


def _md5(path: Path, file: PublishedFile) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    unpack = not file.archive and path.name.removesuffix(_PARTIAL).endswith(".gz")
    with open_checked(path, unpack=unpack) as content:
        while content.tell() < MOST_BYTES and (chunk := content.read(_CHUNK)):
            digest.update(chunk)
    return digest.hexdigest()


def _checked_part(file: PublishedFile) -> str:
    return "the archive" if file.archive else "its uncompressed content"


def _reason(error: OSError) -> str:
    """A short form of the error, because the full text of requests fills a screen."""
    response = getattr(error, "response", None)
    return error.strerror or (type(error).__name__ if response is None else f"HTTP {response.status_code}")
