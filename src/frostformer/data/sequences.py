"""Sequences in memory, and streams that make fresh ones.

Shapes: N sequences, T positions, C channels, R read positions, G predictions per position.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

_SAMPLE_SEED = 2021  # fixed, so that all runs on a task look at the same training sequences


class Transform(Protocol):
    """Turns raw values on the device into a model's inputs."""

    @property
    def augmented(self) -> bool:
        """Whether it draws random numbers, so that two epochs see different inputs."""

    def still(self) -> Transform:
        """The same without random numbers."""

    def __call__(self, raw: Tensor, /) -> Tensor:
        """(N, ...) to (N, T) or (N, T, C)."""


@dataclass(frozen=True, repr=False)
class Sequences:
    """Labelled sequences, padded on the right.

    inputs: (N, T) integers for `tokens`, (N, T, C) numbers for `vectors`; positions behind a sequence's length are
        padding. With a `transform`: (N, ...) raw values that it turns into one of these.
    lengths: (N,) number of real positions of each sequence, 1 to T.
    targets: (N, R, G) the right answers: class or label numbers, or real numbers (see `tasks.scoring`).
    marked: (N, R, G) which predictions are also scored separately, such as the hidden bits of bit memory.
    transform: applied to a batch of inputs on the device, so that images stay bytes in memory and may be augmented
        there; it draws from torch's generator alone.
    weights: (N,) how much each sequence counts in loss and metrics, 1 on average; all count the same if not given.
    """

    inputs: np.ndarray
    lengths: np.ndarray
    targets: np.ndarray
    marked: np.ndarray | None = None
    transform: Transform | None = None
    weights: np.ndarray | None = None

    def __repr__(self) -> str:
        """In a few words, without the values."""
        return f"Sequences{self.inputs.shape}"

    def __len__(self) -> int:
        """Number of sequences."""
        return len(self.inputs)

    def __getitem__(self, index: np.ndarray | slice) -> Sequences:
        """A selection, in the order of `index`."""
        marked = None if self.marked is None else self.marked[index]
        weights = None if self.weights is None else self.weights[index]
        return Sequences(self.inputs[index], self.lengths[index], self.targets[index], marked, self.transform, weights)

    @property
    def augmented(self) -> bool:
        """Whether two epochs see different inputs."""
        return self.transform is not None and self.transform.augmented

    def still(self) -> Sequences:
        """The same without augmentation."""
        if self.transform is None or not self.transform.augmented:
            return self
        return replace(self, transform=self.transform.still())

    def sample(self, count: int) -> Sequences:
        """`count` sequences, or all if there are fewer: a fixed random choice, in the split's order."""
        if count >= len(self):
            return self
        chosen = np.random.default_rng(_SAMPLE_SEED).choice(len(self), count, replace=False)
        return self[np.sort(chosen)]

    @cached_property
    def ragged(self) -> bool:
        """Whether lengths differ, so that the amount of padding depends on which sequences share a batch."""
        return self.transform is None and bool((self.lengths != self.lengths[0]).any())

    def trimmed(self) -> Sequences:
        """The same without the columns that are padding in every sequence."""
        if self.transform is not None:
            return self
        longest = self.lengths.max()
        return self if longest == self.inputs.shape[1] else replace(self, inputs=self.inputs[:, :longest])


@dataclass(frozen=True)
class Stream:
    """Endless fresh sequences: `draw(generator, n)` makes n of them (the bit tasks of the paper, section 2.1)."""

    draw: Callable[[np.random.Generator, int], Sequences]


def joined(*splits: Sequences) -> Sequences:
    """The sequences of all splits, one after the other, without a transform."""
    length = max(split.inputs.shape[1] for split in splits)
    inputs = np.concatenate([_widened(split.inputs, length) for split in splits])
    lengths = np.concatenate([split.lengths for split in splits])
    targets = np.concatenate([split.targets for split in splits])
    known_marks = [split.marked for split in splits if split.marked is not None]
    marked = np.concatenate(known_marks) if len(known_marks) == len(splits) else None
    return Sequences(inputs, lengths, targets, marked, weights=_joined_weights(splits))


def _joined_weights(splits: tuple[Sequences, ...]) -> np.ndarray | None:
    """(N,) weights of all sequences; those of a split without weights have weight 1."""
    if all(split.weights is None for split in splits):
        return None
    return np.concatenate([np.ones(len(split)) if split.weights is None else split.weights for split in splits])


def _widened(inputs: np.ndarray, length: int) -> np.ndarray:
    missing = length - inputs.shape[1]
    return np.pad(inputs, [(0, 0), (0, missing), *[(0, 0)] * (inputs.ndim - 2)]) if missing else inputs
