"""How the rows of a table become sequences: plain values that an adapter keeps in its schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from frostformer.data.files.parsing.numbers import Style
from frostformer.data.files.parsing.times import seconds

Form = Literal["wide", "cell", "long"]


@dataclass(frozen=True)
class Coding(Style):
    """How the cells of a column become numbers."""

    boolean: bool = False
    categories: tuple[str, ...] = ()
    """Each is a channel that is 1 where the column has this text, else 0."""


@dataclass(frozen=True)
class Layout:
    """Which columns are what."""

    form: Form
    """`wide`: a row is a sequence and a column a position. `cell`: a row is a sequence that stands in one cell.
    `long`: a row is a position."""

    columns: tuple[str, ...]
    """What makes the sequence."""

    codings: Mapping[str, Coding] = field(default_factory=dict)
    """How columns are read that are not plain numbers."""

    id: str = ""
    time: str = ""
    group: str = ""
    split: str = ""
    days_first: bool = False
    headed: bool = True
    width: int = 0
    """Columns of the table, for tables without a header."""

    lists: bool = False
    """Whether texts in the cells of tokens are lists: `3 17 5`."""

    trim: bool = False
    """Whether missing values at the end of a row are the end of its sequence."""

    whole: tuple[str, ...] = ()
    """Targets that are whole numbers spelt with a fraction: `1.0000000e+00` is `1`."""

    spelt: Mapping[str, Coding] = field(default_factory=dict)
    """Targets that are numbers in another spelling than that of programs."""

    labels: str = ""
    """A second file of ids and answers."""

    def settings(self) -> dict[str, Any]:
        """As plain values, for `Schema.settings`."""
        return asdict(self)

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Layout:
        """From plain values."""
        values = {one.name: settings[one.name] for one in fields(cls) if one.name in settings}
        for name in ("columns", "whole"):
            values[name] = tuple(values.get(name, ()))
        for name in ("codings", "spelt"):
            codings = values.get(name) or {}
            values[name] = {
                column: Coding(**{**coding, "categories": tuple(coding.get("categories", ()))})
                for column, coding in codings.items()
            }
        return cls(**values)

    def seconds(self, text: str) -> float | None:
        """What a cell of the time says; see `times.seconds`."""
        return seconds(text, days_first=self.days_first, style=self.coding(self.time))

    def coding(self, column: str) -> Coding:
        """How a column is read."""
        return self.codings.get(column, Coding())
