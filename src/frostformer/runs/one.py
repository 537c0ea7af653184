"""Trains one run: from a `RunConfig` to `result.json`, `adapter.safetensors`, `curve.csv` and `test_scores.npz`.

On tasks that know what their answers are made of it writes `attention.npz`, too.

frostformer run --task bit-xor --backbone embedded --seed 0 --steps 400 --out runs/xor
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import enough_memory
from frostformer.models.backbones.own import PREFIX
from frostformer.models.backbones.registry import resolve_weights
from frostformer.plugins import load_plugin
from frostformer.results.result import BY_HAND, Result
from frostformer.runs.folder import held, refuse_to_lose
from frostformer.runs.job import Job, Question, Watch
from frostformer.tasks.registry import task_of
from frostformer.tasks.task import Task
from frostformer.training.devices import Place, resolve


def run(
    config: RunConfig,
    out: Path | str,
    *,
    task: Task | None = None,
    backbone: nn.Module | None = None,
    resume: bool = False,
    overwrite: bool = False,
    watch: Watch | None = None,
) -> Result:
    """Train one model, read the test split once, write result, scores and adapter into `out`.

    Args:
        config: what the run is asked to do.
        out: a folder.
        task: one of your own, in place of the one that `config` names.
        backbone: a module of your own, (B, T, D) -> (B, T, D), in place of the one that `config` names; it stays as
            it is, a copy is trained.
        resume: go on with the run in `out`, to the same bytes; a finished one gives its result.
        overwrite: replace the run in `out`, which stays until the new one has ended.
        watch: functions that are called while the run goes on.

    Raises:
        InputError: the question cannot be run, or `out` holds another run and nothing says what to do with it.
        Busy: another process is at the run in `out`.
        TimeIsUp: `watch` stopped it; `resume` goes on.
    """
    out = Path(out)
    question, place = settle(config, task, backbone)
    with held([out], place), enough_memory():
        refuse_to_lose(out, resume, overwrite)
        with place.main_first():
            task = task_of(question.config, task)
        job = Job(question, out, task, backbone, overwrite=overwrite)
        if result := job.finished():
            return result
        job.start(place)
        return train_alone(job, watch or Watch())


def train_alone(job: Job, watch: Watch) -> Result:
    """Train the model of a started job, with a checkpoint now and then, and write what came out."""
    train(job, watch)
    return job.finish()


def train(job: Job, watch: Watch) -> None:
    """Train the model of a started job to its end, with a checkpoint now and then."""
    training = job.training
    watch = watch if training.place.is_main else Watch()
    watch.plan(job.plan)
    for record in training.run(watch.step):
        watch.progress(job.out, training, record)
        if training.place.decided_by_main(watch.is_over()) and not training.finished:
            job.stop()
        job.save()


def settle(config: RunConfig, task: Task | None = None, backbone: nn.Module | None = None) -> tuple[Question, Place]:
    """Decide everything that `auto` leaves open; gives the question, and the process and device of the run.

    Raises:
        InputError: this machine lacks what was asked for.
    """
    load_plugin(config.plugin)
    if task is not None:
        config = replace(config, task=task.name, task_options={}, data=None)
    if backbone is not None:
        config = replace(config, backbone=PREFIX + type(backbone).__name__)
    weights, why = resolve_weights(config)
    settled, place, resolved = resolve(replace(config, weights=weights))
    resolved["weights"] = f"{weights}: {why}"
    if task is not None or backbone is not None:
        resolved[BY_HAND] = "task or backbone were given as Python objects"
    return Question(config, settled, resolved), place
