"""Where a run computes: what processes share, and what each has of its own."""

from __future__ import annotations

import pytest
import torch

from frostformer.training.devices import Place
from frostformer.training.loop import Training

CPU = torch.device("cpu")


def drawn(seed: int, rank: int) -> tuple[float, ...]:
    """What dropout would draw from."""
    Place(CPU, rank, processes=3).seed(seed)
    return tuple(torch.rand(4).tolist())


def test_each_process_and_each_step_has_a_stream_of_its_own():
    streams = [drawn(seed, rank) for seed in (0, 1, 2, 1_000_003) for rank in range(3)]
    assert len(set(streams)) == len(streams)
    assert streams == [drawn(seed, rank) for seed in (0, 1, 2, 1_000_003) for rank in range(3)]


def test_the_first_process_draws_what_a_single_one_does():
    Place(CPU).seed(7)
    assert tuple(torch.rand(4).tolist()) == drawn(7, rank=0)


class Second(Place):
    """The second of two processes, of which the first finds the accuracy 0.7 and together they lose 5 in a step."""

    def decided_by_main(self, value):
        """What the first process sends."""
        metrics, diverged = value
        return metrics | {"loss": 0.25, "accuracy": 0.7}, diverged

    def mean(self, value):
        """What both compute."""
        return torch.full_like(value, 5.0 * 3)


def test_what_processes_decide_together_is_what_a_record_says(tiny_config, tiny_model, tasks):
    training = Training(tiny_model(tasks["digits"].shape), tasks["digits"], tiny_config(steps=3), Second(CPU))
    (record,) = training.run()
    assert (record.validation_loss, record.validation_score) == (0.25, 0.7)
    assert record.train_loss == pytest.approx(5.0)


def test_dropout_draws_anew_in_every_step_of_every_seed(tiny_config, tiny_model, tasks, monkeypatch):
    seeds = []
    monkeypatch.setattr(Place, "seed", lambda place, seed: seeds.append(seed))
    for seed in (0, 1):
        config = tiny_config(steps=3, seed=seed)
        list(Training(tiny_model(tasks["digits"].shape), tasks["digits"], config, Place(CPU)).run())
    assert len(seeds) == len(set(seeds)) == 6
