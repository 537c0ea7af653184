"""A trained adapter at work: answers for new sequences, and its score on a split of its task.

frostformer predict runs/xor bits.jsonl
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import Tensor, nn

from frostformer.config import Device, Precision, RunConfig
from frostformer.data.files.given import is_frame
from frostformer.data.sequences import Sequences
from frostformer.deploy.file_answers import BATCH_SIZE, FileAnswers
from frostformer.deploy.in_memory import as_in_file
from frostformer.deploy.inputs import read_sequences
from frostformer.errors import InputError, unknown_name
from frostformer.files import is_file_or_folder
from frostformer.models.build import check_padding
from frostformer.runs.adapters import Adapter, load_adapter
from frostformer.tasks.registry import divided_task, task_names
from frostformer.tasks.scoring.scoring import Metrics, compact
from frostformer.tasks.shape import sequence_name
from frostformer.tasks.task import SPLITS, Task
from frostformer.training import evaluation


class Predictor:
    """A trained model, and how its adapter says that inputs are read and answers are named."""

    def __init__(
        self,
        path: Path | str,
        backbone: str | nn.Module | None = None,
        device: Device = "auto",
        precision: Precision = "auto",
        plugin: str | None = None,
    ) -> None:
        """See `load_adapter`."""
        self.path = path
        self.model, self.adapter = load_adapter(path, backbone, device=device, precision=precision, plugin=plugin)

    @property
    def place(self) -> str:
        """Precision and device in words."""
        return f"{self.model.precision} on {next(self.model.parameters()).device}"

    def logits(self, source: Path | Iterable[Any]) -> tuple[Sequences, Tensor]:
        """The sequences as they were read, and their logits (N, R, G, K) on the CPU."""
        if self.adapter.schema is not None and not isinstance(source, (str, Path)) and isinstance(source, Iterable):
            source = as_in_file(source, self.adapter.schema)
        sequences = read_sequences(source, self.adapter.reading, self.adapter.shape)
        check_padding(self.model, sequences.ragged)
        logits = evaluation.predict_logits(self.model, sequences, BATCH_SIZE)
        if not (finite := logits.isfinite().flatten(1).all(1)).all():
            raise InputError(
                f"the model gives no finite numbers for {sequence_name(int((~finite).int().argmax()))}: its training "
                "diverged, or the values are too large; train it again with a lower learning rate"
            )
        return sequences, logits

    def file(self, source: Any, *, skip_bad: bool = False, abstain_below: float | None = None) -> FileAnswers:
        """The answers for a new file of the kind that the run was trained on; see `FileAnswers`."""
        return FileAnswers(self.model, self.adapter, source, skip_bad=skip_bad, abstain_below=abstain_below)

    def answers(self, source: Path | Iterable[Any]) -> np.ndarray | list[np.ndarray]:
        """(N,) answers, or (N, G) where a sequence has several; a list of (T,) or (T, G) where every position has."""
        found = [answers for answers, _ in self._by_sequence(source)]
        return found if self.adapter.shape.per_position else np.stack(found)

    def lines(self, source: Path | Iterable[Any]) -> Iterator[str]:
        """A JSON object for each sequence: its answers and, for classes and labels, their probabilities."""
        for answers, probabilities in self._by_sequence(source):
            values = {self.adapter.scoring.answer_name: answers.tolist()}
            if probabilities is not None:
                values["probabilities"] = probabilities.tolist()
            yield json.dumps(values, allow_nan=False) + "\n"

    def _by_sequence(self, source: Path | Iterable[Any]) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Answers and probabilities of each sequence; where every position has its own, those of real positions."""
        if self.adapter.schema is not None and (isinstance(source, Path) or is_frame(source)):
            for batch in self.file(source).batches():
                yield from self._named(batch.sequences, batch.logits)
        else:
            yield from self._named(*self.logits(source))

    def _named(self, sequences: Sequences, logits: Tensor) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        scoring, shape = self.adapter.scoring, self.adapter.shape
        answers = compact(scoring.answers(scoring.decisions(logits).numpy()), shape)
        if answers.dtype.kind == "f" and not np.isfinite(answers).all():
            raise InputError(f"{self.path} gives answers that are too large for a number: train it again")
        chances = scoring.probabilities(logits)
        probabilities = None if chances is None else compact(chances.double().numpy().round(6), shape)
        for row, length in enumerate(sequences.lengths):
            real: Any = (row, slice(shape.length - length, None)) if shape.per_position else row
            yield answers[real], None if probabilities is None else probabilities[real]


