"""Tables as text: CSV, TSV, columns parted by `;`, `|` or blanks, the files of the UCR archive; with lines counted."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from frostformer.data.files.parsing.naming import TARGETS, is_named
from frostformer.data.files.parsing.text import MOST_LINE, encoding_of, open_lines
from frostformer.data.files.tables.cells import Block, Source, Spot, check_width, gathered
from frostformer.data.files.tables.dialect import BLANKS, Dialect, guess, is_numeric, quoting
from frostformer.data.files.tables.headers import column_names, has_header
from frostformer.errors import InputError
from frostformer.words import counted, some

_SPOKEN = {"\t": "tabs", BLANKS: "blanks", "|": "'|'", ";": "';'", ",": "commas"}


@dataclass(kw_only=True)
class Separated(Source):
    """A table as text."""

    dialect: Dialect
    joins: bool = False
    """Whether what is too much in a row belongs to its last cell: a text in which a separator stands."""

    grows: bool = False
    """Whether a row may have more cells than all before it."""

    def blocks(self) -> Iterator[Block]:
        """All rows in order; what was done to them is in `warnings` afterwards."""
        joined, empty = list[Spot](), list[Spot]()
        for spots, cells, bad in gathered(self._fitting(joined, empty)):
            width = len(self.names)
            filled = [row + [""] * (width - len(row)) for row in cells]
            yield Block(spots, dict(zip(self.names, map(list, zip(*filled, strict=True)), strict=True)), bad)
        self._say(joined, empty)

    def _fitting(self, joined: list[Spot], empty: list[Spot]) -> Iterator[tuple[Spot, list[str], int, str]]:
        """Rows with as many cells as there are columns; those that were joined or are empty are told."""
        number = 0
        for line, row in itertools.islice(self._rows(), int(self.headed), None):
            if not any(row):
                empty.append(Spot(number, line))
                continue
            number += 1
            spot = Spot(number, line)
            fitted = self._fitted(row, spot, joined)
            if isinstance(fitted, str):
                yield spot, row[: len(self.names)], 0, fitted  # the id that is there says whose row it is
            else:
                yield spot, fitted, sum(map(len, fitted)), ""

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows with the line on which each begins; blank lines are left out."""
        with open_lines(self.path, self.dialect.encoding) as lines:
            for _ in range(self.dialect.skip):
                next(lines, None)
            yield from _parsed(self.path, lines, self.dialect)

    def _fitted(self, row: list[str], spot: Spot, joined: list[Spot]) -> list[str] | str:
        """A row with as many cells as there are columns, or why it cannot be read."""
        width = len(self.names)
        while len(row) > width and not row[-1]:
            row = row[:-1]
        if self.grows and len(row) > width:
            check_width(self.path, len(row))
            self.names += [str(at) for at in range(width + 1, len(row) + 1)]
            return row
        if len(row) == width or (self.ragged and len(row) < width):
            return row
        if len(row) > width and self.joins:
            joined.append(spot)
            return [*row[: width - 1], self.separator.join(row[width - 1 :])]
        others = "the header has" if self.headed else "the others have"
        return f"{self.path}, line {spot.line} has {len(row)} cells where {others} {width}: mend this line"

    def _say(self, joined: list[Spot], empty: list[Spot]) -> None:
        self.warnings = []
        if empty:
            lines = some([one.line for one in empty])
            self.warnings.append(
                f"{counted(len(empty), 'row')} with separators and nothing else left out: line {lines}"
            )
        if joined:
            self.warnings.append(
                f"more than {len(self.names)} cells in {some(joined)}: what is too much was joined to the text in the "
                "last column"
            )


