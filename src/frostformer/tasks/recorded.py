"""How sequences from a user's file become the inputs of a model: recordings with missing values, and symbols.

T steps of a sequence, C channels of the file.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from frostformer.errors import InputError
from frostformer.tasks.positions import Positions
from frostformer.tasks.readings import Reading, Words

MOST_WORDS = 20_000  # in a vocabulary, since each has a trained row
UNKNOWN_WORD = "<unknown>"
_TINY = 1e-6  # a deviation below this share of the largest value is rounding: the channel is constant


@dataclass(frozen=True)
class Recorded(Reading):
    """Numbers with gaps: channels are scaled, what is missing is marked, and several steps make one position."""

    kind = "recorded"

    mean: tuple[float, ...] = ()
    """(C,) mean over the training sequences, without what is missing."""

    deviation: tuple[float, ...] = ()
    """(C,) standard deviation over the same values; 1 where a channel is constant."""

    used: tuple[int, ...] = ()
    """Numbers of the channels that are read."""

    missing: tuple[int, ...] = ()
    """Numbers of those that have a second channel, 1 where a value is missing."""

    patch: int = 1
    """Steps that make one position; the last position is filled up with zeros."""

    stride: int | None = None
    """Steps from the start of one position to the next; `patch` if None."""

    longest: int | None = None
    """Steps that are read; a longer sequence loses its end."""

    @staticmethod
    def fitted(
        training: Sequence[np.ndarray],
        pool: Iterable[np.ndarray],
        *,
        left_out: Sequence[int] = (),
        positions: Positions = Positions(),  # noqa: B008 (frozen)
        longest: int | None = None,
    ) -> Recorded:
        """The reading for a task.

        Args:
            training: (T, C) each, NaN where a value is missing; they alone decide on the scale.
            pool: all sequences but those of the test; a channel in which any of them misses a value has a second one.
            left_out: numbers of channels that are not read.
            positions: how steps become positions.
            longest: see above.

        Raises:
            InputError: numbers too large to scale.
        """
        values = np.concatenate(training)
        values = np.where(np.isfinite(values), values, np.nan)
        known = ~np.isnan(values)
        filled = np.where(known, values, 0.0)
        counts = np.maximum(known.sum(0), 1)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = filled.sum(0) / counts
            deviation = np.sqrt((np.where(known, values - mean, 0.0) ** 2).sum(0) / counts)
        if not np.isfinite(deviation).all():
            channel = int((~np.isfinite(deviation)).argmax())
            raise InputError(f"channel {channel + 1} holds numbers too large to scale: divide them by a constant")
        deviation[deviation <= _TINY * np.abs(filled).max(0)] = 1.0
        used = tuple(channel for channel in range(values.shape[1]) if channel not in set(left_out))
        gone = np.any([~np.isfinite(one).all(0) for one in pool], axis=0)
        missing = tuple(channel for channel in used if gone[channel])
        return Recorded(
            tuple(mean.tolist()), tuple(deviation.tolist()), used, missing, positions.patch, positions.stride, longest
        )

    def __post_init__(self) -> None:
        """Refuse what cannot be read in this way."""
        channels = len(self.mean)
        if len(self.deviation) != channels or not all(0 < one < math.inf for one in self.deviation):
            raise InputError("a recording needs as many deviations above 0 as it has means")
        if not set(self.missing) <= set(self.used) <= set(range(channels)):
            raise InputError(f"a recording of {channels} channels has none of the numbers {self.used}, {self.missing}")
        if any(one is not None and one < 1 for one in (self.patch, self.stride, self.longest)):
            raise InputError("a position is made of at least one step, and so is a sequence")

    @property
    def channels(self) -> int:
        """Size of the vector of a position."""
        return self.patch * (len(self.used) + len(self.missing))

    @property
    def positions(self) -> Positions:
        """How steps become positions."""
        return Positions(self.patch, self.stride or self.patch)

    def sequence(self, values: Any) -> np.ndarray:
        """(positions, channels) float32, of (T, C) numbers; what is not finite counts as missing."""
        array = super().sequence(values).astype(np.float64)
        array = array[:, None] if array.ndim == 1 and len(self.mean) == 1 else array
        if array.ndim != 2 or array.shape[1] != len(self.mean):
            raise InputError(f"it has shape {array.shape}, wanted (steps, {len(self.mean)})")
        array = array[: self.longest]
        gone = ~np.isfinite(array)
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes infinite and is refused later
            scaled = np.where(gone, 0.0, (array - np.array(self.mean)) / np.array(self.deviation))
            steps = np.concatenate([scaled[:, list(self.used)], gone[:, list(self.missing)]], 1).astype(np.float32)
        positions = self.positions
        starts = positions.stride * np.arange(positions.count(len(steps)))
        steps = np.pad(steps, ((0, self.patch), (0, 0)))  # enough for the last position
        joined: np.ndarray = steps[starts[:, None] + np.arange(self.patch)].reshape(len(starts), self.channels)
        return joined


@dataclass(frozen=True)
class OpenWords(Words):
    """Symbols by a vocabulary whose first row stands for all that are not in it."""

    kind = "open words"

    longest: int | None = None
    """Symbols that are read; a longer sequence loses its end."""

    @staticmethod
    def fitted(training: Iterable[Iterable[str]], longest: int | None = None) -> OpenWords:
        """The vocabulary of the training sequences; of more than `MOST_WORDS` symbols the most common ones."""
        counts = Counter(str(symbol) for symbols in training for symbol in symbols)
        common = sorted(symbol for symbol, _ in counts.most_common(MOST_WORDS))
        return OpenWords((UNKNOWN_WORD, *common), longest)

    def sequence(self, values: Any) -> np.ndarray:
        """(T,) numbers, from a list or an array of symbols, or a text: words between blanks, or single letters."""
        if isinstance(values, str):
            letters = all(len(symbol) == 1 for symbol in self.vocabulary[1:])
            values = [*values] if letters else values.split()
        if not isinstance(values, (list, tuple, np.ndarray)) or not all(isinstance(one, str) for one in values):
            raise InputError("wanted a text or a list of symbols")
        return np.array([self._numbers.get(str(symbol), 0) for symbol in values[: self.longest]], np.int64)

    def unknown(self, values: Iterable[str]) -> list[str]:
        """The symbols that are not in the vocabulary, each as often as it occurs."""
        return [symbol for symbol in map(str, values) if symbol not in self._numbers]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {symbol: number for number, symbol in enumerate(self.vocabulary) if number}
