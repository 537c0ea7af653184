"""Folders with one file for each sequence: the folder inside is the class, and one above it may be the split.

train/cat/1.png   train/dog/2.png   test/cat/3.png
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from frostformer.data.files.parsing.parts import PARTS, Part
from frostformer.errors import InputError
from frostformer.files import is_file, is_folder
from frostformer.words import counted, few_of

_SYSTEM = ("thumbs.db", "desktop.ini", "icon\r", "__macosx")  # what Windows and macOS leave behind; hidden files too
_MOST_LOOKED_AT = 500  # files by which it is found what a folder holds


@dataclass(frozen=True)
class Found:
    """A file of a folder."""

    path: Path
    name: str
    """Path inside the folder, with `/`."""

    label: str | None
    """The class; None where it lies in no folder of a class."""

    part: Part | None


def files_in(folder: Path) -> list[Found]:
    """The files in order of their names, without what operating systems leave behind; a file alone is one.

    Links to folders are not followed, and folders whose name begins with `_` hold no class and are left out.

    Raises:
        InputError: it cannot be read.
    """
    if is_file(folder):
        return [Found(folder, folder.name, None, None)]
    found: list[tuple[str, ...]] = []
    for place, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(one for one in folders if not _is_left_out(one) and not one.startswith("_"))
        inside = Path(place).relative_to(folder).parts
        found += [(*inside, one) for one in files if not _is_left_out(one) and is_file(Path(place, one))]
    splits = _has_splits({parts[0] for parts in found if len(parts) > 1})
    return [_found(folder, parts, splits=splits) for parts in sorted(found)]


def entries(folder: Path) -> list[Path]:
    """What a folder holds, in order of the names.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder} cannot be read ({error.strerror}): mend that") from error


def left_out_folders(folder: Path) -> list[str]:
    """A sentence on folders whose name begins with `_`, such as the background noise of speech commands."""
    inner = [one for one in entries(folder) if is_folder(one)] if is_folder(folder) else []
    names = sorted(one.name for place in (folder, *inner) for one in place.glob("_*") if is_folder(one))
    hold = "holds" if len(names) == 1 else "hold"
    return [f"{folder}: {few_of(names)} {hold} no class, since the name begins with '_'"] if names else []


def _refuse(error: OSError) -> None:
    raise InputError(f"{error.filename} cannot be read ({error.strerror}): mend that") from error


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or name.lower() in _SYSTEM


def _has_splits(names: set[str]) -> bool:
    """Whether the folders at the top are splits."""
    return (
        bool(names) and all(name.lower() in PARTS for name in names) and any(PARTS[n.lower()] == "train" for n in names)
    )


def _found(folder: Path, parts: tuple[str, ...], *, splits: bool) -> Found:
    inside = splits and len(parts) > 1
    part = PARTS[parts[0].lower()] if inside else None
    classes = parts[1:-1] if inside else parts[:-1]
    return Found(folder.joinpath(*parts), "/".join(parts), classes[0] if classes else None, part)


def others(folder: Path, files: list[Found], wanted: list[Found], kind: str) -> list[str]:
    """A sentence on the files that are not wanted."""
    names = {file.name for file in wanted}
    if not (rest := [file.name for file in files if file.name not in names]):
        return []
    are = counted(len(rest), f"file that is no {kind} is", f"files that are no {kind}s are")
    return [f"{folder}: {are} left out: {few_of(rest)}"]


def are_most(path: Path, is_one: Callable[[Found], bool]) -> bool:
    """Whether a folder's first files are of one kind, more than half of them."""
    files = files_in(path)[:_MOST_LOOKED_AT] if is_folder(path) else []
    return sum(map(is_one, files)) * 2 > len(files)
