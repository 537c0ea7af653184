"""Runs that share one frozen backbone, trained side by side, each into its own folder; see `training.cohort`."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import InputError, TimeIsUp, enough_memory
from frostformer.models.build import share_frozen
from frostformer.results.result import Result
from frostformer.runs.folder import held, refuse_to_lose
from frostformer.runs.job import Job, Watch
from frostformer.runs.moments import complete, save_all
from frostformer.runs.one import settle, train_alone
from frostformer.tasks.registry import task_of
from frostformer.tasks.task import Task
from frostformer.training.cohort import Cohort, can_share, cohort_key
from frostformer.training.devices import Place
from frostformer.training.loop import Training

log = logging.getLogger(__name__)


def run_together(
    configs: Mapping[Path, RunConfig],
    *,
    task: Task | None = None,
    backbone: nn.Module | None = None,
    resume: bool = False,
    overwrite: bool = False,
    watch: Watch | None = None,
) -> list[Result]:
    """Train runs that differ only in seed, learning rate or other scalars; see `training.cohort.cohort_key`.

    Raises:
        InputError: as `run` does for any of them, before any is trained; or there are several processes.
        TimeIsUp: `watch` stopped them; `resume` goes on.
    """
    questions = {out: settle(config, task, backbone) for out, config in configs.items()}
    first, place = next(iter(questions.values()))
    if place.processes > 1:
        raise InputError("several runs in one pass go in one process: start them without torchrun, or one by one")
    if len({cohort_key(question.config) or out for out, (question, _) in questions.items()}) > 1:
        raise InputError(
            f"the runs into {', '.join(map(str, configs))} have different backbones, or other settings that may not "
            "differ side by side: train them one by one"
        )
    with held(configs, place), enough_memory():
        for out in configs:
            refuse_to_lose(out, resume, overwrite)
        complete(list(configs))  # before any is asked whether it has ended: a checkpoint says that a newer run has not
        task = task_of(first.config, task)
        jobs: list[Job] = []
        for out, (question, _) in questions.items():
            jobs.append(Job(question, out, task, backbone, overwrite=overwrite, beside=jobs[0] if jobs else None))
        results = {job.out: job.finished() for job in jobs}
        if waiting := [job for job in jobs if results[job.out] is None]:
            results |= _train(waiting, place, watch or Watch())
    return [result for result in results.values() if result]


def _train(jobs: list[Job], place: Place, watch: Watch) -> dict[Path, Result]:
    trainings: list[Training] = []
    for job in jobs:
        trainings.append(job.start(place))
        share_frozen(job.model, trainings[0].model, set(trainings[0].trained))  # the 8-bit matrices, too
    if not can_share(trainings[0]) or not (cohort := Cohort(trainings)).agrees():
        log.info("runs on backbone '%s' gain nothing side by side: one trains after the other", jobs[0].config.backbone)
        return {job.out: train_alone(job, watch) for job in jobs}
    folders = {id(training): job.out for training, job in zip(trainings, jobs, strict=True)}
    watch.plan(jobs[0].plan)
    for records in cohort.run(watch.step):
        for training, record in records:
            watch.progress(folders[id(training)], training, record)
        if all(training.finished or training.evaluation_is_due for training in trainings):
            if watch.is_over() and not all(training.finished for training in trainings):
                save_all(jobs)
                raise TimeIsUp
            jobs[0].pace.write(lambda: save_all(jobs))
    save_all(jobs)  # a kill while results are written leaves no run that must train again, with fewer beside it
    return {job.out: job.finish() for job in jobs}
