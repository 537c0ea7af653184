"""What a study is: a table whose cells are runs. It imports no torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from frostformer.config import RunConfig
from frostformer.errors import InputError
from frostformer.studies.scales import Scale
from frostformer.words import counted

Shows = Literal["score", "steps", "fit", "attention"]
"""What a table tells of its runs: test scores; steps until they converge; scores of the training sequences, too; where
attention goes."""


def tidy(name: str) -> str:
    """The name of a backbone; a folder has one spelling, since runs on `model` and `./model` are the same runs."""
    return os.path.normpath(name) if Path(name).is_dir() else name


@dataclass(frozen=True)
class Model:
    """A pretrained model of a user."""

    backbone: str
    """A folder or a name."""

    layers: int | None = None
    """How many of its blocks to use, from the first on; all if not given."""

    @staticmethod
    def parse(text: str) -> Model:
        """`FOLDER` or `FOLDER:LAYERS`."""
        folder, _, layers = text.rpartition(":")
        return Model(tidy(folder), int(layers)) if folder and layers.isdecimal() else Model(tidy(text))

    def __str__(self) -> str:
        """As `parse` reads it."""
        return self.backbone if self.layers is None else f"{self.backbone}:{self.layers}"

    @property
    def label(self) -> str:
        """Such as `smollm2.gguf, 4 blocks`."""
        name = Path(self.backbone).name
        return name if self.layers is None else f"{name}, {counted(self.layers, 'block')}"


@dataclass(frozen=True)
class Backbones:
    """The pretrained models of a study, each a folder or a name."""

    language: str
    bit_memory: Model | None = None
    """One that was pretrained on bit memory; `frostformer pretrain --objective bit-memory` makes it."""

    images: Model | None = None
    """One that was pretrained on images, such as a ViT."""

    blocks: int | None = None
    """Of the language model, where that is known."""

    others: tuple[Model, ...] = ()
    """Further models, for the studies of sizes and of architectures."""

    def further(self) -> dict[str, dict[str, Any]]:
        """Two arms of each further model: as it is, and with random weights.

        Raises:
            InputError: two models have one name, and would have one row.
        """
        labels = [model.label for model in self.others]
        if double := next((label for label in labels if labels.count(label) > 1), None):
            raise InputError(f"two of the models are called '{double}', and each has a row: rename a folder")
        return {
            f"{model.label}, {weights}": {"backbone": model.backbone, "layers": model.layers, "weights": weights}
            for model in self.others
            for weights in ("pretrained", "random")
        }


@dataclass(frozen=True)
class Cell:
    """One arm (row) on one task (column)."""

    row: str
    column: str
    run: RunConfig | None
    """With seed 0 and the learning rate that is used where none is tuned; None where it cannot be asked here."""

    missing: str = ""
    """Why there is no run."""


Arms = Mapping[str, Mapping[str, Any] | str]
"""Row -> the fields of `RunConfig` that make the arm, or why it cannot be asked."""

Make = Callable[[Scale, Backbones], list[Cell]]


@dataclass(frozen=True)
class Study:
    """One table or figure."""

    name: str
    make: Make
    """Its cells; the first line of its docstring is the question."""

    shows: Shows = "score"
    reference: str = ""
    """The row with which all others are compared."""

    tunes: bool = False
    """Whether every run chooses its learning rate, whether or not tuning was asked for."""

    rates: tuple[float, ...] = ()
    """Among which, in place of those of `rates_to_try`."""

    sizes: str = ""
    """How large its runs are, in sentences, where the scale does not say it."""

    compares: str = ""
    """A field of `RunConfig` in which its arms differ, and which can therefore not be set for all of them."""

    @property
    def question(self) -> str:
        """What the study asks, in one line."""
        return (self.make.__doc__ or self.name).strip().splitlines()[0]
