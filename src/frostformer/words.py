"""Small pieces of sentences: counts, lists, names in quotes."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

_SHOWN = 3  # places or names in a sentence
_LONGEST = 30  # letters of a text in quotes


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 sequence`, `1,200 sequences`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def few_of(items: Sequence[str], shown: int = _SHOWN) -> str:
    """`a, b, c and 4 more`."""
    first, more = ", ".join(items[:shown]), len(items) - shown
    return f"{first} and {more:,} more" if more > 0 else first


def quoted(names: Iterable[object]) -> str:
    """`'yes', 'yes ' and 'Yes'`."""
    each = [f"'{name}'" for name in names]
    return each[0] if len(each) == 1 else f"{', '.join(each[:-1])} and {each[-1]}"


def typed(name: object) -> str:
    """A name as it is typed behind an option: `'heart rate'`."""
    return shlex.quote(str(name))


def percent(share: float) -> str:
    """`96.7 %`."""
    return f"{100 * share:.1f} %"


def short(text: str) -> str:
    """A text of a file in quotes, cut if it is long."""
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")


def some(things: Sequence[object], most: int = _SHOWN, all_of_them: int | None = None) -> str:
    """The first few of some things as words: `a, b and c`, or `a, b, c and 4 more`."""
    shown = [str(one) if len(str(one)) <= 60 else str(one)[:57] + "..." for one in things[:most]]
    rest = (len(things) if all_of_them is None else all_of_them) - len(shown)
    if rest > 0:
        return f"{', '.join(shown)} and {rest:,} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:]))) or "none"
