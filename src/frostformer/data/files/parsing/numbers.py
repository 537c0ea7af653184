"""What is a number in a file, in which spelling; strict, since `float` takes `1_000` and digits of other scripts."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from frostformer.words import short


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


MISSING = _words(
    "na n/a #n/a #na nan -nan +nan null none nil <na> <null> - -- . .. ? missing #nv #null! #div/0! #value! "
    "1.#qnan -1.#ind 1.#ind nd n.a. k.a."
) | {""}
"""Spellings, in lower case, of a number that is not there. They count in columns of numbers only."""

INFINITE = {
    sign + word: -math.inf if sign == "-" else math.inf
    for sign in ("", "+", "-")
    for word in ("inf", "infinity", "∞", "1.#inf")
}
_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"
_GROUPED = r"[1-9][0-9]{0,2}(?:(?P<mark>[%s'\u2019\u00a0\u202f])[0-9]{3})(?:(?P=mark)[0-9]{3})*"
PLAIN = re.compile(rf"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+){_EXPONENT}")
_SPELT = {
    ".": re.compile(
        rf"[+-]?(?:(?:{_GROUPED % ','}|[0-9]+|[0-9]{{1,3}}(?: [0-9]{{3}})+(?=\.))(?:\.[0-9]*)?|\.[0-9]+){_EXPONENT}"
    ),
    ",": re.compile(
        rf"[+-]?(?:(?:{_GROUPED % '.'}|[0-9]+|[0-9]{{1,3}}(?: [0-9]{{3}})+(?=,))(?:,[0-9]*)?|,[0-9]+){_EXPONENT}"
    ),
}
_WITH_UNIT = re.compile(
    r"(?P<money>[$€£¥])?\s*(?P<number>[+-]?[0-9.,][0-9.,'\u2019]*(?:[eE][+-]?[0-9]+)?)\s*(?P<unit>[^\d\s.,+\-'][^\d]{0,11})?"
)
_OF_NUMBERS = re.compile(r"[-+0-9.eE \t]*")  # of such letters, `float` takes nothing but numbers
MOST_LETTERS = 400
"""A number has no more; a longer cell is text, and no pattern is tried on it."""


@dataclass(frozen=True)
class Style:
    """How the numbers of a column are spelt."""

    decimal: str = "."
    """The mark before the fraction, `.` or `,`; the other one may part thousands."""

    unit: str = ""
    """What stands beside each number and is left out: `mV`, `%`, `$`."""


def plain_number(text: str) -> float | None:
    """The finite number that an answer or a name is, in the spelling of programs: `-1.5e-03`; None if it is none."""
    bare = text.strip()
    value = float(bare) if len(bare) <= MOST_LETTERS and PLAIN.fullmatch(bare) else math.inf
    return value if math.isfinite(value) else None


def strict_number(text: str) -> float | None:
    """The number that a program wrote: NaN where it is missing, infinite where it is; None for any other text.

    Of formats that programs write (`.ts`, ARFF), where `1,234` is a mistake and no way to spell a number.
    """
    bare = text.strip()
    if len(bare) <= MOST_LETTERS and PLAIN.fullmatch(bare):
        return float(bare)
    word = bare.casefold()
    return math.nan if word in MISSING else INFINITE.get(word)


def number(text: str, style: Style = Style()) -> float | None:
    """The number that a cell holds: NaN where it is missing, infinite where it is; None where it holds no number."""
    value = strict_number(text)
    if value is not None and (style.decimal == "." or not math.isfinite(value)):
        return value
    if text[:1] == "(" and text[-1] == ")" and text[1:2] not in ("-", "+", "("):  # as accountants write what is below 0
        value = number(text[1:-1], style)
        return None if value is None or math.isnan(value) else -value
    if style.unit:
        text, unit = parted(text)
        if unit not in ("", style.unit):
            return None
    text = text.replace("−", "-")  # noqa: RUF001 (the typographer's minus)
    if len(text) > MOST_LETTERS or not _SPELT[style.decimal].fullmatch(text):
        return None
    other = "," if style.decimal == "." else "."
    return float(re.sub(rf"[{other} '\u2019\u00a0\u202f]", "", text).replace(",", "."))


def parted(text: str) -> tuple[str, str]:
    """A cell as number and unit, `12.5 mV` as (`12.5`, `mV`); the unit is empty where there is none."""
    found = _WITH_UNIT.fullmatch(text) if len(text) <= MOST_LETTERS else None
    if found is None or (found["money"] and found["unit"]):
        return text, ""
    return found["number"], (found["money"] or found["unit"] or "").strip()


def numbers(cells: Sequence[str], style: Style = Style()) -> tuple[np.ndarray, list[int]]:
    """The numbers of a column.

    Args:
        cells: n texts.
        style: how they are spelt.

    Returns:
        (n,) float64, NaN where a number is missing or the cell holds none; and the indices of cells that hold none.
    """
    if style.decimal == "." and plain(cells):
        return np.fromiter(map(float, cells), dtype=np.float64, count=len(cells)), []
    found = [number(cell, style) for cell in cells]
    wrong = [at for at, one in enumerate(found) if one is None]
    return np.array([math.nan if one is None else one for one in found], dtype=np.float64), wrong


def strict_numbers(cells: Sequence[str]) -> np.ndarray:
    """(T,) float64 of T numbers that a program wrote.

    Raises:
        ValueError: one is no number; it says which, counted from 1.
    """
    if _OF_NUMBERS.fullmatch("".join(cells)):
        with suppress(ValueError):  # a missing one, perhaps
            return np.array([float(cell) for cell in cells])
    values = [strict_number(cell) for cell in cells]
    if None in values:
        at = values.index(None)
        raise ValueError(f"value {at + 1}: {short(cells[at].strip())} is no number")
    return np.array(values, np.float64)


def plain(cells: Sequence[str]) -> bool:
    """Whether every cell is a number in the spelling of programs, such as `-1.5e-03`."""
    return max(map(len, cells), default=0) <= MOST_LETTERS and all(map(PLAIN.fullmatch, cells))


def whole_text(text: str) -> str:
    """A whole number that is spelt as a fraction (`1.0000000e+00`) as people write it (`1`); other text as it is."""
    if len(text) > MOST_LETTERS or not PLAIN.fullmatch(text):
        return text
    value = float(text)
    return str(int(value)) if math.isfinite(value) and value == int(value) and abs(value) < 2**53 else text
