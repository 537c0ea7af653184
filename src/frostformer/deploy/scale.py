"""Values of a new file that lie far from those of training: another unit or spelling, or a code for a missing value.

T steps of a sequence, C channels of the file, S steps that are scaled each by itself (else 1).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from frostformer.data.files.schema import Schema
from frostformer.tasks.recorded import Recorded
from frostformer.words import counted

FAR = 20.0
"""Standard deviations from the mean, both of training, beyond which a value is far."""

MOST_FAR = 0.01
"""Share of far values above which they are told; of training it is 1 / FAR**2, 0.25 %, at most, in any distribution."""

SMALL = 50.0
"""How many times larger values of training are when it is told that new ones are small."""

_FEWEST = 5  # sequences that must be there to say so: a single one may be quiet
_NAMED = 3  # channels


class Scale:
    """What is counted of each channel, while a file is read."""

    def __init__(self, reading: Recorded, schema: Schema) -> None:
        """Nothing is counted yet."""
        shape = (reading.steps or 1, reading.file_channels)  # (S, C)
        self._schema, self._longest, self._used = schema, reading.longest, list(reading.used)
        self._mean, self._deviation = (np.reshape(one, shape) for one in (reading.mean, reading.deviation))
        self._sequences = 0
        self._known, self._far = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self._farthest = np.full(shape, np.nan)
        self._least, self._most = np.full(shape, np.inf), np.full(shape, -np.inf)

    def look(self, values: np.ndarray) -> None:
        """Count the values (T, C) or (T,) of a sequence."""
        if not len(values):
            return
        values = values.reshape(len(values), -1)[: self._longest]
        values = values[None] if len(self._mean) > 1 else values[:, None]  # (1, S, C) or (T, 1, C)
        away = self._away(values)
        is_switch = ((values == 0) | (values == 1)) & (self._mean >= 0) & (self._mean <= 1)
        away[is_switch] = 0.0  # a rare category is far from a mean of almost 0
        self._sequences += 1
        self._known += np.isfinite(values).sum(0)
        self._far += (away > FAR).sum(0)
        farthest = np.take_along_axis(values, away.argmax(0)[None], 0)[0]
        self._farthest = np.where(away.max(0) > self._away(self._farthest), farthest, self._farthest)
        self._least = np.fmin(self._least, np.fmin.reduce(values))
        self._most = np.fmax(self._most, np.fmax.reduce(values))

    def _away(self, values: np.ndarray) -> np.ndarray:
        """How many deviations lie between values and the mean; 0 where they are missing."""
        with np.errstate(over="ignore"):
            away: np.ndarray = np.nan_to_num(np.abs(values - self._mean) / self._deviation)
        return away

    def sentences(self) -> Iterator[str]:
        """What is unlike training, channel by channel."""
        varied = self._deviation != 1.0  # which also stands for channels that were constant in training
        far, known = np.where(varied, self._far, 0), self._known  # of steps all together: one has too few values
        is_far = (far > 0) & (far.sum() > MOST_FAR * known.sum() if len(self._mean) > 1 else far > MOST_FAR * known)
        largest = np.maximum(np.abs(self._least), np.abs(self._most))
        is_small = varied & (self._least < self._most) & (self._sequences >= _FEWEST)
        is_small &= largest < (np.abs(self._mean) + self._deviation) / SMALL
        told = [(int(step), self._used[at]) for step, at in np.argwhere((is_far | is_small)[:, self._used])]
        for at in told[:_NAMED]:
            if is_far[at]:
                yield (
                    f"{self._far[at]:,} of {counted(int(self._known[at]), 'value')}{self._name(*at)} are more than "
                    f"{FAR:.0f} standard deviations away from the mean of training, {self._mean[at]:.4g}, such as "
                    f"{self._farthest[at]:.6g}: another unit or spelling, or a code for what is missing?"
                )
            else:
                yield (
                    f"the values{self._name(*at)} go from {self._least[at]:.4g} to {self._most[at]:.4g}; in training "
                    f"they are {self._mean[at]:.4g} ± {self._deviation[at]:.4g} (standard deviation): another unit?"
                )
        if len(told) > _NAMED:
            what = "more step" if len(self._mean) > 1 else "more channel"
            yield f"the same holds for {counted(len(told) - _NAMED, what)}"

    def _name(self, step: int, channel: int) -> str:
        if len(self._mean) > 1:
            return f" of {self._schema.step(step, channel, len(self._mean))}"
        return f" of '{self._schema.channels[channel]}'" if len(self._schema.channels) > 1 else ""
