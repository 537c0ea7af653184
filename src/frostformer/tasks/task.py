"""What a task is: data, how it is read, how it is scored. Models know a task only by this file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from frostformer.data.sequences import Sequences, Stream
from frostformer.errors import InputError

InputKind = Literal["tokens", "vectors"]


@dataclass(frozen=True)
class TaskShape:
    """All that a model needs to know of a task."""

    input_kind: InputKind
    """`tokens` go through an embedding, `vectors` through a linear layer."""

    channels: int
    """Size of the vocabulary (tokens) or of each input vector (vectors)."""

    length: int
    """Most positions of a sequence, T."""

    classes: int
    """Classes of each prediction, K."""

    read_positions: int = 1
    """The last so many real positions are read, R."""

    predictions: int = 1
    """Predictions per read position, G."""


@dataclass(frozen=True)
class Task:
    """One task. Validation chooses; test is read once, at the end; the three splits share no sequence."""

    name: str
    version: int
    """Rises when the meaning of the task changes, so that scores of different versions are never compared."""

    shape: TaskShape
    train: Sequences | Stream
    validation: Sequences
    test: Sequences

    trivial: dict[str, float] = field(default_factory=dict)
    """Test accuracy of rules that need no model, by what the rule is; computed from the data."""

    marked: str | None = None
    """What the marked predictions are, where a second accuracy is taken: `hidden bits`."""

    note: str = ""
    """What a reader of a score must know, such as the share of sequences left out."""

    vocabulary: tuple[str, ...] = ()
    """What each token id stands for, to show examples; empty for vectors."""

    source: str = ""
    licence: str = ""
    """Both filled in from the catalog."""

    def __post_init__(self) -> None:
        """Check every split in memory against the declared shape."""
        for split_name in ("train", "validation", "test"):
            split = getattr(self, split_name)
            if isinstance(split, Sequences):
                if split.transform is None:
                    check_inputs(split.inputs, split.lengths, self.shape, f"{self.name} {split_name}")
                _check_targets(split, self.shape, f"{self.name} {split_name}")


def majority_class(train: Sequences, test: Sequences) -> dict[str, float]:
    """The trivial level of always answering the most common class of the training split."""
    answer = np.bincount(train.targets.ravel()).argmax()
    return {"majority class": float((test.targets == answer).mean())}


def check_inputs(inputs: np.ndarray, lengths: np.ndarray, shape: TaskShape, where: str) -> None:
    """Refuse inputs that a model of this shape cannot read.

    Raises:
        InputError: wrong number of axes or channels, too long, too short to read out, token out of range, not finite.
    """
    wanted = "(sequences, positions)" if shape.input_kind == "tokens" else f"(sequences, positions, {shape.channels})"
    axes = 2 if shape.input_kind == "tokens" else 3
    if inputs.ndim != axes or (axes == 3 and inputs.shape[2] != shape.channels):
        raise InputError(f"{where}: inputs have shape {inputs.shape}, wanted {wanted}")
    if len(inputs) == 0:
        raise InputError(f"{where}: no sequences; give at least one")
    if inputs.shape[1] > shape.length:
        raise InputError(f"{where}: sequences of {inputs.shape[1]} positions, the model reads at most {shape.length}")
    if lengths.max() > inputs.shape[1]:
        raise InputError(f"{where}: a sequence has length {lengths.max()}, the inputs only {inputs.shape[1]} positions")
    if lengths.min() < shape.read_positions:
        raise InputError(
            f"{where}: sequence {int(lengths.argmin())} has {lengths.min()} positions, "
            f"at least {shape.read_positions} are read"
        )
    if shape.input_kind == "tokens" and not (inputs.min() >= 0 and inputs.max() < shape.channels):
        raise InputError(
            f"{where}: token ids run from {inputs.min()} to {inputs.max()}, wanted 0 to {shape.channels - 1}"
        )
    if shape.input_kind == "vectors" and not np.isfinite(inputs).all():
        raise InputError(f"{where}: some input values are not finite numbers; replace or drop them")


def _check_targets(split: Sequences, shape: TaskShape, where: str) -> None:
    wanted = (len(split), shape.read_positions, shape.predictions)
    if split.targets.shape != wanted:
        raise InputError(f"{where}: targets have shape {split.targets.shape}, wanted {wanted}")
    if not (split.targets.min() >= 0 and split.targets.max() < shape.classes):
        raise InputError(f"{where}: classes outside 0 to {shape.classes - 1}")
