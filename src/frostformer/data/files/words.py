"""Small pieces of the sentences that are said of a file."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

_SHOWN = 3  # places or names in a sentence


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 sequence`, `1,200 sequences`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(items: Sequence[str], shown: int = _SHOWN) -> str:
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
