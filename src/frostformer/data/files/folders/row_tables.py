"""A small table whose rows are the positions of one sequence, and what several of them have in common."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from frostformer.data.files.clock import Clock
from frostformer.data.files.folders.files import Found
from frostformer.data.files.parsing.naming import is_called_group, is_time
from frostformer.data.files.parsing.numbers import strict_number
from frostformer.data.files.parsing.text import numbered_lines
from frostformer.errors import CannotRead, InputError
from frostformer.words import short

_SEPARATORS = "|\t;,"
_MOST_ROWS = 2**24


@dataclass(frozen=True)
class RowTable:
    """Cells as text."""

    names: list[str]
    """Of the columns; their numbers where the file has no names."""

    rows: list[list[str]]
    lines: list[int]
    """Number of the line of each row."""

    def column(self, name: str) -> list[str]:
        """The cells of a column."""
        at = self.names.index(name)
        return [row[at] for row in self.rows]

    def by(self, times: np.ndarray) -> RowTable:
        """The rows in order of their times, (T,)."""
        order = np.argsort(times, kind="stable")
        return replace(self, rows=[self.rows[at] for at in order], lines=[self.lines[at] for at in order])


def read_rows(path: Path, *, header: bool | None = None) -> RowTable:
    """The table of a file; the first line decides what parts the cells.

    Args:
        path: the file.
        header: whether the first line is names; if None, it is where one of its cells is no number.

    Raises:
        CannotRead: it is empty or no table; the line is named.
    """
    rows: list[list[str]] = []
    lines: list[int] = []
    separator = ""
    try:
        for at, line in numbered_lines(path):
            if not line.strip():
                continue
            separator = separator or next((one for one in _SEPARATORS if one in line), " ")
            cells = line.split() if separator == " " else next(csv.reader([line], delimiter=separator))
            if rows and len(cells) != len(rows[0]):
                raise CannotRead(
                    f"{path}, line {at}: it has {len(cells)} cells and the first line {len(rows[0])}; mend it"
                )
            rows.append([cell.strip() for cell in cells])
            lines.append(at)
            if len(rows) > _MOST_ROWS:
                raise CannotRead(f"{path} has more than {_MOST_ROWS:,} rows: cut it")
    except csv.Error as error:
        raise CannotRead(f"{path}, line {at}: {error}; mend it") from error
    except CannotRead:
        raise
    except InputError as error:
        raise CannotRead(str(error)) from error
    if not rows:
        raise CannotRead(f"{path} is empty: take it out")
    if separator == ";" and not any("." in cell for row in rows[1:] for cell in row):
        rows = [rows[0], *([cell.replace(",", ".") for cell in row] for row in rows[1:])]
    if header is None:
        header = not all(_is_number(cell) for cell in rows[0])
    names = rows[0] if header else [str(column + 1) for column in range(len(rows[0]))]
    if len(set(names)) != len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise CannotRead(f"{path}, line {lines[0]}: several columns are called {short(twice)}; rename them")
    return RowTable(names, rows[1:] if header else rows, lines[1:] if header else lines)


def _is_number(cell: str) -> bool:
    return strict_number(cell) is not None


@dataclass
class Survey:
    """What the tables of a folder have in common."""

    names: list[str] = field(default_factory=list)
    """Columns of the first table that can be read."""

    header: bool | None = None
    words: dict[str, str] = field(default_factory=dict)
    """Columns that are no numbers -> a cell that is none, with its place."""

    changing: set[str] = field(default_factory=set)
    """Columns that have several values inside a file."""

    clocks: dict[str, Clock] = field(default_factory=dict)
    """Columns named like times."""

    bad: list[str] = field(default_factory=list)
    _firsts: dict[str, set[str]] = field(default_factory=dict)
    """The first cells of columns named like groups."""

    def time(self, among: Sequence[str]) -> str:
        """The column of times: of those that rise in every file the one that stands still least; empty if none does."""
        rising = [name for name in among if name in self.clocks and not self.clocks[name].fault]
        return min(rising, key=lambda name: self.clocks[name].equal, default="")

    def is_group(self, name: str) -> bool:
        """Whether a column is named like a group, has one value in each file, and several in all of them."""
        return len(self._firsts.get(name, ())) > 1 and name not in self.changing

    def add(self, file: Found) -> None:
        """Look at the next one."""
        try:
            table = read_rows(file.path, header=self.header)
        except CannotRead as error:
            self.bad.append(str(error))
            return
        if not self.names:
            self.names, self.header = table.names, table.names != [str(at + 1) for at in range(len(table.names))]
        for name in table.names:
            column = table.column(name)
            if len(set(column)) > 1:
                self.changing.add(name)
            if is_time(name):
                self.clocks.setdefault(name, Clock()).add(file.name, column, table.lines)
            if is_called_group(name):
                self._firsts.setdefault(name, set()).update(column[:1])
            if name not in self.words and (word := next((cell for cell in column if not _is_number(cell)), None)):
                self.words[name] = f"{short(word)} in {file.path.name}, line {table.lines[column.index(word)]}"
