r"""Text files line by line: which letters their bytes stand for, gzip, marks at the start; never a line too long.

Lines may end in any way: `\n`, `\r\n`, or `\r` alone.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from frostformer.errors import InputError
from frostformer.files import open_checked

MOST_LINE = 2**27
"""Letters; a longer line is refused, since a whole line must lie in memory."""

_CHUNK = 2**17  # bytes that are read at a time
_MARKS = (  # the longer mark first: UTF-32's begins with UTF-16's
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_IN_CP1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")


def first_bytes(path: Path, count: int) -> bytes:
    """So many bytes of a file, to recognise it by; none where it cannot be read, which is said when it is opened."""
    try:
        with path.open("rb") as file:
            return file.read(count)
    except OSError:
        return b""


def head_text(head: bytes) -> str:
    """The first bytes of a file as text, to recognise it by."""
    return head.decode(guessed_encoding(head), "replace").removeprefix("\ufeff")


def guessed_encoding(head: bytes) -> str:
    """What the first bytes say: the name of an encoding, `utf-8` where they say nothing."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        low, high = head[1::2].count(0), head[::2].count(0)  # UTF-16 without a mark: every second byte of Latin is 0
        if max(low, high) > 0.6 * (len(head) // 2) and not min(low, high):
            return "utf-16-le" if low else "utf-16-be"
    return "utf-8"


def encoding_of(path: Path) -> str:
    """The encoding of a whole file: by its mark, else UTF-8, else Windows' (cp1252), which is said in a note.

    Raises:
        InputError: it cannot be read, or is no text.
    """
    with open_checked(path, unpack=_is_gzip(path)) as file:
        chunk = file.read(_CHUNK)
        encoding = guessed_encoding(chunk)
        decoder = codecs.getincrementaldecoder(encoding)()
        strange, broken, at = False, False, 0
        while True:
            if encoding.startswith("utf-8") and b"\0" in chunk:
                raise InputError(f"{path} has a zero byte at byte {at + chunk.index(0) + 1}: it is no text, or damaged")
            if not broken:
                try:
                    decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as error:
                    if encoding != "utf-8":
                        raise InputError(
                            f"{path} is not whole {encoding} text ({error.reason}): get it again"
                        ) from None
                    broken = True
            strange = strange or (broken and not _NOT_IN_CP1252.isdisjoint(chunk))
            if not chunk:
                break
            at += len(chunk)
            chunk = file.read(_CHUNK)
    return encoding if not broken else "latin-1" if strange else "cp1252"


@contextmanager
def open_lines(path: Path, encoding: str) -> Iterator[Iterator[str]]:
    """The lines of a file with their ends as they are.

    Raises:
        InputError: while reading: it cannot be read, a line is too long, or has a zero byte.
    """
    with (
        open_checked(path, unpack=_is_gzip(path)) as file,
        io.TextIOWrapper(cast("BinaryIO", file), encoding=encoding, errors="replace", newline="") as text,
    ):
        yield _lines(path, text)


def _lines(path: Path, text: io.TextIOBase) -> Iterator[str]:
    for number, line in enumerate(iter(lambda: text.readline(MOST_LINE + 1), ""), start=1):
        if len(line) > MOST_LINE:
            raise InputError(f"{path}, line {number} has more than {MOST_LINE:,} letters: part it into lines")
        if "\0" in line:
            raise InputError(f"{path}, line {number} has a zero byte: it is no text, or damaged")
        yield line


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines with their numbers from 1, without their ends, in the encoding of the whole file.

    Raises:
        InputError: it cannot be read, is no text, or a line is too long.
    """
    with open_lines(path, encoding_of(path)) as lines:
        for number, line in enumerate(lines, start=1):
            yield number, line.rstrip("\r\n")


def _is_gzip(path: Path) -> bool:
    """Whether the file is packed by gzip, whatever its name."""
    with open_checked(path, unpack=False) as file:
        return file.read(2) == b"\x1f\x8b"
