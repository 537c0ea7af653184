"""One question in, one answer out: `RunConfig` -> `result.json` and `adapter.safetensors`.

frostformer run --task bit-xor --backbone embedded --seed 0 --steps 400 --out runs/xor
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from frostformer.adapters import FILE_NAME, Adapter, build_model, load_adapter, save_adapter
from frostformer.attention import maps_for_result
from frostformer.checkpoints import read_tensors, write_tensors
from frostformer.config import RunConfig
from frostformer.data import Sequences
from frostformer.errors import InputError
from frostformer.evaluation import Metrics, evaluate
from frostformer.freezing import FreezePlan, freeze_plan, parameter_groups, trained_groups
from frostformer.model import SequenceModel
from frostformer.results import Result, environment, read_result, thin, write_result
from frostformer.tasks.catalog import build_task
from frostformer.tasks.task import Task
from frostformer.training import Record, Training, make_accelerator

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


def run(
    config: RunConfig, out: Path, *, resume: bool = False, overwrite: bool = False, watch: Watch | None = None
) -> Result:
    """Train one model, read the test split once, write result and adapter into `out`.

    Raises:
        InputError: the question cannot be run, or `out` holds another run and nothing says what to do with it.
    """
    _refuse_to_lose(out, resume, overwrite)
    accelerator = make_accelerator(config)
    watch = watch if watch and accelerator.is_main_process else Watch()
    with accelerator.main_process_first():  # which downloads or generates what is not there yet
        task = build_task(config.task, config.task_options)
    model, fingerprint = build_model(config, task.shape)
    identity = {"config": asdict(config), "fingerprint": fingerprint, "task_version": task.version}
    if overwrite:
        for name in (RESULT_NAME, CHECKPOINT_NAME, FILE_NAME):
            (out / name).unlink(missing_ok=True)
    elif (out / RESULT_NAME).exists():
        return _finished(out, identity)
    plan = freeze_plan(model, trained_groups(config))
    watch.plan(plan)
    tables = _position_tables(model)
    training = Training(model, task, config, accelerator)
    _train(training, out, identity, watch)

    if accelerator.is_main_process:
        trained_tables = {name: table for name, table in tables.items() if name in training.trained}
        adapter = Adapter(config, task.shape, task.version, fingerprint)
        save_adapter(out / FILE_NAME, training.trained, trained_tables, adapter)
    result = _result(training, plan, fingerprint, out)
    if accelerator.is_main_process:
        write_result(out / RESULT_NAME, result)
        (out / CHECKPOINT_NAME).unlink(missing_ok=True)
    return result


def evaluate_adapter(path: Path, split: str, backbone: str | None = None) -> Metrics:
    """Score the adapter at `path` on `train` (in memory), `validation` or `test` of the task it was trained for."""
    model, adapter = load_adapter(path, backbone)
    task = build_task(adapter.config.task, adapter.config.task_options)
    if task.version != adapter.task_version:
        raise InputError(
            f"{path} was trained on version {adapter.task_version} of '{task.name}', now at {task.version}"
        )
    chosen = getattr(task, split)
    if not isinstance(chosen, Sequences):
        raise InputError(f"the {split} split of '{task.name}' has no end: evaluate on validation or test")
    return evaluate(model, chosen, adapter.config.evaluation_batch_size)


def _train(training: Training, out: Path, identity: dict[str, Any], watch: Watch) -> None:
    """Run to the end, from the checkpoint where there is one, saving the state as it goes."""
    checkpoint = out / CHECKPOINT_NAME
    if checkpoint.is_file():
        tensors, header = read_tensors(checkpoint)
        _check_same(out, header.get("identity", {}), identity)
        training.restore(tensors, header)
    saved, pause = time.monotonic(), CHECKPOINT_SECONDS
    for record in training.run(watch.step):
        watch.progress(training, record)
        if training.accelerator.is_main_process and time.monotonic() - saved >= pause:
            started = time.monotonic()
            tensors, header = training.state()
            write_tensors(checkpoint, tensors, header | {"identity": identity})
            saved = time.monotonic()
            pause = max(CHECKPOINT_SECONDS, (saved - started) / WRITING_SHARE)


def _refuse_to_lose(out: Path, resume: bool, overwrite: bool) -> None:
    """What is in `out` goes on or goes away only when the user says so, and a wrong `out` fails before training."""
    if resume and overwrite:
        raise InputError("--resume and --overwrite contradict each other: give one")
    around = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not around.is_dir() or not os.access(around, os.W_OK):
        raise InputError(
            f"{out} cannot be written: {around} is not a folder that can be written to; give another --out"
        )
    for name, state in ((RESULT_NAME, "a finished"), (CHECKPOINT_NAME, "an unfinished")):
        if (out / name).exists() and not (resume or overwrite):
            raise InputError(
                f"{out} holds {state} run: go on with --resume, replace it with --overwrite, or give another --out"
            )


def _finished(out: Path, identity: dict[str, Any]) -> Result:
    """The run in `out`, which is resumed although it has ended."""
    result = read_result(out / RESULT_NAME)
    fingerprint, task_version = result.backbone["fingerprint"], result.task["version"]
    _check_same(out, {"config": result.config, "fingerprint": fingerprint, "task_version": task_version}, identity)
    return result


def _check_same(out: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Refuse to go on with a run of another question, another backbone or another version of the task."""
    old, new = asdict(RunConfig()) | before.get("config", {}), now["config"]  # fields newer than the run are at default
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
        backbone=_describe_backbone(model, config, fingerprint),
        groups=[asdict(row) for row in plan.rows],
        metrics={"validation": _metrics(training, task.validation), "test": _metrics(training, task.test)},
        chosen_step=training.best.step,
        steps=training.step,
        milestones=training.milestones,
        curve=thin([asdict(record) for record in training.curve]),
        seconds=training.curve[-1].seconds,
        adapter_bytes=(out / FILE_NAME).stat().st_size if (out / FILE_NAME).exists() else 0,
        attention=maps_for_result(model, task.validation),
        environment=environment(_device_name(training), training.accelerator.num_processes),
    )


def _device_name(training: Training) -> str:
    device = training.accelerator.device
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.type == "cuda" else str(device)


def _metrics(training: Training, split: Sequences) -> dict[str, float]:
    return {name: value for name, value in asdict(training.evaluate(split)).items() if value is not None}


def describe_task(task: Task) -> dict[str, Any]:
    """What a result says of its task."""
    splits = {name: getattr(task, name) for name in ("train", "validation", "test")}
    return {
        "name": task.name,
        "version": task.version,
        "shape": asdict(task.shape),
        "splits": {name: len(split) if isinstance(split, Sequences) else None for name, split in splits.items()},
        "trivial": task.trivial,
        "marked": task.marked,
        "note": task.note,
        "source": task.source,
        "licence": task.licence,
    }


def _describe_backbone(model: SequenceModel, config: RunConfig, fingerprint: str) -> dict[str, Any]:
    backbone = model.backbone
    return {
        "name": config.backbone,
        "weights": config.weights,
        "fingerprint": fingerprint,
        "width": backbone.width,
        "blocks": backbone.num_blocks,
        "causal": backbone.causal,
        "max_length": backbone.max_length,
    }
