"""What the dates of a table show: each file decides anew whether they begin with the day."""

from __future__ import annotations

from dataclasses import dataclass

from frostformer.data.files.parsing.times import day_first, has_date, is_date_in_doubt
from frostformer.data.files.tables.cells import Source, text_of


@dataclass(frozen=True)
class Dates:
    """What a column of times shows."""

    are_there: bool = False
    """Whether times have dates, and are not those of a day alone."""

    days_first: bool | None = None
    """None where no date shows it."""

    doubtful: str = ""
    """Then a date such as 3/4/2021."""


def dates_in(source: Source, column: str) -> Dates:
    """What the column's dates show; it is read until one of them shows which is the day."""
    doubtful, are_there = "", False
    for block in source.blocks() if column else ():
        texts = [text_of(cell) for cell in block.column(column)]
        are_there = are_there or any(map(has_date, texts))
        if (first := day_first(texts)) is not None:
            return Dates(are_there=True, days_first=first)
        doubtful = doubtful or next(filter(is_date_in_doubt, texts), "")
        if not doubtful and any(texts):  # the others are spelt like these
            break
    return Dates(are_there, None, doubtful)


def doubt(date: str, column: str, *, days_first: bool) -> str:
    """A sentence on dates such as this one, which do not show whether the day comes first."""
    first = "the day first, as in training" if days_first else "the month first"
    return (
        f"dates such as {date} in column '{column}' are read with {first}, since none shows which is the day: if that "
        "is wrong, write them as 2021-12-31"
    )
