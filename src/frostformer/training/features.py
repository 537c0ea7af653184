"""Computes the backbone's features once if nothing before the output layer trains (Lu et al. 2021, table 10)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.data.batches import evaluation_batches
from frostformer.data.sequences import Sequences
from frostformer.models.model import SequenceModel
from frostformer.training.batch import inputs_on
from frostformer.training.evaluation import in_order


class ReadOut(nn.Module):
    """The part of a model behind its features, which alone runs in each step once the features are cached."""

    def __init__(self, model: SequenceModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: Tensor, _: Tensor) -> Tensor:
        """Logits (B, R, G, K) of features (B, R, D)."""
        return self.model.answer(features)


@torch.no_grad()
def cache_features(model: SequenceModel, split: Sequences, batch_size: int) -> Sequences:
    """The same sequences with inputs (N, R, D), the features at the R read positions, to be read by a `ReadOut`."""
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    features = []
    for indices, batch in evaluation_batches(split, batch_size):
        features.append((indices, model.features(*inputs_on(device, batch)).float().cpu()))  # (B, R, D)
    model.train(training)
    cached = in_order(features).numpy()  # (N, R, D)
    lengths = np.full(len(cached), cached.shape[1])
    return Sequences(cached, lengths, split.targets, split.marked, weights=split.weights)
