"""One question in, one answer out: `RunConfig` -> `result.json` and `adapter.safetensors`.

frostformer run --task bit-xor --backbone embedded --seed 0 --steps 400 --out runs/xor
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.files import check_writable
from frostformer.models.build import share_frozen
from frostformer.models.freezing import trained_groups, trained_names
from frostformer.results.result import Result
from frostformer.runs.job import CHECKPOINT_NAME, RESULT_NAME, Job, Watch, clear
from frostformer.tasks.registry import build_task
from frostformer.tasks.task import Task
from frostformer.training.cohort import Cohort, can_share
from frostformer.training.devices import make_accelerator
from frostformer.training.loop import Training

log = logging.getLogger(__name__)


def run(
    config: RunConfig, out: Path, *, resume: bool = False, overwrite: bool = False, watch: Watch | None = None
) -> Result:
    """Train one model, read the test split once, write result and adapter into `out`.

    Raises:
        InputError: the question cannot be run, or `out` holds another run and nothing says what to do with it.
    """
    refuse_to_lose(out, resume, overwrite)
    config = concrete(config)
    accelerator = make_accelerator(config)
    if config.compile:
        _check_compiler(accelerator.device)
    watch = watch if watch and accelerator.is_main_process else Watch()
    job = Job(config, out, _build_task(config, accelerator))
    if overwrite:
        clear(out)
    elif result := job.finished():
        return result
    watch.plan(job.plan)
    job.start(accelerator)
    return _train_alone(job, watch)


def run_cohort(
    configs: Mapping[Path, RunConfig], *, resume: bool = False, overwrite: bool = False, watch: Watch | None = None
) -> list[Result]:
    """Train runs that share one frozen backbone side by side, each into its own folder; see `cohort.cohort_key`.

    Raises:
        InputError: as `run` does, of any of them and before any is trained; or there are several processes.
    """
    for out in configs:
        refuse_to_lose(out, resume, overwrite)
    configs = {out: concrete(config) for out, config in configs.items()}
    first = next(iter(configs.values()))
    accelerator = make_accelerator(first)
    if accelerator.num_processes > 1:
        raise InputError("several runs in one pass go in one process: start them without torchrun, or one by one")
    watch, task = watch or Watch(), _build_task(first, accelerator)
    jobs: list[Job] = []
    for out, config in configs.items():
        jobs.append(Job(config, out, task))
        if jobs[-1].fingerprint != jobs[0].fingerprint:
            raise InputError(f"the runs into {jobs[0].out} and {out} have different backbones: train them one by one")
        share_frozen(jobs[-1].model, jobs[0].model, set(trained_names(jobs[0].model, trained_groups(config))))
    if overwrite:
        for out in configs:
            clear(out)
    results = {job.out: job.finished() for job in jobs}
    if waiting := [job for job in jobs if results[job.out] is None]:
        watch.plan(waiting[0].plan)
        results |= _train_together(waiting, accelerator, watch)
    return [result for result in results.values() if result]


def _train_together(jobs: list[Job], accelerator: Any, watch: Watch) -> dict[Path, Result]:
    trainings: list[Training] = []
    for job in jobs:
        trainings.append(job.start(accelerator))
        share_frozen(job.model, trainings[0].model, set(trainings[0].trained))  # what became 8 bits
    if not can_share(trainings[0]) or not (cohort := Cohort(trainings)).agrees():
        log.info("these runs on backbone '%s' gain nothing together: one after the other", jobs[0].config.backbone)
        return {job.out: _train_alone(job, watch) for job in jobs}
    by_training = dict(zip(map(id, trainings), jobs, strict=True))
    for training, record in cohort.run(watch.step):
        watch.progress(training, record)
        by_training[id(training)].save()
    return {job.out: job.finish() for job in jobs}


def _train_alone(job: Job, watch: Watch) -> Result:
    for record in job.training.run(watch.step):
        watch.progress(job.training, record)
        job.save()
    return job.finish()


def concrete(config: RunConfig) -> RunConfig:
    """The same with the precision that `auto` means here, so that result and adapter say what ran."""
    if config.backbone_precision != "auto":
        return config
    on_gpu = config.device in ("auto", "cuda") and torch.cuda.is_available()
    return replace(config, backbone_precision="bf16" if on_gpu else "fp32")


def _check_compiler(device: torch.device) -> None:
    """Refuse before training what torch.compile would refuse after it, in many lines."""
    candidates = [name for name in (os.environ.get("CXX"), "c++", "g++", "clang++") if name]
    if device.type == "cpu" and not any(map(shutil.which, candidates)):
        raise InputError("compile needs a C++ compiler, and none was found: install g++ or clang++, or leave it out")


def _build_task(config: RunConfig, accelerator: Any) -> Task:
    with accelerator.main_process_first():  # which downloads or generates what is not there yet
        return build_task(config.task, config.task_options)


def refuse_to_lose(out: Path, resume: bool, overwrite: bool) -> None:
    """What is in `out` goes on or goes away only when the user says so, and a wrong `out` fails before training."""
    if resume and overwrite:
        raise InputError("--resume and --overwrite contradict each other: give one")
    check_writable(out)
    for name, state in ((RESULT_NAME, "a finished"), (CHECKPOINT_NAME, "an unfinished")):
        if (out / name).exists() and not (resume or overwrite):
            raise InputError(
                f"{out} holds {state} run: go on with --resume, replace it with --overwrite, or give another --out"
            )
