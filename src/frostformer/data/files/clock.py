"""What the times of the rows say: whether all sequences were recorded at one rate."""

from __future__ import annotations

import numpy as np

from frostformer.data.files.words import some

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
        if not steps:
            return []
        usual = steps[len(steps) // 2]
        other = [f"'{name}' ({step:g})" for name, step in self._steps.items() if abs(step - usual) > _SAME * usual]
        return [
            f"rows are {usual:g} apart in time, but not in {some(other)}: a row then means another length of time; "
            "bring all recordings to one rate"
        ] * bool(other)
