"""One question in, one answer out: `RunConfig` -> `result.json` and `adapter.safetensors`.

frostformer run --task bit-xor --backbone embedded --seed 0 --steps 400 --out runs/xor
"""

from __future__ import annotations

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
from frostformer.freezing import FreezePlan, freeze_plan, parameter_groups, parse_trainable
from frostformer.model import SequenceModel
from frostformer.results import Result, environment, read_result, thin, write_result
from frostformer.tasks.catalog import build_task
from frostformer.tasks.task import Task
from frostformer.training import Record, Training

RESULT_NAME = "result.json"
CHECKPOINT_NAME = "checkpoint.safetensors"
CHECKPOINT_SECONDS = 5.0  # between two writes; how often does not change what comes out


@dataclass(frozen=True)
class Watch:
    """Who wants to see a run go by; called in the main process only."""

    plan: Callable[[FreezePlan], None] = lambda plan: None
    progress: Callable[[Training, Record], None] = lambda training, record: None


def run(
    config: RunConfig, out: Path, *, resume: bool = False, overwrite: bool = False, watch: Watch | None = None
) -> Result:
    """Train one model, read the test split once, write result and adapter into `out`.

    Raises:
        InputError: the question cannot be run, or `out` holds another run and nothing says what to do with it.
    """
    watch = watch or Watch()
    finished = _prepare_folder(config, out, resume, overwrite)
    if finished is not None:
        return finished
    task = build_task(config.task, config.task_options)
    model, fingerprint = build_model(config, task.shape)
    if overwrite:
        for name in (RESULT_NAME, CHECKPOINT_NAME, FILE_NAME):
            (out / name).unlink(missing_ok=True)
    plan = freeze_plan(model, parse_trainable(config.trainable))
    tables = _position_tables(model)
    training = Training(model, task, config)
    if training.accelerator.is_main_process:
        watch.plan(plan)
    _train(training, config, out / CHECKPOINT_NAME, watch)

    adapter = Adapter(config, task.shape, task.version, fingerprint)
    if training.accelerator.is_main_process:
        trained_tables = {name: table for name, table in tables.items() if name in training.trained}
        save_adapter(out / FILE_NAME, training.trained, trained_tables, adapter)
    result = _result(training, plan, fingerprint, out)
    if training.accelerator.is_main_process:
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
    return evaluate(model, chosen, batch_size=max(64, adapter.config.batch_size))


def _train(training: Training, config: RunConfig, checkpoint: Path, watch: Watch) -> None:
    """Run to the end, from the checkpoint where there is one, saving the state as it goes."""
    if checkpoint.is_file():
        tensors, header = read_tensors(checkpoint)
        training.restore(tensors, header)
    saved = time.monotonic()
    for record in training.run():
        if not training.accelerator.is_main_process:
            continue
        watch.progress(training, record)
        if time.monotonic() - saved >= CHECKPOINT_SECONDS:
            tensors, header = training.state()
            write_tensors(checkpoint, tensors, header | {"config": asdict(config)})
            saved = time.monotonic()


def _prepare_folder(config: RunConfig, out: Path, resume: bool, overwrite: bool) -> Result | None:
    """Nothing is lost by mistake; a finished run that is resumed is returned as it is."""
    result, checkpoint = out / RESULT_NAME, out / CHECKPOINT_NAME
    if overwrite:
        return None
    if not result.exists() and not checkpoint.exists():
        return None
    if not resume:
        state = "a finished" if result.exists() else "an unfinished"
        raise InputError(
            f"{out} holds {state} run: go on with --resume, replace it with --overwrite, or give another --out"
        )
    before = read_result(result).config if result.exists() else read_tensors(checkpoint)[1]["config"]
    if changed := sorted(key for key, value in asdict(config).items() if before.get(key) != value):
        raise InputError(
            f"{out} holds a run with other values of {', '.join(changed)}: resume it with the same options"
        )
    return read_result(result) if result.exists() else None


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
        "blocks": getattr(backbone, "num_blocks", None),
        "causal": backbone.causal,
        "max_length": backbone.max_length,
    }
