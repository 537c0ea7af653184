"""Files of kinds that are not read: each gets one sentence with the way to convert it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from frostformer.data.files.case import Case
from frostformer.data.files.options import FileOptions
from frostformer.data.files.schema import Schema, Understood
from frostformer.data.files.unread.kinds import KINDS, ZIPPED
from frostformer.errors import InputError


class Unread:
    """All of them."""

    def recognises(self, path: Path, head: bytes) -> bool:
        """By the first bytes, and by the name where they do not say it; folders are none."""
        return bool(head) and _what(path, head) is not None

    def understand(self, path: Path, options: FileOptions) -> Understood:
        """Always says what it is and how it is converted."""
        raise why_unread(path)

    def cases(self, path: Path, schema: Schema) -> Iterator[Case]:
        """There are none."""
        raise why_unread(path)


FORMAT = Unread()


def why_unread(path: Path) -> InputError:
    """What a file is, and how it is converted."""
    from frostformer.data.files.formats import head_of

    name, way = _what(path, head_of(path)) or ("of a kind that is not read", "write a table or .npz")
    return InputError(f"{path} is {name}, and is not read: {way}")


def _what(path: Path, head: bytes) -> tuple[str, str] | None:
    """Name of the kind, and the way to convert it."""
    if head.startswith(b"PK\x03\x04"):
        names = _members(path)
        return next((kind, way) for end, kind, way in ZIPPED if not end or any(name.endswith(end) for name in names))
    for kind in KINDS:
        found = any(head[kind.at : kind.at + len(start)] == start for start in kind.starts)
        if found or (kind.test is not None and kind.test(head)):
            return kind.name, kind.way
    endings = [one.lower() for one in path.suffixes[-2:]]
    return next(((kind.name, kind.way) for kind in KINDS if any(end in endings for end in kind.endings)), None)


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []
