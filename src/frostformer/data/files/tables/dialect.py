"""How a text file parts its cells: separator, quotes, header, lines before the table; guessed from its first lines."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from frostformer.data.files.parsing.lists import list_in
from frostformer.data.files.parsing.numbers import Style, number, parted
from frostformer.data.files.parsing.text import open_lines

BLANKS = " "
_SEPARATORS = (",", ";", "\t", "|")
_LINES, _LETTERS = 200, 2**20  # of a file, by which it is guessed
_MOST_CELLS = 40  # of a row, by which it is guessed whether these are numbers
_MOST_TITLES = 10  # lines above a table
_MARKS = set(",;|\t")
_COMMA = Style(",")


@dataclass(frozen=True)
class Dialect:
    """How the cells of a text file are found."""

    encoding: str
    separator: str
    """`,`, `;`, tab, `|`; a blank stands for any number of blanks and tabs."""

    skip: int = 0
    """Lines before the header or, where there is none, before the first row."""

    mark: str = ""
    """What stands before the header and is no part of it: `#`."""

    quotes: bool = True
    """Whether quote marks hold a cell together; else they are letters."""

    width: int = 1
    """Cells of most rows."""

    ragged: bool = False
    """Whether rows of numbers have different lengths."""

    padded: bool = False
    """Whether cells have blanks around them, which are left out."""

    clear: float = 0.0
    """Share of the first lines that fit."""


def guess(path: Path, encoding: str, *, blanks: bool = False) -> tuple[Dialect, list[list[str]]]:
    """How a file parts its cells.

    Args:
        path: the file.
        encoding: of its letters.
        blanks: whether blanks may part words, too; else only numbers, since a text has blanks as well.

    Returns:
        The dialect, and the first rows: lists of cells without blanks around them.
    """
    lines = sample(path, encoding)
    lines, skip, told = _after_lead(lines)
    dialect = replace(best(lines, encoding, told, blanks=blanks), skip=skip)
    dialect = replace(dialect, padded=_has_padding(lines, dialect.separator))
    mark = lines[0].lstrip()[:1] if lines and lines[0].lstrip().startswith(("#", "%")) else ""
    if mark:  # a comment, or the header as numpy.savetxt writes it
        rest = best(lines[1:], encoding, told)
        bare = lines[0].lstrip().lstrip("#% ")
        if len(lines) > 1 and len(split([bare], rest)[0]) == rest.width > 1 and not _numeric(split([bare], rest)[0]):
            lines, dialect = [bare, *lines[1:]], replace(rest, skip=skip, mark=mark)
    return dialect, _without_ends(split(lines, dialect))


def _has_padding(lines: Sequence[str], separator: str) -> bool:
    if separator == BLANKS:
        return False
    with suppress(csv.Error):
        return any(
            cell != cell.strip() for row in csv.reader(lines, delimiter=separator) if len(row) > 1 for cell in row
        )
    return False


def sample(path: Path, encoding: str) -> list[str]:
    """The first lines of a file."""
    with open_lines(path, encoding) as lines:
        letters, found = 0, []
        for line in itertools.islice(lines, _LINES):
            found.append(line)
            letters += len(line)
            if letters > _LETTERS:
                break
    return found


def _after_lead(lines: list[str]) -> tuple[list[str], int, str]:
    """Leave out what stands before a table: `sep=;` of Excel, comments, and the counts of scikit-learn's own files."""
    skip, told = 0, ""
    if lines and (found := re.fullmatch(r'"?sep=(.)"?\s*', lines[0], re.IGNORECASE)):
        skip, told = 1, found[1]
    while skip + 1 < len(lines) and (
        not lines[skip].strip() or (_is_comment(lines[skip]) and _is_comment(lines[skip + 1]))
    ):
        skip += 1
    if skip + 1 < len(lines) and _is_comment(lines[skip]):
        rows = [len(one) for one in split(lines[skip : skip + 20], best(lines[skip + 1 :], "utf-8", told))]
        bare = split([lines[skip].lstrip().lstrip("#% ")], best(lines[skip + 1 :], "utf-8", told))[0]
        if len(rows) > 1 and (len(bare) != rows[1] or rows[1] == 1):
            skip += 1
    if skip + 1 < len(lines) and _are_counts(lines[skip], lines[skip + 1]):
        skip += 1
    while skip < min(_MOST_TITLES, len(lines)) and _is_title(lines[skip], lines[skip + 1 :], told):
        skip += 1
        while skip + 1 < len(lines) and not lines[skip].strip():
            skip += 1
    return lines[skip:], skip, told


