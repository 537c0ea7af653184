"""One question in, one answer out: `RunConfig` -> `result.json` and `adapter.safetensors`.

frostformer run --task bit-xor --backbone embedded --seed 0 --steps 400 --out runs/xor
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from frostformer.adapters import load_adapter
from frostformer.cohort import Cohort, can_share, share_frozen
from frostformer.config import RunConfig
from frostformer.data import Sequences
from frostformer.errors import InputError
from frostformer.evaluation import Metrics, evaluate
from frostformer.job import CHECKPOINT_NAME, RESULT_NAME, Job, Watch, clear
from frostformer.results import Result
from frostformer.tasks.catalog import build_task
from frostformer.tasks.task import Task
from frostformer.training import make_accelerator


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
    job = Job(config, out, _build_task(config, accelerator))
    if overwrite:
        clear(out)
    elif result := job.finished():
        return result
    watch.plan(job.plan)
    training = job.start(accelerator)
    for record in training.run(watch.step):
        watch.progress(training, record)
        job.save()
    return job.finish()


def run_cohort(
    configs: Mapping[Path, RunConfig], *, resume: bool = False, overwrite: bool = False, watch: Watch | None = None
) -> list[Result]:
    """Train runs that share one frozen backbone in one pass, each into its own folder; see `cohort.cohort_key`.

    Raises:
        InputError: as `run` does, of any of them and before any is trained; or there are several processes.
    """
    for out in configs:
        _refuse_to_lose(out, resume, overwrite)
    first = next(iter(configs.values()))
    accelerator = make_accelerator(first)
    if accelerator.num_processes > 1:
        raise InputError("several runs in one pass go in one process: start them without torchrun, or one by one")
    watch, task = watch or Watch(), _build_task(first, accelerator)
    jobs = [Job(config, out, task) for out, config in configs.items()]
    if overwrite:
        for out in configs:
            clear(out)
    waiting = [job for job in jobs if job.finished() is None]
    if waiting:
        watch.plan(waiting[0].plan)
        _train_together(waiting, accelerator, watch)
    return [result for job in jobs if (result := job.finished())]


def _train_together(jobs: list[Job], accelerator: Any, watch: Watch) -> None:
    trainings = [job.start(accelerator) for job in jobs]
    by_training = dict(zip(map(id, trainings), jobs, strict=True))
    for training in trainings[1:]:
        share_frozen(training.model, trainings[0].model, set(training.trained))
    if can_share(trainings[0].model, set(trainings[0].trained)):
        records = Cohort(trainings).run(watch.step)
    else:
        records = ((training, record) for training in trainings for record in training.run(watch.step))
    for training, record in records:
        watch.progress(training, record)
        by_training[id(training)].save()
    for job in jobs:
        job.finish()


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


def _build_task(config: RunConfig, accelerator: Any) -> Task:
    with accelerator.main_process_first():  # which downloads or generates what is not there yet
        return build_task(config.task, config.task_options)


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
