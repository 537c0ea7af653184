"""The lines of a text file, one at a time: packed or not, with any line ends, in UTF-8, UTF-16 or Windows' letters."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from frostformer.errors import InputError
from frostformer.files import open_checked

MOST_LETTERS = 2**27
"""Of a line, and of a sequence that stands on many: so much is held in memory."""

_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines with their numbers from 1, without their ends.

    Raises:
        InputError: the file cannot be read or is no text; the line is named.
    """
    with open_checked(path, unpack=_starts_with(path, _GZIP)) as file:
        wide = file.read(2) in _UTF16
        file.seek(0)
        # In latin-1 every byte is a letter, so the line ends are found before the letters are known.
        text = io.TextIOWrapper(cast("IO[bytes]", file), "utf-16" if wide else "latin-1", newline=None)
        try:
            for number, line in enumerate(iter(lambda: text.readline(MOST_LETTERS + 1), ""), start=1):
                yield number, line.removesuffix("\n") if wide else _letters(line.removesuffix("\n"), path, number)
        except UnicodeError as error:
            raise InputError(f"{path} is not whole UTF-16 text ({error}): save it as UTF-8") from error
        finally:
            text.detach()


def head_text(head: bytes) -> str:
    """The first bytes of a file as text, to recognise it by."""
    if head.startswith(_UTF16):
        return head.decode("utf-16", "replace")
    return head.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def first_bytes(path: Path, count: int) -> bytes:
    """So many bytes of a file, to recognise it by; none where it cannot be read, which is said when it is opened."""
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError:
        return b""


def _starts_with(path: Path, mark: bytes) -> bool:
    with open_checked(path, unpack=False) as file:
        return file.read(len(mark)) == mark


def _letters(line: str, path: Path, number: int) -> str:
    """A line of bytes, read as latin-1, in its own letters."""
    if len(line) > MOST_LETTERS:
        raise InputError(f"{path}, line {number} has more than {MOST_LETTERS:,} letters: cut it")
    if "\0" in line:
        raise InputError(f"{path}, line {number} is no text, it has a zero byte: give a text file")
    if line.isascii():
        return line
    raw = line.encode("latin-1")
    for encoding in ("utf-8-sig" if number == 1 else "utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line
