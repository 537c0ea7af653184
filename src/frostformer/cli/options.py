"""Kinds of options that several verbs share, and options that are written as lists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from frostformer.errors import InputError, unknown_name
from frostformer.results.arms import ARM_FIELDS

Flat = Parameter(name="*")
"""Makes each field of a dataclass an option of its own."""

Paths = Annotated[tuple[Path, ...], Parameter(consume_multiple=True)]
"""Takes `--folders A B` as well as `--folders A --folders B`."""

MOST_SEEDS = 10_000


def parse_seeds(text: str) -> list[int]:
    """The seeds in a list of numbers and ranges, such as `0-4,7`.

    Raises:
        InputError: it is not such a list.
    """
    seeds: list[int] = []
    try:
        for part in text.split(","):
            first, dash, last = part.partition("-")
            found = range(int(first), int(last if dash else first) + 1)
            if not 0 < len(found) <= MOST_SEEDS:
                raise ValueError(part)
            seeds += found
    except (ValueError, OverflowError):
        seeds = []
    if not seeds:
        raise InputError(f"seeds is '{text}': give numbers and ranges such as 0-4 or 0,3,7, {MOST_SEEDS:,} at most")
    return list(dict.fromkeys(seeds))


def parse_learning_rates(text: str) -> list[float]:
    """The learning rates in a list such as `1e-4,1e-3`.

    Raises:
        InputError: one of them is no number.
    """
    try:
        return list(dict.fromkeys(float(part) for part in text.split(",")))
    except ValueError:
        raise InputError(f"learning_rates is '{text}': give numbers such as 1e-4,1e-3") from None


def parse_reference(text: str) -> dict[str, str]:
    """The settings of a reference arm in a list such as `weights=random,trainable=frozen`.

    Raises:
        InputError: it is not such a list, or names something that does not make an arm.
    """
    settings = {}
    for part in text.split(","):
        name, equals, value = part.strip().partition("=")
        name = name.replace("-", "_")
        if not equals or not value:
            raise InputError(f"reference is '{text}': give settings of an arm such as weights=random")
        if name not in ARM_FIELDS:
            raise unknown_name("setting of an arm", name, ARM_FIELDS)
        settings[name] = value
    return settings
