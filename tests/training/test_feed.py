"""The feed of a training: the batches of `training_batches`, whether the sequences lie on the device or not."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
import torch

from frostformer.config import RunConfig
from frostformer.data.batches import POOL, training_batches
from frostformer.data.sequences import Sequences, Stream
from frostformer.tasks.registry import TASKS
from frostformer.tasks.scoring.classification import Classification
from frostformer.training import feed as feeding
from frostformer.training.batch import to_device
from frostformer.training.devices import Place
from frostformer.training.feed import DrawnFeed, SplitFeed
from helpers import VECTORS_SHAPE, ragged

CPU = torch.device("cpu")
STEPS = 2 * POOL + 3


def feed_of(train, scoring):
    return DrawnFeed(train, scoring, CPU) if isinstance(train, Stream) else SplitFeed(train, scoring, CPU)


def equal(one, other) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in zip(one, other, strict=True)
    )


@pytest.fixture(params=["gathered on the host", "on the device"])
def where(request, monkeypatch):
    if request.param == "on the device":
        monkeypatch.setattr(feeding, "room_on", lambda device: float("inf"))


@pytest.mark.parametrize("first_step", [0, 1, POOL + 5])
@pytest.mark.parametrize("name", TASKS)
def test_batches_are_those_of_the_order(tasks, where, name, first_step):
    task, config = tasks[name], RunConfig(batch_size=3, seed=5)
    fed = feed_of(task.train, task.scoring).batches(config, first_step)
    plain = training_batches(task.train, 3, 5, first_step)
    for step, (waiting, batch) in enumerate(islice(zip(fed, plain, strict=False), STEPS)):
        torch.manual_seed(step)
        found = waiting.batch(Place(CPU))
        torch.manual_seed(step)  # augmentation draws from it
        assert equal(found, to_device(batch, task.scoring, CPU))


def test_weights_and_unknown_targets_come_along(where):
    split = ragged(VECTORS_SHAPE, [3, 9, 5, 12, 7], positions=12)
    targets = split.targets.copy()
    targets[2] = -1
    split = replace(split, targets=targets, weights=np.arange(1.0, 6.0))
    fed = SplitFeed(split, Classification(), CPU).batches(RunConfig(batch_size=2), 0)
    for waiting, batch in islice(zip(fed, training_batches(split, 2, 0), strict=False), STEPS):
        assert equal(waiting.batch(Place(CPU)), to_device(batch, Classification(), CPU))


def test_drawn_sequences_of_many_lengths_keep_their_own(where):
    def draw(generator, count):
        length = int(generator.integers(2, 9))
        return Sequences(
            generator.integers(0, 4, (count, length)), np.full(count, length), np.zeros((count, 1, 1), np.int64)
        )

    fed = DrawnFeed(Stream(draw), Classification(), CPU).batches(RunConfig(batch_size=4), 0)
    found = [waiting.batch(Place(CPU)) for waiting in islice(fed, STEPS)]
    plain = [to_device(one, Classification(), CPU) for one in islice(training_batches(Stream(draw), 4, 0), STEPS)]
    assert len({batch.inputs.shape for batch in plain}) > 3
    assert all(map(equal, found, plain))


@pytest.mark.parametrize("order", ["split", "like"])
def test_another_form_of_the_sequences_comes_in_the_order_of_the_original(where, order):
    original = ragged(VECTORS_SHAPE, [3, 9, 5, 12, 7, 2, 4], positions=12)
    form = Sequences(np.arange(7.0)[:, None, None], np.ones(7, int), original.targets)
    fed = SplitFeed(form, Classification(), CPU, like=original if order == "like" else None)
    numbers = [int(one.batch(Place(CPU)).inputs[0]) for one in islice(fed.batches(RunConfig(batch_size=1), 0), 40)]
    told = Sequences(original.inputs, original.lengths, np.arange(7)[:, None, None])
    expected = [int(one.targets[0, 0, 0]) for one in islice(training_batches(told, 1, 0), 40)]
    assert (numbers == expected) == (order == "like")


def test_processes_share_a_batch_out(tasks):
    task, config = tasks["digits"], RunConfig(batch_size=6)
    whole, first, second = (
        next(SplitFeed(task.train, task.scoring, CPU).batches(config, 0)).batch(place)
        for place in (Place(CPU), Place(CPU, 0, 2), Place(CPU, 1, 2))
    )
    assert torch.equal(torch.stack([first.inputs, second.inputs], 1).flatten(0, 1), whole.inputs)
    assert first.known == second.known == whole.known / 2
