"""How sequences from a user's file become the inputs of a model: recordings with missing values, and symbols.

T steps of a sequence, C channels of the file, S steps that are scaled each by itself (else 1).
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
from frostformer.tasks.readings import TINY, Reading, Words

MOST_WORDS = 20_000  # in a vocabulary, since each has a trained row
UNKNOWN_WORD = "<unknown>"


@dataclass(frozen=True)
class Recorded(Reading):
    """Numbers with gaps: channels are scaled, what is missing is marked, and several steps make one position."""

    kind = "recorded"

    mean: tuple[float, ...] = ()
    """(S * C,) mean over the training sequences, without what is missing; those of one step stand together."""

    deviation: tuple[float, ...] = ()
    """(S * C,) standard deviation over the same values; 1 where they are constant."""

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

    steps: int | None = None
    """S, of sequences whose steps are different quantities, such as age and weight; None if a channel has one scale."""

    @staticmethod
    def fitted(
        training: Sequence[np.ndarray],
        pool: Iterable[np.ndarray],
        *,
        by_step: bool = False,
        left_out: Sequence[int] = (),
        positions: Positions = Positions(),  # noqa: B008 (frozen)
        longest: int | None = None,
    ) -> Recorded:
        """The reading for a task.

        Args:
            training: (T, C) each, NaN where a value is missing; they alone decide on the scale.
            pool: all sequences but those of the test; a channel in which any of them misses a value has a second one.
            by_step: whether each step is scaled by itself, of sequences that all have the same number of steps.
            left_out: numbers of channels that are not read.
            positions: how steps become positions.
            longest: see above.

        Raises:
            InputError: numbers too large to scale.
        """
        channels = training[0].shape[1]
        values = np.stack([one.ravel() for one in training]) if by_step else np.concatenate(training)
        values = np.where(np.isfinite(values), values, np.nan)
        known = ~np.isnan(values)
        filled = np.where(known, values, 0.0)
        counts = np.maximum(known.sum(0), 1)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = filled.sum(0) / counts
            deviation = np.sqrt((np.where(known, values - mean, 0.0) ** 2).sum(0) / counts)
        if not np.isfinite(deviation).all():
            step, channel = divmod(int((~np.isfinite(deviation)).argmax()), channels)
            where = f"step {step + 1}" if by_step else f"channel {channel + 1}"
            raise InputError(f"{where} holds numbers too large to scale: divide them by a constant")
        deviation[deviation <= TINY * np.abs(filled).max(0)] = 1.0
        used = tuple(channel for channel in range(channels) if channel not in set(left_out))
        gone = np.any([~np.isfinite(one).all(0) for one in pool], axis=0)
        missing = tuple(channel for channel in used if gone[channel])
        return Recorded(
            tuple(mean.tolist()),
            tuple(deviation.tolist()),
            used,
            missing,
            positions.patch,
            positions.stride,
            longest,
            len(training[0]) if by_step else None,
        )

    def __post_init__(self) -> None:
        """Refuse what cannot be read in this way."""
        if any(one is not None and one < 1 for one in (self.patch, self.stride, self.longest, self.steps)):
            raise InputError("a position is made of at least one step, and so is a sequence")
        if len(self.deviation) != len(self.mean) or not all(0 < one < math.inf for one in self.deviation):
            raise InputError("a recording needs as many deviations above 0 as it has means")
        channels = self.file_channels
        if channels * (self.steps or 1) != len(self.mean):
            raise InputError(f"a recording of {self.steps} steps has not {len(self.mean)} means")
        if not set(self.missing) <= set(self.used) <= set(range(channels)):
            raise InputError(f"a recording of {channels} channels has none of the numbers {self.used}, {self.missing}")

    @property
    def file_channels(self) -> int:
        """C, also of those that are not read."""
        return len(self.mean) // (self.steps or 1)

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
        channels = self.file_channels
        mean, deviation = (np.array(one).reshape(self.steps or 1, channels) for one in (self.mean, self.deviation))
        array = super().sequence(values).astype(np.float64)
        array = array[:, None] if array.ndim == 1 and channels == 1 else array
        if array.ndim != 2 or array.shape[1] != channels:
            raise InputError(f"it has shape {array.shape}, wanted (steps, {channels})")
        array = array[: self.longest]
        if self.steps is not None and len(array) != self.steps:
            raise InputError(f"it has {len(array)} steps, wanted {self.steps}: they are different quantities")
        gone = ~np.isfinite(array)
        with np.errstate(over="ignore", invalid="ignore"):  # what is too large becomes infinite and is refused later
            scaled = np.where(gone, 0.0, (array - mean) / deviation)
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
