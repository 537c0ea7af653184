"""Trains many runs, those that share a frozen backbone side by side; finished runs are kept, failures reported."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import Busy, InputError, in_one_line
from frostformer.results.result import Result
from frostformer.runs.folder import refuse_to_lose
from frostformer.runs.job import Watch
from frostformer.runs.one import run
from frostformer.runs.together import run_together
from frostformer.tasks.task import Task
from frostformer.training.cohort import cohort_key

MOST_TOGETHER = 16  # runs side by side; the trained tensors and Adam's moments of all are in memory at once

log = logging.getLogger(__name__)

Watched = Callable[[Sequence[str], RunConfig], AbstractContextManager[Watch]]


@dataclass(frozen=True)
class Outcome:
    """The results and the failures of many runs, by the runs' names."""

    results: dict[str, Result] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    """Why a run has no result, in one sentence."""


def _unwatched(names: Sequence[str], first: RunConfig) -> AbstractContextManager[Watch]:
    return nullcontext(Watch())


def run_many(
    configs: Mapping[str, RunConfig],
    out: Path | str,
    *,
    task: Task | None = None,
    backbone: nn.Module | None = None,
    resume: bool = True,
    overwrite: bool = False,
    watched: Watched = _unwatched,
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

    Raises:
        InputError: a folder holds a run and nothing says what to do with it. A run that cannot be made, for whatever
            reason, is among the failures; the others go on.
    """
    out = Path(out)
    for name in configs:
        refuse_to_lose(out / name, resume, overwrite)  # all of them before the first is trained
    found = Outcome()
    waiting, put_off, goes_on = cohorts(configs), set[str](), set[str]()
    while waiting:
        names = waiting.pop(0)
        again = {"resume": resume or (names[0] in goes_on and not overwrite), "overwrite": overwrite}
        options: dict[str, Any] = {"task": task, "backbone": backbone} | again
        try:
            with watched(names, configs[names[0]]) as watch:
                if len(names) == 1:
                    results = [run(configs[names[0]], out / names[0], **options, watch=watch)]
                else:
                    chosen = {out / name: configs[name] for name in names}
                    results = run_together(chosen, **options, watch=watch)
            found.results.update(zip(names, results, strict=True))
        except Exception as error:  # whatever it is, one bad run must not cost the others
            log.debug("a run failed", exc_info=True)
            if len(names) > 1:
                waiting = [[name] for name in names] + waiting  # one by one, to see which of them it is
                goes_on.update(names)  # from where they came together
            elif isinstance(error, Busy) and names[0] not in put_off:
                put_off.add(names[0])
                waiting.append(names)  # another process is at it: the next run is taken, and this one tried at the end
            else:
                found.failures[names[0]] = in_one_line(error)
    return Outcome({name: found.results[name] for name in configs if name in found.results}, found.failures)


def cohorts(configs: Mapping[str, RunConfig]) -> list[list[str]]:
    """Lists of names of runs to train side by side, in the order of their first runs."""
    groups: dict[object, list[list[str]]] = {}
    for name, config in configs.items():
        key = _key(config) or name  # goes alone
        parts = groups.setdefault(key, [[]])
        if len(parts[-1]) == MOST_TOGETHER:
            parts.append([])
        parts[-1].append(name)
    return [part for parts in groups.values() for part in parts]


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
        for rate in learning_rates
        for seed in seeds
    }
