"""`frostformer run`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

from frostformer.cli.options import Flat, Trackers, Workers, parse_learning_rates, parse_seeds
from frostformer.config import AskedConfig, RunConfig, Tracker
from frostformer.errors import InputError


def run(
    config: Annotated[AskedConfig, Flat] = AskedConfig(),  # noqa: B008 (frozen)
    *,
    out: Path,
    seeds: str | None = None,
    learning_rates: str | None = None,
    tune: bool = False,
    track: Trackers = (),
    resume: bool = False,
    overwrite: bool = False,
    workers: Annotated[Workers, Flat] = Workers(),  # noqa: B008 (frozen)
) -> None:
    """Train one model on one task; writes OUT/result.json, OUT/curve.csv and OUT/adapter.safetensors.

    With several seeds or learning rates each run has a folder in OUT, and a table and OUT/report.html show them all;
    learning rates are ranked by validation, and each run reads test. With --tune a run tries several rates and keeps
    the best by validation, for which alone test is read. Up to 16 runs that share the frozen backbone are trained side
    by side; their small batches share a pass.

    The exit status is 1 if the run diverged; of several runs, if one of them could not be made.

    Parameters
    ----------
    out
        Folder for result and adapter.
    seeds
        Several seeds instead of one, such as `0-4` or `0,3,7`.
    learning_rates
        Several learning rates instead of one, such as `1e-4,1e-3`.
    tune
        Try the learning rates and keep the one with the best validation score. Without --learning-rates they are
        3e-5, 1e-4, 3e-4 where attention or feed-forward weights train, 3e-4, 1e-3, 3e-3 elsewhere. Each of several
        seeds chooses anew.
    track
        Show the learning curves while they grow: `tensorboard`, in OUT/tensorboard; `wandb`, by its own settings.
    resume
        Go on with the run in OUT, bit for bit, after an interruption.
    overwrite
        Replace the run in OUT.
    """
    if workers.are_others and track:
        raise InputError("--track shows runs of this process: leave it out, or --jobs and --engine")
    several = [] if learning_rates is None else parse_learning_rates(learning_rates)
    rates = several if tune else None
    if seeds is None and (tune or not several):
        if workers.are_others:
            names = "--seeds" if tune else "--seeds or --learning-rates"
            raise InputError(f"--jobs and --engine are for several runs: name their {names}")
        _run_one(config, out, rates, track, resume=resume, overwrite=overwrite)
        return
    if seeds is not None and config.seed != type(config).seed:
        raise InputError("--seed and --seeds contradict each other: give one")
    from frostformer.cli.sweep import run_all
    from frostformer.runs.many import grid

    every = [config.seed] if seeds is None else parse_seeds(seeds)
    configs = grid(config, every, [config.learning_rate] if tune else several or [config.learning_rate])
    if tune:
        configs = {f"seed-{one.seed}": one for one in configs.values()}
    title = f"{config.task}: seeds and learning rates"
    run_all(configs, out, title, resume=resume, overwrite=overwrite, rates=rates, track=track, workers=workers)


def _run_one(
    config: RunConfig,
    out: Path,
    rates: Sequence[float] | None,
    track: Sequence[Tracker],
    *,
    resume: bool,
    overwrite: bool,
) -> None:
    from frostformer.cli.console import print_plan, print_result
    from frostformer.cli.progress import Progress
    from frostformer.cli.terminal import is_main_process
    from frostformer.runs.job import Watch
    from frostformer.runs.one import run as run_plain
    from frostformer.runs.tracking import tracked
    from frostformer.runs.tuned import run_tuned

    make = run_plain if rates is None else partial(run_tuned, rates=rates)
    with (
        closing(Progress(config.steps)) as bar,
        tracked(Watch(print_plan, bar.show, bar.step, bar.part), track, out) as watch,
    ):
        result = make(config, out, resume=resume, overwrite=overwrite, watch=watch)
    if is_main_process():
        print_result(result, out)
    if result.diverged is not None:
        sys.exit(1)
