"""Columns as people name them: by name, by number counted from 1, `3-20`, `first` or `last`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from frostformer.errors import InputError, unknown_name

_RANGE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


def chosen_columns(said: str, names: Sequence[str], option: str) -> list[int]:
    """Where the columns are that an option names, counted from 0.

    Raises:
        InputError: there is no such column.
    """
    if said in names:
        return [names.index(said)]
    return [at for word in said.split(",") for at in _columns(word.strip(), names, option)]


def listed_columns(said: str | None, names: Sequence[str], option: str) -> list[int]:
    """The same; none if the option was not given."""
    return chosen_columns(said, names, option) if said else []


def _columns(word: str, names: Sequence[str], option: str) -> list[int]:
    if word in names:
        return [names.index(word)]
    if names and word in ("first", "last"):
        return [0 if word == "first" else len(names) - 1]
    first, last = (found[1], found[2]) if (found := _RANGE.fullmatch(word)) else (word, word)
    if first.isdecimal() and last.isdecimal() and len(last) < 10:
        if 1 <= int(first) <= int(last) <= len(names):
            return list(range(int(first) - 1, int(last)))
        raise InputError(f"--{option} {word}: there are {len(names)} columns, counted from 1")
    raise unknown_name(f"column of --{option}", word, names[:100])
