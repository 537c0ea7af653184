"""The answers in the columns of a table, as the file has them."""

from __future__ import annotations

from frostformer.data.files.case import Text
from frostformer.data.files.parsing.numbers import MISSING, Style, number, whole_text
from frostformer.data.files.tables.cells import Cell, text_of
from frostformer.data.files.tables.facts import Facts
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
        value = number(text, Style(coding.decimal, coding.unit))
        if value is None or value != value:
            return None if value is not None else text
        return text if coding == Coding() else repr(value)
    return text


def spelling(facts: Facts, decimal: str) -> tuple[bool, Coding | None]:
    """How the answers of a column are spelt.

    Returns:
        Whether they are whole numbers spelt with a fraction; and the spelling, where all are numbers.
    """
    if facts.type != "number" or facts.others or facts.zeros:
        return False, None
    if facts.points != facts.commas:
        decimal = "." if facts.points > facts.commas else ","
    whole = facts.whole and facts.fractions and decimal == "." and not facts.units and not facts.infinite
    return whole, None if whole else Coding(decimal, next(iter(facts.units), ""))
