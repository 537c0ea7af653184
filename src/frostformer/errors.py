"""The exception for mistakes that a user can correct, and the few others of our own."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


class InputError(ValueError):
    """A mistake that a user can correct: one sentence says what was wrong, where, and what to do.

    The command line prints the sentence without a traceback.
    """


class CannotRead(InputError):  # noqa: N818 (it says what became of one sequence)
    """One sequence of a file cannot be read; those behind it may be."""


class Busy(InputError):  # noqa: N818 (it says how things stand, and nobody has made a mistake)
    """Another process is writing there now; it can be tried again later."""


class TimeIsUp(Exception):  # noqa: N818 (nothing went wrong)
    """Training stopped where it was asked to stop; its checkpoint is written, and it can go on from there."""


_MOST_LETTERS = 300


def in_one_line(error: Exception) -> str:
    """The text of an error of ours; of any other its kind and text, cut if it is long."""
    text = " ".join(str(error).split())
    if isinstance(error, InputError):
        return text
    shown = text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + "..."
    return f"{type(error).__name__}: {shown}" if shown else type(error).__name__


_NO_MEMORY = ("can't allocate memory", "out of memory", "Storage size calculation overflowed")  # as torch says it


@contextmanager
def enough_memory() -> Iterator[None]:
    """Where memory runs out, make one sentence of it."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError) and not any(words in str(error) for words in _NO_MEMORY):
            raise
        raise InputError(
            "there is not enough memory for this: train a batch in parts (micro batch, 1 takes the least), or give a "
            "smaller batch size, model or task, or another device"
        ) from error


def unknown_name(kind: str, name: str, known: Iterable[str], meant: str | None = None) -> InputError:
    """The error for a name that is not in a registry: it lists the known names and suggests the nearest.

    Numbers in names are ordered by their size, so that `table-2` stands before `table-10`.

    Args:
        kind: what the name is of, such as `task`.
        name: the unknown one.
        known: all names.
        meant: the one to suggest, where that is better known than by spelling.
    """
    names = sorted(known, key=lambda one: re.sub(r"\d+", lambda digits: digits[0].zfill(9), one))
    nearest = [meant] if meant else difflib.get_close_matches(name, names, n=1)
    hint = f" Did you mean '{nearest[0]}'?" if nearest else ""
    return InputError(f"unknown {kind} '{name}'; known: {', '.join(names)}.{hint}")


def check_builder(kind: str, name: str, builder: object) -> None:
    """Refuse to register what cannot be called, or told apart from another definition by its name."""
    if not callable(builder) or not hasattr(builder, "__qualname__"):
        raise InputError(f"{kind} '{name}': give a function that builds it, not a {type(builder).__name__}")


def same_definition(one: Any, other: Any) -> bool:
    """Whether two functions or classes are the same one, perhaps defined again, as in a notebook."""
    names = (one.__module__, one.__qualname__)
    return one is other or ("<lambda>" not in names[1] and names == (other.__module__, other.__qualname__))


def check_range(name: str, value: int | None, least: int, most: int) -> None:
    """Refuse a whole number that is not from `least` to `most`; None means that no number was given."""
    if value is not None and not least <= value <= most:
        raise InputError(f"{name} is {value}: give a whole number from {least:,} to {most:,}")
