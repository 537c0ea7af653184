"""Rows of a table as they come, a block at a time: every cell is text, or a list where the format knows lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from frostformer.data.files.case import Case
from frostformer.errors import CannotRead

Cell = str | np.ndarray | list[str]
"""Text without blanks around it, "" where there is none; (T,) or (T, C) float64; or T words."""

MOST_COLUMNS = 200_000
"""A table with more columns is refused: each of them costs memory."""

BLOCK_ROWS = 1024
BLOCK_LETTERS = 2**20
"""A block ends when it has so many rows or letters, so that memory stays the same however long the file is."""


@dataclass(frozen=True)
class Spot:
    """Where a row stands, both counted from 1."""

    row: int
    """Rows of data, without header and blank lines."""

    line: int
    """The line of the file where the row begins; 0 where a file has no lines."""

    def __str__(self) -> str:
        return f"row {self.row} (line {self.line})" if self.line else f"row {self.row}"


@dataclass(frozen=True)
class Block:
    """A few rows, by columns."""

    spots: Sequence[Spot]
    """One for each of the n rows."""

    columns: Mapping[str, Sequence[Cell]]
    """Name -> n cells; a column that is not there has nothing in these rows."""

    bad: Mapping[int, str] = field(default_factory=dict)
    """Index of a row that cannot be read -> why and what to do; its cells are empty."""

    def column(self, name: str) -> Sequence[Cell]:
        """The cells of a column, empty where it is not there."""
        return self.columns.get(name) or [""] * len(self.spots)


class Source(Protocol):
    """A file whose rows can be read again and again."""

    @property
    def path(self) -> Path:
        """The file."""

    @property
    def names(self) -> Sequence[str]:
        """Columns known so far; whole after `blocks` was read once."""

    @property
    def headed(self) -> bool:
        """Whether the file names its columns; else they are called 1, 2, 3..."""

    @property
    def series(self) -> bool:
        """Whether its shape is that of the UCR archive: no header, columns parted by tabs or blanks."""

    @property
    def ragged(self) -> bool:
        """Whether rows of numbers have different lengths."""

    @property
    def separator(self) -> str:
        """What parts the cells; empty where that is no question."""

    @property
    def notes(self) -> Sequence[str]:
        """What was guessed of it."""

    @property
    def warnings(self) -> Sequence[str]:
        """Doubts; whole after `blocks` was read once."""

    def blocks(self) -> Iterator[Block]:
        """All rows in order, from the start.

        Raises:
            InputError: the file as a whole cannot be read.
        """


class Told(Iterator[Case]):
    """Gives cases, and raises what cannot be read in its place; afterwards it can be asked for the next one.

    A generator that raises is at its end; so the generator gives the exception, and this raises it.
    """

    def __init__(self, found: Iterator[Case | CannotRead]) -> None:
        self._found = found

    def __next__(self) -> Case:
        one = next(self._found)
        if isinstance(one, CannotRead):
            raise one
        return one


def text_of(cell: Cell) -> str:
    """A cell as text; a list has its entries parted by blanks."""
    return cell if isinstance(cell, str) else " ".join(str(one) for one in cell)
