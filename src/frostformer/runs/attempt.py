"""Runs to be trained side by side, or one run: what is tried, and what became of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from torch import nn

from frostformer.config import RunConfig
from frostformer.errors import Busy, InputError, TimeIsUp, in_one_line
from frostformer.results.result import RESULT_NAME, Result, read_result
from frostformer.runs.folder import TUNING_NAME
from frostformer.runs.job import Watch
from frostformer.runs.one import run
from frostformer.runs.rates import asked_rates
from frostformer.runs.together import run_together
from frostformer.runs.tuned import run_tuned
from frostformer.tasks.task import Task
from frostformer.training.checkpoints import CHECKPOINT_NAME

log = logging.getLogger(__name__)

Watched = Callable[[Sequence[str], RunConfig], AbstractContextManager[Watch]]


def unwatched(names: Sequence[str], first: RunConfig) -> AbstractContextManager[Watch]:
    """Where nobody looks on."""
    return nullcontext(Watch())


@dataclass(frozen=True)
class Outcome:
    """What became of many runs, by the runs' names."""

    results: dict[str, Result] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    """Why a run has no result, in one sentence."""

    left: list[str] = field(default_factory=list)
    """Runs that were not begun or not ended when time was up, or that another process makes."""


@dataclass(frozen=True)
class How:
    """How each of many runs is made: arguments of `run` and `run_together`, or with `rates` of `run_tuned`."""

    task: Task | None = None
    backbone: nn.Module | None = None
    resume: bool = True
    overwrite: bool = False
    rates: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Attempt:
    """Runs to be trained side by side, or one run."""

    out: Path
    configs: dict[str, RunConfig]
    how: How
    over: float | None
    """When to stop, in seconds since 1970."""

    was_busy: bool = False

    def make(self, watched: Watched) -> tuple[Outcome, list[Attempt]]:
        """What became of the runs, and what to try later."""
        names = list(self.configs)
        if self._is_over():
            return self._stopped(), []
        try:
            with watched(names, self.configs[names[0]]) as watch:
                results = self._results(replace(watch, is_over=lambda: watch.is_over() or self._is_over()))
            return Outcome(results=dict(zip(names, results, strict=True))), []
        except TimeIsUp:
            return self._stopped(), []
        except Exception as error:  # whatever it is, one bad run must not cost the others
            log.debug("a run failed", exc_info=True)
            if len(names) > 1:  # one by one, to see which of them it is, from where they came together
                how = replace(self.how, resume=not self.how.overwrite)
                return Outcome(), [replace(self, configs={name: self.configs[name]}, how=how) for name in names]
            if isinstance(error, Busy):  # another process is at it: the next run is taken
                return (Outcome(left=names), []) if self.was_busy else (Outcome(), [replace(self, was_busy=True)])
            return Outcome(failures={names[0]: in_one_line(error)}), []

    def _results(self, watch: Watch) -> list[Result]:
        chosen = {self.out / name: config for name, config in self.configs.items()}
        how: dict[str, Any] = {field.name: getattr(self.how, field.name) for field in fields(How)} | {"watch": watch}
        rates = how.pop("rates")
        if len(chosen) > 1:
            return run_together(chosen, **how)
        if rates is None:
            return [run(config, out, **how) for out, config in chosen.items()]
        return [run_tuned(config, out, rates=rates, **how) for out, config in chosen.items()]

    def _stopped(self) -> Outcome:
        """What is there now that time is up, and what is left; runs that replace others count as left."""
        there = {} if self.how.overwrite else self.finished()
        return Outcome(there, left=[name for name in self.configs if name not in there])

    def _is_over(self) -> bool:
        return self.over is not None and time.time() >= self.over

    def finished(self) -> dict[str, Result]:
        """Results of the runs that have ended already, where data and weights are not to be compared, too."""
        free = {"device", "plugin"} | ({"learning_rate"} if self.how.rates is not None else set())
        free |= {"task", "task_options", "data"} if self.how.task is not None else set()
        free |= {"backbone"} if self.how.backbone is not None else set()
        found = {name: self._finished(name, free) for name in self.configs}
        return {name: result for name, result in found.items() if result is not None}

    def _finished(self, name: str, free: set[str]) -> Result | None:
        """The result in a folder, if its run was asked the same but for the fields in `free`.

        What was `auto` has become something else in a result, and so has the learning rate of a run that chose it.
        """
        out, config = self.out / name, self.configs[name]
        if any((out / file).exists() for file in (CHECKPOINT_NAME, TUNING_NAME)) or not (out / RESULT_NAME).is_file():
            return None
        try:
            result = read_result(out)
            stored = asdict(RunConfig.read(result.config))
            rates = () if self.how.rates is None else asked_rates(config, self.how.rates)
        except InputError:
            return None
        if set(result.tried or ()) != set(map(str, rates)):
            return None
        asked = {key: value for key, value in asdict(config).items() if value != "auto" and key not in free}
        return result if all(stored[key] == value for key, value in asked.items()) else None
