"""Many runs: those that share a frozen backbone side by side; what is finished is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from frostformer.config import RunConfig
from frostformer.results.result import Result
from frostformer.runs.job import Watch
from frostformer.runs.one import refuse_to_lose, run, run_cohort
from frostformer.training.cohort import cohort_key

MOST_TOGETHER = 16  # runs side by side; what each trains, and Adam's moments of it, is in memory at once

Watched = Callable[[Sequence[str], RunConfig], AbstractContextManager[Watch]]


def _unwatched(names: Sequence[str], first: RunConfig) -> AbstractContextManager[Watch]:
    return nullcontext(Watch())


def run_many(
    configs: Mapping[str, RunConfig],
    out: Path,
    *,
    resume: bool = True,
    overwrite: bool = False,
    watched: Watched = _unwatched,
) -> list[Result]:
    """Run each into `out/NAME`; `watched` gives who sees the runs of these names, which are trained side by side."""
    for name in configs:
        refuse_to_lose(out / name, resume, overwrite)  # all of them before the first is trained
    results: list[Result] = []
    for names in cohorts(configs):
        first = configs[names[0]]
        with watched(names, first) as watch:
            if len(names) == 1:
                results.append(run(first, out / names[0], resume=resume, overwrite=overwrite, watch=watch))
            else:
                chosen = {out / name: configs[name] for name in names}
                results += run_cohort(chosen, resume=resume, overwrite=overwrite, watch=watch)
    return results


def cohorts(configs: Mapping[str, RunConfig]) -> list[list[str]]:
    """Names of runs to train side by side, in order of their first."""
    groups: dict[object, list[list[str]]] = {}
    for name, config in configs.items():
        key = cohort_key(config) or name  # alone
        parts = groups.setdefault(key, [[]])
        if len(parts[-1]) == MOST_TOGETHER:
            parts.append([])
        parts[-1].append(name)
    return [part for parts in groups.values() for part in parts]


def grid(config: RunConfig, seeds: Sequence[int], learning_rates: Sequence[float]) -> dict[str, RunConfig]:
    """Folder name -> run, one for each seed and learning rate."""
    return {
        f"learning-rate-{rate}-seed-{seed}": replace(config, seed=seed, learning_rate=rate)
        for rate in learning_rates
        for seed in seeds
    }
