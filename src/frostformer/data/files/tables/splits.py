"""Columns that say train, validation and test, in a table of sequences as in one of answers."""

from __future__ import annotations

from frostformer.data.files.parsing.naming import SPLITS, is_named
from frostformer.data.files.parsing.parts import PARTS
from frostformer.data.files.tables.facts import Facts
from frostformer.words import some


def is_split(one: Facts) -> bool:
    """Whether a column is named like a split and says nothing but train, validation and test."""
    words = [text.casefold() for text in one.distinct]
    return is_named(one.name, SPLITS) and not one.many and len(words) > 1 and all(word in PARTS for word in words)


def half_a_split(one: Facts) -> str:
    """What is to be said of a column that names parts, and something else as well; empty for any other."""
    if not is_named(one.name, SPLITS) or one.many:
        return ""
    odd = [text for text in one.distinct if text.casefold() not in PARTS]
    parts = [text for text in one.distinct if text not in odd]
    if not odd or "train" not in {PARTS[text.casefold()] for text in parts}:
        return ""
    return (
        f"column '{one.name}' has {some([repr(text) for text in odd])} beside {some([repr(text) for text in parts])}, "
        "so it does not divide the sequences: write train, validation or test, or nothing"
    )