def _parsed(path: Path, lines: Iterator[str], dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    before = dialect.skip
    if dialect.separator == BLANKS:
        for number, line in enumerate(lines, start=before + 1):
            if cells := line.lstrip(dialect.mark).split() if number == before + 1 and dialect.mark else line.split():
                yield number, cells
        return
    csv.field_size_limit(MOST_LINE)
    tabs = dialect.separator == "\t"
    reader = csv.reader(
        lines,
        delimiter=dialect.separator,
        quoting=quoting(dialect),
        strict=dialect.quotes,
        skipinitialspace=not tabs,
    )
    start = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if start == 1 and dialect.mark:
                cells[0] = cells[0].lstrip(dialect.mark).strip()
            if len(cells) > 1 or (cells and cells[0]):
                yield before + start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise InputError(
            f"{path}, line {before + start}: a quote mark is opened there and not closed as it should be ({error}): "
            'write a quote mark inside quotes twice ("")'
        ) from None


def open_separated(
    path: Path,
    known: Sequence[str] = (),
    *,
    blanks: bool = False,
    names_columns: Callable[[Sequence[Sequence[str]]], bool] = has_header,
) -> Separated:
    """A table as text.

    Args:
        path: the file.
        known: columns that a header has; a first row with one of them is a header.
        blanks: whether blanks may part words.
        names_columns: whether the first of the first rows is a header, where `known` does not say it.

    Raises:
        InputError: it cannot be read, is no text or has no row.
    """
    encoding = encoding_of(path)
    dialect, rows = guess(path, encoding, blanks=blanks)
    if not rows:
        raise InputError(f"{path} has no row: it is empty")
    check_width(path, dialect.width)
    dialect = replace(dialect, quotes=_has_quotes(path, dialect))
    words = set(_names(rows[0], dialect.width)[0])
    headed = bool(dialect.mark) or not words.isdisjoint(known) or names_columns(rows)
    names, notes = _names(rows[0], dialect.width) if headed else ([str(at + 1) for at in range(dialect.width)], [])
    notes = [*_told(dialect, headed), *notes]
    series = not headed and dialect.separator in ("\t", BLANKS)
    last = [row[-1] for row in rows[1:] if len(row) >= 2]
    joins = (
        len(names) == 2
        and not is_named(names[-1], TARGETS)
        and sum(map(is_numeric, last)) < 0.5 * len(last)
        and not (headed and any(is_named(name, TARGETS) for name in names[1:]))
    )
    grows = dialect.ragged and (not headed or dialect.width > len(names))
    return Separated(
        path, names, headed, series, dialect.ragged, dialect.separator, notes, dialect=dialect, joins=joins, grows=grows
    )


def _names(first: Sequence[str], width: int) -> tuple[list[str], list[str]]:
    cells = list(first)
    while len(cells) > width and not cells[-1]:
        cells.pop()
    return column_names(cells, width)


def _has_quotes(path: Path, dialect: Dialect) -> bool:
    """Whether quote marks hold cells together; between tabs they are letters if they cannot all be closed."""
    if dialect.separator != "\t":
        return True
    with open_lines(path, dialect.encoding) as lines:
        try:
            return not any("\n" in cell and "\t" in cell for _, row in _parsed(path, lines, dialect) for cell in row)
        except InputError:
            return False


def _told(dialect: Dialect, headed: bool) -> list[str]:
    notes = [f"columns parted by {_SPOKEN.get(dialect.separator, repr(dialect.separator))}"]
    if dialect.encoding != "utf-8":
        what = "as its first bytes show" if dialect.encoding.startswith("utf") else "since it is not UTF-8"
        notes.append(f"letters read as {dialect.encoding.removesuffix('-sig')}, {what}")
    if dialect.skip:
        notes.append(f"left out {counted(dialect.skip, 'line')} that stand before the table")
    if dialect.padded:
        notes.append("blanks around cells are left out")
    if not dialect.quotes:
        notes.append("quote marks are letters, since they are not closed")
    if not headed:
        notes.append("no header: columns are called by their number, from 1")
    if dialect.ragged:
        notes.append("rows have different lengths")
    return notes
