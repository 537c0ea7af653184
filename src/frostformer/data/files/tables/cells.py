"""Rows of a table as they come, a block at a time: every cell is text, or a list where the format knows lists."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from frostformer.data.files.case import Case
from frostformer.errors import CannotRead, InputError

Cell = str | np.ndarray | list[str]
"""Text without blanks around it, "" where there is none; (T,) or (T, C) float64; or T words."""

_MOST_COLUMNS = 200_000  # each of them costs memory
Row = TypeVar("Row")
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


@dataclass
class Source(ABC):
    """A table whose rows can be read again and again."""

    path: Path
    names: list[str]
    """Columns known so far; whole after `blocks` was read once."""

    headed: bool = True
    """Whether the file names its columns; else they are called 1, 2, 3..."""

    series: bool = False
    """Whether its shape is that of the UCR archive: no header, columns parted by tabs or blanks."""

    ragged: bool = False
    """Whether rows of numbers have different lengths."""

    separator: str = ""
    """What parts the cells; empty where that is no question."""

    notes: list[str] = field(default_factory=list)
    """What was guessed of it."""

    warnings: list[str] = field(default_factory=list)
    """Doubts; whole after `blocks` was read once."""

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """All rows in order, from the start.

        Raises:
            InputError: the file as a whole cannot be read.
        """


def gathered(rows: Iterable[tuple[Spot, Row, int, str]]) -> Iterator[tuple[list[Spot], list[Row], dict[int, str]]]:
    """The rows of a few at a time.

    Args:
        rows: where each stands, the row, its letters, and why it cannot be read, empty if it can.

    Returns:
        Places, rows, and reasons by index, for each block.
    """
    spots: list[Spot] = []
    found: list[Row] = []
    bad: dict[int, str] = {}
    letters = 0
    for spot, row, size, why in rows:
        if why:
            bad[len(spots)] = why
        spots.append(spot)
        found.append(row)
        letters += size
        if len(spots) >= BLOCK_ROWS or letters > BLOCK_LETTERS:
            yield spots, found, bad
            spots, found, bad, letters = [], [], {}, 0
    if spots:
        yield spots, found, bad


def check_width(path: Path, width: int) -> None:
    """Refuse a table with too many columns.

    Raises:
        InputError: it has.
    """
    if width > _MOST_COLUMNS:
        raise InputError(
            f"{path} has {width:,} columns, more than {_MOST_COLUMNS:,}: give one list for each sequence instead"
        )


class Told(Iterator[Case]):
    """Gives cases, and raises what cannot be read in its place; afterwards it can be asked for the next one.

    A generator that raises is at its end; so the generator gives the exception, and this raises it.
    """

    def __init__(self, found: Iterator[Case | CannotRead], doubts: Callable[[], list[str]] = list) -> None:
        """Prepare.

        Args:
            found: the cases.
            doubts: gives, when all have come, sentences on how they were read.
        """
        self._found = found
        self.doubts = doubts

    def __next__(self) -> Case:
        one = next(self._found)
        if isinstance(one, CannotRead):
            raise one
        return one


def text_of(cell: Cell) -> str:
    """A cell as text; a list has its entries parted by blanks."""
    return cell if isinstance(cell, str) else " ".join(str(one) for one in cell)


def columns_of(source: Source) -> list[str]:
    """The names of its columns, for which some kinds of table must be read to their end."""
    if not source.names:
        for _ in source.blocks():
            pass
    return list(source.names)
