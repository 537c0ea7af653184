"""The simple baselines: they find what is planted, never read test targets, and nothing about them is random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from frostformer.tasks.registry import build_task
from frostformer.tasks.task import Task
from frostformer.verdicts.baselines import baselines_for, fit, seconds_of_fit

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 6, 2)).astype(np.float32)
Y = (X[:, :, 0].mean(1) > 0).astype(int)
LABELS = np.where(RNG.random((150, 3)) < 0.1, np.nan, (X[:, 0].mean(1, keepdims=True) > [-0.5, 0, 0.5]))
TASKS = {
    "two classes": lambda: Task.from_arrays(X, Y, name="a"),
    "three classes": lambda: Task.from_arrays(X, np.digitize(X[:, :, 0].mean(1), [-0.2, 0.2]), name="a"),
    "imbalanced": lambda: Task.from_arrays(X, (X[:, :, 0].mean(1) > 0.45).astype(int), name="a"),
    "labels": lambda: Task.from_arrays(X, LABELS, name="a", scoring="multilabel"),
    "numbers": lambda: Task.from_arrays(X, X.sum(1) + 0.5, name="a"),
    "ragged": lambda: Task.from_arrays([x[: 3 + i % 4] for i, x in enumerate(X)], Y, name="a"),
    "tokens": lambda: Task.from_arrays((X[..., 0] > 0).astype(int) + 2 * Y[:, None], Y, name="a", kind="tokens"),
    "positions": lambda: Task.from_arrays(X, (X[..., 0] > 0).astype(int), name="a", per_position=True),
    "ragged positions": lambda: Task.from_arrays(
        [x[: 3 + i % 4] for i, x in enumerate(X)],
        [(x[: 3 + i % 4, 0] > 0).astype(int) for i, x in enumerate(X)],
        name="a",
        per_position=True,
    ),
    "digits": lambda: _small(build_task("digits")),
    "bits": lambda: build_task("bit-xor"),
}


def _small(task):
    return replace(task, train=task.train[:120], validation=task.validation[:60], test=task.test[:60])


@pytest.mark.parametrize("kind", TASKS)
def test_every_kind_of_task(kind):
    task = TASKS[kind]()
    quick = [one for one in baselines_for(task, lengths_tell=True, missing_tells=True) if one.model != "boosting"]
    boosting = [one for one in baselines_for(task) if one.model == "boosting"][:1]
    for baseline in [*quick, *(replace(one, settings=(0.1,)) for one in boosting)]:
        found = fit(baseline, task, 0, rows=200)
        assert found.decisions.shape == task.test.targets.shape
        assert found.validation.shape == (len(task.validation),)
        scores = task.scoring.scores(found.decisions, task.test.targets)
        assert np.isfinite(scores).all()
        poisoned = replace(task, test=replace(task.test, targets=np.roll(task.test.targets, 1, 0)))
        assert np.array_equal(found.decisions, fit(baseline, poisoned, 0, rows=200).decisions)
        lines = baseline.code("" if found.setting is None else f"{found.setting:g}").splitlines()
        assert 2 <= len(lines) <= 3
        compile("\n".join(lines), "code", "exec")


@pytest.mark.parametrize("kind", ["two classes", "numbers", "tokens", "positions", "ragged", "labels"])
def test_what_is_planted_is_found(kind):
    task = TASKS[kind]()
    trivial, *others = baselines_for(task)
    level = task.scoring.scores(fit(trivial, task, 0).decisions, task.test.targets).mean()
    best = max((fit(one, task, 0) for one in others if one.model == "linear"), key=lambda one: one.validation_score)
    assert task.scoring.scores(best.decisions, task.test.targets).mean() > level + 0.1


def test_the_length_alone():
    rows = [np.zeros((3 + 3 * (i % 2), 1)) + RNG.normal(size=(1, 1)) for i in range(120)]
    task = Task.from_arrays(rows, np.arange(120) % 2, name="a")
    alone = next(one for one in baselines_for(task, lengths_tell=True) if "length alone" in one.name)
    assert task.scoring.scores(fit(alone, task, 0).decisions, task.test.targets).mean() == 1
    assert not any("length alone" in one.name for one in baselines_for(task))


def test_padding_is_no_value():
    rows = [x[: 3 + i % 4] for i, x in enumerate(X)]
    task = Task.from_arrays(rows, Y, name="a")
    garbage = replace(
        task,
        **{
            part: replace(split, inputs=np.where(_real(split), split.inputs, 99.0).astype(np.float32))
            for part in ("train", "validation", "test")
            if (split := getattr(task, part))
        },
    )
    for baseline in baselines_for(task)[:4]:
        assert np.array_equal(fit(baseline, task, 0).decisions, fit(baseline, garbage, 0).decisions)


def _real(split):
    return (np.arange(split.inputs.shape[1]) < split.lengths[:, None])[..., None]


def test_a_class_that_training_lacks():
    y = np.repeat([0, 1, 2], 50)
    task = Task.from_arrays(X, y, name="a")
    only = task.train.targets.ravel() != 1
    task = replace(task, train=task.train[only])
    for baseline in baselines_for(task):
        assert not (fit(replace(baseline, settings=baseline.settings[:1]), task, 0).decisions == 1).any()
    alone = replace(task, train=task.train[task.train.targets.ravel() == 2])
    for baseline in baselines_for(task):
        assert (fit(baseline, alone, 0).decisions == 2).all()


def test_too_little_validation_takes_the_middle_setting():
    task = TASKS["two classes"]()
    few = replace(task, validation=task.validation[:20])
    for baseline in baselines_for(task)[1:3]:
        assert fit(baseline, few, 0).setting == baseline.settings[1]


def test_the_estimate_grows_with_the_rows():
    task = TASKS["two classes"]()
    assert seconds_of_fit(baselines_for(task)[1], task, 0) > 0
