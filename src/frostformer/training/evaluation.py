"""Loss and accuracy over a whole split; nothing dropped, nothing sampled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.data.batches import evaluation_batches
from frostformer.data.sequences import Sequences


@dataclass(frozen=True)
class Metrics:
    """Means over every prediction of a split."""

    loss: float
    """Cross-entropy in nats per prediction."""

    accuracy: float
    """Share of right predictions, 0 to 1; for the bit tasks of right bits."""

    marked_accuracy: float | None = None
    """The same over the predictions that the task marks; None where it marks none."""

    def better_than(self, other: Metrics | None) -> bool:
        """Higher accuracy; the lower loss where accuracies are equal."""
        return other is None or (self.accuracy, -self.loss) > (other.accuracy, -other.loss)


def cross_entropy(logits: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    """Nats per prediction; logits (B, R, G, K), targets (B, R, G); with reduction `none` one for each, in a row."""
    return nn.functional.cross_entropy(logits.flatten(0, -2).float(), targets.flatten(), reduction=reduction)


def to_device(batch: Sequences, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """(inputs, lengths, targets) as tensors: float32 vectors or int64 tokens."""
    inputs, lengths, targets = (_moved(array, device) for array in (batch.inputs, batch.lengths, batch.targets))
    if batch.transform is not None:
        inputs = batch.transform(inputs)
    inputs = inputs.float() if inputs.ndim == 3 else inputs.long()
    return inputs, lengths, targets


def _moved(array: np.ndarray, device: torch.device) -> Tensor:
    tensor = torch.from_numpy(array)
    if device.type == "cuda":  # from pinned memory the host need not wait for the copy, nor for the steps before it
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)


@torch.no_grad()
def evaluate(model: nn.Module, split: Sequences, batch_size: int) -> Metrics:
    """Score the whole split without dropout."""
    loss = 0.0
    is_right = np.empty(split.targets.shape, bool)  # (N, R, G)
    for indices, logits, targets in _predictions(model, split, batch_size):
        loss += float(cross_entropy(logits, targets, reduction="sum"))
        is_right[indices] = (logits.argmax(-1) == targets).cpu().numpy()
    marked = None if split.marked is None else float(is_right[split.marked].mean())
    return Metrics(loss / is_right.size, float(is_right.mean()), marked)


@torch.no_grad()
def predict_logits(model: nn.Module, split: Sequences, batch_size: int) -> Tensor:
    """(N, R, G, K) on the CPU, in the split's order."""
    return in_order((indices, logits.float().cpu()) for indices, logits, _ in _predictions(model, split, batch_size))


def in_order(parts: Iterable[tuple[np.ndarray, Tensor]]) -> Tensor:
    """(N, ...) rows in the split's order, of batches (indices, rows)."""
    indices, rows = zip(*parts, strict=True)
    return torch.cat(rows)[np.argsort(np.concatenate(indices))]


def _predictions(model: nn.Module, split: Sequences, batch_size: int) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    for indices, batch in evaluation_batches(split, batch_size):
        inputs, lengths, targets = to_device(batch, device)
        yield indices, model(inputs, lengths), targets
    model.train(training)
