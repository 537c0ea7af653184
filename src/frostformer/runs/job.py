"""One run and the folder it writes to: its checkpoint, its adapter, its arrays, its result."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, with_config
from torch import nn
from typing_extensions import TypedDict

from frostformer.config import ReadOut, RunConfig
from frostformer.data.batches import padding_share
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError, TimeIsUp
from frostformer.files import check_space, write_whole
from frostformer.models.build import Identity, build_model, check_padding, model_beside
from frostformer.models.freezing import FreezePlan, freeze_plan, trained_groups
from frostformer.provenance import environment
from frostformer.results.curve import CURVE_NAME, curve_csv
from frostformer.results.fields import Config
from frostformer.results.result import RESULT_NAME, Result, read_result, write_result
from frostformer.runs.adapters import FILE_NAME, Adapter, position_tables, save_adapter
from frostformer.runs.arrays import stage_attention, stage_scores
from frostformer.runs.attention import Attention, attention_of
from frostformer.runs.calibrating import calibrated
from frostformer.runs.cost import flops
from frostformer.runs.describe import describe_backbone, describe_curve, describe_task, numbers, points
from frostformer.runs.folder import publish, staged, start_anew
from frostformer.schema import As, read_as, reading
from frostformer.tasks.scoring.scoring import Metrics
from frostformer.tasks.task import Task
from frostformer.training.checkpoints import CHECKPOINT_NAME, read_tensors, write_tensors
from frostformer.training.devices import Place
from frostformer.training.loop import Training
from frostformer.training.records import Record

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 5.0  # at least, between two checkpoints; their number does not change the result
WRITING_SHARE = 0.05  # at most, of the time goes into checkpoints: a fully trained model has gigabytes
COPIES = 5  # of the trained tensors on the disk: four in a checkpoint (now, best, two of Adam's), one in the adapter


def _nothing(*_: object) -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Question:
    """A run's configuration as it was asked, and as it is run here."""

    asked: RunConfig
    config: RunConfig
    """Without any `auto`; a task or backbone that was given as an object stands here by its name."""

    resolved: dict[str, str]
    """What `auto` became, and why."""


@dataclass(frozen=True)
class Plan:
    """What a run is about to do."""

    task: Task
    resolved: dict[str, str]
    freeze: FreezePlan
    read_out: ReadOut = "last"


@dataclass(frozen=True)
class Watch:
    """Functions that are called while a run goes on, in the main process only."""

    plan: Callable[[Plan], None] = _nothing
    progress: Callable[[Path, Training, Record], None] = _nothing
    """Called after each evaluation with the run's folder."""

    step: Callable[[int], None] = _nothing
    """Called after each optimizer step with the step's number, counted from 1."""

    part: Callable[[str], None] = _nothing
    """Called before each of several trainings with what it is: `learning rate 0.001 (2 of 3)`; its steps begin at 1."""

    is_over: Callable[[], bool] = _never
    """Asked after each evaluation; where it is true, training stops with a checkpoint."""


@with_config(ConfigDict(extra="allow"))
class _Identity(TypedDict):
    """What says of a checkpoint whose it is."""

    config: Config
    backbone: NotRequired[Identity]
    fingerprint: NotRequired[str]  # in its place in older files
    task_version: int
    task_fingerprint: NotRequired[str | None]


@dataclass(frozen=True)
class _Checkpoint:
    identity: Annotated[dict[str, Any], As(_Identity)]


class Pace:
    """Writes checkpoints now and then: not too often, and the longer it takes the more rarely."""

    def __init__(self) -> None:
        self._written, self._pause = time.monotonic(), CHECKPOINT_SECONDS

    def write(self, write: Callable[[], None]) -> None:
        """Call `write`, unless the last time was only shortly before."""
        started = time.monotonic()
        if started - self._written < self._pause:
            return
        write()
        self._written = time.monotonic()
        self._pause = max(CHECKPOINT_SECONDS, (self._written - started) / WRITING_SHARE)


