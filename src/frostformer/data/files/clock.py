"""What times of rows say: whether a column of several files is one of times, and whether all have one rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from frostformer.data.files.parsing.numbers import number
from frostformer.data.files.parsing.times import day_first, seconds
from frostformer.words import short, some

_EVEN = 0.2
"""Steps are even if the middle eight tenths of them differ by at most this share of the usual one."""

_SAME = 0.1
"""Rates are the same within this share."""

_MOST = 100_000  # sequences whose steps are remembered


class Rates:
    """How far apart in time the rows of each sequence are."""

    def __init__(self) -> None:
        self._steps: dict[str, float] = {}

    def add(self, name: str, times: np.ndarray) -> None:
        """Remember a sequence, or the first window of a recording, by its times, (T,), if they are even."""
        if len(times) < 3 or name in self._steps or len(self._steps) == _MOST:
            return
        with np.errstate(over="ignore", invalid="ignore"):
            low, usual, high = np.quantile(np.diff(times), [0.1, 0.5, 0.9])
        if usual > 0 and high - low <= _EVEN * usual:
            self._steps[name] = float(usual)

    def doubts(self) -> list[str]:
        """A sentence where sequences were recorded at different rates."""
        steps = sorted(self._steps.values())
        usual = steps[len(steps) // 2] if steps else 0.0
        other = [f"'{name}' ({step:g})" for name, step in self._steps.items() if abs(step - usual) > _SAME * usual]
        if not other:
            return []
        return [
            f"rows are {usual:g} apart in time, but not in {some(other)}: a row then means another length of time; "
            "bring all recordings to one rate"
        ]


class Clock:
    """A column of several files that may hold the times of their rows."""

    def __init__(self) -> None:
        self._day_first: bool | None = None
        self._readings = (_Reading(), _Reading())  # of dates such as 03.04.2021: the month first, the day first

    def add(self, file: str, texts: Sequence[str], lines: Sequence[int]) -> None:
        """Look at the next file: its name, the cells of the column, and the lines in which they stand."""
        if self._day_first is None:
            self._day_first = day_first(texts)
        if all(reading.fault for reading in self._readings):
            return
        times = [seconds(text) for text in texts]
        self._readings[False].add(file, texts, times, lines)
        if any(number(text) is None for text in texts):
            times = [seconds(text, days_first=True) for text in texts]
        self._readings[True].add(file, texts, times, lines)

    @property
    def days_first(self) -> bool:
        """Whether dates begin with the day: some date shows it, or else they rise only so."""
        if self._day_first is not None:
            return self._day_first
        return bool(self._readings[False].fault) and not self._readings[True].fault

    @property
    def fault(self) -> str:
        """Why it does not hold the times of rows in their order, as the end of a sentence; empty if it does."""
        return self._readings[self.days_first].fault

    @property
    def equal(self) -> int:
        """How often a row has the time of the one before it."""
        return self._readings[self.days_first].equal

    def doubts(self) -> list[str]:
        """See `Rates.doubts`."""
        return self._readings[self.days_first].rates.doubts()


class _Reading:
    """The times of a column, where dates are read in one way."""

    def __init__(self) -> None:
        self.rates = Rates()
        self.equal = 0
        self.fault = ""

    def add(self, file: str, texts: Sequence[str], times: Sequence[float | None], lines: Sequence[int]) -> None:
        if self.fault:
            return
        found = np.array([np.nan if time is None else time for time in times])
        wrong = np.flatnonzero(~np.isfinite(found))
        falls = np.flatnonzero(np.diff(found) < 0)
        if len(wrong):
            self.fault = f"{short(texts[wrong[0]])} in {file}, line {lines[wrong[0]]}, is no time"
        elif len(falls):
            self.fault = f"it falls in {file}, line {lines[falls[0] + 1]}"
        elif len(found) > 1 and found[0] == found[-1]:
            self.fault = f"it is the same in all rows of {file}"
        self.equal += int((np.diff(found) == 0).sum())
        self.rates.add(file, found)
