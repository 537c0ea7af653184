"""Loss, metrics and scores over a whole split, in which every sequence counts once.

Shapes: B batch, N sequences, R read positions, G predictions per position, K outputs of each prediction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.data.batches import evaluation_batches
from frostformer.data.sequences import Sequences
from frostformer.tasks.scoring.scoring import Metrics, Scoring
from frostformer.training.batch import inputs_on, known_of_each, on_device


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
        encoded = on_device(scoring.encoded(batch.targets), logits.device)
        losses, counted = scoring.losses(logits, encoded), known_of_each(batch, scoring)  # (B,) each
        if batch.weights is not None:
            losses, counted = losses * on_device(batch.weights, losses.device), counted * batch.weights
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


def _outputs(model: nn.Module, split: Sequences, batch_size: int) -> Iterator[tuple[np.ndarray, Sequences, Tensor]]:
    """Indices in the split, sequences and logits (B, R, G, K), batch by batch."""
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    for indices, batch in evaluation_batches(split, batch_size):
        yield indices, batch, model(*inputs_on(device, batch))
    model.train(training)
