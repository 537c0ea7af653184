"""Columns that a user names: by name, number from 1, `first`, `last`, a range `3-20`, several joined by commas."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from frostformer.data.files.parsing.spellings import composed
from frostformer.errors import InputError
from frostformer.words import some


def names_in(said: str | None) -> set[str]:
    """The names that an option lists, whatever they are of."""
    return {name.strip() for name in (said or "").split(",")} - {""}


def chosen(path: Path, option: str, said: str | None, names: Sequence[str]) -> list[str]:
    """Names of the columns that an option names, in its order.

    Args:
        path: the table, for the sentence.
        option: its name on the command line: `--target`.
        said: its value; None gives no columns.
        names: all columns.

    Raises:
        InputError: there is no such column.
    """
    if said is None:
        return []
    if said in names:
        return [said]
    found: dict[str, None] = {}
    for part in (one.strip() for one in said.split(",")):
        found |= dict.fromkeys(_one(path, option, part, names))
    return list(found)


def only(path: Path, option: str, said: str | None, names: Sequence[str]) -> str:
    """The one column that an option names; empty where it was not given.

    Raises:
        InputError: there is no such column, or there are several.
    """
    found = chosen(path, option, said, names)
    if len(found) > 1:
        raise InputError(f"{option} {said}: give one column")
    return found[0] if found else ""


def _one(path: Path, option: str, part: str, names: Sequence[str]) -> list[str]:
    if part in names:
        return [part]
    if alike := [name for name in names if composed(name).casefold() == composed(part).casefold()]:
        return alike[:1]
    if part in ("first", "last"):
        return [names[0] if part == "first" else names[-1]]
    if re.fullmatch(r"[0-9]{1,7}", part) and 1 <= int(part) <= len(names):
        return [names[int(part) - 1]]
    if found := re.fullmatch(r"([0-9]{1,7})-([0-9]{1,7})", part):
        first, last = int(found[1]), int(found[2])
        if 1 <= first <= last <= len(names):
            return list(names[first - 1 : last])
    near = difflib.get_close_matches(part, names, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise InputError(
        f"{option} {part}: {path} has no such column, of its {len(names):,}: {some(names, most=12)}{hint}: give a "
        f"name, a number from 1 to {len(names)}, first or last"
    )
