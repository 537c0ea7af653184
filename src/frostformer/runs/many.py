"""Trains many runs, those that share a frozen backbone side by side; finished runs are kept, failures reported."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import Busy, InputError, TimeIsUp, in_one_line
from frostformer.results.result import RESULT_NAME, Result, read_result
from frostformer.runs.folder import CHECKPOINT_NAME, refuse_to_lose
from frostformer.runs.job import Watch
from frostformer.runs.one import run
from frostformer.runs.together import run_together
from frostformer.runs.tuned import run_tuned
from frostformer.tasks.task import Task
from frostformer.training.cohort import cohort_key

MOST_TOGETHER = 16  # runs side by side; the trained tensors and Adam's moments of all are in memory at once

log = logging.getLogger(__name__)

Watched = Callable[[Sequence[str], RunConfig], AbstractContextManager[Watch]]


@dataclass(frozen=True)
class Outcome:
    """What became of many runs, by the runs' names."""

    results: dict[str, Result] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    """Why a run has no result, in one sentence."""

    left: list[str] = field(default_factory=list)
    """Runs that were not begun or not ended when time was up."""


def _unwatched(names: Sequence[str], first: RunConfig) -> AbstractContextManager[Watch]:
    return nullcontext(Watch())


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
    watched: Watched = _unwatched,
    ended: Callable[[Outcome], None] = _untold,
    minutes: float | None = None,
    jobs: int = 1,
    tune: bool = False,
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
        tune: each run chooses its learning rate anew, see `run_tuned`.

    Raises:
        InputError: a folder holds a run and nothing says what to do with it. A run that cannot be made, for whatever
            reason, is among the failures; the others go on.
    """
    out = Path(out)
    for name in configs:
        refuse_to_lose(out / name, resume, overwrite, tune=tune)  # all of them before the first is trained
    over = None if minutes is None else time.time() + 60 * minutes  # by a clock that all processes have
    how: dict[str, Any] = {"task": task, "backbone": backbone, "resume": resume, "overwrite": overwrite}
    parts = [[name] for name in configs] if tune else cohorts(configs)
    attempts = [_Attempt(out, {name: configs[name] for name in names}, how, over, tune) for names in parts]
    found = Outcome()
    while attempts:
        again: list[_Attempt] = []
        for outcome, more in _made(attempts, watched, jobs):
            found.results.update(outcome.results)
            found.failures.update(outcome.failures)
            found.left.extend(outcome.left)
            again += more
            ended(found)
        attempts = again
    return Outcome({name: found.results[name] for name in configs if name in found.results}, found.failures, found.left)


@dataclass(frozen=True)
class _Attempt:
    """Runs to be trained side by side, or one run."""

    out: Path
    configs: dict[str, RunConfig]
    how: dict[str, Any]
    """Arguments of `run` and `run_together`."""

    over: float | None
    """When to stop, in seconds since 1970."""

    tune: bool = False
    was_busy: bool = False

    def make(self, watched: Watched) -> tuple[Outcome, list[_Attempt]]:
        """What became of the runs, and what to try later."""
        names = list(self.configs)
        if self._is_over():
            there = {name: found for name, one in self.configs.items() if (found := _there(self.out / name, one))}
            return Outcome(there, left=[name for name in names if name not in there]), []
        try:
            with watched(names, self.configs[names[0]]) as watch:
                results = self._results(replace(watch, is_over=lambda: watch.is_over() or self._is_over()))
            return Outcome(results=dict(zip(names, results, strict=True))), []
        except TimeIsUp:
            return Outcome(left=names), []
        except Exception as error:  # whatever it is, one bad run must not cost the others
            log.debug("a run failed", exc_info=True)
            if len(names) > 1:  # one by one, to see which of them it is, from where they came together
                how = self.how | {"resume": not self.how["overwrite"]}
                return Outcome(), [replace(self, configs={name: self.configs[name]}, how=how) for name in names]
            if isinstance(error, Busy) and not self.was_busy:
                return Outcome(), [replace(self, was_busy=True)]  # another process is at it: the next run is taken
            return Outcome(failures={names[0]: in_one_line(error)}), []

    def _results(self, watch: Watch) -> list[Result]:
        chosen = {self.out / name: config for name, config in self.configs.items()}
        if len(chosen) > 1:
            return run_together(chosen, **self.how, watch=watch)
        make = run_tuned if self.tune else run
        return [make(config, out, **self.how, watch=watch) for out, config in chosen.items()]

    def _is_over(self) -> bool:
        return self.over is not None and time.time() >= self.over


def _there(out: Path, config: RunConfig) -> Result | None:
    """The result in a folder, if its run was asked the same, where no time is left to compare data and weights, too.

    What was `auto` has become something else in a result.
    """
    if (out / CHECKPOINT_NAME).exists() or not (out / RESULT_NAME).is_file():
        return None
    try:
        result = read_result(out)
        stored = asdict(RunConfig.read(result.config))
    except InputError:
        return None
    asked = {
        name: value for name, value in asdict(config).items() if value != "auto" and name not in ("device", "plugin")
    }
    return result if all(stored[name] == value for name, value in asked.items()) else None


def _made(attempts: Sequence[_Attempt], watched: Watched, jobs: int) -> Iterable[tuple[Outcome, list[_Attempt]]]:
    """Makes the attempts, one after the other or several at a time, and gives each when it has ended."""
    if jobs == 1:
        return (attempt.make(watched) for attempt in attempts)
    return _by_processes(attempts, jobs)


def _by_processes(attempts: Sequence[_Attempt], jobs: int) -> Iterator[tuple[Outcome, list[_Attempt]]]:
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    work = Parallel(n_jobs=jobs, return_as="generator_unordered")
    try:
        yield from work(delayed(attempt.make)(_unwatched) for attempt in attempts)
    except TerminatedWorkerError as error:
        raise InputError(
            "a process was ended from outside, perhaps for lack of memory: give fewer jobs; the same call goes on"
        ) from error


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
