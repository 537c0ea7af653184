"""Loss, metrics and scores over a whole split, in which every sequence counts once.

Shapes: B batch, N sequences, R read positions, G predictions per position, K outputs of each prediction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.data.batches import evaluation_batches
from frostformer.data.sequences import Sequences
from frostformer.tasks.scoring.scoring import Metrics, Scoring


class Batch(NamedTuple):
    """A batch on the device."""

    inputs: Tensor
    """(B, T) int64 tokens or (B, T, C) float32 vectors."""

    lengths: Tensor
    """(B,) real positions of each sequence."""

    encoded: Tensor
    """(B, R, G) targets as the loss takes them."""

    known: float
    """Number of predictions whose target is known; the summed loss is divided by it."""

    weights: Tensor | None = None
    """(B,) see `Sequences.weights`."""

    def mean(self, losses: Tensor) -> Tensor:
        """The mean loss of a known prediction, of the losses (B,) of the sequences."""
        return (losses if self.weights is None else losses * self.weights).sum() / self.known

    def parts(self, size: int | None) -> Iterator[Batch]:
        """The batch in parts of so many sequences, whose means add up to its own; whole if no size is given."""
        size = size or len(self.lengths)
        for start in range(0, len(self.lengths), size):
            rows = slice(start, start + size)
            weights = None if self.weights is None else self.weights[rows]
            yield Batch(self.inputs[rows], self.lengths[rows], self.encoded[rows], self.known, weights)


@dataclass(frozen=True)
class Evaluation:
    """What a model answered on a split, and how it is scored."""

    scoring: Scoring
    split: Sequences
    loss: float
    """Mean over the known predictions."""

    decisions: np.ndarray
    """(N, R, G), see `Scoring.decisions`; in the split's order."""

    @cached_property
    def metrics(self) -> Metrics:
        """The loss and the metrics of the scoring."""
        split = self.split
        return {"loss": self.loss} | self.scoring.metrics(self.decisions, split.targets, split.marked, split.weights)

    @property
    def scores(self) -> np.ndarray:
        """(N,) float64 score of each sequence."""
        return self.scoring.scores(self.decisions, self.split.targets)

    @property
    def answers(self) -> np.ndarray:
        """(N, R, G) answers."""
        return self.scoring.answers(self.decisions)


@torch.no_grad()
def evaluate(model: nn.Module, split: Sequences, scoring: Scoring, batch_size: int) -> Evaluation:
    """Score the whole split without dropout."""
    loss, known = 0.0, 0.0
    parts = []
    for indices, batch, logits in _outputs(model, split, batch_size):
        encoded = _moved(scoring.encoded(batch.targets), logits.device)
        losses, counted = scoring.losses(logits, encoded), scoring.known(batch.targets).sum((1, 2))  # (B,) each
        if batch.weights is not None:
            losses, counted = losses * _moved(batch.weights, losses.device), counted * batch.weights
        loss += float(losses.sum())
        known += float(counted.sum())
        parts.append((indices, scoring.decisions(logits).cpu()))
    return Evaluation(scoring, split, loss / known, in_order(parts).numpy())


@torch.no_grad()
def predict_logits(model: nn.Module, split: Sequences, batch_size: int) -> Tensor:
    """Logits (N, R, G, K) on the CPU, in the split's order."""
    outputs = _outputs(model, split, batch_size)
    return in_order((indices, logits.float().cpu()) for indices, _, logits in outputs)


def in_order(parts: Iterable[tuple[np.ndarray, Tensor]]) -> Tensor:
    """Put the rows of batches (indices, rows) into the split's order, (N, ...)."""
    indices, rows = zip(*parts, strict=True)
    return torch.cat(rows)[np.argsort(np.concatenate(indices))]


def to_device(batch: Sequences, scoring: Scoring, device: torch.device) -> Batch:
    """The batch as tensors: float32 vectors or int64 tokens, and targets as the loss takes them."""
    encoded = _moved(scoring.encoded(batch.targets), device)
    weights = None if batch.weights is None else _moved(batch.weights, device)
    return Batch(*inputs_on(device, batch), encoded, float(scoring.known(batch.targets).sum()), weights)


def inputs_on(device: torch.device, batch: Sequences) -> tuple[Tensor, Tensor]:
    """(inputs, lengths) of a batch, without its targets."""
    inputs, lengths = _moved(batch.inputs, device), _moved(batch.lengths, device)
    if batch.transform is not None:
        inputs = batch.transform(inputs)
    return inputs.float() if inputs.ndim == 3 else inputs.long(), lengths


def _moved(array: np.ndarray, device: torch.device) -> Tensor:
    if array.dtype == np.float64:
        array = array.astype(np.float32)  # on the host: not every kind of device has float64
    tensor = torch.from_numpy(array)
    if device.type == "cuda":  # from pinned memory the host need not wait for the copy, nor for the steps before it
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


def _outputs(model: nn.Module, split: Sequences, batch_size: int) -> Iterator[tuple[np.ndarray, Sequences, Tensor]]:
    """Indices in the split, sequences and logits (B, R, G, K), batch by batch."""
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    for indices, batch in evaluation_batches(split, batch_size):
        yield indices, batch, model(*inputs_on(device, batch))
    model.train(training)
