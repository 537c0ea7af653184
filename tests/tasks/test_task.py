"""What a task refuses: every split must fit the declared shape."""

from dataclasses import replace

import numpy as np
import pytest

from frostformer.data.sequences import Sequences, Stream
from frostformer.errors import InputError
from frostformer.tasks.scoring.classification import Classification
from frostformer.tasks.shape import TaskShape, check_inputs
from frostformer.tasks.task import Task, majority_class
from helpers import TOKENS_SHAPE, VECTORS_SHAPE, ragged

LENGTHS = [12, 7, 2]


def task(shape: TaskShape, **splits) -> Task:
    good = ragged(shape, LENGTHS, positions=12)
    everything = {"train": good, "validation": good, "test": good} | splits
    return Task(name="mine", version=1, shape=shape, source="made up", licence="none", **everything)


@pytest.mark.parametrize("shape", [TOKENS_SHAPE, VECTORS_SHAPE])
def test_takes_what_fits(shape):
    task(shape)
    task(shape, train=Stream(lambda generator, n: ragged(shape, LENGTHS, positions=12)))


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_names_the_split_that_does_not_fit(split):
    good = ragged(TOKENS_SHAPE, LENGTHS, positions=12)
    with pytest.raises(InputError, match=f"mine {split}"):
        task(TOKENS_SHAPE, **{split: replace(good, targets=good.targets + 3)})


@pytest.mark.parametrize(
    ("shape", "change", "message"),
    [
        (TOKENS_SHAPE, lambda x: x[..., None], "inputs have shape"),
        (VECTORS_SHAPE, lambda x: x[..., 0], "inputs have shape"),
        (VECTORS_SHAPE, lambda x: x[..., :2], "inputs have shape"),
        (TOKENS_SHAPE, lambda x: np.pad(x, ((0, 0), (0, 1))), "13 positions"),
        (TOKENS_SHAPE, lambda x: x - 1, "from -1 to"),
        (TOKENS_SHAPE, lambda x: x + 1, "to 11, wanted 0 to 10"),
        (VECTORS_SHAPE, lambda x: np.where(x == x.max(), np.nan, x), "not finite"),
        (VECTORS_SHAPE, lambda x: np.where(x == x.max(), np.inf, x), "not finite"),
        (VECTORS_SHAPE, lambda x: x[:0], "no sequences"),
    ],
)
def test_refuses_inputs(shape, change, message):
    good = ragged(shape, LENGTHS, positions=12)
    inputs = change(good.inputs)
    with pytest.raises(InputError, match=message):
        check_inputs(inputs, good.lengths[: len(inputs)], shape, "here")


def test_refuses_lengths_that_the_inputs_do_not_have():
    good = ragged(TOKENS_SHAPE, LENGTHS, positions=12)
    with pytest.raises(InputError, match=r"sequence 3 .counted from 1. has 1 positions"):
        check_inputs(good.inputs, np.array([12, 7, 1]), TOKENS_SHAPE, "here")
    with pytest.raises(InputError, match="13"):
        check_inputs(good.inputs, np.array([12, 13, 2]), TOKENS_SHAPE, "here")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda y: y[:, :1], "targets have shape"),
        (lambda y: y[:, :, 0], "targets have shape"),
        (lambda y: y[:2], "targets have shape"),
        (lambda y: y - 2, "classes outside 0 to 3"),
        (lambda y: y + 1, "classes outside 0 to 3"),
    ],
)
def test_refuses_targets(change, message):
    good = ragged(VECTORS_SHAPE, LENGTHS * 20, positions=12)
    assert (good.targets.min(), good.targets.max()) == (0, 3)
    with pytest.raises(InputError, match=message):
        task(VECTORS_SHAPE, test=Sequences(good.inputs, good.lengths, change(good.targets)))


def test_the_majority_class_is_that_of_training():
    good = ragged(TOKENS_SHAPE, LENGTHS, positions=12)
    train = replace(good, targets=np.array([[[2], [2]], [[2], [0]], [[1], [1]]]))
    test = replace(good, targets=np.array([[[2], [1]], [[1], [1]], [[1], [1]]]))
    assert majority_class(train, test) == {"majority class": 1 / 6}


@pytest.mark.parametrize(
    "combined",
    [np.zeros((2, 2, 11), bool), np.zeros((2, 1, 12), bool), np.zeros((1, 2, 12), bool), np.zeros((2, 2, 12))],
)
def test_refuses_a_rule_of_what_answers_combine_that_does_not_fit(combined):
    task(TOKENS_SHAPE, combines=lambda sequences: np.zeros((len(sequences), 2, 12), bool))
    with pytest.raises(InputError, match=r"mine: what its answers combine has shape .*, wanted \(2, 2, 12\) and bool"):
        task(TOKENS_SHAPE, combines=lambda sequences: combined)


def test_weights_are_part_of_the_data_and_fit_the_scoring():
    good = ragged(VECTORS_SHAPE, LENGTHS, positions=12)
    weights = np.array([0.5, 2.0, 0.5])
    weighted = task(VECTORS_SHAPE, train=replace(good, weights=weights))
    assert weighted.fingerprint != task(VECTORS_SHAPE).fingerprint
    balanced = replace(weighted, scoring=replace(weighted.scoring, balanced=True)).scoring.weights
    assert balanced == pytest.approx(Classification(balanced=True).fitted(good.targets, 4, weights).weights)
    for wrong in ([1.0, 1.0], [1.0, 0.0, 1.0], [1.0, -1.0, 1.0], [1.0, np.nan, 1.0], [1.0, np.inf, 1.0]):
        with pytest.raises(InputError, match="mine train: wanted a weight above 0 for each sequence"):
            task(VECTORS_SHAPE, train=replace(good, weights=np.array(wrong)))
