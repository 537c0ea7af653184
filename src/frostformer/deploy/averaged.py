"""Several trained adapters of one task at work together: their probabilities, or their numbers, are averaged.

A verdict leaves one adapter for each replicate; each has its own reading of the inputs, fitted to its training part.
N sequences, R read positions, G predictions, K outputs of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from frostformer.config import Device, Precision
from frostformer.data.sequences import Sequences
from frostformer.deploy.answer_rows import judged
from frostformer.deploy.file_answers import Answered, FileAnswers
from frostformer.deploy.predict import Predictor
from frostformer.errors import InputError
from frostformer.files import is_folder
from frostformer.models.build import share_frozen
from frostformer.results.verdict_folder import folders_of_sizes, refuse_unfinished
from frostformer.runs.adapters import FILE_NAME
from frostformer.tasks.scoring.regression import Regression
from frostformer.tasks.scoring.scoring import Scoring

ADAPTERS = "adapters"
"""A folder of runs' folders, whose adapters answer together."""


def predictor_at(
    path: Path | str,
    backbone: str | nn.Module | None = None,
    device: Device = "auto",
    precision: Precision = "auto",
    plugin: str | None = None,
) -> Predictor:
    """The predictor of a run, or of the folder of a verdict that has ended; see `load_adapter`."""
    refuse_unfinished(Path(path))
    for parent in (Path(path), *reversed(folders_of_sizes(Path(path)))):  # most labels first
        if is_folder(parent / ADAPTERS):
            return Averaged(parent / ADAPTERS, backbone, device, precision, plugin)
    if not Path(path).exists():
        raise InputError(f"no file at {path}: give the folder of a run or of a verdict, or a run's {FILE_NAME}")
    return Predictor(path, backbone, device, precision, plugin)


class Averaged(Predictor):
    """Several predictors that answer as one."""

    def __init__(
        self,
        folder: Path,
        backbone: str | nn.Module | None = None,
        device: Device = "auto",
        precision: Precision = "auto",
        plugin: str | None = None,
    ) -> None:
        """Load every adapter in the folder."""
        paths = sorted(one.parent for one in folder.glob(f"*/{FILE_NAME}"))
        if not paths:
            raise InputError(f"{folder} has no adapters: finish the verdict with --resume")
        self._all: list[Predictor] = []
        for path in paths:
            one = Predictor(path, backbone, device, precision, plugin)
            if self._all:  # memory holds the frozen tensors once
                trained = {name for name, tensor in one.model.named_parameters() if tensor.requires_grad}
                share_frozen(one.model, self._all[0].model, trained)
            self._all.append(one)
        self.path = folder.parent
        self.model, self.adapter = self._all[0].model, self._all[0].adapter

    def logits(self, source: Path | Iterable[Any]) -> tuple[Sequences, Tensor]:
        """The sequences as the first adapter reads them, and logits that stand for the average."""
        source = source if isinstance(source, (Path, np.ndarray)) else list(source)
        found = [one.logits(source) for one in self._all]
        return found[0][0], averaged(self._scorings, [logits for _, logits in found])

    def file(self, source: Any, *, skip_bad: bool = False, abstain_below: float | None = None) -> FileAnswers:
        """See `Predictor.file`; the file is read once for each adapter."""
        parts = [one.file(source, skip_bad=skip_bad, abstain_below=abstain_below) for one in self._all]
        return AveragedFile(parts, self._scorings, abstain_below)

    @property
    def _scorings(self) -> list[Scoring]:
        return [one.adapter.scoring for one in self._all]


class AveragedFile(FileAnswers):
    """The answers of several models for one file, which all of them read in the same batches."""

    def __init__(self, parts: Sequence[FileAnswers], scorings: Sequence[Scoring], abstain_below: float | None) -> None:
        self._parts, self._scorings, self._abstain_below = parts, scorings, abstain_below
        self._shape, self._scoring = parts[0]._shape, scorings[0]  # noqa: SLF001 (of the same class)
        self.remarks = parts[0].remarks

    def batches(self) -> Iterator[Answered]:
        """See `FileAnswers.batches`.

        Raises:
            InputError: also if the models cannot read the same sequences.
        """
        answers = empty = 0
        for batch in zip_longest(*(part.batches() for part in self._parts)):
            if any(one is None or batch[0] is None or one.ids != batch[0].ids for one in batch):
                raise InputError("not every adapter can answer the same sequences: leave out those that cannot be read")
            logits = averaged(self._scorings, [one.logits for one in batch])
            found = judged(self._scoring, logits, self._abstain_below)
            more = found.counted(batch[0].sequences.lengths, self._shape)
            answers, empty = answers + more[0], empty + more[1]
            self.remarks.answers, self.remarks.empty = answers, empty  # the first model has counted its own
            yield Answered(batch[0].ids, batch[0].sequences, logits, found)


def averaged(scorings: Sequence[Scoring], logits: Sequence[Tensor]) -> Tensor:
    """(N, R, G, K) logits of the mean probabilities, or of the mean numbers, as the first scoring reads them.

    Args:
        scorings: one for each model.
        logits: (N, R, G, K) of each.
    """
    first = scorings[0]
    if isinstance(first, Regression):
        unit = [one for one in scorings if isinstance(one, Regression)]
        numbers = [
            each[..., 0].double() * _double(own.deviation) + _double(own.mean)
            for own, each in zip(unit, logits, strict=True)
        ]
        mean = (torch.stack(numbers).mean(0) - _double(first.mean)) / _double(first.deviation)
        return mean.float()[..., None]
    chances = [one.distribution(each.double()) for one, each in zip(scorings, logits, strict=True)]
    mean = torch.stack([one for one in chances if one is not None]).mean(0)
    found = mean.logit(1e-12) if first.kind == "multilabel" else mean.clamp(min=1e-30).log()
    return (found * getattr(first, "temperature", 1.0)).float()


def _double(values: Any) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
