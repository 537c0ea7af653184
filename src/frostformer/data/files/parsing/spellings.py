"""What a text of a file means: nothing, a number, yes or no, or the same as another text. It imports no torch."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOTHING = {"", "nan"}  # anywhere
_NO_NUMBER = {"?", "na", "n/a", "#n/a", "null", "none", "nil", "-", "--", ".", "missing", "unknown", "<na>"}
_INFINITE = re.compile(r"[+-]?inf(inity)?")
_YES = {"1", "1.0", "true", "t", "yes", "y"}
_NO = {"0", "0.0", "false", "f", "no", "n"}


def number(text: str) -> float | None:
    """The number that a text is; None if it is none, or an infinite one."""
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        return None
    value = float(stripped)
    return value if math.isfinite(value) else None


def is_missing(text: str, column: Sequence[str]) -> bool:
    """Whether a text means that there is nothing.

    `NA` may be a class among texts, such as North America; among numbers it is none.
    """
    bare = text.strip().casefold()
    if bare in _NOTHING:
        return True
    if bare not in _NO_NUMBER and not _INFINITE.fullmatch(bare):
        return False
    others = [one for one in column if not _is_odd(one)]
    return bool(others) and all(number(one) is not None for one in others)


def _is_odd(text: str) -> bool:
    bare = text.strip().casefold()
    return bare in _NOTHING or bare in _NO_NUMBER or bool(_INFINITE.fullmatch(bare))


def yes_or_no(text: str) -> float | None:
    """1 or 0; None for anything else."""
    bare = text.strip().casefold()
    if (value := number(text)) in (0.0, 1.0):
        return value
    return 1.0 if bare in _YES else 0.0 if bare in _NO else None


def plain(texts: Sequence[str]) -> dict[str, str]:
    """Text -> name of the class: as it is written; `1.0000000e+00` is 1 where all are whole numbers written so."""
    values = [number(text) for text in texts]
    written_out = all(re.search(r"[.eE]", text) for text in texts)
    if written_out and all(value is not None and value.is_integer() for value in values):
        return {text: str(int(value or 0)) for text, value in zip(texts, values, strict=True)}
    return {text: text for text in texts}


def spelt_twice(names: Sequence[str]) -> list[list[str]]:
    """Names that differ in case, blanks, composed letters or the spelling of a number alone, together."""
    groups: dict[object, list[str]] = {}
    for name in names:
        value = number(name)
        bare = " ".join(unicodedata.normalize("NFKC", name).split()).casefold()
        groups.setdefault(bare if value is None else value, []).append(name)
    return [group for group in groups.values() if len(group) > 1]
