"""The one exception for mistakes that a user can correct."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """A mistake that a user can correct: one sentence says what was wrong, where, and what to do.

    The command line prints the sentence without a traceback.
    """


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """The error for a name that is not in a registry: it lists the known names and suggests the nearest."""
    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
    return InputError(f"unknown {kind} '{name}'; known: {', '.join(names)}.{hint}")


def check_range(name: str, value: int, least: int, most: int) -> None:
    """Refuse a whole number that is not from `least` to `most`."""
    if not least <= value <= most:
        raise InputError(f"{name} is {value}: give a whole number from {least} to {most}")
