"""The records of FASTA and FASTQ files, one at a time, each with the number of its first line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from frostformer.data.files.parsing.text import MOST_LINE, numbered_lines
from frostformer.errors import InputError
from frostformer.words import short


class Record(NamedTuple):
    """A record as it stands in the file."""

    line: int
    header: str
    """Without the sign at its beginning."""

    lines: list[str]
    """What follows, without blanks and empty lines."""

    @property
    def id(self) -> str:
        """The header up to the first blank; empty if there is none."""
        return self.header.split(None, 1)[0] if self.header.strip() else ""


def fasta_records(path: Path) -> Iterator[Record]:
    """The records of a FASTA file: a header behind `>`, then the sequence on any number of lines.

    Lines that begin with `;` are comments; text above the first header belongs to no record.

    Raises:
        InputError: the file cannot be read, or a record is too long.
    """
    record, letters = None, 0
    for number, line in numbered_lines(path):
        if line.startswith(">"):
            if record:
                yield record
            record, letters = Record(number, line[1:].strip(), []), 0
        elif record and not line.startswith(";") and (text := "".join(line.split())):
            record.lines.append(text)
            letters = _checked(letters + len(text), path, number)
    if record:
        yield record


def fastq_records(path: Path) -> Iterator[Record]:
    """The records of a FASTQ file: a header behind `@`, the sequence, `+`, and as many letters of quality.

    The qualities are left out. Both may stand on several lines, so a line of quality that begins with `@` is no header.

    Raises:
        InputError: the file cannot be read or is damaged; the line is named.
    """
    lines = ((number, line.strip()) for number, line in numbered_lines(path))
    for number, header in lines:
        if not header:
            continue
        if not header.startswith("@"):
            raise InputError(f"{path}, line {number}: {short(header)} stands where a header begins with '@'; mend it")
        record, letters, ended = Record(number, header[1:].strip(), []), 0, False
        for at, text in lines:
            if ended := text.startswith("+"):
                break
            record.lines.append("".join(text.split()))
            letters = _checked(letters + len(record.lines[-1]), path, at)
        quality = 0
        while ended and quality < letters and (following := next(lines, None)):
            quality += len(following[1])
        if not ended or quality != letters:
            raise InputError(
                f"{path}, line {number}: this record has {letters} letters and {quality} of quality; get the file again"
            )
        yield record


def text_above(path: Path) -> int | None:
    """Number of the first line above the first header of a FASTA file that is no comment; None if there is none."""
    for number, line in numbered_lines(path):
        if line.startswith(">"):
            return None
        if line.strip() and not line.startswith(";"):
            return number
    return None


def _checked(letters: int, path: Path, number: int) -> int:
    if letters > MOST_LINE:
        raise InputError(f"{path}, line {number}: this sequence has more than {MOST_LINE:,} letters; cut it")
    return letters
