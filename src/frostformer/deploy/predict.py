"""A trained adapter at work: answers for new sequences, and its score on a split of its task.

frostformer predict runs/xor bits.jsonl
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import Tensor, nn

from frostformer.config import Device, Precision
from frostformer.data.sequences import Sequences
from frostformer.deploy.inputs import read_sequences
from frostformer.errors import InputError
from frostformer.models.build import check_padding
from frostformer.runs.adapters import Adapter, load_adapter
from frostformer.tasks.registry import task_of
from frostformer.tasks.scoring.scoring import Metrics
from frostformer.tasks.task import Task
from frostformer.training import evaluation

BATCH_SIZE = 64
_ANSWER_NAMES = {"classification": "classes", "multilabel": "labels", "regression": "values"}


class Predictor:
    """A trained model, and how its adapter says that inputs are read and answers are named."""

    def __init__(
        self,
        path: Path | str,
        backbone: str | nn.Module | None = None,
        device: Device = "auto",
        precision: Precision = "auto",
    ) -> None:
        """See `load_adapter`."""
        self.path = path
        self.model, self.adapter = load_adapter(path, backbone, device=device, precision=precision)

    @property
    def place(self) -> str:
        """Precision and device in words."""
        return f"{self.model.precision} on {next(self.model.parameters()).device}"

    def logits(self, source: Path | Iterable[Any]) -> tuple[Sequences, Tensor]:
        """The sequences as they were read, and their logits (N, R, G, K) on the CPU."""
        sequences = read_sequences(source, self.adapter.reading, self.adapter.shape)
        check_padding(self.model, sequences.ragged)
        return sequences, evaluation.predict_logits(self.model, sequences, BATCH_SIZE)

    def answers(self, source: Path | Iterable[Any]) -> np.ndarray:
        """(N,) answers, or (N, R, G) where a sequence has several."""
        _, logits = self.logits(source)
        answers = self.adapter.scoring.answers(self.adapter.scoring.decisions(logits).numpy())
        return answers[:, 0, 0] if answers.shape[1:] == (1, 1) else answers

    def lines(self, source: Path | Iterable[Any]) -> Iterator[str]:
        """A JSON object for each sequence: `classes` or `labels` with `probabilities`, or `values`."""
        sequences, logits = self.logits(source)
        scoring, shape = self.adapter.scoring, self.adapter.shape
        answers = scoring.answers(scoring.decisions(logits).numpy())  # (N, R, G)
        found = {_ANSWER_NAMES[scoring.kind]: answers}
        if scoring.kind != "regression":
            found["probabilities"] = _probabilities(logits, scoring.kind)
        single = shape.read_positions == shape.predictions == 1
        for row, length in enumerate(sequences.lengths):
            first = shape.read_positions - length if shape.per_position else 0  # the first position that is real
            values = {name: array[row, 0, 0] if single else array[row, first:] for name, array in found.items()}
            yield json.dumps({name: value.tolist() for name, value in values.items()}) + "\n"


def predict(
    path: Path | str,
    x: Path | str | Iterable[Any],
    *,
    backbone: str | nn.Module | None = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> np.ndarray:
    """Answers for new sequences: (N,) classes or numbers, or (N, R, G) where a sequence has several.

    Args:
        path: a run's folder or its adapter.
        x: what the task took: an array (N, T) or (N, T, C), a list of arrays, images (N, H, W) or (N, H, W, C), lists
            of words; or a .npy or .jsonl file of these.
        backbone: where the backbone is now, if not where the run found it; or the module it was trained on.
        device: where to compute.
        precision: of the backbone's matrix products.

    Raises:
        InputError: the adapter does not fit the backbone, or the sequences do not fit the model.
    """
    source = Path(x) if isinstance(x, str) else x
    return Predictor(path, backbone, device, precision).answers(source)


def evaluate(
    path: Path | str,
    split: Literal["train", "validation", "test"] = "test",
    *,
    task: Task | None = None,
    backbone: str | nn.Module | None = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> Metrics:
    """The loss and the metrics of an adapter on a whole split of the task it was trained for.

    Args:
        path: a run's folder or its adapter.
        split: `train` only if it is not endless.
        task: the task itself, where it was one of your own.
        backbone: where the backbone is now, if not where the run found it; or the module it was trained on.
        device: where to compute.
        precision: of the backbone's matrix products.

    Raises:
        InputError: the task or its data are not those of the run, or the adapter does not fit the backbone.
    """
    return scores(Predictor(path, backbone, device, precision), split, task)


def scores(predictor: Predictor, split: str, task: Task | None = None) -> Metrics:
    """See `evaluate`."""
    adapter = predictor.adapter
    chosen = getattr(_task_of(predictor.path, adapter, task), split)
    if not isinstance(chosen, Sequences):
        raise InputError(f"the {split} split of '{adapter.config.task}' has no end: evaluate on validation or test")
    batch_size = adapter.config.evaluation_batch_size
    return evaluation.evaluate(predictor.model, chosen, adapter.scoring, batch_size).metrics


def _task_of(path: Path | str, adapter: Adapter, given: Task | None) -> Task:
    """The task that an adapter was trained for, and no other."""
    task = task_of(adapter.config, given)
    if task.version != adapter.task_version:
        raise InputError(
            f"{path} was trained on version {adapter.task_version} of '{task.name}', but this is version "
            f"{task.version}: train it again"
        )
    if adapter.task_fingerprint not in (None, task.fingerprint):
        raise InputError(
            f"{path} was trained on a task '{adapter.config.task}' with other data than this one: "
            "give the task that it was trained on"
        )
    return task


def _probabilities(logits: Tensor, kind: str) -> np.ndarray:
    """(N, R, G) probability of the chosen class, or that each label is there, rounded to six digits."""
    chosen = logits.softmax(-1).amax(-1) if kind == "classification" else logits[..., 0].sigmoid()
    return chosen.double().numpy().round(6)
