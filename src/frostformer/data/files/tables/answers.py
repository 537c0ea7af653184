"""The answers in the columns of a table, as the file has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.numbers import MISSING, number, whole_text
from frostformer.data.files.tables.cells import Cell, text_of
from frostformer.data.files.tables.facts import Facts, coding_of
from frostformer.data.files.tables.layout import Coding, Layout


def answer_of(cell: Cell, name: str, layout: Layout) -> Text:
    """The answer in a cell: as it is written, None where there is none.

    A column of numbers is spelt as programs spell numbers, and has no answer where a number is missing.
    """
    text = text_of(cell)
    if not text:
        return None
    if name in layout.whole:
        return None if text.casefold() in MISSING else whole_text(text)
    if (coding := layout.spelt.get(name)) is not None:
        value = number(text, coding)
        if value is None or value != value:
            return None if value is not None else text
        return text if coding == Coding() else repr(value)
    return text


def spellings(columns: Sequence[Facts], decimal: str) -> dict[str, Any]:
    """How answers are spelt, as `whole` and `spelt` of a `Layout`; `decimal` is the mark of the file."""
    numeric = [one for one in columns if one.type == "number" and not one.others and not one.zeros]
    codings = {one.name: coding_of(one, decimal) for one in numeric}
    whole = tuple(
        one.name
        for one in numeric
        if one.whole and one.fractions and codings[one.name] == Coding() and not one.infinite
    )
    return {"whole": whole, "spelt": {name: coding for name, coding in codings.items() if name not in whole}}
