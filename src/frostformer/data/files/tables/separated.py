"""Tables as text: CSV, TSV, columns parted by `;`, `|` or blanks, the files of the UCR archive; with lines counted."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from frostformer.data.files.parsing.naming import TARGETS, is_named
from frostformer.data.files.parsing.text import MOST_LINE, encoding_of, open_lines
from frostformer.data.files.tables.cells import BLOCK_LETTERS, BLOCK_ROWS, MOST_COLUMNS, Block, Spot
from frostformer.data.files.tables.dialect import BLANKS, Dialect, guess, is_numeric, quoting
from frostformer.data.files.tables.headers import column_names, has_header
from frostformer.data.files.words import counted, some
from frostformer.errors import InputError

_SPOKEN = {"\t": "tabs", BLANKS: "blanks", "|": "'|'", ";": "';'", ",": "commas"}


@dataclass
class Separated:
    """A table as text, as `cells.Source`."""

    path: Path
    dialect: Dialect
    headed: bool
    names: list[str]
    notes: list[str]
    warnings: list[str] = field(default_factory=list)
    joins: bool = False
    """Whether what is too much in a row belongs to its last cell: a text in which a separator stands."""

    @property
    def series(self) -> bool:
        """Whether it looks like a file of the UCR archive."""
        return not self.headed and self.dialect.separator in ("\t", BLANKS)

    @property
    def ragged(self) -> bool:
        """Whether rows of numbers have different lengths."""
        return self.dialect.ragged

    @property
    def separator(self) -> str:
        """What parts the cells."""
        return self.dialect.separator

    def blocks(self) -> Iterator[Block]:
        """All rows in order; see `cells.Source`."""
        self._joined, self._empty = list[Spot](), list[Spot]()
        rows = self._rows()
        if self.headed:
            next(rows, None)
        spots: list[Spot] = []
        cells: list[list[str]] = []
        bad: dict[int, str] = {}
        letters, number = 0, 0
        for line, row in rows:
            if not any(row):
                self._empty.append(Spot(number, line))
                continue
            number += 1
            fitted = self._fitted(row, Spot(number, line))
            if isinstance(fitted, str):
                bad[len(spots)] = fitted
                fitted = [""] * len(self.names)
            spots.append(Spot(number, line))
            cells.append(fitted)
            letters += sum(map(len, fitted))
            if len(spots) >= BLOCK_ROWS or letters > BLOCK_LETTERS:
                yield self._block(spots, cells, bad)
                spots, cells, bad, letters = [], [], {}, 0
        if spots:
            yield self._block(spots, cells, bad)
        self._say()

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows with the line on which each begins; blank lines are left out."""
        with open_lines(self.path, self.dialect.encoding) as lines:
            for _ in range(self.dialect.skip):
                next(lines, None)
            yield from _parsed(self.path, lines, self.dialect)

    def _fitted(self, row: list[str], spot: Spot) -> list[str] | str:
        """A row with as many cells as there are columns, or why it cannot be read."""
        width = len(self.names)
        if len(row) == width:
            return row
        while len(row) > width and not row[-1]:
            row = row[:-1]
        if self.dialect.ragged:
            if len(row) > width:
                self._widen(len(row))
            return row + [""] * (len(self.names) - len(row))
        if len(row) > width and self.joins:
            self._joined.append(spot)
            return [*row[: width - 1], self.dialect.separator.join(row[width - 1 :])]
        if len(row) == width:
            return row
        others = "the header has" if self.headed else "the others have"
        return f"{self.path}, line {spot.line} has {len(row)} cells where {others} {width}: mend this line"

    def _widen(self, width: int) -> None:
        if width > MOST_COLUMNS:
            raise too_wide(self.path, width)
        self.names += [str(at) for at in range(len(self.names) + 1, width + 1)]

    def _block(self, spots: list[Spot], cells: list[list[str]], bad: dict[int, str]) -> Block:
        width = len(self.names)
        if self.dialect.ragged:
            cells = [row + [""] * (width - len(row)) for row in cells]
        return Block(spots, dict(zip(self.names, map(list, zip(*cells, strict=True)), strict=True)), bad)

    def _say(self) -> None:
        self.warnings = []
        if self._empty:
            lines = some([one.line for one in self._empty])
            self.warnings.append(
                f"{counted(len(self._empty), 'row')} with separators and nothing else left out: line {lines}"
            )
        if self._joined:
            self.warnings.append(
                f"more than {len(self.names)} cells in {some(self._joined)}: what is too much was joined to the text "
                "in the last column"
            )


def too_wide(path: Path, width: int) -> InputError:
    """The sentence for a table with too many columns."""
    return InputError(
        f"{path} has {width:,} columns, more than {MOST_COLUMNS:,}: give one list for each sequence instead"
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


def open_separated(path: Path, known: Sequence[str] = (), *, blanks: bool = False) -> Separated:
    """A table as text.

    Args:
        path: the file.
        known: columns that its header has if it has one; without them it is guessed whether there is a header.
        blanks: whether blanks may part words.

    Raises:
        InputError: it cannot be read, is no text or has no row.
    """
    encoding = encoding_of(path)
    dialect, rows = guess(path, encoding, blanks=blanks)
    if not rows:
        raise InputError(f"{path} has no row: it is empty")
    if dialect.width > MOST_COLUMNS:
        raise too_wide(path, dialect.width)
    dialect = replace(dialect, quotes=_has_quotes(path, dialect))
    words = set(_names(rows[0], dialect.width)[0])
    headed = bool(dialect.mark) or (not words.isdisjoint(known) if known else has_header(rows))
    names, notes = _names(rows[0], dialect.width) if headed else ([str(at + 1) for at in range(dialect.width)], [])
    notes = [*_told(path, dialect, headed), *notes]
    source = Separated(path, dialect, headed, names, notes)
    last = [row[-1] for row in rows[1:] if len(row) >= 2]
    source.joins = (
        len(names) == 2
        and not is_named(names[-1], TARGETS)
        and sum(map(is_numeric, last)) < 0.5 * len(last)
        and not (headed and any(is_named(name, TARGETS) for name in names[1:]))
    )
    return source


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


def _told(path: Path, dialect: Dialect, headed: bool) -> list[str]:
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
