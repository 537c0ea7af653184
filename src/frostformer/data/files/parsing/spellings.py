"""What a text that is an answer means: nothing, yes or no, a class, or the same as another text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from frostformer.data.files.parsing.numbers import INFINITE, MISSING, plain_number

BOOLEANS = {
    word: value
    for words, value in (("true t yes y on ja wahr oui vrai 1", 1.0), ("false f no n off nein falsch non faux 0", 0.0))
    for word in words.split()
}
_NOTHING = {"", "nan"}  # anywhere
_NO_NUMBER = MISSING | INFINITE.keys() | {"unknown"}


def composed(text: str) -> str:
    """A text with each letter and its accents as one sign, so that what looks the same is the same."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def nearly(text: str, others: Iterable[str]) -> str:
    """`'Age' differs from 'age' in capitals alone`, where one of the others does or differs in blanks; else empty."""
    for one in others:
        bare, other = ("".join(name.split()) for name in (composed(text), composed(one)))
        if bare.casefold() == other.casefold():
            what = "capitals" if bare != other else "blanks"
            return f"'{text}' differs from '{one}' in {what} alone"
    return ""


def is_missing(text: str, column: Sequence[str]) -> bool:
    """Whether a text means that there is nothing.

    `NA` may be a class among texts, such as North America; among numbers it is none.
    """
    bare = text.strip().casefold()
    if bare in _NOTHING:
        return True
    if bare not in _NO_NUMBER:
        return False
    others = [one for one in column if one.strip().casefold() not in _NO_NUMBER]
    return bool(others) and all(plain_number(one) is not None for one in others)


def yes_or_no(text: str) -> float | None:
    """1 or 0; None for anything else."""
    value = plain_number(text)
    return value if value in (0.0, 1.0) else BOOLEANS.get(text.strip().casefold())


def class_names(texts: Sequence[str]) -> dict[str, str]:
    """Text -> name of the class: as it is written; `1.0000000e+00` is 1 where all are whole numbers written so."""
    values = [plain_number(text) for text in texts]
    written_out = all(re.search(r"[.eE]", text) for text in texts)
    if written_out and all(value is not None and value.is_integer() for value in values):
        return {text: str(int(value or 0)) for text, value in zip(texts, values, strict=True)}
    return {text: text for text in texts}


def spelt_twice(names: Sequence[str]) -> list[list[str]]:
    """Names that differ in case, blanks, composed letters or the spelling of a number alone, together."""
    groups: dict[object, list[str]] = {}
    for name in names:
        value = plain_number(name)
        bare = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
        groups.setdefault(bare if value is None else value, []).append(name)
    return [group for group in groups.values() if len(group) > 1]
