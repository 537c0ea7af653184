"""The choice of the rate inside a training, and the second chance of one that fell back."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from frostformer.config import RunConfig
from frostformer.errors import TimeIsUp
from frostformer.tasks.registry import build_task
from frostformer.training.devices import Place
from frostformer.verdicts import training as module
from frostformer.verdicts.training import rates_for, standard_error, train_arm

CPU = Place(torch.device("cpu"))
CONFIG = RunConfig(
    backbone="one-attention",
    width=16,
    weights="random",
    steps=27,
    evaluate_every=3,
    batch_size=8,
    device="cpu",
    backbone_precision="fp32",
)
RATES = (3e-4, 1e-3, 3e-3)


@pytest.fixture(scope="module")
def task():
    return build_task("digits")


def test_the_best_rate_at_a_third_goes_on_alone(task):
    found = train_arm(CONFIG, task, RATES, CPU)
    assert found.rate in RATES
    others = 9 * 2 if not found.rescued else 9 + 27
    assert found.steps == 27 + others
    assert [step for step, _ in found.curve] == list(range(3, 28, 3))[: len(found.curve)]
    assert found.answers.shape == (300, 1, 1)
    assert found.validation.shape == (300,)
    assert found.score == max(score for _, score in found.curve)


def test_the_same_training_again_gives_the_same_answers(task):
    one, other = (train_arm(CONFIG, task, RATES, CPU) for _ in range(2))
    assert np.array_equal(one.answers, other.answers)
    assert one.rate == other.rate


def test_test_targets_are_not_read(task):
    poisoned = replace(task, test=replace(task.test, targets=(task.test.targets + 1) % 10))
    assert np.array_equal(train_arm(CONFIG, task, RATES, CPU).answers, train_arm(CONFIG, poisoned, RATES, CPU).answers)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_chosen_training_is_what_a_run_with_its_rate_is(task, precision):
    config = replace(CONFIG, backbone_precision=precision)
    chosen = train_arm(config, task, RATES, CPU)
    alone = train_arm(config, task, (chosen.rate,), CPU)
    if not chosen.rescued:
        assert np.array_equal(chosen.answers, alone.answers)


class _Fake:
    """A training whose validation scores are given."""

    def __init__(self, rate, scores):
        self.config, self.scores, self.scoring = (
            SimpleNamespace(learning_rate=rate),
            scores,
            SimpleNamespace(chosen_by="accuracy"),
        )
        self.curve, self.diverged, self.step = [], None, 0

    @property
    def finished(self):
        return self.step == 9

    @property
    def best(self):
        return max(self.curve, key=lambda one: one.validation_score, default=None)

    def run(self):
        while not self.finished:
            self.step += 1
            self.curve.append(SimpleNamespace(step=self.step, validation_score=self.scores[self.step - 1]))
            yield self.curve[-1]


def chosen_of(monkeypatch, *scores, count=100):
    fakes = [_Fake(rate, own) for rate, own in zip(RATES, scores, strict=True)]
    candidates = []
    for number, fake in enumerate(fakes):
        one = module._Candidate.__new__(module._Candidate)
        one.training, one._distance = fake, abs(number - 1)
        candidates.append(one)
    monkeypatch.setattr(module, "_candidates", lambda *_: candidates)
    monkeypatch.setattr(
        module._Candidate, "answered", lambda self, task, course: (self.training, course.rescued, course.steps)
    )
    return train_arm(replace(CONFIG, steps=9, evaluate_every=1), SimpleNamespace(validation=range(count)), RATES, CPU)


def test_ties_go_to_the_usual_rate(monkeypatch):
    training, rescued, steps = chosen_of(monkeypatch, [0.5] * 9, [0.5] * 9, [0.5] * 9)
    assert (training.config.learning_rate, rescued, steps) == (1e-3, False, 15)


def test_a_training_that_falls_back_is_rescued_by_the_next_best(monkeypatch):
    falls, steady, poor = [0.6] * 3 + [0.4] * 6, [0.55] * 3 + [0.7] * 6, [0.2] * 9
    training, rescued, steps = chosen_of(monkeypatch, poor, steady, falls)
    assert (training.config.learning_rate, rescued, steps) == (1e-3, True, 21)


def test_a_small_step_back_is_no_fall(monkeypatch):
    back = [0.60] * 3 + [0.57] * 6  # a standard error is 4.9 points
    _, rescued, _ = chosen_of(monkeypatch, back, [0.5] * 9, [0.5] * 9)
    assert not rescued


def test_of_all_that_was_trained_the_best_counts(monkeypatch):
    training, _, _ = chosen_of(monkeypatch, [0.6] * 3 + [0.3] * 6, [0.5] * 3 + [0.55] * 6, [0.2] * 9)
    assert training.config.learning_rate == 3e-4  # its best was before it fell


def test_without_validation_to_choose_by_there_is_one_rate(task):
    few = replace(task, validation=task.validation[:20])
    assert rates_for(RATES, few) == (1e-3,)
    assert rates_for((3e-5, 1e-4, 3e-4), few) == (1e-4,)  # of an arm that trains all
    assert rates_for(RATES, task) == RATES


def test_time_that_is_up_ends_a_training(task):
    with pytest.raises(TimeIsUp):
        train_arm(CONFIG, task, RATES, CPU, lambda: True)


def test_standard_errors():
    assert standard_error(0.5, 100, "accuracy") == pytest.approx(0.05)
    assert standard_error(0.8, 200, "r2") == pytest.approx(0.02)
    assert standard_error(1.2, 100, "accuracy") == 0
