"""Feeds training with batches on the device, of which a pool at a time is gathered, or drawn, and moved there.

On a GPU the sequences themselves lie on the device if they fit, and only their order is moved. Which sequences a batch
holds is decided in `data.batches`; here it is decided where they are.

N sequences, B batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from frostformer.config import RunConfig
from frostformer.data.batches import POOL, training_batches, training_orders
from frostformer.data.sequences import Sequences, Stream, joined
from frostformer.tasks.scoring.scoring import Scoring
from frostformer.training.batch import Batch, Held, hold, known_of_each, on_device
from frostformer.training.devices import Place

_SHARE_OF_FREE = 0.25  # of a GPU's memory, for sequences that stay there


class Waiting(NamedTuple):
    """The sequences of one step on the device, not yet transformed."""

    held: Held
    known: Tensor
    """() see `Batch.known`."""

    def batch(self, place: Place) -> Batch:
        """The batch, or this process's part of it; a transform that augments draws its random numbers now."""
        # gradients are averaged over the processes: each divides by its share of all known predictions
        return self.held[place.rank :: place.processes].batch(self.known / place.processes)


class Feed(ABC):
    """A training split as batches on a device; runs on the same split may share one."""

    def __init__(self, scoring: Scoring, device: torch.device) -> None:
        self._scoring, self._device = scoring, device

    def batches(self, config: RunConfig, first_step: int) -> Iterator[Waiting]:
        """Batches of the run's size in the order of its seed, without end, from the step `first_step` on."""
        for held, known, positions in self._pools(config, first_step):
            counts = on_device(known.astype(np.float32), self._device)
            for number, (counted, longest) in enumerate(zip(counts, positions, strict=True)):
                rows = slice(number * config.batch_size, (number + 1) * config.batch_size)
                yield Waiting(held[rows].trimmed(int(longest)), counted)

    @abstractmethod
    def _pools(self, config: RunConfig, first_step: int) -> Iterator[tuple[Held, np.ndarray, np.ndarray]]:
        """The sequences of consecutive batches; for each batch how many predictions are known, and its positions."""


class DrawnFeed(Feed):
    """Batches of a stream, drawn on the host."""

    def __init__(self, stream: Stream, scoring: Scoring, device: torch.device) -> None:
        super().__init__(scoring, device)
        self._stream = stream

    def _pools(self, config: RunConfig, first_step: int) -> Iterator[tuple[Held, np.ndarray, np.ndarray]]:
        batches = training_batches(self._stream, config.batch_size, config.seed, first_step)
        while True:
            drawn = list(islice(batches, POOL))
            known = np.array([known_of_each(one, self._scoring).sum() for one in drawn])
            positions = np.array([one.inputs.shape[1] for one in drawn])
            pool = replace(joined(*drawn), transform=drawn[0].transform)  # which is the same for all of a stream
            yield hold(pool, self._scoring, self._device), known, positions


class SplitFeed(Feed):
    """Batches of sequences in memory."""

    def __init__(self, split: Sequences, scoring: Scoring, device: torch.device, like: Sequences | None = None) -> None:
        """`like` are the original sequences if the split holds them in another form; they decide the order."""
        super().__init__(scoring, device)
        self._split = split.trimmed()
        self._like = like or self._split
        self._known = known_of_each(split, scoring)

    def _pools(self, config: RunConfig, first_step: int) -> Iterator[tuple[Held, np.ndarray, np.ndarray]]:
        for order in training_orders(self._like, config.batch_size, config.seed, first_step):  # (batches, B)
            positions = self._split.lengths[order].max(1)
            yield self._gathered(order.ravel()), self._known[order].sum(1), positions

    def _gathered(self, order: np.ndarray) -> Held:
        if self._resident is not None:
            return self._resident[on_device(order, self._device)]
        return hold(self._split[order], self._scoring, self._device)

    @cached_property
    def _resident(self) -> Held | None:
        """The whole split on the device, if that is a GPU and has room."""
        room, split = room_on(self._device), self._split
        if room <= 0:
            return None
        arrays = [split.inputs, split.lengths, self._scoring.encoded(split.targets), split.weights]
        if sum(one.nbytes for one in arrays if one is not None) > room:
            return None
        return hold(self._split, self._scoring, self._device)


def feed_of(train: Sequences | Stream, cached: Sequences | None, scoring: Scoring, device: torch.device) -> Feed:
    """The feed of training data; `cached` are its features where these take its place, in its order."""
    if isinstance(train, Stream):
        return DrawnFeed(train, scoring, device)
    return SplitFeed(cached or train, scoring, device, like=train)


def room_on(device: torch.device) -> float:
    """Bytes that sequences may take on the device all the time; a CPU has them in its memory anyway."""
    return _SHARE_OF_FREE * torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0.0
