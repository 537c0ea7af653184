"""What is known of one column of a table, and what follows from it: its type, how its numbers are spelt."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from frostformer.data.files.tables.cells import Spot
from frostformer.data.files.tables.layout import Coding
from frostformer.errors import CannotRead

Type = Literal["empty", "number", "time", "boolean", "text", "list", "words"]
MOST_DISTINCT = 1000  # different texts kept of one column


@dataclass
class Facts:
    """One column, as far as it was read."""

    name: str
    most: int = MOST_DISTINCT
    """Different texts that are counted; with more, `many` is true."""

    rows: int = 0
    blank: int = 0
    blanks: list[Spot] = field(default_factory=list)
    missing: int = 0
    """Cells that are spelt like a missing number, blank ones included."""

    gaps: list[Spot] = field(default_factory=list)
    """The first of them."""

    inner: int = 0
    inners: list[tuple[Spot, int]] = field(default_factory=list)
    """Missing values inside lists, and the first with their position from 1."""

    distinct: Counter[str] = field(default_factory=Counter)
    many: bool = False
    repeats: bool = False
    """Whether texts stood twice on average before `many` became true."""

    twice: bool = False
    """Whether some text stood twice before `many` became true."""

    points: int = 0
    commas: int = 0
    """Cells that are numbers with a point, or with a comma, before the fraction; most are both."""

    in_doubt: bool = False
    """Whether some `1,234` or `1.234` reads differently with a point and with a comma."""

    units: Counter[str] = field(default_factory=Counter)
    others: int = 0
    """Cells that are no number in either spelling."""

    other: list[tuple[Spot, str]] = field(default_factory=list)
    """The first of them."""

    neither: list[tuple[Spot, str]] = field(default_factory=list)
    """The first that are no lists of numbers either."""

    lists: int = 0
    written: int = 0
    """Lists of numbers that are written as text; these are among `others`."""

    texts: int = 0
    """Cells that are lists of numbers, and lists of words."""

    widths: set[int] = field(default_factory=set)
    """Channels of the lists; 0 where they have one number a position."""

    times: int = 0
    clocks: int = 0
    day_first: bool | None = None
    """Whether dates such as 03.04.2021 begin with the day, where some show it."""

    booleans: int = 0
    infinite: int = 0
    infinities: list[tuple[Spot, str]] = field(default_factory=list)
    sentinels: Counter[float] = field(default_factory=Counter)
    first_sentinel: dict[float, Spot] = field(default_factory=dict)
    low: float = math.inf
    high: float = -math.inf
    """Least and largest of the numbers, without likely sentinels."""

    whole: bool = True
    """Whether all numbers are whole."""

    fractions: bool = False
    """Whether a whole number is spelt with a fraction or an exponent, such as `1.0`."""

    zeros: bool = False
    """Whether a number has zeros before it or more digits than a float64 keeps: an id."""

    counter: bool = True
    """Whether every number is one more than the number before."""

    start: float = math.nan
    last: float = math.nan
    longest: int = 0
    settled: Type | None = None
    """The type, once the whole column was read."""

    @property
    def filled(self) -> int:
        """Cells that hold something, missing spellings not counted."""
        return self.rows - self.missing

    @property
    def numeric(self) -> int:
        """Cells that are numbers, in the spelling that fits more of them."""
        return max(self.points, self.commas) + self.infinite

    @property
    def type(self) -> Type:
        """What the column is as a whole."""
        return self.settled or self._type()

    def _type(self) -> Type:
        if self.texts:
            return "words"
        if 2 * self.lists > self.filled > 0:
            return "list"
        if self.filled == 0:
            return "empty"
        if self.times >= self.filled:
            return "time"
        if self.booleans >= self.filled and self.others:
            return "boolean"
        if len(self.units) <= 1 and 2 * self.numeric > self.filled:
            return "number"
        return "text"

    @property
    def constant(self) -> bool:
        """Whether all rows have the same text."""
        return not self.many and len(self.distinct) == 1 and not self.lists and not self.texts

    @property
    def flags(self) -> bool:
        """Whether all that it holds is 0 and 1."""
        return self.type == "number" and not self.many and set(self.distinct) <= {"0", "1", "0.0", "1.0"}

    @property
    def repeated(self) -> bool:
        """Whether its texts stand twice or more on average, as ids of the long form do."""
        if self.many:
            return self.repeats
        return self.rows >= 2 * len(self.distinct) and self.rows > 1

    @property
    def unique(self) -> bool:
        """Whether no text stands twice, as far as was counted."""
        return not self.twice if self.many else len(self.distinct) == self.rows


def likely_sentinel(facts: Facts) -> float | None:
    """A number that stands far from all others and is a usual mark for a missing one: -999."""
    if not math.isfinite(facts.low):
        return None
    margin = max(facts.high - facts.low, abs(facts.high), abs(facts.low), 1e-9)
    for value, _ in facts.sentinels.most_common():
        if not facts.low - margin <= value <= facts.high + margin:
            return value
    return None


def file_decimal(columns: Sequence[Facts], separator: str) -> str:
    """The mark before fractions in a file, decided on all its columns: `.` or `,`."""
    points = sum(one.points > one.commas for one in columns if one.type == "number")
    commas = sum(one.commas > one.points for one in columns if one.type == "number")
    if commas and not points:
        return ","
    doubtful = any(one.in_doubt and any("," in text for text in one.distinct) for one in columns)
    return "," if doubtful and not points and separator == ";" else "."


def coding_of(facts: Facts, decimal: str) -> Coding:
    """How the numbers of a column are spelt, where the file's mark is known."""
    unit = next(iter(facts.units), "")
    if facts.points != facts.commas:
        decimal = "." if facts.points > facts.commas else ","
    return Coding(decimal, unit)


def check_numbers(path_and_column: str, facts: Facts, *, alone: bool = False) -> None:
    """Refuse a column of numbers in which some cells are none.

    Args:
        path_and_column: for the sentence.
        facts: the column.
        alone: whether no other column makes the sequence, so that this one cannot be left out.

    Raises:
        CannotRead: which cell, and what to do.
    """
    without = "" if alone else ", or leave the column out with --drop"
    if facts.type == "number" and facts.lists > facts.written:
        raise CannotRead(
            f"{path_and_column} has lists in some rows, where {facts.numeric:,} other rows have numbers: write one "
            f"in each{without}"
        )
    if facts.type == "number" and not facts.others and facts.numeric < facts.filled:
        raise CannotRead(
            f"{path_and_column} has numbers with a point and numbers with a comma before the fraction: write all in "
            "one way"
        )
    wrong, others = (facts.other, f"{facts.numeric:,} other cells are numbers")
    if facts.type == "list":
        wrong, others = (facts.neither, f"{facts.lists:,} other cells are lists of numbers")
    if wrong and facts.type in ("number", "list"):
        spot, text = wrong[0]
        raise CannotRead(
            f"{path_and_column} has '{text[:60]}' in {spot}, where {others}: mend it, or leave the cell empty if it "
            f"is missing{without}"
        )
