"""The real command line with checkpoints as often as can be, and a small study: `python -m storm.command run ...`.

Runs of a tenth of a second would otherwise be over before their first checkpoint.
"""

from __future__ import annotations

import os

from frostformer.cli.app import main
from frostformer.config import RunConfig, Weights
from frostformer.pretraining import loop
from frostformer.runs import job
from frostformer.studies.registry import STUDIES
from frostformer.studies.scales import Scale
from frostformer.studies.study import Backbones, Cell, Study

SMALL_STUDY = "storm"
_WEIGHTS: tuple[Weights, ...] = ("pretrained", "random")


def small_study(scale: Scale, backbones: Backbones) -> list[Cell]:
    """Storm: pretrained against random weights, with few steps."""
    return [Cell(weights, "bit-xor", small_run(backbones.language, weights)) for weights in _WEIGHTS]


def small_run(backbone: str, weights: Weights) -> RunConfig:
    """One run of the small study."""
    return RunConfig(
        task="bit-xor", backbone=backbone, weights=weights, steps=4, evaluate_every=2, batch_size=8, device="cpu"
    )


def command() -> None:
    """What `frostformer` does."""
    job.CHECKPOINT_SECONDS, job.WRITING_SHARE = 0.0, 1e9
    loop.CHECKPOINT_EVERY = 2
    STUDIES[SMALL_STUDY] = Study(SMALL_STUDY, small_study)
    main()


if __name__ == "__main__":
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    command()
