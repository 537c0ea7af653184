"""The real command line with checkpoints as often as can be, and a small experiment: `python -m storm.command run ...`.

Runs of a tenth of a second would otherwise be over before their first checkpoint.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from frostformer.cli.app import main
from frostformer.config import RunConfig, Weights
from frostformer.pretraining import loop
from frostformer.runs import job
from frostformer.studies import laptop

SMALL_EXPERIMENT = "storm"
_WEIGHTS: tuple[Weights, ...] = ("pretrained", "random")


def small_experiment(seeds: int, folders: Sequence[Path]) -> dict[str, RunConfig]:
    """Pretrained against random weights of the model in `folders`, with few steps."""
    (folder,) = folders
    return {
        f"{weights}-{seed}": RunConfig(
            task="bit-xor",
            backbone=str(folder),
            weights=weights,
            steps=4,
            evaluate_every=2,
            batch_size=8,
            seed=seed,
            device="cpu",
        )
        for weights in _WEIGHTS
        for seed in range(seeds)
    }


def command() -> None:
    """What `frostformer` does."""
    job.CHECKPOINT_SECONDS, job.WRITING_SHARE = 0.0, 1e9
    loop.CHECKPOINT_EVERY = 2
    laptop.EXPERIMENTS[SMALL_EXPERIMENT] = small_experiment
    laptop.REFERENCES[SMALL_EXPERIMENT] = {"weights": "random"}
    main()


if __name__ == "__main__":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    command()
