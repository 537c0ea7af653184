"""A batch as tensors on the device: float32 vectors or int64 tokens, and targets as the loss takes them.

B batch, N sequences, T positions, C channels, R read positions, G predictions per position.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.data.moving import moved
from frostformer.data.sequences import Sequences, Transform
from frostformer.tasks.scoring.scoring import Scoring


class Batch(NamedTuple):
    """A batch on the device."""

    inputs: Tensor
    """(B, T) int64 tokens or (B, T, C) float32 vectors."""

    lengths: Tensor
    """(B,) real positions of each sequence."""

    encoded: Tensor
    """(B, R, G) targets as the loss takes them."""

    known: Tensor
    """() float32, number of predictions whose target is known; the summed loss is divided by it. Of a batch of several
    runs one for each, (N,)."""

    weights: Tensor | None = None
    """(B,) see `Sequences.weights`."""

    def mean(self, losses: Tensor) -> Tensor:
        """The mean loss of a known prediction, like `known`, of the losses (B,) of the sequences."""
        losses = losses if self.weights is None else losses * self.weights
        return losses.view(*self.known.shape, -1).sum(-1) / self.known

    def parts(self, size: int | None) -> Iterator[Batch]:
        """The batch in parts of so many sequences, whose means add up to its own; whole if no size is given."""
        size = size or len(self.lengths)
        for start in range(0, len(self.lengths), size):
            rows = slice(start, start + size)
            weights = None if self.weights is None else self.weights[rows]
            yield Batch(self.inputs[rows], self.lengths[rows], self.encoded[rows], self.known, weights)


@dataclass(frozen=True)
class Held:
    """Sequences that lie on the device as they are in memory, before their transform."""

    inputs: Tensor
    """(N, T), (N, T, C), or (N, ...) raw values for the transform."""

    lengths: Tensor
    """(N,)"""

    encoded: Tensor
    """(N, R, G)"""

    weights: Tensor | None
    transform: Transform | None

    def __getitem__(self, rows: Tensor | slice) -> Held:
        """A selection, in the order of `rows`."""
        weights = None if self.weights is None else self.weights[rows]
        return replace(
            self, inputs=self.inputs[rows], lengths=self.lengths[rows], encoded=self.encoded[rows], weights=weights
        )

    def trimmed(self, positions: int) -> Held:
        """The same without the positions behind these; raw values stay whole."""
        return self if self.transform is not None else replace(self, inputs=self.inputs[:, :positions])

    def batch(self, known: Tensor) -> Batch:
        """All of them as a batch; a transform that augments draws its random numbers now."""
        return Batch(_transformed(self.inputs, self.transform), self.lengths, self.encoded, known, self.weights)


def hold(split: Sequences, scoring: Scoring, device: torch.device) -> Held:
    """Sequences on the device."""
    encoded = on_device(scoring.encoded(split.targets), device)
    weights = None if split.weights is None else on_device(split.weights, device)
    return Held(on_device(split.inputs, device), on_device(split.lengths, device), encoded, weights, split.transform)


def known_of_each(split: Sequences, scoring: Scoring) -> np.ndarray:
    """(N,) number of predictions of each sequence whose target is known."""
    known: np.ndarray = scoring.known(split.targets).sum((1, 2))
    return known


def to_device(batch: Sequences, scoring: Scoring, device: torch.device) -> Batch:
    """Sequences as a batch."""
    known = on_device(known_of_each(batch, scoring).sum(keepdims=True).astype(np.float32), device)[0]
    return hold(batch, scoring, device).batch(known)


def inputs_on(device: torch.device, batch: Sequences) -> tuple[Tensor, Tensor]:
    """(inputs, lengths) of a batch, without its targets."""
    return _transformed(on_device(batch.inputs, device), batch.transform), on_device(batch.lengths, device)


def on_device(array: np.ndarray, device: torch.device) -> Tensor:
    """An array as a tensor on the device."""
    if array.dtype == np.float64:
        array = array.astype(np.float32)  # on the host: not every kind of device has float64
    return moved(torch.from_numpy(array), device)


def side_by_side(batches: list[Batch]) -> Batch:
    """The batches of several runs as one, run after run, padded to one length; `known` is (N,)."""
    longest = max(batch.inputs.shape[1] for batch in batches)
    inputs = torch.cat([padded(batch.inputs, longest) for batch in batches])  # (N * B, T) or (N * B, T, C)
    weights = [batch.weights for batch in batches if batch.weights is not None]  # all have them, or none
    return Batch(
        inputs,
        torch.cat([batch.lengths for batch in batches]),
        torch.cat([batch.encoded for batch in batches]),
        torch.stack([batch.known for batch in batches]),
        torch.cat(weights) if weights else None,
    )


def padded(inputs: Tensor, positions: int) -> Tensor:
    """(B, T) or (B, T, C) with padding on the right up to so many positions, which changes no prediction."""
    missing = positions - inputs.shape[1]
    return nn.functional.pad(inputs, (0, missing) if inputs.ndim == 2 else (0, 0, 0, missing))


def _transformed(inputs: Tensor, transform: Transform | None) -> Tensor:
    if transform is not None:
        inputs = transform(inputs)
    return inputs.float() if inputs.ndim == 3 else inputs.long()
