"""Trains many runs, those that share a frozen backbone side by side; finished runs are kept, failures reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.runs.attempt import Attempt, How, Outcome, Watched, unwatched
from frostformer.runs.engines import by_cluster, by_processes, here
from frostformer.runs.folder import refuse_to_lose
from frostformer.runs.rates import asked_rates
from frostformer.tasks.task import Task
from frostformer.training.cohort import cohort_key
from frostformer.training.devices import choose_device

MOST_TOGETHER = 16  # runs side by side; the trained tensors and Adam's moments of all are in memory at once
_MOST_ON_A_GPU = 64


def _untold(outcome: Outcome) -> None:
    pass


def run_many(
    configs: Mapping[str, RunConfig],
    out: Path | str,
    *,
    task: Task | None = None,
    backbone: nn.Module | None = None,
    resume: bool = True,
    overwrite: bool = False,
    watched: Watched = unwatched,
    ended: Callable[[Outcome], None] = _untold,
    minutes: float | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    rates: Sequence[float] | None = None,
) -> Outcome:
    """Run each configuration into the folder `out/NAME`.

    Args:
        configs: by the name of the run.
        out: a folder.
        task: one of your own for all of them, as in `run`.
        backbone: a module of your own for all of them, as in `run`.
        resume: keep what is finished and go on with what is not.
        overwrite: replace all of them.
        watched: gives the `Watch` for runs trained side by side, from their names and the first one's configuration.
            Where several processes train, it is not asked.
        ended: called whenever some runs have ended, with what became of all of them so far.
        minutes: stop after so many, at the next evaluation of each run; the same call goes on from there.
        jobs: how many processes train at the same time, each with its share of the cores.
        cluster: address of a Dask scheduler whose workers make the runs; `watched` is not asked then. Whoever reaches a
            scheduler can run any code on its workers: keep it inside a network that you trust.
        rates: each run chooses its learning rate among these, as `run_tuned` does; if None, it trains at its own.

    Raises:
        InputError: a folder holds a run and nothing says what to do with it. A run that cannot be made, for whatever
            reason, is among the failures; the others go on.
    """
    out = Path(out)
    for name, config in configs.items():  # all of them before the first is trained
        if rates is not None:
            asked_rates(config, rates)
        refuse_to_lose(out / name, resume, overwrite, tune=rates is not None)
    over = None if minutes is None else time.time() + 60 * minutes  # by a clock that all processes have
    how = How(task, backbone, resume, overwrite, None if rates is None else tuple(rates))
    most = MOST_TOGETHER if cluster is not None or jobs > 1 else _most_together(configs)
    parts = cohorts(configs, most) if rates is None else [[name] for name in configs]
    attempts = [Attempt(out, {name: configs[name] for name in names}, how, over) for names in parts]
    found = Outcome()
    while attempts:
        again: list[Attempt] = []
        for outcome, more in _made(attempts, watched, jobs, cluster):
            found.results.update(outcome.results)
            found.failures.update(outcome.failures)
            found.left.extend(outcome.left)
            again += more
            ended(found)
        attempts = again
    return Outcome({name: found.results[name] for name in configs if name in found.results}, found.failures, found.left)


def _made(
    attempts: Sequence[Attempt], watched: Watched, jobs: int, cluster: str | None
) -> Iterator[tuple[Outcome, list[Attempt]]]:
    """Makes the attempts, and gives each when it has ended."""
    if cluster is not None:
        return by_cluster(attempts, cluster)
    return here(attempts, watched) if jobs == 1 else by_processes(attempts, jobs)


def cohorts(configs: Mapping[str, RunConfig], most: int = MOST_TOGETHER) -> list[list[str]]:
    """Lists of names of runs to train side by side, at most so many, in the order of their first runs."""
    groups: dict[object, list[list[str]]] = {}
    for name, config in configs.items():
        key = _key(config) or name  # goes alone
        parts = groups.setdefault(key, [[]])
        if len(parts[-1]) == most:
            parts.append([])
        parts[-1].append(name)
    return [part for parts in groups.values() for part in parts]


def _most_together(configs: Mapping[str, RunConfig]) -> int:
    """How many runs are trained side by side here; a device that is not here fails later, with the reason."""
    try:
        kinds = {choose_device(asked)[0].type for asked in {config.device for config in configs.values()}}
    except InputError:
        return MOST_TOGETHER
    return _MOST_ON_A_GPU if kinds == {"cuda"} else MOST_TOGETHER


def _key(config: RunConfig) -> object | None:
    """See `cohort_key`; a configuration that cannot be run goes alone and fails there, with the reason."""
    try:
        return cohort_key(config)
    except InputError:
        return None


def grid(config: RunConfig, seeds: Sequence[int], learning_rates: Sequence[float]) -> dict[str, RunConfig]:
    """Folder name -> run, one for each seed and learning rate."""
    return {
        f"learning-rate-{rate}-seed-{seed}": replace(config, seed=seed, learning_rate=rate)
        for seed in seeds  # the rates of a seed one after the other: they have the same features, which are kept
        for rate in learning_rates
    }
