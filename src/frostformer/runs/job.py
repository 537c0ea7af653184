"""One run on its way from its question to its files: model, checkpoint, adapter, result."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from frostformer.config import RunConfig
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError
from frostformer.models.build import build_model
from frostformer.models.freezing import FreezePlan, freeze_plan, parameter_groups, trained_groups
from frostformer.models.model import SequenceModel
from frostformer.provenance import environment
from frostformer.results.result import Result, read_result, thin, write_result
from frostformer.runs.adapters import FILE_NAME, Adapter, save_adapter
from frostformer.runs.attention import maps_for_result
from frostformer.runs.describe import describe_backbone, describe_task
from frostformer.tasks.task import Task
from frostformer.training.checkpoints import read_tensors, write_tensors
from frostformer.training.loop import Record, Training

RESULT_NAME = "result.json"
CHECKPOINT_NAME = "checkpoint.safetensors"
CHECKPOINT_SECONDS = 5.0  # between two writes at least; how often does not change what comes out
WRITING_SHARE = 0.05  # of the time at most, for the gigabytes of a fully trained model


def _nothing(*_: object) -> None:
    pass


@dataclass(frozen=True)
class Watch:
    """Who wants to see a run go by; called in the main process only."""

    plan: Callable[[FreezePlan], None] = _nothing
    progress: Callable[[Training, Record], None] = _nothing
    """After each evaluation."""

    step: Callable[[int], None] = _nothing
    """After each optimizer step, with its number from 1."""


class Job:
    """A run and the folder it writes to."""

    def __init__(self, config: RunConfig, out: Path, task: Task) -> None:
        """Build the model; nothing is written yet."""
        self.config, self.out, self.task = config, out, task
        self.model, self.fingerprint = build_model(config, task.shape)
        self.plan = freeze_plan(self.model, trained_groups(config))
        self._tables = _position_tables(self.model)
        self._identity = {"config": asdict(config), "fingerprint": self.fingerprint, "task_version": task.version}

    def finished(self) -> Result | None:
        """The result in the folder, if the very same run has ended there.

        Raises:
            InputError: another run has.
        """
        if not (self.out / RESULT_NAME).exists():
            return None
        result = read_result(self.out / RESULT_NAME)
        before = {"fingerprint": result.backbone["fingerprint"], "task_version": result.task["version"]}
        _check_same(self.out, {"config": result.config} | before, self._identity)
        return result

    def start(self, accelerator: Any) -> Training:
        """The training, from the checkpoint where there is one."""
        self.training = Training(self.model, self.task, self.config, accelerator)
        checkpoint = self.out / CHECKPOINT_NAME
        if checkpoint.is_file():
            tensors, header = read_tensors(checkpoint)
            _check_same(self.out, header.get("identity", {}), self._identity)
            self.training.restore(tensors, header)
        self._saved, self._pause = time.monotonic(), CHECKPOINT_SECONDS
        return self.training

    def save(self) -> None:
        """Write a checkpoint, unless the last one is too young."""
        if not self.training.accelerator.is_main_process or time.monotonic() - self._saved < self._pause:
            return
        started = time.monotonic()
        tensors, header = self.training.state()
        write_tensors(self.out / CHECKPOINT_NAME, tensors, header | {"identity": self._identity})
        self._saved = time.monotonic()
        self._pause = max(CHECKPOINT_SECONDS, (self._saved - started) / WRITING_SHARE)

    def finish(self) -> Result:
        """Read the test split once; write adapter and result."""
        training, is_main = self.training, self.training.accelerator.is_main_process
        if is_main:
            trained_tables = {name: table for name, table in self._tables.items() if name in training.trained}
            adapter = Adapter(self.config, self.task.shape, self.task.version, self.fingerprint)
            save_adapter(self.out / FILE_NAME, training.trained, trained_tables, adapter)
        result = _result(training, self.plan, self.fingerprint, self.out)
        if is_main:
            write_result(self.out / RESULT_NAME, result)
            (self.out / CHECKPOINT_NAME).unlink(missing_ok=True)
        return result


def clear(out: Path) -> None:
    """Take away the run in a folder."""
    for name in (RESULT_NAME, CHECKPOINT_NAME, FILE_NAME):
        (out / name).unlink(missing_ok=True)


def _check_same(out: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse to go on with a run of another question, another backbone or another version of the task."""
    old, new = asdict(RunConfig.read(before.get("config", {}))), now["config"]
    changed = sorted(key for key, value in new.items() if old.get(key) != value)
    if before.get("fingerprint") != now["fingerprint"]:
        changed.append("the backbone's weights")
    if before.get("task_version") != now["task_version"]:
        changed.append("the task's version")
    if changed:
        raise InputError(
            f"{out} holds a run with other values of {', '.join(changed)}: resume it as it was, or use --overwrite"
        )


def _position_tables(model: SequenceModel) -> dict[str, torch.Tensor]:
    groups = parameter_groups(model)
    return {name: tensor.detach().clone() for name, tensor in model.named_parameters() if groups[name] == "position"}


def _result(training: Training, plan: FreezePlan, fingerprint: str, out: Path) -> Result:
    assert training.best is not None  # the last step is always evaluated
    config, task, model = training.config, training.task, training.model
    return Result(
        config=asdict(config),
        task=describe_task(task),
        backbone=describe_backbone(model, config, fingerprint),
        groups=[asdict(row) for row in plan.rows],
        metrics={"validation": _metrics(training, task.validation), "test": _metrics(training, task.test)},
        chosen_step=training.best.step,
        steps=training.step,
        milestones=training.milestones,
        curve=thin([asdict(record) for record in training.curve]),
        seconds=training.curve[-1].seconds,
        together=training.together,
        adapter_bytes=(out / FILE_NAME).stat().st_size if (out / FILE_NAME).exists() else 0,
        attention=maps_for_result(model, task.validation),
        environment=environment(_device_name(training), training.accelerator.num_processes),
    )


def _device_name(training: Training) -> str:
    device = training.accelerator.device
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


def _metrics(training: Training, split: Sequences) -> dict[str, float]:
    return {name: value for name, value in asdict(training.evaluate(split)).items() if value is not None}
