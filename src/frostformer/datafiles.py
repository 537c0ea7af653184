"""Public data files: found in the data folder, or downloaded there once; their content is checked either way.

The data folder is `FROSTFORMER_DATA`, by default the platform's cache folder.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from frostformer.errors import InputError
from frostformer.readers.idx import read_maybe_gzipped


@dataclass(frozen=True)
class DataFile:
    """One published file."""

    name: str
    """As published; a `.gz` may also lie there unpacked, without the ending."""

    url: str
    md5: str
    """Of the unpacked content."""


def data_folder() -> Path:
    """Where data files live."""
    import platformdirs

    return Path(os.environ.get("FROSTFORMER_DATA") or platformdirs.user_cache_dir("frostformer"))


def find_data_file(folder: Path, file: DataFile) -> Path:
    """The checked path of `file` in `folder`, downloaded if it is not there.

    Raises:
        InputError: not there and not to be had, or there with other content.
    """
    for path in (folder / file.name, folder / file.name.removesuffix(".gz")):
        if path.is_file():
            _check(path, file)
            return path
    path = folder / file.name
    _download(path, file)
    return path


def _download(path: Path, file: DataFile) -> None:
    import pooch

    fetched = path.with_name(path.name + ".fetched")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        pooch.HTTPDownloader(progressbar=True, timeout=20)(file.url, str(fetched), None)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors
        fetched.unlink(missing_ok=True)
        raise InputError(
            f"{file.name} is not in {path.parent} and could not be downloaded from {file.url} "
            f"({type(error).__name__}): put it there (MD5 of its unpacked content {file.md5})"
        ) from error
    fetched.replace(path)
    try:
        _check(path, file)
    except InputError:
        path.unlink()
        raise


def _check(path: Path, file: DataFile) -> None:
    found = hashlib.md5(read_maybe_gzipped(path), usedforsecurity=False).hexdigest()
    if found != file.md5:
        raise InputError(
            f"{path} is not the published file: unpacked, its MD5 is {found}, wanted {file.md5}; get it again"
        )
