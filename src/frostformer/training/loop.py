"""The training loop as short named steps: it takes model, task and config, and gives one record per evaluation.

It knows no files and no trackers: whoever runs it watches the records and saves the state. Batch order and dropout are
pure functions of (seed, step), so training that goes on from a saved state ends with the same bytes.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from frostformer.config import RunConfig
from frostformer.data.batches import POOL
from frostformer.data.sequences import Sequences
from frostformer.models.build import freeze_for
from frostformer.models.finite import all_finite
from frostformer.models.freezing import only_output_trains
from frostformer.models.kernels.tf32 import tf32_products
from frostformer.models.model import SequenceModel
from frostformer.schema import read_as
from frostformer.tasks.scoring.scoring import Metrics
from frostformer.tasks.task import Task
from frostformer.training.batch import Batch
from frostformer.training.captured import CapturedWork, CudaGraphs, Steps
from frostformer.training.clock import Clock
from frostformer.training.devices import Place, choose_device
from frostformer.training.divergence import Divergence
from frostformer.training.evaluation import Evaluation, evaluate
from frostformer.training.features import ReadOut, cache_features, gains_by_cache
from frostformer.training.feed import feed_of
from frostformer.training.optimizers import (
    build_optimizer,
    fitting,
    optimizer_tensors,
    restore_optimizer,
    set_learning_rate,
)
from frostformer.training.per_run import join_gradients
from frostformer.training.records import Record, Stored

MILESTONES = (0.5, 0.9, 0.95, 0.99)  # of the validation score; the first step at which each was reached is kept

log = logging.getLogger(__name__)


class Training:
    """A run in progress: model, optimizer, and how far it has come."""

    def __init__(self, model: SequenceModel, task: Task, config: RunConfig, place: Place | None = None) -> None:
        """Freeze what does not train and put everything on the device; `config` has no `auto` left."""
        self.model, self.task, self.config = model, task, config
        self.scoring = task.scoring
        self.place = place or Place(choose_device(config.device)[0])
        self.trained = freeze_for(model, config)
        join_gradients(model)
        model.to(self.place.device)
        self._repeated: nn.Module = model  # the part that runs in every step, and its data
        self._cached_train: Sequences | None = None
        self._validation_split = task.validation
        self._cache_features()
        self.feed = feed_of(task.train, self._cached_train, self.scoring, self.place.device)
        if config.compile:
            self._repeated.compile()
        self.network = self.place.parallel(self._repeated).train()
        self._parameters = list(self.trained.values())
        self.optimizer = build_optimizer(self._parameters, config)
        self._take: Steps = self.work
        if config.capture:
            self._take = CapturedWork(self.work, self.written, self.longest, CudaGraphs())
        self.together = 1  # number of runs trained side by side
        self.step, self.seconds = 0, 0.0
        self.curve: list[Record] = []
        self.milestones: dict[str, int] = {}
        self.best: Record | None = None
        self.best_tensors = self._copies()  # those of step 0, until an evaluation is better than none
        self.diverged: int | None = None  # the first step with a number that was not finite; it ends training
        self._divergence = Divergence(self.place.device)
        self._loss_sum = torch.zeros((), device=self.place.device)

    def run(self, on_step: Callable[[int], None] = lambda step: None) -> Iterator[Record]:
        """Train to the last step, until patience ends or training diverges; then the model holds the best tensors."""
        self.begin()
        clock = Clock()
        while not self.finished:
            self.take_steps()
            on_step(self.step)
            if self.evaluation_is_due:
                metrics = self.validate()
                self.seconds += clock.lap()
                yield self.note(metrics)
        self.end()

    def begin(self) -> None:
        """Draw batches from the step on at which training stands."""
        self._batches = self.feed.batches(self.config, self.step)

    def take_step(self) -> None:
        """One training step."""
        self.take_steps(1)

    def take_steps(self, most: int = POOL) -> None:
        """One training step; where a graph can hold several, as many as there are before the next evaluation."""
        count = max(1, min(most, self._until_evaluation)) if self._are_joined else 1
        self._take(*(self.next_batch() for _ in range(count)))
        self.step += count

    @property
    def _until_evaluation(self) -> int:
        """Steps up to the next evaluation."""
        every = self.config.evaluate_every
        return min(every - self.step % every, self.config.steps - self.step)

    @property
    def _are_joined(self) -> bool:
        """Whether steps are alike but for their batches: nothing is drawn in them, and the learning rate stays."""
        config = self.config
        stays = config.schedule == "constant" and not config.warmup_steps
        return config.capture and self._cached_train is not None and stays

    def work(self, batch: Batch) -> None:
        """What the device does in a step: gradients, clipping, Adam, and notes of how it went."""
        whole = torch.zeros((), device=self.place.device)
        for part in batch.parts(self.config.micro_batch):
            loss = part.mean(self.scoring.losses(self.network(part.inputs, part.lengths), part.encoded))
            self.backward(loss)
            whole += loss.detach()
        self.update(whole)

    def backward(self, loss: Tensor) -> None:
        """Compute the gradients of a loss; in TF32 those of the two new layers are, too."""
        with tf32_products(self.model.precision == "tf32"):
            loss.backward()  # type: ignore[no-untyped-call]

    def next_batch(self) -> Batch:
        """The batch of the step, or this process's part of it; learning rate and torch's generator are set for it."""
        waiting = next(self._batches)
        set_learning_rate(self.optimizer, self.config, self.step)
        self.place.seed(self.config.seed * 1_000_003 + self.step)
        return waiting.batch(self.place)

    def update(self, loss: Tensor) -> None:
        """Clip the gradients of this loss, let Adam use them, and forget them; the device is not waited for."""
        norm = nn.utils.clip_grad_norm_(self._parameters, self.config.gradient_clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._loss_sum += loss
        self._divergence.look(loss, norm)

    @property
    def evaluation_is_due(self) -> bool:
        """Whether to evaluate now: every `evaluate_every` steps, and after the last one."""
        return self.step % self.config.evaluate_every == 0 or self.step == self.config.steps

    def validate(self) -> Metrics:
        """Score the validation split with the tensors as they are now."""
        batch_size = self.config.evaluation_batch_size
        return evaluate(self._repeated, self._validation_split, self.scoring, batch_size).metrics

    def note(self, metrics: Metrics) -> Record:
        """Add a point to the curve, keep the tensors if they are the best so far, and stop if training has diverged."""
        # one differing digit must not part the processes
        metrics, unsound = self.place.decided_by_main((metrics, self._divergence.step))
        steps = self.step - (self.curve[-1].step if self.curve else 0)
        train_loss = float(self.place.mean(self._loss_sum)) / steps
        self._loss_sum.zero_()
        score = metrics[self.scoring.chosen_by]
        record = Record(self.step, train_loss, metrics["loss"], score, round(self.seconds, 3))
        self.curve.append(record)
        is_sound = all(map(math.isfinite, (score, record.validation_loss))) and all_finite(self._parameters)
        if is_sound:
            self._compare(record)
        if unsound is not None or not is_sound or not math.isfinite(train_loss):
            self._stop(self.step if unsound is None else unsound)
        return record

    def _compare(self, record: Record) -> None:
        """Keep the tensors of an evaluation if it is the best so far, and note the levels that it reached first."""
        for level in MILESTONES:
            if record.validation_score >= level:
                self.milestones.setdefault(str(level), record.step)
        if self.best is None or record.rank > self.best.rank:
            self.best, self.best_tensors = record, self._copies()

    def _stop(self, diverged: int) -> None:
        """End a training that diverged at this step; nothing that is not finite is left in it."""
        self.diverged = diverged
        self.end()
        self.optimizer.state.clear()

    @property
    def finished(self) -> bool:
        """Whether the last step is done, patience has ended or training has diverged."""
        return self.diverged is not None or self.step >= self.config.steps or self._out_of_patience()

    @torch.no_grad()
    def end(self) -> None:
        """Put the best tensors into the model."""
        for name, parameter in self.trained.items():
            parameter.copy_(self.best_tensors[name])

    def _copies(self) -> dict[str, Tensor]:
        return {name: parameter.detach().clone() for name, parameter in self.trained.items()}

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Everything that `restore` needs, as tensors and as plain values; valid right after a record."""
        tensors = {f"now/{name}": parameter.detach() for name, parameter in self.trained.items()}
        best = {f"best/{name}": tensor for name, tensor in self.best_tensors.items()}
        header = {
            "step": self.step,
            "seconds": self.seconds,
            "together": self.together,
            "diverged": self.diverged,
            "curve": [asdict(record) for record in self.curve],
            "milestones": self.milestones,
            "best_step": self.best.step if self.best else None,
        }
        return tensors | best | optimizer_tensors(self.optimizer, "optimizer"), header

    @torch.no_grad()
    def restore(self, tensors: dict[str, Tensor], header: dict[str, Any]) -> None:
        """Put back what `state` returned.

        Raises:
            InputError: it does not fit this training.
        """
        stored = read_as(Stored, header)
        for name, parameter in self.trained.items():
            parameter.copy_(fitting(tensors, f"now/{name}", parameter))
            self.best_tensors[name] = fitting(tensors, f"best/{name}", parameter).to(parameter.device)
        restore_optimizer(self.optimizer, tensors, "optimizer")
        self.step, self.seconds = stored.step, stored.seconds
        self._divergence.start_at(stored.step)
        self.together, self.diverged = stored.together, stored.diverged
        self.curve, self.milestones = stored.curve, stored.milestones
        self.best = next((record for record in self.curve if record.step == stored.best_step), None)

    def evaluate(self, split: Sequences) -> Evaluation:
        """Score a whole split with the model as it is now."""
        return evaluate(self.model, split, self.scoring, self.config.evaluation_batch_size)

    def evaluate_training(self) -> Evaluation | None:
        """Score as many training sequences as there are for validation, without dropout and without augmentation.

        They are a fixed choice, the same for every run on the task (Lu et al. 2021, table 7, whose code measures with
        both). None where training sequences have no end.
        """
        train = self.task.train
        if not isinstance(train, Sequences):
            return None
        return self.evaluate(train.sample(len(self.task.validation)).still())

    def _cache_features(self) -> None:
        """Where it saves time, compute the features of each sequence once and train on them."""
        model, train, validation = self.model, self.task.train, self.task.validation
        if not (only_output_trains(self.trained) and gains_by_cache(train, model, self.config)):
            return
        log.info("features of %d training and %d validation sequences are computed once", len(train), len(validation))
        batch_size = self.config.evaluation_batch_size
        self._cached_train = cache_features(model, train, batch_size)
        self._validation_split = cache_features(model, validation, batch_size)
        self._repeated = ReadOut(model)

    def written(self) -> list[Tensor]:
        """The tensors that a step writes to, in place."""
        adam = [tensor for state in self.optimizer.state.values() for tensor in state.values()]
        return [*self.trained.values(), self._loss_sum, *self._divergence.tensors, *adam]

    @property
    def longest(self) -> int | None:
        """To how many positions batches may be padded; None where that may change a prediction."""
        is_cached = self._cached_train is not None
        return None if is_cached or not self.model.backbone.probe.obeys_padding else self.task.shape.length

    def _out_of_patience(self) -> bool:
        if self.config.patience is None or self.best is None or self.curve[-1].step != self.step:
            return False
        return len(self.curve) - 1 - self.curve.index(self.best) >= self.config.patience
