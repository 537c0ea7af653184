"""The one exception for what a user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """One sentence that says what was wrong, where, and what to do; the command line prints it without a traceback."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """The error for a name that is not in a registry: it lists the known ones and the nearest."""
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
    return InputError(f"unknown {kind} '{name}'; known: {', '.join(names)}.{hint}")


def check_range(name: str, value: int, least: int, most: int) -> None:
    """Refuse a whole number that is not from `least` to `most`."""
    if not least <= value <= most:
        raise InputError(f"{name} is {value}: give a whole number from {least} to {most}")
