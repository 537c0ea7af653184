"""What a measurement is asked and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import torch

from benchmarks.cases import Case
from benchmarks.clock import Block, Comparison, Spread, compare
from frostformer.config import Device
from frostformer.errors import InputError

Numbers = Mapping[str, float | Spread]


@dataclass(frozen=True)
class Setup:
    """How long to measure, and on which device."""

    seconds: float
    """Seconds for each comparison; slow steps take longer."""

    device: Device

    def compare(self, builders: Mapping[str, Callable[[], Block]]) -> Comparison:
        """See `clock.compare`."""
        return compare(builders, self.seconds)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    case: str
    """What is worked on."""

    recipe: str
    """What does it."""

    seconds: Spread | None = None
    """Seconds of a step, over the rounds."""

    rounds: int = 0

    speedup: Spread | None = None
    """How many times as fast as `against`, over the rounds."""

    against: str = ""

    numbers: Numbers = field(default_factory=dict)
    """Whatever else was found; the names tell the units."""

    skipped: str = ""
    """Why nothing was found."""


def rows_of(
    case: str, found: Comparison, against: str = "", numbers: Mapping[str, Numbers] | None = None
) -> Iterator[Row]:
    """A row for each side of a comparison, with its `numbers`, those left out last."""
    for name, seconds in found.seconds.items():
        is_ratio = against in found.seconds and name != against
        yield Row(
            case,
            name,
            seconds=Spread.of(seconds),
            rounds=len(seconds),
            speedup=found.speedup(name, against) if is_ratio else None,
            against=against if is_ratio else "",
            numbers=(numbers or {}).get(name, {}),
        )
    for name, reason in found.skipped.items():
        yield Row(case, name, skipped=reason)


def each_case(setup: Setup, cases: Iterable[Case], measure: Callable[[Case], Iterator[Row]]) -> Iterator[Row]:
    """The rows of every case on the device of the setup; a case that cannot be run here is one row that says why."""
    for case in cases:
        try:
            case.check_memory()
            yield from measure(case.with_config(device=setup.device))
        except (InputError, torch.OutOfMemoryError) as error:
            yield Row(case.name, "all", skipped=str(error).splitlines()[0])