def _is_title(line: str, rest: Sequence[str], told: str) -> bool:
    """Whether a line is a single text above a table: the title of a study."""
    if len(rest) < 3 or _MARKS & set(line):
        return False
    dialect = best(rest, "utf-8", told)
    cells = split([line], dialect)
    table = dialect.width > 1 and dialect.separator != BLANKS and dialect.clear >= 0.9 and not dialect.ragged
    return table and len(cells) == 1 and len(cells[0]) == 1 and not is_numeric(cells[0][0])


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", "%"))


def _are_counts(first: str, second: str) -> bool:
    """Whether a first line says rows, columns and names of classes: `150,4,setosa,versicolor,virginica`."""
    words, row = first.strip().split(","), second.strip().split(",")
    whole = len(words) > 3 and words[0].isascii() and words[0].isdigit() and words[1].isascii() and words[1].isdigit()
    return whole and len(words[1]) < 7 and int(words[1]) + 1 == len(row) and _numeric(row) and not _numeric(words[2:3])


def best(lines: Sequence[str], encoding: str, told: str = "", *, blanks: bool = False) -> Dialect:
    """The separator by which most lines have equally many cells, more than one, and most of these are numbers."""
    found: list[tuple[float, float, float, int, Dialect]] = []
    for separator in [told] if told else [*_SEPARATORS, BLANKS]:
        dialect = Dialect(encoding, separator)
        rows = _without_ends(split(lines, dialect))
        if not rows:
            continue
        width, count = Counter(len(row) for row in rows).most_common(1)[0]
        shares = [_share(row) for row in rows[1:] or rows]
        numeric, many = sum(shares) / len(shares), sum(len(row) > 1 for row in rows) / len(rows)
        if separator == BLANKS and not blanks and (numeric < 0.999 or many < 0.9):
            continue
        ragged = count < 0.9 * len(rows) and many > 0.9 and min(shares) > 0.8
        width = _longest(rows) if ragged else width
        if width > 1 or told:
            clear = many if ragged else count / len(rows)
            dialect = replace(dialect, width=width, ragged=ragged, clear=clear)
            found.append((round(clear, 1), numeric, clear, -len(found), dialect))
    return max(found)[-1] if found else Dialect(encoding, ",", clear=1.0)


def _without_ends(rows: list[list[str]]) -> list[list[str]]:
    """Rows without empty ones, and without empty cells behind those of the first: a separator that ends a row."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return []
    width = len(rows[0])
    if any(len(row) < width for row in rows):  # so that what ends the first row is no cell of the others
        width = _filled(rows[0])
    return [row[: max(width, _filled(row))] for row in rows]


def _filled(row: Sequence[str]) -> int:
    """Cells of a row without the empty ones at its end."""
    return next((at for at in range(len(row), 0, -1) if row[at - 1]), 0)


def _longest(rows: Sequence[Sequence[str]]) -> int:
    """Cells of the longest row; or of the header, where most rows are not longer: one that is has a cell too much."""
    lengths = [_filled(row) for row in rows]
    longer = sum(length > lengths[0] for length in lengths[1:])
    headed = not any(map(is_numeric, rows[0])) and 2 * longer < len(rows) - 1
    return lengths[0] if headed else max(lengths)


def split(lines: Iterable[str], dialect: Dialect) -> list[list[str]]:
    """Lines as rows of cells."""
    if dialect.separator == BLANKS:
        return [line.split() for line in lines]
    reader = csv.reader(lines, delimiter=dialect.separator, quoting=quoting(dialect), skipinitialspace=True)
    found: list[list[str]] = []
    with suppress(csv.Error):  # what comes after an error is not needed for a guess
        found.extend([cell.strip() for cell in row] for row in reader)
    return found


def quoting(dialect: Dialect) -> Literal[0, 3]:
    """What `csv` is told of quote marks."""
    return csv.QUOTE_MINIMAL if dialect.quotes else csv.QUOTE_NONE


def is_numeric(cell: str) -> bool:
    """Whether a cell is a number in some spelling, or a list of numbers, with blanks between them or in brackets."""
    bare = parted(cell)[0]
    if number(bare) is not None or number(bare, _COMMA) is not None:
        return True
    return (cell.startswith(("[", "(")) or not _MARKS & set(cell)) and list_in(cell) is not None


def _share(row: Sequence[str]) -> float:
    shown = row[:_MOST_CELLS]
    return sum(map(is_numeric, shown)) / max(len(shown), 1)


def _numeric(row: Sequence[str]) -> bool:
    return bool(row) and all(map(is_numeric, row[:_MOST_CELLS]))
