"""Trains all arms of one comparison, replicate by replicate, until its plan is done or its budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from frostformer.config import RunConfig
from frostformer.data.sequences import Sequences
from frostformer.errors import InputError, TimeIsUp, enough_memory
from frostformer.plugins import load_plugin
from frostformer.report.making import duration
from frostformer.results.metrics import METRICS
from frostformer.runs.makers import HERE, Makers
from frostformer.tasks.task import Task
from frostformer.training.devices import Place
from frostformer.verdicts import baselines as simple
from frostformer.verdicts.arms import PRETRAINED, VERDICT_ARMS
from frostformer.verdicts.clock import Clock
from frostformer.verdicts.plan import Plan
from frostformer.verdicts.speed import TRAININGS_OF_A_REPLICATE, measure
from frostformer.verdicts.store import Store, Stored, place_of
from frostformer.verdicts.training import Trained, rates_for, rows_seen, train_arm
from frostformer.verdicts.trial import Trial

_SEEDS_OF_A_REPLICATE = 16  # one for each arm, so that no two arms share their new layers and batch order
_REPLICATES_OF_A_SEED = 1000
_MOST_BESIDE = 3  # replicates of an arm outside the verdict
_TO_MEASURE = 0.25  # of a training, for which there must be time

Tell = Callable[[str], None]
Which = tuple[str, int, int]
"""Arm, replicate and fold."""


@dataclass
class Comparison:
    """One comparison on its way."""

    trial: Trial
    plan: Plan
    store: Store
    config: RunConfig
    """What all arms share; nothing in it is `auto`."""

    place: Place
    clock: Clock
    baselines: tuple[simple.Baseline, ...]
    tell: Tell
    makers: Makers = HERE
    """Who trains the arms of the verdict."""

    skipped: dict[str, str] = field(default_factory=dict)
    """Arms outside the verdict that cannot be trained, and why."""

    def say(self, sentence: str) -> None:
        """Tell how it goes, and with how many labels where several numbers are asked for."""
        self.tell(sentence if self.plan.labels is None else f"{self.plan.labels:,} labels: {sentence}")

    @property
    def is_share(self) -> bool:
        """Whether scores are shares of right answers, and not errors."""
        return self.trial.task.scoring.kind != "regression"

    def train(self) -> None:
        """Train and fit whatever is missing; where the budget is spent, stop with what there is."""
        with self.clock.running():
            try:
                if self.makers.are_others:
                    self._train_side_by_side()
                self._train_verdict()  # what is there already is not trained again
                self._train_beside()
            except TimeIsUp:
                self.say("the budget is spent")

    def _train_verdict(self) -> None:
        for replicate in range(self.plan.replicates):
            for fold in range(len(self.trial.folds)):
                for name in VERDICT_ARMS:
                    self._train(name, replicate, fold)
                self._fit_baselines(replicate, fold)

    def _train_side_by_side(self) -> None:
        """Let others make the trainings of the verdict that are missing; each is kept when it has ended.

        Baselines come first, here: where time is up, complete replicates have theirs.
        """
        places = [*product(range(self.plan.replicates), range(len(self.trial.folds)))]
        for place in places:
            self._fit_baselines(*place)
        each = [(name, replicate, fold) for replicate, fold in places for name in VERDICT_ARMS]
        missing = [one for one in each if not self.store.find(place_of(*one[1:]), one[0])]
        over = time.time() + self.clock.left()
        calls = (partial(_made_elsewhere, self._asked(*one), one, over, self.makers.plugin) for one in missing)
        with closing(self.makers.spread(calls)) as made:
            for one, trained in made:
                self._keep(*one, trained)

    def _train_beside(self) -> None:
        """The other arms, one after the other, each with up to three replicates as far as they fit."""
        for name in [name for name in self.plan.arms if name not in VERDICT_ARMS]:
            try:
                with enough_memory():
                    self._train_one_beside(name)
            except InputError as error:  # an arm outside the verdict must not cost the verdict
                self.skipped[name] = str(error)

    def _train_one_beside(self, name: str) -> None:
        folds = len(self.trial.folds)
        seconds = None
        for replicate in range(min(_MOST_BESIDE, self.plan.replicates)):
            if all(self.store.find(place_of(replicate, fold), name) for fold in range(folds)):
                continue
            if self.clock.left() < self.plan.seconds_of_a_training * _TO_MEASURE:
                return
            seconds = seconds or self._seconds_of(name)
            if not self.clock.fits(seconds * folds, TRAININGS_OF_A_REPLICATE * folds):
                return
            for fold in range(folds):
                self._train(name, replicate, fold)

    def _seconds_of(self, name: str) -> float:
        """Of one training of this arm, measured."""
        task = self.trial.folds[0]
        speed = measure(self._config(name, 0, 0), task, self.place)
        return speed.training(self.plan.steps, self.plan.evaluations, len(rates_for(self.plan.rates[name], task)))

    def _train(self, name: str, replicate: int, fold: int) -> None:
        place = place_of(replicate, fold)
        if self.store.find(place, name):
            return
        if self.clock.is_over():
            raise TimeIsUp
        self._keep(name, replicate, fold, train_arm(*self._asked(name, replicate, fold), self.clock.is_over))

    def _asked(self, name: str, replicate: int, fold: int) -> tuple[RunConfig, Task, tuple[float, ...], Place]:
        """The first arguments of `train_arm`."""
        task = self.divided(replicate, fold)
        return self._config(name, replicate, fold), task, rates_for(self.plan.rates[name], task), self.place

    def _keep(self, name: str, replicate: int, fold: int, trained: Trained) -> None:
        """Write a training that has ended, and tell of it."""
        place = place_of(replicate, fold)
        self.store.keep(place, name, trained, self.clock.seconds, with_adapter=name == PRETRAINED)
        self.clock.trainings += trained.steps / self.plan.steps
        metric = METRICS[self.plan.metric]
        score = "no finite score" if trained.score is None else f"{metric.label} {metric.text(trained.score)}"
        left = self.clock.left()
        time = f"; {duration(left)} left" if left < float("inf") else ""
        where = self._where(name, replicate, fold)
        self.say(f"{where}: validation {score}, {duration(trained.seconds)}{time}")

    def _fit_baselines(self, replicate: int, fold: int) -> None:
        place, task = place_of(replicate, fold), self.divided(replicate, fold)
        for baseline in self.baselines:
            if self.store.find(place, baseline.name):
                continue
            if self.clock.is_over():
                raise TimeIsUp
            config = self._config(PRETRAINED, replicate, fold)
            found = simple.fit(baseline, task, config.seed % 2**31, rows_seen(config, task))
            stored = Stored(
                seconds=found.seconds,
                score=found.validation_score if np.isfinite(found.validation_score) else None,
                chosen="" if found.setting is None else f"{found.setting:g}",
                spent=self.clock.seconds,
            )
            self.store.write(place, baseline.name, stored, found.decisions, found.validation)

    def divided(self, replicate: int, fold: int) -> Task:
        """The task of a fold in the division of a replicate, the same for all arms."""
        task = self.trial.folds[fold]
        if not isinstance(task.train, Sequences) and task.redraw is None:
            return task
        return task.divided(self._number(replicate, fold))

    def _config(self, name: str, replicate: int, fold: int) -> RunConfig:
        number = self._number(replicate, fold)
        seed = number * _SEEDS_OF_A_REPLICATE + list(self.plan.arms).index(name)
        fields: dict[str, Any] = self.plan.arms[name]
        every = self.plan.steps // self.plan.evaluations
        return replace(self.config, steps=self.plan.steps, evaluate_every=every, seed=seed, division=number, **fields)

    def _number(self, replicate: int, fold: int) -> int:
        """Of a replicate on a fold, different for every seed of the verdict."""
        return self.plan.seed * _REPLICATES_OF_A_SEED + replicate * len(self.trial.folds) + fold

    def _where(self, name: str, replicate: int, fold: int) -> str:
        """Such as `training 8 of 45, random: replicate 1 of 3, part 3 of 5`."""
        folds = len(self.trial.folds)
        part = f", part {fold + 1} of {folds}" if folds > 1 else ""
        where = f"{name}: replicate {replicate + 1} of {self.plan.replicates}{part}"
        if name not in VERDICT_ARMS:
            return f"beside the verdict, {where}"
        number = (replicate * folds + fold) * len(VERDICT_ARMS) + VERDICT_ARMS.index(name) + 1
        return f"training {number} of {self.plan.replicates * folds * len(VERDICT_ARMS)}, {where}"


def _made_elsewhere(
    asked: tuple[RunConfig, Task, tuple[float, ...], Place], which: Which, over: float, plugin: str | None
) -> tuple[Which, Trained]:
    """A training in another process, with what tells which it is; it stops at `over`, in seconds since 1970."""
    load_plugin(plugin)
    return which, train_arm(*asked, lambda: time.time() >= over)
