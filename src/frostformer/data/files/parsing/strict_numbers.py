"""Numbers and missing values as people spell them. Whatever else Python takes for a number, `1_000`, is none here."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

MISSING = frozenset(("", "?", "-", ".", "na", "n/a", "nan", "null", "none", "#n/a", "<na>", "missing"))
"""Spellings of a missing number, in small letters."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
_PLAIN = re.compile(r"[-+0-9.eE \t]*")  # of such letters, `float` takes nothing but numbers


def number(text: str) -> float:
    """A number as text; NaN where it is missing, infinite where it is too large.

    Raises:
        ValueError: it is no number.
    """
    word = text.strip()
    if _NUMBER.fullmatch(word) or _INFINITE.fullmatch(word):
        return float(word)
    if word.lower() in MISSING:
        return float("nan")
    raise ValueError(f"{short(word)} is no number")


def is_number(text: str) -> bool:
    """Whether it is a number, or missing."""
    try:
        number(text)
    except ValueError:
        return False
    return True


def numbers(cells: Sequence[str]) -> np.ndarray:
    """(T,) float64 of T numbers as text.

    Raises:
        ValueError: one is no number; it says which, counted from 1.
    """
    if _PLAIN.fullmatch("".join(cells)):
        try:
            return np.array([float(cell) for cell in cells])
        except ValueError:
            pass  # a missing one, perhaps
    values = np.empty(len(cells))
    for position, cell in enumerate(cells):
        try:
            values[position] = number(cell)
        except ValueError as error:
            raise ValueError(f"value {position + 1}: {error}") from None
    return values


def short(text: str) -> str:
    """A text of a file in quotes, cut if it is long."""
    return repr(text if len(text) <= 30 else text[:30] + "...")