def predict(
    path: Path | str,
    x: Path | str | Iterable[Any],
    *,
    backbone: str | nn.Module | None = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> np.ndarray | list[np.ndarray]:
    """Answers for new sequences: (N,) classes or numbers, (N, G) or (N, R) where a sequence has several.

    Where every position has an answer of its own, they are a list of arrays as long as the sequences.

    Args:
        path: a run's folder or its adapter; or the folder of a verdict, whose adapters answer together.
        x: what the task took: an array (N, T) or (N, T, C), a list of arrays, images (N, H, W) or (N, H, W, C), lists
            of words; or a .npy or .jsonl file of these. Of a run on a file or folder of yours, another one of its kind;
            of a run on a table also a data frame.
        backbone: where the backbone is now, if not where the run found it; or the module it was trained on.
        device: where to compute.
        precision: of the backbone's matrix products.

    Raises:
        InputError: the adapter does not fit the backbone, or the sequences do not fit the model.
    """
    from frostformer.deploy.averaged import predictor_at

    source = Path(x) if isinstance(x, str) else x
    return predictor_at(path, backbone, device, precision).answers(source)


def evaluate(
    path: Path | str,
    split: Literal["train", "validation", "test"] = "test",
    *,
    task: Task | None = None,
    data: Path | str | None = None,
    backbone: str | nn.Module | None = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> Metrics:
    """The loss and the metrics of an adapter on a whole split of the task it was trained for.

    Args:
        path: a run's folder or its adapter.
        split: `train` only if it is not endless; its images are not augmented.
        task: the task itself, where it was one of your own.
        data: where the file or folder of the run is now, if not where the run found it.
        backbone: where the backbone is now, if not where the run found it; or the module it was trained on.
        device: where to compute.
        precision: of the backbone's matrix products.

    Raises:
        InputError: the task or its data are not those of the run, or the adapter does not fit the backbone.
    """
    return scores(Predictor(path, backbone, device, precision), split, task, data)


def scores(predictor: Predictor, split: str, task: Task | None = None, data: Path | str | None = None) -> Metrics:
    """See `evaluate`."""
    adapter = predictor.adapter
    if split not in SPLITS:
        raise unknown_name("split", split, SPLITS)
    chosen = getattr(_task_of(predictor.path, adapter, task, data), split)
    if not isinstance(chosen, Sequences):
        raise InputError(f"the {split} split of '{adapter.config.task}' has no end: evaluate on validation or test")
    batch_size = adapter.config.evaluation_batch_size
    return evaluation.evaluate(predictor.model, chosen.still(), adapter.scoring, batch_size).metrics


def _task_of(path: Path | str, adapter: Adapter, given: Task | None, data: Path | str | None) -> Task:
    """The task that an adapter was trained for, and no other."""
    config = adapter.config if given else _with_data(path, adapter.config, data)
    name = adapter.config.task
    if given is None and adapter.config.data is None and name not in task_names():
        raise InputError(
            f"{path} was trained on a task '{name}' that is not known here: give it as `task=`, or name with --plugin "
            "the file that registers it"
        )
    task = divided_task(config, given)
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


def _with_data(path: Path | str, config: RunConfig, data: Path | str | None) -> RunConfig:
    """The run's configuration with the place where its file is now."""
    if config.data is None:
        if data is not None:
            raise InputError(f"{path} was trained on task '{config.task}' and on no file: leave --data out")
        return config
    place = Path(data or config.data.path)
    if not is_file_or_folder(place):
        where = "there is nothing" if data else f"{path} was trained on a file that is not there any more"
        raise InputError(f"{where} at {place}: say with --data where it is now")
    return replace(config, data=replace(config.data, path=str(place)))
