"""What a verdict may cost: a time such as `10m`, or a number of trainings. It imports no torch."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from frostformer.errors import InputError

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 365 * 86400.0
MOST_TRAININGS = 100_000


@dataclass(frozen=True)
class Budget:
    """One of both is given."""

    text: str
    """As the user wrote it."""

    seconds: float | None = None
    trainings: int | None = None

    def part(self, share: float) -> Budget:
        """A share of it, for one of several comparisons."""
        if self.seconds is not None:
            return Budget(self.text, seconds=self.seconds * share)
        assert self.trainings is not None
        return Budget(self.text, trainings=int(self.trainings * share))


def as_budget(seconds: float) -> str:
    """A budget of at least this time, such as `90s`, `12m` or `1h55m`."""
    if seconds < 120:
        return f"{math.ceil(seconds)}s"
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if minutes else "")


def parse_budget(text: str) -> Budget:
    """`90s`, `10m`, `2h`, `1h30m`, or a number of trainings such as `60`.

    Raises:
        InputError: it is none of these.
    """
    words = text.strip().lower().replace(" ", "")
    if words.isdecimal() and 0 < (trainings := int(words[:9])) <= MOST_TRAININGS and len(words) < 9:
        return Budget(text, trainings=trainings)
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", words)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != words or not 0 < seconds <= _LONGEST:
        raise InputError(f"budget is '{text}': give a time such as 10m or 2h, or a number of trainings such as 60")
    return Budget(text, seconds=seconds)
