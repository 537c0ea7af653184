"""Computes the backbone's features once if nothing before the output layer trains (Lu et al. 2021, table 10)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TypeGuard

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.config import RunConfig
from frostformer.data.batches import evaluation_batches
from frostformer.data.sequences import Sequences, Stream
from frostformer.models.model import SequenceModel
from frostformer.tasks.readings import Reading
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


def gains_by_cache(train: Sequences | Stream, model: SequenceModel, config: RunConfig) -> TypeGuard[Sequences]:
    """Whether the features of a training sequence are the same every time, and some are needed more than once."""
    if config.dropout > 0 or model.backbone.probe.draws_in_training:
        return False
    if not isinstance(train, Sequences) or train.augmented:
        return False
    return config.steps * config.batch_size > len(train)


def cache_features(model: SequenceModel, split: Sequences, batch_size: int) -> Sequences:
    """The same sequences with inputs (N, R, D), the features at the R read positions, to be read by a `ReadOut`.

    They are kept for the next run of this process: those of a sweep of learning rates have the same.
    """
    key = _identity(model, split, batch_size)
    cached = _kept.get(key)
    if cached is None or not _still_holds(cached, model, split, batch_size):
        cached = in_order(_features(model, split, batch_size)).numpy()  # (N, R, D)
        _keep(key, cached)
    lengths = np.full(len(cached), cached.shape[1])
    return Sequences(cached, lengths, split.targets, split.marked, weights=split.weights)


_MOST_KEPT = 2  # splits: training and validation of one model
_kept: dict[str | None, np.ndarray] = {}


def _keep(key: str | None, cached: np.ndarray) -> None:
    if key is None:
        return
    _kept.pop(key, None)
    while len(_kept) >= _MOST_KEPT:
        _kept.pop(next(iter(_kept)))
    _kept[key] = cached


def _identity(model: SequenceModel, split: Sequences, batch_size: int) -> str | None:
    """SHA-256 of all that features depend on: the model without its output layer, and the sequences without targets.

    The size of a batch may change their last digits. None where nobody knows what a transform of a user's own does.
    """
    transform, read = split.transform, None
    if transform is not None:
        if not isinstance(transform, Reading):
            return None
        read = transform.describe()
    positions, backbone = model.shape.read_positions, model.backbone.architecture()
    about = [backbone, model.precision, model.read_out, positions, batch_size, read]
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name, tensor in model.state_dict().items():
        if not name.startswith("output_layer."):
            whole = tensor.detach().cpu().contiguous()
            digest.update(f"{name} {whole.dtype} {tuple(whole.shape)}".encode())
            digest.update(whole.flatten().view(torch.uint8).numpy().data)
    for array in (split.inputs, split.lengths):
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _still_holds(cached: np.ndarray, model: SequenceModel, split: Sequences, batch_size: int) -> bool:
    """Whether the first batch has these features: the code of a backbone of a user's own may have changed."""
    indices, found = next(_features(model, split, batch_size))
    return np.array_equal(cached[indices], found.numpy())


@torch.no_grad()
def _features(model: SequenceModel, split: Sequences, batch_size: int) -> Iterator[tuple[np.ndarray, Tensor]]:
    """Indices and features (B, R, D), float32 on the CPU, batch by batch."""
    training = model.training
    model.eval()
    device = next(model.parameters()).device
    try:
        for indices, batch in evaluation_batches(split, batch_size):
            yield indices, model.features(*inputs_on(device, batch)).float().cpu()
    finally:
        model.train(training)