class Job:
    """A run and the folder it writes to; with `overwrite` it starts anew, whatever the folder holds."""

    def __init__(
        self,
        question: Question,
        out: Path,
        task: Task,
        backbone: nn.Module | None = None,
        *,
        overwrite: bool = False,
        beside: Job | None = None,
    ) -> None:
        """Build the model, or take the backbone of the job `beside`, not started yet; nothing is written yet."""
        self._anew = overwrite
        self.question, self.config, self.out, self.task = question, question.config, out, task
        if beside is None:
            self.model, self.backbone = build_model(self.config, task.shape, backbone)
        else:
            self.model, self.backbone = model_beside(beside.model, self.config), beside.backbone
        check_padding(self.model, task.ragged)
        freeze = freeze_plan(self.model, trained_groups(self.config))
        self.plan = Plan(task, question.resolved, freeze, self.config.read_out)
        self._tables = position_tables(self.model)
        self._identity = {
            "config": asdict(self.config),
            "backbone": asdict(self.backbone),
            "task_version": task.version,
            "task_fingerprint": task.fingerprint,
        }

    def finished(self) -> Result | None:
        """The result in the folder, if the very same run has ended there, on whatever device.

        Raises:
            InputError: another run has ended there.
        """
        if self._anew or (self.out / CHECKPOINT_NAME).exists() or not (self.out / RESULT_NAME).exists():
            return None  # a checkpoint beside a result is that of a newer run
        result = read_result(self.out / RESULT_NAME)
        before = {
            "config": result.config,
            "backbone": Identity(
                result.backbone["fingerprint"],
                result.backbone.get("tensors", ""),
                tuple(result.backbone.get("answer", ())),
            ),
            "task_version": result.task["version"],
            "task_fingerprint": result.task.get("fingerprint"),
        }
        free = {"device", "plugin"} | (
            {"backbone_precision"} if self.question.asked.backbone_precision == "auto" else set()
        )
        self._check_same(before, free)
        return result

    def start(self, place: Place) -> Training:
        """The training, continued from the checkpoint if there is one.

        Raises:
            InputError: the disk has no room for what will be written, or the checkpoint is not of this run.
        """
        self.training = Training(self.model, self.task, self.config, place)
        trained = sum(tensor.nbytes for tensor in self.training.trained.values())
        if place.is_main:
            if self._anew:
                start_anew(self.out)
            check_space(self.out, COPIES * trained, f"a run that trains {trained / 1e6:,.1f} MB")
        checkpoint = self.out / CHECKPOINT_NAME
        if checkpoint.is_file() and not self._anew:
            tensors, header = read_tensors(checkpoint)
            fault, remedy = f"{checkpoint} is not a checkpoint of this run", f"delete {self.out}, or give another --out"
            with reading(fault, remedy):
                before = read_as(_Checkpoint, header).identity
            self._check_same(before, {"plugin"})
            with reading(fault, remedy):
                self.training.restore(tensors, header)
        self.pace = Pace()
        if place.is_main and isinstance(self.task.train, Sequences) and self.task.train.ragged:
            share = padding_share(self.task.train, self.config.batch_size, self.config.seed)
            log.info("padding is %.1f %% of the training positions", 100 * share)
        return self.training

    def save(self) -> None:
        """Write a checkpoint, unless the last one was written only shortly before."""
        if self.training.place.is_main:
            self.pace.write(lambda: self.write_checkpoint(self.out / CHECKPOINT_NAME))

    def stop(self) -> None:
        """Write a checkpoint and end training here.

        Raises:
            TimeIsUp: always.
        """
        if self.training.place.is_main:
            self.write_checkpoint(self.out / CHECKPOINT_NAME)
        raise TimeIsUp

    def write_checkpoint(self, path: Path, **more: Any) -> None:
        """Write where the training stands to a file, with `more` in its header."""
        tensors, header = self.training.state()
        write_tensors(path, tensors, header | {"identity": self._identity} | more)

    def finish(self, tried: dict[str, float | None] | None = None) -> Result:
        """Read the test split once; write adapter, arrays and result, all of them or none; see `Result.tried`."""
        training = self.training
        metrics = {"validation": training.evaluate(self.task.validation).metrics}
        if (train := training.evaluate_training()) is not None:
            metrics["train"] = numbers(train.metrics)
        test = training.evaluate(self.task.test)
        metrics["test"] = test.metrics
        scoring, calibration = calibrated(self.model, self.task) if self.config.calibrate else (self.task.scoring, None)
        if training.place.is_main:
            adapter = replace(Adapter.of(self.config, self.task, self.backbone), scoring=scoring)
            save_adapter(staged(self.out, FILE_NAME), training.trained, self._tables, adapter)
        seen = attention_of(self.model, self.task)
        result = replace(self._result(metrics, seen), tried=tried, calibration=calibration)
        if training.place.is_main:
            stage_scores(self.out, test, self.task)
            stage_attention(self.out, seen.file)
            curve = points(training.curve, self.task.scoring.chosen_by)
            write_whole(staged(self.out, CURVE_NAME), curve_csv(curve))
            write_result(staged(self.out, RESULT_NAME), result)
            publish(self.out)
        return result

    def _check_same(self, before: dict[str, Any], free: set[str]) -> None:
        """Refuse to go on with a run of another question; fields of the configuration in `free` may differ."""
        now = self._identity
        old, new = before["config"], asdict(self.config)
        changed = sorted(key for key, value in new.items() if old.get(key) != value and key not in free)
        if not self.backbone.is_of(before.get("backbone") or Identity(before.get("fingerprint", ""))):
            changed.append("the backbone's weights")
        if before.get("task_version") != now["task_version"]:
            changed.append("the task's version")
        if before.get("task_fingerprint") not in (None, now["task_fingerprint"]):  # older files say nothing of it
            changed.append("the task's data")
        if changed:
            raise InputError(
                f"{self.out} holds a run with other values of {', '.join(changed)}: "
                "resume it as it was, use --overwrite, or delete the folder"
            )

    def _result(self, metrics: dict[str, Metrics], seen: Attention) -> Result:
        training, config, task, model = self.training, self.config, self.task, self.model
        adapter = staged(self.out, FILE_NAME)
        return Result(
            config=asdict(config),
            task=describe_task(task),
            backbone=describe_backbone(model, config, self.backbone),
            groups=[asdict(row) for row in self.plan.freeze.rows],
            metrics=metrics,
            chosen_step=training.best.step if training.best else 0,
            diverged=training.diverged,
            steps=training.step,
            milestones=training.milestones,
            curve=describe_curve(training.curve, task.scoring.chosen_by),
            seconds=training.curve[-1].seconds,
            together=training.together,
            adapter_bytes=adapter.stat().st_size if adapter.exists() else 0,
            attention=seen.maps,
            attention_share=seen.share,
            flops=flops(model),
            environment=environment(training.place.name, training.place.processes),
            resolved=self.question.resolved,
            folder=self.out,
        )
