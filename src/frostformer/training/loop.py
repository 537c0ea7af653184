"""The training loop as short named steps: model, task and config in, one record per evaluation out.

It knows no files and no trackers: `run.py` watches the records and saves the state. Batch order and dropout are pure
functions of (seed, step), so a state put back goes on bit for bit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.config import RunConfig
from frostformer.data.batches import padding_share, training_batches
from frostformer.data.sequences import Sequences
from frostformer.models.build import freeze_for
from frostformer.models.freezing import only_output_trains
from frostformer.models.model import SequenceModel
from frostformer.tasks.task import Task
from frostformer.training.devices import make_accelerator, seed_device
from frostformer.training.evaluation import Metrics, cross_entropy, evaluate, to_device
from frostformer.training.features import ReadOut, cache_features
from frostformer.training.optimizers import Adam, clip_gradients

MILESTONES = (0.5, 0.9, 0.95, 0.99)  # of validation accuracy; the first step at which each was reached is kept

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Record:
    """One evaluation: a point of the learning curve."""

    step: int
    train_loss: float
    """Mean over the batches since the record before, dropout on, in nats per prediction."""
    validation_loss: float
    validation_accuracy: float
    seconds: float
    """Since the start of training, evaluations and earlier sessions of a resumed run included."""


class Training:
    """A run in progress: model, optimizer, and how far it has come."""

    def __init__(self, model: SequenceModel, task: Task, config: RunConfig, accelerator: Any = None) -> None:
        """Freeze what does not train and put everything on the device."""
        self.model, self.task, self.config = model, task, config
        self.trained = freeze_for(model, config)
        self.accelerator = accelerator or make_accelerator(config)
        self._device: torch.device = self.accelerator.device
        self._rank, self._world = self.accelerator.process_index, self.accelerator.num_processes
        self._repeated: nn.Module = model  # what runs in every step, and on what
        self._train_split, self._validation_split = task.train, task.validation
        self._cache_features()
        if config.compile:
            self._repeated.compile()
        self.network = self.accelerator.prepare(self._repeated)
        self._parameters = list(self.trained.values())
        self.optimizer = Adam(self._parameters, config.learning_rate)
        self.together = 1  # runs side by side
        self.step = 0
        self.curve: list[Record] = []
        self.milestones: dict[str, int] = {}
        self.best: Record | None = None
        self.best_tensors: dict[str, Tensor] = {}
        self._loss_sum = torch.zeros((), device=self._device)
        self._seconds_before = 0.0

    def run(self, on_step: Callable[[int], None] = lambda step: None) -> Iterator[Record]:
        """Train to the last step or until patience ends; then the model holds the best tensors on validation."""
        self.begin()
        while not self.finished:
            self.take_step()
            on_step(self.step)
            if self.evaluation_is_due:
                yield self.note(self.validate())
        self.end()

    def begin(self) -> None:
        """Start the clock, and the batches where they stopped."""
        self._started = time.monotonic()
        train, batch_size, seed = self.task.train, self.config.batch_size, self.config.seed
        like = train if isinstance(train, Sequences) else None
        self._batches = training_batches(self._train_split, batch_size, seed, self.step, like)
        if like is not None and like.ragged:
            log.info("padding is %.1f %% of the training positions", 100 * padding_share(like, batch_size, seed))

    def take_step(self) -> None:
        """One training step."""
        inputs, lengths, targets = self.next_batch()
        loss = cross_entropy(self.network(inputs, lengths), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        self.update(loss)

    def next_batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """(inputs, lengths, targets) of the step, with torch's generator set for it."""
        batch, rank = next(self._batches), self._rank
        seed_device(self._device, (self.config.seed * 1_000_003 + self.step) * 1024 + rank)
        return to_device(batch[rank :: self._world] if self._world > 1 else batch, self._device)

    def update(self, loss: Tensor) -> None:
        """Finish a step whose gradients are there."""
        clip_gradients(self._parameters, self.config.gradient_clip)
        self.optimizer.step()
        for parameter in self._parameters:  # an eighth of the time of `zero_grad`
            parameter.grad = None
        self._loss_sum += loss.detach()  # no host sync inside a step
        self.step += 1

    @property
    def evaluation_is_due(self) -> bool:
        """Every so many steps, and at the last."""
        return self.step % self.config.evaluate_every == 0 or self.step == self.config.steps

    def validate(self) -> Metrics:
        """Score the validation split with the tensors as they are now."""
        return evaluate(self._repeated, self._validation_split, self.config.evaluation_batch_size)

    def note(self, metrics: Metrics) -> Record:
        """Add a point to the curve, and keep the tensors where they are the best so far."""
        steps = self.step - (self.curve[-1].step if self.curve else 0)
        train_loss = float(self.accelerator.reduce(self._loss_sum, "mean")) / steps  # over all processes
        self._loss_sum.zero_()
        record = Record(self.step, train_loss, metrics.loss, metrics.accuracy, round(self._seconds(), 3))
        self.curve.append(record)
        self._note_milestones(record)
        if metrics.better_than(_validation_metrics(self.best)):
            self.best = record
            self.best_tensors = {name: parameter.detach().clone() for name, parameter in self.trained.items()}
        return record

    @property
    def finished(self) -> bool:
        """Whether the last step is done or patience has ended."""
        return self.step >= self.config.steps or self._out_of_patience()

    @torch.no_grad()
    def end(self) -> None:
        """Put the best tensors into the model, whose last scores are float32's."""
        for name, parameter in self.trained.items():
            parameter.copy_(self.best_tensors[name])
        self.accelerator.unwrap_model(self.network, keep_fp32_wrapper=False)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Everything that `restore` needs, as tensors and as plain values; valid right after a record."""
        tensors = {f"now/{name}": parameter.detach() for name, parameter in self.trained.items()}
        best = {f"best/{name}": tensor for name, tensor in self.best_tensors.items()}
        header = {
            "step": self.step,
            "seconds": self._seconds(),
            "curve": [asdict(record) for record in self.curve],
            "milestones": self.milestones,
            "best_step": self.best.step if self.best else None,
        }
        return tensors | best | self.optimizer.tensors(), header

    @torch.no_grad()
    def restore(self, tensors: dict[str, Tensor], header: dict[str, Any]) -> None:
        """Put back what `state` returned."""
        for name, parameter in self.trained.items():
            parameter.copy_(tensors[f"now/{name}"])
            self.best_tensors[name] = tensors[f"best/{name}"].to(parameter.device)
        self.optimizer.restore(tensors)
        self.step, self._seconds_before = header["step"], header["seconds"]
        self.curve = [Record(**record) for record in header["curve"]]
        self.milestones = header["milestones"]
        self.best = next(record for record in self.curve if record.step == header["best_step"])

    def _cache_features(self) -> None:
        """Where the features of each sequence would be the same every time, compute them once and train on them."""
        model, train, validation = self.model, self.task.train, self.task.validation
        if not only_output_trains(self.trained):
            return
        if self.config.dropout > 0 or model.backbone.draws_in_training:
            return
        if not isinstance(train, Sequences) or train.augmented:
            return
        if self.config.steps * self.config.batch_size <= len(train):
            return  # each sequence is seen once at most
        log.info("features of %d training and %d validation sequences are computed once", len(train), len(validation))
        model.to(self._device)
        with self.accelerator.autocast():
            self._train_split = cache_features(model, train, self.config.evaluation_batch_size)
            self._validation_split = cache_features(model, validation, self.config.evaluation_batch_size)
        self._repeated = ReadOut(model)

    def evaluate(self, split: Sequences) -> Metrics:
        """Score a whole split with the model as it is now."""
        return evaluate(self.model, split, self.config.evaluation_batch_size)

    def _note_milestones(self, record: Record) -> None:
        for level in MILESTONES:
            if record.validation_accuracy >= level:
                self.milestones.setdefault(str(level), record.step)

    def _out_of_patience(self) -> bool:
        if self.config.patience is None or self.best is None or self.curve[-1].step != self.step:
            return False
        return len(self.curve) - 1 - self.curve.index(self.best) >= self.config.patience

    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._started


def _validation_metrics(record: Record | None) -> Metrics | None:
    return Metrics(record.validation_loss, record.validation_accuracy) if record else None
