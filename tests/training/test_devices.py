"""Where a run computes: what processes share, and what each has of its own."""

from __future__ import annotations

import torch

from frostformer.training.devices import Place

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
