"""Kinds of options that several verbs share, and options that are written as lists."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

from cyclopts import UNSET, App, ArgumentCollection, Parameter

from frostformer.config import RunConfig, Tracker
from frostformer.errors import InputError, check_range, unknown_name

Flat = Parameter(name="*")
"""Makes each field of a dataclass an option of its own."""

Paths = Annotated[tuple[Path, ...], Parameter(consume_multiple=True)]
"""Takes `--folders A B` as well as `--folders A --folders B`."""

Texts = Annotated[tuple[str, ...], Parameter(consume_multiple=True)]
"""The same for texts."""

Trackers = Annotated[tuple[Tracker, ...], Parameter(consume_multiple=True)]
"""The same for programs that show learning curves."""

AsJson = Annotated[bool, Parameter(name="--json", negative=())]
"""Prints what a program can read."""


@dataclass(frozen=True)
class Workers:
    """Who makes many runs."""

    jobs: int = 1
    """Number of processes that train side by side."""

    engine: Literal["local", "dask"] = "local"
    """`local` trains on this machine; `dask` on the workers of a Dask cluster."""

    address: str | None = None
    """Address of the Dask scheduler, such as `tcp://10.0.0.1:8786`. Whoever reaches a scheduler can run any code on its
    workers."""

    def __post_init__(self) -> None:
        """Refuse what names nobody."""
        check_range("jobs", self.jobs, 1, 1000)
        if (self.engine == "dask") != (self.address is not None):
            both = "give both, such as --address tcp://HOST:8786"
            raise InputError(f"--engine dask and --address belong together: {both}")

    @property
    def are_others(self) -> bool:
        """Whether runs are made elsewhere than in this process."""
        return self.jobs > 1 or self.address is not None


MOST_SEEDS = 10_000


def check_values(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Refuse what would silently become another value: 1.5 where a number is whole, and a value without characters."""
    for argument in arguments:
        whole = int in (argument.hint, *get_args(argument.hint))
        for token in argument.tokens:
            name = token.keyword or argument.name
            if token.value == "" and token.implicit_value is UNSET:  # a switch has no value of its own
                raise InputError(f"{name} is empty: give it a value, or leave it out")
            if whole and "." in token.value:
                raise InputError(f"{name} is {token.value}: give a whole number")


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
            if len(seeds) > MOST_SEEDS:
                raise ValueError(text)
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
    from frostformer.results.arms import ARM_FIELDS  # a help need not wait for pydantic

    settings, hints = {}, get_type_hints(RunConfig)
    for part in text.split(","):
        name, equals, value = part.strip().partition("=")
        name = name.replace("-", "_")
        if not equals or not value:
            raise InputError(f"reference is '{text}': give settings of an arm such as weights=random")
        if name not in ARM_FIELDS:
            raise unknown_name("setting of an arm", name, ARM_FIELDS)
        choices = get_args(hints[name]) if get_origin(hints[name]) is Literal else [value]
        if value not in choices:
            raise unknown_name(f"kind of {name} in the reference", value, choices)
        settings[name] = value
    return settings
